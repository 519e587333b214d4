"""Git on this machine: a branch and a commit that leave the person's own work alone."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from sreagent.domain.errors import BadInput, Conflict, SreError, TimedOut
from sreagent.domain.text import one_line

SECONDS = 60
"""For one call of git."""
BRANCHES = "sre-drift/"
_QUIET = (
    # Nothing of the person's is run, and nothing asks for a passphrase.
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"),
    *("-c", "commit.gpgSign=false", "-c", "gc.auto=0", "-c", "core.quotePath=false"),
    *("-c", "protocol.ext.allow=never"),
)
_ELSEWHERE = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"),
    *("GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
_NO_AUTHOR = ("-c", "user.name=sreagent", "-c", "user.email=sreagent@localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit on a branch of its own."""

    branch: str
    id: str
    base: str
    """The commit it stands on."""
    existed: bool = False
    """The branch held just this already."""


class GitRepository:
    """A repository on disk. The working tree and the index of the person are never touched."""

    def __init__(self, folder: Path, *, program: str = "git") -> None:
        """Find the repository that a folder lies in.

        Raises:
            BadInput: Git is not installed, or the folder lies in no repository.
        """
        found = shutil.which(program)
        if not found:
            msg = "git is not installed"
            raise BadInput(msg, hint="install git, or take --fix patch and apply it by hand")
        if not folder.is_dir():
            msg = f"{str(folder)!r} is no folder"
            raise BadInput(msg)
        self._program = found
        self._folder = folder
        top = self._run("rev-parse", "--show-toplevel")
        self.top = Path(top.removesuffix("\n"))
        """The folder of its working tree."""
        self._folder = self.top

    def head(self) -> str:
        """The commit that is checked out.

        Raises:
            BadInput: There is no commit yet.
        """
        return self._commit_of("HEAD")

    def base(self, remote: str = "origin") -> str:
        """Where a change is to go: the default branch of a remote, else what is checked out.

        Raises:
            BadInput: Neither is known.
        """
        prefix = f"refs/remotes/{remote}/"
        name = self._points_to(f"{prefix}HEAD").removeprefix(prefix)
        if name := name or self._points_to("HEAD").removeprefix("refs/heads/"):
            return name
        msg = "which branch the change is for is not known: no branch is checked out"
        raise BadInput(msg, hint=f"try: git remote set-head {remote} --auto")

    def _points_to(self, name: str) -> str:
        """The branch that a name stands for; empty where it stands for none."""
        done = self._call("symbolic-ref", "--quiet", name)
        return done.stdout.decode("utf-8", "surrogateescape").strip() if not done.returncode else ""

    def changed_here(self, paths: list[str]) -> list[str]:
        """Those of some files that are not as the last commit has them."""
        if not paths:
            return []
        told = self._run(
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *paths
        )
        return [row[3:] for row in told.split("\0") if row]

    def remote_url(self, name: str = "origin") -> str:
        """Where a remote lies; empty without one."""
        done = self._call("config", "--get", "--", f"remote.{name}.url")
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""

    def commit(self, files: Mapping[str, bytes], *, day: date, digest: str, message: str) -> Commit:
        """Put files on the branch `sre-drift/<day>-<digest>`, from the commit checked out here.

        The same digest finds its branch again, whatever the day: nothing is committed twice.

        Args:
            files: Whole files by their path in the repository.
            day: For the name of a new branch.
            digest: What tells one change from another.
            message: Of the commit.

        Raises:
            Conflict: Files changed here since the last commit, or the branch holds something else.
            BadInput: A path leads out of the repository.
        """
        _check(files, digest)
        if changed := self.changed_here(sorted(files)):
            names = ", ".join(changed[:3])
            msg = f"{names} differs from the last commit, so a branch would lack your changes"
            raise Conflict(msg, hint="commit them, or take --fix patch")
        base = self.head()
        branch = self._branch_of(digest) or f"{BRANCHES}{day:%Y%m%d}-{digest}"
        blobs = {path: self._blob(path, text) for path, text in sorted(files.items())}
        if known := self._known(branch):
            if any(self._entry(known, path)[1] != blob for path, blob in blobs.items()):
                msg = f"branch {branch} holds something else for the same change"
                raise Conflict(msg, hint=f"look at it, then: git branch -D {branch}")
            return Commit(branch=branch, id=known, base=base, existed=True)
        made = self._made(self._tree(base, blobs), base, message)
        self._run("update-ref", "--no-deref", f"refs/heads/{branch}", made, "0" * len(made))
        return Commit(branch=branch, id=made, base=base)

    def push(self, branch: str, remote: str = "origin") -> None:
        """Send a branch of ours to a remote.

        Raises:
            Conflict: The remote refused it.
        """
        ref = f"refs/heads/{branch}"
        self._run("push", "--quiet", "--no-verify", "--", remote, f"{ref}:{ref}")

    def _branch_of(self, digest: str) -> str:
        """The branch that holds a change already."""
        told = self._run("for-each-ref", "--format=%(refname:short)", f"refs/heads/{BRANCHES}")
        fitting = [name for name in told.splitlines() if name.endswith(f"-{digest}")]
        return fitting[0] if fitting else ""

    def _known(self, branch: str) -> str:
        done = self._call("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def _blob(self, path: str, text: bytes) -> str:
        """Store a file as the repository keeps it, line ends and all."""
        return self._run("hash-object", "-w", "--stdin", f"--path={path}", given=text).strip()

    def _entry(self, commit: str, path: str) -> tuple[str, str]:
        """Mode and blob of a file in a commit; empty where it is not there."""
        told = self._run("ls-tree", "-z", commit, "--", path)
        mode, _, rest = told.partition("\t")[0].partition(" ")
        return mode, rest.rpartition(" ")[2]

    def _tree(self, base: str, blobs: Mapping[str, str]) -> str:
        """The tree of a commit with other files, made in an index of its own."""
        rows = [
            f"{self._mode(base, path)} {blob}\t{path}\0".encode("utf-8", "surrogateescape")
            for path, blob in blobs.items()
        ]
        with TemporaryDirectory(prefix="sreagent-git-") as folder:
            environment = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._run("read-tree", base, env=environment)
            self._run("update-index", "-z", "--index-info", given=b"".join(rows), env=environment)
            return self._run("write-tree", env=environment).strip()

    def _mode(self, base: str, path: str) -> str:
        mode = self._entry(base, path)[0]
        if mode and mode not in ("100644", "100755"):
            msg = f"{path!r} is no plain file in the repository"
            raise BadInput(msg)
        return mode or "100644"

    def _made(self, tree: str, parent: str, message: str) -> str:
        author = () if self._has_author() else _NO_AUTHOR
        return self._run(
            *author, "commit-tree", tree, "-p", parent, "-F", "-", given=message.encode()
        ).strip()

    def _has_author(self) -> bool:
        return all(
            self._call("config", "--get", name).returncode == 0
            for name in ("user.name", "user.email")
        )

    def _commit_of(self, name: str) -> str:
        done = self._call("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if done.returncode:
            msg = f"{str(self.top)!r} has no commit yet"
            raise BadInput(msg, hint="commit the code, or take --fix patch")
        return done.stdout.decode().strip()

    def _run(
        self, *arguments: str, given: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> str:
        done = self._call(*arguments, given=given, env=env)
        if done.returncode:
            verb = next((each for each in arguments if re.fullmatch(r"[a-z][a-z-]+", each)), "")
            told = one_line(done.stderr.decode("utf-8", "replace"))
            msg = f"git {verb} failed in {str(self._folder)!r}: {told or 'without a word'}"
            raise _error(told)(msg)
        return done.stdout.decode("utf-8", "surrogateescape")

    def _call(
        self, *arguments: str, given: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        command = [self._program, *_QUIET, *arguments]
        given_to_git = (f"{name}={value}" for name, value in _environment(env).items())
        # Git itself sets these for what it runs: a hook would have us write elsewhere.
        prepared = ["env", *(word for name in _ELSEWHERE for word in ("-u", name)), *given_to_git]
        try:
            return subprocess.run(  # noqa: S603 - arguments are words, none goes through a shell
                [*prepared, *command],
                cwd=self._folder,
                input=given if given is not None else b"",
                capture_output=True,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            msg = f"git took longer than {SECONDS} s in {str(self._folder)!r}"
            raise TimedOut(msg) from error


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_EDITOR": "false",
        "LC_ALL": "C",
        **(more or {}),
    }


def _error(told: str) -> type[SreError]:
    if "not a git repository" in told or "dubious ownership" in told:
        return BadInput
    return Conflict


def _check(files: Mapping[str, bytes], digest: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{4,64}", digest):
        msg = f"{digest!r} is no digest"
        raise BadInput(msg)
    for path in files:
        parts = path.split("/")
        if path.startswith("/") or {"", ".", ".."} & set(parts) or ".git" in map(str.lower, parts):
            msg = f"{path!r} leads out of the repository"
            raise BadInput(msg)
    if not files:
        msg = "nothing is changed, so there is nothing to commit"
        raise BadInput(msg)
