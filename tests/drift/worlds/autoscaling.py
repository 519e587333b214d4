"""Autoscaling groups: one that people size, one that a policy scales."""

from typing import Any

from tests.drift.worlds.instances import image
from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, arn, reports, world

ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/"
    "AWSServiceRoleForAutoScaling"
)


def tag(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": value, "propagate_at_launch": True}


def written(name: str, **said: Any) -> Thing:
    """A group as Terraform writes it after an apply."""
    return Thing(
        type="aws_autoscaling_group",
        name=name,
        attributes={
            "arn": arn("autoscaling", f"autoScalingGroup:0:autoScalingGroupName/{name}"),
            "availability_zone_distribution": [{"capacity_distribution_strategy": ""}],
            "capacity_rebalance": False,
            "context": "",
            "default_cooldown": 300,
            "default_instance_warmup": 0,
            "desired_capacity": 1,
            "desired_capacity_type": "",
            "enabled_metrics": [],
            "force_delete": False,
            "force_delete_warm_pool": False,
            "health_check_grace_period": 300,
            "health_check_type": "EC2",
            "id": name,
            "ignore_failed_scaling_activities": False,
            "initial_lifecycle_hook": [],
            "instance_maintenance_policy": [],
            "instance_refresh": [],
            "launch_configuration": "",
            "launch_template": [],
            "load_balancers": [],
            "max_instance_lifetime": 0,
            "metrics_granularity": "1Minute",
            "min_elb_capacity": None,
            "mixed_instances_policy": [],
            "name": name,
            "name_prefix": "",
            "placement_group": "",
            "predicted_capacity": 0,
            "protect_from_scale_in": False,
            "service_linked_role_arn": ROLE,
            "suspended_processes": [],
            "tag": [],
            "target_group_arns": [],
            "termination_policies": [],
            "timeouts": None,
            "traffic_source": [],
            "wait_for_capacity_timeout": "10m",
            "wait_for_elb_capacity": None,
            "warm_pool": [],
            "warm_pool_size": 0,
            **said,
        },
    )


@world("autoscaling")
def groups(aws: Aws, word: str) -> World:
    ec2, scaling = aws.client("ec2"), aws.client("autoscaling")
    zones = {
        each["AvailabilityZone"]: each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]
    }
    first, second = sorted(zones)[:2]
    answer = ec2.create_launch_template(
        LaunchTemplateName=f"of-groups-{word}",
        LaunchTemplateData={"ImageId": image(ec2), "InstanceType": "t3.micro"},
    )
    template, named = answer["LaunchTemplate"]["LaunchTemplateId"], f"of-groups-{word}"
    fixed, scaled, mixed = (f"{name}-{word}" for name in ("fixed", "scaled", "mixed"))
    where = {"VPCZoneIdentifier": f"{zones[second]},{zones[first]}"}
    plain = {"MaxSize": 4, **where}

    def create(name: str, **said: Any) -> None:
        scaling.create_auto_scaling_group(AutoScalingGroupName=name, **{**plain, **said})

    latest = {"LaunchTemplateId": template, "Version": "$Latest"}
    tags = [{"Key": key, "Value": key, "PropagateAtLaunch": True} for key in ("b", "a")]
    create(fixed, MinSize=1, LaunchTemplate=latest, Tags=tags)
    create(scaled, MinSize=0, DesiredCapacity=1, LaunchTemplate={**latest, "Version": "1"})
    scaling.put_scaling_policy(
        AutoScalingGroupName=scaled,
        PolicyName=f"cpu-{word}",  # moto knows a policy by its name alone
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50.0,
        },
    )
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "1"},
            "Overrides": [{"InstanceType": "t3.micro"}, {"InstanceType": "t3.small"}],
        },
        "InstancesDistribution": {
            "OnDemandBaseCapacity": 1,
            "SpotAllocationStrategy": "lowest-price",
        },
    }
    create(mixed, MinSize=0, DesiredCapacity=0, MixedInstancesPolicy=policy)
    stray = f"stray-{word}"
    create(stray, MinSize=0, DesiredCapacity=0, LaunchTemplate=latest)
    there = {
        "availability_zones": [first, second],
        "vpc_zone_identifier": [zones[first], zones[second]],
        "max_size": 4,
    }

    def launched(version: str) -> list[dict[str, Any]]:
        return [{"id": template, "name": named, "version": version}]

    things = (
        written(
            fixed,
            **there,
            min_size=1,
            launch_template=launched("$Latest"),
            tag=[tag("a", "a"), tag("b", "b")],
        ),
        written(scaled, **there, min_size=0, launch_template=launched("1")),
        written(
            mixed,
            **there,
            min_size=0,
            desired_capacity=0,
            mixed_instances_policy=_mixed(template, named),
        ),
    )
    return World(
        things=things,
        strangers=(("aws_autoscaling_group", stray), ("aws_launch_template", template)),
        mutations=_edits(scaling, things),
    )


