"""Alerts out of the JSON that Alertmanager and Prometheus send, show and store.

Understood are the webhook (version 4; Grafana sends the same), the answers of Alertmanager's API
v2 and v1 and of Prometheus, and one alert by itself. Every text is made safe to show here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

from sreagent.domain.alert import Alert, Status
from sreagent.domain.errors import BadInput, NotFound
from sreagent.domain.moment import parse_time
from sreagent.domain.text import clean, one_line

LARGEST = 10_000_000
"""Characters of a payload that are read."""
LABEL_LIMIT = 1000
ANNOTATION_LIMIT = 4000

UNNAMED = "unnamed alert"
HEARTBEATS = frozenset({"Watchdog", "DeadMansSwitch", "InfoInhibitor"})
"""Alerts that always fire, to show that alerting works."""

_SHAPES = "an Alertmanager webhook, alerts of its API (v1, v2) or of Prometheus, or one alert"
_HINT = "try: amtool alert query -o json > alert.json    or: sre investigate ALERTNAME -n NAMESPACE"
_SEVERITIES = (
    ("critical", "page", "emergency", "disaster", "fatal", "p0", "p1", "sev0", "sev1"),
    ("error", "high", "major", "p2", "sev2"),
    ("warning", "warn", "minor", "medium", "p3", "sev3"),
)
_STATUS: Mapping[object, Status] = {
    "firing": "firing",
    "active": "firing",
    "unprocessed": "firing",
    # Silenced or inhibited: nobody is told, but it fires.
    "suppressed": "firing",
    "resolved": "resolved",
}
_STATUS_ORDER: Mapping[Status, int] = {"firing": 0, "unknown": 1, "resolved": 2}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Json = Mapping[Any, Any]


def read_text(data: bytes, *, source: str) -> str:
    """Decode a payload that came as bytes.

    Raises:
        BadInput: It is not UTF-8, or too large.
    """
    if len(data) > 4 * LARGEST:
        raise _too_large(source, len(data))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _bad(source, "it is UTF-16, not UTF-8", hint="try: iconv -f UTF-16 -t UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(source, f"byte {error.start + 1} is not UTF-8") from error


def read_alerts(text: str, *, source: str) -> tuple[Alert, ...]:
    """Read all alerts of a payload, in its order; at least one.

    Args:
        text: The payload.
        source: Where it came from, for messages and for `Alert.source`.

    Raises:
        BadInput: It is not JSON, holds no alert, or one that cannot be right.
    """
    payload = _parse(text, source)
    found = _entries(payload)
    if found is None:
        raise _bad(source, f"it is JSON, but no alert: {_outline(payload)}")
    alerts = tuple(_alert(entry, source) for entry in found)
    if not alerts:
        raise _bad(source, "it holds no alerts: the list is empty")
    return alerts


def pick(alerts: Sequence[Alert]) -> Alert:
    """The one to begin with: firing, the most severe, the first to fire; no heartbeat.

    Raises:
        BadInput: There is none.
    """
    if not alerts:
        msg = "there is no alert to begin with"
        raise BadInput(msg)
    return min(alerts, key=_urgency)


def choose(alerts: Iterable[Alert], name: str, *, namespace: str = "") -> Alert:
    """The alert of that name, in that namespace if one is given.

    An alert without a namespace counts for every namespace.

    Raises:
        NotFound: None has the name; the message lists the names there are.
    """
    alerts = tuple(alerts)
    places = ("", namespace)
    wanted = [
        alert
        for alert in alerts
        if alert.name.lower() == name.lower() and (not namespace or alert.namespace in places)
    ]
    if wanted:
        return pick(wanted)
    place = f" in namespace {one_line(namespace)}" if namespace else ""
    names = sorted({alert.name for alert in alerts})
    msg = f"no alert {one_line(name)!r}{place} among {len(alerts)}"
    raise NotFound(msg, why=f"there are: {', '.join(names[:12])}" if names else "there are none")


def _urgency(alert: Alert) -> tuple[object, ...]:
    word = alert.severity.lower()
    rank = next((i for i, words in enumerate(_SEVERITIES) if word in words), len(_SEVERITIES))
    return (
        alert.name in HEARTBEATS,
        _STATUS_ORDER[alert.status],
        rank,
        alert.starts_at or _LONG_AGO,
        alert.name,
        sorted(alert.labels.items()),
    )


def _parse(text: str, source: str) -> object:
    if len(text) > LARGEST:
        raise _too_large(source, len(text))
    text = text.removeprefix("\ufeff")
    if "\x00" in text[:1000]:
        raise _bad(source, "it has zero bytes: UTF-16, or no text at all")
    if not text.strip():
        raise _bad(source, "it is empty")
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        there = one_line(text[error.pos : error.pos + 40], limit=30) or "the end"
        place = f"line {error.lineno}, column {error.colno}"
        raise _bad(source, f"it is not JSON: {place}: {error.msg}, found {there!r}") from error
    except RecursionError as error:
        raise _bad(source, "it is nested too deeply") from error
    except ValueError as error:
        raise _bad(source, f"it is not usable JSON: {one_line(str(error))}") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys: dict[str, object] = {}
    for key, value in pairs:
        if key in keys:
            msg = f"the key {_line(key)!r} stands twice in one object"
            raise ValueError(msg)
        keys[key] = value
    return keys


def _no_constant(name: str) -> NoReturn:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)


def _entries(payload: object) -> Iterator[object] | None:
    """The alerts of a payload as they stand in it; None when its shape is not known."""
    match payload:
        case list():
            return iter(payload)
        case {"alerts": list(alerts), **group}:
            return (_with_group(entry, group) for entry in alerts)
        case {"data": list(alerts)} | {"data": {"alerts": list(alerts)}}:
            return iter(alerts)
        case {"labels": _}:
            return iter((payload,))
    return None


def _with_group(entry: object, group: Json) -> object:
    """An alert of a webhook, with what the webhook says once for all its alerts."""
    if not isinstance(entry, dict):
        return entry
    merged = {"status": group.get("status"), **entry}
    for field, common in (("labels", "commonLabels"), ("annotations", "commonAnnotations")):
        shared, own = group.get(common), entry.get(field)
        if isinstance(shared, dict) and isinstance(own, dict):
            merged[field] = {**shared, **own}
    return merged


def _alert(entry: object, source: str) -> Alert:
    if not isinstance(entry, dict) or not isinstance(entry.get("labels"), dict):
        raise _bad(source, f"an alert in it has no labels: {_outline(entry)}")
    labels = dict(_labels(entry["labels"], source))
    if not labels:
        raise _bad(source, "an alert in it has no labels at all")
    status = _status(entry)
    return Alert(
        name=labels.get("alertname") or UNNAMED,
        status=status,
        labels=labels,
        annotations=dict(_annotations(entry.get("annotations"))),
        starts_at=_time(entry.get("startsAt") or entry.get("activeAt")),
        # Of a firing alert it is only when Alertmanager would give up waiting for news.
        ends_at=None if status == "firing" else _time(entry.get("endsAt")),
        expression=_expression(entry.get("generatorURL")),
        source=source,
        fingerprint=_line(str(entry.get("fingerprint") or ""), 64),
    )


def _labels(labels: Json, source: str) -> Iterator[tuple[str, str]]:
    for name, value in labels.items():
        if not isinstance(value, str):
            told = f"the label {_line(name)!r} is {_outline(value)}, not a text"
            raise _bad(source, told)
        yield _line(name), _line(value, LABEL_LIMIT)


def _annotations(notes: object) -> Iterator[tuple[str, str]]:
    for name, value in notes.items() if isinstance(notes, dict) else ():
        if isinstance(value, str | int | float):
            text = clean(_encodable(str(value))).strip()
            cut = len(text) > ANNOTATION_LIMIT
            yield _line(name), text[: ANNOTATION_LIMIT - 1] + "…" if cut else text


def _status(entry: Json) -> Status:
    """Alertmanager nests it, the webhook does not, Prometheus calls it state."""
    status = entry.get("status") or entry.get("state")
    if isinstance(status, dict):
        status = status.get("state")
    return _STATUS.get(status, "unknown") if isinstance(status, str) else "unknown"


def _time(text: object) -> datetime | None:
    try:
        return parse_time(text) if isinstance(text, str) else None
    except OverflowError:
        # The last hours of the year 9999, in a zone of the far west.
        return None


def _expression(url: object) -> str:
    """The query that Prometheus puts into the link to its own page."""
    try:
        query = parse_qs(urlsplit(url).query) if isinstance(url, str) else {}
    except ValueError:
        return ""
    return clean(_encodable(query.get("g0.expr", [""])[0]))[:ANNOTATION_LIMIT].strip()


def _outline(value: object) -> str:
    """What kind of JSON stands there."""
    match value:
        case dict():
            keys = ", ".join(repr(_line(str(key), 40)) for key in list(value)[:6])
            return f"an object with the keys {keys}" if keys else "an empty object"
        case list():
            return f"a list of {len(value)}"
        case str():
            return f"the text {_line(value, 40)!r}"
        case None:
            return "null"
    return f"the value {one_line(str(value), 40)}"


def _line(text: str, limit: int = 300) -> str:
    return one_line(_encodable(text), limit)


def _encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _too_large(source: str, size: int) -> BadInput:
    return _bad(source, f"it has {size:,} characters, the limit is {LARGEST:,}")


def _bad(source: str, reason: str, *, hint: str = _HINT) -> BadInput:
    shown = one_line(source)
    return BadInput(
        f"cannot read an alert from {shown}: {reason}", why=f"understood is {_SHAPES}", hint=hint
    )
