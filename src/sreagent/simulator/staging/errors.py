"""What is wrong with the files of an incident."""

from pathlib import Path


class StagingError(Exception):
    """An incident that cannot be played, with the place in its files that is to blame."""

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        place = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem
