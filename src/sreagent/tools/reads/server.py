"""What the server says about itself: kinds, versions, health; and what this tool accepts."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from sreagent.domain.errors import SreError, TryAgain
from sreagent.domain.text import one_line
from sreagent.tools.reads.asking import LIMIT, Asking, Target, Told, words
from sreagent.tools.reads.fields import presentable
from sreagent.tools.reads.objects import document, refuse_withheld
from sreagent.tools.reads.printing import ROOM, as_json, columns, newest
from sreagent.tools.reads.resources import Resource

ACCEPTED = (
    "Reads that run here: get, describe, logs, top, events, explain, api-resources, api-versions, "
    "version, cluster-info, auth can-i, auth whoami, rollout status, rollout history, wait, "
    "config get-contexts. Changes (rollout undo, rollout restart, scale, set image, …) are shown "
    "with a server dry run and asked for. No kubectl is started: no plugins, files or pipes."
)
_HEALTH = re.compile(r"/(?:healthz|livez|readyz)(?:/[a-z0-9-]{1,80}){0,3}|/metrics(?:/slis)?")
_ITSELF = re.compile(
    r"/(?:version|api|api/v1|apis|apis/[a-z0-9.-]{1,253}(?:/v[a-z0-9]{1,20})?|openapi/v[23])"
    r"|/openapi/v3/[a-z0-9./-]{1,300}"
)
_PLACE = re.compile(
    r"/api(?:s/(?P<group>[a-z0-9.-]{1,253}))?/(?P<version>v[a-z0-9]{1,20})/(?P<below>[\w./:-]{1,600})"
)
_MEASURED = re.compile(
    r"/apis/custom\.metrics\.k8s\.io/v[a-z0-9]{1,20}(?:/namespaces/[a-z0-9-]{1,63})?"
    r"/(?!secrets/)[a-z0-9.-]{1,253}/(?:\*|[a-z0-9.-]{1,253})/[\w.:-]{1,200}"
)
_LOG = re.compile(r"/api/v1/namespaces/[a-z0-9-]{1,63}/pods/[a-z0-9.-]{1,253}/log")
_QUERY = frozenset(("exclude", "fieldSelector", "labelSelector", "limit", "verbose"))
"""What is passed on; `pretty` is not, since this program lays the answer out itself."""
_LOG_QUERY = frozenset(
    ("container", "limitBytes", "previous", "sinceSeconds", "tailLines", "timestamps")
)


def api_resources(asking: Asking) -> Told:
    """The kinds that are served, filtered as the read says."""
    options = asking.read.options
    verbs = set(options.get("verbs") or ())
    categories = set(options.get("categories") or ())
    found = [
        one
        for one in _preferred(asking.catalogue.resources)
        if options.get("api_group") in (None, one.group)
        and options.get("namespaced") in (None, one.namespaced)
        and verbs <= set(one.verbs)
        and categories <= set(one.categories)
    ]
    by_kind = asking.read.sort_by == "kind"
    found.sort(key=lambda one: (one.kind if by_kind else "", one.group, one.name))
    silent = [
        f"not known: {one['group']}/{one['version']} did not answer: {one['error']}"
        for one in asking.catalogue.silent
    ]
    return Told(text="\n".join((_printed(asking, found), *silent)), missed=bool(silent))


def api_versions(asking: Asking) -> Told:
    """Each group and version."""
    catalogue = asking.catalogue
    known = {one.api_version for one in catalogue.resources}
    known |= {f"{one['group']}/{one['version']}" for one in catalogue.silent}
    return Told(text="\n".join(sorted(known)))


def version(asking: Asking) -> Told:
    """The server's version."""
    if asking.option("client"):
        return Told(
            text="Client Version: none; sre asks the API server itself, no kubectl is started"
        )
    answer = asking.api.fetch("/version", {})
    if asking.read.output in ("json", "yaml"):
        return Told(text=document(asking, {"serverVersion": dict(answer)}))
    return Told(text=f"Server Version: {answer.get('gitVersion', 'unknown')}")


def cluster_info(asking: Asking) -> Told:
    """Where the control plane is, and its services."""
    line = f"Kubernetes control plane is running at {asking.cluster.server}"
    services = asking.catalogue.resolve("services")
    query = {"labelSelector": "kubernetes.io/cluster-service=true", "limit": str(LIMIT)}
    try:
        target = Target(resource=services, namespace="kube-system")
        found = asking.items(target, query).found
    except SreError as error:
        return Told(text=f"{line}\nIts services are not known: {words(error)}", missed=True)
    names = [f"{one['metadata']['name']} runs in kube-system" for one in found]
    dump = "No dump is made: ask for the objects and logs that matter, one by one."
    return Told(text="\n".join((line, *names, *([dump] if asking.option("dump") else []))))


