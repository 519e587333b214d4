"""Faults of memory, CPU, files and what else a program may use up."""

from itertools import chain

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    alert,
    app,
    container,
    crashing,
    ended,
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
)
from tests.diagnose.signals import climb, level, rate, signal
from tests.diagnose.signals import named as entity
from tests.faults.neighbours import caller, edit, listening, refused, serves, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

BOX = "container app"


def limits(**most: str) -> Json:
    """Resources of a container with these limits."""
    return {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": most}


def killed(name: str = "app", restarts: int = 6) -> Json:
    """A container that the kernel killed for its memory."""
    return crashing(name, 137, restarts=restarts, reason="OOMKilled", ran=40)


@fault(
    "oom-limit-low",
    "Deployment/shop/app",
    says="64Mi",
    alert=alert("KubePodCrashLooping", namespace="shop", pod="app-2-0", container="app"),
)
def limit_too_low() -> Inventory:
    objects = [
        *app(
            revisions=[
                (20 * DAY, container(resources=limits(memory="256Mi"))),
                (900, container(resources=limits(memory="64Mi"))),
            ],
            pods=[killed(), killed()],
        ),
        service(),
        *caller(),
    ]
    found = seen(*objects, logs=[web_says(objects, refused())])
    near = level((10_800, 0.3), (890, 0.97), stray=0.02)
    found.signals.append(signal(Measure.MEMORY, near, Unit.SHARE, about=BOX, limit=64 * 2**20))
    return found


@fault("memory-leak-app", "Deployment/shop/app", says="memory")
def leak() -> Inventory:
    status = running(since=1500)
    status |= {"restartCount": 7, "lastState": ended(137, since=1500, ran=9000, reason="OOMKilled")}
    objects = [
        *app(revisions=[(20 * DAY, container(resources=limits(memory="4Gi")))], pods=[status]),
        service(),
        *caller(),
    ]
    words = "java.lang.OutOfMemoryError: Java heap space\n\tat com.shop.Cache.put(Cache.java:88)\n"
    found = seen(*objects, logs=[log(named(objects, "Pod"), words, previous=True)])
    found.signals.append(signal(Measure.MEMORY, climb(0.03, 0.97), Unit.SHARE, about=BOX))
    return found


@fault("valkey-oom-sidecar", "Deployment/shop/valkey", says="OOM")
def memory_eater() -> Inventory:
    old = container(
        "valkey",
        image="registry.example.com/valkey:8",
        **listening(6379),
        resources=limits(memory="20Mi"),
    )
    new = {
        **old,
        "command": ["sh", "-c", "python3 /opt/eat.py & exec valkey-server"],
        "volumeMounts": [{"name": "extra", "mountPath": "/opt"}],
    }
    objects = [
        *app(
            "valkey",
            revisions=[(20 * DAY, old), (700, new)],
            pods=[killed("valkey")],
        ),
        make(
            "ConfigMap", "extra", age=720, data={"eat.py": "x = []\nwhile True: x.append(' ' * 9)"}
        ),
        serves("valkey", 6379),
        *caller("valkey", 6379),
    ]
    return seen(*objects, logs=[web_says(objects, refused("valkey", 6379))])


@fault("valkey-oom-flood", "Deployment/shop/importer", says="cache memory")
def cache_flood() -> Inventory:
    flood = [{"name": "TARGET", "value": "valkey:6379"}]
    objects = [
        *app(
            "valkey",
            revisions=[
                (
                    20 * DAY,
                    container("valkey", image="registry.example.com/valkey:8", **listening(6379)),
                )
            ],
            pods=[running("valkey", since=9 * DAY)],
        ),
        serves("valkey", 6379),
        *caller("valkey", 6379),
        *app(
            "importer", revisions=[(700, container(env=flood))], pods=[running(since=690)], age=700
        ),
    ]
    words = "ERROR OOM command not allowed when used memory > 'maxmemory'."
    found = seen(*objects, logs=[web_says(objects, words)])
    full = level((10_800, 0.3), (600, 0.999), stray=0.001)
    found.signals.append(signal(Measure.CACHE_MEMORY, full, Unit.SHARE, entity("valkey")))
    return found


@fault("limits-removed", "Deployment/shop/app", says="limit")
def limits_removed() -> Inventory:
    old, bare = container(), container(resources={})
    eater = app(revisions=[(20 * DAY, old), (2400, bare)], pods=[running(since=2390)])
    other = app("web", pods=[running()])
    low = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 71Mi. "
        "Container app was using 120Mi, request is 128Mi, has larger consumption of memory."
    )
    gone = pod(
        "web-1-gone",
        labels={"app": "web"},
        owner=named(other, "ReplicaSet"),
        status={**ended(137, since=300), "name": "app", "ready": False, "restartCount": 0},
        phase="Failed",
        age=DAY,
    )
    gone["status"] |= {"reason": "Evicted", "message": low}
    pressure = {
        "type": "MemoryPressure",
        "status": "True",
        "reason": "KubeletHasInsufficientMemory",
        "message": "kubelet has insufficient memory available",
        "lastTransitionTime": ago(320),
    }
    objects = [*eater, *other, gone, node(conditions=[pressure]), event(gone, "Evicted", low)]
    found = seen(*objects)
    grows = climb(2e8, 13e9)
    found.signals.append(signal(Measure.MEMORY, grows, Unit.BYTES, about=BOX))
    short = level((10_800, 0.5), (900, 0.98), stray=0.01)
    found.signals.append(signal(Measure.NODE_MEMORY, short, Unit.SHARE, entity("node-1", "Node")))
    return found


