"""Every value of every type: changed alone, it is the one that is told, where the state has it."""

import copy
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.drift.kubernetes import states

from sreagent.drift.mend.addresses import at_path
from sreagent.drift.reality.kubernetes.additions import additions
from sreagent.drift.reality.kubernetes.differ import Gap, at, gaps
from sreagent.drift.reality.kubernetes.manifests import Stated, stated
from sreagent.drift.reality.kubernetes.naming import attribute_path

EVERYTHING = states.everything()
Pointer = tuple[str | int, ...]


def said(type_: str) -> Stated:
    found = stated(type_, EVERYTHING[type_])
    assert found is not None
    return found


def leaves(value: Any, pointer: Pointer = ()) -> Iterator[Pointer]:
    if isinstance(value, Mapping):
        for name, each in sorted(value.items()):
            yield from leaves(each, (*pointer, name))
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for place, each in enumerate(value):
            yield from leaves(each, (*pointer, place))
    else:
        yield pointer


def changed(obj: Any, pointer: Pointer) -> Any:
    """A copy with another value at one place."""
    other = copy.deepcopy(obj)
    holder = other
    for step in pointer[:-1]:
        holder = holder[step]
    holder[pointer[-1]] = another(holder[pointer[-1]])
    return other


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 7
    return [*value, "other"] if isinstance(value, list) else f"{value}9"


KEYS = {"name", "containerPort", "protocol", "port", "mountPath", "apiVersion", "kind", "namespace"}
CASES = [
    pytest.param(type_, pointer, id=f"{type_}-{'.'.join(map(str, pointer))}")
    for type_ in EVERYTHING
    for pointer in leaves(said(type_).manifest)
    if pointer[-1] not in KEYS
]


@pytest.mark.parametrize("type_", EVERYTHING)
def test_an_object_that_is_as_stated_has_no_gap(type_: str) -> None:
    manifest = said(type_).manifest
    assert gaps(manifest, copy.deepcopy(dict(manifest)), said(type_).type) == ()


@pytest.mark.parametrize(("type_", "pointer"), CASES)
def test_one_changed_value_is_one_gap_where_the_state_has_it(type_: str, pointer: Pointer) -> None:
    manifest = said(type_).manifest
    live = changed(manifest, pointer)
    (gap,) = gaps(manifest, live, said(type_).type)
    assert gap.names == tuple(step for step in pointer if isinstance(step, str))
    assert gap.after == at(live, gap.steps)
    path = attribute_path(type_, EVERYTHING[type_], gap.steps)
    in_state = at_path(EVERYTHING[type_], path)
    assert in_state is not None, path
    assert plain(in_state) == plain(gap.before)


def plain(value: Any) -> Any:
    """Numbers are texts in states, modes are octal, and lists have no order."""
    if isinstance(value, list):
        return sorted(map(str, value))
    text = str(value)
    return str(int(text, 8)) if text.startswith("0") and text.isdecimal() and text != "0" else text


