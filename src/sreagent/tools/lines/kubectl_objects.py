"""Which objects a kubectl line is about, and which of them are never shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sreagent.tools.lines.kubectl_values import name
from sreagent.tools.lines.objection import Objection, Rule

RESOURCE = re.compile(r"[a-z][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9-]{0,62}){0,12}\.?")

_ALIASES = {
    "Deployment": "deploy deployment deployments",
    "StatefulSet": "sts statefulset statefulsets",
    "DaemonSet": "ds daemonset daemonsets",
    "Pod": "po pod pods",
    "Node": "no node nodes",
    "HorizontalPodAutoscaler": "hpa horizontalpodautoscaler horizontalpodautoscalers",
    "CronJob": "cj cronjob cronjobs",
    "Job": "job jobs",
    "Service": "svc service services",
    "Ingress": "ing ingress ingresses",
    "ConfigMap": "cm configmap configmaps",
    "NetworkPolicy": "netpol networkpolicy networkpolicies",
}
_GROUPS = {
    "Deployment": "apps",
    "StatefulSet": "apps",
    "DaemonSet": "apps",
    "HorizontalPodAutoscaler": "autoscaling",
    "CronJob": "batch",
    "Job": "batch",
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
}
KINDS: Mapping[str, str] = {
    alias: kind for kind, aliases in _ALIASES.items() for alias in aliases.split()
}
"""The kinds of the catalogue by the names that people type."""
ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")
LOGGED = frozenset(
    ["replicaset", "replicasets", "rs", "replicationcontroller", "replicationcontrollers", "rc"]
)
"""What else has pods whose log kubectl finds."""
MOST = 200
"""Objects of one line: each is a request to the API server."""
_VERSION = re.compile(r"v[0-9]+(?:(?:alpha|beta)[0-9]+)?")

_REFERENCES_ONLY = frozenset(
    {
        "externalsecret",
        "externalsecrets",
        "clusterexternalsecret",
        "clusterexternalsecrets",
    }
)
"""They say where a value comes from, and never hold it."""
_CREDENTIALS = ("secret", "helmrelease", "token", "credential", "password", "accesskey")
"""Kinds with one of these words in their name may hold credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """The objects of one line."""

    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Each object that is named, as (resource, name)."""
        if self.objects:
            return self.objects
        return tuple((resource, one) for resource in self.resources for one in self.names)

    @property
    def all_resources(self) -> tuple[str, ...]:
        """Every resource, in the order of the line."""
        return self.resources or tuple(resource for resource, _ in self.objects)

    @property
    def secret(self) -> bool:
        """One of them may hold credentials."""
        return any(holds_secrets(resource) for resource in self.all_resources)


def holds_secrets(resource: str) -> bool:
    """Whether objects of this resource may hold credentials, whatever group it is in."""
    plural = resource.split(".", 1)[0]
    if plural in _REFERENCES_ONLY:
        return False
    return any(word in plural for word in _CREDENTIALS)


def read_objects(arguments: Sequence[str]) -> Objects:
    """Understand `TYPE[,TYPE] [NAME…]` or `TYPE/NAME…`.

    Raises:
        Objection: It is neither, or a name is one that no object has.
    """
    if not arguments:
        return Objects()
    if (arguments[0].count(",") + 1) * len(arguments) > MOST:
        reason = f"at most {MOST} objects in one line: use a selector, or several lines"
        raise Objection(Rule.RESOURCE, reason)
    slashed = [argument for argument in arguments if "/" in argument]
    if slashed and len(slashed) != len(arguments):
        reason = "write either `TYPE NAME NAME` or `TYPE/NAME TYPE/NAME`, not a mix of both"
        raise Objection(Rule.RESOURCE, reason)
    if slashed:
        return Objects(objects=tuple(_pair(argument) for argument in arguments))
    resources = tuple(_resource(word) for word in arguments[0].split(","))
    names = tuple(name(word, resources[0]) for word in arguments[1:])
    if names and len(resources) > 1:
        pairs = tuple((resource, one) for resource in resources for one in names)
        return Objects(objects=pairs)
    return Objects(resources=resources, names=names)


def kind_of(resource: str) -> str | None:
    """The kind as Kubernetes spells it, if it is one that the catalogue changes."""
    plural, _, rest = resource.partition(".")
    kind = KINDS.get(plural)
    if kind is None or not rest:
        return kind
    version, _, group = rest.partition(".")
    spelled = group if _VERSION.fullmatch(version) else rest
    return kind if spelled.rstrip(".") == _GROUPS.get(kind, "") else None


def _pair(argument: str) -> tuple[str, str]:
    resource, _, rest = argument.partition("/")
    resource = _resource(resource)
    return resource, name(rest, resource)


def _resource(word: str) -> str:
    lower = word.lower()
    if RESOURCE.fullmatch(lower):
        return lower
    raise Objection(Rule.RESOURCE, f"{word!r} is not the name of a resource: write pods, deploy, …")
