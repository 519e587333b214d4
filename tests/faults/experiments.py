"""Experiments that break something on purpose."""

from tests.diagnose.build import (
    DAY,
    Json,
    app,
    lines,
    log,
    make,
    named,
    running,
    seen,
    service,
)
from tests.diagnose.signals import level, signal
from tests.diagnose.signals import named as entity
from tests.faults.neighbours import caller, refused, web_says
from tests.faults.resources import BOX, killed
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit


def experiment(kind: str, name: str, selects: str, since: float = 600, **spec: object) -> Json:
    """A running experiment of Chaos Mesh."""
    selector = {"namespaces": ["shop"], "labelSelectors": {"app": selects}}
    return make(
        kind,
        name,
        namespace="chaos-mesh",
        age=since,
        spec={"mode": "all", "selector": selector, **spec},
        status={
            "conditions": [
                {"type": "Selected", "status": "True"},
                {"type": "AllInjected", "status": "True"},
                {"type": "Paused", "status": "False"},
            ],
            "experiment": {
                "desiredPhase": "Run",
                "containerRecords": [
                    {
                        "id": f"shop/{selects}-1-0",
                        "phase": "Injected",
                        "selectorKey": ".",
                        "injectedCount": 1,
                    }
                ],
            },
        },
    )


@fault("stress-memory", "StressChaos/chaos-mesh/burn-memory", says="burn-memory")
def memory_stress() -> Inventory:
    objects = [
        *app(pods=[killed()]),
        service(),
        *caller(),
        experiment("StressChaos", "burn-memory", "app", stressors={"memory": {"workers": 4}}),
    ]
    found = seen(*objects, logs=[web_says(objects, refused())])
    jump = level((10_800, 0.4), (590, 0.99), stray=0.01)
    found.signals.append(signal(Measure.MEMORY, jump, Unit.SHARE, about=BOX))
    return found


@fault("jvm-heap-stress", "JVMChaos/chaos-mesh/fill-heap", says="fill-heap")
def heap_stress() -> Inventory:
    objects = [
        *app(pods=[running(since=9 * DAY)]),
        service(),
        *caller(),
        experiment("JVMChaos", "fill-heap", "app", action="stress", memType="heap"),
    ]
    words = "ERROR Handler dispatch failed: java.lang.OutOfMemoryError: Java heap space"
    found = seen(
        *objects,
        logs=[
            log(named(objects, "Pod"), lines(words)),
            web_says(objects, "ERROR GET http://app:80/api answered 500 Internal Server Error"),
        ],
    )
    heap = level((10_800, 0.5), (580, 0.98), stray=0.01)
    found.signals += [
        signal(Measure.HEAP, heap, Unit.SHARE, about=BOX),
        signal(Measure.GC, level((10_800, 0.01), (580, 0.6)), Unit.SHARE, about=BOX),
    ]
    return found


@fault("stress-cpu", "StressChaos/chaos-mesh/burn-cpu", says="burn-cpu")
def cpu_stress() -> Inventory:
    objects = [
        *app(pods=[running(since=9 * DAY)]),
        service(),
        *caller(),
        experiment("StressChaos", "burn-cpu", "app", stressors={"cpu": {"workers": 8}}),
    ]
    found = seen(*objects)
    slow = level((10_800, 0.08), (580, 1.9))
    found.signals += [
        signal(Measure.CPU, level((10_800, 0.2), (590, 1.0), stray=0.01), Unit.SHARE, about=BOX),
        signal(Measure.LATENCY, slow, Unit.SECONDS),
        signal(Measure.LATENCY, slow, Unit.SECONDS, entity("web")),
    ]
    return found
