"""Events, in both spellings of their API, oldest first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sreagent.domain.inventory import event_time
from sreagent.tools.reads.asking import LIMIT, Asking, Told, left_out
from sreagent.tools.reads.fields import presentable
from sreagent.tools.reads.objects import ONCE, document
from sreagent.tools.reads.printing import ROOM, age, columns, newest

_HEAD = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def events(asking: Asking) -> Told:
    """`kubectl events`: those of a namespace, of one object, of some types."""
    answer = _asked(asking, _selection(asking))
    types = {str(one).lower() for one in asking.read.options.get("types") or ()}
    found = [e for e in answer["items"] or () if not types or _type(e).lower() in types]
    found.sort(key=event_time)
    if asking.read.output in ("json", "yaml"):
        items = [presentable({**event, "kind": "Event", "apiVersion": "v1"}) for event in found]
        return Told(text=document(asking, {"apiVersion": "v1", "kind": "List", "items": items}))
    if not found:
        where = f"in {asking.namespace} namespace" if asking.namespace else "in any namespace"
        return Told(text=f"No events found {where}.")
    notes = (left_out(answer), ONCE if asking.option("follow") else "")
    lines = _printed(asking, found)
    return Told(text="\n".join((*filter(None, notes), newest(lines, ROOM))))


def about(asking: Asking, obj: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The events about one object, oldest first."""
    metadata = obj["metadata"]
    fields = [f"involvedObject.name={metadata['name']}", f"involvedObject.kind={obj['kind']}"]
    # The events of nodes carry the name of the node where others have a uid.
    if uid := metadata.get("uid") if obj["kind"] != "Node" else "":
        fields.append(f"involvedObject.uid={uid}")
    path = asking.catalogue.resolve("events").path(metadata.get("namespace", ""))
    answer = asking.api.fetch(path, {"fieldSelector": ",".join(fields), "limit": str(LIMIT)})
    return sorted(answer["items"] or (), key=event_time)


def table(events: Iterable[Mapping[str, Any]], now: datetime) -> str:
    """Events as lines of a table without the object they are about."""
    rows = [_cells(event, now) for event in events]
    return columns((cells[0], cells[1], cells[2], cells[4]) for cells in (_HEAD, *rows))


def _asked(asking: Asking, selection: str) -> Mapping[str, Any]:
    query = asking.query()
    if selection:
        query["fieldSelector"] = ",".join(filter(None, (selection, asking.read.field_selector)))
    path = asking.catalogue.resolve("events").path(asking.namespace)
    return asking.api.fetch(path, query)


def _selection(asking: Asking) -> str:
    """The field selector of the object that `--for` names."""
    resource, _, name = str(asking.read.options.get("for") or "").partition("/")
    if not name:
        return ""
    kind = asking.catalogue.resolve(resource).kind
    return f"involvedObject.kind={kind},involvedObject.name={name}"


def _printed(asking: Asking, found: Sequence[Mapping[str, Any]]) -> str:
    now = asking.clock.now()
    rows: list[Sequence[object]] = [_cells(event, now) for event in found]
    if not asking.option("no_headers"):
        rows.insert(0, _HEAD)
    if asking.read.everywhere:
        spaces = [event["metadata"].get("namespace", "") for event in found]
        places = spaces if asking.option("no_headers") else ["NAMESPACE", *spaces]
        rows = [(place, *row) for place, row in zip(places, rows, strict=True)]
    return columns(rows)


def _cells(event: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    involved = event.get("involvedObject") or event.get("regarding") or {}
    message = str(event.get("message") or event.get("note") or "")
    seen = age(event_time(event), now)
    count = event.get("count") or (event.get("series") or {}).get("count") or 1
    times = f" (x{count} over {age(event.get('firstTimestamp'), now)})" if count > 1 else ""
    subject = f"{involved.get('kind', '')}/{involved.get('name', '')}"
    return seen + times, _type(event), str(event.get("reason") or ""), subject, message


def _type(event: Mapping[str, Any]) -> str:
    return str(event.get("type") or "")
