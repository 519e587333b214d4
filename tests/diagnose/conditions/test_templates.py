"""What stands in a pod template, and pods that differ from theirs."""

from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    app,
    container,
    crashing,
    deployment,
    lines,
    log,
    make,
    named,
    node,
    pod,
    running,
    seen,
    service,
    spotted,
)

from sreagent.domain.finding import Severity

A, B = {"name": "FRONT", "value": "front:80"}, {"name": "FRONT", "value": "localhost"}
SMALL = {"limits": {"memory": "16Mi"}}
KILLED = crashing(code=137, reason="OOMKilled")


@pytest.mark.parametrize(
    ("revisions", "count"),
    [
        pytest.param([(300, container(env=[A, B]))], 1, id="in-a-new-workload"),
        pytest.param(
            [(9 * DAY, container(env=[A])), (300, container(env=[A, B]))], 1, id="in-a-new-revision"
        ),
        pytest.param(
            [(9 * DAY, container(env=[A, B])), (300, container("app", "x:2", env=[A, B]))],
            0,
            id="in-the-revision-before-too",
        ),
        pytest.param([(9 * DAY, container(env=[A, B]))], 0, id="for-days"),
        pytest.param([(300, container(env=[A, A]))], 0, id="same-value-twice"),
        pytest.param([(300, container(env=[A]))], 0, id="once"),
    ],
)
def test_a_variable_that_is_newly_set_twice_is_told(
    revisions: list[tuple[float, Json]], count: int
) -> None:
    found = spotted("workload.env_shadowed", *app(revisions=revisions))
    assert len(found) == count
    assert all("localhost instead of front:80" in one.claim for one in found)
    assert all(one.severity is Severity.WARNING for one in found)


def test_a_variable_set_twice_is_grave_when_the_log_complains_of_the_later_value() -> None:
    objects = app(revisions=[(9 * DAY, container(env=[A])), (300, container(env=[A, B]))])
    words = lines("ERROR dial tcp localhost:3000: connect: connection refused")
    (finding,) = spotted(
        "workload.env_shadowed", *objects, logs=[log(named(objects, "Pod"), words)]
    )
    assert finding.severity is Severity.ERROR
    assert "its log has connection refused of localhost:3000" in finding.claim


def test_values_of_a_secret_that_is_set_twice_are_not_shown() -> None:
    pair = [{"name": "DB_PASSWORD", "value": value} for value in ("first-one", "second-one")]
    (finding,) = spotted("workload.env_shadowed", *app(revisions=[(60, container(env=pair))]))
    assert "one-" not in finding.claim
    assert "first-one" not in finding.claim


def program(name: str, command: str, image: str = "registry.example.com/hotel:1") -> list[Json]:
    one = container(name, image, command=[command])
    return app(name, revisions=[(5 * DAY, one)], pods=[running(name)])


@pytest.mark.parametrize(
    ("mine", "count"),
    [
        pytest.param(program("profile", "/go/bin/geo"), 1, id="another-one's"),
        pytest.param(program("profile", "profile"), 0, id="its-own"),
        pytest.param(program("geo-canary", "geo"), 0, id="a-variant-of-the-other"),
        pytest.param(program("profile", "geo", image="other:1"), 0, id="another-image"),
    ],
)
def test_a_workload_that_runs_the_program_of_another_is_told(mine: list[Json], count: int) -> None:
    found = spotted("workload.runs_another_program", *mine, *program("geo", "geo"))
    assert len(found) == count
    assert all("is the program of deployment shop/geo" in one.claim for one in found)


def test_it_is_grave_when_those_who_call_it_are_refused() -> None:
    caller = pod("front", labels={"app": "front"})
    words = lines('ERROR Get "http://profile:80/": dial tcp: connect: connection refused')
    objects = [*program("profile", "geo"), *program("geo", "geo"), service("profile"), caller]
    (finding,) = spotted("workload.runs_another_program", *objects, logs=[log(caller, words)])
    assert finding.severity is Severity.CRITICAL
    assert "connection refused" in finding.claim


BOUNDED, FREE = container(), container(resources={"requests": {"memory": "128Mi"}})
SHORT = node(conditions=[{"type": "MemoryPressure", "status": "True"}])


@pytest.mark.parametrize(
    ("revisions", "where", "severity"),
    [
        pytest.param([(9 * DAY, BOUNDED), (300, FREE)], node(), Severity.WARNING, id="removed"),
        pytest.param([(9 * DAY, BOUNDED), (300, FREE)], SHORT, Severity.ERROR, id="and-it-hurts"),
        pytest.param([(9 * DAY, BOUNDED), (3 * DAY, FREE)], node(), None, id="days-ago"),
        pytest.param([(9 * DAY, FREE), (300, FREE)], node(), None, id="never-had-one"),
        pytest.param([(9 * DAY, FREE), (300, BOUNDED)], node(), None, id="added"),
    ],
)
def test_a_limit_that_was_taken_away_is_told(
    revisions: list[tuple[float, Json]], where: Json, severity: Severity | None
) -> None:
    found = spotted("workload.limits_removed", *app(revisions=revisions), where)
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert all(one.facts["previous_limit"] == "256Mi" for one in found)


