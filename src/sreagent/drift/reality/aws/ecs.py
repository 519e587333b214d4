"""Clusters and services of ECS."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import (
    batches,
    listed_below,
    made_by,
    tags_of,
    taken,
    unlisted,
)
from sreagent.drift.reality.aws.scaling import scaled
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Answer = Mapping[str, Any]

_PAGE = 100
_SERVICES_AT_ONCE = 10
_SCALED = "scaled by"
_DEPLOYED = "deployed by"
_CONTROLLER = "deployment controller"
_LATEST = "LATEST"

_CLUSTER = Shape(keyed={"setting": ("name",)}, defaults={"setting.value": "disabled"})


def _last(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """`orders:42`, also where it is given by its ARN."""
    return value.rpartition("/")[2] if isinstance(value, str) else value


_SERVICE = Shape(
    sets=frozenset(
        {
            *("capacity_provider_strategy", "load_balancer", "placement_constraints"),
            *("network_configuration.security_groups", "network_configuration.subnets"),
            "alarms.alarm_names",
        }
    ),
    equal={"task_definition": _last, "cluster": _last},
    defaults={
        "deployment_controller.type": "ECS",
        "deployment_maximum_percent": 200,
        "deployment_minimum_healthy_percent": 100,
        "propagate_tags": "NONE",
        "scheduling_strategy": "REPLICA",
        "availability_zone_rebalancing": "DISABLED",
    },
    strict=frozenset({"deployment_minimum_healthy_percent"}),
)
_OF_SERVICE = {
    "availability_zone_rebalancing": "availabilityZoneRebalancing",
    "cluster": "clusterArn",
    "deployment_maximum_percent": "deploymentConfiguration.maximumPercent",
    "deployment_minimum_healthy_percent": "deploymentConfiguration.minimumHealthyPercent",
    "desired_count": "desiredCount",
    "enable_ecs_managed_tags": "enableECSManagedTags",
    "enable_execute_command": "enableExecuteCommand",
    "health_check_grace_period_seconds": "healthCheckGracePeriodSeconds",
    "name": "serviceName",
    "platform_version": "platformVersion",
    "propagate_tags": "propagateTags",
    "scheduling_strategy": "schedulingStrategy",
    "task_definition": "taskDefinition",
}
_LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "capacity_provider_strategy": (
        "capacityProviderStrategy",
        {"base": "base", "capacity_provider": "capacityProvider", "weight": "weight"},
    ),
    "load_balancer": (
        "loadBalancers",
        {
            "container_name": "containerName",
            "container_port": "containerPort",
            "elb_name": "loadBalancerName",
            "target_group_arn": "targetGroupArn",
        },
    ),
    "ordered_placement_strategy": ("placementStrategy", {"field": "field", "type": "type"}),
    "placement_constraints": (
        "placementConstraints",
        {"expression": "expression", "type": "type"},
    ),
    "service_registries": (
        "serviceRegistries",
        {
            "container_name": "containerName",
            "container_port": "containerPort",
            "port": "port",
            "registry_arn": "registryArn",
        },
    ),
}
_BREAKER = {"enable": "enable", "rollback": "rollback"}
_ALARMS = {"alarm_names": "alarmNames", **_BREAKER}
_COMMANDS = {"kms_key_id": "kmsKeyId", "logging": "logging"}
_COMMAND_LOGS = {
    "cloud_watch_encryption_enabled": "cloudWatchEncryptionEnabled",
    "cloud_watch_log_group_name": "cloudWatchLogGroupName",
    "s3_bucket_encryption_enabled": "s3EncryptionEnabled",
    "s3_bucket_name": "s3BucketName",
    "s3_key_prefix": "s3KeyPrefix",
}
_STORAGE = {
    "fargate_ephemeral_storage_kms_key_id": "fargateEphemeralStorageKmsKeyId",
    "kms_key_id": "kmsKeyId",
}


def settled_cluster(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """Settings that the state does not speak of have the account's default."""
    after = dict(real.attributes)
    named = {each.get("name") for each in before.get("setting") or ()}
    kept = [each for each in after.get("setting") or () if each["name"] in named]
    return before, {**after, "setting": kept}


