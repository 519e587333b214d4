"""Reads reality: every reader in every place that the states speak of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from sreagent.domain.drift import Coverage, Extent, Place
from sreagent.domain.errors import SreError, Unreachable
from sreagent.drift.reality.kinds import Reader
from sreagent.drift.reality.look import Estate, Look, Wanted
from sreagent.drift.reality.real import Real

READERS_AT_ONCE = 8
DETAILS_AT_ONCE = 16
GLOBAL_REGION = "us-east-1"
"""Where services of no region are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reader saw in one place."""

    reader: Reader
    place: Place
    found: Mapping[str, Mapping[str, Real]] = field(default_factory=dict)
    """By type and id."""
    gaps: tuple[str, ...] = ()
    failed: SreError | None = None
    """The list itself could not be read: nothing is known of what is missing."""

    def coverage(self, wanted: Wanted) -> Iterator[Coverage]:
        """How far each of its types was looked at."""
        for kind in self.reader.kinds:
            whole = Extent.SHALLOW if self.reader.is_shallow else Extent.COMPLETE
            extent = Extent.PARTIAL if self.gaps else whole
            yield Coverage(
                type=kind.type,
                place=self.place,
                resources=len(wanted.get(kind.type, ())),
                extent=Extent.NOT_LOOKED_AT if self.failed else extent,
                why=self.failed.message if self.failed else "; ".join(self.gaps[:3]),
            )


def sweep(
    estate: Estate,
    readers: Sequence[Reader],
    places: Mapping[Place, Wanted],
) -> Iterator[Reading]:
    """Run readers in all places side by side; each reading as it comes.

    Args:
        estate: Answers, whatever account and region.
        readers: Those to run.
        places: What the states hold, by where it lives.
    """
    pool = ThreadPoolExecutor(READERS_AT_ONCE)
    details = ThreadPoolExecutor(DETAILS_AT_ONCE)
    try:
        jobs: list[Future[Reading]] = [
            pool.submit(_read, estate, reader, place, wanted, details)
            for place, reader, wanted in _jobs(readers, places)
        ]
        for job in as_completed(jobs):
            yield job.result()
    finally:
        # Not `with`, which waits: Ctrl-C must not sit out what hangs.
        pool.shutdown(wait=False, cancel_futures=True)
        details.shutdown(wait=False, cancel_futures=True)


def _jobs(
    readers: Sequence[Reader], places: Mapping[Place, Wanted]
) -> Iterator[tuple[Place, Reader, Wanted]]:
    """What to read where; services of no region once in each account, for all its regions."""
    worldwide: dict[str, dict[str, dict[str, Mapping[str, object]]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for place, wanted in places.items():
        for type_, held in wanted.items():
            worldwide[place.account][type_].update(held)
    for reader in readers:
        if reader.is_global:
            for account, wanted in worldwide.items():
                yield Place(account=account, region=GLOBAL_REGION), reader, wanted
        else:
            for place, held_here in places.items():
                yield place, reader, held_here


def _read(
    estate: Estate, reader: Reader, place: Place, wanted: Wanted, details: ThreadPoolExecutor
) -> Reading:
    look = Look(estate=estate, place=place, service=reader.service, wanted=wanted, pool=details)
    found: dict[str, dict[str, Real]] = defaultdict(dict)
    failed: SreError | None = None
    try:
        _gather(found, reader.read(look))
    except SreError as error:
        failed = error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        msg = f"the answer of {reader.service} has another shape ({type(error).__name__}: {error})"
        failed = Unreachable(msg)
    return Reading(reader=reader, place=place, found=found, gaps=tuple(look.gaps), failed=failed)


def _gather(found: dict[str, dict[str, Real]], reals: Iterable[Real]) -> None:
    for real in reals:
        found[real.type][real.id] = real
