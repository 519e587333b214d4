"""What many scores say together: how often right, and whether the confidence can be trusted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sreagent.evaluate.score import Score

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Borders of the bins of confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def ratio(self) -> float:
        """Between 0 and 1; 1 of nothing."""
        return self.part / self.whole if self.whole else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The diagnoses of about the same confidence, and how many of them were right."""

    low: float
    high: float
    said: float
    """Their mean confidence."""
    right: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A suite in a few figures."""

    right: Share
    healthy: Share
    """Healthy incidents for which no cause was invented."""
    categories: dict[str, Share]
    precision: float
    brier: float | None
    """Mean squared distance between confidence and being right; None without a diagnosis."""
    bins: tuple[Bin, ...]
    looks: int
    seconds: float
    answers: int
    """Of models."""
    tokens: int
    usd: float | None
    """US dollars; None where a price is not known."""
    invented: dict[str, int]
    """How often models made something up, by what it was."""
    problems: int
    """Incidents in which an answer of the model could not be used."""


def summarize(scores: Sequence[Score]) -> Summary:
    """All figures of some scores, at least one."""
    names = sorted({each.category for each in scores})
    return Summary(
        right=_right(scores),
        healthy=_right([each for each in scores if each.healthy]),
        categories={
            name: _right([each for each in scores if each.category == name]) for name in names
        },
        precision=sum(each.precision for each in scores) / len(scores),
        brier=brier(scores),
        bins=reliability(scores),
        looks=sum(each.looks for each in scores),
        seconds=sum(each.seconds for each in scores),
        answers=sum(each.answers for each in scores),
        tokens=sum(each.tokens for each in scores),
        usd=_sum([each.usd for each in scores]),
        invented=dict(sum((Counter(each.invented) for each in scores), Counter())),
        problems=sum(bool(each.problem) for each in scores),
    )


def brier(scores: Sequence[Score]) -> float | None:
    """The Brier score of the confidences: 0 is perfect, 0.25 is a coin."""
    distances = [
        (each.confidence - each.right) ** 2 for each in scores if each.confidence is not None
    ]
    return sum(distances) / len(distances) if distances else None


def reliability(scores: Sequence[Score]) -> tuple[Bin, ...]:
    """How often diagnoses of each confidence were right; empty bins are left out."""
    found: list[Bin] = []
    for low, high in pairwise(EDGES):
        inside = [each for each in scores if _is_within(each.confidence, low, high)]
        if inside:
            said = sum(each.confidence or 0.0 for each in inside) / len(inside)
            found.append(Bin(low=low, high=high, said=said, right=_right(inside)))
    return tuple(found)


def _sum(prices: Sequence[float | None]) -> float | None:
    """All prices together; one that is not known makes the sum unknown."""
    known = [each for each in prices if each is not None]
    return sum(known) if len(known) == len(prices) else None


def _is_within(confidence: float | None, low: float, high: float) -> bool:
    if confidence is None:
        return False
    return low <= confidence < high or (high == EDGES[-1] and confidence >= high)


def _right(scores: Sequence[Score]) -> Share:
    return Share(part=sum(each.right for each in scores), whole=len(scores))
