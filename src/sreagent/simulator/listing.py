"""Lists, pages and watches of one kind."""

import base64
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sreagent.simulator.api import Place
from sreagent.simulator.exchange import Answer, Request, answer
from sreagent.simulator.kinds import Kind
from sreagent.simulator.objects import Json, name_of, namespace_of
from sreagent.simulator.problems import ApiError, bad_request
from sreagent.simulator.selectors import Test, field_test, label_test
from sreagent.simulator.shapes import shown as seen_as
from sreagent.simulator.store import Change, Store
from sreagent.simulator.tables import partial, table

LONGEST_WATCH = 1800.0
PULSE_SECONDS = 2.0
"""How often a silent watch looks whether its reader is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How the caller wants to see objects: whole, as a table, or metadata only."""

    form: str
    include: str

    @classmethod
    def of(cls, request: Request) -> "View":
        """The view a request asks for."""
        for form in ("Table", "PartialObjectMetadataList", "PartialObjectMetadata"):
            if f"as={form};" in request.accept + ";":
                return cls(form=form, include=request.query.get("includeObject", "Metadata"))
        return cls(form="", include="")

    def one(self, kind: Kind, obj: Json, now: float) -> Json:
        """One object."""
        shown = seen_as(kind, obj)
        if self.form == "Table":
            return table(kind, [shown], now, self.include)
        return partial(shown) if self.form else shown

    def many(self, kind: Kind, objects: Sequence[Json], metadata: Json, now: float) -> Json:
        """A list of objects."""
        shown = [seen_as(kind, obj) for obj in objects]
        if self.form == "Table":
            return table(kind, shown, now, self.include) | {"metadata": metadata}
        if self.form:
            items = [partial(obj) for obj in shown]
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            return {**head, "metadata": metadata, "items": items}
        head = {"kind": f"{kind.name}List", "apiVersion": kind.api_version}
        return {**head, "metadata": metadata, "items": shown}


def everything(_obj: Json) -> bool:
    """Select all."""
    return True


def chosen_by(request: Request, place: Place) -> Test:
    """The test of everything a request selects by."""
    tests = []
    if "labelSelector" in request.query:
        tests.append(label_test(request.query["labelSelector"]))
    if "fieldSelector" in request.query:
        tests.append(field_test(request.query["fieldSelector"]))
    if place.namespace:
        tests.append(lambda obj: namespace_of(obj) == place.namespace)
    if place.name:
        tests.append(lambda obj: name_of(obj) == place.name)
    return (lambda obj: all(test(obj) for test in tests)) if tests else everything


def list_page(store: Store, request: Request, place: Place) -> Answer:
    """One page of a list, or all of it."""
    test = chosen_by(request, place)
    start = _start(request.query.get("continue", ""))
    limit = _number(request, "limit")
    with store.lock:
        version, after = start or (store.version, ("", ""))
        objects = store.all(place.kind, place.namespace or None, after)
    found = objects if test is everything else [obj for obj in objects if test(obj)]
    metadata: Json = {"resourceVersion": str(version)}
    page = found[:limit] if limit else found
    if len(page) < len(found):
        metadata["continue"] = _token(version, page[-1])
        metadata["remainingItemCount"] = len(found) - len(page)
    return answer(View.of(request).many(place.kind, page, metadata, store.clock.now()))


def watch(store: Store, request: Request, place: Place) -> Answer:
    """A stream of changes."""
    stream = _Watch(store, request, place)
    return Answer(stream=stream.lines(), media="application/json")


class _Watch:
    def __init__(self, store: Store, request: Request, place: Place) -> None:
        self.store = store
        self.place = place
        self.view = View.of(request)
        self.test = chosen_by(request, place)
        asked = request.query.get("resourceVersion", "")
        self.sends_initial = request.query.get("sendInitialEvents") == "true"
        self.starts_fresh = asked in ("", "0") or self.sends_initial
        self.version = store.version if self.starts_fresh else _version(asked)
        seconds = _number(request, "timeoutSeconds") or LONGEST_WATCH
        self.ends_at = time.monotonic() + seconds
        if not self.starts_fresh:
            store.changes_after(self.version, place.kind)

    def lines(self) -> Iterator[bytes]:
        if self.starts_fresh:
            yield from self._present()
        while time.monotonic() < self.ends_at and not self.store.is_closed:
            try:
                changes = self._next()
            except ApiError as problem:
                yield _line("ERROR", problem.status())
                return
            yield b""
            for change in changes:
                yield from self._tell(change)

    def _present(self) -> Iterator[bytes]:
        with self.store.lock:
            found = self.store.all(self.place.kind, self.place.namespace or None)
            self.version = self.store.version
        for obj in found:
            if self.test(obj):
                yield self._event("ADDED", obj)
        if self.sends_initial:
            mark = {
                "kind": self.place.kind.name,
                "apiVersion": self.place.kind.api_version,
                "metadata": {
                    "resourceVersion": str(self.version),
                    "annotations": {"k8s.io/initial-events-end": "true"},
                },
            }
            yield _line("BOOKMARK", mark)

    def _next(self) -> list[Change]:
        with self.store.lock:
            if self.store.version == self.version:
                left = self.ends_at - time.monotonic()
                self.store.changed.wait(max(0.0, min(left, PULSE_SECONDS)))
            changes = self.store.changes_after(self.version, self.place.kind)
            self.version = self.store.version
            return changes

    def _tell(self, change: Change) -> Iterator[bytes]:
        is_in = change.type != "DELETED" and self.test(change.obj)
        was_in = change.before is not None and self.test(change.before)
        if is_in:
            yield self._event("MODIFIED" if was_in else "ADDED", change.obj)
        elif was_in:
            yield self._event("DELETED", change.obj)

    def _event(self, type_: str, obj: Json) -> bytes:
        return _line(type_, self.view.one(self.place.kind, obj, self.store.clock.now()))


def _line(type_: str, obj: Json) -> bytes:
    return json.dumps({"type": type_, "object": obj}, separators=(",", ":")).encode() + b"\n"


def _number(request: Request, name: str) -> int:
    text = request.query.get(name) or "0"
    if not text.isdigit():
        message = f"{name} must be a number, not {text!r}"
        raise bad_request(message)
    return int(text)


def _version(text: str) -> int:
    if not text.isdigit():
        message = f"invalid resource version: {text!r}"
        raise bad_request(message)
    return int(text)


def _token(version: int, last: Json) -> str:
    place = [version, namespace_of(last), name_of(last)]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _start(token: str) -> tuple[int, tuple[str, str]] | None:
    if not token:
        return None
    try:
        version, namespace, name = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as problem:
        message = f"continue key is not valid: {problem}"
        raise bad_request(message) from problem
    return int(version), (namespace, name)
