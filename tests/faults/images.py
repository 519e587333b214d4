"""Faults of images."""

from itertools import chain

from tests.diagnose.build import (
    DAY,
    Json,
    alert,
    app,
    container,
    crashing,
    event,
    log,
    named,
    node,
    running,
    seen,
    service,
    waiting,
)
from tests.faults.neighbours import caller, listening, refused, serves, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory

OLD = (5 * DAY, container())


@fault("image-not-found", "Deployment/shop/app", says="1.9")
def not_found() -> Inventory:
    image = "registry.example.com/shop/app:1.9"
    words = f'Failed to pull image "{image}": manifest unknown: manifest for {image} not found'
    objects = app(
        revisions=[OLD, (300, container(image=image))],
        pods=[waiting("ImagePullBackOff", f'Back-off pulling image "{image}"')],
    )
    return seen(*objects, event(named(objects, "Pod"), "Failed", words))


@fault(
    "image-private-registry",
    "Deployment/shop/app",
    says="regcred",
    alert=alert("KubePodNotReady", namespace="shop", pod="app-2-0"),
)
def private_registry() -> Inventory:
    image = "registry.example.com/private/app:2"
    words = (
        f'Failed to pull image "{image}": rpc error: code = Unknown desc = failed to pull and '
        f'unpack image "{image}": failed to resolve reference "{image}": pull access denied, '
        "repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed"
    )
    secrets = (
        "Unable to retrieve some image pull secrets (regcred); "
        "attempting to pull the image may not succeed."
    )
    objects = app(
        revisions=[OLD, (300, container(image=image))],
        pods=[waiting("ImagePullBackOff", f'Back-off pulling image "{image}"')],
        spec={"imagePullSecrets": [{"name": "regcred"}]},
    )
    pod = named(objects, "Pod")
    events = [
        event(pod, "Failed", words),
        event(pod, "FailedToRetrieveImagePullSecret", secrets),
        event(pod, "BackOff", f'Back-off pulling image "{image}"'),
    ]
    return seen(*objects, *caller("other"), *app("other"), service("other"), *events)


@fault("image-wrong-arch", "Deployment/shop/app", says="exec format error")
def wrong_arch() -> Inventory:
    objects = [
        *app(
            revisions=[OLD, (400, container(image="registry.example.com/shop/app:2-amd64"))],
            pods=[crashing(code=255), crashing(code=255)],
        ),
        node(labels={"kubernetes.io/arch": "arm64"}),
        service(),
    ]
    words = "exec /usr/local/bin/app: exec format error\n"
    return seen(*objects, logs=[log(named(objects, "Pod"), words, previous=True)])


@fault("image-buggy-build", "Deployment/shop/app", says="revision 2")
def buggy_build() -> Inventory:
    objects = app(
        revisions=[OLD, (300, container(image="registry.example.com/shop/app:3"))],
        pods=[crashing(code=2), crashing(code=2)],
    )
    panic = "panic: runtime error: invalid memory address or nil pointer dereference\n"
    trace = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:42 +0x1b\n"
    return seen(*objects, logs=[log(named(objects, "Pod"), panic + trace, previous=True)])


@fault(
    "image-correlated-bad",
    "Deployment/shop/geo",
    "Deployment/shop/profile",
    "Deployment/shop/rate",
    says="one bad image for all",
)
def correlated_bad() -> Inventory:
    new = container(image="registry.example.com/hotel/suite:latest")
    old = container(image="registry.example.com/hotel/suite:4")
    parts = [
        app(name, revisions=[(5 * DAY, old), (300 + n, new)], pods=[crashing(code=2)])
        for n, name in enumerate(("geo", "profile", "rate"))
    ]
    objects = [*chain(*parts), service("geo"), service("profile"), service("rate"), *app("user")]
    panic = (
        "panic: got error while reading config: open config.json: no such file or directory\n"
        "goroutine 1 [running]:\nmain.main()\n\t/workspace/cmd/main.go:31 +0x4a\n"
    )
    pods = [named(part, "Pod") for part in parts]
    return seen(*objects, logs=[log(one, panic, previous=True) for one in pods])


@fault("image-db-incompatible", "Deployment/shop/mongodb-geo", says="8.0.14")
def database_incompatible() -> Inventory:
    def mongo(tag: str) -> Json:
        return container(
            "mongo", image=f"registry.example.com/library/mongo:{tag}", **listening(27017)
        )

    objects = [
        *app(
            "mongodb-geo",
            revisions=[(30 * DAY, mongo("4.4.6")), (500, mongo("8.0.14-rc0"))],
            pods=[crashing("mongo", 62)],
        ),
        serves("mongodb-geo", 27017),
        *caller("mongodb-geo", 27017),
    ]
    fatal = (
        '{"t":{"$date":"2026-03-04T02:58:01.322+00:00"},"s":"F","c":"CONTROL","id":20573,'
        '"ctx":"initandlisten","msg":"Wrong mongod version","attr":{"error":"UPGRADE PROBLEM: '
        "Found an invalid featureCompatibilityVersion document (ERROR: Location4926900: Invalid "
        "featureCompatibilityVersion document in admin.system.version: { _id: "
        '\\"featureCompatibilityVersion\\", version: \\"4.4\\" })."}}\n'
    )
    pod = named(objects, "Pod")
    victim = web_says(objects, refused("mongodb-geo", 27017))
    return seen(*objects, logs=[log(pod, fatal, container="mongo", previous=True), victim])


@fault("wrong-binary", "Deployment/shop/profile", says="geo")
def wrong_binary() -> Inventory:
    profile = container("profile", command=["profile"])
    wrong = container("profile", command=["geo"])
    objects = [
        *app("geo", revisions=[(9 * DAY, container("geo", command=["geo"]))]),
        *app(
            "profile",
            revisions=[(9 * DAY, profile), (600, wrong)],
            pods=[running("profile", since=590)],
        ),
        service("geo", ip="10.96.0.8"),
        service("profile"),
        *caller("profile"),
    ]
    pod = next(
        one
        for one in objects
        if one["kind"] == "Pod" and one["metadata"]["name"].startswith("profile")
    )
    logs = [
        log(pod, "2026-03-04T02:50:10Z INF geo service listening on :8083\n", container="profile"),
        web_says(objects, refused("profile")),
    ]
    return seen(*objects, logs=logs)


@fault(
    "operator-wrong-image",
    "Deployment/shop/db-operator",
    says="backup-manager",
    alert=alert("KubeDeploymentReplicasMismatch", namespace="shop", deployment="db-operator"),
)
def operator_wrong_image() -> Inventory:
    def manager(image: str) -> Json:
        return container("manager", image=f"registry.example.com/db/{image}", command=["/manager"])

    words = (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
        'runc create failed: unable to start container process: exec: "/manager": stat /manager: '
        "no such file or directory: unknown"
    )
    status = crashing("manager", 128, reason="StartError", ran=0)
    status["lastState"]["terminated"]["message"] = words
    operator = app(
        "db-operator",
        revisions=[(40 * DAY, manager("operator:v1.5")), (900, manager("backup-manager:v1.5"))],
        pods=[status],
    )
    return seen(*operator, *app("user"), event(named(operator, "Pod"), "Failed", f"Error: {words}"))
