"""Faults that a feature flag turned on: a file that a flag server reads was edited."""

from collections.abc import Iterable

from tests.diagnose.build import DAY, Json, container, running
from tests.diagnose.signals import climb
from tests.faults.scenes import fault
from tests.faults.stage import (
    calling,
    failing,
    flat,
    mounted,
    of,
    program,
    rose,
    says,
    settings,
    slow,
    watched,
    well,
)

from sreagent.domain.inventory import Inventory, PodLog
from sreagent.domain.signal import Measure, Signal, Unit

SINCE = 600
FLAGS = "flags:8013"


def switched(
    objects: Iterable[Json],
    signals: Iterable[Signal],
    logs: Iterable[PodLog] = (),
    edited: float = SINCE + 20,
) -> Inventory:
    """The flag server and its file, edited shortly before, beside the programs."""
    text = '{"flags": {"a": {"state": "ENABLED", "defaultVariant": "on"}}}'
    return watched(
        *objects,
        *program("flags", port=8013, **mounted("flag-settings")),
        settings("flag-settings", edited, "flags.json", text),
        logs=logs,
        signals=signals,
    )


@fault(
    "flag-ad-high-cpu",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="HighLatency shop/web",
)
def high_cpu() -> Inventory:
    objects = [*program("web", "ads", "cart"), *program("ads", FLAGS), *program("cart", FLAGS)]
    signals = [
        rose(Measure.CPU, "ads", 0.06, 0.97, SINCE, about="container app"),
        *slow("ads", 0.6, SINCE),
        *slow("web", 0.7, SINCE - 20),
        *well("cart"),
        *well("flags"),
    ]
    return switched(objects, signals)


@fault(
    "flag-ad-manual-gc",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="HighLatency shop/web",
)
def manual_gc() -> Inventory:
    objects = [*program("web", "ads", "cart"), *program("ads", FLAGS), *program("cart", FLAGS)]
    signals = [
        rose(Measure.GC, "ads", 0.005, 0.4, SINCE),
        *slow("ads", 1.2, SINCE),
        *slow("web", 1.3, SINCE - 20),
        *well("cart"),
        *well("flags"),
    ]
    return switched(objects, signals)


@fault(
    "flag-kafka-queue",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="ConsumerLag shop/fraud",
)
def queue() -> Inventory:
    objects = [
        *program("orders", "kafka:9092", FLAGS),
        *program("kafka", port=9092),
        *program("fraud", "kafka:9092", FLAGS),
        *program("billing", "kafka:9092"),
    ]
    signals = [
        *well("orders", 4),
        rose(Measure.LAG, "fraud", 3, 900, SINCE, Unit.COUNT, about="topic orders"),
        flat(Measure.LAG, "billing", 2, Unit.COUNT),
        flat(Measure.CPU, "kafka", 0.2),
    ]
    return switched(objects, signals)


@fault(
    "flag-cart",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="HighErrorRate shop/web",
)
def cart() -> Inventory:
    objects = [
        *program("web", "cart"),
        *program("cart", "cache:6379", FLAGS),
        *program("cache", port=6379),
    ]
    trace = (
        "fail: Grpc.AspNetCore.Server.ServerCallHandler[6] Error when executing service method "
        "'EmptyCart'. Grpc.Core.RpcException: Status(StatusCode=\"FailedPrecondition\", "
        'Detail="Can\'t access cart storage.")'
    )
    signals = [*failing("cart", 0.4, SINCE), *failing("web", 0.2, SINCE - 20), *well("flags")]
    return switched(objects, signals, [says(objects, "cart", trace)])


@fault(
    "flag-ad", "ConfigMap/shop/flag-settings", says="flag-settings", alert="HighErrorRate shop/web"
)
def ads() -> Inventory:
    objects = [*program("web", "ads"), *program("ads", FLAGS)]
    words = "WARN GetAds Failed with status Status{code=UNAVAILABLE, description=null, cause=null}"
    signals = [*failing("ads", 0.1, SINCE), *failing("web", 0.1, SINCE - 20), *well("flags")]
    return switched(objects, signals, [says(objects, "ads", words)])


