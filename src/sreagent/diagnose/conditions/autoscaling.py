"""Autoscalers that cannot do their work, or that do too much of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.conditions.starved import starved
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import spec_of
from sreagent.diagnose.objects.shapes import part, parts, since, state_of, whole, why, word
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.diagnose.view.targets import callees
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span
from sreagent.domain.text import one_line

DAY = 86_400
YOUNG = 180
"""Seconds that a new autoscaler, or new pods, may be without metrics."""
LOW = 15
"""Percent of its request below which nobody means a pod to be busy."""
METRICS_API = Entity(kind="APIService", name="v1beta1.metrics.k8s.io")
MILD = Severity.WARNING
_HPA = "HorizontalPodAutoscaler"


@condition("hpa.at_max", _HPA, role=Role.SYMPTOM, worth=0.40, if_named=True, even_mild=True)
def at_max(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler wants more pods than it may have."""
    state = state_of(scaler, "ScalingLimited")
    if state.get("status") != "True" or state.get("reason") != "TooManyReplicas":
        return
    most = whole(scaler, "spec", "maxReplicas")
    yield say(
        entity,
        scaler,
        "hpa.at_max",
        f"is at its maximum of {most} replicas and wants more",
        path="status.conditions[ScalingLimited]",
        severity=MILD,
        category=Category.RESOURCE,
        since=since(state),
        suspects=_called_by_its_target(scene, entity, scaler),
        facts={"max": str(most)},
    )


def _called_by_its_target(scene: Scene, entity: Entity, scaler: Obj) -> tuple[Entity, ...]:
    """A program that waits for a slow one needs more pods for the same work."""
    ref = part(scaler, "spec", "scaleTargetRef")
    kind, name = word(ref, "kind"), word(ref, "name")
    target = Entity(kind=kind, namespace=entity.namespace, name=name)
    return tuple(sorted(callees(scene, target)))


