"""Runs the looks that a model asks for, together, and tells it what they showed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from sreagent.domain.action import Action
from sreagent.domain.command import KubectlRead, PrometheusRead, Read, Refusal
from sreagent.domain.errors import SreError, ToolProblem
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.record import Entry, Happening, Looked, Progress, Ran, Saw, Told
from sreagent.domain.text import one_line
from sreagent.investigate.case import Case
from sreagent.investigate.commands import EXCERPT
from sreagent.investigate.desk import Desk
from sreagent.investigate.model.briefing import framed
from sreagent.investigate.model.context import frame_of
from sreagent.investigate.model.digests import SHORT, digest
from sreagent.investigate.steps import LookUp
from sreagent.tools.sighting import Sighting
from sreagent.tools.together import together

AGAIN = 30.0
"""Seconds after which the same look may tell something else."""
ALL = 3600
"""Characters of all answers to one call together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    line: str
    text: str
    evidence: str = ""
    invented: str = ""


def look_up(case: Case, desk: Desk, step: LookUp) -> Iterator[Happening]:
    """Read what was not read lately, write it down, and answer the model's call."""
    yield Progress(text=f"looking: {one_line('; '.join((*step.lines, *step.promql)), 90)}")
    wanted = {**{line: _meant(case, desk, line) for line in step.lines}, **_queries(step)}
    reads = {
        line: meant
        for line, meant in wanted.items()
        if not isinstance(meant, _Answer) and not (_lately(case, line))
    }
    jobs: dict[str, Callable[[], Sighting]] = {
        line: partial(desk.reads.run, read) for line, read in reads.items()
    }
    seen = dict(together(jobs, max(case.time_left, 1.0))) if jobs else {}
    answers = []
    for line, meant in wanted.items():
        if isinstance(meant, _Answer):
            answers.append(meant)
        elif line in seen:
            answer, entries = _written(case, line, seen[line], len(wanted))
            yield from entries
            answers.append(answer)
        else:
            known = _lately(case, line)
            answers.append(_Answer(line=line, text=f"unchanged: it is {known}", evidence=known))
    yield from case.add(_told(case, step.call, answers))


def _meant(case: Case, desk: Desk, line: str) -> "Read | _Answer":
    meant = desk.parse(line)
    if isinstance(meant, Refusal):
        invented = "flag" if meant.rule in ("grammar/flag", "grammar/unknown") else ""
        return _Answer(line=line, text=f"refused: {meant.reason}", invented=invented)
    if isinstance(meant, Action):
        text = "refused: this changes something; only reads run here"
        return _Answer(line=line, text=text)
    if isinstance(meant, KubectlRead) and not meant.namespace:
        return replace(meant, namespace=case.incident.opened.namespace)
    return meant


def _queries(step: LookUp) -> "dict[str, Read | _Answer]":
    return {
        f"promql {text}": PrometheusRead(promql=text, minutes=step.minutes) for text in step.promql
    }


def _lately(case: Case, line: str) -> str:
    """The evidence that the same look brought a moment ago, if nothing was changed since."""
    known = case.looked_up.get(line)
    if known is None:
        return ""
    evidence, at, entries = known
    changed = any(isinstance(one.record, Ran) for one in case.incident.entries[entries:])
    fresh = case.clock.monotonic() - at < AGAIN
    return evidence if fresh and not changed else ""


def _written(
    case: Case, line: str, seen: Sighting | SreError | ToolProblem, shared: int
) -> tuple[_Answer, list[Entry]]:
    if not isinstance(seen, Sighting):
        entries = case.write(
            Looked(
                source="model",
                command=one_line(line, 200),
                result=one_line(str(seen), 160),
                verdict=Health.UNKNOWN,
            )
        )
        return _Answer(line=line, text=f"could not look: {one_line(str(seen), 300)}"), entries
    name = f"E{len(case.incident.evidence) + 1}"
    unknown = seen.verdict is Health.UNKNOWN
    size = seen.text.count("\n") + 1 if seen.text else 0
    result = one_line(seen.text, 120) if unknown else f"{size} lines"
    entries = case.write(
        Looked(
            source=seen.source,
            command=seen.command,
            result=result,
            verdict=seen.verdict,
            seconds=seen.seconds,
        ),
        Saw(
            evidence=Evidence(
                id=name,
                claim=f"what `{one_line(seen.command, 200)}` shows",
                verdict=seen.verdict,
                source=seen.source,
                command=seen.command,
                seen_at=case.clock.now(),
                excerpt=seen.text[:EXCERPT],
                digest=seen.digest,
                tainted=seen.tainted,
            ),
            text=seen.text if len(seen.text) > EXCERPT else "",
        ),
    )
    case.looked_up[line] = (name, case.clock.monotonic(), len(case.incident.entries))
    room = min(SHORT, ALL // max(shared, 1))
    text = digest(seen.text, seen.source, name, room) or "nothing: it answered, and there is none"
    return _Answer(line=line, text=text, evidence=name), entries


def _told(case: Case, call: str, answers: list[_Answer]) -> Told:
    frame = frame_of(case.incident)
    parts = [
        f"{one.evidence or '-'} {one_line(one.line, 160)}\n"
        f"{framed(frame, one.text) if one.evidence else one.text}"
        for one in answers
    ]
    return Told(
        call=call,
        text="\n".join(parts) or "nothing was asked: give lines or promql",
        evidence=tuple(one.evidence for one in answers if one.evidence),
        invented=next((one.invented for one in answers if one.invented), ""),
    )
