"""Which event made which change."""

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.cloud.trail import event
from tests.drift.who.callers import CONSOLE, JO, SAM, TERRAFORM, linked
from tests.drift.who.conftest import HERE, NOW

from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.real import Real
from sreagent.drift.who.event import Event, read_event
from sreagent.drift.who.match import Attribution, attributed
from sreagent.drift.who.subject import Subject, changed, gone, made

GROUP = {"id": "sg-0ab1234567890cdef", "name": "api", "arn": ""}
ARN = "arn:aws:{}:eu-central-1:123456789012:{}"


def seen(name: str, source: str, ago: float, who: Any = SAM, **more: Any) -> Event:
    found = read_event(event(name, source, NOW - timedelta(minutes=ago), who, **more))
    assert found
    return found


def drift(
    type_: str, attributes: dict[str, Any], path: str, before: Any = None, after: Any = None
) -> Subject:
    difference = Difference(path=path, before=before, after=after)
    return changed(type_, attributes, HERE, difference)


def who(found: Attribution) -> str:
    return found.author.who.split("@")[0] if found.author else ""


def ingress(name: str, ago: float, cidr: str, caller: Any = SAM, **more: Any) -> Event:
    ranges = {"items": [{"cidrIp": cidr}]}
    permission = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": ranges}
    request = {"groupId": GROUP["id"], "ipPermissions": {"items": [permission]}}
    return seen(name, "ec2", ago, caller, request=request, **more)


OPENED = drift(
    "aws_security_group",
    GROUP,
    "ingress[0].cidr_blocks",
    ["10.0.0.0/8"],
    ["10.0.0.0/8", "0.0.0.0/0"],
)


def test_the_call_that_sets_the_value_is_the_one_however_many_came_later() -> None:
    jo = ingress("AuthorizeSecurityGroupIngress", 60, "0.0.0.0/0", JO)
    later = ingress("AuthorizeSecurityGroupIngress", 5, "192.168.0.0/16", SAM)
    found = attributed(OPENED, [later, jo])
    assert found.author
    assert (who(found), found.author.confidence) == ("jo", 0.97)
    assert found.author.event == "AuthorizeSecurityGroupIngress"
    assert "sets this very value" in found.author.why


def test_the_latest_of_two_that_set_it_is_the_one_and_the_other_is_named() -> None:
    sam = ingress("AuthorizeSecurityGroupIngress", 5, "0.0.0.0/0", SAM)
    jo = ingress("AuthorizeSecurityGroupIngress", 60, "0.0.0.0/0", JO)
    found = attributed(OPENED, [jo, sam])
    assert found.author
    assert who(found) == "sam"
    assert found.author.confidence < 0.97
    assert "jo@example.com" in found.author.why


def test_what_wrote_the_value_of_the_state_is_not_what_changed_it() -> None:
    apply = ingress("AuthorizeSecurityGroupIngress", 5, "10.0.0.0/8", SAM, **TERRAFORM)
    assert (
        attributed(
            drift(
                "aws_security_group", GROUP, "ingress[0].cidr_blocks", ["10.0.0.0/8"], ["0.0.0.0/0"]
            ),
            [apply],
        ).author
        is None
    )


def test_a_rule_that_was_taken_away_was_revoked() -> None:
    lost = drift("aws_security_group", GROUP, "ingress[0].cidr_blocks", ["10.0.0.0/8"], [])
    revoked = ingress("RevokeSecurityGroupIngress", 30, "10.0.0.0/8", JO)
    added = ingress("AuthorizeSecurityGroupIngress", 40, "10.0.0.0/8", SAM)
    assert who(attributed(lost, [revoked, added])) == "jo"


