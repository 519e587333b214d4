"""Zones and records of Route 53."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.meaning import domain_name
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import listed_below, taken, unlisted
from sreagent.drift.reality.aws.tagged import tags_together
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Answer = Mapping[str, Any]

_ZONES_PAGE = "100"
_RECORDS_PAGE = "300"
_TAGGED_AT_ONCE = 10
_KEPT = "kept by"
_EXTERNAL_DNS = "external-dns"
_OWNED = re.compile(r"heritage=external-dns")
_MARKERS = ("a-", "aaaa-", "cname-", "")
"""How external-dns names the note beside a record that it owns."""
_VALIDATES = ".acm-validations.aws"
_OCTAL = re.compile(r"\\(\d{3})")
_NAMES = ("CNAME", "NS", "PTR", "MX", "SRV")
_ADDRESSES = ("A", "AAAA")


def _alias(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A load balancer answers to both of its names."""
    name = domain_name(value)
    return name.removeprefix("dualstack.") if isinstance(name, str) else name


_ZONE = Shape(
    keyed={"vpc": ("vpc_id",)},
    skipped=frozenset({"name_servers", "primary_name_server", "delegation_set_id"}),
    equal={"name": domain_name},
)
_RECORD = Shape(
    sets=frozenset({"records"}),
    skipped=frozenset({"name", "fqdn"}),
    equal={"alias.name": _alias, "alias.zone_id": str, "set_identifier": str},
    strict=frozenset({"weighted_routing_policy.weight"}),
)
_POLICIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "alias": (
        "AliasTarget",
        {
            "evaluate_target_health": "EvaluateTargetHealth",
            "name": "DNSName",
            "zone_id": "HostedZoneId",
        },
    ),
    "cidr_routing_policy": (
        "CidrRoutingConfig",
        {"collection_id": "CollectionId", "location_name": "LocationName"},
    ),
    "geolocation_routing_policy": (
        "GeoLocation",
        {
            "continent": "ContinentCode",
            "country": "CountryCode",
            "subdivision": "SubdivisionCode",
        },
    ),
}
_SCALARS: Mapping[str, tuple[str, str]] = {
    "failover_routing_policy": ("Failover", "type"),
    "latency_routing_policy": ("Region", "region"),
    "weighted_routing_policy": ("Weight", "weight"),
}


def record_id(attributes: Attributes) -> str:
    """Zone, name, type and set: what a record is known by, whatever way its name is written."""
    name = attributes.get("fqdn") or attributes.get("name")
    parts = (attributes.get("zone_id"), domain_name(str(name or "")), attributes.get("type"))
    known = "_".join(str(part or "") for part in parts)
    set_ = attributes.get("set_identifier")
    return f"{known}_{set_}" if set_ else known


def settled_record(
    before: Attributes, real: Real, _around: Wanted
) -> tuple[Attributes, Attributes]:
    """Values that mean the same are the same; an alias has no time to live of its own."""
    after = dict(real.attributes)
    kind = str(after.get("type"))
    said, is_ = before.get("records") or [], after.get("records") or []
    if {_value(kind, each) for each in said} == {_value(kind, each) for each in is_}:
        after["records"] = said
    if after.get("alias"):
        after.pop("ttl", None)
    return before, after


def _value(kind: str, value: object) -> str:
    text = str(value).strip()
    if kind in _NAMES:
        return str(domain_name(text))
    if kind in _ADDRESSES:
        try:
            return str(ip_address(text))
        except ValueError:
            return text
    return text.strip('"').replace('" "', '""')


def owner_of_record(_difference: Difference, _before: Attributes, real: Real) -> str:
    """Records that external-dns keeps follow what runs in a cluster."""
    return real.facts.get(_KEPT, "")


_ZONES = Kind(type="aws_route53_zone", identity=by("zone_id"), import_id=by("zone_id"), shape=_ZONE)
_RECORDS = Kind(
    type="aws_route53_record",
    identity=record_id,
    import_id=record_id,
    shape=_RECORD,
    settle=settled_record,
    owner=owner_of_record,
)


@reader("route53", _ZONES, is_global=True)
def zones(look: Look) -> Iterator[Real]:
    """All zones; tags, and networks of private ones, of those in the state."""
    listed = list(look.listed("ListHostedZones", "HostedZones", MaxItems=_ZONES_PAGE))
    known = [item for item in listed if look.in_state(_ZONES.type, _id(item)) is not None]
    tags = _tags(look, [_id(item) for item in known])
    private = [_id(item) for item in known if _is_private(look, _id(item))]
    networks = dict(look.each(private, lambda id_: _networks(look, id_)))
    for item in listed:
        id_, config = _id(item), item.get("Config") or {}
        service = (item.get("LinkedService") or {}).get("ServicePrincipal")
        yield Real(
            type="aws_route53_zone",
            id=id_,
            name=item["Name"].rstrip("."),
            arn=f"arn:aws:route53:::hostedzone/{id_}",
            folded=f"made by {service}" if service else "",
            attributes={
                "name": item["Name"],
                "comment": config.get("Comment", ""),
                **networks.get(id_, {}),
                **tags.get(id_, {}),
            },
        )


