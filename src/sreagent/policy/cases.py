"""Cases that a policy has to decide as somebody expects: a table in YAML, run without a cluster."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError, model_validator

from sreagent.domain.action import Action
from sreagent.domain.attempt import Attempt
from sreagent.domain.entity import Entity
from sreagent.domain.errors import BadSettings
from sreagent.domain.verdict import Deny, Verdict
from sreagent.policy.document import Policy, Section
from sreagent.policy.facts import Circumstances, Facts
from sreagent.policy.tiers import judge
from sreagent.policy.tightening import Tighten, input_of, tightened, word
from sreagent.policy.yaml_lines import Lines, read_yaml


class Expected(Section):
    """What a case has to come to; what is not said may be anything."""

    verdict: Literal["allow", "ask", "deny"]
    tier: Literal["read", "bounded", "person"] | None = None
    rule: str | None = None
    people: int | None = None


class Change(Section):
    """A typed change."""

    verb: str
    kind: str
    namespace: str = ""
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)

    def action(self) -> Action:
        """The same as the gate sees it."""
        target = Entity(kind=self.kind, namespace=self.namespace, name=self.name)
        return Action(verb=self.verb, target=target, arguments=self.arguments)


class Tried(Section):
    """An earlier attempt: of the same change, unless told otherwise."""

    minutes_ago: float
    verb: str | None = None
    name: str | None = None
    autonomous: bool = False
    incident: str | None = None


class Case(Section):
    """A command line, or a change with its facts and circumstances."""

    name: str = ""
    line: str | None = None
    action: Change | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    around: dict[str, Any] = Field(default_factory=dict)
    now: Annotated[AwareDatetime, Field(strict=False)] = datetime(2026, 1, 7, 12, tzinfo=UTC)
    attempts: tuple[Tried, ...] = Field(default=(), strict=False)
    expect: Expected

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.line is None) == (self.action is None):
            msg = "give either `line` or `action`"
            raise ValueError(msg)
        if self.line is not None and (self.facts or self.around or self.attempts):
            msg = "a line is explained without facts; give the `action` instead"
            raise ValueError(msg)
        return self

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        if self.name or self.action is None:
            return self.name or self.line or ""
        return f"{self.action.verb} {self.action.action().target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a policy says, in the words of a table."""

    verdict: str
    tier: str | None
    rule: str
    people: int = 1
    reason: str = ""

    def meets(self, expected: Expected) -> bool:
        """Whether it is what was expected."""
        wanted = expected.model_dump(exclude_none=True)
        return all(getattr(self, name) == value for name, value in wanted.items())


def answer_of(verdict: Verdict) -> Answer:
    """A verdict in the words of a table."""
    return Answer(
        verdict=word(verdict),
        tier=None if isinstance(verdict, Deny) else verdict.tier.value,
        rule=verdict.rule,
        people=getattr(verdict, "people", 1),
        reason=verdict.reason,
    )


def read_cases(path: Path) -> list[Case]:
    """Read a table: `cases:` and a list.

    Raises:
        BadSettings: Names file, line and key.
    """
    value, lines = read_yaml(path)
    rows = value.get("cases") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not rows or set(value) != {"cases"}:
        msg = f"{path}, line 1: a list under `cases:` is expected, and nothing else"
        raise BadSettings(msg)
    found = []
    for number, row in enumerate(rows):
        with _placed(path, lines, number):
            case = Case.model_validate(row)
            _facts(case)
            _around(case)
        found.append(case)
    return found


def decide(
    case: Case, policy: Policy, second: Tighten | None, explain: Callable[[str], Answer]
) -> Answer:
    """What a policy says to a case; `explain` answers for command lines."""
    if case.action is None:
        return explain(case.line or "")
    action, facts, around = case.action.action(), _facts(case), _around(case)
    verdict = judge(action, facts, around, policy)
    if second:
        verdict = tightened(verdict, second, input_of(action, facts, around, verdict))
    return answer_of(verdict)


def _facts(case: Case) -> Facts:
    _refuse_unknown("facts", case.facts, [field.name for field in fields(Facts)])
    return TypeAdapter(Facts).validate_python(case.facts)


def _around(case: Case) -> Circumstances:
    names = {field.name for field in fields(Circumstances)} - {"now", "attempts"}
    _refuse_unknown("around", case.around, sorted(names))
    adapter = TypeAdapter(Circumstances)
    around = adapter.validate_python({**case.around, "now": case.now})
    attempts = tuple(_attempt(case, tried, around.incident) for tried in case.attempts)
    return replace(around, attempts=attempts)


def _refuse_unknown(key: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            msg = f"{key}: unknown key {name!r}; known: {', '.join(known)}"
            raise ValueError(msg)


def _attempt(case: Case, tried: Tried, incident: str) -> Attempt:
    assert case.action  # noqa: S101 - only a case with an action has attempts
    target = case.action.action().target
    return Attempt(
        at=case.now - timedelta(minutes=tried.minutes_ago),
        incident=incident if tried.incident is None else tried.incident,
        action="A0",
        verb=tried.verb or case.action.verb,
        target=Entity(kind=target.kind, namespace=target.namespace, name=tried.name or target.name),
        autonomous=tried.autonomous,
    )


@contextmanager
def _placed(path: Path, lines: Lines, number: int) -> Iterator[None]:
    """Tell what is wrong with a case by its line."""
    place: tuple[int | str, ...] = ("cases", number)
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = (*place, *first["loc"])
        what = first["msg"].removeprefix("Value error, ")
    except ValueError as error:
        what = str(error)
    else:
        return
    key = ".".join(map(str, place))
    msg = f"{path}, line {lines.of(place)}: {key}: {what}"
    raise BadSettings(msg, hint="see docs/guides/write-a-policy.md")
