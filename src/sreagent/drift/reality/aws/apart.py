"""What Terraform may hold in a resource, or in another beside it: a policy, a redrive policy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sreagent.drift.compare.compare import is_empty
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real


def is_held(look: Look, identity: str, *types: str) -> bool:
    """Whether a state holds a thing, in one of these types."""
    return any(look.in_state(type_, identity) is not None for type_ in types)


def split(look: Look, real: Real, apart: Mapping[str, str], *, refers: str) -> Iterator[Real]:
    """A thing, and what resources of their own hold of it.

    The thing's resource mirrors what others hold as of its last reading: that is not compared.

    Args:
        look: What the states hold.
        real: The thing with all its attributes; without them if they could not be read.
        apart: The attribute that each of the other types holds.
        refers: By which attribute those name the thing.
    """
    held = {type_: name for type_, name in apart.items() if is_held(look, real.id, type_)}
    yield replace(real, attributes=_without(real.attributes, held.values()))
    for type_, name in held.items():
        said = {key: value for key, value in real.attributes.items() if key == name}
        # What could not be read is there, as far as anybody knows.
        if not said or not is_empty(said[name]):
            yield replace(
                real, type=type_, import_id="", facts={}, attributes={refers: real.id, **said}
            )


def _without(attributes: Mapping[str, object], names: Iterable[str]) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if name not in set(names)}


def key_name(value: object) -> object:
    """A KMS key or alias without the ARN before it: one place has no two of a name."""
    if not isinstance(value, str):
        return value
    return value.rpartition(":")[2].removeprefix("key/")
