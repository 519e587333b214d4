"""Networks: VPCs, subnets, route tables and the ways out of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.meaning import network
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import Around, listed_or_missed, made_by, tags_of, taken
from sreagent.drift.reality.kinds import Attributes, Kind, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

VPC, SUBNET, TABLE = "aws_vpc", "aws_subnet", "aws_route_table"
ROUTE, ASSOCIATION = "aws_route", "aws_route_table_association"
NAT, EIP, GATEWAY = "aws_nat_gateway", "aws_eip", "aws_internet_gateway"
_VPC = {"cidr_block": "CidrBlock", "instance_tenancy": "InstanceTenancy"}
_DNS = {
    "enable_dns_support": "EnableDnsSupport",
    "enable_dns_hostnames": "EnableDnsHostnames",
    "enable_network_address_usage_metrics": "EnableNetworkAddressUsageMetrics",
}
_METRICS = "enable_network_address_usage_metrics"
_ON_LAUNCH = "PrivateDnsNameOptionsOnLaunch"
_SUBNET = {
    "vpc_id": "VpcId",
    "cidr_block": "CidrBlock",
    "availability_zone": "AvailabilityZone",
    "map_public_ip_on_launch": "MapPublicIpOnLaunch",
    "assign_ipv6_address_on_creation": "AssignIpv6AddressOnCreation",
    "enable_dns64": "EnableDns64",
    "ipv6_native": "Ipv6Native",
    "enable_lni_at_device_index": "EnableLniAtDeviceIndex",
    "map_customer_owned_ip_on_launch": "MapCustomerOwnedIpOnLaunch",
    "customer_owned_ipv4_pool": "CustomerOwnedIpv4Pool",
    "outpost_arn": "OutpostArn",
    "private_dns_hostname_type_on_launch": f"{_ON_LAUNCH}.HostnameType",
    "enable_resource_name_dns_a_record_on_launch": f"{_ON_LAUNCH}.EnableResourceNameDnsARecord",
    "enable_resource_name_dns_aaaa_record_on_launch": (
        f"{_ON_LAUNCH}.EnableResourceNameDnsAAAARecord"
    ),
}
_TARGETS = {
    "carrier_gateway_id": "CarrierGatewayId",
    "core_network_arn": "CoreNetworkArn",
    "egress_only_gateway_id": "EgressOnlyInternetGatewayId",
    "gateway_id": "GatewayId",
    "local_gateway_id": "LocalGatewayId",
    "nat_gateway_id": "NatGatewayId",
    "network_interface_id": "NetworkInterfaceId",
    "odb_network_arn": "OdbNetworkArn",
    "transit_gateway_id": "TransitGatewayId",
    "vpc_peering_connection_id": "VpcPeeringConnectionId",
}
_DESTINATIONS = {
    "cidr_block": "DestinationCidrBlock",
    "ipv6_cidr_block": "DestinationIpv6CidrBlock",
    "destination_prefix_list_id": "DestinationPrefixListId",
}
_OF_A_ROUTE = {
    "cidr_block": "destination_cidr_block",
    "ipv6_cidr_block": "destination_ipv6_cidr_block",
    "destination_prefix_list_id": "destination_prefix_list_id",
}
"""What `aws_route` calls the destinations of an inline route."""
_LOCAL = "local"
_PROPAGATED = "EnableVgwRoutePropagation"
_NAT = {
    "allocation_id": "AllocationId",
    "private_ip": "PrivateIp",
    "public_ip": "PublicIp",
    "network_interface_id": "NetworkInterfaceId",
}
_NAT_OVER = frozenset({"deleting", "deleted", "failed"})
"""States in which a NAT gateway is still listed, and is no more."""
_EIP = {
    "domain": "Domain",
    "public_ip": "PublicIp",
    "instance": "InstanceId",
    "network_interface": "NetworkInterfaceId",
    "public_ipv4_pool": "PublicIpv4Pool",
    "network_border_group": "NetworkBorderGroup",
    "customer_owned_ipv4_pool": "CustomerOwnedIpv4Pool",
}


def _common(look: Look, said: Mapping[str, Any], folded: str = "") -> dict[str, Any]:
    """What all objects of a network have: a name and why nobody would manage them."""
    tags = tags_of(said)
    owner = said.get("OwnerId") or look.place.account
    shared = f"shared by account {owner}" if owner != look.place.account else ""
    return {"name": tags.get("Name", ""), "folded": shared or folded or made_by(tags)}


def _default_vpcs(look: Look) -> set[str]:
    usual = [{"Name": "is-default", "Values": ["true"]}]
    found = listed_or_missed(look, "DescribeVpcs", "Vpcs", Filters=usual)
    return {each["VpcId"] for each in found or ()}


def _ipv6(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The IPv6 network of a VPC or subnet that is in use."""
    for each in said.get("Ipv6CidrBlockAssociationSet") or ():
        if (each.get("Ipv6CidrBlockState") or {}).get("State") == "associated":
            found: Mapping[str, Any] = each
            return found
    return {}


