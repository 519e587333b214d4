"""Writes that are no patches: evictions, guarded deletes, silences."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from tests.clients.conftest import NOON
from tests.clients.servers import Reply, Server, reply, status

from sreagent.clients.alertmanager import AlertmanagerAlerts
from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes import KubernetesCluster
from sreagent.domain.entity import Entity
from sreagent.domain.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    Unreachable,
)
from sreagent.domain.silence import Silence

POD = Entity(kind="Pod", namespace="shop", name="web-1")
POD_PATH = "/api/v1/namespaces/shop/pods/web-1"
EVICTION = f"{POD_PATH}/eviction"
DONE = {"kind": "Status", "apiVersion": "v1", "status": "Success"}


def policy(*versions: str) -> Reply:
    served = [{"version": version} for version in versions]
    return reply({"groups": [{"name": "policy", "versions": served}]})


@pytest.mark.parametrize(
    ("groups", "version"),
    [
        pytest.param(policy("v1"), "policy/v1", id="today"),
        pytest.param(policy("v1", "v1beta1"), "policy/v1beta1", id="between"),
        pytest.param(policy("v1beta1"), "policy/v1beta1", id="long-ago"),
        pytest.param(status(403, "no"), "policy/v1", id="not-told"),
    ],
)
def test_an_eviction_names_the_very_pod_in_a_version_that_is_taken(
    server: Server, cluster: KubernetesCluster, groups: Reply, version: str
) -> None:
    server.on("/apis", groups)
    server.on(EVICTION, reply(DONE, 201))
    cluster.evict(POD, uid="u-1", resource_version="42", dry_run=True)
    sent = json.loads(server.asked[-1].body)
    assert (server.asked[-1].method, sent["apiVersion"]) == ("POST", version)
    assert sent["metadata"] == {"name": "web-1", "namespace": "shop"}
    assert sent["deleteOptions"]["preconditions"] == {"uid": "u-1", "resourceVersion": "42"}
    assert sent["deleteOptions"]["dryRun"] == ["All"]
    assert server.asked[-1].query == {"dryRun": "All"}


@pytest.mark.parametrize(
    ("code", "told", "error"),
    [
        pytest.param(
            429,
            "Cannot evict pod as it would violate the pod's disruption budget.",
            Refused,
            id="budget",
        ),
        pytest.param(
            500,
            "This pod has more than one PodDisruptionBudget, which the eviction does not support.",
            Refused,
            id="two-budgets",
        ),
        pytest.param(429, "too many requests, please try again later", Unreachable, id="busy"),
        pytest.param(409, "the UID in the precondition does not match", Conflict, id="another-pod"),
        pytest.param(404, 'pods "web-1" not found', NotFound, id="gone"),
        pytest.param(403, 'cannot create resource "pods/eviction"', Forbidden, id="no-rights"),
    ],
)
def test_what_an_eviction_is_answered_becomes_the_error_that_says_so(
    server: Server, cluster: KubernetesCluster, code: int, told: str, error: type[SreError]
) -> None:
    server.on("/apis", policy("v1"))
    server.on(EVICTION, status(code, told, name="web-1"))
    with pytest.raises(error) as caught:
        cluster.evict(POD, uid="u-1", dry_run=False)
    assert told in caught.value.message
    assert [asked.path for asked in server.asked].count(EVICTION) == 1


def test_a_delete_names_the_very_version(server: Server, cluster: KubernetesCluster) -> None:
    server.on(POD_PATH, reply({"metadata": {"name": "web-1"}}))
    cluster.delete(POD, uid="u-1", resource_version="42", dry_run=False)
    sent = json.loads(server.asked[-1].body)
    assert sent["preconditions"] == {"uid": "u-1", "resourceVersion": "42"}
    assert sent["propagationPolicy"] == "Background"


SILENCE = Silence(
    matchers={"alertname": "High", "namespace": "shop"},
    starts_at=NOON,
    ends_at=NOON + timedelta(minutes=30),
    created_by="sreagent",
    comment="rolling back",
)


def kept(state: str = "active", **changed: Any) -> Mapping[str, Any]:
    return {
        "id": "s-1",
        "matchers": [{"name": "alertname", "value": "High", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-11-21T12:00:00Z",
        "endsAt": "2026-11-21T12:30:00Z",
        "createdBy": "sreagent",
        "comment": "c",
        "status": {"state": state},
        **changed,
    }


def test_a_real_alertmanager_takes_lists_and_ends_a_silence(alertmanager: str) -> None:
    alerts, now = AlertmanagerAlerts(alertmanager), SystemClock().now()
    made = alerts.silence(
        Silence(
            matchers={"alertname": "Quiet", "path": 'a"b\\c'},
            starts_at=now,
            ends_at=now + timedelta(minutes=5),
            created_by="sreagent",
            comment="rolling back",
        )
    )
    (found,) = [one for one in alerts.silences() if one.id == made]
    assert found.matchers == {"alertname": "Quiet", "path": 'a"b\\c'}
    assert (found.exact, found.created_by, found.comment) == (True, "sreagent", "rolling back")
    alerts.expire(made)
    assert made not in [one.id for one in alerts.silences()]
    with pytest.raises((NotFound, Refused, Unreachable)):
        alerts.expire("no-such-id")


@pytest.mark.parametrize(
    ("matcher", "exact"),
    [
        pytest.param({"isRegex": False, "isEqual": True}, True, id="equal"),
        pytest.param({"isRegex": False}, True, id="an-older-server"),
        pytest.param({"isRegex": True, "isEqual": True}, False, id="pattern"),
        pytest.param({"isRegex": False, "isEqual": False}, False, id="not-equal"),
    ],
)
def test_a_silence_with_other_matchers_is_not_taken_for_an_exact_one(
    server: Server, matcher: Mapping[str, bool], *, exact: bool
) -> None:
    one = {"name": "alertname", "value": "High", **matcher}
    over = kept("expired", id="s-2")
    server.on("/api/v2/silences", reply([kept(matchers=[one]), over]))
    (found,) = AlertmanagerAlerts(server.url).silences()
    assert (found.id, found.exact) == ("s-1", exact)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(reply("bad matcher", 400), Refused, id="refused"),
        pytest.param(reply({"code": 602, "message": "x"}, 422), Refused, id="invalid"),
        pytest.param(Reply(status=401), Forbidden, id="login"),
        pytest.param(Reply(status=503), Unreachable, id="down"),
        pytest.param(Reply(dropped=True), Unreachable, id="broke-off"),
        pytest.param(reply({}), Unreachable, id="no-id"),
        pytest.param(Reply(body=b"<html>"), Unreachable, id="not-json"),
    ],
)
def test_a_silence_that_was_not_made_is_an_error_and_is_sent_once(
    server: Server, answer: Reply, error: type[SreError]
) -> None:
    server.on("/api/v2/silences", answer)
    with pytest.raises(error):
        AlertmanagerAlerts(server.url).silence(SILENCE)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(reply([{"id": "x"}]), id="another-shape"),
        pytest.param(reply([kept(endsAt="soon")]), id="no-time"),
        pytest.param(Reply(status=500), id="failed"),
    ],
)
def test_silences_that_cannot_be_read_are_not_none(server: Server, listed: Reply) -> None:
    server.on("/api/v2/silences", listed)
    with pytest.raises(Unreachable):
        AlertmanagerAlerts(server.url).silences()
