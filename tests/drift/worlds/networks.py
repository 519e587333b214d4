"""A network with two route tables: one holds its routes itself, one has them as resources."""

from dataclasses import dataclass
from typing import Any

from tests.drift.worlds.world import ACCOUNT, Aws, Mutation, Thing, World, arn, reports, world

INTERNET = "0.0.0.0/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """The ids of what is there."""

    vpc: str
    subnet: str
    inner: str
    gateway: str
    nat: str
    address: str
    public: str
    private: str


def _built(ec2: Any) -> Net:
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet, inner = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone="eu-central-1a")["Subnet"]
        for cidr in ("10.20.1.0/24", "10.20.2.0/24")
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], AllocationId=address)["NatGateway"]
    public, private = (
        ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)
    )
    ec2.create_route(RouteTableId=public, DestinationCidrBlock=INTERNET, GatewayId=gateway)
    ec2.create_route(
        RouteTableId=private, DestinationCidrBlock=INTERNET, NatGatewayId=nat["NatGatewayId"]
    )
    ec2.associate_route_table(RouteTableId=public, SubnetId=subnet["SubnetId"])
    ec2.associate_route_table(RouteTableId=private, SubnetId=inner["SubnetId"])
    return Net(
        vpc=vpc,
        subnet=subnet["SubnetId"],
        inner=inner["SubnetId"],
        gateway=gateway,
        nat=nat["NatGatewayId"],
        address=address,
        public=public,
        private=private,
    )


def _tagged(**said: Any) -> dict[str, Any]:
    return {"tags": None, "tags_all": {}, **said}


def _vpc(name: str, net: Net) -> Thing:
    return Thing(
        type="aws_vpc",
        name=name,
        attributes=_tagged(
            arn=arn("ec2", f"vpc/{net.vpc}"),
            assign_generated_ipv6_cidr_block=False,
            cidr_block="10.20.0.0/16",
            default_network_acl_id="acl-0a",
            default_route_table_id="rtb-0a",
            default_security_group_id="sg-0a",
            dhcp_options_id="dopt-0a",
            enable_dns_hostnames=True,
            enable_dns_support=True,
            enable_network_address_usage_metrics=False,
            id=net.vpc,
            instance_tenancy="default",
            ipv4_ipam_pool_id=None,
            ipv4_netmask_length=None,
            ipv6_association_id="",
            ipv6_cidr_block="",
            ipv6_cidr_block_network_border_group="",
            ipv6_ipam_pool_id="",
            ipv6_netmask_length=0,
            main_route_table_id="rtb-0a",
            owner_id=ACCOUNT,
        ),
    )


def _subnet(name: str, known: str, cidr: str, net: Net) -> Thing:
    return Thing(
        type="aws_subnet",
        name=name,
        attributes=_tagged(
            arn=arn("ec2", f"subnet/{known}"),
            assign_ipv6_address_on_creation=False,
            availability_zone="eu-central-1a",
            availability_zone_id="euc1-az2",
            cidr_block=cidr,
            customer_owned_ipv4_pool="",
            enable_dns64=False,
            enable_lni_at_device_index=0,
            enable_resource_name_dns_a_record_on_launch=False,
            enable_resource_name_dns_aaaa_record_on_launch=False,
            id=known,
            ipv6_cidr_block="",
            ipv6_cidr_block_association_id="",
            ipv6_native=False,
            map_customer_owned_ip_on_launch=False,
            map_public_ip_on_launch=False,
            outpost_arn="",
            owner_id=ACCOUNT,
            private_dns_hostname_type_on_launch="ip-name",
            timeouts=None,
            vpc_id=net.vpc,
        ),
    )


def _table(name: str, known: str, net: Net, *routes: dict[str, Any]) -> Thing:
    return Thing(
        type="aws_route_table",
        name=name,
        attributes=_tagged(
            arn=arn("ec2", f"route-table/{known}"),
            id=known,
            owner_id=ACCOUNT,
            propagating_vgws=[],
            route=list(routes),
            timeouts=None,
            vpc_id=net.vpc,
        ),
    )


def _inline(**said: str) -> dict[str, Any]:
    names = (
        *("carrier_gateway_id", "cidr_block", "core_network_arn", "destination_prefix_list_id"),
        *("egress_only_gateway_id", "gateway_id", "ipv6_cidr_block", "local_gateway_id"),
        *("nat_gateway_id", "network_interface_id", "transit_gateway_id", "vpc_endpoint_id"),
        "vpc_peering_connection_id",
    )
    return {**dict.fromkeys(names, ""), **said}


def _route(name: str, net: Net) -> Thing:
    return Thing(
        type="aws_route",
        name=name,
        attributes={
            "carrier_gateway_id": "",
            "core_network_arn": "",
            "destination_cidr_block": INTERNET,
            "destination_ipv6_cidr_block": "",
            "destination_prefix_list_id": "",
            "egress_only_gateway_id": "",
            "gateway_id": "",
            "id": f"r-{net.private}1080289494",
            "instance_id": "",
            "instance_owner_id": "",
            "local_gateway_id": "",
            "nat_gateway_id": net.nat,
            "network_interface_id": "",
            "origin": "CreateRoute",
            "route_table_id": net.private,
            "state": "active",
            "timeouts": None,
            "transit_gateway_id": "",
            "vpc_endpoint_id": "",
            "vpc_peering_connection_id": "",
        },
    )


def _association(name: str, subnet: str, table: str) -> Thing:
    return Thing(
        type="aws_route_table_association",
        name=name,
        attributes={
            "gateway_id": "",
            "id": "rtbassoc-0123456789abcdef0",
            "route_table_id": table,
            "subnet_id": subnet,
            "timeouts": None,
        },
    )


def _exits(word: str, net: Net) -> tuple[Thing, ...]:
    return (
        Thing(
            type="aws_internet_gateway",
            name=f"main_{word}",
            attributes=_tagged(
                arn=arn("ec2", f"internet-gateway/{net.gateway}"),
                id=net.gateway,
                owner_id=ACCOUNT,
                timeouts=None,
                vpc_id=net.vpc,
            ),
        ),
        Thing(
            type="aws_nat_gateway",
            name=f"main_{word}",
            attributes=_tagged(
                allocation_id=net.address,
                association_id="eipassoc-0123456789abcdef0",
                connectivity_type="public",
                id=net.nat,
                secondary_allocation_ids=[],
                secondary_private_ip_address_count=0,
                secondary_private_ip_addresses=[],
                subnet_id=net.subnet,
                timeouts=None,
            ),
        ),
        Thing(
            type="aws_eip",
            name=f"nat_{word}",
            # It was made before the gateway that has it now.
            attributes=_tagged(
                address=None,
                allocation_id=net.address,
                arn=arn("ec2", f"elastic-ip/{net.address}"),
                associate_with_private_ip=None,
                association_id="",
                carrier_ip="",
                customer_owned_ip="",
                customer_owned_ipv4_pool="",
                domain="vpc",
                id=net.address,
                instance="",
                ipam_pool_id=None,
                network_border_group="eu-central-1",
                network_interface="",
                private_dns=None,
                private_ip="",
                ptr_record="",
                public_dns="ec2-3-120-1-3.eu-central-1.compute.amazonaws.com",
                public_ipv4_pool="amazon",
                timeouts=None,
            ),
        ),
    )


@world("networks")
def networks(aws: Aws, word: str) -> World:
    ec2 = aws.client("ec2")
    net = _built(ec2)
    internet = _inline(cidr_block=INTERNET, gateway_id=net.gateway)
    copied = _inline(cidr_block=INTERNET, nat_gateway_id=net.nat)
    things = (
        _vpc(f"main_{word}", net),
        _subnet(f"outer_{word}", net.subnet, "10.20.1.0/24", net),
        _subnet(f"inner_{word}", net.inner, "10.20.2.0/24", net),
        _table(f"public_{word}", net.public, net, internet),
        # The refresh of another day has copied its route.
        _table(f"private_{word}", net.private, net, copied),
        _route(f"nat_{word}", net),
        _association(f"outer_{word}", net.subnet, net.public),
        _association(f"inner_{word}", net.inner, net.private),
        *_exits(word, net),
    )
    stray = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    return World(
        things=things,
        strangers=(("aws_internet_gateway", stray),),
        mutations=_edits(ec2, net, things),
    )


def _edits(ec2: Any, net: Net, things: tuple[Thing, ...]) -> tuple[Mutation, ...]:
    vpc, _, inner, public, _, route, _, below, _, nat, address = things

    def hide() -> None:
        ec2.modify_vpc_attribute(VpcId=net.vpc, EnableDnsHostnames={"Value": False})
        ec2.create_tags(Resources=[net.vpc], Tags=[{"Key": "team", "Value": "x"}])

    def expose() -> None:
        ec2.modify_subnet_attribute(SubnetId=net.inner, MapPublicIpOnLaunch={"Value": True})
        said = ec2.describe_route_tables(RouteTableIds=[net.private])["RouteTables"][0]
        known = said["Associations"][0]["RouteTableAssociationId"]
        ec2.replace_route_table_association(AssociationId=known, RouteTableId=net.public)

    def lead_elsewhere() -> None:
        said = {"RouteTableId": net.private, "DestinationCidrBlock": INTERNET}
        ec2.replace_route(**said, GatewayId=net.gateway)

    def another_way() -> None:
        peer = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        asked = ec2.create_vpc_peering_connection(VpcId=net.vpc, PeerVpcId=peer)
        known = asked["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        for table in (net.public, net.private):
            ec2.create_route(
                RouteTableId=table,
                DestinationCidrBlock="10.77.0.0/16",
                VpcPeeringConnectionId=known,
            )

    def tag_exits() -> None:
        ec2.create_tags(Resources=[net.address, net.nat], Tags=[{"Key": "a", "Value": "b"}])

    public_route = {"RouteTableId": net.public, "DestinationCidrBlock": INTERNET}
    private_route = {"RouteTableId": net.private, "DestinationCidrBlock": INTERNET}
    return (
        Mutation(
            title="no names",
            do=hide,
            reports=reports((vpc.address, "enable_dns_hostnames"), (vpc.address, "tags.team")),
        ),
        Mutation(
            title="a private subnet is public",
            do=expose,
            reports=reports(
                (inner.address, "map_public_ip_on_launch"), (below.address, "route_table_id")
            ),
        ),
        Mutation(
            title="past the NAT gateway",
            do=lead_elsewhere,
            reports=reports((route.address, "nat_gateway_id"), (route.address, "gateway_id")),
        ),
        # In the private table the route is a stranger, as its routes are resources.
        Mutation(title="peering", do=another_way, reports=reports((public.address, "route[1]"))),
        Mutation(
            title="no internet",
            do=lambda: ec2.delete_route(**public_route),
            reports=reports((public.address, "route[0]")),
        ),
        Mutation(
            title="no way out",
            do=lambda: ec2.delete_route(**private_route),
            reports=reports((route.address, "")),
        ),
        Mutation(
            title="tags of the ways out",
            do=tag_exits,
            reports=reports((address.address, "tags.a"), (nat.address, "tags.a")),
        ),
        Mutation(
            title="the NAT gateway deleted",
            do=lambda: ec2.delete_nat_gateway(NatGatewayId=net.nat),
            reports=reports((nat.address, "")),
        ),
    )
