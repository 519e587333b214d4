"""A branch and a commit are made, and the person's own work stays as it was."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from sreagent.clients.git import GitRepository
from sreagent.domain.errors import BadInput, Conflict, SreError

DAY = date(2026, 11, 21)
DIGEST = "0123abcd"
BRANCH = "sre-drift/20261121-0123abcd"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Jo", "-c", "user.email=jo@example.com")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository with one commit, something staged and something not yet."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text("a = 1\n", encoding="utf-8")
    (tmp_path / "run.sh").write_text("echo\n", encoding="utf-8")
    (tmp_path / "run.sh").chmod(0o755)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    (tmp_path / "staged.txt").write_text("staged", encoding="utf-8")
    git(tmp_path, "add", "staged.txt")
    (tmp_path / "run.sh").write_text("echo mine\n", encoding="utf-8")
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")
    return tmp_path


def put(place: Path, files: dict[str, bytes], **said: object) -> str:
    usual = {"day": DAY, "digest": DIGEST, "message": "drift\n\nbody"}
    made = GitRepository(place).commit(files, **{**usual, **said})  # type: ignore[arg-type]
    return made.branch


def test_a_commit_stands_on_a_branch_of_its_own(place: Path) -> None:
    files = {"infra/main.tf": b"a = 2\n", "infra/new.tf": b"b = 1\n"}
    assert put(place, files) == BRANCH
    assert git(place, "show", f"{BRANCH}:infra/main.tf") == "a = 2\n"
    shown = git(place, "diff", "--name-status", "main", BRANCH)
    assert shown.split() == ["M", "infra/main.tf", "A", "infra/new.tf"]
    assert git(place, "log", "--format=%s|%b", "-1", BRANCH).strip() == "drift|body"


def test_what_the_person_works_on_stays_as_it_was(place: Path) -> None:
    before = (git(place, "status", "--porcelain"), (place / ".git" / "index").read_bytes())
    put(place, {"infra/main.tf": b"a = 2\n"})
    assert (git(place, "status", "--porcelain"), (place / ".git" / "index").read_bytes()) == before
    assert git(place, "branch", "--show-current").strip() == "main"
    assert (place / "infra" / "main.tf").read_text(encoding="utf-8") == "a = 1\n"
    assert (place / "run.sh").read_text(encoding="utf-8") == "echo mine\n"
    assert len(git(place, "worktree", "list").splitlines()) == 1


def test_the_same_change_is_committed_once_whatever_the_day(place: Path) -> None:
    files = {"infra/main.tf": b"a = 2\n"}
    first = put(place, files)
    again = GitRepository(place).commit(
        files, day=date(2026, 12, 1), digest=DIGEST, message="drift"
    )
    assert (again.branch, again.existed) == (first, True)
    assert git(place, "rev-list", "--count", f"main..{BRANCH}").strip() == "1"


def test_a_branch_that_somebody_changed_is_left_alone(place: Path) -> None:
    put(place, {"infra/main.tf": b"a = 2\n"})
    with pytest.raises(Conflict, match="holds something else"):
        put(place, {"infra/main.tf": b"a = 3\n"})


def test_a_file_that_differs_from_the_last_commit_is_not_committed(place: Path) -> None:
    with pytest.raises(Conflict, match=r"run\.sh differs from the last commit"):
        put(place, {"run.sh": b"echo drift\n"})


def test_the_mode_of_a_file_is_kept(place: Path) -> None:
    git(place, "checkout", "--", "run.sh")
    put(place, {"run.sh": b"echo drift\n"})
    assert git(place, "ls-tree", BRANCH, "run.sh").startswith("100755")


@pytest.mark.parametrize(
    "name", ["-rf.tf", "--help", ":(top)x.tf", "*.tf", "grö ße\t.tf", 'q"o.tf']
)
def test_odd_names_are_only_names(place: Path, name: str) -> None:
    put(place, {name: b"a = 2\n"})
    listed = git(place, "ls-tree", "-z", "--name-only", BRANCH)
    assert name in listed.split("\0")


def test_no_hook_runs_and_no_editor_opens(place: Path) -> None:
    for name in (
        "pre-commit",
        "commit-msg",
        "post-commit",
        "post-checkout",
        "reference-transaction",
    ):
        hook = place / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {place}/ran\nexit 1\n", encoding="utf-8")
        hook.chmod(0o755)
    put(place, {"infra/main.tf": b"a = 2\n"})
    assert git(place, "show", f"{BRANCH}:infra/main.tf") == "a = 2\n"
    assert not (place / "ran").exists()


def test_a_variable_of_git_does_not_lead_elsewhere(
    place: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    put(place, {"infra/main.tf": b"a = 2\n"})
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert git(place, "rev-parse", BRANCH)
    assert not (other / "index").exists()


def test_line_ends_are_kept_as_the_repository_keeps_them(place: Path) -> None:
    git(place, "config", "core.autocrlf", "true")
    put(place, {"infra/main.tf": b"a = 2\r\n"})
    shown = subprocess.run(
        ["git", "cat-file", "blob", f"{BRANCH}:infra/main.tf"],
        cwd=place,
        check=True,
        capture_output=True,
    )
    assert shown.stdout == b"a = 2\n"


def test_a_change_goes_to_the_default_branch_of_the_remote_whatever_is_checked_out(
    place: Path,
) -> None:
    git(place, "checkout", "--quiet", "-b", "feature/x")
    repository = GitRepository(place / "infra")
    assert (repository.remote_url(), repository.base()) == ("", "feature/x")
    git(place, "update-ref", "refs/remotes/origin/trunk/a", "HEAD")
    git(place, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk/a")
    assert repository.base() == "trunk/a"
    git(place, "checkout", "--quiet", "--detach")
    assert repository.base() == "trunk/a"


def test_where_no_branch_tells_where_a_change_goes_it_says_so(place: Path) -> None:
    git(place, "checkout", "--quiet", "--detach")
    with pytest.raises(BadInput, match="not known") as error:
        GitRepository(place).base()
    assert "set-head origin" in error.value.hint


def test_a_branch_is_sent_to_a_remote(
    place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    remote = tmp_path_factory.mktemp("remote")
    git(remote, "init", "--quiet", "--bare")
    git(place, "remote", "add", "origin", str(remote))
    branch = put(place, {"infra/main.tf": b"a = 2\n"})
    GitRepository(place).push(branch)
    assert git(remote, "rev-parse", branch) == git(place, "rev-parse", branch)


@pytest.mark.parametrize(
    "name", ["../x.tf", "/etc/x", ".git/config", "a/.GIT/hooks/x", "a//b", "./a", ""]
)
def test_no_path_leads_out_of_the_repository(place: Path, name: str) -> None:
    with pytest.raises(BadInput, match="leads out"):
        put(place, {name: b"x"})


def test_a_link_is_not_written_through(place: Path) -> None:
    (place / "link.tf").symlink_to("infra/main.tf")
    git(place, "add", "link.tf")
    git(place, "commit", "--quiet", "-m", "link", "--", "link.tf")
    with pytest.raises(BadInput, match="no plain file"):
        put(place, {"link.tf": b"x"})


def test_without_git_it_says_so(place: Path) -> None:
    with pytest.raises(BadInput, match="git is not installed"):
        GitRepository(place, program="no-such-git")


def test_a_folder_in_no_repository_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(BadInput, match="not a git repository"):
        GitRepository(tmp_path_factory.mktemp("plain"))


def test_a_repository_without_a_commit_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    fresh = tmp_path_factory.mktemp("fresh")
    git(fresh, "init", "--quiet")
    with pytest.raises(SreError, match="no commit yet"):
        put(fresh, {"a.tf": b"x"})
