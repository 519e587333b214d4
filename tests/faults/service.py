"""Faults of Services."""

from tests.diagnose.build import DAY, Json, app, event, make, named, node, running, service
from tests.faults.neighbours import caller, edit, refused, web_says
from tests.faults.scenes import fault
from tests.faults.stage import program, says, watched

from sreagent.domain.inventory import Inventory

TIMEOUT = (
    'level=error msg="upstream failed" err="Get \\"http://app:80/api/v1\\": '
    'dial tcp 10.96.0.7:80: i/o timeout"'
)


@fault("selector-mismatch", "Service/shop/app", says="version=v2")
def selector() -> Inventory:
    wrong = service(
        selector={"app": "app", "version": "v2"},
        age=30 * DAY,
        managed=edit(400, {"f:spec": {"f:selector": {}}}),
    )
    objects = [*app(), wrong, *caller()]
    empty = make("Endpoints", "app", subsets=[])
    return watched(*objects, empty, logs=[web_says(objects, refused())])


@fault("selector-too-wide", "Service/shop/app", says="search")
def too_wide() -> Inventory:
    def labelled(name: str, port: int) -> list[Json]:
        objects = app(name)
        for one in objects:
            spec = one["spec"].get("template", one)
            spec["metadata"] = {**spec["metadata"], "labels": {"app": name, "part-of": "shop"}}
            pod = spec["spec"]["containers"][0]
            pod["ports"] = [{"containerPort": port}]
        return objects

    wide = service(
        selector={"part-of": "shop"},
        target=5000,
        age=30 * DAY,
        managed=edit(500, {"f:spec": {"f:selector": {}}}),
    )
    search = service("search", target=9200, ip="10.96.0.9")
    objects = [*labelled("app", 5000), wide, *labelled("search", 9200), search, *caller()]
    return watched(*objects, logs=[web_says(objects, refused())])


@fault("target-port-wrong", "Service/shop/app", says="9999")
def target_port() -> Inventory:
    wrong = service(
        target=9999,
        age=30 * DAY,
        managed=edit(500, {"f:spec": {"f:ports": {}}}),
    )
    objects = [*app(), wrong, *caller()]
    return watched(*objects, logs=[web_says(objects, refused())])


@fault("service-deleted", "Service/shop/app", says="does not exist")
def deleted() -> Inventory:
    objects = [*app(), *caller(), *program("search")]
    words = (
        'level=error msg="upstream failed" err="Get \\"http://app:80/api/v1\\": dial tcp: '
        'lookup app on 10.96.0.10:53: no such host"'
    )
    return watched(*objects, logs=[web_says(objects, words)])


@fault("scaled-to-zero", "Deployment/shop/app", says="0")
def to_zero() -> Inventory:
    objects = [*app(pods=[], replicas=0), service(), *caller()]
    down = event(
        named(objects, "Deployment"),
        "ScalingReplicaSet",
        "Scaled down replica set app-1 to 0",
        since=400,
        count=1,
    )
    return watched(*objects, down, logs=[web_says(objects, refused())])


@fault("internal-traffic-local", "Service/shop/app", says="Local")
def local_traffic() -> Inventory:
    local = service(age=30 * DAY, managed=edit(500, {"f:spec": {"f:internalTrafficPolicy": {}}}))
    local["spec"]["internalTrafficPolicy"] = "Local"
    objects = [
        *app(pods=[running(since=DAY)]),
        local,
        *caller(),
        node(),
        node("node-2"),
    ]
    for one in objects:
        if one["kind"] == "Pod" and one["metadata"]["labels"]["app"] == "web":
            one["spec"] = {**one["spec"], "nodeName": "node-2"}
    near = program("near", "app")
    return watched(
        *objects, *near, logs=[web_says(objects, TIMEOUT), says(near, "near", "INFO ok")]
    )
