"""Small Kubernetes objects for the tests of this room: healthy unless told otherwise."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sreagent.diagnose.conditions.run import findings
from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Gap, Inventory, Listing, PodLog
from sreagent.domain.kinds import KINDS

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
SPACE = "shop"
DAY = 86_400

Json = dict[str, Any]


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def make(kind: str, name: str, *, age: float = DAY, namespace: str = SPACE, **fields: Any) -> Json:
    """Any object; `labels`, `annotations`, `owner` and `managed` go into its metadata."""
    meta: Json = {"name": name, "uid": f"{kind}-{namespace}-{name}", "creationTimestamp": ago(age)}
    if KINDS[kind].namespaced:
        meta["namespace"] = namespace
    for key in ("labels", "annotations", "finalizers", "deletionTimestamp"):
        if key in fields:
            meta[key] = fields.pop(key)
    if "managed" in fields:
        meta["managedFields"] = fields.pop("managed")
    if owner := fields.pop("owner", None):
        above = owner["metadata"]
        meta["ownerReferences"] = [
            {
                "kind": owner["kind"],
                "name": above["name"],
                "uid": above["uid"],
                "controller": True,
            }
        ]
    return {"kind": kind, "metadata": meta, **fields}


def container(
    name: str = "app", image: str = "registry.example.com/shop/app:1", **more: Any
) -> Json:
    return {
        "name": name,
        "image": image,
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "256Mi"},
        },
        **more,
    }


def running(name: str = "app", *, ready: bool = True, since: float = 3600, **more: Any) -> Json:
    return {
        "name": name,
        "ready": ready,
        "restartCount": 0,
        "state": {"running": {"startedAt": ago(since)}},
        **more,
    }


def ended(code: int, *, since: float = 60, ran: float = 2, reason: str = "Error") -> Json:
    return {
        "terminated": {
            "exitCode": code,
            "reason": reason,
            "startedAt": ago(since + ran),
            "finishedAt": ago(since),
        }
    }


def crashing(name: str = "app", code: int = 1, *, restarts: int = 5, **how: Any) -> Json:
    return {
        "name": name,
        "ready": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 2m40s"}},
        "lastState": ended(code, **how),
    }


def waiting(reason: str, message: str = "", name: str = "app") -> Json:
    return {
        "name": name,
        "ready": False,
        "restartCount": 0,
        "state": {"waiting": {"reason": reason, "message": message}},
    }


def pod(
    name: str = "app-1",
    *,
    status: Json | None = None,
    spec: Mapping[str, Any] | None = None,
    phase: str = "Running",
    node: str = "node-1",
    init: Json | None = None,
    conditions: Iterable[Json] = (),
    **more: Any,
) -> Json:
    """A pod with one container; `status` is that container's status."""
    own = status or running()
    ready = "True" if own.get("ready") else "False"
    age = more.get("age", DAY)
    body: Json = {"containers": [container()], "nodeName": node, **(spec or {})}
    if not node:
        del body["nodeName"]
    state: Json = {
        "phase": phase,
        "startTime": ago(age),
        "conditions": [
            *conditions,
            {"type": "Ready", "status": ready, "lastTransitionTime": ago(min(age, 600))},
        ],
        "containerStatuses": [own],
    }
    if init:
        state["initContainerStatuses"] = [init]
    labels = more.pop("labels", {"app": "app"})
    return make("Pod", name, labels=labels, spec=body, status=state, **more)


def unschedulable(message: str) -> Json:
    return {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        "lastTransitionTime": ago(600),
    }


def node(
    name: str = "node-1", *, ready: str = "True", spec: Json | None = None, **more: Any
) -> Json:
    size = {"cpu": "4", "memory": "16Gi", "pods": "110", **more.pop("allocatable", {})}
    conditions = [
        {"type": "Ready", "status": ready, "lastTransitionTime": ago(300), "reason": "Kubelet"},
        *more.pop("conditions", ()),
    ]
    addresses = [{"type": "InternalIP", "address": "10.20.0.11"}]
    status = {"allocatable": size, "conditions": conditions, "addresses": addresses}
    return make("Node", name, spec=spec or {}, status=status, **more)


def deployment(
    name: str = "app", *, replicas: int = 2, template: Json | None = None, **more: Any
) -> Json:
    available = more.pop("available", replicas)
    status = {
        "availableReplicas": available,
        "readyReplicas": available,
        "updatedReplicas": replicas,
        "conditions": [
            {
                "type": "Available",
                "status": "True" if available else "False",
                "lastTransitionTime": ago(600),
            },
            *more.pop("conditions", ()),
        ],
    }
    labels = {"app": name}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": template
        or {"metadata": {"labels": labels}, "spec": {"containers": [container()]}},
        **more.pop("spec", {}),
    }
    more.setdefault("age", 10 * DAY)
    return make("Deployment", name, spec=spec, status=status, **more)


