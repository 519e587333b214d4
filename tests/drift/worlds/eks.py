"""A Kubernetes cluster with a node group.

Moto knows no access configuration, no upgrade policy, no update configuration, gives every node
group version 1.19 and a key for remote access.
"""

from typing import Any

from tests.drift.worlds.rds import default_group, default_vpc, subnets_of
from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, arn, reports, world

KEY = arn("kms", "key/5b1c9d1e-0000-4000-8000-5a0c4f7a7c11")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/eks"


def _cluster(aws: Aws, name: str) -> Thing:
    subnets, firewall = subnets_of(aws)[:2], default_group(aws)
    made = aws.client("eks").create_cluster(
        name=name,
        version="1.31",
        roleArn=ROLE,
        resourcesVpcConfig={
            "subnetIds": subnets,
            "securityGroupIds": [firewall],
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["198.51.100.0/24"],
        },
        logging={"clusterLogging": [{"types": ["audit", "api"], "enabled": True}]},
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": KEY}}],
        tags={"env": "prod"},
    )["cluster"]
    return Thing(
        type="aws_eks_cluster",
        name=name.replace("-", "_"),
        attributes={
            "access_config": [
                {
                    "authentication_mode": "API_AND_CONFIG_MAP",
                    "bootstrap_cluster_creator_admin_permissions": True,
                }
            ],
            "arn": made["arn"],
            "bootstrap_self_managed_addons": True,
            "certificate_authority": [{"data": made["certificateAuthority"]["data"]}],
            "cluster_id": None,
            "compute_config": [],
            "created_at": "2026-10-01T08:00:00Z",
            "deletion_protection": False,
            "enabled_cluster_log_types": ["api", "audit"],
            "encryption_config": [{"provider": [{"key_arn": KEY}], "resources": ["secrets"]}],
            "endpoint": made["endpoint"],
            "force_update_version": None,
            "id": name,
            "identity": [{"oidc": [{"issuer": made["identity"]["oidc"]["issuer"]}]}],
            "kubernetes_network_config": [
                {
                    "elastic_load_balancing": [{"enabled": False}],
                    "ip_family": "ipv4",
                    "service_ipv4_cidr": "172.20.0.0/16",
                    "service_ipv6_cidr": "",
                }
            ],
            "name": name,
            "outpost_config": [],
            "platform_version": "eks.2",
            "remote_network_config": [],
            "role_arn": ROLE,
            "status": "ACTIVE",
            "storage_config": [],
            "tags": None,
            "tags_all": {"env": "prod"},
            "timeouts": None,
            "upgrade_policy": [{"support_type": "EXTENDED"}],
            "version": "1.31",
            "vpc_config": [
                {
                    "cluster_security_group_id": "sg-0123456789abcdef0",
                    "endpoint_private_access": True,
                    "endpoint_public_access": True,
                    "public_access_cidrs": ["198.51.100.0/24"],
                    "security_group_ids": [firewall],
                    "subnet_ids": subnets[::-1],
                    "vpc_id": default_vpc(aws),
                }
            ],
            "zonal_shift_config": [],
        },
    )


def _nodes(aws: Aws, name: str, cluster: Thing) -> Thing:
    subnets, owner = subnets_of(aws)[:2], cluster.attributes["name"]
    made = aws.client("eks").create_nodegroup(
        clusterName=owner,
        nodegroupName=name,
        subnets=subnets,
        nodeRole=ROLE,
        scalingConfig={"minSize": 1, "maxSize": 5, "desiredSize": 2},
        instanceTypes=["m5.large"],
        diskSize=50,
        labels={"team": "shop"},
        taints=[{"key": "dedicated", "value": "shop", "effect": "NO_SCHEDULE"}],
        tags={"env": "prod"},
    )["nodegroup"]
    return Thing(
        type="aws_eks_node_group",
        name=name.replace("-", "_"),
        attributes={
            "ami_type": "AL2_x86_64",
            "arn": made["nodegroupArn"],
            "capacity_type": "ON_DEMAND",
            "cluster_name": owner,
            "disk_size": 50,
            "force_update_version": None,
            "id": f"{owner}:{name}",
            "instance_types": ["m5.large"],
            "labels": {"team": "shop"},
            "launch_template": [],
            "node_group_name": name,
            "node_group_name_prefix": "",
            "node_repair_config": [],
            "node_role_arn": ROLE,
            "release_version": "1.19.6-20210310",
            "remote_access": [],
            "resources": [
                {
                    "autoscaling_groups": [{"name": "eks-shop"}],
                    "remote_access_security_group_id": "",
                }
            ],
            "scaling_config": [{"desired_size": 2, "max_size": 5, "min_size": 1}],
            "status": "ACTIVE",
            "subnet_ids": subnets[::-1],
            "tags": {"env": "prod"},
            "tags_all": {"env": "prod"},
            "taint": [{"effect": "NO_SCHEDULE", "key": "dedicated", "value": "shop"}],
            "timeouts": None,
            "update_config": [
                {"max_unavailable": 1, "max_unavailable_percentage": 0, "update_strategy": ""}
            ],
            "version": made["version"],
        },
        dependencies=(cluster.address,),
    )


