"""A public zone with records of several kinds, and a private one.

Moto gives the SOA record a value that is none, and forgets that a zone is private.
"""

from typing import Any

from tests.drift.worlds.rds import default_vpc
from tests.drift.worlds.world import REGION, Aws, Mutation, Thing, World, reports, world

ENVIRONMENT = {"Key": "env", "Value": "prod"}
BALANCER = "shop-1.eu-central-1.elb.amazonaws.com"
BALANCERS = "Z215JYRZR1TBD5"


def _zone(aws: Aws, domain: str, comment: str, vpc: str = "") -> Thing:
    route53 = aws.client("route53")
    network = {"VPCId": vpc, "VPCRegion": REGION}
    made = route53.create_hosted_zone(
        Name=domain,
        CallerReference=f"{domain}-{vpc}",
        HostedZoneConfig={"Comment": comment, "PrivateZone": bool(vpc)},
        **({"VPC": network} if vpc else {}),
    )
    id_ = made["HostedZone"]["Id"].rpartition("/")[2]
    route53.change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=id_, AddTags=[ENVIRONMENT]
    )
    servers = (made.get("DelegationSet") or {}).get("NameServers") or []
    return Thing(
        type="aws_route53_zone",
        name=domain.replace(".", "_").replace("-", "_"),
        attributes={
            "arn": f"arn:aws:route53:::hostedzone/{id_}",
            "comment": comment,
            "delegation_set_id": "",
            "force_destroy": False,
            "id": id_,
            "name": domain,
            "name_servers": servers,
            "primary_name_server": servers[0] if servers else "",
            "tags": None,
            "tags_all": {"env": "prod"},
            "timeouts": None,
            "vpc": [{"vpc_id": vpc, "vpc_region": REGION}] if vpc else [],
            "zone_id": id_,
        },
    )


def _record(zone: Thing, label: str, name: str, type_: str, **said: Any) -> Thing:
    id_ = zone.attributes["zone_id"]
    whole = name if name.endswith(zone.attributes["name"]) else f"{name}.{zone.attributes['name']}"
    set_ = said.get("set_identifier")
    return Thing(
        type="aws_route53_record",
        name=f"{label}_{zone.name}",
        attributes={
            "alias": [],
            "allow_overwrite": None,
            "cidr_routing_policy": [],
            "failover_routing_policy": [],
            "fqdn": whole,
            "geolocation_routing_policy": [],
            "geoproximity_routing_policy": [],
            "health_check_id": "",
            "id": f"{id_}_{name}_{type_}" + (f"_{set_}" if set_ else ""),
            "latency_routing_policy": [],
            "multivalue_answer_routing_policy": False,
            "name": name,
            "records": None,
            "set_identifier": "",
            "timeouts": None,
            "ttl": 0,
            "type": type_,
            "weighted_routing_policy": [],
            "zone_id": id_,
            **said,
        },
        dependencies=(zone.address,),
    )


def _values(*values: str, ttl: int = 300) -> dict[str, Any]:
    return {"TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def _aliased(name: str) -> dict[str, Any]:
    return {"DNSName": name, "HostedZoneId": BALANCERS, "EvaluateTargetHealth": True}


@world("route53")
def zones(aws: Aws, word: str) -> World:
    domain = f"{word}.example.com"
    zone = _zone(aws, domain, "Managed by Terraform")
    inside = _zone(aws, f"{word}.internal", "", default_vpc(aws))
    at = _Zone(aws, zone)
    at.put("*", "A", **_values("192.0.2.1", "192.0.2.2"))
    at.put("", "TXT", **_values('"v=spf1 -all"', '"long" "er"'))
    at.put("www", "A", AliasTarget=_aliased(f"dualstack.{BALANCER}."))
    at.put("api", "CNAME", SetIdentifier="blue", Weight=90, **_values(BALANCER, ttl=60))
    at.put("api", "CNAME", SetIdentifier="green", Weight=10, **_values(BALANCER, ttl=60))
    at.put("_0a1b", "CNAME", **_values("_2c3d.acm-validations.aws."))
    at.put("test", "A", **_values("198.51.100.7"))
    at.put("shop", "A", **_values("198.51.100.8"))
    at.put("a-shop", "TXT", **_values('"heritage=external-dns,external-dns/owner=prod"'))
    any_ = _record(zone, "any", "*", "A", records=["192.0.2.2", "192.0.2.1"], ttl=300)
    texts = _record(zone, "texts", domain, "TXT", records=["v=spf1 -all", 'long""er'], ttl=300)
    alias = {"evaluate_target_health": True, "name": BALANCER, "zone_id": BALANCERS}
    www = _record(zone, "www", f"www.{domain}", "A", alias=[alias])
    blue, green = (
        _record(
            zone,
            colour,
            "api",
            "CNAME",
            records=[f"{BALANCER}."],
            ttl=60,
            set_identifier=colour,
            weighted_routing_policy=[{"weight": weight}],
        )
        for colour, weight in (("blue", 90), ("green", 10))
    )
    return World(
        things=(zone, inside, any_, texts, www, blue, green),
        strangers=(("aws_route53_record", f"{zone.attributes['zone_id']}_test.{domain}_A"),),
        mutations=(
            Mutation(
                title="leads elsewhere",
                do=lambda: at.put("www", "A", AliasTarget=_aliased(f"evil.{BALANCER}.")),
                reports=reports((www.address, "alias[0].name")),
            ),
            Mutation(
                title="an address more, for longer",
                do=lambda: at.put("*", "A", **_values("192.0.2.1", "203.0.113.9", ttl=86400)),
                reports=reports((any_.address, "records"), (any_.address, "ttl")),
            ),
            Mutation(
                title="another weight",
                do=lambda: at.put(
                    "api", "CNAME", SetIdentifier="green", Weight=50, **_values(BALANCER, ttl=60)
                ),
                reports=reports((green.address, "weighted_routing_policy[0].weight")),
            ),
            Mutation(
                title="anybody may send mail",
                do=lambda: at.put("", "TXT", **_values('"v=spf1 +all"', '"long" "er"')),
                reports=reports((texts.address, "records")),
            ),
            Mutation(
                title="tags and comment of a zone",
                do=at.rename,
                reports=reports((zone.address, "tags.env"), (zone.address, "comment")),
            ),
            Mutation(
                title="a record is deleted",
                do=lambda: at.change(
                    "DELETE",
                    "api",
                    "CNAME",
                    SetIdentifier="blue",
                    Weight=90,
                    **_values(BALANCER, ttl=60),
                ),
                reports=reports((blue.address, "")),
            ),
        ),
    )


class _Zone:
    """Changes records of a zone."""

    def __init__(self, aws: Aws, zone: Thing) -> None:
        self._route53 = aws.client("route53")
        self._id, self._domain = zone.attributes["zone_id"], zone.attributes["name"]

    def put(self, label: str, type_: str, **said: Any) -> None:
        self.change("UPSERT", label, type_, **said)

    def change(self, action: str, label: str, type_: str, **said: Any) -> None:
        name = f"{label}.{self._domain}" if label else self._domain
        record = {"Name": name, "Type": type_, **said}
        self._route53.change_resource_record_sets(
            HostedZoneId=self._id,
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
        )

    def rename(self) -> None:
        self._route53.update_hosted_zone_comment(Id=self._id, Comment="mine")
        self._route53.change_tags_for_resource(
            ResourceType="hostedzone", ResourceId=self._id, RemoveTagKeys=["env"]
        )
