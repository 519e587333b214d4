import copy
from typing import Any

import pytest

from sreagent.simulator.objects import Json
from sreagent.simulator.patches import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, apply_patch
from sreagent.simulator.problems import ApiError

POD: Json = {
    "metadata": {"name": "web", "labels": {"app": "web"}, "finalizers": ["a"]},
    "spec": {
        "containers": [
            {
                "name": "web",
                "image": "web:1",
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "ports": [{"containerPort": 80}],
                "args": ["one", "two"],
            },
            {"name": "side", "image": "side:1"},
        ],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    },
}
SERVICE: Json = {"spec": {"ports": [{"port": 80, "targetPort": 8080}], "selector": {"app": "web"}}}


def container(patch: Json) -> Json:
    return {"spec": {"containers": [{"name": "web", **patch}]}}


@pytest.mark.parametrize(
    ("patch", "path", "expected"),
    [
        pytest.param(container({"image": "web:2"}), "0.image", "web:2", id="container-by-name"),
        pytest.param(container({"image": "web:2"}), "1.image", "side:1", id="others-stay"),
        pytest.param(
            container({"env": [{"name": "B", "value": "3"}]}),
            "0.env",
            [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}],
            id="env-by-name",
        ),
        pytest.param(
            container({"env": [{"name": "A", "$patch": "delete"}]}),
            "0.env",
            [{"name": "B", "value": "2"}],
            id="env-deleted",
        ),
        pytest.param(
            container({"env": [{"$patch": "replace"}, {"name": "C", "value": "9"}]}),
            "0.env",
            [{"name": "C", "value": "9"}],
            id="env-replaced",
        ),
        pytest.param(
            container({"ports": [{"containerPort": 80, "name": "http"}]}),
            "0.ports",
            [{"containerPort": 80, "name": "http"}],
            id="container-ports-by-number",
        ),
        pytest.param(
            container({"args": ["three"]}), "0.args", ["three"], id="plain-lists-are-replaced"
        ),
        pytest.param(container({"args": None}), "0.args", None, id="null-removes"),
        pytest.param(
            {"spec": {"containers": [{"name": "new", "image": "n:1"}]}},
            "2",
            {"name": "new", "image": "n:1"},
            id="unknown-name-is-added",
        ),
    ],
)
def test_a_strategic_patch_merges_lists_by_their_key(patch: Json, path: str, expected: Any) -> None:
    found: Any = apply_patch(POD, patch, STRATEGIC_PATCH)["spec"]["containers"]
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else found.get(part)
    assert found == expected


def test_a_strategic_patch_merges_the_ports_of_a_service_by_port() -> None:
    patch = {"spec": {"ports": [{"port": 80, "targetPort": "http"}, {"port": 81}]}}
    changed = apply_patch(SERVICE, patch, STRATEGIC_PATCH)
    assert changed["spec"]["ports"] == [{"port": 80, "targetPort": "http"}, {"port": 81}]


def test_finalizers_are_added_not_replaced_and_can_be_dropped_one_by_one() -> None:
    added = apply_patch(POD, {"metadata": {"finalizers": ["b"]}}, STRATEGIC_PATCH)
    assert added["metadata"]["finalizers"] == ["a", "b"]
    drop = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert apply_patch(added, drop, STRATEGIC_PATCH)["metadata"]["finalizers"] == ["b"]


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        pytest.param({"a": 1, "b": 2}, {"a": None, "c": 3}, {"b": 2, "c": 3}, id="null-removes"),
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, id="merges"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="lists-are-replaced"),
        pytest.param({"a": {"b": 1}}, {"a": "x"}, {"a": "x"}, id="kinds-may-change"),
    ],
)
def test_a_merge_patch_follows_rfc_7386(target: Json, patch: Json, expected: Json) -> None:
    assert apply_patch(target, patch, MERGE_PATCH) == expected


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        pytest.param([{"op": "add", "path": "/a/x", "value": 1}], {"a": {"x": 1}}, id="add"),
        pytest.param([{"op": "add", "path": "/l/0", "value": 0}], {"l": [0, 1, 2]}, id="insert"),
        pytest.param([{"op": "add", "path": "/l/-", "value": 3}], {"l": [1, 2, 3]}, id="append"),
        pytest.param([{"op": "remove", "path": "/l/0"}], {"l": [2]}, id="remove-element"),
        pytest.param([{"op": "replace", "path": "/l/1", "value": 9}], {"l": [1, 9]}, id="replace"),
        pytest.param(
            [{"op": "test", "path": "/l/0", "value": 1}, {"op": "remove", "path": "/a"}],
            {"a": None},
            id="test-that-holds",
        ),
        pytest.param([{"op": "copy", "from": "/l", "path": "/b"}], {"b": [1, 2]}, id="copy"),
        pytest.param(
            [{"op": "move", "from": "/l", "path": "/b"}], {"b": [1, 2], "l": None}, id="move"
        ),
        pytest.param([{"op": "replace", "path": "/s~1t", "value": 5}], {"s/t": 5}, id="escaped"),
    ],
)
def test_a_json_patch_does_its_operations_in_order(operations: Any, expected: Json) -> None:
    document = {"a": {}, "l": [1, 2], "s/t": 4}
    changed = apply_patch(document, operations, JSON_PATCH)
    assert {key: changed.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("patch", "media", "code"),
    [
        pytest.param([{"op": "remove", "path": "/no"}], JSON_PATCH, 422, id="missing-path"),
        pytest.param(
            [{"op": "test", "path": "/metadata/name", "value": "x"}],
            JSON_PATCH,
            422,
            id="test-fails",
        ),
        pytest.param([{"op": "explode", "path": "/a"}], JSON_PATCH, 422, id="unknown-operation"),
        pytest.param({"op": "add"}, JSON_PATCH, 400, id="not-a-list"),
        pytest.param([], MERGE_PATCH, 400, id="not-an-object"),
        pytest.param(
            {"spec": {"containers": [{"image": "x"}]}}, STRATEGIC_PATCH, 400, id="no-merge-key"
        ),
        pytest.param({}, "text/plain", 415, id="unknown-media"),
    ],
)
def test_a_patch_that_cannot_be_applied_is_refused(patch: Any, media: str, code: int) -> None:
    with pytest.raises(ApiError) as refusal:
        apply_patch(copy.deepcopy(POD), patch, media)
    assert refusal.value.code == code


@pytest.mark.parametrize("media", [STRATEGIC_PATCH, MERGE_PATCH])
def test_the_patched_object_is_a_copy(media: str) -> None:
    before = copy.deepcopy(POD)
    apply_patch(POD, {"metadata": {"labels": {"app": "other"}}}, media)
    assert before == POD
