"""Overload that keeps itself up."""

from tests.diagnose.signals import level
from tests.faults.scenes import fault
from tests.faults.stage import flat, mounted, of, program, rose, says, settings, slow, watched, well

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit


@fault(
    "retry-storm", "ConfigMap/shop/rpc-settings", says="rpc-settings", alert="HighLatency shop/web"
)
def retries() -> Inventory:
    objects = [
        *program("web", "search"),
        *program("search", "rate", **mounted("rpc-settings")),
        *program("rate"),
        *program("mail"),
        settings("rpc-settings", 900, "rpc.yaml", "timeout: 50ms\nretries: 30\n"),
    ]
    words = (
        'level=warn msg="retrying" attempt=14 max=30 err="rpc error: code = DeadlineExceeded '
        'desc = context deadline exceeded" target=rate:80'
    )
    signals = [
        flat(Measure.RATE, "web", 50, Unit.PER_SECOND),
        rose(Measure.LATENCY, "web", 0.05, 1.6, 860, Unit.SECONDS),
        *slow("search", 1.5, 860, 50),
        rose(Measure.RATE, "rate", 50, 900, 870, Unit.PER_SECOND),
        rose(Measure.LATENCY, "rate", 0.02, 0.9, 860, Unit.SECONDS),
        rose(Measure.CPU, "rate", 0.2, 0.98, 870, about="container app"),
        *well("mail"),
    ]
    return watched(*objects, logs=[says(objects, "search", words)], signals=signals)


@fault(
    "retry-queue-collapse", "Deployment/shop/rate", says="requests", alert="HighLatency shop/web"
)
def queue() -> Inventory:
    objects = [
        *program("web", "search"),
        *program("search", "rate"),
        *program("rate"),
        *program("mail"),
    ]
    words = (
        'level=error msg="call failed after 3 retries" err="rpc error: code = DeadlineExceeded '
        'desc = context deadline exceeded" target=rate:80'
    )
    burst = level((10_800, 50), (3000, 200), (2400, 52))
    signals = [
        of(Measure.RATE, "web", burst, Unit.PER_SECOND),
        rose(Measure.LATENCY, "web", 0.05, 4.0, 2950, Unit.SECONDS),
        rose(Measure.LATENCY, "search", 0.05, 4.0, 2950, Unit.SECONDS),
        rose(Measure.RATE, "rate", 50, 190, 2960, Unit.PER_SECOND),
        rose(Measure.LATENCY, "rate", 0.02, 3.0, 2950, Unit.SECONDS),
        rose(Measure.QUEUE, "rate", 2, 1000, 2950, Unit.COUNT),
        *well("mail"),
    ]
    return watched(*objects, logs=[says(objects, "search", words)], signals=signals)
