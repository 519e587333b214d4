"""Every attempt counts, for all processes, and what cannot be counted does not run."""

import multiprocessing
from pathlib import Path

import pytest
from tests.journal.samples import FakeClock

from sreagent.clients.clock import SystemClock
from sreagent.domain.attempt import Attempt
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Denied, SreError
from sreagent.journal.ledger import ATTEMPTS, FileLedger

CART = Entity(kind="Deployment", namespace="shop", name="cart")


def attempt(clock: SystemClock | FakeClock, action: str = "A1") -> Attempt:
    return Attempt(
        at=clock.now(), incident="INC-20261121-7f3a", action=action, verb="scale", target=CART
    )


def let(_: tuple[Attempt, ...]) -> None:
    return None


def test_what_was_counted_is_read_back(tmp_path: Path) -> None:
    clock = FakeClock()
    ledger = FileLedger(tmp_path, clock)
    assert ledger.attempts() == ()
    first, second = attempt(clock), attempt(clock, "A2")
    ledger.reserve(first, let)
    ledger.reserve(second, let)
    assert ledger.attempts() == (first, second)


def test_a_check_sees_all_others_and_its_no_is_not_counted(tmp_path: Path) -> None:
    clock = FakeClock()
    ledger = FileLedger(tmp_path, clock)
    ledger.reserve(attempt(clock), let)

    def refuse(others: tuple[Attempt, ...]) -> None:
        msg = f"{len(others)} already"
        raise Denied(msg)

    with pytest.raises(Denied, match="1 already"):
        ledger.reserve(attempt(clock, "A2"), refuse)
    assert len(ledger.attempts()) == 1


def _count_up(root: Path, tries: int) -> None:
    clock = SystemClock()
    ledger = FileLedger(root, clock)

    def at_most_ten(others: tuple[Attempt, ...]) -> None:
        if len(others) >= 10:
            msg = "enough"
            raise Denied(msg)

    for _ in range(tries):
        try:
            ledger.reserve(attempt(clock), at_most_ten)
        except Denied:
            return


def test_processes_that_count_at_the_same_time_share_one_limit(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count_up, args=(tmp_path, 8)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert len(FileLedger(tmp_path, SystemClock()).attempts()) == 10


def test_a_line_that_a_crash_cut_short_does_not_count_and_is_overwritten(tmp_path: Path) -> None:
    clock = FakeClock()
    ledger = FileLedger(tmp_path, clock)
    ledger.reserve(attempt(clock), let)
    with (tmp_path / ATTEMPTS).open("ab") as file:
        file.write(b'{"action":"A2","at":"20')
    assert len(ledger.attempts()) == 1
    ledger.reserve(attempt(clock, "A3"), let)
    assert [one.action for one in ledger.attempts()] == ["A1", "A3"]


@pytest.mark.parametrize(
    "line",
    [b"{}", b"not json", b'{"action":1}', b"[]", b"\xff\xfe", b""],
    ids=["no-fields", "no-json", "some-fields", "a-list", "no-text", "empty-line"],
)
def test_a_ledger_that_cannot_be_understood_stops_changes(tmp_path: Path, line: bytes) -> None:
    clock = FakeClock()
    ledger = FileLedger(tmp_path, clock)
    ledger.reserve(attempt(clock), let)
    with (tmp_path / ATTEMPTS).open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(SreError, match="line 2"):
        ledger.attempts()
    with pytest.raises(SreError, match="line 2"):
        ledger.reserve(attempt(clock, "A2"), let)


def test_a_ledger_that_cannot_be_opened_stops_changes(tmp_path: Path) -> None:
    (tmp_path / ATTEMPTS).mkdir()
    with pytest.raises(SreError, match="ledger"):
        FileLedger(tmp_path, FakeClock()).attempts()


def test_a_lock_that_is_never_given_back_is_told(tmp_path: Path) -> None:
    clock = FakeClock()
    ledger = FileLedger(tmp_path, clock)

    def again(others: tuple[Attempt, ...]) -> None:
        del others
        FileLedger(tmp_path, clock).attempts()

    with pytest.raises(SreError, match="another process"):
        ledger.reserve(attempt(clock), again)