@fault(
    "flag-payment",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="HighErrorRate shop/checkout",
)
def payment() -> Inventory:
    objects = [*program("checkout", "payment"), *program("payment", FLAGS)]
    own = '{"level":"error","msg":"Payment request failed. Invalid token. app.loyalty.level=gold"}'
    theirs = (
        '{"level":"error","error":"failed to charge card: could not charge the card: rpc error: '
        'code = Unknown desc = Payment request failed. Invalid token. app.loyalty.level=gold"}'
    )
    signals = [
        *failing("payment", 0.5, SINCE),
        *failing("checkout", 0.5, SINCE - 20),
        *well("flags"),
    ]
    logs = [says(objects, "payment", own), says(objects, "checkout", theirs)]
    return switched(objects, signals, logs)


@fault(
    "flag-payment-unreachable",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="HighErrorRate shop/web",
)
def unreachable() -> Inventory:
    objects = [
        *program("web", "checkout"),
        *program("checkout", "payment", FLAGS),
        *program("payment", FLAGS),
    ]
    theirs = (
        '{"level":"error","error":"failed to charge card: could not charge the card: rpc error: '
        "code = Unavailable desc = dns: A record lookup error: lookup badAddress on "
        '10.96.0.10:53: no such host"}'
    )
    signals = [
        rose(Measure.RATE, "payment", 5, 0, SINCE, Unit.PER_SECOND),
        flat(Measure.ERROR_RATIO, "payment", 0.001),
        *failing("checkout", 0.9, SINCE - 20),
        *failing("web", 0.3, SINCE - 20),
        *well("flags"),
    ]
    return switched(objects, signals, [says(objects, "checkout", theirs)])


@fault(
    "flag-product-catalog",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="HighErrorRate shop/web",
)
def catalog() -> Inventory:
    objects = [*program("web", "catalog"), *program("catalog", FLAGS)]
    own = (
        'level=ERROR msg="Product Catalog Fail Feature Flag Enabled" product_id=OLJCESPC7Z '
        'status="rpc error: code = Internal"'
    )
    signals = [*failing("catalog", 0.09, SINCE), *failing("web", 0.07, SINCE), *well("flags")]
    return switched(objects, signals, [says(objects, "catalog", own)])


@fault(
    "flag-recommendation-cache",
    "ConfigMap/shop/flag-settings",
    says="memory",
    alert="MemoryGrowing shop/recommendation",
)
def cache_leak() -> Inventory:
    objects = [
        *program("web", "recommendation"),
        *program("recommendation", FLAGS),
    ]
    signals = [
        of(Measure.MEMORY, "recommendation", climb(0.2, 0.93), about="container app"),
        *slow("recommendation", 0.4, 1200),
        *slow("web", 0.5, 1200),
        *well("flags"),
    ]
    return switched(objects, signals, edited=10_900)


@fault(
    "flag-image-slow",
    "ConfigMap/shop/flag-settings",
    says="flag-settings",
    alert="HighLatency shop/web",
)
def images() -> Inventory:
    objects = [*program("web", "images", "cart"), *program("images", FLAGS), *program("cart")]
    signals = [
        *slow("images", 5.0, SINCE),
        *slow("web", 5.1, SINCE - 20),
        *well("cart"),
        *well("flags"),
    ]
    return switched(objects, signals)


@fault(
    "flag-flood", "ConfigMap/shop/flag-settings", says="flag-settings", alert="HighLatency shop/web"
)
def flood() -> Inventory:
    load = program(
        "load",
        revisions=[(9 * DAY, container(env=calling("web", FLAGS)))],
        pods=[running(since=9 * DAY)],
    )
    objects = [*load, *program("web", "cart"), *program("cart")]
    signals = [
        rose(Measure.CPU, "load", 0.1, 0.7, SINCE, about="container app"),
        rose(Measure.RATE, "web", 12, 240, SINCE, Unit.PER_SECOND),
        rose(Measure.LATENCY, "web", 0.05, 2.0, SINCE - 20, Unit.SECONDS),
        rose(Measure.CPU, "web", 0.2, 0.98, SINCE, about="container app"),
        *well("cart"),
        *well("flags"),
    ]
    return switched(objects, signals)
