"""A manifest beside an object: where the object does not say what the manifest says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sreagent.drift.compare.meaning import quantity
from sreagent.drift.reality.kubernetes.fields import LIST, MAP, OBJECT, Field, types
from sreagent.drift.reality.kubernetes.noise import is_filled_in

Json = Any
"""A JSON value."""
_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "initContainers": (("name",),),
    "ephemeralContainers": (("name",),),
    "env": (("name",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "volumes": (("name",),),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "imagePullSecrets": (("name",),),
    "hostAliases": (("ip",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "secrets": (("name",),),
    "webhooks": (("name",),),
}
"""Lists that the server merges member by member, and what their members are known by."""
_UNKEYED_PORTS = frozenset({"NetworkPolicyIngressRule", "NetworkPolicyEgressRule"})
_SEQUENCES = frozenset({"command", "args", "searches", "nameservers"})
"""Lists of texts whose order means something."""
_WHOLE_MAPS = frozenset({"nodeSelector", "matchLabels", "selector"})
"""Maps that the server takes as one value."""
_QUANTITIES = frozenset(
    {
        *("limits", "requests", "capacity", "hard", "default", "defaultRequest", "max", "min"),
        *("maxLimitRequestRatio", "sizeLimit", "divisor", "overhead", "averageValue", "value"),
        "podFixed",
    }
)
_QUANTITY_TYPES = frozenset({"MetricTarget", "Overhead", "EmptyDirVolumeSource"})
_DEFAULTED: Mapping[str, Json] = {"protocol": "TCP"}


@dataclass(frozen=True, slots=True)
class Member:
    """A step to a member of a list: where the state has it, and where the object does."""

    stated: int
    live: int
    key: tuple[tuple[str, Json], ...] = ()
    """What it is known by; empty where only its place tells."""


Step = str | Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One place where an object is not what a manifest says."""

    steps: tuple[Step, ...]
    before: Json
    """None: the manifest has nothing there."""
    after: Json
    """None: the object has nothing there."""

    @property
    def names(self) -> tuple[str, ...]:
        """The path without members of lists."""
        return tuple(step for step in self.steps if isinstance(step, str))

    @property
    def live_path(self) -> str:
        """The path in the object: `spec.template.spec.containers[1].image`."""
        return path_text(self.steps)


def path_text(steps: Sequence[Step]) -> str:
    """A path in the object, as Kubernetes writes it; keys with dots stand in quotes."""
    text = ""
    for step in steps:
        if isinstance(step, Member):
            text += f"[{step.live}]"
        elif "." in step or "/" in step:
            text += f"[{json.dumps(step)}]"
        else:
            text += f".{step}" if text else step
    return text


def gaps(manifest: Mapping[str, Json], live: Mapping[str, Json], type_: str) -> tuple[Gap, ...]:
    """Where an object does not say what a manifest says; more of its own is no gap.

    Args:
        manifest: Without what nobody said.
        live: The object.
        type_: Its fields; empty where they are not known.
    """
    skipped = ("apiVersion", "kind", "metadata")
    said = {name: value for name, value in manifest.items() if name not in skipped}
    found = list(_Walk(kind=str(manifest.get("kind") or "")).object((), type_, said, live))
    walk = _Walk(kind="")
    for name in ("labels", "annotations"):
        stated = manifest["metadata"].get(name) or {}
        known = Field(name=name, form=MAP)
        found += walk.map(("metadata", name), known, stated, live["metadata"].get(name))
    return tuple(found)


def at(value: Json, steps: Sequence[Step]) -> Json:
    """What stands at a path; None where nothing does. Members that have a key are found by it."""
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        elif not isinstance(value, list):
            return None
        elif step.key:
            value = next((each for each in value if has_key(each, step.key)), None)
        else:
            value = value[step.stated] if step.stated < len(value) else None
    return value


def has_key(member: Json, key: Sequence[tuple[str, Json]]) -> bool:
    """Whether a member of a list is the one with this key."""
    return isinstance(member, dict) and all(
        member.get(name, _DEFAULTED.get(name)) == value for name, value in key
    )


def says_nothing(value: Json) -> bool:
    """Whether a value is none: null, empty, zero, or holds only such values."""
    if isinstance(value, dict):
        return all(says_nothing(each) for each in value.values())
    if isinstance(value, list):
        return all(says_nothing(each) for each in value)
    return value in (None, "", 0, False)


def is_same(one: Json, other: Json) -> bool:
    """Whether two values of a server say the same."""
    return one == other or (says_nothing(one) and says_nothing(other))


def key_names(name: str, members: Sequence[Json], holder: str) -> tuple[str, ...]:
    """What the members of a list are known by; nothing where only their places tell."""
    if holder in _UNKEYED_PORTS:
        return ()
    for names in _KEYS.get(name, ()):
        keys = [tuple((each, _part(member, each)) for each in names) for member in members]
        if members and all(key[0][1] is not None for key in keys) and len(set(keys)) == len(keys):
            return names
    return ()


def _part(member: Json, name: str) -> Json:
    value = member.get(name, _DEFAULTED.get(name)) if isinstance(member, dict) else None
    return value if isinstance(value, str | int) else None


