"""Callers as CloudTrail writes them down."""

from typing import Any

ACCOUNT = "123456789012"
Json = dict[str, Any]


def role(name: str, session: str, **more: Any) -> Json:
    """Somebody who took a role; `more` goes into the context of the session."""
    issuer = {
        "type": "Role",
        "principalId": "AROAEXAMPLE",
        "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "accountId": ACCOUNT,
        "userName": name,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "accountId": ACCOUNT,
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"mfaAuthenticated": "false", "creationDate": "2026-11-20T22:00:00Z"},
            **more,
        },
    }


def user(name: str) -> Json:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return {"type": "IAMUser", "arn": arn, "accountId": ACCOUNT, "userName": name}


def oidc(name: str, session: str, provider: str) -> Json:
    federation = {"federatedProvider": provider, "attributes": {}}
    return role(name, session, webIdFederationData=federation)


def service(name: str) -> Json:
    return {"type": "AWSService", "invokedBy": f"{name}.amazonaws.com"}


def linked(name: str, session: str, by: str) -> Json:
    return {**role(f"AWSServiceRoleFor{name}", session), "invokedBy": f"{by}.amazonaws.com"}


CONSOLE: Json = {"sessionCredentialFromConsole": "true", "userAgent": "AWS Internal"}
CLI: Json = {"userAgent": "aws-cli/2.17.0 md/awscrt#0.20 os/linux exec-env/none"}
TERRAFORM: Json = {
    "userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io)"
    " terraform-provider-aws/5.60.0 aws-sdk-go-v2/1.30.3"
}
JO = role("AWSReservedSSO_AdministratorAccess_0123456789abcdef", "jo@example.com")
SAM = role("ops-admin", "sam@example.com")
DEPLOY = oidc(
    "deploy",
    "GitHubActions",
    f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
)
