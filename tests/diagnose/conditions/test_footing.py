"""Volumes and nodes that are to blame for what a program on them complains of."""

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    alert,
    app,
    container,
    crashing,
    lines,
    log,
    make,
    named,
    node,
    running,
    seen,
    service,
)
from tests.diagnose.signals import level, signal
from tests.diagnose.signals import named as entity

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Signal, Unit

DISK = "PANIC: could not write to file: No space left on device"
TLS = "ERROR x509: certificate has expired or is not yet valid for https://api.example.com"
SLOW = 'ERROR Get "http://app:80/": dial tcp 10.96.0.7:80: i/o timeout'


def share(measure: Measure, now: float, name: str, kind: str) -> Signal:
    return signal(measure, level((10_800, now), stray=0.001), Unit.SHARE, entity(name, kind))


def offset(now: float) -> Signal:
    return signal(Measure.CLOCK, level((10_800, now)), Unit.SECONDS, entity("node-1", "Node"))


def first(inventory: Inventory) -> str:
    found = explain(Scene(inventory, NOW), alert("HighErrorRate shop")).causes
    assert len([one for one in found if one.relevant]) == 1, [one.statement for one in found]
    return found[0].entity.path


def on_volume(*signals: Signal) -> Inventory:
    uses = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    claim = make("PersistentVolumeClaim", "data", spec={}, status={"phase": "Bound"}, age=9 * DAY)
    objects: list[Json] = [*app(pods=[crashing()], spec=uses), claim, node()]
    found = seen(*objects, logs=[log(named(objects, "Pod"), DISK, previous=True)])
    found.signals.extend(signals)
    return found


@pytest.mark.parametrize(
    ("signals", "root"),
    [
        pytest.param(
            [share(Measure.VOLUME, 0.999, "data", "PersistentVolumeClaim")],
            "PersistentVolumeClaim/shop/data",
            id="its-volume-is-full",
        ),
        pytest.param(
            [share(Measure.NODE_DISK, 0.99, "node-1", "Node")], "Node/node-1", id="its-node-is-full"
        ),
        pytest.param(
            [share(Measure.VOLUME, 0.4, "data", "PersistentVolumeClaim")],
            "Deployment/shop/app",
            id="its-volume-has-room",
        ),
        pytest.param([], "Deployment/shop/app", id="no-metrics"),
    ],
)
def test_who_is_to_blame_for_a_full_disk(signals: list[Signal], root: str) -> None:
    assert first(on_volume(*signals)) == root


@pytest.mark.parametrize(
    ("signals", "root"),
    [
        pytest.param([offset(170)], "Node/node-1", id="the-clock-is-wrong"),
        pytest.param([offset(0.001)], "Deployment/shop/app", id="the-clock-is-right"),
        pytest.param([], "Deployment/shop/app", id="no-metrics"),
    ],
)
def test_who_is_to_blame_for_a_certificate(signals: list[Signal], root: str) -> None:
    objects = [*app(pods=[running(since=9 * DAY)]), node()]
    found = seen(*objects, logs=[log(named(objects, "Pod"), lines(TLS))])
    found.signals.extend(signals)
    causes = explain(Scene(found, NOW), alert("HighErrorRate shop/app")).causes
    assert [one.entity.path for one in causes if one.relevant] == [root]


@pytest.mark.parametrize(
    ("full", "root"),
    [
        pytest.param(0.998, "Node/node-1", id="full"),
        pytest.param(0.3, "Deployment/shop/app", id="room"),
    ],
)
def test_a_node_that_drops_connections_is_to_blame_for_timeouts(full: float, root: str) -> None:
    calling = container(env=[{"name": "APP_URL", "value": "http://app:80"}])
    web = app("web", revisions=[(9 * DAY, calling)])
    objects = [*app(), service(), *web, node()]
    found = seen(*objects, logs=[log(named(web, "Pod"), lines(SLOW))])
    found.signals.append(share(Measure.CONNTRACK, full, "node-1", "Node"))
    assert first(found) == root
