"""What an entry on disk costs: `python tests/benchmarks/journal.py` prints ms, with checkpoints.

Every entry is waited for (fsync). Checkpoints are signed as in a run: the first entry, every 50
entries or 60 s, and with each intent and each result.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sreagent.clients.clock import SystemClock
from sreagent.domain.record import Intended, Looked, Ran, Record
from sreagent.journal.keys import own_key, public_keys
from sreagent.journal.seals import Signer
from sreagent.journal.store import Journal
from sreagent.journal.verify import Proof, verify
from sreagent.policy.redaction import redact

ENTRIES = 500
LOOK = Looked(source="kubernetes", command="kubectl -n shop get pods", result="31 objects")
CHANGE = (
    Intended(action="A1", digest="5f" * 32, before={"replicas": 2}, after={"replicas": 3}),
    Ran(action="A1", ok=True, message="patched"),
)


def measure(
    root: Path, signer: Signer | None, records: Sequence[Record]
) -> tuple[Path, list[float]]:
    """The folder and the milliseconds of each entry."""
    took: list[float] = []
    with Journal.create(root, SystemClock(), redact=redact, signer=signer) as journal:
        for record in records:
            begin = time.perf_counter()
            journal.append(record)
            took.append((time.perf_counter() - begin) * 1000)
    return journal.folder, took


def tell(what: str, took: Sequence[float]) -> None:
    """One line: mean, median and 95th percentile."""
    late = statistics.quantiles(took, n=20)[-1]
    sys.stdout.write(
        f"{what:<34}{statistics.mean(took):7.2f} ms/entry   "
        f"median {statistics.median(took):.2f}   95 % {late:.2f}\n"
    )


def main() -> None:
    """Print the cost of an entry without and with checkpoints, and of verifying."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        root = Path(folder)
        key = own_key(root / "audit.key")
        reads: list[Record] = [LOOK] * ENTRIES
        changes: list[Record] = [*CHANGE] * (ENTRIES // 10)
        tell("reads, not signed", measure(root, None, reads)[1])
        signed, took = measure(root, key, reads)
        tell("reads, with checkpoints", took)
        tell("intents and results, all signed", measure(root, key, changes)[1])
        mixed: list[Record] = [*[LOOK] * 26, *CHANGE, LOOK, LOOK] * (ENTRIES // 30)
        tell("an incident: 28 reads, 1 change", measure(root, key, mixed)[1])
        begin = time.perf_counter()
        found = verify(signed, Proof(keys=public_keys(root / "audit.pub")))
        spent = (time.perf_counter() - begin) * 1000
        sys.stdout.write(f"verify {found.entries} entries{spent:28.0f} ms\n")


if __name__ == "__main__":
    main()