def app(
    name: str = "app",
    *,
    revisions: Iterable[tuple[float, Json]] | None = None,
    pods: Iterable[Json] | None = None,
    spec: Mapping[str, Any] | None = None,
    **more: Any,
) -> list[Json]:
    """A Deployment, a ReplicaSet for each (age, container) revision, and pods of the newest.

    `pods` are container statuses, one pod each; `spec` is added to the pods' spec.
    """
    known = list(revisions or [(5 * DAY, container())])
    statuses = [running(), running()] if pods is None else list(pods)
    labels = {"app": name}

    def template(one: Json) -> Json:
        body = {"containers": [one], **(spec or {})}
        return {"metadata": {"labels": labels}, "spec": body}

    newest = template(known[-1][1])
    ready = sum(bool(one.get("ready")) for one in statuses)
    above = deployment(
        name, template=newest, **{"replicas": len(statuses), "available": ready, **more}
    )
    found = [above]
    for number, (age, one) in enumerate(known, start=1):
        current = number == len(known)
        found.append(
            make(
                "ReplicaSet",
                f"{name}-{number}",
                age=age,
                owner=above,
                annotations={"deployment.kubernetes.io/revision": str(number)},
                spec={"replicas": len(statuses) if current else 0, "template": template(one)},
            )
        )
    newborn = known[-1][0]
    found += [
        pod(
            f"{name}-{len(known)}-{n}",
            status=status,
            owner=found[-1],
            age=newborn,
            labels=labels,
            spec=newest["spec"],
        )
        for n, status in enumerate(statuses)
    ]
    return found


def service(
    name: str = "app", *, selector: Json | None = None, target: object = "http", **more: Any
) -> Json:
    spec = {
        "clusterIP": more.pop("ip", "10.96.0.7"),
        "selector": selector or {"app": name},
        "ports": [{"name": "http", "port": 80, "targetPort": target}],
    }
    return make("Service", name, spec=spec, **more)


def event(
    about: Json, reason: str, message: str, *, since: float = 60, count: int = 3, **more: Any
) -> Json:
    meta = about["metadata"]
    body = make("Event", f"{meta['name']}.{reason}.{abs(hash(message)) % 9999}", age=since)
    return {
        **body,
        "involvedObject": {"uid": meta["uid"], "name": meta["name"], **more},
        "reason": reason,
        "message": message,
        "count": count,
        "firstTimestamp": ago(since + 300),
        "lastTimestamp": ago(since),
    }


def log(about: Json, text: str, *, container: str = "app", previous: bool = False) -> PodLog:
    meta = about["metadata"]
    entity = Entity(kind="Pod", namespace=meta["namespace"], name=meta["name"])
    command = f"kubectl -n {entity.namespace} logs {entity.name}"
    return PodLog(pod=entity, container=container, previous=previous, text=text, command=command)


def lines(text: str, times: int = 20, *, every: float = 5) -> str:
    """The same line again and again until now, with time stamps."""
    return "\n".join(f"{ago(every * n)} {text}" for n in reversed(range(times)))


def seen(*objects: Json, refused: Iterable[str] = (), logs: Iterable[PodLog] = ()) -> Inventory:
    """An inventory of everything that was listed; the refused kinds are gaps."""
    found = Inventory()
    for kind in KINDS:
        if kind in refused:
            found.gaps.append(
                Gap(
                    what=kind,
                    namespace="",
                    reason="forbidden",
                    message="403",
                    command=f"kubectl get {kind.lower()}",
                )
            )
            continue
        items = tuple(one for one in objects if one["kind"] == kind)
        found.add(
            Listing(
                kind=kind, namespace="", items=items, seen_at=NOW, command=f"kubectl get {kind}"
            )
        )
    found.logs.extend(logs)
    return found


def alert(name: str = "KubePodCrashLooping shop/app", **labels: str) -> Alert:
    return Alert(name=name, status="firing", labels=labels)


def told(findings: Iterable[Finding], condition: str) -> list[Finding]:
    return [finding for finding in findings if finding.condition == condition]


def named(objects: Iterable[Json], kind: str, number: int = 0) -> Json:
    """The n-th object of a kind."""
    return [one for one in objects if one["kind"] == kind][number]


def spotted(condition: str, *objects: Json, **how: Any) -> list[Finding]:
    """What a condition tells of these objects; `refused` and `logs` as for `seen`."""
    return told(findings(seen(*objects, **how), NOW), condition)
