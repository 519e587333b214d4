"""Who wrote a field of a Kubernetes object."""

from typing import Any

import pytest

from sreagent.domain.drift import Way
from sreagent.drift.who.fields import Writer, kind_of, owner_of

APP = 'k:{"name":"app"}'


def entry(manager: str, fields: dict[str, Any], at: str = "10:00", **more: Any) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": f"2026-11-20T{at}:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


def workload(*entries: dict[str, Any]) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "shop:2",
        "env": [{"name": "URL", "value": "x"}],
        "ports": [{"containerPort": 80, "protocol": "TCP"}],
        "resources": {"limits": {"memory": "1Gi"}},
        "args": ["--fast"],
    }
    sidecar = {"name": "proxy", "image": "proxy:1"}
    return {
        "metadata": {
            "name": "shop",
            "labels": {"app.kubernetes.io/name": "shop"},
            "managedFields": list(entries),
        },
        "spec": {
            "replicas": 3,
            "template": {"spec": {"containers": [sidecar, container], "hostNetwork": True}},
        },
    }


def below(fields: dict[str, Any], name: str = APP) -> dict[str, Any]:
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": {name: fields}}}}}


REPLICAS: dict[str, Any] = {"f:spec": {"f:replicas": {}}}


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        pytest.param("spec.replicas", REPLICAS, id="field"),
        pytest.param("spec[0].replicas", REPLICAS, id="as-terraform-has-it"),
        pytest.param(
            "spec.template.spec.containers[1].image", below({"f:image": {}}), id="in-a-keyed-list"
        ),
        pytest.param(
            "spec[0].template[0].spec[0].container[1].image",
            below({"f:image": {}}),
            id="in-a-keyed-list-as-terraform-has-it",
        ),
        pytest.param(
            "spec[0].template[0].spec[0].host_network",
            {"f:spec": {"f:template": {"f:spec": {"f:hostNetwork": {}}}}},
            id="another-spelling",
        ),
        pytest.param(
            "spec.template.spec.containers[1].ports[0].containerPort",
            below(
                {"f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {"f:containerPort": {}}}}
            ),
            id="key-of-two",
        ),
        pytest.param(
            "spec.template.spec.containers[1].args[0]", below({"f:args": {}}), id="whole-list"
        ),
        pytest.param(
            "spec.template.spec.containers[1].resources",
            below({"f:resources": {"f:limits": {"f:memory": {}}}}),
            id="something-in-it",
        ),
        pytest.param(
            'metadata.labels["app.kubernetes.io/name"]',
            {"f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/name": {}}}},
            id="label",
        ),
        pytest.param(
            "metadata[0].labels.app.kubernetes.io/name",
            {"f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/name": {}}}},
            id="label-with-dots",
        ),
    ],
)
def test_the_manager_that_owns_the_field_wrote_it(path: str, owned: dict[str, Any]) -> None:
    other = entry("helm", below({"f:image": {}}, 'k:{"name":"proxy"}'), at="11:00")
    found = owner_of(workload(entry("kubectl-edit", owned), other), path)
    assert found.author
    assert (found.author.who, found.author.how) == ("kubectl edit", Way.CLI)
    assert found.author.when
    assert found.author.when.hour == 10
    assert found.author.confidence == 0.9
    assert found.controller == ""


def test_the_autoscaler_owns_what_it_scales() -> None:
    scaled = entry("kube-controller-manager", REPLICAS, subresource="scale")
    found = owner_of(workload(scaled), "spec.replicas")
    assert found.controller == "the HorizontalPodAutoscaler"
    assert found.author
    assert found.author.event == "Update of scale"


def test_of_several_owners_the_last_one_is_meant_less_surely() -> None:
    first = entry("argocd-controller", REPLICAS, operation="Apply")
    last = entry("kubectl-scale", REPLICAS, at="12:00", subresource="scale")
    found = owner_of(workload(last, first), "spec.replicas")
    assert found.author
    assert (found.author.who, found.author.confidence) == ("kubectl scale", 0.6)
    assert found.others == ("Argo CD",)


