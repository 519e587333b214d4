"""Faults of probes."""

from tests.diagnose.build import (
    DAY,
    alert,
    app,
    container,
    crashing,
    event,
    named,
    running,
    seen,
    service,
)
from tests.faults.neighbours import caller, refused, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory


def get(port: object, path: str = "/healthz", **more: object) -> dict[str, object]:
    """A probe by HTTP."""
    return {"httpGet": {"path": path, "port": port}, "periodSeconds": 10, **more}


@fault(
    "liveness-wrong",
    "Deployment/shop/app",
    says="8181",
    alert=alert("KubePodCrashLooping", namespace="shop", pod="app-2-0"),
)
def liveness_wrong() -> Inventory:
    bad = container(livenessProbe=get(8181, failureThreshold=3, timeoutSeconds=1))
    good = container(livenessProbe=get(8080, failureThreshold=3, timeoutSeconds=1))
    dying = crashing(code=137, ran=30)
    objects = [
        *app(revisions=[(9 * DAY, good), (900, bad)], pods=[dying, dying]),
        service(),
        *caller(),
    ]
    pods = [one for one in objects if one["kind"] == "Pod"][:2]
    words = (
        'Liveness probe failed: Get "http://10.244.1.7:8181/healthz": dial tcp 10.244.1.7:8181: '
        "connect: connection refused"
    )
    killing = "Container app failed liveness probe, will be restarted"
    events = [event(one, "Unhealthy", words, count=18) for one in pods]
    events += [event(one, "Killing", killing, count=6) for one in pods]
    return seen(*objects, *events, logs=[web_says(objects, refused())])


@fault("liveness-aggressive", "Deployment/shop/app", says="liveness")
def liveness_aggressive() -> Inventory:
    hasty = get(8080, initialDelaySeconds=0, periodSeconds=1, failureThreshold=1, timeoutSeconds=1)
    objects = [
        *app(
            revisions=[(9 * DAY, container()), (900, container(livenessProbe=hasty))],
            pods=[crashing(code=143, ran=2)],
        ),
        service(),
        *caller(),
    ]
    broken = named(objects, "Pod")
    words = (
        'Liveness probe failed: Get "http://10.244.1.7:8080/healthz": dial tcp 10.244.1.7:8080: '
        "connect: connection refused"
    )
    events = [
        event(broken, "Unhealthy", words, count=9),
        event(broken, "Killing", "Container app failed liveness probe, will be restarted"),
    ]
    return seen(*objects, *events, logs=[web_says(objects, refused())])


@fault(
    "readiness-wrong",
    "Deployment/shop/app",
    says="/helthz",
    alert=alert("KubePodNotReady", namespace="shop", pod="app-2-0"),
)
def readiness_wrong() -> Inventory:
    good, bad = (container(readinessProbe=get("http", path)) for path in ("/healthz", "/helthz"))
    objects = [
        *app(
            revisions=[(9 * DAY, good), (900, bad)],
            pods=[running(ready=False, since=890), running(ready=False, since=890)],
        ),
        service(),
        *caller(),
    ]
    words = "Readiness probe failed: HTTP probe failed with statuscode: 404"
    pods = [one for one in objects if one["kind"] == "Pod"][:2]
    events = [event(one, "Unhealthy", words, count=80) for one in pods]
    return seen(*objects, *events, logs=[web_says(objects, refused())])


@fault("readiness-app-fails", "Deployment/shop/app", says="500")
def readiness_fails() -> Inventory:
    probe = container(readinessProbe=get("http", "/ready"))
    objects = [
        *app(
            revisions=[(9 * DAY, probe)],
            pods=[running(ready=False, since=9 * DAY), running(ready=False, since=9 * DAY)],
        ),
        service(),
        *caller(),
    ]
    words = "Readiness probe failed: HTTP probe failed with statuscode: 500"
    pods = [one for one in objects if one["kind"] == "Pod"][:2]
    events = [event(one, "Unhealthy", words, count=40) for one in pods]
    return seen(*objects, *events, logs=[web_says(objects, refused())])
