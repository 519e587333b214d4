"""Windows of time, also on the days when clocks are set."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.policy.situations import CALM, act, around, policy

from sreagent.domain.verdict import Ask, Autonomy, Deny
from sreagent.policy.freeze import Freeze, Weekly
from sreagent.policy.tiers import judge

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def weekly(hours: str, *days: str, zone: str = BERLIN) -> Weekly:
    given: dict[str, Any] = {"zone": zone, "hours": hours}
    if days:
        given["days"] = days
    return Weekly.model_validate(given, strict=False)


def frozen(**given: Any) -> Freeze:
    return Freeze.model_validate({"name": "w", "zone": BERLIN, **given}, strict=False)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stretch(window: Weekly | Freeze, day: str) -> list[str]:
    """The moments of a UTC day at which the window opens (`+`) and shuts (`-`), by the minute."""
    midnight, found, before = utc(day), [], None
    for minute in range(24 * 60):
        now = midnight + timedelta(minutes=minute)
        inside = window.covers(now)
        if before is not None and inside != before:
            found.append(f"{'+' if inside else '-'}{now:%H:%M}")
        before = inside
    return found


@pytest.mark.parametrize(
    ("window", "day", "changes"),
    [
        pytest.param(weekly("09:00-17:00"), "2026-01-14", ["+08:00", "-16:00"], id="winter"),
        pytest.param(weekly("09:00-17:00"), "2026-07-15", ["+07:00", "-15:00"], id="summer"),
        pytest.param(
            weekly("09:00-17:00", zone=NEW_YORK), "2026-01-14", ["+14:00", "-22:00"], id="new-york"
        ),
        pytest.param(weekly("22:00-06:00"), "2026-01-14", ["-05:00", "+21:00"], id="past-midnight"),
        # Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
        pytest.param(
            weekly("01:30-04:00"),
            "2026-03-29",
            ["+00:30", "-02:00", "+23:30"],
            id="spring-around-the-gap",
        ),
        pytest.param(
            weekly("02:30-05:00"), "2026-03-29", ["+01:00", "-03:00"], id="spring-begins-in-the-gap"
        ),
        pytest.param(
            weekly("00:30-02:30"), "2026-03-29", ["-01:00", "+22:30"], id="spring-ends-in-the-gap"
        ),
        pytest.param(weekly("02:10-02:50"), "2026-03-29", [], id="spring-all-in-the-gap"),
        # Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
        pytest.param(weekly("01:30-04:00"), "2026-10-25", ["-03:00"], id="autumn-around-the-fold"),
        pytest.param(
            weekly("02:30-05:00"),
            "2026-10-25",
            ["+00:30", "-04:00"],
            id="autumn-begins-in-the-fold",
        ),
        pytest.param(
            weekly("00:30-02:30"), "2026-10-25", ["-01:30", "+23:30"], id="autumn-ends-in-the-fold"
        ),
        pytest.param(
            weekly("02:10-02:50"), "2026-10-25", ["+00:10", "-01:50"], id="autumn-both-passes"
        ),
        # New York, 8 March 2026: 02:00 becomes 03:00 at 07:00 UTC.
        pytest.param(
            weekly("02:30-04:30", zone=NEW_YORK),
            "2026-03-08",
            ["+07:00", "-08:30"],
            id="new-york-spring",
        ),
        # New York, 1 November 2026: 02:00 becomes 01:00 at 06:00 UTC.
        pytest.param(
            weekly("01:30-01:45", zone=NEW_YORK),
            "2026-11-01",
            ["+05:30", "-06:45"],
            id="new-york-autumn",
        ),
    ],
)
def test_a_weekly_window_follows_the_clocks_of_its_zone(
    window: Weekly, day: str, changes: list[str]
) -> None:
    assert stretch(window, day) == changes


@pytest.mark.parametrize(
    ("now", "inside"),
    [
        pytest.param("2026-11-20T22:59", False, id="friday-night"),
        pytest.param("2026-11-20T23:00", True, id="saturday-begins-in-berlin"),
        pytest.param("2026-11-22T22:59", True, id="sunday-ends"),
        pytest.param("2026-11-22T23:00", False, id="monday"),
        # The Sunday of 25 October 2026 has 25 hours.
        pytest.param("2026-10-23T21:59", False, id="friday-night-in-summer"),
        pytest.param("2026-10-23T22:00", True, id="saturday-in-summer"),
        pytest.param("2026-10-25T22:59", True, id="the-long-sunday"),
        pytest.param("2026-10-25T23:00", False, id="monday-in-winter"),
    ],
)
def test_a_weekend_is_that_of_the_zone(now: str, inside: bool) -> None:
    assert weekly("00:00-24:00", "sat", "sun").covers(utc(now)) is inside


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = weekly("22:00-06:00", "fri")
    assert night.covers(utc("2026-11-20T22:00"))
    assert night.covers(utc("2026-11-21T04:59"))
    assert not night.covers(utc("2026-11-21T22:00"))


@pytest.mark.parametrize(
    ("start", "end", "now", "inside"),
    [
        pytest.param(
            "2026-12-20T18:00", "2027-01-06T08:00", "2026-12-20T16:59", False, id="before"
        ),
        pytest.param("2026-12-20T18:00", "2027-01-06T08:00", "2026-12-20T17:00", True, id="first"),
        pytest.param("2026-12-20T18:00", "2027-01-06T08:00", "2027-01-06T06:59", True, id="last"),
        pytest.param("2026-12-20T18:00", "2027-01-06T08:00", "2027-01-06T07:00", False, id="after"),
        pytest.param(
            "2026-10-25T02:30", "2026-10-25T12:00", "2026-10-25T00:30", True, id="fold-begins-early"
        ),
        pytest.param(
            "2026-10-24T12:00", "2026-10-25T02:30", "2026-10-25T01:29", True, id="fold-ends-late"
        ),
        pytest.param(
            "2026-03-28T12:00", "2026-03-29T02:30", "2026-03-29T01:00", False, id="gap-ends-at-jump"
        ),
        pytest.param(
            "2026-03-29T02:30",
            "2026-03-29T12:00",
            "2026-03-29T01:00",
            True,
            id="gap-begins-at-jump",
        ),
        pytest.param(
            "2026-03-29T02:30", "2026-03-29T12:00", "2026-03-29T00:59", False, id="gap-not-before"
        ),
    ],
)
def test_a_dated_window_is_in_the_time_of_its_zone(
    start: str, end: str, now: str, inside: bool
) -> None:
    assert frozen(**{"from": start, "to": end}).covers(utc(now)) is inside


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"days": ["sat"], "zone": "Mars/Base"}, id="unknown-zone"),
        pytest.param({"days": ["sat"], "zone": "../../etc/passwd"}, id="path-as-zone"),
        pytest.param({"days": ["sat"], "zone": ""}, id="no-zone"),
        pytest.param({}, id="neither-dates-nor-days"),
        pytest.param({"from": "2026-01-01T00:00"}, id="no-end"),
        pytest.param(
            {"from": "2026-01-02T00:00", "to": "2026-01-01T00:00"}, id="ends-before-it-begins"
        ),
        pytest.param({"from": "2026-01-01", "to": "2026-01-02"}, id="dates-without-times"),
        pytest.param(
            {"from": "2026-01-01T00:00+01:00", "to": "2026-01-02T00:00"}, id="an-offset-of-its-own"
        ),
        pytest.param({"from": "2026-02-30T00:00", "to": "2026-03-02T00:00"}, id="no-such-day"),
        pytest.param(
            {"from": "2026-01-01T00:00", "to": "2026-01-02T00:00", "days": ["sat"]}, id="both-kinds"
        ),
        pytest.param({"hours": "10:00-10:00"}, id="no-length"),
        pytest.param({"hours": "9-17"}, id="hours-without-minutes"),
        pytest.param({"hours": "09:00-25:00"}, id="no-such-hour"),
        pytest.param({"days": []}, id="no-days"),
        pytest.param({"days": ["saturday"]}, id="day-in-full"),
    ],
)
def test_a_window_that_means_nothing_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        frozen(**given)


WEEKEND = {"name": "weekend", "zone": BERLIN, "days": ["sat", "sun"], "reason": "nobody is here"}


def test_a_freeze_denies_at_every_level_of_autonomy() -> None:
    for level in Autonomy:
        held = policy(autonomy={"default": level}, freeze=[WEEKEND])
        verdict = judge(act("rollout_restart"), CALM, around(), held)
        assert isinstance(verdict, Deny)
        assert verdict.rule == "freeze/weekend"
        assert "nobody is here" in verdict.reason


def test_a_freeze_may_be_for_some_namespaces_and_then_holds_for_what_has_none() -> None:
    held = policy(freeze=[{**WEEKEND, "namespaces": ["shop"]}])
    elsewhere = act("rollout_restart", namespace="edge")
    assert judge(act("rollout_restart"), CALM, around(), held).rule == "freeze/weekend"
    assert judge(elsewhere, CALM, around(), held).rule == "tier/rollout_restart"
    assert judge(act("cordon"), CALM, around(), held).rule == "freeze/weekend"


def test_outside_business_hours_a_person_is_asked() -> None:
    hours = {"zone": BERLIN, "days": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}
    held = policy(autonomy={"default": "autonomous"}, business_hours=hours)
    restart = act("rollout_restart")
    verdict = judge(restart, CALM, around(), held)
    assert isinstance(verdict, Ask)
    assert (verdict.rule, verdict.bounded) == ("hours", False)
    monday = around(now=utc("2026-11-23T10:00"))
    assert judge(restart, CALM, monday, held).rule == "tier/rollout_restart"


def test_a_freeze_takes_patterns_of_namespaces_in_any_case() -> None:
    window = frozen(days=["sat"], namespaces=["Pay*"])
    moment = utc("2026-11-21T12:00")
    assert window.covers(moment, "payments")
    assert window.covers(moment, "")
    assert not window.covers(moment, "shop")
