"""Changes of an ECS service: new tasks, another task definition, more or fewer tasks."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.errors import NotFound, Refused, TryAgain
from sreagent.policy.facts import Facts
from sreagent.tools.changes import remembered
from sreagent.tools.cloud_owners import managed, owner_of, tags_of
from sreagent.tools.cloud_verbs import (
    Call,
    CloudTool,
    Effect,
    Fields,
    InRegion,
    Place,
    State,
    aws,
    back,
    count,
)
from sreagent.tools.difference import differing
from sreagent.tools.verbs import Arguments

KIND = "AWS::ECS::Service"
ECS_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}"

EcsName = Annotated[str, StringConstraints(pattern=rf"^{ECS_NAME}$")]
TaskDefinition = Annotated[str, StringConstraints(pattern=rf"^{ECS_NAME}:[1-9][0-9]{{0,6}}$")]

DEPLOYMENT, DEFINITION, DESIRED = "/primaryDeployment", "/taskDefinition", "/desiredCount"
LOOKS = frozenset(
    {
        *("ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"),
        "application-autoscaling:DescribeScalableTargets",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
    }
)
_WRITTEN = (
    *("taskDefinition", "desiredCount", "deploymentConfiguration", "deploymentController"),
    *("launchType", "capacityProviderStrategy", "platformVersion", "loadBalancers"),
    *("serviceRegistries", "networkConfiguration", "placementConstraints", "schedulingStrategy"),
    *("placementStrategy", "healthCheckGracePeriodSeconds", "enableExecuteCommand", "tags"),
)


class Service(Arguments):
    """A service of a cluster, which stands as its namespace."""

    kind: str
    namespace: EcsName
    name: EcsName


class ToTaskDefinition(InRegion):
    """`family:revision`, of the family that the service runs now."""

    task_definition: TaskDefinition


class DesiredCount(InRegion):
    """How many tasks."""

    desired_count: int = Field(ge=0, le=10_000)


def _read(place: Place) -> State:
    answer = place.ask(
        "ecs",
        "DescribeServices",
        cluster=place.target.namespace,
        services=[place.target.name],
        include=["TAGS"],
    )
    found = [service for service in answer["services"] if service["status"] != "INACTIVE"]
    if not found:
        msg = f"cluster {place.target.namespace} has no service {place.target.name}"
        raise NotFound(msg)
    live = found[0]
    # A deployment that somebody else started is a change too; how far it got is not.
    written = {name: live.get(name) for name in _WRITTEN} | {DEPLOYMENT: _primary(live)}
    uid = f"{live['serviceArn']} {live.get('createdAt', '')}".strip()
    return State(uid=uid, written=written, live=live)


def _primary(live: Mapping[str, Any]) -> str:
    return next((d["id"] for d in live.get("deployments") or () if d["status"] == "PRIMARY"), "")


def _revision(definition: str) -> str:
    """`family:revision` of a task definition, which may be an ARN."""
    return definition.rsplit("/", 1)[-1]


def _other_deployment(action: Action, state: State, place: Place) -> Fields:
    del action, place
    now = _primary(state.live)
    return {DEPLOYMENT: now}, {DEPLOYMENT: f"not {now}"}


def _is_deployed_anew(action: Action, after: Mapping[str, Any], place: Place) -> bool:
    del action
    same = remembered({DEPLOYMENT: f"not {_primary(_read(place).live)}"})
    return same != dict(after)


def _other_definition(action: Action, state: State, place: Place) -> Fields:
    del place
    now = _revision(state.live["taskDefinition"])
    return {DEFINITION: now}, {DEFINITION: action.arguments["task_definition"]}


def _other_count(action: Action, state: State, place: Place) -> Fields:
    del place
    return {DESIRED: state.live["desiredCount"]}, {DESIRED: action.arguments["desired_count"]}


def _under_way(action: Action, state: State) -> str:
    if reason := _not_rolling(action, state):
        return reason
    for deployment in state.live.get("deployments") or ():
        if deployment["status"] != "PRIMARY" or deployment.get("rolloutState") == "IN_PROGRESS":
            return f"deployment {deployment['id']} is under way; wait until it is done"
    return ""


def _not_rolling(action: Action, state: State) -> str:
    del action
    controller = (state.live.get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        return f"{controller} deploys this service; ECS takes no deployment from anybody else"
    return ""


def _of_same_family(action: Action, state: State) -> str:
    wanted, now = action.arguments["task_definition"], _revision(state.live["taskDefinition"])
    if wanted.rpartition(":")[0] != now.rpartition(":")[0]:
        return f"{wanted} is not of the family that runs now ({now})"
    return _not_rolling(action, state)


def _counts(action: Action, state: State) -> str:
    if state.live.get("schedulingStrategy") == "DAEMON":
        return "a daemon service runs one task on each instance"
    return _not_rolling(action, state)


def _update(action: Action, **wanted: object) -> Call:
    target = {"cluster": action.target.namespace, "service": action.target.name}
    return Call(service="ecs", operation="UpdateService", parameters={**target, **wanted})


def _command(action: Action, *words: str) -> str:
    where = f"--cluster {action.target.namespace} --service {action.target.name}"
    return aws(action, "ecs update-service", where, *words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What else is known of a service."""

    definition: Mapping[str, Any]
    """The one that runs now; empty when it could not be looked at."""
    autoscaler: str
    unseen: tuple[str, ...]
    state_lost: tuple[str, ...]


