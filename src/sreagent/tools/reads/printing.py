"""Tables, ages, JSON and YAML, as kubectl prints them."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import yaml

ROOM = 18_000
"""Characters of an answer that leave room for notes about it."""
_GAP = "   "


def columns(rows: Iterable[Sequence[object]]) -> str:
    """Rows of cells in aligned columns."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return ""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def newest(text: str, limit: int) -> str:
    """The last whole lines, at most so many characters; what was left out is told first."""
    if len(text) <= limit:
        return text
    begin = text.find("\n", len(text) - limit) + 1 or len(text) - limit
    return f"… {begin} earlier characters left out\n{text[begin:]}"


def oldest(text: str, limit: int) -> str:
    """The first whole lines, at most so many characters; what was left out is told last."""
    if len(text) <= limit:
        return text
    end = text.rfind("\n", 0, limit) if "\n" in text[:limit] else limit
    return f"{text[:end]}\n… {len(text) - end} more characters left out"


def noted(text: str, notes: Iterable[str]) -> str:
    """A text and what there is to say about it, which must not be what is cut off."""
    lines = [note for note in notes if note]
    return "\n".join(filter(None, (oldest(text, ROOM), *lines))) if lines else text


def as_json(data: object) -> str:
    """Data as kubectl prints JSON."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def as_yaml(data: object, *, sort_keys: bool = True) -> str:
    """Data as YAML; a text of several lines keeps them."""
    text: str = yaml.dump(data, Dumper=_Lines, sort_keys=sort_keys, allow_unicode=True, width=1000)
    return text.rstrip()


def age(stamp: object, now: datetime) -> str:
    """`3m22s` since a moment, as kubectl rounds it."""
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError:
        return "<unknown>"
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return span((now - moment).total_seconds())


def span(seconds: float) -> str:
    """A length of time in at most two units."""
    whole = max(int(seconds), 0)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 2:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    return _two(days, "d", hours % 24, "h") if hours < 192 else f"{days}d"


def _two(first: int, unit: str, second: int, smaller: str) -> str:
    return f"{first}{unit}{second}{smaller}" if second else f"{first}{unit}"


def _cell(value: object) -> str:
    return " ".join(("<none>" if value is None else str(value)).split())


class _Lines(yaml.SafeDumper):
    """Writes files inside of objects line by line."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Lines.add_representer(str, _represent_text)
