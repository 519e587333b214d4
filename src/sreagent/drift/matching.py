"""Resources of states beside what is there: who is whose, what is missing, what is a stranger."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sreagent.domain.drift import Place
from sreagent.drift.compare.compare import Difference, differences
from sreagent.drift.reality.kinds import Kind
from sreagent.drift.reality.look import Wanted
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the states hold in one place, by type and identity."""

    place: Place
    resources: Mapping[str, Mapping[str, tuple[Managed, ...]]] = field(default_factory=dict)
    """One thing may stand in two states."""
    deposed: Mapping[str, tuple[Managed, ...]] = field(default_factory=dict)
    """Left-over objects, by type."""
    wanted: Wanted = field(default_factory=dict)
    """The same as a reader is given it: of each type and identity the attributes."""


def held_at(place: Place, resources: Iterable[Managed], kinds: Mapping[str, Kind]) -> Held:
    """Index the resources of one place whose type is known."""
    index: dict[str, dict[str, list[Managed]]] = defaultdict(lambda: defaultdict(list))
    deposed: dict[str, list[Managed]] = defaultdict(list)
    for managed in resources:
        kind = kinds.get(managed.type)
        if kind and managed.deposed:
            deposed[kind.type].append(managed)
        elif kind:
            index[kind.type][kind.identity(managed.attributes)].append(managed)
    return Held(
        place=place,
        resources={
            type_: {identity: tuple(held) for identity, held in by_identity.items()}
            for type_, by_identity in index.items()
        },
        deposed={type_: tuple(held) for type_, held in deposed.items()},
        wanted={
            type_: {identity: held[0].attributes for identity, held in by_identity.items()}
            for type_, by_identity in index.items()
        },
    )


def only(held: Held, chosen: Collection[tuple[str, str]]) -> Held:
    """The same place with the resources of these types and identities; `wanted` stays whole."""
    kept = {
        type_: {
            identity: resources
            for identity, resources in by_identity.items()
            if (type_, identity) in chosen
        }
        for type_, by_identity in held.resources.items()
    }
    resources = {type_: by_identity for type_, by_identity in kept.items() if by_identity}
    return replace(held, resources=resources, deposed={})


def compared(kind: Kind, managed: Managed, real: Real, around: Wanted) -> tuple[Difference, ...]:
    """What differs between one resource and the thing that stands for it."""
    before, after = kind.settle(managed.attributes, real, around)
    return differences(before, after, kind.shape)


def missing(
    held: Mapping[str, tuple[Managed, ...]], found: Mapping[str, Real]
) -> Iterator[Managed]:
    """Resources that nothing stands for; the list must have been read to its end."""
    for identity, resources in held.items():
        if identity not in found:
            yield from resources


def strangers(held: Mapping[str, tuple[Managed, ...]], found: Mapping[str, Real]) -> Iterator[Real]:
    """What is there and stands for no resource."""
    yield from (real for identity, real in found.items() if identity not in held)
