"""Rules of security groups, one peer each, whichever of three resources they stand in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.drift.compare.meaning import network, number, protocol
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import Around, tags_of
from sreagent.drift.reality.kinds import Attributes, Kind
from sreagent.drift.reality.look import Wanted
from sreagent.drift.reality.real import Real

Ports = tuple[str, int, int]
"""Protocol, first and last port; for ICMP type and code."""
Key = tuple[str, Ports, str, str]
"""Side, ports, kind of peer, peer: what AWS allows only once in a group."""

SIDES = ("ingress", "egress")
NETWORKS = ("cidr_blocks", "ipv6_cidr_blocks")
PEERS = (*NETWORKS, "prefix_list_ids", "security_groups")
GROUPS = "security_groups"
OLD = "aws_security_group_rule"
NEW = {side: f"aws_vpc_security_group_{side}_rule" for side in SIDES}
_ALL = "all"
_WITH_PORTS = frozenset({"tcp", "udp", "icmp", "icmpv6"})
_ONE_PEER = {
    "cidr_blocks": "cidr_ipv4",
    "ipv6_cidr_blocks": "cidr_ipv6",
    "prefix_list_ids": "prefix_list_id",
    GROUPS: "referenced_security_group_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What lets one peer through one range of ports."""

    group: str
    side: str
    ports: Ports
    kind: str
    """The list of an inline block in which its peer stands; a group's own id means itself."""
    peer: str
    description: str = ""
    id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What it is known by in its group."""
        peer = network(self.peer) if self.kind in NETWORKS else self.peer
        return self.side, self.ports, self.kind, peer


@dataclass(slots=True, kw_only=True)
class Apart:
    """The rules of one group that are resources of their own, in any state."""

    keys: set[Key] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    sides: set[str] = field(default_factory=set)

    def add(self, rules: Iterable[Rule]) -> None:
        """Take in the rules of one resource."""
        for rule in rules:
            self.keys.add(rule.key)
            self.sides.add(rule.side)
            if rule.id:
                self.ids.add(rule.id)


NONE_APART = Apart()


def ports(spoken: object, first: object, last: object) -> Ports:
    """A range of ports in its one spelling: none for protocols that have none."""
    name = str(protocol(spoken))
    if name not in _WITH_PORTS:
        return name, 0, 0
    return name, int(str(first or 0)), int(str(last or 0))


def said_protocol(spoken: str) -> str:
    """A protocol as Terraform writes it."""
    return "-1" if spoken == _ALL else spoken


def inline(group: str, side: str, block: Attributes) -> Iterator[Rule]:
    """The rules of an inline block, or of an `aws_security_group_rule`."""
    where = ports(block.get("protocol"), block.get("from_port"), block.get("to_port"))
    peers = [(kind, str(peer)) for kind in PEERS for peer in block.get(kind) or ()]
    if block.get("self"):
        peers.append((GROUPS, group))
    for kind, peer in peers:
        yield Rule(
            group=group,
            side=side,
            ports=where,
            kind=kind,
            peer=peer,
            description=str(block.get("description") or ""),
        )


def old(said: Attributes) -> Iterator[Rule]:
    """The rules of an `aws_security_group_rule`: one for each of its peers."""
    source = said.get("source_security_group_id")
    block = {**said, GROUPS: [source] if source else []}
    group = str(said.get("security_group_id") or "")
    known = str(said.get("security_group_rule_id") or "")
    for rule in inline(group, str(said.get("type") or ""), block):
        yield Rule(
            group=group,
            side=rule.side,
            ports=rule.ports,
            kind=rule.kind,
            peer=rule.peer,
            description=rule.description,
            id=known,
        )


def new(side: str, said: Attributes) -> Iterator[Rule]:
    """The rule of an `aws_vpc_security_group_*_rule`."""
    for kind, name in _ONE_PEER.items():
        if peer := said.get(name):
            yield Rule(
                group=str(said.get("security_group_id") or ""),
                side=side,
                ports=ports(said.get("ip_protocol"), said.get("from_port"), said.get("to_port")),
                kind=kind,
                peer=str(peer),
                id=str(said.get("id") or ""),
            )


def apart(wanted: Wanted) -> dict[str, Apart]:
    """The rules that are resources of their own, by their group."""
    found: dict[str, Apart] = defaultdict(Apart)
    for said in wanted.get(OLD, {}).values():
        found[str(said.get("security_group_id") or "")].add(old(said))
    for side, type_ in NEW.items():
        for said in wanted.get(type_, {}).values():
            found[str(said.get("security_group_id") or "")].add(new(side, said))
    return found


APART = Around(apart)


def seen(answer: Mapping[str, Any], account: str) -> Rule:
    """A rule as AWS tells it to an account."""
    kind, peer = _peer(answer, answer.get("GroupOwnerId") or account)
    return Rule(
        group=answer["GroupId"],
        side="egress" if answer.get("IsEgress") else "ingress",
        ports=ports(answer["IpProtocol"], answer.get("FromPort"), answer.get("ToPort")),
        kind=kind,
        peer=peer,
        description=answer.get("Description") or "",
        id=answer["SecurityGroupRuleId"],
        tags=tags_of(answer),
    )


def _peer(answer: Mapping[str, Any], account: str) -> tuple[str, str]:
    texts = {"CidrIpv4": NETWORKS[0], "CidrIpv6": NETWORKS[1], "PrefixListId": "prefix_list_ids"}
    for name, kind in texts.items():
        if answer.get(name):
            return kind, str(answer[name])
    group = answer.get("ReferencedGroupInfo") or {}
    peer, owner = group.get("GroupId", ""), group.get("UserId") or account
    return GROUPS, peer if owner == account else f"{owner}/{peer}"


def alone(rule: Rule, *, folded: str = "") -> Real:
    """A rule as the resource that holds one peer."""
    spoken, first, last = rule.ports
    has_ports = spoken in _WITH_PORTS
    empty: dict[str, Any] = dict.fromkeys(_ONE_PEER.values())
    return Real(
        type=NEW[rule.side],
        id=rule.id,
        folded=folded,
        known_as=(rule.group,),
        attributes={
            **empty,
            _ONE_PEER[rule.kind]: rule.peer,
            "security_group_id": rule.group,
            "security_group_rule_id": rule.id,
            "ip_protocol": said_protocol(spoken),
            "from_port": first if has_ports else None,
            "to_port": last if has_ports else None,
            "description": rule.description,
            "tags": rule.tags,
        },
    )


def together(said: Attributes, identity: str, there: list[Rule]) -> Real:
    """The rules that an `aws_security_group_rule` stands for, as one."""
    spoken, *between = there[0].ports
    if spoken not in _WITH_PORTS and protocol(said.get("protocol")) == spoken:
        # What stands there for ports means nothing.
        between = [said.get("from_port") or 0, said.get("to_port") or 0]
    group = there[0].group
    own = not said.get("source_security_group_id")
    groups = [rule.peer for rule in there if rule.kind == GROUPS]
    others = [peer for peer in groups if peer != group or not own]
    other_words = [
        rule.description for rule in there if rule.description != said.get("description")
    ]
    return Real(
        type=OLD,
        id=identity,
        known_as=(group, *(rule.id for rule in there)),
        attributes={
            "type": there[0].side,
            "security_group_id": group,
            "protocol": said_protocol(spoken),
            "from_port": between[0],
            "to_port": between[1],
            **{kind: [rule.peer for rule in there if rule.kind == kind] for kind in PEERS[:3]},
            "source_security_group_id": others[0] if others else "",
            "self": own and group in groups,
            "description": other_words[0] if other_words else said.get("description"),
        },
    )


def _port(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return None if value in (-1, "-1") else number(value)


_EQUAL = {"from_port": _port, "to_port": _port}
OLD_KIND = Kind(
    type=OLD,
    shape=Shape(
        sets=frozenset(PEERS),
        equal={**_EQUAL, "protocol": protocol, **dict.fromkeys(NETWORKS, network)},
    ),
)
NEW_KINDS = tuple(
    Kind(
        type=type_,
        shape=Shape(
            equal={**_EQUAL, "ip_protocol": protocol, "cidr_ipv4": network, "cidr_ipv6": network}
        ),
    )
    for type_ in NEW.values()
)
