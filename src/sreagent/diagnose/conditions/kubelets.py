"""What kubelets and watchers report of their nodes: hardware, clocks, leases, versions."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.nodes import PRESSURES
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.podspec import EMPTY, pod_condition
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.placement import free_on
from sreagent.diagnose.view.scene import Scene, last_seen
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time, span
from sreagent.domain.text import one_line

STALE = 60
"""Seconds without a renewed lease; a kubelet renews it each 10 s, 40 s are allowed."""
SKEW = 60
"""Seconds by which a clock may be ahead."""
SPARE = 0.05
"""Share of what a node can give that should be left."""
OLDEST = 3
"""Minor versions by which a kubelet may be older than the API server."""


@condition("node.problem", "Node", worth=0.80, even_mild=True, even_near=True)
def problem(_scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """A watcher on a node reports trouble of its kernel, disk, runtime, clock or hardware."""
    for state in (node.get("status") or EMPTY).get("conditions") or ():
        name, status = str(state.get("type")), state.get("status")
        if name in _STANDARD or not _is_trouble(name, str(status)):
            continue
        grave = bool(_GRAVE.search(name))
        yield Finding(
            condition="node.problem",
            entity=entity,
            claim=f"{entity} reports {name}={status}: "
            f"{one_line(str(state.get('message') or state.get('reason') or ''), 160)}",
            category=Category.NODE,
            severity=Severity.ERROR if grave else Severity.WARNING,
            uid=node["metadata"].get("uid", ""),
            path=f"status.conditions[{name}]",
            since=parse_time(state.get("lastTransitionTime")),
            command=f"kubectl describe node {entity.name}",
            excerpt=one_line(str(state.get("message") or ""), 200),
            tainted=True,
            facts={"node": entity.name, "problem": name},
        )


_STANDARD = frozenset({"Ready", "NetworkUnavailable", "EtcdIsVoter", *PRESSURES})
_GOOD = re.compile(r"(?:Ready|Healthy|Available|Voter|Synced|Joined|Schedulable)$")
"""Types of which True is the good state."""
_BAD = re.compile(
    r"(?:Un|Not)(?:healthy|ready|available|synced|schedulable)|Deadlock|Readonly|ReadOnly|Corrupt"
    r"|Frequent|Problem|Failure|Failed|Error|Fault|Hung|OutOf|Pressure|Broken|Lost|Exhausted",
    re.IGNORECASE,
)
_GRAVE = re.compile(r"Deadlock|Read.?[oO]nly|Corrupt|Unhealthy|NTPProblem|Failure|Fault|XID|Hung")


def _is_trouble(name: str, status: str) -> bool:
    """Whether a condition that somebody added is in its bad state; of unknown ones nobody knows."""
    if _BAD.search(name):
        return status == "True"
    return bool(_GOOD.search(name)) and status == "False"


@condition("node.lease_stale", "Node", worth=0.66, even_mild=True)
def lease_stale(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """A kubelet has not renewed its lease, and its node is not called unready yet."""
    lease = scene.get("Lease", "kube-node-lease", entity.name)
    renewed = ((lease or EMPTY).get("spec") or EMPTY).get("renewTime")
    age = scene.age(renewed)
    ready = pod_condition(node, "Ready").get("status") == "True"
    if age is None or not ready or age < STALE:
        return
    yield Finding(
        condition="node.lease_stale",
        entity=entity,
        claim=f"{entity} counts as ready, but its kubelet renewed its lease {span(age)} ago: it "
        "has just stopped, or its clock is behind",
        category=Category.NODE,
        severity=Severity.WARNING,
        uid=node["metadata"].get("uid", ""),
        path="spec.renewTime",
        since=parse_time(renewed),
        command=f"kubectl -n kube-node-lease get lease {entity.name} -o yaml",
    )


@condition("node.clock", "Node", worth=0.78, even_mild=True, even_near=True)
def clock(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """What a kubelet writes is dated in the future: the clock of its node is wrong."""
    ahead = _ahead(scene, node)
    # Where all nodes are ahead, it is the clock of this machine that is behind.
    others = [_ahead(scene, one) for one in scene.all("Node") if one is not node]
    if ahead < SKEW or min(others, default=ahead) > SKEW / 2:
        return
    yield Finding(
        condition="node.clock",
        entity=entity,
        claim=f"the clock of {entity} is {span(ahead)} ahead: its kubelet writes times that have "
        "not come yet",
        category=Category.NODE,
        severity=Severity.WARNING,
        uid=node["metadata"].get("uid", ""),
        path="status.conditions[Ready].lastHeartbeatTime",
        command=entity.get,
        facts={"node": entity.name},
    )


def _ahead(scene: Scene, node: Obj) -> float:
    """Seconds by which the newest stamp of a kubelet lies in the future; 0 when none does."""
    lease = scene.get("Lease", "kube-node-lease", node["metadata"]["name"]) or EMPTY
    states = (node.get("status") or EMPTY).get("conditions") or ()
    stamps = [state.get("lastHeartbeatTime") for state in states]
    stamps.append((lease.get("spec") or EMPTY).get("renewTime"))
    return -min((age for stamp in stamps if (age := scene.age(stamp)) is not None), default=0.0)


@condition("node.rebooted", "Node", worth=0.66, even_mild=True, even_near=True)
def rebooted(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """A node was started again lately, with all pods on it."""
    # A kubelet writes the name of its node where others write the uid.
    itself = {"metadata": {"uid": entity.name}}
    events = [*scene.events(node, "Rebooted"), *scene.events(itself, "Rebooted")]
    if not events:
        return
    at = last_seen(events[-1])
    yield Finding(
        condition="node.rebooted",
        entity=entity,
        claim=f"{entity} was rebooted {span(scene.age(at) or 0)} ago",
        category=Category.NODE,
        severity=Severity.WARNING,
        uid=node["metadata"].get("uid", ""),
        since=at,
        command=f"kubectl describe node {entity.name}",
        facts={"node": entity.name},
    )


@condition("node.full", "Node", role=Role.REMARK)
def full(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """Nearly all that a node has is asked for, or it holds as many pods as it may."""
    if not scene.inventory.looked("Pod"):
        return
    free = free_on(scene, node)
    sizes = (node.get("status") or EMPTY).get("allocatable") or {}
    short = [
        f"{name} {100 - round(100 * max(free[name], 0) / amount(sizes[name]))} %"
        for name in ("cpu", "memory", "pods")
        if amount(sizes.get(name, 0)) and free.get(name, 0) < SPARE * amount(sizes[name])
    ]
    if short:
        yield _remark("node.full", entity, node, f"{entity} is asked for {', '.join(short)} of "
                      "what it can give")  # fmt: skip


@condition("node.version_skew", "Node", role=Role.REMARK)
def version_skew(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """The kubelet of a node is newer than the API server, or much older."""
    info = (node.get("status") or EMPTY).get("nodeInfo") or EMPTY
    own, server = (
        _minor(text) for text in (info.get("kubeletVersion"), scene.inventory.server_version)
    )
    if own is None or server is None or server - OLDEST <= own <= server:
        return
    versions = f"kubelet {info['kubeletVersion']} with an API server "
    said = f"{entity} runs {versions}{scene.inventory.server_version}"
    yield _remark("node.version_skew", entity, node, said)


def _minor(text: object) -> int | None:
    found = re.match(r"v?1\.(\d{1,3})", str(text or ""))
    return int(found[1]) if found else None


def _remark(name: str, entity: Entity, node: Obj, claim: str) -> Finding:
    return Finding(
        condition=name,
        entity=entity,
        claim=claim,
        category=Category.NODE,
        severity=Severity.INFO,
        verdict=Health.HEALTHY,
        uid=node["metadata"].get("uid", ""),
        path="status",
        command=entity.get,
    )