@pytest.mark.parametrize(
    "useless",
    [
        pytest.param(
            ingress("AuthorizeSecurityGroupIngress", 5, "0.0.0.0/0", errorCode="Client.Denied"),
            id="refused",
        ),
        pytest.param(
            seen("DescribeSecurityGroups", "ec2", 5, reads=True, request={"groupId": GROUP["id"]}),
            id="reading",
        ),
        pytest.param(
            seen("CreateTags", "ec2", 5, request={"tagSet": {"items": [{"value": "api"}]}}),
            id="name-in-a-tag-of-something-else",
        ),
        pytest.param(
            seen("PutBucketPolicy", "s3", 5, request={"bucketName": "api"}), id="another-service"
        ),
        pytest.param(
            seen("CreateSecurityGroup", "ec2", 5, request={"groupId": GROUP["id"]}), id="creation"
        ),
    ],
)
def test_what_changed_nothing_has_no_author(useless: Event) -> None:
    found = attributed(OPENED, [useless])
    assert found.author is None
    assert found.why


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(
            seen(
                "ModifyDBInstance",
                "rds",
                5,
                request={"dBInstanceIdentifier": "main"},
                response={"vpcSecurityGroups": [{"vpcSecurityGroupId": GROUP["id"]}]},
            ),
            id="answer-of-another-service",
        ),
        pytest.param(
            seen(
                "RunInstances",
                "ec2",
                5,
                request={"groupSet": {"items": [{"groupId": GROUP["id"]}]}},
            ),
            id="something-that-uses-it",
        ),
    ],
)
def test_a_call_that_only_uses_a_thing_did_not_change_it(elsewhere: Event) -> None:
    assert attributed(OPENED, [elsewhere]).author is None


def test_a_call_about_another_rule_of_the_group_is_less_sure() -> None:
    rule = {
        "id": "sgr-0123456789abcdef0",
        "security_group_id": GROUP["id"],
        "cidr_ipv4": "10.1.0.0/16",
    }
    subject = gone("aws_vpc_security_group_ingress_rule", rule, HERE)
    other = ingress("RevokeSecurityGroupIngress", 5, "10.2.0.0/16", SAM)
    found = attributed(subject, [other])
    assert found.author
    assert found.author.confidence == 0.45
    this = ingress("RevokeSecurityGroupIngress", 50, "10.1.0.0/16", JO)
    assert who(attributed(subject, [other, this])) == "jo"


def test_what_was_written_to_a_namesake_before_it_was_made_does_not_count() -> None:
    real = Real(type="aws_db_instance", id="main", created=NOW - timedelta(minutes=30))
    difference = Difference(path="multi_az", before=True, after=False)
    subject = changed("aws_db_instance", MAIN, HERE, difference, real)
    assert attributed(subject, [db(90, JO, multiAZ=False)]).author is None
    assert who(attributed(subject, [db(9, JO, multiAZ=False)])) == "jo"


def db(ago: float, caller: Any = SAM, **parameters: Any) -> Event:
    request = {"dBInstanceIdentifier": "main", **parameters}
    return seen("ModifyDBInstance", "rds", ago, caller, request=request)


MAIN = {"id": "db-ABCDEFGHIJ", "identifier": "main", "arn": ARN.format("rds", "db:main")}


def test_a_call_that_names_other_attributes_is_only_another_write() -> None:
    lowered = drift("aws_db_instance", MAIN, "backup_retention_period", 7, 0)
    found = attributed(lowered, [db(5, SAM, allocatedStorage=200)])
    assert found.author
    assert found.author.confidence == 0.35
    assert "another attribute" in found.author.why


