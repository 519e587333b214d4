"""Writing so that it is on disk."""

import os
from pathlib import Path


def write_fully(file: int, block: bytes) -> None:
    """Write all of a block; a full disk may take a part of it and say nothing."""
    while block:
        block = block[os.write(file, block) :]


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on disk."""
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
