"""Words about a report of drift, for screens and documents; each escapes them in its own way."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sreagent.domain.drift import (
    Author,
    Changed,
    Class,
    Coverage,
    DriftReport,
    Extent,
    LeftOver,
    Missing,
    Near,
    Place,
    Severity,
    Unmanaged,
    Way,
)
from sreagent.domain.moment import span

SURE = 0.7
"""From this confidence on, an author is told without a doubt."""
MOST_GAPS = 3
"""Groups of types that the headline names."""
MOST_NEAR = 2
MOST_DEPENDENTS = 4
Mends = Mapping[tuple[str, str], str]
"""What mends a finding, by state and address; by "" and `TYPE:ID` for something unmanaged."""
_GAP = {
    Extent.NOT_LOOKED_AT: "not looked at",
    Extent.PARTIAL: "in part only",
    Extent.SHALLOW: "by a generic reading",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The changes of one resource that are of one sort, worst first."""

    address: str
    type: str
    id: str
    source: str
    """The state that it stands in."""
    place: Place
    klass: Class
    changes: tuple[Changed, ...]

    @property
    def severity(self) -> Severity:
        """That of its worst change."""
        return max(change.severity for change in self.changes)

    @property
    def marks(self) -> tuple[str, ...]:
        """What is odd about it."""
        found = {
            "tainted": any(change.tainted for change in self.changes),
            "compared by a generic reading": any(change.shallow for change in self.changes),
        }
        return tuple(word for word, so in found.items() if so)

    @property
    def whys(self) -> tuple[str, ...]:
        """What makes it so severe, each reason once."""
        return tuple(dict.fromkeys(change.why for change in self.changes if change.why))

    @property
    def by_author(self) -> Mapping[tuple[Author | None, tuple[Near, ...]], tuple[Changed, ...]]:
        """The changes by who made them and near which incidents."""
        found: dict[tuple[Author | None, tuple[Near, ...]], list[Changed]] = defaultdict(list)
        for change in self.changes:
            found[change.author, change.near].append(change)
        return {key: tuple(changes) for key, changes in found.items()}

    @property
    def dependents(self) -> tuple[str, ...]:
        """Addresses of what depends on it."""
        return tuple(dict.fromkeys(each for change in self.changes for each in change.dependents))


def resources(changes: Iterable[Changed]) -> tuple[Resource, ...]:
    """Changes by resource: drift first, worst first."""
    found: dict[tuple[str, str, str, Class], list[Changed]] = defaultdict(list)
    for change in changes:
        found[change.source, change.address, change.id, change.klass].append(change)
    blocks = [_resource(each) for each in found.values()]
    order = list(Class)
    return tuple(sorted(blocks, key=lambda one: (order.index(one.klass), -one.severity.rank)))


def _resource(changes: list[Changed]) -> Resource:
    first = changes[0]
    return Resource(
        address=first.address,
        type=first.type,
        id=first.id,
        source=first.source,
        place=first.place,
        klass=first.klass,
        changes=tuple(sorted(changes, key=lambda change: -change.severity.rank)),
    )


def joined(*texts: str) -> str:
    """What is known of several facts, on one line."""
    return " · ".join(filter(None, texts))


def mend(found: Resource | Missing | Unmanaged, mends: Mends) -> str:
    """What mends a finding; empty where nothing is known."""
    if isinstance(found, Unmanaged):
        return mends.get(("", stranger_key(found)), "")
    return mends.get((found.source, found.address), "")


