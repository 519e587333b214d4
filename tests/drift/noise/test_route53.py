"""What differs between the state of a record and Route 53, and says nothing."""

from typing import Any

import pytest
from tests.drift.noise.told import told

from sreagent.drift.reality.aws.route53 import record_id

RECORD = "aws_route53_record"
BALANCER = "shop-1.eu-central-1.elb.amazonaws.com"


def alias(name: str) -> dict[str, Any]:
    return {"alias": [{"name": name, "zone_id": "Z1", "evaluate_target_health": True}]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(alias(BALANCER), alias(f"{BALANCER.upper()}."), id="case of an alias"),
        pytest.param(alias(BALANCER), alias(f"dualstack.{BALANCER}."), id="both protocols"),
        pytest.param({"ttl": 300, **alias(BALANCER)}, alias(BALANCER), id="ttl of an alias"),
        pytest.param(
            {"name": "www"}, {"name": "www.example.com"}, id="name without that of the zone"
        ),
        pytest.param({"allow_overwrite": True}, {"allow_overwrite": None}, id="allow overwrite"),
        pytest.param(
            {"records": ["Mail.example.com."]},
            {"records": ["mail.example.com"], "type": "CNAME"},
            id="dot at the end",
        ),
        pytest.param(
            {"records": ['long""er', "v=spf1 -all"]},
            {"records": ['"v=spf1 -all"', '"long" "er"'], "type": "TXT"},
            id="quotes",
        ),
        pytest.param(
            {"records": ["2001:db8:0:0::1"]},
            {"records": ["2001:db8::1"], "type": "AAAA"},
            id="an address in another spelling",
        ),
        pytest.param({"weighted_routing_policy": []}, {"weighted_routing_policy": []}, id="plain"),
    ],
)
def test_noise_is_not_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told(RECORD, before, after) == set()


def test_what_external_dns_keeps_is_its_own() -> None:
    before, after = {"records": ["192.0.2.1"]}, {"records": ["192.0.2.9"], "type": "A"}
    assert told(RECORD, before, after, facts={"kept by": "external-dns"}) == set()
    assert told(RECORD, before, after) == {"records"}


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        pytest.param(alias(BALANCER), alias("else.example.com"), "alias[0].name", id="alias"),
        pytest.param({"ttl": 300}, {"ttl": 60}, "ttl", id="ttl"),
        pytest.param(
            {"records": ["v=spf1 -all"]},
            {"records": ['"v=spf1 +all"'], "type": "TXT"},
            "records",
            id="text",
        ),
        pytest.param(
            {"records": ["a.example.com"]},
            {"records": ["b.example.com."], "type": "CNAME"},
            "records",
            id="name",
        ),
        pytest.param(
            {"weighted_routing_policy": [{"weight": 1}]},
            {"weighted_routing_policy": [{"weight": 0}]},
            "weighted_routing_policy[0].weight",
            id="no traffic",
        ),
    ],
)
def test_a_real_change_is_told(before: dict[str, Any], after: dict[str, Any], path: str) -> None:
    assert told(RECORD, before, after) == {path}


@pytest.mark.parametrize(
    ("name", "fqdn"),
    [
        pytest.param("www", "www.example.com", id="short"),
        pytest.param("WWW.example.com.", "", id="capitals and a dot"),
    ],
)
def test_a_record_is_known_however_its_name_is_written(name: str, fqdn: str) -> None:
    said = {"zone_id": "Z1", "name": name, "fqdn": fqdn, "type": "A", "set_identifier": ""}
    assert record_id(said) == "Z1_www.example.com_A"


def test_a_zone_is_the_same_with_a_dot_at_its_end() -> None:
    real = {"name": "example.com.", "name_servers": ["ns-1"]}
    assert told("aws_route53_zone", {"name": "example.com", "name_servers": []}, real) == set()
    said, now = [{"vpc_id": "vpc-1"}], [{"vpc_id": "vpc-1"}, {"vpc_id": "vpc-2"}]
    assert told("aws_route53_zone", {"vpc": said}, {"vpc": now}) == {"vpc[1]"}