def tagger(difference: Difference, _before: Attributes, _real: Real) -> str:
    """EKS marks the networks that its clusters use."""
    is_added = difference.before is None and difference.path.startswith(
        "tags.kubernetes.io/cluster/"
    )
    return "EKS" if is_added else ""


_NETWORK = {"cidr_block": network, "ipv6_cidr_block": network}


@reader(
    "ec2", Kind(type=VPC, shape=Shape(equal=_NETWORK), owner=tagger, aliases=("aws_default_vpc",))
)
def vpcs(look: Look) -> Iterator[Real]:
    """All VPCs; what names those of the state resolve, a call each."""
    said = list(look.listed("DescribeVpcs", "Vpcs", MaxResults=1000))
    known = [each["VpcId"] for each in said if look.in_state(VPC, each["VpcId"]) is not None]
    names = dict(look.each(known, lambda vpc: _names(look, vpc)))
    for each in said:
        ipv6 = _ipv6(each)
        yield Real(
            type=VPC,
            id=each["VpcId"],
            attributes={
                **taken(each, _VPC),
                "ipv6_cidr_block": ipv6.get("Ipv6CidrBlock", ""),
                "assign_generated_ipv6_cidr_block": ipv6.get("Ipv6Pool") == "Amazon",
                **names.get(each["VpcId"], {}),
                "tags": tags_of(each),
            },
            **_common(look, each, "default VPC" if each.get("IsDefault") else ""),
        )


def _names(look: Look, vpc: str) -> dict[str, Any]:
    """Whether the DNS works in a VPC; metrics only where the state has them."""
    before = look.in_state(VPC, vpc) or {}
    found: dict[str, Any] = {}
    for name, key in _DNS.items():
        if name == _METRICS and not before.get(name):
            continue
        attribute = key[0].lower() + key[1:]
        answer = look.asked("DescribeVpcAttribute", VpcId=vpc, Attribute=attribute)
        if answer and key in answer:
            found[name] = answer[key].get("Value", False)
    return found


@reader(
    "ec2",
    Kind(
        type=SUBNET,
        shape=Shape(equal=_NETWORK, defaults={"private_dns_hostname_type_on_launch": "ip-name"}),
        owner=tagger,
        aliases=("aws_default_subnet",),
    ),
)
def subnets(look: Look) -> Iterator[Real]:
    """All subnets, in one list."""
    for each in look.listed("DescribeSubnets", "Subnets", MaxResults=1000):
        yield Real(
            type=SUBNET,
            id=each["SubnetId"],
            arn=each.get("SubnetArn", ""),
            attributes={
                **taken(each, _SUBNET),
                "ipv6_cidr_block": _ipv6(each).get("Ipv6CidrBlock", ""),
                "tags": tags_of(each),
            },
            **_common(look, each, "default subnet" if each.get("DefaultForAz") else ""),
        )


def destination(route: Attributes) -> str:
    """Where a route leads, of an inline one or of an `aws_route`, in its one spelling."""
    for inline, alone in _OF_A_ROUTE.items():
        if said := route.get(inline) or route.get(alone):
            return str(network(said))
    return ""


def _routes_apart(wanted: Wanted) -> dict[str, set[str]]:
    """The destinations that are resources of their own, by their table."""
    found: dict[str, set[str]] = defaultdict(set)
    for said in wanted.get(ROUTE, {}).values():
        found[str(said.get("route_table_id") or "")].add(destination(said))
    return found


APART = Around(_routes_apart)
_NONE: frozenset[str] = frozenset()


def own_routes(before: Attributes, real: Real, around: Wanted) -> tuple[Attributes, Attributes]:
    """Only the routes that are the table's own, also where a refresh has copied the others into it.

    Gateways that propagate and local routes count where the state has them.
    """
    apart = APART(around).get(real.id, _NONE)
    was, now = dict(before), dict(real.attributes)
    if not before.get("propagating_vgws"):
        now.pop("propagating_vgws", None)
    if not _holds_routes(before, apart):
        now.pop("route", None)
        return was, now
    said = {destination(route) for route in before.get("route") or ()}
    now["route"] = [
        _spelled(route)
        for route in real.attributes.get("route") or ()
        if destination(route) not in apart
        and (route.get("gateway_id") != _LOCAL or destination(route) in said)
    ]
    kept = [route for route in before.get("route") or () if destination(route) not in apart]
    was["route"] = [_spelled(route) for route in kept if not _is_of_an_endpoint(route)]
    return was, now


