"""`sre eval SUITE`: how often the cause of a known incident is found."""

import json as jsonlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sreagent.cli import options
from sreagent.domain.errors import BadInput, Exit

if TYPE_CHECKING:
    from sreagent.cli.eval_ways import Way
    from sreagent.evaluate.score import Score

LONGEST = 180.0
"""Seconds that one incident may take."""

Suite = Annotated[Path, typer.Argument(help="Folder of incidents, or of one incident.")]
Only = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this; may repeat.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Incidents played at the same time.")]
MinRight = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Fail when a smaller share is right.")
]
Kubernetes = Annotated[str, typer.Option(help="API that is played: v1.31 or v1.20.")]
Script = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What a scripted model says, by incident.")
]
Compare = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="A B", help="Two of: rules, model:NAME, a version of the prompts."),
]


def evaluate(
    suite: Suite,
    only: Only = None,
    jobs: Jobs = 2,
    min_right: MinRight = 0.85,
    kubernetes: Kubernetes = "v1.31",
    model: options.Model = None,
    model_url: options.ModelUrl = None,
    script: Script = None,
    compare: Compare = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Investigate incidents whose cause is known, and say how often it was found.

    Every incident is played on a pretend cluster of its own and only read. Fails when too few are
    right; with --compare, when the second is right less often than the first. A model takes part
    only when it is named here.
    """
    from sreagent.cli import eval_ways
    from sreagent.evaluate.expectation import folders

    del debug
    tries = _Tries(
        suite=suite,
        folders=folders(suite, only or ()),
        kubernetes=_version(kubernetes),
        jobs=jobs,
        say=(lambda _: None) if json else (lambda line: print(line, flush=True)),
    )
    settings = options.settings(model=model, model_url=model_url)
    known = [each.name for each in folders(suite)]
    scripts = eval_ways.read_scripts(script, known) if script else None
    usual = eval_ways.way(settings, scripts, model or "")
    if compare:
        code = _compared(tries, eval_ways.compared(compare, usual, settings), json=json)
    else:
        code = _summed_up(tries, usual, min_right, json=json)
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tries:
    """What is tried, and how."""

    suite: Path
    folders: Sequence[Path]
    kubernetes: str
    jobs: int
    say: Callable[[str], None]

    def scores(self, way: "Way") -> list["Score"]:
        """All incidents in one way; each is told as soon as it and those before are there."""
        from sreagent.cli.eval_lines import heading, row

        self.say(heading())
        found = []
        for score in self._tried(way):
            found.append(score)
            self.say("\n".join(row(score)))
        return found

    def _tried(self, way: "Way") -> Iterator["Score"]:
        with (
            tempfile.TemporaryDirectory(prefix="sre-eval-") as place,
            ThreadPoolExecutor(self.jobs) as pool,
        ):
            yield from pool.map(
                lambda folder: _try(folder, self.kubernetes, Path(place), way), self.folders
            )


def _summed_up(tries: _Tries, way: "Way", wanted: float, *, json: bool) -> Exit:
    from sreagent.cli.eval_lines import totals
    from sreagent.evaluate.summary import summarize

    scores = tries.scores(way)
    summary = summarize(scores)
    if json:
        _print({"suite": str(tries.suite), "min_right": wanted, **_told(way, scores)})
    tries.say("\n".join(["", *totals(summary, wanted, way)]))
    return Exit.OK if summary.right.ratio >= wanted else Exit.FAILED


def _compared(tries: _Tries, ways: tuple["Way", "Way"], *, json: bool) -> Exit:
    from sreagent.cli.eval_lines import comparison
    from sreagent.evaluate.comparison import compare

    scores = []
    for way in ways:
        tries.say(f"{way.name}\n")
        scores.append(tries.scores(way))
        tries.say("")
    found = compare(*scores)
    if json:
        sides = [_told(way, each) for way, each in zip(ways, scores, strict=True)]
        differ = [one.name for one, _ in found.differ]
        _print({"suite": str(tries.suite), "compared": sides, "differ": differ})
    tries.say("\n".join(comparison(found, *ways)))
    return Exit.FAILED if found.is_worse else Exit.OK


def _told(way: "Way", scores: Sequence["Score"]) -> dict[str, Any]:
    from sreagent.evaluate.summary import summarize

    incidents = [asdict(score) for score in scores]
    return {"with": way.name, **asdict(summarize(scores)), "incidents": incidents}


def _print(told: dict[str, Any]) -> None:
    print(jsonlib.dumps(told, indent=2, ensure_ascii=False))


def _version(wanted: str) -> str:
    from sreagent.simulator import VERSIONS

    found = next((each for each in VERSIONS if each.startswith(f"{wanted}.")), None)
    if found is None:
        known = ", ".join(each.rpartition(".")[0] for each in VERSIONS)
        msg = f"no Kubernetes {wanted!r} can be played"
        raise BadInput(msg, why=f"there are: {known}")
    return found


def _try(folder: Path, kubernetes: str, place: Path, way: "Way") -> "Score":
    """One incident in a process of its own, away from the person's settings and incidents."""
    from sreagent.evaluate.expectation import category_of
    from sreagent.evaluate.score import Score

    nothing = Score(name=folder.name, category=category_of(folder), healthy=False)
    home = place / folder.name
    home.mkdir()
    kept = [f"{name}={home}" for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")]
    command = ["env", *kept, sys.executable, "-m", "sreagent.cli.trial"]
    stderr = ""
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [*command, str(folder.absolute()), kubernetes],
            cwd=home,
            input=jsonlib.dumps(way.told_to(folder.name)),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        stderr = done.stderr
        told = jsonlib.loads(done.stdout)
    except subprocess.TimeoutExpired:
        error = f"{folder}: it took longer than {LONGEST:g} s"
        return replace(nothing, error=error)
    except ValueError:
        last = (stderr.strip().splitlines() or ["it printed nothing"])[-1]
        error = f"{folder}: the investigation broke off: {last}"
        return replace(nothing, error=error)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for field in ("wrong", "blamed"):
        told[field] = tuple(told[field])
    return Score(**told)
