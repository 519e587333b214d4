"""Nodes whose cards lost their link."""

from collections.abc import Iterable

import pytest
from tests.diagnose.build import NOW, Json, alert, app, lines, log, node, seen
from tests.diagnose.build import named as object_named
from tests.diagnose.signals import findings, level, named, signal

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.signal import Measure, Point, Signal, Unit

DOWN = level((10_800, 1), (1080, 0), stray=0)


def card(points: Iterable[Point], device: str = "ens2f1") -> Signal:
    return signal(Measure.LINK, points, Unit.COUNT, named("node-1", "Node"), about=device)


def told(*signals: Signal) -> list[Finding]:
    return [one for one in findings([node()], *signals) if one.condition == "node.link_down"]


def test_a_card_that_lost_its_link_is_told_with_its_name_and_since_when() -> None:
    [one] = told(card(DOWN), card(level((10_800, 1), stray=0), "ens2f0"))
    assert one.severity is Severity.ERROR
    assert one.claim == "node node-1 has no link at ens2f1 for 18 min"
    assert one.facts["node"] == "node-1"
    assert one.since is not None
    assert abs((NOW - one.since).total_seconds() - 1080) <= 60


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([card(level((10_800, 1), stray=0))], id="up"),
        pytest.param([card(level((10_800, 0), stray=0))], id="never-had-a-cable"),
        pytest.param([card(level((10_800, 1), (5000, 0), (4000, 1), stray=0))], id="is-back"),
        pytest.param([card(level((10_800, 0), (900, 1), stray=0))], id="was-plugged-in"),
        pytest.param(
            [card(DOWN[:-20]), card(level((10_800, 1), stray=0), "ens2f0")], id="not-told-any-more"
        ),
        pytest.param([], id="not-measured"),
    ],
)
def test_other_cards_are_nothing(signals: list[Signal]) -> None:
    assert told(*signals) == []


def on_the_node(points: Iterable[Point]) -> list[str]:
    """What explains a program on the node whose calls end in a network that is down."""
    objects: list[Json] = [*app(), node()]
    words = 'level=error msg="send failed" err="write udp 10.66.4.53:2222: network is down"'
    view = seen(*objects, logs=[log(object_named(objects, "Pod"), lines(words, 60))])
    view.signals.append(card(points))
    causes = explain(Scene(view, NOW), alert("HighErrorRate shop/app")).causes
    return [one.entity.path for one in causes if one.relevant]


def test_what_a_program_on_the_node_complains_of_is_laid_to_it() -> None:
    assert on_the_node(DOWN) == ["Node/node-1"]


def test_a_card_that_was_always_down_explains_nothing() -> None:
    assert "Node/node-1" not in on_the_node(level((10_800, 0), stray=0))
