"""How good one diagnosis was."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.incident import Incident
from sreagent.domain.record import Told, Turn
from sreagent.evaluate.expectation import Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What came of one incident; `error` says why it could not be judged."""

    name: str
    category: str
    healthy: bool
    right: bool = False
    wrong: tuple[str, ...] = ()
    """Everything that keeps it from being right."""
    precision: float = 0.0
    """Share of the blamed entities that are at fault; 0 while one at fault is not blamed."""
    blamed: tuple[str, ...] = ()
    confidence: float | None = None
    """How sure it was of the cause; None when it named none."""
    outcome: str = ""
    said: str = ""
    looks: int = 0
    """Calls of an API."""
    seconds: float = 0.0
    by: str = ""
    """Who gave the account: `rules`, or a model."""
    answers: int = 0
    """Of a model."""
    tokens: int = 0
    """Read and written by models."""
    usd: float | None = 0.0
    """US dollars; None where the price is not known."""
    invented: Mapping[str, int] = field(default_factory=dict)
    """How often a model made something up, by what it was; code refused all of it."""
    problem: str = ""
    """Why an answer of the model could not be used."""
    error: str = ""


def judge(expected: Expectation, incident: Incident) -> Score:
    """Compare what was found with what is known."""
    causes = _causes(incident)
    blamed = tuple(dict.fromkeys(each.entity.path for each in causes))
    wrong = tuple(
        _invented(incident, blamed) if expected.is_healthy else _missed(expected, incident, causes)
    )
    return Score(
        name=expected.name,
        category=expected.category,
        healthy=expected.is_healthy,
        right=not wrong,
        wrong=wrong,
        precision=precision_at_full_recall(expected.roots, _accepted(expected, blamed)),
        blamed=blamed,
        confidence=causes[0].confidence if causes else None,
        outcome=incident.outcome.value,
        said=causes[0].root_cause if causes else "",
        looks=incident.cost.api_calls,
        seconds=incident.cost.seconds,
        **_of_model(incident),
    )


def _of_model(incident: Incident) -> dict[str, Any]:
    records = [entry.record for entry in incident.entries]
    turns = [one for one in records if isinstance(one, Turn)]
    made_up = [one.invented for one in records if isinstance(one, Told) and one.invented]
    usage = incident.model_usage
    return {
        "by": incident.concluded.by if incident.concluded else "",
        "answers": len(turns),
        "tokens": usage.prompt + usage.answer,
        "usd": usage.usd,
        "invented": dict(Counter(made_up)),
        "problem": next((one.problem for one in turns if one.problem), ""),
    }


def precision_at_full_recall(roots: Sequence[str], blamed: Sequence[str]) -> float:
    """The share of the blamed that are at fault, when everybody at fault is among them.

    Whoever blames a victim beside the cause pays for it; whoever misses a cause gets nothing. With
    nothing at fault, blaming nobody is perfect.
    """
    if not roots:
        return 0.0 if blamed else 1.0
    if not set(roots) <= set(blamed):
        return 0.0
    return len(set(roots)) / len(set(blamed))


def _causes(incident: Incident) -> list[Diagnosis]:
    concluded = incident.concluded
    if concluded is None or concluded.diagnosis is None:
        return []
    return [concluded.diagnosis, *concluded.other_causes]


def _accepted(expected: Expectation, blamed: Sequence[str]) -> list[str]:
    """Whom is blamed, with the main entity at fault in place of what counts as it."""
    main = next(iter(expected.roots), None)
    return [main if main and one in expected.also_accepted else one for one in blamed]


def _invented(incident: Incident, blamed: Sequence[str]) -> list[str]:
    found = [f"blamed {each}, but nothing is wrong" for each in blamed]
    if not found and incident.outcome is not Outcome.NO_FAULT:
        found.append(f"ended as {incident.outcome.value}, but nothing is wrong")
    return found


def _missed(expected: Expectation, incident: Incident, causes: list[Diagnosis]) -> list[str]:
    """What is wrong with a diagnosis; of several causes any may be told first."""
    if not causes:
        return [f"named no cause, wanted {', '.join(expected.roots)}"]
    paths = [each.entity.path for each in causes]
    blamed = _accepted(expected, paths)
    found: list[str] = []
    if blamed[0] not in expected.roots:
        found.append(f"blamed {blamed[0]}, wanted {' or '.join(expected.roots)}")
    found += [f"did not blame {each}" for each in expected.roots[1:] if each not in blamed]
    if len(expected.roots) > 1 and expected.roots[0] not in blamed:
        found.append(f"did not blame {expected.roots[0]}")
    found += [f"blamed {each}, which only suffers" for each in paths if each in expected.innocent]
    told = [each for each, one in zip(causes, blamed, strict=True) if one in expected.roots]
    said = _words(incident, told or causes[:1])
    for group in expected.mentions:
        if not any(pattern.search(said) for pattern in group):
            found.append(f"never said {' or '.join(pattern.pattern for pattern in group)}")
    return found


def _words(incident: Incident, causes: list[Diagnosis]) -> str:
    """What a reader of these causes is told: each statement with the evidence it cites."""
    return " ".join(
        text
        for cause in causes
        for text in (cause.root_cause, *(each.claim for each in incident.cited(cause.evidence)))
    )
