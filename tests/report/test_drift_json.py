"""The JSON object of drift keeps the promise of its published schema, whatever was found."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from tests.drift.reports import CLEAN, EMPTY, FULL, JO, OPENED, STATES, hostile, many

from sreagent.domain.drift import Class, DriftReport, Extent, Severity, Way
from sreagent.domain.drift_fingerprint import fingerprint
from sreagent.domain.text import visible
from sreagent.report.drift_json import as_json, as_text

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA: dict[str, Any] = json.loads((REFERENCE / "drift.schema.json").read_text("utf-8"))
OBJECTS = {"The object": SCHEMA, **SCHEMA["$defs"]}
REPORTS = [
    pytest.param(FULL, id="full"),
    pytest.param(CLEAN, id="clean"),
    pytest.param(EMPTY, id="empty"),
    pytest.param(hostile(), id="hostile"),
    pytest.param(many(), id="a-thousand"),
]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_fits_the_schema(report: DriftReport) -> None:
    printed = json.loads(as_text(report))
    checker = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(printed)] == []


def test_the_schema_leaves_no_key_open() -> None:
    for described in OBJECTS.values():
        assert described["additionalProperties"] is False
        assert described["required"] == list(described["properties"])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        pytest.param(("changed", "class"), Class, id="class"),
        pytest.param(("changed", "severity"), Severity, id="severity"),
        pytest.param(("missing", "how"), Way, id="way"),
        pytest.param(("coverage", "extent"), Extent, id="extent"),
    ],
)
def test_the_schema_allows_the_words_of_the_code(key: tuple[str, str], words: Any) -> None:
    described = SCHEMA["$defs"][key[0]]["properties"][key[1]]
    assert described["enum"] == [word.value for word in words]


def test_a_change_is_told_with_who_and_when() -> None:
    (change, *_) = as_json(FULL)["changed"]
    promised = ("address", "type", "path", "before", "after", "class", "severity", "who", "when")
    assert {key: change[key] for key in promised} == {
        "address": "aws_security_group.api",
        "type": "aws_security_group",
        "path": "ingress[0].cidr_blocks",
        "before": ["10.0.0.0/8"],
        "after": ["0.0.0.0/0"],
        "class": "drift",
        "severity": "high",
        "who": "role ops-admin",
        "when": "2026-11-20T22:14:00.000Z",
    }
    assert change["attribution"]["event"] == JO.event
    assert change["fingerprint"] == fingerprint(OPENED)


def test_the_promised_keys_are_there_also_when_there_is_nothing() -> None:
    told = as_json(EMPTY)
    for key in ("states", "changed", "missing", "unmanaged", "left_over", "coverage", "errors"):
        assert told[key] == []
    assert (told["provisional"], told["seconds"], told["calls"]) == (False, 0.0, 0)


def test_nobody_is_named_where_no_record_tells() -> None:
    (change,) = as_json(replace(CLEAN, changed=(replace(OPENED, author=None),)))["changed"]
    assert (change["who"], change["when"], change["how"]) == ("", None, "unknown")
    assert change["attribution"] is None


def test_a_lock_makes_it_provisional() -> None:
    assert as_json(replace(CLEAN, states=(replace(STATES[0], locked="jo"),)))["provisional"]


def test_the_text_is_safe_for_a_terminal_and_loses_nothing() -> None:
    text = as_text(hostile())
    assert visible(text) == text
    assert json.loads(text) == as_json(hostile())
    text.encode("ascii")


def test_letters_of_other_languages_stay_readable() -> None:
    assert "Zoë" in as_text(replace(CLEAN, changed=(replace(OPENED, after="Zoë"),)))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param(float("nan"), "nan", id="no-number"),
        pytest.param((1, (2,)), [1, [2]], id="tuples"),
        pytest.param({1: Decimal("1.50")}, {"1": "1.50"}, id="other-types"),
        pytest.param([True, None, 1, 1.5, "x"], [True, None, 1, 1.5, "x"], id="json"),
    ],
)
def test_a_value_becomes_what_json_knows(value: Any, told: Any) -> None:
    (change,) = as_json(replace(CLEAN, changed=(replace(OPENED, after=value),)))["changed"]
    assert change["after"] == told


def test_a_lone_half_of_a_letter_can_be_printed() -> None:
    as_text(replace(CLEAN, changed=(replace(OPENED, after="\ud83d"),))).encode("utf-8")
