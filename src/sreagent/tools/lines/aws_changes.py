"""Changes of the catalogue, written as aws lines: a closed list, each with the flags it takes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.tools.lines.aws_flags import Flags, Line, Takes, no_arguments, read_flags
from sreagent.tools.lines.objection import Objection, Rule

_COUNT = re.compile(r"0|[1-9][0-9]{0,3}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
_ALIAS = re.compile(r"(?=[0-9]*[A-Za-z_-])[A-Za-z0-9_-]{1,128}")
_DEFINITION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}:[1-9][0-9]{0,6}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one command is written."""

    known: Mapping[str, Takes]
    make: Callable[[Flags], Action]


def parse_change(change: Change, line: Line) -> Action:
    """The action that a command means.

    Raises:
        Objection: A flag or a value is not taken.
    """
    flags = read_flags(line, change.known)
    no_arguments(flags)
    return change.make(flags)


def _word(flags: Flags, flag: str, pattern: re.Pattern[str], wanted: str) -> str:
    if flag not in flags.given:
        raise Objection(Rule.ARGUMENT, f"--{flag} is missing: write {wanted}")
    text = flags.last(flag)
    if not pattern.fullmatch(text):
        raise Objection(Rule.ARGUMENT, f"--{flag}: {text[:60]!r} is not {wanted}")
    return text


def _count(flags: Flags, flag: str) -> int:
    return int(_word(flags, flag, _COUNT, "a plain number such as 3"))


def _off(flags: Flags, flag: str, why: str) -> None:
    if flags.on(flag):
        raise Objection(Rule.FLAG, f"--{flag} is not taken: {why}")


def _action(verb: str, target: Entity, flags: Flags, **arguments: Any) -> Action:  # noqa: ANN401 - str or int
    region = flags.last("region")
    return Action(
        verb=verb, target=target, arguments={**arguments, **({"region": region} if region else {})}
    )


def _ecs_service(flags: Flags) -> Action:
    target = Entity(
        kind="AWS::ECS::Service",
        namespace=_word(flags, "cluster", _NAME, "the name of the cluster"),
        name=_word(flags, "service", _NAME, "the name of the service"),
    )
    asked = [flag for flag in ("desired-count", "task-definition") if flag in flags.given]
    asked += ["force-new-deployment"] if flags.on("force-new-deployment") else []
    match asked:
        case ["force-new-deployment"]:
            return _action("ecs_redeploy", target, flags)
        case ["desired-count"]:
            count = _count(flags, "desired-count")
            return _action("ecs_scale", target, flags, desired_count=count)
        case ["task-definition"]:
            definition = _word(flags, "task-definition", _DEFINITION, "family:revision")
            return _action("ecs_rollback", target, flags, task_definition=definition)
    reason = "write one of --force-new-deployment, --task-definition FAMILY:REVISION, "
    raise Objection(Rule.ARGUMENT, f"{reason}--desired-count N")


def _asg_capacity(flags: Flags) -> Action:
    _off(flags, "honor-cooldown", "the capacity is set at once")
    name = _word(flags, "auto-scaling-group-name", _NAME, "the name of the group")
    target = Entity(kind="AWS::AutoScaling::AutoScalingGroup", name=name)
    capacity = _count(flags, "desired-capacity")
    return _action("asg_scale", target, flags, desired_capacity=capacity)


def _lambda_alias(flags: Flags) -> Action:
    target = Entity(
        kind="AWS::Lambda::Alias",
        namespace=_word(flags, "function-name", _NAME, "the name of the function"),
        name=_word(flags, "name", _ALIAS, "the name of the alias"),
    )
    version = int(_word(flags, "function-version", _VERSION, "a published version, a number"))
    return _action("lambda_alias", target, flags, version=version)


def _rds_reboot(flags: Flags) -> Action:
    _off(flags, "force-failover", "a failover is no reboot, and a person makes it")
    return _action("rds_reboot", _database(flags), flags)


def _rds_start(flags: Flags) -> Action:
    return _action("rds_start", _database(flags), flags)


def _database(flags: Flags) -> Entity:
    name = _word(flags, "db-instance-identifier", _NAME, "the name of the database instance")
    return Entity(kind="AWS::RDS::DBInstance", name=name)


def _ec2_reboot(flags: Flags) -> Action:
    if flags.on("dry-run"):
        reason = "the preview asks AWS whether it would be done: leave --dry-run away"
        raise Objection(Rule.DRY_RUN, reason)
    instances = flags.given.get("instance-ids", ())
    if len(instances) != 1:
        raise Objection(Rule.ONE_OBJECT, "one instance at a time: write --instance-ids ID")
    name = _word(flags, "instance-ids", _INSTANCE, "the id of an instance")
    return _action("ec2_reboot", Entity(kind="AWS::EC2::Instance", name=name), flags)


def _switch(name: str) -> dict[str, Takes]:
    return {name: Takes.NOTHING, f"no-{name}": Takes.NOTHING}


def _ones(*names: str) -> dict[str, Takes]:
    return dict.fromkeys(names, Takes.ONE)


CHANGES: Mapping[tuple[str, str], Change] = {
    ("ecs", "update-service"): Change(
        known={
            **_ones("cluster", "service", "task-definition", "desired-count"),
            **_switch("force-new-deployment"),
        },
        make=_ecs_service,
    ),
    ("autoscaling", "set-desired-capacity"): Change(
        known={
            **_ones("auto-scaling-group-name", "desired-capacity"),
            **_switch("honor-cooldown"),
        },
        make=_asg_capacity,
    ),
    ("lambda", "update-alias"): Change(
        known=_ones("function-name", "name", "function-version"), make=_lambda_alias
    ),
    ("rds", "reboot-db-instance"): Change(
        known={**_ones("db-instance-identifier"), **_switch("force-failover")}, make=_rds_reboot
    ),
    ("rds", "start-db-instance"): Change(known=_ones("db-instance-identifier"), make=_rds_start),
    ("ec2", "reboot-instances"): Change(
        known={"instance-ids": Takes.MANY, **_switch("dry-run")}, make=_ec2_reboot
    ),
}
"""Service and command, as the command line names them."""
