"""Disruption budgets that forbid every eviction, or that protect nobody."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.podspec import EMPTY, is_ready
from sreagent.diagnose.objects.shapes import part, whole, word
from sreagent.diagnose.view.scene import Scene, labels_of, once_per_scene
from sreagent.diagnose.view.selectors import matches
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time, span

PATIENCE = 600
"""Seconds that emptying a node may take."""
_PDB = "PodDisruptionBudget"
_CORDONED = "node.kubernetes.io/unschedulable"


@condition("budget.selects_nothing", _PDB, role=Role.REMARK)
def selects_nothing(scene: Scene, entity: Entity, budget: Obj) -> Iterator[Finding]:
    """A disruption budget protects no pod."""
    if scene.inventory.looked("Pod", entity.namespace) and not _pods(scene, budget):
        yield say(
            entity,
            budget,
            "budget.selects_nothing",
            "selects no pod, so it protects nobody",
            severity=Severity.INFO,
            path="spec.selector",
        )


@condition(
    "budget.allows_none",
    _PDB,
    worth=0.60,
    even_mild=True,
    refuted_by="an eviction of one of its pods that succeeds",
)
def allows_none(scene: Scene, entity: Entity, budget: Obj) -> Iterator[Finding]:
    """A disruption budget asks for as many pods as there are, so none may ever be evicted."""
    pods = _pods(scene, budget)
    ready = [pod for pod in pods if is_ready(pod)]
    if not pods or len(ready) < len(pods):
        return
    allowed = whole(budget, "status", "disruptionsAllowed")
    asked = _asked(budget, len(pods))
    if asked and (allowed == 0 or allowed is None):
        yield say(
            entity,
            budget,
            "budget.allows_none",
            f"asks for {asked} of {len(pods)} pods, all of which are ready: none may be evicted",
            severity=Severity.WARNING,
            path="spec.minAvailable",
        )


@condition(
    "budget.blocks_drain",
    _PDB,
    worth=0.84,
    even_mild=True,
    refuted_by="the node getting empty while the budget stays",
)
def blocks_drain(scene: Scene, entity: Entity, budget: Obj) -> Iterator[Finding]:
    """A node is being emptied, and a disruption budget does not let a pod go."""
    if whole(budget, "status", "disruptionsAllowed") != 0:
        return
    for pod in _pods(scene, budget):
        name = pod["spec"].get("nodeName") or ""
        node = scene.get("Node", "", name)
        since = scene.age(_cordoned_at(node)) if node else None
        if node is None or not _is_cordoned(node) or since is None or since < PATIENCE:
            continue
        home = Entity(kind="Node", name=name)
        yield say(
            entity,
            budget,
            "budget.blocks_drain",
            f"lets no pod go ({_asked(budget, len(_pods(scene, budget))) or 'see its status'}), "
            f"and {entity_of('Pod', pod)} is on {home}, which takes no new pods since "
            f"{span(since)}: emptying it cannot end",
            category=Category.AVAILABILITY,
            severity=Severity.ERROR,
            path="status.disruptionsAllowed",
            since=parse_time(_cordoned_at(node)),
            facts={"explains": home.path, "node": name},
        )
        return


@condition("budget.overlap", _PDB, role=Role.CAUSE, worth=0.66, even_mild=True)
def overlap(scene: Scene, entity: Entity, budget: Obj) -> Iterator[Finding]:
    """Two disruption budgets are about one pod, so no eviction of it is accepted."""
    shared = [
        (pod, rivals)
        for pod in _pods(scene, budget)
        if (rivals := [one for one in _budgets_of(scene)[_uid(pod)] if one != entity])
    ]
    if shared:
        yield say(
            entity,
            budget,
            "budget.overlap",
            f"and {shared[0][1][0]} are about the same {len(shared)} pods: no eviction of them is "
            "accepted",
            severity=Severity.WARNING,
            path="spec.selector",
        )


@once_per_scene
def _budgets_of(scene: Scene) -> Mapping[str, list[Entity]]:
    """Budgets that are about a pod, by its uid."""
    found: dict[str, list[Entity]] = defaultdict(list)
    for budget in scene.all(_PDB):
        for pod in _pods(scene, budget):
            found[_uid(pod)].append(entity_of(_PDB, budget))
    return found


def _uid(pod: Obj) -> str:
    return str(pod["metadata"].get("uid") or "")


def _pods(scene: Scene, budget: Obj) -> list[Obj]:
    """Pods a budget is about; in v1 an empty selector means all of the namespace."""
    selector = part(budget, "spec").get("selector")
    empty_is_all = word(budget, "apiVersion") != "policy/v1beta1"
    if selector is None or (not selector and not empty_is_all):
        return []
    space = budget["metadata"].get("namespace", "")
    over = ("Succeeded", "Failed")
    exact = part(selector, "matchLabels")
    pods = scene.selected(exact, space) if exact else scene.all("Pod", space)
    return [
        pod
        for pod in pods
        if matches(selector, labels_of(pod))
        and (pod.get("status") or EMPTY).get("phase") not in over
    ]


def _asked(budget: Obj, pods: int) -> str:
    """The demand that leaves no pod to spare, in words; empty when one is left."""
    spec = part(budget, "spec")
    least, spare = spec.get("minAvailable"), spec.get("maxUnavailable")
    if spare in (0, "0", "0%"):
        return f"maxUnavailable {spare}"
    if isinstance(least, int) and least >= pods:
        return f"minAvailable {least}"
    if isinstance(least, str) and least.rstrip("%").isdigit():
        # The server rounds up: 51 % of two pods are two.
        return f"minAvailable {least}" if -(-int(least.rstrip("%")) * pods // 100) >= pods else ""
    return ""


def _is_cordoned(node: Obj) -> bool:
    return part(node, "spec").get("unschedulable") is True


def _cordoned_at(node: Obj) -> str | None:
    taints = part(node, "spec").get("taints") or ()
    return next((one.get("timeAdded") for one in taints if one.get("key") == _CORDONED), None)