def hook(name: str, **more: Any) -> Json:
    rules = [{"resources": ["pods"], "operations": ["CREATE"]}]
    return make("MutatingWebhookConfiguration", name, webhooks=[{"rules": rules, **more}])


def squeezed(status: Json, **fields: Any) -> list[Json]:
    """An application of which the only pod got other limits than its template has."""
    objects = app(pods=[status])
    one = named(objects, "Pod")
    one["spec"] = {**one["spec"], "containers": [container(**fields)]}
    return objects


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param(
            squeezed(KILLED, resources=SMALL), "memory limit 16Mi instead of 256Mi", id="limit"
        ),
        pytest.param(
            squeezed(crashing(), image="registry.k8s.io/pause:3"), "pause:3 instead of", id="image"
        ),
    ],
)
def test_a_broken_pod_that_differs_from_its_template_is_told(
    objects: list[Json], words: str
) -> None:
    (finding,) = spotted("pod.rewritten", *objects)
    assert words in finding.claim
    assert finding.suspects == ()


def test_a_healthy_pod_may_be_rewritten() -> None:
    assert spotted("pod.rewritten", *squeezed(running(), image="mirror.example.com/app:1")) == []


def test_what_the_template_leaves_open_is_filled_by_the_server() -> None:
    grown = squeezed(crashing(), terminationMessagePath="/dev/termination-log", env=[A])
    assert spotted("pod.rewritten", *grown) == []


def test_the_only_webhook_that_changes_pods_is_suspected() -> None:
    objects = squeezed(KILLED, resources=SMALL)
    elsewhere = hook("elsewhere", namespaceSelector={"matchLabels": {"team": "other"}})
    for condition in ("pod.rewritten", "pod.oom_killed"):
        (finding,) = spotted(condition, *objects, hook("sizes"), elsewhere)
        assert [one.path for one in finding.suspects] == ["MutatingWebhookConfiguration/sizes"]
        assert "rewrites the pods of deployment shop/app" in finding.facts["accusation"]
        (finding,) = spotted(condition, *objects, hook("sizes"), hook("more"))
        assert finding.suspects == ()


def test_a_limit_range_that_left_its_note_is_suspected() -> None:
    bare = container(resources={})
    objects = app(revisions=[(DAY, bare)], pods=[KILLED])
    one = named(objects, "Pod")
    one["metadata"]["annotations"] = {"kubernetes.io/limit-ranger": "LimitRanger plugin set: x"}
    one["spec"] = {**one["spec"], "containers": [container(resources=SMALL)]}
    (finding,) = spotted("pod.oom_killed", *objects, make("LimitRange", "sizes", spec={}))
    assert [one.path for one in finding.suspects] == ["LimitRange/shop/sizes"]


FROM_SECRET = container(
    env=[{"name": "PW", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pw"}}}]
)


def secret(edited: float) -> Json:
    owned: Json = {"f:data": {"f:pw": {}}}
    managed = [{"manager": "rotator", "time": ago(edited), "fieldsV1": owned}]
    return make("Secret", "db", age=9 * DAY, managed=managed)


@pytest.mark.parametrize(
    ("edited", "line", "count"),
    [
        pytest.param(600, "ERROR password authentication failed for user shop", 1, id="stale"),
        pytest.param(2 * DAY, "ERROR password authentication failed for user shop", 0, id="older"),
        pytest.param(600, "INFO served 12 requests", 0, id="no-complaint"),
    ],
)
def test_old_credentials_in_the_environment_are_told(edited: float, line: str, count: int) -> None:
    one = pod(spec={"containers": [FROM_SECRET]})
    found = spotted("pod.stale_environment", one, secret(edited), logs=[log(one, lines(line))])
    assert len(found) == count
    assert all("secret shop/db, which was edited by rotator" in one.claim for one in found)


def test_a_secret_that_may_not_be_listed_is_not_called_stale() -> None:
    one = pod(spec={"containers": [FROM_SECRET]})
    words = log(one, lines("ERROR password authentication failed for user shop"))
    assert spotted("pod.stale_environment", one, logs=[words], refused=["Secret"]) == []


def test_an_app_without_revisions_in_view_is_left_alone() -> None:
    inventory = seen(deployment(), refused=["ReplicaSet"])
    assert list(inventory.all("ReplicaSet")) == []
    assert spotted("workload.env_shadowed", deployment(), refused=["ReplicaSet"]) == []
