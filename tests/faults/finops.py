"""What costs more than it should."""

from tests.diagnose.build import DAY, ago, event, make, running
from tests.faults.neighbours import edit
from tests.faults.scenes import fault
from tests.faults.stage import program, rose, watched, well

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit


@fault(
    "cost-overprovision",
    "HorizontalPodAutoscaler/shop/app",
    says="5%",
    alert="CPUSpendHigh shop/app",
)
def overprovision() -> Inventory:
    objects = [
        *program("app", pods=[running(since=3000)] * 10, replicas=10),
        *program("mail"),
    ]
    scaler = make(
        "HorizontalPodAutoscaler",
        "app",
        age=60 * DAY,
        managed=edit(4000, {"f:spec": {"f:metrics": {}}}),
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
            "minReplicas": 2,
            "maxReplicas": 10,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 5},
                    },
                }
            ],
        },
        status={
            "currentReplicas": 10,
            "desiredReplicas": 10,
            "currentMetrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "current": {"averageUtilization": 9, "averageValue": "9m"},
                    },
                }
            ],
            "conditions": [
                {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"},
                {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound"},
                {
                    "type": "ScalingLimited",
                    "status": "True",
                    "reason": "TooManyReplicas",
                    "message": "the desired replica count is more than the maximum replica count",
                    "lastTransitionTime": ago(3500),
                },
            ],
        },
    )
    up = event(
        scaler,
        "SuccessfulRescale",
        "New size: 10; reason: cpu resource utilization (percentage of request) above target",
        since=3400,
        count=1,
    )
    signals = [
        *well("app"),
        *well("mail"),
        rose(Measure.SCALED, "app", 0.2, 1.0, 3400, Unit.SHARE),
    ]
    return watched(*objects, scaler, up, signals=signals)
