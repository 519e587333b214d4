"""Objects as the rows `kubectl get` prints: the server decides the columns."""

from collections.abc import Callable, Sequence
from typing import Any

from sreagent.simulator.clock import age_between, moment_of
from sreagent.simulator.kinds import Kind
from sreagent.simulator.objects import Json, condition, is_terminating, lookup, name_of

Cell = Callable[[Json, float], Any]
Column = tuple[str, str, int, Cell]
"""Title, type, priority (0 always, 1 with `-o wide`), and how the cell reads."""


def table(kind: Kind, objects: Sequence[Json], now: float, include: str) -> Json:
    """A `Table` of objects; `include` is None, Metadata or Object."""
    columns = _columns(kind)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": [
            {
                "name": title,
                "type": type_,
                "format": "name" if title == "Name" else "",
                "description": title,
                "priority": priority,
            }
            for title, type_, priority, _ in columns
        ],
        "rows": [_row(columns, obj, now, include) for obj in objects],
    }


def partial(obj: Json) -> Json:
    """An object reduced to its metadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def _row(columns: Sequence[Column], obj: Json, now: float, include: str) -> Json:
    row: Json = {"cells": [cell(obj, now) for _, _, _, cell in columns]}
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = partial(obj)
    return row


def _columns(kind: Kind) -> tuple[Column, ...]:
    if kind.plural == "events":
        return _EVENT
    special = _SPECIAL.get(kind.plural, ())
    wide = tuple(column for column in special if column[2])
    plain = tuple(column for column in special if not column[2])
    return (("Name", "string", 0, _name), *plain, ("Age", "string", 0, _age), *wide)


def _name(obj: Json, _now: float) -> str:
    return name_of(obj)


def _age(obj: Json, now: float) -> str:
    return _since(lookup(obj, "metadata.creationTimestamp"), now)


def _since(stamp: object, now: float) -> str:
    return age_between(moment_of(str(stamp)), now) if stamp else "<unknown>"


def _at(path: str, default: object = "<none>") -> Cell:
    def cell(obj: Json, _now: float) -> Any:  # noqa: ANN401 - a cell is any JSON value
        found = lookup(obj, path)
        return default if found is None else found

    return cell


def _text(title: str, cell: Cell, priority: int = 0) -> Column:
    return (title, "string", priority, cell)


def _number(title: str, path: str) -> Column:
    return (title, "integer", 0, _at(path, 0))


def _fraction(part: str, whole: str) -> Cell:
    return lambda obj, _now: f"{lookup(obj, part) or 0}/{lookup(obj, whole) or 0}"


def _containers(field: str) -> Cell:
    def cell(obj: Json, _now: float) -> str:
        found = lookup(obj, "spec.template.spec.containers") or ()
        return ",".join(str(each[field]) for each in found)

    return cell


def _selector(path: str) -> Cell:
    def cell(obj: Json, _now: float) -> str:
        wanted = lookup(obj, path) or {}
        return ",".join(f"{key}={value}" for key, value in sorted(wanted.items())) or "<none>"

    return cell


def _pod_ready(pod: Json, _now: float) -> str:
    statuses = lookup(pod, "status.containerStatuses") or ()
    ready = sum(bool(each["ready"]) for each in statuses)
    return f"{ready}/{len(pod['spec']['containers'])}"


def _pod_status(pod: Json, _now: float) -> str:
    if is_terminating(pod):
        return "Terminating"
    reason = str(lookup(pod, "status.reason") or lookup(pod, "status.phase"))
    for each in lookup(pod, "status.containerStatuses") or ():
        state = each["state"]
        if state.get("waiting", {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif state.get("terminated", {}).get("reason"):
            reason = state["terminated"]["reason"]
    return reason


def _pod_restarts(pod: Json, now: float) -> str:
    statuses = lookup(pod, "status.containerStatuses") or ()
    count = sum(each["restartCount"] for each in statuses)
    ended = [lookup(each, "lastState.terminated.finishedAt") for each in statuses]
    last = max((each for each in ended if each), default=None)
    return f"{count} ({_since(last, now)} ago)" if count and last else str(count)


def _node_status(node: Json, _now: float) -> str:
    ready = condition(node, "Ready")
    told = "Ready" if ready and ready["status"] == "True" else "NotReady"
    cordoned = ",SchedulingDisabled" if node["spec"].get("unschedulable") else ""
    return told + cordoned


def _node_address(node: Json, _now: float) -> str:
    return str((lookup(node, "status.addresses") or [{"address": "<none>"}])[0]["address"])


def _service_ports(service: Json, _now: float) -> str:
    ports = service["spec"].get("ports") or ()
    return ",".join(f"{each['port']}/{each.get('protocol', 'TCP')}" for each in ports) or "<none>"


def _endpoint_addresses(endpoints: Json, _now: float) -> str:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in endpoints.get("subsets") or ()
        for address in subset.get("addresses") or ()
        for port in subset.get("ports") or ()
    ]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return ",".join(found[:3]) + more or "<none>"


def _slice_addresses(endpoints: Json, _now: float) -> str:
    found = [each["addresses"][0] for each in endpoints.get("endpoints") or ()]
    return ",".join(found) or "<unset>"


def _slice_ports(endpoints: Json, _now: float) -> str:
    return ",".join(str(each["port"]) for each in endpoints.get("ports") or ()) or "<unset>"


def _data_size(obj: Json, _now: float) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def _event_object(event: Json, _now: float) -> str:
    about = event.get("involvedObject") or event.get("regarding") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name')}"


def _event_last(event: Json, now: float) -> str:
    return _since(event.get("lastTimestamp") or event.get("deprecatedLastTimestamp"), now)


def _event_message(event: Json, _now: float) -> str:
    return str(event.get("message") or event.get("note") or "").strip()


def _job_status(job: Json, _now: float) -> str:
    for kind in ("Complete", "Failed"):
        if condition(job, kind):
            return kind
    return "Running"


def _replicas(*wide: Column) -> tuple[Column, ...]:
    return (
        _text("Ready", _fraction("status.readyReplicas", "spec.replicas")),
        *wide,
        _text("Containers", _containers("name"), 1),
        _text("Images", _containers("image"), 1),
    )


_EVENT: tuple[Column, ...] = (
    _text("Last Seen", _event_last),
    _text("Type", _at("type")),
    _text("Reason", _at("reason")),
    _text("Object", _event_object),
    _text("Message", _event_message),
    _text("Count", _at("count", 1), 1),
    _text("Name", _name, 1),
)
_WORKLOAD_SELECTOR = _text("Selector", _selector("spec.selector.matchLabels"), 1)
_SPECIAL: dict[str, tuple[Column, ...]] = {
    "pods": (
        _text("Ready", _pod_ready),
        _text("Status", _pod_status),
        _text("Restarts", _pod_restarts),
        _text("IP", _at("status.podIP"), 1),
        _text("Node", _at("spec.nodeName"), 1),
        _text("Nominated Node", _at("status.nominatedNodeName"), 1),
        _text("Readiness Gates", _at("spec.readinessGates"), 1),
    ),
    "deployments": _replicas(
        _number("Up-to-date", "status.updatedReplicas"),
        _number("Available", "status.availableReplicas"),
        _WORKLOAD_SELECTOR,
    ),
    "statefulsets": _replicas(),
    "replicasets": (
        _number("Desired", "spec.replicas"),
        _number("Current", "status.replicas"),
        _number("Ready", "status.readyReplicas"),
        _text("Containers", _containers("name"), 1),
        _text("Images", _containers("image"), 1),
        _WORKLOAD_SELECTOR,
    ),
    "daemonsets": (
        _number("Desired", "status.desiredNumberScheduled"),
        _number("Current", "status.currentNumberScheduled"),
        _number("Ready", "status.numberReady"),
        _number("Up-to-date", "status.updatedNumberScheduled"),
        _number("Available", "status.numberAvailable"),
        _text("Node Selector", _selector("spec.template.spec.nodeSelector")),
        _text("Containers", _containers("name"), 1),
        _text("Images", _containers("image"), 1),
    ),
    "services": (
        _text("Type", _at("spec.type")),
        _text("Cluster-IP", _at("spec.clusterIP")),
        _text("External-IP", _at("spec.externalName")),
        _text("Port(s)", _service_ports),
        _text("Selector", _selector("spec.selector"), 1),
    ),
    "endpoints": (_text("Endpoints", _endpoint_addresses),),
    "endpointslices": (
        _text("AddressType", _at("addressType")),
        _text("Ports", _slice_ports),
        _text("Endpoints", _slice_addresses),
    ),
    "nodes": (
        _text("Status", _node_status),
        _text("Roles", _at("metadata.labels.role")),
        _text("Version", _at("status.nodeInfo.kubeletVersion")),
        _text("Internal-IP", _node_address, 1),
        _text("OS-Image", _at("status.nodeInfo.osImage"), 1),
        _text("Kernel-Version", _at("status.nodeInfo.kernelVersion"), 1),
        _text("Container-Runtime", _at("status.nodeInfo.containerRuntimeVersion"), 1),
    ),
    "namespaces": (_text("Status", _at("status.phase")),),
    "configmaps": (_text("Data", _data_size),),
    "secrets": (_text("Type", _at("type")), _text("Data", _data_size)),
    "jobs": (
        _text("Status", _job_status),
        _text("Completions", _fraction("status.succeeded", "spec.completions")),
    ),
    "cronjobs": (
        _text("Schedule", _at("spec.schedule")),
        _text("Suspend", _at("spec.suspend", default=False)),
        _text("Last Schedule", _at("status.lastScheduleTime")),
    ),
    "horizontalpodautoscalers": (
        _text("Reference", _at("spec.scaleTargetRef.name")),
        _text("MinPods", _at("spec.minReplicas")),
        _text("MaxPods", _at("spec.maxReplicas")),
        _text("Replicas", _at("status.currentReplicas", 0)),
    ),
    "poddisruptionbudgets": (
        _text("Min Available", _at("spec.minAvailable", "N/A")),
        _text("Max Unavailable", _at("spec.maxUnavailable", "N/A")),
        _text("Allowed Disruptions", _at("status.disruptionsAllowed", 0)),
    ),
    "storageclasses": (
        _text("Provisioner", _at("provisioner")),
        _text("ReclaimPolicy", _at("reclaimPolicy")),
        _text("VolumeBindingMode", _at("volumeBindingMode")),
    ),
    "persistentvolumeclaims": (
        _text("Status", _at("status.phase", "Pending")),
        _text("Volume", _at("spec.volumeName", "")),
        _text("StorageClass", _at("spec.storageClassName", "")),
    ),
    "leases": (_text("Holder", _at("spec.holderIdentity")),),
}
