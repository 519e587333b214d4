"""Folders of Terraform code, and what `terraform init` left in them."""

from collections.abc import Mapping
from pathlib import Path

from sreagent.domain.errors import Forbidden, NotFound, SreError
from sreagent.domain.terraform import CodeFolder
from sreagent.domain.text import one_line

ENDINGS = (".tf", ".tofu", ".tf.json", ".tofu.json")
"""Of files of code."""
_LARGEST = 8 * 1024 * 1024
"""Bytes of one file of code that are read."""
_ELSEWHERE = "make it readable, or name another folder: --code FOLDER"


def read_folder(path: str = ".", *, data_folder: str = "") -> CodeFolder:
    """The code of a folder. `data_folder` is `TF_DATA_DIR`, empty for `.terraform`.

    Raises:
        NotFound: There is no such folder.
        Forbidden: It, or a file of code in it, cannot be read.
    """
    here = Path(path)
    data = here / (data_folder or ".terraform")
    files = files_in(path)
    if not files and not here.is_dir():
        msg = f"there is no folder {one_line(path)}"
        raise NotFound(msg)
    return CodeFolder(
        path=path,
        files=files,
        initialised=_if_any(data / "terraform.tfstate"),
        modules=_if_any(data / "modules" / "modules.json"),
        workspace=_if_any(data / "environment").decode("utf-8", errors="replace").strip(),
        has_terragrunt=any((here / name).is_file() for name in ("terragrunt.hcl", "root.hcl")),
    )


def files_in(path: str) -> Mapping[str, bytes]:
    """The files of code right in a folder; none where there is no folder.

    Raises:
        Forbidden: The folder, or one of them, cannot be read: nobody knows what it says.
    """
    try:
        found = sorted(Path(path).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _unread(Path(path), error) from error
    return {
        each.name: _bytes(each)
        for each in found
        if each.name.endswith(ENDINGS) and not each.name.startswith(".") and not each.is_dir()
    }


def _if_any(path: Path) -> bytes:
    """What stands in a file; nothing where there is none."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise _unread(path, error) from error
    return _bytes(path)


def _bytes(path: Path) -> bytes:
    try:
        # To read from a pipe would never end.
        if path.exists() and not path.is_file():
            raise _refused(path, "it is no file")
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        raise _unread(path, error) from error
    if len(text) > _LARGEST:
        raise _refused(path, f"it has more than {_LARGEST} bytes")
    return text


def _unread(path: Path, error: OSError) -> SreError:
    return _refused(path, (error.strerror or str(error)).lower())


def _refused(path: Path, why: str) -> Forbidden:
    return Forbidden(f"cannot read {one_line(str(path))}", why=why, hint=_ELSEWHERE)
