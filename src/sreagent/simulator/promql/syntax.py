"""The parts a PromQL expression is made of, and what is wrong with one that is not."""

import re
from dataclasses import dataclass
from typing import TypeAlias


class PromqlError(ValueError):
    """An expression that means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One condition on a label."""

    label: str
    operator: str
    value: str

    def holds(self, labels: dict[str, str]) -> bool:
        """Whether a series satisfies it; a missing label is an empty one."""
        found = labels.get(self.label, "")
        match self.operator:
            case "=":
                return found == self.value
            case "!=":
                return found != self.value
            case "=~":
                return re.fullmatch(self.value, found) is not None
        return re.fullmatch(self.value, found) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string, as some functions take it."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A choice of series, over a range of time when `range` is set."""

    matchers: tuple[Matcher, ...]
    range: float | None = None
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery:
    """An expression evaluated again and again over a range of time."""

    inner: "Node"
    range: float
    step: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function called with arguments."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """Series folded into fewer, by some labels or without some."""

    name: str
    inner: "Node"
    parameter: "Node | None" = None
    labels: tuple[str, ...] = ()
    without: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """How the two sides of an operator find each other."""

    labels: tuple[str, ...] = ()
    on: bool = False
    group: str = ""
    """`left` or `right` when that side may have many series for one of the other."""
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Two expressions and what stands between them."""

    operator: str
    left: "Node"
    right: "Node"
    returns_bool: bool = False
    matching: Matching = Matching()


Node: TypeAlias = Number | Text | Selector | Subquery | Function | Aggregation | Operation
