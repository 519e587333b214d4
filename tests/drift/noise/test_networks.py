"""What differs between a state and a network without being drift, and what beside it."""

from typing import Any

import pytest
from tests.drift.noise.answering import seen
from tests.drift.noise.told import told

from sreagent.drift.matching import compared
from sreagent.drift.reality.known import kinds
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed

TABLE, ROUTE, ASSOCIATION = "aws_route_table", "aws_route", "aws_route_table_association"
Held = dict[str, dict[str, dict[str, Any]]]
ALL, PEER = "0.0.0.0/0", "10.77.0.0/16"


def inline(**said: str) -> dict[str, Any]:
    names = ("cidr_block", "ipv6_cidr_block", "destination_prefix_list_id", "gateway_id")
    return {**dict.fromkeys((*names, "nat_gateway_id", "vpc_endpoint_id"), ""), **said}


def route(cidr: str = "", **said: Any) -> dict[str, Any]:
    destination = {"DestinationCidrBlock": cidr} if cidr else {}
    return {**destination, "Origin": "CreateRoute", "State": "active", **said}


LOCAL = route("10.0.0.0/16", GatewayId="local", Origin="CreateRouteTable")
INTERNET = route(ALL, GatewayId="igw-1")
OF_A_GATEWAY = route("10.9.0.0/16", GatewayId="vgw-1", Origin="EnableVgwRoutePropagation")
OF_AN_ENDPOINT = route(DestinationPrefixListId="pl-1", GatewayId="vpce-1")
APART: Held = {
    ROUTE: {
        f"rtb-1_{ALL}": {
            "id": "r-rtb-11080289494",
            "route_table_id": "rtb-1",
            "destination_cidr_block": ALL,
            "gateway_id": "igw-1",
            "nat_gateway_id": "",
        }
    }
}


def read(held: Held, *routes: dict[str, Any], **said: Any) -> list[Real]:
    """What the reader makes of a table with these routes."""
    table = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": list(routes), **said}
    answers: dict[str, list[dict[str, Any]]] = {
        "DescribeVpcs": [{"Vpcs": [{"VpcId": "vpc-default"}]}],
        "DescribeRouteTables": [{"RouteTables": [table]}],
    }
    return seen(TABLE, answers, held)


def found(type_: str, state: dict[str, Any], around: Held, reals: list[Real]) -> set[str]:
    kind = kinds()[type_]
    identity = kind.identity(state)
    there = [each for each in reals if (each.type, each.id) == (type_, identity)]
    if not there:
        return {"missing"}
    managed = Managed(address="a", type=type_, name="a", attributes=state)
    return {each.path for each in compared(kind, managed, there[0], around)}


def table(*routes: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"id": "rtb-1", "route": list(routes), "propagating_vgws": [], **said}


@pytest.mark.parametrize(
    ("state", "around", "routes"),
    [
        pytest.param(table(), {}, [LOCAL, OF_A_GATEWAY, OF_AN_ENDPOINT], id="of-themselves"),
        pytest.param(
            table(inline(cidr_block="10.0.0.0/16", gateway_id="local")),
            {},
            [LOCAL],
            id="local-held",
        ),
        pytest.param(
            table(inline(destination_prefix_list_id="pl-1", vpc_endpoint_id="vpce-1")),
            {},
            [LOCAL, OF_AN_ENDPOINT],
            id="endpoint-held",
        ),
        pytest.param(
            table(
                inline(cidr_block=PEER, nat_gateway_id="n"),
                inline(cidr_block=ALL, gateway_id="igw-1"),
            ),
            {},
            [LOCAL, INTERNET, route(PEER, NatGatewayId="n")],
            id="order",
        ),
        pytest.param(table(), APART, [LOCAL, INTERNET], id="routes-of-their-own"),
        pytest.param(
            table(inline(cidr_block=ALL, gateway_id="igw-1")), APART, [LOCAL, INTERNET], id="copied"
        ),
        pytest.param(
            table(inline(cidr_block=ALL, gateway_id="igw-1")),
            APART,
            [LOCAL],
            id="a-copy-of-what-is-gone",
        ),
        pytest.param(
            table(inline(ipv6_cidr_block="0::0/0", gateway_id="igw-1")),
            {},
            [LOCAL, route(DestinationIpv6CidrBlock="::/0", GatewayId="igw-1")],
            id="spelling",
        ),
        pytest.param(
            table(inline(cidr_block=ALL, vpc_endpoint_id="vpce-2")),
            {},
            [LOCAL, route(ALL, GatewayId="vpce-2")],
            id="endpoint-of-a-balancer",
        ),
    ],
)
def test_routes_that_mean_the_same_are_not_told(
    state: dict[str, Any], around: Held, routes: list[dict[str, Any]]
) -> None:
    held = {**around, TABLE: {"rtb-1": state}}
    gateways = [{"GatewayId": "vgw-1"}]
    assert found(TABLE, state, held, read(held, *routes, PropagatingVgws=gateways)) == set()


