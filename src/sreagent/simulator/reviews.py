"""The questions a client asks about its own rights."""

from sreagent.simulator.exchange import Identity
from sreagent.simulator.kinds import RULES_REVIEW, WHO_REVIEW, Kind
from sreagent.simulator.objects import Json

_READS = ("get", "list", "watch")
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def verb_of(method: str, name: str, watches: bool) -> str:
    """The verb of the API a request stands for."""
    if method in _VERBS:
        return "deletecollection" if method == "DELETE" and not name else _VERBS[method]
    if watches:
        return "watch"
    return "get" if name else "list"


def review(kind: Kind, body: Json, identity: Identity) -> Json:
    """The filled-in review."""
    head = {"kind": kind.name, "apiVersion": kind.api_version, "metadata": {}}
    if kind is WHO_REVIEW:
        user = {"username": identity.user, "groups": ["system:authenticated"]}
        return {**head, "status": {"userInfo": user}}
    spec = body.get("spec") or {}
    if kind is RULES_REVIEW:
        return {**head, "spec": spec, "status": _rules(identity)}
    asked = spec.get("resourceAttributes") or {}
    allowed = _is_allowed(identity, asked.get("verb", ""), asked.get("resource", ""))
    reason = "" if allowed else "the token may only read, and no secrets"
    return {**head, "spec": spec, "status": {"allowed": allowed, "reason": reason}}


def _is_allowed(identity: Identity, verb: str, resource: str) -> bool:
    return identity.may_write or (verb in _READS and resource != "secrets")


def _rules(identity: Identity) -> Json:
    verbs = ["*"] if identity.may_write else list(_READS)
    everything = {"verbs": verbs, "apiGroups": ["*"], "resources": ["*"]}
    paths = {"verbs": ["get"], "nonResourceURLs": ["*"]}
    return {"resourceRules": [everything], "nonResourceRules": [paths], "incomplete": False}
