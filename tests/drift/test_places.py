"""Where resources live that do not say it themselves."""

from typing import Any

import pytest

from sreagent.domain.drift import Place
from sreagent.drift.examine import settled
from sreagent.drift.reality.known import kinds
from sreagent.drift.state.managed import Managed, State

HOME = Place(account="111111111111", region="us-east-1")
EU = "arn:aws:sqs:eu-west-1:222222222222:jobs"


def managed(name: str, *, type_: str = "aws_sqs_queue", alias: str = "", **said: Any) -> Managed:
    return Managed(address=f"{type_}.{name}", type=type_, name=name, alias=alias, attributes=said)


def places(*resources: Managed, region: str = "") -> dict[str, Place]:
    state = State(source="s", resources=resources, region=region)
    found = settled([state], kinds(), HOME)
    return {
        held.address: place
        for place, each in found.items()
        for by_id in each.resources.values()
        for several in by_id.values()
        for held in several
    }


@pytest.mark.parametrize(
    ("said", "place"),
    [
        pytest.param({"id": "a", "arn": EU}, ("222222222222", "eu-west-1"), id="arn"),
        pytest.param(
            {"id": "a", "region": "eu-north-1"}, (HOME.account, "eu-north-1"), id="region"
        ),
        pytest.param({"id": "a"}, (HOME.account, HOME.region), id="nothing"),
    ],
)
def test_a_resource_lives_where_its_attributes_say(
    said: dict[str, str], place: tuple[str, str]
) -> None:
    account, region = place
    assert places(managed("a", **said)) == {
        "aws_sqs_queue.a": Place(account=account, region=region)
    }


def test_a_resource_that_says_nothing_lives_where_those_of_its_provider_do() -> None:
    other = "arn:aws:sqs:eu-central-1:333333333333:jobs"
    found = places(
        managed("a", id="a", arn=EU),
        managed("b", id="b", arn=EU),
        managed("c", id="c", arn=other, alias="partner"),
        managed("d", id="d", alias="partner"),
        managed("e", id="e"),
    )
    assert found["aws_sqs_queue.d"] == Place(account="333333333333", region="eu-central-1")
    assert found["aws_sqs_queue.e"] == Place(account="222222222222", region="eu-west-1")
