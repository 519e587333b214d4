"""What Terraform itself found: the refresh of a plan, as if it had been read here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sreagent.domain.drift import Coverage, Extent, Place
from sreagent.drift.compare.compare import differences
from sreagent.drift.examine import Drifted, Gone
from sreagent.drift.places import place_of, usual_place
from sreagent.drift.reality.kinds import Kind
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a plan tells of reality."""

    drifted: tuple[Drifted, ...] = ()
    gone: tuple[Gone, ...] = ()
    coverage: tuple[Coverage, ...] = ()


def by_terraform(state: State, kinds: Mapping[str, Kind]) -> Refreshed:
    """The differences that a plan tells of, without what means the same. Any provider will do."""
    drifted: list[Drifted] = []
    gone: list[Gone] = []
    usual = usual_place(state.resources, state.region)
    for each in state.refreshed or ():
        managed = each.managed
        kind = kinds.get(managed.type) or Kind(type=managed.type)
        place: Place = place_of(managed, usual)
        if each.after is None:
            gone.append(Gone(managed=managed, kind=kind, place=place))
            continue
        real = Real(type=managed.type, id=managed.id, attributes=each.after)
        drifted += (
            Drifted(managed=managed, real=real, kind=kind, place=place, difference=found)
            for found in differences(
                managed.attributes, each.after, replace(kind.shape, whole=True)
            )
        )
    counted = Counter(managed.type for managed in state.resources)
    return Refreshed(
        drifted=tuple(drifted),
        gone=tuple(gone),
        coverage=tuple(
            Coverage(type=type_, extent=Extent.COMPLETE, resources=number, why="by terraform")
            for type_, number in sorted(counted.items())
        ),
    )
