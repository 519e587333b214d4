"""Alerts about numbers of the business, whose object only lacks what others should have sent."""

from datetime import timedelta

import pytest
from tests.diagnose.build import NOW, Json, ago, alert, seen
from tests.faults.stage import failing, program, wrote

from sreagent.diagnose.argument.explain import Explanation, explain
from sreagent.diagnose.argument.looks import wanted_logs
from sreagent.diagnose.view.feeding import FEEDERS, feeders
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, PodLog
from sreagent.domain.signal import Signal

DESK = Entity(kind="Deployment", namespace="shop", name="desk")
READER = "Deployment/shop/reader"
ALERT = Alert(
    name="FewDecisions",
    status="firing",
    labels={"namespace": "shop", "service": "desk"},
    starts_at=NOW - timedelta(seconds=700),
)
BROKER = program("mq", port=5672)
OUTSIDE = 'ERROR Post "https://ocr.vendor.example/v1": net/http: i/o timeout'
FINE = "INFO document done in 3 s"


def told(*, since: float, line: str = OUTSIDE, reaches: float = 4000) -> str:
    """A log that reaches back so many seconds, with an error since some of them."""
    return "\n".join(
        f"{ago(second)} {line if second <= since else FINE}"
        for second in range(int(reaches), 0, -10)
    )


def cluster(*more: Json, reader: str = "mq:5672") -> list[Json]:
    return [*program("desk", "mq:5672"), *program("reader", reader), *BROKER, *more]


def account(
    objects: list[Json], *logs: PodLog, about: Alert = ALERT, signals: tuple[Signal, ...] = ()
) -> Explanation:
    inventory = seen(*objects, logs=logs)
    inventory.signals = list(signals)
    return explain(Scene(inventory, NOW), about)


def relevant(explanation: Explanation) -> list[str]:
    return [one.entity.path for one in explanation.causes if one.relevant]


def test_who_feeds_the_alerts_object_through_a_broker_is_told_when_nothing_else_is_wrong() -> None:
    objects = cluster()
    found = account(objects, wrote(objects, "reader", told(since=1500)))
    assert relevant(found) == [READER]
    [cause] = [one for one in found.causes if one.relevant]
    assert "ocr.vendor.example" in cause.statement
    assert DESK in cause.victims
    assert "only a broker that both use links it to the alert" in dict(cause.parts)


def test_who_reads_a_queue_is_told_where_the_alert_is_about_its_broker() -> None:
    objects = cluster()
    about = Alert(
        name="QueueGrows",
        status="firing",
        labels={"namespace": "shop", "service": "mq"},
        starts_at=ALERT.starts_at,
    )
    found = account(objects, wrote(objects, "reader", told(since=1500)), about=about)
    assert relevant(found) == [READER]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(told(since=3900), id="an-hour-before"),
        pytest.param(told(since=300), id="after-the-alert"),
        pytest.param(told(since=1500, reaches=1500), id="perhaps-it-always-was-so"),
        pytest.param(told(since=1500, line="ERROR cannot parse page 7"), id="it-says-too-little"),
        pytest.param(told(since=0), id="well"),
    ],
)
def test_trouble_that_is_not_new_or_not_grave_is_nobodys(text: str) -> None:
    objects = cluster()
    assert relevant(account(objects, wrote(objects, "reader", text))) == []


def test_whoever_shares_no_broker_or_is_not_the_only_one_is_not_blamed() -> None:
    apart = cluster(reader="other:5672")
    assert relevant(account(apart, wrote(apart, "reader", told(since=1500)))) == []
    two = cluster(*program("sender", "mq:5672"))
    logs = [wrote(two, name, told(since=1500)) for name in ("reader", "sender")]
    assert relevant(account(two, *logs)) == []


def test_an_alert_without_a_time_and_one_that_is_explained_blame_nobody_else() -> None:
    objects = cluster()
    log = wrote(objects, "reader", told(since=1500))
    assert relevant(account(objects, log, about=alert("FewDecisions", service="desk"))) == []
    signals = tuple(failing("desk", 0.4, 900))
    assert relevant(account(objects, log, signals=signals)) == ["Deployment/shop/desk"]


def wanted(inventory: Inventory) -> list[str]:
    scene = Scene(inventory, NOW)
    found = wanted_logs(scene, explain(scene, ALERT), limit=20)
    return [one.pod.name for one in found if "may feed" in one.reason]


def test_their_logs_are_read_only_while_nothing_explains_the_alert() -> None:
    objects = cluster()
    read = [wrote(objects, name, told(since=0)) for name in ("desk", "mq")]
    inventory = seen(*objects, logs=read)
    assert [name.rpartition("-1-")[0] for name in wanted(inventory)] == ["reader"]
    inventory.signals = failing("desk", 0.4, 900)
    assert wanted(inventory) == []


def test_a_broker_of_many_does_not_mean_all_of_them() -> None:
    many = [one for n in range(30) for one in program(f"user-{n}", "mq:5672")]
    found = feeders(Scene(seen(*cluster(), *many), NOW), [DESK])
    assert len(found) == FEEDERS
    assert DESK not in found
