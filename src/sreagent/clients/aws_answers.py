"""Answers of AWS in XML and their times, read in a fraction of the time that the SDK takes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.parsers import (
    EC2QueryParser,
    QueryParser,
    ResponseParserFactory,
    RestXMLParser,
)
from botocore.utils import parse_timestamp

Plan = Mapping[str, tuple[str, Any, str]]
"""By the name of an element: the member, its shape, and how it is read."""
_USUAL, _TEXT, _STRUCTURE, _STRUCTURES = "usual", "text", "structure", "structures"


def moment(value: Any) -> Any:  # noqa: ANN401 - whatever the answer has
    """The time that a text or a number means."""
    if isinstance(value, str) and "T" in value:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return parse_timestamp(value)
        if found.tzinfo:
            return found
    return parse_timestamp(value)


class _Along:
    """Goes along what an answer has. The SDK goes along all that it could have, for each item."""

    plans: dict[Any, Plan | None]
    """By shape; None: it is left to the SDK."""

    def _handle_structure(self, shape: Any, node: Any) -> Any:  # noqa: ANN401 - untyped SDK
        plan = self._plan(shape)
        if plan is None or isinstance(node, list):
            return super()._handle_structure(shape, node)  # type: ignore[misc]
        parsed: dict[str, Any] = {}
        for element in node:
            known = plan.get(element.tag.rpartition("}")[2])
            if known is None:
                continue
            name, member, way = known
            if name in parsed:
                # A list whose items stand side by side.
                return super()._handle_structure(shape, node)  # type: ignore[misc]
            if way is _TEXT:
                parsed[name] = element.text or ""
            elif way is _STRUCTURES:
                parsed[name] = [self._handle_structure(member.member, each) for each in element]
            elif way is _STRUCTURE:
                parsed[name] = self._handle_structure(member, element)
            else:
                parsed[name] = self._parse_shape(member, element)  # type: ignore[attr-defined]
        return parsed

    def _plan(self, shape: Any) -> Plan | None:  # noqa: ANN401 - untyped SDK
        if shape not in self.plans:
            self.plans[shape] = self._planned(shape)
        return self.plans[shape]

    def _planned(self, shape: Any) -> Plan | None:  # noqa: ANN401 - untyped SDK
        if shape.metadata.get("exception") or shape.is_tagged_union:
            return None
        plan: dict[str, tuple[str, Any, str]] = {}
        for name, member in shape.members.items():
            said = member.serialization
            if said.get("location") or said.get("eventheader"):
                continue
            element = self._member_key_name(member, name)  # type: ignore[attr-defined]
            if said.get("xmlAttribute") or element in plan:
                return None
            plan[element] = name, member, _way(member)
        return plan


def _way(shape: Any) -> str:  # noqa: ANN401 - untyped SDK
    """How a member is read; what most of an answer is has a short way."""
    if shape.type_name in ("string", "character"):
        return _TEXT
    if shape.type_name == "list" and not shape.serialization.get("flattened"):
        return _STRUCTURES if shape.member.type_name == "structure" else _USUAL
    return _STRUCTURE if shape.type_name == "structure" else _USUAL


class _Ec2(_Along, EC2QueryParser):  # type: ignore[misc]  # untyped SDK
    pass


class _Query(_Along, QueryParser):  # type: ignore[misc]  # untyped SDK
    pass


class _Rest(_Along, RestXMLParser):  # type: ignore[misc]  # untyped SDK
    pass


_PARSERS = {"ec2": _Ec2, "query": _Query, "rest-xml": _Rest}
_INNER = ("_handle_structure", "_parse_shape", "_member_key_name")
"""What is used of the SDK's parsers and promised by nobody."""


class Parsers(ResponseParserFactory):  # type: ignore[misc]  # untyped SDK
    """What a session reads answers with, once it is registered as this component of it."""

    COMPONENT = "response_parser_factory"

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=moment)
        self._plans: dict[Any, Plan | None] = {}

    def create_parser(self, protocol_name: str) -> Any:  # noqa: ANN401 - untyped SDK
        """The parser of one answer."""
        usual = super().create_parser(protocol_name)
        quick = _PARSERS.get(protocol_name)
        # Of an SDK that is built otherwise the answers are read as it reads them.
        if quick is None or not all(hasattr(usual, name) for name in _INNER):
            return usual
        made = quick(**self._defaults)
        made.plans = self._plans
        return made