def _around(state: State, place: Place) -> _Around:
    definition = place.try_asking(
        "ecs", "DescribeTaskDefinition", taskDefinition=state.live["taskDefinition"]
    )
    scalable = place.try_asking(
        "application-autoscaling",
        "DescribeScalableTargets",
        ServiceNamespace="ecs",
        ResourceIds=[f"service/{place.target.namespace}/{place.target.name}"],
    )
    sticky = _sticky(state, place)
    asked = {"TaskDefinition": definition, "ScalableTarget": scalable, "TargetGroup": sticky}
    described = (definition or {}).get("taskDefinition") or {}
    return _Around(
        definition=described,
        autoscaler=_scaler((scalable or {}).get("ScalableTargets") or ()),
        unseen=tuple(kind for kind, answer in asked.items() if answer is None),
        state_lost=(*_volumes(described), *(sticky or ())),
    )


def _scaler(targets: object) -> str:
    for target in targets if isinstance(targets, list) else ():
        held = target.get("SuspendedState") or {}
        if not (held.get("DynamicScalingInSuspended") and held.get("DynamicScalingOutSuspended")):
            return f"Application Auto Scaling ({target['MinCapacity']} to {target['MaxCapacity']})"
    return ""


def _volumes(definition: Mapping[str, Any]) -> Iterator[str]:
    """Volumes that go with their task; EFS, FSx and a path of the instance stay."""
    for volume in definition.get("volumes") or ():
        stays = ("efsVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration")
        kept = any(volume.get(name) for name in stays)
        if not kept and not (volume.get("host") or {}).get("sourcePath"):
            yield f"task volume {volume['name']}"


def _sticky(state: State, place: Place) -> tuple[str, ...] | None:
    """Sessions that a load balancer binds to one task; None when that could not be looked at."""
    found: list[str] = []
    for balancer in state.live.get("loadBalancers") or ():
        if not (group := balancer.get("targetGroupArn")):
            continue
        answer = place.try_asking("elbv2", "DescribeTargetGroupAttributes", TargetGroupArn=group)
        if answer is None:
            return None
        marks = {mark["Key"]: mark["Value"] for mark in answer["Attributes"]}
        if marks.get("stickiness.enabled") == "true":
            found.append("sessions in the memory of the tasks (sticky target group)")
    return tuple(found)


def _away(live: Mapping[str, Any]) -> int:
    """Tasks that a rolling deployment may stop before new ones run."""
    configured = (live.get("deploymentConfiguration") or {}).get("minimumHealthyPercent")
    least = 100 if configured is None else configured
    stay = math.ceil(int(live["desiredCount"]) * int(least) / 100)
    return max(0, min(int(live["runningCount"]), int(live["desiredCount"]) - stay))


def _rolled(action: Action, state: State, place: Place) -> Effect:
    return _rolling(action, state, _around(state, place))


def _rolling(action: Action, state: State, around: _Around) -> Effect:
    """All tasks are replaced by new ones."""
    live = state.live
    away, running = _away(live), live["runningCount"]
    owner = owner_of(tags_of(live.get("tags")))
    # New tasks of the same definition leave nothing that could be set back.
    sets_back = owner if action.verb == ECS_ROLLBACK.verb else ""
    return Effect(
        touches=f"all {count(running, 'running task')} of {live['desiredCount']} wanted, one wave "
        f"after the other; {away} at most away at once",
        depends=_depends(live, around),
        owner=managed(owner),
        facts=Facts(
            replicas=live["desiredCount"],
            capacity=running,
            pods=running,
            at_once=away,
            owner=sets_back,
            unseen=tuple(kind for kind in around.unseen if kind != "ScalableTarget"),
            state_lost=around.state_lost,
            reversible=action.verb == ECS_ROLLBACK.verb,
        ),
    )


