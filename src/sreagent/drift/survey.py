"""One run of `sre drift`: states, reality, what differs, who did it, how bad it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sreagent.domain.drift import Coverage, DriftReport, Extent, Place, StateSeen, Trouble
from sreagent.domain.errors import SreError
from sreagent.domain.moment import stamp
from sreagent.domain.pool import Pool
from sreagent.domain.secrets import own
from sreagent.drift.blast import Blast
from sreagent.drift.examine import Drifted, Examined, Gone, examine, settled
from sreagent.drift.findings import Telling
from sreagent.drift.masks import Masks, secrets_of
from sreagent.drift.places import place_of, usual_place
from sreagent.drift.reality import cloud_control
from sreagent.drift.reality.known import kinds, readers
from sreagent.drift.refreshed import by_terraform
from sreagent.drift.state.managed import Managed, State, is_kubernetes
from sreagent.drift.state.reading import digest, read
from sreagent.drift.sweep import Reading

if TYPE_CHECKING:
    from sreagent.domain.ports import Clock, StateSource
    from sreagent.domain.terraform import Held, StateSpec, StateText
    from sreagent.drift.near import IncidentSeen
    from sreagent.drift.reality.kinds import Kind
    from sreagent.drift.reality.look import Estate
    from sreagent.drift.who.authors import Authors

AWS = "aws_"
AT_ONCE = 8
"""States that are looked at again together."""
OWNED = 500
"""Lines of secrets of states that redaction is told of: those of many are too much for it."""

Happening = str | Reading
"""What is done now, or a list of one place that came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What a run may ask."""

    states: StateSource
    estate: Estate
    clock: Clock
    home: Callable[[], Place]
    """Where the person's own credentials lead: for resources that do not tell where they live."""
    in_cluster: Callable[[Sequence[Managed]], Examined]
    """Looks for resources of the providers `kubernetes` and `helm` in the cluster that is set."""
    authors: Callable[[Examined], Authors] | None = None
    """Asks CloudTrail who it was; None: nobody is asked."""
    calls: Callable[[], int] = lambda: 0
    """Requests sent so far."""
    closed: Callable[[], Mapping[str, SreError]] = dict
    """Accounts that could not be entered, and why."""
    incidents: Callable[[], Sequence[IncidentSeen]] = tuple
    """Those that a change may belong to."""
    redact: Callable[[str], str] = str
    """Hides what looks like a secret in a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What came of a run."""

    report: DriftReport
    states: tuple[State, ...] = ()
    examined: Examined = field(default_factory=Examined)
    """The values as they are: secrets, too."""


@dataclass(slots=True)
class _Read:
    """States as they were read, and what could not be."""

    states: list[State] = field(default_factory=list)
    specs: dict[str, StateSpec] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    unread: bool = False
    """Whether there are states that could not be read."""
    _owned: int = 0

    def take(self, text: StateText) -> SreError | None:
        """Read one; what is wrong with it where it cannot be read."""
        try:
            state = read(text)
        except SreError as error:
            self.troubles.append(_trouble(text.source, error))
            return error
        self.own(state)
        self.states.append(state)
        if text.spec:
            self.specs[text.source] = text.spec
        return None

    def own(self, state: State) -> None:
        """Have its secrets hidden in whatever this process says, as long as they are not too many.

        Each of them is looked for in each text. A report is masked by itself, however many.
        """
        found = secrets_of(state)
        self._owned += sum(len(secret.splitlines()) for secret in found)
        for secret in found if self._owned <= OWNED else ():
            own(secret)


def survey(doors: Doors, specs: Sequence[StateSpec]) -> Generator[Happening, None, Surveyed]:
    """Yield what is done as it is done; return what was found.

    Raises:
        SreError: Not one state could be read; it is the error of the first.
    """
    began = doors.clock.monotonic()
    known = yield from _read_states(doors, specs)
    known_types = _types_known(known.states)
    examined = yield from _examined(doors, known.states, known_types)
    live = yield from _in_cluster(doors, known.states)
    moved = yield from _moved(doors, known)
    if moved:
        yield f"{', '.join(sorted(moved))} changed meanwhile: reading again"
        known.states = [moved.get(each.source, each) for each in known.states]
        known_types = _types_known(known.states)
        examined = yield from _examined(doors, known.states, known_types)
        live = yield from _in_cluster(doors, known.states)
        moved = yield from _moved(doors, known)
    examined = _both(examined, live)
    if known.unread:
        examined = _unsure_of_strangers(examined)
    yield "asking who it was"
    masks = Masks(known.states, doors.redact)
    findings = Telling(
        masks=masks,
        blast=Blast(managed for state in known.states for managed in state.resources),
        authors=doors.authors(examined) if doors.authors else None,
        incidents=doors.incidents,
    ).findings(examined)
    report = DriftReport(
        at=doors.clock.now(),
        states=tuple(_seen(state, state.source in moved) for state in known.states),
        changed=findings.changed,
        missing=findings.missing,
        unmanaged=findings.unmanaged,
        left_over=findings.left_over,
        coverage=(*examined.coverage, *_not_looked_at(known.states, known_types)),
        errors=(
            *dict.fromkeys(known.troubles),
            *examined.troubles,
            *_closed(doors.closed()),
            *_problems(known.states),
            *_in_two_states(known.states),
            *_odd(examined),
            *findings.troubles,
        ),
        seconds=doors.clock.monotonic() - began,
        calls=doors.calls(),
    )
    return Surveyed(report=masks.over(report), states=tuple(known.states), examined=examined)


