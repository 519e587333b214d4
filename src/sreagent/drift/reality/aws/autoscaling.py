"""Autoscaling groups, and who scales them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import block, listed_or_missed, made_by, tags_of, taken
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

GROUP = "aws_autoscaling_group"
_SCALED_BY = "scaled by"
_SUSPENDED_BY_AWS = "suspended by AWS"
_PLAIN = {
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "desired_capacity": "DesiredCapacity",
    "default_cooldown": "DefaultCooldown",
    "default_instance_warmup": "DefaultInstanceWarmup",
    "health_check_type": "HealthCheckType",
    "health_check_grace_period": "HealthCheckGracePeriod",
    "launch_configuration": "LaunchConfigurationName",
    "placement_group": "PlacementGroup",
    "protect_from_scale_in": "NewInstancesProtectedFromScaleIn",
    "max_instance_lifetime": "MaxInstanceLifetime",
    "capacity_rebalance": "CapacityRebalance",
    "desired_capacity_type": "DesiredCapacityType",
    "service_linked_role_arn": "ServiceLinkedRoleARN",
    "context": "Context",
}
_LISTS = {
    "availability_zones": "AvailabilityZones",
    "load_balancers": "LoadBalancerNames",
    "target_group_arns": "TargetGroupARNs",
    "termination_policies": "TerminationPolicies",
}
_ATTACHED = ("load_balancers", "target_group_arns")
"""Attachments of their own put these there, too."""
_OF_OTHERS = re.compile(r"aws:|AmazonECSManaged$|eks:|k8s\.io/cluster-autoscaler/")
"""Tags that services put on groups."""
_SCALERS = {
    "k8s.io/cluster-autoscaler/enabled": "the cluster autoscaler",
    "AmazonECSManaged": "the ECS capacity provider",
    "eks:nodegroup-name": "EKS",
}
_SHAPE = Shape(
    sets=frozenset(
        {
            *("availability_zones", *_ATTACHED, "suspended_processes", "enabled_metrics"),
            *("vpc_zone_identifier", "tag"),
        }
    ),
    keyed={"tag": ("key",)},
    skipped=frozenset({"launch_template.name"}),
    defaults={
        "termination_policies": ["Default"],
        "health_check_grace_period": 300,
        "desired_capacity_type": "units",
        "launch_template.version": "$Default",
        "metrics_granularity": "1Minute",
        "mixed_instances_policy.launch_template.launch_template_specification.version": "$Default",
    },
)


def settled(before: Attributes, real: Real, around: Wanted) -> tuple[Attributes, Attributes]:
    """Without what attachments and services put there, and with versions by their numbers."""
    now = dict(real.attributes)
    for name in _ATTACHED:
        if not before.get(name):
            now.pop(name, None)
    if before.get("vpc_zone_identifier"):
        # The zones are those of the subnets.
        now.pop("availability_zones", None)
    said = {str(tag.get("key")) for tag in before.get("tag") or ()}
    now["tag"] = [
        tag
        for tag in now.get("tag") or ()
        if tag["key"] in said or not _OF_OTHERS.match(tag["key"])
    ]
    was, templates = dict(before), around.get("aws_launch_template", {})
    if was.get("launch_template") and now.get("launch_template"):
        was["launch_template"], now["launch_template"] = _numbered(
            was["launch_template"], now["launch_template"], templates
        )
    return was, now


def _numbered(
    before: list[Any], after: list[Any], templates: Mapping[str, Attributes]
) -> tuple[list[Any], list[Any]]:
    """The same template by name on one side and by number on the other: both by number."""
    was, now = str(before[0].get("version") or ""), str(after[0].get("version") or "")
    template = templates.get(str(after[0].get("id")))
    if template is None or was.startswith("$") == now.startswith("$"):
        return before, after
    numbers = {
        "$Latest": template.get("latest_version"),
        "$Default": template.get("default_version"),
    }
    if str(numbers.get(was, was)) != str(numbers.get(now, now)):
        return before, after
    return before, [{**after[0], "version": before[0].get("version")}]


def scaler(difference: Difference, _before: Attributes, real: Real) -> str:
    """Policies and controllers change the capacity; AWS itself suspends what always fails."""
    if difference.path == "desired_capacity":
        return real.facts.get(_SCALED_BY, "")
    if difference.path == "suspended_processes":
        added = set(difference.after or ()) - set(difference.before or ())
        removed = set(difference.before or ()) - set(difference.after or ())
        theirs = set(real.facts.get(_SUSPENDED_BY_AWS, "").split())
        return "EC2 Auto Scaling" if added and not removed and added <= theirs else ""
    return ""


@reader(
    "autoscaling",
    Kind(
        type=GROUP,
        identity=by("name"),
        import_id=by("name"),
        shape=_SHAPE,
        settle=settled,
        owner=scaler,
    ),
)
def groups(look: Look) -> Iterator[Real]:
    """All groups in one list; policies and schedules in two more."""
    scaled = _scaled(look) if look.holds(GROUP) else {}
    for each in look.listed("DescribeAutoScalingGroups", "AutoScalingGroups", MaxRecords=100):
        if each.get("Status"):
            # It has a status only while it is deleted.
            continue
        name, tags = each["AutoScalingGroupName"], tags_of(each)
        by_tags = [who for key, who in _SCALERS.items() if key in tags]
        yield Real(
            type=GROUP,
            id=name,
            name=name,
            arn=each.get("AutoScalingGroupARN", ""),
            folded="made by EKS" if "eks:nodegroup-name" in tags else made_by(tags),
            created=each.get("CreatedTime"),
            facts={
                _SCALED_BY: ", ".join([*scaled.get(name, ()), *by_tags]),
                _SUSPENDED_BY_AWS: " ".join(_suspended(each, by_aws=True)),
            },
            attributes=_attributes(each),
        )


def _scaled(look: Look) -> dict[str, list[str]]:
    """What changes the capacity of a group, by its name."""
    found: dict[str, list[str]] = defaultdict(list)
    policies = listed_or_missed(look, "DescribePolicies", "ScalingPolicies", MaxRecords=100)
    for each in policies or ():
        found[each["AutoScalingGroupName"]].append(f"the autoscaling policy {each['PolicyName']}")
    actions = listed_or_missed(
        look, "DescribeScheduledActions", "ScheduledUpdateGroupActions", MaxRecords=100
    )
    for each in actions or ():
        name = each["ScheduledActionName"]
        found[each["AutoScalingGroupName"]].append(f"the schedule {name}")
    return found


def _attributes(said: Mapping[str, Any]) -> dict[str, Any]:
    metrics = said.get("EnabledMetrics") or ()
    zones = said.get("VPCZoneIdentifier") or ""
    return {
        "name": said["AutoScalingGroupName"],
        **dict.fromkeys(("launch_configuration", "placement_group", "context"), ""),
        **taken(said, _PLAIN),
        **{name: list(said.get(key) or ()) for name, key in _LISTS.items()},
        "vpc_zone_identifier": [one.strip() for one in zones.split(",") if one.strip()],
        "enabled_metrics": [one["Metric"] for one in metrics],
        **({"metrics_granularity": metrics[0].get("Granularity")} if metrics else {}),
        "suspended_processes": _suspended(said),
        "launch_template": _template(said.get("LaunchTemplate")),
        "mixed_instances_policy": _mixed(said.get("MixedInstancesPolicy")),
        "instance_maintenance_policy": block(said.get("InstanceMaintenancePolicy") or []),
        "warm_pool": _warm(said.get("WarmPoolConfiguration")),
        "tag": [
            {
                "key": tag["Key"],
                "value": tag.get("Value", ""),
                "propagate_at_launch": tag.get("PropagateAtLaunch", False),
            }
            for tag in said.get("Tags") or ()
        ],
    }


def _suspended(said: Mapping[str, Any], *, by_aws: bool = False) -> list[str]:
    """Processes that do not run: those that anybody has suspended, or only AWS."""
    return [
        one["ProcessName"]
        for one in said.get("SuspendedProcesses") or ()
        if not by_aws or "administrative" in str(one.get("SuspensionReason", "")).casefold()
    ]


def _template(said: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if not said:
        return []
    return [
        {
            "id": said.get("LaunchTemplateId", ""),
            "name": said.get("LaunchTemplateName", ""),
            "version": said.get("Version", ""),
        }
    ]


def _mixed(said: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Instances of many types: what Terraform calls otherwise is renamed."""
    if not said:
        return []
    found: dict[str, Any] = block(said)[0]
    template = dict((found.get("launch_template") or [{}])[0])
    template["override"] = template.pop("overrides", [])
    return [{**found, "launch_template": [template]}]


def _warm(said: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if not said or said.get("Status"):
        return []
    return [
        {
            "max_group_prepared_capacity": said.get("MaxGroupPreparedCapacity", -1),
            "min_size": said.get("MinSize", 0),
            "pool_state": said.get("PoolState", "Stopped"),
            "instance_reuse_policy": block(said.get("InstanceReusePolicy") or []),
        }
    ]
