"""Security groups and their rules, in the three shapes that Terraform knows them by."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.meaning import network, protocol
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import made_by, tags_of
from sreagent.drift.reality.aws.security_group_rules import (
    APART,
    GROUPS,
    NETWORKS,
    NEW,
    NEW_KINDS,
    NONE_APART,
    OLD,
    OLD_KIND,
    PEERS,
    SIDES,
    Apart,
    Key,
    Ports,
    Rule,
    alone,
    apart,
    inline,
    old,
    said_protocol,
    seen,
    together,
)
from sreagent.drift.reality.kinds import Attributes, Kind, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Block = dict[str, Any]
GROUP = "aws_security_group"
_RULE_IDS = "rule ids"
_OF_CONTROLLERS = "groups of controllers"
_CONTROLLERS = {
    re.compile(r"elbv2\.k8s\.aws/"): "the AWS Load Balancer Controller",
    re.compile(r"kubernetes\.io/rule/"): "the Kubernetes cloud provider",
}
"""By the descriptions that they give to the rules that they add."""
_OF_KUBERNETES = re.compile(r"Kubernetes|EKS|load balancer controller")
_MADE = {
    re.compile(r"default"): "default security group",
    re.compile(r"eks-cluster-sg-.*"): "made by EKS",
    re.compile(r"k8s-elb-.*"): "made by the Kubernetes cloud provider",
    re.compile(r"ElasticMapReduce-.*"): "made by EMR",
    re.compile(r"d-[0-9a-f]{10}_controllers"): "made by Directory Service",
    re.compile(r"security-group-for-(?:in|out)bound-nfs-d-.*"): "made by SageMaker",
}


def _of_sides(*names: str) -> frozenset[str]:
    return frozenset(f"{side}.{name}" for side in SIDES for name in names)


_SHAPE = Shape(
    sets=frozenset(SIDES) | _of_sides(*PEERS),
    equal={
        **dict.fromkeys(_of_sides(*NETWORKS), network),
        **dict.fromkeys(_of_sides("protocol"), protocol),
    },
)


def regrouped(before: Attributes, real: Real, around: Wanted) -> tuple[Attributes, Attributes]:
    """Rules of reality put together as the state has them.

    AWS groups the networks of one protocol and its ports as it likes. Rules that are resources of
    their own are left out, also where a refresh has copied them into the group.
    """
    separate = APART(around).get(real.id, NONE_APART)
    ids = json.loads(real.facts.get(_RULE_IDS, "{}"))
    theirs = separate.keys | {_key(ids[known]) for known in separate.ids if known in ids}
    was, now = dict(before), dict(real.attributes)
    for side in SIDES:
        if side not in before or side not in now or (not theirs and before[side] == now[side]):
            continue
        if is_inline(real.id, side, before, separate):
            was[side], now[side] = _aligned(real.id, side, before[side] or [], now[side], theirs)
        else:
            del now[side]
    return was, now


def is_inline(group: str, side: str, before: Attributes, separate: Apart) -> bool:
    """Whether the rules of a side belong to the group itself, and not to resources of their own."""
    if side not in separate.sides:
        return True
    blocks = before.get(side) or ()
    return any(
        rule.key not in separate.keys for block in blocks for rule in inline(group, side, block)
    )


def _aligned(
    group: str, side: str, said: Sequence[Block], real: Sequence[Block], theirs: set[Key]
) -> tuple[list[Block], list[Block]]:
    """Both sides without what belongs to others, each peer in the block of the state that has it.

    A peer that no block has is put where its ports and its description are.
    """
    blocks = [_without(group, side, block, theirs) for block in said]
    homes: dict[Key, int] = {}
    alike: dict[tuple[Ports, str], int] = {}
    for place, block in enumerate(blocks):
        for rule in inline(group, side, said[place]):
            alike.setdefault((rule.ports, rule.description), place)
        homes.update({rule.key: place for rule in inline(group, side, block)})
    gathered: dict[object, Block] = {
        place: block for place, block in enumerate(blocks) if not _has_peers(block)
    }
    for rule in (each for block in real for each in inline(group, side, block)):
        if rule.key in theirs:
            continue
        ports = rule.ports, rule.description
        home = homes.get(rule.key, alike.get(ports))
        start = _empty(rule) if home is None else _emptied(blocks[home])
        _put(gathered.setdefault(ports if home is None else home, start), rule)
    return blocks, list(gathered.values())


def _without(group: str, side: str, block: Block, theirs: set[Key]) -> Block:
    """A block without the peers that stand in other resources."""
    rules = list(inline(group, side, block))
    if not any(rule.key in theirs for rule in rules):
        return block
    kept = _emptied(block)
    for rule in rules:
        if rule.key not in theirs:
            _put(kept, rule)
    return kept


def _has_peers(block: Block) -> bool:
    return bool(block.get("self") or any(block.get(kind) for kind in PEERS))


def _emptied(block: Block) -> Block:
    return {**block, **{kind: [] for kind in PEERS}, "self": False}


def _empty(rule: Rule) -> Block:
    spoken, first, last = rule.ports
    return {
        "protocol": said_protocol(spoken),
        "from_port": first,
        "to_port": last,
        "description": rule.description,
        **{kind: [] for kind in PEERS},
        "self": False,
    }


def _put(block: Block, rule: Rule) -> None:
    if rule.description != (block.get("description") or ""):
        # A block has one description: what was edited at one of its peers is told of all.
        block["description"] = rule.description
    if rule.kind == GROUPS and rule.peer == rule.group:
        block["self"] = True
    else:
        block[rule.kind] = [*block[rule.kind], rule.peer]


def _key(said: Sequence[Any]) -> Key:
    side, (spoken, first, last), kind, peer = said
    return side, (spoken, first, last), kind, peer


def adder(difference: Difference, _before: Attributes, real: Real) -> str:
    """Controllers add rules for their load balancers to groups of nodes."""
    if not difference.path.startswith(SIDES):
        return ""
    after = difference.after
    theirs = set(real.facts.get(_OF_CONTROLLERS, "").split())
    if difference.before is None and isinstance(after, Mapping):
        said = str(after.get("description") or "")
        if found := next((who for words, who in _CONTROLLERS.items() if words.match(said)), ""):
            return found
        peers = set(after.get(GROUPS) or ())
        others = after.get("self") or any(after.get(kind) for kind in PEERS[:3])
        return "Kubernetes" if peers and peers <= theirs and not others else ""
    if difference.path.endswith(f".{GROUPS}") and isinstance(after, list):
        was = set(difference.before or ())
        added = set(after) - was
        return "Kubernetes" if added and was <= set(after) and added <= theirs else ""
    return ""


_GROUP = Kind(
    type=GROUP,
    shape=_SHAPE,
    settle=regrouped,
    owner=adder,
    aliases=("aws_default_security_group",),
)


@reader("ec2", _GROUP, OLD_KIND, *NEW_KINDS)
def groups(look: Look) -> Iterator[Real]:
    """All groups in one list, all rules in another."""
    rules: dict[str, list[Rule]] = defaultdict(list)
    for answer in look.listed("DescribeSecurityGroupRules", "SecurityGroupRules", MaxResults=1000):
        rules[answer["GroupId"]].append(seen(answer, look.place.account))
    said = list(look.listed("DescribeSecurityGroups", "SecurityGroups", MaxResults=1000))
    made = {group["GroupId"]: why for group in said if (why := _maker(look, group))}
    held, separate = _held(look), apart(look.wanted)
    for group in said:
        known = group["GroupId"]
        yield _group(look, group, rules[known], made)
        claimed: set[str] = set()
        yield from _claims(look, held.get(known, ()), rules[known], claimed)
        rest = [rule for rule in rules[known] if rule.id not in claimed]
        yield from _unclaimed(look, known, rest, separate.get(known, NONE_APART))


def _maker(look: Look, group: Mapping[str, Any]) -> str:
    owner = group.get("OwnerId") or look.place.account
    if owner != look.place.account:
        return f"shared by account {owner}"
    by_name = (why for name, why in _MADE.items() if name.fullmatch(group["GroupName"]))
    return next(by_name, "") or made_by(tags_of(group))


def _group(
    look: Look, group: Mapping[str, Any], rules: Sequence[Rule], made: Mapping[str, str]
) -> Real:
    facts = {}
    if look.in_state(GROUP, group["GroupId"]) is not None:
        peers = {rule.peer for rule in rules if rule.kind == GROUPS}
        theirs = (peer for peer in peers if _OF_KUBERNETES.search(made.get(peer, "")))
        facts = {
            _RULE_IDS: json.dumps({rule.id: rule.key for rule in rules}),
            _OF_CONTROLLERS: " ".join(theirs),
        }
    return Real(
        type=GROUP,
        id=group["GroupId"],
        arn=group.get("SecurityGroupArn", ""),
        name=group["GroupName"],
        folded=made.get(group["GroupId"], ""),
        facts=facts,
        attributes={
            "name": group["GroupName"],
            "description": group["Description"],
            "vpc_id": group.get("VpcId", ""),
            **{side: _blocks(rule for rule in rules if rule.side == side) for side in SIDES},
            "tags": tags_of(group),
        },
    )


def _blocks(rules: Iterable[Rule]) -> list[Block]:
    """Rules with the same ports and description together, as the provider writes them."""
    found: dict[tuple[Ports, str], Block] = {}
    for rule in rules:
        _put(found.setdefault((rule.ports, rule.description), _empty(rule)), rule)
    return list(found.values())


def _held(look: Look) -> dict[str, list[tuple[str, Attributes]]]:
    """The resources of several peers that the state holds, by their group."""
    found: dict[str, list[tuple[str, Attributes]]] = defaultdict(list)
    for identity, said in look.wanted.get(OLD, {}).items():
        found[str(said.get("security_group_id") or "")].append((identity, said))
    return found


def _claims(
    look: Look,
    held: Iterable[tuple[str, Attributes]],
    rules: Sequence[Rule],
    claimed: set[str],
) -> Iterator[Real]:
    """What stands for the rules of the state, in either shape."""
    for rule in rules:
        if look.in_state(NEW[rule.side], rule.id) is not None:
            claimed.add(rule.id)
            yield alone(rule)
    by_key = {rule.key: rule for rule in rules}
    by_id = {rule.id: rule for rule in rules}
    for identity, said in held:
        wanted = list(old(said))
        there = [by_key[rule.key] for rule in wanted if rule.key in by_key]
        if not there:
            there = [by_id[rule.id] for rule in wanted if rule.id in by_id]
        if there:
            claimed.update(rule.id for rule in there)
            yield together(said, identity, there)


def _unclaimed(look: Look, group: str, rules: Iterable[Rule], separate: Apart) -> Iterator[Real]:
    """Rules that no resource holds; those of a group that holds its rules inline are its own."""
    before = look.in_state(GROUP, group)
    for rule in rules:
        if before is None:
            yield alone(rule, folded=f"rule of {group}, which is unmanaged")
        elif not is_inline(group, rule.side, before, separate):
            yield alone(rule, folded=_controller(rule))


def _controller(rule: Rule) -> str:
    known = (who for words, who in _CONTROLLERS.items() if words.match(rule.description))
    who = next(known, "")
    return f"added by {who}" if who else made_by(rule.tags)