def counted(count: int, noun: str) -> str:
    """`1 state`, `2 states`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def facts(report: DriftReport) -> tuple[str, ...]:
    """How much was read, where, how long it took, and how far it was looked at."""
    total = sum(state.resources for state in report.states)
    found = [f"{counted(total, 'resource')} in {counted(len(report.states), 'state')}"]
    places = _places(report)
    accounts = {place.account for place in places if place.account}
    regions = {place.region for place in places if place.region}
    if accounts or regions:
        found.append(f"{counted(len(accounts), 'account')}, {counted(len(regions), 'region')}")
    found.append(f"{report.seconds:.1f} s")
    if (percent := coverage(report)) is not None:
        gaps = ", ".join(_gaps(report))
        found.append(f"coverage {percent} %" + (f" ({gaps})" if gaps else ""))
    return tuple(found)


def _places(report: DriftReport) -> set[Place]:
    found: list[Coverage | Changed | Missing | Unmanaged] = [
        *report.coverage,
        *report.changed,
        *report.missing,
        *report.unmanaged,
    ]
    return {each.place for each in found}


def distinct_places(report: DriftReport) -> Callable[[Place], str]:
    """How a place is told apart from the others of a report: by region only in a single account."""
    places = _places(report)
    if len(places) <= 1:
        return lambda _: ""
    if len({place.account for place in places}) > 1:
        return str
    return lambda place: place.region or str(place)


def coverage(report: DriftReport) -> int | None:
    """Share in percent of the states' resources that were looked at; None where none are known.

    It is 100 only when nothing is lacking.
    """
    whole = sum(each.resources for each in report.coverage)
    if not whole:
        return None
    seen = sum(each.resources for each in report.coverage if not each.extent.lacks)
    return 100 * seen // whole


def _gaps(report: DriftReport) -> Iterator[str]:
    for extent, said in _GAP.items():
        held: Counter[str] = Counter()
        for each in report.coverage:
            if each.extent is extent and each.resources:
                held[each.type] += each.resources
        groups = _families(held)
        if groups:
            named = " and ".join(f"{count:,} {name}" for name, count in groups[:MOST_GAPS])
            more = len(groups) - MOST_GAPS
            yield f"{named}{f' and {more} more' if more > 0 else ''} {said}"


def _families(held: Mapping[str, int]) -> list[tuple[str, int]]:
    """Types of one service as `aws_glue_*`, most resources first."""
    members: dict[str, list[str]] = defaultdict(list)
    for type_ in held:
        members["_".join(type_.split("_")[:2])].append(type_)
    found = [
        (f"{family}_*" if len(types) > 1 else types[0], sum(held[each] for each in types))
        for family, types in members.items()
    ]
    return sorted(found, key=lambda group: (-group[1], group[0]))


def provisional(report: DriftReport) -> tuple[str, ...]:
    """Why the result may be wrong soon, for each state that is being changed."""
    return tuple(
        f"{state.locked or 'it was changed while it was compared'} ({state.source})"
        for state in report.states
        if state.locked or state.changed_meanwhile
    )


def by_line(author: Author | None, near: tuple[Near, ...]) -> str:
    """Who, by which way, when, and near which incident; empty when nothing of it is known."""
    pieces = [_author(author)] if author else []
    pieces += [_near(each) for each in near[:MOST_NEAR]]
    return joined(*pieces)


def _author(author: Author) -> str:
    if not author.who:
        return f"by: not known, {author.why}"
    sure = author.confidence >= SURE
    way = f" ({author.how.value})" if author.how is not Way.UNKNOWN else ""
    when = f" {author.when:%Y-%m-%d %H:%M} UTC" if author.when else ""
    doubt = "" if sure else f" (confidence {author.confidence:.2f})"
    return f"{'' if sure else 'perhaps '}by {author.who}{way}{when}{doubt}"


def _near(near: Near) -> str:
    return f"{span(abs(near.seconds))} {'before' if near.seconds >= 0 else 'after'} {near.incident}"


def dependents(addresses: tuple[str, ...]) -> str:
    """How much depends on it, the first by name; empty for nothing."""
    if not addresses:
        return ""
    names = ", ".join(addresses[:MOST_DEPENDENTS])
    more = ", …" if len(addresses) > MOST_DEPENDENTS else ""
    depend = "depends" if len(addresses) == 1 else "depend"
    return f"{len(addresses):,} {depend} on it: {names}{more}"


def stranger_key(found: Unmanaged) -> str:
    """What something without an address is called by: `aws_instance:i-0f3`."""
    return f"{found.type}:{found.id}"


def left_over(report: DriftReport) -> tuple[LeftOver, ...]:
    """Deposed objects that are there, or may be: of the others only the state speaks still."""
    return tuple(each for each in report.left_over if each.exists is not False)


def folded(report: DriftReport) -> Mapping[str, int]:
    """How many unmanaged things nobody would manage, by why."""
    return Counter(each.folded for each in report.unmanaged if each.folded)


def not_looked_at(report: DriftReport) -> tuple[tuple[str, str], ...]:
    """What was not, or not wholly, looked at, with the reason; each reason once."""
    whys: dict[tuple[str, Extent], Counter[str]] = defaultdict(Counter)
    for each in report.coverage:
        if each.extent.lacks and (each.resources or each.why):
            whys[each.why, each.extent][each.type] += each.resources
    found = []
    for (why, extent), held in whys.items():
        named = ", ".join(f"{count:,} {name}" if count else name for name, count in _families(held))
        found.append((f"{named}{' (in part)' if extent is Extent.PARTIAL else ''}", why))
    locks = Counter(state.lock_unknown for state in report.states if state.lock_unknown)
    found += ((f"the lock of {counted(count, 'state')}", why) for why, count in locks.items())
    return tuple(found)


def summary(report: DriftReport, *, hidden: bool = True) -> str:
    """The last line: how many of each sort."""
    of = Counter(change.severity for change in report.drifted)
    counts = [f"{of[Severity.HIGH]:,} high", f"{of[Severity.MEDIUM]:,} medium"]
    counts += [f"{of[Severity.LOW]:,} low"] if of[Severity.LOW] else []
    counts += [f"{len(report.missing):,} missing", f"{len(report.strangers):,} unmanaged"]
    left = left_over(report)
    counts += [f"{len(left):,} left over"] if left else []
    told = ", ".join([*counts, *_apart(report, hidden=hidden)])
    return f"{told}." if has_findings(report) else _nothing(report, hidden=hidden)


def has_findings(report: DriftReport) -> bool:
    """Whether there is anything for a person to see."""
    return bool(report.drifted or report.missing or report.strangers or left_over(report))


def _nothing(report: DriftReport, *, hidden: bool) -> str:
    if not report.states:
        return "No state could be read, so nothing is known."
    so = "No drift in what was looked at." if report.is_partial else "No drift."
    new = "Nothing new." if report.known_before else so
    apart = ", ".join(_apart(report, hidden=hidden))
    return f"{new} {apart[0].upper()}{apart[1:]}." if apart else new


def _apart(report: DriftReport, *, hidden: bool) -> Iterator[str]:
    """What is no drift, and by whom it is kept from being one."""
    mark = " (hidden)" if hidden else ""
    of = Counter(change.klass for change in report.changed)
    if of[Class.CONTROLLER]:
        yield f"{of[Class.CONTROLLER]:,} owned by controllers{mark}"
    if of[Class.IGNORED] or report.ignored:
        yield f"{of[Class.IGNORED] + report.ignored:,} ignored{mark}"
    if aside := sum(folded(report).values()):
        yield f"{aside:,} that nobody would manage{mark}"
    if report.known_before:
        yield f"{report.known_before:,} known before"
