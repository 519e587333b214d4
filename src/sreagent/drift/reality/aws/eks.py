"""Clusters and node groups of EKS."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.meaning import network
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import listed_below, made_by, tags_of, taken, unlisted
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Answer = Mapping[str, Any]

_PAGE = 100
_GOING = "DELETING"
_NEWEST = ("$Latest", "$Default")

_CLUSTER = Shape(
    sets=frozenset(
        {
            *("enabled_cluster_log_types", "encryption_config.resources"),
            *("vpc_config.public_access_cidrs", "vpc_config.security_group_ids"),
            *("vpc_config.subnet_ids", "compute_config.node_pools"),
        }
    ),
    skipped=frozenset({"platform_version", "endpoint", "certificate_authority", "identity"}),
    equal={"vpc_config.public_access_cidrs": network},
    defaults={
        "kubernetes_network_config.ip_family": "ipv4",
        "upgrade_policy.support_type": "EXTENDED",
        "access_config.authentication_mode": "CONFIG_MAP",
    },
)
_NODES = Shape(
    sets=frozenset({"subnet_ids", "remote_access.source_security_group_ids"}),
    maps=frozenset({"labels"}),
    keyed={"taint": ("key", "effect")},
    skipped=frozenset({"release_version", "resources"}),
    defaults={"ami_type": "AL2_x86_64", "capacity_type": "ON_DEMAND", "disk_size": 20},
)
_OF_CLUSTER = {
    "deletion_protection": "deletionProtection",
    "name": "name",
    "platform_version": "platformVersion",
    "role_arn": "roleArn",
    "version": "version",
}
_CLUSTER_BLOCKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "access_config": ("accessConfig", {"authentication_mode": "authenticationMode"}),
    "kubernetes_network_config": (
        "kubernetesNetworkConfig",
        {
            "ip_family": "ipFamily",
            "service_ipv4_cidr": "serviceIpv4Cidr",
            "service_ipv6_cidr": "serviceIpv6Cidr",
        },
    ),
    "upgrade_policy": ("upgradePolicy", {"support_type": "supportType"}),
    "vpc_config": (
        "resourcesVpcConfig",
        {
            "cluster_security_group_id": "clusterSecurityGroupId",
            "endpoint_private_access": "endpointPrivateAccess",
            "endpoint_public_access": "endpointPublicAccess",
            "public_access_cidrs": "publicAccessCidrs",
            "security_group_ids": "securityGroupIds",
            "subnet_ids": "subnetIds",
            "vpc_id": "vpcId",
        },
    ),
    "zonal_shift_config": ("zonalShiftConfig", {"enabled": "enabled"}),
}
_OF_NODES = {
    "ami_type": "amiType",
    "capacity_type": "capacityType",
    "cluster_name": "clusterName",
    "disk_size": "diskSize",
    "instance_types": "instanceTypes",
    "node_group_name": "nodegroupName",
    "node_role_arn": "nodeRole",
    "release_version": "releaseVersion",
    "subnet_ids": "subnets",
    "version": "version",
}
_NODE_BLOCKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "launch_template": ("launchTemplate", {"id": "id", "name": "name", "version": "version"}),
    "node_repair_config": ("nodeRepairConfig", {"enabled": "enabled"}),
    "remote_access": (
        "remoteAccess",
        {"ec2_ssh_key": "ec2SshKey", "source_security_group_ids": "sourceSecurityGroups"},
    ),
    "scaling_config": (
        "scalingConfig",
        {"desired_size": "desiredSize", "max_size": "maxSize", "min_size": "minSize"},
    ),
    "update_config": (
        "updateConfig",
        {
            "max_unavailable": "maxUnavailable",
            "max_unavailable_percentage": "maxUnavailablePercentage",
        },
    ),
}


def settled_nodes(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """`$Latest` is whatever number it has; a launch template may say what else the group has."""
    after = dict(real.attributes)
    said = (before.get("launch_template") or [{}])[0]
    if after.get("launch_template") and said.get("version") in _NEWEST:
        after["launch_template"] = [
            {**after["launch_template"][0], "version": said["version"]},
        ]
    if not before.get("remote_access"):
        after.pop("remote_access", None)
    return before, after


def owner_of_nodes(difference: Difference, _before: Attributes, real: Real) -> str:
    """Autoscalers choose the size between the least and the most."""
    if difference.path != "scaling_config[0].desired_size":
        return ""
    sizes = real.attributes["scaling_config"][0]
    within = sizes.get("min_size", 0) <= difference.after <= sizes.get("max_size", 0)
    return "autoscaling of its nodes" if within else ""


_CLUSTERS = Kind(type="aws_eks_cluster", identity=by("name"), import_id=by("name"), shape=_CLUSTER)
_GROUPS = Kind(
    type="aws_eks_node_group",
    identity=by("cluster_name", "node_group_name", between=":"),
    import_id=by("cluster_name", "node_group_name", between=":"),
    shape=_NODES,
    settle=settled_nodes,
    owner=owner_of_nodes,
)


@reader("eks", _CLUSTERS, _GROUPS)
def clusters(look: Look) -> Iterator[Real]:
    """All clusters, and the node groups of those that the state holds or speaks of."""
    names = list(look.listed("ListClusters", "clusters", maxResults=_PAGE))
    yield from _clusters(look, names)
    yield from _node_groups(look, names)


def _clusters(look: Look, names: list[str]) -> Iterator[Real]:
    """What those in the state are like, one call each; what is being deleted is gone."""
    known = [name for name in names if look.in_state(_CLUSTERS.type, name) is not None]
    found = dict(look.each(known, lambda name: look.asked("DescribeCluster", name=name)))
    for name in names:
        item = (found.get(name) or {}).get("cluster") or {}
        if item.get("status") != _GOING:
            yield Real(
                type="aws_eks_cluster",
                id=name,
                name=name,
                arn=item.get("arn", ""),
                created=item.get("createdAt"),
                attributes=_cluster(item) if item else {},
            )


def _blocks(
    item: Answer, names: Mapping[str, tuple[str, Mapping[str, str]]]
) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [taken(item[key], members)] if item[key] else []
        for name, (key, members) in names.items()
        if key in item
    }


def _cluster(item: Answer) -> dict[str, Any]:
    logging = (item.get("logging") or {}).get("clusterLogging") or ()
    compute = item.get("computeConfig")
    return {
        **taken(item, _OF_CLUSTER),
        **_blocks(item, _CLUSTER_BLOCKS),
        "enabled_cluster_log_types": [
            type_ for each in logging if each.get("enabled") for type_ in each.get("types") or ()
        ],
        "encryption_config": [
            {
                "provider": [{"key_arn": (each.get("provider") or {}).get("keyArn", "")}],
                "resources": each.get("resources") or [],
            }
            for each in item.get("encryptionConfig") or ()
        ],
        **({"compute_config": [_compute(compute)]} if compute else {}),
        "tags": tags_of(item, under="tags"),
    }


def _compute(said: Answer) -> dict[str, Any]:
    names = {"enabled": "enabled", "node_pools": "nodePools", "node_role_arn": "nodeRoleArn"}
    return taken(said, names)


def _node_groups(look: Look, existing: list[str]) -> Iterator[Real]:
    """What those in the state are like, one call each."""
    said = look.wanted.get(_GROUPS.type, {})
    clusters = {str(each.get("cluster_name") or "") for each in said.values()}
    clusters |= set(look.wanted.get(_CLUSTERS.type, {}))
    listed = dict(look.each(sorted(clusters & set(existing)), lambda name: _listed(look, name)))
    names = [(cluster, name) for cluster, found in listed.items() for name in found or ()]
    known = [pair for pair in names if ":".join(pair) in said]
    found = dict(look.each(known, lambda pair: _asked(look, *pair)))
    for cluster, name in names:
        item = found.get((cluster, name)) or {}
        if item.get("status") == _GOING:
            continue
        yield Real(
            type="aws_eks_node_group",
            id=f"{cluster}:{name}",
            name=name,
            arn=item.get("nodegroupArn", ""),
            known_as=(name,),
            created=item.get("createdAt"),
            folded=made_by(tags_of(item, under="tags")),
            attributes=_group(item) if item else {},
        )
    above = {id_: str(each.get("cluster_name")) for id_, each in said.items()}
    yield from unlisted(_GROUPS.type, above, listed)


def _listed(look: Look, cluster: str) -> list[str] | None:
    return listed_below(look, "ListNodegroups", "nodegroups", clusterName=cluster, maxResults=_PAGE)


def _asked(look: Look, cluster: str, name: str) -> Answer:
    answer = look.asked("DescribeNodegroup", clusterName=cluster, nodegroupName=name) or {}
    return answer.get("nodegroup") or {}


def _group(item: Answer) -> dict[str, Any]:
    return {
        **taken(item, _OF_NODES),
        **_blocks(item, _NODE_BLOCKS),
        "labels": item.get("labels") or {},
        "taint": [
            {"key": each.get("key", ""), "value": each.get("value", ""), "effect": each["effect"]}
            for each in item.get("taints") or ()
        ],
        "tags": tags_of(item, under="tags"),
    }