def settled_service(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """What follows from another attribute, or stands for whatever is current."""
    after = dict(real.attributes)
    if not before.get("capacity_provider_strategy") and not before.get("launch_type"):
        # It has the strategy of its cluster.
        after.pop("capacity_provider_strategy", None)
        after.pop("launch_type", None)
    if _LATEST in (before.get("platform_version"), after.get("platform_version")):
        after.pop("platform_version", None)
    if after.get("scheduling_strategy") == "DAEMON":
        after.pop("desired_count", None)
    asked = str(_last(before.get("task_definition") or ""))
    runs = str(_last(after.get("task_definition") or ""))
    if asked and asked == runs.partition(":")[0]:
        after["task_definition"] = before["task_definition"]
    return before, after


def owner_of_service(difference: Difference, _before: Attributes, real: Real) -> str:
    """Autoscaling changes the count; deployments another revision and, blue-green, the targets."""
    facts = real.facts
    if difference.path == "desired_count":
        return facts.get(_SCALED, "")
    if difference.path == "task_definition":
        was, is_ = (
            str(_last(each)).partition(":")[0] for each in (difference.before, difference.after)
        )
        return facts.get(_DEPLOYED, "ECS deployments") if was == is_ else ""
    if difference.path.startswith("load_balancer") and facts.get(_CONTROLLER) == "CODE_DEPLOY":
        return "deployments of CodeDeploy"
    return ""


_CLUSTERS = Kind(
    type="aws_ecs_cluster",
    identity=by("arn"),
    import_id=by("name"),
    shape=_CLUSTER,
    settle=settled_cluster,
)
_SERVICES = Kind(
    type="aws_ecs_service",
    import_id=lambda attributes: f"{_last(attributes.get('cluster') or '')}/{attributes['name']}",
    shape=_SERVICE,
    settle=settled_service,
    owner=owner_of_service,
)


@reader("ecs", _CLUSTERS)
def clusters(look: Look) -> Iterator[Real]:
    """All clusters with settings and tags, a hundred at once."""
    arns = list(look.listed("ListClusters", "clusterArns", maxResults=_PAGE))
    for some in batches(arns, _PAGE):
        answer = look.ask(
            "DescribeClusters", clusters=some, include=["SETTINGS", "TAGS", "CONFIGURATIONS"]
        )
        for item in answer.get("clusters") or ():
            if item.get("status") == "INACTIVE":
                continue
            tags = tags_of(item, under="tags")
            yield Real(
                type="aws_ecs_cluster",
                id=item["clusterArn"],
                name=item["clusterName"],
                arn=item["clusterArn"],
                import_id=item["clusterName"],
                known_as=(item["clusterName"],),
                folded=made_by(tags),
                attributes=_cluster(item, tags),
            )


def _cluster(item: Answer, tags: Mapping[str, str]) -> dict[str, Any]:
    configuration = item.get("configuration") or {}
    commands = configuration.get("executeCommandConfiguration")
    storage = configuration.get("managedStorageConfiguration")
    whole = {
        "execute_command_configuration": [_commands(commands)] if commands else [],
        "managed_storage_configuration": [taken(storage, _STORAGE)] if storage else [],
    }
    namespace = (item.get("serviceConnectDefaults") or {}).get("namespace")
    return {
        "name": item["clusterName"],
        "configuration": [whole] if configuration else [],
        "setting": [
            {"name": each["name"], "value": each["value"]} for each in item.get("settings") or ()
        ],
        "service_connect_defaults": [{"namespace": namespace}] if namespace else [],
        "tags": tags,
    }


def _commands(said: Answer) -> dict[str, Any]:
    logs = said.get("logConfiguration")
    return {
        **taken(said, _COMMANDS),
        "log_configuration": [taken(logs, _COMMAND_LOGS)] if logs else [],
    }


@reader("ecs", _SERVICES)
def services(look: Look) -> Iterator[Real]:
    """Services of the clusters that the state holds or speaks of; those in the state whole."""
    said = look.wanted.get(_SERVICES.type, {})
    names = {_cluster_of(arn, each) for arn, each in said.items()}
    names |= {str(_last(arn)) for arn in look.wanted.get(_CLUSTERS.type, {})}
    listed = dict(look.each(sorted(names - {""}), lambda name: _listed(look, name)))
    found = {arn: name for name, arns in listed.items() for arn in arns or ()}
    whole = _described(look, {arn: name for arn, name in found.items() if arn in said})
    sizes = scaled(look, "ecs") if said else {}
    for arn, cluster in found.items():
        name = str(_last(arn))
        item = whole.get(arn, {})
        if item.get("status") == "INACTIVE":
            continue
        yield Real(
            type="aws_ecs_service",
            id=arn,
            name=name,
            arn=arn,
            import_id=f"{cluster}/{name}",
            known_as=(name,),
            created=item.get("createdAt"),
            attributes=_service(item) if item else {},
            facts=_facts(look, item, said.get(arn, {}), sizes.get(f"service/{cluster}/{name}")),
        )
    above = {arn: _cluster_of(arn, each) for arn, each in said.items()}
    yield from unlisted(_SERVICES.type, above, listed)


def _cluster_of(arn: str, said: Attributes) -> str:
    """The name of its cluster; a service without one is in `default`."""
    parts = arn.split("/")
    named = parts[1] if len(parts) > 2 else ""
    return str(_last(said.get("cluster") or "")) or named or "default"


def _listed(look: Look, cluster: str) -> list[str] | None:
    return listed_below(look, "ListServices", "serviceArns", cluster=cluster, maxResults=_PAGE)


def _described(look: Look, wanted: Mapping[str, str]) -> dict[str, Answer]:
    """Services by ARN, ten at once."""
    by_cluster: dict[str, list[str]] = {}
    for arn, cluster in wanted.items():
        by_cluster.setdefault(cluster, []).append(arn)
    asked = [
        (cluster, some)
        for cluster, arns in by_cluster.items()
        for some in batches(arns, _SERVICES_AT_ONCE)
    ]
    answers = look.each(
        asked,
        lambda one: look.asked(
            "DescribeServices", cluster=one[0], services=one[1], include=["TAGS"]
        ),
    )
    return {
        item["serviceArn"]: item
        for _, answer in answers
        for item in (answer or {}).get("services") or ()
    }


def _facts(look: Look, item: Answer, said: Attributes, scaler: str | None) -> dict[str, str]:
    facts = {_SCALED: scaler} if scaler else {}
    if controller := (item.get("deploymentController") or {}).get("type"):
        facts[_CONTROLLER] = controller
    runs, was = item.get("taskDefinition"), said.get("task_definition")
    if runs and was and _last(runs) != _last(was):
        answer = look.asked("DescribeTaskDefinition", taskDefinition=runs) or {}
        if who := (answer.get("taskDefinition") or {}).get("registeredBy"):
            facts[_DEPLOYED] = f"ECS deployments by {who}"
    return facts


def _service(item: Answer) -> dict[str, Any]:
    network = (item.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    blocks = {
        "deployment_controller": [{"type": (item.get("deploymentController") or {}).get("type")}],
        "network_configuration": [_network(network)] if network else [],
        **{name: _blocks(item.get(key), names) for name, (key, names) in _LISTS.items()},
    }
    return {
        **taken(item, _OF_SERVICE),
        "launch_type": item.get("launchType", ""),
        "tags": tags_of(item, under="tags"),
        **blocks,
        **_deployment(item.get("deploymentConfiguration") or {}),
    }


def _network(network: Answer) -> dict[str, Any]:
    return {
        "assign_public_ip": network.get("assignPublicIp") == "ENABLED",
        "security_groups": network.get("securityGroups") or [],
        "subnets": network.get("subnets") or [],
    }


def _blocks(items: Iterable[Answer] | None, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [taken(item, names) for item in items or ()]


def _deployment(said: Answer) -> dict[str, Any]:
    breaker, alarms = said.get("deploymentCircuitBreaker"), said.get("alarms")
    return {
        **({"deployment_circuit_breaker": [taken(breaker, _BREAKER)]} if breaker else {}),
        **({"alarms": [taken(alarms, _ALARMS)]} if alarms else {}),
    }