def _key(member: Json, names: Sequence[str]) -> tuple[tuple[str, Json], ...]:
    return tuple((name, _part(member, name)) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """Goes through a manifest and an object side by side."""

    kind: str
    whole: bool = False
    """Inside of what the server takes as one value: what only the object has is a gap, too."""

    def object(
        self, steps: tuple[Step, ...], type_: str, said: Mapping[str, Json], live: Json
    ) -> Iterator[Gap]:
        real = live if isinstance(live, dict) else {}
        for name, value in said.items():
            known = _field(type_, name, value)
            yield from self.value((*steps, name), type_, known, value, real.get(name))
        if self.whole:
            for name in real.keys() - said.keys():
                names = tuple(step for step in (*steps, name) if isinstance(step, str))
                if says_nothing(real[name]) or is_filled_in(self.kind, names, real[name]):
                    continue
                yield Gap(steps=(*steps, name), before=None, after=real[name])

    def value(
        self, steps: tuple[Step, ...], holder: str, known: Field, said: Json, live: Json
    ) -> Iterator[Gap]:
        if isinstance(said, dict):
            if known.form == MAP:
                yield from self.map(steps, known, said, live)
            elif not isinstance(live, dict) and not says_nothing(said):
                yield Gap(steps=steps, before=said, after=live)
            elif isinstance(live, dict):
                yield from self.object(steps, known.type, said, live)
        elif isinstance(said, list):
            yield from self.list(steps, holder, known, said, live)
        elif not _same_scalar(holder, known, said, live):
            yield Gap(steps=steps, before=said, after=live)

    def map(
        self, steps: tuple[Step, ...], known: Field, said: Mapping[str, Json], live: Json
    ) -> Iterator[Gap]:
        """Each key is data: also an empty text behind it says something."""
        real = live if isinstance(live, dict) else {}
        same = quantity if known.name in _QUANTITIES else str
        for key, value in said.items():
            if key not in real:
                yield Gap(steps=(*steps, key), before=value, after=None)
            elif same(value) != same(real[key]):
                yield Gap(steps=(*steps, key), before=value, after=real[key])
        if self.whole or known.name in _WHOLE_MAPS:
            for key in real.keys() - said.keys():
                yield Gap(steps=(*steps, key), before=None, after=real[key])

    def list(
        self, steps: tuple[Step, ...], holder: str, known: Field, said: Sequence[Json], live: Json
    ) -> Iterator[Gap]:
        real: list[Json] = live if isinstance(live, list) else []
        if not any(isinstance(each, dict) for each in (*said, *real)):
            if not _same_texts(known, said, real):
                yield Gap(steps=steps, before=list(said), after=live)
        elif names := key_names(known.name, said, holder):
            yield from self.keyed(steps, known, said, real, names)
        else:
            inside = _Walk(kind=self.kind, whole=known.name != "volumeClaimTemplates")
            yield from inside.unkeyed(steps, known, said, real)

    def keyed(
        self,
        steps: tuple[Step, ...],
        known: Field,
        said: Sequence[Json],
        live: Sequence[Json],
        names: Sequence[str],
    ) -> Iterator[Gap]:
        """Members that only the object has are found by who owns them."""
        places = {_key(member, names): place for place, member in enumerate(live)}
        for index, member in enumerate(said):
            key = _key(member, names)
            place = places.get(key)
            here = (*steps, Member(index, len(live) if place is None else place, key))
            if place is None:
                yield Gap(steps=here, before=member, after=None)
            else:
                yield from self.object(here, known.type, member, live[place])
        if self.whole:
            stated = {_key(member, names) for member in said}
            more = [(key, place) for key, place in places.items() if key not in stated]
            for index, (key, place) in enumerate(more, start=len(said)):
                yield Gap(steps=(*steps, Member(index, place, key)), before=None, after=live[place])

    def unkeyed(
        self, steps: tuple[Step, ...], known: Field, said: Sequence[Json], live: Sequence[Json]
    ) -> Iterator[Gap]:
        """Members that are equal go away; the others are one another's in their order."""
        left, more = list(range(len(said))), list(range(len(live)))
        for index in tuple(left):
            twin = next((p for p in more if self._equal(known, said[index], live[p])), None)
            if twin is not None:
                left.remove(index)
                more.remove(twin)
        for index, place in zip(left, more, strict=False):
            here = (*steps, Member(index, place))
            yield from self.member(here, known, said[index], live[place])
        for index in left[len(more) :]:
            yield Gap(steps=(*steps, Member(index, len(live))), before=said[index], after=None)
        for offset, place in enumerate(more[len(left) :]):
            here = (*steps, Member(len(said) + offset, place))
            yield Gap(steps=here, before=None, after=live[place])

    def member(
        self, steps: tuple[Step, ...], known: Field, said: Json, live: Json
    ) -> Iterator[Gap]:
        if isinstance(said, dict) and isinstance(live, dict):
            yield from self.object(steps, known.type, said, live)
        else:
            yield from self.value(steps, "", Field(name=known.name), said, live)

    def _equal(self, known: Field, said: Json, live: Json) -> bool:
        return next(self.member((), known, said, live), None) is None


def _field(type_: str, name: str, value: Json) -> Field:
    """What is known of a field; where nothing is, what its value looks like."""
    known = types().get(type_, {}).get(name)
    if known:
        return known
    if not isinstance(value, dict):
        return Field(name=name, form=LIST if isinstance(value, list) else "")
    is_map = name in ("labels", "annotations", "data", "limits", "requests", *_WHOLE_MAPS)
    plain = all(not isinstance(each, dict | list) for each in value.values())
    return Field(name=name, form=MAP if is_map and plain else OBJECT)


def _same_scalar(holder: str, known: Field, said: Json, live: Json) -> bool:
    if is_same(said, live):
        return True
    if known.name in _QUANTITIES and (holder in _QUANTITY_TYPES or known.name == "divisor"):
        return bool(quantity(said) == quantity(live))
    if isinstance(said, bool) or isinstance(live, bool | dict | list) or live is None:
        return False
    return str(said) == str(live)


def _same_texts(known: Field, said: Sequence[Json], live: Sequence[Json]) -> bool:
    if known.name in _SEQUENCES:
        return [str(each) for each in said] == [str(each) for each in live]
    return sorted(map(str, said)) == sorted(map(str, live))
