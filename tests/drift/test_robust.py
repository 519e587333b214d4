"""Whatever lies between us and an account, what could not be read is never called missing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.cloud.faults import (
    Faults,
    a_page,
    a_page_of_xml,
    bad_way,
    broken_off,
    busy,
    changed,
    denied,
    empty,
    error,
    first,
    hanging,
    matching,
)
from tests.cloud.server import Account
from tests.drift.conftest import HERE, built, found_in, written
from tests.drift.worlds.world import REGION, Aws, Thing, builders

from sreagent.clients.aws import ATTEMPTS, connect
from sreagent.clients.aws_estate import PATIENCE, AwsEstate
from sreagent.domain.drift import Extent
from sreagent.drift.examine import Examined, examine, settled
from sreagent.drift.reality.kinds import Reader
from sreagent.drift.reality.known import kinds, readers
from sreagent.drift.state.managed import State
from sreagent.drift.sweep import DETAILS_AT_ONCE

SOME = ("sqs", "security_groups", "s3", "iam_roles", "dynamodb")
INDEX = "tagging:GetResources"
"""Only makes tags cheaper: where it is silent, each service is asked itself."""


@pytest.fixture
def way(pretend: Account, aws: Aws) -> Iterator[Faults]:
    del aws
    with bad_way(pretend.url) as faults:
        yield faults


def look(
    way: Faults,
    state: State,
    of: tuple[Reader, ...] = (),
    *,
    attempts: int = 2,
    timeout: float = 60,
) -> Examined:
    """Examine a state through a bad way."""
    estate = AwsEstate(
        lambda _: connect(
            profile="", region=REGION, endpoint=way.url, timeout=timeout, attempts=attempts
        )
    )
    going = examine(settled([state], kinds(), HERE), estate, of or readers())
    while True:
        try:
            next(going)
        except StopIteration as ended:
            found: Examined = ended.value
            return found


def some_worlds(aws: Aws) -> list[Thing]:
    names = [name for name in builders() if name.startswith(SOME)]
    return [thing for world in built(aws, names).values() for thing in world.things]


def not_whole(found: Examined) -> dict[str, str]:
    """Types that were not looked at whole, and why."""
    return {each.type: each.why for each in found.coverage if each.extent is not Extent.COMPLETE}


FAULTS = (denied, empty, a_page, a_page_of_xml, broken_off)


@pytest.mark.parametrize("name", sorted(builders()))
def test_a_call_that_fails_is_a_gap_and_never_drift(name: str, aws: Aws, way: Faults) -> None:
    """Every call that a world takes, one at a time, each in one of the ways to fail."""
    state = written(built(aws, [name])[name].things)
    types = {each.type for each in state.resources}
    here = tuple(each for each in readers() if types & {kind.type for kind in each.kinds})
    honest = look(way, state, here)
    assert found_in(honest) == set()
    strangers = {each.real.id for each in honest.strangers}
    calls = sorted(call for call in way.seen if call != INDEX)
    for place, call in enumerate(calls, start=sorted(builders()).index(name)):
        way.clear()
        way.add(matching(re.escape(call), FAULTS[place % len(FAULTS)]))
        found = look(way, state, here)
        assert way.spoiled, call
        assert found_in(found) == set(), call
        assert {each.real.id for each in found.strangers} <= strangers, call
        assert not_whole(found), call
        assert not found.odd


def test_a_busy_account_is_seen_as_a_quiet_one(aws: Aws, way: Faults) -> None:
    things = some_worlds(aws)
    worlds = [
        builders()[name](aws, f"b{place}") for place, name in enumerate(("sqs", "dynamodb", "sns"))
    ]
    for world in worlds:
        world.mutations[0].do()
    state = written([*things, *(thing for world in worlds for thing in world.things)])
    quiet = look(way, state)
    assert found_in(quiet) == {one for world in worlds for one in world.mutations[0].reports}
    way.add(busy(0.3))
    found = look(way, state, attempts=PATIENCE)
    assert sum(way.spoiled.values()) > 10
    assert found_in(found) == found_in(quiet)
    assert not_whole(found) == {}
    assert {each.real.id for each in found.strangers} == {each.real.id for each in quiet.strangers}


def test_an_account_too_busy_for_any_answer_has_lost_nothing(aws: Aws, way: Faults) -> None:
    things = some_worlds(aws)
    way.add(busy(1.0))
    found = look(way, written(things))
    assert found_in(found) == set()
    assert {each.extent for each in found.coverage if each.resources} == {Extent.NOT_LOOKED_AT}
    assert found.strangers == ()


def _without(url: str, body: bytes) -> bytes:
    return body.replace(url.encode(), url.replace("orders", "others").encode())


def test_what_the_first_list_lacks_and_the_second_has_is_not_missing(aws: Aws, way: Faults) -> None:
    world = builders()["sqs"](aws, "late")
    (queue,) = world.things
    url = str(queue.attributes["url"])
    way.add(matching("sqs:ListQueues", first(1, changed(lambda body: _without(url, body)))))
    found = look(way, written([queue]))
    assert way.seen["sqs:ListQueues"] == 2
    assert found_in(found) == set()


def test_what_only_the_second_list_lacks_is_not_missing(aws: Aws, way: Faults) -> None:
    world = builders()["sqs"](aws, "gone")
    world.mutations[0].do()
    (queue,) = world.things
    seen: list[bytes] = []

    def later(body: bytes) -> bytes:
        seen.append(body)
        return _without(str(queue.attributes["url"]), body) if len(seen) > 1 else body

    way.add(matching("sqs:ListQueues", changed(later)))
    found = look(way, written([queue]))
    assert found_in(found) == set()


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        pytest.param("sqs", "sqs:ListQueues", id="regional"),
        pytest.param("iam_roles", "iam:GetAccountAuthorizationDetails", id="of no region"),
        pytest.param("sqs", "sqs:GetQueueAttributes", id="a detail"),
    ],
)
def test_a_difference_stands_where_the_second_look_fails(
    name: str, calls: str, aws: Aws, way: Faults
) -> None:
    name = next(known for known in builders() if known.startswith(name))
    world = builders()[name](aws, "twice")
    mutation = next(each for each in world.mutations if all(path for _, path in each.reports))
    mutation.do()
    asked: list[int] = []

    def later(call: Any, honest: Any) -> Any:
        asked.append(1)
        return denied(call, honest) if len(asked) > first_looks else None

    state = written(world.things)
    types = {each.type for each in state.resources}
    here = tuple(each for each in readers() if types & {kind.type for kind in each.kinds})
    look(way, state, here)
    first_looks = way.seen[calls] // 2
    assert first_looks
    way.clear()
    way.add(matching(calls, later))
    found = look(way, state, here)
    assert found_in(found) == mutation.reports
    told = [each for each in found.coverage if "second time" in each.why]
    assert told
    assert {each.extent for each in told} == {Extent.PARTIAL}


NONSENSE: Mapping[str, object] = {
    "null": None,
    "text": "nonsense",
    "number": -1,
    "list": [None, 1, ["x"]],
    "object": {"x": [None]},
    "truth": True,
}


def test_a_resource_of_another_shape_takes_nothing_with_it(aws: Aws, way: Faults) -> None:
    state = written(thing for world in built(aws).values() for thing in world.things)
    ruined = tuple(
        replace(
            each,
            address=f"{each.address}_ruined_{name}",
            attributes=_ruined(each.attributes, nonsense),
        )
        for name, nonsense in NONSENSE.items()
        for each in state.resources
    )
    found = look(way, replace(state, resources=(*state.resources, *ruined)))
    told = {address for address, _ in found_in(found)}
    assert {address for address in told if "_ruined_" not in address} == set()
    failed = [each for each in found.coverage if each.extent is Extent.NOT_LOOKED_AT]
    assert failed == []


def test_what_cannot_be_compared_is_told_for_each_state_and_leaves_its_type_partial(
    aws: Aws, way: Faults
) -> None:
    state = written(built(aws, ["load_balancers"])["load_balancers"].things)
    listener = next(each for each in state.resources if each.type == "aws_lb_listener")
    odd = replace(listener, attributes={**listener.attributes, "default_action": "nonsense"})
    resources = (*state.resources, odd, replace(odd, source="other.tfstate"))
    here = tuple(each for each in readers() if each.service == "elbv2")
    found = look(way, replace(state, resources=resources), here)
    assert found_in(found) == set()
    assert {(each.managed.source, each.managed.address) for each in found.odd} == {
        ("pretend.tfstate", listener.address),
        ("other.tfstate", listener.address),
    }
    assert set(not_whole(found)) == {"aws_lb_listener"}
    assert f"{listener.address} could not be compared" in not_whole(found)["aws_lb_listener"]


def test_what_is_deleted_during_the_look_takes_no_tags_of_others_with_it(
    aws: Aws, way: Faults
) -> None:
    things = built(aws, ["load_balancers"])["load_balancers"].things
    group = next(each for each in things if each.type == "aws_lb_target_group")
    elb = aws.client("elbv2")
    elb.remove_tags(ResourceArns=[group.attributes["arn"]], TagKeys=["env"])
    made = elb.create_target_group(
        Name="gone", Protocol="HTTP", Port=80, VpcId=group.attributes["vpc_id"]
    )
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    gone = replace(group, name="gone", attributes={"arn": arn, "id": arn, "name": "gone"})

    def delete(call: Any, _: Any) -> Any:
        """AWS refuses the whole question then; moto would not."""
        if b"targetgroup%2Fgone" not in call.body:
            return None
        elb.delete_target_group(TargetGroupArn=arn)
        return error(call, "TargetGroupNotFound", "One or more are not found", status=400)

    way.add(matching("elasticloadbalancing:DescribeTags", delete))
    here = tuple(each for each in readers() if each.service == "elbv2")
    found = look(way, written([*things, gone]), here)
    assert found_in(found) == {(group.address, "tags.env")}


def _ruined(attributes: Mapping[str, object], nonsense: object) -> dict[str, object]:
    """The same resource; all that does not identify it is nonsense."""
    kept = ("id", "arn", "url", "name", "bucket", "role", "region")
    return {name: value if name in kept else nonsense for name, value in attributes.items()}


def test_an_operation_that_hangs_is_not_waited_for_item_by_item(aws: Aws, way: Faults) -> None:
    worlds = [builders()["dynamodb"](aws, f"slow{place}") for place in range(4)]
    state = written(thing for world in worlds for thing in world.things)
    here = tuple(each for each in readers() if each.service == "dynamodb")
    way.add(matching("dynamodb:DescribeTable", hanging(1.0)))
    found = look(way, state, here, attempts=PATIENCE, timeout=0.5)
    # Each that was begun at once is tried three times, and none after that.
    assert way.seen["dynamodb:DescribeTable"] <= DETAILS_AT_ONCE * ATTEMPTS
    assert found_in(found) == set()
    assert "within 0.5 s" in not_whole(found)["aws_dynamodb_table"]
