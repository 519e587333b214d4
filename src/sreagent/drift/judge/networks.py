"""Who is let in: networks, groups, ports and routes."""

from collections.abc import Iterable, Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from sreagent.domain.drift import Severity
from sreagent.domain.text import one_line
from sreagent.drift.judge.judged import Json, Judged, Matter, texts_in

Network = IPv4Network | IPv6Network
_NEARLY_ALL = {4: 7, 6: 15}
"""Lengths of prefixes up to which a network is nearly the world."""
_ALL = ("-1", "all", "any")
_PORTS = ("from_port", "to_port", "protocol", "ip_protocol", "port_range")
_SOURCES = ("source_ranges", "load_balancer_source_ranges", "source_ip_ranges", "allowed_ips")
_SIDES = ("ingress", "egress")
_PEERS = (
    *("security_groups", "prefix_list_ids", "source_security_group_id", "prefix_list_id"),
    *("referenced_security_group_id", "self"),
)


def judge_networks(matter: Matter) -> Judged | None:
    """A judgement of networks that are let in or out; None where it is not about any."""
    if matter.names[:1] == ("route",) or matter.type == "aws_route":
        return _route(matter)
    if not _is_about_networks(matter):
        return None
    if _denies(matter.after) or _denies(matter.before) or _denies(matter.block):
        matter = matter.turned()
    out = _goes_out(matter)
    if matter.names[-1] in _PORTS:
        return _ports(matter, out=out)
    added, removed = _moved(matter.before, matter.after)
    if added:
        return _opened(matter, added, out=out)
    return _closed(removed, out=out) if removed else None


def is_open_to_the_world(value: Json) -> bool:
    """Whether there is a network in it that is all, or nearly all, of the internet."""
    return any(_is_wide(network) for network in _networks(texts_in(value)))


def _is_about_networks(matter: Matter) -> bool:
    last = matter.names[-1]
    if "cidr" in last or last in _SOURCES or matter.names[0] in _SIDES:
        return True
    return last in (*_PORTS, *_PEERS) and ("_rule" in matter.type or "acl" in matter.type)


def _goes_out(matter: Matter) -> bool:
    if matter.names[0] in _SIDES:
        return matter.names[0] == "egress"
    return "egress" in matter.type or "egress" in (
        matter.around.get("type"),
        "egress" if matter.around.get("egress") is True else "",
    )


def _denies(value: Json) -> bool:
    said = value if isinstance(value, Mapping) else {}
    return "deny" in (said.get("action"), said.get("rule_action"))


def _moved(before: Json, after: Json) -> tuple[frozenset[str], frozenset[str]]:
    """Peers that were not let in before, and those that are no more; wider ones hold narrower."""
    was, now = _peers(before), _peers(after)
    return (
        frozenset(peer for peer in now - was if not _is_within(peer, was)),
        frozenset(peer for peer in was - now if not _is_within(peer, now)),
    )


def _peers(value: Json) -> frozenset[str]:
    """Networks, groups and prefix lists in it."""
    if isinstance(value, Mapping):
        named = {
            name: each for name, each in value.items() if "cidr" in name or name in _PEERS[:-1]
        }
        return texts_in(named) | ({"itself"} if value.get("self") is True else set())
    if isinstance(value, list):
        return frozenset(peer for each in value for peer in _peers(each))
    return texts_in(value) - {"False", "false"}


def _is_within(peer: str, peers: Iterable[str]) -> bool:
    network = _network(peer)
    return network is not None and any(
        isinstance(other, type(network)) and network.subnet_of(other)  # type: ignore[arg-type]  # same kind
        for other in _networks(peers)
    )


def _networks(texts: Iterable[str]) -> list[Network]:
    return [network for text in texts if (network := _network(text))]


@cache
def _network(text: str) -> Network | None:
    if "." not in text and ":" not in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _is_wide(network: Network) -> bool:
    return network.prefixlen <= _NEARLY_ALL[network.version] and not _is_private(network)


def _is_private(network: Network) -> bool:
    # The whole internet holds private networks, and is none.
    return network.prefixlen > 0 and network.is_private


def _opened(matter: Matter, added: frozenset[str], *, out: bool) -> Judged:
    networks = _networks(added)
    told = _told(added)
    ports = _ports_of(matter)
    if any(network.prefixlen == 0 for network in networks):
        why = f"lets everything out{ports}" if out else f"opened to the world{ports}"
        return _judged(why, out=out)
    if any(_is_wide(network) for network in networks):
        return _judged(f"opened to nearly the world: {told}{ports}", out=out)
    why = f"lets traffic out to {told}" if out else f"opened to {told}{ports}"
    severity = Severity.LOW if out else Severity.MEDIUM
    return Judged(severity=severity, why=why, opens=True)


def _judged(why: str, *, out: bool) -> Judged:
    return Judged(severity=Severity.MEDIUM if out else Severity.HIGH, why=why, opens=True)


def _closed(removed: frozenset[str], *, out: bool) -> Judged:
    if any(_is_wide(network) for network in _networks(removed)):
        why = "no longer lets everything out" if out else "no longer open to the world"
        return Judged(severity=Severity.MEDIUM if out else Severity.LOW, why=why, opens=False)
    why = f"closed to {_told(removed)}: it may be cut off"
    return Judged(severity=Severity.MEDIUM, why=why, opens=False)


def _told(peers: Iterable[str]) -> str:
    known = sorted(peers)
    more = f" and {len(known) - 2} more" if len(known) > 2 else ""
    return one_line(", ".join(known[:2]), 80) + more


def _ports(matter: Matter, *, out: bool) -> Judged:
    if not _is_wider(matter):
        return Judged(severity=Severity.LOW, why="fewer ports are open", opens=False)
    if is_open_to_the_world(matter.block):
        return _judged("more ports are open to the world", out=out)
    severity = Severity.LOW if out else Severity.MEDIUM
    return Judged(severity=severity, why="more ports are open", opens=True)


def _is_wider(matter: Matter) -> bool:
    last = matter.names[-1]
    if "protocol" in last:
        return str(matter.after).lower() in _ALL
    before, after = _number(matter.before), _number(matter.after)
    return after < before if last == "from_port" else after > before


def _number(value: Json) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _ports_of(matter: Matter) -> str:
    """` (tcp 22)`, where that is known."""
    after = matter.after[0] if isinstance(matter.after, list) and matter.after else matter.after
    rule = after if isinstance(after, Mapping) else matter.block
    spoken = str(rule.get("protocol") or rule.get("ip_protocol") or "").lower()
    if spoken in _ALL:
        return " (all ports)"
    first, last = rule.get("from_port"), rule.get("to_port")
    if first is None or not spoken:
        return ""
    ports = str(first) if first == last else f"{first}-{last}"
    return f" ({one_line(f'{spoken} {ports}', 40)})"


def _route(matter: Matter) -> Judged:
    """Where traffic goes; a way to the internet makes what is behind it public."""
    around = texts_in(matter.block) if matter.names[-1] == "gateway_id" else frozenset()
    after = texts_in(matter.after) - texts_in(matter.before)
    gateways = any(text.startswith("igw-") for text in after)
    if gateways and any(network.prefixlen == 0 for network in _networks(after | around)):
        return Judged(severity=Severity.HIGH, why="routed to and from the internet", opens=True)
    lost = texts_in(matter.before) - texts_in(matter.after)
    if any(text.startswith("igw-") for text in lost):
        why = "no longer routed to the internet"
        return Judged(severity=Severity.MEDIUM, why=why, opens=False)
    return Judged(severity=Severity.MEDIUM, why="traffic goes another way")
