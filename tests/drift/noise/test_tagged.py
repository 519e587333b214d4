"""Tags by the hundred, from an index that lags and that not everybody may ask."""

from collections.abc import Mapping
from typing import Any

from tests.drift.noise.scripted import Scripted

from sreagent.domain.drift import Place
from sreagent.domain.errors import Forbidden
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.look import Look

HERE = Place(account="123456789012", region="eu-central-1")
HELD = {f"arn:{number}": {"tags_all": {"team": "shop"}} for number in range(250)}
SHOP = [{"Key": "team", "Value": "shop"}]
AS_SAID = [{"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": SHOP} for arn in HELD]}]
ALL = {arn: {"team": "shop"} for arn in HELD}


def read(
    index: Any, answer: Mapping[str, Any] | None
) -> tuple[dict[str, dict[str, str]], int, list[str]]:
    """The tags, how many things were asked for one by one, and what was asked of the index."""
    estate = Scripted({"GetResources": index})
    look = Look(estate=estate, place=HERE, service="x")
    one_by_one: list[str] = []

    def ask(arn: str) -> Mapping[str, Any] | None:
        one_by_one.append(arn)
        return answer

    tags = tags_for(look, HELD, ask)
    return (
        tags,
        len(one_by_one),
        [str(len(said["ResourceARNList"])) for _, said in estate.asked["GetResources"]],
    )


def test_what_the_index_says_as_the_state_does_is_not_asked_again() -> None:
    assert read(AS_SAID, None) == (ALL, 0, ["100", "100", "50"])


def test_what_the_index_does_not_know_is_asked_of_the_service() -> None:
    tags, one_by_one, _ = read([{"ResourceTagMappingList": []}], {"Tags": SHOP})
    assert (tags, one_by_one) == (ALL, len(HELD))


def test_an_index_that_may_not_be_asked_is_done_without() -> None:
    tags, one_by_one, _ = read(Forbidden("not allowed"), {"Tags": SHOP})
    assert (tags, one_by_one) == (ALL, len(HELD))


def test_tags_that_nobody_tells_are_not_known_and_not_none() -> None:
    tags, _, _ = read(Forbidden("not allowed"), None)
    assert tags == {}
