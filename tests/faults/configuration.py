"""Faults of configuration."""

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
    node,
    pod,
    running,
    seen,
    service,
    unschedulable,
    waiting,
)
from tests.diagnose.signals import level, rate, signal
from tests.diagnose.signals import named as entity
from tests.faults.neighbours import caller, edit, refused, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

MOUNT: Json = {"volumeMounts": [{"name": "config", "mountPath": "/etc/app"}]}
VOLUME: Json = {"volumes": [{"name": "config", "configMap": {"name": "app-config"}}]}


def settings(since: float, data: Json, key: str = "config.yaml") -> Json:
    """The ConfigMap of `app`, edited so long ago."""
    managed = edit(since, {"f:data": {f"f:{key}": {}}})
    return make("ConfigMap", "app-config", age=30 * DAY, data=data, managed=managed)


def secret(name: str, since: float | None = None) -> Json:
    """A Secret, edited so long ago; its values are never read."""
    managed = edit(since, {"f:data": {"f:password": {}}}) if since else []
    return make("Secret", name, age=30 * DAY, managed=managed)


def by_secret(key: str = "DB_PASSWORD") -> list[Json]:
    """A variable that a Secret fills."""
    ref = {"name": "db-credentials", "key": "password"}
    return [{"name": key, "valueFrom": {"secretKeyRef": ref}}]


@fault("env-missing", "Deployment/shop/app", says="DEPLOY_ENV")
def env_missing() -> Inventory:
    known = [{"name": "DEPLOY_ENV", "value": "production"}, {"name": "PORT", "value": "8080"}]
    objects = [
        *app(
            revisions=[(9 * DAY, container(env=known)), (300, container(env=known[1:]))],
            pods=[crashing(), crashing()],
        ),
        service(),
        *caller(),
    ]
    words = (
        "/srv/app/config.js:14\n    throw new Error('DEPLOY_ENV is not set');\n    ^\n\n"
        "Error: DEPLOY_ENV is not set\n    at Object.<anonymous> (/srv/app/config.js:14:11)\n"
    )
    logs = [log(named(objects, "Pod"), words, previous=True), web_says(objects, refused())]
    return seen(*objects, logs=logs)


@fault("env-wrong-port", "Deployment/shop/web", says="8082")
def env_wrong_port() -> Inventory:
    def calling(port: int) -> Json:
        return container(env=[{"name": "CATALOG_ADDR", "value": f"catalog:{port}"}])

    objects = [
        *app("web", revisions=[(9 * DAY, calling(80)), (600, calling(8082))]),
        service("web", ip="10.96.0.3"),
        *app("catalog"),
        service("catalog", ip="10.96.0.9"),
    ]
    words = 'rpc error: code = Unavailable desc = "transport: error while dialing: dial tcp '
    return seen(
        *objects,
        logs=[web_says(objects, words + '10.96.0.9:8082: connect: connection refused"')],
    )


