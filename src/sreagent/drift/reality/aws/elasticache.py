"""Replication groups of ElastiCache: Redis and Valkey."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.meaning import caseless
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import listed_or_missed, taken
from sreagent.drift.reality.aws.scaling import scaled
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.aws.versions import VERSION, as_asked, is_upgraded
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Answer = Mapping[str, Any]

_PAGE = 100
_SCALED = "scaled by"
_SIZES = ("num_cache_clusters", "num_node_groups", "replicas_per_node_group")
_ON = ("enabled", "enabling")

_GROUP = Shape(
    sets=frozenset({"security_group_ids", "user_group_ids", "member_clusters"}),
    keyed={"log_delivery_configuration": ("log_type",)},
    skipped=frozenset(
        {
            *("member_clusters", "preferred_cache_cluster_azs", "configuration_endpoint_address"),
            *("primary_endpoint_address", "reader_endpoint_address", "engine_version_actual"),
            *("node_group_configuration", "auth_token"),
        }
    ),
    equal={"maintenance_window": caseless, "snapshot_window": caseless},
    defaults={"ip_discovery": "ipv4", "network_type": "ipv4", "cluster_mode": "disabled"},
)
_OF_GROUP = {
    "at_rest_encryption_enabled": "AtRestEncryptionEnabled",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "cluster_enabled": "ClusterEnabled",
    "cluster_mode": "ClusterMode",
    "description": "Description",
    "engine": "Engine",
    "global_replication_group_id": "GlobalReplicationGroupInfo.GlobalReplicationGroupId",
    "ip_discovery": "IpDiscovery",
    "kms_key_id": "KmsKeyId",
    "network_type": "NetworkType",
    "node_type": "CacheNodeType",
    "port": "NodeGroups.0.PrimaryEndpoint.Port",
    "replication_group_id": "ReplicationGroupId",
    "snapshot_retention_limit": "SnapshotRetentionLimit",
    "snapshot_window": "SnapshotWindow",
    "transit_encryption_enabled": "TransitEncryptionEnabled",
    "transit_encryption_mode": "TransitEncryptionMode",
}
_OF_MEMBER = {
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "engine_version": "EngineVersion",
    "maintenance_window": "PreferredMaintenanceWindow",
    "notification_topic_arn": "NotificationConfiguration.TopicArn",
    "parameter_group_name": "CacheParameterGroup.CacheParameterGroupName",
    "subnet_group_name": "CacheSubnetGroupName",
}
"""What only the caches of a group tell."""


def settled(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """`7.0` and `6.x` ask for any such version."""
    return before, {**real.attributes, **as_asked(before, real.attributes)}


def owner(difference: Difference, before: Attributes, real: Real) -> str:
    """Autoscaling adds replicas and shards; ElastiCache itself upgrades to newer minor versions."""
    if difference.path in _SIZES:
        return real.facts.get(_SCALED, "")
    if difference.path == VERSION and is_upgraded(difference, before):
        return "minor version upgrades of ElastiCache"
    return ""


_GROUPS = Kind(
    type="aws_elasticache_replication_group",
    identity=by("replication_group_id"),
    import_id=by("replication_group_id"),
    shape=_GROUP,
    settle=settled,
    owner=owner,
)


@reader("elasticache", _GROUPS)
def groups(look: Look) -> Iterator[Real]:
    """All groups, with what their caches tell; tags of those in the state."""
    there = look.listed("DescribeReplicationGroups", "ReplicationGroups", MaxRecords=_PAGE)
    listed = [item for item in there if item.get("Status") != "deleting"]
    held = {item["ReplicationGroupId"]: _held(look, item) for item in listed}
    members = _members(look) if any(said is not None for said in held.values()) else {}
    tags = tags_for(
        look,
        _GROUPS.type,
        {item["ARN"]: item["ReplicationGroupId"] for item in listed if "ARN" in item},
        lambda arn: look.asked("ListTagsForResource", ResourceName=arn),
        under="TagList",
    )
    sizes: dict[str, str] | None = None
    for item in listed:
        id_, arn = item["ReplicationGroupId"], item.get("ARN", "")
        attributes = _group(item, members.get(id_, {}))
        if _is_resized(held[id_], attributes) and sizes is None:
            sizes = scaled(look, "elasticache")
        yield Real(
            type="aws_elasticache_replication_group",
            id=id_,
            name=id_,
            arn=arn,
            created=item.get("ReplicationGroupCreateTime"),
            facts=_facts(sizes or {}, id_),
            attributes={**attributes, **tags.get(arn, {})},
        )


def _held(look: Look, item: Answer) -> Attributes | None:
    return look.in_state(_GROUPS.type, item["ReplicationGroupId"])


def _members(look: Look) -> dict[str, Answer]:
    """One cache of each group: they are alike."""
    caches = listed_or_missed(look, "DescribeCacheClusters", "CacheClusters", MaxRecords=_PAGE)
    owned = (each for each in caches or () if "ReplicationGroupId" in each)
    return {each["ReplicationGroupId"]: each for each in owned}


def _facts(sizes: Mapping[str, str], group: str) -> dict[str, str]:
    scaler = sizes.get(f"replication-group/{group}")
    return {_SCALED: scaler} if scaler else {}


def _is_resized(said: Attributes | None, after: Attributes) -> bool:
    return said is not None and any(
        said.get(name) is not None and said[name] != after.get(name) for name in _SIZES
    )


def _group(item: Answer, member: Answer) -> dict[str, Any]:
    shards = item.get("NodeGroups") or ()
    nodes = [len(shard.get("NodeGroupMembers") or ()) for shard in shards]
    return {
        **taken(item, _OF_GROUP),
        **taken(member, _OF_MEMBER),
        "automatic_failover_enabled": item.get("AutomaticFailover") in _ON,
        "data_tiering_enabled": item.get("DataTiering") in _ON,
        "multi_az_enabled": item.get("MultiAZ") in _ON,
        "num_cache_clusters": len(item.get("MemberClusters") or ()),
        **({"num_node_groups": len(nodes)} if nodes else {}),
        **({"replicas_per_node_group": max(nodes[0] - 1, 0)} if nodes else {}),
        "log_delivery_configuration": [
            _log(each) for each in item.get("LogDeliveryConfigurations") or ()
        ],
        "user_group_ids": item.get("UserGroupIds") or [],
        **(
            {"security_group_ids": [each["SecurityGroupId"] for each in member["SecurityGroups"]]}
            if "SecurityGroups" in member
            else {}
        ),
    }


def _log(said: Answer) -> dict[str, Any]:
    where = said.get("DestinationDetails") or {}
    group = (where.get("CloudWatchLogsDetails") or {}).get("LogGroup")
    stream = (where.get("KinesisFirehoseDetails") or {}).get("DeliveryStream")
    return {
        "destination": group or stream or "",
        "destination_type": said.get("DestinationType", ""),
        "log_format": said.get("LogFormat", ""),
        "log_type": said.get("LogType", ""),
    }
