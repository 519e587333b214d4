"""Objects of extensions whose shape is not what anybody documents: nothing is raised."""

from typing import Any

import pytest
from tests.diagnose.build import NOW, Json, alert, app, lines, log, make, named, node, seen, service

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.conditions.run import findings
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.kinds import KINDS

ODD = [
    pytest.param({}, id="nothing"),
    pytest.param({"spec": None, "status": None}, id="null"),
    pytest.param({"spec": "v1", "status": "Ready"}, id="texts"),
    pytest.param({"spec": [1], "status": [{"type": "Ready"}]}, id="lists"),
    pytest.param(
        {"spec": {"rules": {"a": 1}, "http": "x"}, "status": {"conditions": 7}}, id="mixed"
    ),
    pytest.param(
        {
            "spec": {"selector": [], "scaleTargetRef": "web", "parentRefs": [None, 3]},
            "status": {"conditions": ["Ready", None], "experiment": "running", "parents": [4]},
        },
        id="lists-of-anything",
    ),
    pytest.param(
        {
            "spec": {"rules": [{"backendRefs": "x"}], "http": [{"fault": 1, "route": [2]}]},
            "status": {"notAfter": 5, "operationState": "Failed", "health": "Degraded"},
            "results": {"result": "fail"},
            "webhooks": "none",
            "rules": "all",
            "subjects": {"kind": "User"},
            "roleRef": "admin",
        },
        id="one-level-down",
    ),
]
LOOSE = sorted(
    name
    for name, kind in KINDS.items()
    if kind.custom
    or kind.group in ("rbac.authorization.k8s.io", "admissionregistration.k8s.io")
    or name in ("APIService", "CustomResourceDefinition")
)


def around() -> list[Json]:
    return [*app(), service(), node(), make("Namespace", "shop")]


@pytest.mark.parametrize("body", ODD)
def test_odd_objects_are_passed_over(body: dict[str, Any]) -> None:
    odd = [make(kind, "odd", **body) for kind in LOOSE]
    objects = [*around(), *odd]
    logs = [log(named(objects, "Pod"), lines("ERROR dial tcp: lookup cart: no such host"))]
    found = findings(seen(*objects, logs=logs), NOW)
    assert isinstance(found, tuple)


@pytest.mark.parametrize("body", ODD[:4])
def test_an_account_is_given_in_spite_of_odd_objects(body: dict[str, Any]) -> None:
    odd = [make(kind, "odd", **body) for kind in LOOSE]
    scene = Scene(seen(*around(), *odd), NOW)
    assert explain(scene, alert()).looked["pods"] == 2
