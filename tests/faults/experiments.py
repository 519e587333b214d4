"""Experiments that break something on purpose."""

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    app,
    container,
    crashing,
    event,
    lines,
    log,
    make,
    named,
    running,
    seen,
    service,
)
from tests.diagnose.signals import level, signal
from tests.diagnose.signals import named as entity
from tests.faults.neighbours import caller, edit, refused, web_says
from tests.faults.resources import BOX, killed
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit


def experiment(kind: str, name: str, selects: str, since: float = 600, **spec: object) -> Json:
    """A running experiment of Chaos Mesh."""
    selector = {"namespaces": ["shop"], "labelSelectors": {"app": selects}}
    return make(
        kind,
        name,
        namespace="chaos-mesh",
        age=since,
        spec={"mode": "all", "selector": selector, **spec},
        status={
            "conditions": [
                {"type": "Selected", "status": "True"},
                {"type": "AllInjected", "status": "True"},
                {"type": "Paused", "status": "False"},
            ],
            "experiment": {
                "desiredPhase": "Run",
                "containerRecords": [
                    {
                        "id": f"shop/{selects}-1-0",
                        "phase": "Injected",
                        "selectorKey": ".",
                        "injectedCount": 1,
                    }
                ],
            },
        },
    )


@fault("stress-memory", "StressChaos/chaos-mesh/burn-memory", says="burn-memory")
def memory_stress() -> Inventory:
    objects = [
        *app(pods=[killed()]),
        service(),
        *caller(),
        experiment("StressChaos", "burn-memory", "app", stressors={"memory": {"workers": 4}}),
    ]
    found = seen(*objects, logs=[web_says(objects, refused())])
    jump = level((10_800, 0.4), (590, 0.99), stray=0.01)
    found.signals.append(signal(Measure.MEMORY, jump, Unit.SHARE, about=BOX))
    return found


@fault("jvm-heap-stress", "JVMChaos/chaos-mesh/fill-heap", says="fill-heap")
def heap_stress() -> Inventory:
    objects = [
        *app(pods=[running(since=9 * DAY)]),
        service(),
        *caller(),
        experiment("JVMChaos", "fill-heap", "app", action="stress", memType="heap"),
    ]
    words = "ERROR Handler dispatch failed: java.lang.OutOfMemoryError: Java heap space"
    found = seen(
        *objects,
        logs=[
            log(named(objects, "Pod"), lines(words)),
            web_says(objects, "ERROR GET http://app:80/api answered 500 Internal Server Error"),
        ],
    )
    heap = level((10_800, 0.5), (580, 0.98), stray=0.01)
    found.signals += [
        signal(Measure.HEAP, heap, Unit.SHARE, about=BOX),
        signal(Measure.GC, level((10_800, 0.01), (580, 0.6)), Unit.SHARE, about=BOX),
    ]
    return found


@fault("stress-cpu", "StressChaos/chaos-mesh/burn-cpu", says="burn-cpu")
def cpu_stress() -> Inventory:
    objects = [
        *app(pods=[running(since=9 * DAY)]),
        service(),
        *caller(),
        experiment("StressChaos", "burn-cpu", "app", stressors={"cpu": {"workers": 8}}),
    ]
    found = seen(*objects)
    slow = level((10_800, 0.08), (580, 1.9))
    found.signals += [
        signal(Measure.CPU, level((10_800, 0.2), (590, 1.0), stray=0.01), Unit.SHARE, about=BOX),
        signal(Measure.LATENCY, slow, Unit.SECONDS),
        signal(Measure.LATENCY, slow, Unit.SECONDS, entity("web")),
    ]
    return found


def young(objects: list[Json], *ages: float) -> None:
    """Let the pods of `app` be of these ages."""
    mine = (one for one in objects if one["metadata"]["name"].startswith("app-1-"))
    for one, age in zip(mine, ages, strict=False):
        one["metadata"]["creationTimestamp"] = one["status"]["startTime"] = ago(age)


@fault("pod-kill", "PodChaos/chaos-mesh/kill-app", says="kill-app")
def pod_kill() -> Inventory:
    objects = [
        *app(pods=[running(since=50), running(ready=False, since=4)]),
        service(),
        *caller(),
        experiment("PodChaos", "kill-app", "app", action="pod-kill"),
    ]
    young(objects, 55, 6)
    made = named(objects, "ReplicaSet")
    first = named(objects, "Pod")
    events = [
        event(made, "SuccessfulCreate", "Created pod: app-1-1", since=6, count=14),
        event(made, "SuccessfulDelete", "Deleted pod: app-1-9", since=7, count=13),
        event(first, "Killing", "Stopping container app", since=60, count=1),
    ]
    return seen(*objects, *events, logs=[web_says(objects, refused())])


@fault("pod-failure", "PodChaos/chaos-mesh/fail-app", says="fail-app")
def pod_failure() -> Inventory:
    status = running(ready=False, since=580) | {"restartCount": 1}
    objects = [
        *app(revisions=[(9 * DAY, container())], pods=[status]),
        service(),
        *caller(),
        experiment("PodChaos", "fail-app", "app", action="pod-failure"),
    ]
    broken = named(objects, "Pod")
    probe = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10}
    pause = container(image="registry.example.com/pause:3.9", readinessProbe=probe)
    broken["spec"] = {**broken["spec"], "containers": [pause]}
    image: Json = {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}
    broken["metadata"]["managedFields"] = edit(595, {"f:spec": image}, "chaos-controller-manager")
    words = 'Readiness probe failed: Get "http://10.244.1.7:8080/": connect: connection refused'
    return seen(
        *objects,
        event(broken, "Unhealthy", words, count=50),
        logs=[web_says(objects, refused())],
    )


@fault("container-kill", "PodChaos/chaos-mesh/kill-container", says="kill-container")
def container_kill() -> Inventory:
    dying = crashing(code=137, restarts=9, since=20, ran=30)
    objects = [
        *app(revisions=[(9 * DAY, container())], pods=[dying]),
        service(),
        *caller(),
        experiment(
            "PodChaos", "kill-container", "app", action="container-kill", containerNames=["app"]
        ),
    ]
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("kernel-fault", "KernelChaos/chaos-mesh/no-memory", says="no-memory")
def kernel_fault() -> Inventory:
    objects = [
        *app(pods=[running(since=9 * DAY)]),
        service(),
        *caller(),
        experiment("KernelChaos", "no-memory", "app", failKernRequest={"failtype": 0}),
    ]
    words = "ERROR mount /data failed: mount(2) system call failed: Cannot allocate memory."
    logs = [
        log(named(objects, "Pod"), lines(words)),
        web_says(objects, "ERROR GET http://app:80/api answered 500 Internal Server Error"),
    ]
    return seen(*objects, logs=logs)


@fault("jvm-return", "JVMChaos/chaos-mesh/return-null", says="return-null")
def returns_null() -> Inventory:
    objects = [
        *app(pods=[running(since=9 * DAY)]),
        service(),
        *caller(),
        experiment("JVMChaos", "return-null", "app", action="return", value="null"),
    ]
    words = (
        "2026-03-04T02:59:{:02d}Z ERROR Servlet.service() for servlet threw exception\n"
        'java.lang.NullPointerException: Cannot invoke "Price.amount()" because "price" is null\n'
        "\tat com.shop.Cart.total(Cart.java:41)\n"
    )
    told = "".join(words.format(second) for second in range(0, 60, 3))
    logs = [
        log(named(objects, "Pod"), told),
        web_says(objects, "ERROR GET http://app:80/api answered 500 Internal Server Error"),
    ]
    return seen(*objects, logs=logs)
