"""Autoscalers, the APIs that feed them, and disruption budgets."""

from typing import Any

import pytest
from tests.diagnose.build import (
    NOW,
    Json,
    ago,
    app,
    container,
    event,
    make,
    named,
    node,
    running,
    seen,
    told,
)
from tests.diagnose.signals import inventory, level, signal
from tests.faults.neighbours import edit

from sreagent.diagnose.conditions.run import findings, found_in
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.signal import Measure, Unit

HPA = "HorizontalPodAutoscaler"
METRICS_API = "unable to fetch metrics from resource metrics API: the server is currently unable"
BARE = container("log", resources={})


def found(*objects: Json, without: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    return findings(seen(*objects, refused=without), NOW)


def utilisation(value: int, name: str = "cpu") -> Json:
    target = {"type": "Utilization", "averageUtilization": value}
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def state(kind: str, status: str, reason: str = "", message: str = "") -> Json:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(600),
    }


def scaler(
    *states: Json,
    name: str = "app",
    to: str = "app",
    kind: str = "Deployment",
    now: int = 2,
    **more: Any,
) -> Json:
    meta = {key: more.pop(key) for key in ("labels", "managed", "age") if key in more}
    spec = {
        "scaleTargetRef": {"kind": kind, "name": to},
        "minReplicas": 2,
        "maxReplicas": 10,
        "metrics": [utilisation(70)],
        **more,
    }
    return make(
        HPA, name, spec=spec, status={"conditions": list(states), "currentReplicas": now}, **meta
    )


def two_containers() -> list[Json]:
    objects = app()
    template = named(objects, "Deployment")["spec"]["template"]["spec"]
    template["containers"] = [*template["containers"], BARE]
    return objects


@pytest.mark.parametrize(
    ("objects", "condition", "words"),
    [
        pytest.param(
            [*app(), scaler(state("ScalingLimited", "True", "TooManyReplicas"))],
            "hpa.at_max",
            "is at its maximum of 10 replicas",
            id="at-max",
        ),
        pytest.param(
            [
                *two_containers(),
                scaler(
                    state(
                        "ScalingActive",
                        "False",
                        "FailedGetResourceMetric",
                        "missing request for cpu",
                    )
                ),
            ],
            "hpa.cannot_scale",
            "missing request for cpu; container log of deployment shop/app has no cpu request",
            id="request-of-one-container",
        ),
        pytest.param(
            [*two_containers(), scaler()],
            "hpa.no_request",
            "scales by utilisation, and container log of deployment shop/app has no cpu request",
            id="request-before-it-shows",
        ),
        pytest.param(
            [scaler(to="gone")],
            "hpa.target_missing",
            "is to scale deployment shop/gone, which does not exist",
            id="target",
        ),
        pytest.param(
            [*app(), scaler(minReplicas=4, maxReplicas=4)],
            "hpa.pinned",
            "its minimum and its maximum are both 4",
            id="pinned",
        ),
        pytest.param(
            [*app(), scaler(), scaler(name="app-2")],
            "hpa.two_on_one",
            "scales deployment shop/app, and so does horizontalpodautoscaler shop/app-2",
            id="two",
        ),
        pytest.param(
            [*app(), scaler(now=10, metrics=[utilisation(5)])],
            "hpa.target_too_low",
            "aims at 5% of the cpu request and so runs all 10 pods",
            id="target-too-low",
        ),
        pytest.param(
            [*app(), scaler(now=10, metrics=[], targetCPUUtilizationPercentage=3)],
            "hpa.target_too_low",
            "aims at 3%",
            id="target-too-low-in-v1",
        ),
        pytest.param(
            [*app(), scaler(labels={"scaledobject.keda.sh/name": "queue"})],
            "hpa.without_keda",
            "was made for scaledobject queue, which does not exist",
            id="keda-is-gone",
        ),
        pytest.param(
            [
                make(
                    "ScaledObject",
                    "queue",
                    spec={"scaleTargetRef": {"name": "app"}},
                    status={
                        "conditions": [state("Ready", "False", "CheckFailed", "no such queue")]
                    },
                ),
                *app(),
            ],
            "scaledobject.not_ready",
            "cannot scale: CheckFailed: no such queue",
            id="keda-trigger",
        ),
        pytest.param(
            [make("ScaledObject", "queue", spec={"scaleTargetRef": {"name": "gone"}})],
            "scaledobject.not_ready",
            "is to scale deployment shop/gone",
            id="keda-target",
        ),
        pytest.param(
            [
                *app(),
                make(
                    "ScaledObject",
                    "queue",
                    annotations={"autoscaling.keda.sh/paused": "true"},
                    spec={"scaleTargetRef": {"name": "app"}},
                ),
            ],
            "scaledobject.not_ready",
            "is paused",
            id="keda-paused",
        ),
    ],
)
def test_an_autoscaler_that_does_not_do_its_work(
    objects: list[Json], condition: str, words: str
) -> None:
    assert words in told(found(*objects), condition)[0].claim


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([*app(), scaler(state("ScalingActive", "True"))], id="works"),
        pytest.param(
            [*app(), scaler(state("ScalingActive", "False", "ScalingDisabled"))], id="switched-off"
        ),
        pytest.param(
            [*app(), scaler(state("ScalingActive", "False", "FailedGetResourceMetric"), age=30)],
            id="just-made",
        ),
        pytest.param([scaler(to="web", kind="Rollout")], id="of-a-kind-that-is-not-read"),
        pytest.param([*two_containers(), scaler(metrics=[])], id="by-another-metric"),
        pytest.param([*app(), scaler(now=10)], id="busy-at-its-maximum"),
        pytest.param(
            [*app(), scaler(state("ScalingLimited", "True", "TooFewReplicas"))], id="at-its-minimum"
        ),
    ],
)
def test_an_autoscaler_that_does_its_work(objects: list[Json]) -> None:
    assert not [one for one in found(*objects) if one.condition.startswith("hpa.")]


