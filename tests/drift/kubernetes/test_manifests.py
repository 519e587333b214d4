"""What a state says, as a manifest: names, numbers, blocks, and what is left out."""

import re
from typing import Any

import pytest
from kubernetes.client import models
from tests.drift.kubernetes import states

from sreagent.drift.reality.kubernetes.fields import attribute_of, field_of, types
from sreagent.drift.reality.kubernetes.manifests import of_manifest, stated


def body(type_: str, attributes: states.Attributes) -> dict[str, Any]:
    found = stated(type_, attributes)
    assert found is not None
    return dict(found.manifest)


def test_a_deployment_says_what_its_state_says_and_no_more() -> None:
    spec = body("kubernetes_deployment", states.deployment())["spec"]
    assert spec["replicas"] == 3
    assert spec["selector"] == {"matchLabels": {"app": "api"}}
    pod = spec["template"]["spec"]
    assert "activeDeadlineSeconds" not in pod
    assert "affinity" not in pod
    assert pod["hostPID"] is False
    (app,) = pod["containers"]
    assert app["ports"] == [
        {"containerPort": 8080, "name": "http", "protocol": "TCP"},
        {"containerPort": 9090, "name": "metrics", "protocol": "TCP"},
    ]
    assert app["env"][1] == {"name": "EMPTY"}
    assert app["env"][2]["valueFrom"] == {
        "secretKeyRef": {"key": "pw", "name": "db", "optional": False}
    }
    assert app["livenessProbe"]["httpGet"]["port"] == "http"
    assert app["readinessProbe"]["httpGet"]["port"] == 8080
    assert app["securityContext"]["runAsUser"] == 1000
    assert "runAsGroup" not in app["securityContext"]
    assert pod["volumes"][0]["configMap"]["defaultMode"] == 0o644
    assert pod["volumes"][1]["emptyDir"] == {"sizeLimit": "1Gi"}


def test_an_empty_block_says_something() -> None:
    manifest = body(
        "kubernetes_network_policy_v1", states.everything()["kubernetes_network_policy_v1"]
    )
    assert manifest["spec"]["podSelector"] == {}
    assert manifest["spec"]["ingress"][0]["from"][1] == {"namespaceSelector": {}}


@pytest.mark.parametrize(
    ("type_", "path", "value"),
    [
        pytest.param("kubernetes_daemonset", "spec.updateStrategy.type", "RollingUpdate",
                     id="strategy of a daemon set"),
        pytest.param("kubernetes_storage_class_v1", "provisioner", "ebs.csi.test",
                     id="provisioner"),
        pytest.param("kubernetes_persistent_volume_v1", "spec.nfs.server", "nfs.test",
                     id="source of a volume"),
        pytest.param("kubernetes_service_account_v1", "imagePullSecrets.0.name", "registry",
                     id="secrets to pull with"),
        pytest.param("kubernetes_cluster_role_v1", "rules.1.nonResourceURLs", ["/metrics"],
                     id="addresses"),
        pytest.param("kubernetes_horizontal_pod_autoscaler_v1",
                     "spec.targetCPUUtilizationPercentage", 80, id="share of the CPU"),
        pytest.param("kubernetes_horizontal_pod_autoscaler_v2",
                     "spec.metrics.0.resource.target.averageValue", "1024Mi", id="metric"),
        pytest.param("kubernetes_cron_job_v1", "spec.failedJobsHistoryLimit", 0,
                     id="a zero that says something"),
        pytest.param("kubernetes_cron_job_v1", "spec.startingDeadlineSeconds", None,
                     id="a zero that says nothing"),
        pytest.param("kubernetes_role_binding_v1", "subjects.1.namespace", None,
                     id="a user has no namespace"),
        pytest.param("kubernetes_role_binding_v1", "subjects.0.namespace", "drift",
                     id="an account has one"),
        pytest.param("kubernetes_service", "spec.allocateLoadBalancerNodePorts", None,
                     id="only of load balancers"),
        pytest.param("kubernetes_service", "spec.ports.0.nodePort", None, id="a port to be given"),
        pytest.param("kubernetes_ingress_v1", "spec.rules.0.http.paths.0.backend.service.port",
                     {"number": 80}, id="port of a backend"),
        pytest.param("kubernetes_pod_disruption_budget_v1", "spec.minAvailable", "50%",
                     id="a share"),
        pytest.param("kubernetes_config_map", "data.empty", "", id="an empty text is data"),
        pytest.param("kubernetes_config_map", "binaryData.blob", "AAEC", id="bytes"),
    ],
)  # fmt: skip
def test_fields_are_called_as_kubernetes_calls_them(type_: str, path: str, value: object) -> None:
    found: Any = body(type_, states.everything()[type_])
    for name in path.split("."):
        found = found[int(name)] if isinstance(found, list) else found.get(name)
    assert found == value


