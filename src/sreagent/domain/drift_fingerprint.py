"""What a finding is known by from one run to the next."""

import hashlib
import json
import re
from collections.abc import Mapping

from sreagent.domain.drift import Changed, Json, LeftOver, Missing, Place, Unmanaged

Found = Changed | Missing | Unmanaged | LeftOver

_MARK = re.compile(r"(\(hidden |\[REDACTED:[a-z]+:)[0-9a-f]{4}")
"""Masks carry a mark that each run makes anew."""


def fingerprint(found: Found) -> str:
    """SHA-256 of what makes a finding this finding, in hex: no value can be read from it.

    The same difference has the same fingerprint in every run, also where the cloud tells a list in
    another order. A masked secret that changes again keeps it, for its value is not known here.
    """
    text = json.dumps(_told(found), separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(_MARK.sub(r"\1", text).encode()).hexdigest()


def _told(found: Found) -> list[Json]:
    where = _where(found.place)
    match found:
        case Changed(address=address, type=type_, id=id_, path=path, after=after):
            return ["changed", *where, type_, id_, address, path, _spelled(after)]
        case Missing(address=address, type=type_, id=id_):
            return ["missing", *where, type_, id_, address]
        case Unmanaged(type=type_, id=id_):
            return ["unmanaged", *where, type_, id_]
        case LeftOver(address=address, type=type_, id=id_, key=key):
            return ["left over", *where, type_, id_, address, key]


def _where(place: Place) -> list[str]:
    return [place.account, place.region]


def _spelled(value: Json) -> str:
    """One spelling for all orders of keys and members, also inside a JSON text."""
    if isinstance(value, Mapping):
        members = {str(name): _spelled(each) for name, each in value.items()}
        return json.dumps(members, sort_keys=True)
    if isinstance(value, list | tuple):
        return json.dumps(sorted(_spelled(each) for each in value))
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        return _text(value)
    return json.dumps(value, default=str)


def _text(value: str) -> str:
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return json.dumps(value)
    return _spelled(parsed) if isinstance(parsed, dict | list) else json.dumps(value)
