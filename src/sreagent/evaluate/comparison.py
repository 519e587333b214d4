"""The same suite tried in two ways, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from sreagent.evaluate.score import Score
from sreagent.evaluate.summary import Summary, summarize


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two tries of the same incidents."""

    first: Summary
    second: Summary
    differ: tuple[tuple[Score, Score], ...]
    """Incidents in which only one of them is right, or other entities are blamed."""

    @property
    def is_worse(self) -> bool:
        """Whether the second is right less often, or invents a cause more often."""
        return (
            self.second.right.ratio < self.first.right.ratio
            or self.second.healthy.ratio < self.first.healthy.ratio
        )


def compare(first: Sequence[Score], second: Sequence[Score]) -> Comparison:
    """Put the scores of the same incidents, in the same order, beside each other."""
    pairs = tuple(zip(first, second, strict=True))
    return Comparison(
        first=summarize(first),
        second=summarize(second),
        differ=tuple(pair for pair in pairs if _essence(pair[0]) != _essence(pair[1])),
    )


def _essence(score: Score) -> tuple[bool, bool, tuple[str, ...]]:
    return score.right, bool(score.error), score.blamed
