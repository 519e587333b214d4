"""`sre rbac` as a program: what it prints can be applied as it is."""

import json

import pytest
import yaml
from tests.programs import sre


def test_without_arguments_it_prints_a_diagnostician_with_its_namespace() -> None:
    done = sre("rbac")
    assert (done.code, done.err) == (0, "")
    made = list(yaml.safe_load_all(done.out))
    kinds = ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding"]
    assert [one["kind"] for one in made] == kinds
    assert made[2]["metadata"]["name"] == "sre-diagnostician"


def test_the_account_the_place_and_the_namespace_are_as_told() -> None:
    where = ("--account", "bot", "--account-namespace", "ops", "--namespace", "shop")
    made = list(yaml.safe_load_all(sre("rbac", "remediator", *where).out))
    kinds = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
    assert [one["kind"] for one in made] == kinds
    account = made[0]["metadata"]
    assert (account["name"], account["namespace"]) == ("bot", "ops")
    assert {one["metadata"]["namespace"] for one in made[3:]} == {"shop"}
    assert {one["subjects"][0]["name"] for one in made if "subjects" in one} == {"bot"}


def test_the_session_policy_is_one_json_object_and_its_size_is_told_beside_it() -> None:
    done = sre("rbac", "remediator", "--aws")
    policy = json.loads(done.out)
    assert policy["Version"] == "2012-10-17"
    assert len(done.out.strip()) <= 2048
    assert "session policy" in done.err


def test_a_policy_that_is_too_long_for_a_session_is_called_a_managed_one() -> None:
    services = ("ec2", "iam", "ssm", "lightsail", "wafv2", "redshift", "glue", "sagemaker")
    done = sre("rbac", *(word for service in services for word in ("--service", service)))
    assert 2048 < len(done.out.strip()) <= 6144
    assert "managed policy" in done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("--service", "ecss"), "'ecss'", id="unknown-service"),
        pytest.param(("owner",), "'owner'", id="unknown-role"),
        pytest.param(("--namespace", "Shop;x"), "--namespace", id="namespace-that-is-none"),
        pytest.param(("--account", "Bot!"), "--account", id="account-that-is-none"),
        pytest.param(
            ("--account-namespace", "../x"), "--account-namespace", id="place-that-is-none"
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_printed(
    words: tuple[str, ...], says: str
) -> None:
    done = sre("rbac", *words)
    assert done.code == 2
    assert done.out == ""
    assert says in done.err
