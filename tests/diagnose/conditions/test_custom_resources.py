"""Definitions of custom resources: broken, healthy, not to be decided, and who suffers."""

from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    alert,
    app,
    container,
    crashing,
    lines,
    log,
    make,
    named,
    seen,
    service,
    spotted,
    told,
)
from tests.faults.neighbours import edit

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.conditions.run import findings
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.inventory import Gap, Inventory

KIND = "CustomResourceDefinition"
GROUP = "ops.example.com"
NO_MATCH = (
    'ERROR controller-runtime.source "if kind is a CRD, it should be installed before calling '
    f'Start" kind="Widget.{GROUP}" error="no matches for kind \\"Widget\\" in version '
    f'\\"{GROUP}/v1beta1\\""'
)
NOT_FOUND = (
    "E0304 02:58:01.201 1 reflector.go:150] pkg/client: Failed to watch *v1beta1.Widget: failed "
    "to list *v1beta1.Widget: the server could not find the requested resource "
    f"(get widgets.{GROUP})"
)
CONVERSION = (
    f"E0304 02:58:01.201 1 reflector.go:150] failed to list {GROUP}/v1, Kind=Widget: conversion "
    f"webhook for {GROUP}/v1beta1, Kind=Widget failed: Post "
    '"https://widgets.ops.svc:443/convert?timeout=30s": '
)
NOBODY = 'no endpoints available for service "widgets"'
UNTRUSTED = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
STORED = f"E0304 request to convert CR from an invalid group/version: {GROUP}/v1alpha1"


def state(kind: str, status: str, reason: str = "", message: str = "", *, at: float = 900) -> Json:
    since = ago(at)
    said = {"reason": reason, "message": message}
    return {"type": kind, "status": status, "lastTransitionTime": since, **said}


def definition(**how: Any) -> Json:
    """A healthy definition that serves v1beta1 and stores v1, unless told otherwise."""
    served = how.pop("served", {"v1beta1": True, "v1": True})
    spec = {
        "group": GROUP,
        "names": {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets"},
        "versions": [{"name": name, "served": on} for name, on in served.items()],
        **how.pop("spec", {}),
    }
    status = {
        "storedVersions": how.pop("stored", ["v1"]),
        "conditions": how.pop("states", [state("Established", "True")]),
    }
    return make(KIND, f"widgets.{GROUP}", age=90 * DAY, spec=spec, status=status, **how)


def hooked(**client: Any) -> Json:
    asked = {"service": {"name": "widgets", "namespace": "ops"}, **client}
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": asked}}
    return {"conversion": conversion}


def converter(*, ready: bool = True) -> list[Json]:
    """What converts the objects, and its Service."""
    objects = app("widgets", pods=[{"name": "app", "ready": ready, "state": {"running": {}}}])
    return [*_in_ops(objects), *_in_ops([service("widgets")])]


def _in_ops(objects: list[Json]) -> list[Json]:
    for one in objects:
        one["metadata"]["namespace"] = "ops"
        for port in one.get("spec", {}).get("ports", ()):
            port["port"] = 443
    return objects


def operator(**more: Any) -> list[Json]:
    return app("operator", **more)


def says(objects: list[Json], line: str, times: int = 20, **more: Any) -> Any:
    return log(named(objects, "Pod"), lines(line, times), **more)


TAKEN = state("NamesAccepted", "False", "ShortNamesConflict", '"wg" is already in use')
BAD_SCHEMA = state("NonStructuralSchema", "True", "Violations", "spec.x: Required value: type")
STUCK = state("Terminating", "True", "InstanceDeletionInProgress", "2 objects have finalizers")


@pytest.mark.parametrize(
    ("item", "condition", "claim", "severity"),
    [
        pytest.param(
            definition(stored=["v1alpha1", "v1"]),
            "crd.stored_version",
            "stored as v1alpha1, a version that it does not define any more (it defines v1beta1, "
            "v1)",
            Severity.WARNING,
            id="stored-version-gone",
        ),
        pytest.param(
            definition(stored=["v1beta1", "v1"], served={"v1beta1": False, "v1": True}),
            "crd.stored_version",
            "stored as v1beta1, which it does not serve",
            Severity.INFO,
            id="stored-version-unserved",
        ),
        pytest.param(
            definition(states=[TAKEN, state("Established", "False", "NotAccepted")]),
            "crd.not_established",
            'its names are not accepted: ShortNamesConflict: "wg" is already in use',
            Severity.WARNING,
            id="names-taken",
        ),
        pytest.param(
            definition(states=[state("Established", "False", "Installing")]),
            "crd.not_established",
            "is not served: Installing",
            Severity.WARNING,
            id="not-established",
        ),
        pytest.param(
            definition(states=[STUCK], deletionTimestamp=ago(1200)),
            "crd.terminating",
            "was deleted 20 min ago and is not gone",
            Severity.WARNING,
            id="terminating",
        ),
        pytest.param(
            definition(states=[BAD_SCHEMA]),
            "crd.not_structural",
            "not structural",
            Severity.INFO,
            id="schema",
        ),
    ],
)
def test_what_is_wrong_with_a_definition_is_told_and_is_no_error_alone(
    item: Json, condition: str, claim: str, severity: Severity
) -> None:
    [found] = spotted(condition, item)
    assert claim in found.claim
    assert (found.severity, found.uid) == (severity, item["metadata"]["uid"])


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([definition()], id="served-and-stored"),
        pytest.param([definition(spec=hooked()), *converter()], id="converted"),
        pytest.param(
            [definition(states=[state("Established", "False", "Installing", at=5)])], id="young"
        ),
        pytest.param([definition(deletionTimestamp=ago(20))], id="just-deleted"),
        pytest.param(
            [definition(spec={"conversion": {"strategy": "None"}})], id="nothing-to-convert"
        ),
        pytest.param([definition(served={}, spec={"version": "v1"})], id="words-of-v1beta1"),
    ],
)
def test_of_a_healthy_definition_nothing_is_told(objects: list[Json]) -> None:
    found = findings(seen(*objects), NOW)
    assert [one.condition for one in found if one.condition.startswith("crd.")] == []


