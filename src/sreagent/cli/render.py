"""Domain objects as Rich text. Nothing here prints, and no markup is ever parsed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sreagent.cli.sparkline import Sparkline
from sreagent.domain.action import ActionState, Proposal
from sreagent.domain.change import Change
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.hypothesis import Hypothesis, Standing
from sreagent.domain.incident import Incident
from sreagent.domain.moment import span
from sreagent.domain.record import Concluded, Looked, Opened, Verified
from sreagent.domain.text import one_line
from sreagent.domain.verdict import STOPPED, Tier
from sreagent.investigate.outcome import open_proposals
from sreagent.report.model_part import model_part, tokens

MARKS = {
    Health.HEALTHY: ("✓", "green"),
    Health.BROKEN: ("✗", "red"),
    Health.UNKNOWN: ("?", "yellow"),
}
PASSING = ("halt", "freeze/")
"""Rules that deny for a while only."""
LABEL = 7
"""Width of the left column in a proposal."""
BRIEF = 120
"""Characters of a hypothesis in the list; the root cause is told in full."""
WHO = 60
"""Characters of who made a change."""
RESULT = 14
"""Room for the result of a read: what is no longer leaves the times below each other."""
COMMAND = 90
"""Widest column of commands."""


def header(incident: str, opened: Opened, now: datetime, width: int) -> Text:
    """Which incident, which alert, which cluster, in lines that break only between two facts."""
    alert = opened.alert
    parts = [incident, alert.name, alert.severity]
    if alert.starts_at:
        parts.append(f"{alert.status} {span(now - alert.starts_at)}")
    where = f"namespace {opened.namespace}" if opened.namespace else "all namespaces"
    sources = [f"{name} {state}" for name, state in _sources(opened)]
    text = Text(_packed([part for part in parts if part], width), style="bold")
    if alert.source.startswith("text;"):
        text.append(f"\n{alert.source.removeprefix('text; ')}", style="not bold yellow")
    cluster = f"cluster {opened.context} (read as {opened.user})"
    place = _packed([cluster, where, *sources, f"model {opened.model or 'none (rules)'}"], width)
    return text.append("\n" + place, style="not bold")


def _packed(facts: Iterable[str], width: int) -> str:
    """Facts side by side, as many in a line as it takes."""
    lines: list[str] = []
    for fact in facts:
        if lines and cell_len(f"{lines[-1]}  {fact}") <= width:
            lines[-1] += f"  {fact}"
        else:
            lines.append(fact)
    return "\n".join(lines)


def _sources(opened: Opened) -> Iterator[tuple[str, str]]:
    for name, url in (("prometheus", opened.prometheus), ("alertmanager", opened.alertmanager)):
        yield name, "yes" if url else "none"


def look(record: Looked, width: int) -> Text:
    """One read: mark, command, time, a few words of result."""
    mark, colour = MARKS[record.verdict]
    seconds = f"{record.seconds:.2f} s" if record.seconds else ""
    result = one_line(record.result, max(width // 2, 30))
    room = max(width - 16 - max(len(result), RESULT), 20)
    command = record.command if len(record.command) <= room else record.command[: room - 1] + "…"
    text = Text(f" {mark} ", style=colour)
    text.append(f"{command:<{min(room, COMMAND)}}", style="default")
    return text.append(f"  {seconds:>7}  {result}", style="dim" if seconds else colour)


def hypotheses(found: Iterable[Hypothesis], limit: int = 6) -> Iterator[RenderableType]:
    """A line for each hypothesis, best first, with a bar for its confidence."""
    listed = list(found)
    for hypothesis in listed[:limit]:
        refuted = hypothesis.standing is Standing.REFUTED
        lead = Text(" ").append_text(bar(hypothesis))
        style = "dim" if refuted else "default"
        text = Text(one_line(hypothesis.statement, BRIEF), style=style)
        if refuted:
            text.append(f"  refuted: {one_line(hypothesis.refuted_by, BRIEF)}", style="dim")
        ids = hypothesis.evidence_against if refuted else hypothesis.evidence_for
        yield hanging(lead, text.append("  " + " ".join(ids), style="cyan"))
    if len(listed) > limit:
        yield Text(f" … {len(listed) - limit} more: sre incidents show", style="dim")


def changes(found: Iterable[Change], limit: int = 3) -> Iterator[RenderableType]:
    """A line for each change that may have brought the trouble, likeliest first."""
    for change in [one for one in found if one.nearness][:limit]:
        at = f"{change.at:%H:%M:%S}" if change.is_dated else "   ?    "
        text = Text(one_line(f"{change.entity}: {change.summary}", BRIEF))
        text.append(f", by {one_line(change.by, WHO)}" if change.by else "")
        near = Text(f"  {one_line(change.nearness, BRIEF)}", style="dim")
        yield hanging(Text(f" {at} ", style="cyan"), text.append_text(near))


def hanging(lead: Text, line: RenderableType) -> RenderableType:
    """A line after a lead; where it is folded, it goes on below its beginning."""
    table = Table.grid()
    table.add_column(no_wrap=True)
    # A long word is folded, never cut: commands are there to be copied.
    table.add_column(overflow="fold")
    table.add_row(lead, line)
    return table


def bar(hypothesis: Hypothesis) -> Text:
    """`●●●●○ 0.93 H1 `: how likely it is."""
    full = round(hypothesis.confidence * 5)
    refuted = hypothesis.standing is Standing.REFUTED
    text = Text("●" * full + "○" * (5 - full), style="dim" if refuted else "cyan")
    return text.append(f" {hypothesis.confidence:.2f} {hypothesis.id} ", style="bold")


def root_cause(concluded: Concluded, *, boxed: bool) -> RenderableType:
    """The answer, or what there is of one."""
    diagnosis = concluded.diagnosis
    if diagnosis is None:
        return Text(concluded.summary, style="bold")
    body = Text(diagnosis.root_cause)
    body.append(f"  [{' '.join(diagnosis.evidence)}]", style="cyan")
    if concluded.victims:
        names = ", ".join(f"{victim.namespace}/{victim.name}" for victim in concluded.victims[:8])
        body.append(f"\nVictims: {names}.", style="default")
    if concluded.impact:
        body.append(f"\nImpact: {concluded.impact}")
    for other in concluded.other_causes[:4]:
        body.append(f"\nAlso: {other.root_cause} [{' '.join(other.evidence[:3])}]")
    if diagnosis.refuted_by:
        body.append(f"\nWould be refuted by: {diagnosis.refuted_by}", style="dim")
    sure = concluded.outcome is Outcome.DIAGNOSED
    title = "Root cause" if sure else "Most likely, not sure"
    subtitle = f"confidence {diagnosis.confidence:.2f}"
    if not boxed:
        return _plain(body, title, subtitle)
    return _panel(body, title, subtitle, "green" if sure else "yellow")


def unsure(found: Iterable[Hypothesis], confident: float) -> Iterator[Text]:
    """Hand over to a person: the two best accounts, and what would decide."""
    open_ = [h for h in found if h.standing is not Standing.REFUTED][:2]
    best = open_[0].confidence if open_ else 0.0
    yield Text(
        f"Not sure ({best:.2f}, below {confident}): handing over to you.", style="bold yellow"
    )
    for word, hypothesis in zip((" Most likely  ", " Or           "), open_, strict=False):
        text = Text(word).append(f"{hypothesis.id} {hypothesis.statement}")
        text.append(f"  for: {' '.join(hypothesis.evidence_for) or '-'}", style="cyan")
        yield text.append(
            f"  against: {' '.join(hypothesis.evidence_against) or '-'}", style="cyan"
        )
    if open_ and open_[0].refuted_by:
        yield Text(f" Would decide  {open_[0].refuted_by}")


def proposal(proposed: Proposal, *, boxed: bool, at: datetime | None = None) -> RenderableType:
    """The exact call, why, what it touches, what the server says, the undo, the rule.

    `at` is when the server was asked, if that is known.
    """
    preview = proposed.preview
    rows = [("Why", _styled(f"{_gist(proposed.reason)} [{' '.join(proposed.evidence)}]"))]
    rows.append(("Effect", _styled(proposed.expected)))
    if preview:
        colour = "green" if preview.accepted else "red"
        rows.append(("Touches", _styled(preview.touches)))
        rows.append(("Depends", _styled(preview.depends)))
        rows += [("Loses", _styled(preview.loses))] if preview.loses else []
        rows += [("Owner", _styled(preview.owner))] if preview.owner else []
        asked = f" ({at.astimezone(UTC):%H:%M:%S} UTC)" if at else ""
        rows.append(("Dry-run", _styled(f"{preview.answer}{asked}", colour)))
        rows += [_diff_row(line) for line in preview.diff]
    rows.append(("Undo", _styled(proposed.undo_command or "nothing to bring back")))
    rows.append(("Rule", _styled(_rule(proposed))))
    bounded = proposed.tier is Tier.BOUNDED
    needs = _needs(proposed)
    title = _folded(f"{proposed.id}  {proposed.title}")
    command = Text(proposed.command, style="bold", overflow="fold")
    if not boxed:
        return _plain(Text("\n").join([command, *_lines(rows)]), title, needs)
    return _panel(Group(command, _table(rows)), title, needs, "cyan" if bounded else "yellow")


def _gist(reason: str) -> str:
    """What stands at length above is not told twice: its first sentence, or the beginning of it."""
    folded = _folded(reason)
    if len(folded) <= BRIEF:
        return folded
    first, dot, _ = folded[:BRIEF].rpartition(". ")
    return f"{first}{dot.strip()}" if dot else one_line(folded, BRIEF)


def _needs(proposed: Proposal) -> str:
    """Who has to agree, in a few words."""
    if proposed.verdict != "ask":
        denied = "stopped now" if proposed.rule.startswith(PASSING) else "not allowed"
        return {"allow": "runs by itself", "deny": denied}.get(proposed.verdict, "")
    if proposed.people > 1:
        return f"needs {proposed.people} people"
    return "bounded change" if proposed.tier is Tier.BOUNDED else "needs your yes"


def _rule(proposed: Proposal) -> str:
    policy = f", policy {proposed.policy[:4]}" if proposed.policy else ""
    said = f"{proposed.ruling} " if proposed.ruling else ""
    return f"{said}({proposed.rule}{policy})"


def _styled(value: str, style: str = "default") -> Text:
    return Text(_folded(value), style=style)


def _folded(value: str) -> str:
    """On one line: a line feed in it could pretend to be the next row."""
    return " ".join(value.splitlines())


def _diff_row(line: str) -> tuple[str, Text]:
    """The sign as a label of its own, so that a folded line does not pass for another one."""
    folded = _folded(line)
    sign, rest = (folded[0], folded[1:].lstrip()) if folded[:1] in ("-", "+") else ("", folded)
    style = {"-": "red", "+": "green"}.get(sign, "dim")
    return f"{sign:>{LABEL}}", Text(rest, style=style)


def _table(rows: Iterable[tuple[str, Text]]) -> Table:
    """Labels on the left, values beside them, also where they are folded."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=LABEL, style="bold")
    # A long word is folded, never cut: commands are there to be copied.
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, value)
    return table


