"""By which names a call may speak of a thing."""

from typing import Any

import pytest
from tests.drift.who.conftest import HERE

from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.real import Real
from sreagent.drift.who.subject import Subject, changed, gone, made

ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"


@pytest.mark.parametrize(
    ("type_", "attributes", "asked_by"),
    [
        pytest.param("aws_security_group", {"id": "sg-0ab12345", "name": "api"},
                     ("sg-0ab12345", "api"), id="id-first"),
        pytest.param("aws_lb", {"id": ARN, "arn": ARN, "name": "web"}, (ARN, "web"), id="arn"),
        pytest.param("aws_s3_bucket_policy", {"id": "logs", "bucket": "logs"}, ("logs",),
                     id="bucket-of-a-policy"),
        pytest.param("aws_sqs_queue", {"id": URL, "url": URL, "name": "orders"}, (URL, "orders"),
                     id="url"),
        pytest.param("aws_iam_role_policy", {"id": "app:read", "role": "app", "name": "read"},
                     ("app", "read", "app:read"), id="role-and-policy"),
        pytest.param("aws_vpc_security_group_ingress_rule",
                     {"id": "sgr-0ab12345", "security_group_id": "sg-0ab12345"},
                     ("sgr-0ab12345", "sg-0ab12345"), id="rule-and-group"),
        pytest.param("aws_x", {"id": "", "name": None}, (), id="nameless"),
        pytest.param("aws_x", {"id": "x" * 5000}, (), id="too-long-to-ask-for"),
    ],
)  # fmt: skip
def test_the_likeliest_name_is_asked_for_first(
    type_: str, attributes: dict[str, Any], asked_by: tuple[str, ...]
) -> None:
    assert gone(type_, attributes, HERE).asked_by == asked_by


def test_a_stranger_is_called_what_its_service_calls_it() -> None:
    real = Real(type="aws_sqs_queue", id=URL, name="orders", known_as=("orders-of-old",))
    assert made(real, HERE).words == {URL, "orders", "orders-of-old"}


def test_the_same_finding_is_the_same_subject_whatever_its_values_are() -> None:
    def subject(networks: list[str]) -> Subject:
        difference = Difference(path="ingress[0]", before=None, after={"cidr_blocks": networks})
        return changed("aws_security_group", {"id": "sg-0ab12345"}, HERE, difference)

    authors = {subject(["0.0.0.0/0"]): "jo"}
    assert authors[subject(["0.0.0.0/0"])] == "jo"
    assert subject(["10.0.0.0/8"]) not in authors
