"""Answers from another terminal arrive once, from whom they are, and not late."""

from dataclasses import replace
from pathlib import Path

import pytest

from sreagent.domain.record import Answer
from sreagent.journal.mailbox import ANSWERS, Letter, drop, post, take, withdraw
from sreagent.journal.shelf import folder_of

INCIDENT = "INC-20261121-7f3a"
YES = Letter(action="A1", answer=Answer.RUN, digest="d", by="oncall", how="sre approve")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = folder_of(tmp_path, INCIDENT)
    place.mkdir(parents=True)
    return place


def test_an_answer_is_taken_once(tmp_path: Path, folder: Path) -> None:
    post(tmp_path, INCIDENT, YES)
    letter = take(folder, "A1")
    assert letter is not None
    assert (letter.answer, letter.digest, letter.how) == (Answer.RUN, "d", "sre approve")
    assert take(folder, "A1") is None


def test_the_last_answer_counts_and_one_for_another_action_is_none(
    tmp_path: Path, folder: Path
) -> None:
    post(tmp_path, INCIDENT, YES)
    post(tmp_path, INCIDENT, replace(YES, answer=Answer.REJECT))
    assert take(folder, "A2") is None
    letter = take(folder, "A1")
    assert letter is not None
    assert letter.answer is Answer.REJECT


def test_what_was_left_for_an_earlier_run_is_forgotten(tmp_path: Path, folder: Path) -> None:
    post(tmp_path, INCIDENT, YES)
    drop(folder)
    assert take(folder, "A1") is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"answer": "maybe"}'])
def test_what_cannot_be_understood_is_no_answer(folder: Path, content: bytes) -> None:
    (folder / ANSWERS).mkdir()
    (folder / ANSWERS / "A1.json").write_bytes(content)
    assert take(folder, "A1") is None
    assert take(folder, "A1") is None


def test_an_answer_that_nobody_took_can_be_taken_back(tmp_path: Path, folder: Path) -> None:
    post(tmp_path, INCIDENT, YES)
    assert withdraw(tmp_path, INCIDENT, "A1")
    assert take(folder, "A1") is None
    post(tmp_path, INCIDENT, YES)
    take(folder, "A1")
    assert not withdraw(tmp_path, INCIDENT, "A1")
