"""SARIF 2.1.0 as its readers take it: rules, levels, places, fingerprints."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from tests.drift.reports import CLEAN, EMPTY, FULL, OPENED, STATE, hostile, many

from sreagent.domain.drift import DriftReport, Severity
from sreagent.domain.drift_fingerprint import fingerprint
from sreagent.report.drift_sarif import as_sarif

MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LOCATION = {
    "type": "object",
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "properties": {
                        "uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~/%-]+$"},
                        "uriBaseId": {"type": "string"},
                    },
                    "additionalProperties": False,
                },
                "region": {
                    "type": "object",
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "properties": {
                    "fullyQualifiedName": {"type": "string"},
                    "kind": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": -1},
        "kind": {"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
        "level": LEVEL,
        "rank": {"type": "number", "minimum": -1.0, "maximum": 100.0},
        "message": MESSAGE,
        "locations": {"type": "array", "items": LOCATION},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": MESSAGE,
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
        "properties": {
            "type": "object",
            "properties": {"tags": {"type": "array", "uniqueItems": True}},
        },
    },
    "additionalProperties": False,
}
NOTIFICATION = {
    "type": "object",
    "required": ["message"],
    "properties": {"message": MESSAGE, "level": LEVEL},
    "additionalProperties": False,
}
RULES_OF_THE_STANDARD: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {"type": "array", "items": RULE, "uniqueItems": True},
                                },
                                "additionalProperties": False,
                            }
                        },
                        "additionalProperties": False,
                    },
                    "automationDetails": {
                        "type": "object",
                        "properties": {"id": {"type": "string"}},
                        "additionalProperties": False,
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "endTimeUtc": {"type": "string", "pattern": r"Z$"},
                                "toolExecutionNotifications": {
                                    "type": "array",
                                    "items": NOTIFICATION,
                                },
                            },
                            "additionalProperties": False,
                        },
                    },
                    "results": {"type": "array", "items": RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""The part of the standard that we use; no key outside of it may turn up."""
CODE = {
    (STATE, "aws_security_group.api"): ("infra/my net/sg.tf", 12),
    (STATE, "aws_sqs_queue.dlq"): ("q.tf", 0),
}


def results(report: DriftReport) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = as_sarif(report, CODE)["runs"][0]["results"]
    return found


@pytest.mark.parametrize(
    "report", [FULL, CLEAN, EMPTY, hostile(), many()], ids=["full", "clean", "none", "evil", "many"]
)
def test_it_keeps_to_the_standard(report: DriftReport) -> None:
    printed = json.loads(json.dumps(as_sarif(report, CODE)))
    checker = Draft202012Validator(RULES_OF_THE_STANDARD)
    assert [error.message for error in checker.iter_errors(printed)] == []
    (run,) = printed["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]


def test_each_finding_is_a_result_of_its_rule_and_level() -> None:
    assert [(each["ruleId"], each["level"]) for each in results(FULL)] == [
        ("drift/opened", "error"),
        ("drift/changed", "note"),
        ("drift/missing", "warning"),
        ("drift/unmanaged", "note"),
        ("drift/left-over", "note"),
    ]


def test_what_controllers_own_and_what_is_folded_is_no_result() -> None:
    text = json.dumps(results(FULL))
    assert "aws_db_instance.main" not in text
    assert "vpc-1" not in text


def test_a_result_says_where_in_the_code_it_is_and_which_resource() -> None:
    opened, tagged, lost, *_ = (each["locations"][0] for each in results(FULL))
    assert opened == {
        "logicalLocations": [
            {"fullyQualifiedName": "aws_security_group.api", "kind": "resource"},
        ],
        "physicalLocation": {
            "artifactLocation": {"uri": "infra/my%20net/sg.tf", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 12},
        },
    }
    assert "physicalLocation" not in tagged
    assert lost["physicalLocation"]["region"] == {"startLine": 1}


def test_code_is_not_shown_for_the_same_address_of_another_state() -> None:
    (here, there) = (OPENED, replace(OPENED, source="s3://tf/prod/data.tfstate"))
    found = results(replace(CLEAN, changed=(here, there)))
    assert ["physicalLocation" in each["locations"][0] for each in found] == [True, False]


def test_a_result_is_known_by_its_fingerprint_in_every_run() -> None:
    (first, *_) = results(FULL)
    assert first["partialFingerprints"] == {"sreDrift/v1": fingerprint(OPENED)}
    prints = [each["partialFingerprints"]["sreDrift/v1"] for each in results(many())]
    assert len(set(prints)) == len(prints)


def test_the_message_tells_what_differs_and_who_did_it() -> None:
    (first, *_) = results(FULL)
    assert first["message"]["text"] == (
        r'aws_security_group.api: ingress\[0\].cidr_blocks \["10.0.0.0/8"\] → \["0.0.0.0/0"\] '
        "(opened to the world). by role ops-admin (console) 2026-11-20 22:14 UTC · "
        "4 min before INC-20261120-1c2d."
    )


def test_hostile_text_is_no_link_and_no_placeholder_in_a_message() -> None:
    odd = replace(OPENED, address="[click](http://evil.example) {0}", after="{1}")
    for result in (*results(hostile()), *results(replace(CLEAN, changed=(odd,)))):
        text = result["message"]["text"]
        assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]]", text)
        assert not re.search(r"(?<!\{)(?:\{\{)*\{\d", text)


def test_what_was_not_looked_at_is_told_by_the_tool() -> None:
    (invocation,) = as_sarif(FULL)["runs"][0]["invocations"]
    told = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert told == [
        "s3://tf/prod/old.tfstate: it is encrypted by OpenTofu",
        "not looked at: 7 aws_glue_job: glue:ListJobs is not allowed",
        "not looked at: 5 aws_glue_trigger: glue:ListTriggers is not allowed",
    ]
    assert invocation["executionSuccessful"] is True


def test_a_run_without_a_state_was_no_success() -> None:
    (invocation,) = as_sarif(EMPTY)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.HIGH, "error"), (Severity.MEDIUM, "warning"), (Severity.LOW, "note")],
)
def test_the_level_is_by_severity(severity: Severity, level: str) -> None:
    (result,) = results(replace(CLEAN, changed=(replace(OPENED, severity=severity),)))
    assert result["level"] == level
