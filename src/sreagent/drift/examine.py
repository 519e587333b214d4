"""Should be against is, for all resources of AWS: read, match, compare, and look twice."""

from collections import defaultdict
from collections.abc import Container, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sreagent.domain.drift import Author, Coverage, Extent, Place, Trouble
from sreagent.drift.compare.compare import Difference
from sreagent.drift.matching import Held, compared, held_at, missing, only, strangers
from sreagent.drift.places import place_of, usual_place
from sreagent.drift.reality.kinds import Kind, Reader
from sreagent.drift.reality.look import Estate, Wanted
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed, State
from sreagent.drift.sweep import Reading, sweep

Key = tuple[str, str, str]
"""What a difference is known by: state, address and path."""
Resource = tuple[str, str]
"""State and address."""
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What comes of comparing a resource of another shape than its type has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """One attribute of one resource that differs; the values are as they are."""

    managed: Managed
    real: Real
    kind: Kind
    place: Place
    difference: Difference
    shallow: bool = False
    """A generic reading gave it, which knows only some attributes."""
    secret: bool = False
    """Its values are never shown."""

    @property
    def key(self) -> Key:
        """What it is known by: state, address and path."""
        return self.managed.source, self.managed.address, self.difference.path

    @property
    def owner(self) -> str:
        """Who besides people changes it, by what is known of the type; empty for nobody."""
        return self.kind.owner(self.difference, self.managed.attributes, self.real)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A resource that nothing stands for."""

    managed: Managed
    kind: Kind
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Something that stands for no resource."""

    real: Real
    kind: Kind
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """A resource that could not be compared: it has another shape than its type."""

    managed: Managed
    kind: Kind
    place: Place
    """Where it was read: services of no region are read in one for all."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found, before anybody says who did it and how bad it is."""

    drifted: tuple[Drifted, ...] = ()
    gone: tuple[Gone, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    deposed: tuple[tuple[Gone, bool | None], ...] = ()
    """Left-over objects, and whether they are still there."""
    coverage: tuple[Coverage, ...] = ()
    authors: Mapping[Key, Author] = field(default_factory=dict)
    """Who it was, where the thing itself tells."""
    odd: tuple[Odd, ...] = ()
    """Resources that could not be compared."""
    troubles: tuple[Trouble, ...] = ()
    """What could not be read, besides single lists."""


def settled(
    states: Iterable[State], kinds: Mapping[str, Kind], default: Place
) -> dict[Place, Held]:
    """The resources of all states by where they live."""
    at: dict[Place, list[Managed]] = defaultdict(list)
    for state in states:
        usual = _or(usual_place(state.resources, state.region), default)
        # A provider of its own often leads to an account or a region of its own.
        by_alias: dict[str, list[Managed]] = defaultdict(list)
        for managed in state.resources:
            by_alias[managed.alias].append(managed)
        for resources in by_alias.values():
            here = _or(usual_place(resources), usual)
            for managed in resources:
                at[place_of(managed, here)].append(managed)
    return {place: held_at(place, resources, kinds) for place, resources in at.items()}


def _or(place: Place, default: Place) -> Place:
    return Place(account=place.account or default.account, region=place.region or default.region)


def examine(
    places: Mapping[Place, Held],
    estate: Estate,
    readers: Sequence[Reader],
) -> Generator[Reading, None, Examined]:
    """Yield each reading as it comes; return what was found.

    What differs or is missing is looked at twice: what reality takes a moment to show is no drift.
    """
    wanted = {place: held.wanted for place, held in places.items()}
    first: list[Reading] = []
    for reading in sweep(estate, readers, wanted):
        first.append(reading)
        yield reading
    # They came as they were answered; a report is the same each time.
    first.sort(key=_order)
    odd: dict[Resource, Odd] = {}
    drifted, gone = _weighed(first, places, odd)
    unsure: dict[tuple[str, Place], str] = {}
    if drifted or gone:
        doubted = _doubted(places, [*drifted, *gone])
        types = {type_ for held in doubted.values() for type_ in held.resources}
        again = [each for each in readers if types & {kind.type for kind in each.kinds}]
        asked = {place: _attributes(held) for place, held in doubted.items()}
        second = list(sweep(estate, again, asked))
        unsure = _unsure(second)
        drifted, gone = _confirmed((drifted, gone), _weighed(second, doubted, odd), unsure)
    partial = {(each.kind.type, each.place): _odd(each) for each in odd.values()} | unsure
    return Examined(
        drifted=tuple(drifted),
        gone=tuple(gone),
        strangers=tuple(_strangers(first, places)),
        deposed=tuple(_left_over(first, places)),
        coverage=tuple(
            _lessened(each, partial)
            for reading in first
            for each in reading.coverage(_held(reading, wanted))
        ),
        odd=tuple(odd.values()),
    )


def _odd(found: Odd) -> str:
    return f"{found.managed.address} could not be compared: {found.why}"


def _lessened(coverage: Coverage, partial: Mapping[tuple[str, Place], str]) -> Coverage:
    """What was not compared, or only once, is not looked at whole."""
    why = partial.get((coverage.type, coverage.place), "")
    if not why or coverage.extent.lacks:
        return coverage
    return replace(coverage, extent=Extent.PARTIAL, why=why)


def _doubted(places: Mapping[Place, Held], found: Iterable[Drifted | Gone]) -> dict[Place, Held]:
    """Only what differs or is missing: a second look at the rest would be for nothing."""
    doubted = {(each.kind.type, each.kind.identity(each.managed.attributes)) for each in found}
    kept = {place: only(held, doubted) for place, held in places.items()}
    return {place: held for place, held in kept.items() if held.resources}


def _attributes(held: Held) -> Wanted:
    """What is asked for again; what stands around it is known."""
    return {
        type_: {identity: held.wanted[type_][identity] for identity in resources}
        for type_, resources in held.resources.items()
    }


def _order(reading: Reading) -> tuple[str, list[str]]:
    return str(reading.place), [kind.type for kind in reading.reader.kinds]


def _held(reading: Reading, wanted: Mapping[Place, Wanted]) -> Wanted:
    """What the states hold of the types of a reading, where it was made."""
    if not reading.reader.is_global:
        return wanted.get(reading.place, {})
    merged: dict[str, dict[str, Mapping[str, object]]] = defaultdict(dict)
    for place, by_type in wanted.items():
        if place.account == reading.place.account:
            for type_, held in by_type.items():
                merged[type_].update(held)
    return merged


def _weighed(
    readings: Iterable[Reading], places: Mapping[Place, Held], odd: dict[Resource, Odd]
) -> tuple[list[Drifted], list[Gone]]:
    drifted: list[Drifted] = []
    gone: list[Gone] = []
    for reading in sorted(readings, key=_order):
        if reading.failed:
            continue
        for kind in reading.reader.kinds:
            found = reading.found.get(kind.type, {})
            for held in _homes(reading, places):
                here = held.resources.get(kind.type, {})
                drifted += _drifted(kind, held, reading, odd)
                gone += (
                    Gone(managed=managed, kind=kind, place=held.place)
                    for managed in missing(here, found)
                )
    return drifted, gone


def _homes(reading: Reading, places: Mapping[Place, Held]) -> Iterator[Held]:
    """The places that a reading tells of: all regions of the account, for a global service."""
    for place, held in places.items():
        same_account = place.account == reading.place.account
        if place == reading.place or (reading.reader.is_global and same_account):
            yield held


def _drifted(
    kind: Kind,
    held: Held,
    reading: Reading,
    odd: dict[Resource, Odd],
) -> Iterator[Drifted]:
    around = held.wanted
    found = reading.found.get(kind.type, {})
    for identity, resources in held.resources.get(kind.type, {}).items():
        real = found.get(identity)
        if real is None:
            continue
        for managed in resources:
            try:
                differences = compared(kind, managed, real, around)
            except _ODD as error:
                # The rest goes on.
                why = f"{type(error).__name__}: {error}"
                key = managed.source, managed.address
                odd[key] = Odd(managed=managed, kind=kind, place=reading.place, why=why)
                continue
            for difference in differences:
                yield Drifted(
                    managed=managed,
                    real=real,
                    kind=kind,
                    place=_place(real, held.place),
                    difference=difference,
                )


def _unsure(second: Iterable[Reading]) -> dict[tuple[str, Place], str]:
    """Types that were not read whole a second time, where, and why.

    For services of no region also by the account alone.
    """
    found: dict[tuple[str, Place], str] = {}
    for reading in second:
        if not reading.failed and not reading.gaps:
            continue
        why = reading.failed.message if reading.failed else reading.gaps[0]
        for kind in reading.reader.kinds:
            found[kind.type, reading.place] = f"it could not be read a second time: {why}"
            if reading.reader.is_global:
                worldwide = Place(account=reading.place.account)
                found[kind.type, worldwide] = found[kind.type, reading.place]
    return found


def _is_unsure(found: Drifted, unsure: Container[tuple[str, Place]]) -> bool:
    worldwide = Place(account=found.place.account)
    return any((found.kind.type, place) in unsure for place in (found.place, worldwide))


def _confirmed(
    first: tuple[Sequence[Drifted], Sequence[Gone]],
    second: tuple[Sequence[Drifted], Sequence[Gone]],
    unsure: Container[tuple[str, Place]],
) -> tuple[list[Drifted], list[Gone]]:
    """What both looks say, as the second one saw it.

    Where there was no whole second one, a difference stands as it was seen; nothing is missing that
    only one look missed.
    """
    before = {each.key for each in first[0]}
    again = {each.key for each in second[0]}
    lost = {(each.managed.source, each.managed.address) for each in first[1]}
    seen_once = [each for each in first[0] if each.key not in again and _is_unsure(each, unsure)]
    return (
        [*seen_once, *(each for each in second[0] if each.key in before)],
        [each for each in second[1] if (each.managed.source, each.managed.address) in lost],
    )


def _left_over(
    readings: Iterable[Reading], places: Mapping[Place, Held]
) -> Iterator[tuple[Gone, bool | None]]:
    """Deposed objects, and whether they are there; None where nobody looked."""
    for reading in readings:
        for kind in reading.reader.kinds:
            for held in _homes(reading, places):
                for managed in held.deposed.get(kind.type, ()):
                    found = reading.found.get(kind.type, {})
                    there = None if reading.failed else kind.identity(managed.attributes) in found
                    yield Gone(managed=managed, kind=kind, place=held.place), there


def _strangers(readings: Iterable[Reading], places: Mapping[Place, Held]) -> Iterator[Stranger]:
    for reading in readings:
        for kind in reading.reader.kinds:
            managed = {
                identity: resources
                for held in _homes(reading, places)
                for identity, resources in held.resources.get(kind.type, {}).items()
            }
            left_over = {
                kind.identity(one.attributes)
                for held in _homes(reading, places)
                for one in held.deposed.get(kind.type, ())
            }
            for real in strangers(managed, reading.found.get(kind.type, {})):
                if real.id not in left_over:
                    yield Stranger(real=real, kind=kind, place=_place(real, reading.place))


def _place(real: Real, seen_at: Place) -> Place:
    """Where a thing is: in its own region, if it was seen in a list of no region."""
    return Place(account=seen_at.account, region=real.region or seen_at.region)
