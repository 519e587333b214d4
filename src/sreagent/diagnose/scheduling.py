"""Pods that no node takes, told apart by why."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sreagent.diagnose.managers import last_edit
from sreagent.diagnose.podspec import EMPTY, is_over, pod_condition, references, requests
from sreagent.diagnose.quantities import amount, show
from sreagent.diagnose.registry import condition
from sreagent.diagnose.revisions import revision_of, workload_revisions
from sreagent.diagnose.scene import Scene, labels_of, once_per_scene
from sreagent.diagnose.selectors import node_terms_fit
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, controller_ref
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

YOUNG = 10
"""Seconds the scheduler may take."""
_BY_THE_CLUSTER = "node.kubernetes.io/"
"""Prefix of the taints that the cluster sets itself: not ready, unreachable, unschedulable."""
_CLAIM = re.compile(r"persistentvolumeclaim \"([^\"]{1,253})\" (?:not found|is being deleted)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why one node does not take a pod."""

    cause: str
    """`insufficient`, `taint`, `node_selector`, `cordoned`, `node_down`, `node_trouble`, …"""
    node: str
    detail: str = ""
    """The resource, the taint or the label."""


@condition(
    "pod.unschedulable", "Pod", worth=0.80, accuses=True, refuted_by="a node on which the pod fits"
)
def unschedulable(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """The scheduler finds no node for a pod."""
    state = pod_condition(pod, "PodScheduled")
    waiting = state.get("status") == "False" and state.get("reason") == "Unschedulable"
    if not waiting or is_over(pod) or not scene.older(pod, YOUNG):
        return
    message = one_line(str(state.get("message") or ""), 400)
    verdict = _known_verdict(scene, pod, message)
    yield Finding(
        condition="pod.unschedulable",
        entity=entity,
        claim=f"{entity} fits on no node: {verdict.says} (scheduler: {message.rstrip('.')})",
        category=verdict.category,
        uid=pod["metadata"].get("uid", ""),
        path="status.conditions[PodScheduled]",
        since=parse_time(state.get("lastTransitionTime")) or scene.created(pod),
        command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
        excerpt=message,
        suspects=verdict.suspects,
        facts=verdict.facts,
    )


@condition("pod.preempted", "Pod", worth=0.70)
def preempted(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod had to make room for one of higher priority."""
    events = scene.events(pod, "Preempted")
    if not events:
        return
    yield Finding(
        condition="pod.preempted",
        entity=entity,
        claim=f"{entity} was preempted: {one_line(str(events[-1].get('message')), 200)}",
        category=Category.SCHEDULING,
        uid=pod["metadata"].get("uid", ""),
        since=parse_time(events[-1].get("firstTimestamp")),
        command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
    )


@condition("pod.no_such_node", "Pod")
def no_such_node(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod is bound by name to a node that does not exist."""
    name = pod["spec"].get("nodeName")
    if not name or is_over(pod) or not scene.older(pod, YOUNG):
        return
    node = Entity(kind="Node", name=name)
    if scene.is_missing(node) and (pod.get("status") or EMPTY).get("phase") == "Pending":
        yield Finding(
            condition="pod.unschedulable",
            entity=entity,
            claim=f"{entity} waits for node {name}, which does not exist (spec.nodeName)",
            category=Category.SCHEDULING,
            uid=pod["metadata"].get("uid", ""),
            path="spec.nodeName",
            since=scene.created(pod),
            command=entity.get,
            facts={"cause": "no_such_node", "node": name},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What stands in a pod's way, all nodes considered."""

    says: str
    category: Category
    facts: Mapping[str, str]
    suspects: tuple[Entity, ...] = ()


@once_per_scene
def _verdicts(_scene: Scene) -> dict[tuple[str, str], Verdict]:
    return {}


def _known_verdict(scene: Scene, pod: Obj, message: str) -> Verdict:
    """Pods of one owner are alike, unless each has a claim of its own."""
    owner = (controller_ref(pod) or EMPTY).get("uid", "")
    claims = any(ref.kind == "PersistentVolumeClaim" for ref in references(pod["spec"]))
    key = (pod["metadata"].get("uid", "") if claims or not owner else owner, message)
    known = _verdicts(scene)
    if key not in known:
        known[key] = _verdict(scene, pod, message)
    return known[key]


def _verdict(scene: Scene, pod: Obj, message: str) -> Verdict:
    claim = _unbound_claim(scene, pod, message)
    if claim:
        return claim
    nodes = scene.all("Node")
    if not nodes:
        return _by_message(pod, message)
    obstacles = [_obstacle(scene, pod, node) for node in nodes]
    found = [one for one in obstacles if one]
    if not found:
        return _by_message(pod, message)
    eligible = [one for one in found if one.cause != "node_selector"]
    if not eligible:
        return _no_label(pod, nodes)
    return _weigh(scene, pod, eligible)


def _weigh(scene: Scene, pod: Obj, eligible: list[Obstacle]) -> Verdict:
    """Among the nodes that the pod may use: one that is out of order, a taint, or no room."""
    causes = Counter(one.cause for one in eligible)
    too_big = _too_big(scene, pod)
    out = [one for one in eligible if one.cause in ("node_down", "node_trouble", "cordoned")]
    if too_big is None and out:
        return _out_of_order(out)
    if too_big is None and causes["taint"] and causes["taint"] >= causes["insufficient"]:
        return _tainted(scene, pod, [one for one in eligible if one.cause == "taint"])
    if causes["too_many_pods"]:
        return Verdict(
            says="the nodes hold as many pods as they may",
            category=Category.SCHEDULING,
            facts={"cause": "too_many_pods", "resource": "pods"},
        )
    resource = too_big or next((one.detail for one in eligible if one.cause == "insufficient"), "")
    return _no_room(scene, pod, resource, len(eligible))


def _obstacle(scene: Scene, pod: Obj, node: Obj) -> Obstacle | None:
    """The first reason for which this node does not take the pod."""
    name, spec = node["metadata"]["name"], node.get("spec") or EMPTY
    if not node_terms_fit(pod["spec"], node):
        return Obstacle(cause="node_selector", node=name)
    if pod_condition(node, "Ready").get("status") != "True":
        return Obstacle(cause="node_down", node=name)
    if spec.get("unschedulable"):
        return Obstacle(cause="cordoned", node=name)
    for taint in spec.get("taints") or ():
        if taint.get("effect") != "PreferNoSchedule" and not _tolerates(pod, taint):
            own = str(taint["key"]).startswith(_BY_THE_CLUSTER)
            cause = "node_trouble" if own else "taint"
            return Obstacle(cause=cause, node=name, detail=_say_taint(taint))
    return _no_room_on(scene, pod, node)


def _no_room_on(scene: Scene, pod: Obj, node: Obj) -> Obstacle | None:
    name, free = node["metadata"]["name"], _free(scene, node)
    for resource, asked in requests(pod["spec"]).items():
        if asked > free.get(resource, 0.0):
            return Obstacle(cause="insufficient", node=name, detail=resource)
    return Obstacle(cause="too_many_pods", node=name) if free.get("pods", 1.0) < 1 else None


@once_per_scene
def _room(scene: Scene) -> Mapping[str, Mapping[str, float]]:
    """What each node has left."""
    return {node["metadata"]["name"]: _left(scene, node) for node in scene.all("Node")}


def _free(scene: Scene, node: Obj) -> Mapping[str, float]:
    return _room(scene)[node["metadata"]["name"]]


def _left(scene: Scene, node: Obj) -> dict[str, float]:
    """Allocatable minus what the pods in view ask for: an upper bound when not all are."""
    status = node.get("status") or EMPTY
    free = {name: amount(text) for name, text in (status.get("allocatable") or {}).items()}
    for pod in scene.pods_by_node.get(node["metadata"]["name"], ()):
        for resource, asked in requests(pod["spec"]).items():
            free[resource] = free.get(resource, 0.0) - asked
        free["pods"] = free.get("pods", 110.0) - 1
    return free


def _too_big(scene: Scene, pod: Obj) -> str | None:
    """A resource of which no node could ever give what the pod asks."""
    for resource, asked in requests(pod["spec"]).items():
        largest = max(
            amount(((node.get("status") or EMPTY).get("allocatable") or {}).get(resource, 0))
            for node in scene.all("Node")
        )
        if asked > largest:
            return resource
    return None


def _no_room(scene: Scene, pod: Obj, resource: str, nodes: int) -> Verdict:
    asked = requests(pod["spec"]).get(resource, 0.0)
    ready = [
        one for one in scene.all("Node") if not (one.get("spec") or EMPTY).get("unschedulable")
    ]
    best = max(ready, key=lambda node: _free(scene, node).get(resource, 0.0), default=None)
    free = max(_free(scene, best).get(resource, 0.0), 0.0) if best else 0.0
    name = best["metadata"]["name"] if best else ""
    atmost = "" if scene.inventory.looked("Pod") else "at most "
    size = amount(((best or EMPTY).get("status") or EMPTY).get("allocatable", {}).get(resource, 0))
    says = (
        f"it asks for {show(resource, asked)} {resource} and the roomiest of {nodes} nodes "
        f"({name}) has {atmost}{show(resource, free)} free of {show(resource, size)}"
        if asked
        else f"no node has enough {resource}"
    )
    return Verdict(
        says=says + _request_before(scene, pod, resource),
        category=Category.RESOURCE,
        facts={
            "cause": "insufficient",
            "resource": resource,
            "asked": show(resource, asked),
            "biggest_free": show(resource, free),
            "node": name,
        },
    )


def _request_before(scene: Scene, pod: Obj, resource: str) -> str:
    known = workload_revisions(scene, scene.workload_of(pod))
    mine = revision_of(pod, known)
    for one in known:
        if mine and one.number < mine.number:
            before = requests(one.template.get("spec") or EMPTY).get(resource, 0.0)
            if before != requests(pod["spec"]).get(resource, 0.0):
                return f"; {one.label} asked for {show(resource, before)}"
    return ""


def _out_of_order(out: list[Obstacle]) -> Verdict:
    """Nodes that would take it, were they well; a broken one before a merely cordoned one."""
    broken = [one for one in out if one.cause != "cordoned"] or out
    names = ", ".join(one.node for one in out)
    state = {"node_down": "not ready", "node_trouble": broken[0].detail, "cordoned": "cordoned"}
    how = state[broken[0].cause]
    return Verdict(
        says=f"it would fit on {names}, which {'is' if len(out) == 1 else 'are'} {how}",
        category=Category.NODE,
        facts={
            "cause": broken[0].cause,
            "node": broken[0].node,
            "accusation": f"is {how}, and a pod that would fit on it finds no other node",
        },
        suspects=tuple(Entity(kind="Node", name=one.node) for one in broken),
    )


def _tainted(scene: Scene, pod: Obj, found: list[Obstacle]) -> Verdict:
    taints = Counter(one.detail for one in found)
    taint, count = taints.most_common(1)[0]
    nodes = sorted(one.node for one in found if one.detail == taint)
    guilty = _newly_tainted(scene, pod, nodes)
    return Verdict(
        says=f"{count} of its nodes ({', '.join(nodes[:3])}) carry taint {taint}, which it does "
        "not tolerate",
        category=Category.SCHEDULING,
        facts={
            "cause": "taint",
            "taint": taint,
            "node": nodes[0],
            "accusation": f"carries taint {taint}, which {scene.workload_of(pod)} does not "
            "tolerate; its pods fit on no other node",
        },
        suspects=guilty,
    )


def _newly_tainted(scene: Scene, pod: Obj, nodes: list[str]) -> tuple[Entity, ...]:
    """The nodes, when they were tainted after the pod's template was rolled out."""
    known = workload_revisions(scene, scene.workload_of(pod))
    mine = revision_of(pod, known)
    rolled_out = mine.at if mine else scene.created(pod)
    tainted = [name for name in nodes if _after(_tainted_at(scene, name), rolled_out)]
    return tuple(Entity(kind="Node", name=name) for name in tainted)


def _tainted_at(scene: Scene, name: str) -> datetime | None:
    edit = last_edit(scene.get("Node", "", name) or {"metadata": {}}, "spec.taints")
    return edit.at if edit else None


def _after(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other


def _no_label(pod: Obj, nodes: list[Obj]) -> Verdict:
    wanted = pod["spec"].get("nodeSelector") or {}
    said = ",".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    keys = sorted(wanted)
    have = sorted(
        {
            f"{key}={labels_of(node)[key]}"
            for node in nodes
            for key in keys
            if key in labels_of(node)
        }
    )
    if wanted:
        others = (
            f"they have {', '.join(have[:6])}" if have else f"none has a label {', '.join(keys)}"
        )
        says = f"no node carries {said} (nodeSelector); {others}"
    else:
        said = _say_affinity(pod["spec"])
        says = f"no node matches its node affinity ({said})"
    return Verdict(
        says=says,
        category=Category.SCHEDULING,
        facts={"cause": "node_selector", "selector": said},
    )


def _say_affinity(spec: Obj) -> str:
    terms = (
        ((spec.get("affinity") or EMPTY).get("nodeAffinity") or EMPTY).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        )
        or EMPTY
    ).get("nodeSelectorTerms") or ()
    said = [
        f"{one['key']} {one['operator']} {','.join(one.get('values') or ())}".strip()
        for term in terms
        for one in term.get("matchExpressions") or ()
    ]
    return " and ".join(said)


_MESSAGES = (
    (r"Insufficient ([\w./-]+\w)", "insufficient", "no node has enough {} free for it"),
    (r"taint \{([^}]{1,120})\}", "taint", "it does not tolerate taint {}"),
    (r"were unschedulable", "cordoned", "the node it could use is cordoned"),
    (r"anti-affinity", "anti_affinity", "its anti-affinity keeps it away from its own kind"),
    (r"pod affinity", "affinity", "no node runs the pods it wants to be near"),
    (r"volume node affinity", "volume_affinity", "its volume lives on a node it cannot use"),
    (r"free ports", "host_port", "its hostPort is taken on every node"),
    (r"topology spread", "spread", "its topology spread constraints allow no node"),
    (r"max volume count", "volumes", "the nodes hold as many volumes as they may"),
    (r"didn't (?:match|satisfy)", "node_selector", "no node matches its selectors"),
)


def _by_message(pod: Obj, message: str) -> Verdict:
    """By the scheduler's words alone: the nodes look fit, or could not be looked at."""
    for words, cause, says in _MESSAGES:
        found = re.search(words, message)
        if not found:
            continue
        facts = {"cause": cause}
        if cause == "insufficient":
            asked = show(found[1], requests(pod["spec"]).get(found[1], 0.0))
            facts |= {"resource": found[1], "asked": asked}
        return Verdict(says=says.format(*found.groups()), category=Category.SCHEDULING, facts=facts)
    return Verdict(
        says="the scheduler has a reason of its own",
        category=Category.SCHEDULING,
        facts={"cause": "unknown"},
    )


def _unbound_claim(scene: Scene, pod: Obj, message: str) -> Verdict | None:
    space = pod["metadata"].get("namespace", "")
    claims = [
        Entity(kind="PersistentVolumeClaim", namespace=space, name=ref.name)
        for ref in references(pod["spec"])
        if ref.kind == "PersistentVolumeClaim"
    ]
    if found := _CLAIM.search(message):
        missing = Entity(kind="PersistentVolumeClaim", namespace=space, name=found[1])
        return Verdict(
            says=f"{missing} does not exist",
            category=Category.STORAGE,
            facts={
                "cause": "claim_missing",
                "claim": found[1],
                "accusation": f"does not exist, but {scene.workload_of(pod)} needs it",
            },
            suspects=(missing,),
        )
    if "unbound" not in message or not claims:
        return None
    looked = scene.inventory.looked("PersistentVolumeClaim", space)
    unbound = [one for one in claims if looked and not _is_bound(scene.inventory.find(one))]
    one_of = "" if looked or len(claims) == 1 else f"one of its {len(claims)} claims, maybe "
    return Verdict(
        says=f"{one_of}{(unbound or claims)[0]} is not bound",
        category=Category.STORAGE,
        facts={"cause": "unbound_claim", "claim": (unbound or claims)[0].name},
        suspects=tuple(unbound or claims),
    )


def _is_bound(claim: Obj | None) -> bool:
    return ((claim or EMPTY).get("status") or EMPTY).get("phase") == "Bound"


def _tolerates(pod: Obj, taint: Mapping[str, Any]) -> bool:
    for one in pod["spec"].get("tolerations") or ():
        key = one.get("key")
        same_value = one.get("operator") == "Exists" or one.get("value", "") == taint.get(
            "value", ""
        )
        effect = one.get("effect")
        if (
            (not key or key == taint["key"])
            and same_value
            and effect in (None, "", taint["effect"])
        ):
            return True
    return False


def _say_taint(taint: Mapping[str, Any]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint.get('effect')}"
