"""Which paths of the API server `get --raw` may ask for."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from sreagent.tools.lines.kubectl_objects import holds_secrets
from sreagent.tools.lines.kubectl_values import NAME, RIGHTS_NAME
from sreagent.tools.lines.objection import Objection, Rule

_HEALTH = re.compile(r"/(?:healthz|livez|readyz)(?:/[A-Za-z0-9._-]{1,120}){0,3}")
_PLAIN = frozenset(
    {
        "/.well-known/openid-configuration",
        "/api",
        "/api/v1",
        "/apis",
        "/metrics",
        "/metrics/slis",
        "/openapi/v2",
        "/openapi/v3",
        "/openid/v1/jwks",
        "/version",
    }
)
_OPENAPI = re.compile(r"/openapi/v3/(?:api/v1|apis/[a-z0-9.-]{1,253}(?:/v[a-z0-9]{1,30})?)")
_GROUP = r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?"
_VERSION = r"v[0-9]{1,3}(?:(?:alpha|beta)[0-9]{1,3})?"
_DISCOVERY = re.compile(rf"/apis/{_GROUP}(?:/{_VERSION})?")
_BELOW_VERSION = re.compile(rf"/(?:api/v1|apis/{_GROUP}/{_VERSION})/(?P<rest>.+)")
_CUSTOM_METRICS = re.compile(
    r"/apis/custom\.metrics\.k8s\.io/v[12](?:beta[12])?(?:/namespaces/[a-z0-9-]{1,63})?"
    r"/(?P<resource>[a-z0-9.-]{1,253})/(?:\*|[a-z0-9][a-z0-9.-]{0,252})/[A-Za-z0-9_.:-]{1,200}"
)
_PLURAL = re.compile(r"[a-z][a-z0-9-]{0,62}")
_NO_RESOURCE = frozenset({"proxy", "watch", "redirect"})
"""Old prefixes under which the API server forwards or streams."""
_SUBRESOURCES = frozenset({"status", "scale"})
_LOG = re.compile(rf"/api/v1/namespaces/[a-z0-9-]{{1,63}}/pods/{_GROUP}/log")
_LOG_QUERY = re.compile(
    r"(?:timestamps|previous)=(?:true|false)|container=[a-z0-9-]{1,63}"
    r"|(?:tailLines|sinceSeconds|limitBytes)=[0-9]{1,9}"
)
_QUERY = re.compile(
    r"(?:verbose|verbose=(?:true|1)|exclude=[a-z0-9/_.-]{1,80}|limit=[0-9]{1,4}|pretty=(?:true|false)"
    r"|timeout=[0-9]{1,3}s|timeoutSeconds=[0-9]{1,3}"
    r"|(?:labelSelector|fieldSelector)=[A-Za-z0-9._/=!, ()-]{1,400})"
)


def raw_path(text: str) -> str:
    """The path with its query, as it was written.

    Raises:
        Objection: It is not one of those that show no credential and forward nothing.
    """
    if text in _PLAIN:
        return text
    path, mark, query = text.partition("?")
    if "%" in path or "//" in path or "/." in path or not path.startswith("/"):
        raise Objection(Rule.PATH, f"--raw {text!r}: write the path plainly, without % // or ..")
    if mark:
        _check_query(query, _LOG_QUERY if _LOG.fullmatch(path) else _QUERY)
    bare = path.rstrip("/")
    shown = (pattern.fullmatch(bare) for pattern in (_HEALTH, _OPENAPI, _DISCOVERY, _LOG))
    if bare not in _PLAIN and not any(shown) and not _measures(bare):
        _check_object(path)
    return text


def _measures(path: str) -> bool:
    """Whether it is a number that an autoscaler would ask for; `*` stands for every object."""
    found = _CUSTOM_METRICS.fullmatch(path)
    return found is not None and not holds_secrets(found["resource"])


def _check_query(query: str, taken: re.Pattern[str]) -> None:
    for part in query.split("&"):
        if not taken.fullmatch(unquote(part)):
            reason = f"--raw: {part!r} is not taken after `?`: verbose, limit, labelSelector, …"
            raise Objection(Rule.PATH, reason)


def _check_object(path: str) -> None:
    below = _BELOW_VERSION.fullmatch(path)
    if below is None:
        raise _not_listed(path)
    rest = below["rest"].split("/")
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in _SUBRESOURCES:
        if not NAME.fullmatch(rest[1]):
            raise _not_listed(path)
        rest = rest[2:]
    _check_resource(rest, path)


def _check_resource(rest: Sequence[str], path: str) -> None:
    resource = rest[0]
    if holds_secrets(resource):
        reason = "values of secrets are never read: write `kubectl get secrets` for their names"
        raise Objection(Rule.SECRET, reason)
    names = rest[1:2]
    deeper = rest[2:]
    good = (
        _PLURAL.fullmatch(resource) is not None
        and resource not in _NO_RESOURCE
        and all(RIGHTS_NAME.fullmatch(one) for one in names)
        and (not deeper or (len(deeper) == 1 and deeper[0] in _SUBRESOURCES))
    )
    if not good:
        raise _not_listed(path)


def _not_listed(path: str) -> Objection:
    reason = (
        f"--raw {path!r} is not on the list of paths that only show something: write /healthz, "
        "/readyz?verbose, /metrics, or the path of an object; no proxy, log or exec"
    )
    return Objection(Rule.PATH, reason)