def _spelled(route: Attributes) -> dict[str, Any]:
    """A route whose destination can be compared."""
    return {**route, **{name: network(route.get(name)) for name in _NETWORK if name in route}}


def _holds_routes(before: Attributes, apart: set[str] | frozenset[str]) -> bool:
    """Whether the routes of a table belong to it, and not to resources of their own."""
    own = (destination(route) not in apart for route in before.get("route") or ())
    return not apart or any(own)


def _is_of_an_endpoint(route: Attributes) -> bool:
    """Whether a VPC endpoint has put a route there for its service."""
    target = str(route.get("gateway_id") or route.get("vpc_endpoint_id") or "")
    return bool(route.get("destination_prefix_list_id")) and target.startswith("vpce-")


def _of_route(attributes: Attributes) -> str:
    return f"{attributes.get('route_table_id')}_{destination(attributes)}"


def _of_association(attributes: Attributes) -> str:
    return str(attributes.get("subnet_id") or attributes.get("gateway_id") or "")


_TABLE = Kind(
    type=TABLE,
    shape=Shape(
        sets=frozenset({"route", "propagating_vgws"}),
        keyed={"route": ("cidr_block", "ipv6_cidr_block", "destination_prefix_list_id")},
        equal={"route.cidr_block": network, "route.ipv6_cidr_block": network},
    ),
    settle=own_routes,
    aliases=("aws_default_route_table",),
)
_ROUTE = Kind(
    type=ROUTE,
    identity=_of_route,
    import_id=_of_route,
    shape=Shape(equal={"destination_cidr_block": network, "destination_ipv6_cidr_block": network}),
)
_ASSOCIATION = Kind(
    type=ASSOCIATION,
    identity=_of_association,
    import_id=lambda said: f"{_of_association(said)}/{said.get('route_table_id')}",
)


@reader("ec2", _TABLE, _ROUTE, _ASSOCIATION)
def route_tables(look: Look) -> Iterator[Real]:
    """All tables with their routes and what they are for, in one list."""
    usual, apart = _default_vpcs(look), _routes_apart(look.wanted)
    for each in look.listed("DescribeRouteTables", "RouteTables", MaxResults=100):
        identity = each["RouteTableId"]
        associations = each.get("Associations") or ()
        routes = [_route(one) for one in each.get("Routes") or () if not _is_automatic(one)]
        common = _common(look, each, _made_with_vpc(each, routes, usual))
        yield Real(
            type=TABLE,
            id=identity,
            attributes={
                "vpc_id": each.get("VpcId", ""),
                "route": routes,
                "propagating_vgws": [one["GatewayId"] for one in each.get("PropagatingVgws") or ()],
                "tags": tags_of(each),
            },
            **common,
        )
        yield from _routes(look, identity, routes, apart.get(identity, _NONE))
        yield from _associations(look, identity, associations, str(common["folded"]))


def _made_with_vpc(
    said: Mapping[str, Any], routes: Sequence[Mapping[str, Any]], usual: set[str]
) -> str:
    """Whether a table came with its VPC, and nobody has put anything into it."""
    if not any(one.get("Main") for one in said.get("Associations") or ()):
        return ""
    if said.get("VpcId") in usual:
        return "route table of the default VPC"
    is_untouched = all(route["gateway_id"] == _LOCAL for route in routes)
    return "main route table" if is_untouched else ""


def _is_automatic(said: Mapping[str, Any]) -> bool:
    """Whether a gateway or an endpoint has put a route there."""
    of_endpoint = str(said.get("GatewayId", "")).startswith("vpce-")
    return said.get("Origin") == _PROPAGATED or (
        of_endpoint and bool(said.get("DestinationPrefixListId"))
    )


def _route(said: Mapping[str, Any]) -> dict[str, Any]:
    """A route as the provider writes it inline: gateways of load balancers are endpoints."""
    route = {name: said.get(key) or "" for name, key in {**_DESTINATIONS, **_TARGETS}.items()}
    of_endpoint = str(route["gateway_id"]).startswith("vpce-")
    route["vpc_endpoint_id"] = route["gateway_id"] if of_endpoint else ""
    route["gateway_id"] = "" if of_endpoint else route["gateway_id"]
    return route


def _routes(
    look: Look, table: str, routes: Sequence[dict[str, Any]], apart: set[str] | frozenset[str]
) -> Iterator[Real]:
    """Routes as resources of their own; those of a table that holds its own are not told twice."""
    before = look.in_state(TABLE, table)
    for route in routes:
        identity = f"{table}_{destination(route)}"
        is_known = look.in_state(ROUTE, identity) is not None
        if not is_known and route["gateway_id"] == _LOCAL:
            continue
        if not is_known and before is not None and _holds_routes(before, apart):
            continue
        yield Real(
            type=ROUTE,
            id=identity,
            import_id=identity,
            known_as=(table,),
            folded=f"route of {table}, which is unmanaged" if before is None else "",
            attributes={
                "route_table_id": table,
                **{alone: route[inline] for inline, alone in _OF_A_ROUTE.items()},
                **{name: value for name, value in route.items() if name not in _OF_A_ROUTE},
            },
        )


