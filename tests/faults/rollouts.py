"""Faults that a rollout brings."""

from typing import Any

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    alert,
    app,
    container,
    crashing,
    log,
    named,
    node,
    running,
    seen,
    service,
    waiting,
)
from tests.diagnose.signals import level, rate, signal
from tests.diagnose.signals import named as entity
from tests.faults.neighbours import caller, refused, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

INITIALIZING = waiting("PodInitializing")


def rolled_out(init: Json, status: Json, *, pods: int = 1, **more: Any) -> list[Json]:
    """`app`, whose newest revision has an init container in this state."""
    objects = app(
        revisions=[(9 * DAY, container()), (1500, container())],
        pods=[INITIALIZING] * pods,
        spec={"initContainers": [init]},
        **more,
    )
    named(objects, "ReplicaSet")["spec"]["template"]["spec"].pop("initContainers")
    for one in objects:
        if one["kind"] == "Pod":
            one["status"] |= {"phase": "Pending", "initContainerStatuses": [status]}
    return [*objects, node(), service(), *caller()]


@fault(
    "rollout-strategy",
    "Deployment/shop/app",
    says="init container",
    alert=alert("KubeDeploymentRolloutStuck", namespace="shop", deployment="app"),
)
def takes_all_away() -> Inventory:
    stuck = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": 'ReplicaSet "app-2" has timed out progressing.',
        "lastTransitionTime": ago(900),
    }
    objects = rolled_out(
        container("hang", command=["sh", "-c", "sleep infinity"]),
        running("hang", ready=False, since=1480),
        pods=2,
        conditions=[stuck],
    )
    objects[0]["spec"]["strategy"] = {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 0},
    }
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("init-hang", "Deployment/shop/app", says="ghost-db")
def init_hangs() -> Inventory:
    wait = "until nslookup ghost-db.shop.svc.cluster.local; do echo waiting; sleep 2; done"
    objects = rolled_out(
        container("wait-for-db", command=["sh", "-c", wait]),
        running("wait-for-db", ready=False, since=1480),
    )
    words = (
        "Server:\t\t10.96.0.10\n"
        "** server can't find ghost-db.shop.svc.cluster.local: NXDOMAIN\n"
        "waiting\n"
    )
    logs = [
        log(named(objects, "Pod"), words * 30, container="wait-for-db"),
        web_says(objects, refused()),
    ]
    return seen(*objects, logs=logs)


@fault("init-crash", "Deployment/shop/app", says="wge")
def init_crashes() -> Inventory:
    fetch = "wge -q -O /data/seed.json http://web/seed.json"
    objects = rolled_out(
        container("fetch", command=["sh", "-c", fetch]), crashing("fetch", 127, restarts=7)
    )
    words = "sh: wge: not found\n"
    logs = [
        log(named(objects, "Pod"), words, container="fetch", previous=True),
        web_says(objects, refused()),
    ]
    return seen(*objects, logs=logs)


@fault(
    "bad-version-slow",
    "Deployment/shop/app",
    says="revision 2",
    alert=alert("HighLatency", namespace="shop", service="web"),
)
def slow_version() -> Inventory:
    new = container(image="registry.example.com/shop/app:2.0")
    objects = [
        *app(
            revisions=[(9 * DAY, container()), (900, new)],
            pods=[running(since=890), running(since=890)],
        ),
        service(),
        *caller(),
    ]
    words = "WARN GET http://app:80/api took 2041 ms"
    found = seen(*objects, logs=[web_says(objects, words)])
    found.signals += [
        rate(),
        signal(Measure.LATENCY, level((10_800, 0.05), (880, 2.0)), Unit.SECONDS),
        rate(entity=entity("web")),
        signal(Measure.LATENCY, level((10_800, 0.09), (870, 2.1)), Unit.SECONDS, entity("web")),
    ]
    return found