@pytest.mark.parametrize(
    ("subject", "event_"),
    [
        pytest.param(
            drift("aws_db_instance", MAIN, "backup_retention_period", 7, 0),
            db(9, JO, backupRetentionPeriod=0),
            id="number-under-its-name",
        ),
        pytest.param(
            drift("aws_db_instance", MAIN, "iam_database_authentication_enabled", True, False),
            db(9, JO, enableIAMDatabaseAuthentication=False),
            id="truth-under-another-name",
        ),
        pytest.param(
            drift("aws_db_instance", MAIN, "publicly_accessible", False, True),
            db(9, JO, publiclyAccessible=True),
            id="truth",
        ),
        pytest.param(
            drift(
                "aws_lb",
                {
                    "arn": ARN.format(
                        "elasticloadbalancing", "loadbalancer/app/web/50dc6c495c0c9188"
                    )
                },
                "enable_deletion_protection",
                True,
                False,
            ),
            seen(
                "ModifyLoadBalancerAttributes",
                "elasticloadbalancing",
                9,
                JO,
                request={
                    "loadBalancerArn": ARN.format(
                        "elasticloadbalancing", "loadbalancer/app/web/50dc6c495c0c9188"
                    ),
                    "attributes": [{"key": "deletion_protection.enabled", "value": "false"}],
                },
            ),
            id="key-and-value",
        ),
        pytest.param(
            drift("aws_instance", {"id": "i-0123456789abcdef0"}, "instance_type", "t3.s", "t3.l"),
            seen(
                "ModifyInstanceAttribute",
                "ec2",
                9,
                JO,
                request={"instanceId": "i-0123456789abcdef0", "instanceType": {"value": "t3.l"}},
            ),
            id="value-one-below-its-name",
        ),
        pytest.param(
            drift(
                "aws_s3_bucket_versioning",
                {"id": "logs", "bucket": "logs"},
                "versioning_configuration[0].status",
                "Enabled",
                "Suspended",
            ),
            seen(
                "PutBucketVersioning",
                "s3",
                9,
                JO,
                request={
                    "bucketName": "logs",
                    "VersioningConfiguration": {"Status": "Suspended"},
                },
            ),
            id="bucket",
        ),
        pytest.param(
            drift(
                "aws_sqs_queue",
                {"id": "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"},
                "visibility_timeout_seconds",
                60,
                5,
            ),
            seen(
                "SetQueueAttributes",
                "sqs",
                9,
                JO,
                request={
                    "queueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/orders",
                    "attributes": {"VisibilityTimeout": "5"},
                },
            ),
            id="queue",
        ),
        pytest.param(
            drift(
                "aws_kms_key",
                {"arn": ARN.format("kms", "key/0f5d6c1e-1111-2222-3333-444455556666")},
                "enable_key_rotation",
                True,
                False,
            ),
            seen(
                "DisableKeyRotation",
                "kms",
                9,
                JO,
                request={"keyId": "0f5d6c1e-1111-2222-3333-444455556666"},
                resources=[ARN.format("kms", "key/0f5d6c1e-1111-2222-3333-444455556666")],
            ),
            id="event-that-says-it-by-its-name",
        ),
        pytest.param(
            drift(
                "aws_iam_role",
                {"id": "app", "name": "app", "arn": "arn:aws:iam::123456789012:role/app"},
                "assume_role_policy",
                json.dumps({"Statement": [{"Principal": {"Service": "ec2.amazonaws.com"}}]}),
                json.dumps({"Statement": [{"Principal": {"AWS": "999988887777"}}]}),
            ),
            seen(
                "UpdateAssumeRolePolicy",
                "iam",
                9,
                JO,
                request={
                    "roleName": "app",
                    "policyDocument": '{"Statement":[{"Principal":{"AWS":"999988887777"}}]}',
                },
            ),
            id="policy-as-text",
        ),
        pytest.param(
            drift(
                "aws_ecs_service",
                {
                    "id": ARN.format("ecs", "service/shop/api"),
                    "name": "api",
                    "cluster": ARN.format("ecs", "cluster/shop"),
                },
                "desired_count",
                2,
                4,
            ),
            seen(
                "UpdateService",
                "ecs",
                9,
                JO,
                request={"service": "api", "cluster": "shop", "desiredCount": 4},
            ),
            id="service-and-cluster-together",
        ),
        pytest.param(
            drift("aws_lambda_function", {"id": "resize"}, "timeout", 3, 30),
            seen(
                "UpdateFunctionConfiguration20150331v2",
                "lambda",
                9,
                JO,
                request={"functionName": ARN.format("lambda", "function:resize"), "timeout": 30},
            ),
            id="event-with-a-version-and-an-arn",
        ),
        pytest.param(
            drift("aws_sqs_queue", {"id": "https://sqs/1/q", "name": "q"}, "tags.team", "a", "b"),
            seen(
                "TagQueue",
                "sqs",
                9,
                JO,
                request={"queueUrl": "https://sqs/1/q", "tags": {"team": "b"}},
            ),
            id="tag",
        ),
        pytest.param(
            drift("aws_instance", {"id": "i-0123456789abcdef0"}, "tags.team", "a", None),
            seen(
                "DeleteTags",
                "ec2",
                9,
                JO,
                request={
                    "resourcesSet": {"items": [{"resourceId": "i-0123456789abcdef0"}]},
                    "tagSet": {"items": [{"key": "team"}]},
                },
            ),
            id="tag-taken-away",
        ),
        pytest.param(
            drift("aws_glue_job", {"id": "nightly", "name": "nightly"}, "max_retries", 1, 0),
            seen(
                "UpdateJob",
                "glue",
                9,
                JO,
                request={"jobName": "nightly", "jobUpdate": {"maxRetries": 0}},
            ),
            id="type-that-nobody-told-of",
        ),
    ],
)
def test_the_call_that_fits_is_found(subject: Subject, event_: Event) -> None:
    found = attributed(subject, [event_])
    assert found.author
    assert (who(found), found.author.confidence) == ("jo", 0.97), found.author.why


