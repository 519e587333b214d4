"""Prints what `sre --help` and `sre investigate` cost: CPU seconds, memory, wall time, API calls.

    .venv/bin/python -m tests.benchmarks.command_line                    # against the simulator
    .venv/bin/python -m tests.benchmarks.command_line --kubeconfig FILE  # against a real cluster

Each command runs five times under `/usr/bin/time -v`, after once to warm up; the median is printed.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sreagent.simulator import Simulation

SRE = Path(sys.executable).with_name("sre")
TIME = "/usr/bin/time"
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""With it, every run would compile what is not yet compiled."""
FIELDS = {
    "user": r"User time \(seconds\): ([\d.]+)",
    "system": r"System time \(seconds\): ([\d.]+)",
    "memory": r"Maximum resident set size \(kbytes\): (\d+)",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One run."""

    cpu: float
    """Seconds, user and system."""
    memory: float
    """Megabytes, resident at most."""
    wall: float
    """Seconds until the program ended, as it says itself; 0 where it does not."""
    calls: int
    """Requests to the API server, as the program counts them."""


def measure(*arguments: str) -> Sample:
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [TIME, "-v", str(SRE), *arguments],
            capture_output=True,
            text=True,
            cwd=home,
            env={**ENVIRONMENT, "XDG_STATE_HOME": home},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    found = {}
    for name, pattern in FIELDS.items():
        match = re.search(pattern, done.stderr)
        found[name] = float(match[1]) if match else float("nan")
    cost = json.loads(done.stdout)["cost"] if "--json" in arguments else {}
    return Sample(
        cpu=found["user"] + found["system"],
        memory=found["memory"] / 1024,
        wall=cost.get("seconds", 0.0),
        calls=cost.get("api_calls", 0),
    )


def measured(runs: int, *arguments: str) -> list[Sample]:
    """A first run, which compiles and fills the caches of the disk, is not counted."""
    measure(*arguments)
    return [measure(*arguments) for _ in range(runs)]


def show(name: str, samples: list[Sample]) -> None:
    cpu = statistics.median(sample.cpu for sample in samples)
    memory = statistics.median(sample.memory for sample in samples)
    line = f"{name:<44} {cpu:6.2f} CPU s  {memory:6.0f} MB"
    if wall := statistics.median(sample.wall for sample in samples):
        line += f"  {wall:5.2f} s from alert to end  {samples[0].calls} API calls"
    print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", default="", help="a cluster with the incident in it")
    parser.add_argument("--alert", default="KubePodCrashLooping shop/checkout")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    show("sre --help", measured(asked.runs, "--help"))
    world: AbstractContextManager[Simulation | None] = nullcontext()
    if not asked.kubeconfig:
        world = Simulation.start("bad-deploy")
    with world as simulation:
        kubeconfig = asked.kubeconfig or str(simulation.kubeconfig if simulation else "")
        command = ("investigate", asked.alert, "-n", "shop", "--kubeconfig", kubeconfig, "--json")
        show("sre investigate, proposing", measured(asked.runs, *command))
        reading = measured(asked.runs, *command, "--read-only")
        show("sre investigate --read-only", reading)


if __name__ == "__main__":
    main()
