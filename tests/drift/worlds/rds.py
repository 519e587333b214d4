"""Databases: an instance with its subnet group, and an Aurora cluster.

Moto knows no Performance Insights, no Enhanced Monitoring roles that are checked, and gives
every instance the same resource id.
"""

import secrets
from typing import Any

from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world

KEY = arn("kms", "key/5b1c9d1e-0000-4000-8000-5a0c4f7a7c11")
ENVIRONMENT = {"Key": "env", "Value": "prod"}


def subnets_of(aws: Aws) -> list[str]:
    """Of the default VPC."""
    found = aws.client("ec2").describe_subnets(Filters=[_default("default-for-az", "true")])
    return sorted(each["SubnetId"] for each in found["Subnets"])


def default_vpc(aws: Aws) -> str:
    found = aws.client("ec2").describe_vpcs(Filters=[_default("is-default", "true")])
    return str(found["Vpcs"][0]["VpcId"])


def default_group(aws: Aws) -> str:
    found = aws.client("ec2").describe_security_groups(Filters=[_default("group-name", "default")])
    return str(found["SecurityGroups"][0]["GroupId"])


def _default(name: str, value: str) -> dict[str, Any]:
    return {"Name": name, "Values": [value]}


def _subnet_group(aws: Aws, name: str) -> Thing:
    subnets = subnets_of(aws)[:2]
    aws.client("rds").create_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription="Managed by Terraform",
        SubnetIds=subnets,
        Tags=[ENVIRONMENT],
    )
    return Thing(
        type="aws_db_subnet_group",
        name=name.replace("-", "_"),
        attributes={
            "arn": arn("rds", f"subgrp:{name}"),
            "description": "Managed by Terraform",
            "id": name,
            "name": name,
            "name_prefix": "",
            "subnet_ids": subnets[::-1],
            "supported_network_types": ["IPV4"],
            "tags": None,
            "tags_all": {"env": "prod"},
            "timeouts": None,
            "vpc_id": default_vpc(aws),
        },
    )


_UNSET = (
    *("allow_major_version_upgrade", "custom_iam_instance_profile", "domain_auth_secret_arn"),
    *("domain_dns_ips", "domain_fqdn", "domain_ou", "final_snapshot_identifier"),
    *("manage_master_user_password", "password_wo", "password_wo_version", "snapshot_identifier"),
    *("timeouts", "upgrade_storage_config", "master_user_secret_kms_key_id"),
)
_BLOCKS = (
    *("blue_green_update", "listener_endpoint", "master_user_secret", "replicas"),
    *("restore_to_point_in_time", "s3_import", "enabled_cloudwatch_logs_exports"),
)
_TEXTS = (
    *("character_set_name", "domain", "domain_iam_role_name", "monitoring_role_arn", "timezone"),
    *("nchar_character_set_name", "performance_insights_kms_key_id", "replica_mode"),
    *("replicate_source_db", "identifier_prefix"),
)
_OFF = (
    *("customer_owned_ip_enabled", "dedicated_log_volume", "iam_database_authentication_enabled"),
    *("multi_az", "performance_insights_enabled", "publicly_accessible", "apply_immediately"),
)
_ZERO = ("iops", "monitoring_interval", "performance_insights_retention_period")