def contexts(asking: Asking) -> Told:
    """The one context that this run is pinned to; names only."""
    cluster = asking.cluster
    match asking.read.options.get("what"):
        case "current-context":
            text = cluster.context
        case "get-users":
            text = f"NAME\n{cluster.user}"
        case "get-clusters":
            text = f"NAME\n{cluster.server}"
        case _:
            names = (cluster.context, cluster.server, cluster.user, cluster.default_namespace)
            rows = (("CURRENT", "NAME", "SERVER", "USER", "NAMESPACE"), ("*", *names))
            text = f"{columns(rows)}\n(this run is pinned to it; others are not shown)"
    return Told(text=text)


def usage(asking: Asking) -> Told:
    """What this tool accepts."""
    topic = one_line(str(asking.read.options.get("topic") or ""), 80)
    return Told(text=f"kubectl {topic}: {ACCEPTED}" if topic else ACCEPTED)


def raw(asking: Asking) -> Told:
    """`get --raw`: paths that show something and neither forward nor run anything.

    Raises:
        TryAgain: Any other path.
    """
    path, _, asked = str(asking.read.options["path"]).partition("?")
    path = path.rstrip("/") or "/"
    query = dict(parse_qsl(asked, keep_blank_values=True))
    # Whatever else a server understands after `?` could make the read stream or last.
    taken = _LOG_QUERY if _LOG.fullmatch(path) else _QUERY
    query = {key: value for key, value in query.items() if key in taken}
    if taken is _LOG_QUERY:
        return Told(text=newest(asking.api.text(path, query).rstrip("\n"), ROOM))
    if _HEALTH.fullmatch(path):
        return Told(text=asking.api.text(path, query))
    itself = _ITSELF.fullmatch(path) or _MEASURED.fullmatch(path)
    if itself and ".." not in path and "//" not in path:
        return Told(text=as_json(asking.api.fetch(path, query)))
    return Told(text=as_json(_object_at(asking, path, query)))


def _object_at(asking: Asking, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    target, part = _target(asking, path)
    refuse_withheld(target.resource)
    if target.name:
        return presentable(
            asking.api.fetch(f"{target.path}/{part}" if part else target.path, query)
        )
    answer = asking.api.fetch(target.path, {**query, "limit": str(_limit(query))})
    # The items of a list do not say of what kind they are, and the rules go by kind.
    items = [presentable({"kind": target.resource.kind, **item}) for item in answer["items"] or ()]
    return {**answer, "items": items}


def _target(asking: Asking, path: str) -> tuple[Target, str]:
    """The object or list at a path, and what is asked of it: `status`, `scale` or nothing."""
    place = _PLACE.fullmatch(path)
    below: list[str] = place["below"].split("/") if place else []
    space = ""
    if len(below) > 2 and below[0] == "namespaces" and below[2] != "status":
        space, below = below[1], below[2:]
    plural, name, part = (*below, "", "", "")[:3]
    resource = None
    if place and len(below) < 4 and part in ("", "status", "scale"):
        resource = asking.catalogue.find(place["group"] or "", place["version"], plural)
    if resource is None:
        msg = (
            f"{one_line(path, 200)!r} is not a path that is read here: write kubectl get KIND NAME"
        )
        raise TryAgain(msg)
    return Target(resource=resource, namespace=space, name=name), part


def _limit(query: Mapping[str, str]) -> int:
    asked = query.get("limit", "")
    return min(int(asked), LIMIT) if asked.isdecimal() and asked.isascii() and int(asked) else LIMIT


def _preferred(resources: Sequence[Resource]) -> list[Resource]:
    """Each kind once, in the version that comes first."""
    found: dict[str, Resource] = {}
    for one in resources:
        found.setdefault(one.qualified, one)
    return list(found.values())


def _printed(asking: Asking, found: Sequence[Resource]) -> str:
    if asking.read.output == "name":
        return "\n".join(one.qualified for one in found)
    if asking.read.output in ("json", "yaml"):
        kinds = [
            {"name": one.name, "kind": one.kind, "apiVersion": one.api_version} for one in found
        ]
        return document(asking, kinds)
    wide = asking.read.output == "wide"
    head = ("NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND")
    more = ("VERBS", "CATEGORIES") if wide else ()
    rows: list[Sequence[object]] = [] if asking.option("no_headers") else [(*head, *more)]
    for one in found:
        short = ",".join(one.short)
        cells = (one.name, short, one.api_version, str(one.namespaced).lower(), one.kind)
        extra = (",".join(one.verbs), ",".join(one.categories)) if wide else ()
        rows.append((*cells, *extra))
    return columns(rows)
