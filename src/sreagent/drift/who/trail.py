"""Asks CloudTrail who changed what drifted: as few calls as will do, and never too fast."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sreagent.domain.drift import Place, Trouble
from sreagent.domain.errors import Forbidden, NotFound, Refused, SreError
from sreagent.domain.pool import Pool
from sreagent.domain.ports import Clock
from sreagent.drift.reality.look import Estate
from sreagent.drift.who.event import Event, Sieve, read_event, time_of
from sreagent.drift.who.match import Attribution, attributed, matched
from sreagent.drift.who.subject import Step, Subject

PER_SECOND = 2.0
"""Calls that CloudTrail allows in one account and region."""
KEEPS = timedelta(days=90)
TELLS_WITHIN = timedelta(minutes=15)
"""From a call to its event."""
PAGE = 50
FEW = 3
"""Objects up to which nothing is gained by reading everything."""
PAGES_OF_ONE = 4
"""Pages of events that are read of one object."""
PROBES = 3
"""Pages after which the length of the whole is known well enough."""
PLACES_AT_ONCE = 8
PATIENCE = 60.0
"""Seconds that are spent on one account and region."""
_AROUND = timedelta(minutes=10)
"""Between what a service and what CloudTrail call the time of creation."""

Key = tuple[Place, str, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """Who did what, as far as it is told."""

    by: Mapping[Subject, Attribution] = field(default_factory=dict)
    """One for each subject that was asked for."""
    troubles: tuple[Trouble, ...] = ()
    """Trails that could not be read."""


class Pace:
    """Lets one call through at a time, `per_second` of them. Thread-safe."""

    def __init__(self, clock: Clock, per_second: float = PER_SECOND) -> None:
        self._clock = clock
        self._gap = 1.0 / per_second
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        """Sleep until the next call may be sent."""
        with self._lock:
            now = self._clock.monotonic()
            at = max(now, self._next)
            self._next = at + self._gap
        if at > now:
            self._clock.sleep(at - now)


class Trail:
    """The event histories of all accounts. Remembers what it was told; thread-safe."""

    def __init__(self, estate: Estate, clock: Clock, *, patience: float = PATIENCE) -> None:
        """`patience` is in seconds, for each account and region."""
        self._estate = estate
        self._clock = clock
        self._most = max(1, int(patience * PER_SECOND))
        self._paces: dict[Place, Pace] = {}
        self._told: dict[Key, tuple[Event, ...]] = {}
        self._lock = Lock()
        self.calls = 0
        """Pages that were asked for."""

    def authors(self, subjects: Iterable[Subject]) -> Attributed:
        """Who made each of these changes. What cannot be read is a trouble, and said."""
        wanted = list(dict.fromkeys(subjects))
        seen: dict[Subject, _Seen] = {subject: _Seen() for subject in wanted}
        troubles: list[Trouble] = []
        for place_by_rank in _rounds(wanted):
            open_ones = {
                place: [each for each in here if not seen[each].is_settled(each)]
                for place, here in place_by_rank.items()
            }
            jobs = [(place, here) for place, here in open_ones.items() if here]
            with Pool(PLACES_AT_ONCE) as pool:
                searches = list(pool.map(lambda job: self._search(*job), jobs))
            for search in searches:
                search.tell(seen)
                troubles += search.troubles
        by = {subject: seen[subject].attribution(subject) for subject in wanted}
        return Attributed(by=by, troubles=tuple(troubles))

    def pages(
        self, place: Place, parameters: Mapping[str, Any]
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The entries that answer one question, page by page, each when its turn has come.

        Raises SreError when CloudTrail does not answer, or may not be asked.
        """
        with self._lock:
            pace = self._paces.setdefault(place, Pace(self._clock))
        answers = iter(
            self._estate.pages(
                place, "cloudtrail", "LookupEvents", {"MaxResults": PAGE, **parameters}
            )
        )
        while True:
            pace.wait()
            with self._lock:
                self.calls += 1
            page = next(answers, None)
            if page is None:
                return
            yield page.get("Events") or ()
            if not page.get("NextToken"):
                return

    def of_object(
        self, place: Place, name: str, around: datetime | None
    ) -> tuple[tuple[Event, ...], int]:
        """The newest events that name an object, and the calls it took; asked once."""
        key = place, name, around
        with self._lock:
            told = self._told.get(key)
        if told is not None:
            return told, 0
        found: list[Event] = []
        calls = 0
        for page in self.pages(place, {**_named(name), **self.window(around)}):
            calls += 1
            found += _read(page)
            if calls >= PAGES_OF_ONE:
                break
        with self._lock:
            self._told[key] = tuple(found)
        return tuple(found), max(calls, 1)

    def window(self, around: datetime | None = None) -> dict[str, datetime]:
        """From when to when events are asked for."""
        now = self._clock.now()
        if around is None:
            return {"StartTime": now - KEEPS, "EndTime": now}
        return {
            "StartTime": max(around - _AROUND, now - KEEPS),
            "EndTime": min(around + _AROUND, now),
        }

    def _search(self, place: Place, subjects: Sequence[Subject]) -> "_Search":
        search = _Search(trail=self, place=place, left=self._most)
        search.run(subjects)
        return search


@dataclass(slots=True)
class _Seen:
    """What is known of one subject."""

    events: dict[str, Event] = field(default_factory=dict)
    reason: str = ""

    def add(self, subject: Subject, events: Iterable[Event]) -> None:
        for event in events:
            if matched(subject, event):
                self.events[event.id or f"{event.at} {event.name}"] = event

    def is_settled(self, subject: Subject) -> bool:
        found = (matched(subject, event) for event in self.events.values())
        return any(match.is_settling for match in found if match)

    def attribution(self, subject: Subject) -> Attribution:
        if self.events:
            return attributed(subject, self.events.values())
        return Attribution(why=self.reason or "not asked")


