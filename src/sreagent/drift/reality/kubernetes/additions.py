"""What somebody put into an object that no manifest says: `managedFields` tell whose it is."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sreagent.drift.reality.kubernetes.differ import Gap, Member, Step, has_key, says_nothing
from sreagent.drift.reality.kubernetes.noise import is_filled_in

Json = Any
"""A JSON value."""
_ROOTS_SKIPPED = frozenset({"f:status", "f:apiVersion", "f:kind"})
_METADATA = frozenset({"f:labels", "f:annotations"})


def tells_managers(live: Mapping[str, Json]) -> bool:
    """Whether an object says who owns its fields."""
    return bool(live["metadata"].get("managedFields"))


def additions(
    manifest: Mapping[str, Json], live: Mapping[str, Json], counts: Callable[[str], bool]
) -> tuple[Gap, ...]:
    """Fields of an object that a manifest does not have, and that somebody owns who counts.

    What the server fills in by itself is none; a new member of a list is told as a whole.

    Args:
        manifest: What is stated.
        live: The object.
        counts: Whether what a field manager adds is an addition.
    """
    walk = _Additions(kind=str(manifest.get("kind") or ""))
    found: dict[str, Gap] = {}
    for entry in live["metadata"].get("managedFields") or ():
        fields = entry.get("fieldsV1")
        if entry.get("subresource") == "status" or not isinstance(fields, Mapping):
            continue
        if not counts(str(entry.get("manager") or "")):
            continue
        for gap in walk.root(fields, manifest, live):
            found.setdefault(gap.live_path, gap)
    return tuple(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Additions:
    kind: str

    def root(
        self, fields: Mapping[str, Json], said: Mapping[str, Json], live: Mapping[str, Json]
    ) -> Iterator[Gap]:
        metadata = fields.get("f:metadata")
        kept = {key: each for key, each in fields.items() if key not in _ROOTS_SKIPPED}
        if isinstance(metadata, Mapping):
            kept["f:metadata"] = {key: metadata[key] for key in metadata.keys() & _METADATA}
        yield from self.below((), kept, said, live)

    def below(
        self, steps: tuple[Step, ...], fields: Mapping[str, Json], said: Json, live: Json
    ) -> Iterator[Gap]:
        for key, inside in fields.items():
            deeper = inside if isinstance(inside, Mapping) else {}
            if key.startswith("f:"):
                yield from self.field(steps, key[2:], deeper, said, live)
            elif key.startswith("k:") and isinstance(live, list):
                yield from self.member(steps, key[2:], deeper, said, live)

    def field(
        self,
        steps: tuple[Step, ...],
        name: str,
        fields: Mapping[str, Json],
        said: Json,
        live: Json,
    ) -> Iterator[Gap]:
        value = live.get(name) if isinstance(live, Mapping) else None
        stated = said.get(name) if isinstance(said, Mapping) else None
        here = (*steps, name)
        if any(key != "." for key in fields):
            yield from self.below(here, fields, stated, value)
        elif stated is None and not self._is_nothing(here, value):
            yield Gap(steps=here, before=None, after=value)

    def member(
        self,
        steps: tuple[Step, ...],
        text: str,
        fields: Mapping[str, Json],
        said: Json,
        live: Sequence[Json],
    ) -> Iterator[Gap]:
        key = _key(text)
        stated = said if isinstance(said, list) else []
        place = next((at for at, each in enumerate(live) if has_key(each, key)), None)
        if place is None or not key:
            return
        index = next((at for at, each in enumerate(stated) if has_key(each, key)), None)
        if index is not None:
            here = (*steps, Member(index, place, key))
            yield from self.below(here, fields, stated[index], live[place])
        elif "." in fields and not self._is_nothing(steps, live[place]):
            # Who owns only a part of a member did not put it there.
            before = sum(not _is_in(each, stated, key) for each in live[:place])
            here = (*steps, Member(len(stated) + before, place, key))
            yield Gap(steps=here, before=None, after=live[place])

    def _is_nothing(self, steps: tuple[Step, ...], value: Json) -> bool:
        names = tuple(step for step in steps if isinstance(step, str))
        if len(names) > 1 and names[-2] in ("labels", "annotations", "data"):
            return value is None or is_filled_in(self.kind, names, value)
        return says_nothing(value) or is_filled_in(self.kind, names, value)


def _key(text: str) -> tuple[tuple[str, Json], ...]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(said.items()) if isinstance(said, Mapping) else ()


def _is_in(member: Json, stated: Sequence[Json], key: tuple[tuple[str, Json], ...]) -> bool:
    """Whether a member of the object is one of those that are stated."""
    if not isinstance(member, Mapping):
        return False
    own = tuple((name, member.get(name)) for name, _ in key)
    return any(has_key(each, own) for each in stated)
