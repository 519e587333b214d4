"""Which types can be read, by whom, and what is known of each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.shape import PLAIN, Shape
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Attributes = Mapping[str, Any]
Identity = Callable[[Attributes], str]
Settle = Callable[[Attributes, Real, Wanted], tuple[Attributes, Attributes]]
Owner = Callable[[Difference, Attributes, Real], str]
Read = Callable[[Look], Iterator[Real]]


def by(*names: str, between: str = "/") -> Identity:
    """The values of attributes, joined: what identifies a resource, or imports it."""
    return lambda attributes: between.join(str(attributes.get(name) or "") for name in names)


def nobody(_difference: Difference, _before: Attributes, _real: Real) -> str:
    """Owns nothing."""
    return ""


def as_they_are(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """Changes nothing."""
    return before, real.attributes


ID = by("id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One resource type."""

    type: str
    identity: Identity = ID
    """From the attributes of the state to what `Real.id` is."""
    import_id: Identity | None = None
    """From attributes to what `terraform import` takes; None means the id."""
    shape: Shape = PLAIN
    settle: Settle = as_they_are
    """Before comparing: what depends on more than one attribute, or on other resources of the
    state (`Wanted`), is made comparable."""
    owner: Owner = nobody
    """Who besides people changes an attribute: `the autoscaling policies of api`; or nobody."""
    aliases: tuple[str, ...] = ()
    """Other types for the same thing: `aws_alb`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Lists all objects of some types in one place."""

    kinds: tuple[Kind, ...]
    service: str
    """As boto3 names it."""
    read: Read
    is_global: bool = False
    """Of no region: it is asked once in each account."""
    is_shallow: bool = False
    """It compares only what a generic reading gives."""


READERS: list[Reader] = []
"""All of them, in the order they were registered."""


def reader(service: str, *kinds: Kind, is_global: bool = False) -> Callable[[Read], Read]:
    """Register a function that reads types of a service."""

    def register(read: Read) -> Read:
        READERS.append(Reader(kinds=kinds, service=service, read=read, is_global=is_global))
        return read

    return register
