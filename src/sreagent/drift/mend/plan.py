"""From what was found to what is to be done: a decision for each finding, and one patch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sreagent.domain.drift import Changed, Class, DriftReport
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

Key = tuple[str, str, str]
"""State, address and path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done about a report."""

    decisions: tuple[Decision, ...]
    mends: Mapping[str, str]
    """A line for the screen, by address; by `TYPE:ID` for something unmanaged."""
    wishes: tuple[Wish, ...] = ()
    removed: tuple[str, ...] = ()
    strays: tuple[Stray, ...] = ()


def planned(
    report: DriftReport,
    examined: Examined,
    direction: Direction = Direction.AUTO,
    on_call: frozenset[str] = frozenset(),
) -> Plan:
    """Decide about each finding of a report.

    Args:
        report: What is told.
        examined: The same with its values as they are.
        direction: Who a person wants to be right.
        on_call: Names of those who are on call.
    """
    raw = {each.key: each for each in examined.drifted}
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
        if decision.step is Step.ADOPT:
            wishes.append(wish)
    gone = [decide_missing(each, report.missing, direction=direction) for each in report.missing]
    strange = [decide_unmanaged(each, direction=direction) for each in report.strangers]
    decisions += [*gone, *strange]
    taken = {each.address for each in strange if each.step is Step.IMPORT}
    return Plan(
        decisions=tuple(decisions),
        mends=dict(_lines(decisions)),
        wishes=tuple(wishes),
        removed=tuple(each.address for each in gone if each.step is Step.REMOVE),
        strays=tuple(_strays(report, examined, taken)),
    )


def patched(
    plan: Plan, code: Code, states: Sequence[State], only: frozenset[str] = frozenset()
) -> tuple[Mended, Imported]:
    """The patch of a plan; of the addresses in `only`, where any are named."""

    def wanted(address: str) -> bool:
        return not only or address in only

    masks = Masks(states)
    strays = (each for each in plan.strays if wanted(f"{each.real.type}:{each.real.id}"))
    found = imported(
        [
            replace(each, real=replace(each.real, attributes=masks.without(each.real.attributes)))
            for each in strays
        ],
        [managed for state in states for managed in state.resources],
        taken=_declared(code),
    )
    path = f"{code.root}/{IMPORTS}" if code.root else IMPORTS
    done = mended(
        code,
        [wish for wish in plan.wishes if wanted(wish.address)],
        removed=[address for address in plan.removed if wanted(address)],
        new_files={path: found.text.encode()} if found.text else {},
    )
    return done, found


def _declared(code: Code) -> set[str]:
    """Addresses of the resources of the root module, of those that no state has, too."""
    root = {path: text for path, text in code.files.items() if folder_of(path) == code.root}
    return {".".join(each.labels) for each in blocks_of(root) if each.kind == "resource"}


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


def _lines(decisions: Sequence[Decision]) -> Iterator[tuple[str, str]]:
    """What mends each resource, in one line; what writes code comes before what does not."""
    first: dict[str, Decision] = {}
    for decision in sorted(decisions, key=lambda each: each.step not in _WRITES):
        first.setdefault(decision.address, decision)
    for address, decision in first.items():
        way = f": {decision.command}" if decision.command else ""
        way = way or (": --fix patch" if decision.step in _WRITES else "")
        line = f"{_TOLD[decision.step]} ({decision.reason}){way}"
        yield address.replace(" ", ":", 1) if " " in address else address, line
