"""The JSON object keeps the promise of its published schema, whatever the ending."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from tests.journal.samples import ALERT, DIAGNOSIS, EVIDENCE, PROPOSAL, START
from tests.report.samples import GAP, ID, endings

from sreagent.report.outcome import as_json

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA: dict[str, Any] = json.loads((REFERENCE / "investigate.schema.json").read_text("utf-8"))
OBJECTS = {"The object": SCHEMA, **SCHEMA["$defs"]}
EVERY_ENDING = [pytest.param(incident, id=name) for name, incident in endings().items()]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("incident", EVERY_ENDING)
def test_every_ending_fits_the_schema(incident: Any) -> None:
    printed = json.loads(json.dumps(as_json(incident)))
    checker = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(printed)] == []


@pytest.mark.parametrize("name", OBJECTS)
def test_the_page_explains_every_key_as_the_schema_does(name: str) -> None:
    page = (REFERENCE / "json.md").read_text("utf-8")
    section = page.split(f"## {name}\n")[1].split("\n## ")[0]
    for key, said in OBJECTS[name]["properties"].items():
        assert f"| `{key}` | " in section
        assert f"| {said['description']}" in section


def test_the_schema_leaves_no_key_open() -> None:
    for described in OBJECTS.values():
        assert described["additionalProperties"] is False
        assert described["required"] == list(described["properties"])


def test_a_fixed_incident_tells_cause_proposal_and_action() -> None:
    told = as_json(endings()["fixed"])
    assert told["incident"] == ID
    assert told["outcome"] == "fixed"
    assert told["alert"]["severity"] == "warning"
    assert told["alert"]["starts_at"] == "2026-11-21T01:02:00.000Z"
    assert told["diagnosis"]["root_cause"] == DIAGNOSIS.root_cause
    assert told["diagnosis"]["entity"] == {
        "kind": "Deployment",
        "namespace": "shop",
        "name": "checkout",
    }
    (action,) = told["actions"]
    assert (action["id"], action["state"], action["verified"]) == ("A1", "done", True)
    assert action["by"] == "oncall@prod"
    assert action["undo"] == PROPOSAL.undo_command
    assert told["proposals"][0]["approve"] == ""
    assert told["cost"]["api_calls"] == 22


def test_what_was_cited_is_among_the_evidence() -> None:
    told = as_json(endings()["fixed"])
    assert {evidence["id"] for evidence in told["evidence"]} >= set(told["diagnosis"]["evidence"])
    first = told["evidence"][0]
    assert first["command"] == EVIDENCE.command
    assert first["tainted"] is True


@pytest.mark.parametrize(
    ("ending", "tried", "state"),
    [
        pytest.param("waiting", 0, "proposed", id="nothing-ran"),
        pytest.param("rejected", 0, "rejected", id="a-person-said-no"),
        pytest.param("denied by policy", 0, "denied", id="policy-said-no"),
        pytest.param("refused by the cluster", 1, "failed", id="the-cluster-said-no"),
        pytest.param("killed while running", 1, "started", id="in-doubt"),
    ],
)
def test_only_what_was_tried_is_an_action(ending: str, tried: int, state: str) -> None:
    told = as_json(endings()[ending])
    assert len(told["actions"]) == tried
    assert told["proposals"][0]["state"] == state


def test_a_waiting_proposal_says_how_to_approve_it() -> None:
    (proposal,) = as_json(endings()["waiting"])["proposals"]
    assert proposal["approve"] == f"sre approve {ID} A1"
    assert proposal["dry_run"]["accepted"] is True


def test_what_could_not_be_looked_at_is_no_finding() -> None:
    told = as_json(endings()["unknown"])
    assert told["unknown"] == [
        {"what": GAP.command, "why": "403 not allowed", "source": "kubernetes"}
    ]
    assert told["diagnosis"] is None
    assert told["evidence"] == []


def test_an_incident_that_was_not_ended_has_no_end() -> None:
    told = as_json(endings()["killed at once"])
    assert (told["outcome"], told["closed_at"]) == ("open", None)
    assert told["opened_at"] == "2026-11-21T01:05:10.000Z"
    assert told["alert"]["name"] == ALERT.name
    assert START + timedelta(seconds=10) == endings()["killed at once"].opened_at
