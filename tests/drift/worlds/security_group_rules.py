"""Groups whose rules are resources of their own, of both shapes."""

from typing import Any
from zlib import crc32

from tests.drift.worlds.security_groups import allow, group, inline, made, network
from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world


def new(side: str, name: str, known: str, group_id: str, **said: Any) -> Thing:
    """A rule of one peer, as Terraform writes it after an apply."""
    return Thing(
        type=f"aws_vpc_security_group_{side}_rule",
        name=name,
        attributes={
            "arn": arn("ec2", f"security-group-rule/{known}"),
            "cidr_ipv4": None,
            "cidr_ipv6": None,
            "description": None,
            "from_port": None,
            "id": known,
            "ip_protocol": "tcp",
            "prefix_list_id": None,
            "referenced_security_group_id": None,
            "security_group_id": group_id,
            "security_group_rule_id": known,
            "tags": None,
            "tags_all": {},
            "to_port": None,
            **said,
        },
    )


def old(name: str, group_id: str, **said: Any) -> Thing:
    """A rule of several peers, as Terraform writes it after an apply."""
    return Thing(
        type="aws_security_group_rule",
        name=name,
        attributes={
            "cidr_blocks": None,
            "description": "",
            "id": f"sgrule-{crc32(name.encode())}",
            "ipv6_cidr_blocks": None,
            "prefix_list_ids": None,
            "protocol": "tcp",
            "security_group_id": group_id,
            "security_group_rule_id": "",
            "self": False,
            "source_security_group_id": None,
            "timeouts": None,
            "type": "ingress",
            **said,
        },
    )


@world("security_group_rules")
def rules(aws: Aws, word: str) -> World:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0][
        "VpcId"
    ]
    api = made(ec2, f"api-{word}", vpc)
    web = allow(ec2, api, 443, 443, **network("10.0.0.0/8", "web"))
    itself = allow(ec2, api, 0, 65535, UserIdGroupPairs=[{"GroupId": api}])
    for cidr in ("10.2.0.0/16", "10.1.0.0/16"):
        allow(ec2, api, 5432, 5432, **network(cidr, "database"))
    single = allow(ec2, api, 6379, 6379, **network("10.3.0.0/16"))
    # A load balancer controller adds to groups of nodes what no state holds.
    target = "elbv2.k8s.aws/targetGroupBinding=shared"
    allow(ec2, api, 30000, 32767, **network("10.7.0.0/16", target))
    said = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [api]}])
    out = next(each for each in said["SecurityGroupRules"] if each["IsEgress"])
    mirrored = inline(from_port=443, to_port=443, cidr_blocks=["10.0.0.0/8"], description="web")
    things = (
        # The refresh of another day has copied one of the rules.
        group(f"api-{word}", api, vpc, ingress=[mirrored]),
        new(
            "ingress",
            f"web_{word}",
            web,
            api,
            cidr_ipv4="10.0.0.0/8",
            from_port=443,
            to_port=443,
            description="web",
        ),
        new(
            "ingress",
            f"self_{word}",
            itself,
            api,
            referenced_security_group_id=api,
            from_port=0,
            to_port=65535,
        ),
        new(
            "egress",
            f"out_{word}",
            out["SecurityGroupRuleId"],
            api,
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="-1",
        ),
        old(
            f"database_{word}",
            api,
            cidr_blocks=["10.1.0.0/16", "10.2.0.0/16"],
            from_port=5432,
            to_port=5432,
            description="database",
        ),
        old(
            f"cache_{word}",
            api,
            cidr_blocks=["10.3.0.0/16"],
            from_port=6379,
            to_port=6379,
            security_group_rule_id=single,
        ),
    )
    return World(things=things, mutations=_edits(ec2, api, things))


def _edits(ec2: Any, api: str, things: tuple[Thing, ...]) -> tuple[Mutation, ...]:
    _, web, _, out, database, cache = things

    def modify(known: str, **said: Any) -> None:
        rule = {"IpProtocol": "tcp", **said}
        ec2.modify_security_group_rules(
            GroupId=api,
            SecurityGroupRules=[{"SecurityGroupRuleId": known, "SecurityGroupRule": rule}],
        )

    def revoke(port: int, cidr: str) -> None:
        said = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **network(cidr)}
        ec2.revoke_security_group_ingress(GroupId=api, IpPermissions=[said])

    def everything() -> None:
        said = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.revoke_security_group_egress(GroupId=api, IpPermissions=[said])

    at_web = {"FromPort": 443, "ToPort": 443, "Description": "web"}
    at_cache = {"FromPort": 6379, "ToPort": 6379}
    return (
        Mutation(
            title="opened to the world",
            do=lambda: modify(web.attributes["id"], CidrIpv4="0.0.0.0/0", **at_web),
            reports=reports((web.address, "cidr_ipv4")),
        ),
        Mutation(
            title="another tag",
            do=lambda: ec2.create_tags(
                Resources=[web.attributes["id"]], Tags=[{"Key": "why", "Value": "test"}]
            ),
            reports=reports((web.address, "tags.why")),
        ),
        Mutation(
            title="a network less",
            do=lambda: revoke(5432, "10.2.0.0/16"),
            reports=reports((database.address, "cidr_blocks")),
        ),
        Mutation(
            title="an old rule edited in place",
            do=lambda: modify(
                cache.attributes["security_group_rule_id"], CidrIpv4="0.0.0.0/0", **at_cache
            ),
            reports=reports((cache.address, "cidr_blocks")),
        ),
        Mutation(
            title="the old rule deleted",
            do=lambda: revoke(6379, "10.3.0.0/16"),
            reports=reports((cache.address, "")),
        ),
        Mutation(title="nothing goes out", do=everything, reports=reports((out.address, ""))),
        Mutation(
            title="the rule deleted",
            do=lambda: revoke(443, "10.0.0.0/8"),
            reports=reports((web.address, "")),
        ),
        Mutation(
            title="a rule that no state holds",
            do=lambda: allow(ec2, api, 22, 22, **network("10.9.0.0/16")),
            reports=reports(),
        ),
    )
