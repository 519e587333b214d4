"""What the folder of an incident may say, and how a mistake in it is told."""

from pathlib import Path

import pytest
import yaml
from tests.docs.pages import ROOT

from sreagent.domain.errors import BadInput
from sreagent.evaluate.expectation import folders, read_expectation

SUITE = ROOT / "suites" / "incidents"
CHOSEN = folders(SUITE)


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("folder", CHOSEN, ids=lambda folder: folder.name)
def test_an_incident_of_the_suite_says_what_must_be_found(folder: Path) -> None:
    wanted = read_expectation(folder)
    assert wanted.alert
    assert wanted.category != "other"
    assert wanted.mentions or wanted.is_healthy
    assert not wanted.innocent & set(wanted.roots)
    assert yaml.safe_load((folder / "scenario.yaml").read_text(encoding="utf-8"))["root_cause"]


def test_the_suite_is_large_and_holds_healthy_and_double_incidents() -> None:
    wanted = [read_expectation(folder) for folder in CHOSEN]
    assert len(wanted) >= 40
    assert sum(each.is_healthy for each in wanted) >= 5
    assert sum(len(each.roots) > 1 for each in wanted) >= 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("title: [a", r"scenario\.yaml:\d+: ", id="no-yaml"),
        pytest.param("- a", r"scenario\.yaml:1: must hold a mapping", id="no-mapping"),
        pytest.param("title: x", "name a root_entity, or say negative: true", id="no-root"),
        pytest.param(
            "root_entity: Node/a\nnegative: true", "name a root_entity, or say", id="both"
        ),
        pytest.param("root_entity: web", "'web' is no Kind/namespace/name", id="path"),
        pytest.param(
            "root_entity: Node/a\nalso_accepted: web",
            "'web' is no Kind/namespace/name",
            id="accepted",
        ),
        pytest.param(
            "root_entity: Node/a\nmust_mention: [['(']]", "no regular expression", id="pattern"
        ),
    ],
)
def test_a_mistake_is_told_with_its_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        read_expectation(written(tmp_path / "x", text))


def test_what_belongs_to_the_cluster_may_be_written_with_an_empty_namespace(tmp_path: Path) -> None:
    text = "root_entity: Node//a\nalso_accepted: [Node//b]\nmust_not_blame: [Node//c, Pod/n/c]"
    wanted = read_expectation(written(tmp_path / "x", text))
    assert wanted.roots == ("Node/a",)
    assert wanted.also_accepted == {"Node/b"}
    assert wanted.innocent == {"Node/c", "Pod/n/c"}


def test_a_suite_may_be_one_incident_and_names_choose_among_many(tmp_path: Path) -> None:
    one = written(tmp_path / "one", "root_entity: Node/a")
    two = written(tmp_path / "two", "root_entity: Node/a")
    assert folders(tmp_path) == [one, two]
    assert folders(one) == [one]
    assert folders(tmp_path, ["two"]) == [two]
    with pytest.raises(BadInput, match="no incident 'three'"):
        folders(tmp_path, ["three"])
    with pytest.raises(BadInput, match="holds no incident"):
        folders(_empty(tmp_path))
    with pytest.raises(BadInput, match="there is no folder"):
        folders(tmp_path / "nowhere")


def _empty(place: Path) -> Path:
    folder = place / "empty"
    folder.mkdir()
    return folder