@condition(
    "hpa.cannot_scale",
    _HPA,
    worth=0.78,
    even_mild=True,
    even_near=True,
    breaks_anything=True,
    refuted_by="the same load on its pods after its target was scaled by hand",
)
def cannot_scale(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler cannot read its metrics or find its target."""
    for name in ("ScalingActive", "AbleToScale"):
        state = state_of(scaler, name)
        reason = word(state, "reason")
        if state.get("status") != "False" or reason == "ScalingDisabled":
            continue
        if not scene.older(scaler, YOUNG):
            continue
        said = one_line(str(state.get("message") or ""), 240)
        if _is_back(scene, said, since(state)):
            continue
        bare = _without_request(scene, scaler)
        target = target_of(scaler)
        short = starved(scene, target) if target else ""
        yield say(
            entity,
            scaler,
            "hpa.cannot_scale",
            f"cannot scale ({reason}): {said}{f'; {bare}' if bare and bare not in said else ''}"
            + (f"; {target} runs short of CPU meanwhile: {short}" if short else ""),
            path=f"status.conditions[{name}]",
            severity=Severity.ERROR if short else MILD,
            since=since(state),
            suspects=_metrics_api(scene, said),
            facts=({"settled": "the pod template shows why"} if bare else {})
            | ({"explains": target.path} if target and short else {}),
        )


@condition(
    "hpa.no_request",
    _HPA,
    worth=0.80,
    even_mild=True,
    even_near=True,
    refuted_by="a utilisation in the status of the autoscaler",
)
def no_request(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler counts in percent of a request that a container of its target lacks."""
    bare = _without_request(scene, scaler)
    if bare and state_of(scaler, "ScalingActive").get("status") != "False":
        yield say(
            entity,
            scaler,
            "hpa.no_request",
            f"scales by utilisation, and {bare}",
            path="spec.metrics",
            severity=MILD,
        )


@condition("hpa.target_missing", _HPA, worth=0.80, even_mild=True)
def target_missing(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """What an autoscaler is to scale does not exist."""
    target = target_of(scaler)
    if target and target.kind in (*WORKLOADS, "ReplicaSet") and scene.is_missing(target):
        said = f"is to scale {target}, which does not exist"
        yield say(
            entity, scaler, "hpa.target_missing", said, path="spec.scaleTargetRef", severity=MILD
        )


@condition("hpa.pinned", _HPA, worth=0.50, even_mild=True)
def pinned(_scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler may have as many pods as it must have, so it never scales."""
    most = whole(scaler, "spec", "maxReplicas")
    least = whole(scaler, "spec", "minReplicas") or 1
    if most is not None and least >= most:
        said = f"can never scale: its minimum and its maximum are both {most}"
        facts = {"max": str(most)}
        yield say(
            entity, scaler, "hpa.pinned", said, path="spec.maxReplicas", facts=facts, severity=MILD
        )


@condition(
    "hpa.two_on_one",
    _HPA,
    worth=0.76,
    even_mild=True,
    even_near=True,
    refuted_by="a replica count that stays while both autoscalers are there",
)
def two_on_one(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """Two autoscalers set the size of one workload, each to its own idea."""
    target = target_of(scaler)
    rivals = [one for one in _by_target(scene).get(target, ()) if one != entity] if target else []
    if rivals:
        said = f"scales {target}, and so does {' and '.join(map(str, rivals[:2]))}"
        made = scene.created(scaler)
        yield say(
            entity,
            scaler,
            "hpa.two_on_one",
            said,
            path="spec.scaleTargetRef",
            since=made,
            severity=MILD,
        )


@condition(
    "hpa.target_too_low",
    _HPA,
    worth=0.78,
    even_mild=True,
    even_near=True,
    refuted_by="pods that are as busy as the target with a target of 50 percent or more",
)
def target_too_low(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """The load that an autoscaler aims at is so low that it has as many pods as it may."""
    status, most = part(scaler, "status"), whole(scaler, "spec", "maxReplicas")
    low = [(name, value) for name, value in utilisations(scaler) if 0 < value < LOW]
    if not low or most is None or (whole(status, "currentReplicas") or 0) < most:
        return
    name, value = low[0]
    edit = last_edit(scaler)
    age = scene.age(edit.at) if edit else None
    yield say(
        entity,
        scaler,
        "hpa.target_too_low",
        f"aims at {value}% of the {name} request and so runs all {most} pods that it may"
        + (f"; it was edited {span(age)} ago" if age is not None else ""),
        path="spec.metrics",
        severity=Severity.ERROR if age is not None and age < DAY else Severity.WARNING,
        since=edit.at if edit else None,
    )


@condition("hpa.without_keda", _HPA, role=Role.REMARK)
def without_keda(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler that KEDA made is left without the ScaledObject it was made for."""
    owner = part(scaler, "metadata", "labels").get("scaledobject.keda.sh/name")
    missing = owner and scene.is_missing(
        Entity(kind="ScaledObject", namespace=entity.namespace, name=str(owner))
    )
    if missing:
        said = f"was made for scaledobject {owner}, which does not exist"
        yield say(
            entity, scaler, "hpa.without_keda", said, path="metadata.labels", severity=Severity.INFO
        )


@condition(
    "scaledobject.not_ready",
    "ScaledObject",
    worth=0.78,
    even_mild=True,
    refuted_by="the ScaledObject reporting Ready",
)
def scaled_object_not_ready(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """KEDA cannot scale: its trigger does not answer, or its target is not there."""
    ready, fallback = state_of(item, "Ready"), state_of(item, "Fallback")
    target = _scaled_target(item)
    wrong = ""
    if target and target.kind in WORKLOADS and scene.is_missing(target):
        wrong = f"is to scale {target}, which does not exist"
    elif ready.get("status") == "False" and scene.older(item, YOUNG):
        wrong = f"cannot scale: {why(ready)}"
    elif fallback.get("status") == "True":
        wrong = f"has no metric and keeps to its fallback: {why(fallback)}"
    elif paused := part(item, "metadata", "annotations").get("autoscaling.keda.sh/paused"):
        wrong = f"is paused (autoscaling.keda.sh/paused {one_line(str(paused), 20)})"
    if wrong:
        yield say(
            entity,
            item,
            "scaledobject.not_ready",
            wrong,
            path="status.conditions",
            severity=MILD,
            since=since(ready),
            tainted="scale:" in wrong,
        )


@condition("scaledobject.warning_events", "ScaledObject", role=Role.SYMPTOM, worth=0.40)
def scaled_object_warnings(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """KEDA warns about a ScaledObject."""
    events = [one for one in scene.events(item, within=900) if one.get("type") == "Warning"]
    if events:
        said = f"{word(events[-1], 'reason')}: {word(events[-1], 'message', limit=240)}"
        yield say(
            entity,
            item,
            "scaledobject.warning_events",
            f"has warnings: {said}",
            tainted=True,
            severity=MILD,
        )


@condition(
    "apiservice.unavailable",
    "APIService",
    worth=0.82,
    even_mild=True,
    refuted_by="an answer of the API that is served through it",
)
def api_unavailable(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An API that another server serves does not answer: metrics, custom ones."""
    state = state_of(item, "Available")
    age = scene.age(since(state))
    if state.get("status") != "False" or (age is not None and age < YOUNG):
        return
    asked = part(item, "spec", "service")
    service = Entity(kind="Service", namespace=word(asked, "namespace"), name=word(asked, "name"))
    blind = [
        entity_of(_HPA, one).path
        for one in scene.all(_HPA)
        if state_of(one, "ScalingActive").get("status") == "False"
        and entity in _metrics_api(scene, str(state_of(one, "ScalingActive").get("message")))
    ]
    yield Finding(
        condition="apiservice.unavailable",
        entity=entity,
        claim=f"{entity} does not answer: {why(state)}"
        + (f"; {len(blind)} autoscalers are blind without it" if blind else ""),
        category=Category.AVAILABILITY,
        severity=Severity.ERROR,
        uid=item["metadata"].get("uid", ""),
        path="status.conditions[Available]",
        since=since(state),
        command=entity.get,
        excerpt=why(state),
        tainted=True,
        suspects=(service,) if service.name else (),
        facts={"explains": " ".join(blind)} if blind else {},
    )


def target_of(scaler: Obj) -> Entity | None:
    """What an autoscaler scales."""
    ref = part(scaler, "spec", "scaleTargetRef")
    space = scaler["metadata"].get("namespace", "")
    kind, name = word(ref, "kind"), word(ref, "name")
    return Entity(kind=kind, namespace=space, name=name) if kind and name else None


def _scaled_target(item: Obj) -> Entity | None:
    ref = part(item, "spec", "scaleTargetRef")
    space = item["metadata"].get("namespace", "")
    kind, name = word(ref, "kind") or "Deployment", word(ref, "name")
    return Entity(kind=kind, namespace=space, name=name) if name else None


@once_per_scene
def _by_target(scene: Scene) -> Mapping[Entity | None, list[Entity]]:
    found: dict[Entity | None, list[Entity]] = defaultdict(list)
    for scaler in scene.all(_HPA):
        found[target_of(scaler)].append(entity_of(_HPA, scaler))
    return found


def utilisations(scaler: Obj) -> Iterator[tuple[str, int]]:
    """Resources that are counted in percent of their request, with the percentage aimed at."""
    if (old := whole(scaler, "spec", "targetCPUUtilizationPercentage")) is not None:
        yield "cpu", old
    for metric in parts(scaler, "spec", "metrics"):
        resource = part(metric, "resource")
        value = whole(resource, "target", "averageUtilization")
        # As v2beta1 spells it.
        value = value if value is not None else whole(resource, "targetAverageUtilization")
        if value is not None:
            yield word(resource, "name"), value


def used(scaler: Obj) -> Mapping[str, int]:
    """How busy its pods are in percent of their request, as it counts itself, by resource."""
    found: dict[str, int] = {}
    if (old := whole(scaler, "status", "currentCPUUtilizationPercentage")) is not None:
        found["cpu"] = old
    for metric in parts(scaler, "status", "currentMetrics"):
        resource = part(metric, "resource")
        value = whole(resource, "current", "averageUtilization")
        # As v2beta1 spells it.
        value = value if value is not None else whole(resource, "currentAverageUtilization")
        if value is not None:
            found[word(resource, "name")] = value
    return found


def _without_request(scene: Scene, scaler: Obj) -> str:
    """The container of the target that lacks a request in which load is counted, in words."""
    target = target_of(scaler)
    item = scene.inventory.find(target) if target else None
    if target is None or item is None:
        return ""
    for resource, _ in utilisations(scaler):
        for one in parts(spec_of(target.kind, item), "containers"):
            given = {**part(one, "resources", "limits"), **part(one, "resources", "requests")}
            if resource not in given:
                return f"container {word(one, 'name')} of {target} has no {resource} request"
    return ""


def _metrics_api(scene: Scene, said: str) -> tuple[Entity, ...]:
    """The API that metrics come from, when they cannot be had and it is known to be away."""
    state = state_of(scene.inventory.find(METRICS_API), "Available")
    away = state.get("status") == "False" or scene.is_missing(METRICS_API)
    return (METRICS_API,) if _is_about_it(said) and away else ()


def _is_back(scene: Scene, said: str, began: datetime | None) -> bool:
    """Whether metrics were only missed for a moment, and who serves them does."""
    served = state_of(scene.inventory.find(METRICS_API), "Available").get("status") == "True"
    age = scene.age(began)
    return served and _is_about_it(said) and age is not None and age < YOUNG


def _is_about_it(said: str) -> bool:
    return "resource metrics API" in said or "metrics.k8s.io" in said