def test_a_target_that_could_not_be_listed_is_not_missing() -> None:
    assert not told(found(scaler(), without=("Deployment",)), "hpa.target_missing")


def api(status: str = "False", *, since: float = 600) -> Json:
    told_so = {**state("Available", status, "MissingEndpoints"), "lastTransitionTime": ago(since)}
    spec = {"service": {"namespace": "kube-system", "name": "metrics-server"}}
    return make("APIService", "v1beta1.metrics.k8s.io", spec=spec, status={"conditions": [told_so]})


def test_an_api_that_does_not_answer_is_behind_the_blind_autoscaler() -> None:
    blind = scaler(state("ScalingActive", "False", "FailedGetResourceMetric", METRICS_API))
    every = found(*app(), blind, api())
    (finding,) = told(every, "apiservice.unavailable")
    assert "does not answer: MissingEndpoints; 1 autoscalers are blind" in finding.claim
    assert [one.path for one in finding.suspects] == ["Service/kube-system/metrics-server"]
    (scaling,) = told(every, "hpa.cannot_scale")
    assert [one.path for one in scaling.suspects] == ["APIService/v1beta1.metrics.k8s.io"]


@pytest.mark.parametrize("one", [api("True"), api(since=30)], ids=["answers", "just-restarted"])
def test_an_api_that_answers(one: Json) -> None:
    assert not told(found(one), "apiservice.unavailable")


def missed(since: float) -> Json:
    """An autoscaler that could not read its metrics since so many seconds."""
    told_so = state("ScalingActive", "False", "FailedGetResourceMetric", METRICS_API)
    return scaler({**told_so, "lastTransitionTime": ago(since)})


@pytest.mark.parametrize(
    ("objects", "blind"),
    [
        pytest.param([missed(30), api("True")], False, id="for-a-moment"),
        pytest.param([missed(600), api("True")], True, id="for-long"),
        pytest.param([missed(30), api("False")], True, id="as-nobody-serves-them"),
        pytest.param([missed(30)], True, id="as-far-as-is-known"),
    ],
)
def test_metrics_that_were_missed_for_a_moment_are_no_fault(
    objects: list[Json], *, blind: bool
) -> None:
    every = found(*app(), *objects, without=("APIService",) if len(objects) == 1 else ())
    assert bool(told(every, "hpa.cannot_scale")) is blind


# More pods than are needed


def floor(*, reason: str = "Current number of replicas below Spec.MinReplicas", **more: Any) -> Any:
    """An autoscaler that keeps eight pods; why it made them, and how busy they are."""
    busy = more.pop("busy", None)
    one = scaler(now=8, **{"minReplicas": 8, **more})
    if busy is not None:
        current = {"averageUtilization": busy}
        metric = {"type": "Resource", "resource": {"name": "cpu", "current": current}}
        one["status"]["currentMetrics"] = [metric]
    return [*app(), one, event(one, "SuccessfulRescale", f"New size: 8; reason: {reason}")]


