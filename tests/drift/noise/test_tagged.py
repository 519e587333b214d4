"""Tags by the hundred, from an index that lags and that not everybody may ask."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.drift.noise.scripted import Scripted

from sreagent.domain.drift import Place
from sreagent.domain.errors import Forbidden
from sreagent.drift.reality.aws.tagged import tags_for, tags_together
from sreagent.drift.reality.look import Look

HERE = Place(account="123456789012", region="eu-central-1")
HELD = {f"arn:{number}": {"tags_all": {"team": "shop"}} for number in range(250)}
SHOP = [{"Key": "team", "Value": "shop"}]
AS_SAID = [{"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": SHOP} for arn in HELD]}]
ALL = {arn: {"tags": {"team": "shop"}} for arn in HELD}


def read(
    index: Any, answer: Mapping[str, Any] | None
) -> tuple[dict[str, dict[str, Any]], int, list[str]]:
    """The tags, how many things were asked for one by one, and what was asked of the index."""
    estate = Scripted({"GetResources": index})
    look = Look(estate=estate, place=HERE, service="x", wanted={"thing": HELD})
    one_by_one: list[str] = []

    def ask(arn: str) -> Mapping[str, Any] | None:
        one_by_one.append(arn)
        return answer

    strangers = {"arn:stranger": "arn:stranger"}
    tags = tags_for(look, "thing", {arn: arn for arn in HELD} | strangers, ask)
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


@pytest.mark.parametrize(
    ("gone", "asked"),
    [
        pytest.param((), 3, id="nothing"),
        pytest.param((0,), 3 + 8, id="one"),
        pytest.param((19, 20), 3 + 10 + 8, id="one of each of two"),
        pytest.param(tuple(range(20)), 3 + 38, id="all of one"),
    ],
)
def test_what_was_deleted_takes_no_tags_of_others_with_it(
    gone: tuple[int, ...], asked: int
) -> None:
    batches: list[list[str]] = []

    def ask(some: list[str]) -> Mapping[str, Any]:
        batches.append(some)
        if not {str(each) for each in gone}.isdisjoint(some):
            return {}
        return {"Told": [{"Id": each, "Tags": SHOP} for each in some]}

    look = Look(estate=Scripted({}), place=HERE, service="x")
    ids = [str(number) for number in range(50)]
    tags = tags_together(look, ids, ask, at_once=20, under="Told", by="Id")
    assert set(tags) == set(ids) - {str(each) for each in gone}
    assert set(map(str, tags.values())) == {"{'tags': {'team': 'shop'}}"}
    assert len(batches) == asked


def test_a_batch_that_cannot_be_read_is_not_cut_in_halves() -> None:
    batches: list[list[str]] = []
    look = Look(estate=Scripted({}), place=HERE, service="x")
    tags = tags_together(look, ["a", "b"], batches.append, at_once=20, under="Told", by="Id")
    assert (tags, batches) == ({}, [["a", "b"]])
