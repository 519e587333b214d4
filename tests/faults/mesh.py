"""Faults of a service mesh."""

from tests.diagnose.build import DAY, Json, make
from tests.faults.neighbours import edit
from tests.faults.scenes import fault
from tests.faults.stage import failing, pod_of, program, rose, says, watched, well

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

AMBIENT = {"ambient.istio.io/redirection": "enabled"}


def meshed(objects: list[Json], *names: str) -> list[Json]:
    """Take pods into the mesh."""
    for name in names:
        pod_of(objects, name)["metadata"]["annotations"] = dict(AMBIENT)
    return objects


def space(name: str = "shop", **labels: str) -> Json:
    """A namespace."""
    return make("Namespace", name, age=90 * DAY, labels=labels)


@fault(
    "istio-authz-deny",
    "AuthorizationPolicy/shop/deny-web",
    says="denies",
    alert="HighErrorRate shop/web",
)
def deny() -> Inventory:
    rules = [{"from": [{"source": {"namespaces": ["shop"]}}]}]
    spec = {
        "selector": {"matchLabels": {"app": "app"}},
        "action": "DENY",
        "rules": rules,
    }
    policy = make("AuthorizationPolicy", "deny-web", age=500, spec=spec)
    objects = meshed(
        [*program("web", "app", "mail"), *program("app"), *program("mail")], "web", "app"
    )
    label = {"istio.io/dataplane-mode": "ambient"}
    words = 'level=error msg="GET http://app:80/api: 403 Forbidden: RBAC: access denied"'
    signals = [
        rose(Measure.CLIENT_ERRORS, "app", 0.001, 0.99, 480),
        *failing("web", 0.5, 470),
        *well("mail"),
    ]
    return watched(
        *objects,
        policy,
        space(**label),
        logs=[says(objects, "web", words)],
        signals=signals,
    )


@fault(
    "istio-strict-mtls",
    "PeerAuthentication/shop/default",
    says="STRICT",
    alert="HighErrorRate shop/web",
)
def strict() -> Inventory:
    policy = make(
        "PeerAuthentication",
        "default",
        age=40 * DAY,
        spec={"mtls": {"mode": "STRICT"}},
        managed=edit(500, {"f:spec": {"f:mtls": {}}}),
    )
    objects = meshed(
        [*program("web", "app"), *program("app"), *program("mail", "app")], "app", "mail"
    )
    words = (
        'level=error msg="call failed" err="Get \\"http://app:80/\\": read tcp '
        '10.244.1.9:41220->10.96.1.20:80: read: connection reset by peer"'
    )
    signals = [*failing("web", 0.99, 480), *well("mail")]
    return watched(*objects, policy, space(), logs=[says(objects, "web", words)], signals=signals)


@fault("istio-ambient-off", "Namespace/shop", says="ambient", alert="NoRequestsReceived shop/app")
def ambient_off() -> Inventory:
    objects = [*program("web", "app"), *program("app")]
    meshed(objects, "web")
    left = space(**{"istio.io/dataplane-mode": "none"})
    left["metadata"]["managedFields"] = edit(
        900, {"f:metadata": {"f:labels": {"f:istio.io/dataplane-mode": {}}}}
    )
    signals = [
        rose(Measure.RATE, "app", 20, 0, 880, Unit.PER_SECOND),
        rose(Measure.RATE, "web", 20, 0, 880, Unit.PER_SECOND),
    ]
    return watched(*objects, left, signals=signals)
