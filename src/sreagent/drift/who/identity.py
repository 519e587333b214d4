"""Who is behind a call, and by which way it came."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.drift import Way
from sreagent.domain.text import one_line
from sreagent.drift.who.event import Record

_SSO = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_LINKED = re.compile(r"AWSServiceRoleFor(\w+)")
_ROLE_ARN = re.compile(r":assumed-role/([^/]+)/(.+)")
_INSTANCE = re.compile(r"m?i-[0-9a-f]{8,17}")
_MACHINE = re.compile(
    r"\d{6,}|[0-9a-f]{16,}|[0-9a-f-]{36}|botocore-session.*|aws-?(?:go-)?sdk.*|aws-?cli.*|session.*"
    r"|aws-(?:go|java|js|ruby|php|dotnet)\b.*|assume-?role.*|default|.*-session-\d+|\d+-.*",
    re.IGNORECASE,
)
"""Names of sessions that a program makes up."""
_PROVIDERS = {
    "token.actions.githubusercontent.com": "GitHub Actions",
    "gitlab": "GitLab CI",
    "circleci.com": "CircleCI",
    "bitbucket.org": "Bitbucket Pipelines",
    "buildkite.com": "Buildkite",
    "spacelift": "Spacelift",
    "env0": "env0",
    "dev.azure.com": "Azure Pipelines",
    "scalr": "Scalr",
}
"""Who vouches for a job of a CI: parts of the OIDC provider's address."""
_CI = {
    "github": "GitHub Actions",
    "gitlab": "GitLab CI",
    "jenkins": "Jenkins",
    "atlantis": "Atlantis",
    "spacelift": "Spacelift",
    "codebuild": "CodeBuild",
    "codepipeline": "CodePipeline",
    "codedeploy": "CodeDeploy",
    "circleci": "CircleCI",
    "buildkite": "Buildkite",
    "bitbucket": "Bitbucket Pipelines",
    "teamcity": "TeamCity",
    "bamboo": "Bamboo",
    "azuredevops": "Azure Pipelines",
    "azure-devops": "Azure Pipelines",
    "vsts": "Azure Pipelines",
    "argocd": "Argo CD",
    "argo-cd": "Argo CD",
    "drone-ci": "Drone",
    "harness": "Harness",
    "env0": "env0",
    "scalr": "Scalr",
    "tekton": "Tekton",
    "concourse": "Concourse",
}
_TERRAFORM = re.compile(r"terraform|opentofu|hashicorp/", re.IGNORECASE)
_HCP = re.compile(r"app\.terraform\.io")
_CONSOLE = re.compile(
    r"signin\.amazonaws|console\.(?:[\w-]+\.)?amazonaws|S3Console|AWSConsole|aws-console|Mozilla/",
    re.IGNORECASE,
)
_CLI = re.compile(
    r"aws-cli|aws-sdk|boto|AWSPowerShell|eksctl|kubectl|pulumi|ansible|cloudshell|python|curl|cdk"
    r"|steampipe|s3cmd|rclone|Go-http-client|k9s|aws-vault|sreagent",
    re.IGNORECASE,
)
_COMPUTE = re.compile(r"exec-env/(AWS_Lambda|AWS_ECS)\w*")
_EKS = re.compile(r"oidc\.eks\.")
_NOBODY = ("", "AWS Internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who made a call."""

    who: str
    """`jo@example.com through role ops-admin`."""
    how: Way
    doubt: str = ""
    """What of it rests on words that the caller chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """The parts of a record that tell of the caller, made safe to show."""

    type: str
    user: str
    role: str
    session: str
    source: str
    """The source identity: set once, kept through all roles."""
    account: str
    provider: str
    invoked_by: str
    agent: str
    address: str
    from_console: bool
    on_behalf_of: str

    @property
    def sso(self) -> str:
        """The permission set, for a role of IAM Identity Center."""
        found = _SSO.fullmatch(self.role)
        return found[1] if found else ""


def identify(record: Record) -> Identity:
    """Who is behind the record of a call. Says `unknown caller` where nothing tells."""
    said = _read(record)
    if service := _service(said):
        return Identity(who=service, how=Way.SERVICE)
    how, runner = _way(said)
    who = _named(said, runner)
    via = _via(said)
    if via:
        who, how = f"{who}, via {via}", Way.SERVICE
    return Identity(who=who, how=how, doubt=_doubt(said, how, runner))


def _read(record: Record) -> _Said:
    identity = _map(record.get("userIdentity"))
    context = _map(identity.get("sessionContext"))
    issuer = _map(context.get("sessionIssuer"))
    is_role = issuer.get("type", "Role") == "Role"
    arn = _word(identity.get("arn"))
    found = _ROLE_ARN.search(arn)
    principal = _word(identity.get("principalId"))
    return _Said(
        type=_word(identity.get("type")),
        user=_word(identity.get("userName")),
        role=(_word(issuer.get("userName")) if is_role else "") or (found[1] if found else ""),
        session=found[2] if found else principal.partition(":")[2],
        source=_word(context.get("sourceIdentity") or identity.get("sourceIdentity")),
        account=_word(identity.get("accountId")),
        provider=_word(_map(context.get("webIdFederationData")).get("federatedProvider"))
        or _word(identity.get("identityProvider")),
        invoked_by=_word(identity.get("invokedBy")),
        agent=_word(record.get("userAgent"), 400),
        address=_word(record.get("sourceIPAddress")),
        from_console=str(record.get("sessionCredentialFromConsole")).lower() == "true"
        or str(record.get("eventType")) in ("AwsConsoleAction", "AwsConsoleSignIn"),
        on_behalf_of=_word(_map(identity.get("onBehalfOf")).get("userId")),
    )


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: object, limit: int = 128) -> str:
    return one_line(value, limit) if isinstance(value, str) else ""


def _service(said: _Said) -> str:
    """The service of AWS that acts by itself; empty when somebody else is behind the call."""
    linked = _LINKED.search(said.role) or _LINKED.search(said.user)
    name = said.invoked_by.removesuffix(".amazonaws.com") if _via(said) else ""
    if linked:
        return f"{name or linked[1]} (service-linked role {linked[0]})"
    if said.type == "AWSService":
        return name or said.address.removesuffix(".amazonaws.com") or "a service of AWS"
    return ""


def _via(said: _Said) -> str:
    """The service that acts for somebody; the word `AWS Internal` tells of none."""
    if said.invoked_by in _NOBODY or "console" in said.invoked_by or "signin" in said.invoked_by:
        return ""
    return said.invoked_by.removesuffix(".amazonaws.com")


def _way(said: _Said) -> tuple[Way, str]:
    """By which way, and what ran it: `GitHub Actions`."""
    runner = _runner(said)
    computing = _COMPUTE.search(said.agent)
    from_console = said.from_console and not _CLI.search(said.agent)
    signs = (
        (_TERRAFORM.search(said.agent) or _HCP.search(said.provider), Way.TERRAFORM, runner),
        (_EKS.search(said.provider), Way.SERVICE, "a pod"),
        (_first(_PROVIDERS, said.provider), Way.CI, runner),
        (from_console, Way.CONSOLE, ""),
        (runner, Way.CI, runner),
        (_CONSOLE.search(said.agent), Way.CONSOLE, ""),
        (computing, Way.SERVICE, "a task" if computing and "ECS" in computing[1] else "a function"),
        (said.role and _INSTANCE.fullmatch(said.session), Way.SERVICE, ""),
        (_CLI.search(said.agent), Way.CLI, ""),
    )
    return next(((how, what) for sign, how, what in signs if sign), (Way.UNKNOWN, ""))


def _runner(said: _Said) -> str:
    """The CI whose name stands with the provider, the role, the session, the user or the agent."""
    if vouched := _first(_PROVIDERS, said.provider):
        return vouched
    texts = (said.agent, said.role, said.session, said.user, said.source)
    return next((name for text in texts if (name := _first(_CI, text))), "")


def _first(known: Mapping[str, str], text: str) -> str:
    lowered = text.lower()
    return next((name for word, name in known.items() if word in lowered), "")


def _named(said: _Said, runner: str) -> str:
    if said.role:
        return _of_role(said, runner)
    account = f"account {said.account}" if said.account else "unknown caller"
    name = said.user or said.session or said.on_behalf_of
    named = {
        "Root": f"root of {account}",
        "IAMUser": f"{runner} as IAM user {name}" if runner else f"IAM user {name}",
        "FederatedUser": f"federated user {said.session or name}",
        "IdentityCenterUser": f"Identity Center user {name}",
        "AWSAccount": account,
    }
    return named.get(said.type) or name or account


def _of_role(said: _Said, runner: str) -> str:
    role = f"permission set {said.sso}" if said.sso else f"role {said.role}"
    person = said.source or (said.session if _is_telling(said, runner) else "")
    if runner:
        return f"{runner} ({person}) in {role}" if person else f"{runner} in {role}"
    if _INSTANCE.fullmatch(said.session):
        return f"instance {said.session} in {role}"
    if person:
        return f"{person} through {role}"
    if said.on_behalf_of:
        return f"Identity Center user {said.on_behalf_of} through {role}"
    return role


def _is_telling(said: _Said, runner: str) -> bool:
    """Whether the session bears the name of somebody, not one that a program made up."""
    if not said.session or said.session == said.role:
        return False
    plain = re.sub(r"[^a-z]", "", said.session.lower())
    if runner and plain == re.sub(r"[^a-z]", "", runner.lower()):
        return False
    return bool(said.sso) or not _MACHINE.fullmatch(said.session)


def _doubt(said: _Said, how: Way, runner: str) -> str:
    """Names of sessions and programs are chosen by the caller; AWS vouches for the rest."""
    if how is Way.TERRAFORM and not _HCP.search(said.provider):
        return "that it was Terraform is what the program says of itself"
    if runner and how is Way.CI and not _first(_PROVIDERS, said.provider):
        return f"that it was {runner} is told by names only"
    chosen = said.type == "AssumedRole" and not said.source and not said.sso
    if chosen and how is not Way.SERVICE and _is_telling(said, runner):
        return "who takes the role chooses the name of the session"
    return ""
