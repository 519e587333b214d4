"""Folders of Terraform code, and what `terraform init` left in them."""

from collections.abc import Mapping
from pathlib import Path

from sreagent.domain.errors import Forbidden, NotFound
from sreagent.domain.terraform import CodeFolder
from sreagent.domain.text import one_line

_ENDINGS = (".tf", ".tofu", ".tf.json", ".tofu.json")
_LARGEST = 8 * 1024 * 1024
"""Bytes of one file of code that are read."""


def read_folder(path: str = ".", *, data_folder: str = "") -> CodeFolder:
    """The code of a folder. `data_folder` is `TF_DATA_DIR`, empty for `.terraform`.

    Raises:
        NotFound: There is no such folder.
        Forbidden: It may not be read.
    """
    here = Path(path)
    data = here / (data_folder or ".terraform")
    try:
        files = read_code(path, must_exist=True)
    except PermissionError as error:
        msg = f"cannot read the folder {one_line(path)}"
        raise Forbidden(msg, why=(error.strerror or "").lower()) from error
    except OSError as error:
        msg = f"there is no folder {one_line(path)}"
        raise NotFound(msg, why=(error.strerror or "").lower()) from error
    return CodeFolder(
        path=path,
        files=files,
        initialised=_bytes(data / "terraform.tfstate"),
        modules=_bytes(data / "modules" / "modules.json"),
        workspace=_bytes(data / "environment").decode("utf-8", errors="replace").strip(),
        has_terragrunt=any((here / name).is_file() for name in ("terragrunt.hcl", "root.hcl")),
    )


def read_code(path: str, *, must_exist: bool = False) -> Mapping[str, bytes]:
    """The files of code right in a folder; none where there is no folder.

    Raises:
        OSError: There is no such folder, and it must exist.
    """
    try:
        found = sorted(Path(path).iterdir())
    except OSError:
        if must_exist:
            raise
        return {}
    return {
        each.name: _bytes(each)
        for each in found
        if each.name.endswith(_ENDINGS) and not each.name.startswith(".") and each.is_file()
    }


def _bytes(path: Path) -> bytes:
    """What stands in a file; nothing where it is not there, not ours to read, or no code."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""
