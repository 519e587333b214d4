"""A replication group.

Moto lists no caches of a group, so nothing of engine versions, parameter groups, security groups
and maintenance windows; it places every member in us-east-1.
"""

from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world


@world("elasticache")
def groups(aws: Aws, word: str) -> World:
    cache, name = aws.client("elasticache"), f"sessions-{word}"
    cache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="sessions of the shop",
        Engine="redis",
        EngineVersion="7.0",
        CacheNodeType="cache.t4g.small",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        AtRestEncryptionEnabled=True,
        TransitEncryptionEnabled=True,
        SnapshotRetentionLimit=5,
        SnapshotWindow="01:00-02:00",
        Port=6379,
        Tags=[{"Key": "env", "Value": "prod"}],
    )
    cache.create_replication_group(
        ReplicationGroupId=f"test-{word}",
        ReplicationGroupDescription="",
        Engine="redis",
        CacheNodeType="cache.t4g.micro",
    )
    made = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
    host = made["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    members = made["MemberClusters"]
    group = Thing(
        type="aws_elasticache_replication_group",
        name=f"sessions_{word}",
        sensitive=("auth_token",),
        attributes={
            "apply_immediately": None,
            "arn": arn("elasticache", f"replicationgroup:{name}"),
            "at_rest_encryption_enabled": True,
            "auth_token": None,
            "auth_token_update_strategy": None,
            "auto_minor_version_upgrade": "true",
            "automatic_failover_enabled": True,
            "cluster_enabled": False,
            "cluster_mode": "disabled",
            "configuration_endpoint_address": "",
            "data_tiering_enabled": False,
            "description": "sessions of the shop",
            "engine": "redis",
            "engine_version": "7.0",
            "engine_version_actual": "7.0.7",
            "final_snapshot_identifier": None,
            "global_replication_group_id": None,
            "id": name,
            "ip_discovery": "ipv4",
            "kms_key_id": "",
            "log_delivery_configuration": [],
            "maintenance_window": "sun:05:00-sun:06:00",
            "member_clusters": members,
            "multi_az_enabled": True,
            "network_type": "ipv4",
            "node_group_configuration": [],
            "node_type": "cache.t4g.small",
            "notification_topic_arn": None,
            # Moto makes one cache fewer than it is told to.
            "num_cache_clusters": len(members),
            "num_node_groups": 1,
            "parameter_group_name": "default.redis7",
            "port": 6379,
            "preferred_cache_cluster_azs": None,
            "primary_endpoint_address": host,
            "reader_endpoint_address": host,
            "replicas_per_node_group": len(members) - 1,
            "replication_group_id": name,
            "security_group_ids": [],
            "security_group_names": [],
            "snapshot_arns": None,
            "snapshot_name": None,
            "snapshot_retention_limit": 5,
            "snapshot_window": "01:00-02:00",
            "subnet_group_name": "default",
            "tags": None,
            "tags_all": {"env": "prod"},
            "timeouts": None,
            "transit_encryption_enabled": True,
            "transit_encryption_mode": "required",
            "user_group_ids": [],
        },
    )
    return World(
        things=(group,),
        strangers=(("aws_elasticache_replication_group", f"test-{word}"),),
        mutations=(
            Mutation(
                title="no failover",
                do=lambda: cache.modify_replication_group(
                    ReplicationGroupId=name, AutomaticFailoverEnabled=False, MultiAZEnabled=False
                ),
                reports=reports(
                    (group.address, "automatic_failover_enabled"),
                    (group.address, "multi_az_enabled"),
                ),
            ),
            Mutation(
                title="fewer snapshots, larger nodes",
                do=lambda: cache.modify_replication_group(
                    ReplicationGroupId=name,
                    SnapshotRetentionLimit=1,
                    CacheNodeType="cache.m7g.large",
                ),
                reports=reports(
                    (group.address, "snapshot_retention_limit"), (group.address, "node_type")
                ),
            ),
            Mutation(
                title="tags",
                do=lambda: cache.add_tags_to_resource(
                    ResourceName=group.attributes["arn"],
                    Tags=[{"Key": "env", "Value": "test"}, {"Key": "new", "Value": "x"}],
                ),
                reports=reports((group.address, "tags.env"), (group.address, "tags.new")),
            ),
            Mutation(
                title="deleted",
                do=lambda: cache.delete_replication_group(ReplicationGroupId=name),
                reports=reports((group.address, "")),
            ),
        ),
    )
