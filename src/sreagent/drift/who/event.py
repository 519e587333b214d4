"""One event of CloudTrail, read once; all its text was written by whoever made the call."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

Record = Mapping[str, Any]
"""The JSON object of an event, as CloudTrail keeps it."""
MOST_FACTS = 4000
"""Values of one event that are read: nobody changes more at once, and a hostile one may try."""
_DEEPEST = 12
_VERSION = re.compile(r"(?:\d{8}(?:v\d+)?|\d{4}_\d\d_\d\d)$")
_FILLERS = ("items", "member")
"""Names that EC2 and others put between a list and what it is of."""
_KEYS = ("key", "attributename", "parametername", "name")
_MAPS = ("tags", "variables")
"""Objects whose keys are data."""
_VALUES = ("value", "attributevalue", "parametervalue", "values")
_PATHS = ("arn:", "http://", "https://", "/")
_EDGES = str.maketrans(dict.fromkeys("/:\\'", '"'))
_NOT_LETTERS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A call that was recorded."""

    id: str
    name: str
    """`AuthorizeSecurityGroupIngress`, without the version that some services add."""
    source: str
    """The service: `ec2`."""
    at: datetime
    record: Record = field(default_factory=dict, repr=False)
    request: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """Values of the request, each with the names under which it stands."""
    said: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """The same of request, answer and resources together."""
    reads: bool = False
    error: str = ""
    """Why it changed nothing: `Client.UnauthorizedOperation`."""

    @property
    def names(self) -> frozenset[str]:
        """All names of parameters in the request: `publiclyaccessible`."""
        return frozenset(name for names in self.request.values() for name in names)


def read_event(entry: Mapping[str, Any]) -> Event | None:
    """An entry of a LookupEvents answer; None for one that cannot be understood."""
    record = _record(entry.get("CloudTrailEvent"))
    at = time_of(entry) or parse_time(_text(record.get("eventTime")))
    name = _text(entry.get("EventName") or record.get("eventName"))
    if not at or not name:
        return None
    request = _facts(record.get("requestParameters"))
    rest = (record.get("responseElements"), record.get("resources"), entry.get("Resources"))
    reads = entry.get("ReadOnly") or record.get("readOnly")
    source = _text(entry.get("EventSource") or record.get("eventSource"))
    return Event(
        id=_text(entry.get("EventId") or record.get("eventID")),
        name=_VERSION.sub("", name),
        source=source.removesuffix(".amazonaws.com"),
        at=at,
        record=record,
        request=request,
        said=_joined(request, *(_facts(each) for each in rest)),
        reads=str(reads).lower() == "true",
        error=_text(record.get("errorCode")),
    )


class Sieve:
    """Lets through the entries that may speak of any of some names; the rest is not read."""

    def __init__(self, names: Iterable[str]) -> None:
        self._words = frozenset(_last_part(name) for name in names)

    def passes(self, entry: Mapping[str, Any]) -> bool:
        """Whether one of the names, or the last part of it, stands somewhere in an entry."""
        text = entry.get("CloudTrailEvent")
        resources = entry.get("Resources") or ()
        said = f'{text}"{resources}' if resources else text
        if not isinstance(said, str):
            return False
        # All that may stand around a name becomes one character: nothing else is as fast.
        return not self._words.isdisjoint(said.translate(_EDGES).split('"'))


@lru_cache(maxsize=4096)
def letters(name: str) -> str:
    """A name without its case and what divides its words: `publicly_accessible`, `deleteOn`."""
    return _NOT_LETTERS.sub("", name.lower())


def values_of(value: Any) -> frozenset[str]:  # noqa: ANN401 - any JSON value
    """All values in a JSON value, as texts; what a JSON text says counts, not the text."""
    return frozenset(text for _, text in _leaves("", value, 0))


def _record(text: object) -> Record:
    if not isinstance(text, str):
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return one_line(value, 200) if isinstance(value, str) else ""


def time_of(entry: Mapping[str, Any]) -> datetime | None:
    """When the call of an entry was made."""
    value = entry.get("EventTime")
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return parse_time(value) if isinstance(value, str) else None


def _facts(value: Any) -> dict[str, frozenset[str]]:  # noqa: ANN401 - any JSON value
    found: dict[str, set[str]] = {}
    for count, (name, text) in enumerate(_leaves("", value, 0)):
        if count >= MOST_FACTS:
            break
        for spelling in _spellings(text):
            found.setdefault(spelling, set()).add(name)
    return {text: frozenset(names) for text, names in found.items()}


def _joined(*facts: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    whole: dict[str, frozenset[str]] = {}
    for each in facts:
        for text, names in each.items():
            whole[text] = whole.get(text, frozenset()) | names
    return whole


def _last_part(text: str) -> str:
    return re.split(r"[/:]", text.rstrip("/"))[-1]


def _spellings(text: str) -> Iterator[str]:
    """A text, and the last part of it where it is an ARN, an address or a path."""
    yield text
    if text.startswith(_PATHS):
        last = _last_part(text)
        if last and last != text:
            yield last


def _leaves(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if depth > _DEEPEST or value is None:
        return
    if isinstance(value, str):
        inside = _json_in(value)
        if inside is not None:
            yield from _leaves(name, inside, depth + 1)
        elif value:
            yield name, value
    elif isinstance(value, Mapping):
        yield from _members(name, value, depth)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(name, each, depth + 1)
    else:
        yield name, _plain(value)


def _members(name: str, value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    named = {letters(str(key)): each for key, each in value.items()}
    # `{"key": "deletion_protection.enabled", "value": "false"}`
    key = next((named[word] for word in _KEYS if isinstance(named.get(word), str)), name)
    if name in _MAPS:
        yield from ((name, str(key)) for key in value)
    for word, each in named.items():
        below = letters(key) if word in _VALUES and key else word
        yield from _leaves(name if word in _FILLERS else below, each, depth + 1)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _json_in(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """What a JSON text holds, also one in the spelling of an URL; None for any other text."""
    plain = unquote(text) if text[:3].upper() in ("%7B", "%5B") else text
    if plain[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(plain)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None
