"""Understands an aws line: a read of the on-call list, a change of the catalogue, or neither."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from sreagent.domain.action import Action
from sreagent.domain.command import AwsRead, Refusal
from sreagent.tools.aws.operations import (
    READING,
    Known,
    known,
    on_call,
    operation_named,
    services,
    waiters,
)
from sreagent.tools.lines.aws_changes import CHANGES, parse_change
from sreagent.tools.lines.aws_customs import parse_emr_clusters, parse_logs_tail, parse_s3_ls
from sreagent.tools.lines.aws_flags import Line, locate
from sreagent.tools.lines.aws_reads import named, parse_read, parse_wait
from sreagent.tools.lines.objection import Objection, Rule

RENAMED = {"s3api": "s3", "deploy": "codedeploy", "configservice": "config"}
"""Services that the command line names otherwise than boto3."""

_SPELLED = {name: command for command, name in RENAMED.items()}
_CUSTOMS: Mapping[tuple[str, str], Callable[[Line], AwsRead]] = {
    ("s3", "ls"): parse_s3_ls,
    ("emr", "list-clusters"): parse_emr_clusters,
    ("logs", "tail"): parse_logs_tail,
}
_LOCAL = frozenset({"configure", "login", "logout", "history", "sso", "cli-dev"})
_OBJECTS = frozenset({"cp", "mv", "sync", "rm", "mb", "rb", "website"})
_DRY_RUN = (
    "{action} is not tried out: to see whether it is permitted write aws iam "
    "simulate-principal-policy --policy-source-arn ARN --action-names {action}"
)
_SLIPS = {
    "alb": "elbv2",
    "asg": "autoscaling",
    "cloudwatch-logs": "logs",
    "elasticsearch": "es, opensearch",
    "eventbridge": "events",
    "k8s": "eks",
    "kubernetes": "eks",
    "nlb": "elbv2",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}
"""What people write for a service."""

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SKELETON = "--generate-cli-skeleton"
_SKELETONS = ("input", "output", "yaml-input")

_CREDENTIALS = frozenset(
    {
        *(("eks", "get-token"), ("eks", "update-kubeconfig"), ("s3", "presign")),
        *(("ecr", "get-login"), ("ecr", "get-login-password"), ("codeartifact", "login")),
        *(("ecr-public", "get-login-password"), ("rds", "generate-db-auth-token")),
        *(("cloudfront", "sign"), ("dsql", "generate-db-connect-auth-token")),
        *(("dsql", "generate-db-connect-admin-auth-token"), ("ec2", "get-password-data")),
        *(("ecr", "get-authorization-token"), ("sts", "get-session-token")),
        *(("acm", "export-certificate"), ("apigateway", "get-api-keys")),
        *(("redshift", "get-cluster-credentials"), ("sts", "get-federation-token")),
    }
)
"""Commands that make or show a credential; some ask no API at all."""

_INSTEAD = {
    ("cloudformation", "get-template"): "get-template-summary or list-stack-resources",
    ("codebuild", "batch-get-projects"): "list-builds-for-project, batch-get-builds",
    ("dynamodb", "scan"): "describe-table",
    ("dynamodb", "query"): "describe-table",
    ("dynamodb", "get-item"): "describe-table",
    ("kinesis", "get-records"): "describe-stream-summary",
    ("lambda", "get-function"): "get-function-configuration",
    ("logs", "start-query"): "filter-log-events",
    ("s3", "get-object"): "head-object",
    ("secretsmanager", "get-secret-value"): "describe-secret",
    ("sqs", "receive-message"): "get-queue-attributes",
    ("ssm", "get-parameter"): "describe-parameters",
    ("ssm", "get-parameters"): "describe-parameters",
    ("ssm", "get-parameters-by-path"): "describe-parameters",
}
"""Reads that are not on the on-call list, and which one tells most of it."""


def parse_aws(words: Sequence[str]) -> AwsRead | Action | Refusal:
    """What the words of an aws line mean; the first one is the program."""
    try:
        return _parse(words)
    except Objection as objection:
        return objection.refusal


def service_of(name: str) -> str:
    """A service as the command line names it, from boto3's name."""
    return _SPELLED.get(name, name)


def _parse(words: Sequence[str]) -> AwsRead | Action:
    if tuple(words[1:]) == ("--version",):
        return AwsRead(service="", operation="version")
    line = locate(words)
    if line.service == "help" and not line.command:
        return AwsRead(service="", operation="help")
    if not line.service:
        raise Objection(Rule.VERB, "name a service and an operation: aws ec2 describe-instances")
    service = _service(line.service)
    if line.command == "help" and not line.rest:
        return AwsRead(service=service, operation="help")
    if not line.command:
        raise Objection(Rule.VERB, f"name an operation: {_examples(service)}")
    if line.rest == ("help",) or _SKELETON in line.rest:
        return _help(service, line)
    return _command(service, line)


