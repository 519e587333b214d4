"""Pods that are not let in: by which rule, and whether the rule or the template is new."""

from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    SPACE,
    Json,
    ago,
    app,
    container,
    event,
    make,
    named,
    seen,
    told,
)

from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Finding

FORBIDDEN = 'pods "app-1-x" is forbidden: '
QUOTA = FORBIDDEN + "failed quota: team: must specify limits.memory"
USED_UP = FORBIDDEN + "exceeded quota: team, requested: pods=1, used: pods=6, limited: pods=6"
LIMITS = FORBIDDEN + "maximum memory usage per Container is 128Mi, but limit is 256Mi"
SECURITY = FORBIDDEN + 'violates PodSecurity "restricted:latest": runAsNonRoot != true'
WEBHOOK = (
    'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: '
    'Post "https://check.ops.svc:443/": service "check" not found'
)
TEAM = make("ResourceQuota", "team", age=300, spec={}, status={})


def refused_app(message: str, **more: Any) -> list[Json]:
    objects = app(pods=[], replicas=2, available=0, **more)
    newest = [one for one in objects if one["kind"] == "ReplicaSet"][-1]
    newest["spec"]["replicas"] = 2
    failure = {"type": "ReplicaFailure", "status": "True", "message": message}
    newest["status"] = {"conditions": [failure | {"lastTransitionTime": ago(120)}]}
    return objects


def refusal(*objects: Json, **more: Any) -> Finding:
    (finding,) = told(findings(seen(*objects, **more), NOW), "workload.create_refused")
    return finding


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param(USED_UP, "exceeded quota: team", id="quota-used-up"),
        pytest.param(QUOTA, "demands what the template does not say", id="quota-must-specify"),
        pytest.param(LIMITS, "outside its LimitRange: maximum memory", id="limit-range"),
        pytest.param(SECURITY, "pod security forbids it", id="pod-security"),
        pytest.param(WEBHOOK, "admission webhook check.example.com fails", id="webhook-down"),
        pytest.param(
            'admission webhook "p.example.com" denied the request: no latest tag',
            "admission webhook p.example.com denies it: no latest tag",
            id="webhook-denies",
        ),
        pytest.param(
            FORBIDDEN + 'error looking up service account shop/bot: serviceaccount "bot" not found',
            "service account bot does not exist",
            id="account",
        ),
        pytest.param(
            'Pod "app-0" is invalid: spec.tolerations[0].effect: Unsupported value: "SOME"',
            "finds the pod invalid: spec.tolerations[0].effect",
            id="invalid-toleration",
        ),
        pytest.param(
            FORBIDDEN + "no PriorityClass with name gold was found",
            "PriorityClass gold does not exist",
            id="priority-class",
        ),
        pytest.param("something new", "something new", id="unknown-words"),
        pytest.param("", "no event says why", id="no-words"),
    ],
)
def test_a_refusal_is_said_in_words(message: str, words: str) -> None:
    finding = refusal(*refused_app(message))
    assert words in finding.claim
    assert "deployment shop/app" in finding.claim


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        pytest.param(QUOTA, TEAM, id="quota"),
        pytest.param(LIMITS, make("LimitRange", "sizes", age=300, spec={}), id="limit-range"),
        pytest.param(SECURITY, make("Namespace", SPACE, age=300), id="namespace"),
    ],
)
def test_a_rule_younger_than_the_template_is_to_blame(message: str, rule: Json) -> None:
    finding = refusal(*refused_app(message), rule)
    assert [(one.kind, one.name) for one in finding.suspects] == [
        (rule["kind"], rule["metadata"]["name"])
    ]
    assert "refuses pods of deployment shop/app" in finding.facts["accusation"]
    old = {**rule, "metadata": {**rule["metadata"], "creationTimestamp": ago(90 * DAY)}}
    assert refusal(*refused_app(message), old).suspects == ()


def test_a_new_revision_that_asks_for_the_same_is_not_to_blame() -> None:
    two = [(9 * DAY, container(image="x:1")), (60, container(image="x:2"))]
    assert refusal(*refused_app(QUOTA, revisions=two), TEAM).suspects != ()


def test_a_new_revision_that_asks_for_more_is_to_blame_itself() -> None:
    more = container(resources={"limits": {"memory": "9Gi"}})
    two = [(9 * DAY, container()), (60, more)]
    assert refusal(*refused_app(LIMITS, revisions=two), TEAM).suspects == ()


def test_a_quota_that_is_used_up_is_to_blame_however_old_it_is() -> None:
    assert [one.path for one in refusal(*refused_app(USED_UP)).suspects] == [
        f"ResourceQuota/{SPACE}/team"
    ]


def test_the_deployment_tells_it_when_replica_sets_may_not_be_listed() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "message": QUOTA}
    objects = app(pods=[], replicas=2, available=0, conditions=[failure])
    finding = refusal(named(objects, "Deployment"), refused=["ReplicaSet"])
    assert finding.entity.kind == "Deployment"
    assert told(findings(seen(*objects), NOW), "workload.create_refused") == []


@pytest.mark.parametrize(
    ("item", "count"),
    [
        pytest.param(
            make("StatefulSet", "db", spec={"replicas": 3}, status={"replicas": 1}),
            1,
            id="stateful-set-that-lacks-pods",
        ),
        pytest.param(
            make("StatefulSet", "db", spec={"replicas": 3}, status={"replicas": 3}),
            0,
            id="stateful-set-that-has-them-now",
        ),
        pytest.param(
            make(
                "DaemonSet",
                "agent",
                spec={},
                status={"desiredNumberScheduled": 3, "currentNumberScheduled": 2},
            ),
            1,
            id="daemon-set-that-lacks-pods",
        ),
        pytest.param(make("Job", "once", spec={}, status={}), 1, id="job-without-a-pod"),
        pytest.param(make("Job", "once", spec={}, status={"active": 1}), 0, id="job-that-runs"),
        pytest.param(make("Job", "once", spec={}, status={"succeeded": 1}), 0, id="job-done"),
    ],
)
def test_others_tell_it_by_events_until_they_have_their_pods(item: Json, count: int) -> None:
    refused = event(item, "FailedCreate", QUOTA)
    found = told(findings(seen(item, refused), NOW), "workload.create_refused")
    assert len(found) == count


def test_a_refusal_of_an_hour_ago_is_over() -> None:
    item = make("StatefulSet", "db", spec={"replicas": 3}, status={"replicas": 1})
    refused = event(item, "FailedCreate", QUOTA, since=3600)
    assert told(findings(seen(item, refused), NOW), "workload.create_refused") == []
