"""Members of a cluster that lost each other."""

from collections.abc import Iterable, Iterator

import pytest
from tests.diagnose.build import NOW, Json, app, event, make, node, pod, running
from tests.diagnose.signals import findings, level, named, signal

from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.signal import Measure, Point, Signal, Unit

SPLIT = level((10_800, 0), (1560, 1), stray=0)
DB = named("db", "StatefulSet")


def store(replicas: int = 3) -> list[Json]:
    """A store of three, or one that is to have fewer members."""
    above = make("StatefulSet", "db", spec={"replicas": replicas}, status={"replicas": replicas})
    pods = [pod(f"db-{n}", status=running(), owner=above, age=9000) for n in range(replicas)]
    return [above, *pods, node()]


def lost(points: Iterable[Point], entity: Entity = DB) -> Signal:
    return signal(Measure.PEERS_LOST, points, Unit.COUNT, entity)


def told(objects: Iterable[Json], *signals: Signal) -> Iterator[Finding]:
    return (one for one in findings(objects, *signals) if one.condition == "workload.peers_lost")


@pytest.mark.parametrize(
    ("objects", "entity"),
    [
        pytest.param(store(), DB, id="a-stateful-set"),
        pytest.param(app(), named(), id="a-deployment"),
    ],
)
def test_members_that_lost_each_other_are_told_once_and_since_when(
    objects: list[Json], entity: Entity
) -> None:
    [one] = told(objects, lost(SPLIT, entity), lost(SPLIT, entity))
    assert one.entity == entity
    assert one.severity is Severity.ERROR
    assert one.category is Category.NETWORK
    assert one.claim.endswith("has members that lost each other: unreachable peers 0 → 1")
    assert one.since is not None
    assert abs((NOW - one.since).total_seconds() - 1560) <= 60


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([lost(level((10_800, 0), stray=0))], id="all-are-there"),
        pytest.param([lost(level((10_800, 1), stray=0))], id="one-is-missed-as-ever"),
        pytest.param([lost(level((10_800, 0), (4000, 1), (1800, 0), stray=0))], id="found-again"),
        pytest.param([lost(level((10_800, 2), (1800, 1), stray=0))], id="fewer-are-missed"),
        pytest.param([], id="not-measured"),
    ],
)
def test_a_cluster_that_is_as_ever_is_well(signals: list[Signal]) -> None:
    assert list(told(store(), *signals)) == []


def test_a_member_that_is_not_wanted_any_more_is_not_missed() -> None:
    objects = store(replicas=2)
    deleted = event(objects[0], "SuccessfulDelete", "delete Pod db-2 in StatefulSet db successful")
    assert list(told([*objects, deleted], lost(SPLIT))) == []


def test_a_member_that_was_restarted_is_missed() -> None:
    objects = store()
    deleted = event(objects[0], "SuccessfulDelete", "delete Pod db-2 in StatefulSet db successful")
    assert len(list(told([*objects, deleted], lost(SPLIT)))) == 1


def test_a_node_that_lost_its_link_is_suspected() -> None:
    here = named("node-1", "Node")
    card = level((10_800, 1), (1600, 0), stray=0)
    link = signal(Measure.LINK, card, Unit.COUNT, here, about="eth1")
    [one] = told(store(), lost(SPLIT), link)
    assert one.suspects == (here,)
