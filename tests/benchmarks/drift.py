"""Prints what `sre drift` costs beside `terraform plan -refresh-only`, both with 50 ms per call.

    .venv/bin/python -m tests.benchmarks.drift                 # 1,000 resources, and 10,000 of ours
    .venv/bin/python -m tests.benchmarks.drift --terraform 10000  # terraform's 10,000, too: minutes

`sre` asks a pretend AWS on loopback that has canned answers for an estate of fourteen types and
one drifted security group. Terraform asks a provider of its own that waits as long for each read.
Each runs as a program of its own under `/usr/bin/time -v`; of several runs the median is printed.
"""

import argparse
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.command_line import FIELDS, SRE, TIME
from tests.benchmarks.drift_estate import estate
from tests.drift.oracle.provider import ATTRIBUTES, SENSITIVE
from tests.drift.oracle.world import SOURCE, with_provider
from tests.drift.state.terraform import Terraform
from tests.drift.worlds.world import REGION

LATENCY = 0.05
"""Seconds that each answer takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of a program took."""

    wall: float
    """Seconds, by the clock on the wall."""
    cpu: float
    """Seconds of its own, user and system; what it started counts."""
    memory: float
    """Megabytes, resident at most."""
    calls: Counter[str]


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[Run, str]:
    began = time.monotonic()
    done = subprocess.run(
        [TIME, "-v", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    wall = time.monotonic() - began
    found = {name: re.search(pattern, done.stderr) for name, pattern in FIELDS.items()}
    said = {name: float(match[1]) if match else float("nan") for name, match in found.items()}
    run = Run(
        wall=wall,
        cpu=said["user"] + said["system"],
        memory=said["memory"] / 1024,
        calls=Counter(),
    )
    if done.returncode not in (0, 2):
        sys.exit(f"{command} ended with {done.returncode}: {(done.stdout + done.stderr)[:2000]}")
    return run, done.stdout


@contextmanager
def pretend(resources: int) -> Iterator[str]:
    """The address of an AWS for as long as it is needed."""
    command = [sys.executable, "-m", "tests.benchmarks.drift_server", str(resources), str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def ours(resources: int, runs: int) -> list[Run]:
    """`sre drift` on the estate; it must find the one drift and nothing else."""
    found = []
    with pretend(resources) as address, tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        state = folder / "prod.tfstate"
        state.write_text(json.dumps(estate(resources).state), encoding="utf-8")
        environment = {
            "PATH": os.defpath,
            "HOME": home,
            "SRE_AWS_ENDPOINT": address,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": secrets.token_hex(8),
            "AWS_SECRET_ACCESS_KEY": secrets.token_hex(8),
        }
        command = [str(SRE), "drift", "--state", str(state), "--no-who", "--json"]
        for number in range(runs + 1):
            run, shown = timed(command, folder, environment)
            calls = Counter(json.load(urllib.request.urlopen(f"{address}/calls")))  # noqa: S310 - loopback
            _check(json.loads(shown))
            # The first run compiles, and fills the caches of the disk.
            if number:
                found.append(Run(wall=run.wall, cpu=run.cpu, memory=run.memory, calls=calls))
    return found


def _check(report: dict[str, list[dict[str, str]]]) -> None:
    changed = [(each["address"], each["path"]) for each in report["changed"]]
    others = [report[name] for name in ("missing", "unmanaged", "errors")]
    parts = [each for each in report["coverage"] if each["extent"] != "complete"]
    if changed != [("aws_security_group.r0", "ingress[1]")] or any(others) or parts:
        sys.exit(f"it found something else: {changed[:5]} {str(others)[:800]} {str(parts)[:800]}")


def terraforms(resources: int) -> Run:
    """`terraform plan -refresh-only` on so many things of the pretend provider."""
    with tempfile.TemporaryDirectory() as home:
        terraform = Terraform(Path(home))
        with_provider(terraform, Path(home) / "reality.json", LATENCY)
        things = {f"r{number}": _thing(number) for number in range(resources)}
        code = {"terraform": {"required_providers": SOURCE}, "resource": {"fake_thing": things}}
        terraform.write("main.tf.json", json.dumps(code))
        terraform.write("reality.json", json.dumps({"t0": {"size": "other"}}))
        terraform.write("terraform.tfstate", json.dumps(_state(things)))
        command = [terraform.program, "plan", "-refresh-only", "-json", "-no-color"]
        run, shown = timed(command, terraform.folder, terraform.environment)
    drifted = shown.count('"type":"resource_drift"')
    if drifted != 1:
        sys.exit(f"terraform found {drifted} drifted things, not one")
    return run


def _thing(number: int) -> dict[str, object]:
    return {
        "name": f"t{number}",
        "size": "large",
        "zones": ["a", "b"],
        "tags": {"team": "shop", "env": "prod"},
    }


def _state(things: dict[str, dict[str, object]]) -> dict[str, object]:
    nothing = dict.fromkeys((*ATTRIBUTES, *SENSITIVE))
    marked = [[{"type": "get_attr", "value": name}] for name in SENSITIVE]
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 1,
        "lineage": "00000000-0000-4000-8000-000000000000",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "fake_thing",
                "name": name,
                "provider": f'provider["{SOURCE["fake"]["source"]}"]',
                "instances": [
                    {
                        "schema_version": 1,
                        "sensitive_attributes": marked,
                        "attributes": {**nothing, **said, "id": f"t-{said['name']}"},
                    }
                ],
            }
            for name, said in things.items()
        ],
    }


def show(name: str, resources: int, runs: list[Run]) -> float:
    """Print the medians; the wall time."""
    wall = statistics.median(run.wall for run in runs)
    cpu = statistics.median(run.cpu for run in runs)
    memory = statistics.median(run.memory for run in runs)
    line = f"{name:<28} {resources:>6,} {wall:8.2f} s {cpu:8.2f} CPU s {memory:6.0f} MB"
    if calls := runs[-1].calls.total():
        line += f" {calls:>6,} calls, {calls / resources:.3f} per resource"
    print(line, flush=True)
    return wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--terraform", type=int, nargs="*", default=[1000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--calls", action="store_true", help="say which calls were made")
    asked = parser.parse_args()
    walls = {}
    for resources in asked.resources:
        runs = ours(resources, asked.runs)
        walls[resources] = show("sre drift", resources, runs)
        for what, number in runs[-1].calls.most_common() if asked.calls else ():
            print(f"  {number:>6,} {what}")
    for resources in asked.terraform:
        wall = show("terraform plan -refresh-only", resources, [terraforms(resources)])
        if resources in walls:
            print(f"terraform's wall is {wall / walls[resources]:.1f} of ours at {resources:,}")


if __name__ == "__main__":
    main()