def _lines(rows: Iterable[tuple[str, Text]]) -> Iterator[Text]:
    for label, value in rows:
        yield Text(f"{label:<{LABEL}} ").append_text(value)


def _plain(body: Text, title: str, subtitle: str) -> Group:
    indented = Text("\n").join(Text("  ").append_text(line) for line in body.split("\n"))
    return Group(Text(f"{title}  ({subtitle})", style="bold"), indented)


def _panel(body: RenderableType, title: str, subtitle: str, colour: str) -> Panel:
    return Panel(
        body,
        title=Text(title, style="bold"),
        title_align="left",
        subtitle=Text(subtitle),
        subtitle_align="right",
        border_style=colour,
    )


def verified(record: Verified) -> RenderableType:
    """Whether it helped, check by check."""
    text = Text()
    for check in record.checks:
        mark, colour = MARKS[check.verdict]
        text.append(f"{check.name} {check.text} ").append(f"{mark}   ", style=colour)
    text.append(f"{record.seconds:.0f} s", style="dim")
    return hanging(Text(" Verified  ", style="bold"), text)


def evidence(found: Iterable[Evidence]) -> Iterator[RenderableType]:
    """Evidence with the call that shows it again."""
    for item in found:
        mark, colour = MARKS[item.verdict]
        lead = Text(f" {item.id:<4}", style="cyan").append(f"{mark} ", style=colour)
        said = [item.command, *(f"│ {line}" for line in item.excerpt.splitlines()[-12:])]
        yield hanging(lead, Text(item.claim))
        for line in said:
            yield hanging(Text(" " * len(lead)), Text(line, style="dim"))
        if item.plot:
            yield hanging(Text(" " * len(lead)), Sparkline(item.plot))