@pytest.mark.parametrize(
    ("objects", "claim"),
    [
        pytest.param([], "there is no service ops/widgets", id="no-service"),
        pytest.param(converter(ready=False), "service ops/widgets has no ready pod", id="no-pod"),
    ],
)
def test_a_conversion_webhook_that_nobody_answers_is_told(objects: list[Json], claim: str) -> None:
    [found] = spotted("crd.conversion", definition(spec=hooked()), *objects)
    assert claim in found.claim
    assert found.severity is Severity.WARNING
    assert [one.path for one in found.suspects] == ["Service/ops/widgets"]


def test_the_words_of_v1beta1_for_a_conversion_webhook_are_known_too() -> None:
    asked = {"service": {"name": "widgets", "namespace": "ops"}}
    old = {"conversion": {"strategy": "Webhook", "webhookClientConfig": asked}}
    [found] = spotted("crd.conversion", definition(spec=old))
    assert "there is no service ops/widgets" in found.claim


def test_without_the_namespace_of_its_service_nothing_is_said_of_a_webhook() -> None:
    found = spotted("crd.conversion", definition(spec=hooked()), refused=("Service", "Pod"))
    assert found == []


BLAMED: list[Any] = [
    pytest.param(
        [definition(spec=hooked())],
        CONVERSION + NOBODY,
        "crd.conversion",
        "there is no service ops/widgets",
        id="converter-gone",
    ),
    pytest.param(
        [definition(spec=hooked()), *converter()],
        CONVERSION + UNTRUSTED,
        "crd.conversion",
        "calls of it fail",
        id="converter-untrusted",
    ),
    pytest.param(
        [definition(stored=["v1alpha1", "v1"])],
        STORED,
        "crd.stored_version",
        "v1alpha1",
        id="stored-version-gone",
    ),
    pytest.param(
        [definition(states=[TAKEN])], NO_MATCH, "crd.not_established", "accepted", id="names"
    ),
    pytest.param(
        [definition(served={"v1": True}, managed=edit(900, {"f:spec": {"f:versions": {}}}))],
        NO_MATCH,
        "crd.version_not_served",
        "serves v1, and not v1beta1, for which deployment shop/operator asks",
        id="version-taken-away",
    ),
    pytest.param(
        [definition(served={"v1beta1": False, "v1": True}, managed=edit(900, {"f:spec": {}}))],
        NOT_FOUND,
        "crd.version_not_served",
        "serves v1, and not v1beta1",
        id="version-switched-off",
    ),
]


@pytest.mark.parametrize(("objects", "line", "condition", "claim"), BLAMED)
def test_a_definition_that_a_program_complains_of_is_an_error_and_explains_it(
    objects: list[Json], line: str, condition: str, claim: str
) -> None:
    suffering = operator()
    [found] = spotted(condition, *objects, *suffering, logs=[says(suffering, line)])
    assert claim in found.claim
    assert found.severity is Severity.ERROR
    assert found.facts["explains"] == "Deployment/shop/operator"