def _id(item: Answer) -> str:
    return str(item["Id"]).rpartition("/")[2]


def _is_private(look: Look, id_: str) -> bool:
    return bool((look.in_state(_ZONES.type, id_) or {}).get("vpc"))


def _tags(look: Look, ids: list[str]) -> dict[str, dict[str, Any]]:
    return tags_together(
        look,
        ids,
        lambda some: look.asked(
            "ListTagsForResources", ResourceType="hostedzone", ResourceIds=some
        ),
        at_once=_TAGGED_AT_ONCE,
        under="ResourceTagSets",
        by="ResourceId",
    )


def _networks(look: Look, id_: str) -> dict[str, Any]:
    answer = look.asked("GetHostedZone", Id=id_)
    if not answer:
        return {}
    names = {"vpc_id": "VPCId", "vpc_region": "VPCRegion"}
    return {"vpc": [taken(each, names) for each in answer.get("VPCs") or ()]}


@reader("route53", _RECORDS, is_global=True)
def records(look: Look) -> Iterator[Real]:
    """Records of the zones that the state holds or speaks of."""
    said = look.wanted.get(_RECORDS.type, {})
    zones = {str(each.get("zone_id") or "") for each in said.values()}
    zones |= set(look.wanted.get(_ZONES.type, {}))
    listed = dict(look.each(sorted(zones - {""}), lambda zone: _listed(look, zone)))
    for zone, items in listed.items():
        yield from _records(zone, items or [])
    above = {id_: str(each.get("zone_id")) for id_, each in said.items()}
    yield from unlisted(_RECORDS.type, above, listed)


def _listed(look: Look, zone: str) -> list[Answer] | None:
    return listed_below(
        look,
        "ListResourceRecordSets",
        "ResourceRecordSets",
        HostedZoneId=zone,
        MaxItems=_RECORDS_PAGE,
    )


def _records(zone: str, items: list[Answer]) -> Iterator[Real]:
    apex = next((_name(item) for item in items if item["Type"] == "SOA"), "")
    notes = {_name(item) for item in items if _is_note(item)}
    for item in items:
        attributes = {"zone_id": zone, **_record(item)}
        id_ = record_id(attributes)
        kept = _is_note(item) or any(f"{mark}{_name(item)}" in notes for mark in _MARKERS)
        yield Real(
            type="aws_route53_record",
            id=id_,
            name=attributes["name"],
            import_id=id_,
            known_as=(attributes["name"], zone),
            folded=_folded(item, apex, kept=kept),
            facts={_KEPT: _EXTERNAL_DNS} if kept else {},
            attributes=attributes,
        )


def _name(item: Answer) -> str:
    plain = _OCTAL.sub(lambda found: chr(int(found[1], 8)), str(item["Name"]))
    return plain.rstrip(".").casefold()


def _is_note(item: Answer) -> bool:
    return item["Type"] == "TXT" and any(map(_OWNED.search, _values(item)))


def _values(item: Answer) -> list[str]:
    return [str(each["Value"]) for each in item.get("ResourceRecords") or ()]


def _folded(item: Answer, apex: str, *, kept: bool) -> str:
    if item["Type"] in ("NS", "SOA") and _name(item) == apex:
        return "comes with the zone"
    if item["Type"] == "CNAME" and any(_VALIDATES in value for value in _values(item)):
        return "proves a domain to ACM"
    return f"kept by {_EXTERNAL_DNS}" if kept else ""


def _record(item: Answer) -> dict[str, Any]:
    said = {
        "name": _name(item),
        "type": item["Type"],
        "set_identifier": item.get("SetIdentifier", ""),
        "records": _values(item),
        "health_check_id": item.get("HealthCheckId", ""),
        "multivalue_answer_routing_policy": item.get("MultiValueAnswer", False),
        **taken(item, {"ttl": "TTL"}),
    }
    for name, (key, members) in _POLICIES.items():
        said[name] = [taken(item[key], members)] if item.get(key) else []
    for name, (key, member) in _SCALARS.items():
        said[name] = [{member: item[key]}] if key in item else []
    return {**said, "fqdn": said["name"]}
