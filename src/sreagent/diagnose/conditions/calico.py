"""Calico: routes that are not exchanged, and pools that have no address left."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.shapes import part, word
from sreagent.diagnose.view.calling import failing_calls
from sreagent.diagnose.view.scene import Scene, first_seen, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

_ATOM = re.compile(
    r"\s*(!)?\s*(?:(all|global)\(\)|has\(\s*([\w./-]{1,320})\s*\)"
    r"|([\w./-]{1,320})\s*(==|!=|not\s+in|in)\s*(\{[^}]{0,500}\}|['\"][^'\"]{0,253}['\"]))\s*"
)
_NO_ADDRESS = ("no IP addresses available", "No more free affine blocks", "no more free IP")
LONGEST = 1_000
"""Characters of a selector that are read."""


def fits(selector: str, labels: dict[str, str]) -> bool | None:
    """Whether labels fit a selector of Calico; None for one that is not understood.

    Conjunctions and disjunctions without parentheses are.
    """
    if not selector.strip():
        return True
    if len(selector) > LONGEST:
        return None
    ways = [[_holds(atom, labels) for atom in way.split("&&")] for way in selector.split("||")]
    if any(atom is None for way in ways for atom in way):
        return None
    return any(all(way) for way in ways)


@condition(
    "calico.peer_selects_nothing",
    "BGPPeer",
    worth=0.82,
    even_mild=True,
    refuted_by="routes that are exchanged while the selector fits no node",
)
def peer_selects_nothing(scene: Scene, entity: Entity, peer: Obj) -> Iterator[Finding]:
    """Nodes are to exchange routes with nodes that do not exist, by their labels."""
    nodes = scene.all("Node")
    alone = _has_no_mesh(scene)
    for field in ("peerSelector", "nodeSelector"):
        selector = word(peer, "spec", field, limit=LONGEST)
        matched = [fits(selector, dict(labels_of(node))) for node in nodes]
        if not selector or not nodes or any(one is not False for one in matched):
            continue
        yield say(
            entity,
            peer,
            "calico.peer_selects_nothing",
            f"has the {field} {selector}, which none of the {len(nodes)} nodes fits"
            + (": nodes without a mesh of their own learn no routes" if alone else ""),
            category=Category.NETWORK,
            severity=Severity.ERROR if alone else Severity.WARNING,
            path=f"spec.{field}",
            facts=_cut_off(scene),
        )


@condition("calico.no_mesh", "BGPConfiguration", role=Role.REMARK)
def no_mesh(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Nodes exchange no routes by themselves, and nobody else is told to."""
    if part(item, "spec").get("nodeToNodeMeshEnabled") is False and not scene.all("BGPPeer"):
        yield say(
            entity,
            item,
            "calico.no_mesh",
            "switches the mesh of nodes off, and there is no BGPPeer",
            category=Category.NETWORK,
            severity=Severity.INFO,
            path="spec.nodeToNodeMeshEnabled",
        )


@condition(
    "calico.pool_exhausted",
    "IPPool",
    worth=0.80,
    refuted_by="a new pod that gets an address of the pool",
)
def pool_exhausted(scene: Scene, entity: Entity, pool: Obj) -> Iterator[Finding]:
    """Pods get no address, because the pool has none left or was switched off."""
    starved = [
        (pod, events)
        for pod in scene.all("Pod")
        if (events := [one for one in scene.events(pod, "FailedCreatePodSandBox") if _starves(one)])
    ]
    if not starved:
        return
    events = starved[0][1]
    off = part(pool, "spec").get("disabled") is True
    hit = sorted({scene.workload_of(one).path for one, _ in starved})
    yield say(
        entity,
        pool,
        "calico.pool_exhausted",
        f"({word(pool, 'spec', 'cidr')}) {'is disabled' if off else 'has no address left'}: "
        f"{len(starved)} pods get none",
        category=Category.NETWORK,
        severity=Severity.ERROR,
        path="spec.disabled" if off else "spec.cidr",
        since=first_seen(events),
        excerpt=word(events[-1], "message", limit=400),
        tainted=True,
        facts={"explains": " ".join(hit)},
    )


def _cut_off(scene: Scene) -> dict[str, str]:
    """Programs that get no answer in time from others."""
    calls = [one for one in failing_calls(scene) if one.error.cause is LogCause.TIMEOUT]
    paths = sorted({one.caller.path for one in calls})
    return {"explains": " ".join(paths)} if paths else {}


def _starves(event: Obj) -> bool:
    said = word(event, "message", limit=1000)
    return any(sign in said for sign in _NO_ADDRESS)


def _has_no_mesh(scene: Scene) -> bool:
    return any(
        part(one, "spec").get("nodeToNodeMeshEnabled") is False
        for one in scene.all("BGPConfiguration")
    )


def _holds(atom: str, labels: dict[str, str]) -> bool | None:
    found = _ATOM.fullmatch(atom)
    if not found:
        return None
    negated, every, key, name, operator, text = found.groups()
    if every:
        known = True
    elif key:
        known = key in labels
    else:
        values = re.findall(r"['\"]([^'\"]{0,253})['\"]", text)
        inside = labels.get(name) in values
        known = inside if operator in ("==", "in") else not inside
    return known != bool(negated)