@pytest.mark.parametrize(
    ("state", "around", "routes", "paths"),
    [
        pytest.param(table(), {}, [LOCAL, INTERNET], {"route[0]"}, id="a-first-route"),
        pytest.param(
            table(inline(cidr_block=ALL, nat_gateway_id="n")),
            {},
            [LOCAL, INTERNET],
            {"route[0].gateway_id", "route[0].nat_gateway_id"},
            id="another-way",
        ),
        pytest.param(
            table(inline(cidr_block=PEER, gateway_id="igw-1")),
            APART,
            [LOCAL, INTERNET],
            {"route[0]"},
            id="its-own-is-gone",
        ),
        pytest.param(
            table(propagating_vgws=["vgw-2"]),
            {},
            [LOCAL],
            {"propagating_vgws"},
            id="another-gateway",
        ),
    ],
)
def test_what_somebody_did_to_routes_is_told(
    state: dict[str, Any], around: Held, routes: list[dict[str, Any]], paths: set[str]
) -> None:
    held = {**around, TABLE: {"rtb-1": state}}
    gateways = [{"GatewayId": "vgw-1"}]
    assert found(TABLE, state, held, read(held, *routes, PropagatingVgws=gateways)) == paths


@pytest.mark.parametrize(
    ("routes", "paths"),
    [
        pytest.param([INTERNET], set(), id="as-it-was"),
        pytest.param(
            [route("0.0.0.0/0", GatewayId="igw-1", State="blackhole")], set(), id="broken"
        ),
        pytest.param(
            [route(ALL, NatGatewayId="n")], {"gateway_id", "nat_gateway_id"}, id="elsewhere"
        ),
        pytest.param([LOCAL], {"missing"}, id="gone"),
    ],
)
def test_a_route_of_its_own_is_known_by_where_it_leads(
    routes: list[dict[str, Any]], paths: set[str]
) -> None:
    (state,) = APART[ROUTE].values()
    assert found(ROUTE, state, APART, read(APART, *routes)) == paths


def test_a_route_that_no_state_holds_is_a_stranger_beside_routes_of_their_own() -> None:
    held = {**APART, TABLE: {"rtb-1": table()}}
    reals = read(held, LOCAL, INTERNET, route(PEER, NatGatewayId="n"))
    known = {TABLE: {"rtb-1"}, ROUTE: set(APART[ROUTE])}
    assert [(each.id, each.folded) for each in reals if each.id not in known[each.type]] == [
        (f"rtb-1_{PEER}", "")
    ]


def test_a_subnet_that_was_given_another_table_is_told() -> None:
    state = {"id": "rtbassoc-old", "subnet_id": "subnet-1", "route_table_id": "rtb-9"}
    held = {ASSOCIATION: {"subnet-1": state}}
    associations = [{"SubnetId": "subnet-1", "RouteTableAssociationId": "rtbassoc-new"}]
    reals = read(held, LOCAL, Associations=associations)
    assert found(ASSOCIATION, state, held, reals) == {"route_table_id"}
    same = {**state, "route_table_id": "rtb-1"}
    assert found(ASSOCIATION, same, held, reals) == set()


@pytest.mark.parametrize(
    ("said", "routes", "folded"),
    [
        pytest.param(
            {"VpcId": "vpc-default"}, [INTERNET], "route table of the default VPC", id="default"
        ),
        pytest.param({}, [LOCAL], "main route table", id="untouched"),
        pytest.param({}, [LOCAL, INTERNET], "", id="touched"),
        pytest.param(
            {"OwnerId": "999999999999"}, [], "shared by account 999999999999", id="shared"
        ),
    ],
)
def test_tables_that_came_with_their_vpc_are_folded(
    said: dict[str, Any], routes: list[dict[str, Any]], folded: str
) -> None:
    main = [{"Main": True, "RouteTableAssociationId": "a"}]
    assert read({}, *routes, **{"Associations": main, **said})[0].folded == folded


