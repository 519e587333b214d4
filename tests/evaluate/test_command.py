"""`sre eval` as a person and as CI run it."""

import shutil
from pathlib import Path

import pytest
from tests.docs.pages import ROOT
from tests.programs import sre

SUITE = ROOT / "suites" / "incidents"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Two incidents of the suite, one of them with a wrong answer to be found."""
    for name in ("wrong-image-tag", "only-the-watchdog"):
        shutil.copytree(SUITE / name, tmp_path / "suite" / name)
    return tmp_path / "suite"


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_suite_is_played_and_summed_up_within_80_columns(suite: Path) -> None:
    done = sre("eval", str(suite))
    assert done.code == 0, done.out + done.err
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert "\x1b" not in done.out
    lines = done.out.splitlines()
    assert [line.split()[1] for line in lines[1:3]] == ["right", "right"]
    assert "right        2 of 2 (100%), at least 85% wanted" in lines
    assert "healthy      1 of 1 without an invented cause" in lines
    assert "calibration  Brier score" in done.out


def test_it_fails_below_the_threshold_and_says_what_was_wrong(suite: Path) -> None:
    spoil(
        suite / "wrong-image-tag" / "scenario.yaml",
        "root_entity: Deployment/tickets/orders",
        "root_entity: Deployment/tickets/web",
    )
    done = sre("eval", str(suite), "--min-right", "0.9")
    assert done.code == 1
    assert "blamed Deployment/tickets/orders, wanted Deployment/tickets/web" in done.out
    assert sre("eval", str(suite), "--min-right", "0.5").code == 0


def test_a_broken_incident_is_named_with_file_and_line_and_the_rest_goes_on(suite: Path) -> None:
    broken = suite / "wrong-image-tag" / "behaviour.yaml"
    spoil(broken, "memory_mib: 60", "memory: 60")
    told = sre("eval", str(suite), "--json").json
    by_name = {each["name"]: each for each in told["incidents"]}
    assert "behaviour.yaml:" in by_name["wrong-image-tag"]["error"]
    assert "unknown key 'memory' of a program" in by_name["wrong-image-tag"]["error"]
    assert by_name["only-the-watchdog"]["right"]
    assert told["right"] == {"part": 1, "whole": 2}


def test_the_old_api_is_played_too(suite: Path) -> None:
    done = sre("eval", str(suite), "--kubernetes", "v1.20", "--json")
    assert done.code == 0, done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["nowhere"], "there is no folder 'nowhere'", id="no-folder"),
        pytest.param(["--only", "nothing"], "no incident 'nothing'", id="no-such-incident"),
        pytest.param(["--kubernetes", "v1.2"], "no Kubernetes 'v1.2' can be played", id="version"),
    ],
)
def test_a_wrong_argument_is_told(suite: Path, arguments: list[str], told: str) -> None:
    place = [] if arguments == ["nowhere"] else [str(suite)]
    done = sre("eval", *place, *arguments)
    assert done.code != 0
    assert told in done.err