def plots(found: Iterable[Evidence], limit: int = 3) -> Iterator[RenderableType]:
    """The pictures of the metrics among some evidence, each with its claim."""
    drawn = [(item, item.plot) for item in found if item.plot]
    for item, plot in drawn[:limit]:
        lead = Text(f" {item.id:<4}", style="cyan")
        yield hanging(lead, Text(one_line(item.claim, BRIEF)))
        yield hanging(Text(" " * len(lead)), Sparkline(plot))


def ending(incident: Incident, report: str) -> Iterator[Text]:
    """The last lines: what came of it, where the report is, what was not looked at, the cost."""
    word, colour = ENDINGS[incident.outcome]
    line = Text(word, style=f"bold {colour}")
    if why := incident.reason:
        line.append(f" {why[0].upper()}{why[1:]}.", style="not bold")
    yield line
    yield from _next_steps(incident)
    if report:
        yield Text(f"Postmortem: {report}")
    yield Text("Not looked at: " + _gaps(incident))
    yield spent(incident)


def open_questions(incident: Incident) -> Iterator[Text]:
    """The last lines of a talk about an incident: what waits, and the cost."""
    yield Text("")
    yield from _next_steps(incident)
    yield spent(incident)


def _gaps(incident: Incident) -> str:
    gaps = [f"{gap.command} ({gap.result})" for gap in incident.unknown]
    return "; ".join(gaps) if gaps else "nothing was refused."


