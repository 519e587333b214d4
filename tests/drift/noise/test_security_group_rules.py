"""What differs between a state and a single rule without being drift, and what beside it."""

from typing import Any

import pytest
from tests.drift.noise.test_security_groups import (
    DATABASE,
    NEW,
    NEW_WEB,
    OLD,
    OLD_DATABASE,
    OTHER,
    WEB,
    found,
    peer,
    rule,
)

TWO = {**OLD_DATABASE, "cidr_blocks": ["10.2.0.0/16", "10.1.0.0/16"], "security_group_rule_id": ""}
SECOND = rule("sgr-3", 5432, 5432, "10.2.0.0/16", Description="database")


def old(**said: Any) -> dict[str, Any]:
    return {**OLD_DATABASE, "cidr_blocks": None, "description": "", **said}


def new(**said: Any) -> dict[str, Any]:
    return {**NEW_WEB, "cidr_ipv4": None, **said}


@pytest.mark.parametrize(
    ("type_", "state", "rules"),
    [
        pytest.param(OLD, OLD_DATABASE, [DATABASE, WEB], id="by-what-it-says"),
        pytest.param(OLD, TWO, [DATABASE, SECOND], id="several-of-one"),
        pytest.param(
            OLD,
            old(protocol="-1", from_port=0, to_port=65535, cidr_blocks=["0.0.0.0/0"]),
            [rule("a", -1, -1, "0.0.0.0/0", IpProtocol="-1")],
            id="ports-of-all",
        ),
        pytest.param(
            OLD,
            old(self=True, from_port=1, to_port=2),
            [rule("a", 1, 2, **peer("sg-1"))],
            id="itself",
        ),
        pytest.param(
            OLD,
            old(source_security_group_id="sg-1", from_port=1, to_port=2),
            [rule("a", 1, 2, **peer("sg-1"))],
            id="itself-by-its-id",
        ),
        pytest.param(
            OLD,
            old(source_security_group_id=f"{OTHER}/sg-9", from_port=1, to_port=2),
            [rule("a", 1, 2, **peer("sg-9", OTHER))],
            id="of-another-account",
        ),
        pytest.param(
            OLD,
            old(prefix_list_ids=["pl-1"], from_port=1, to_port=2),
            [rule("a", 1, 2, PrefixListId="pl-1")],
            id="prefix-list",
        ),
        pytest.param(NEW, NEW_WEB, [WEB], id="one"),
        pytest.param(
            NEW,
            new(ip_protocol="-1", cidr_ipv4="0.0.0.0/0", from_port=None, to_port=None),
            [rule("sgr-1", -1, -1, "0.0.0.0/0", IpProtocol="-1")],
            id="no-ports-of-all",
        ),
        pytest.param(
            NEW,
            new(ip_protocol="-1", cidr_ipv4="0.0.0.0/0", from_port=-1, to_port=-1),
            [rule("sgr-1", -1, -1, "0.0.0.0/0", IpProtocol="-1")],
            id="ports-of-all-as-aws-says",
        ),
        pytest.param(
            NEW,
            new(ip_protocol="icmp", cidr_ipv4="10.0.0.0/8", from_port=-1, to_port=-1),
            [rule("sgr-1", -1, -1, "10.0.0.0/8", IpProtocol="icmp")],
            id="all-of-icmp",
        ),
        pytest.param(
            NEW,
            new(cidr_ipv6="2001:0db8::/32"),
            [rule("sgr-1", 443, 443, CidrIpv6="2001:db8::/32")],
            id="spelling",
        ),
        pytest.param(
            NEW,
            new(referenced_security_group_id=f"{OTHER}/sg-9"),
            [rule("sgr-1", 443, 443, **peer("sg-9", OTHER))],
            id="group-of-another-account",
        ),
        pytest.param(
            NEW,
            new(prefix_list_id="pl-1"),
            [rule("sgr-1", 443, 443, PrefixListId="pl-1")],
            id="prefix-lists",
        ),
    ],
)
def test_what_means_the_same_is_not_told(
    type_: str, state: dict[str, Any], rules: list[dict[str, Any]]
) -> None:
    assert found(type_, state, {}, *rules) == set()


@pytest.mark.parametrize(
    ("type_", "state", "rules", "paths"),
    [
        pytest.param(OLD, TWO, [DATABASE], {"cidr_blocks"}, id="one-of-two-is-gone"),
        pytest.param(OLD, TWO, [WEB], {"missing"}, id="both-are-gone"),
        pytest.param(
            OLD,
            OLD_DATABASE,
            [rule("sgr-2", 5432, 5432, "0.0.0.0/0", Description="database")],
            {"cidr_blocks"},
            id="edited-in-place",
        ),
        pytest.param(
            OLD,
            OLD_DATABASE,
            [rule("sgr-2", 5432, 5432, "10.1.0.0/16")],
            {"description"},
            id="without-its-description",
        ),
        pytest.param(
            OLD,
            OLD_DATABASE,
            [{**DATABASE, "IsEgress": True, "SecurityGroupRuleId": "b"}],
            {"missing"},
            id="the-other-way",
        ),
        pytest.param(
            NEW,
            NEW_WEB,
            [rule("sgr-1", 443, 443, "0.0.0.0/0")],
            {"cidr_ipv4"},
            id="opened",
        ),
        pytest.param(
            NEW,
            NEW_WEB,
            [rule("sgr-1", 443, 443, **peer("sg-2"))],
            {"cidr_ipv4", "referenced_security_group_id"},
            id="another-kind-of-peer",
        ),
        pytest.param(
            NEW,
            NEW_WEB,
            [rule("sgr-1", -1, -1, "10.0.0.0/8", IpProtocol="-1")],
            {"ip_protocol", "from_port", "to_port"},
            id="all-protocols",
        ),
        pytest.param(
            NEW,
            new(ip_protocol="icmp", cidr_ipv4="10.0.0.0/8", from_port=8, to_port=0),
            [rule("sgr-1", -1, -1, "10.0.0.0/8", IpProtocol="icmp")],
            {"from_port", "to_port"},
            id="more-than-ping",
        ),
        pytest.param(
            NEW, NEW_WEB, [rule("a", 443, 443, "10.0.0.0/8")], {"missing"}, id="made-anew"
        ),
    ],
)
def test_what_somebody_did_is_told(
    type_: str, state: dict[str, Any], rules: list[dict[str, Any]], paths: set[str]
) -> None:
    assert found(type_, state, {}, *rules) == paths