@pytest.mark.parametrize("seed", range(20))
def test_changes_together_are_each_told(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same tests each time
    type_ = "kubernetes_deployment_v1"
    manifest = said(type_).manifest
    known = [pointer for pointer in leaves(manifest) if pointer[-1] not in KEYS]
    chosen = chance.sample(known, 6)
    live: Any = manifest
    for pointer in chosen:
        live = changed(live, pointer)
    told = {gap.names for gap in gaps(manifest, live, said(type_).type)}
    assert told == {tuple(step for step in each if isinstance(step, str)) for each in chosen}


def pod_with(**says: Any) -> dict[str, Any]:
    """A deployment as the server has it: more than what was said."""
    spec = {"containers": [{"name": "app", "image": "x:1", **says}], "restartPolicy": "Always"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": spec}},
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"resources": {"limits": {"cpu": "1000m"}}},
                     {"resources": {"limits": {"cpu": "1"}}}, id="thousandths"),
        pytest.param({"resources": {"limits": {"memory": "1Gi"}}},
                     {"resources": {"limits": {"memory": "1024Mi"}}}, id="powers of two"),
        pytest.param({"resources": {"limits": {"memory": "1e9"}}},
                     {"resources": {"limits": {"memory": "1G"}}}, id="exponents"),
        pytest.param({"stdin": False}, {}, id="false and nothing"),
        pytest.param({"env": [{"name": "A", "value": ""}]}, {"env": [{"name": "A"}]},
                     id="an empty variable"),
        pytest.param({"securityContext": {}}, {}, id="an empty block"),
        pytest.param({}, {"terminationMessagePolicy": "File"}, id="a default"),
        pytest.param({"ports": [{"containerPort": 80}]},
                     {"ports": [{"containerPort": 80, "protocol": "TCP"}]}, id="a protocol"),
        pytest.param({"ports": [{"containerPort": 1}, {"containerPort": 2}]},
                     {"ports": [{"containerPort": 2}, {"containerPort": 1}]}, id="order of ports"),
        pytest.param({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                     {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]},
                     id="order of variables"),
        pytest.param({"securityContext": {"capabilities": {"drop": ["A", "B"]}}},
                     {"securityContext": {"capabilities": {"drop": ["B", "A"]}}},
                     id="order of a set"),
        pytest.param({"livenessProbe": {"httpGet": {"port": 8080}}},
                     {"livenessProbe": {"httpGet": {"port": "8080"}}}, id="a port as text"),
    ],
)  # fmt: skip
def test_what_says_the_same_is_no_gap(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert gaps(pod_with(**before), pod_with(**after), "Deployment") == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"args": ["-a", "-b"]}, {"args": ["-b", "-a"]}, id="order of arguments"),
        pytest.param({"env": [{"name": "A", "value": "0"}]}, {"env": [{"name": "A"}]},
                     id="a zero is a text"),
        pytest.param({"resources": {"limits": {"cpu": "1"}}}, {"resources": {}}, id="no limit"),
        pytest.param({"tty": False}, {"tty": True}, id="switched on"),
    ],
)  # fmt: skip
def test_what_says_something_else_is_a_gap(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert len(gaps(pod_with(**before), pod_with(**after), "Deployment")) == 1


def owned(manager: str, fields: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    live = pod_with(**more)
    live["metadata"]["managedFields"] = [
        {"manager": manager, "operation": "Update", "fieldsV1": fields}
    ]
    return live


IN_APP = ("f:spec", "f:template", "f:spec", "f:containers", 'k:{"name":"app"}')


def fields_of(*names: str, **inside: Any) -> dict[str, Any]:
    below: dict[str, Any] = {f"f:{name}": each for name, each in inside.items()}
    for name in reversed(names):
        below = {name: below}
    return below


def added(live: Mapping[str, Any], who: str = "kubectl-edit") -> tuple[Gap, ...]:
    return additions(pod_with(), live, lambda manager: manager == who)


def test_what_a_person_put_in_is_an_addition() -> None:
    live = owned("kubectl-edit", fields_of(*IN_APP, tty={}), tty=True)
    (gap,) = added(live)
    assert gap.live_path == "spec.template.spec.containers[0].tty"
    assert (gap.before, gap.after) == (None, True)


@pytest.mark.parametrize(
    "live",
    [
        pytest.param(owned("HashiCorp", fields_of(*IN_APP, tty={}), tty=True), id="of Terraform"),
        pytest.param(owned("kubectl-edit", fields_of(*IN_APP, image={})), id="what is stated"),
        pytest.param(
            owned(
                "kubectl-edit",
                fields_of(*IN_APP, imagePullPolicy={}),
                imagePullPolicy="IfNotPresent",
            ),
            id="a default",
        ),
        pytest.param(owned("kubectl-edit", fields_of(*IN_APP, tty={}), tty=False), id="nothing"),
        pytest.param(owned("kubectl-edit", fields_of(*IN_APP, tty={})), id="gone since"),
        pytest.param(owned("kubectl-edit", {"f:status": {"f:replicas": {}}}), id="the status"),
        pytest.param(owned("kubectl-edit", {"k:{broken": {".": {}}}), id="what cannot be read"),
    ],
)
def test_nothing_else_is_an_addition(live: dict[str, Any]) -> None:
    assert added(live) == ()


@pytest.mark.parametrize(
    "key",
    [
        "kubectl.kubernetes.io/last-applied-configuration",
        "kubectl.kubernetes.io/restartedAt",
        "deployment.kubernetes.io/revision",
        "deprecated.daemonset.template.generation",
        "meta.helm.sh/release-name",
        "pv.kubernetes.io/bound-by-controller",
        "volume.beta.kubernetes.io/storage-provisioner",
        "nginx.ingress.kubernetes.io/ssl-redirect",
        "kubernetes.io/metadata.name",
        "autoscaling.alpha.kubernetes.io/conditions",
    ],
)
def test_keys_of_kubernetes_that_code_does_not_have_are_no_addition(key: str) -> None:
    for name in ("labels", "annotations"):
        live = owned("kubectl-edit", {"f:metadata": {f"f:{name}": {f"f:{key}": {}}}})
        live["metadata"][name] = {key: "x"}
        assert added(live) == ()


@pytest.mark.parametrize("key", ["app.kubernetes.io/version", "service.beta.kubernetes.io/x", "a"])
def test_keys_of_people_are_additions(key: str) -> None:
    live = owned("kubectl-edit", {"f:metadata": {"f:labels": {f"f:{key}": {}}}})
    live["metadata"]["labels"] = {key: "x"}
    (gap,) = added(live)
    assert gap.steps == ("metadata", "labels", key)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        pytest.param("Service", {"clusterIP": "10.0.0.1"}, id="address"),
        pytest.param("Service", {"ipFamilies": ["IPv4"]}, id="families"),
        pytest.param("Service", {"internalTrafficPolicy": "Cluster"}, id="traffic"),
        pytest.param("PersistentVolumeClaim", {"volumeName": "pvc-1"}, id="volume"),
        pytest.param("Namespace", {"finalizers": ["kubernetes"]}, id="finalizers"),
        pytest.param("Deployment", {"progressDeadlineSeconds": 600}, id="deadline"),
        pytest.param("Deployment", {"revisionHistoryLimit": 10}, id="history"),
    ],
)
def test_what_the_server_fills_in_is_no_addition(kind: str, spec: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"f:spec": {f"f:{name}": {} for name in spec}}
    metadata = {
        "name": "x",
        "managedFields": [{"manager": "kubectl-edit", "operation": "Update", "fieldsV1": fields}],
    }
    manifest = {"kind": kind, "metadata": {"name": "x"}, "spec": {}}
    live = {"kind": kind, "metadata": metadata, "spec": spec}
    assert additions(manifest, live, lambda _: True) == ()
