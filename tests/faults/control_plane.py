"""Faults of the control plane."""

from tests.diagnose.build import Json, container, pod, running, service
from tests.diagnose.signals import level, signal
from tests.faults.network import experiment
from tests.faults.scenes import fault
from tests.faults.stage import program, rose, says, watched, well

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Signal, Unit

API = Entity(kind="Service", namespace="default", name="kubernetes")
POD = "kube-apiserver-cp-1"


def api_server() -> Json:
    """The pod of an API server, which the kubelet of its node runs by itself."""
    return pod(
        POD,
        namespace="kube-system",
        node="cp-1",
        labels={"component": "kube-apiserver", "tier": "control-plane"},
        spec={
            "containers": [container("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.29.2")]
        },
        status=running("kube-apiserver"),
    )


def front_door() -> Json:
    """The Service by which programs find the API server."""
    door = service("kubernetes", namespace="default", ip="10.96.0.1")
    del door["spec"]["selector"]
    return door


def of_api(measure: Measure, before: float, after: float, unit: Unit) -> Signal:
    """A signal of the API server that left its level ten minutes ago."""
    return signal(measure, level((10_800, before), (600, after)), unit, API)


@fault(
    "apiserver-surge", "Deployment/tools/lister", says="API server", alert="KubeAPIErrorBudgetBurn"
)
def surge() -> Inventory:
    objects = program("lister")
    for one in objects:
        one["metadata"]["namespace"] = "tools"
    web = program("web")
    words = (
        "I0304 02:58:01.201 1 request.go:697] Waited for 4.19s due to client-side throttling, not "
        "priority and fairness, request: GET:https://10.96.0.1:443/api/v1/pods"
    )
    signals = [
        of_api(Measure.RATE, 120, 2400, Unit.PER_SECOND),
        of_api(Measure.REJECTED, 0.0, 0.3, Unit.SHARE),
        of_api(Measure.LATENCY, 0.05, 2.5, Unit.SECONDS),
        *well("web"),
    ]
    busy = rose(Measure.CPU, "lister", 0.1, 0.9, 600, about="container app")
    busy = signal(Measure.CPU, busy.points, Unit.SHARE,
                  Entity(kind="Deployment", namespace="tools", name="lister"))  # fmt: skip
    logs = [says(objects, "lister", words)]
    return watched(api_server(), front_door(), *objects, *web, logs=logs, signals=[*signals, busy])


@fault(
    "apiserver-memory-stress",
    "StressChaos/chaos-mesh/app-experiment",
    says="StressChaos",
    alert="KubeAPIErrorBudgetBurn",
)
def stress() -> Inventory:
    chaos = experiment(
        "StressChaos", "", "app", stressors={"memory": {"workers": 4, "size": "4GB"}}
    )
    chaos["spec"]["selector"] = {
        "namespaces": ["kube-system"],
        "labelSelectors": {"component": "kube-apiserver"},
    }
    records = [{"id": f"kube-system/{POD}/kube-apiserver", "phase": "Injected"}]
    chaos["status"]["experiment"]["containerRecords"] = records
    signals = [
        of_api(Measure.MEMORY, 6e8, 4.6e9, Unit.BYTES),
        of_api(Measure.LATENCY, 0.05, 1.5, Unit.SECONDS),
        *well("web"),
    ]
    return watched(api_server(), front_door(), chaos, *program("web"), signals=signals)