@world("rds_instances")
def instances(aws: Aws, word: str) -> World:
    rds, name, password = aws.client("rds"), f"shop-{word}", secrets.token_hex(12)
    group, firewall = _subnet_group(aws, f"db-{word}"), default_group(aws)
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.m6g.large",
        Engine="postgres",
        EngineVersion="15.4",
        AllocatedStorage=20,
        MaxAllocatedStorage=100,
        StorageType="gp3",
        StorageThroughput=125,
        MasterUsername="shop",
        MasterUserPassword=password,
        DBName="shop",
        DBSubnetGroupName=group.attributes["id"],
        VpcSecurityGroupIds=[firewall],
        PreferredMaintenanceWindow="Sun:03:00-Sun:04:00",
        PreferredBackupWindow="01:00-02:00",
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        StorageEncrypted=True,
        KmsKeyId=KEY,
        CopyTagsToSnapshot=True,
        Tags=[ENVIRONMENT, {"Key": "team", "Value": "shop"}],
    )
    database = Thing(
        type="aws_db_instance",
        name=f"shop_{word}",
        sensitive=("password",),
        attributes={
            **dict.fromkeys(_UNSET),
            **{block: [] for block in _BLOCKS},
            **dict.fromkeys(_TEXTS, ""),
            **dict.fromkeys(_OFF, False),
            **dict.fromkeys(_ZERO, 0),
            "address": f"{name}.aaaaaaaaaa.eu-central-1.rds.amazonaws.com",
            "allocated_storage": 20,
            "arn": arn("rds", f"db:{name}"),
            "auto_minor_version_upgrade": True,
            "availability_zone": "eu-central-1a",
            "backup_retention_period": 7,
            "backup_target": "region",
            "backup_window": "01:00-02:00",
            "ca_cert_identifier": "rds-ca-default",
            "copy_tags_to_snapshot": True,
            "database_insights_mode": "standard",
            "db_name": "shop",
            "db_subnet_group_name": group.attributes["id"],
            "delete_automated_backups": True,
            "deletion_protection": True,
            "endpoint": f"{name}.aaaaaaaaaa.eu-central-1.rds.amazonaws.com:5432",
            "engine": "postgres",
            "engine_lifecycle_support": "open-source-rds-extended-support",
            "engine_version": "15",
            "engine_version_actual": "15.4",
            "hosted_zone_id": "Z1RLNUO7B9Q6NB",
            "id": "db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U",
            "identifier": name,
            "instance_class": "db.m6g.large",
            "kms_key_id": KEY,
            "latest_restorable_time": "2026-11-20T22:14:00Z",
            "license_model": "general-public-license",
            "maintenance_window": "sun:03:00-sun:04:00",
            "max_allocated_storage": 100,
            "network_type": "IPV4",
            "option_group_name": "default:postgres-15-4",
            "parameter_group_name": "default.postgres15",
            "password": password,
            "port": 5432,
            "resource_id": "db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U",
            "skip_final_snapshot": True,
            "status": "available",
            "storage_encrypted": True,
            "storage_throughput": 125,
            "storage_type": "gp3",
            "tags": {"team": "shop"},
            "tags_all": {"env": "prod", "team": "shop"},
            "username": "shop",
            "vpc_security_group_ids": [firewall],
        },
        dependencies=(group.address,),
    )
    beside = f"test-{word}"
    rds.create_db_instance(
        DBInstanceIdentifier=beside,
        DBInstanceClass="db.t4g.micro",
        Engine="mysql",
        EngineVersion="8.0.35",
        AllocatedStorage=20,
        MasterUsername="root",
        MasterUserPassword=secrets.token_hex(12),
    )

    def modify(**settings: object) -> None:
        rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **settings)

    def retag() -> None:
        whole = arn("rds", f"db:{name}")
        rds.add_tags_to_resource(ResourceName=whole, Tags=[{"Key": "new", "Value": "x"}])
        rds.remove_tags_from_resource(ResourceName=whole, TagKeys=["team"])

    def delete() -> None:
        modify(DeletionProtection=False)
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)

    def move() -> None:
        # Moto loses a group that is modified.
        rds.delete_db_subnet_group(DBSubnetGroupName=group.attributes["id"])
        rds.create_db_subnet_group(
            DBSubnetGroupName=group.attributes["id"],
            DBSubnetGroupDescription=group.attributes["description"],
            SubnetIds=subnets_of(aws)[1:],
            Tags=[ENVIRONMENT],
        )

    return World(
        things=(group, database),
        strangers=(("aws_db_instance", beside),),
        mutations=(
            Mutation(
                title="open to the internet",
                do=lambda: modify(PubliclyAccessible=True),
                reports=reports((database.address, "publicly_accessible")),
            ),
            Mutation(
                title="may be deleted, and keeps one backup",
                do=lambda: modify(DeletionProtection=False, BackupRetentionPeriod=1),
                reports=reports(
                    (database.address, "deletion_protection"),
                    (database.address, "backup_retention_period"),
                ),
            ),
            Mutation(
                title="a larger class and another window",
                do=lambda: modify(
                    DBInstanceClass="db.m6g.xlarge",
                    PreferredMaintenanceWindow="mon:03:00-mon:04:00",
                ),
                reports=reports(
                    (database.address, "instance_class"), (database.address, "maintenance_window")
                ),
            ),
            Mutation(
                title="storage grew",
                do=lambda: modify(AllocatedStorage=40),
                reports=reports((database.address, "allocated_storage")),
                controlled=True,
            ),
            Mutation(
                title="tags",
                do=retag,
                reports=reports((database.address, "tags.new"), (database.address, "tags.team")),
            ),
            Mutation(
                title="other subnets",
                do=move,
                reports=reports((group.address, "subnet_ids")),
            ),
            Mutation(
                title="the group is tagged",
                do=lambda: rds.add_tags_to_resource(
                    ResourceName=group.attributes["arn"], Tags=[{"Key": "env", "Value": "test"}]
                ),
                reports=reports((group.address, "tags.env")),
            ),
            Mutation(title="deleted", do=delete, reports=reports((database.address, ""))),
        ),
    )


