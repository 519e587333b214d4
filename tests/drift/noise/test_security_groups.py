"""What differs between a state and a security group without being drift, and what beside it."""

from typing import Any

import pytest
from tests.drift.noise.answering import seen
from tests.drift.noise.told import told

from sreagent.drift.matching import compared
from sreagent.drift.reality.known import kinds
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed

GROUP, OLD = "aws_security_group", "aws_security_group_rule"
NEW = "aws_vpc_security_group_ingress_rule"
HERE, OTHER = "123456789012", "999999999999"
Held = dict[str, dict[str, dict[str, Any]]]


def block(first: int, last: int, *networks: str, **said: Any) -> dict[str, Any]:
    lists = ("ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
    usual = {"protocol": "tcp", "description": "", "self": False, **{key: [] for key in lists}}
    return {**usual, "from_port": first, "to_port": last, "cidr_blocks": list(networks), **said}


def rule(known: str, first: int, last: int, cidr: str = "", **said: Any) -> dict[str, Any]:
    peer = {"CidrIpv4": cidr} if cidr else {}
    return {
        "SecurityGroupRuleId": known,
        "GroupId": "sg-1",
        "GroupOwnerId": HERE,
        "IsEgress": False,
        "IpProtocol": "tcp",
        "FromPort": first,
        "ToPort": last,
        **peer,
        **said,
    }


def peer(group: str, owner: str = HERE) -> dict[str, Any]:
    return {"ReferencedGroupInfo": {"GroupId": group, "UserId": owner}}


def read(held: Held, *rules: dict[str, Any], tags: dict[str, str] | None = None) -> list[Real]:
    """What the reader makes of a group with these rules, and of one of a load balancer."""
    group = {"GroupId": "sg-1", "GroupName": "web", "Description": "a", "OwnerId": HERE}
    pairs = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    balancer = {"GroupId": "sg-elb", "GroupName": "k8s-elb-a", "Description": "a", "OwnerId": HERE}
    answers: dict[str, list[dict[str, Any]]] = {
        "DescribeSecurityGroups": [{"SecurityGroups": [{**group, "Tags": pairs}, balancer]}],
        "DescribeSecurityGroupRules": [{"SecurityGroupRules": list(rules)}],
    }
    return seen(GROUP, answers, held)


def found(type_: str, state: dict[str, Any], around: Held, *rules: dict[str, Any]) -> set[str]:
    """What is told of one resource beside these rules; nothing stands for it: `missing`."""
    identity = state.get("id", "sg-1")
    held = {**around, type_: {**around.get(type_, {}), identity: state}}
    reals = [each for each in read(held, *rules) if (each.type, each.id) == (type_, identity)]
    if not reals:
        return {"missing"}
    return told_of(type_, state, reals[0], held)


def told_of(type_: str, state: dict[str, Any], real: Real, around: Held) -> set[str]:
    kind = kinds()[type_]
    managed = Managed(address="a", type=type_, name="a", attributes=state)
    differences = compared(kind, managed, real, around)
    return {each.path for each in differences if not kind.owner(each, state, real)}


WEB = rule("sgr-1", 443, 443, "10.0.0.0/8")
DATABASE = rule("sgr-2", 5432, 5432, "10.1.0.0/16", Description="database")
OLD_DATABASE = {
    "id": "sgrule-1",
    "type": "ingress",
    "security_group_id": "sg-1",
    "security_group_rule_id": "sgr-2",
    "protocol": "tcp",
    "from_port": 5432,
    "to_port": 5432,
    "cidr_blocks": ["10.1.0.0/16"],
    "description": "database",
    "self": False,
    "source_security_group_id": None,
}
NEW_WEB = {
    "id": "sgr-1",
    "security_group_id": "sg-1",
    "ip_protocol": "tcp",
    "from_port": 443,
    "to_port": 443,
    "cidr_ipv4": "10.0.0.0/8",
    "description": None,
    "referenced_security_group_id": None,
}
APART: Held = {OLD: {"sgrule-1": OLD_DATABASE}, NEW: {"sgr-1": NEW_WEB}}


@pytest.mark.parametrize(
    ("ingress", "around", "rules"),
    [
        pytest.param(
            [block(443, 443, "10.0.0.0/8"), block(80, 80, "10.0.0.0/8")],
            {},
            [rule("a", 80, 80, "10.0.0.0/8"), WEB],
            id="order-of-rules",
        ),
        pytest.param(
            [block(443, 443, "10.0.0.0/8"), block(443, 443, "10.1.0.0/16")],
            {},
            [rule("a", 443, 443, "10.1.0.0/16"), WEB],
            id="one-block-for-each-network",
        ),
        pytest.param(
            [block(443, 443, "10.1.0.0/16", "10.0.0.0/8")],
            {},
            [WEB, rule("a", 443, 443, "10.1.0.0/16")],
            id="one-block-for-all-networks",
        ),
        pytest.param(
            [block(0, 0, "0.0.0.0/0", protocol="-1")],
            {},
            [rule("a", -1, -1, "0.0.0.0/0", IpProtocol="-1")],
            id="ports-of-all-protocols",
        ),
        pytest.param(
            [block(0, 0, "10.0.0.0/8", protocol="50")],
            {},
            [rule("a", -1, -1, "10.0.0.0/8", IpProtocol="50")],
            id="a-protocol-without-ports",
        ),
        pytest.param(
            [block(80, 80, self=True)], {}, [rule("a", 80, 80, **peer("sg-1"))], id="self"
        ),
        pytest.param(
            [block(80, 80, security_groups=[f"{OTHER}/sg-9"])],
            {},
            [rule("a", 80, 80, **peer("sg-9", OTHER))],
            id="group-of-another-account",
        ),
        pytest.param(
            [block(80, 80, security_groups=["sg-2"], description="a"), block(80, 80, "10.0.0.0/8")],
            {},
            [rule("a", 80, 80, "10.0.0.0/8"), rule("b", 80, 80, **peer("sg-2"), Description="a")],
            id="blocks-by-description",
        ),
        pytest.param([], APART, [WEB, DATABASE], id="rules-of-their-own"),
        pytest.param(
            [block(443, 443, "10.0.0.0/8")], APART, [WEB, DATABASE], id="one-copied-by-a-refresh"
        ),
        pytest.param(
            [block(443, 443, "10.0.0.0/8"), block(22, 22, "10.0.0.0/8")],
            APART,
            [WEB, DATABASE, rule("a", 22, 22, "10.0.0.0/8")],
            id="both-ways",
        ),
        pytest.param([block(443, 443, "10.0.0.0/8")], APART, [], id="a-copy-of-what-is-gone"),
        pytest.param(
            [block(22, 22, "10.0.0.0/8")],
            APART,
            [
                rule("sgr-1", 443, 443, "0.0.0.0/0"),
                rule("sgr-2", 5432, 5432, "0.0.0.0/0"),
                rule("a", 22, 22, "10.0.0.0/8"),
            ],
            id="others-edited",
        ),
        pytest.param(
            [block(22, 22, "10.0.0.0/8")],
            {},
            [
                rule("a", 22, 22, "10.0.0.0/8"),
                rule(
                    "b", 30000, 32767, "10.0.0.0/8", Description="elbv2.k8s.aws/targetGroupBinding"
                ),
                rule("c", 30000, 32767, "0.0.0.0/0", Description="kubernetes.io/rule/nlb/client=a"),
                rule("d", -1, -1, IpProtocol="-1", **peer("sg-elb")),
            ],
            id="load-balancers-of-a-cluster",
        ),
        pytest.param(
            [block(0, 0, protocol="-1", security_groups=["sg-2"])],
            {},
            [
                rule("a", -1, -1, IpProtocol="-1", **peer("sg-2")),
                rule("b", -1, -1, IpProtocol="-1", **peer("sg-elb")),
            ],
            id="a-load-balancer-beside-others",
        ),
    ],
)
def test_what_means_the_same_is_not_told(
    ingress: list[dict[str, Any]], around: Held, rules: list[dict[str, Any]]
) -> None:
    assert found(GROUP, {"ingress": ingress}, around, *rules) == set()


@pytest.mark.parametrize(
    ("ingress", "around", "rules", "paths"),
    [
        pytest.param(
            [block(443, 443, "10.0.0.0/8")],
            {},
            [rule("a", 443, 443, "0.0.0.0/0")],
            {"ingress[0].cidr_blocks"},
            id="opened",
        ),
        pytest.param(
            [block(443, 443, "10.0.0.0/8")],
            {},
            [WEB, rule("a", 443, 443, "0.0.0.0/0", Description="test")],
            {"ingress[1]"},
            id="opened-with-another-description",
        ),
        pytest.param([], {}, [WEB], {"ingress[0]"}, id="a-first-rule"),
        pytest.param(
            [block(22, 22, "10.0.0.0/8"), block(443, 443, "10.0.0.0/8")],
            APART,
            [WEB, DATABASE, rule("a", 22, 22, "0.0.0.0/0")],
            {"ingress[0].cidr_blocks"},
            id="both-ways",
        ),
        pytest.param(
            [block(80, 80, security_groups=["sg-9"])],
            {},
            [rule("a", 80, 80, **peer("sg-9", OTHER))],
            {"ingress[0].security_groups"},
            id="the-same-id-elsewhere",
        ),
        pytest.param(
            [block(80, 80, self=True)],
            {},
            [rule("a", 80, 80, **peer("sg-1")), rule("b", 80, 80, **peer("sg-2"))],
            {"ingress[0].security_groups"},
            id="another-group-beside-itself",
        ),
        pytest.param(
            [block(443, 443, "10.0.0.0/8", description="office")],
            {},
            [rule("a", 443, 443, "10.0.0.0/8", Description="all")],
            {"ingress[0].description"},
            id="described-otherwise",
        ),
        pytest.param([block(443, 443, "10.0.0.0/8")], {}, [], {"ingress[0]"}, id="gone"),
        pytest.param(
            [block(80, 90, "10.0.0.0/8")],
            {},
            [rule("a", 80, 9000, "10.0.0.0/8")],
            {"ingress[0].to_port"},
            id="more-ports",
        ),
    ],
)
def test_what_somebody_did_is_told(
    ingress: list[dict[str, Any]], around: Held, rules: list[dict[str, Any]], paths: set[str]
) -> None:
    assert found(GROUP, {"ingress": ingress}, around, *rules) == paths


def test_a_group_has_all_that_a_state_has() -> None:
    assert told(GROUP, {"name": "a", "vpc_id": "v"}, {"name": "b", "vpc_id": "v"}) == {"name"}


def test_rules_that_no_state_holds_are_strangers_beside_rules_of_their_own() -> None:
    balancer = rule("b", 1, 2, "10.0.0.0/8", Description="elbv2.k8s.aws/targetGroupBinding=shared")
    held = {**APART, GROUP: {"sg-1": {"ingress": []}}}
    reals = read(held, WEB, DATABASE, rule("a", 22, 22, "0.0.0.0/0"), balancer)
    known = {NEW: {"sgr-1"}, OLD: {"sgrule-1"}, GROUP: {"sg-1", "sg-elb"}}
    assert [(each.id, each.folded) for each in reals if each.id not in known[each.type]] == [
        ("a", ""),
        ("b", "added by the AWS Load Balancer Controller"),
    ]


def test_rules_of_a_group_that_is_unmanaged_are_folded() -> None:
    reals = read({}, WEB)
    assert [(each.id, each.folded) for each in reals if each.type == NEW] == [
        ("sgr-1", "rule of sg-1, which is unmanaged")
    ]


def test_rules_of_a_group_that_holds_them_itself_are_told_once() -> None:
    reals = read({GROUP: {"sg-1": {"ingress": [block(1, 1, "10.0.0.0/8")]}}}, WEB)
    assert {each.type for each in reals} == {GROUP}


@pytest.mark.parametrize(
    ("tags", "folded"),
    [
        pytest.param({}, "", id="of-a-person"),
        pytest.param(
            {"aws:cloudformation:stack-name": "a"},
            "made by CloudFormation stack a",
            id="of-a-stack",
        ),
        pytest.param({"aws:eks:cluster-name": "a"}, "made by EKS for cluster a", id="of-a-cluster"),
    ],
)
def test_groups_that_nobody_would_manage_are_folded(tags: dict[str, str], folded: str) -> None:
    assert next(each.folded for each in read({}, tags=tags) if each.id == "sg-1") == folded
