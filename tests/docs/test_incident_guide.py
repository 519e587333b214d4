"""The incident of the guide can be made by following it to the letter."""

import re
from pathlib import Path

import pytest
from tests.docs.pages import ROOT
from tests.programs import sre

GUIDE = (ROOT / "docs" / "guides" / "write-an-incident.md").read_text(encoding="utf-8")
FILES = re.findall(r"^`([\w./]+)`[^`]*?:\n\n```\w+\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    folder = tmp_path / "loan-days"
    for name, text in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_the_guide_shows_every_file_of_an_incident() -> None:
    assert sorted(name for name, _ in FILES) == [
        "alerts.json",
        "behaviour.yaml",
        "changes/loans.yaml",
        "manifests/library.yaml",
        "scenario.yaml",
    ]


def test_the_incident_of_the_guide_is_played_and_its_cause_found(followed: Path) -> None:
    done = sre("eval", str(followed), "--json")
    assert done.code == 0, done.out
    (score,) = done.json["incidents"]
    assert score["error"] == ""
    assert score["right"], score["wrong"]
    assert score["blamed"] == ["Deployment/library/loans"]
