"""Databases of RDS: instances, Aurora clusters, subnet groups."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.meaning import caseless
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import at, made_by, tags_of, taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.aws.versions import VERSION, as_asked, is_upgraded
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Answer = Mapping[str, Any]

_PAGE = 100
_OTHER_ENGINES = ("neptune", "docdb")
"""Listed by RDS too, and other types for Terraform."""
_GOING = "deleting"
_CERTIFICATE = "rds-ca-"
_MAJOR = {"mysql": 2, "mariadb": 2, "aurora-mysql": 3}
"""Numbers of a version that no upgrade changes by itself; one for the other engines."""


def _last(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """An identifier, also where it is given by its ARN."""
    return value.rpartition(":")[2].casefold() if isinstance(value, str) else value


_WINDOWS = ("maintenance_window", "backup_window")
_INSTANCE = Shape(
    sets=frozenset({"vpc_security_group_ids", "enabled_cloudwatch_logs_exports", "domain_dns_ips"}),
    skipped=frozenset({"replicas", "endpoint", "address", "engine_version_actual"}),
    equal={**dict.fromkeys(_WINDOWS, caseless), "replicate_source_db": _last},
    defaults={"network_type": "IPV4", "backup_target": "region"},
)
_CLUSTER = Shape(
    sets=frozenset(
        {"vpc_security_group_ids", "enabled_cloudwatch_logs_exports", "availability_zones"}
        | {"iam_roles"}
    ),
    skipped=frozenset({"cluster_members", "endpoint", "reader_endpoint", "engine_version_actual"}),
    equal=dict.fromkeys([f"preferred_{window}" for window in _WINDOWS], caseless),
    defaults={"network_type": "IPV4", "engine_mode": "provisioned"},
)
_SUBNETS = Shape(
    sets=frozenset({"subnet_ids", "supported_network_types"}),
    defaults={"description": "Managed by Terraform", "supported_network_types": ["IPV4"]},
)

_OF_INSTANCE = {
    "allocated_storage": "AllocatedStorage",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "availability_zone": "AvailabilityZone",
    "backup_retention_period": "BackupRetentionPeriod",
    "backup_target": "BackupTarget",
    "backup_window": "PreferredBackupWindow",
    "ca_cert_identifier": "CACertificateIdentifier",
    "character_set_name": "CharacterSetName",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "custom_iam_instance_profile": "CustomIamInstanceProfile",
    "customer_owned_ip_enabled": "CustomerOwnedIpEnabled",
    "database_insights_mode": "DatabaseInsightsMode",
    "db_name": "DBName",
    "db_subnet_group_name": "DBSubnetGroup.DBSubnetGroupName",
    "dedicated_log_volume": "DedicatedLogVolume",
    "deletion_protection": "DeletionProtection",
    "engine": "Engine",
    "engine_lifecycle_support": "EngineLifecycleSupport",
    "engine_version": "EngineVersion",
    "iam_database_authentication_enabled": "IAMDatabaseAuthenticationEnabled",
    "instance_class": "DBInstanceClass",
    "iops": "Iops",
    "kms_key_id": "KmsKeyId",
    "license_model": "LicenseModel",
    "maintenance_window": "PreferredMaintenanceWindow",
    "master_user_secret_kms_key_id": "MasterUserSecret.KmsKeyId",
    "monitoring_interval": "MonitoringInterval",
    "multi_az": "MultiAZ",
    "nchar_character_set_name": "NcharCharacterSetName",
    "network_type": "NetworkType",
    "option_group_name": "OptionGroupMemberships.0.OptionGroupName",
    "parameter_group_name": "DBParameterGroups.0.DBParameterGroupName",
    "performance_insights_enabled": "PerformanceInsightsEnabled",
    "performance_insights_kms_key_id": "PerformanceInsightsKMSKeyId",
    "performance_insights_retention_period": "PerformanceInsightsRetentionPeriod",
    "port": "Endpoint.Port",
    "publicly_accessible": "PubliclyAccessible",
    "replica_mode": "ReplicaMode",
    "storage_encrypted": "StorageEncrypted",
    "storage_throughput": "StorageThroughput",
    "storage_type": "StorageType",
    "timezone": "Timezone",
    "username": "MasterUsername",
}
_OF_CLUSTER = {
    "allocated_storage": "AllocatedStorage",
    "availability_zones": "AvailabilityZones",
    "backtrack_window": "BacktrackWindow",
    "backup_retention_period": "BackupRetentionPeriod",
    "cluster_scalability_type": "ClusterScalabilityType",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "database_insights_mode": "DatabaseInsightsMode",
    "database_name": "DatabaseName",
    "db_cluster_instance_class": "DBClusterInstanceClass",
    "db_cluster_parameter_group_name": "DBClusterParameterGroup",
    "db_subnet_group_name": "DBSubnetGroup",
    "deletion_protection": "DeletionProtection",
    "enable_http_endpoint": "HttpEndpointEnabled",
    "engine": "Engine",
    "engine_lifecycle_support": "EngineLifecycleSupport",
    "engine_mode": "EngineMode",
    "engine_version": "EngineVersion",
    "iam_database_authentication_enabled": "IAMDatabaseAuthenticationEnabled",
    "iops": "Iops",
    "kms_key_id": "KmsKeyId",
    "master_user_secret_kms_key_id": "MasterUserSecret.KmsKeyId",
    "master_username": "MasterUsername",
    "monitoring_interval": "MonitoringInterval",
    "monitoring_role_arn": "MonitoringRoleArn",
    "network_type": "NetworkType",
    "performance_insights_enabled": "PerformanceInsightsEnabled",
    "performance_insights_kms_key_id": "PerformanceInsightsKMSKeyId",
    "performance_insights_retention_period": "PerformanceInsightsRetentionPeriod",
    "port": "Port",
    "preferred_backup_window": "PreferredBackupWindow",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "storage_encrypted": "StorageEncrypted",
}
_SCALING = {
    "auto_pause": "AutoPause",
    "max_capacity": "MaxCapacity",
    "min_capacity": "MinCapacity",
    "seconds_before_timeout": "SecondsBeforeTimeout",
    "seconds_until_auto_pause": "SecondsUntilAutoPause",
    "timeout_action": "TimeoutAction",
}


def settled_instance(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """A version that is of the one asked for is that one."""
    return before, {**real.attributes, **as_asked(before, real.attributes)}


def settled_cluster(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """Aurora keeps data in three zones, also where two were asked for."""
    after = {**real.attributes, **as_asked(before, real.attributes)}
    zones = set(before.get("availability_zones") or ())
    if zones and zones <= set(after.get("availability_zones") or ()):
        after["availability_zones"] = sorted(zones)
    return before, after


def owner_of_instance(difference: Difference, before: Attributes, real: Real) -> str:
    """What RDS changes itself: storage that grows, minor versions, certificates, failover."""
    after = difference.after
    if difference.path == "allocated_storage":
        most = before.get("max_allocated_storage") or 0
        grew = isinstance(after, int) and int(difference.before or 0) < after <= most
        return "storage autoscaling of RDS" if grew else ""
    if difference.path == "availability_zone":
        return "failover of RDS" if real.attributes.get("multi_az") else ""
    if difference.path == "ca_cert_identifier":
        both = str(difference.before), str(after)
        rotated = all(each.startswith(_CERTIFICATE) for each in both)
        return "certificate rotation of RDS" if rotated else ""
    return owner_of_version(difference, before, real)


def owner_of_version(difference: Difference, before: Attributes, _real: Real) -> str:
    """Minor upgrades in the maintenance window, where they are allowed."""
    if difference.path != VERSION:
        return ""
    major = _MAJOR.get(str(before.get("engine")), 1)
    upgraded = is_upgraded(difference, before, major=major)
    return "minor version upgrades of RDS" if upgraded else ""


_INSTANCES = Kind(
    type="aws_db_instance",
    identity=by("identifier"),
    import_id=by("identifier"),
    shape=_INSTANCE,
    settle=settled_instance,
    owner=owner_of_instance,
)


@reader("rds", _INSTANCES)
def instances(look: Look) -> Iterator[Real]:
    """All instances, with their tags; those of clusters are another type."""
    for item in look.listed("DescribeDBInstances", "DBInstances", MaxRecords=_PAGE):
        if not item.get("DBClusterIdentifier") and item.get("DBInstanceStatus") != _GOING:
            yield Real(
                type="aws_db_instance",
                id=item["DBInstanceIdentifier"],
                name=item["DBInstanceIdentifier"],
                arn=item.get("DBInstanceArn", ""),
                attributes=_instance(item),
                folded=made_by(tags_of(item, under="TagList")),
                known_as=_known(item, "DbiResourceId"),
                created=item.get("InstanceCreateTime"),
            )


def _instance(item: Answer) -> dict[str, Any]:
    return {
        **taken(item, _OF_INSTANCE),
        "identifier": item["DBInstanceIdentifier"],
        "domain": at(item, "DomainMemberships.0.Domain"),
        "domain_iam_role_name": at(item, "DomainMemberships.0.IAMRoleName"),
        "enabled_cloudwatch_logs_exports": item.get("EnabledCloudwatchLogsExports") or [],
        "manage_master_user_password": "MasterUserSecret" in item,
        "max_allocated_storage": item.get("MaxAllocatedStorage", 0),
        "monitoring_role_arn": item.get("MonitoringRoleArn", ""),
        "replicate_source_db": item.get("ReadReplicaSourceDBInstanceIdentifier", ""),
        "tags": tags_of(item, under="TagList"),
        "vpc_security_group_ids": _groups(item),
    }


def _groups(item: Answer) -> list[str]:
    return [each["VpcSecurityGroupId"] for each in item.get("VpcSecurityGroups") or ()]


def _known(item: Answer, *names: str) -> tuple[str, ...]:
    return tuple(item[name] for name in names if item.get(name))


_CLUSTERS = Kind(
    type="aws_rds_cluster",
    identity=by("cluster_identifier"),
    import_id=by("cluster_identifier"),
    shape=_CLUSTER,
    settle=settled_cluster,
    owner=owner_of_version,
)


@reader("rds", _CLUSTERS)
def clusters(look: Look) -> Iterator[Real]:
    """All clusters, with their tags."""
    for item in look.listed("DescribeDBClusters", "DBClusters", MaxRecords=_PAGE):
        if item.get("Engine") not in _OTHER_ENGINES and item.get("Status") != _GOING:
            yield Real(
                type="aws_rds_cluster",
                id=item["DBClusterIdentifier"],
                name=item["DBClusterIdentifier"],
                arn=item.get("DBClusterArn", ""),
                attributes=_cluster(item),
                folded=made_by(tags_of(item, under="TagList")),
                known_as=_known(item, "DbClusterResourceId"),
                created=item.get("ClusterCreateTime"),
            )


def _cluster(item: Answer) -> dict[str, Any]:
    second = item.get("ServerlessV2ScalingConfiguration")
    first = item.get("ScalingConfigurationInfo") if item.get("EngineMode") == "serverless" else None
    provisioned_storage = not str(item.get("Engine", "")).startswith("aurora")
    return {
        **taken(item, _OF_CLUSTER),
        "cluster_identifier": item["DBClusterIdentifier"],
        "enabled_cloudwatch_logs_exports": item.get("EnabledCloudwatchLogsExports") or [],
        "iam_roles": [each["RoleArn"] for each in item.get("AssociatedRoles") or ()],
        "manage_master_user_password": "MasterUserSecret" in item,
        "scaling_configuration": [taken(first, _SCALING)] if first else [],
        "serverlessv2_scaling_configuration": [taken(second, _SCALING)] if second else [],
        # Aurora says nothing for its standard storage, or `aurora`: the state has "" then.
        "storage_type": _storage(item) if not provisioned_storage else item.get("StorageType", ""),
        "tags": tags_of(item, under="TagList"),
        "vpc_security_group_ids": _groups(item),
    }


def _storage(item: Answer) -> str:
    kind = str(item.get("StorageType") or "")
    return "" if kind == "aurora" else kind


_GROUPS = Kind(
    type="aws_db_subnet_group", identity=by("name"), import_id=by("name"), shape=_SUBNETS
)


@reader("rds", _GROUPS)
def subnet_groups(look: Look) -> Iterator[Real]:
    """All subnet groups; tags of those in the state, where tags are used."""
    listed = list(look.listed("DescribeDBSubnetGroups", "DBSubnetGroups", MaxRecords=_PAGE))
    tags = _tags(look, listed) if look.uses(_GROUPS.type, "tags", "tags_all") else {}
    for item in listed:
        name = item["DBSubnetGroupName"]
        subnets = [each["SubnetIdentifier"] for each in item.get("Subnets") or ()]
        yield Real(
            type="aws_db_subnet_group",
            id=name,
            name=name,
            arn=item.get("DBSubnetGroupArn", ""),
            folded=_folded_group(item),
            attributes={
                "name": name,
                "description": item.get("DBSubnetGroupDescription", ""),
                "subnet_ids": subnets,
                **taken(item, {"vpc_id": "VpcId"}),
                **taken(item, {"supported_network_types": "SupportedNetworkTypes"}),
                **tags.get(item.get("DBSubnetGroupArn", ""), {}),
            },
        )


def _tags(look: Look, groups: list[Answer]) -> dict[str, dict[str, Any]]:
    return tags_for(
        look,
        _GROUPS.type,
        {group["DBSubnetGroupArn"]: group["DBSubnetGroupName"] for group in groups},
        lambda arn: look.asked("ListTagsForResource", ResourceName=arn),
        under="TagList",
    )


def _folded_group(item: Answer) -> str:
    if item["DBSubnetGroupName"] == "default":
        return "default subnet group"
    by_console = item.get("DBSubnetGroupDescription") == "Created from the RDS Management Console"
    return "made by the RDS console" if by_console else ""
