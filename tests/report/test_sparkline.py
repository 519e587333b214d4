"""A series as one line of text."""

from datetime import UTC, datetime, timedelta

import pytest

from sreagent.domain.signal import Plot, Unit, plot, say
from sreagent.report.sparkline import caption, sparkline

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def drawn(*values: float | None, changed: float | None = None, unit: str = "s") -> Plot:
    """Values a minute apart, with a change so many minutes after the first."""
    return Plot(
        start=NOON,
        end=NOON + timedelta(minutes=max(len(values) - 1, 1)),
        values=values,
        unit=unit,
        changed_at=None if changed is None else NOON + timedelta(minutes=changed),
    )


@pytest.mark.parametrize(
    ("series", "width", "line"),
    [
        pytest.param(drawn(0, 1, 2, 3, 4, 5, 6, 7), 60, "▁▂▃▄▅▆▇█", id="a-ramp"),
        pytest.param(drawn(0.1, 0.1, 9, 9, changed=2), 60, "▁▁│██", id="a-change"),
        pytest.param(drawn(1, None, 3), 60, "▁ █", id="a-gap"),
        pytest.param(drawn(5, 5, 5), 60, "███", id="always-the-same"),
        pytest.param(drawn(0, 0), 60, "▁▁", id="nothing"),
        pytest.param(drawn(7), 60, "█", id="one-value"),
        pytest.param(drawn(None, None), 60, "  ", id="no-values"),
        pytest.param(drawn(*[1.0] * 30, 9, *[1.0] * 29), 10, "▁▁▁▁▁█▁▁▁▁", id="a-peak-stays"),
        pytest.param(drawn(-4, 0, 4), 60, "▁▅█", id="below-zero"),
    ],
)
def test_values_become_blocks(series: Plot, width: int, line: str) -> None:
    assert sparkline(series, width=width) == line


def test_a_pipe_gets_letters() -> None:
    assert sparkline(drawn(0.1, 0.1, 9, 9, changed=2), ascii_only=True) == "__|##"


@pytest.mark.parametrize("width", [12, 20, 41, 61])
@pytest.mark.parametrize("changed", [0, 1, 30, 58, 59])
def test_a_line_is_never_wider_than_there_is_room(width: int, changed: int) -> None:
    line = sparkline(drawn(*map(float, range(60)), changed=changed), width=width)
    assert len(line) <= width
    assert line.count("│") == 1


def test_the_caption_tells_values_times_and_the_change() -> None:
    series = drawn(0.12, 0.12, 2.4, changed=2)
    assert caption(series) == "120 ms to 2.4 s, 12:00 to 12:02 UTC, changed at 12:02:00"


def test_the_caption_of_a_level_tells_one_value() -> None:
    assert caption(drawn(3.0, 3.0)) == "3 s, 12:00 to 12:01 UTC"


def test_long_series_are_folded_to_sixty_values() -> None:
    points = [(NOON + timedelta(seconds=45 * n), float(n)) for n in range(240)]
    found = plot(points, Unit.SECONDS, NOON + timedelta(hours=1))
    assert found is not None
    assert len(found.values) == 60
    assert found.values[0] == 2
    assert (found.start, found.end) == (points[0][0], points[-1][0])


def test_gaps_and_what_is_no_number_leave_holes() -> None:
    points = [(NOON + timedelta(minutes=n), float(n)) for n in (0, 1, 2, 30)]
    points.append((NOON + timedelta(minutes=5), float("nan")))
    found = plot(points, Unit.COUNT)
    assert found is not None
    assert None in found.values


def test_without_numbers_there_is_no_picture() -> None:
    assert plot([(NOON, float("inf"))], Unit.COUNT) is None
    assert plot([], Unit.COUNT) is None


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.1432, Unit.SHARE, "14 %"),
        (0.001, Unit.SHARE, "0.1 %"),
        (0.12, Unit.SECONDS, "120 ms"),
        (2.44, Unit.SECONDS, "2.4 s"),
        (61.2, Unit.PER_SECOND, "61/s"),
        (200 * 2**20, Unit.BYTES, "200 MiB"),
        (5 * 2**40, Unit.BYTES, "5 TiB"),
        (0.25, Unit.CORES, "0.25 CPU"),
        (90_000, Unit.COUNT, "90,000"),
        (0.0, Unit.COUNT, "0"),
    ],
)
def test_values_as_people_write_them(value: float, unit: Unit, said: str) -> None:
    assert say(value, unit) == said
