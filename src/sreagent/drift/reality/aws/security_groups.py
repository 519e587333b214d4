"""Security groups and their rules, in the three shapes that Terraform knows them by."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.drift.compare.meaning import network, protocol
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import tags_of
from sreagent.drift.reality.kinds import Attributes, Kind, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Rule = Mapping[str, Any]
SIDES = ("ingress", "egress")
_LISTS = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
_ALL = "all"


def _of_sides(*names: str) -> frozenset[str]:
    return frozenset(f"{side}.{name}" for side in SIDES for name in names)


_GROUP = Shape(
    sets=frozenset(SIDES) | _of_sides(*_LISTS),
    equal={
        **dict.fromkeys(_of_sides("cidr_blocks", "ipv6_cidr_blocks"), network),
        **dict.fromkeys(_of_sides("protocol"), protocol),
    },
)


def regrouped(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """Rules of reality put together as the state has them.

    AWS groups the networks of one protocol and its ports as it likes. Rules that the state does
    not hold inline at all belong to resources of their own.
    """
    after = real.attributes
    sides = {
        side: _regroup(before[side], after[side])
        for side in SIDES
        if before.get(side) and side in after
    }
    rest = {name: value for name, value in after.items() if name not in SIDES}
    return before, {**rest, **sides}


def _regroup(said: Iterable[Rule], real: Iterable[Rule]) -> list[dict[str, Any]]:
    """Each peer of reality in the block of the state that has it, or has its ports."""
    blocks = [dict(block) for block in said]
    homes: dict[tuple[object, ...], int] = {}
    ports: dict[tuple[object, ...], int] = {}
    for place, block in enumerate(blocks):
        ports.setdefault(_ports(block), place)
        for atom in _atoms(block):
            homes[atom] = place
    gathered: dict[object, dict[str, Any]] = {}
    for rule in real:
        for atom in _atoms(rule):
            home = homes.get(atom, ports.get(_ports(rule)))
            like: Rule = rule if home is None else blocks[home]
            _put(gathered.setdefault(_ports(rule) if home is None else home, _empty(like)), atom)
    return list(gathered.values())


def _ports(rule: Rule) -> tuple[object, ...]:
    spoken = protocol(rule.get("protocol"))
    if spoken == _ALL:
        return (spoken, 0, 0)
    return (spoken, rule.get("from_port") or 0, rule.get("to_port") or 0)


def _atoms(rule: Rule) -> Iterator[tuple[object, ...]]:
    """Each peer of a rule, by its kind."""
    for kind in _LISTS:
        for peer in rule.get(kind) or ():
            yield (*_ports(rule), kind, network(peer) if "cidr" in kind else peer)
    if rule.get("self"):
        yield (*_ports(rule), "self", True)


def _empty(rule: Rule) -> dict[str, Any]:
    kept = {name: rule.get(name) for name in ("protocol", "from_port", "to_port", "description")}
    return {**kept, **{kind: [] for kind in _LISTS}, "self": False}


def _put(block: dict[str, Any], atom: tuple[object, ...]) -> None:
    *_, kind, peer = atom
    if kind == "self":
        block["self"] = True
    else:
        block[str(kind)].append(peer)


@reader("ec2", Kind(type="aws_security_group", shape=_GROUP, settle=regrouped))
def groups(look: Look) -> Iterator[Real]:
    """All groups with their rules, in one list."""
    for group in look.listed("DescribeSecurityGroups", "SecurityGroups", MaxResults=1000):
        yield Real(
            type="aws_security_group",
            id=group["GroupId"],
            name=group["GroupName"],
            folded="default security group" if group["GroupName"] == "default" else "",
            attributes={
                "name": group["GroupName"],
                "description": group["Description"],
                "vpc_id": group.get("VpcId", ""),
                "ingress": [_rule(group, rule) for rule in group.get("IpPermissions") or ()],
                "egress": [_rule(group, rule) for rule in group.get("IpPermissionsEgress") or ()],
                "tags": tags_of(group),
            },
        )


def _rule(group: Mapping[str, Any], permission: Mapping[str, Any]) -> dict[str, Any]:
    peers = [each["GroupId"] for each in permission.get("UserIdGroupPairs") or ()]
    return {
        "protocol": permission["IpProtocol"],
        "from_port": permission.get("FromPort", 0),
        "to_port": permission.get("ToPort", 0),
        "cidr_blocks": [each["CidrIp"] for each in permission.get("IpRanges") or ()],
        "ipv6_cidr_blocks": [each["CidrIpv6"] for each in permission.get("Ipv6Ranges") or ()],
        "prefix_list_ids": [each["PrefixListId"] for each in permission.get("PrefixListIds") or ()],
        "security_groups": [peer for peer in peers if peer != group["GroupId"]],
        "self": group["GroupId"] in peers,
    }
