"""What the gate says to each line of the corpora: `python -m tests.benchmarks.safety [FILE…]`.

Prints, by class and tool, how many lines were tried, run unasked, asked and refused, each read that
does not run, and the time of one decision.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sreagent.domain.action import Action
from sreagent.domain.command import Refusal
from sreagent.domain.verdict import Allow, Ask, Deny
from sreagent.policy.document import Policy
from sreagent.policy.tiers import explain
from sreagent.tools.lines import parse

CORPUS = Path(__file__).parents[1] / "tools" / "lines" / "commands.jsonl"
DECISIONS = 20_000


@dataclass(frozen=True, slots=True)
class Tried:
    """One line, its right class, and what the gate said."""

    line: str
    tool: str
    right: str
    said: str
    reason: str


def tried(files: Iterable[Path]) -> Iterator[Tried]:
    """Every line of the files, judged as `sre policy explain` judges it."""
    for file in files:
        for raw in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(raw)
            said, reason = _said(row["cmd"])
            yield Tried(row["cmd"], row["tool"], row["class"], said, reason)


def _said(line: str) -> tuple[str, str]:
    meant = parse(line)
    if isinstance(meant, Refusal):
        return "refused", f"{meant.rule}: {meant.reason}"
    if not isinstance(meant, Action):
        return "run", ""
    match explain(meant, Policy()):
        case Allow():
            return "run", ""
        case Ask(rule=rule, reason=reason):
            return "asked", f"{rule}: {reason}"
        case Deny(rule=rule, reason=reason):
            return "refused", f"{rule}: {reason}"


def main() -> None:
    """Print the scorecard."""
    rows = list(tried([Path(name) for name in sys.argv[1:]] or [CORPUS]))
    print(f"{'class':<12} {'tool':<10} {'tried':>6} {'run':>6} {'asked':>6} {'refused':>8}")
    for right, tool in sorted({(row.right, row.tool) for row in rows}):
        said = Counter(row.said for row in rows if (row.right, row.tool) == (right, tool))
        numbers = f"{said['run']:>6} {said['asked']:>6} {said['refused']:>8}"
        print(f"{right:<12} {tool:<10} {said.total():>6} {numbers}")
    wrong = [row for row in rows if row.said == "run" and row.right != "read"]
    print(f"\nrun unasked and not a read: {len(wrong)}")
    for row in wrong:
        print(f"  {row.right}: {row.line}")
    reads = [row for row in rows if row.right == "read" and row.tool in ("kubectl", "aws")]
    left = [row for row in reads if row.said != "run"]
    share = 100 * (len(reads) - len(left)) / len(reads)
    ran = f"{len(reads) - len(left)} of {len(reads)} ({share:.1f} %)"
    print(f"kubectl and aws reads that run unasked: {ran}")
    for row in left:
        print(f"  {row.line!r}\n    {row.reason}")
    lines = [row.line for row in rows]
    began = time.process_time()
    for number in range(DECISIONS):
        _said(lines[number % len(lines)])
    spent = 1000 * (time.process_time() - began) / DECISIONS
    print(f"\none line, parsed and judged: {spent:.3f} ms (mean of {DECISIONS})")


if __name__ == "__main__":
    main()
