"""From what was found to what is to be done: a decision for each finding, and one patch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sreagent.domain.drift import Changed, Class, DriftReport, Json, Missing
from sreagent.drift.code.blocks import blocks_of
from sreagent.drift.examine import Drifted, Examined
from sreagent.drift.masks import Masks
from sreagent.drift.mend.code import Code, folder_of
from sreagent.drift.mend.direction import (
    Decision,
    Direction,
    Step,
    decide_changed,
    decide_missing,
    decide_unmanaged,
)
from sreagent.drift.mend.edit import Wish, is_secret
from sreagent.drift.mend.imports import Imported, Stray, imported
from sreagent.drift.mend.patch import Mended, mended, wish_of
from sreagent.drift.state.managed import State

IMPORTS = "imports.tf"
"""The file that takes what is imported; another name where there is one of that name."""
_TOLD = {
    Step.ADOPT: "take it into the code",
    Step.REVERT: "revert reality",
    Step.IGNORE: "ignore it in the code",
    Step.REMOVE: "delete its block",
    Step.IMPORT: "import block",
    Step.REPORT: "for a person",
}
_WRITES = (Step.ADOPT, Step.REMOVE, Step.IMPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done about a report."""

    decisions: tuple[Decision, ...]
    mends: Mapping[tuple[str, str], str]
    """A line for the screen, by state and address; by "" and `TYPE:ID` for strangers."""
    home: str = ""
    """The one state that the code here makes; empty where that is not known."""
    wishes: tuple[Wish, ...] = ()
    removed: tuple[str, ...] = ()
    strays: tuple[Stray, ...] = ()

    @property
    def own(self) -> tuple[Decision, ...]:
        """Those about what the code here makes, and about what no code makes."""
        return tuple(each for each in self.decisions if each.source in ("", self.home))

    @property
    def elsewhere(self) -> tuple[Decision, ...]:
        """Those that would change code, but not the code here."""
        return tuple(
            each
            for each in self.decisions
            if each.step in _WRITES and each.source not in ("", self.home)
        )


def planned(
    report: DriftReport,
    examined: Examined,
    *,
    own: frozenset[str],
    direction: Direction = Direction.AUTO,
    on_call: frozenset[str] = frozenset(),
) -> Plan:
    """Decide about each finding of a report.

    Args:
        report: What is told.
        examined: The same with its values as they are.
        own: The states that the code here makes. Code is changed only where that is one: an edit
            for one of several would change the others, too.
        direction: Who a person wants to be right.
        on_call: Names of those who are on call.
    """
    raw = {each.key: each for each in examined.drifted}
    home = next(iter(own)) if len(own) == 1 else ""
    decisions: list[Decision] = []
    wishes: list[Wish] = []
    for changed in report.changed:
        if changed.klass is Class.IGNORED:
            continue
        wish = _wish(changed, raw.get((changed.source, changed.address, changed.path)))
        decision = decide_changed(
            changed,
            direction=direction,
            on_call=on_call,
            # A mask in what is told means that a known secret stands in it, whatever its name.
            secret=is_secret(wish) or is_secret(wish_of(changed)),
        )
        decisions.append(decision)
        if decision.step is Step.ADOPT and changed.source == home:
            wishes.append(wish)
    gone = [
        decide_missing(each, _beside(each, report.missing), direction=direction)
        for each in report.missing
    ]
    strange = [decide_unmanaged(each, direction=direction) for each in report.strangers]
    decisions += [*gone, *strange]
    taken = {each.address for each in strange if each.step is Step.IMPORT}
    return Plan(
        decisions=tuple(decisions),
        mends=dict(_lines(decisions, home)),
        home=home,
        wishes=tuple(wishes),
        removed=tuple(
            each.address for each in gone if each.step is Step.REMOVE and each.source == home
        ),
        strays=tuple(_strays(report, examined, taken)),
    )


def patched(plan: Plan, code: Code, states: Sequence[State]) -> tuple[Mended, Imported]:
    """The patch of a plan."""
    masks = Masks(states)
    found = imported(
        [_writable(each, masks) for each in plan.strays],
        # What another state holds is not there to be referred to.
        [managed for state in states if state.source == plan.home for managed in state.resources],
        taken=_declared(code),
    )
    path = f"{code.root}/{IMPORTS}" if code.root else IMPORTS
    done = mended(
        code,
        plan.wishes,
        removed=plan.removed,
        new_files={path: found.text.encode()} if found.text else {},
    )
    return done, found


def _writable(stray: Stray, masks: Masks) -> Stray:
    """Without what may not be written to a file."""
    whole = stray.real.attributes
    kept = masks.without(whole)
    hidden = tuple(_lacking(kept, whole))
    return replace(stray, real=replace(stray.real, attributes=kept), hidden=hidden)


def _lacking(kept: Mapping[str, Json], whole: Mapping[str, Json]) -> Iterator[str]:
    for name, value in whole.items():
        if name not in kept:
            yield name
        elif isinstance(value, Mapping):
            yield from (f"{name}.{path}" for path in _lacking(kept[name], value))


def _declared(code: Code) -> set[str]:
    """Addresses of the resources of the root module, of those that no state has, too."""
    root = {path: text for path, text in code.files.items() if folder_of(path) == code.root}
    return {".".join(each.labels) for each in blocks_of(root) if each.kind == "resource"}


def _beside(gone: Missing, others: Sequence[Missing]) -> list[Missing]:
    """What else its state lacks: in another one the same address is another thing."""
    return [each for each in others if each.source == gone.source]


def _wish(changed: Changed, raw: Drifted | None) -> Wish:
    """With the values as they are: a masked one is written to no file."""
    if raw is None:
        return wish_of(changed)
    whole = replace(changed, before=raw.difference.before, after=raw.difference.after)
    return wish_of(whole, raw.managed, raw.kind.shape.sets)


def _strays(report: DriftReport, examined: Examined, taken: set[str]) -> Iterator[Stray]:
    told = {(each.type, each.id): each.import_id for each in report.strangers}
    for each in examined.strangers:
        key = each.real.type, each.real.id
        if key in told and f"{key[0]} {key[1]}" in taken:
            yield Stray(real=each.real, import_id=told[key], shape=each.kind.shape)


def _lines(decisions: Sequence[Decision], home: str) -> Iterator[tuple[tuple[str, str], str]]:
    """What mends each resource, in one line; what writes code comes before what does not."""
    first: dict[tuple[str, str], Decision] = {}
    for decision in sorted(decisions, key=lambda each: each.step not in _WRITES):
        first.setdefault((decision.source, decision.address), decision)
    for (source, address), decision in first.items():
        writes = decision.step in _WRITES and source in ("", home)
        way = f": {decision.command}" if decision.command else ""
        way = way or (": --fix patch" if writes else "")
        line = f"{_TOLD[decision.step]} ({decision.reason}){way}"
        yield (source, address if source else address.replace(" ", ":", 1)), line
