"""What operators say of custom resources that they cannot bring about."""

import json

import pytest
from tests.diagnose.build import NOW, alert, app, lines, log, named, seen, spotted

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene

REFUSED = 'StatefulSet.apps "main-db" is invalid: spec.replicas: Invalid value: -3'


def complaint(error: str = REFUSED, **more: object) -> str:
    told = {
        "controller": "dbcluster",
        "controllerKind": "DbCluster",
        "namespace": "shop",
        "name": "main",
        "error": error,
        **more,
    }
    return f"ERROR\tReconciler error\t{json.dumps(told)}"


def as_json(error: str = REFUSED) -> str:
    told = json.loads(complaint(error).rpartition("\t")[2])
    return json.dumps({"level": "error", "msg": "Reconciler error", **told})


@pytest.mark.parametrize(
    ("line", "count"),
    [
        pytest.param(complaint(), 1, id="as-text"),
        pytest.param(as_json(), 1, id="as-json"),
        pytest.param(
            complaint('admission webhook "db.example.com" denied the request: no'), 1, id="denied"
        ),
        pytest.param(
            complaint("Operation cannot be fulfilled: object has been modified"), 0, id="conflict"
        ),
        pytest.param(complaint("dial tcp 10.0.0.9:5432: i/o timeout"), 0, id="somebody-else"),
        pytest.param(complaint(controllerKind=["x"]), 0, id="odd-kind"),
        pytest.param(complaint()[:-20], 0, id="cut-off"),
        pytest.param("INFO reconciled DbCluster main", 0, id="well"),
    ],
)
def test_a_refused_custom_resource_is_named(line: str, count: int) -> None:
    objects = app("db-operator")
    logs = [log(named(objects, "Pod"), lines(line))]
    found = spotted("operator.resource_refused", *objects, logs=logs)
    assert len(found) == count
    for one in found:
        assert one.tainted
        assert [suspect.path for suspect in one.suspects] == ["DbCluster/shop/main"]


def test_a_single_refusal_is_no_trouble() -> None:
    objects = app("db-operator")
    logs = [log(named(objects, "Pod"), complaint())]
    assert spotted("operator.resource_refused", *objects, logs=logs) == []


def test_without_its_log_nothing_is_said_of_an_operator() -> None:
    assert spotted("operator.resource_refused", *app("db-operator")) == []


def test_the_resource_is_to_blame_and_not_its_operator() -> None:
    objects = app("db-operator")
    inventory = seen(*objects, logs=[log(named(objects, "Pod"), lines(complaint()))])
    explanation = explain(Scene(inventory, NOW), alert("DbClusterNotReady shop/db-operator"))
    first = explanation.causes[0]
    assert first.entity.path == "DbCluster/shop/main"
    assert "Invalid value: -3" in first.statement
    assert [one.path for one in first.victims] == ["Deployment/shop/db-operator"]
