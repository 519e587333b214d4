"""Records as JSON data, and back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sreagent.domain.errors import BadJournal
from sreagent.domain.record import (
    Answered,
    Asked,
    Briefed,
    Closed,
    Concluded,
    FoundChanges,
    Intended,
    Looked,
    Noted,
    Opened,
    Proposed,
    Ran,
    Record,
    Resumed,
    Saw,
    Told,
    Turn,
    Verified,
    Weighed,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Redact = Callable[[str], str]
T = TypeVar("T")

KINDS: dict[str, type[Record]] = {
    "opened": Opened,
    "looked": Looked,
    "saw": Saw,
    "weighed": Weighed,
    "changes": FoundChanges,
    "concluded": Concluded,
    "briefed": Briefed,
    "turn": Turn,
    "told": Told,
    "asked": Asked,
    "proposed": Proposed,
    "answered": Answered,
    "intended": Intended,
    "ran": Ran,
    "verified": Verified,
    "noted": Noted,
    "resumed": Resumed,
    "closed": Closed,
}
"""The names on disk. They never change: journals of years ago stay readable."""

_NAMES = {cls: name for name, cls in KINDS.items()}


def kind_of(record: Record) -> str:
    """The name under which a record is stored."""
    return _NAMES[type(record)]


def encode(record: Record) -> dict[str, Any]:
    """A record as JSON data, every field written out."""
    return cast("dict[str, Any]", _plain(record))


def decode(kind: str, data: object) -> Record:
    """A record from its JSON data.

    Raises:
        BadJournal: An unknown kind or field, a missing field or a wrong type.
    """
    if kind not in KINDS:
        message = f"unknown kind of record {kind!r}"
        raise BadJournal(message, hint="It may be from a newer version of sre.")
    # Loaded late: 100 ms that only readers of a journal have to pay.
    from pydantic import ValidationError  # noqa: PLC0415 - see above

    try:
        return _adapter(kind).validate_json(f"[{json.dumps(data)}]", strict=True)[0]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"][1:])
        message = f"cannot read the record {kind!r}"
        raise BadJournal(message, why=f"{place}: {first['msg']}") from error


def dumps(value: object) -> bytes:
    """The canonical form: sorted keys, no spaces, ASCII; so one value has one hash."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode("ascii")


def moment(at: datetime) -> str:
    """A time as it is stored, to the microsecond."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def redacted(value: T, redact: Redact) -> T:
    """The same value with every text in it redacted, and free of lone surrogates."""
    match value:
        case Enum() | None | bool() | int() | float() | datetime():
            return value
        case str():
            return cast("T", redact(_storable(value)))
        case Mapping():
            return cast("T", _redacted_mapping(value, redact))
        case tuple() | list():
            return cast("T", type(value)(redacted(item, redact) for item in value))
        case _:
            return _rebuilt(value, redact)


def _rebuilt(value: T, redact: Redact) -> T:
    texts = {f.name: redacted(getattr(value, f.name), redact) for f in fields(cast("Any", value))}
    return type(value)(**texts)


def _redacted_mapping(pairs: Mapping[str, Any], redact: Redact) -> dict[str, Any]:
    """Redact texts together with their names: `DB_PASSWORD` tells what its value is."""
    named = pairs.get("name")
    result = {}
    for key, value in pairs.items():
        if isinstance(value, str):
            # The environment of a container is a list of {"name": …, "value": …}.
            name = named if key == "value" and isinstance(named, str) else key
            result[redact(_storable(key))] = _redacted_value(name, value, redact)
        else:
            result[redact(_storable(key))] = redacted(value, redact)
    return result


def _redacted_value(name: str, value: str, redact: Redact) -> str:
    value = redact(_storable(value))
    lead = f"{_storable(name)}="
    pair = redact(lead + value)
    return pair[len(lead) :] if pair.startswith(lead) else value


def _storable(text: str) -> str:
    """Half a surrogate pair may stand in hostile JSON; it has no form in UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON data
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return moment(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        case _:
            message = f"{type(value).__name__} has no place in a journal"
            raise TypeError(message)


@cache
def _adapter(kind: str) -> "TypeAdapter[tuple[Record]]":
    from pydantic import ConfigDict, TypeAdapter  # noqa: PLC0415 - see decode

    # A tuple of one: pydantic takes no settings for a dataclass it was given directly.
    one: Any = GenericAlias(tuple, (KINDS[kind],))
    return TypeAdapter(one, config=ConfigDict(extra="forbid"))