@pytest.mark.parametrize("version", ["", "_v1", "_v2", "_v1beta1"])
def test_all_versions_of_a_type_are_one_kind(version: str) -> None:
    attributes = states.everything()["kubernetes_pod_disruption_budget_v1"]
    found = stated(f"kubernetes_pod_disruption_budget{version}", attributes)
    assert found is not None
    assert (found.group, found.kind, found.versions) == (
        "policy",
        "PodDisruptionBudget",
        ("v1", "v1beta1"),
    )


def test_an_ingress_of_the_first_version_has_its_own_backend() -> None:
    backend = [{"service_name": "api", "service_port": "80", "resource": []}]
    rule = {"host": "x.test", "http": [{"path": [{"path": "/", "backend": backend}]}]}
    spec = {"backend": [], "ingress_class_name": "", "rule": [rule], "tls": []}
    found = stated("kubernetes_ingress", {"metadata": states.metadata("x"), "spec": [spec]})
    assert found is not None
    assert found.versions == ("v1beta1",)
    paths = found.manifest["spec"]["rules"][0]["http"]["paths"]
    assert paths[0]["backend"] == {"serviceName": "api", "servicePort": 80}


@pytest.mark.parametrize(
    ("type_", "attributes"),
    [
        pytest.param("kubernetes_env", {"container": "app"}, id="part of a container"),
        pytest.param("kubernetes_manifest", {"manifest": None}, id="no manifest"),
        pytest.param("kubernetes_manifest", {"manifest": {"kind": "X"}}, id="no name"),
        pytest.param("kubernetes_service", {"metadata": []}, id="no metadata"),
        pytest.param("kubernetes_service", {"metadata": [{"name": ""}]}, id="an empty name"),
        pytest.param("kubernetes_service", {"metadata": "x", "spec": 3}, id="another shape"),
    ],
)
def test_what_makes_no_object_says_nothing(type_: str, attributes: states.Attributes) -> None:
    assert stated(type_, attributes) is None


@pytest.mark.parametrize(
    ("type_", "attributes", "metadata"),
    [
        pytest.param(
            "kubernetes_labels",
            {"api_version": "v1", "kind": "Namespace", "labels": {"a": "b"},
             "metadata": [{"name": "shop", "namespace": ""}]},
            {"name": "shop", "labels": {"a": "b"}},
            id="labels",
        ),
        pytest.param(
            "kubernetes_annotations",
            {"api_version": "apps/v1", "kind": "Deployment", "annotations": {"a": "b"},
             "metadata": [{"name": "x", "namespace": "shop"}]},
            {"name": "x", "namespace": "shop", "annotations": {"a": "b"}},
            id="annotations",
        ),
    ],
)  # fmt: skip
def test_parts_of_objects_say_nothing_of_the_rest(
    type_: str, attributes: states.Attributes, metadata: states.Attributes
) -> None:
    found = stated(type_, attributes)
    assert found is not None
    assert found.partial
    assert found.manifest["metadata"] == metadata