_CLUSTER_UNSET = (
    *(
        "allow_major_version_upgrade",
        "domain",
        "domain_iam_role_name",
        "enable_local_write_forwarding",
    ),
    *("final_snapshot_identifier", "global_cluster_identifier", "db_instance_parameter_group_name"),
    *("manage_master_user_password", "master_password_wo", "master_password_wo_version"),
    *("master_user_secret_kms_key_id", "snapshot_identifier", "source_region", "timeouts"),
    *("replication_source_identifier", "enable_global_write_forwarding"),
)
_CLUSTER_BLOCKS = (
    *(
        "enabled_cloudwatch_logs_exports",
        "iam_roles",
        "master_user_secret",
        "scaling_configuration",
    ),
    *("restore_to_point_in_time", "s3_import"),
)


@world("rds_clusters")
def clusters(aws: Aws, word: str) -> World:
    rds, name, password = aws.client("rds"), f"orders-{word}", secrets.token_hex(12)
    group, firewall = _subnet_group(aws, f"aurora-{word}"), default_group(aws)
    made = rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-mysql",
        EngineVersion="8.0.mysql_aurora.3.05.2",
        MasterUsername="orders",
        MasterUserPassword=password,
        DatabaseName="orders",
        DBSubnetGroupName=group.attributes["id"],
        VpcSecurityGroupIds=[firewall],
        BackupRetentionPeriod=14,
        DeletionProtection=True,
        StorageEncrypted=True,
        KmsKeyId=KEY,
        PreferredBackupWindow="02:00-03:00",
        PreferredMaintenanceWindow="sun:05:00-sun:06:00",
        ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 4},
        Tags=[ENVIRONMENT],
    )["DBCluster"]
    # A member: `aws_rds_cluster_instance` for Terraform, which is no `aws_db_instance`.
    rds.create_db_instance(
        DBInstanceIdentifier=f"{name}-1",
        DBClusterIdentifier=name,
        DBInstanceClass="db.serverless",
        Engine="aurora-mysql",
    )
    cluster = Thing(
        type="aws_rds_cluster",
        name=f"orders_{word}",
        sensitive=("master_password",),
        attributes={
            **dict.fromkeys(_CLUSTER_UNSET),
            **{block: [] for block in _CLUSTER_BLOCKS},
            "allocated_storage": made["AllocatedStorage"],
            "apply_immediately": None,
            "arn": arn("rds", f"cluster:{name}"),
            "availability_zones": ["eu-central-1b", "eu-central-1a", "eu-central-1c"],
            "backtrack_window": 0,
            "backup_retention_period": 14,
            "ca_certificate_identifier": "",
            "ca_certificate_valid_till": "",
            "cluster_identifier": name,
            "cluster_identifier_prefix": "",
            "cluster_members": [],
            "cluster_resource_id": made["DbClusterResourceId"],
            "cluster_scalability_type": "",
            "copy_tags_to_snapshot": False,
            "database_insights_mode": "standard",
            "database_name": "orders",
            "db_cluster_instance_class": "",
            "db_cluster_parameter_group_name": made["DBClusterParameterGroup"],
            "db_subnet_group_name": group.attributes["id"],
            "db_system_id": "",
            "delete_automated_backups": True,
            "deletion_protection": True,
            "enable_http_endpoint": False,
            "endpoint": made["Endpoint"],
            "engine": "aurora-mysql",
            "engine_lifecycle_support": "open-source-rds-extended-support",
            "engine_mode": "provisioned",
            "engine_version": "8.0.mysql_aurora.3.05.2",
            "engine_version_actual": "8.0.mysql_aurora.3.05.2",
            "hosted_zone_id": made["HostedZoneId"],
            "iam_database_authentication_enabled": False,
            "id": name,
            "iops": 0,
            "kms_key_id": KEY,
            "master_password": password,
            "master_username": "orders",
            "monitoring_interval": 0,
            "monitoring_role_arn": "",
            "network_type": "IPV4",
            "performance_insights_enabled": False,
            "performance_insights_kms_key_id": "",
            "performance_insights_retention_period": 0,
            "port": 3306,
            "preferred_backup_window": "02:00-03:00",
            "preferred_maintenance_window": "sun:05:00-sun:06:00",
            "reader_endpoint": made["ReaderEndpoint"],
            "serverlessv2_scaling_configuration": [
                {"max_capacity": 4, "min_capacity": 0.5, "seconds_until_auto_pause": 0}
            ],
            "skip_final_snapshot": True,
            "storage_encrypted": True,
            # Aurora's own storage has no name; moto calls it gp2.
            "storage_type": made["StorageType"],
            "tags": {},
            "tags_all": {"env": "prod"},
            "vpc_security_group_ids": [firewall],
        },
        dependencies=(group.address,),
    )

    def modify(**settings: object) -> None:
        rds.modify_db_cluster(DBClusterIdentifier=name, ApplyImmediately=True, **settings)

    def delete() -> None:
        rds.delete_db_instance(DBInstanceIdentifier=f"{name}-1", SkipFinalSnapshot=True)
        modify(DeletionProtection=False)
        rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)

    scaled = "serverlessv2_scaling_configuration[0].max_capacity"
    return World(
        things=(group, cluster),
        mutations=(
            Mutation(
                title="more capacity",
                do=lambda: modify(
                    ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 64}
                ),
                reports=reports((cluster.address, scaled)),
            ),
            Mutation(
                title="may be deleted",
                do=lambda: modify(DeletionProtection=False),
                reports=reports((cluster.address, "deletion_protection")),
            ),
            Mutation(
                title="fewer backups, at another time",
                do=lambda: modify(BackupRetentionPeriod=1, PreferredBackupWindow="04:00-05:00"),
                reports=reports(
                    (cluster.address, "backup_retention_period"),
                    (cluster.address, "preferred_backup_window"),
                ),
            ),
            Mutation(
                title="tagged",
                do=lambda: rds.add_tags_to_resource(
                    ResourceName=cluster.attributes["arn"], Tags=[{"Key": "new", "Value": "x"}]
                ),
                reports=reports((cluster.address, "tags.new")),
            ),
            Mutation(title="deleted", do=delete, reports=reports((cluster.address, ""))),
        ),
    )
