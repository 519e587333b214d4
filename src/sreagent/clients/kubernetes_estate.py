"""The objects of a cluster as `sre drift` reads them: lists, and what the server would make of one.

Nothing is stored: manifests are only ever applied as a dry run. Values of Secrets leave this module
as their SHA-256, but for the records of Helm that somebody asks for by the name of the release.
"""

import base64
import binascii
import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sreagent.clients.apiserver import ApiServer, Expired, NotServed, Request
from sreagent.clients.logins import read_login
from sreagent.domain.errors import Forbidden, NotFound, Refused, SreError, Unreachable
from sreagent.domain.inventory import Obj
from sreagent.domain.ports import Clock
from sreagent.domain.text import one_line

PAGE = 500
MANAGER = "sre-drift"
HASHED = "sha256:"

_APPLY = "application/apply-patch+yaml"
_PATH = re.compile(r"/apis?/[A-Za-z0-9][A-Za-z0-9./:_-]*")
_SECRETS = re.compile(r"/api/v1/(?:namespaces/[^/]+/)?secrets(?:/[^/]+)?")
_RIGHTS = re.compile(r"cannot \w+ (?:resource|path)")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_HELM_TYPE = "helm.sh/release.v1"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")


def connect_estate(
    *, kubeconfig: str = "", context: str = "", timeout: float = 10.0, clock: Clock
) -> "KubernetesEstate":
    """Prepare to read from a cluster; nothing is sent yet. As `kubernetes.connect`."""
    login = read_login(kubeconfig, context)
    return KubernetesEstate(ApiServer(login, timeout=timeout, clock=clock))


class KubernetesEstate:
    """One cluster as one user sees it. Thread-safe."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._asking = threading.Lock()
        self._kinds: dict[tuple[str, str], Sequence[Mapping[str, Any]] | SreError] = {}

    @property
    def context(self) -> str:
        """Name of the kubeconfig context."""
        return self._api.login.context

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._api.calls

    def kinds(self, group: str, version: str) -> Sequence[Mapping[str, Any]]:
        """The kinds of a version of an API group: `name` (plural), `kind`, `namespaced`.

        Empty where the server does not serve it. Asked once. Raises Forbidden, Unreachable.
        """
        with self._asking:
            key = group, version
            if key not in self._kinds:
                try:
                    self._kinds[key] = self._kinds_of(group, version)
                except SreError as error:
                    self._kinds[key] = error
            found = self._kinds[key]
        if isinstance(found, SreError):
            raise found
        return found

    def listed(self, path: str) -> Iterator[Obj]:
        """The objects of the list at a path, page by page. Raises Forbidden, Unreachable."""
        request = Request(path=_checked(path), what=f"the list at {path}")
        token = ""
        while True:
            query = {"limit": str(PAGE), **({"continue": token} if token else {})}
            try:
                page = self._read(replace(request, query=query))
            except Expired:
                # The list is too old to go on with: all of it at once, as it is now.
                page = self._read(request)
            items = page.get("items")
            if not isinstance(items, list):
                msg = "the answer is not a list"
                raise self._api.unusable(msg)
            yield from (self._shown(path, item) for item in items)
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token:
                return

    def one(self, path: str) -> Obj:
        """The object at a path. Raises NotFound, Forbidden, Unreachable."""
        return self._shown(path, self._read(Request(path=_checked(path), what=path)))

    def as_applied(self, path: str, manifest: Mapping[str, Any]) -> Obj:
        """What the object at a path would be, were this manifest applied to it; nothing is stored.

        Raises Forbidden (no right to patch), Refused (a webhook, or the manifest itself),
        Unreachable.
        """
        if _SECRETS.fullmatch(path):
            msg = f"Secrets are never sent: {path}"
            raise Forbidden(msg)
        request = Request(
            path=_checked(path),
            what=f"dry run of {path}",
            method="PATCH",
            query={"dryRun": "All", "fieldManager": MANAGER, "force": "true"},
            body=json.dumps(manifest).encode(),
            content_type=_APPLY,
            stores=False,
        )
        try:
            return self._shown(path, self._read(request))
        except Forbidden as error:
            if _RIGHTS.search(error.message):
                raise
            # A webhook says no with the same status as missing rights.
            raise Refused(error.message) from error

    def release(self, namespace: str, name: str) -> bytes | None:
        """The newest record that Helm keeps of a release, as it is stored; None without any.

        Values stand in it. Raises Forbidden, Unreachable.
        """
        for text in (namespace, name):
            if not _NAME.fullmatch(text):
                msg = f"{one_line(text)!r} is not a name that a release can have"
                raise Refused(msg)
        path = f"/api/v1/namespaces/{namespace}/secrets"
        request = Request(
            path=path,
            what=f"records of the Helm release {namespace}/{name}",
            query={"labelSelector": f"owner=helm,name={name}", "limit": str(PAGE)},
            accept="application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        )
        items = self._read(request).get("items") or ()
        newest = max(items, key=_revision, default=None)
        if newest is None or _revision(newest) < 1:
            return None
        secret = self._read(
            Request(path=f"{path}/{newest['metadata']['name']}", what=f"record of {name}")
        )
        body = (secret.get("data") or {}).get("release")
        if secret.get("type") != _HELM_TYPE or not isinstance(body, str):
            return None
        return _decoded(body)

    def _kinds_of(self, group: str, version: str) -> Sequence[Mapping[str, Any]]:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer = self._api.read(Request(path=_checked(path), what=f"the kinds of {path}"))
        except NotFound:
            return ()
        entries = answer.get("resources") or ()
        return tuple(each for each in entries if "/" not in str(each.get("name")))

    def _read(self, request: Request) -> dict[str, Any]:
        try:
            return self._api.read(request)
        except NotServed as error:
            # Only an object that is not there is not found.
            raise Unreachable(error.message) from error

    def _shown(self, path: str, item: dict[str, Any]) -> Obj:
        metadata = item.get("metadata")
        if not isinstance(metadata, dict) or not metadata.get("name"):
            msg = "what it gave is no object with a name"
            raise self._api.unusable(msg)
        if _SECRETS.fullmatch(path):
            (metadata.get("annotations") or {}).pop(_APPLIED, None)
            values = item.get("data") or {}
            item["data"] = {key: _hash(str(value)) for key, value in values.items()}
            item.pop("stringData", None)
        return item


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path) or ".." in path or "//" in path:
        msg = f"{one_line(path)!r} is not a path that an object can have"
        raise Refused(msg)
    return path


def _hash(value: str) -> str:
    raw = _decoded(value)
    return HASHED + hashlib.sha256(value.encode() if raw is None else raw).hexdigest()


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _revision(item: Mapping[str, Any]) -> int:
    labels = item.get("metadata", {}).get("labels") or {}
    text = str(labels.get("version", ""))
    return int(text) if text.isdecimal() else 0
