"""When lines were written, when errors became many, and what is new."""

from datetime import UTC, datetime, timedelta

import pytest

from sreagent.diagnose.logs.novelty import is_comparable, novel, say_novel
from sreagent.diagnose.logs.reading import LogReading, read
from sreagent.diagnose.logs.times import line_time

AT = datetime(2026, 3, 4, 2, 59, 58, tzinfo=UTC)
NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-04T02:59:58Z INFO up",
        "2026-03-04T02:59:58.000000000Z stderr F up",
        "2026-03-04T04:59:58+02:00 up",
        "2026-03-03T21:29:58-0530 up",
        "2026-03-04 02:59:58,000 INFO [main] up",
        "[2026-03-04 02:59:58,000] WARN up (kafka.server)",
        "2026-03-04 02:59:58.000 UTC [17] LOG:  up",
        "2026/03/04 02:59:58 [error] 7#7: up",
        "I0304 02:59:58.000000       1 main.go:3] up",
        "Mar  4 02:59:58 node-1 kubelet[7]: up",
        "<13>Mar  4 02:59:58 node-1 app: up",
        "Wed Mar 04 02:59:58.000 2026 up",
        '10.1.1.1 - - [04/Mar/2026:02:59:58 +0000] "GET / HTTP/1.1" 200 1',
        "04-Mar-2026 02:59:58.000 SEVERE [main] up",
        "1:M 04 Mar 2026 02:59:58.000 * Ready",
        "03/04/2026 02:59:58 info: up",
        "02:59:58.000 [main] INFO up",
        '{"ts":1772593198,"level":"info"}',
        '{"ts":1772593198.000,"level":"info"}',
        '{"time":1772593198000,"level":30}',
        '{"time":1772593198000000,"level":30}',
        '{"time":1772593198000000000,"level":30}',
        '{"level":"info","msg":"up","time":"2026-03-04T02:59:58Z"}',
        '{"t":{"$date":"2026-03-04T02:59:58.000+00:00"},"s":"I"}',
        "ts=2026-03-04T02:59:58Z level=info msg=up",
    ],
)
def test_the_time_of_a_line_is_read(line: str) -> None:
    assert line_time(line, NOW) == AT
    assert line_time(line.encode(), NOW) == AT


@pytest.mark.parametrize(
    "line",
    [
        "up and running",
        "2026-13-45T99:99:99Z odd",
        "order 1772593198 shipped",
        '{"ts":12}',
        "version 10.1.2026",
        "",
    ],
)
def test_a_line_without_a_time_has_none(line: str) -> None:
    assert line_time(line, NOW) is None


def test_a_stamp_without_a_year_is_of_the_last_one_that_has_been() -> None:
    assert line_time("I1231 23:00:00.0 1 a.go:1] up", NOW) == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert line_time("I0304 03:00:40.0 1 a.go:1] ahead of us", NOW) == NOW + timedelta(seconds=40)
    assert line_time("I0304 02:59:58.0 1 a.go:1] up") is None


def steady(text: str, *, minutes: int, each: int, begin: int = 0) -> list[str]:
    """So many lines in each minute, beginning so many minutes after midnight."""
    start = datetime(2026, 3, 4, tzinfo=UTC) + timedelta(minutes=begin)
    return [
        f"{start + timedelta(minutes=minute, seconds=n):%Y-%m-%dT%H:%M:%SZ} {text.format(n=n)}"
        for minute in range(minutes)
        for n in range(each)
    ]


def reading(*parts: list[str]) -> LogReading:
    return read("\n".join(sorted(line for part in parts for line in part)))


def test_a_spike_of_errors_is_dated_and_measured() -> None:
    spike = reading(
        steady("INFO  served {n}", minutes=90, each=10),
        steady("ERROR lost {n}", minutes=90, each=1),
        steady("ERROR call {n} failed", minutes=30, each=12, begin=60),
    ).spike
    assert spike is not None
    assert spike.since == datetime(2026, 3, 4, 1, tzinfo=UTC)
    assert (spike.usual, spike.peak) == (5, 65)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([steady("INFO  served", minutes=60, each=9)], id="no-errors"),
        pytest.param([steady("ERROR lost", minutes=60, each=9)], id="always-as-many"),
        pytest.param([steady("ERROR lost", minutes=4, each=9)], id="nothing-before"),
        pytest.param(
            [
                steady("INFO  served", minutes=60, each=2),
                steady("ERROR x", minutes=1, each=3, begin=50),
            ],
            id="only-a-few",
        ),
        pytest.param([["ERROR lost"] * 500], id="no-stamps"),
    ],
)
def test_what_is_usual_is_no_spike(parts: list[list[str]]) -> None:
    assert reading(*parts).spike is None


OLD = reading(
    steady("INFO  order {n} placed by user-{n}", minutes=20, each=5),
    steady("ERROR mail to node-{n}.shop bounced", minutes=20, each=1),
)


def test_lines_that_only_the_new_revision_has_are_new() -> None:
    new = reading(
        steady("INFO  order {n} placed by user-{n}", minutes=20, each=5),
        steady("ERROR mail to web-{n}.shop bounced", minutes=20, each=1),
        steady("ERROR no price for basket {n}", minutes=3, each=4),
        steady("INFO  warmed up in {n} ms", minutes=5, each=9),
    )
    found = novel([OLD], [new])
    assert [one.text for one in found] == [
        "ERROR no price for basket <*>",
        "INFO warmed up in <*> ms",
    ]
    assert say_novel(found) == "1 new template, 12x"


def test_lines_that_come_only_since_the_change_are_new() -> None:
    both = reading(
        steady("ERROR lost {n}", minutes=30, each=2),
        steady("ERROR cannot reach tax", minutes=10, each=3, begin=20),
    )
    since = datetime(2026, 3, 4, 0, 20, tzinfo=UTC)
    assert [one.text for one in novel([], [both], since)] == ["ERROR cannot reach tax"]
    assert novel([], [both], since + timedelta(minutes=5)) == ()


def test_a_failed_request_is_new_though_the_request_is_not() -> None:
    before = read("GET /cart status=200 took 3 ms\n" * 20)
    after = read("GET /cart status=200 took 3 ms\n" * 20 + "GET /cart status=503 took 9 ms\n" * 7)
    assert [(one.text, one.count) for one in novel([before], [after])] == [
        ("GET /cart status=5xx took <*> ms", 7)
    ]


def test_the_same_new_line_in_several_logs_is_told_once() -> None:
    new = read("ERROR no price for basket 7\n" * 3)
    (found,) = novel([OLD], [new, new])
    assert (found.text, found.count) == ("ERROR no price for basket <*>", 6)


def test_without_a_log_from_before_nothing_is_called_new() -> None:
    new = read("ERROR no price for basket 7\n")
    assert novel([], [new]) == ()
    assert not is_comparable([], [new])
    assert is_comparable([OLD], [new])
    assert say_novel(()) == "no new template"