@pytest.mark.parametrize(
    ("type_", "state", "real", "paths"),
    [
        pytest.param(
            "aws_vpc",
            {"ipv6_association_id": "a", "main_route_table_id": "b", "dhcp_options_id": "c"},
            {"cidr_block": "10.0.0.0/16"},
            set(),
            id="parts-of-a-vpc",
        ),
        pytest.param(
            "aws_vpc", {"ipv6_cidr_block": ""}, {"ipv6_cidr_block": ""}, set(), id="no-ipv6"
        ),
        pytest.param(
            "aws_default_vpc",
            {"enable_dns_support": True},
            {"enable_dns_support": False},
            {"enable_dns_support"},
            id="names-of-a-default-vpc",
        ),
        pytest.param(
            "aws_vpc",
            {"ipv6_cidr_block": ""},
            {"ipv6_cidr_block": "2600::/56"},
            {"ipv6_cidr_block"},
            id="ipv6",
        ),
        pytest.param(
            "aws_subnet",
            {"private_dns_hostname_type_on_launch": None, "enable_dns64": None},
            {"private_dns_hostname_type_on_launch": "ip-name", "enable_dns64": False},
            set(),
            id="usual-subnet",
        ),
        pytest.param(
            "aws_subnet",
            {"map_public_ip_on_launch": False, "ipv6_cidr_block_association_id": "a"},
            {"map_public_ip_on_launch": True},
            {"map_public_ip_on_launch"},
            id="public-subnet",
        ),
        pytest.param(
            "aws_nat_gateway",
            {
                "connectivity_type": "",
                "association_id": "a",
                "secondary_allocation_ids": ["a", "b"],
            },
            {"connectivity_type": "public", "secondary_allocation_ids": ["b", "a"]},
            set(),
            id="usual-gateway",
        ),
        pytest.param(
            "aws_nat_gateway",
            {"secondary_allocation_ids": ["a"]},
            {"secondary_allocation_ids": ["a", "b"]},
            {"secondary_allocation_ids"},
            id="another-address",
        ),
        pytest.param(
            "aws_eip",
            {"instance": "", "network_interface": "", "association_id": ""},
            {"instance": "i-1", "network_interface": "eni-1"},
            set(),
            id="associated-elsewhere",
        ),
        pytest.param(
            "aws_eip",
            {"instance": "i-1", "network_interface": "eni-1"},
            {"instance": "i-2", "network_interface": "eni-2"},
            {"instance"},
            id="another-instance",
        ),
        pytest.param(
            "aws_eip",
            {"instance": "", "network_interface": "eni-1"},
            {"instance": "", "network_interface": "eni-2"},
            {"network_interface"},
            id="another-interface",
        ),
        pytest.param(
            "aws_internet_gateway", {"vpc_id": "a"}, {"vpc_id": ""}, {"vpc_id"}, id="detached"
        ),
    ],
)
def test_parts_of_networks(
    type_: str, state: dict[str, Any], real: dict[str, Any], paths: set[str]
) -> None:
    assert told(type_, state, real) == paths


def test_the_interface_of_an_address_goes_with_its_nat_gateway() -> None:
    around = {"aws_nat_gateway": {"nat-1": {"allocation_id": "x"}}}
    state, real = {"network_interface": "eni-1"}, {"network_interface": ""}
    assert told("aws_eip", state, real, around=around) == set()


@pytest.mark.parametrize("state", ["deleting", "deleted", "failed"])
def test_a_nat_gateway_that_is_over_is_not_there(state: str) -> None:
    gateway = {"NatGatewayId": "nat-1", "State": state}
    answers = {"DescribeNatGateways": [{"NatGateways": [gateway]}]}
    assert seen("aws_nat_gateway", answers, {}) == []


def test_an_internet_gateway_by_itself_may_be_attached_by_another_resource() -> None:
    assert told("aws_internet_gateway", {"vpc_id": ""}, {"vpc_id": "a"}) == set()
