"""Prometheus: a real one for what it answers, small servers for what it should not."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from tests.clients.conftest import free_port
from tests.clients.servers import HTML, Reply, Server, reply

from sreagent.clients.prometheus import PrometheusMetrics
from sreagent.domain.errors import BadInput, Forbidden, SreError, TimedOut, TryAgain, Unreachable

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUERY = "/api/v1/query"
ONE = reply({"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}})


@pytest.fixture
def real(prometheus: str) -> PrometheusMetrics:
    return PrometheusMetrics(prometheus)


@pytest.mark.parametrize(
    ("promql", "samples"),
    [
        pytest.param("vector(3)", [({}, 3.0)], id="vector"),
        pytest.param("scalar(vector(3))", [({}, 3.0)], id="scalar"),
        pytest.param(
            'label_replace(vector(1), "pod", "web-1", "", "")',
            [({"pod": "web-1"}, 1.0)],
            id="labels",
        ),
        pytest.param("vector(1) / 0", [({}, math.inf)], id="infinity"),
        pytest.param("-vector(1) / 0", [({}, -math.inf)], id="minus-infinity"),
        pytest.param("nothing_of_that_name", [], id="no-series"),
    ],
)
def test_an_instant_query_gives_a_value_for_each_series(
    promql: str, samples: list[object], real: PrometheusMetrics
) -> None:
    assert list(real.instant(promql)) == samples


def test_no_number_is_a_number_too(real: PrometheusMetrics) -> None:
    ((_, value),) = real.instant("vector(0) / 0")
    assert math.isnan(value)


def test_a_range_query_gives_the_values_over_time(real: PrometheusMetrics) -> None:
    start = NOW - timedelta(minutes=1)
    ((labels, values),) = real.range("vector(2)", start=start, end=NOW, step=30).series
    assert labels == {}
    assert values == tuple((start + timedelta(seconds=30 * n), 2.0) for n in range(3))


def test_a_query_that_cannot_be_parsed_is_sent_back_with_the_reason(
    real: PrometheusMetrics,
) -> None:
    with pytest.raises(TryAgain, match="unclosed left parenthesis"):
        real.instant("sum(rate(")


def test_too_many_points_are_sent_back_with_the_reason(real: PrometheusMetrics) -> None:
    with pytest.raises(TryAgain, match="11,000 points"):
        real.range("vector(1)", start=NOW - timedelta(days=9), end=NOW, step=1)


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        pytest.param("KubePodCrashLooping", "rate(restarts[5m]) > 0", id="not-the-recording-rule"),
        pytest.param("HighErrorRate", "errors > 1", id="several-lines"),
        pytest.param("Nope", "", id="none-of-that-name"),
    ],
)
def test_the_expression_of_a_rule(name: str, expression: str, real: PrometheusMetrics) -> None:
    assert real.rule(name) == expression


def test_a_query_for_ranges_is_sent_back_to_be_wrapped(server: Server) -> None:
    series = {"metric": {}, "values": [[1, "1"]]}
    server.on(QUERY, reply({"data": {"resultType": "matrix", "result": [series]}}))
    with pytest.raises(TryAgain, match=r"wrap it in a function such as rate\(\)"):
        PrometheusMetrics(server.url).instant("errors[5m]")


def test_a_histogram_without_a_single_value_is_left_out(server: Server) -> None:
    both = [{"metric": {}, "histogram": [1, {}]}, {"metric": {}, "value": [1, "4"]}]
    server.on(QUERY, reply({"data": {"resultType": "vector", "result": both}}))
    assert PrometheusMetrics(server.url).instant("latency") == (({}, 4.0),)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        pytest.param(Reply(body=HTML), Unreachable, "a proxy or a login page", id="web-page"),
        pytest.param(Reply(body=b"{"), Unreachable, "the answer is not JSON", id="half-json"),
        pytest.param(reply({}), Unreachable, "JSON of another shape", id="no-data"),
        pytest.param(reply([1]), Unreachable, "JSON of another shape", id="a-list"),
        pytest.param(reply({"data": {"result": 3}}), Unreachable, "another shape", id="a-number"),
        pytest.param(Reply(status=204), Unreachable, "204", id="no-content"),
        pytest.param(Reply(body=HTML, status=401), Forbidden, "(status 401)", id="401"),
        pytest.param(reply({"error": "no tenant"}, 403), Forbidden, "no tenant", id="403"),
        pytest.param(Reply(body=b"404", status=404), Unreachable, "status 404", id="404"),
        pytest.param(reply({"error": "too many samples"}, 422), Unreachable, "too many", id="422"),
        pytest.param(reply({"error": "query timed out"}, 503), Unreachable, "timed out", id="503"),
        pytest.param(Reply(missing=5), Unreachable, "the answer broke off", id="half-an-answer"),
        pytest.param(Reply(dropped=True), Unreachable, "the connection broke off", id="no-word"),
        pytest.param(Reply(delay=2), TimedOut, "no answer within", id="slow"),
    ],
)
def test_an_answer_that_is_none_is_no_empty_result(
    answer: Reply, error: type[SreError], message: str, server: Server
) -> None:
    server.on(QUERY, answer)
    with pytest.raises(error) as caught:
        PrometheusMetrics(server.url, timeout=0.3).instant("up")
    assert message in caught.value.message
    assert len(server.asked) <= 2


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(Reply(dropped=True), id="broke-off"),
        pytest.param(reply({}, 503), id="unavailable"),
        pytest.param(reply({}, 429, headers={"Retry-After": "3600"}), id="busy-for-an-hour"),
    ],
)
def test_a_passing_trouble_is_asked_over_once(first: Reply, server: Server) -> None:
    server.on(QUERY, first, ONE)
    assert PrometheusMetrics(server.url).instant("1") == (({}, 1.0),)
    assert len(server.asked) == 2


def test_a_refused_connection_tells_where_it_went() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable) as caught:
        PrometheusMetrics(url).rule("Any")
    assert caught.value.message == f"cannot reach Prometheus ({url}): connection refused"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("prometheus:9090", id="no-scheme"),
        pytest.param("ftp://prometheus", id="other-scheme"),
        pytest.param("http://", id="no-host"),
        pytest.param("http://prometheus:port", id="odd-port"),
    ],
)
def test_an_address_that_is_none_is_told_at_once(address: str) -> None:
    with pytest.raises(BadInput, match=r"is no http\(s\) address"):
        PrometheusMetrics(address)


def test_a_login_in_the_address_is_used_and_never_shown(server: Server) -> None:
    server.on(f"/tenant{QUERY}", ONE)
    host = server.url.removeprefix("http://")
    metrics = PrometheusMetrics(f"http://oncall:p%40ss@{host}/tenant/")
    metrics.instant("1")
    assert server.asked[0].headers["authorization"] == "Basic b25jYWxsOnBAc3M="
    assert metrics.url == f"http://{host}/tenant"


WHEN = {"start": NOW - timedelta(hours=3), "end": NOW}


def test_the_names_of_metrics_that_selectors_choose(server: Server) -> None:
    server.on("/api/v1/label/__name__/values", reply({"data": ["up", "errors\x1b[31m_total"]}))
    chosen = ['{namespace="shop"}', '{service!=""}']
    found = PrometheusMetrics(server.url).names(chosen, **WHEN)
    assert found == ("up", "errors_total")
    asked = server.asked[0]
    assert asked.query["match[]"] == chosen[-1]
    assert float(asked.query["end"]) - float(asked.query["start"]) == 3 * 3600


def test_names_of_a_real_server_are_those_of_its_selectors(real: PrometheusMetrics) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - a real server has a real clock
    window = {"start": now - timedelta(minutes=5), "end": now}
    assert real.names(['{__name__="nothing_of_that_name"}'], **window) == ()
    assert real.series(['{__name__="nothing_of_that_name"}'], **window) == ()


def test_the_labels_of_series(server: Server) -> None:
    server.on("/api/v1/series", reply({"data": [{"__name__": "up", "job": "a\nb"}]}))
    found = PrometheusMetrics(server.url).series(['{job="a"}'], **WHEN)
    assert found == ({"__name__": "up", "job": "a b"},)
    assert "limit" in server.asked[0].query


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"warnings": ["a store is gone"], "data": {"result": []}}, id="before"),
        pytest.param({"data": {"result": []}, "warnings": ["a store is gone"]}, id="behind"),
    ],
)
def test_what_a_server_says_of_half_an_answer_is_handed_on(
    where: dict[str, object], server: Server
) -> None:
    server.on("/api/v1/query_range", reply(where), reply({"data": {"result": []}}))
    metrics = PrometheusMetrics(server.url)
    assert metrics.range("up", **WHEN, step=60).warnings == ("a store is gone",)
    assert metrics.range("up", **WHEN, step=60).warnings == ()


def test_requests_are_counted(server: Server) -> None:
    server.on(QUERY, reply({}, 503), ONE)
    metrics = PrometheusMetrics(server.url)
    metrics.instant("1")
    metrics.instant("1")
    assert metrics.calls >= 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Reply(body=HTML), id="web-page"),
        pytest.param(reply({"data": 3}), id="a-number"),
        pytest.param(reply({"data": [{"a": 1}, 2]}), id="odd"),
        pytest.param(reply({}), id="nothing"),
    ],
)
def test_odd_lists_are_no_lists(answer: Reply, server: Server) -> None:
    server.on("/api/v1/series", answer)
    server.on("/api/v1/label/__name__/values", answer)
    metrics = PrometheusMetrics(server.url)
    with pytest.raises(Unreachable):
        metrics.series(["up"], **WHEN)
    with pytest.raises(Unreachable):
        metrics.names(["up"], **WHEN)