def spent(incident: Incident) -> Text:
    """Tokens, money, requests and time."""
    cost = incident.cost
    times = f"{cost.seconds:.1f} s" + (
        f" + {cost.verify_seconds:.0f} s verifying" if cost.verify_seconds else ""
    )
    took = tokens(cost, model_part(incident))
    return Text(f"Cost: {took}, {cost.api_calls} API calls, {times}.", style="dim")


ENDINGS = {
    Outcome.OPEN: ("Not finished.", "yellow"),
    Outcome.NO_FAULT: ("Nothing wrong found.", "green"),
    Outcome.DIAGNOSED: ("Cause found.", "green"),
    Outcome.WAITING: ("A change waits for a person.", "yellow"),
    Outcome.FIXED: ("Fixed.", "green"),
    Outcome.NOT_FIXED: ("The change did not help.", "red"),
    Outcome.REFUSED: ("The change was refused.", "red"),
    Outcome.ESCALATED: ("Handed over to you.", "yellow"),
    Outcome.UNKNOWN: ("Not known.", "yellow"),
}


def _next_steps(incident: Incident) -> Iterator[Text]:
    if incident.outcome is Outcome.WAITING:
        for proposed in open_proposals(incident):
            yield Text(f"  {proposed.id}  {proposed.title}")
            yield Text(f"      {_to_approve(proposed)}: sre approve {incident.id} {proposed.id}")
    if handed_on := list(filter(_is_for_another_account, incident.proposals)):
        yield from (Text(f"  for somebody who may: {one.command}") for one in handed_on)
        yield Text("  the rights this account lacks: sre rbac remediator")
    for proposed in incident.proposals:
        if proposed.state is ActionState.DONE and proposed.undo_command:
            yield Text(f"  take {proposed.id} back: sre undo {incident.id} {proposed.id}")
    if incident.outcome is Outcome.OPEN:
        yield Text(f"  go on: sre resume {incident.id}")


def _to_approve(proposed: Proposal) -> str:
    """What has to come before a yes counts."""
    # Somebody may have stopped everything between the question and the yes.
    if proposed.rule == "halt" or STOPPED in proposed.note:
        return "after `sre halt --lift`"
    if proposed.verdict == "deny":
        return f"when {proposed.rule} is over"
    return "approve it" if proposed.people == 1 else "another person approves it"


def _is_for_another_account(proposed: Proposal) -> bool:
    """Whether the cluster does not let this account make the change."""
    preview = proposed.preview
    return bool(preview and not preview.accepted and preview.answer.startswith("not allowed"))
