"""What AWS says of a cluster that it runs."""

from typing import Any

import pytest
from tests.diagnose.build import (
    NOW,
    Json,
    alert,
    app,
    crashing,
    named,
    node,
    seen,
    told,
    unschedulable,
)

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.conditions.run import findings
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Inventory, Listing

CLUSTER, GROUP, ADDON = "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::EKS::Addon"


def issue(code: str, message: str = "it is not there", *resources: str) -> Json:
    return {"code": code, "message": message, "resourceIds": list(resources)}


def described(kind: str, name: str, *issues: Json, **fields: Any) -> Json:
    meta = {"name": name, **({} if kind == CLUSTER else {"namespace": "prod"})}
    return {"kind": kind, "metadata": meta, "status": "ACTIVE", "health": {"issues": list(issues)},
            **fields}  # fmt: skip


def view(*objects: Json) -> Inventory:
    """What the cluster lists, and what AWS does."""
    inventory = seen(*(one for one in objects if not one["kind"].startswith("AWS")))
    for kind in (CLUSTER, GROUP, ADDON):
        items = tuple(one for one in objects if one["kind"] == kind)
        listing = Listing(kind=kind, namespace="", items=items, seen_at=NOW, command="aws eks")
        inventory.add(listing)
    return inventory


def of_aws(*objects: Json) -> list[Finding]:
    return [one for one in findings(view(*objects), NOW) if one.condition.startswith("eks.")]


@pytest.mark.parametrize(
    ("item", "condition", "claim", "severity", "category"),
    [
        pytest.param(
            described(CLUSTER, "prod", issue("Ec2SubnetNotFound", "a subnet is gone", "subnet-1")),
            "eks.cluster",
            "EKS cluster prod has the health issue Ec2SubnetNotFound (subnet-1): a subnet is gone",
            Severity.ERROR,
            Category.NETWORK,
            id="subnet",
        ),
        pytest.param(
            described(CLUSTER, "prod", issue("IamRoleNotFound")),
            "eks.cluster",
            "IamRoleNotFound",
            Severity.ERROR,
            Category.SECURITY,
            id="role",
        ),
        pytest.param(
            described(CLUSTER, "prod", issue("UnsupportedVersion")),
            "eks.cluster",
            "UnsupportedVersion",
            Severity.WARNING,
            Category.CONFIGURATION,
            id="old-version",
        ),
        pytest.param(
            described(CLUSTER, "prod", status="FAILED"),
            "eks.cluster",
            "the health issue FAILED: no health issue is told",
            Severity.ERROR,
            Category.CONFIGURATION,
            id="failed",
        ),
        pytest.param(
            described(GROUP, "workers", issue("InstanceLimitExceeded", "limit of 8")),
            "eks.node_group",
            "EKS node group prod/workers has the health issue InstanceLimitExceeded: limit of 8",
            Severity.ERROR,
            Category.RESOURCE,
            id="node-group",
        ),
        pytest.param(
            described(ADDON, "vpc-cni", issue("ConfigurationConflict", "conflicts found")),
            "eks.addon",
            "EKS add-on prod/vpc-cni has the health issue ConfigurationConflict: conflicts found",
            Severity.ERROR,
            Category.CONFIGURATION,
            id="add-on",
        ),
        pytest.param(
            described(ADDON, "coredns", issue("InsufficientNumberOfReplicas", "2 of 2")),
            "eks.addon_short",
            "InsufficientNumberOfReplicas",
            Severity.ERROR,
            Category.CONFIGURATION,
            id="add-on-without-pods",
        ),
    ],
)
def test_each_health_issue_is_told(
    item: Json, condition: str, claim: str, severity: Severity, category: Category
) -> None:
    [found] = of_aws(item)
    assert claim in found.claim
    told = (found.condition, found.severity, found.category, found.source)
    assert told == (condition, severity, category, "aws")


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(described(CLUSTER, "prod"), id="healthy"),
        pytest.param(described(CLUSTER, "prod", status="UPDATING"), id="under-way"),
        pytest.param(described(GROUP, "workers", health=None), id="nothing-told"),
        pytest.param(described(GROUP, "workers", health={"issues": "none"}), id="odd-shape"),
        pytest.param(described(ADDON, "coredns", health={"issues": [3, {}]}), id="odd-issues"),
    ],
)
def test_of_what_is_well_nothing_is_told(item: Json) -> None:
    assert of_aws(item) == []


def test_two_issues_are_two_findings() -> None:
    both = described(CLUSTER, "prod", issue("Ec2SubnetNotFound"), issue("KmsKeyDisabled"))
    assert [one.facts["code"] for one in of_aws(both)] == ["Ec2SubnetNotFound", "KmsKeyDisabled"]


def grouped(name: str = "node-1", *, ready: str = "True") -> Json:
    return node(name, ready=ready, labels={"eks.amazonaws.com/nodegroup": "workers"})


SICK = described(
    GROUP, "workers", issue("AsgInstanceLaunchFailures", "no capacity"),
    scalingConfig={"desiredSize": 3},
)  # fmt: skip


def test_a_node_group_explains_its_nodes_that_are_gone() -> None:
    sick = described(GROUP, "workers", issue("AutoScalingGroupNotFound"))
    objects = [*app(), grouped(ready="Unknown"), grouped("node-2")]
    found = explain(Scene(view(sick, *objects), NOW), alert("KubeNodeNotReady", node="node-1"))
    [cause] = [one for one in found.causes if one.relevant]
    assert cause.entity.path == f"{GROUP}/prod/workers"
    assert [one.path for one in cause.victims] == ["Node/node-1"]


def test_a_node_group_that_gets_no_new_nodes_does_not_explain_one_that_fails() -> None:
    [found] = of_aws(SICK, *app(), grouped(ready="Unknown"), grouped("node-2"), grouped("node-3"))
    assert "explains" not in found.facts


def pending() -> list[Json]:
    objects = app(pods=[crashing()], replicas=1)
    pod = named(objects, "Pod")
    del pod["spec"]["nodeName"]
    message = "0/1 nodes are available: 1 Insufficient cpu."
    pod["status"] = {"phase": "Pending", "conditions": [unschedulable(message)]}
    return objects


def test_a_node_group_that_gets_no_nodes_explains_pods_that_find_none() -> None:
    scene = Scene(view(SICK, *pending(), grouped()), NOW)
    found = explain(scene, alert("KubePodNotReady shop/app"))
    [cause] = [one for one in found.causes if one.relevant]
    assert cause.entity.path == f"{GROUP}/prod/workers"
    assert "it is to have 3 nodes and has 1" in cause.findings[0].claim
    assert "Deployment/shop/app" in [one.path for one in cause.victims]


def test_a_node_group_with_all_its_nodes_explains_no_pod() -> None:
    nodes = [grouped(f"node-{n}") for n in range(3)]
    [found] = of_aws(SICK, *pending(), *nodes)
    assert "explains" not in found.facts


def test_an_add_on_without_pods_points_at_what_runs_for_it() -> None:
    short = described(ADDON, "coredns", issue("InsufficientNumberOfReplicas"))
    objects = app("coredns", pods=[crashing()])
    for one in objects:
        one["metadata"]["namespace"] = "kube-system"
    [found] = told(findings(view(short, *objects), NOW), "eks.addon_short")
    assert [one.path for one in found.suspects] == ["Deployment/kube-system/coredns"]
