"""What a person decides always, however small the change is. No setting takes anything away here.

Told by the kind of the target, by the verb, and by names: of the target, its namespace, and what
the change would point at. Names are read broadly: to ask once too often is the cheaper mistake.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from sreagent.domain.action import Action
from sreagent.domain.verdict import Ask
from sreagent.policy.document import Named

SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
_SYSTEM = re.compile(r"kube-.*|openshift-.*|.*-system")
_FREE_TEXT = "comment"
"""The one argument that says nothing about what is touched."""
_COUNTS = ("replicas", "min_replicas", "max_replicas", "desired_count", "desired_capacity")


_WAYS = ((2,), (1, 2), (0, 2), (0, 1, 2))
"""How people write what they mean: name, kind/name, namespace/name, or all of it."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
"""Where a word begins in `CheckoutPayments`."""


def _parts(*stems: str, anywhere: str) -> re.Pattern[str]:
    """Matches parts of a name that begin with a stem, and telling words wherever they stand."""
    return re.compile(rf"(?:^|[^a-z0-9])(?:{'|'.join(stems)})|{anywhere}")


_BY_NAME = (
    (
        "payments",
        "it has to do with money",
        _parts(
            *("pay", "ledger", "wallet", "bank", "stripe", "adyen", "refund", "settlement"),
            *("money", "treasury", r"psp(?![a-z])"),
            anywhere=r"payment|billing|invoic|pay(?![a-z])",
        ),
    ),
    (
        "access",
        "it has to do with who may log in or do what",
        _parts(
            *("o?auth", "login", "signin", "sso", "oidc", "saml", "ldap", "iam", "rbac"),
            *("identity", "vault", r"dex(?![a-z])", "cognito", "token", "credential", "password"),
            *("permission", r"acl(?![a-z])", "jwt", r"mfa(?![a-z])", r"otp(?![a-z])", "secret"),
            anywhere="oauth|authn|authz|authenti|authori[sz]|keycloak|session-?token",
        ),
    ),
    (
        "security",
        "it is a security control",
        _parts(
            *("gatekeeper", "kyverno", "opa(?![a-z])", "falco", "waf(?![a-z])", "firewall"),
            *("cert-?manager", "admission", "network-?polic", "trivy", "guardduty"),
            *("sealed-secrets", "external-secrets", "kms(?![a-z])", "audit", "security"),
            *(r"certs?(?![a-z])", "certificate"),
            anywhere="networkpolic|firewall",
        ),
    ),
    (
        "schema",
        "it changes the schema of a database",
        _parts("schema", "flyway", "liquibase", "alembic", anywhere="migrat"),
    ),
    (
        "data",
        "it deletes, moves or saves data",
        _parts(
            *("restore", "cleanup", "clean-up", "retention", "prune", "truncate", "archiv"),
            *("delet", "erase", "gdpr", "vacuum"),
            anywhere="backup|purge",
        ),
    ),
    (
        "region",
        "it moves work between regions",
        _parts(r"dr(?![a-z])", anywhere="failover|disaster-?recovery"),
    ),
)
_BY_KIND: Mapping[str, tuple[str, str]] = {
    "NetworkPolicy": ("security", "it is a security control"),
    "PodSecurityPolicy": ("security", "it is a security control"),
    "ValidatingWebhookConfiguration": ("security", "it is a security control"),
    "MutatingWebhookConfiguration": ("security", "it is a security control"),
    "Secret": ("access", "it holds credentials"),
    "ServiceAccount": ("access", "it has to do with who may do what"),
    "Role": ("access", "it has to do with who may do what"),
    "RoleBinding": ("access", "it has to do with who may do what"),
    "ClusterRole": ("access", "it has to do with who may do what"),
    "ClusterRoleBinding": ("access", "it has to do with who may do what"),
    "PersistentVolume": ("data", "it holds data"),
    "PersistentVolumeClaim": ("data", "it holds data"),
    "Namespace": ("cluster", "a namespace belongs to everybody in it"),
    "CustomResourceDefinition": ("cluster", "every object of the kind depends on it"),
}
_BY_VERB: Mapping[str, tuple[str, str]] = {
    "drain": ("nodes", "every pod of the node has to move"),
    "silence": ("silence", "an alert is hidden from people"),
}


def escalate(action: Action, named: Named) -> Iterator[Ask]:
    """Speaks for whatever a person decides always; `named` is what the policy adds."""
    for slug, why in _matches(action, named):
        yield Ask(f"always/{slug}", f"{why}: a person decides, always")


def _matches(action: Action, named: Named) -> Iterator[tuple[str, str]]:
    target = action.target
    if any(_is_zero(action.arguments.get(name)) for name in _COUNTS):
        yield "zero", "scaling to zero takes it away"
    for table, key in ((_BY_VERB, action.verb), (_BY_KIND, target.kind)):
        if key in table:
            yield table[key]
    if target.namespace in SYSTEM_NAMESPACES or _SYSTEM.fullmatch(target.namespace):
        yield "system", f"{target.namespace} runs the cluster itself"
    if action.arguments.get("region"):
        yield "region", "it names a region of its own"
    words = tuple(_HUMP.sub("-", word).lower() for word in _words(action))
    for slug, why, pattern in _BY_NAME:
        if found := next(filter(pattern.search, words), ""):
            yield slug, f"{why} ({found[:80]})"
    if covers(named, action):
        yield "named", "the policy names it"


def covers(named: Named, action: Action) -> bool:
    """Whether a list of names and namespaces holds the target."""
    target = action.target
    full = (target.namespace, target.kind, target.name)
    ways = {"/".join(full[place] for place in way) for way in _WAYS}
    return any(matches(one, named.names) for one in ways) or in_namespaces(named.namespaces, action)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns matches; they only tighten, so case does not count."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def in_namespaces(patterns: tuple[str, ...], action: Action) -> bool:
    """Whether the target lies in one of these; a namespace as a target lies in itself."""
    target = action.target
    space = target.name if target.kind == "Namespace" else target.namespace
    return matches(space, patterns)


def _is_zero(value: object) -> bool:
    return isinstance(value, int) and value == 0


def _words(action: Action) -> Iterator[str]:
    """Every name that the change touches or would point at."""
    yield action.target.namespace
    yield action.target.name
    for name, value in action.arguments.items():
        if name != _FREE_TEXT:
            yield from _texts(value)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