def _read_states(doors: Doors, specs: Sequence[StateSpec]) -> Generator[Happening, None, _Read]:
    known = _Read()
    first: SreError | None = None
    for spec in specs:
        yield f"reading {spec}"
        try:
            for found in doors.states.fetch(spec):
                if isinstance(found, Trouble):
                    known.troubles.append(found)
                    continue
                # One of many behind a pattern must not take the others with it.
                error = known.take(found)
                first = first or error
        except SreError as error:
            first = first or error
            known.troubles.append(_trouble(str(spec), error))
    if not known.states and first:
        raise first
    known.unread = bool(known.troubles)
    return known


def _trouble(what: str, error: SreError) -> Trouble:
    said = "; ".join(part for part in (error.message, error.why) if part)
    return Trouble(what=what, message=said, hint=error.hint)


def _types_known(states: Iterable[State]) -> Mapping[str, Kind]:
    """Types that can be read, and those of the states that can be read in part."""
    return {**kinds(), **cloud_control.kinds_of(_without_reader(states))}


def _without_reader(states: Iterable[State]) -> frozenset[str]:
    """Types of AWS that no list here gives in full."""
    types = {managed.type for state in states for managed in state.resources if _is_aws(managed)}
    return frozenset(types - kinds().keys())


def _examined(
    doors: Doors, states: Sequence[State], known_types: Mapping[str, Kind]
) -> Generator[Reading, None, Examined]:
    """What Terraform itself refreshed is taken from it; the rest is read."""
    live = [state for state in states if state.refreshed is None]
    default = _home(doors, live)
    of_aws = [
        replace(state, resources=tuple(each for each in state.resources if _is_aws(each)))
        for state in live
    ]
    places = settled(of_aws, known_types, default)
    every = (*readers(), *cloud_control.readers_of(_without_reader(live)))
    examined = (yield from examine(places, doors.estate, every)) if places else Examined()
    drifted: list[Drifted] = list(examined.drifted)
    gone: list[Gone] = list(examined.gone)
    deposed = list(examined.deposed)
    coverage = list(examined.coverage)
    for state in states:
        if state.refreshed is not None:
            told = by_terraform(state, known_types)
            drifted += told.drifted
            gone += told.gone
            deposed += told.deposed
            coverage += told.coverage
    return replace(
        examined,
        drifted=tuple(drifted),
        gone=tuple(gone),
        deposed=tuple(deposed),
        coverage=tuple(coverage),
    )


def _in_cluster(doors: Doors, states: Sequence[State]) -> Generator[Happening, None, Examined]:
    """Resources that are objects of a cluster, beside those of the one that is set."""
    objects = [
        managed
        for state in states
        for managed in state.resources
        if state.refreshed is None and is_kubernetes(managed)
    ]
    if not objects:
        return Examined()
    yield f"reading {len(objects)} objects of the cluster"
    try:
        found = doors.in_cluster(objects)
    except SreError as error:
        return _unseen(objects, _trouble("the cluster", error))
    if found.troubles:
        # The state does not say which cluster it means: another one has none of them.
        return _unseen(objects, found.troubles[0])
    return found


def _unseen(objects: Iterable[Managed], why: Trouble) -> Examined:
    """None of them was looked at."""
    counted = Counter(each.type for each in objects)
    return Examined(
        coverage=tuple(
            Coverage(type=type_, extent=Extent.NOT_LOOKED_AT, resources=number, why=why.message)
            for type_, number in sorted(counted.items())
        ),
        troubles=(why,),
    )


def _both(one: Examined, other: Examined) -> Examined:
    return replace(
        one,
        drifted=(*one.drifted, *other.drifted),
        gone=(*one.gone, *other.gone),
        deposed=(*one.deposed, *other.deposed),
        coverage=(*one.coverage, *other.coverage),
        authors={**one.authors, **other.authors},
        troubles=(*one.troubles, *other.troubles),
    )


def _home(doors: Doors, states: Sequence[State]) -> Place:
    """Where resources are that do not tell it; nowhere, where that cannot be said.

    Raises:
        SreError: No resource tells where it is, and neither do the credentials.
    """
    if not _has_homeless(states):
        return Place()
    try:
        return doors.home()
    except SreError:
        placed = (usual_place(state.resources, state.region) for state in states)
        if not any(place.account for place in placed):
            raise
        return Place()


