"""The API of today and that of an old cluster, and kinds that somebody else defined."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.folders import deployment, service, write
from tests.simulator.staging import ask

from sreagent.simulator import Simulation
from sreagent.simulator.kinds import OLDEST, TODAY
from sreagent.simulator.objects import Json


def head(kind: str, version: str) -> Json:
    metadata = {"name": "web", "namespace": "lab"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


JOB = {
    "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}}
}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
OBJECTS = [
    deployment("web", resources={"requests": {"cpu": "50m"}}, ports=[{"containerPort": 8080}]),
    service("web"),
    {
        **head("CronJob", "batch/v1"),
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": JOB}},
    },
    {
        **head("PodDisruptionBudget", "policy/v1"),
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    },
    {
        **head("HorizontalPodAutoscaler", "autoscaling/v2"),
        "spec": {
            "scaleTargetRef": TARGET,
            "maxReplicas": 4,
            "metrics": [{"type": "Resource", "resource": CPU}],
        },
    },
    {**head("Widget", "shop.example.com/v1"), "spec": {"size": 3}, "status": {"phase": "Stuck"}},
]


def start(tmp_path: Path, version: str) -> Simulation:
    return Simulation.start(write(tmp_path, manifests=OBJECTS), kubernetes=version)


@pytest.fixture(params=[TODAY, OLDEST], ids=["today", "old"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Simulation, str]]:
    with start(tmp_path, request.param) as simulation:
        yield simulation, request.param


def get(simulation: Simulation, path: str) -> Any:
    answer = ask(simulation, path)
    return answer.json() if answer.code == 200 else answer.code


PATHS = {
    TODAY: [
        "batch/v1/{}/cronjobs",
        "policy/v1/{}/poddisruptionbudgets",
        "autoscaling/v2/{}/horizontalpodautoscalers",
        "autoscaling/v1/{}/horizontalpodautoscalers",
        "discovery.k8s.io/v1/{}/endpointslices",
    ],
    OLDEST: [
        "batch/v1beta1/{}/cronjobs",
        "policy/v1beta1/{}/poddisruptionbudgets",
        "autoscaling/v2beta2/{}/horizontalpodautoscalers",
        "autoscaling/v1/{}/horizontalpodautoscalers",
        "discovery.k8s.io/v1beta1/{}/endpointslices",
    ],
}


def test_each_version_serves_its_own_spelling_and_no_other(
    served: tuple[Simulation, str],
) -> None:
    simulation, version = served
    assert get(simulation, "/version")["gitVersion"] == version
    (other,) = set(PATHS) - {version}
    for path in PATHS[version]:
        told = get(simulation, "/apis/" + path.format("namespaces/lab"))
        assert len(told["items"]) == 1, path
        assert told["items"][0]["apiVersion"] == "/".join(path.split("/")[:2])
    for path in set(PATHS[other]) - set(PATHS[version]):
        assert get(simulation, "/apis/" + path.format("namespaces/lab")) == 404, path


def test_what_is_listed_is_what_can_be_asked_for(served: tuple[Simulation, str]) -> None:
    simulation, _ = served
    groups = get(simulation, "/apis")["groups"]
    names = [group["name"] for group in groups]
    assert len(names) == len(set(names))
    for group in groups:
        for each in group["versions"]:
            listed = get(simulation, f"/apis/{each['groupVersion']}")
            assert listed["resources"], each


def test_old_shapes_say_the_same_in_other_fields(tmp_path: Path) -> None:
    with start(tmp_path, OLDEST) as simulation:
        place = "/apis/{}/namespaces/lab/{}"
        (scaler,) = get(simulation, place.format("autoscaling/v1", "horizontalpodautoscalers"))[
            "items"
        ]
        assert scaler["spec"]["targetCPUUtilizationPercentage"] == 70
        assert "metrics" not in scaler["spec"]
        (slice_,) = get(simulation, place.format("discovery.k8s.io/v1beta1", "endpointslices"))[
            "items"
        ]
        (endpoint,) = slice_["endpoints"]
        assert endpoint["topology"]["kubernetes.io/hostname"].startswith("node-")
        assert "nodeName" not in endpoint


def test_an_old_spelling_is_kept_as_the_new_one(tmp_path: Path) -> None:
    with start(tmp_path, OLDEST) as simulation:
        path = "/apis/autoscaling/v1/namespaces/lab/horizontalpodautoscalers/web"
        body = {"spec": {"targetCPUUtilizationPercentage": 55}}
        merge = {"Content-Type": "application/merge-patch+json"}
        ask(simulation, path, method="PATCH", body=body, headers=merge)
        new = get(simulation, path.replace("/v1/", "/v2beta2/"))
        target = new["spec"]["metrics"][0]["resource"]["target"]
        assert target["averageUtilization"] == 55


def test_a_kind_that_nobody_defined_is_served_as_it_is_written(
    served: tuple[Simulation, str],
) -> None:
    simulation, _ = served
    (widget,) = get(simulation, "/apis/shop.example.com/v1/namespaces/lab/widgets")["items"]
    assert (widget["spec"], widget["status"]) == ({"size": 3}, {"phase": "Stuck"})
    listed = get(simulation, "/apis/shop.example.com/v1")["resources"]
    assert listed[0]["name"] == "widgets"


def test_a_definition_names_its_kind_and_its_versions(tmp_path: Path) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "geese.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"plural": "geese", "kind": "Goose", "shortNames": ["gs"]},
            "versions": [{"name": "v1beta1", "served": True}, {"name": "v1", "served": True}],
        },
    }
    goose = {"apiVersion": "example.com/v1", "kind": "Goose", "metadata": {"name": "gray"}}
    with Simulation.start(write(tmp_path, manifests=[definition, goose])) as simulation:
        for version in ("v1", "v1beta1"):
            (found,) = get(simulation, f"/apis/example.com/{version}/geese")["items"]
            assert found["apiVersion"] == f"example.com/{version}"
        told = get(simulation, "/apis/example.com")
        assert told["preferredVersion"]["version"] == "v1"