def _associations(
    look: Look, table: str, associations: Sequence[Mapping[str, Any]], folded: str
) -> Iterator[Real]:
    """For which subnets and gateways a table is; not for which VPC it is the main one."""
    is_known = look.in_state(TABLE, table) is not None
    stranger = "" if is_known else f"of {table}, which is unmanaged"
    for each in associations:
        holder = each.get("SubnetId") or each.get("GatewayId")
        if not holder or each.get("Main"):
            continue
        yield Real(
            type=ASSOCIATION,
            id=holder,
            import_id=f"{holder}/{table}",
            known_as=(each["RouteTableAssociationId"], table),
            folded=folded or stranger,
            attributes={
                "route_table_id": table,
                "subnet_id": each.get("SubnetId", ""),
                "gateway_id": each.get("GatewayId", ""),
            },
        )


def attached(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """To which VPC counts where the state says so: there may be an attachment of its own."""
    now = dict(real.attributes)
    if not before.get("vpc_id"):
        now.pop("vpc_id", None)
    return before, now


@reader("ec2", Kind(type=GATEWAY, settle=attached))
def internet_gateways(look: Look) -> Iterator[Real]:
    """All internet gateways, in one list; those of default VPCs nobody would manage."""
    usual = _default_vpcs(look)
    for each in look.listed("DescribeInternetGateways", "InternetGateways", MaxResults=1000):
        vpc = next((one.get("VpcId", "") for one in each.get("Attachments") or ()), "")
        yield Real(
            type=GATEWAY,
            id=each["InternetGatewayId"],
            known_as=(vpc,) if vpc else (),
            attributes={"vpc_id": vpc, "tags": tags_of(each)},
            **_common(look, each, "gateway of the default VPC" if vpc in usual else ""),
        )


_NAT_SHAPE = Shape(
    sets=frozenset({"secondary_allocation_ids", "secondary_private_ip_addresses"}),
    defaults={"connectivity_type": "public"},
)


@reader("ec2", Kind(type=NAT, shape=_NAT_SHAPE))
def nat_gateways(look: Look) -> Iterator[Real]:
    """All NAT gateways, in one list."""
    for each in look.listed("DescribeNatGateways", "NatGateways", MaxResults=1000):
        if each.get("State") in _NAT_OVER:
            continue
        addresses = each.get("NatGatewayAddresses") or [{}]
        first = next((one for one in addresses if one.get("IsPrimary")), addresses[0])
        others = [one for one in addresses if one is not first]
        yield Real(
            type=NAT,
            id=each["NatGatewayId"],
            created=each.get("CreateTime"),
            attributes={
                **taken(each, {"subnet_id": "SubnetId", "connectivity_type": "ConnectivityType"}),
                **taken(first, _NAT),
                "secondary_allocation_ids": [
                    one["AllocationId"] for one in others if one.get("AllocationId")
                ],
                "secondary_private_ip_addresses": [
                    one["PrivateIp"] for one in others if one.get("PrivateIp")
                ],
                "tags": tags_of(each),
            },
            **_common(look, each),
        )


def _allocated(wanted: Wanted) -> set[str]:
    return {str(said.get("allocation_id") or "") for said in wanted.get(NAT, {}).values()}


_OF_NATS = Around(_allocated)


def placed(before: Attributes, real: Real, around: Wanted) -> tuple[Attributes, Attributes]:
    """Where an address is used counts where the state says so.

    Otherwise an association of its own, or a NAT gateway, has put it there.
    """
    now = dict(real.attributes)
    if not before.get("instance"):
        now.pop("instance", None)
    # The interface goes with the instance, or with the gateway that has the address.
    if not before.get("network_interface") or before.get("instance") or real.id in _OF_NATS(around):
        now.pop("network_interface", None)
    return before, now


@reader("ec2", Kind(type=EIP, settle=placed))
def addresses(look: Look) -> Iterator[Real]:
    """All elastic addresses, in one list that has no pages."""
    for each in look.listed("DescribeAddresses", "Addresses"):
        service = each.get("ServiceManaged", "")
        yield Real(
            type=EIP,
            id=each.get("AllocationId") or each["PublicIp"],
            known_as=tuple(each[key] for key in ("PublicIp", "AssociationId") if each.get(key)),
            attributes={
                **taken(each, _EIP),
                "instance": each.get("InstanceId", ""),
                "network_interface": each.get("NetworkInterfaceId", ""),
                "tags": tags_of(each),
            },
            **_common(look, each, f"managed by {service}" if service else ""),
        )