def _closed(accounts: Mapping[str, SreError]) -> Iterator[Trouble]:
    for account, error in sorted(accounts.items()):
        yield _trouble(f"account {account}" if account else "the usual account", error)


def _unsure_of_strangers(examined: Examined) -> Examined:
    """What no state knows that was read may stand in one that was not."""
    why = "it may stand in a state that could not be read"
    strangers = tuple(
        replace(each, real=replace(each.real, folded=each.real.folded or why))
        for each in examined.strangers
    )
    return replace(examined, strangers=strangers)


def _is_aws(managed: Managed) -> bool:
    return managed.type.startswith(AWS)


def _has_homeless(states: Iterable[State]) -> bool:
    """Whether the resources of any state leave open where they live."""
    for state in states:
        of_aws = [each for each in state.resources if _is_aws(each)]
        place = usual_place(of_aws, state.region)
        if of_aws and not (place.account and place.region):
            return True
    return False


def _moved(doors: Doors, known: _Read) -> Generator[Happening, None, dict[str, State]]:
    """States that are not what they were when they were read, as they are now."""
    yield "looking whether a state moved meanwhile"
    again = [
        (state, spec)
        for state in known.states
        if (spec := known.specs.get(state.source)) and spec.scheme != "stdin"
    ]
    found: dict[str, State] = {}
    with Pool(AT_ONCE) as pool:
        answers = pool.map(lambda pair: _as_it_is_now(doors, *pair), again)
        for (state, _), now in zip(again, answers, strict=True):
            if isinstance(now, SreError):
                known.troubles.append(_trouble(f"{state.source}, a second time", now))
            elif now:
                found[state.source] = now
                known.own(now)
    return found


def _as_it_is_now(doors: Doors, state: State, spec: StateSpec) -> State | SreError | None:
    """A state that moved; None of one that did not, for what is the same is not read again."""
    try:
        for text in doors.states.fetch(spec):
            if not isinstance(text, Trouble) and text.source == state.source:
                return read(text) if digest(text) != state.digest else None
    except SreError as error:
        return error
    return None


def _seen(state: State, moved: bool) -> StateSeen:
    return StateSeen(
        source=state.source,
        serial=state.serial,
        resources=sum(not each.deposed for each in state.resources),
        terraform_version=state.terraform_version,
        locked=_lock(state.held) if state.held else "",
        lock_unknown=state.lock_unknown,
        changed_meanwhile=moved,
    )


def _lock(held: Held) -> str:
    what = held.operation.removeprefix("OperationType").lower() or "an operation"
    since = f" since {stamp(held.since)}" if held.since else ""
    return f"{what} in progress by {held.who or 'somebody'}{since}"


def _not_looked_at(states: Iterable[State], known_types: Mapping[str, Kind]) -> Iterator[Coverage]:
    """Types that nobody here can read."""
    counted: Counter[tuple[str, str]] = Counter()
    for state in states:
        for managed in state.resources if state.refreshed is None else ():
            if managed.type not in known_types and not is_kubernetes(managed):
                counted[managed.type, managed.provider] += 1
    for (type_, provider), number in sorted(counted.items()):
        yield Coverage(
            type=type_,
            extent=Extent.NOT_LOOKED_AT,
            resources=number,
            why=f"no reader for it ({provider.rpartition('/')[2] or 'provider not named'})",
        )


def _problems(states: Iterable[State]) -> Iterator[Trouble]:
    for state in states:
        for problem in state.problems:
            yield Trouble(what=state.source, message=problem)


def _in_two_states(states: Sequence[State]) -> Iterator[Trouble]:
    """What two states hold. Its namesake in another account or region is another thing."""
    holders: dict[tuple[str, str, str], list[Managed]] = defaultdict(list)
    for state in states if len(states) > 1 else ():
        usual = usual_place(state.resources, state.region)
        for managed in state.resources:
            # Ids of other providers need not tell things apart: each `random_password` is `none`.
            if managed.id and not managed.deposed and (_is_aws(managed) or is_kubernetes(managed)):
                where = managed.attributes.get("arn") or place_of(managed, usual)
                holders[managed.type, managed.id, str(where)].append(managed)
    for (type_, id_, _), held in sorted(holders.items(), key=lambda one: one[0]):
        if len({managed.source for managed in held}) > 1:
            homes = sorted(f"{managed.address} ({managed.source})" for managed in held)
            yield Trouble(
                what=f"{type_} {id_}",
                message=f"stands in two states: {', '.join(homes)}",
                hint="take it out of one of them: terraform state rm",
            )


def _odd(examined: Examined) -> Iterator[Trouble]:
    for each in sorted(examined.odd, key=lambda one: (one.managed.address, one.managed.source)):
        home = f"{each.managed.address} ({each.managed.source})"
        yield Trouble(what=home, message=f"could not be compared: {each.why}")