@world("eks")
def clusters(aws: Aws, word: str) -> World:
    eks, cluster = aws.client("eks"), _cluster(aws, f"shop-{word}")
    nodes, name = _nodes(aws, f"nodes-{word}", cluster), cluster.attributes["name"]
    beside = f"spare-{word}"
    eks.create_nodegroup(
        clusterName=name, nodegroupName=beside, subnets=subnets_of(aws)[:1], nodeRole=ROLE
    )
    return World(
        things=(cluster, nodes),
        strangers=(("aws_eks_node_group", f"{name}:{beside}"),),
        mutations=_mutations(aws, cluster, nodes, beside),
    )


def _mutations(aws: Aws, cluster: Thing, nodes: Thing, beside: str) -> tuple[Mutation, ...]:
    eks, name = aws.client("eks"), cluster.attributes["name"]
    group = nodes.attributes["node_group_name"]
    vpc = cluster.attributes["vpc_config"][0]

    def opened() -> None:
        eks.update_cluster_config(
            name=name,
            resourcesVpcConfig={
                "subnetIds": vpc["subnet_ids"],
                "securityGroupIds": vpc["security_group_ids"],
                "endpointPublicAccess": True,
                "endpointPrivateAccess": True,
                "publicAccessCidrs": ["0.0.0.0/0"],
            },
        )

    def change(**settings: Any) -> None:
        eks.update_nodegroup_config(clusterName=name, nodegroupName=group, **settings)

    def delete_all() -> None:
        for each in (group, beside):
            eks.delete_nodegroup(clusterName=name, nodegroupName=each)
        eks.delete_cluster(name=name)

    sizes = "scaling_config[0]"
    return (
        Mutation(
            title="open to everybody",
            do=opened,
            reports=reports((cluster.address, "vpc_config[0].public_access_cidrs")),
        ),
        Mutation(
            title="no audit log",
            do=lambda: eks.update_cluster_config(
                name=name, logging={"clusterLogging": [{"types": ["api"], "enabled": True}]}
            ),
            reports=reports((cluster.address, "enabled_cluster_log_types")),
        ),
        Mutation(
            title="scaled by an autoscaler",
            do=lambda: change(scalingConfig={"minSize": 1, "maxSize": 5, "desiredSize": 4}),
            reports=reports((nodes.address, f"{sizes}.desired_size")),
            controlled=True,
        ),
        Mutation(
            title="may grow more",
            do=lambda: change(scalingConfig={"minSize": 1, "maxSize": 50, "desiredSize": 2}),
            reports=reports((nodes.address, f"{sizes}.max_size")),
        ),
        Mutation(
            title="another label, other taints",
            do=lambda: change(
                labels={"addOrUpdateLabels": {"team": "payments", "new": "x"}},
                taints={"removeTaints": nodes_taints(nodes)},
            ),
            reports=reports(
                (nodes.address, "labels.team"),
                (nodes.address, "labels.new"),
                (nodes.address, "taint[0]"),
            ),
        ),
        Mutation(
            title="tags",
            do=lambda: eks.tag_resource(
                resourceArn=cluster.attributes["arn"], tags={"env": "test"}
            ),
            reports=reports((cluster.address, "tags.env")),
        ),
        Mutation(
            title="everything deleted",
            do=delete_all,
            reports=reports((cluster.address, ""), (nodes.address, "")),
        ),
    )


def nodes_taints(nodes: Thing) -> list[dict[str, str]]:
    taints: list[dict[str, str]] = nodes.attributes["taint"]
    return taints
