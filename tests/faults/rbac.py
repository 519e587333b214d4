"""Faults of rights."""

from tests.diagnose.build import DAY, Json, ago, crashing, log, make, node, waiting
from tests.faults.neighbours import edit
from tests.faults.scenes import fault
from tests.faults.stage import pod_of, program, says, watched

from sreagent.domain.inventory import Inventory

ACCOUNT = "system:serviceaccount:shop:app"


def bound(rules: list[Json], edited: float | None = None) -> list[Json]:
    """A role, and who has it."""
    managed = edit(edited, {"f:rules": {}}) if edited else []
    subjects = [{"kind": "ServiceAccount", "name": "app", "namespace": "shop"}]
    return [
        make("ServiceAccount", "app"),
        make("Role", "app-reader", age=30 * DAY, rules=rules, managed=managed),
        make(
            "RoleBinding",
            "app-reader",
            roleRef={"kind": "Role", "name": "app-reader"},
            subjects=subjects,
        ),
    ]


def rule(*verbs: str, of: str = "configmaps") -> Json:
    return {"apiGroups": [""], "resources": [of], "verbs": list(verbs)}


@fault("rbac-configmap", "Role/shop/app-reader", says="configmaps")
def configmap() -> Inventory:
    account = {"serviceAccountName": "app", "initContainers": [{"name": "fetch", "image": "a"}]}
    objects = [
        *program("web", "app"),
        *program("app", spec=account, pods=[waiting("PodInitializing")]),
        *bound([rule("list", of="pods")], edited=700),
        node(),
    ]
    broken = pod_of(objects, "app")
    broken["metadata"]["creationTimestamp"] = broken["status"]["startTime"] = ago(600)
    broken["status"]["phase"] = "Pending"
    broken["status"]["initContainerStatuses"] = [crashing("fetch", 1)]
    words = (
        f'Error from server (Forbidden): configmaps "app-config" is forbidden: User "{ACCOUNT}" '
        'cannot get resource "configmaps" in API group "" in the namespace "shop"\n'
    )
    own = log(broken, words, container="fetch", previous=True)
    return watched(*objects, logs=[own])


@fault("rbac-missing-verb", "Role/shop/app-reader", says="list")
def missing_verb() -> Inventory:
    objects = [
        *program("app", spec={"serviceAccountName": "app"}),
        *program("mail"),
        *bound([rule("get", of="pods")], edited=700),
    ]
    words = (
        "E0304 02:58:11.201 1 reflector.go:150] pkg/mod/k8s.io/client-go/tools/cache: Failed to "
        f'watch *v1.Pod: failed to list *v1.Pod: pods is forbidden: User "{ACCOUNT}" cannot list '
        'resource "pods" in API group "" in the namespace "shop"'
    )
    return watched(*objects, logs=[says(objects, "app", words)])


@fault(
    "finalizer-deadlock", "Role/shop/app-reader", says="patch", alert="StuckDeleting shop/settings"
)
def finalizer() -> Inventory:
    objects = [
        *program("app", spec={"serviceAccountName": "app"}),
        *program("mail"),
        *bound([rule("get", "list", "watch")], edited=900),
    ]
    stuck = make(
        "ConfigMap",
        "settings",
        age=30 * DAY,
        data={},
        finalizers=["app.example.com/cleanup"],
        deletionTimestamp=ago(800),
    )
    words = (
        '{"level":"error","logger":"controller","msg":"Reconciler error","error":"configmaps '
        f'\\"settings\\" is forbidden: User \\"{ACCOUNT}\\" cannot patch resource \\"configmaps\\" '
        'in API group \\"\\" in the namespace \\"shop\\""}'
    )
    return watched(*objects, stuck, logs=[says(objects, "app", words)])
