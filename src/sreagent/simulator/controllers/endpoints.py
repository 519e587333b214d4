"""Services: which ready pods stand behind each one."""

import copy

from sreagent.simulator.clock import stamp
from sreagent.simulator.kinds import ENDPOINTS, POD, SERVICE, SLICE, Kind
from sreagent.simulator.objects import (
    Json,
    is_ready,
    is_terminating,
    labels_of,
    lookup,
    meta,
    name_of,
    namespace_of,
    owned_by,
    uid_of,
)
from sreagent.simulator.selectors import matches_labels
from sreagent.simulator.store import Store
from sreagent.simulator.writing import write

_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointLists:
    """Writes the Endpoints and the EndpointSlice of every Service."""

    watches: tuple[Kind, ...] = (
        SERVICE,
        POD,
        ENDPOINTS,
        SLICE,
    )

    def __init__(self, store: Store) -> None:
        self.store = store

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Bring the addresses behind every Service up to date."""
        for service in self.store.all(SERVICE):
            if lookup(service, "spec.selector") and not is_terminating(service):
                self._sync_one(service)

    def _sync_one(self, service: Json) -> None:
        selector = service["spec"]["selector"]
        pods = self.store.where(
            POD,
            namespace_of(service),
            lambda pod: matches_labels(selector, labels_of(pod)) and _has_address(pod),
        )
        self._write(ENDPOINTS, _endpoints(service, pods))
        self._write(SLICE, _slice(service, pods))

    def _write(self, kind: Kind, wanted: Json) -> None:
        before = self.store.find(kind, namespace_of(wanted), name_of(wanted))
        if before is None:
            write(self.store, kind, None, wanted)
            return
        if all(before.get(key) == wanted.get(key) for key in ("subsets", "endpoints", "ports")):
            return
        changed = copy.deepcopy(before)
        changed.update({key: wanted[key] for key in wanted if key != "metadata"})
        trigger = {_TRIGGER: stamp(self.store.clock.now())}
        meta(changed).setdefault("annotations", {}).update(trigger)
        meta(changed)["generation"] = meta(before).get("generation", 1) + 1
        if "subsets" not in wanted:
            changed.pop("subsets", None)
        write(self.store, kind, before, changed)


def port_number(pod: Json, target: object) -> int | None:
    """The container port a Service's `targetPort` means on that pod."""
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == target:
                return int(port["containerPort"])
    return None


def _has_address(pod: Json) -> bool:
    over = lookup(pod, "status.phase") in ("Succeeded", "Failed")
    return bool(lookup(pod, "status.podIP")) and not is_terminating(pod) and not over


def _target(pod: Json) -> Json:
    return {
        "kind": "Pod",
        "namespace": namespace_of(pod),
        "name": name_of(pod),
        "uid": uid_of(pod),
    }


def _ports(service: Json, pod: Json) -> list[Json]:
    """The ports this pod serves; a named port it does not have is left out, as in real life."""
    ports: list[Json] = []
    for port in service["spec"].get("ports") or ():
        number = port_number(pod, port.get("targetPort", port["port"]))
        if number is not None:
            protocol = port.get("protocol", "TCP")
            ports.append({"name": port.get("name", ""), "port": number, "protocol": protocol})
    return ports


def _endpoints(service: Json, pods: list[Json]) -> Json:
    lists: dict[str, list[Json]] = {"addresses": [], "notReadyAddresses": []}
    served = [pod for pod in pods if _ports(service, pod)]
    for pod in served:
        address = {
            "ip": pod["status"]["podIP"],
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": _target(pod),
        }
        lists["addresses" if is_ready(pod) else "notReadyAddresses"].append(address)
    result: Json = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": name_of(service),
            "namespace": namespace_of(service),
            "labels": dict(labels_of(service)),
        },
    }
    if served:
        filled = {key: value for key, value in lists.items() if value}
        result["subsets"] = [{**filled, "ports": _ports(service, served[0])}]
    return result


def _slice(service: Json, pods: list[Json]) -> Json:
    served = [pod for pod in pods if _ports(service, pod)]
    owner = owned_by(service, "Service", "v1")
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            # The real name ends in random characters; a fixed one is found again without a search.
            "name": f"{name_of(service)}-{uid_of(service)[:5]}",
            "generateName": f"{name_of(service)}-",
            "namespace": namespace_of(service),
            "generation": 1,
            "labels": {
                **labels_of(service),
                "kubernetes.io/service-name": name_of(service),
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [owner],
        },
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in served],
        "ports": _ports(service, served[0]) if served else [],
    }


def _endpoint(pod: Json) -> Json:
    ready = is_ready(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": _target(pod),
    }
