"""Who is behind a call."""

from typing import Any

import pytest
from tests.drift.who.callers import (
    ACCOUNT,
    CLI,
    CONSOLE,
    DEPLOY,
    JO,
    SAM,
    TERRAFORM,
    linked,
    oidc,
    role,
    service,
    user,
)

from sreagent.domain.drift import Way
from sreagent.drift.who.identity import identify

BOTO = {"userAgent": "Boto3/1.34.0 md/Botocore#1.34.0 os/linux lang/python#3.11"}
ROOT = {"type": "Root", "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root"}
FEDERATED = {
    "type": "FederatedUser",
    "principalId": f"{ACCOUNT}:kim",
    "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/kim",
    "accountId": ACCOUNT,
    "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "broker"}},
}
EKS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABCDEF"
GITLAB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.example.com"
HCP = f"arn:aws:iam::{ACCOUNT}:oidc-provider/app.terraform.io"
SPACELIFT = f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.app.spacelift.io"


@pytest.mark.parametrize(
    ("caller", "record", "who", "how"),
    [
        pytest.param(ROOT, CONSOLE, f"root of account {ACCOUNT}", Way.CONSOLE, id="root"),
        pytest.param(user("jo"), CLI, "IAM user jo", Way.CLI, id="iam-user-by-cli"),
        pytest.param(user("jo"), CONSOLE, "IAM user jo", Way.CONSOLE, id="iam-user-by-console"),
        pytest.param(
            user("jo"),
            {"userAgent": "signin.amazonaws.com"},
            "IAM user jo",
            Way.CONSOLE,
            id="console-of-old-by-its-agent",
        ),
        pytest.param(
            user("jo"),
            {"userAgent": "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12]"},
            "IAM user jo",
            Way.CONSOLE,
            id="console-of-s3-by-its-agent",
        ),
        pytest.param(
            user("jenkins-deployer"),
            BOTO,
            "Jenkins as IAM user jenkins-deployer",
            Way.CI,
            id="iam-user-of-a-ci",
        ),
        pytest.param(
            JO,
            CONSOLE,
            "jo@example.com through permission set AdministratorAccess",
            Way.CONSOLE,
            id="sso-by-console",
        ),
        pytest.param(
            JO,
            CLI,
            "jo@example.com through permission set AdministratorAccess",
            Way.CLI,
            id="sso-by-cli",
        ),
        pytest.param(
            SAM, CONSOLE, "sam@example.com through role ops-admin", Way.CONSOLE, id="role-by-name"
        ),
        pytest.param(
            role("ops-admin", "botocore-session-1700000000", sourceIdentity="kim@example.com"),
            BOTO,
            "kim@example.com through role ops-admin",
            Way.CLI,
            id="source-identity-is-kept-through-roles",
        ),
        pytest.param(
            role("ops-admin", "botocore-session-1700000000"),
            BOTO,
            "role ops-admin",
            Way.CLI,
            id="session-that-a-program-named",
        ),
        pytest.param(
            role("ops-admin", "AWSCLI-Session"), CLI, "role ops-admin", Way.CLI, id="cli-session"
        ),
        pytest.param(
            JO,
            {**CONSOLE, "userAgent": "aws-cli/2.17.0 exec-env/CloudShell"},
            "jo@example.com through permission set AdministratorAccess",
            Way.CLI,
            id="cloudshell-is-a-shell",
        ),
        pytest.param(
            SAM, TERRAFORM, "sam@example.com through role ops-admin", Way.TERRAFORM, id="terraform"
        ),
        pytest.param(
            DEPLOY, TERRAFORM, "GitHub Actions in role deploy", Way.TERRAFORM, id="terraform-in-ci"
        ),
        pytest.param(DEPLOY, BOTO, "GitHub Actions in role deploy", Way.CI, id="github-by-oidc"),
        pytest.param(
            oidc("deploy", "release-42", GITLAB),
            BOTO,
            "GitLab CI (release-42) in role deploy",
            Way.CI,
            id="gitlab-by-oidc",
        ),
        pytest.param(
            oidc("deploy", "run-abc", HCP),
            {"userAgent": "Go-http-client/1.1"},
            "run-abc through role deploy",
            Way.TERRAFORM,
            id="hcp-terraform-by-oidc",
        ),
        pytest.param(
            oidc("deploy", "01HZX@stack", SPACELIFT),
            BOTO,
            "Spacelift (01HZX@stack) in role deploy",
            Way.CI,
            id="spacelift-by-oidc",
        ),
        pytest.param(
            role("atlantis", "atlantis-run"),
            BOTO,
            "Atlantis (atlantis-run) in role atlantis",
            Way.CI,
            id="atlantis-by-role",
        ),
        pytest.param(
            role("codebuild-web-service-role", "AWSCodeBuild-5d1e4a2b"),
            BOTO,
            "CodeBuild (AWSCodeBuild-5d1e4a2b) in role codebuild-web-service-role",
            Way.CI,
            id="codebuild-by-role",
        ),
        pytest.param(
            role("app", "i-0123456789abcdef0"),
            BOTO,
            "instance i-0123456789abcdef0 in role app",
            Way.SERVICE,
            id="instance-profile",
        ),
        pytest.param(
            role("janitor", "janitor-nightly"),
            {"userAgent": "Boto3/1.34 exec-env/AWS_Lambda_python3.11"},
            "a function (janitor-nightly) in role janitor",
            Way.SERVICE,
            id="function",
        ),
        pytest.param(
            oidc("lb-controller", "1700000000000000000", EKS),
            {"userAgent": "elbv2.k8s.aws/v2.8.1 aws-sdk-go/1.53"},
            "a pod in role lb-controller",
            Way.SERVICE,
            id="controller-in-a-pod",
        ),
        pytest.param(service("autoscaling"), {}, "autoscaling", Way.SERVICE, id="service"),
        pytest.param(
            {"type": "AWSService"},
            {"sourceIPAddress": "rds.amazonaws.com"},
            "rds",
            Way.SERVICE,
            id="service-by-its-address",
        ),
        pytest.param(
            linked("AutoScaling", "AutoScaling", "autoscaling"),
            {},
            "autoscaling (service-linked role AWSServiceRoleForAutoScaling)",
            Way.SERVICE,
            id="service-linked-role",
        ),
        pytest.param(
            {**SAM, "invokedBy": "cloudformation.amazonaws.com"},
            {"userAgent": "cloudformation.amazonaws.com"},
            "sam@example.com through role ops-admin, via cloudformation",
            Way.SERVICE,
            id="person-by-way-of-a-service",
        ),
        pytest.param(
            {**SAM, "invokedBy": "AWS Internal"},
            CONSOLE,
            "sam@example.com through role ops-admin",
            Way.CONSOLE,
            id="internal-tells-of-no-service",
        ),
        pytest.param(FEDERATED, CONSOLE, "federated user kim", Way.CONSOLE, id="federated"),
        pytest.param(
            {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "a1b2c3d4"}},
            {},
            "Identity Center user a1b2c3d4",
            Way.UNKNOWN,
            id="identity-center",
        ),
        pytest.param(
            {"type": "AWSAccount", "accountId": "999988887777"},
            CLI,
            "account 999988887777",
            Way.CLI,
            id="another-account",
        ),
        pytest.param(
            {"type": "SAMLUser", "userName": "lee@example.com"},
            {"userAgent": "Mozilla/5.0"},
            "lee@example.com",
            Way.CONSOLE,
            id="saml",
        ),
        pytest.param({}, {}, "unknown caller", Way.UNKNOWN, id="nothing-said"),
        pytest.param(
            {"type": ["Root"], "sessionContext": "x", "arn": 7},
            {"userAgent": {"a": 1}},
            "unknown caller",
            Way.UNKNOWN,
            id="another-shape",
        ),
    ],
)
def test_who_is_behind_a_call(caller: Any, record: dict[str, Any], who: str, how: Way) -> None:
    identity = identify({"userIdentity": caller, **record})
    assert (identity.who, identity.how) == (who, how)


def test_words_of_the_caller_cannot_move_the_terminal() -> None:
    caller = role("ops", "jo\x1b]0;owned\x07\u202e\nby root")
    assert identify({"userIdentity": caller}).who == "jo by root through role ops"


def test_a_long_name_is_cut() -> None:
    assert len(identify({"userIdentity": user("x" * 10_000)}).who) < 200


@pytest.mark.parametrize(
    ("caller", "record", "doubt"),
    [
        pytest.param(SAM, CONSOLE, "chooses the name of the session", id="session-name"),
        pytest.param(SAM, TERRAFORM, "what the program says of itself", id="user-agent"),
        pytest.param(role("jenkins", "x"), BOTO, "told by names only", id="role-name"),
        pytest.param(JO, CONSOLE, "", id="sso-is-vouched-for"),
        pytest.param(DEPLOY, BOTO, "", id="oidc-is-vouched-for"),
    ],
)
def test_what_rests_on_words_of_the_caller_is_said(
    caller: Any, record: dict[str, Any], doubt: str
) -> None:
    said = identify({"userIdentity": caller, **record}).doubt
    assert doubt in said
    assert bool(said) == bool(doubt)
