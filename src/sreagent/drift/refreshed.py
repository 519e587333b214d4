"""What Terraform itself found: the refresh of a plan, as if it had been read here."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sreagent.domain.drift import Coverage, Extent
from sreagent.drift.compare.compare import differences
from sreagent.drift.examine import Drifted, Gone
from sreagent.drift.places import place_of, usual_place
from sreagent.drift.reality.kinds import Attributes, Kind
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a plan tells of reality."""

    drifted: tuple[Drifted, ...] = ()
    gone: tuple[Gone, ...] = ()
    deposed: tuple[tuple[Gone, bool], ...] = ()
    """Left-over objects: a plan only has those that are still there."""
    coverage: tuple[Coverage, ...] = ()


def by_terraform(state: State, kinds: Mapping[str, Kind]) -> Refreshed:
    """The differences that a plan tells of, without what means the same. Any provider will do."""
    usual = usual_place(state.resources, state.region)

    def settled(managed: Managed) -> Gone:
        kind = kinds.get(managed.type) or Kind(type=managed.type)
        return Gone(managed=managed, kind=kind, place=place_of(managed, usual))

    found = state.refreshed or ()
    counted = Counter(managed.type for managed in state.resources)
    return Refreshed(
        drifted=tuple(
            drifted
            for each in found
            if each.after is not None
            for drifted in _drifted(settled(each.managed), each.after)
        ),
        gone=tuple(settled(each.managed) for each in found if each.after is None),
        deposed=tuple((settled(managed), True) for managed in state.resources if managed.deposed),
        coverage=tuple(
            Coverage(type=type_, extent=Extent.COMPLETE, resources=number, why="by terraform")
            for type_, number in sorted(counted.items())
        ),
    )


def _drifted(of: Gone, after: Attributes) -> Iterator[Drifted]:
    """Terraform knows both sides to the last key."""
    real = Real(type=of.managed.type, id=of.managed.id, attributes=after)
    shape = replace(of.kind.shape, whole=True)
    for found in differences(of.managed.attributes, after, shape):
        yield Drifted(managed=of.managed, real=real, kind=of.kind, place=of.place, difference=found)
