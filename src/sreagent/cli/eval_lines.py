"""What `sre eval` prints: a line for each incident, the totals, two ways side by side."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sreagent.cli.eval_ways import Way
    from sreagent.evaluate.comparison import Comparison
    from sreagent.evaluate.score import Score
    from sreagent.evaluate.summary import Share, Summary

NAME_WIDTH = 40
INDENT = "    "
COLUMN = 23
"""Width of one of two ways side by side."""
UNPRICED = "price not known"


def heading() -> str:
    """Over the lines of the incidents."""
    return f"{'incident':<{NAME_WIDTH}} cause  entities  sure  looks  seconds"


def row(score: "Score") -> Iterator[str]:
    """One incident, and what was wrong with it."""
    name = _cut(score.name, NAME_WIDTH)
    if score.error:
        yield f"{name:<{NAME_WIDTH}} ERROR"
        yield INDENT + score.error
        return
    yield (
        f"{name:<{NAME_WIDTH}} {_word(score)}  {score.precision:>8.2f}  {_sure(score):>4}  "
        f"{score.looks:>5}  {score.seconds:>7.1f}"
    )
    yield from (INDENT + each for each in score.wrong)
    if score.problem:
        yield f"{INDENT}model: {score.problem}"


def totals(summary: "Summary", wanted: float, way: "Way") -> Iterator[str]:
    """All figures of a suite."""
    yield f"right        {_share(summary.right)}, at least {wanted:.0%} wanted"
    if summary.healthy.whole:
        told = f"{summary.healthy.part} of {summary.healthy.whole}"
        yield f"healthy      {told} without an invented cause"
    yield f"entities     {summary.precision:.2f} mean precision at full recall"
    yield f"cost         {summary.looks} looks, {summary.seconds:.1f} s"
    if way.has_model:
        yield from _of_model(summary, way)
    yield from _calibration(summary)
    yield ""
    yield "by category"
    width = max(len(name) for name in summary.categories)
    for name, share in summary.categories.items():
        yield f"  {name:<{width}}  {_share(share)}"


def comparison(found: "Comparison", first: "Way", second: "Way") -> Iterator[str]:
    """Two ways side by side, and the incidents in which they differ."""
    yield f"{'':<12} {_cut(first.name, COLUMN):>{COLUMN}}  {_cut(second.name, COLUMN):>{COLUMN}}"
    for label, told in _FIGURES.items():
        yield f"{label:<12} {told(found.first):>{COLUMN}}  {told(found.second):>{COLUMN}}"
    yield ""
    yield "they differ in" if found.differ else "they blame the same in every incident"
    for one, other in found.differ:
        yield f"  {one.name}"
        for name, score in ((first.name, one), (second.name, other)):
            yield f"{INDENT}{_cut(name, COLUMN):<{COLUMN}} {_word(score)} {_sure(score)}"
            why = (score.error,) if score.error else score.wrong
            yield from (f"{INDENT}  {each}" for each in why)


def _of_model(summary: "Summary", way: "Way") -> Iterator[str]:
    told = f"{way.name}, {summary.answers} answers, {summary.tokens} tokens, {_usd(summary)}"
    yield f"model        {told}"
    yield f"invented     {_counts(summary.invented)}"
    if summary.problems:
        yield f"problems     the model broke off in {summary.problems} incidents"


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


def _usd(summary: "Summary") -> str:
    return UNPRICED if summary.usd is None else f"USD {summary.usd:.3f}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing"


def _word(score: "Score") -> str:
    return "ERROR" if score.error else "right" if score.right else "WRONG"


def _sure(score: "Score") -> str:
    return "-" if score.confidence is None else f"{score.confidence:.2f}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


_FIGURES: dict[str, Callable[["Summary"], str]] = {
    "right": lambda one: _share(one.right),
    "healthy": lambda one: _share(one.healthy) if one.healthy.whole else "-",
    "entities": lambda one: f"{one.precision:.2f}",
    "Brier score": lambda one: "-" if one.brier is None else f"{one.brier:.3f}",
    "looks": lambda one: str(one.looks),
    "seconds": lambda one: f"{one.seconds:.1f}",
    "answers": lambda one: str(one.answers),
    "tokens": lambda one: str(one.tokens),
    "USD": lambda one: UNPRICED if one.usd is None else f"{one.usd:.3f}",
    "invented": lambda one: _counts(one.invented),
    "problems": lambda one: str(one.problems),
}
