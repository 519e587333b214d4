"""States in files: one, a folder, a pattern; and what its lock says."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.drift.state.terraform import Terraform
from tests.nobody import nobody

from sreagent.clients.state_files import FileStates, StdinStates
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, Forbidden, NotFound
from sreagent.domain.state_spec import spec_of
from sreagent.domain.terraform import LARGEST, StateText

STATE = json.dumps({"version": 4, "serial": 1, "lineage": "a", "resources": []}).encode()
LOCK = {
    "ID": "a1b2",
    "Operation": "OperationTypeApply",
    "Who": "jo@laptop",
    "Version": "1.11.4",
    "Created": "2026-11-21T22:14:05.123456789Z",
    "Path": "terraform.tfstate",
}


def fetched(text: str) -> list[StateText | Trouble]:
    return list(FileStates().fetch(spec_of(text)))


def sources(text: str) -> list[str]:
    return [each.source for each in fetched(text) if isinstance(each, StateText)]


@pytest.fixture
def estate() -> list[str]:
    """Files in the working folder, some of which are states."""
    names = [
        "terraform.tfstate",
        "terraform.tfstate.backup",
        "terraform.tfstate.d/prod/terraform.tfstate",
        "terraform.tfstate.d/test/terraform.tfstate",
        "teams/a/net.tfstate",
        "teams/a/deep/er/net.tfstate",
        "teams/b/plain",
        ".terraform/terraform.tfstate",
    ]
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(STATE)
    Path("teams/b/empty.tfstate").touch()
    Path("teams/b/notes").write_text("no state", encoding="utf-8")
    return names


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("terraform.tfstate", ["terraform.tfstate"], id="one"),
        pytest.param("./terraform.tfstate", ["terraform.tfstate"], id="dot"),
        pytest.param(
            "terraform.tfstate.d",
            [
                "terraform.tfstate.d/prod/terraform.tfstate",
                "terraform.tfstate.d/test/terraform.tfstate",
            ],
            id="workspaces",
        ),
        pytest.param("teams/*/*.tfstate", ["teams/a/net.tfstate"], id="one-level"),
        pytest.param(
            "teams/**/*.tfstate",
            ["teams/a/net.tfstate", "teams/a/deep/er/net.tfstate"],
            id="all-levels",
        ),
        pytest.param("teams/b/*", ["teams/b/plain"], id="what-looks-like-a-state"),
        pytest.param(
            "terraform.tfstate.d/{prod,dev}/*",
            ["terraform.tfstate.d/prod/terraform.tfstate"],
            id="choice",
        ),
        pytest.param("t[a-f]ams/?/net.*", ["teams/a/net.tfstate"], id="letters"),
        pytest.param(
            ".",
            [
                "terraform.tfstate",
                "teams/a/net.tfstate",
                "teams/a/deep/er/net.tfstate",
                "terraform.tfstate.d/prod/terraform.tfstate",
                "terraform.tfstate.d/test/terraform.tfstate",
            ],
            id="here",
        ),
    ],
)
def test_a_path_a_folder_or_a_pattern_means_states(text: str, found: list[str]) -> None:
    assert sources(text) == found


@pytest.mark.usefixtures("estate")
def test_a_state_is_fetched_again_by_its_own_spec() -> None:
    for first in fetched("teams/**"):
        assert isinstance(first, StateText)
        assert first.spec
        assert list(FileStates().fetch(first.spec)) == [first]


@pytest.mark.usefixtures("estate")
def test_of_many_one_that_cannot_be_read_is_told_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sreagent.clients.state_many.LARGEST", len(STATE))
    Path("teams/a/net.tfstate").write_bytes(STATE + b" ")
    trouble, other = fetched("teams/**/net.tfstate")
    assert isinstance(trouble, Trouble)
    assert trouble.what == "teams/a/net.tfstate"
    assert "too large" in trouble.message
    assert isinstance(other, StateText)


def test_a_file_that_is_not_there_is_not_found() -> None:
    Path("other.tfstate").write_bytes(STATE)
    with pytest.raises(NotFound) as error:
        fetched("terraform.tfstate")
    assert "other.tfstate" in error.value.why
    with pytest.raises(NotFound, match="means no state"):
        fetched("*/none")


def test_a_file_that_may_not_be_read_is_forbidden() -> None:
    Path.cwd().chmod(0o755)
    for name, mode in (("x.tfstate", 0), ("open.tfstate", 0o644)):
        Path(name).write_bytes(STATE)
        Path(name).chmod(mode)
    with nobody():
        assert fetched("open.tfstate")
        with pytest.raises(Forbidden):
            fetched("x.tfstate")


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    with Path("huge.tfstate").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(BadInput, match="too large"):
        fetched("huge.tfstate")


HOLDER = """\
import fcntl, sys
with open("terraform.tfstate", "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def locked() -> Iterator[None]:
    """Lock the state as Terraform does, in another process."""
    Path("terraform.tfstate").write_bytes(STATE)
    Path(".terraform.tfstate.lock.info").write_text(json.dumps(LOCK), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        yield
        holder.communicate(b"\n")


@pytest.mark.usefixtures("locked")
def test_who_holds_the_lock_is_told_and_the_state_is_read_all_the_same() -> None:
    (text,) = fetched("terraform.tfstate")
    assert isinstance(text, StateText)
    assert text.body == STATE
    assert text.held
    assert (text.held.who, text.held.operation) == ("jo@laptop", "OperationTypeApply")
    assert text.held.since == datetime(2026, 11, 21, 22, 14, 5, 123456, UTC)
    assert Path(".terraform.tfstate.lock.info").exists()


@pytest.mark.usefixtures("locked")
def test_a_lock_that_says_nothing_is_held_by_somebody() -> None:
    Path(".terraform.tfstate.lock.info").write_bytes(b"")
    (text,) = fetched("terraform.tfstate")
    assert isinstance(text, StateText)
    assert text.held
    assert text.held.who == "somebody"


def test_a_lock_that_may_not_be_read_is_unknown() -> None:
    Path.cwd().chmod(0o755)
    Path("terraform.tfstate").write_bytes(STATE)
    Path("terraform.tfstate").chmod(0o644)
    Path(".terraform.tfstate.lock.info").touch(mode=0)
    with nobody():
        (text,) = fetched("terraform.tfstate")
    assert isinstance(text, StateText)
    assert text.held is None
    assert "permission denied" in text.lock_unknown


def test_a_lock_that_was_left_behind_is_held_by_nobody() -> None:
    Path("terraform.tfstate").write_bytes(STATE)
    Path(".terraform.tfstate.lock.info").write_text(json.dumps(LOCK), encoding="utf-8")
    (text,) = fetched("terraform.tfstate")
    assert isinstance(text, StateText)
    assert text.held is None


def test_the_text_of_a_state_never_shows_what_is_in_it() -> None:
    Path("terraform.tfstate").write_bytes(STATE)
    assert "lineage" not in repr(fetched("terraform.tfstate"))


def test_a_state_comes_through_standard_input() -> None:
    (text,) = StdinStates(io.BytesIO(STATE)).fetch(spec_of("-"))
    assert isinstance(text, StateText)
    assert (text.source, text.body, text.held) == ("stdin", STATE, None)
    assert text.lock_unknown


def test_a_terminal_hands_no_state_over() -> None:
    class Terminal(io.BytesIO):
        def isatty(self) -> bool:
            return True

    with pytest.raises(BadInput, match="standard input") as error:
        list(StdinStates(Terminal()).fetch(spec_of("-")))
    assert "state pull" in error.value.hint


def test_a_lock_that_terraform_holds_is_told_and_left_alone(tmp_path: Path) -> None:
    terraform = Terraform(tmp_path)
    terraform.write(
        "main.tf",
        'resource "terraform_data" "slow" {\n  provisioner "local-exec" {\n'
        '    command = "touch started; while [ ! -e go ]; do sleep 0.05; done"\n  }\n}\n',
    )
    terraform.run("init")
    applying = terraform.start("apply", "-auto-approve")
    try:
        while not (tmp_path / "started").exists():
            assert applying.poll() is None
            time.sleep(0.05)
        (text,) = fetched(str(tmp_path / "terraform.tfstate"))
    finally:
        terraform.write("go", "")
        applying.wait(30)
    assert applying.returncode == 0
    assert isinstance(text, StateText)
    assert text.held
    assert text.held.operation == "OperationTypeApply"
    assert "@" in text.held.who
    assert text.held.since
    (after,) = fetched(str(tmp_path / "terraform.tfstate"))
    assert isinstance(after, StateText)
    assert after.held is None


def test_a_state_comes_through_a_pipe_of_the_shell() -> None:
    os.mkfifo("pipe")
    with subprocess.Popen(["sh", "-c", "printf %s '{\"version\": 4}' > pipe"]):
        (text,) = fetched("pipe")
    assert isinstance(text, StateText)
    assert text.body == b'{"version": 4}'