def _rolled_back(action: Action, state: State, place: Place) -> Effect:
    around = _around(state, place)
    wanted = action.arguments["task_definition"]
    effect = _rolling(action, state, around)
    try:
        answer = place.ask("ecs", "DescribeTaskDefinition", taskDefinition=wanted)
    except (NotFound, Refused) as error:
        raise TryAgain(_unknown(wanted, place)) from error
    new = answer["taskDefinition"]
    if new.get("status") != "ACTIVE":
        raise TryAgain(_unknown(wanted, place))
    return replace(effect, diff=differing(_shape(around.definition), _shape(new)))


def _shape(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What of a task definition decides how its tasks run."""
    names = ("cpu", "memory", "taskRoleArn", "networkMode", "containerDefinitions", "volumes")
    return {name: definition[name] for name in names if definition.get(name)}


def _unknown(wanted: str, place: Place) -> str:
    family = wanted.rpartition(":")[0]
    answer = place.try_asking(
        "ecs", "ListTaskDefinitions", familyPrefix=family, status="ACTIVE", sort="DESC"
    )
    known = [_revision(arn) for arn in (answer or {}).get("taskDefinitionArns") or ()]
    newest = sorted(known, key=lambda name: int(name.rpartition(":")[2]), reverse=True)[:10]
    listed = f"; it has {', '.join(newest)}" if newest else ""
    return f"ecs_rollback: task_definition: {wanted} is no active revision of {family}{listed}"


def _scaled(action: Action, state: State, place: Place) -> Effect:
    live, around = state.live, _around(state, place)
    fewer = max(0, live["runningCount"] - action.arguments["desired_count"])
    owner = owner_of(tags_of(live.get("tags")))
    return Effect(
        touches=f"{count(live['runningCount'], 'running task')} of {live['desiredCount']} wanted"
        + (f"; {fewer} of them will stop" if fewer else ""),
        depends=_depends(live, around),
        owner=managed(owner),
        facts=Facts(
            replicas=live["desiredCount"],
            replicas_at_start=live["desiredCount"],
            capacity=live["runningCount"],
            pods=fewer,
            at_once=fewer,
            autoscaler=around.autoscaler,
            owner=owner,
            unseen=around.unseen,
            state_lost=around.state_lost if fewer else (),
            reversible=True,
        ),
    )


def _depends(live: Mapping[str, Any], around: _Around) -> str:
    groups = [b for b in live.get("loadBalancers") or () if b.get("targetGroupArn")]
    parts = [f"behind {count(len(groups), 'target group')}" if groups else "no load balancer"]
    if around.autoscaler:
        parts.append(f"{around.autoscaler} sets its number of tasks")
    return "; ".join(parts)


def _former_definition(action: Action, state: State) -> Action:
    return back(action, task_definition=_revision(state.live["taskDefinition"]))


def _former_count(action: Action, state: State) -> Action:
    return back(action, desired_count=state.live["desiredCount"])


ECS_REDEPLOY = CloudTool(
    verb="ecs_redeploy",
    kinds=frozenset({KIND}),
    target=Service,
    arguments=InRegion,
    title=lambda a: f"Start new tasks for {a.target.name}",
    command=lambda a: _command(a, "--force-new-deployment"),
    looks=LOOKS,
    makes=frozenset({"ecs:UpdateService"}),
    read=_read,
    fields=_other_deployment,
    problem=_under_way,
    call=lambda a, _: _update(a, forceNewDeployment=True),
    effect=_rolled,
    made=_is_deployed_anew,
)
ECS_ROLLBACK = CloudTool(
    verb="ecs_rollback",
    kinds=frozenset({KIND}),
    target=Service,
    arguments=ToTaskDefinition,
    title=lambda a: f"Run {a.target.name} with {a.arguments['task_definition']}",
    command=lambda a: _command(a, f"--task-definition {a.arguments['task_definition']}"),
    looks=LOOKS,
    makes=frozenset({"ecs:UpdateService"}),
    read=_read,
    fields=_other_definition,
    problem=_of_same_family,
    call=lambda a, _: _update(a, taskDefinition=a.arguments["task_definition"]),
    effect=_rolled_back,
    undo=_former_definition,
)
ECS_SCALE = CloudTool(
    verb="ecs_scale",
    kinds=frozenset({KIND}),
    target=Service,
    arguments=DesiredCount,
    title=lambda a: f"Run {count(a.arguments['desired_count'], 'task')} of {a.target.name}",
    command=lambda a: _command(a, f"--desired-count {a.arguments['desired_count']}"),
    looks=LOOKS,
    makes=frozenset({"ecs:UpdateService"}),
    read=_read,
    fields=_other_count,
    problem=_counts,
    call=lambda a, _: _update(a, desiredCount=a.arguments["desired_count"]),
    effect=_scaled,
    undo=_former_count,
)
