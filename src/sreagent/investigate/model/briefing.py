"""What a model is told first: the alert, and what the rules found."""

import secrets
from collections.abc import Iterable, Iterator

from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.incident import Incident
from sreagent.domain.text import one_line

EVIDENCE = 14
"""Pieces of evidence that are told with their claim; the rest can be read by id."""
CHANGES = 6
EXCERPT = 260
CLAIM = 260


def frame_name() -> str:
    """A mark that nobody could have written into what was read."""
    return f"data-{secrets.token_hex(4)}"


def framed(frame: str, text: str) -> str:
    """A text from outside, marked as data."""
    return f"<{frame}>\n{text}\n</{frame}>"


def briefing(incident: Incident, frame: str) -> str:
    """The alert and the rules' account, framed as data."""
    return framed(frame, "\n".join(_lines(incident)))


def _lines(incident: Incident) -> Iterator[str]:
    alert = incident.opened.alert
    labels = ", ".join(f"{k}={v}" for k, v in sorted(alert.labels.items()))
    yield f"ALERT {one_line(alert.name, 200)} [{alert.status}] {one_line(labels, 400)}"
    if alert.starts_at:
        yield f"since {alert.starts_at:%H:%M:%S} UTC"
    for name, value in sorted(alert.annotations.items())[:3]:
        yield f"{one_line(name, 40)}: {one_line(value, 300)}"
    yield ""
    yield from _account(incident)
    cited = _worth_telling(incident)
    if cited:
        yield "\nEVIDENCE"
    for evidence in cited:
        yield from _told(evidence)
    if changes := incident.changes[:CHANGES]:
        yield "\nCHANGES, those first that may have brought it"
    for change in changes:
        when = f"{change.at:%m-%d %H:%M:%S}" if change.is_dated else change.nearness
        yield f"{change.entity.path} {when} {one_line(change.summary, 160)}"
    if incident.unknown:
        yield "\nCOULD NOT LOOK"
    for look in incident.unknown[:6]:
        yield f"{one_line(look.command, 120)}: {one_line(look.result, 100)}"


def _account(incident: Incident) -> Iterator[str]:
    concluded = incident.concluded
    if concluded is None:
        return
    yield f"RULES SAY ({concluded.outcome})"
    for hypothesis in incident.hypotheses[:4]:
        cited = " ".join(hypothesis.evidence_for[:5])
        yield (
            f"{hypothesis.id} {hypothesis.standing} {hypothesis.confidence:.2f} "
            f"{hypothesis.entity.path}: {one_line(hypothesis.statement, 420)} [{cited}]"
        )
    if not incident.hypotheses:
        yield one_line(concluded.summary, 600)
    if victims := concluded.victims[:8]:
        yield f"victims: {', '.join(one.path for one in victims)}"


def _worth_telling(incident: Incident) -> list[Evidence]:
    """What hypotheses cite first, then what is broken, then the rest."""
    cited = [id_ for one in incident.hypotheses[:4] for id_ in (*one.evidence_for[:5],)]
    order = {id_: n for n, id_ in enumerate(dict.fromkeys(cited))}
    ranked = sorted(
        incident.evidence,
        key=lambda one: (order.get(one.id, 99), one.verdict is not Health.BROKEN),
    )
    return _by_number(ranked[:EVIDENCE])


def _by_number(found: Iterable[Evidence]) -> list[Evidence]:
    return sorted(found, key=lambda one: int(one.id[1:]))


def _told(evidence: Evidence) -> Iterator[str]:
    yield f"{evidence.id} {evidence.verdict} {evidence.source}: {one_line(evidence.claim, CLAIM)}"
    if evidence.excerpt and evidence.excerpt not in evidence.claim:
        yield f"   {one_line(evidence.excerpt, EXCERPT)}"
