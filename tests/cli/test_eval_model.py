"""`sre eval` with a model: what it found beside the rules, and what it took."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from tests.docs.pages import ROOT
from tests.programs import sre

from sreagent.cli.eval_ways import agreeing
from sreagent.investigate.model.prompts import Prompts, built_in
from sreagent.investigate.model.versions import Versions
from sreagent.settings import state_folder

SUITE = str(ROOT / "suites" / "incidents")
CHOSEN = ("only-the-watchdog", "scaled-to-zero", "wrong-image-tag")
BLAMED_WRONGLY = {
    "root_cause": "web does not answer",
    "entity": "Deployment/tickets/web",
    "category": "deployment",
    "confidence": 0.95,
}


def concluded(**more: Any) -> dict[str, Any]:
    return {"calls": [{"name": "conclude", "arguments": {**BLAMED_WRONGLY, **more}}]}


SCRIPTS: dict[str, Any] = {
    "wrong-image-tag": [
        concluded(evidence=["E99"]),
        concluded(evidence=["{{first_evidence}}"]),
    ],
    "only-the-watchdog": [{"status": 400, "repeat": True}],
}
"""A model that is wrong, one that breaks off; in the third incident it agrees with the rules."""


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.yaml"
    path.write_text(json.dumps(SCRIPTS), encoding="utf-8")
    return str(path)


def only(*names: str) -> list[str]:
    return [word for name in names for word in ("--only", name)]


def test_rules_and_a_model_are_compared_incident_by_incident(script: str) -> None:
    compare = ["--compare", "rules", "model:openai/scripted"]
    done = sre("eval", SUITE, *only(*CHOSEN), "--script", script, *compare, "--json")
    assert done.code == 1, done.err
    rules, model = done.json["compared"]
    assert (rules["with"], model["with"]) == ("rules", "openai/scripted")
    assert rules["right"] == {"part": 3, "whole": 3}
    assert model["right"] == {"part": 2, "whole": 3}
    assert done.json["differ"] == ["wrong-image-tag"]
    assert (rules["answers"], rules["tokens"], rules["usd"]) == (0, 0, 0)
    assert model["answers"] == 4
    assert model["tokens"] > 3000
    assert model["usd"] is None
    assert model["invented"] == {"evidence": 1}
    assert model["problems"] == 1

    broken_off, agreed, wrong = model["incidents"]
    assert broken_off["right"]
    assert broken_off["problem"]
    assert agreed["right"]
    assert agreed["by"] == "openai/scripted"
    assert agreed["blamed"] == rules["incidents"][1]["blamed"]
    assert wrong["blamed"] == ["Deployment/tickets/web"]
    assert wrong["confidence"] < 0.82


def test_two_ways_stand_side_by_side_within_80_columns(script: str) -> None:
    compare = ["--compare", "rules", "model:openai/scripted"]
    done = sre("eval", SUITE, *only("wrong-image-tag"), "--script", script, *compare)
    assert done.code == 1, done.err
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    figures = [line.split() for line in lines]
    assert ["right", "1", "of", "1", "(100%)", "0", "of", "1", "(0%)"] in figures
    assert ["invented", "nothing", "evidence", "1"] in figures
    below = lines[lines.index("they differ in") :]
    assert "  wrong-image-tag" in below
    assert "      blamed Deployment/tickets/web, wanted Deployment/tickets/orders" in below


def test_two_versions_of_the_prompts_are_compared(tmp_path: Path) -> None:
    pages = built_in().pages
    misled = Prompts({**pages, "diagnostician": f"{pages['diagnostician']}\nBlame the web."})
    Versions(state_folder() / "prompts").keep(misled)
    wrong = {**concluded(evidence=["{{first_evidence}}"]), "if_system": "Blame the web"}
    scripts = {"wrong-image-tag": [wrong, *agreeing()]}
    path = tmp_path / "script.yaml"
    path.write_text(json.dumps(scripts), encoding="utf-8")
    compare = ["--script", str(path), "--compare", "built-in", misled.version]
    done = sre("eval", SUITE, *only("wrong-image-tag"), *compare, "--json")
    assert done.code == 1, done.err
    usual, other = done.json["compared"]
    assert (usual["with"], other["with"]) == ("built-in", misled.version)
    assert (usual["right"]["part"], other["right"]["part"]) == (1, 0)


def test_a_model_is_summed_up_with_what_it_took(script: str) -> None:
    named = ["--script", script, "--model", "openai/gpt-4o"]
    done = sre("eval", SUITE, *only("scaled-to-zero"), *named)
    assert done.code == 0, done.out + done.err
    (model,) = [line for line in done.out.splitlines() if line.startswith("model ")]
    assert model.startswith("model        openai/gpt-4o, 1 answers, ")
    assert " tokens, USD 0.0" in model
    assert "invented     nothing" in done.out


def test_no_model_takes_part_that_was_not_named() -> None:
    nowhere = {"SRE_MODEL": "openai/elsewhere", "OPENAI_API_KEY": secrets.token_hex(16)}
    done = sre("eval", SUITE, *only("scaled-to-zero"), "--json", env=nowhere)
    assert done.code == 0, done.err
    assert done.json["with"] == "rules"
    assert done.json["answers"] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(
            ["--compare", "abc", "def"], "prompts 'abc' are tried with a model", id="no-model"
        ),
        pytest.param(
            ["--compare", "rules", "rules"], "'rules' is compared with itself", id="the-same"
        ),
        pytest.param(
            ["--model", "openai/x", "--compare", "built-in", "abc"],
            "no version 'abc'",
            id="unknown-version",
        ),
        pytest.param(["--script", "nowhere.yaml"], "cannot read the script", id="no-script"),
    ],
)
def test_a_wrong_wish_is_told_before_anything_is_played(arguments: list[str], told: str) -> None:
    done = sre("eval", SUITE, *only("scaled-to-zero"), *arguments)
    assert done.code != 0
    assert told in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        pytest.param("- text: hello", [], "must hold a mapping", id="no-mapping"),
        pytest.param("misspelt: [{text: hello}]", [], "no incident 'misspelt'", id="no-incident"),
        pytest.param("default: [{txt: hello}]", [], "unknown key 'txt'", id="no-script"),
        pytest.param(
            "default: [{text: hello}]",
            ["--model", "anthropic/x"],
            "a scripted model cannot be 'anthropic/x'",
            id="another-protocol",
        ),
    ],
)
def test_a_script_that_cannot_be_played_is_told(
    tmp_path: Path, text: str, more: list[str], told: str
) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    done = sre("eval", SUITE, "--script", str(path), *more)
    assert done.code != 0
    assert told in done.err