@dataclass(slots=True)
class _Search:
    """The search in one account and region."""

    trail: Trail
    place: Place
    left: int
    """Calls that may still be made."""
    seen: dict[Subject, _Seen] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    told_all: bool = False
    """The whole of the time was read: what was not found is not there."""
    stopped: str = ""
    """Why nothing more is asked here."""

    def run(self, subjects: Sequence[Subject]) -> None:
        """Read everything where that is cheaper; then ask for each object that is left."""
        self.seen = {subject: _Seen() for subject in subjects}
        if len(subjects) > FEW:
            self._scan()
        for subject in self._open():
            if self.told_all or self.stopped:
                break
            self._ask_for(subject)
        for subject in subjects:
            self.seen[subject].reason = self._reason()

    def tell(self, seen: Mapping[Subject, _Seen]) -> None:
        """Add to what is known already."""
        for subject, found in self.seen.items():
            seen[subject].events.update(found.events)
            seen[subject].reason = found.reason

    def _open(self) -> list[Subject]:
        return [subject for subject, seen in self.seen.items() if not seen.is_settled(subject)]

    def _scan(self) -> None:
        """Read all writes, newest first, for as long as asking one by one would cost more."""
        window = self._window()
        writes = {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]}
        sieve = Sieve(word for subject in self.seen for word in subject.words)
        read = 0
        try:
            for page in self.trail.pages(self.place, {**writes, **window}):
                read += 1
                self.left -= 1
                self._share(_read(page, sieve))
                if not (still := self._open()):
                    return
                oldest = time_of(page[-1]) if page else None
                if self.left <= 0 or _is_dear(read, oldest or window["EndTime"], window, still):
                    return
            self.told_all = True
        except SreError as error:
            self._fail(error)

    def _window(self) -> dict[str, datetime]:
        """Since when anything of this can have happened."""
        window = self.trail.window()
        births = [each.created if each.step is Step.MADE else None for each in self.seen]
        if all(births):
            earliest = min(each for each in births if each) - _AROUND
            window["StartTime"] = max(window["StartTime"], earliest)
        return window

    def _share(self, events: Sequence[Event]) -> None:
        by_word: dict[str, list[Event]] = {}
        wanted = frozenset(word for subject in self.seen for word in subject.words)
        for event in events:
            for word in wanted & event.said.keys():
                by_word.setdefault(word, []).append(event)
        for subject, seen in self.seen.items():
            for word in subject.words & by_word.keys():
                seen.add(subject, by_word[word])

    def _ask_for(self, subject: Subject) -> None:
        seen = self.seen[subject]
        around = subject.created if subject.step is Step.MADE else None
        for name in subject.asked_by:
            if self.left <= 0:
                self.stopped = "there was no time to ask CloudTrail for all of them"
                return
            try:
                events, calls = self.trail.of_object(self.place, name, around)
            except (NotFound, Refused):
                # A name that CloudTrail does not take is none that it knows.
                self.left -= 1
                continue
            except SreError as error:
                self._fail(error)
                return
            self.left -= calls
            seen.add(subject, events)
            if seen.is_settled(subject):
                return

    def _fail(self, error: SreError) -> None:
        self.stopped = (
            "CloudTrail may not be read here"
            if isinstance(error, Forbidden)
            else "CloudTrail did not answer"
        )
        hint = "allow cloudtrail:LookupEvents" if isinstance(error, Forbidden) else ""
        trouble = Trouble(
            what=f"who changed what in {self.place}", message=error.message, hint=hint or error.hint
        )
        self.troubles.append(trouble)

    def _reason(self) -> str:
        if self.stopped:
            return self.stopped
        minutes = int(TELLS_WITHIN.total_seconds() // 60)
        return (
            f"CloudTrail knows no such write of the last {KEEPS.days} days in {self.place}; "
            f"those of the last {minutes} minutes may not be told yet"
        )


def _read(page: Sequence[Mapping[str, Any]], sieve: Sieve | None = None) -> list[Event]:
    events = (read_event(entry) for entry in page if sieve is None or sieve.passes(entry))
    return [event for event in events if event]


def _rounds(subjects: Sequence[Subject]) -> Iterator[dict[Place, list[Subject]]]:
    """Where to look first, for all of them, then where to look next."""
    for rank in range(max((len(subject.homes) for subject in subjects), default=0)):
        here: dict[Place, list[Subject]] = {}
        for subject in subjects:
            if rank < len(subject.homes):
                here.setdefault(subject.homes[rank], []).append(subject)
        yield here


def _is_dear(
    read: int, oldest: datetime, window: Mapping[str, datetime], still: Sequence[Subject]
) -> bool:
    """Whether reading on would take more calls than asking for each object that is left."""
    if read < PROBES:
        return False
    covered = (window["EndTime"] - oldest).total_seconds()
    whole = (window["EndTime"] - window["StartTime"]).total_seconds()
    ahead = read * (whole / max(covered, 1.0) - 1.0)
    return ahead > _price(still)


def _price(subjects: Sequence[Subject]) -> float:
    """Calls that asking one by one takes: some names are the wrong ones."""
    return sum(1.0 + 0.5 * (len(subject.asked_by) - 1) for subject in subjects)


def _named(name: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": name}]}