def test_a_name_that_others_may_bear_is_less_sure() -> None:
    zone = {"zone_id": "Z0123456789AB", "name": "www.example.com"}
    record = drift("aws_route53_record", zone, "records", ["192.0.2.1"], ["192.0.2.2"])
    request = {
        "hostedZoneId": "Z0123456789AB",
        "changeBatch": {
            "changes": [
                {
                    "action": "UPSERT",
                    "resourceRecordSet": {
                        "name": "www.example.com",
                        "resourceRecords": [{"value": "192.0.2.2"}],
                    },
                }
            ]
        },
    }
    sure = attributed(record, [seen("ChangeResourceRecordSets", "route53", 3, request=request)])
    assert sure.author
    assert sure.author.confidence == 0.97
    named = drift("aws_security_group", {"name": "api"}, "description", "a", "b")
    event_ = seen("AuthorizeSecurityGroupIngress", "ec2", 3, request={"groupName": "api"})
    assert attributed(named, [event_]).author is None


@pytest.mark.parametrize(
    ("subject", "event_"),
    [
        pytest.param(
            gone("aws_sqs_queue", {"id": "https://sqs/1/dlq", "name": "dlq"}, HERE),
            seen("DeleteQueue", "sqs", 9, JO, request={"queueUrl": "https://sqs/1/dlq"}),
            id="queue",
        ),
        pytest.param(
            gone("aws_instance", {"id": "i-0123456789abcdef0"}, HERE),
            seen(
                "TerminateInstances",
                "ec2",
                9,
                JO,
                request={"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}},
            ),
            id="instance",
        ),
        pytest.param(
            gone("aws_s3_bucket_public_access_block", {"id": "logs", "bucket": "logs"}, HERE),
            seen("DeleteBucketPublicAccessBlock", "s3", 9, JO, request={"bucketName": "logs"}),
            id="protection-of-a-bucket",
        ),
        pytest.param(
            gone("aws_glue_job", {"id": "nightly", "name": "nightly"}, HERE),
            seen("DeleteJob", "glue", 9, JO, request={"jobName": "nightly"}),
            id="type-that-nobody-told-of",
        ),
        pytest.param(
            made(Real(type="aws_instance", id="i-0f30123456789abcd", name="test-box"), HERE),
            seen(
                "RunInstances",
                "ec2",
                9,
                JO,
                response={"instancesSet": {"items": [{"instanceId": "i-0f30123456789abcd"}]}},
            ),
            id="made-and-named-in-the-answer",
        ),
        pytest.param(
            made(Real(type="aws_iam_user", id="eve", name="eve"), HERE),
            seen("CreateUser", "iam", 9, JO, request={"userName": "eve"}),
            id="user",
        ),
    ],
)
def test_who_made_or_removed_a_thing(subject: Subject, event_: Event) -> None:
    found = attributed(subject, [event_, seen("TagResource", "sqs", 1, SAM)])
    assert found.author
    assert (who(found), found.author.confidence) == ("jo", 0.97)


def test_a_service_that_scales_is_said_to_be_one() -> None:
    group = {"id": "web", "name": "web", "arn": ARN.format("autoscaling", "autoScalingGroup:1:web")}
    subject = drift("aws_autoscaling_group", group, "desired_capacity", 2, 5)
    request = {"autoScalingGroupName": "web", "desiredCapacity": 5}
    caller = linked("AutoScaling", "AutoScaling", "autoscaling")
    found = attributed(
        subject, [seen("SetDesiredCapacity", "autoscaling", 2, caller, request=request)]
    )
    assert found.author
    assert found.author.how == "service"


def test_the_way_is_told() -> None:
    found = attributed(
        OPENED, [ingress("AuthorizeSecurityGroupIngress", 4, "0.0.0.0/0", JO, **CONSOLE)]
    )
    assert found.author
    assert found.author.how == "console"
