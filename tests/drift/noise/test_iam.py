"""What differs between a state and IAM without being drift, and what beside it is."""

import json
from typing import Any

import pytest
from tests.drift.noise.scripted import Scripted
from tests.drift.noise.told import told

from sreagent.domain.drift import Place
from sreagent.domain.errors import Forbidden
from sreagent.drift.reality.aws.iam import identities
from sreagent.drift.reality.look import Look
from sreagent.drift.reality.real import Real

ROLE, POLICY, INLINE = "aws_iam_role", "aws_iam_policy", "aws_iam_role_policy"
ATTACHED = "aws_iam_role_policy_attachment"
HERE = Place(account="123456789012", region="us-east-1")
ROOT = "arn:aws:iam::123456789012:root"


def document(principal: object, action: object = "sts:AssumeRole", **more: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusting(principal: object, **more: object) -> dict[str, Any]:
    return {"assume_role_policy": document(principal, **more)}


def allowing(resource: object, action: object = "s3:GetObject") -> dict[str, Any]:
    statement = {"Resource": resource, "Action": action, "Effect": "Allow"}
    return {"policy": json.dumps({"Statement": [statement], "Version": "2012-10-17"})}


@pytest.mark.parametrize(
    ("type_", "state", "real"),
    [
        pytest.param(
            ROLE, trusting({"AWS": "123456789012"}), trusting({"AWS": [ROOT]}), id="account-as-root"
        ),
        pytest.param(
            ROLE,
            trusting({"Service": ["a.amazonaws.com", "b.amazonaws.com"]}, Sid=""),
            trusting({"Service": ["b.amazonaws.com", "a.amazonaws.com"]}),
            id="order-and-empty-sid",
        ),
        pytest.param(
            ROLE,
            {"max_session_duration": None},
            {"max_session_duration": 3600},
            id="usual-session",
        ),
        pytest.param(ROLE, {"path": ""}, {"path": "/"}, id="usual-path"),
        pytest.param(ROLE, {"description": None}, {"description": ""}, id="no-description"),
        pytest.param(
            ROLE,
            {"managed_policy_arns": ["a", "b"]},
            {"managed_policy_arns": ["b", "a"]},
            id="order-of-attachments",
        ),
        pytest.param(
            ROLE,
            {"inline_policy": [{"name": "b", **allowing("*")}, {"name": "a", **allowing("x")}]},
            {"inline_policy": [{"name": "a", **allowing("x")}, {"name": "b", **allowing(["*"])}]},
            id="order-of-inline-policies",
        ),
        pytest.param(
            POLICY,
            allowing("*", ["s3:GetObject"]),
            allowing(["*"], "s3:getobject"),
            id="one-of-list",
        ),
        pytest.param(
            POLICY, {"attachment_count": 0, "policy_id": "A"}, {"attachment_count": 3}, id="counted"
        ),
        pytest.param(INLINE, allowing("*"), allowing(["*"]), id="written-into-a-role"),
        pytest.param(
            ROLE, {"tags_all": {"a": "b"}}, {"tags": {"a": "b", "aws:x": "y"}}, id="tags-of-aws"
        ),
    ],
)
def test_what_means_the_same_is_not_told(
    type_: str, state: dict[str, Any], real: dict[str, Any]
) -> None:
    assert told(type_, state, real) == set()


@pytest.mark.parametrize(
    ("type_", "state", "real", "paths"),
    [
        pytest.param(
            ROLE,
            trusting({"AWS": "arn:aws:iam::123456789012:role/ci"}),
            trusting({"AWS": "AROAEXAMPLEOFAROLETHATISGONE"}),
            {"assume_role_policy"},
            id="deleted-principal",
        ),
        pytest.param(
            ROLE,
            {"max_session_duration": 3600},
            {"max_session_duration": 43200},
            {"max_session_duration"},
            id="longer-session",
        ),
        pytest.param(ROLE, {"unique_id": "A"}, {"unique_id": "B"}, {"unique_id"}, id="made-anew"),
        pytest.param(ROLE, {"path": "/"}, {"path": "/ci/"}, {"path"}, id="moved"),
        pytest.param(
            ROLE,
            {"description": ""},
            {"description": "mine"},
            {"description"},
            id="described",
        ),
        pytest.param(
            ROLE,
            {"managed_policy_arns": ["a"]},
            {"managed_policy_arns": ["a", "b"]},
            {"managed_policy_arns"},
            id="attached",
        ),
        pytest.param(
            ROLE,
            {"inline_policy": [{"name": "b", **allowing("*")}, {"name": "a", **allowing("x")}]},
            {"inline_policy": [{"name": "a", **allowing("y")}, {"name": "b", **allowing("*")}]},
            {"inline_policy[1].policy"},
            id="edited-inline-policy",
        ),
        pytest.param(POLICY, allowing("a"), allowing("*"), {"policy"}, id="wider"),
        pytest.param(
            INLINE, allowing("*"), allowing("*", "s3:*"), {"policy"}, id="wider-in-a-role"
        ),
    ],
)
def test_what_differs_beside_it_is_told(
    type_: str, state: dict[str, Any], real: dict[str, Any], paths: set[str]
) -> None:
    assert told(type_, state, real) == paths


def details(kind: str, **said: object) -> dict[str, Any]:
    return {f"{kind}Name": said["name"], "Arn": f"arn:{said['name']}", f"{kind}Id": "A", **said}


def a_role(name: str, path: str = "/", **said: object) -> dict[str, Any]:
    inline = {"PolicyName": "own", "PolicyDocument": {"Statement": []}}
    parts = {"RolePolicyList": [inline], "AttachedManagedPolicies": [{"PolicyArn": "arn:p"}]}
    trust = {"AssumeRolePolicyDocument": {"Statement": []}, "Path": path}
    return details("Role", name=name, **trust, **parts, **said)


def looked(estate: Scripted, **wanted: dict[str, Any]) -> tuple[dict[tuple[str, str], Real], Look]:
    look = Look(estate=estate, place=HERE, service="iam", wanted=wanted)
    return {(each.type, each.id): each for each in identities(look)}, look


def test_all_pages_of_an_account_are_read_and_what_nobody_manages_is_folded() -> None:
    by_stack = [{"Key": "aws:cloudformation:stack-name", "Value": "x"}]
    pages = [
        {"RoleDetailList": [a_role("linked", "/aws-service-role/x/"), a_role("strange")]},
        {"RoleDetailList": [a_role("stacked", Tags=by_stack), a_role("ours")]},
        {"UserDetailList": [details("User", name="ci", Path="/")]},
    ]
    estate = Scripted({"GetAccountAuthorizationDetails": pages, "ListRoles": [{"Roles": []}]})
    found, look = looked(estate, aws_iam_role={"ours": {}})
    assert {key: real.folded for key, real in found.items() if key[0] != ATTACHED} == {
        (ROLE, "linked"): "service-linked role",
        (INLINE, "linked:own"): "service-linked role",
        (ROLE, "strange"): "",
        (INLINE, "strange:own"): "part of an unmanaged role",
        (ROLE, "stacked"): "made by CloudFormation stack x",
        (INLINE, "stacked:own"): "made by CloudFormation stack x",
        (ROLE, "ours"): "",
        # Nobody manages what was put into a role that is managed: that is to be told.
        (INLINE, "ours:own"): "",
        ("aws_iam_user", "ci"): "",
    }
    assert (ATTACHED, "ours/arn:p") in found
    assert look.gaps == []


def test_what_a_role_mirrors_is_compared_where_no_other_resource_holds_it() -> None:
    pages = [{"RoleDetailList": [a_role("whole"), a_role("apart")]}]
    estate = Scripted({"GetAccountAuthorizationDetails": pages, "ListRoles": [{"Roles": []}]})
    said = {"inline_policy": [{"name": "own", "policy": "{}"}], "managed_policy_arns": ["arn:p"]}
    found, _ = looked(
        estate,
        aws_iam_role={"whole": said, "apart": said},
        aws_iam_role_policy={"apart:own": {"role": "apart"}},
        aws_iam_role_policy_attachment={"apart/arn:p": {"role": "apart"}},
    )
    assert {key for key in found if key[0] != ROLE} == {
        (INLINE, "apart:own"),
        (ATTACHED, "apart/arn:p"),
    }
    assert said.keys() <= found[ROLE, "whole"].attributes.keys()
    assert not said.keys() & found[ROLE, "apart"].attributes.keys()


def test_what_the_list_of_roles_refuses_to_tell_is_a_gap() -> None:
    pages = [{"RoleDetailList": [a_role("ours")]}]
    refused = Forbidden("not allowed")
    estate = Scripted({"GetAccountAuthorizationDetails": pages, "ListRoles": refused})
    found, look = looked(estate, aws_iam_role={"ours": {}})
    assert "max_session_duration" not in found[ROLE, "ours"].attributes
    assert look.gaps == ["iam:ListRoles: not allowed"]
