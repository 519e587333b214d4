"""Prints what a model costs: tokens, CPU time and memory of one investigation with five tool turns.

    .venv/bin/python -m tests.benchmarks.model

The model is scripted, speaks OpenAI's protocol on loopback and answers at once; everything else is
the program as it is installed. Tokens are counted as the server counts them: four characters each.
"""

import os
import secrets
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.command_line import ENVIRONMENT, SRE

from sreagent.simulator import Simulation
from sreagent.simulator.chat_site import ChatSite, chat

CRASH = "{{evidence:broken logs: pod shop/checkout}}"
ALERT = "KubePodCrashLooping shop/checkout"
TICKS = os.sysconf("SC_CLK_TCK")
LOOKS = (
    ["kubectl -n shop get pods", "kubectl -n shop get events"],
    ["kubectl -n shop logs deploy/checkout --previous --tail=50"],
    ["kubectl -n shop rollout history deploy/checkout"],
    ["kubectl -n shop describe deploy checkout"],
    ["kubectl -n shop get configmaps", "kubectl -n shop get endpoints"],
)


def script() -> list[dict[str, Any]]:
    """Five turns of looks, then the conclusion."""
    turns = [{"calls": [{"name": "look", "arguments": {"lines": lines}}]} for lines in LOOKS]
    concluded = {
        "root_cause": "checkout revision 2 needs PAYMENT_PROVIDERS, which is set nowhere",
        "entity": "Deployment/shop/checkout",
        "category": "deployment",
        "confidence": 0.95,
        "evidence": [CRASH],
    }
    return [*turns, {"calls": [{"name": "conclude", "arguments": concluded}]}]


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run(simulation: Simulation, site: ChatSite, home: str) -> None:
    """One investigation, measured from outside."""
    command = [
        str(SRE),
        "investigate",
        "KubePodCrashLooping shop/checkout",
        "--read-only",
        "--json",
    ]
    environment = {
        **ENVIRONMENT,
        "HOME": home,
        "XDG_STATE_HOME": home,
        "KUBECONFIG": str(simulation.kubeconfig),
        "SRE_MODEL": "openai/benchmark",
        "SRE_MODEL_URL": site.url,
        "OPENAI_API_KEY": secrets.token_hex(16),
    }
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.DEVNULL)
    while not site.requests and process.poll() is None:
        time.sleep(0.005)
    first_cpu, first_wall = cpu_seconds(process.pid), time.monotonic() - began
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    tokens = [one.usage for one in site.requests if one.usage]
    prompts = [one.prompt for one in tokens]
    print(f"exit code {process.returncode}, {len(site.requests)} requests")
    print(f"first prompt              {prompts[0]:8,} tokens")
    print(f"all prompts and answers   {sum(prompts) + sum(o.completion for o in tokens):8,} tokens")
    print(f"  of these from a cache   {sum(one.cached for one in tokens):8,} tokens")
    print(f"first request after       {first_cpu:8.2f} CPU s  {first_wall:.2f} s")
    total = used.ru_utime + used.ru_stime
    print(f"whole run                 {total:8.2f} CPU s  {time.monotonic() - began:.2f} s")
    print(f"memory                    {used.ru_maxrss / 1024:8.0f} MB")


def main() -> None:
    """Play the built-in bad rollout."""
    with (
        Simulation.start("bad-deploy") as simulation,
        chat(script()) as site,
        tempfile.TemporaryDirectory() as home,
    ):
        run(simulation, site, home)


if __name__ == "__main__":
    main()
