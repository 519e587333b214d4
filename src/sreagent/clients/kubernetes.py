"""Kubernetes through its HTTP API: JSON as the server sends it, no generated model objects.

Which version of a kind is read is found out from the server: clusters of several years differ.
"""

import json
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from sreagent.clients.apiserver import JSON, ApiServer, Expired, NotServed, Request
from sreagent.clients.eks_contexts import EksCluster, eks_cluster
from sreagent.clients.logins import read_login
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Conflict, Forbidden, NotFound, Refused
from sreagent.domain.inventory import Listing, Obj, PodLog, log_command
from sreagent.domain.kinds import KINDS, Kind
from sreagent.domain.ports import Clock
from sreagent.domain.text import clean, one_line

PAGE = 500
LOG_KEPT = 2_000_000
"""Bytes of a log that are kept, from its end."""

_METADATA = "application/json;as=PartialObjectMetadata{list};g=meta.k8s.io;v=v1"
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PATCH_FAILED = "the server rejected our request due to an error in our request"
_MISSING = object()

T = TypeVar("T")


def connect(
    *, kubeconfig: str = "", context: str = "", timeout: float = 10.0, clock: Clock
) -> "KubernetesCluster":
    """Prepare to speak to a cluster; nothing is sent yet.

    Args:
        kubeconfig: Files joined with a colon; empty for ~/.kube/config, or the service account
            of the pod this runs in.
        context: Name of a context; empty for the current one.
        timeout: Seconds to wait for a connection, and for each part of an answer.
        clock: Tells the time.

    Raises:
        BadInput: The kubeconfig cannot be used.
        SreError: The login program named in it failed.
    """
    login = read_login(kubeconfig, context)
    return KubernetesCluster(ApiServer(login, timeout=timeout, clock=clock), clock=clock)