@fault("env-wrong-port-plus-node", "Deployment/shop/web", says="8082")
def env_wrong_port_and_node() -> Inventory:
    def calling(port: int) -> Json:
        return container(env=[{"name": "CATALOG_ADDR", "value": f"catalog:{port}"}])

    web = app(
        "web",
        revisions=[(9 * DAY, calling(80)), (1200, calling(8082))],
        pods=[running(since=1190)],
        replicas=2,
        spec={"nodeSelector": {"pool": "blue"}},
    )
    words = (
        "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. "
        "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    )
    late = pod(
        "web-2-x",
        labels={"app": "web"},
        owner=named(web, "ReplicaSet", 1),
        spec={"containers": [calling(8082)], "nodeSelector": {"pool": "blue"}},
        status={"name": "app", "ready": False, "restartCount": 0, "state": {}},
        phase="Pending",
        node="",
        age=900,
        conditions=[unschedulable(words)],
    )
    objects = [
        *web,
        late,
        service("web", ip="10.96.0.3"),
        *app("catalog"),
        service("catalog", ip="10.96.0.9"),
        node(),
        node("node-2"),
        event(late, "FailedScheduling", words),
    ]
    dial = 'rpc error: code = Unavailable desc = "transport: error while dialing: dial tcp '
    return seen(
        *objects, logs=[web_says(objects, dial + '10.96.0.9:8082: connect: connection refused"')]
    )


@fault("env-shadowed", "Deployment/shop/app", says="FRONTEND_HOST")
def env_shadowed() -> Inventory:
    old = [{"name": "FRONTEND_HOST", "value": "frontend"}]
    new = [*old, {"name": "PORT", "value": "8080"}, {"name": "FRONTEND_HOST", "value": "localhost"}]
    objects = [
        *app(revisions=[(9 * DAY, container(env=old)), (700, container(env=new))]),
        service(),
        *app("frontend"),
        service("frontend", ip="10.96.0.9"),
        *caller(),
    ]
    words = (
        "[error] 31#31: *12 connect() failed (111: Connection refused) while connecting to "
        'upstream, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8080/"'
    )
    logs = [
        log(named(objects, "Pod"), lines(words)),
        web_says(objects, "ERROR GET http://app:80/ answered 503 Service Unavailable"),
    ]
    return seen(*objects, logs=logs)


@fault("configmap-missing", "ConfigMap/shop/app-config", says="does not exist")
def configmap_missing() -> Inventory:
    status = waiting("ContainerCreating")
    objects = [
        *app(
            revisions=[(9 * DAY, container(**MOUNT))],
            pods=[status, status],
            spec=VOLUME,
        ),
        service(),
        *caller(),
    ]
    words = 'MountVolume.SetUp failed for volume "config" : configmap "app-config" not found'
    pods = [one for one in objects if one["kind"] == "Pod"][:2]
    for one in pods:
        one["metadata"]["creationTimestamp"] = ago(600)
    events = [event(one, "FailedMount", words) for one in pods]
    return seen(*objects, *events, logs=[web_says(objects, refused())])


@fault("configmap-key-missing", "ConfigMap/shop/app-config", says="GeoMongoAddress")
def configmap_key_missing() -> Inventory:
    objects = [
        *app(
            revisions=[(9 * DAY, container(**MOUNT))],
            pods=[crashing(code=2, since=30)],
            spec=VOLUME,
        ),
        settings(400, {"config.yaml": "Port: 8080\n"}),
        service(),
        *caller(),
    ]
    for one in objects:
        if one["kind"] == "Pod" and one["metadata"]["name"].startswith("app"):
            one["metadata"]["creationTimestamp"] = one["status"]["startTime"] = ago(300)
    words = (
        "INF Reading config file /etc/app/config.yaml\n"
        'panic: config key "GeoMongoAddress" is not set in /etc/app/config.yaml\n\n'
        "goroutine 1 [running]:\nmain.main()\n\t/workspace/cmd/geo/main.go:41 +0x5b\n"
    )
    logs = [log(named(objects, "Pod"), words, previous=True), web_says(objects, refused())]
    return seen(*objects, logs=logs)


@fault("configmap-malformed", "ConfigMap/shop/app-config", says="app-config")
def configmap_malformed() -> Inventory:
    objects = app(
        revisions=[(9 * DAY, container(**MOUNT))],
        pods=[waiting("PodInitializing")],
        spec={"initContainers": [container("setup", **MOUNT)], **VOLUME},
    )
    broken = named(objects, "Pod")
    broken["metadata"]["creationTimestamp"] = broken["status"]["startTime"] = ago(300)
    broken["status"]["phase"] = "Pending"
    broken["status"]["initContainerStatuses"] = [crashing("setup", 1, since=20)]
    words = (
        "Traceback (most recent call last):\n"
        '  File "/setup/load.py", line 9, in <module>\n'
        '    settings = json.load(open("/etc/app/flags.json"))\n'
        "json.decoder.JSONDecodeError: Unterminated string starting at: line 8112 column 14 "
        "(char 1048523)\n"
    )
    data = {"flags.json": '{"a": "'}
    return seen(
        *objects,
        settings(400, data, "flags.json"),
        node(),
        *app("other"),
        logs=[log(broken, words, container="setup", previous=True)],
    )


@fault("secret-missing", "Deployment/shop/app", says="db-credentials")
def secret_missing() -> Inventory:
    words = 'secret "db-credentials" not found'
    objects = app(
        revisions=[(9 * DAY, container()), (400, container(env=by_secret()))],
        pods=[waiting("CreateContainerConfigError", words)],
    )
    return seen(*objects, event(named(objects, "Pod"), "Failed", f"Error: {words}"), *app("other"))


@fault("secret-corrupted", "Secret/shop/db-credentials", says="db-credentials")
def secret_corrupted() -> Inventory:
    database = app("db", revisions=[(30 * DAY, container("postgres"))], pods=[running("postgres")])
    objects = [
        *app(revisions=[(9 * DAY, container(env=by_secret()))], pods=[crashing(), crashing()]),
        secret("db-credentials", 420),
        service(),
        *database,
        service("db", ip="10.96.0.9"),
        *caller(),
    ]
    for one in objects:
        if one["kind"] == "Pod" and one["metadata"]["name"].startswith("app"):
            one["metadata"]["creationTimestamp"] = one["status"]["startTime"] = ago(300)
    words = (
        'psycopg2.OperationalError: connection to server at "db" (10.96.0.9), port 5432 failed: '
        'FATAL:  password authentication failed for user "app"\n'
    )
    logs = [log(named(objects, "Pod"), words, previous=True), web_says(objects, refused())]
    return seen(*objects, logs=logs)


@fault("secret-rotated-stale-env", "Secret/shop/db-credentials", says="db-credentials")
def secret_rotated() -> Inventory:
    objects = [
        *app(
            revisions=[(9 * DAY, container(env=by_secret()))],
            pods=[running(since=9 * DAY), running(since=9 * DAY)],
        ),
        secret("db-credentials", 600),
        service(),
        *app("db", revisions=[(30 * DAY, container("postgres"))], pods=[running("postgres")]),
        service("db", ip="10.96.0.9"),
        *caller(),
    ]
    words = 'pq: password authentication failed for user "app" (SQLSTATE 28P01)'
    logs = [
        log(named(objects, "Pod"), lines(f"ERROR {words}", 60)),
        web_says(objects, "ERROR GET http://app:80/api answered 500 Internal Server Error"),
    ]
    return seen(*objects, logs=logs)


@fault("command-invalid", "Deployment/shop/app", says="servre")
def command_invalid() -> Inventory:
    words = (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
        'runc create failed: unable to start container process: exec: "servre": executable file '
        "not found in $PATH: unknown"
    )
    status = crashing(code=128, reason="StartError", ran=0)
    status["lastState"]["terminated"]["message"] = words
    objects = app(
        revisions=[
            (9 * DAY, container(command=["serve"])),
            (300, container(command=["servre"])),
        ],
        pods=[status],
    )
    return seen(*objects, event(named(objects, "Pod"), "Failed", f"Error: {words}"), *app("other"))


@fault("config-reload-staging", "ConfigMap/shop/app-config", says="app-config")
def config_reload_staging() -> Inventory:
    objects = [
        *app(revisions=[(9 * DAY, container(**MOUNT))], spec=VOLUME),
        settings(330, {"config.yaml": "database:\n  host: staging-db.internal\n"}),
        service(),
        *caller(),
    ]
    words = "\n".join(
        (
            f"{ago(900)} INFO request handled in 12ms",
            f"{ago(300)} INFO Configuration reloaded from /etc/app/config.yaml",
            *(
                f"{ago(299 - 5 * n)} ERROR Database query failed: Connection refused: "
                "staging-db.internal:5432"
                for n in range(58)
            ),
        )
    )
    logs = [
        log(named(objects, "Pod"), words),
        web_says(objects, "ERROR GET http://app:80/api answered 500 Internal Server Error"),
    ]
    return seen(*objects, logs=logs)


@fault("config-reload-cache-ttl", "ConfigMap/shop/app-config", says="app-config")
def config_reload_cache() -> Inventory:
    objects = [
        *app(revisions=[(9 * DAY, container(**MOUNT))], spec=VOLUME),
        settings(630, {"config.yaml": "cache:\n  ttl: 1s\n"}),
        service(),
        *caller(),
    ]
    words = "\n".join(
        (
            f"{ago(1200)} INFO cache hit rate 85%",
            f"{ago(600)} INFO Configuration reloaded from /etc/app/config.yaml",
            *(f"{ago(590 - 60 * n)} WARN cache hit rate 25%" for n in range(9)),
        )
    )
    found = seen(*objects, logs=[log(named(objects, "Pod"), words)])
    found.signals.append(signal(Measure.CACHE_HITS, level((10_800, 0.85), (600, 0.25)), Unit.SHARE))
    slow = level((10_800, 0.1), (590, 0.7))
    found.signals.append(signal(Measure.LATENCY, slow, Unit.SECONDS))
    found.signals.append(signal(Measure.LATENCY, slow, Unit.SECONDS, entity("web")))
    return found


@fault("app-flag-latent-bug", "ConfigMap/shop/app-config", says="app-config")
def latent_bug() -> Inventory:
    source: Json = {"envFrom": [{"configMapRef": {"name": "app-config"}}], **MOUNT}
    objects = [
        *app(revisions=[(9 * DAY, container(**source))], spec=VOLUME),
        settings(640, {"new_search": "true"}, "new_search"),
        service(),
        *caller(),
    ]
    found = seen(
        *objects,
        logs=[
            web_says(objects, "ERROR GET http://app:80/hotels answered 500 Internal Server Error")
        ],
    )
    errors = level((10_800, 0.001), (600, 0.4))
    found.signals += [
        rate(),
        signal(Measure.ERROR_RATIO, errors, Unit.SHARE),
        rate(entity=entity("web")),
        signal(Measure.ERROR_RATIO, errors, Unit.SHARE, entity("web")),
    ]
    return found
