"""CloudTrail is asked no more than it must be, and what it does not say is said."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.cloud.trail import ACCOUNT, event
from tests.cloud.trail import Trail as Pretend
from tests.drift.who.callers import JO, SAM, service
from tests.drift.who.conftest import HERE, NOW, QuickClock

from sreagent.clients.aws import connect
from sreagent.clients.aws_estate import AwsEstate
from sreagent.domain.drift import Place
from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.real import Real
from sreagent.drift.who.subject import Subject, changed, gone, made
from sreagent.drift.who.trail import Attributed, Trail


def group(number: int) -> str:
    return f"sg-{number:017x}"


def opened(number: int) -> Subject:
    difference = Difference(path="ingress[0].cidr_blocks", before=[], after=["0.0.0.0/0"])
    return changed("aws_security_group", {"id": group(number)}, HERE, difference)


def opening(number: int, *, ago: float, by: Any = JO) -> dict[str, Any]:
    ranges = {"items": [{"cidrIp": "0.0.0.0/0"}]}
    request = {"groupId": group(number), "ipPermissions": {"items": [{"ipRanges": ranges}]}}
    return event(
        "AuthorizeSecurityGroupIngress",
        "ec2",
        NOW - timedelta(minutes=ago),
        by,
        request=request,
        resources=[group(number)],
    )


def bustle(count: int, *, every: float) -> Iterator[dict[str, Any]]:
    """Writes of a service to other things, one every so many seconds."""
    for number in range(count):
        at = NOW - timedelta(seconds=every * number)
        name = f"eni-{number:017x}"
        request = {"networkInterfaceId": name}
        yield event(
            "CreateNetworkInterface", "ec2", at, service("eks"), request=request, resources=[name]
        )


def authors(found: Attributed) -> list[str]:
    return [
        told.author.who.split("@")[0] if told.author else told.why for told in found.by.values()
    ]


def test_few_objects_are_asked_for_one_by_one(recorder: Pretend, trail: Trail) -> None:
    recorder.record(opening(1, ago=10), opening(2, ago=20, by=SAM), *bustle(500, every=1))
    assert authors(trail.authors([opened(1), opened(2)])) == ["jo", "sam"]
    assert len(recorder.asked) == 2


def test_many_objects_of_a_quiet_account_are_found_in_one_reading(
    recorder: Pretend, trail: Trail
) -> None:
    recorder.record(*(opening(number, ago=number) for number in range(1, 101)))
    found = trail.authors([opened(number) for number in range(1, 101)])
    assert set(authors(found)) == {"jo"}
    assert len(recorder.asked) == 2


def test_a_busy_account_is_not_read_to_its_end(recorder: Pretend, trail: Trail) -> None:
    recorder.record(*bustle(3000, every=60), *(opening(n, ago=60 * 24 * 60) for n in range(1, 9)))
    found = trail.authors([opened(number) for number in range(1, 9)])
    assert authors(found) == ["jo"] * 8
    assert len(recorder.asked) <= 3 + 8


def test_reading_stops_when_all_are_found(recorder: Pretend, trail: Trail) -> None:
    recorder.record(*(opening(n, ago=1) for n in range(1, 6)), *bustle(5000, every=60))
    trail.authors([opened(number) for number in range(1, 6)])
    assert len(recorder.asked) == 1


def test_it_is_never_asked_too_fast(recorder: Pretend, trail: Trail, clock: QuickClock) -> None:
    recorder.record(*bustle(900, every=1))
    trail.authors([opened(number) for number in range(20)])
    assert recorder.throttled == 0
    assert clock.passed >= (len(recorder.asked) - 1) / 2


def test_nothing_is_asked_twice(recorder: Pretend, trail: Trail) -> None:
    recorder.record(opening(1, ago=10))
    assert authors(trail.authors([opened(1)])) == authors(trail.authors([opened(1)])) == ["jo"]
    assert len(recorder.asked) == 1


def test_nothing_found_is_said_with_the_time_that_was_looked_at(trail: Trail) -> None:
    found = trail.authors([opened(1)])
    assert "90 days" in authors(found)[0]
    assert "15 minutes" in authors(found)[0]
    assert found.troubles == ()


def test_a_trail_that_may_not_be_read_is_a_trouble(recorder: Pretend, trail: Trail) -> None:
    recorder.denied.add(HERE.region)
    found = trail.authors([opened(number) for number in range(9)])
    assert len(found.troubles) == 1
    assert "AccessDenied" in found.troubles[0].message
    assert "cloudtrail:LookupEvents" in found.troubles[0].hint
    assert set(authors(found)) == {"CloudTrail may not be read here"}
    assert len(recorder.asked) == 0


def test_one_region_that_is_denied_does_not_silence_the_others(
    recorder: Pretend, trail: Trail
) -> None:
    recorder.denied.add("us-east-1")
    recorder.record(opening(1, ago=5))
    user = gone("aws_iam_user", {"id": "eve", "name": "eve"}, HERE)
    found = trail.authors([user, opened(1)])
    assert authors(found) == ["CloudTrail may not be read here", "jo"]


def test_others_who_use_up_the_rate_are_outwaited_or_told_of(
    recorder: Pretend, clock: QuickClock
) -> None:
    recorder.seconds = lambda: 0.0
    estate = AwsEstate(
        lambda _: connect(
            profile="", region=HERE.region, endpoint=recorder.url, timeout=5, attempts=1
        )
    )
    found = Trail(estate, clock).authors([opened(number) for number in range(3)])
    assert "CloudTrail did not answer" in authors(found)
    assert "Throttling" in found.troubles[0].message


def test_there_is_an_end_to_patience(
    recorder: Pretend, estate: AwsEstate, clock: QuickClock
) -> None:
    recorder.record(*bustle(2000, every=3600))
    found = Trail(estate, clock, patience=5).authors([opened(n) for n in range(40)])
    assert len(recorder.asked) <= 11
    assert "no time" in authors(found)[-1]


def test_services_of_no_region_are_asked_about_in_the_first_one(
    recorder: Pretend, trail: Trail
) -> None:
    at = NOW - timedelta(minutes=3)
    request = {"roleName": "app"}
    deleted = event("DeleteRole", "iam", at, SAM, request=request, resources=["app"])
    recorder.record(deleted, region="us-east-1")
    found = trail.authors([gone("aws_iam_role", {"id": "app", "name": "app"}, HERE)])
    assert authors(found) == ["sam"]
    assert {region for region, _ in recorder.asked} == {"us-east-1"}


@pytest.mark.parametrize(
    ("region", "central"),
    [
        ("cn-northwest-1", "cn-north-1"),
        ("us-gov-east-1", "us-gov-west-1"),
        ("eu-west-1", "us-east-1"),
    ],
)
def test_each_partition_has_its_own_first_region(region: str, central: str) -> None:
    place = Place(account=ACCOUNT, region=region)
    assert gone("aws_iam_role", {"id": "a"}, place).homes == (
        Place(account=ACCOUNT, region=central),
    )


def test_a_bucket_is_looked_for_in_its_region_and_then_in_the_first(
    recorder: Pretend, trail: Trail
) -> None:
    at = NOW - timedelta(minutes=3)
    request = {"bucketName": "logs"}
    deleted = event("DeleteBucket", "s3", at, SAM, request=request, resources=["logs"])
    recorder.record(deleted, region="us-east-1")
    found = trail.authors([gone("aws_s3_bucket", {"id": "logs", "bucket": "logs"}, HERE)])
    assert authors(found) == ["sam"]
    assert [region for region, _ in recorder.asked] == [HERE.region, "us-east-1"]


def test_who_made_a_stranger_is_asked_around_its_birth(recorder: Pretend, trail: Trail) -> None:
    born = NOW - timedelta(days=30)
    name = "i-0f30123456789abcd"
    run = event(
        "RunInstances",
        "ec2",
        born + timedelta(seconds=2),
        JO,
        response={"instancesSet": {"items": [{"instanceId": name}]}},
        resources=[name],
    )
    recorder.record(run)
    found = trail.authors([made(Real(type="aws_instance", id=name, created=born), HERE)])
    assert authors(found) == ["jo"]
    asked = recorder.asked[0][1]
    assert float(asked["EndTime"]) - float(asked["StartTime"]) <= 20 * 60


def test_events_that_make_no_sense_are_passed_over(recorder: Pretend, trail: Trail) -> None:
    broken = [
        {**opening(1, ago=1), "CloudTrailEvent": text}
        for text in ("", "{", "[]", '{"requestParameters": 7}', "[" * 100_000)
    ]
    recorder.record(*broken, opening(1, ago=10))
    assert authors(trail.authors([opened(1)])) == ["jo"]


def test_nothing_to_ask_costs_nothing(recorder: Pretend, trail: Trail) -> None:
    assert trail.authors([]) == Attributed()
    assert recorder.asked == []
