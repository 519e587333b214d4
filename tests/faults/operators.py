"""Faults in what a custom resource asks of its operator, as its children show them."""

from typing import Any

from tests.diagnose.build import (
    DAY,
    Json,
    alert,
    app,
    container,
    event,
    lines,
    log,
    make,
    named,
    node,
    pod,
    running,
    seen,
    service,
    unschedulable,
)
from tests.faults.neighbours import caller, edit, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory

BY_OPERATOR = "db-controller-manager"
CLUSTER = {"kind": "DbCluster", "metadata": {"name": "main", "uid": "cr-main"}}


def database(replicas: int = 3, *, ready: int = 0, **more: Any) -> Json:
    """A StatefulSet that belongs to a custom resource."""
    template = {
        "metadata": {"labels": {"app": "db"}},
        "spec": {"containers": [container("db")], **more.pop("spec", {})},
    }
    return make(
        "StatefulSet",
        "main-db",
        age=more.pop("age", 900),
        owner=CLUSTER,
        labels={"app.kubernetes.io/managed-by": "db-operator"},
        spec={
            "replicas": replicas,
            "serviceName": "main-db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": template,
            **more.pop("fields", {}),
        },
        status={"replicas": ready, "readyReplicas": ready, **more.pop("status", {})},
        **more,
    )


def members(count: int) -> list[Json]:
    """Pods of the database that are well."""
    return [
        pod(
            f"main-db-{n}",
            labels={"app": "db"},
            owner=database(),
            spec={"containers": [container("db")]},
            status=running("db"),
        )
        for n in range(count)
    ]


def operator() -> list[Json]:
    """The operator itself, which is well."""
    return app(BY_OPERATOR, pods=[running(since=9 * DAY)])


def headless() -> Json:
    """The Service of the database."""
    made = service("main-db", selector={"app": "db"})
    made["spec"]["clusterIP"] = "None"
    return made


MISMATCH = alert(
    "KubeStatefulSetReplicasMismatch", namespace="shop", statefulset="main-db", severity="warning"
)


@fault("operator-overload-replicas", "DbCluster/shop/main", says="100000", alert=MISMATCH)
def overload() -> Inventory:
    words = "0/2 nodes are available: 2 Too many pods. preemption: 0/2 nodes are available."
    managed = edit(800, {"f:spec": {"f:replicas": {}}}, by=BY_OPERATOR)
    objects = database(
        100_000, ready=3, managed=managed, fields={"podManagementPolicy": "Parallel"}, age=9 * DAY
    )
    late = [
        pod(
            f"main-db-{n}",
            labels={"app": "db"},
            owner=objects,
            spec={"containers": [container("db")]},
            status={"name": "db", "ready": False, "restartCount": 0, "state": {}},
            phase="Pending",
            node="",
            age=700,
            conditions=[unschedulable(words)],
        )
        for n in range(3, 9)
    ]
    well = members(3)
    events = [event(one, "FailedScheduling", words) for one in late]
    return seen(objects, *late, *well, *events, *operator(), headless(), node(), node("node-2"))


@fault("operator-bad-toleration", "StatefulSet/shop/main-db", says="TAKE_SOME", alert=MISMATCH)
def bad_toleration() -> Inventory:
    words = (
        'create Pod main-db-0 in StatefulSet main-db failed error: Pod "main-db-0" is invalid: '
        'spec.tolerations[0].effect: Unsupported value: "TAKE_SOME_EFFECT": supported values: '
        '"NoSchedule", "PreferNoSchedule", "NoExecute"'
    )
    tolerations = [{"key": "x", "operator": "Exists", "effect": "TAKE_SOME_EFFECT"}]
    broken = database(spec={"tolerations": tolerations})
    objects = [broken, *operator(), headless(), *caller("main-db", 5432)]
    return seen(
        *objects,
        event(broken, "FailedCreate", words),
        logs=[web_says(objects, "ERROR dial tcp: lookup main-db on 10.96.0.10:53: no such host")],
    )


@fault(
    "operator-bad-storageclass",
    "PersistentVolumeClaim/shop/data-main-db-0",
    says="ultra-ssd",
    alert=MISMATCH,
)
def bad_storage_class() -> Inventory:
    claims = [{"metadata": {"name": "data"}, "spec": {"storageClassName": "ultra-ssd"}}]
    broken = database(fields={"volumeClaimTemplates": claims})
    claim = make(
        "PersistentVolumeClaim",
        "data-main-db-0",
        age=880,
        labels={"app": "db"},
        spec={"storageClassName": "ultra-ssd", "accessModes": ["ReadWriteOnce"]},
        status={"phase": "Pending"},
    )
    words = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-main-db-0"}}]
    late = pod(
        "main-db-0",
        labels={"app": "db"},
        owner=broken,
        spec={"containers": [container("db")], "volumes": volumes},
        status={"name": "db", "ready": False, "restartCount": 0, "state": {}},
        phase="Pending",
        node="",
        age=870,
        conditions=[unschedulable(words)],
    )
    events = [
        event(claim, "ProvisioningFailed", 'storageclass.storage.k8s.io "ultra-ssd" not found'),
        event(late, "FailedScheduling", words),
    ]
    standard = make("StorageClass", "standard", age=90 * DAY, provisioner="example.com/disk")
    return seen(broken, claim, late, *events, *operator(), headless(), standard, node())


@fault("operator-bad-runasuser", "StatefulSet/shop/main-db", says="runAsUser", alert=MISMATCH)
def bad_user() -> Inventory:
    words = (
        'create Pod main-db-0 in StatefulSet main-db failed error: Pod "main-db-0" is invalid: '
        "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, "
        "inclusive"
    )
    broken = database(spec={"securityContext": {"runAsUser": -1}})
    return seen(broken, *operator(), headless(), event(broken, "FailedCreate", words))


@fault(
    "operator-bad-update-strategy",
    "DbCluster/shop/main",
    says="SomeStrategy",
    alert=alert("DbClusterNotReconciled", namespace="shop", deployment=BY_OPERATOR),
)
def bad_strategy() -> Inventory:
    words = (
        'ERROR\tReconciler error\t{"controller": "dbcluster", "controllerGroup": "db.example.com", '
        '"controllerKind": "DbCluster", "DbCluster": {"name":"main","namespace":"shop"}, '
        '"namespace": "shop", "name": "main", "reconcileID": "5c1b6d5e", "error": '
        '"StatefulSet.apps \\"main-db\\" is invalid: spec.updateStrategy: Invalid value: '
        'apps.StatefulSetUpdateStrategy{Type:\\"SomeStrategyForUpdate\\"}: must be '
        "'RollingUpdate' or 'OnDelete'\"}"
    )
    objects = operator()
    return seen(
        *objects,
        database(ready=3, age=9 * DAY),
        *members(3),
        headless(),
        logs=[log(named(objects, "Pod"), lines(words))],
    )
