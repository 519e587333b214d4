"""`rollout status` and `rollout history`: how far a rollout is, and what came before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import controller_ref
from sreagent.tools.reads.asking import Asking, Items, Told
from sreagent.tools.reads.fields import presentable
from sreagent.tools.reads.objects import document
from sreagent.tools.reads.printing import as_yaml, columns

_REVISION = "deployment.kubernetes.io/revision"
_CAUSE = "kubernetes.io/change-cause"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")

Revision = tuple[int, Mapping[str, Any]]


def rollout_status(asking: Asking) -> Told:
    """How far each rollout is now; nothing is waited for."""
    items = _workloads(asking)
    lines = [_progress(item) for item in items.found]
    return Told(text="\n".join((*lines, items.note)).rstrip() or "No resources found")


def rollout_history(asking: Asking) -> Told:
    """The kept revisions of each workload, or the pod template of one of them."""
    blocks = [_history(asking, item) for item in _workloads(asking).found]
    return Told(text="\n\n".join(blocks) or "No resources found")


def _workloads(asking: Asking) -> Items:
    targets = asking.targets()
    for target in targets:
        if target.resource.kind not in _WORKLOADS:
            there = "a deployment, statefulset or daemonset"
            msg = f"{target.resource.name} have no rollouts: name {there}"
            raise TryAgain(msg)
    answers = [asking.items(target) for target in targets]
    found = [item for items in answers for item in items.found]
    return Items(found=found, note="".join(items.note for items in answers))


def _progress(item: Mapping[str, Any]) -> str:
    metadata, status = item["metadata"], item.get("status") or {}
    kind, name = item["kind"].lower(), metadata["name"]
    if metadata.get("generation", 0) > status.get("observedGeneration", 0):
        return f"Waiting for {kind} {name!r}: its change was not seen by the controller yet"
    told = {"Deployment": _deployment, "StatefulSet": _stateful_set, "DaemonSet": _daemon_set}
    return told[item["kind"]](f'{kind} "{name}"', item.get("spec") or {}, status)


def _deployment(name: str, spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, total = _wanted(spec), status.get("replicas", 0)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    for condition in status.get("conditions") or ():
        if condition.get("reason") == "ProgressDeadlineExceeded":
            return f"error: {name} exceeded its progress deadline"
    if spec.get("paused"):
        return f"{name} is paused: {updated} of {wanted} replicas have been updated"
    waiting = f"Waiting for {name} rollout to finish"
    if updated < wanted:
        return f"{waiting}: {updated} out of {wanted} new replicas have been updated"
    if total > updated:
        return f"{waiting}: {total - updated} old replicas are pending termination"
    if available < updated:
        return f"{waiting}: {available} of {updated} updated replicas are available"
    return f"{name} successfully rolled out"


def _stateful_set(name: str, spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, ready = _wanted(spec), status.get("readyReplicas", 0)
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return f"{name} is updated when its pods are deleted: {ready} of {wanted} are ready"
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    updated = status.get("updatedReplicas", 0)
    if ready < wanted:
        return f"Waiting for {wanted - ready} pods of {name} to be ready"
    moving = status.get("updateRevision") != status.get("currentRevision")
    if moving and updated < wanted - partition:
        return f"Waiting for {name}: {updated} of {wanted - partition} pods have been updated"
    return f"{name} rolling update complete: {wanted} pods ready"


def _daemon_set(name: str, spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, updated = (
        status.get("desiredNumberScheduled", 0),
        status.get("updatedNumberScheduled", 0),
    )
    available = status.get("numberAvailable", 0)
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return f"{name} is updated when its pods are deleted: {available} of {wanted} are available"
    waiting = f"Waiting for {name} rollout to finish"
    if updated < wanted:
        return f"{waiting}: {updated} out of {wanted} new pods have been updated"
    if available < wanted:
        return f"{waiting}: {available} of {wanted} updated pods are available"
    return f"{name} successfully rolled out"


def _wanted(spec: Mapping[str, Any]) -> int:
    replicas = spec.get("replicas")
    return 1 if replicas is None else int(replicas)


def _history(asking: Asking, item: Mapping[str, Any]) -> str:
    revisions = dict(sorted(_revisions(asking, item)))
    title = f"{item['kind'].lower()} {item['metadata']['name']}"
    if wanted := asking.read.options.get("revision"):
        return _one(asking, title, revisions, int(wanted))
    if asking.read.output in ("json", "yaml"):
        return document(asking, presentable(item))
    rows: list[Sequence[object]] = [("REVISION", "IMAGES", "CHANGE-CAUSE")]
    rows += [(number, _images(owner), _cause(owner)) for number, owner in revisions.items()]
    return f"{title}\n{columns(rows)}"


def _one(
    asking: Asking, title: str, revisions: Mapping[int, Mapping[str, Any]], wanted: int
) -> str:
    if wanted not in revisions:
        there = ", ".join(map(str, revisions)) or "none"
        msg = f"{title} has no revision {wanted} any more; kept revisions: {there}"
        raise TryAgain(msg)
    template = presentable(_template(revisions[wanted]))
    if asking.read.output == "json":
        return document(asking, template)
    return f"{title} with revision #{wanted}\n{as_yaml(template)}"


def _revisions(asking: Asking, item: Mapping[str, Any]) -> Iterator[Revision]:
    deployment = item["kind"] == "Deployment"
    resource = asking.catalogue.resolve("replicasets" if deployment else "controllerrevisions")
    target = asking.target(resource)
    owners = asking.items(target, {"limit": "500"}).found
    for owner in owners:
        above = controller_ref(owner)
        if above is None or above.get("uid") != item["metadata"].get("uid"):
            continue
        annotations = owner["metadata"].get("annotations") or {}
        number = annotations.get(_REVISION) if deployment else owner.get("revision")
        if number is not None and str(number).isdecimal():
            yield int(number), owner


def _template(owner: Mapping[str, Any]) -> Mapping[str, Any]:
    if owner["kind"] == "ReplicaSet":
        template: Mapping[str, Any] = owner["spec"]["template"]
    else:
        template = owner["data"]["spec"]["template"]
    return {key: value for key, value in template.items() if key != "$patch"}


def _images(owner: Mapping[str, Any]) -> str:
    containers = (_template(owner).get("spec") or {}).get("containers") or ()
    return ",".join(str(one.get("image", "")) for one in containers)


def _cause(owner: Mapping[str, Any]) -> str:
    cause = (owner["metadata"].get("annotations") or {}).get(_CAUSE)
    return str(cause or "<none>")
