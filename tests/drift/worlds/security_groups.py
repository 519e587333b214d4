"""Groups that hold their rules inline, with the noise that AWS and its controllers make."""

from typing import Any

from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, arn, reports, world


def inline(**said: Any) -> dict[str, Any]:
    """A block as the provider writes it."""
    lists = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
    empty: dict[str, Any] = {name: [] for name in lists}
    return {**empty, "description": "", "protocol": "tcp", "self": False, **said}


EVERYWHERE = inline(protocol="-1", from_port=0, to_port=0, cidr_blocks=["0.0.0.0/0"])


def group(name: str, known: str, vpc: str, **said: Any) -> Thing:
    """A group as Terraform writes it after an apply."""
    return Thing(
        type="aws_security_group",
        name=name,
        attributes={
            "arn": arn("ec2", f"security-group/{known}"),
            "description": "Managed by Terraform",
            "egress": [],
            "id": known,
            "ingress": [],
            "name": name,
            "name_prefix": "",
            "owner_id": ACCOUNT,
            "revoke_rules_on_delete": False,
            "tags": None,
            "tags_all": {},
            "timeouts": None,
            "vpc_id": vpc,
            **said,
        },
    )


def made(ec2: Any, name: str, vpc: str, tags: dict[str, str] | None = None) -> str:
    """A new group, with the rule that AWS gives it."""
    pairs = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    known: str = ec2.create_security_group(
        GroupName=name,
        Description="Managed by Terraform",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": pairs}] if pairs else [],
    )["GroupId"]
    return known


def allow(ec2: Any, known: str, first: int, last: int, **peers: Any) -> str:
    """Add a rule; the id of it."""
    permission = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **peers}
    answer = ec2.authorize_security_group_ingress(GroupId=known, IpPermissions=[permission])
    rule: str = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    return rule


def network(cidr: str, description: str = "") -> dict[str, Any]:
    said = {"Description": description} if description else {}
    return {"IpRanges": [{"CidrIp": cidr, **said}]}


@world("security_groups")
def groups(aws: Aws, word: str) -> World:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0][
        "VpcId"
    ]
    web, name = made(ec2, f"web-{word}", vpc, {"team": "shop"}), f"web-{word}"
    backend = made(ec2, f"backend-{word}", vpc)
    balancer = made(ec2, f"k8s-elb-{word}", vpc, {"elbv2.k8s.aws/cluster": word})
    stray = made(ec2, f"stray-{word}", vpc)
    allow(ec2, stray, 22, 22, **network("0.0.0.0/0"))
    # In another order and grouping than the state has them.
    allow(ec2, web, 443, 443, **network("192.168.0.0/16", "office"))
    allow(ec2, web, 443, 443, **network("10.0.0.0/8", "office"))
    allow(ec2, web, 443, 443, Ipv6Ranges=[{"CidrIpv6": "2001:db8::/32"}])
    allow(ec2, web, 80, 80, UserIdGroupPairs=[{"GroupId": web}])
    allow(ec2, web, 80, 80, UserIdGroupPairs=[{"GroupId": backend}])
    # Moto knows a group of another account only by the id of one that is there.
    allow(ec2, web, 80, 80, UserIdGroupPairs=[{"GroupId": backend, "UserId": "999999999999"}])
    said = group(
        name,
        web,
        vpc,
        ingress=[
            inline(
                from_port=443,
                to_port=443,
                cidr_blocks=["10.0.0.0/8", "192.168.0.0/16"],
                description="office",
            ),
            inline(from_port=443, to_port=443, ipv6_cidr_blocks=["2001:0db8::/32"]),
            inline(
                from_port=80,
                to_port=80,
                security_groups=[backend, f"999999999999/{backend}"],
                self=True,
            ),
        ],
        egress=[EVERYWHERE],
        tags={"team": "shop"},
        tags_all={"team": "shop"},
    )
    other = group(f"backend-{word}", backend, vpc, egress=[EVERYWHERE])
    return World(
        things=(said, other),
        strangers=(("aws_security_group", stray),),
        mutations=_edits(ec2, said, other, balancer),
    )


def _edits(ec2: Any, web: Thing, other: Thing, balancer: str) -> tuple[Mutation, ...]:
    known = web.attributes["id"]
    office = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}

    def revoke(**peers: Any) -> None:
        ec2.revoke_security_group_ingress(GroupId=known, IpPermissions=[{**office, **peers}])

    def widen() -> None:
        revoke(**network("10.0.0.0/8", "office"))
        allow(ec2, known, 443, 443, **network("0.0.0.0/0", "office"))

    def tag() -> None:
        ec2.create_tags(Resources=[known], Tags=[{"Key": "team", "Value": "payments"}])

    def describe() -> None:
        said = [{**office, **network("10.0.0.0/8", "everybody")}]
        ec2.update_security_group_rule_descriptions_ingress(GroupId=known, IpPermissions=said)

    def balance() -> None:
        target = "elbv2.k8s.aws/targetGroupBinding=shared"
        allow(ec2, known, 30000, 32767, **network("10.7.0.0/16", target))
        allow(ec2, known, 8080, 8080, UserIdGroupPairs=[{"GroupId": balancer}])

    return (
        Mutation(
            title="opened to the world",
            do=widen,
            reports=reports((web.address, "ingress[0].cidr_blocks")),
        ),
        Mutation(
            title="another port",
            do=lambda: allow(ec2, known, 22, 22, **network("10.1.0.0/16")),
            reports=reports((web.address, "ingress[3]")),
        ),
        Mutation(
            title="a network less",
            do=lambda: revoke(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/32"}]),
            reports=reports((web.address, "ingress[1]")),
        ),
        Mutation(
            title="a rule where there was none",
            do=lambda: allow(ec2, other.attributes["id"], 22, 22, **network("0.0.0.0/0")),
            reports=reports((other.address, "ingress[0]")),
        ),
        Mutation(
            title="another description",
            do=describe,
            reports=reports((web.address, "ingress[0].description")),
        ),
        Mutation(title="another tag", do=tag, reports=reports((web.address, "tags.team"))),
        Mutation(
            title="load balancers of a cluster",
            do=balance,
            reports=reports((web.address, "ingress[3]"), (web.address, "ingress[4]")),
            controlled=True,
        ),
        Mutation(
            title="deleted",
            do=lambda: ec2.delete_security_group(GroupId=known),
            reports=reports((web.address, "")),
        ),
    )
