"""What a model can do, as typed arguments. What is not written here it cannot do.

The docstrings and descriptions are read by the model.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sreagent.domain.conversation import ToolSpec
from sreagent.domain.finding import Category

Share = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(min_length=1, max_length=1200)]
Ids = Annotated[tuple[str, ...], Field(description="evidence ids: E1, E2")]
Thing = Annotated[str, Field(description="Kind/namespace/name; Kind/name if cluster-wide")]


class Arguments(BaseModel):
    """Unknown fields and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Look(Arguments):
    """Read-only looks, run together. Put independent ones into one call."""

    lines: Annotated[
        tuple[str, ...], Field(max_length=6, description="kubectl or aws lines, no pipes")
    ] = ()
    promql: Annotated[tuple[str, ...], Field(max_length=6)] = ()
    minutes: Annotated[int, Field(ge=0, le=1440, description="of PromQL; 0: only now")] = 30


class Read(Arguments):
    """More lines of evidence that was shortened."""

    evidence: str
    start: Annotated[int, Field(ge=1)] = 1
    find: Annotated[str, Field(max_length=80, description="only lines with this text")] = ""


class Guess(Arguments):
    """One possible cause."""

    statement: Text
    entity: Thing
    confidence: Share
    evidence_for: Ids = ()
    evidence_against: Ids = ()
    refuted_by: Annotated[str, Field(max_length=400)] = ""


class Weigh(Arguments):
    """Write down the hypotheses as they stand, best first."""

    hypotheses: Annotated[tuple[Guess, ...], Field(min_length=1, max_length=6)]


class Alternative(Arguments):
    """What else it could be."""

    statement: Text
    entity: Thing
    refuted_by: Annotated[str, Field(min_length=1, max_length=400)]


class Conclude(Arguments):
    """The root cause. Every number must stand in the cited evidence."""

    root_cause: Text
    entity: Thing
    category: Category
    confidence: Share
    evidence: Ids
    refuted_by: Annotated[str, Field(max_length=400)] = ""
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=4)] = ()


class Escalate(Arguments):
    """Hand over to a person with the best account so far."""

    account: Text
    missing: Annotated[str, Field(max_length=400)] = ""
    evidence: Ids = ()


class Report(Arguments):
    """What was seen, for the one who finds the cause."""

    seen: Text
    evidence: Ids = ()


class Suggestion(Arguments):
    """One change."""

    line: Annotated[str, Field(max_length=400, description="one kubectl or aws line")]
    reason: Text
    evidence: Ids
    risk: Literal["low", "medium", "high"]
    expected: Text
    rollback: Annotated[str, Field(max_length=400)]


class Propose(Arguments):
    """Changes for a person to approve, best first; empty if none would help."""

    changes: Annotated[tuple[Suggestion, ...], Field(max_length=3)]


class Pass(Arguments):
    """Who answers what the person said."""

    to: Literal["observer", "diagnostician", "remediator", "communicator"]


def spec(tool: type[BaseModel]) -> ToolSpec:
    """The tool as the model sees it: its schema without what says nothing."""
    schema = tool.model_json_schema()
    parts = schema.pop("$defs", {})
    return ToolSpec(
        name=tool.__name__.lower(),
        description=" ".join((tool.__doc__ or "").split()),
        parameters=_short({**schema, "description": ""}, parts),
    )


_NOISE = frozenset({"title", "default", "minLength", "maxLength", "minItems"})


def _short(node: Any, parts: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(node, list):
        return [_short(one, parts) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = parts[node["$ref"].rpartition("/")[2]]
        return _short({"description": "", **target, **_without(node, "$ref")}, parts)
    if "properties" in node:
        fields = {name: _short(one, parts) for name, one in node["properties"].items()}
        rest = _without(node, "properties", "additionalProperties")
        return {**_short(rest, parts), "properties": fields}
    kept = {name: _short(one, parts) for name, one in node.items() if name not in _NOISE}
    return {name: one for name, one in kept.items() if one != ""}


def _without(node: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: one for name, one in node.items() if name not in names}
