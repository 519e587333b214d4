"""Faults of autoscaling."""

from typing import Any

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    alert,
    app,
    container,
    event,
    make,
    running,
    seen,
    service,
)
from tests.diagnose.signals import level, signal
from tests.faults.neighbours import caller, edit
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit


def scaler(*conditions: Json, target: int = 70, most: int = 5, **more: Any) -> Json:
    """An autoscaler of `app` by CPU."""
    resource = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}
    return make(
        "HorizontalPodAutoscaler",
        "app",
        age=9 * DAY,
        spec={
            "scaleTargetRef": {"kind": "Deployment", "name": "app", "apiVersion": "apps/v1"},
            "minReplicas": 1,
            "maxReplicas": most,
            "metrics": [{"type": "Resource", "resource": resource}],
        },
        status={"conditions": list(conditions), **more.pop("status", {})},
        **more,
    )


@fault(
    "hpa-no-request",
    "HorizontalPodAutoscaler/shop/app",
    says="cpu",
    alert=alert("KubeHpaReplicasMismatch", namespace="shop", horizontalpodautoscaler="app"),
)
def no_request() -> Inventory:
    words = (
        "the HPA was unable to compute the replica count: failed to get cpu utilization: missing "
        "request for cpu in container app of Pod app-1-0"
    )
    blind = {
        "type": "ScalingActive",
        "status": "False",
        "reason": "FailedGetResourceMetric",
        "message": words,
        "lastTransitionTime": ago(900),
    }
    bare = container(resources={"limits": {"memory": "256Mi"}})
    one = scaler(blind, status={"currentReplicas": 1, "desiredReplicas": 1})
    objects = app(revisions=[(9 * DAY, bare)], pods=[running(since=9 * DAY)])
    told = event(one, "FailedGetResourceMetric", words.partition(": ")[2])
    return seen(*objects, one, told, service(), *caller())


@fault(
    "hpa-misconfigured",
    "HorizontalPodAutoscaler/shop/app",
    says="5%",
    alert=alert("KubeHpaMaxedOut", namespace="shop", horizontalpodautoscaler="app"),
)
def target_too_low() -> Inventory:
    limited = {
        "type": "ScalingLimited",
        "status": "True",
        "reason": "TooManyReplicas",
        "message": "the desired replica count is more than the maximum replica count",
        "lastTransitionTime": ago(1200),
    }
    one = scaler(
        limited,
        target=5,
        most=10,
        status={"currentReplicas": 10, "desiredReplicas": 10},
        managed=edit(1500, {"f:spec": {"f:metrics": {}}}),
    )
    pods = [running(since=1100) for _ in range(10)]
    objects = [*app(pods=pods), one, service(), *caller()]
    found = seen(*objects)
    idle = level((10_800, 0.12), (1100, 0.06))
    found.signals.append(signal(Measure.CPU, idle, Unit.CORES, about="container app"))
    return found
