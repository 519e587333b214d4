"""The sorts of lines in a log."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.diagnose.log_lines import BEGIN, SYSTEMS, Writer

from sreagent.diagnose.logs.clusters import CLUSTERS
from sreagent.diagnose.logs.templates import Template, TemplateMiner, mine


def said(text: str) -> Template:
    (template,) = mine([text])
    return template


@pytest.mark.parametrize("wild", [False, True], ids=["values-come-again", "each-line-distinct"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_lines_are_grouped_by_the_message_they_were_made_of(system: str, wild: bool) -> None:
    pairs = list(Writer(wild=wild).lines(system, 3000))
    written = Counter(template for template, _ in pairs)
    found = mine(line for _, line in pairs)
    assert sorted(one.count for one in found) == sorted(written.values())
    assert sum(one.count for one in found) == 3000


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        pytest.param(
            ["user alice logged in", "user alice logged out"],
            {"user alice logged in", "user alice logged out"},
            id="two-words-make-two-messages",
        ),
        pytest.param(
            [f"user {name} logged in" for name in ["ann", "bob", "carl", "dora", "emil", "fritz"]],
            {"user <*> logged in"},
            id="many-words-are-a-variable",
        ),
        pytest.param(
            ["INFO  job 1 ended", "ERROR job 2 ended"],
            {"INFO job <*> ended", "ERROR job <*> ended"},
            id="levels-are-never-merged",
        ),
        pytest.param(
            ["GET /cart status=200 1ms", "GET /cart status=503 7ms", "GET /cart status=201 1ms"],
            {"GET /cart status=<*> <*>ms", "GET /cart status=5xx <*>ms"},
            id="failed-requests-are-their-own-sort",
        ),
        pytest.param(
            [f"2026-03-04T02:59:0{n}Z opened db-{n}.shop:5432" for n in range(5)],
            {"opened db-<*>.shop:<*>"},
            id="stamps-are-left-out",
        ),
        pytest.param(
            ['{"time":"2026-03-04T02:59:58Z","level":"warn","msg":"low on disk","left":17}'],
            {"warn low on disk"},
            id="json-is-told-by-its-message",
        ),
        pytest.param(
            ['ts=1 level=error msg="cannot save" err="disk full" trace=9f'],
            {"error cannot save: disk full"},
            id="logfmt-is-told-by-its-message",
        ),
    ],
)
def test_only_what_varies_is_left_out(lines: list[str], texts: set[str]) -> None:
    assert {one.text for one in mine(lines)} == texts


def test_a_template_tells_when_it_came() -> None:
    lines = [f"{BEGIN + timedelta(minutes=4 * n):%Y-%m-%dT%H:%M:%SZ} tick {n}" for n in range(4)]
    (tick,) = mine(lines)
    assert (tick.first_at, tick.last_at) == (BEGIN, BEGIN + timedelta(minutes=12))
    assert tick.buckets == (
        (BEGIN, 2),
        (BEGIN + timedelta(minutes=5), 1),
        (BEGIN + timedelta(minutes=10), 1),
    )


def test_the_id_is_the_same_whatever_the_values_were() -> None:
    assert said("retry 3 of order 17").id == said("retry 5 of order 9").id
    assert said("retry 3 of order 17").id != said("retry 3 of basket 17").id


def test_pieces_may_end_anywhere() -> None:
    text = "\n".join(Writer().mixed(2000)) + "\n"
    whole = TemplateMiner().feed(text).templates()
    torn = TemplateMiner()
    for start in range(0, len(text), 97):
        torn.feed(text[start : start + 97])
    assert Counter({one.text: one.count for one in whole}).total() == 2000
    assert sum(one.count for one in torn.templates()) == torn.lines


def test_stack_frames_are_no_messages_of_their_own() -> None:
    text = "ERROR boom\n\tat com.shop.A.b(A.java:1)\n\tat com.shop.A.c(A.java:2)\nINFO on\n"
    assert {one.text for one in TemplateMiner().feed(text).templates()} == {"ERROR boom", "INFO on"}


def test_free_text_does_not_grow_without_bounds() -> None:
    writer = Writer(seed=3)
    names = ["".join(writer.dice.choices("bcdfghjklmnpqrstvwxz", k=6)) for _ in range(4000)]
    lines = (" ".join(writer.dice.choices(names, k=2 + n % 60)) for n in range(6000))
    found = mine(lines)
    assert len(found) <= CLUSTERS + 100
    assert sum(one.count for one in found) == 6000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n\n", id="only-line-feeds"),
        pytest.param(bytes(range(256)) * 300, id="binary"),
        pytest.param(b"x" * 10_000_000, id="ten-megabytes-in-one-line"),
        pytest.param(b"error \xff\xfe\x00 \x1b[31mred\x1b[0m\r\nerror 2\r\n", id="broken-bytes"),
        pytest.param(b"   at A.b(C.java:1)\n\tat D.e(F.java:2)\n", id="only-stack-frames"),
        pytest.param(b" " * 100_000 + b"\n" + b"= " * 50_000, id="only-separators"),
        pytest.param(b"no line feed at the end", id="no-line-feed"),
        pytest.param(b"2026-99-99T99:99:99Z odd\n99/Foo/2026:00:00:00 odd", id="odd-stamps"),
    ],
)
def test_any_bytes_can_be_read(data: bytes) -> None:
    found = TemplateMiner().feed(data).templates()
    assert all("\x1b" not in one.text + one.example and "\x00" not in one.text for one in found)


def test_an_endless_line_is_one_line() -> None:
    miner = TemplateMiner()
    for _ in range(50):
        miner.feed(b"y" * 100_000)
    miner.feed(b"\nINFO after\n")
    found = {one.text: one.count for one in miner.templates()}
    assert found.pop("INFO after") == 1
    assert list(found.values()) == [1]


def test_texts_of_different_templates_differ() -> None:
    texts = Counter(one.text for one in mine(Writer().mixed(10_000)))
    assert max(texts.values()) == 1


def test_stamps_out_of_order_are_borne() -> None:
    late = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)
    lines = [f"{at:%Y-%m-%d %H:%M:%S} beat" for at in (late, BEGIN, late, BEGIN)]
    (beat,) = mine(lines)
    assert sum(count for _, count in beat.buckets) == beat.count == 4
