"""An API server under too many requests, and who sends them."""

import pytest
from tests.diagnose.build import NOW, Json, service
from tests.diagnose.signals import level, signal
from tests.faults.stage import program, says, watched

from sreagent.diagnose.conditions.api_server import SERVER
from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Finding
from sreagent.domain.signal import Measure, Signal, Unit

HELD_BACK = (
    "I0304 02:58:01.201 1 request.go:697] Waited for 4.19s due to client-side throttling, not "
    "priority and fairness, request: GET:https://10.96.0.1:443/api/v1/pods"
)
TURNED_AWAY = (
    "E0304 02:58:01.201 1 reflector.go:150] failed to list *v1.Pod: the server has received too "
    "many requests and has asked us to try again later (get pods)"
)


def door() -> Json:
    found = service("kubernetes", namespace="default", ip="10.96.0.1")
    del found["spec"]["selector"]
    return found


def of_server(measure: Measure, before: float, after: float, unit: Unit = Unit.SHARE) -> Signal:
    return signal(measure, level((10_800, before), (600, after)), unit, SERVER)


FLOOD = of_server(Measure.RATE, 100, 2000, Unit.PER_SECOND)
SLOW = of_server(Measure.LATENCY, 0.05, 1.5, Unit.SECONDS)
REJECTED = of_server(Measure.REJECTED, 0.0, 0.3)


def told(line: str, *signals: Signal) -> dict[str, Finding]:
    objects = [door(), *program("lister"), *program("quiet")]
    logs = [says(objects, "lister", line), says(objects, "quiet", "INFO reconciled")]
    found = findings(watched(*objects, logs=logs, signals=signals), NOW)
    return {one.condition: one for one in found if one.condition.startswith("apiserver.")}


@pytest.mark.parametrize(
    ("line", "signals"),
    [
        pytest.param(HELD_BACK, [REJECTED], id="held-back-by-its-own-client"),
        pytest.param(TURNED_AWAY, [REJECTED], id="turned-away-by-the-server"),
        pytest.param(HELD_BACK, [FLOOD, SLOW], id="slow-under-a-flood"),
    ],
)
def test_who_is_held_back_while_the_server_suffers_is_told(
    line: str, signals: list[Signal]
) -> None:
    found = told(line, *signals)
    assert found["apiserver.flooded_by"].entity.path == "Deployment/shop/lister"
    assert found["apiserver.flooded_by"].facts["explains"] == SERVER.path
    suspects = found["apiserver.overloaded"].suspects
    assert [one.path for one in suspects] == ["Deployment/shop/lister"]


@pytest.mark.parametrize(
    ("line", "signals", "conditions"),
    [
        pytest.param(HELD_BACK, [], set(), id="the-server-is-not-known-to-suffer"),
        pytest.param(HELD_BACK, [FLOOD], set(), id="many-requests-answered-as-quickly-as-ever"),
        pytest.param("INFO reconciled", [REJECTED], {"apiserver.overloaded"}, id="nobody-says-so"),
    ],
)
def test_nobody_is_blamed_without_both_signs(
    line: str, signals: list[Signal], conditions: set[str]
) -> None:
    assert set(told(line, *signals)) == conditions
