"""Pods that no node takes, told apart by why."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sreagent.diagnose.conditions.preemption import say_taken, takers
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, is_over, pod_condition, references, requests
from sreagent.diagnose.objects.quantities import amount, show
from sreagent.diagnose.view.placement import (
    Obstacle,
    free_on,
    obstacle_on,
    pods_that_fit,
    port_holders,
    terms,
    volumes_of,
)
from sreagent.diagnose.view.revisions import revision_of, workload_revisions
from sreagent.diagnose.view.scene import Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, controller_ref
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

YOUNG = 10
"""Seconds the scheduler may take."""
GATED = 300
"""Seconds that a pod may wait for its gates to be removed: queues hold pods back on purpose."""
_CONTROL_PLANE = ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane")
_OUT_OF_ORDER = ("node_down", "node_trouble", "cordoned")
_BY_RANK = (
    *("taint", "host_port", "anti_affinity", "affinity", "spread", "volume_affinity"),
    *("insufficient", "too_many_pods"),
)
"""What is named when two obstacles keep it off equally many nodes: the first."""
_CLAIM = re.compile(r"persistentvolumeclaim \"([^\"]{1,253})\" (?:not found|is being deleted)")


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


@condition("pod.scheduling_gated", "Pod", worth=0.75, even_mild=True)
def scheduling_gated(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """The scheduler does not look at a pod before somebody removes its gates."""
    gates = [str(one.get("name")) for one in pod["spec"].get("schedulingGates") or ()]
    if not gates or pod["spec"].get("nodeName") or is_over(pod) or not scene.older(pod, GATED):
        return
    yield Finding(
        condition="pod.scheduling_gated",
        entity=entity,
        claim=f"{entity} is kept from the scheduler by gate {', '.join(gates)}, which nobody has "
        "removed",
        category=Category.SCHEDULING,
        severity=Severity.WARNING,
        uid=pod["metadata"].get("uid", ""),
        path="spec.schedulingGates",
        since=scene.created(pod),
        command=entity.get,
        facts={"gates": ",".join(gates)},
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
    claim = _unbound_claim(scene, pod, message) or _of_too_many(scene, pod)
    if claim:
        return claim
    nodes = scene.all("Node")
    found = [one for node in nodes if (one := obstacle_on(scene, pod, node))]
    if not found:
        return _by_message(pod, message)
    eligible = [one for one in found if one.cause != "node_selector"]
    if not eligible:
        return _no_label(pod, nodes)
    return _weigh(scene, pod, _meant_for_it(eligible))


def _of_too_many(scene: Scene, pod: Obj) -> Verdict | None:
    """That more pods are asked for than all nodes hold, so that some fit nowhere."""
    owner = controller_ref(pod) or EMPTY
    if owner.get("kind") == "ReplicaSet":
        above = scene.workload_of(pod)
    else:
        space = pod["metadata"].get("namespace", "")
        above = Entity(kind=str(owner.get("kind")), namespace=space, name=str(owner.get("name")))
    wanted = ((scene.inventory.find(above) or EMPTY).get("spec") or EMPTY).get("replicas") or 0
    room = pods_that_fit(scene)
    if not room or wanted <= room:
        return None
    return Verdict(
        says=f"{above} asks for {wanted} pods, and all nodes together hold {room:.0f}",
        category=Category.CONFIGURATION,
        facts={"cause": "too_many_replicas", "replicas": str(wanted), "room": f"{room:.0f}"},
    )


def _meant_for_it(eligible: list[Obstacle]) -> list[Obstacle]:
    """Without the nodes of the control plane, which are closed to everybody."""
    others = [one for one in eligible if not one.detail.startswith(_CONTROL_PLANE)]
    return others or eligible


def _weigh(scene: Scene, pod: Obj, eligible: list[Obstacle]) -> Verdict:
    """Among the nodes that the pod may use: what stands in the way of it on most."""
    if too_big := _too_big(scene, pod):
        return _no_room(scene, pod, too_big, eligible)
    out = [one for one in eligible if one.cause in _OUT_OF_ORDER]
    if out:
        return _out_of_order(out)
    counts = Counter(one.cause for one in eligible)
    cause = max(_BY_RANK, key=lambda name: counts[name])
    mine = [one for one in eligible if one.cause == cause]
    if cause == "taint":
        return _tainted(scene, pod, mine)
    if cause == "insufficient":
        return _no_room(scene, pod, mine[0].detail, eligible)
    return _VERDICTS[cause](scene, pod, mine)


def _too_big(scene: Scene, pod: Obj) -> str | None:
    """A resource of which no node could ever give what the pod asks."""
    for resource, asked in requests(pod["spec"]).items():
        if asked > max(_size(node, resource) for node in scene.all("Node")):
            return resource
    return None


def _size(node: Obj, resource: str) -> float:
    return amount(((node.get("status") or EMPTY).get("allocatable") or {}).get(resource, 0))


def _no_room(scene: Scene, pod: Obj, resource: str, eligible: list[Obstacle]) -> Verdict:
    asked = requests(pod["spec"]).get(resource, 0.0)
    names = {one.node for one in eligible}
    ready = [
        one
        for one in scene.all("Node")
        if one["metadata"]["name"] in names and not (one.get("spec") or EMPTY).get("unschedulable")
    ] or scene.all("Node")
    best = max(ready, key=lambda node: free_on(scene, node).get(resource, 0.0))
    free, size = max(free_on(scene, best).get(resource, 0.0), 0.0), _size(best, resource)
    name = best["metadata"]["name"]
    atmost = "" if scene.inventory.looked("Pod") else "at most "
    says = f"it asks for {show(resource, asked)} {resource} and "
    if not any(_size(node, resource) for node in scene.all("Node")):
        says += f"no node offers any {resource}"
    else:
        says += (
            f"the roomiest of {len(eligible)} node{'s' if len(eligible) > 1 else ''} ({name}) has "
            f"{atmost}{show(resource, free)} free of {show(resource, size)}"
        )
    return _taken(
        scene,
        pod,
        Verdict(
            says=says + _request_before(scene, pod, resource),
            category=Category.RESOURCE,
            facts={
                "cause": "insufficient",
                "resource": resource,
                "asked": show(resource, asked),
                "biggest_free": show(resource, free),
                "node": name,
            },
        ),
    )


def _taken(scene: Scene, pod: Obj, verdict: Verdict) -> Verdict:
    """The same, with those who pushed the pod out of its place."""
    taker = next(iter(takers(scene, scene.workload_of(pod))), None)
    if taker is None:
        return verdict
    return Verdict(
        says=f"{verdict.says}; its place was taken by {taker}, which goes first",
        category=verdict.category,
        facts={**verdict.facts, "accusation": say_taken(scene, scene.workload_of(pod))},
        suspects=(taker,),
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


def _port_taken(scene: Scene, pod: Obj, found: list[Obstacle]) -> Verdict:
    held = [(port, one) for at in found for port, one in port_holders(scene, pod, at.node)]
    owners = sorted({scene.workload_of(one) for _, one in held})
    mine = scene.workload_of(pod)
    others = [one for one in owners if one != mine]
    by = " and ".join(str(one) for one in others[:2]) or "pods of its own"
    ports = ", ".join(sorted({str(port) for port, _ in held}))
    return Verdict(
        says=f"its hostPort {ports} is taken on all {len(found)} of its nodes by {by}",
        category=Category.SCHEDULING,
        facts={
            "cause": "host_port",
            "port": ports,
            "accusation": f"took hostPort {ports} of the nodes that {mine} needs",
        },
        suspects=tuple(one for one in others if _is_newer(scene, one, mine)),
    )


def _is_newer(scene: Scene, one: Entity, other: Entity) -> bool:
    """Whether it was rolled out after the other."""
    newer, older = workload_revisions(scene, one), workload_revisions(scene, other)
    return _after(newer[0].at if newer else None, older[0].at if older else None)


def _kept_apart(scene: Scene, pod: Obj, found: list[Obstacle]) -> Verdict:
    mine = scene.workload_of(pod)
    wanted = ((scene.inventory.find(mine) or EMPTY).get("spec") or EMPTY).get("replicas")
    many = f" ({wanted} pods are wanted)" if wanted else ""
    return Verdict(
        says=f"its anti-affinity allows one pod for each {found[0].detail}, and all "
        f"{len(found)} nodes it could use have one{many}",
        category=Category.SCHEDULING,
        facts={"cause": "anti_affinity", "topology": found[0].detail},
    )


def _lonely(_scene: Scene, pod: Obj, found: list[Obstacle]) -> Verdict:
    said = "; ".join(
        ",".join(
            f"{key}={value}"
            for key, value in sorted(
                ((term.get("labelSelector") or EMPTY).get("matchLabels") or {}).items()
            )
        )
        for term in terms(pod["spec"], "podAffinity")
    )
    return Verdict(
        says=f"none of its {len(found)} nodes runs a pod with {said or 'the labels'} that it must "
        "be near (pod affinity)",
        category=Category.SCHEDULING,
        facts={"cause": "affinity", "selector": said},
    )


def _spread(scene: Scene, pod: Obj, found: list[Obstacle]) -> Verdict:
    key = found[0].detail
    without = sum(key not in labels_of(node) for node in scene.all("Node"))
    rules = pod["spec"].get("topologySpreadConstraints") or ()
    skew = next((one.get("maxSkew") for one in rules if one["topologyKey"] == key), 1)
    why = (
        f"{without} of its nodes have no label {key}"
        if without == len(found)
        else f"one more pod on any of its {len(found)} nodes is more than maxSkew {skew}"
    )
    return Verdict(
        says=f"its topology spread over {key} allows no node: {why}",
        category=Category.SCHEDULING,
        facts={"cause": "spread", "topology": key},
    )


def _volume_elsewhere(scene: Scene, pod: Obj, found: list[Obstacle]) -> Verdict:
    volume = next(
        one for one in volumes_of(scene, pod) if one["metadata"]["name"] == found[0].detail
    )
    claim = (volume.get("spec") or EMPTY).get("claimRef") or EMPTY
    required = ((volume.get("spec") or EMPTY).get("nodeAffinity") or EMPTY).get("required")
    wanted = pod["spec"].get("nodeSelector") or {}
    said = ",".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    own = f" while its nodeSelector asks for {said}" if said else ""
    return Verdict(
        says=f"its volume {found[0].detail} (claim {claim.get('name', '')}) can only be used where "
        f"{_say_terms((required or EMPTY).get('nodeSelectorTerms') or ())}{own}",
        category=Category.STORAGE,
        facts={"cause": "volume_affinity", "volume": found[0].detail, "selector": said},
    )


def _too_many(_scene: Scene, _pod: Obj, found: list[Obstacle]) -> Verdict:
    names = ", ".join(one.node for one in found[:3])
    return Verdict(
        says=f"the nodes hold as many pods as they may ({names})",
        category=Category.SCHEDULING,
        facts={"cause": "too_many_pods", "resource": "pods"},
    )


_VERDICTS: Mapping[str, Callable[[Scene, Obj, list[Obstacle]], Verdict]] = {
    "host_port": _port_taken,
    "anti_affinity": _kept_apart,
    "affinity": _lonely,
    "spread": _spread,
    "volume_affinity": _volume_elsewhere,
    "too_many_pods": _too_many,
}


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
    affinity = (spec.get("affinity") or EMPTY).get("nodeAffinity") or EMPTY
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or EMPTY
    return _say_terms(required.get("nodeSelectorTerms") or ())


def _say_terms(found: Iterable[Obj]) -> str:
    said = [
        f"{one['key']} {one['operator']} {','.join(one.get('values') or ())}".strip()
        for term in found
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
        leaving = "being deleted" in found[0]
        introduced = "" if leaving else _first_to_name(scene, pod, missing)
        is_gone = "is being deleted" if leaving else "does not exist"
        return Verdict(
            says=f"{missing} {is_gone}{introduced}",
            category=Category.STORAGE,
            facts={
                "cause": "claim_leaving" if leaving else "claim_missing",
                "claim": found[1],
                "accusation": f"{is_gone}, but {scene.workload_of(pod)} needs it",
            },
            suspects=() if introduced else (missing,),
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


def _first_to_name(scene: Scene, pod: Obj, claim: Entity) -> str:
    """That the pod's revision names a claim which the one before did not."""
    known = workload_revisions(scene, scene.workload_of(pod))
    mine = revision_of(pod, known)
    older = [one for one in known if mine and one.number < mine.number]
    if not mine or not older:
        return ""
    before = references(older[0].template.get("spec") or EMPTY)
    if any((one.kind, one.name) == (claim.kind, claim.name) for one in before):
        return ""
    return f"; revision {mine.number} is the first that names it"


def _is_bound(claim: Obj | None) -> bool:
    return ((claim or EMPTY).get("status") or EMPTY).get("phase") == "Bound"