def test_values_of_secrets_are_hashes_in_all_their_spellings() -> None:
    attributes = {"metadata": states.metadata("s"), "type": "Opaque"}
    plain = body("kubernetes_secret", {**attributes, "data": {"k": "Grüße"}})
    binary = body("kubernetes_secret", {**attributes, "binary_data": {"k": "R3LDvMOfZQ=="}})
    texts = body_of({"stringData": {"k": "Grüße"}})
    encoded = body_of({"data": {"k": "R3LDvMOfZQ=="}})
    assert plain["data"] == binary["data"] == texts["data"] == encoded["data"]
    assert plain["data"]["k"].startswith("sha256:")
    assert "stringData" not in texts


def body_of(said: dict[str, Any]) -> dict[str, Any]:
    found = of_manifest({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **said})
    assert found is not None
    return dict(found.manifest)


def test_a_token_that_a_controller_fills_in_is_not_stated() -> None:
    attributes = {
        "metadata": states.metadata("s"),
        "type": "kubernetes.io/service-account-token",
        "data": {"token": "x"},
    }
    assert "data" not in body("kubernetes_secret_v1", attributes)


@pytest.mark.parametrize(
    "key",
    ["kubectl.kubernetes.io/restartedAt", "deployment.kubernetes.io/revision", "meta.helm.sh/x"],
)
def test_what_tools_keep_for_themselves_is_not_stated(key: str) -> None:
    attributes = states.deployment()
    attributes["metadata"][0]["annotations"] = {key: "x", "owner": "jo"}
    attributes["spec"][0]["template"][0]["metadata"][0]["annotations"] = {key: "x"}
    manifest = body("kubernetes_deployment", attributes)
    assert manifest["metadata"]["annotations"] == {"owner": "jo"}
    assert manifest["spec"]["template"]["metadata"].get("annotations", {}) == {}


def test_words_of_config_maps_are_data_whatever_they_are() -> None:
    data = {"serviceAccount": "x", "labels": "y", "status": "z", "volumeName": "v"}
    attributes = {"metadata": states.metadata("c"), "data": data}
    assert body("kubernetes_config_map", attributes)["data"] == data


def test_an_object_of_an_extension_is_what_its_manifest_says() -> None:
    spec = {"serviceAccount": "x", "count": 0, "off": False, "none": None, "list": []}
    said = {
        "apiVersion": "x.test/v1",
        "kind": "Thing",
        "metadata": {"name": "t", "namespace": "shop"},
        "spec": spec,
        "status": {"phase": "x"},
    }
    found = of_manifest(said)
    assert found is not None
    assert (found.group, found.kind, found.versions, found.type) == ("x.test", "Thing", ("v1",), "")
    assert found.manifest["spec"] == {k: each for k, each in spec.items() if k != "none"}
    assert "status" not in found.manifest


def test_the_table_of_fields_is_that_of_the_official_client() -> None:
    by_name: dict[str, str] = {}
    for name in dir(models):
        plain = re.sub(r"V[12](?=[A-Z])", "", name, count=1)
        is_old = name.startswith("V1HorizontalPodAutoscaler")
        by_name[f"{plain}V1" if is_old else plain] = name
    known = {name: fields for name, fields in types().items() if "Beta" not in name}
    for name, fields in known.items():
        model = getattr(models, by_name[name])
        camel = {each: snake for snake, each in model.attribute_map.items()}
        for field in fields.values():
            kind = model.openapi_types[camel[field.name]]
            assert (field.form == "*") == kind.startswith(("list[", "List[")), (name, field)
            assert (field.form == "%") == kind.startswith(("dict(", "Dict[")), (name, field)


def test_every_attribute_name_leads_back_to_its_field() -> None:
    for name, fields in types().items():
        for field in fields.values():
            attribute = attribute_of(name, field.name)
            assert field_of(name, attribute) == field, (name, field.name, attribute)


def test_what_code_says_is_computed_is_not_stated() -> None:
    attributes = states.manifest_of("ConfigMap")
    attributes["computed_fields"] = ["metadata.labels", "data.mode"]
    manifest = body("kubernetes_manifest", attributes)
    assert manifest["data"] == {"zero": "0"}
    assert manifest["metadata"]["labels"] == {"app": "by-hand"}
