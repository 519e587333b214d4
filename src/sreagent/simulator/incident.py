"""Stages an incident: builds the cluster and lives through its story up to now."""

import time
from collections.abc import Sequence
from typing import Any

from sreagent.simulator.api import Caller, Place
from sreagent.simulator.behaviour import read_behaviour
from sreagent.simulator.catalogue import SHOP, read_documents, read_part
from sreagent.simulator.clock import fine_stamp, seconds_in, stamp
from sreagent.simulator.cluster import Cluster
from sreagent.simulator.kinds import KINDS, LEASE, NODE, Kind, kind_named
from sreagent.simulator.objects import Json, name_of, namespace_of
from sreagent.simulator.patches import STRATEGIC_PATCH
from sreagent.simulator.recorder import forget_old_events

PLATFORM_AGE = "40d"


def stage(incident: str) -> Cluster:
    """A cluster that lived through the story of an incident, up to now."""
    change = read_part(incident, "change")
    about = read_part(incident, "incident")
    cluster = Cluster(read_behaviour(read_part(incident, "behaviour")))
    now = time.time()
    cluster.clock.stop_at(now - seconds_in(PLATFORM_AGE))
    _create_nodes(cluster, read_documents(SHOP / "nodes.yaml")[0])
    _create(cluster, read_documents(SHOP / "platform.yaml"), "kubeadm")
    cluster.play(now - seconds_in(about["age"]))
    for manifest in sorted((SHOP / "manifests").glob("*.yaml")):
        _create(cluster, read_documents(manifest), about["applied_by"])
    cluster.play(now - seconds_in(change["age"]))
    _apply(cluster, change)
    cluster.play(now)
    forget_old_events(cluster.store)
    cluster.store.forget_changes()
    return cluster


def _create(cluster: Cluster, objects: Sequence[Json], manager: str) -> None:
    for obj in objects:
        place = Place(kind=_kind(obj), namespace=namespace_of(obj))
        cluster.api.create(place, obj, Caller(manager=manager))


def _create_nodes(cluster: Cluster, data: Json) -> None:
    now = cluster.clock.now()
    for number, each in enumerate(data["nodes"], start=1):
        conditions = [
            {**told, "lastHeartbeatTime": stamp(now), "lastTransitionTime": stamp(now)}
            for told in data["conditions"]
        ]
        addresses = [
            {"type": "InternalIP", "address": each["address"]},
            {"type": "Hostname", "address": each["name"]},
        ]
        labels = {**data["labels"], **each["labels"], "kubernetes.io/hostname": each["name"]}
        cluster.store.put(
            NODE,
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": each["name"], "labels": labels},
                "spec": {"podCIDR": f"10.244.{number}.0/24", "providerID": each["provider"]},
                "status": {**data["status"], "addresses": addresses, "conditions": conditions},
            },
        )
        _create_lease(cluster, each["name"])


def _create_lease(cluster: Cluster, node: str) -> None:
    renewed = fine_stamp(cluster.clock.now())
    cluster.store.put(
        LEASE,
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": node, "namespace": "kube-node-lease"},
            "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": renewed},
        },
    )


def _apply(cluster: Cluster, change: Json) -> None:
    caller = Caller(manager=change["manager"])
    for each in change["patches"]:
        kind = next(kind for kind in KINDS if kind.name == each["kind"])
        place = Place(kind=kind, namespace=each["namespace"], name=each["name"])
        patch = _with_time(each["patch"], stamp(cluster.clock.now()))
        cluster.api.patch(place, patch, STRATEGIC_PATCH, caller)


def _with_time(value: Any, now: str) -> Any:  # noqa: ANN401 - walks untyped YAML
    if isinstance(value, dict):
        return {key: _with_time(each, now) for key, each in value.items()}
    return now if value == "{now}" else value


def _kind(obj: Json) -> Kind:
    found = kind_named(obj["apiVersion"], obj["kind"])
    if found is None:
        problem = f"the simulator does not serve {obj['kind']} {name_of(obj)!r}"
        raise KeyError(problem)
    return found
