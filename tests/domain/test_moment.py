"""Times are read strictly and told shortly."""

from datetime import UTC, datetime, timedelta

import pytest

from sreagent.domain.moment import parse_time, span, stamp

ONE = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-11-21T01:02:03Z", ONE, id="utc"),
        pytest.param("2026-11-21T02:02:03+01:00", ONE, id="zone"),
        pytest.param("2026-11-21T01:02:03", ONE, id="no-zone-is-utc"),
        pytest.param("2026-11-21T01:02:03.000000Z", ONE, id="micro-time"),
        pytest.param("0001-01-01T00:00:00Z", None, id="go-zero-time"),
        pytest.param("9999-12-31T23:59:59-14:00", None, id="end-of-time"),
        pytest.param("yesterday", None, id="not-a-time"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="missing"),
    ],
)
def test_a_stamp_is_read_or_refused(text: str | None, moment: datetime | None) -> None:
    assert parse_time(text) == moment


def test_a_stamp_is_written_in_utc_with_milliseconds() -> None:
    assert stamp(ONE) == "2026-11-21T01:02:03.000Z"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        pytest.param(4.25, "4.2 s", id="short"),
        pytest.param(70, "70 s", id="seconds"),
        pytest.param(timedelta(minutes=12), "12 min", id="minutes"),
        pytest.param(timedelta(hours=3, minutes=5), "3 h 5 min", id="hours"),
        pytest.param(timedelta(days=6), "6 days", id="days"),
        pytest.param(-5, "0 s", id="clock-skew"),
    ],
)
def test_a_length_of_time_is_said_in_one_or_two_units(length: float, said: str) -> None:
    assert span(length) == said