IDLE_CPU = signal(Measure.CPU, level((10_800, 0.01), stray=0.01), Unit.CORES)


@pytest.mark.parametrize(
    ("objects", "idle"),
    [
        pytest.param(floor(busy=5), True, id="idle"),
        pytest.param(floor(busy=40), False, id="busy"),
        pytest.param(floor(), False, id="not-known"),
        pytest.param(floor(busy=5, reason="cpu above target"), False, id="grown-by-load"),
        pytest.param(floor(busy=5, minReplicas=3), False, id="another-minimum-since"),
        pytest.param(
            floor(busy=5, metrics=[utilisation(70), {"type": "External", "external": {}}]),
            False,
            id="counted-by-a-queue-too",
        ),
    ],
)
def test_a_raised_minimum_that_nobody_needs_is_told(objects: list[Json], *, idle: bool) -> None:
    every = told(found(*objects), "hpa.min_raised")
    assert bool(every) is idle
    assert all("keeps 8 pods since its minReplicas was raised" in one.claim for one in every)


def test_idle_pods_are_no_reason_for_trouble_of_those_who_use_them() -> None:
    slow = signal(Measure.LATENCY, level((10_800, 0.1), (500, 4)), Unit.SECONDS)
    assert not told(found_in(Scene(inventory(floor(busy=5), slow), NOW)), "hpa.min_raised")


def test_how_idle_they_are_is_measured_where_the_autoscaler_cannot_tell() -> None:
    (finding,) = told(found_in(Scene(inventory(floor(), IDLE_CPU), NOW)), "hpa.min_raised")
    assert "% of their cpu request, where it aims at 70%" in finding.claim


# Fewer pods than there were

FULL = state("ScalingLimited", "True", "TooManyReplicas")
LIMITED: Json = {"f:spec": {"f:maxReplicas": {}}}
SLOW = signal(Measure.LATENCY, level((10_800, 0.1), (1500, 4)), Unit.SECONDS)
SHORT = signal(Measure.CPU, level((10_800, 0.3), (1500, 0.99), stray=0.01), about="container app")
BLIND = state("ScalingActive", "False", "FailedGetResourceMetric", "missing request for cpu")


def lowered(message: str = "Scaled down replica set app-1 from 6 to 2", **more: Any) -> list[Json]:
    """An autoscaler that was edited half an hour ago; what happened to its target then."""
    objects = app()
    happened = event(objects[0], "ScalingReplicaSet", message, since=1480)
    limits = {"age": 9 * 86_400, "managed": edit(1800, LIMITED), "maxReplicas": 2, **more}
    return [*objects, happened, scaler(FULL, **limits)]


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param(lowered(), "its maxReplicas was lowered 30 min ago, from 6 pods", id="shrunk"),
        pytest.param(
            lowered("Scaled down replica set app-1 to 2"),
            "was lowered 30 min ago",
            id="in-old-words",
        ),
    ],
)
def test_a_maximum_that_was_lowered_explains_a_target_that_fails_its_callers(
    objects: list[Json], words: str
) -> None:
    scaled = [one for one in every(objects, SLOW) if one.condition == "hpa.max_lowered"]
    assert [words in one.claim for one in scaled] == [True]
    assert scaled[0].severity is Severity.ERROR
    assert scaled[0].facts["explains"] == "Deployment/shop/app"
    calm = told(found(*objects), "hpa.max_lowered")
    assert [(one.severity, one.facts.get("explains")) for one in calm] == [(Severity.WARNING, None)]


def every(objects: list[Json], *signals: Any) -> list[Finding]:
    return list(found_in(Scene(inventory(objects, *signals), NOW)))


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param(lowered("Scaled up replica set app-1 from 1 to 2"), id="there-were-fewer"),
        pytest.param(lowered("Scaled down replica set app-1 from 6 to 4"), id="not-down-to-it"),
        pytest.param(lowered(managed=[]), id="nobody-edited-it"),
        pytest.param(
            [*lowered()[:-1], scaler(age=9 * 86_400, managed=edit(1800, LIMITED), maxReplicas=2)],
            id="wants-no-more",
        ),
    ],
)
def test_a_maximum_of_which_nobody_knows_that_it_was_higher(objects: list[Json]) -> None:
    assert not told(every(objects, SLOW), "hpa.max_lowered")


