"""Queues without a reader, and brokers that let nobody publish."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    app,
    container,
    log,
    make,
    running,
    seen,
    service,
    told,
)
from tests.diagnose.build import named as object_named
from tests.diagnose.signals import climb, inventory, level, named, signal

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.conditions.run import found_in
from sreagent.diagnose.view.readers import NOBODY_READS
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.alert import Alert
from sreagent.domain.finding import Finding
from sreagent.domain.inventory import Inventory, PodLog
from sreagent.domain.signal import Measure, Point, Signal, Unit

HOUR = 3600
LEFT = 1800
"""Seconds ago that the readers left."""
ALERT = Alert(
    name="QueueBacklog", status="firing", labels={"namespace": "shop", "queue": "mail.send"}
)
BROKER = [*app("broker"), service("broker")]
GROWING = level((10_800, 30), (LEFT - 120, 4000), (900, 9000))
GONE = level((10_800, 3), (LEFT, 0), stray=0)
NEVER = level((10_800, 0), stray=0)
STAYED = level((10_800, 3), stray=0)


def count(measure: Measure, points: Iterable[Point], queue: str) -> Signal:
    labels = {"queue": queue, "vhost": "/"}
    entity = named("broker")
    return signal(measure, points, Unit.COUNT, entity, labels=labels, about=f"{queue} /")


def queue(
    waiting: Iterable[Point] = GROWING,
    consumers: Iterable[Point] = GONE,
    name: str = "mail.send",
) -> list[Signal]:
    return [count(Measure.QUEUE, waiting, name), count(Measure.CONSUMERS, consumers, name)]


def came(name: str) -> Signal:
    """A queue that is new, with its readers."""
    since = NOW - timedelta(seconds=LEFT)
    return count(Measure.CONSUMERS, [one for one in STAYED if one[0] >= since], name)


def worker(
    setting: str, since: float = LEFT + 60, name: str = "worker", pods: list[Json] | None = None
) -> list[Json]:
    env = [{"name": "QUEUE", "value": setting}, {"name": "AMQP_HOST", "value": "broker"}]
    old, new = container(env=[{"name": "OLD", "value": "1"}]), container(env=env)
    return app(name, revisions=[(5 * DAY, old), (since, new)], pods=pods)


def alarm(points: Iterable[Point]) -> Signal:
    return signal(Measure.BLOCKED, points, Unit.COUNT, named("broker"), about="memory")


def found(view: Inventory, condition: str) -> list[Finding]:
    return told(found_in(Scene(view, NOW)), condition)


@pytest.mark.parametrize(
    ("objects", "signals", "words"),
    [
        pytest.param(
            worker("mail.send"),
            queue(),
            "is up and does not consume: mail.send",
            id="its-own-queue",
        ),
        pytest.param(
            worker("mail.send"),
            queue(climb(1e6, 2e6), NEVER),
            "and no reader, and it is set to read it (env QUEUE)",
            id="left-before-it-was-seen",
        ),
        pytest.param(
            worker("mail.send.v2"),
            [*queue(), came("mail.send.v2")],
            "is set to read another queue, mail.send.v2 (env QUEUE), and not mail.send",
            id="moved-to-a-new-queue",
        ),
        pytest.param(
            worker("mail-send"), queue(), "another queue, mail-send", id="misspelt-and-rolled-out"
        ),
    ],
)
def test_who_should_read_a_queue_that_has_no_reader_is_told(
    objects: list[Json], signals: list[Signal], words: str
) -> None:
    [one] = found(inventory([*BROKER, *objects], *signals), "workload.leaves_queue")
    assert one.entity.name == "worker"
    assert words in one.claim


@pytest.mark.parametrize(
    ("objects", "signals"),
    [
        pytest.param(worker("mail.send"), queue(consumers=STAYED), id="is-read-and-grows"),
        pytest.param(
            worker("mail.send"), queue(level((10_800, 5000)), NEVER), id="lay-there-all-the-time"
        ),
        pytest.param(worker("mail.send"), queue(level((10_800, 3))), id="hardly-anything-waits"),
        pytest.param(
            worker("mail.dlq"), queue(climb(100, 900), NEVER, "mail.dlq"), id="set-aside-on-purpose"
        ),
        pytest.param(
            worker("mail.send", pods=[running(ready=False)]), queue(), id="no-pod-of-it-is-ready"
        ),
        pytest.param(worker("mail-send", since=5 * HOUR), queue(), id="much-alike-and-long-there"),
        pytest.param(
            worker("stock.delta"), [*queue(), came("stock.delta")], id="another-program-came-too"
        ),
        pytest.param(
            worker("mail.send.v2"),
            [*queue(), count(Measure.CONSUMERS, STAYED, "mail.send.v2")],
            id="had-its-own-readers-all-the-time",
        ),
        pytest.param(
            worker("mail.send"), [count(Measure.QUEUE, GROWING, "mail.send")], id="readers-not-told"
        ),
    ],
)
def test_a_queue_that_is_read_or_left_alone_blames_nobody(
    objects: list[Json], signals: list[Signal]
) -> None:
    assert not found(inventory([*BROKER, *objects], *signals), "workload.leaves_queue")


def test_a_backlog_is_laid_to_who_does_not_read_it_and_not_to_the_broker() -> None:
    view = inventory([*BROKER, *worker("mail.send")], *queue())
    [cause] = explain(Scene(view, NOW), ALERT).causes
    assert cause.relevant
    assert cause.entity.name == "worker"
    assert [one.name for one in cause.victims] == ["broker"]


def test_a_backlog_is_laid_to_the_quota_that_lets_no_reader_in() -> None:
    objects = worker("mail.send", pods=[running()])
    refusal = (
        'pods "worker-2-9" is forbidden: exceeded quota: team, requested: requests.cpu=500m, '
        "used: requests.cpu=3900m, limited: requests.cpu=4"
    )
    states = [{"type": "ReplicaFailure", "status": "True", "message": refusal,
               "reason": "FailedCreate", "lastTransitionTime": ago(LEFT)}]  # fmt: skip
    object_named(objects, "ReplicaSet", 1)["status"] = {"conditions": states}
    limit = {"requests.cpu": "4", "pods": "40"}
    used = {"requests.cpu": "3900m", "pods": "3"}
    state = {"hard": limit, "used": used}
    quota = make("ResourceQuota", "team", spec={"hard": limit}, status=state)
    view = inventory([*BROKER, *objects, quota], *queue(consumers=STAYED))
    first = explain(Scene(view, NOW), ALERT).causes[0]
    assert first.relevant
    assert first.entity.kind == "ResourceQuota"
    assert "is used up: requests.cpu 3900m of 4; it refuses" in first.statement


def test_a_backlog_whose_readers_are_not_in_view_says_so() -> None:
    view = inventory(BROKER, *queue())
    [one] = found(view, "workload.queue_growing")
    assert one.facts[NOBODY_READS] == "mail.send"


RAISED = (
    f"{ago(1200)} [info] vm_memory_high_watermark set. Memory used:430100000 allowed:429496729\n"
    f"{ago(1200)} [warning] memory resource limit alarm set on node 'broker-0'.\n"
    f"{ago(1200)} [warning] *** Publishers will be blocked until this alarm clears ***\n"
    f"{ago(30)} [info] accepting AMQP connection"
)
CLEARED = f"{RAISED}\n{ago(20)} [warning] memory resource limit alarm cleared on node 'broker-0'"
PUBLISHER = app(
    "shop-api", revisions=[(5 * DAY, container(env=[{"name": "AMQP_HOST", "value": "broker"}]))]
)


def said(text: str) -> list[PodLog]:
    return [log(object_named(BROKER, "Pod"), text)]


@pytest.mark.parametrize(
    ("signals", "text", "since"),
    [
        pytest.param(
            [alarm(level((10_800, 0), (1200, 1), stray=0))], "", 1200, id="by-its-metrics"
        ),
        pytest.param([], RAISED, 1200, id="by-its-log"),
    ],
)
def test_a_broker_that_blocks_its_publishers_explains_them(
    signals: list[Signal], text: str, since: float
) -> None:
    view = seen(*BROKER, *PUBLISHER, logs=said(text))
    view.signals.extend(signals)
    [one] = found(view, "workload.blocks_publishers")
    assert "its memory alarm is set" in one.claim
    assert one.facts["explains"] == "Deployment/shop/shop-api"
    assert one.since is not None
    assert abs((NOW - one.since).total_seconds() - since) <= 60


@pytest.mark.parametrize(
    ("signals", "text"),
    [
        pytest.param([], CLEARED, id="the-log-says-it-is-over"),
        pytest.param([alarm(level((10_800, 0), stray=0))], RAISED, id="the-metrics-say-it-is-over"),
        pytest.param(
            [alarm(level((10_800, 0), (2400, 1), (1200, 0), stray=0))], "", id="it-was-set-before"
        ),
        pytest.param([], f"{ago(9)} [info] accepting AMQP connection", id="nothing-of-the-kind"),
    ],
)
def test_a_broker_that_accepts_everything_is_not_blamed(signals: list[Signal], text: str) -> None:
    view = seen(*BROKER, *PUBLISHER, logs=said(text))
    view.signals.extend(signals)
    assert not found(view, "workload.blocks_publishers")


def test_a_broker_that_is_full_of_what_nobody_reads_is_a_victim_itself() -> None:
    view = inventory(
        [*BROKER, *PUBLISHER, *worker("mail.send")],
        *queue(climb(1e6, 2e6), NEVER),
        alarm(level((10_800, 0), (1200, 1), stray=0)),
    )
    [cause] = explain(Scene(view, NOW), ALERT).causes
    assert cause.entity.name == "worker"
    assert [one.name for one in cause.victims] == ["broker"]


def test_a_queue_that_nobody_reads_at_this_time_of_day_blames_nobody() -> None:
    waiting, consumers = queue(climb(200, 400), NEVER)
    day = timedelta(days=1)
    then = tuple((at - day, 400.0) for at, _ in waiting.points[-120:])
    view = inventory([*BROKER, *worker("mail.send")], replace(waiting, day_before=then), consumers)
    assert not found(view, "workload.leaves_queue")
    view = inventory([*BROKER, *worker("mail.send")], waiting, consumers)
    assert found(view, "workload.leaves_queue")