def _mixed(template: str, named: str) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = [
        {
            "instance_requirements": [],
            "instance_type": kind,
            "launch_template_specification": [],
            "weighted_capacity": "",
        }
        for kind in ("t3.micro", "t3.small")
    ]
    specification = {
        "launch_template_id": template,
        "launch_template_name": named,
        "version": "1",
    }
    distribution = {
        "on_demand_allocation_strategy": "prioritized",
        "on_demand_base_capacity": 1,
        "on_demand_percentage_above_base_capacity": 100,
        "spot_allocation_strategy": "lowest-price",
        "spot_instance_pools": 2,
        "spot_max_price": "",
    }
    launch = {"launch_template_specification": [specification], "override": kinds}
    return [{"instances_distribution": [distribution], "launch_template": [launch]}]


def _edits(scaling: Any, things: tuple[Thing, ...]) -> tuple[Mutation, ...]:
    fixed, scaled, mixed = things
    first, second, third = (each.attributes["name"] for each in things)

    def change(name: str, **said: Any) -> None:
        scaling.update_auto_scaling_group(AutoScalingGroupName=name, **said)

    def tagged() -> None:
        of_group = {"ResourceId": first, "ResourceType": "auto-scaling-group"}
        said = {**of_group, "Key": "a", "Value": "z", "PropagateAtLaunch": True}
        # The autoscaler of a cluster and ECS put tags on groups, too.
        theirs = {**of_group, "Key": "AmazonECSManaged", "Value": "", "PropagateAtLaunch": True}
        scaling.create_or_update_tags(Tags=[said, theirs])

    one_type = {"Overrides": [{"InstanceType": "t3.micro"}, {"InstanceType": "m5.large"}]}
    specification = fixed.attributes["launch_template"][0]["id"]
    other_types = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": specification, "Version": "1"},
            **one_type,
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 0},
    }
    launch = "mixed_instances_policy[0].launch_template[0].override[1].instance_type"
    base = "mixed_instances_policy[0].instances_distribution[0].on_demand_base_capacity"
    return (
        Mutation(
            title="bigger",
            do=lambda: change(first, MaxSize=40, DesiredCapacity=3),
            reports=reports((fixed.address, "max_size"), (fixed.address, "desired_capacity")),
        ),
        Mutation(
            title="scaled by its policy",
            do=lambda: change(second, DesiredCapacity=3),
            reports=reports((scaled.address, "desired_capacity")),
            controlled=True,
        ),
        Mutation(
            title="replaces nothing",
            do=lambda: scaling.suspend_processes(
                AutoScalingGroupName=first, ScalingProcesses=["Terminate", "ReplaceUnhealthy"]
            ),
            reports=reports((fixed.address, "suspended_processes")),
        ),
        Mutation(
            title="another template",
            do=lambda: change(
                second, LaunchTemplate={"LaunchTemplateId": specification, "Version": "$Latest"}
            ),
            reports=reports((scaled.address, "launch_template[0].version")),
        ),
        Mutation(title="another tag", do=tagged, reports=reports((fixed.address, "tag[0].value"))),
        Mutation(
            title="other types",
            do=lambda: change(third, MixedInstancesPolicy=other_types),
            reports=reports((mixed.address, launch), (mixed.address, base)),
        ),
        Mutation(
            title="one zone",
            do=lambda: change(first, VPCZoneIdentifier=fixed.attributes["vpc_zone_identifier"][0]),
            reports=reports((fixed.address, "vpc_zone_identifier")),
        ),
        Mutation(
            title="deleted",
            do=lambda: scaling.delete_auto_scaling_group(
                AutoScalingGroupName=second, ForceDelete=True
            ),
            reports=reports((scaled.address, "")),
        ),
    )
