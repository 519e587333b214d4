"""`sre eval SUITE`: how often the cause of a known incident is found."""

import json as jsonlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sreagent.cli import options
from sreagent.domain.errors import BadInput, Exit

if TYPE_CHECKING:
    from sreagent.evaluate.score import Score
    from sreagent.evaluate.summary import Share, Summary

LONGEST = 180.0
"""Seconds that one incident may take."""
NAME_WIDTH = 40
INDENT = "    "

Suite = Annotated[Path, typer.Argument(help="Folder of incidents, or of one incident.")]
Only = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this; may repeat.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Incidents played at the same time.")]
MinRight = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Fail when a smaller share is right.")
]
Kubernetes = Annotated[str, typer.Option(help="API that is played: v1.31 or v1.20.")]


def evaluate(
    suite: Suite,
    only: Only = None,
    jobs: Jobs = 2,
    min_right: MinRight = 0.85,
    kubernetes: Kubernetes = "v1.31",
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Investigate incidents whose cause is known, and say how often it was found.

    Every incident is played on a pretend cluster of its own and only read. Fails when too few are
    right.
    """
    from sreagent.evaluate.expectation import folders
    from sreagent.evaluate.summary import summarize

    del debug
    version = _version(kubernetes)
    chosen = folders(suite, only or ())
    scores: list[Score] = []
    if not json:
        print(f"{'incident':<{NAME_WIDTH}} cause  entities  sure  looks  seconds")
    for score in _tried(chosen, version, jobs):
        scores.append(score)
        if not json:
            print("\n".join(_row(score)), flush=True)
    summary = summarize(scores)
    if json:
        told = {
            "suite": str(suite),
            "min_right": min_right,
            **asdict(summary),
            "incidents": [asdict(score) for score in scores],
        }
        print(jsonlib.dumps(told, indent=2, ensure_ascii=False))
    else:
        print("\n".join(["", *_totals(summary, min_right)]))
    raise typer.Exit(Exit.OK if summary.right.ratio >= min_right else Exit.FAILED)


def _version(wanted: str) -> str:
    from sreagent.simulator import VERSIONS

    found = next((each for each in VERSIONS if each.startswith(f"{wanted}.")), None)
    if found is None:
        known = ", ".join(each.rpartition(".")[0] for each in VERSIONS)
        msg = f"no Kubernetes {wanted!r} can be played"
        raise BadInput(msg, why=f"there are: {known}")
    return found


def _tried(chosen: Sequence[Path], kubernetes: str, jobs: int) -> Iterator["Score"]:
    """The scores in the order of the folders, each as soon as it and those before are there."""
    with (
        tempfile.TemporaryDirectory(prefix="sre-eval-") as place,
        ThreadPoolExecutor(jobs) as pool,
    ):
        yield from pool.map(lambda folder: _try(folder, kubernetes, Path(place)), chosen)


def _try(folder: Path, kubernetes: str, place: Path) -> "Score":
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


def _row(score: "Score") -> Iterator[str]:
    name = score.name
    if len(name) > NAME_WIDTH:
        name = name[: NAME_WIDTH - 1] + "…"
    word = "ERROR" if score.error else "right" if score.right else "WRONG"
    if score.error:
        yield f"{name:<{NAME_WIDTH}} {word}"
        yield INDENT + score.error
        return
    sure = "-" if score.confidence is None else f"{score.confidence:.2f}"
    yield (
        f"{name:<{NAME_WIDTH}} {word}  {score.precision:>8.2f}  {sure:>4}  "
        f"{score.looks:>5}  {score.seconds:>7.1f}"
    )
    yield from (INDENT + each for each in score.wrong)


def _totals(summary: "Summary", wanted: float) -> Iterator[str]:
    yield f"right        {_share(summary.right)}, at least {wanted:.0%} wanted"
    if summary.healthy.whole:
        told = f"{summary.healthy.part} of {summary.healthy.whole}"
        yield f"healthy      {told} without an invented cause"
    yield f"entities     {summary.precision:.2f} mean precision at full recall"
    yield f"cost         {summary.looks} looks, {summary.seconds:.1f} s"
    yield from _calibration(summary)
    yield ""
    yield "by category"
    width = max(len(name) for name in summary.categories)
    for name, share in summary.categories.items():
        yield f"  {name:<{width}}  {_share(share)}"


def _calibration(summary: "Summary") -> Iterator[str]:
    if summary.brier is None:
        return
    count = sum(each.right.whole for each in summary.bins)
    yield f"calibration  Brier score {summary.brier:.3f} over {count} diagnoses"
    yield ""
    yield "  confidence   said  right"
    for each in summary.bins:
        span = f"{each.low:.1f} to {each.high:.1f}"
        yield f"  {span:<11}  {each.said:.2f}  {_share(each.right)}"


def _share(share: "Share") -> str:
    return f"{share.part} of {share.whole} ({share.ratio:.0%})"
