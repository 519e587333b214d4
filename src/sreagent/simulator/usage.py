"""What containers and nodes use right now: the `metrics.k8s.io` API."""

from sreagent.simulator.api import Place
from sreagent.simulator.clock import stamp
from sreagent.simulator.cluster import Cluster
from sreagent.simulator.containers import Life
from sreagent.simulator.kinds import NODE, POD, POD_USAGE
from sreagent.simulator.objects import Json, lookup, meta, name_of
from sreagent.simulator.problems import not_found
from sreagent.simulator.selectors import Test


def measure(cluster: Cluster, place: Place, test: Test) -> Json:
    """The usage of one pod or node, or of all of them."""
    with cluster.store.lock:
        if place.kind is POD_USAGE:
            namespace = place.namespace or None
            objects = [
                pod for pod in cluster.store.all(POD, namespace) if _is_running(cluster, pod)
            ]
        else:
            objects = cluster.store.all(NODE)
        found = [_usage(cluster, place, obj) for obj in objects if test(obj)]
    if not place.name:
        head = {"kind": f"{place.kind.name}List", "apiVersion": place.kind.api_version}
        return {**head, "metadata": {}, "items": found}
    for each in found:
        if name_of(each) == place.name:
            return each
    raise not_found(place.kind, place.name)


def _is_running(cluster: Cluster, pod: Json) -> bool:
    return any(life.is_running for life in cluster.kubelet.lives_of(pod))


def _usage(cluster: Cluster, place: Place, obj: Json) -> Json:
    now = cluster.clock.now()
    kept = ("name", "namespace", "labels")
    head: Json = {
        "kind": place.kind.name,
        "apiVersion": place.kind.api_version,
        "metadata": {
            **{key: meta(obj)[key] for key in kept if key in meta(obj)},
            "creationTimestamp": stamp(now),
        },
        "timestamp": stamp(now),
        "window": "15s",
    }
    if place.kind is POD_USAGE:
        lives = [life for life in cluster.kubelet.lives_of(obj) if life.is_running]
        parts = [{"name": life.name, "usage": _amounts([life], now)} for life in lives]
        return {**head, "containers": parts}
    pods = [
        each for each in cluster.store.all(POD) if lookup(each, "spec.nodeName") == name_of(obj)
    ]
    lives = [life for pod in pods for life in cluster.kubelet.lives_of(pod) if life.is_running]
    return {**head, "usage": _amounts(lives, now, cpu=180, memory=1400)}


def _amounts(lives: list[Life], now: float, cpu: float = 0, memory: float = 0) -> Json:
    millis = cpu + sum(life.run.program.cpu for life in lives if life.run)
    kibibytes = memory * 1024 + sum(life.memory_used(now) for life in lives) / 1024
    return {"cpu": f"{int(millis * 1e6)}n", "memory": f"{int(kibibytes)}Ki"}
