"""Autoscalers that keep more pods than their load needs."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from sreagent.diagnose.conditions.autoscaling import target_of, used, utilisations
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.metrics.readings import is_hurt, is_share, of
from sreagent.diagnose.objects.podspec import container_specs, spec_of
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.objects.shapes import part, parts, whole, word
from sreagent.diagnose.view.freshness import DAY
from sreagent.diagnose.view.scene import Scene, first_seen
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span
from sreagent.domain.signal import Measure

_HPA = "HorizontalPodAutoscaler"
MANY = 4
"""Pods from which it matters that they are idle."""
IDLE = 4
"""How many times less busy than is aimed at pods are idle."""
_RAISED = re.compile(r"New size: (\d{1,6}); reason: Current number of replicas below Spec.MinRep")


@condition(
    "hpa.min_raised",
    _HPA,
    worth=0.74,
    refuted_by="pods that are as busy as the autoscaler aims at",
)
def min_raised(scene: Scene, entity: Entity, scaler: Obj) -> Iterator[Finding]:
    """An autoscaler keeps many idle pods since its minimum was raised."""
    least, target = whole(scaler, "spec", "minReplicas") or 1, target_of(scaler)
    # Idle pods are no reason for trouble of those who use them.
    if least < MANY or target is None or is_hurt(scene, target):
        return
    idle = _idle(scene, scaler)
    raised = _raised(scene, scaler, least) if idle else None
    if raised is None:
        return
    yield say(
        entity,
        scaler,
        "hpa.min_raised",
        f"keeps {least} pods since its minReplicas was raised {span(scene.age(raised) or 0)} ago; "
        f"they use {idle}",
        path="spec.minReplicas",
        category=Category.RESOURCE,
        since=raised,
    )


def _raised(scene: Scene, scaler: Obj, least: int) -> datetime | None:
    """When it made more pods for no other reason than its minimum."""
    for event in scene.events(scaler, "SuccessfulRescale", within=DAY):
        found = _RAISED.search(word(event, "message"))
        if found and int(found[1]) == least:
            return first_seen([event])
    return None


def _idle(scene: Scene, scaler: Obj) -> str:
    """How little its pods do, if all that they are counted by is far below what it aims at."""
    aims = dict(utilisations(scaler))
    if len(aims) < len(parts(scaler, "spec", "metrics")):
        return ""
    load = used(scaler) or _measured(scene, scaler)
    if not aims or any(load.get(name, aimed) * IDLE > aimed for name, aimed in aims.items()):
        return ""
    return " and ".join(
        f"{load[name]}% of their {name} request, where it aims at {aimed}%"
        for name, aimed in aims.items()
    )


def _measured(scene: Scene, scaler: Obj) -> Mapping[str, int]:
    """What metrics tell of the same, where the autoscaler itself cannot read them."""
    target = target_of(scaler)
    item = scene.inventory.find(target) if target else None
    if target is None or item is None:
        return {}
    containers = container_specs(spec_of(target.kind, item))
    asked = sum(amount(part(one, "resources", "requests").get("cpu", 0)) for one in containers)
    told = of(scene, target, Measure.CPU)
    cores = sum(one.now * (one.signal.limit or 0) if is_share(one) else one.now for one in told)
    return {"cpu": round(100 * cores / asked)} if told and asked else {}
