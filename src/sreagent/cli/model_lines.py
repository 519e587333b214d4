"""What a model said and took, as Rich text. Nothing here prints."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from sreagent.cli.render import hanging
from sreagent.domain.incident import Incident
from sreagent.domain.moment import span
from sreagent.domain.record import Asked, Briefed, Concluded, Told, Turn
from sreagent.domain.text import clean, one_line
from sreagent.report.model_part import ModelPart, made_up, price, rejected

BRIEF = 200
"""Characters of the rules' account where a model's follows."""
SAID = 150
"""Characters of what a model says beside its calls."""
REJECTED = 160
ANSWERS_PEOPLE = "communicator"
"""The role whose words are for people: they are shown whole."""


def rules_account(concluded: Concluded) -> RenderableType:
    """`Rules: …, confidence 0.96`: the account that a model was told."""
    diagnosis = concluded.diagnosis
    text = Text(one_line(diagnosis.root_cause if diagnosis else concluded.summary, BRIEF))
    if diagnosis:
        text.append(f", confidence {diagnosis.confidence:.2f}")
    return hanging(Text("Rules: ", style="bold"), text)


def briefed(record: Briefed, model: str) -> str:
    """The heading above what a model says."""
    return f"Asking {model or 'the model'}, prompts {record.version}"


def turn(record: Turn) -> Iterator[RenderableType]:
    """What it said beside its calls, and what was wrong with it."""
    if record.text and record.role == ANSWERS_PEOPLE:
        yield hanging(Text(" » ", style="cyan"), Text(clean(record.text).strip()))
    elif record.text:
        yield hanging(Text(" │ ", style="dim"), Text(one_line(record.text, SAID), style="dim"))
    if not (record.text or record.problem) and record.role == ANSWERS_PEOPLE:
        yield hanging(Text(" ! ", style="yellow"), Text("no answer came", style="yellow"))
    if record.problem:
        who = record.model or "the model"
        text = Text(f"the {record.role} ({who}) gave no usable answer: {_line(record.problem)}")
        text.stylize("yellow")
        yield hanging(Text(" ! ", style="yellow"), text)


def told(record: Told) -> RenderableType | None:
    """A call that was not carried out; None for one that was."""
    why = rejected(record)
    line = Text(f"rejected: {one_line(why, REJECTED)}", style="dim")
    return hanging(Text(" ✗ ", style="dim"), line) if why else None


def gone_no_further(text: str) -> RenderableType:
    """Why the rules take over."""
    words = Text(f"{_line(text)}; the rules go on", style="yellow")
    return hanging(Text(" ! ", style="yellow"), words)


def asked(record: Asked) -> RenderableType:
    """A hint or a question, and whose it is."""
    return hanging(Text(" ▸ ", style="bold"), Text(f"{record.by}: {_line(record.text)}"))


def meter(word: str, incident: Incident, usd_limit: float, seconds: float) -> str:
    """`asking the diagnostician · 3 answers · 6,120 tokens · USD 0.012 of 0.50 · 14 s`."""
    usage = incident.model_usage
    answers = sum(isinstance(entry.record, Turn) for entry in incident.entries)
    facts = [word]
    if answers:
        of = f" of {usd_limit:.2f}" if usd_limit and usage.usd is not None else ""
        facts.append(f"{answers} answer{'' if answers == 1 else 's'}")
        facts.append(f"{usage.prompt + usage.answer:,} tokens")
        facts.append(f"{price(usage.usd)}{of}")
    return " · ".join([*facts, span(float(int(seconds)))])


def summary(part: ModelPart, by: str) -> Iterator[Text]:
    """Who gave the account, and what is to be known of the model."""
    if by:
        yield Text(f"Concluded by: {by}")
    if part.answers:
        version = f", prompts {part.version}" if part.version else ""
        line = f"Model: {part.name}{version}, {part.answers} answers"
        line += f", {part.rejected} rejected" if part.rejected else ""
        if invented := made_up(part):
            line += f", made up: {invented}"
        yield Text(line)
    if part.problem:
        yield Text(f"Model: {_line(part.problem)}", style="yellow")


def _line(text: str) -> str:
    """On one line: a line feed in it could pretend to be another record."""
    return one_line(text, max(len(text), 1))