@pytest.mark.parametrize(
    ("signals", "severity", "explains"),
    [
        pytest.param([SLOW, SHORT], Severity.ERROR, "Deployment/shop/app", id="short-and-slow"),
        pytest.param([SHORT], Severity.WARNING, None, id="short-and-nobody-minds"),
        pytest.param([SLOW], Severity.WARNING, None, id="slow-with-cpu-to-spare"),
        pytest.param([], Severity.WARNING, None, id="nothing-is-measured"),
    ],
)
def test_a_blind_autoscaler_explains_a_target_that_is_short_of_cpu(
    signals: list[Any], severity: Severity, explains: str | None
) -> None:
    (one,) = told(every([*two_containers(), scaler(BLIND)], *signals), "hpa.cannot_scale")
    assert (one.severity, one.facts.get("explains")) == (severity, explains)


# Budgets


def budget(name: str = "app", *, allowed: int = 0, app_label: str = "app", **spec: Any) -> Json:
    body = {"selector": {"matchLabels": {"app": app_label}}, **(spec or {"minAvailable": 2})}
    return make("PodDisruptionBudget", name, spec=body, status={"disruptionsAllowed": allowed})


def cordoned(since: float) -> Json:
    taint = {"key": "node.kubernetes.io/unschedulable", "timeAdded": ago(since)}
    return node(spec={"unschedulable": True, "taints": [taint]})


@pytest.mark.parametrize(
    ("objects", "condition", "words", "severity"),
    [
        pytest.param(
            [*app(), budget(app_label="gone")],
            "budget.selects_nothing",
            "selects no pod",
            Severity.INFO,
            id="nothing",
        ),
        pytest.param(
            [*app(), budget()],
            "budget.allows_none",
            "asks for minAvailable 2 of 2 pods",
            Severity.WARNING,
            id="as-many-as-there-are",
        ),
        pytest.param(
            [*app(), budget(minAvailable="51%")],
            "budget.allows_none",
            "asks for minAvailable 51% of 2 pods",
            Severity.WARNING,
            id="percent-is-rounded-up",
        ),
        pytest.param(
            [*app(), budget(maxUnavailable=0)],
            "budget.allows_none",
            "asks for maxUnavailable 0",
            Severity.WARNING,
            id="none-may-be-away",
        ),
        pytest.param(
            [*app(spec={"nodeName": "node-1"}), budget(), cordoned(1200)],
            "budget.blocks_drain",
            "is on node node-1, which takes no new pods since 20 min",
            Severity.ERROR,
            id="drain",
        ),
        pytest.param(
            [*app(), budget(allowed=1, minAvailable=1), budget("other", allowed=1, minAvailable=1)],
            "budget.overlap",
            "are about the same 2 pods",
            Severity.WARNING,
            id="two-on-one",
        ),
    ],
)
def test_a_budget_that_is_in_the_way(
    objects: list[Json], condition: str, words: str, severity: Severity
) -> None:
    finding = told(found(*objects), condition)[0]
    assert words in finding.claim
    assert finding.severity is severity


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([*app(), budget(allowed=1, minAvailable=1)], id="one-to-spare"),
        pytest.param([*app(), budget(allowed=1, minAvailable="50%"), node()], id="half"),
        pytest.param(
            [*app(pods=[running(), running(ready=False)]), budget()], id="one-is-not-ready-anyway"
        ),
        pytest.param(
            [*app(spec={"nodeName": "node-1"}), budget(allowed=1, minAvailable=1), cordoned(1200)],
            id="lets-go",
        ),
    ],
)
def test_a_budget_that_lets_pods_go(objects: list[Json]) -> None:
    assert not [one for one in found(*objects) if one.condition.startswith("budget.")]


def test_a_drain_that_began_just_now_is_not_blocked_yet() -> None:
    objects = [*app(spec={"nodeName": "node-1"}), budget(), cordoned(60)]
    assert not told(found(*objects), "budget.blocks_drain")


def test_pods_that_could_not_be_listed_are_not_nothing() -> None:
    assert not told(found(budget(), without=("Pod",)), "budget.selects_nothing")
