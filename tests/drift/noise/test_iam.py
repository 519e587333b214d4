"""What differs between a state and IAM without being drift, and what beside it is."""

import json
from typing import Any

import pytest
from tests.drift.noise.told import told

ROLE, POLICY, INLINE = "aws_iam_role", "aws_iam_policy", "aws_iam_role_policy"
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
