"""Reads of any kind that a cluster serves, as the server itself shows it.

A path that the server does not know is `Unreachable`: only an object that is not there is NotFound.

Values of Secrets never enter the process: their paths are asked for as tables without objects, and
for nothing else. Paths that run, forward or stream something are not asked for at all.
"""

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sreagent.clients.apiserver import JSON, Answer, ApiServer, NotServed, Request
from sreagent.clients.logins import read_login
from sreagent.domain.errors import Forbidden, NotFound, SreError, Unreachable
from sreagent.domain.ports import Clock
from sreagent.domain.text import clean, one_line

TEXT_KEPT = 2_000_000
"""Bytes of a log or another plain text that are kept, from its end."""
WORKERS = 8

_TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json"
_ALL_AT_ONCE = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
"""Discovery in two calls, since Kubernetes 1.26; older servers answer as they always did."""
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9][A-Za-z0-9._:~-]*|\*))+/?")
"""`*` is how metrics of all objects are asked for; no object is called so."""
_ROOTS = frozenset(
    ("api", "apis", "healthz", "livez", "metrics", "openapi", "readyz", "version", "")
)
_ACTIVE = frozenset(
    ("attach", "binding", "eviction", "exec", "portforward", "proxy", "redirect", "token", "watch")
)
"""Parts of an object, or old prefixes, that do something when they are read."""
_REVIEWS = re.compile(
    r"/apis/(?:authorization\.k8s\.io/v1/selfsubject(?:access|rules)reviews"
    r"|authentication\.k8s\.io/v1(?:alpha1|beta1)?/selfsubjectreviews)"
)
_KEPT = ("name", "namespace", "labels")
"""What is kept of the object behind a row."""


def connect_reads(
    *, kubeconfig: str = "", context: str = "", timeout: float = 10.0, clock: Clock
) -> "KubernetesReads":
    """Prepare to read from a cluster; nothing is sent yet. As `kubernetes.connect`."""
    login = read_login(kubeconfig, context)
    return KubernetesReads(ApiServer(login, timeout=timeout, clock=clock))


class KubernetesReads:
    """Reads one cluster as one user sees it. Thread-safe."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._discovering = threading.Lock()
        self._served: tuple[Mapping[str, Any], ...] | None = None

    def discovery(self) -> Sequence[Mapping[str, Any]]:
        """Each kind that the server serves, preferred versions first; asked once.

        An API group that did not answer is an entry with an empty `name`, and `error`.
        """
        with self._discovering:
            if self._served is None:
                self._served = (*self._below("/api"), *self._below("/apis"))
            return self._served

    def table(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """A `meta.k8s.io/v1` Table, as `kubectl get` shows it.

        With `includeObject=Metadata` a row has the name, namespace and labels of its object; never
        more, and nothing of Secrets.
        """
        _check(path)
        include = "None" if _of_secrets(path) else query.get("includeObject", "None")
        asked = {**query, "includeObject": "None" if include == "None" else "Metadata"}
        answer = self._read(path, asked, _TABLE)
        if answer.get("kind") != "Table":
            answer = _as_table(answer)
        return {**answer, "rows": [_row(row, include) for row in answer.get("rows") or ()]}

    def fetch(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """The JSON object at a path. Raises Forbidden for Secrets."""
        _check(path)
        _refuse_secrets(path)
        return self._read(path, query)

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """The plain text at a path: its tail, cleaned, at most `TEXT_KEPT` bytes."""
        _check(path)
        _refuse_secrets(path)
        answer = self._ask(path, query)
        # The first line of a tail that was cut by size is only the end of a line.
        raw = answer.body.partition(b"\n")[2] or answer.body if answer.cut else answer.body
        return clean(raw.decode("utf-8", errors="replace"))

    def review(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask one of the reviews of our own rights, which stores nothing."""
        if not _REVIEWS.fullmatch(path):
            msg = f"{one_line(path)!r} is no question about our own rights"
            raise Forbidden(msg)
        sent = json.dumps(dict(body)).encode()
        request = Request(path=path, what="a review", method="POST", body=sent, stores=False)
        with _served():
            return self._api.read(request)

    def _read(self, path: str, query: Mapping[str, str], accept: str = JSON) -> dict[str, Any]:
        request = Request(path=path, what=_what(path), query=_ending(query), accept=accept)
        with _served():
            return self._api.read(request)

    def _ask(self, path: str, query: Mapping[str, str]) -> Answer:
        asked = _ending(query)
        request = Request(path=path, what=_what(path), query=asked, accept="*/*", tail=TEXT_KEPT)
        with _served():
            return self._api.ask(request)

    def _below(self, root: str) -> Iterator[Mapping[str, Any]]:
        request = Request(path=root, what="the list of its APIs", accept=_ALL_AT_ONCE)
        answer = self._api.read(request)
        if answer.get("kind") == "APIGroupDiscoveryList":
            return _told_at_once(answer)
        with ThreadPoolExecutor(WORKERS) as pool:
            found = [*pool.map(self._one_version, _versions(root, answer))]
        return (entry for entries in found for entry in entries)

    def _one_version(self, place: tuple[str, str]) -> list[Mapping[str, Any]]:
        group, version = place
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer = self._api.read(Request(path=path, what=f"the kinds of {path}"))
        except SreError as error:
            return [_silent(group, version, error.message)]
        entries = answer.get("resources") or ()
        return [
            {"group": "", "shortNames": (), "categories": (), **entry, **_of(group, version)}
            for entry in entries
            if "/" not in entry["name"]
        ]


