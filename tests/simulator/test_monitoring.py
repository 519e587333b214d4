"""Prometheus and Alertmanager over HTTP, and how they follow what is done to the cluster."""

import time
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import prometheus_api_client
import pytest
from tests.simulator.staging import Caught, ask, eventually, fetch, query

from sreagent.simulator import Simulation, incidents

STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
MEND = {"containers": [{"name": "checkout", "image": "registry.example.com/shop/checkout:2.4.0"}]}
ERROR_RATIO = (
    'sum(rate(http_requests_total{service="frontend",code=~"5.."}[30s]))'
    ' / sum(rate(http_requests_total{service="frontend"}[30s]))'
)


def prometheus(simulation: Simulation, path: str, **asked: Any) -> Caught:
    return fetch(f"{simulation.prometheus_url}{path}?{urllib.parse.urlencode(asked, doseq=True)}")


def alerts(simulation: Simulation, **asked: Any) -> list[Any]:
    asked_text = urllib.parse.urlencode(asked, doseq=True)
    found: list[Any] = fetch(f"{simulation.alertmanager_url}/api/v2/alerts?{asked_text}").json()
    return found


def firing(simulation: Simulation) -> set[str]:
    return {each["labels"]["alertname"] for each in alerts(simulation)}


class TestPrometheus:
    def test_the_client_the_product_uses_reads_it(self, running: Simulation) -> None:
        client = prometheus_api_client.PrometheusConnect(url=running.prometheus_url)
        assert client.check_prometheus_connection()
        (sample,) = client.custom_query(
            'kube_deployment_status_replicas_available{deployment="checkout"}'
        )
        assert sample["value"][1] == "0"
        now = datetime.now(UTC)  # noqa: TID251 - a test asks for real time
        (series,) = client.custom_query_range(
            'kube_deployment_status_replicas_available{deployment="checkout"}',
            start_time=now - timedelta(minutes=30),
            end_time=now,
            step="60",
        )
        values = [value for _, value in series["values"]]
        assert values[0] == "3"
        assert values[-1] == "0"
        assert values.count("0") in (4, 5)

    def test_a_form_can_be_posted(self, running: Simulation) -> None:
        form = urllib.parse.urlencode({"query": "1 + 1"}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"{running.prometheus_url}/api/v1/query"
        told = fetch(url, method="POST", body=form, headers=headers).json()
        assert told["data"]["resultType"] == "scalar"
        assert told["data"]["result"][1] == "2"

    def test_three_hours_of_history_are_there(self, running: Simulation) -> None:
        (found,) = query(running, 'count_over_time(up{job="payment"}[3h])')[:1]
        assert 700 <= float(found["value"][1]) <= 740

    def test_the_error_ratio_changed_when_the_incident_began(self, running: Simulation) -> None:
        now = time.time()
        asked = {"query": ERROR_RATIO, "start": now - 900, "end": now, "step": "30s"}
        (series,) = prometheus(running, "/api/v1/query_range", **asked).json()["data"]["result"]
        values = [float(value) for _, value in series["values"]]
        assert max(values[:15]) < 0.005
        assert 0.1 < values[-1] < 0.2

    def test_names_labels_and_values_are_listed(self, running: Simulation) -> None:
        names = prometheus(running, "/api/v1/label/__name__/values").json()["data"]
        assert {"up", "http_requests_total", "container_memory_working_set_bytes"} <= set(names)
        labels = prometheus(running, "/api/v1/labels", **{"match[]": "up"}).json()["data"]
        assert labels == ["__name__", "instance", "job", "namespace", "pod"]
        asked = {"match[]": 'http_requests_total{service="cart",code="200"}'}
        (series,) = prometheus(running, "/api/v1/series", **asked).json()["data"]
        assert series["namespace"] == "shop"
        metadata = prometheus(running, "/api/v1/metadata", metric="http_requests_total").json()
        assert metadata["data"]["http_requests_total"][0]["type"] == "counter"

    def test_rules_tell_their_state(self, running: Simulation) -> None:
        (group,) = prometheus(running, "/api/v1/rules").json()["data"]["groups"]
        states = {rule["name"]: rule["state"] for rule in group["rules"]}
        assert states["KubePodCrashLooping"] == "firing"
        assert states["KubeContainerOOMKilled"] == "inactive"
        active = prometheus(running, "/api/v1/alerts").json()["data"]["alerts"]
        assert {each["labels"]["alertname"] for each in active} == firing(running)

    def test_it_says_who_and_how_it_is(self, running: Simulation) -> None:
        built = prometheus(running, "/api/v1/status/buildinfo").json()
        assert built["data"]["version"] == "2.55.1"
        assert prometheus(running, "/-/healthy").code == 200
        assert prometheus(running, "/-/ready").code == 200
        assert prometheus(running, "/api/v1/nothing").code == 404

    @pytest.mark.parametrize(
        ("path", "asked"),
        [
            pytest.param("query", {"query": "sum("}, id="syntax"),
            pytest.param("query", {}, id="no-query"),
            pytest.param("query", {"query": "up", "time": "soon"}, id="time"),
            pytest.param("query", {"query": "(" * 3000}, id="depth"),
            pytest.param("query_range", {"query": "up", "start": 1, "end": 2}, id="no-step"),
            pytest.param(
                "query_range", {"query": "up", "start": 0, "end": 1e9, "step": 1}, id="too-fine"
            ),
            pytest.param(
                "query_range", {"query": "up[5m]", "start": 0, "end": 1, "step": 1}, id="matrix"
            ),
            pytest.param("series", {}, id="no-match"),
        ],
    )
    def test_a_bad_question_gets_the_error_prometheus_gives(
        self, running: Simulation, path: str, asked: dict[str, Any]
    ) -> None:
        answer = prometheus(running, f"/api/v1/{path}", **asked)
        assert answer.code == 400
        assert answer.json()["status"] == "error"
        assert answer.json()["errorType"] == "bad_data"
        assert answer.json()["error"]


class TestAlertmanager:
    def test_alerts_carry_what_is_needed_to_look_further(self, running: Simulation) -> None:
        found = alerts(running, filter=['alertname="KubePodCrashLooping"', 'namespace=~"sh.*"'])
        assert len(found) == 3
        alert = found[0]
        assert alert["labels"]["container"] == "checkout"
        assert "crash" in alert["annotations"]["summary"]
        assert alert["status"] == {"state": "active", "silencedBy": [], "inhibitedBy": []}
        started = datetime.fromisoformat(alert["startsAt"]).timestamp()
        assert 60 < time.time() - started < 300
        link = urllib.parse.urlsplit(alert["generatorURL"])
        expression = urllib.parse.parse_qs(link.query)["g0.expr"][0]
        assert len(query(running, expression)) == 3

    def test_a_filter_that_matches_nothing_finds_nothing(self, running: Simulation) -> None:
        assert alerts(running, filter=['namespace="elsewhere"']) == []
        answer = fetch(f"{running.alertmanager_url}/api/v2/alerts?filter=%21%21")
        assert answer.code == 400

    def test_the_watchdog_has_fired_all_along(self, running: Simulation) -> None:
        (watchdog,) = alerts(running, filter='alertname="Watchdog"')
        started = datetime.fromisoformat(watchdog["startsAt"]).timestamp()
        assert time.time() - started > 5 * 86400

    def test_alerts_come_in_groups(self, running: Simulation) -> None:
        groups = fetch(f"{running.alertmanager_url}/api/v2/alerts/groups").json()
        sizes = {each["labels"]["alertname"]: len(each["alerts"]) for each in groups}
        assert sizes["KubePodCrashLooping"] == 3

    def test_a_silence_suppresses_until_it_is_taken_back(self, running: Simulation) -> None:
        url = f"{running.alertmanager_url}/api/v2"
        now = datetime.now(UTC)  # noqa: TID251 - a test asks for real time
        silence = {
            "matchers": [{"name": "alertname", "value": "Kube.*", "isRegex": True}],
            "startsAt": (now - timedelta(seconds=1)).isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "night shift",
            "comment": "known",
        }
        made = fetch(f"{url}/silences", method="POST", body=silence).json()["silenceID"]
        suppressed = alerts(running, active="false")
        assert {each["status"]["state"] for each in suppressed} == {"suppressed"}
        assert suppressed[0]["status"]["silencedBy"] == [made]
        assert fetch(f"{url}/silences").json()[0]["status"]["state"] == "active"
        assert fetch(f"{url}/silence/{made}", method="DELETE").code == 200
        assert fetch(f"{url}/silence/{made}").json()["status"]["state"] == "expired"
        assert alerts(running, active="false") == []

    def test_a_silence_without_matchers_is_refused(self, running: Simulation) -> None:
        url = f"{running.alertmanager_url}/api/v2/silences"
        assert fetch(url, method="POST", body={"comment": "all"}).code == 422

    def test_it_says_who_and_how_it_is(self, running: Simulation) -> None:
        status = fetch(f"{running.alertmanager_url}/api/v2/status").json()
        assert status["cluster"]["status"] == "ready"
        assert fetch(f"{running.alertmanager_url}/-/healthy").body == b"OK"
        assert fetch(f"{running.alertmanager_url}/api/v2/nothing").code == 404


@pytest.mark.parametrize("incident", ["memory-limit", "selector-mismatch"])
def test_the_alert_of_an_incident_fires(incident: str) -> None:
    about = next(each for each in incidents() if each.name == incident)
    with Simulation.start(incident) as simulation:
        assert about.alert in firing(simulation)


class TestAfterAFix:
    @pytest.fixture
    def mended(self) -> Iterator[Simulation]:
        with Simulation.start("bad-deploy") as simulation:
            assert "KubePodCrashLooping" in firing(simulation)
            path = "/apis/apps/v1/namespaces/shop/deployments/checkout"
            patch = {"spec": {"template": {"spec": MEND}}}
            ask(simulation, path, method="PATCH", body=patch, headers=STRATEGIC)
            yield simulation

    def test_metrics_and_alerts_follow(self, mended: Simulation) -> None:
        available = 'kube_deployment_status_replicas_available{deployment="checkout"}'
        eventually(
            lambda: query(mended, available)[0]["value"][1] == "3", "no replica became available"
        )
        restarts = 'kube_pod_container_status_restarts_total{container="checkout"} > 0'
        assert query(mended, restarts) == []
        assert query(mended, 'up{job="checkout"} == 1')
        eventually(lambda: "KubeDeploymentReplicasMismatch" not in firing(mended), "it still fires")
