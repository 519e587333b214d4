"""What reading logs costs: `python -m tests.benchmarks.logs`.

Prints lines/s, MB/s and the peak memory of a process of its own, for the lines of ten systems: once
with values that come again, once with names and ids of its own in every line, which is the bad
case; then for the whole reading of a log, causes included. CPU time, the best of three rounds.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.diagnose.log_lines import SYSTEMS, Writer

from sreagent.diagnose.logs.reading import read
from sreagent.diagnose.logs.templates import TemplateMiner

SIZE = 100_000_000
LINES = 30_000
ROUNDS = 3

_CHILD = """
import json, resource, sys, time
from sreagent.diagnose.logs.templates import TemplateMiner
best = float("inf")
for _ in range(3):
    begin, miner = time.process_time(), TemplateMiner()
    with open(sys.argv[1], "rb") as file:
        while piece := file.read(1 << 20):
            miner.feed(piece)
    found = miner.templates()
    best = min(best, time.process_time() - begin)
print(json.dumps({
    "seconds": best, "lines": miner.lines, "templates": len(found),
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def write_file(path: Path, size: int, *, wild: bool) -> None:
    """A log of that many bytes."""
    writer = Writer(wild=wild)
    written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            written += file.write("\n".join(writer.mixed(20_000)) + "\n")


def print_streaming(path: Path) -> None:
    """The ten systems mixed in one file, read in pieces of 1 MiB."""
    for name, wild in (("values come again", False), ("each line distinct", True)):
        write_file(path, SIZE, wild=wild)
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True
        )
        told = json.loads(child.stdout)
        print(
            f"  {name:20} {told['lines'] / told['seconds']:10,.0f} lines/s "
            f"{path.stat().st_size / told['seconds'] / 1e6:6.1f} MB/s  {told['templates']:4d} "
            f"templates  {told['mib']:5.0f} MiB"
        )


def print_speed(name: str, lines: Iterable[str], work: Callable[[str], object]) -> None:
    """One log in memory."""
    text = "\n".join(lines)
    spent = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        work(text)
        spent = min(spent, time.process_time() - begin)
    rate = (text.count("\n") + 1) / spent
    print(f"  {name:20} {rate:10,.0f} lines/s {len(text) / spent / 1e6:6.1f} MB/s")


def mine(text: str) -> object:
    """Only the templates."""
    return TemplateMiner().feed(text).templates()


def main() -> None:
    """Print all figures."""
    print(f"\ntemplates, {SIZE / 1e6:.0f} MB of ten systems")
    with tempfile.TemporaryDirectory() as folder:
        print_streaming(Path(folder) / "log")
    print("\ntemplates, each line distinct")
    for system in SYSTEMS:
        print_speed(system, (line for _, line in Writer().lines(system, LINES)), mine)
    print("\nthe whole reading: templates, traces, causes")
    print_speed("values come again", Writer(wild=False).mixed(LINES), read)
    print_speed("each line distinct", Writer().mixed(LINES), read)


if __name__ == "__main__":
    main()
