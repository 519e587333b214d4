"""The part that a language model took in an incident: what it said, took and made up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sreagent.domain.conversation import Usage
from sreagent.domain.incident import Incident
from sreagent.domain.record import RULES, Briefed, Concluded, Cost, Noted, Told, Turn
from sreagent.domain.text import one_line

SAID = 240
"""Characters of what a model said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPart:
    """What there is to tell of the models of an incident."""

    name: str
    """The model, or several with a comma."""
    version: str = ""
    """Of prompts, tools and guardrails; empty when the model was never told anything."""
    answers: int = 0
    usage: Usage = field(default_factory=Usage)
    invented: Mapping[str, int] = field(default_factory=dict)
    """How often it made something up, by what it was."""
    rejected: int = 0
    """Calls that could not be used: what was made up in them, or how they were written."""
    problem: str = ""
    """Why it did not finish; empty when it did."""


def model_part(incident: Incident) -> ModelPart | None:
    """The part of models; None where only the rules worked."""
    records = [entry.record for entry in incident.entries]
    turns = [record for record in records if isinstance(record, Turn)]
    told = [record for record in records if isinstance(record, Told)]
    briefed = [record for record in records if isinstance(record, Briefed)]
    if not (incident.opened.model or turns):
        return None
    names = dict.fromkeys(turn.model for turn in turns if turn.model)
    return ModelPart(
        name=", ".join(names) or incident.opened.model,
        version=briefed[-1].version if briefed else "",
        answers=len(turns),
        usage=incident.model_usage,
        invented=dict(Counter(one.invented for one in told if one.invented)),
        rejected=sum(bool(one.invented or one.unusable) for one in told),
        problem=_problem(incident),
    )


def _problem(incident: Incident) -> str:
    """Why the model went no further; what came of it afterwards clears it."""
    for entry in reversed(incident.entries):
        match entry.record:
            case Noted(by="budget", text=text):
                return text
            case Turn(problem=problem):
                return problem
            case Concluded(by=by) if by != RULES:
                return ""
            case _:
                pass
    return ""


def said(turn: Turn) -> str:
    """What a model said and did in one turn, in one line without its trouble."""
    calls = ", ".join(one_line(call.name, 40) for call in turn.calls)
    parts = (one_line(turn.text, SAID), f"calls {calls}" if calls else "")
    return "; ".join(part for part in parts if part) or "nothing"


def rejected(told: Told) -> str:
    """Why a call was not carried out; empty for one that was."""
    if not (told.invented or told.unusable):
        return ""
    words = one_line(told.text, SAID).removeprefix("rejected: ")
    return f"made-up {told.invented}: {words}" if told.invented else words


def price(usd: float | None) -> str:
    """`USD 0.012`, or that it is not known."""
    if usd is None:
        return "price not known"
    return f"USD {usd:.3f}" if usd < 1 else f"USD {usd:.2f}"


def tokens(cost: Cost, part: ModelPart | None) -> str:
    """`6,120 tokens (1,200 cached), USD 0.012`; `0 tokens` where no model was asked."""
    if part is None or not part.answers:
        return f"{cost.tokens:,} tokens"
    cached = f" ({part.usage.cached:,} cached)" if part.usage.cached else ""
    return f"{cost.tokens:,} tokens{cached}, {price(cost.usd)}"


def made_up(part: ModelPart) -> str:
    """`2 (1 evidence, 1 number)`: how often the model invented something; empty for never."""
    if not part.invented:
        return ""
    kinds = ", ".join(f"{count} {what}" for what, count in sorted(part.invented.items()))
    return f"{sum(part.invented.values())} ({kinds})"
