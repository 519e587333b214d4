"""How bad a finding is."""

import json
from typing import Any

import pytest

from sreagent.domain.drift import Severity
from sreagent.drift.judge.judged import Matter, is_production
from sreagent.drift.judge.networks import is_open_to_the_world
from sreagent.drift.judge.severity import judge_change, judge_missing, judge_stranger
from sreagent.drift.judge.switches import tls

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
OPENS, CLOSES, NEITHER = True, False, None
SG, BUCKET, ROLE = "aws_security_group", "aws_s3_bucket", "aws_iam_role"
WORLD, PRIVATE = "0.0.0.0/0", "10.0.0.0/8"


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::b/*", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: Any, **more: Any) -> str:
    return allow("sts:AssumeRole", "*", Principal=principal, **more)


def block(*networks: str, port: int = 22) -> dict[str, Any]:
    return {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": [*networks]}


DENY = json.dumps(
    {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
)
OWN = {"AWS": "arn:aws:iam::123456789012:root"}
LAMBDA = {"Service": "lambda.amazonaws.com"}
OIDC = {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}
SAME_ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
ANY_ORG = {"StringLike": {"aws:PrincipalOrgID": "*"}}


@pytest.mark.parametrize(
    ("type_", "path", "before", "after", "severity", "opens"),
    [
        # Networks.
        pytest.param(
            SG, "ingress[0].cidr_blocks", [PRIVATE], [WORLD], HIGH, OPENS, id="to-the-world"
        ),
        pytest.param(
            SG, "ingress[0].ipv6_cidr_blocks", [], ["::/0"], HIGH, OPENS,
            id="world-of-v6",
        ),
        pytest.param(
            SG, "ingress[0].cidr_blocks", [], ["0.0.0.0/1", "128.0.0.0/1"], HIGH, OPENS, id="halves"
        ),
        pytest.param(
            SG, "ingress[0].cidr_blocks", [], ["64.0.0.0/4"], HIGH, OPENS,
            id="a-sixteenth",
        ),
        pytest.param(SG, "ingress[1]", None, block(WORLD), HIGH, OPENS, id="new-open-block"),
        pytest.param(
            SG, "ingress[0].cidr_blocks", [PRIVATE], [PRIVATE, "203.0.113.4/32"], MEDIUM, OPENS,
            id="one-address",
        ),
        pytest.param(
            SG, "ingress[0].cidr_blocks", ["10.1.0.0/16"], [PRIVATE], MEDIUM, OPENS, id="wider"
        ),
        pytest.param(
            SG, "ingress[0].cidr_blocks", [PRIVATE], ["10.1.0.0/16"], MEDIUM, CLOSES, id="narrower"
        ),
        pytest.param(
            SG, "ingress[0].cidr_blocks", [WORLD], [PRIVATE], LOW, CLOSES,
            id="from-world",
        ),
        pytest.param(
            SG, "ingress[0].cidr_blocks", [WORLD], [WORLD, PRIVATE], LOW, NEITHER, id="open-already"
        ),
        pytest.param(SG, "ingress[0]", block(PRIVATE), None, MEDIUM, CLOSES, id="block-gone"),
        pytest.param(
            SG, "ingress[0].security_groups", [], ["sg-1"], MEDIUM, OPENS, id="another-group"
        ),
        pytest.param(SG, "egress[0].cidr_blocks", [PRIVATE], [WORLD], MEDIUM, OPENS, id="out"),
        pytest.param(SG, "egress[0].cidr_blocks", [], [PRIVATE], LOW, OPENS, id="out-to-few"),
        pytest.param(SG, "ingress[0].to_port", 443, 65535, MEDIUM, OPENS, id="more-ports"),
        pytest.param(SG, "ingress[0].from_port", 80, 443, LOW, CLOSES, id="fewer-ports"),
        pytest.param(SG, "ingress[0].protocol", "tcp", "-1", MEDIUM, OPENS, id="all-protocols"),
        pytest.param(
            "aws_vpc_security_group_ingress_rule", "cidr_ipv4", PRIVATE, WORLD, HIGH, OPENS,
            id="rule-to-the-world",
        ),
        pytest.param(
            "aws_vpc_security_group_egress_rule", "cidr_ipv4", PRIVATE, WORLD, MEDIUM, OPENS,
            id="rule-out-to-the-world",
        ),
        pytest.param(
            "aws_eks_cluster", "vpc_config[0].public_access_cidrs", [PRIVATE], [WORLD], HIGH, OPENS,
            id="cluster-to-the-world",
        ),
        pytest.param(
            "aws_network_acl", "ingress[0]", {**block(WORLD), "action": "deny"}, None, HIGH, OPENS,
            id="denial-of-the-world-gone",
        ),
        pytest.param(
            "aws_route_table", "route[1]", None, {"cidr_block": WORLD, "gateway_id": "igw-1"}, HIGH,
            OPENS, id="routed-to-the-internet",
        ),
        pytest.param(
            "aws_route_table", "route[0].nat_gateway_id", "nat-1", "nat-2", MEDIUM, NEITHER,
            id="routed-another-way",
        ),
        # Policies.
        pytest.param(
            "aws_s3_bucket_policy", "policy", allow(Principal=OWN), allow(Principal="*"), HIGH,
            OPENS, id="public-policy",
        ),
        pytest.param(
            "aws_s3_bucket_policy", "policy", "", allow(Principal={"AWS": "*"}), HIGH, OPENS,
            id="public-policy-is-new",
        ),
        pytest.param(
            "aws_sqs_queue", "policy", allow(Principal=OWN),
            allow(Principal="*", Condition=SAME_ORG), MEDIUM, OPENS, id="public-with-a-condition",
        ),
        pytest.param(
            "aws_sqs_queue", "policy", allow(Principal=OWN),
            allow(Principal="*", Condition=ANY_ORG), HIGH, OPENS, id="condition-that-asks-nothing",
        ),
        pytest.param(
            "aws_sqs_queue", "policy", allow(Principal="*", Condition=SAME_ORG),
            allow(Principal="*"), HIGH, OPENS, id="condition-gone",
        ),
        pytest.param(
            "aws_s3_bucket_policy", "policy", allow(Principal="*"), allow(Principal=OWN), MEDIUM,
            CLOSES, id="no-longer-public",
        ),
        pytest.param(
            "aws_s3_bucket_policy", "policy", DENY, allow(Principal=OWN), MEDIUM, OPENS,
            id="allowed-where-it-was-denied",
        ),
        pytest.param("aws_s3_bucket_policy", "policy", DENY, "", HIGH, OPENS, id="denial-gone"),
        pytest.param(
            "aws_iam_policy", "policy", allow(), allow(["s3:GetObject", "s3:PutObject"]), MEDIUM,
            OPENS, id="one-action-more",
        ),
        pytest.param("aws_iam_policy", "policy", allow(), allow("*", "*"), HIGH, OPENS, id="admin"),
        pytest.param("aws_iam_policy", "policy", allow(), allow("s3:*"), HIGH, OPENS, id="service"),
        pytest.param(
            "aws_iam_policy", "policy", allow("s3:PutObject"), allow("s3:PutObject", "*"), HIGH,
            OPENS, id="on-everything",
        ),
        pytest.param(
            "aws_iam_policy", "policy", allow("s3:GetObject"), allow("s3:GetObject", "*"), MEDIUM,
            OPENS, id="reads-everything",
        ),
        pytest.param(
            "aws_iam_role_policy", "policy", allow(), allow(["s3:GetObject", "iam:PassRole"]), HIGH,
            OPENS, id="a-way-to-more-rights",
        ),
        pytest.param(
            "aws_iam_policy", "policy", allow("s3:*"), allow("s3:GetObject"), MEDIUM, CLOSES,
            id="narrower-policy",
        ),
        pytest.param(
            "aws_iam_policy", "policy", allow(NotAction="iam:*"), allow(), MEDIUM, CLOSES,
            id="no-longer-all-but",
        ),
        pytest.param(ROLE, "assume_role_policy", trust(LAMBDA), trust({"AWS": "999988887777"}),
                     HIGH, OPENS, id="trusts-another-account"),
        pytest.param(ROLE, "assume_role_policy", trust(LAMBDA), trust("*"), HIGH, OPENS,
                     id="trusts-everybody"),
        pytest.param(
            ROLE, "assume_role_policy", trust(OIDC, Condition={"StringEquals": {"x:sub": "repo"}}),
            trust(OIDC), HIGH, OPENS, id="trust-without-its-condition",
        ),
        pytest.param(
            ROLE, "managed_policy_arns", [], ["arn:aws:iam::aws:policy/AdministratorAccess"], HIGH,
            OPENS, id="admin-attached",
        ),
        pytest.param(
            ROLE, "managed_policy_arns", [], ["arn:aws:iam::aws:policy/ReadOnlyAccess"], MEDIUM,
            OPENS, id="attached",
        ),
        pytest.param(
            ROLE, "managed_policy_arns", ["arn:aws:iam::aws:policy/ReadOnlyAccess"], [], MEDIUM,
            CLOSES, id="detached",
        ),
        pytest.param(ROLE, "permissions_boundary", "arn:x", "", HIGH, OPENS, id="boundary-gone"),
        # What protects.
        pytest.param("aws_db_instance", "storage_encrypted", True, False, HIGH, OPENS, id="clear"),
        pytest.param("aws_db_instance", "storage_encrypted", False, True, LOW, CLOSES, id="sealed"),
        pytest.param(
            "aws_db_instance", "deletion_protection", True, False, HIGH, OPENS,
            id="delete",
        ),
        pytest.param(
            "aws_db_instance", "publicly_accessible", False, True, HIGH, OPENS,
            id="public",
        ),
        pytest.param(
            "aws_db_instance", "publicly_accessible", "true", "false", LOW, CLOSES, id="inwards"
        ),
        pytest.param(
            "aws_db_instance", "backup_retention_period", 7, 0, HIGH, NEITHER, id="no-backups"
        ),
        pytest.param("aws_db_instance", "multi_az", True, False, MEDIUM, NEITHER, id="one-zone"),
        pytest.param(
            "aws_s3_bucket_public_access_block", "block_public_acls", True, False, HIGH, OPENS,
            id="block-off",
        ),
        pytest.param(
            "aws_s3_bucket_versioning", "versioning_configuration[0].status", "Enabled",
            "Suspended", HIGH, OPENS, id="versions-suspended",
        ),
        pytest.param("aws_s3_bucket_acl", "acl", "private", "public-read", HIGH, OPENS, id="acl"),
        pytest.param(
            "aws_s3_bucket_acl", "access_control_policy[0].grant[1]", None,
            {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}, HIGH, OPENS, id="grantee",
        ),
        pytest.param(BUCKET, "logging", [{"target_bucket": "logs"}], [], HIGH, OPENS, id="no-log"),
        pytest.param("aws_cloudtrail", "enable_logging", True, False, HIGH, OPENS, id="no-trail"),
        pytest.param("aws_kms_key", "enable_key_rotation", True, False, HIGH, OPENS, id="rotation"),
        pytest.param("aws_sqs_queue", "kms_master_key_id", "alias/x", "", HIGH, OPENS, id="no-key"),
        pytest.param(
            "aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "ELBSecurityPolicy-2016-08", HIGH, OPENS, id="older-tls",
        ),
        pytest.param(
            "aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-2016-08",
            "ELBSecurityPolicy-TLS13-1-2-2021-06", LOW, CLOSES, id="newer-tls",
        ),
        pytest.param("aws_lb_listener", "protocol", "HTTPS", "HTTP", HIGH, OPENS, id="plain"),
        pytest.param("aws_lb", "internal", True, False, HIGH, OPENS, id="outwards"),
        pytest.param(
            "aws_lb", "enable_deletion_protection", True, False, HIGH, OPENS, id="lb-deletion"
        ),
        pytest.param(
            "aws_instance", "metadata_options[0].http_tokens", "required", "optional", HIGH, OPENS,
            id="imds",
        ),
        pytest.param(
            "aws_instance", "vpc_security_group_ids", ["sg-1", "sg-2"], ["sg-1"], HIGH, NEITHER,
            id="group-taken-off",
        ),
        pytest.param(
            "aws_instance", "vpc_security_group_ids", ["sg-1"], ["sg-1", "sg-2"], MEDIUM, OPENS,
            id="group-added",
        ),
        pytest.param(
            "aws_lambda_function_url", "authorization_type", "AWS_IAM", "NONE", HIGH, OPENS,
            id="anybody-calls",
        ),
        pytest.param(
            "aws_subnet", "map_public_ip_on_launch", False, True, HIGH, OPENS, id="public-addresses"
        ),
        # Kubernetes.
        pytest.param(
            "kubernetes_deployment_v1",
            "spec[0].template[0].spec[0].container[0].security_context[0].privileged", False, True,
            HIGH, OPENS, id="privileged",
        ),
        pytest.param(
            "kubernetes_deployment", "spec.template.spec.hostNetwork", None, True, HIGH, OPENS,
            id="host-network",
        ),
        pytest.param(
            "kubernetes_service_v1", "spec[0].type", "ClusterIP", "LoadBalancer", HIGH, OPENS,
            id="offered-outside",
        ),
        pytest.param(
            "kubernetes_cluster_role_v1", "rule[0].verbs", ["get"], ["get", "*"], HIGH, OPENS,
            id="wildcard-verb",
        ),
        pytest.param(
            "kubernetes_cluster_role_binding_v1", "role_ref[0].name", "view", "cluster-admin", HIGH,
            OPENS, id="cluster-admin",
        ),
        pytest.param(
            "kubernetes_deployment_v1", "spec[0].template[0].spec[0].container[0].image", "a:1",
            "a:2", MEDIUM, NEITHER, id="another-image",
        ),
        # Sizes, words, what runs.
        pytest.param("aws_instance", "instance_type", "t3.s", "t3.l", LOW, NEITHER, id="size"),
        pytest.param("aws_ecs_service", "desired_count", 2, 4, LOW, NEITHER, id="count"),
        pytest.param("aws_ecs_service", "desired_count", 2, 0, MEDIUM, NEITHER, id="nothing-runs"),
        pytest.param("aws_instance", "tags.team", "a", "b", LOW, NEITHER, id="tag"),
        pytest.param(SG, "description", "a", "b", LOW, NEITHER, id="description"),
        pytest.param("aws_lambda_function", "timeout", 3, 30, LOW, NEITHER, id="timeout"),
        pytest.param(
            "aws_lambda_function", "environment[0].variables.URL", "a", "b", MEDIUM, NEITHER,
            id="variable",
        ),
        pytest.param(
            "aws_cloudwatch_log_group", "retention_in_days", 30, 1, MEDIUM, NEITHER, id="less-logs"
        ),
        pytest.param(
            "aws_cloudwatch_log_group", "retention_in_days", 30, 0, LOW, NEITHER, id="for-ever"
        ),
    ],
)  # fmt: skip
def test_the_direction_decides(
    type_: str, path: str, before: Any, after: Any, severity: Severity, opens: bool | None
) -> None:
    judged = judge_change(Matter(type=type_, path=path, before=before, after=after))
    assert (judged.severity, judged.opens) == (severity, opens), judged.why
    assert judged.why or severity is LOW


@pytest.mark.parametrize(
    ("network", "is_open"),
    [
        ("0.0.0.0/1", True),
        ("128.0.0.0/1", True),
        ("2000::/3", True),
        ("fc00::/7", False),
        ("10.0.0.0/8", False),
        ("203.0.113.0/24", False),
        ("sg-0ab12345", False),
    ],
)
def test_networks_that_are_nearly_the_world(network: str, is_open: bool) -> None:
    assert is_open_to_the_world([{"cidr_blocks": [network]}]) is is_open


def test_the_ports_of_the_block_are_told() -> None:
    around = {"ingress": [block(PRIVATE, port=22)]}
    matter = Matter(
        type=SG, path="ingress[0].cidr_blocks", before=[PRIVATE], after=[WORLD], around=around
    )
    assert judge_change(matter).why == "opened to the world (tcp 22)"


def test_more_ports_of_a_block_that_is_open_are_open_to_the_world() -> None:
    around = {"ingress": [block(WORLD)]}
    matter = Matter(type=SG, path="ingress[0].to_port", before=22, after=65535, around=around)
    assert judge_change(matter).severity is HIGH


def test_an_attribute_beside_the_type_says_which_way_a_rule_goes() -> None:
    def judged(way: str) -> Severity:
        matter = Matter(
            type="aws_security_group_rule",
            path="cidr_blocks",
            before=[PRIVATE],
            after=[WORLD],
            around={"type": way},
        )
        return judge_change(matter).severity

    assert (judged("ingress"), judged("egress")) == (HIGH, MEDIUM)


@pytest.mark.parametrize(
    ("tags", "dependents", "severity", "word"),
    [
        pytest.param({}, 4, LOW, "", id="few-depend-on-it"),
        pytest.param({}, 5, MEDIUM, "5 others depend on it", id="many-depend-on-it"),
        pytest.param({"Environment": "prod"}, 0, MEDIUM, "in production", id="production"),
        pytest.param({"env": "eu-production"}, 9, MEDIUM, "in production", id="one-step-only"),
        pytest.param({"env": "nonprod"}, 0, LOW, "", id="not-production"),
        pytest.param({"product": "prod"}, 0, LOW, "", id="another-tag"),
    ],
)
def test_what_is_worth_more_is_one_step_worse(
    tags: dict[str, str], dependents: int, severity: Severity, word: str
) -> None:
    matter = Matter(
        type="aws_sqs_queue", path="delay_seconds", before=0, after=9, tags=tags,
        dependents=dependents,
    )  # fmt: skip
    judged = judge_change(matter)
    assert judged.severity is severity
    assert word in judged.why


def test_closing_is_never_high_and_a_tag_never_more_than_low() -> None:
    tags = {"env": "prod"}
    closed = Matter(type=SG, path="ingress[0]", before=block(PRIVATE), after=None, tags=tags)
    assert judge_change(closed).severity is MEDIUM
    assert judge_change(Matter(type=SG, path="tags.a", after="b", tags=tags)).severity is LOW


@pytest.mark.parametrize(
    ("type_", "attributes", "severity", "opens"),
    [
        pytest.param(
            "aws_s3_bucket_public_access_block", {}, HIGH, OPENS, id="public-access-block"
        ),
        pytest.param("aws_s3_bucket_policy", {"policy": allow()}, HIGH, OPENS, id="bucket-policy"),
        pytest.param(SG, {}, HIGH, OPENS, id="security-group"),
        pytest.param("aws_cloudtrail", {}, HIGH, OPENS, id="trail"),
        pytest.param("aws_kms_key", {}, HIGH, OPENS, id="key"),
        pytest.param("aws_vpc_security_group_ingress_rule", {}, MEDIUM, CLOSES, id="rule"),
        pytest.param("aws_iam_role_policy", {"policy": allow()}, MEDIUM, CLOSES, id="rights"),
        pytest.param("aws_iam_role_policy", {"policy": DENY}, HIGH, OPENS, id="denial"),
        pytest.param("aws_autoscaling_policy", {}, MEDIUM, NEITHER, id="scaling"),
        pytest.param("aws_db_instance", {}, HIGH, NEITHER, id="data"),
        pytest.param("aws_sqs_queue", {}, MEDIUM, NEITHER, id="queue"),
        pytest.param("kubernetes_network_policy_v1", {}, HIGH, OPENS, id="network-policy"),
    ],
)
def test_what_is_missing(
    type_: str, attributes: dict[str, Any], severity: Severity, opens: bool | None
) -> None:
    judged = judge_missing(type_, attributes, tags={})
    assert (judged.severity, judged.opens) == (severity, opens)


@pytest.mark.parametrize(
    ("type_", "attributes", "severity"),
    [
        pytest.param(SG, {"ingress": [block(WORLD)]}, HIGH, id="open-group"),
        pytest.param(SG, {"ingress": [block(PRIVATE)], "egress": [block(WORLD)]}, LOW, id="group"),
        pytest.param(
            "aws_vpc_security_group_egress_rule", {"cidr_ipv4": WORLD}, LOW, id="rule-that-lets-out"
        ),
        pytest.param("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": WORLD}, HIGH, id="rule"),
        pytest.param("aws_iam_user", {"name": "eve"}, HIGH, id="user"),
        pytest.param("aws_iam_access_key", {}, HIGH, id="access-key"),
        pytest.param(
            "aws_iam_role_policy_attachment",
            {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            HIGH,
            id="admin-attached",
        ),
        pytest.param("aws_iam_policy", {"policy": allow("*", "*")}, HIGH, id="admin-policy"),
        pytest.param(ROLE, {"assume_role_policy": trust("*")}, HIGH, id="role-for-everybody"),
        pytest.param(ROLE, {"assume_role_policy": trust(LAMBDA)}, LOW, id="role-of-a-service"),
        pytest.param("aws_db_instance", {"publicly_accessible": True}, HIGH, id="public-database"),
        pytest.param(BUCKET, {"policy": allow(Principal="*")}, HIGH, id="public-bucket"),
        pytest.param("aws_instance", {"instance_type": "t3.micro"}, LOW, id="instance"),
        pytest.param("aws_sqs_queue", {}, LOW, id="queue"),
    ],
)
def test_what_nobody_manages(type_: str, attributes: dict[str, Any], severity: Severity) -> None:
    assert judge_stranger(type_, attributes, tags={}).severity is severity


def test_what_nobody_would_manage_is_low_whatever_it_is() -> None:
    open_one = {"ingress": [block(WORLD)]}
    assert judge_stranger(SG, open_one, tags={}, folded="default security group").severity is LOW


@pytest.mark.parametrize(
    "newer_first",
    [
        ["TLSv1.2_2021", "TLSv1.2_2019", "TLSv1.1_2016", "TLSv1", "SSLv3"],
        ["ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-FS-1-2-Res-2020-10",
         "ELBSecurityPolicy-TLS-1-1-2017-01", "ELBSecurityPolicy-2015-05"],
        ["Policy-Min-TLS-1-2-2019-07", "Policy-Min-TLS-1-0-2019-07"],
        ["TLS_1_3", "TLS_1_2", "TLS_1_0"],
    ],
)  # fmt: skip
def test_policies_of_tls_have_an_order(newer_first: list[str]) -> None:
    ranks = [tls(name) for name in newer_first]
    assert ranks == sorted(set(ranks), reverse=True)


@pytest.mark.parametrize(
    "value", ["prod", "Production", "prd", "live", "prod-eu", "eu/prod", "prod2"]
)
def test_words_for_production(value: str) -> None:
    assert is_production({"Environment": value})
    assert is_production({"acme:env": value})


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("policy", '{"Statement": 7}'),
        ("policy", '{"Statement": [{"Action": {"a": 1}, "Principal": [[1]]}]}'),
        ("policy", "{" * 5000),
        ("ingress[9].cidr_blocks", [None, 7, "x/y/z"]),
        ("ingress", "text"),
        ("", None),
        ("tags", {"a": {"b": []}}),
        ("security_groups", []),
        ("policy", {"Statement": {"Condition": 0.5, "Principal": [{}]}}),
    ],
)
def test_values_of_any_shape_are_judged(path: str, after: Any) -> None:
    assert judge_change(Matter(type=SG, path=path, before=[], after=after)).severity in Severity


def test_hostile_names_are_made_safe() -> None:
    document = allow("s3:\x1b]0;owned\x07Get\u202eObject", Principal={"AWS": "x\ny"})
    why = judge_change(Matter(type=BUCKET, path="policy", before="", after=document)).why
    assert why == "allows s3:getobject to x y"