@contextmanager
def _served() -> Iterator[None]:
    """Tell a path that the server does not know from an object that is not there."""
    try:
        yield
    except NotServed as error:
        raise Unreachable(error.message) from error


def _ending(query: Mapping[str, str]) -> dict[str, str]:
    """The query without what would make the answer go on for ever."""
    return {key: value for key, value in query.items() if key not in ("follow", "watch")}


def _check(path: str) -> None:
    """Raise NotFound for a path that no object has, Forbidden for one that does something."""
    parts = path.strip("/").split("/")
    if not _PATH.fullmatch(path) or parts[0] not in _ROOTS or ".." in path:
        msg = f"{one_line(path)!r} is not a path that an object can have"
        raise NotFound(msg)
    resource, _, below = _place(parts)
    if resource in ("proxy", "redirect", "watch") or not _ACTIVE.isdisjoint(below):
        msg = f"{path!r} does more than read, so it is never asked for"
        raise Forbidden(msg)


def _place(parts: Sequence[str]) -> tuple[str, str, Sequence[str]]:
    """The resource a path means, the name of its object, and what is asked of that."""
    below = parts[2:] if parts[0] == "api" else parts[3:] if parts[0] == "apis" else ()
    if len(below) > 2 and below[0] == "namespaces" and below[2] not in ("status", "finalize"):
        below = below[2:]
    resource, name = (*below, "", "")[:2]
    return resource.lower(), name, below[2:]


def _what(path: str) -> str:
    """The object or list at a path, as people name it."""
    parts = path.strip("/").split("/")
    resource, name, below = _place(parts)
    if not resource:
        return path
    spaces = parts[parts.index("namespaces") + 1 :] if "namespaces" in parts else []
    space = spaces[0] if spaces and resource != "namespaces" else ""
    if name:
        return "/".join((resource, name, *below)) + (f" in {space}" if space else "")
    return f"{resource} of {f'namespace {space}' if space else 'the cluster'}"


def _of_secrets(path: str) -> bool:
    return _place(path.strip("/").split("/"))[0] == "secrets"


def _refuse_secrets(path: str) -> None:
    if _of_secrets(path):
        msg = f"values of Secrets are never read: {path}"
        raise Forbidden(msg, hint="kubectl get secrets lists their names and types")


def _row(row: Mapping[str, Any], include: str) -> Mapping[str, Any]:
    if include == "None":
        return {"cells": row["cells"]}
    metadata = (row.get("object") or {}).get("metadata") or {}
    kept = {key: metadata[key] for key in _KEPT if key in metadata}
    return {"cells": row["cells"], "object": {"metadata": kept}}


def _as_table(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The names, from a server behind the API server that makes no tables."""
    items = answer.get("items", [answer]) or ()
    return {
        "columnDefinitions": [{"name": "Name", "priority": 0}],
        "metadata": answer.get("metadata") or {},
        "rows": [{"cells": [item["metadata"]["name"]], "object": item} for item in items],
    }


def _versions(root: str, answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each group and version of a list of APIs, the preferred version of a group first."""
    if root == "/api":
        yield from (("", version) for version in answer.get("versions") or ())
        return
    for group in answer.get("groups") or ():
        first = (group.get("preferredVersion") or {}).get("version", "")
        versions = [told["version"] for told in group.get("versions") or ()]
        for version in sorted(versions, key=lambda one: one != first):
            yield group["name"], version


def _told_at_once(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in answer.get("items") or ():
        name = (group.get("metadata") or {}).get("name", "")
        for told in group.get("versions") or ():
            if told.get("freshness") == "Stale":
                yield _silent(name, told["version"], "the API behind it did not answer")
            yield from _plainly(name, told["version"], told.get("resources") or ())


def _plainly(
    group: str, version: str, resources: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    for told in resources:
        yield {
            "name": told["resource"],
            "singularName": told.get("singularResource", ""),
            "shortNames": told.get("shortNames") or (),
            "kind": (told.get("responseKind") or {}).get("kind", ""),
            "namespaced": told.get("scope") == "Namespaced",
            "verbs": told.get("verbs") or (),
            "categories": told.get("categories") or (),
            **_of(group, version),
        }


def _of(group: str, version: str) -> Mapping[str, Any]:
    return {"group": group, "version": version}


def _silent(group: str, version: str, error: str) -> Mapping[str, Any]:
    return {"name": "", "kind": "", "error": error, **_of(group, version)}
