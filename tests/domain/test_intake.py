"""Alerts in the shapes they really come in, and what is said about anything else."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sreagent.domain.alert import Alert
from sreagent.domain.errors import BadInput, NotFound
from sreagent.domain.intake import LARGEST, UNNAMED, choose, pick, read_alerts, read_text

LABELS = {"alertname": "KubePodCrashLooping", "namespace": "shop", "severity": "warning"}
NOTES = {"summary": "Pod is crash looping."}
GENERATOR = "http://prometheus:9090/graph?g0.expr=rate%28restarts%5B5m%5D%29+%3E+0&g0.tab=1"
STARTED = datetime(2026, 11, 21, 1, 2, 10, 123456, tzinfo=UTC)
STAMP = "2026-11-21T01:02:10.123456789Z"

ENTRY = {"labels": LABELS, "annotations": NOTES, "startsAt": STAMP, "generatorURL": GENERATOR}
WEBHOOK = {
    "version": "4",
    "groupKey": "{}:{}",
    "status": "firing",
    "receiver": "sre",
    "commonLabels": {"severity": "critical", "cluster": "prod"},
    "commonAnnotations": {"runbook_url": "https://runbooks.example.com"},
    "alerts": [{**ENTRY, "status": "firing", "endsAt": "0001-01-01T00:00:00Z"}],
}
V2 = {**ENTRY, "endsAt": "2026-11-22T09:03:59Z", "fingerprint": "dd2fd250ebb5f697"}


def read(payload: object) -> tuple[Alert, ...]:
    return read_alerts(json.dumps(payload), source="alert.json")


def refusal(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        read_alerts(text, source="alert.json")
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 2
    return caught.value.message


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        pytest.param(WEBHOOK, "firing", id="webhook-v4"),
        pytest.param({**WEBHOOK, "alerts": [{**ENTRY}]}, "firing", id="webhook-with-group-status"),
        pytest.param({"alerts": [{**ENTRY, "status": "resolved"}]}, "resolved", id="resolved"),
        pytest.param([{**V2, "status": {"state": "active"}}], "firing", id="v2-list"),
        pytest.param([{**V2, "status": {"state": "suppressed"}}], "firing", id="v2-silenced"),
        pytest.param([{**V2, "status": {"state": "unprocessed"}}], "firing", id="v2-just-come"),
        pytest.param({**V2, "status": {"state": "active"}}, "firing", id="v2-one"),
        pytest.param({"status": "success", "data": [V2]}, "unknown", id="v1"),
        pytest.param(
            {"status": "success", "data": {"alerts": [{**ENTRY, "state": "firing"}]}},
            "firing",
            id="prometheus",
        ),
        pytest.param(
            {"data": {"alerts": [{**ENTRY, "state": "pending"}]}}, "unknown", id="pending"
        ),
        pytest.param({**ENTRY, "status": ["odd"]}, "unknown", id="odd-status"),
        pytest.param(ENTRY, "unknown", id="plain"),
    ],
)
def test_an_alert_is_read_from(payload: object, status: str) -> None:
    (alert,) = read(payload)
    assert alert.name == "KubePodCrashLooping"
    assert alert.namespace == "shop"
    assert alert.status == status
    assert alert.summary == "Pod is crash looping."
    assert alert.expression == "rate(restarts[5m]) > 0"
    assert alert.starts_at == STARTED
    assert alert.source == "alert.json"


def test_what_a_webhook_says_once_counts_for_each_alert() -> None:
    (alert,) = read(WEBHOOK)
    assert alert.labels == {**LABELS, "cluster": "prod"}
    assert alert.annotations["runbook_url"] == "https://runbooks.example.com"


def test_the_end_of_a_firing_alert_is_only_a_guess_and_not_kept() -> None:
    firing, resolved = read([{**V2, "status": {"state": "active"}}, {**V2, "status": "resolved"}])
    assert firing.ends_at is None
    assert resolved.ends_at == datetime(2026, 11, 22, 9, 3, 59, tzinfo=UTC)


def test_the_alert_of_prometheus_starts_when_it_became_active() -> None:
    (alert,) = read({"data": {"alerts": [{"labels": LABELS, "activeAt": STAMP}]}})
    assert alert.starts_at == STARTED


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"startsAt": 1763686930}, id="a-number-for-a-time"),
        pytest.param({"startsAt": "yesterday"}, id="a-word-for-a-time"),
        pytest.param({"startsAt": "9999-12-31T23:59:59-12:00"}, id="past-the-last-year"),
        pytest.param({"generatorURL": "http://[::1"}, id="a-broken-link"),
        pytest.param({"generatorURL": 7}, id="a-number-for-a-link"),
        pytest.param({"annotations": None}, id="no-annotations"),
        pytest.param({"annotations": ["a"]}, id="odd-annotations"),
    ],
)
def test_oddities_beside_the_labels_do_not_lose_the_alert(more: dict[str, Any]) -> None:
    (alert,) = read({"labels": LABELS, **more})
    assert (alert.name, alert.starts_at, alert.expression) == ("KubePodCrashLooping", None, "")


def test_an_alert_without_a_name_is_still_an_alert() -> None:
    (alert,) = read({"labels": {"namespace": "shop"}})
    assert (alert.name, alert.namespace) == (UNNAMED, "shop")


def test_numbers_in_annotations_are_read_as_text() -> None:
    (alert,) = read({"labels": LABELS, "annotations": {"value": 0.14, "page": True, "x": {}}})
    assert alert.annotations == {"value": "0.14", "page": "True"}


def test_hostile_texts_are_made_safe_to_show() -> None:
    labels = {"alertname": "Evil\x1b[2J\nAlert\u202e", "pod": "p" * 5000, "half": "\ud800"}
    notes = {"summary": "line 1\nline 2\x00", "description": "d" * 9000}
    (alert,) = read({"labels": labels, "annotations": notes})
    assert alert.name == "Evil Alert"
    assert len(alert.labels["pod"]) == 1000
    assert alert.annotations["summary"] == "line 1\nline 2"
    assert len(alert.annotations["description"]) <= 4000
    assert repr(alert).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param(" \n", "it is empty", id="blank"),
        pytest.param(
            '{"labels": {\n  "a": nope}}',
            "it is not JSON: line 2, column 8: Expecting value, found 'nope}}'",
            id="not-json",
        ),
        pytest.param('{"labels": ', "found 'the end'", id="cut-off"),
        pytest.param("KubePodCrashLooping", "line 1, column 1", id="a-name"),
        pytest.param("[]", "it holds no alerts: the list is empty", id="no-alerts"),
        pytest.param('{"alerts": []}', "it holds no alerts", id="webhook-of-none"),
        pytest.param("{}", "it is JSON, but no alert: an empty object", id="nothing-in-it"),
        pytest.param('{"kind": "Pod"}', "an object with the keys 'kind'", id="something-else"),
        pytest.param("3", "it is JSON, but no alert: the value 3", id="a-number"),
        pytest.param('"x"', "it is JSON, but no alert: the text 'x'", id="a-text"),
        pytest.param("null", "it is JSON, but no alert: null", id="null"),
        pytest.param("[3]", "an alert in it has no labels: the value 3", id="numbers"),
        pytest.param("[{}]", "an alert in it has no labels: an empty object", id="no-labels"),
        pytest.param('[{"labels": {}}]', "an alert in it has no labels at all", id="empty-labels"),
        pytest.param('{"labels": []}', "an alert in it has no labels", id="labels-in-a-list"),
        pytest.param(
            '{"labels": {"alertname": 3}}',
            "the label 'alertname' is the value 3, not a text",
            id="label-is-a-number",
        ),
        pytest.param(
            '{"labels": {"a": {"b": 1}}}',
            "the label 'a' is an object with the keys 'b', not a text",
            id="label-is-an-object",
        ),
        pytest.param('{"labels": {"a": "1", "a": "2"}}', "the key 'a' stands twice", id="twice"),
        pytest.param('{"labels": {"a": NaN}}', "NaN is no JSON number", id="nan"),
        pytest.param("[" * 200_000, "it is nested too deeply", id="bottomless"),
        pytest.param("9" * 10_000, "it is not usable JSON", id="a-huge-number"),
        pytest.param("{\x00}\x00", "it has zero bytes", id="utf-16-read-as-utf-8"),
        pytest.param(" " * (LARGEST + 1), "the limit is 10,000,000", id="too-large"),
        pytest.param("\x1b[31m{", "line 1, column 1", id="painted"),
    ],
)
def test_what_is_no_alert_is_told_apart(text: str, message: str) -> None:
    assert message in refusal(text)


def test_a_refusal_says_what_would_be_understood_and_what_to_type() -> None:
    with pytest.raises(BadInput) as caught:
        read_alerts("{}", source="alert.json")
    assert caught.value.message.startswith("cannot read an alert from alert.json: ")
    assert "webhook" in caught.value.why
    assert "sre investigate" in caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(json.dumps(ENTRY).encode(), id="utf-8"),
        pytest.param(b"\xef\xbb\xbf" + json.dumps(ENTRY).encode(), id="with-a-byte-order-mark"),
    ],
)
def test_a_file_is_read_as_utf_8(data: bytes) -> None:
    (alert,) = read_alerts(read_text(data, source="alert.json"), source="alert.json")
    assert alert.name == "KubePodCrashLooping"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(json.dumps(ENTRY).encode("utf-16"), "it is UTF-16, not UTF-8", id="utf-16"),
        pytest.param(b'{"a": "\xe9"}', "byte 8 is not UTF-8", id="latin-1"),
        pytest.param(b" " * (4 * LARGEST + 1), "the limit is", id="too-large"),
    ],
)
def test_a_file_in_another_encoding_is_told(data: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_text(data, source="alert.json")


def alert(name: str, severity: str = "", minute: int = 0, **more: Any) -> Alert:
    more = {"status": "firing", **more}
    labels = {"alertname": name, "severity": severity, **more.pop("labels", {})}
    starts = datetime(2026, 11, 21, 1, minute, tzinfo=UTC)
    return Alert(name=name, labels=labels, starts_at=starts, **more)


@pytest.mark.parametrize(
    ("alerts", "chosen"),
    [
        pytest.param([alert("A", "warning"), alert("B", "critical")], "B", id="most-severe"),
        pytest.param([alert("A", "warning"), alert("B", "PAGE")], "B", id="other-words"),
        pytest.param([alert("A"), alert("B", "info"), alert("C", "high")], "C", id="unknown-last"),
        pytest.param(
            [alert("A", "critical", status="resolved"), alert("B", "warning")], "B", id="firing"
        ),
        pytest.param([alert("A", "warning", 5), alert("B", "warning", 3)], "B", id="first-to-fire"),
        pytest.param([alert("Watchdog", "critical"), alert("B")], "B", id="no-heartbeat"),
        pytest.param([alert("InfoInhibitor")], "InfoInhibitor", id="unless-it-is-alone"),
        pytest.param([alert("B"), alert("A")], "A", id="by-name-when-all-is-equal"),
    ],
)
def test_the_alert_to_begin_with_is(alerts: list[Alert], chosen: str) -> None:
    assert pick(alerts).name == chosen
    assert pick(alerts[::-1]).name == chosen


def test_of_no_alerts_none_can_be_picked() -> None:
    with pytest.raises(BadInput):
        pick([])


KNOWN = (
    alert("High", "warning", labels={"namespace": "cart"}),
    alert("High", "critical", labels={"namespace": "shop"}),
    alert("NodeDown"),
)


@pytest.mark.parametrize(
    ("name", "namespace", "where"),
    [
        pytest.param("High", "", "shop", id="the-most-severe"),
        pytest.param("high", "cart", "cart", id="in-the-namespace-whatever-the-case"),
        pytest.param("NodeDown", "shop", "", id="one-of-no-namespace-counts-for-all"),
    ],
)
def test_an_alert_is_chosen_by_name(name: str, namespace: str, where: str) -> None:
    assert choose(KNOWN, name, namespace=namespace).namespace == where


def test_a_name_that_does_not_fire_lists_those_that_do() -> None:
    with pytest.raises(NotFound) as caught:
        choose(KNOWN, "High", namespace="login")
    assert caught.value.message == "no alert 'High' in namespace login among 3"
    assert caught.value.why == "there are: High, NodeDown"
