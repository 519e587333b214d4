"""`auth can-i` and `auth whoami`: questions about our own rights, which store nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.errors import TryAgain, Unreachable
from sreagent.tools.reads.asking import Asking, Told
from sreagent.tools.reads.objects import document
from sreagent.tools.reads.printing import columns

_REVIEWS = "/apis/authorization.k8s.io/v1"


def can_i(asking: Asking) -> Told:
    """Whether we may do one thing, or all that we may do."""
    if asking.option("list"):
        return _rules(asking)
    spec = _question(asking)
    body = _review("SelfSubjectAccessReview", spec)
    status = asking.api.review(f"{_REVIEWS}/selfsubjectaccessreviews", body)["status"]
    reason = str(status.get("reason") or status.get("evaluationError") or "")
    word = "yes" if status["allowed"] else "no"
    return Told(text=f"{word} - {reason}" if reason and word == "no" else word)


def whoami(asking: Asking) -> Told:
    """Who the server thinks we are."""
    served = [one for one in asking.catalogue.resources if one.kind == "SelfSubjectReview"]
    if not served:
        msg = f"the server does not tell who asks; in the kubeconfig it is {asking.cluster.user!r}"
        raise Unreachable(msg, why="SelfSubjectReview is served since Kubernetes 1.28")
    body = {"apiVersion": served[0].api_version, "kind": "SelfSubjectReview"}
    answer = asking.api.review(served[0].path(""), body)
    return Told(text=_who(asking, answer["status"]["userInfo"]))


def _who(asking: Asking, user: Mapping[str, Any]) -> str:
    shown = {key: user[key] for key in ("username", "uid", "groups") if user.get(key)}
    if asking.read.output in ("json", "yaml"):
        return document(asking, shown)
    rows: list[Sequence[object]] = [("ATTRIBUTE", "VALUE")]
    rows += [(key.capitalize(), _joined(value)) for key, value in shown.items()]
    return columns(rows)


def _joined(value: object) -> str:
    return f"[{' '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _review(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": dict(spec)}


def _question(asking: Asking) -> dict[str, Any]:
    read = asking.read
    verb = str(read.options.get("action") or "")
    if path := read.options.get("path"):
        return {"nonResourceAttributes": {"verb": verb, "path": str(path)}}
    if not verb or not read.resources:
        msg = "name a verb and a resource: kubectl auth can-i delete pods"
        raise TryAgain(msg)
    attributes = {
        "verb": verb,
        **_resource(asking, read.resources[0]),
        "namespace": asking.namespace,
        "subresource": str(read.options.get("subresource") or ""),
        "name": read.names[0] if read.names else "",
    }
    return {"resourceAttributes": {key: value for key, value in attributes.items() if value}}


def _resource(asking: Asking, word: str) -> dict[str, str]:
    """A resource that the server does not serve may be asked about too, as kubectl does."""
    if word == "*":
        return {"group": "*", "resource": "*"}
    try:
        resource = asking.catalogue.resolve(word)
    except TryAgain:
        name, _, group = word.partition(".")
        return {"group": group, "resource": name}
    return {"group": resource.group, "resource": resource.name}


def _rules(asking: Asking) -> Told:
    body = _review("SelfSubjectRulesReview", {"namespace": asking.namespace or "default"})
    answer = asking.api.review(f"{_REVIEWS}/selfsubjectrulesreviews", body)
    status = answer["status"]
    rows: list[Sequence[object]] = [
        ("Resources", "Non-Resource URLs", "Resource Names", "Verbs"),
        *_lines(status),
    ]
    doubt = ""
    if status.get("incomplete"):
        doubt = f"\nThe list is incomplete: {status.get('evaluationError') or 'the server says so'}"
    return Told(text=columns(rows) + doubt, missed=bool(doubt))


def _lines(status: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for rule in status["resourceRules"] or ():
        names, verbs = _list(rule.get("resourceNames")), _list(rule.get("verbs"))
        for group in rule.get("apiGroups") or ("",):
            for resource in rule.get("resources") or ():
                yield f"{resource}.{group}" if group else resource, "[]", names, verbs
    for rule in status.get("nonResourceRules") or ():
        yield "", _list(rule.get("nonResourceURLs")), "[]", _list(rule.get("verbs"))


def _list(values: Sequence[str] | None) -> str:
    return f"[{' '.join(values or ())}]"