@pytest.mark.parametrize(("objects", "line", "condition", "claim"), BLAMED)
def test_the_program_that_dies_of_it_is_a_victim(
    objects: list[Json], line: str, condition: str, claim: str
) -> None:
    del claim
    suffering = operator(pods=[crashing(), crashing()])
    view = seen(*objects, *suffering, logs=[says(suffering, line, previous=True)])
    found = explain(Scene(view, NOW), alert("KubePodCrashLooping shop/operator"))
    [cause] = [one for one in found.causes if one.relevant]
    assert cause.entity.path == f"{KIND}/widgets.{GROUP}"
    assert cause.findings[0].condition == condition
    assert [one.path for one in cause.victims] == ["Deployment/shop/operator"]


def asked(view: Inventory) -> list[Finding]:
    return told(findings(view, NOW), "program.kind_not_served")


def test_a_kind_that_nobody_defines_is_told_at_the_program() -> None:
    suffering = operator(pods=[crashing(), crashing()])
    view = seen(*suffering, logs=[says(suffering, NO_MATCH, previous=True)])
    [found] = asked(view)
    assert f"Widget of {GROUP}/v1beta1, 20 times" in found.claim
    assert "no CustomResourceDefinition defines it" in found.claim
    account = explain(Scene(view, NOW), alert("KubePodCrashLooping shop/operator"))
    assert [one.findings[0].condition for one in account.causes] == ["program.kind_not_served"]


def test_a_version_of_the_server_that_went_away_is_told_without_definitions() -> None:
    line = 'ERROR setup failed: no matches for kind "CronJob" in version "batch/v1beta1"'
    suffering = operator()
    view = seen(*suffering, refused=[KIND], logs=[says(suffering, line)])
    view.server_version = "v1.31.4"
    [found] = asked(view)
    assert "CronJob of batch/v1beta1" in found.claim
    assert "this server (v1.31.4) has no such" in found.claim


def test_a_new_program_that_asks_for_more_than_there_is_blames_itself() -> None:
    suffering = operator(revisions=[(9 * DAY, container()), (900, container(image="app:2"))])
    old = definition(served={"v1alpha1": True})
    view = seen(old, *suffering, logs=[says(suffering, NO_MATCH)])
    [found] = asked(view)
    assert f"customresourcedefinition widgets.{GROUP} serves v1alpha1" in found.claim
    assert told(findings(view, NOW), "crd.version_not_served") == []


@pytest.mark.parametrize(
    ("line", "times"),
    [
        pytest.param(NO_MATCH.replace("ERROR", "INFO"), 20, id="told-quietly"),
        pytest.param(NO_MATCH, 1, id="told-once"),
    ],
)
def test_asking_whether_something_optional_is_there_is_no_error(line: str, times: int) -> None:
    suffering = operator()
    [found] = asked(seen(*suffering, logs=[says(suffering, line, times)]))
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("line", "objects"),
    [
        pytest.param(NO_MATCH, [definition()], id="it-is-there-now"),
        pytest.param(
            "ERROR the server could not find the requested resource (get pods.metrics.k8s.io)",
            [],
            id="another-server-answers-for-it",
        ),
        pytest.param("ERROR the server could not find the requested resource", [], id="no-name"),
    ],
)
def test_what_cannot_be_told_of_a_kind_is_not(line: str, objects: list[Json]) -> None:
    suffering = operator()
    assert asked(seen(*objects, *suffering, logs=[says(suffering, line)])) == []


def test_definitions_that_could_not_be_listed_leave_the_question_open() -> None:
    suffering = operator()
    view = seen(*suffering, refused=[KIND], logs=[says(suffering, NO_MATCH)])
    assert asked(view) == []
    [found] = told(findings(view, NOW), "program.kind_unknown")
    assert found.verdict is Health.UNKNOWN
    assert "could not be looked at: forbidden" in found.claim


def test_a_list_that_fails_by_its_conversion_speaks_for_itself() -> None:
    item = definition(
        spec={
            **hooked(),
            "group": "cert-manager.io",
            "names": {"kind": "Certificate", "plural": "certificates"},
        }
    )
    view = seen(item, refused=["Certificate"])
    view.gaps[0] = Gap(
        what="Certificate",
        namespace="shop",
        reason="unreachable",
        message="status 500: conversion webhook for cert-manager.io/v1, Kind=Certificate failed: "
        'Post "https://widgets.ops.svc:443/": service "widgets" not found',
        command="kubectl -n shop get certificates",
    )
    [found] = told(findings(view, NOW), "crd.conversion")
    assert found.severity is Severity.ERROR
