"""Alertmanager: a real one for what it answers, small servers for what it should not."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from tests.clients.conftest import free_port
from tests.clients.servers import HTML, Reply, Server, reply

from sreagent.clients.alertmanager import AlertmanagerAlerts
from sreagent.clients.clock import SystemClock
from sreagent.domain.errors import Forbidden, SreError, TimedOut, Unreachable

ALERTS = "/api/v2/alerts"


def post(url: str, path: str, payload: Any) -> None:
    requests.post(f"{url}{path}", json=payload, timeout=5).raise_for_status()


def test_all_active_alerts_are_read_silenced_ones_too(alertmanager: str) -> None:
    now = SystemClock().now().replace(microsecond=0)
    ended = (now - timedelta(seconds=1)).isoformat()
    labels = {"alertname": "High", "namespace": "shop", "severity": "critical"}
    started = now - timedelta(minutes=3)
    high = {
        "labels": labels,
        "annotations": {"summary": "Too many errors"},
        "startsAt": started.isoformat(),
        "generatorURL": "http://prometheus/graph?g0.expr=errors+%3E+1",
    }
    silenced = {"labels": {"alertname": "Silenced"}}
    over = {"labels": {"alertname": "Over"}, "startsAt": started.isoformat(), "endsAt": ended}
    matcher = {"name": "alertname", "value": "Silenced", "isRegex": False}
    silence = {
        "matchers": [matcher],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "oncall",
        "comment": "known",
    }
    post(alertmanager, "/api/v2/silences", silence)
    post(alertmanager, ALERTS, [high, silenced, over])

    alerts = AlertmanagerAlerts(alertmanager).firing()

    found = {alert.name: alert for alert in alerts}
    assert sorted(found) == ["High", "Silenced"]
    assert found["High"].labels == labels
    assert found["High"].starts_at == started
    assert found["High"].expression == "errors > 1"
    assert {alert.status for alert in alerts} == {"firing"}
    assert {alert.source for alert in alerts} == {"alertmanager"}


def test_when_nothing_fires_the_list_is_empty(alertmanager: str) -> None:
    assert AlertmanagerAlerts(alertmanager).firing() == ()


def test_silenced_and_inhibited_alerts_are_asked_for(server: Server) -> None:
    server.on(ALERTS, reply([]))
    AlertmanagerAlerts(server.url).firing()
    assert server.asked[0].query == {"active": "true", "silenced": "true", "inhibited": "true"}


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        pytest.param(Reply(body=HTML), Unreachable, "it is not JSON", id="web-page"),
        pytest.param(Reply(body=b""), Unreachable, "it is empty", id="nothing"),
        pytest.param(reply({"a": 1}), Unreachable, "it is JSON, but no alert", id="other-json"),
        pytest.param(Reply(body=b"\xff\xfe"), Unreachable, "UTF-16", id="other-encoding"),
        pytest.param(Reply(body=HTML, status=401), Forbidden, "(status 401)", id="401"),
        pytest.param(reply("bad matcher", 400), Unreachable, "bad matcher", id="400"),
        pytest.param(reply({}, 500), Unreachable, "status 500", id="500"),
        pytest.param(Reply(missing=5), Unreachable, "the answer broke off", id="half-an-answer"),
        pytest.param(Reply(delay=2), TimedOut, "no answer within", id="slow"),
    ],
)
def test_an_answer_that_is_none_is_no_empty_list(
    answer: Reply, error: type[SreError], message: str, server: Server
) -> None:
    server.on(ALERTS, answer)
    with pytest.raises(error) as caught:
        AlertmanagerAlerts(server.url, timeout=0.3).firing()
    assert message in caught.value.message
    assert f"Alertmanager ({server.url})" in caught.value.message


def test_a_refused_connection_tells_where_it_went() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable) as caught:
        AlertmanagerAlerts(url).firing()
    assert caught.value.message == f"cannot reach Alertmanager ({url}): connection refused"
