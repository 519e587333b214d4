"""The Kubernetes API over HTTP: from a request to an answer."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from sreagent.simulator import discovery, reviews, usage
from sreagent.simulator.api import Caller, Place
from sreagent.simulator.cluster import Cluster
from sreagent.simulator.exchange import Answer, Identity, Request, answer
from sreagent.simulator.kinds import POD, SECRET, Kinds
from sreagent.simulator.listing import View, chosen_by, list_page, watch
from sreagent.simulator.logs import LogQuery, Logs, read_query, render
from sreagent.simulator.objects import Json, name_of, namespace_of
from sreagent.simulator.patches import apply_patch
from sreagent.simulator.problems import (
    ApiError,
    bad_request,
    forbidden,
    no_such_path,
    unauthorized,
    wrong_media,
    wrong_method,
)

FOLLOW_SECONDS = 0.5
_HEALTH = ("healthz", "livez", "readyz")
_READABLE_BODIES = ("", "application/json", "application/yaml", "application/x-yaml")


class KubeSite:
    """Answers everything under `/api`, `/apis` and their neighbours."""

    def __init__(self, cluster: Cluster, identities: dict[str, Identity]) -> None:
        self.cluster = cluster
        self.store = cluster.store
        self.identities = identities

    def answer(self, request: Request) -> Answer:
        """The answer to a request; every refusal is a `Status`."""
        try:
            identity = self.identities.get(request.token)
            if identity is None and not _is_public(request.path):
                raise unauthorized()
            told = self._about_itself(request)
            if told is not None:
                return told
            if identity is None:
                raise unauthorized()
            return self._about_objects(request, identity)
        except ApiError as problem:
            return answer(problem.status(), problem.code)

    def _about_itself(self, request: Request) -> Answer | None:
        parts = [part for part in request.path.split("/") if part]
        document: Json | None = None
        kinds = self.store.kinds
        match parts:
            case [word] if word in _HEALTH:
                return Answer(body=b"ok", media="text/plain")
            case ["version"]:
                document = discovery.version(kinds)
            case ["api"]:
                document = discovery.core_versions()
            case ["apis"]:
                document = discovery.groups(kinds)
            case ["apis", group]:
                document = discovery.group_document(kinds, group)
            case ["api", version]:
                document = discovery.resources(kinds, "", version)
            case ["apis", group, version]:
                document = discovery.resources(kinds, group, version)
            case ["openapi", "v3"]:
                document = discovery.schema_index(kinds)
            case ["openapi", "v3", *path]:
                document = discovery.schema(kinds, "/".join(path))
        return answer(document) if document is not None else None

    def _about_objects(self, request: Request, identity: Identity) -> Answer:
        place, part = _place(self.store.kinds, request.path)
        _authorize(request, identity, place)
        if not part and _verb(request, place) not in place.kind.verbs:
            raise wrong_method()
        if place.kind.is_virtual:
            return self._computed(request, identity, place)
        if part:
            return self._part(request, place, part)
        if place.name:
            return self._object(request, place)
        return self._collection(request, place)

    def _computed(self, request: Request, identity: Identity, place: Place) -> Answer:
        if place.kind.group == "metrics.k8s.io":
            if request.method != "GET":
                raise wrong_method()
            test = chosen_by(request, replace(place, name=""))
            return answer(usage.measure(self.cluster, place, test))
        if request.method != "POST":
            raise wrong_method()
        return answer(reviews.review(place.kind, request.mapping(), identity), 201)

    def _collection(self, request: Request, place: Place) -> Answer:
        match request.method:
            case "GET" if request.query.get("watch") in ("true", "1"):
                return watch(self.store, request, place)
            case "GET":
                return list_page(self.store, request, place)
            case "POST":
                body = _body(request)
                _check_kind(place, body)
                if place.kind.namespaced and not place.namespace:
                    raise wrong_method()
                caller = _caller(request)
                made = self.cluster.api.create(place, body, caller)
                return _warned(self._shown(request, place, made, 201), caller)
            case "DELETE":
                return self._delete_many(request, place)
        raise wrong_method()

    def _object(self, request: Request, place: Place) -> Answer:
        api, caller = self.cluster.api, _caller(request)
        match request.method:
            case "GET" if request.query.get("watch") in ("true", "1"):
                return watch(self.store, request, place)
            case "GET":
                return self._shown(request, place, api.read(place))
            case "PUT":
                body = _body(request)
                _check_kind(place, body)
                replaced = api.update(place, body, caller)
                return _warned(self._shown(request, place, replaced), caller)
            case "PATCH":
                changed = api.patch(place, request.json(), request.media, caller)
                return _warned(self._shown(request, place, changed), caller)
            case "DELETE":
                return self._delete(request, place)
        raise wrong_method()

    def _delete(self, request: Request, place: Place) -> Answer:
        options = _delete_options(request)
        dry_run = bool(options.get("dryRun") or request.query.get("dryRun"))
        caller = replace(_caller(request), dry_run=dry_run)
        gone = self.cluster.api.delete(place, options, caller)
        if place.kind is POD:
            return self._shown(request, place, gone)
        details = {
            "name": place.name,
            "group": place.kind.group,
            "kind": place.kind.plural,
            "uid": gone["metadata"].get("uid"),
        }
        success = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return answer({**success, "details": details})

    def _delete_many(self, request: Request, place: Place) -> Answer:
        test = chosen_by(request, place)
        options = _delete_options(request)
        dry_run = bool(options.get("dryRun") or request.query.get("dryRun"))
        caller = replace(_caller(request), dry_run=dry_run)
        found = [obj for obj in self.store.all(place.kind, place.namespace or None) if test(obj)]
        for obj in found:
            each = Place(kind=place.kind, namespace=namespace_of(obj), name=name_of(obj))
            self.cluster.api.delete(each, options, caller)
        metadata = {"resourceVersion": str(self.store.version)}
        return answer(View(form="", include="").many(place.kind, found, metadata, 0))

    def _part(self, request: Request, place: Place, part: str) -> Answer:
        if part not in place.kind.subresources:
            raise no_such_path()
        match part, request.method:
            case "log", "GET":
                return self._log(request, place)
            case "eviction", "POST":
                options = request.mapping().get("deleteOptions") or {}
                dry_run = bool(options.get("dryRun") or request.query.get("dryRun"))
                caller = replace(_caller(request), dry_run=dry_run)
                return answer(self.cluster.api.evict(place, options, caller), 201)
            case "scale", "GET" | "PUT" | "PATCH":
                return self._scale(request, place)
            case "status", "GET":
                return self._shown(request, place, self.cluster.api.read(place))
        raise wrong_method()

    def _scale(self, request: Request, place: Place) -> Answer:
        def change(scale: Json) -> Json:
            if request.method == "GET":
                return scale
            if request.method == "PUT":
                return _body(request)
            return apply_patch(scale, request.json(), request.media)

        return answer(self.cluster.api.scale(place, _caller(request), change))

    def _log(self, request: Request, place: Place) -> Answer:
        pod = self.cluster.api.read(place)
        now = self.store.clock.now()
        query = read_query(dict(request.query), now)
        text = self.cluster.logs.read(pod, query, now)
        if not query.follow:
            return Answer(body=text, media="text/plain")
        stream = _follow(self.cluster.logs, pod, query, now)
        return Answer(stream=chain([text], stream), media="text/plain")

    def _shown(self, request: Request, place: Place, obj: Json, code: int = 200) -> Answer:
        return answer(View.of(request).one(place.kind, obj, self.store.clock.now()), code)


def _warned(reply: Answer, caller: Caller) -> Answer:
    if not caller.warnings:
        return reply
    told = "; ".join(caller.warnings).replace('"', '\\"')
    return replace(reply, headers={"Warning": f'299 - "{told}"'})


def _follow(logs: Logs, pod: Json, query: LogQuery, seen: float) -> Iterator[bytes]:
    life, run = logs.open(pod, query)
    while not logs.store.is_closed:
        time.sleep(FOLLOW_SECONDS)
        with logs.store.lock:
            now = logs.store.clock.now()
            lines = logs.between(pod, life, run, seen, now)
            is_over = run.is_over() or life not in logs.kubelet.lives_of(pod)
        seen = now
        yield render(lines, query)
        if is_over:
            return


def _is_public(path: str) -> bool:
    return path.strip("/") in (*_HEALTH, "version")


def _place(kinds: Kinds, path: str) -> tuple[Place, str]:
    """The object a path means, and the subresource behind it."""
    parts = [part for part in path.split("/") if part]
    match parts:
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            raise no_such_path()
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    kind = kinds.at(group, version, rest[0]) if rest and len(rest) <= 3 else None
    if kind is None or (namespace and not kind.namespaced):
        raise no_such_path()
    name = rest[1] if len(rest) > 1 else ""
    if kind.namespaced and name and not namespace:
        raise no_such_path()
    return Place(kind=kind, namespace=namespace, name=name), rest[2] if len(rest) > 2 else ""


def _authorize(request: Request, identity: Identity, place: Place) -> None:
    reads = request.method in ("GET", "HEAD")
    asks_about_itself = place.kind.is_virtual
    if identity.may_write or asks_about_itself or (reads and place.kind is not SECRET):
        return
    verb = _verb(request, place)
    raise forbidden(identity.user, verb, place.kind, place.namespace, place.name)


def _verb(request: Request, place: Place) -> str:
    watches = request.query.get("watch") in ("true", "1")
    return reviews.verb_of(request.method, place.name, watches)


def _caller(request: Request) -> Caller:
    dry_run = request.query.get("dryRun", "")
    if dry_run not in ("", "All"):
        message = f'Invalid value: "{dry_run}": dryRun must be All'
        raise bad_request(message)
    agent = request.headers.get("user-agent", "unknown").partition("/")[0]
    return Caller(
        manager=request.query.get("fieldManager") or agent,
        dry_run=dry_run == "All",
        validation=request.query.get("fieldValidation") or "Warn",
    )


def _body(request: Request) -> Json:
    if request.media not in _READABLE_BODIES:
        raise wrong_media(request.media)
    return request.mapping()


def _delete_options(request: Request) -> Json:
    options = _body(request)
    for field in ("gracePeriodSeconds", "propagationPolicy"):
        if field in request.query:
            text = request.query[field]
            options.setdefault(field, int(text) if text.isdigit() else text)
    return options


def _check_kind(place: Place, body: Json) -> None:
    wanted = {"apiVersion": place.kind.api_version, "kind": place.kind.name}
    for field, value in wanted.items():
        if body.get(field, value) != value:
            message = (
                f"the {field} in the data ({body[field]}) does not match "
                f"the expected {field} ({value})"
            )
            raise bad_request(message)
