"""Whether a context is one of EKS, and what it tells of the cluster."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import StillClock

from sreagent.clients.eks_contexts import EksCluster
from sreagent.clients.kubernetes import connect

HOST = "0A1B2C3D4E5F60718293A4B5C6D7E8F9.gr7.eu-central-1.eks.amazonaws.com"
ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/shop-prod"


def plugin(command: str, *args: str, **env: str) -> dict[str, Any]:
    """A login program that answers at once, described as another one."""
    told = [{"name": name, "value": value} for name, value in env.items()]
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": command,
            "args": list(args),
            "env": told,
        }
    }


def found(
    folder: Path,
    *,
    server: str = "https://10.1.2.3:6443",
    cluster: str = "prod",
    context: str = "oncall",
    user: dict[str, Any] | None = None,
) -> EksCluster | None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": "me"}}],
        "clusters": [{"name": cluster, "cluster": {"server": server}}],
        "users": [{"name": "me", "user": user or {}}],
    }
    path = folder / "config"
    path.write_text(json.dumps(config), encoding="utf-8")
    return connect(kubeconfig=str(path), clock=StillClock()).eks


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A login program that gives an empty token, whatever it is told."""
    return login_program(tmp_path, "aws")


def login_program(folder: Path, name: str) -> str:
    told = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {"token": "none"},
    }
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n", encoding="utf-8")
    path.chmod(0o700)
    return str(path)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        pytest.param(
            {"server": f"https://{HOST}"}, ("", "eu-central-1", "", HOST.lower()), id="address"
        ),
        pytest.param(
            {"server": f"https://{HOST}.cn"},
            ("", "eu-central-1", "", f"{HOST.lower()}.cn"),
            id="china",
        ),
        pytest.param({"cluster": ARN}, ("shop-prod", "eu-west-1", "", ""), id="arn-of-cluster"),
        pytest.param({"context": ARN}, ("shop-prod", "eu-west-1", "", ""), id="arn-of-context"),
        pytest.param(
            {"cluster": "shop.us-east-2.eksctl.io"}, ("shop", "us-east-2", "", ""), id="eksctl"
        ),
        pytest.param(
            {"server": f"https://{HOST}", "cluster": ARN},
            ("shop-prod", "eu-central-1", "", HOST.lower()),
            id="the-address-knows-the-region",
        ),
    ],
)
def test_an_address_or_a_name_tells_a_cluster_of_eks(
    how: dict[str, Any], expected: tuple[str, ...], tmp_path: Path
) -> None:
    eks = found(tmp_path, **how)
    assert eks is not None
    assert (eks.name, eks.region, eks.profile, eks.host) == expected


@pytest.mark.parametrize(
    ("args", "env", "expected"),
    [
        pytest.param(
            ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "shop"],
            {"AWS_PROFILE": "oncall"},
            ("shop", "eu-west-1", "oncall"),
            id="as-written-by-the-aws-cli",
        ),
        pytest.param(
            ["eks", "get-token", "--cluster-name=shop", "--profile=ops"],
            {"AWS_PROFILE": "oncall"},
            ("shop", "", "ops"),
            id="with-equal-signs",
        ),
        pytest.param(
            ["exec", "prod", "--", "aws", "eks", "get-token", "--cluster-name", "shop"],
            {},
            ("shop", "", ""),
            id="through-another-program",
        ),
        pytest.param(
            ["eks", "get-token", "--cluster-name", "a b;c"], {}, ("", "", ""), id="no-name"
        ),
    ],
)
def test_a_login_program_tells_name_region_and_profile(
    args: list[str], env: dict[str, str], expected: tuple[str, ...], program: str, tmp_path: Path
) -> None:
    eks = found(tmp_path, user=plugin(program, *args, **env))
    assert eks is not None
    assert (eks.name, eks.region, eks.profile) == expected


def test_the_authenticator_of_aws_is_known_too(tmp_path: Path) -> None:
    program = login_program(tmp_path, "aws-iam-authenticator")
    eks = found(tmp_path, user=plugin(program, "token", "-i", "shop"))
    assert eks is not None
    assert eks.name == "shop"


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="any-other"),
        pytest.param({"context": "eks-prod", "cluster": "my-eks"}, id="a-name-with-eks-in-it"),
        pytest.param({"server": "https://eks.amazonaws.com.example.com"}, id="a-look-alike"),
        pytest.param({"server": "https://a.eks.amazonaws.com"}, id="no-region"),
        pytest.param({"cluster": "arn:aws:ecs:eu-west-1:123456789012:cluster/shop"}, id="ecs"),
    ],
)
def test_other_clusters_are_none_of_eks(how: dict[str, Any], tmp_path: Path) -> None:
    assert found(tmp_path, **how) is None


def test_other_login_programs_are_none_of_eks(program: str, tmp_path: Path) -> None:
    assert found(tmp_path, user=plugin(program, "token", "--cluster-name", "shop")) is None
