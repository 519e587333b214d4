"""Of a long value only what differs is told, and two values never look the same."""

import json
from typing import Any

import pytest

from sreagent.domain.text import visible
from sreagent.report.drift_values import MOST_LINES, short, told


def lines(before: Any, after: Any, room: int = 60) -> list[str]:
    return [f"{line.sign or '='} {line.text}" for line in told(before, after, room)]


def policy(principal: Any, *, action: str = "s3:GetObject") -> str:
    statements = [
        {"Sid": "Read", "Effect": "Allow", "Action": action, "Principal": principal},
        {"Sid": "Keep", "Effect": "Deny", "Action": "s3:Delete*", "Principal": "*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


MANY = [f"10.0.{place}.0/24" for place in range(30)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(100, 150, ["~ 100 → 150"], id="numbers"),
        pytest.param("a", None, ['~ "a" → null'], id="gone"),
        pytest.param("", None, ['~ "" → null'], id="empty-is-not-null"),
        pytest.param(True, 1, ["~ true → 1"], id="equal-for-a-program-only"),
        pytest.param(
            ["10.0.0.0/8"], ["0.0.0.0/0"], ['~ ["10.0.0.0/8"] → ["0.0.0.0/0"]'], id="short-lists"
        ),
        pytest.param(
            MANY,
            [*MANY[1:], "0.0.0.0/0"],
            ['- "10.0.0.0/24"', '+ "0.0.0.0/0"', "= 29 the same"],
            id="long-lists-by-member",
        ),
        pytest.param(MANY, MANY[::-1], ["= the same members in another order"], id="another-order"),
        pytest.param(None, MANY[:3] * 2, [f'+ "{each}"' for each in MANY[:3] * 2], id="from-null"),
        pytest.param(
            policy({"AWS": "arn:aws:iam::111122223333:root"}),
            policy("*"),
            [
                '- Statement[Read].Principal: {"AWS": "arn:aws:iam::1111222233…',
                '+ Statement[Read].Principal: "*"',
            ],
            id="policy-by-statement",
        ),
        pytest.param(
            policy("*"),
            policy("*", action="s3:*"),
            ['~ Statement[Read].Action: "s3:GetObject" → "s3:*"'],
            id="policy-by-key",
        ),
        pytest.param(
            {"a": "x" * 60, "b": 1}, {"a": "x" * 60, "c": 2}, ["- b: 1", "+ c: 2"], id="objects"
        ),
        pytest.param(
            [{"name": "x" * 50, "port": 1}],
            [{"name": "x" * 50, "port": 2}],
            ["~ [0].port: 1 → 2"],
            id="an-edited-block",
        ),
        pytest.param(
            "x" * 80 + "one",
            "x" * 80 + "two",
            ['- …xxxxxxxxone"', '+ …xxxxxxxxtwo"'],
            id="long-texts-from-where-they-part",
        ),
        pytest.param(
            "#!/bin/sh\nset -e\n" + "echo\n" * 20 + "run --old",
            "#!/bin/sh\nset -e\n" + "echo\n" * 20 + "run --new",
            ['- "run --old"', '+ "run --new"'],
            id="texts-of-lines-by-line",
        ),
        pytest.param(
            {"deep": {"deeper": ["x" * 70, {"k": 1}]}},
            {"deep": {"deeper": ["x" * 70, {"k": 2}]}},
            ['~ deep.deeper[1]: {"k": 1} → {"k": 2}'],
            id="far-inside",
        ),
    ],
)
def test_a_difference_is_told_in_few_lines(before: Any, after: Any, expected: list[str]) -> None:
    assert lines(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("admin", "ad\u200bmin", id="zero-width"),
        pytest.param("a b", "a\u00a0b", id="other-blank"),
        pytest.param("é", "e\u0301", id="other-spelling"),
        pytest.param("a  b", "a b", id="one-blank-more"),
        pytest.param("a\x00", "a", id="control"),
        pytest.param(["x" * 70, "a"], ["x" * 70, "a\u202e"], id="inside-a-list"),
        pytest.param({"k": True, "x": "y" * 70}, {"k": 1, "x": "y" * 70}, id="inside-an-object"),
        pytest.param('{"a": 1}' + " " * 70, '{"a": 1}', id="only-blanks-of-a-json-text"),
    ],
)
def test_two_values_never_look_the_same(before: Any, after: Any) -> None:
    told_ = lines(before, after)
    assert told_
    if len(told_) == 1:
        one, _, other = told_[0][2:].partition(" → ")
        assert one != other
    else:
        assert len({line[2:] for line in told_}) == len(told_)


@pytest.mark.parametrize("room", [5, 20, 60, 200])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("\x1b[2Jevil\u202e\n\u2028", id="text"),
        pytest.param({"\x1b[2J\nkey\u202e": ["\x07", {"\u200b": 1}]}, id="keys"),
        pytest.param(["x" * 500, "\x9b8m" * 100], id="long"),
    ],
)
def test_every_line_is_one_clean_line_that_fits(value: Any, room: int) -> None:
    for before, after in ((value, None), (None, value), (value, "y" * 300), (value, [value])):
        for line in told(before, after, room):
            assert line.text == visible(line.text)
            assert "\n" not in line.text
            assert len(line.text) <= max(room, 16)


def test_many_differences_are_counted() -> None:
    found = lines([], [f"member {place} of many" for place in range(100)])
    assert len(found) == MOST_LINES
    assert found[-1] == "= … 93 more differences"


@pytest.mark.timeout(60)  # seconds; to compare all of it takes hours
def test_a_value_without_end_costs_no_time() -> None:
    told("x" * 500_000, "x" * 499_999 + "y", 80)
    told(list(range(50_000)), list(range(1, 50_001)), 80)
    told("a\n" * 350, "b\n" * 350, 80)


def test_a_value_by_itself_is_cut() -> None:
    assert short({"a": "x" * 100}, 20) == '{"a": "xxxxxxxxxxxx…'
