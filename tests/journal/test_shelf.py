"""Journals are found by what a person types, and listed even when they are broken."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.journal.samples import ALERT, DIAGNOSIS, OPENED, START, FakeClock, as_it_is, records

from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import BadInput, NotFound, SreError
from sreagent.domain.record import Resumed
from sreagent.journal.shelf import incident, incidents, resolve
from sreagent.journal.store import Journal


def write(root: Path, *, days: int = 0, seconds: int = 0, whole: bool = False) -> str:
    clock = FakeClock(START + timedelta(days=days, seconds=seconds))
    with Journal.create(root, clock, redact=as_it_is) as journal:
        journal.append_all([OPENED])
        if whole:
            for record in records()[1:]:
                journal.append(record)
    return journal.id


def named(root: Path, *names: str) -> None:
    for name in names:
        (root / "incidents" / name).mkdir(parents=True)


def test_an_incident_is_rebuilt_from_its_journal(tmp_path: Path) -> None:
    name = write(tmp_path, whole=True)
    found = incident(tmp_path, name)
    assert found.id == name
    assert found.opened.alert == ALERT
    assert found.diagnosis == DIAGNOSIS
    assert found.outcome is Outcome.FIXED
    assert len(found.entries) == len(records())


def test_incidents_are_listed_newest_first(tmp_path: Path) -> None:
    middle = write(tmp_path, seconds=60, whole=True)
    oldest = write(tmp_path, days=-1)
    newest = write(tmp_path, seconds=3600)
    assert [one.id for one in incidents(tmp_path)] == [newest, middle, oldest]


def test_a_summary_tells_the_alert_the_cause_and_the_outcome(tmp_path: Path) -> None:
    write(tmp_path, whole=True)
    (one,) = incidents(tmp_path)
    assert (one.alert, one.severity, one.namespace) == ("KubePodCrashLooping", "warning", "shop")
    assert one.root_cause == DIAGNOSIS.root_cause
    assert one.outcome is Outcome.FIXED
    assert one.closed_at is not None
    assert one.trouble == ""


def test_an_incident_that_was_resumed_is_listed_as_open_again(tmp_path: Path) -> None:
    name = write(tmp_path, whole=True)
    with Journal.open(tmp_path, name, FakeClock(), redact=as_it_is) as journal:
        journal.append(Resumed())
    (one,) = incidents(tmp_path)
    assert one.outcome is Outcome.OPEN
    assert one.closed_at is None


def test_a_broken_journal_is_listed_with_its_trouble(tmp_path: Path) -> None:
    name = write(tmp_path, whole=True)
    path = tmp_path / "incidents" / name / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"31 objects", b"30 objects"))
    (one,) = incidents(tmp_path)
    assert one.id == name
    assert "line 3 " in one.trouble
    assert one.alert == "KubePodCrashLooping"


def test_a_folder_without_a_journal_is_listed_with_its_trouble(tmp_path: Path) -> None:
    named(tmp_path, "INC-20261121-7f3a")
    (one,) = incidents(tmp_path)
    assert "missing" in one.trouble


def test_without_a_state_folder_there_are_no_incidents(tmp_path: Path) -> None:
    assert incidents(tmp_path / "nowhere") == ()


def test_a_state_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "incidents").write_text("", encoding="utf-8")
    with pytest.raises(SreError, match="cannot read"):
        incidents(tmp_path)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("INC-20261121-7f3a", "INC-20261121-7f3a", id="whole"),
        pytest.param("inc-20261121-7F3A", "INC-20261121-7f3a", id="in-other-letters"),
        pytest.param("7f3a", "INC-20261121-7f3a", id="its-end"),
        pytest.param("INC-20261120", "INC-20261120-1c2d", id="its-beginning"),
    ],
)
def test_an_id_may_be_short(tmp_path: Path, text: str, meant: str) -> None:
    named(tmp_path, "INC-20261121-7f3a", "INC-20261121-7f3b", "INC-20261120-1c2d")
    assert resolve(tmp_path, text) == meant


def test_a_short_id_that_fits_several_is_refused_with_their_names(tmp_path: Path) -> None:
    named(tmp_path, "INC-20261121-7f3a", "INC-20261121-7f3b")
    with pytest.raises(BadInput) as caught:
        resolve(tmp_path, "INC-20261121")
    assert "INC-20261121-7f3a, INC-20261121-7f3b" in caught.value.why


@pytest.mark.parametrize(
    ("text", "near"),
    [
        pytest.param("INC-20261121-7f3c", "INC-20261121-7f3a", id="one-letter-off"),
        pytest.param("nothing", "none with this id", id="far-off"),
        pytest.param("", "none with this id", id="empty"),
        pytest.param("../../etc", "none with this id", id="a-path"),
    ],
)
def test_an_unknown_id_is_told_with_what_is_near(tmp_path: Path, text: str, near: str) -> None:
    named(tmp_path, "INC-20261121-7f3a")
    with pytest.raises(NotFound) as caught:
        resolve(tmp_path, text)
    assert near in caught.value.why
    assert caught.value.hint == "sre incidents list"


def test_last_is_the_incident_that_was_opened_last(tmp_path: Path) -> None:
    write(tmp_path, days=-1)
    last = write(tmp_path, seconds=60)
    write(tmp_path, seconds=30)
    assert resolve(tmp_path, "last") == last


def test_last_of_none_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nor any other yet") as caught:
        resolve(tmp_path, "last")
    assert caught.value.hint == "try: sre investigate ALERT"
