"""Terraform code on disk, and the `terraform` program for checking it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sreagent.clients.state_code import ENDINGS
from sreagent.domain.errors import BadInput, Forbidden, NotFound, SreError
from sreagent.domain.text import one_line

LARGEST = 4_000_000
"""Bytes of one file; nobody writes more by hand."""
MOST = 20_000
"""Files."""
SECONDS = 30
_ENDINGS = (*ENDINGS, ".tfvars", ".tfvars.json")
_SKIPPED = frozenset({".git", ".terraform", "node_modules", ".terragrunt-cache", ".venv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeOnDisk:
    """The files of a repository, for `drift.mend.code.Code`."""

    files: Mapping[str, bytes]
    """By path from the top."""
    root: str
    """The root module as it is named from the top; empty for the top itself."""
    skipped: tuple[str, ...] = field(default=())
    """What was not read, and why."""


def read_code(folder: Path, top: Path | None = None) -> CodeOnDisk:
    """Read all code below a folder; links that lead out of it are not followed.

    Args:
        folder: The root module.
        top: The folder of the repository, where modules beside the root may lie; None for `folder`.

    Raises:
        BadInput: The folder is none, or lies outside of the top.
        NotFound: It holds no code.
        Forbidden: Whether it holds code cannot be told.
    """
    here = (top or folder).resolve()
    if not folder.is_dir():
        msg = f"{str(folder)!r} is no folder"
        raise BadInput(msg)
    if not folder.resolve().is_relative_to(here):
        msg = f"{str(folder)!r} does not lie in {str(here)!r}"
        raise BadInput(msg)
    root = folder.resolve().relative_to(here).as_posix()
    root = "" if root == "." else root
    files, skipped = _below(here)
    if not any(_is_in(name, root) for name in files):
        raise _without_code(
            folder, [why for name, why in skipped if name == root or _is_in(name, root)]
        )
    return CodeOnDisk(
        files=files, root=root, skipped=tuple(f"{name or '.'}: {why}" for name, why in skipped)
    )


def _below(top: Path) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """The files of code in all folders, and what was not read with the reason."""
    files: dict[str, bytes] = {}
    skipped: list[tuple[str, str]] = []
    closed: list[OSError] = []
    for path in _found(top, closed):
        name = path.relative_to(top).as_posix()
        try:
            if why := _why_not(path, top, len(files)):
                skipped.append((name, why))
            else:
                files[name] = path.read_bytes()
        except OSError as error:
            skipped.append((name, _said(error)))
    for one in closed:
        name = Path(one.filename).relative_to(top).as_posix()
        skipped.append(("" if name == "." else name, _said(one)))
    return files, skipped


def _without_code(folder: Path, whys: list[str]) -> SreError:
    if whys:
        msg = f"no *.tf file in {str(folder)!r} could be read"
        return Forbidden(msg, why=one_line("; ".join(whys)))
    msg = f"{str(folder)!r} holds no *.tf files"
    return NotFound(msg, hint="name the folder of the code: --code FOLDER")


def _said(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _found(top: Path, closed: list[OSError]) -> Iterator[Path]:
    for folder, inside, names in os.walk(top, onerror=closed.append):
        inside[:] = sorted(set(inside) - _SKIPPED)
        yield from (Path(folder) / name for name in sorted(names) if name.endswith(_ENDINGS))


def _why_not(path: Path, top: Path, count: int) -> str:
    if not path.resolve().is_relative_to(top):
        return "a link that leads elsewhere"
    if not path.is_file():
        return "no file"
    if path.stat().st_size > LARGEST:
        return f"more than {LARGEST} bytes"
    return f"more than {MOST} files" if count >= MOST else ""


def _is_in(name: str, root: str) -> bool:
    return name.rpartition("/")[0] == root and name.endswith(ENDINGS)


def unformatted(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[str, ...] | None:
    """Files that `terraform fmt` accepted before and would change now.

    Args:
        before: Whole files, by name.
        after: Those that changed or are new.

    Returns:
        Their names; None where terraform is not installed or did not answer.
    """
    program = shutil.which("terraform") or shutil.which("tofu")
    if not program:
        return None
    found: list[str] = []
    for name, text in after.items():
        if not name.endswith((".tf", ".tofu", ".tfvars")):
            continue
        try:
            was_tidy = name not in before or _is_formatted(program, before[name])
            if was_tidy and not _is_formatted(program, text):
                found.append(name)
        except (OSError, subprocess.TimeoutExpired):
            return None
    return tuple(found)


def _is_formatted(program: str, text: bytes) -> bool:
    """Whether the program would change nothing; what it cannot read is not formatted."""
    # Nothing of the person's folder is read: no plugins, no settings, no check for updates.
    with TemporaryDirectory(prefix="sreagent-fmt-") as folder:
        done = subprocess.run(  # noqa: S603 - a program of the PATH with fixed words
            ["env", "TF_CLI_CONFIG_FILE=/dev/null", "CHECKPOINT_DISABLE=1", program, "fmt", "-"],  # noqa: S607
            input=text,
            capture_output=True,
            check=False,
            cwd=folder,
            timeout=SECONDS,
        )
    return done.returncode == 0 and done.stdout == text