def test_what_stands_in_the_status_is_no_write_of_the_field() -> None:
    status = entry("kube-controller-manager", REPLICAS, subresource="status")
    assert owner_of(workload(status), "spec.replicas").author is None


def test_a_field_that_is_gone_may_have_been_taken_by_who_wrote_beside_it() -> None:
    edited = entry("kubectl-edit", below({"f:image": {}}))
    found = owner_of(workload(edited), "spec.template.spec.containers[1].livenessProbe.timeout")
    assert found.author
    assert found.author.confidence == 0.3
    assert "nobody owns the field any more" in found.why


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        pytest.param({}, "does not tell", id="empty"),
        pytest.param({"metadata": {"managedFields": "x"}}, "does not tell", id="another-shape"),
        pytest.param({"metadata": {"managedFields": [7, {}]}}, "does not tell", id="no-entries"),
        pytest.param(workload(entry("helm", {"f:data": {}})), "no field manager", id="unowned"),
        pytest.param(
            workload(entry("helm", {"f:spec": {"f:template": {"k:{": 7}}})), "default", id="broken"
        ),
    ],
)
def test_not_knowing_is_said(obj: dict[str, Any], why: str) -> None:
    found = owner_of(obj, "spec.replicas")
    assert found.author is None
    assert why in found.why


@pytest.mark.parametrize(
    ("manager", "name", "way", "writer"),
    [
        ("kubectl-client-side-apply", "kubectl apply", Way.CLI, Writer.PERSON),
        ("kubectl-patch", "kubectl patch", Way.CLI, Writer.PERSON),
        ("kubectl", "kubectl", Way.CLI, Writer.PERSON),
        ("Mozilla", "a dashboard", Way.CONSOLE, Writer.PERSON),
        ("argocd-controller", "Argo CD", Way.CI, Writer.DEPLOYER),
        ("argocd-application-controller", "Argo CD", Way.CI, Writer.DEPLOYER),
        ("kustomize-controller", "Flux", Way.CI, Writer.DEPLOYER),
        ("helm", "Helm", Way.CI, Writer.DEPLOYER),
        ("Helm", "Helm", Way.CI, Writer.DEPLOYER),
        ("Terraform", "Terraform", Way.TERRAFORM, Writer.DEPLOYER),
        ("HashiCorp", "Terraform", Way.TERRAFORM, Writer.DEPLOYER),
        ("kube-controller-manager", "kube-controller-manager", Way.SERVICE, Writer.CONTROLLER),
        ("cluster-autoscaler", "cluster-autoscaler", Way.SERVICE, Writer.CONTROLLER),
        ("cert-manager-cainjector", "cert-manager-cainjector", Way.SERVICE, Writer.CONTROLLER),
        ("rollouts-controller", "Argo Rollouts", Way.SERVICE, Writer.CONTROLLER),
        ("vpa-updater", "the VerticalPodAutoscaler", Way.SERVICE, Writer.CONTROLLER),
        ("keda-operator", "KEDA", Way.SERVICE, Writer.CONTROLLER),
        ("postgres-operator", "postgres-operator", Way.SERVICE, Writer.CONTROLLER),
        ("Go-http-client", "Go-http-client", Way.UNKNOWN, Writer.PROGRAM),
        ("OpenAPI-Generator", "OpenAPI-Generator", Way.UNKNOWN, Writer.PROGRAM),
        ("", "unknown", Way.UNKNOWN, Writer.PROGRAM),
    ],
)
def test_managers_by_their_names(manager: str, name: str, way: Way, writer: Writer) -> None:
    assert kind_of(manager) == (name, way, writer)


def test_the_name_of_a_manager_cannot_move_the_terminal() -> None:
    found = owner_of(workload(entry("evil\x1b[2J\u202e\nname", REPLICAS)), "spec.replicas")
    assert found.author
    assert found.author.who == "evil name"