def _command(service: str, line: Line) -> AwsRead | Action:
    spelled = line.service, line.command
    if custom := _CUSTOMS.get(spelled):
        return custom(line)
    if line.command == "wait":
        return _wait(service, line)
    if change := CHANGES.get(spelled):
        return parse_change(change, line)
    name = on_call(service).get(line.command)
    operation = operation_named(service, name) if name and line.service != "s3" else None
    if operation is None:
        raise _refused(service, line)
    return parse_read(operation, line)


def _service(name: str) -> str:
    """A service as boto3 names it."""
    if name in RENAMED:
        return RENAMED[name]
    if name in ("codedeploy", "config"):
        raise Objection(Rule.VERB, f"there is no `aws {name}`: write aws {_SPELLED[name]}")
    if name in _LOCAL:
        reason = (
            f"`aws {name}` is about this machine and its credentials: write aws sts "
            "get-caller-identity to see who asks"
        )
        raise Objection(Rule.SECRET, reason)
    if name not in services():
        near = _SLIPS.get(name) or ", ".join(_alike(name, [*services(), *RENAMED], 3))
        raise Objection(Rule.VERB, f"AWS has no service {name[:40]!r}: {near or 'ec2, ecs, rds'}?")
    return name


def _help(service: str, line: Line) -> AwsRead:
    """What an operation takes; nothing is sent."""
    rest = tuple(word for word in line.rest if word != _SKELETON)
    if rest not in ((), ("help",), *((kind,) for kind in _SKELETONS)):
        raise Objection(Rule.FLAG, f"write {_SKELETON} alone: it sends nothing")
    operation = known(service, line.command)
    if operation:
        return AwsRead(service=service, operation="help", options={"operation": operation.name})
    spelled = line.service, line.command
    custom = spelled in _CUSTOMS or spelled in _CREDENTIALS or line.command in {*_OBJECTS, "wait"}
    if not custom:
        raise _refused(service, line)
    return AwsRead(service=service, operation="help")


def _wait(service: str, line: Line) -> AwsRead:
    waiter = next((word for word in line.rest if not word.startswith("-")), "")
    name = waiters(service).get(waiter)
    if name is None:
        known_ones = ", ".join(sorted(waiters(service))) or "nothing"
        reason = f"{line.service} cannot wait for {waiter[:40]!r} here; it can for {known_ones}"
        raise Objection(Rule.VERB, reason)
    return parse_wait(named(service, name), waiter, line)


def _refused(service: str, line: Line) -> Objection:
    """Why a command is neither a read nor a change."""
    what = f"aws {line.service} {line.command[:60]}"
    if {(service, line.command), (line.service, line.command)} & _CREDENTIALS:
        reason = f"{what} makes or shows a credential: it is never run"
        return Objection(Rule.SECRET, reason)
    if line.service == "s3" and line.command in _OBJECTS:
        reason = f"{what} moves data: write aws s3 ls s3://BUCKET/PREFIX, or aws s3api head-object"
        return Objection(Rule.CATALOGUE, reason)
    operation = known(service, line.command)
    if line.service == "s3":
        instead = f"aws s3api {line.command}" if operation else "aws s3 ls s3://BUCKET/PREFIX"
        return Objection(Rule.VERB, f"{what} is no command: write {instead}")
    if operation is None:
        return Objection(Rule.VERB, f"{what} is not known here{_near(service, line.command)}")
    return _by_level(service, operation, line)


def _by_level(service: str, operation: Known, line: Line) -> Objection:
    """Why an operation that IAM knows is neither."""
    if operation.level in READING:
        return Objection(Rule.SECRET, _not_listed(service, operation, line.command))
    action = f"{service}:{operation.name}"
    if "--dry-run" in line.rest:
        return Objection(Rule.DRY_RUN, _DRY_RUN.format(action=action))
    reason = f"{action} is no read (IAM level {operation.level}) and no verb of the catalogue"
    return Objection(Rule.CATALOGUE, f"{reason}: propose it to a person")


def _not_listed(service: str, operation: Known, command: str) -> str:
    reason = (
        f"{service}:{operation.name} only reads (IAM level {operation.level}), but is not on the "
        "on-call list: its answer may be a credential, a customer's data or code"
    )
    instead = _INSTEAD.get((service, command))
    return f"{reason}; write {instead}" if instead else reason


def _near(service: str, command: str) -> str:
    spelled = "-".join(_CAPITAL.split(command.replace("_", "-"))).lower()
    rest = spelled.partition("-")[2]
    same = [f"{verb}-{rest}" for verb in ("describe", "list", "get")]
    near = [name for name in same if name in on_call(service)] or _alike(
        spelled, on_call(service), 6
    )
    return f": {', '.join(near)}?" if near else f": {_examples(service)}"


def _alike(word: str, names: Iterable[str], least: int) -> list[str]:
    """At most three names that begin most like a word, the shortest first."""
    known_names = list(names)
    for end in range(min(len(word), 60), least - 1, -1):
        found = [name for name in known_names if name.startswith(word[:end])]
        if found:
            return sorted(found, key=lambda name: (len(name), name))[:3]
    return []


def _examples(service: str) -> str:
    commands = sorted(on_call(service))[:4]
    if not commands:
        return "no operation of this service is on the on-call list"
    return f"write {', '.join(commands)}, …"
