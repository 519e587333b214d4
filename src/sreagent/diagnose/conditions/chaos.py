"""Experiments that break something on purpose, and whom they hit."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sreagent.diagnose.conditions.api_server import SERVER
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.shapes import labels_in, moment, part, parts, state_of, word, words
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.kinds import CHAOS

_PAUSED = "experiment.chaos-mesh.org/pause"
_ENDED = ("completed", "stopped")


@condition(
    "chaos.experiment",
    *CHAOS,
    worth=0.86,
    breaks_anything=True,
    refuted_by="the trouble going on after the experiment is gone",
)
def experiment(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An experiment that breaks something on purpose is at work."""
    if not _is_running(scene, item):
        return
    hit = sorted({scene.workload_of(pod) for pod in _targets(scene, item)})
    whom = f" of {' and '.join(map(str, hit[:3]))}" if hit else ""
    action = word(item, "spec", "action") or word(item, "spec", "fault") or entity.kind
    since = moment(item, "metadata", "creationTimestamp")
    yield say(
        entity,
        item,
        "chaos.experiment",
        f"is at work: {action}{whom}{_say_duration(item)}",
        category=Category.AVAILABILITY,
        severity=Severity.ERROR if hit else Severity.WARNING,
        path="status.experiment",
        since=since,
        facts={"explains": " ".join(_felt_by(scene, item, hit)), "settled": "its selector fits"}
        if hit
        else {},
    )


@condition("workload.under_experiment", *WORKLOADS, role=Role.SYMPTOM, worth=0.50)
def under_experiment(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The pods of a workload are broken on purpose by an experiment."""
    hitting = _hit(scene).get(entity, [])
    if hitting:
        yield say(
            entity,
            item,
            "workload.under_experiment",
            f"is what {' and '.join(map(str, hitting[:3]))} breaks on purpose",
            category=Category.AVAILABILITY,
            suspects=tuple(hitting),
        )


def _felt_by(scene: Scene, item: Obj, hit: Iterable[Entity]) -> list[str]:
    """Whom it is aimed at; the nodes, too, where it disturbs what goes over their network."""
    nodes = (pod["spec"].get("nodeName") for pod in _targets(scene, item))
    paths = [one.path for one in hit]
    if any(labels_of(pod).get("component") == "kube-apiserver" for pod in _targets(scene, item)):
        paths.append(SERVER.path)
    if item.get("kind") == "NetworkChaos":
        paths += sorted({Entity(kind="Node", name=name).path for name in nodes if name})
    return paths


@once_per_scene
def _hit(scene: Scene) -> Mapping[Entity, list[Entity]]:
    found: dict[Entity, list[Entity]] = defaultdict(list)
    for kind in CHAOS:
        for item in scene.all(kind):
            if _is_running(scene, item):
                for workload in {scene.workload_of(pod) for pod in _targets(scene, item)}:
                    found[workload].append(entity_of(kind, item))
    return found


def _is_running(scene: Scene, item: Obj) -> bool:
    """Whether it was started and has not ended, recovered or been paused."""
    if part(item, "metadata", "annotations").get(_PAUSED) == "true":
        return False
    status = part(item, "status")
    wanted = word(status, "experiment", "desiredPhase")
    if wanted == "Stop" or word(status, "engineStatus") in _ENDED:
        return False
    if word(item, "spec", "engineState") == "stop":
        return False
    injected = state_of(item, "AllInjected").get("status")
    recovered = state_of(item, "AllRecovered").get("status")
    if injected == "False" and recovered == "True":
        return False
    end = moment(status, "experiment", "endTime")
    return end is None or end > scene.now


def _targets(scene: Scene, item: Obj) -> list[Obj]:
    """Pods that an experiment is about: those it notes, else those its selector fits."""
    noted = [_noted(scene, one) for one in parts(item, "status", "experiment", "containerRecords")]
    known = [pod for pod in noted if pod]
    if known:
        return known
    spec = part(item, "spec")
    found = _selected(scene, part(spec, "selector"), item["metadata"].get("namespace", ""))
    application = part(spec, "appinfo")
    if label := word(application, "applabel"):
        key, _, value = label.partition("=")
        found += scene.selected({key: value}, word(application, "appns"))
    return found


def _noted(scene: Scene, record: Obj) -> Obj | None:
    """`shop/web-1` or `shop/web-1/app`."""
    where = word(record, "id", limit=600).split("/")
    return scene.get("Pod", where[0], where[1]) if len(where) > 1 else None


def _selected(scene: Scene, selector: Obj, own: str) -> list[Obj]:
    named = part(selector, "pods")
    if named:
        pods = [
            scene.get("Pod", str(space), name)
            for space in named
            for name in words(named, str(space))
        ]
        return [pod for pod in pods if pod]
    wanted = labels_in(selector, "labelSelectors")
    nodes = words(selector, "nodes")
    spaces = words(selector, "namespaces") or (own,)
    if not (wanted or nodes or words(selector, "namespaces")):
        return []
    return [
        pod
        for space in spaces
        for pod in scene.all("Pod", space)
        if wanted.items() <= labels_of(pod).items()
        and (not nodes or pod["spec"].get("nodeName") in nodes)
    ]


def _say_duration(item: Obj) -> str:
    length = word(item, "spec", "duration", limit=20)
    return f" for {length}" if length else ""
