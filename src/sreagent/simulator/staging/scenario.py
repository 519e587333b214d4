"""`scenario.yaml`: what an incident is about, and the steps that lead to it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sreagent.simulator.clock import seconds_in
from sreagent.simulator.staging.documents import line_of, yaml_mapping
from sreagent.simulator.staging.errors import StagingError

FILE = "scenario.yaml"
_STEP = frozenset(
    {
        *("apply", "kubectl", "run_cronjob", "behaviour", "manager"),
        *("wait", "age", "run", "speed", "timeout"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened, and how long ago."""

    number: int
    age: float | None = None
    """Seconds; None: as soon as the step before has settled."""
    apply: str = ""
    """Folder with the manifests."""
    kubectl: tuple[str, ...] = ()
    cron_jobs: tuple[Mapping[str, str], ...] = ()
    behaviour: str = ""
    """The file that holds from here on."""
    manager: str = ""
    """Who did it, as the managed fields say."""
    wait: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An incident as its folder tells it."""

    folder: Path
    title: str
    alert: str
    story: str = ""
    order: int = 0
    namespace: str = ""
    rules: str = "rules.yaml"
    """The file with the alert rules."""
    steps: tuple[Step, ...] = ()
    ready: tuple[Mapping[str, Any], ...] = ()
    """What is true when everything has happened."""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def file(self) -> Path:
        """The file it was read from."""
        return self.folder / FILE

    def error(self, problem: str, *keys: str | int) -> StagingError:
        """What is wrong under some keys of the file."""
        return StagingError(self.file, problem, line_of(self.file, keys))


def read_scenario(folder: Path) -> Scenario:
    """The scenario in a folder.

    Raises:
        StagingError: Names the file and the line that cannot be understood.
    """
    path = folder / FILE
    data = yaml_mapping(path)
    for key in ("title", "alert"):
        if not isinstance(data.get(key), str):
            raise StagingError(path, f"needs a {key}", line_of(path, [key]) or 1)
    steps = data.get("steps") or [{"apply": "manifests"}]
    return Scenario(
        folder=folder,
        title=data["title"].strip(),
        alert=data["alert"].strip(),
        story=str(data.get("story") or "").strip(),
        order=int(data.get("order") or 0),
        namespace=str(data.get("namespace") or ""),
        rules=str(data.get("rules") or "rules.yaml"),
        steps=tuple(_step(path, each, number) for number, each in enumerate(steps)),
        ready=tuple(data.get("ready") or ()) + tuple(data.get("final") or ()),
    )


def _step(path: Path, data: Any, number: int) -> Step:  # noqa: ANN401 - untyped YAML
    def error(problem: str, *keys: str) -> StagingError:
        return StagingError(path, problem, line_of(path, ("steps", number, *keys)))

    if not isinstance(data, dict):
        problem = "a step must be a mapping"
        raise error(problem)
    for key in data:
        if key not in _STEP:
            problem = f"unknown key {key!r} of a step; there are: {', '.join(sorted(_STEP))}"
            raise error(problem, str(key))
    try:
        age = seconds_in(str(data["age"])) if "age" in data else None
    except (KeyError, ValueError) as wrong:
        problem = f"{data['age']!r} is no length of time such as 90s, 4m, 2h or 6d"
        raise error(problem, "age") from wrong
    lines = data.get("kubectl") or ()
    cron_jobs = data.get("run_cronjob") or ()
    return Step(
        number=number,
        age=age,
        apply=str(data.get("apply") or ""),
        kubectl=tuple(shlex.join(map(str, e)) if isinstance(e, list) else str(e) for e in lines),
        cron_jobs=tuple([cron_jobs] if isinstance(cron_jobs, dict) else map(_cron_job, cron_jobs)),
        behaviour=str(data.get("behaviour") or ""),
        manager=str(data.get("manager") or ""),
        wait=tuple(data.get("wait") or ()),
    )


def _cron_job(told: Any) -> Mapping[str, str]:  # noqa: ANN401 - untyped YAML
    if isinstance(told, dict):
        return told
    return dict(zip(("namespace", "cronjob", "job"), told, strict=False))
