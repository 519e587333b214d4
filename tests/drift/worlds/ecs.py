"""A cluster with two services: one that autoscaling scales, one that nobody does.

Moto knows no deployment configuration, no circuit breaker, no execute-command switch of a service,
and not who registered a task definition.
"""

from typing import Any

from tests.drift.worlds.rds import default_group, subnets_of
from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world

TAG = {"key": "env", "value": "prod"}


def _cluster(aws: Aws, name: str) -> Thing:
    aws.client("ecs").create_cluster(
        clusterName=name,
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[TAG],
    )
    return Thing(
        type="aws_ecs_cluster",
        name=name.replace("-", "_"),
        attributes={
            "arn": arn("ecs", f"cluster/{name}"),
            "configuration": [],
            "id": arn("ecs", f"cluster/{name}"),
            "name": name,
            "service_connect_defaults": [],
            "setting": [{"name": "containerInsights", "value": "enabled"}],
            "tags": {},
            "tags_all": {"env": "prod"},
        },
    )


def _family(aws: Aws, family: str, image: str = "1") -> str:
    made = aws.client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        containerDefinitions=[{"name": "app", "image": f"shop/app:{image}", "memory": 128}],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def _service(aws: Aws, name: str, cluster: Thing, balanced: str = "") -> Thing:
    target = {"targetGroupArn": balanced, "containerName": "app", "containerPort": 8080}
    network = {
        "subnets": subnets_of(aws)[:2],
        "securityGroups": [default_group(aws)],
        "assignPublicIp": "DISABLED",
    }
    definition = _family(aws, name)
    aws.client("ecs").create_service(
        cluster=cluster.attributes["name"],
        serviceName=name,
        taskDefinition=definition,
        desiredCount=3,
        launchType="FARGATE",
        platformVersion="LATEST",
        networkConfiguration={"awsvpcConfiguration": network},
        loadBalancers=[target] if balanced else [],
        propagateTags="SERVICE",
        tags=[TAG],
    )
    whole = arn("ecs", f"service/{cluster.attributes['name']}/{name}")
    return Thing(
        type="aws_ecs_service",
        name=name.replace("-", "_"),
        attributes={
            "alarms": [],
            "availability_zone_rebalancing": "DISABLED",
            "capacity_provider_strategy": [],
            "cluster": cluster.attributes["arn"],
            "deployment_circuit_breaker": [{"enable": True, "rollback": True}],
            "deployment_controller": [{"type": "ECS"}],
            "deployment_maximum_percent": 200,
            "deployment_minimum_healthy_percent": 100,
            "desired_count": 3,
            "enable_ecs_managed_tags": False,
            "enable_execute_command": False,
            "force_delete": None,
            "force_new_deployment": None,
            "health_check_grace_period_seconds": 0,
            "iam_role": "/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "id": whole,
            "launch_type": "FARGATE",
            "load_balancer": [
                {
                    "advanced_configuration": [],
                    "container_name": "app",
                    "container_port": 8080,
                    "elb_name": "",
                    "target_group_arn": balanced,
                }
            ]
            if balanced
            else [],
            "name": name,
            "network_configuration": [
                {
                    "assign_public_ip": False,
                    "security_groups": network["securityGroups"],
                    "subnets": network["subnets"][::-1],
                }
            ],
            "ordered_placement_strategy": [],
            "placement_constraints": [],
            "platform_version": "LATEST",
            "propagate_tags": "SERVICE",
            "scheduling_strategy": "REPLICA",
            "service_connect_configuration": [],
            "service_registries": [],
            "tags": None,
            "tags_all": {"env": "prod"},
            "task_definition": definition.rpartition("/")[2],
            "timeouts": None,
            "triggers": {},
            "volume_configuration": [],
            "vpc_lattice_configurations": [],
            "wait_for_steady_state": False,
        },
        dependencies=(cluster.address,),
    )


@world("ecs")
def services(aws: Aws, word: str) -> World:
    ecs, cluster = aws.client("ecs"), _cluster(aws, f"shop-{word}")
    name = cluster.attributes["name"]
    target = arn("elasticloadbalancing", f"targetgroup/web-{word}/0123456789abcdef")
    web = _service(aws, f"web-{word}", cluster, target)
    jobs = _service(aws, f"jobs-{word}", cluster)
    aws.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{name}/{web.attributes['name']}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=9,
    )
    beside = f"test-{word}"
    ecs.create_service(
        cluster=name, serviceName=beside, taskDefinition=_family(aws, beside), desiredCount=1
    )
    ecs.create_cluster(clusterName=beside)
    strange = (
        ("aws_ecs_service", arn("ecs", f"service/{name}/{beside}")),
        ("aws_ecs_cluster", arn("ecs", f"cluster/{beside}")),
    )
    return World(
        things=(cluster, web, jobs),
        strangers=strange,
        mutations=_mutations(aws, cluster, web, jobs),
    )


def _mutations(aws: Aws, cluster: Thing, web: Thing, jobs: Thing) -> tuple[Mutation, ...]:
    ecs, name = aws.client("ecs"), cluster.attributes["name"]

    def update(service: Thing, **settings: Any) -> None:
        ecs.update_service(cluster=name, service=service.attributes["name"], **settings)

    def deploy(family: str) -> None:
        update(web, taskDefinition=_family(aws, family, "2"))

    other = {"subnets": subnets_of(aws)[1:], "securityGroups": [default_group(aws)]}
    return (
        Mutation(
            title="insights off",
            do=lambda: ecs.update_cluster(
                cluster=name, settings=[{"name": "containerInsights", "value": "disabled"}]
            ),
            reports=reports((cluster.address, "setting[0].value")),
        ),
        Mutation(
            title="scaled by hand",
            do=lambda: update(jobs, desiredCount=9),
            reports=reports((jobs.address, "desired_count")),
        ),
        Mutation(
            title="scaled by autoscaling",
            do=lambda: update(web, desiredCount=5),
            reports=reports((web.address, "desired_count")),
            controlled=True,
        ),
        Mutation(
            title="the next revision",
            do=lambda: deploy(web.attributes["name"]),
            reports=reports((web.address, "task_definition")),
            controlled=True,
        ),
        Mutation(
            title="another family",
            do=lambda: deploy(f"{web.attributes['name']}-else"),
            reports=reports((web.address, "task_definition")),
        ),
        Mutation(
            title="tags",
            do=lambda: ecs.tag_resource(
                resourceArn=web.attributes["id"], tags=[{"key": "new", "value": "x"}]
            ),
            reports=reports((web.address, "tags.new")),
        ),
        Mutation(
            title="elsewhere, with a public address",
            do=lambda: update(
                jobs,
                networkConfiguration={
                    "awsvpcConfiguration": {**other, "assignPublicIp": "ENABLED"}
                },
            ),
            reports=reports(
                (jobs.address, "network_configuration[0].assign_public_ip"),
                (jobs.address, "network_configuration[0].subnets"),
            ),
        ),
        Mutation(
            title="deleted",
            do=lambda: ecs.delete_service(
                cluster=name, service=jobs.attributes["name"], force=True
            ),
            reports=reports((jobs.address, "")),
        ),
    )