@fault(
    "cpu-throttle",
    "Deployment/shop/app",
    says="CPU limit",
    alert=alert("CPUThrottlingHigh", namespace="shop", pod="app-2-0", container="app"),
)
def throttled() -> Inventory:
    objects = [
        *app(
            revisions=[
                (20 * DAY, container(resources=limits(cpu="1", memory="256Mi"))),
                (900, container(resources=limits(cpu="50m", memory="256Mi"))),
            ],
            pods=[running(since=890)],
        ),
        service(),
        *caller(),
    ]
    found = seen(*objects)
    slow = level((10_800, 0.08), (880, 0.9))
    found.signals += [
        signal(Measure.THROTTLING, level((10_800, 0.01), (880, 0.85)), Unit.SHARE, about=BOX),
        signal(Measure.LATENCY, slow, Unit.SECONDS),
        signal(Measure.LATENCY, slow, Unit.SECONDS, entity("web")),
        rate(),
    ]
    return found


@fault("gc-setting-low", "Deployment/shop/app", "Deployment/shop/cart", says="GOGC")
def gc_setting() -> Inventory:
    low = [{"name": "GOGC", "value": "1"}]
    names = ("app", "cart")
    changed = [
        app(
            name,
            revisions=[(20 * DAY, container()), (900, container(env=low))],
            pods=[running(since=890)],
        )
        for name in names
    ]
    found = seen(*chain(*changed), service(), service("cart", ip="10.96.0.8"), *caller())
    for name in names:
        one = entity(name)
        runs, share = level((10_800, 0.1), (870, 30)), level((10_800, 0.01), (870, 0.5))
        slow, busy = level((10_800, 0.05), (870, 0.8)), level((10_800, 0.2), (870, 0.9))
        found.signals += [
            signal(Measure.GC_RUNS, runs, Unit.PER_SECOND, one, about=BOX),
            signal(Measure.GC, share, Unit.SHARE, one, about=BOX),
            signal(Measure.CPU, busy, Unit.CORES, one, about=BOX),
            signal(Measure.LATENCY, slow, Unit.SECONDS, one),
        ]
    return found


@fault("cron-squeezes-memory", "Deployment/shop/app", says="cronjob ops/cost-saver")
def squeezed() -> Inventory:
    def at(memory: str) -> Json:
        return container(resources=limits(memory=memory))

    managed = edit(
        1200,
        {"f:spec": {"f:template": {"f:spec": {"f:containers": {}}}}},
        by="kubectl-patch",
    )
    patch = 'kubectl -n shop patch deployment app -p "$(cat /patch/patch.json)"'
    job = {
        "serviceAccountName": "cost-saver",
        "containers": [container("patch", command=["sh", "-c", patch])],
        "restartPolicy": "Never",
    }
    objects = [
        *app(
            revisions=[
                (2 * DAY, at("256Mi")),
                (DAY + 1200, at("16Mi")),
                (DAY, at("256Mi")),
                (1200, at("16Mi")),
            ],
            pods=[killed()],
            managed=managed,
        ),
        service(),
        *caller(),
        make(
            "CronJob",
            "cost-saver",
            namespace="ops",
            age=9 * DAY,
            spec={
                "schedule": "40 2 * * *",
                "jobTemplate": {"spec": {"template": {"spec": job}}},
            },
            status={"lastScheduleTime": ago(1200), "lastSuccessfulTime": ago(1195)},
        ),
        make(
            "RoleBinding",
            "cost-saver",
            age=9 * DAY,
            roleRef={"kind": "Role", "name": "patcher"},
            subjects=[{"kind": "ServiceAccount", "name": "cost-saver", "namespace": "ops"}],
        ),
        make(
            "Role",
            "patcher",
            age=9 * DAY,
            rules=[
                {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}
            ],
        ),
    ]
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("dev-shm-full", "Deployment/shop/app", says="No space left on device")
def shared_memory() -> Inventory:
    objects = [
        *app(pods=[crashing(code=1), crashing(code=1)]),
        service(),
        *caller(),
        node(),
    ]
    words = (
        "Traceback (most recent call last):\n"
        '  File "/srv/train.py", line 51, in <module>\n'
        "    batch = shared(size)\n"
        "OSError: [Errno 28] No space left on device: '/dev/shm/torch_77_1'\n"
    )
    logs = [log(named(objects, "Pod"), words, previous=True), web_says(objects, refused())]
    return seen(*objects, logs=logs)


@fault("fd-exhaustion", "Deployment/shop/app", says="open")
def open_files() -> Inventory:
    objects = [
        *app(pods=[running(since=9 * DAY), running(since=9 * DAY)]),
        service(),
        *caller(),
    ]
    words = "http: Accept error: accept tcp [::]:8080: accept4: too many open files; retrying in 1s"
    found = seen(
        *objects,
        logs=[
            log(named(objects, "Pod"), lines(words)),
            web_says(objects, 'ERROR Get "http://app:80/": EOF'),
        ],
    )
    full = level((10_800, 0.1), (600, 0.995), stray=0.004)
    found.signals.append(signal(Measure.FDS, full, Unit.SHARE, about=BOX))
    return found
