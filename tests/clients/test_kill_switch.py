"""One command, a file or a variable stops all changes; what cannot be read stops them too."""

from pathlib import Path

import pytest
from tests.journal.samples import FakeClock

from sreagent.clients.kill_switch import HALT, FileKillSwitch
from sreagent.domain.errors import SreError


def switch(root: Path, *, shared: str = "", wish: str = "") -> FileKillSwitch:
    return FileKillSwitch(root=root, shared=shared, wish=lambda: wish)


def test_nothing_is_stopped_until_somebody_says_so(tmp_path: Path) -> None:
    assert switch(tmp_path).reason() == ""


def test_a_halt_tells_why_and_who_until_it_is_lifted(tmp_path: Path) -> None:
    one = switch(tmp_path / "state")
    one.halt("failover under way", "oncall", FakeClock())
    another = switch(tmp_path / "state")
    assert "failover under way" in another.reason()
    assert "(oncall, 2026-11-21 01:05:01 UTC)" in another.reason()
    assert another.lift()
    assert one.reason() == ""
    assert not one.lift()


def test_the_environment_stops_changes(tmp_path: Path) -> None:
    assert "SRE_HALT" in switch(tmp_path, wish="1").reason()


@pytest.mark.parametrize(
    ("said", "halted"),
    [("go", False), ("go\n", False), ("", True), ("GO", True), ("stop: audit\n", True)],
    ids=["go", "go-and-a-line-feed", "empty", "capitals", "a-reason"],
)
def test_a_shared_file_has_to_say_go(tmp_path: Path, said: str, halted: bool) -> None:
    shared = tmp_path / "shared"
    shared.write_text(said)
    assert bool(switch(tmp_path, shared=str(shared)).reason()) is halted


def test_a_shared_file_that_is_missing_is_no_permission(tmp_path: Path) -> None:
    with pytest.raises(SreError, match="kill switch"):
        switch(tmp_path, shared=str(tmp_path / "gone")).reason()


def test_a_switch_that_cannot_be_read_is_no_permission(tmp_path: Path) -> None:
    (tmp_path / HALT).mkdir()
    with pytest.raises(SreError, match="kill switch"):
        switch(tmp_path).reason()


@pytest.mark.parametrize(
    "content", [b"", b"x", b"{}", b"\xff", b"[]", b'{"at": 3, "by": "a", "reason": "b"}']
)
def test_whatever_lies_there_stops_changes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / HALT).write_bytes(content)
    assert switch(tmp_path).reason()
