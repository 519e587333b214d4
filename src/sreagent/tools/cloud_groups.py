"""Changes of an Auto Scaling group: how many instances it runs."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from sreagent.domain.action import Action
from sreagent.domain.errors import NotFound
from sreagent.domain.text import one_line
from sreagent.policy.facts import Facts
from sreagent.tools.cloud_owners import CLUSTER_AUTOSCALER, managed, owner_of, tags_of
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
from sreagent.tools.verbs import Arguments, Nothing

KIND = "AWS::AutoScaling::AutoScalingGroup"
DESIRED = "/DesiredCapacity"

GroupName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$")]
_WRITTEN = (
    *("MinSize", "MaxSize", "DesiredCapacity", "LaunchConfigurationName", "LaunchTemplate"),
    *("MixedInstancesPolicy", "AvailabilityZones", "VPCZoneIdentifier", "TargetGroupARNs"),
    *("LoadBalancerNames", "SuspendedProcesses", "TerminationPolicies", "HealthCheckType", "Tags"),
    *("NewInstancesProtectedFromScaleIn", "Status"),
)


class Group(Arguments):
    """A group; groups lie in nothing but their region."""

    kind: str
    namespace: Nothing
    name: GroupName


class DesiredCapacity(InRegion):
    """How many instances."""

    desired_capacity: int = Field(ge=0, le=10_000)


def _read(place: Place) -> State:
    name = place.target.name
    answer = place.ask("autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[name])
    if not answer["AutoScalingGroups"]:
        msg = f"there is no Auto Scaling group {name}"
        raise NotFound(msg)
    live = answer["AutoScalingGroups"][0]
    uid = live.get("AutoScalingGroupARN") or f"{name} {live['CreatedTime']}"
    return State(uid=uid, written={key: live.get(key) for key in _WRITTEN}, live=live)


def _fields(action: Action, state: State, place: Place) -> Fields:
    del place
    now = {DESIRED: state.live["DesiredCapacity"]}
    return now, {DESIRED: action.arguments["desired_capacity"]}


def _problem(action: Action, state: State) -> str:
    wanted, live = action.arguments["desired_capacity"], state.live
    if live.get("Status"):
        return f"the group is going away ({one_line(live['Status'], 60)})"
    if not live["MinSize"] <= wanted <= live["MaxSize"]:
        return f"{wanted} is outside its bounds, {live['MinSize']} to {live['MaxSize']}"
    needed = "Launch" if wanted > live["DesiredCapacity"] else "Terminate"
    suspended = {process["ProcessName"] for process in live.get("SuspendedProcesses") or ()}
    if needed in suspended:
        return f"{needed} is suspended in this group, so nothing would happen"
    return ""


def _call(action: Action, state: State) -> Call:
    del state
    parameters = {
        "AutoScalingGroupName": action.target.name,
        "DesiredCapacity": action.arguments["desired_capacity"],
        "HonorCooldown": False,
    }
    return Call(service="autoscaling", operation="SetDesiredCapacity", parameters=parameters)


def _effect(action: Action, state: State, place: Place) -> Effect:
    live, wanted = state.live, action.arguments["desired_capacity"]
    serving = list(_serving(live))
    fewer = max(0, live["DesiredCapacity"] - wanted)
    tags = tags_of(live.get("Tags"))
    policies = place.try_asking(
        "autoscaling", "DescribePolicies", AutoScalingGroupName=place.target.name
    )
    autoscaler, owner = _autoscaler(tags, policies), owner_of(tags)
    unprotected = [i for i in serving if not i.get("ProtectedFromScaleIn")]
    gone = min(fewer, len(unprotected))
    return Effect(
        touches=f"{count(len(serving), 'instance')} in service of {live['DesiredCapacity']} wanted"
        + (f"; {fewer} will be terminated, AWS chooses which" if fewer else ""),
        depends=_depends(live, autoscaler),
        owner=managed(owner),
        facts=Facts(
            replicas=live["DesiredCapacity"],
            replicas_at_start=live["DesiredCapacity"],
            capacity=len(serving),
            pods=fewer,
            at_once=gone,
            autoscaler=autoscaler,
            owner=owner,
            unseen=() if policies is not None else ("ScalingPolicy",),
            state_lost=(f"the disks and memory of {count(gone, 'instance')}",) if gone else (),
            reversible=True,
        ),
    )


def _serving(live: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for instance in live.get("Instances") or ():
        if (instance["LifecycleState"], instance["HealthStatus"]) == ("InService", "Healthy"):
            yield instance


def _autoscaler(tags: Mapping[str, str], policies: Mapping[str, Any] | None) -> str:
    if CLUSTER_AUTOSCALER in tags:
        return "the cluster autoscaler"
    enabled = [
        policy["PolicyName"]
        for policy in (policies or {}).get("ScalingPolicies") or ()
        if policy.get("Enabled", True)
    ]
    return f"scaling policy {one_line(', '.join(enabled), 80)}" if enabled else ""


def _depends(live: Mapping[str, Any], autoscaler: str) -> str:
    groups = live.get("TargetGroupARNs") or live.get("LoadBalancerNames") or ()
    parts = [f"behind {count(len(groups), 'target group')}" if groups else "no load balancer"]
    if autoscaler:
        parts.append(f"{autoscaler} sets its number")
    return "; ".join(parts)


def _undo(action: Action, state: State) -> Action:
    return back(action, desired_capacity=state.live["DesiredCapacity"])


def _command(action: Action) -> str:
    name, wanted = action.target.name, action.arguments["desired_capacity"]
    words = f"--auto-scaling-group-name {name} --desired-capacity {wanted}"
    return aws(action, "autoscaling set-desired-capacity", words)


ASG_SCALE = CloudTool(
    verb="asg_scale",
    kinds=frozenset({KIND}),
    target=Group,
    arguments=DesiredCapacity,
    title=lambda a: f"Run {count(a.arguments['desired_capacity'], 'instance')} in {a.target.name}",
    command=_command,
    looks=frozenset({"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribePolicies"}),
    makes=frozenset({"autoscaling:SetDesiredCapacity"}),
    read=_read,
    fields=_fields,
    problem=_problem,
    call=_call,
    effect=_effect,
    undo=_undo,
)
