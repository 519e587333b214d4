"""Faults of queues and brokers."""

from tests.diagnose.build import DAY, ago, container, crashing, make, running
from tests.diagnose.signals import climb
from tests.faults.neighbours import refused
from tests.faults.scenes import fault
from tests.faults.stage import (
    calling,
    flat,
    of,
    pod_of,
    program,
    rose,
    says,
    watched,
    wrote,
)

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit


@fault(
    "kafka-poison-pill", "Deployment/shop/billing", says="record", alert="ConsumerLag shop/billing"
)
def poison() -> Inventory:
    objects = [
        *program("billing", "kafka:9092"),
        *program("fraud", "kafka:9092"),
        *program("kafka", port=9092),
    ]
    words = (
        "ERROR [consumer-1] o.a.k.c.c.internals.ConsumerCoordinator : Error deserializing "
        "key/value for partition orders-3 at offset 81723. If needed, please seek past the "
        "record to continue consumption."
    )
    signals = [
        of(Measure.LAG, "billing", climb(2, 6000), Unit.COUNT, about="partition 3 of orders"),
        flat(Measure.LAG, "fraud", 2, Unit.COUNT),
    ]
    return watched(*objects, logs=[says(objects, "billing", words)], signals=signals)


@fault("kafka-producer-leak", "Deployment/shop/orders", says="feeder", alert="KafkaDown shop/kafka")
def producer() -> Inventory:
    first = container(env=calling("kafka:9092"))
    objects = [
        *program("orders", revisions=[(9 * DAY, first), (1200, first)], pods=[running(since=1190)]),
        *program("kafka", port=9092, pods=[crashing(code=3, since=40, ran=240)]),
        *program("billing", "kafka:9092"),
    ]
    feeder = container(
        "feeder", image="registry.example.com/tools/feeder:1", env=calling("kafka:9092")
    )
    both = [first, feeder]
    newest = [one for one in objects if one["kind"] in ("Deployment", "ReplicaSet")]
    for one in (newest[0], newest[2]):
        one["spec"]["template"]["spec"] = {"containers": both}
    made = pod_of(objects, "orders")
    made["spec"] = {"containers": both, "nodeName": "node-1"}
    made["status"]["containerStatuses"].append(running("feeder", since=1190))
    own = (
        "[2026-03-04 02:58:40,117] ERROR Processor got uncaught exception. "
        "(kafka.network.Processor)\njava.lang.OutOfMemoryError: Java heap space\n"
    )
    logs = [
        wrote(objects, "kafka", own, previous=True),
        says(objects, "billing", refused("kafka", 9092)),
    ]
    return watched(*objects, logs=logs)


@fault(
    "kafka-downstream-slow",
    "Deployment/shop/opensearch",
    says="CPU",
    alert="ConsumerLag shop/indexer",
)
def downstream() -> Inventory:
    objects = [
        *program("indexer", "kafka:9092", "opensearch:9200"),
        *program("kafka", port=9092),
        *program("opensearch", port=9200),
        *program("billing", "kafka:9092"),
    ]
    words = 'level=warn msg="bulk write slow" url=http://opensearch:9200/_bulk took=9.8s items=500'
    signals = [
        rose(Measure.LAG, "indexer", 10, 40_000, 600, Unit.COUNT),
        rose(Measure.CPU, "opensearch", 0.2, 0.99, 640, about="container app"),
        rose(Measure.LATENCY, "opensearch", 0.05, 9, 640, Unit.SECONDS),
        flat(Measure.LAG, "billing", 3, Unit.COUNT),
        flat(Measure.CPU, "kafka", 0.2),
    ]
    return watched(*objects, logs=[says(objects, "indexer", words)], signals=signals)


@fault(
    "rabbitmq-partition",
    "StatefulSet/shop/rabbitmq",
    says="partition",
    alert="RabbitmqClusterPartition shop/rabbitmq",
)
def split_brain() -> Inventory:
    objects = [*program("orders", "rabbitmq:5672"), *program("rabbitmq", port=5672)]
    before = next(one for one in objects if one["kind"] == "Deployment"
                  and one["metadata"]["name"] == "rabbitmq")  # fmt: skip
    keeper = make(
        "StatefulSet",
        "rabbitmq",
        age=90 * DAY,
        spec={**before["spec"], "serviceName": "rabbitmq", "replicas": 1},
        status={"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "updatedReplicas": 1},
    )
    broker = pod_of(objects, "rabbitmq")
    broker["metadata"]["ownerReferences"] = [
        {
            "kind": "StatefulSet",
            "name": "rabbitmq",
            "uid": keeper["metadata"]["uid"],
            "controller": True,
        }
    ]
    kept = [
        one
        for one in objects
        if not (one["kind"] in ("Deployment", "ReplicaSet")
                and one["metadata"]["name"].startswith("rabbitmq"))
    ]  # fmt: skip
    own = (
        f"{ago(500)} [error] <0.341.0> Mnesia(rabbit@rabbitmq-0): ** ERROR ** mnesia_event got "
        "{inconsistent_database, running_partitioned_network, 'rabbit@rabbitmq-1'}\n"
        f"{ago(90)} [error] <0.341.0> Mnesia(rabbit@rabbitmq-0): ** ERROR ** mnesia_event got "
        "{inconsistent_database, running_partitioned_network, 'rabbit@rabbitmq-2'}\n"
    )
    return watched(*kept, keeper, logs=[wrote(kept, "rabbitmq", own)])