class KubernetesCluster:
    """One cluster as one user sees it. Thread-safe."""

    def __init__(self, api: ApiServer, *, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._discovering = threading.Lock()
        self._groups: dict[str, tuple[str, ...]] | None = None
        self._versions: dict[str, str] = {}

    @property
    def context(self) -> str:
        """Name of the kubeconfig context."""
        return self._api.login.context

    @property
    def user(self) -> str:
        """The user of the context: who the cluster thinks is asking."""
        return self._api.login.user

    @property
    def server(self) -> str:
        """Address of the API server."""
        return self._api.login.server

    @property
    def default_namespace(self) -> str:
        """The context's namespace, or an empty text."""
        return self._api.login.namespace

    @property
    def eks(self) -> EksCluster | None:
        """What EKS calls the cluster; None where AWS does not run it."""
        return eks_cluster(self._api.login)

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._api.calls

    def version(self) -> str:
        """Ask for the server's version: the cheapest proof that it can be reached."""
        try:
            answer = self._api.read(Request(path="/version", what="its version"))
        except NotServed as error:
            msg = "it has no /version: that is no Kubernetes API"
            raise self._api.unusable(msg) from error
        return one_line(str(answer.get("gitVersion", "unknown")))

    def list(self, kind: str, namespace: str = "") -> Listing:
        """All objects of a kind, paged. Raises NotFound when the server does not serve the kind."""
        served = _known(kind)
        namespace = namespace if served.namespaced else ""
        started = self._clock.monotonic()
        items = self._versioned(served, lambda version: self._list(served, version, namespace))
        return Listing(
            kind=kind,
            namespace=namespace,
            items=items,
            seen_at=self._clock.now(),
            command=_list_command(served, namespace),
            seconds=self._clock.monotonic() - started,
        )

    def get(self, entity: Entity) -> Obj:
        """One object as it is now. Raises NotFound."""
        return self._object(entity, lambda request: request)

    def log(
        self, pod: Entity, container: str, *, previous: bool = False, tail: int = 2000
    ) -> PodLog:
        """The tail of a container's log, cleaned; broken UTF-8 is replaced, long lines are cut."""
        query = {"container": container, "tailLines": str(tail)}
        request = Request(
            path=f"{_path(_known('Pod'), 'v1', pod.namespace, pod.name)}/log",
            what=f"log of {pod}, container {container}",
            query={**query, "previous": "true"} if previous else query,
            accept="*/*",
            tail=LOG_KEPT,
        )
        started = self._clock.monotonic()
        answer = self._api.ask(request)
        # The first line of a tail that was cut by size is only the end of a line.
        raw = answer.body.partition(b"\n")[2] or answer.body if answer.cut else answer.body
        return PodLog(
            pod=pod,
            container=container,
            previous=previous,
            text=clean(raw.decode("utf-8", errors="replace")),
            command=log_command(pod, container, previous=previous, tail=tail),
            truncated=answer.cut,
            digest=answer.digest,
            seconds=self._clock.monotonic() - started,
        )

    def patch(self, entity: Entity, patch: Sequence[Mapping[str, Any]], *, dry_run: bool) -> Obj:
        """Apply a JSON Patch (RFC 6902), whose `test` operations are the preconditions.

        Raises Conflict when a `test` fails, Refused when the server says no, Forbidden.
        """

        def change(request: Request) -> Request:
            return replace(
                request,
                method="PATCH",
                query={"fieldManager": "sreagent", **_dry(dry_run)},
                body=json.dumps([dict(step) for step in patch]).encode(),
                content_type="application/json-patch+json",
            )

        try:
            return self._object(entity, change)
        except Refused as refusal:
            if _PATCH_FAILED not in refusal.message:
                raise
            # The server does not say which operation failed: a `test`, or one that fits nowhere.
            if moved := _first_failed_test(patch, self.get(entity)):
                msg = f"{entity} changed since it was read: {moved}"
                raise Conflict(msg) from refusal
            raise

    def delete(
        self, entity: Entity, *, uid: str, resource_version: str = "", dry_run: bool
    ) -> None:
        """Delete exactly the object with this uid. Raises Conflict, NotFound, Forbidden."""
        options = {
            **_options(uid, resource_version, dry_run=dry_run),
            # As kubectl: the default of batch/v1 would leave the pods of a Job behind.
            "propagationPolicy": "Background",
        }
        body, query = json.dumps(options).encode(), _dry(dry_run)
        self._about(
            entity, lambda request: replace(request, method="DELETE", body=body, query=query)
        )

    def evict(self, pod: Entity, *, uid: str, resource_version: str = "", dry_run: bool) -> None:
        """Delete a pod unless a disruption budget forbids it.

        Raises Refused with the budget's words, Conflict, NotFound, Forbidden.
        """
        request = Request(
            path=f"{_path(_known('Pod'), 'v1', pod.namespace, pod.name)}/eviction",
            what=str(pod),
            method="POST",
            query=_dry(dry_run),
            body=json.dumps(
                {
                    "apiVersion": f"policy/{self._eviction_version()}",
                    "kind": "Eviction",
                    "metadata": {"name": pod.name, "namespace": pod.namespace},
                    "deleteOptions": _options(uid, resource_version, dry_run=dry_run),
                }
            ).encode(),
        )
        self._api.read(request)

    def _eviction_version(self) -> str:
        """Version of the Eviction that the server takes: v1 since 1.22, v1beta1 before 1.25."""
        try:
            served = self._served().get("policy", ())
        except Forbidden:
            return "v1"
        return "v1beta1" if "v1beta1" in served else "v1"

    def _object(self, entity: Entity, shape: Callable[[Request], Request]) -> Obj:
        """Send a request that is answered with the object."""
        version, answer = self._about(entity, shape)
        self._check_names([answer])
        return _named(_known(entity.kind), version, answer)

    def _about(
        self, entity: Entity, shape: Callable[[Request], Request]
    ) -> tuple[str, dict[str, Any]]:
        """Send a request about one object, in the version that is served."""
        kind = _known(entity.kind)

        def ask(version: str) -> tuple[str, dict[str, Any]]:
            request = Request(
                path=_path(kind, version, entity.namespace, entity.name),
                what=str(entity),
                accept=_METADATA.format(list="") if kind.metadata_only else JSON,
            )
            return version, self._api.read(shape(request))

        return self._versioned(kind, ask)

    def _list(self, kind: Kind, version: str, namespace: str) -> tuple[Obj, ...]:
        request = Request(
            path=_path(kind, version, namespace),
            what=f"{kind.plural} of {f'namespace {namespace}' if namespace else 'the cluster'}",
            accept=_METADATA.format(list="List") if kind.metadata_only else JSON,
        )
        try:
            pages = [*self._pages(request)]
        except Expired:
            pages = [self._api.read(request)]
        items = [item for page in pages for item in self._items(page)]
        return tuple(_named(kind, version, item) for item in items)

    def _pages(self, request: Request) -> Iterator[dict[str, Any]]:
        query = {"limit": str(PAGE)}
        while True:
            page = self._api.read(replace(request, query=query))
            yield page
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return
            query = {"limit": str(PAGE), "continue": token}

    def _items(self, page: dict[str, Any]) -> Sequence[dict[str, Any]]:
        if "items" not in page:
            msg = "the answer is not a list"
            raise self._api.unusable(msg)
        items = page["items"] or []
        self._check_names(items)
        return items

    def _check_names(self, items: Sequence[dict[str, Any]]) -> None:
        """Everything after relies on this much of the shape."""
        try:
            named = all(item["metadata"]["name"] for item in items)
        except (KeyError, TypeError):
            named = False
        if not named:
            msg = "what it gave are no objects with names"
            raise self._api.unusable(msg)

    def _versioned(self, kind: Kind, ask: Callable[[str], T]) -> T:
        """Ask in the newest version that both sides know; remember the one that worked."""
        for version in self._candidates(kind):
            try:
                answer = ask(version)
            except NotServed:
                continue
            self._versions[kind.name] = version
            return answer
        msg = f"cluster {self._api.login.cluster!r} does not serve {kind.plural}"
        raise NotFound(
            msg,
            why=f"none of {', '.join(_group_version(kind, v) for v in kind.versions)} is there",
        )

    def _candidates(self, kind: Kind) -> Sequence[str]:
        if not kind.group:
            return kind.versions
        if kind.name in self._versions:
            return (self._versions[kind.name],)
        try:
            served = self._served().get(kind.group, ())
        except Forbidden:
            # Discovery may be closed where the kinds are open.
            if kind.custom:
                raise
            return kind.versions
        if not kind.custom:
            return [version for version in kind.versions if version in served]
        return [version for version in served if version in kind.versions] or served

    def _served(self) -> dict[str, tuple[str, ...]]:
        """The versions of each API group, the preferred one first; asked once."""
        with self._discovering:
            if self._groups is None:
                request = Request(path="/apis", what="the list of API groups")
                self._groups = self._groups_in(self._api.read(request))
            return self._groups

    def _groups_in(self, answer: dict[str, Any]) -> dict[str, tuple[str, ...]]:
        try:
            return {group["name"]: _versions_of(group) for group in answer["groups"]}
        except (KeyError, TypeError) as error:
            msg = "the answer is not a list of API groups"
            raise self._api.unusable(msg) from error


def _versions_of(group: Mapping[str, Any]) -> tuple[str, ...]:
    preferred = (group.get("preferredVersion") or {}).get("version")
    versions = [entry["version"] for entry in group["versions"]]
    return tuple(sorted(versions, key=lambda version: version != preferred))


def _known(kind: str) -> Kind:
    if kind not in KINDS:
        msg = f"{one_line(kind)!r} is not a kind that sre reads"
        raise NotFound(msg)
    return KINDS[kind]


def _dry(dry_run: bool) -> dict[str, str]:
    """The query of a dry run; a delete says it in its body, and here for who reads audit logs."""
    return {"dryRun": "All"} if dry_run else {}


def _options(uid: str, resource_version: str, *, dry_run: bool) -> dict[str, Any]:
    """DeleteOptions for exactly one object, as it was read."""
    version = {"resourceVersion": resource_version} if resource_version else {}
    return {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": uid, **version},
        **({"dryRun": ["All"]} if dry_run else {}),
    }


def _group_version(kind: Kind, version: str) -> str:
    return f"{kind.group}/{version}" if kind.group else version


def _path(kind: Kind, version: str, namespace: str, *name: str) -> str:
    root = "apis" if kind.group else "api"
    space = ("namespaces", namespace) if namespace and kind.namespaced else ()
    parts = (*space, kind.plural, *name)
    for part in parts:
        # Names come from alerts: none may climb to another path.
        if part in ("", ".", "..") or "/" in part or "%" in part:
            msg = f"{one_line(part)!r} is not a name that an object can have"
            raise NotFound(msg)
    return "/".join(("", root, _group_version(kind, version), *(quote(part) for part in parts)))


def _named(kind: Kind, version: str, item: dict[str, Any]) -> Obj:
    """An object with its kind and version, which the items of a list lack."""
    item["kind"], item["apiVersion"] = kind.name, _group_version(kind, version)
    if not kind.metadata_only:
        return item
    # The annotation of `kubectl apply` repeats the whole object, values and all.
    (item["metadata"].get("annotations") or {}).pop(_APPLIED, None)
    return {key: item[key] for key in ("kind", "apiVersion", "metadata")}


def _list_command(kind: Kind, namespace: str) -> str:
    scope = ["-n", namespace] if namespace else []
    everywhere = ["-A"] if kind.namespaced and not namespace else []
    # Never a line that would print the values of Secrets.
    shape = [] if kind.metadata_only else ["-o", "json"]
    return _line("kubectl", *scope, "get", kind.plural, *everywhere, *shape)


def _line(*words: str) -> str:
    return one_line(shlex.join(words), limit=1000)


def _first_failed_test(patch: Sequence[Mapping[str, Any]], live: Obj) -> str:
    """The first precondition of a patch that does not hold, as a sentence; empty if all do."""
    for step in patch:
        if step["op"] != "test":
            return ""
        value = _value_at(live, step["path"])
        if value != step["value"]:
            now = "gone" if value is _MISSING else f"now {one_line(json.dumps(value), 80)}"
            return f"{step['path']} is {now}"
    return ""


def _value_at(live: object, pointer: str) -> object:
    """Follow a JSON pointer (RFC 6901)."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(live, list) and key.isdecimal() and int(key) < len(live):
            live = live[int(key)]
        elif isinstance(live, dict) and key in live:
            live = live[key]
        else:
            return _MISSING
    return live
