"""The one loop: the reasoner says what comes next, the loop does it and writes it down."""

from collections.abc import Generator, Iterator
from typing import assert_never

from sreagent.diagnose.metrics.readings import has_moved
from sreagent.domain.action import Proposal
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import SreError, ToolProblem
from sreagent.domain.evidence import Health
from sreagent.domain.record import (
    Closed,
    Cost,
    FoundChanges,
    Happening,
    Looked,
    Noted,
    Progress,
    Saw,
    Weighed,
)
from sreagent.domain.text import one_line
from sreagent.investigate.act import settle_doubts, try_drafts
from sreagent.investigate.case import Case
from sreagent.investigate.commands import understand
from sreagent.investigate.desk import Desk, Stopped
from sreagent.investigate.look_again import verify_change
from sreagent.investigate.steps import (
    NO_MORE,
    Command,
    Conclude,
    Draft,
    Finish,
    Gather,
    Hear,
    LookUp,
    OfModel,
    Propose,
    Think,
    Verify,
    Write,
)
from sreagent.tools.metrics import evaluate, find_expression, look_back, looked
from sreagent.tools.signals import gather_own_measures, gather_signals


def investigate(case: Case, desk: Desk) -> Iterator[Happening]:
    """Take a case from where it stands to its end, and tell everything that happens.

    The caller drives: a step is on disk before it is handed out, so stopping between two steps
    (or killing the process) loses nothing.
    """
    try:
        yield from settle_doubts(case, desk)
        finish = yield from _steps(case, desk)
    except Stopped as stop:
        finish = Finish(outcome=stop.outcome, reason=str(stop))
    yield from _close(case, desk, finish)


def _steps(case: Case, desk: Desk) -> Generator[Happening, None, Finish]:
    """Do what the reasoner says until it says that nothing is left."""
    while True:
        step = desk.reasoner.next(case)
        if isinstance(step, Finish):
            return step
        yield from _do(case, desk, step)


def _do(
    case: Case, desk: Desk, step: Gather | Command | Conclude | Propose | Verify | Hear | OfModel
) -> Iterator[Happening]:
    match step:
        case Gather():
            yield from _gather(case, desk, step)
        case Command():
            yield from _command(case, desk, step)
        case Conclude():
            case.accounted = True
            yield from _conclude(case, step)
        case Propose(drafts=drafts):
            yield from try_drafts(case, desk, drafts)
        case Verify(action=action):
            yield from verify_change(case, desk, action)
        case Hear(prompt=prompt):
            yield from _hear(case, desk, prompt)
        case LookUp() | Think() | Write():
            yield from _of_model(case, desk, step)
        case other:
            assert_never(other)


def _hear(case: Case, desk: Desk, prompt: str) -> Iterator[Happening]:
    began = case.clock.monotonic()
    said = desk.person.hear(prompt)
    desk.waited += case.clock.monotonic() - began
    if said:
        yield from case.hear(said, desk.person.name)
    else:
        case.asked_for.add(NO_MORE)


def _of_model(case: Case, desk: Desk, step: OfModel) -> Iterator[Happening]:
    if isinstance(step, Write):
        yield from case.add(*step.records)
    elif desk.mind is None:
        msg = "a model's step without a model"
        raise TypeError(msg)
    else:
        yield from desk.mind.do(case, desk, step)


def _command(case: Case, desk: Desk, step: Command) -> Iterator[Happening]:
    yield Progress(text=f"running {one_line(step.line, 100)}")
    for made in understand(case, desk, step):
        if isinstance(made, Draft):
            proposal = yield from try_drafts(case, desk, (made,))
            case.answers[step.line] = _state(case, proposal)
        else:
            yield made


def _state(case: Case, proposal: Proposal | None) -> str:
    """What came of a written change, for whoever wrote its line."""
    if proposal:
        return f"{proposal.id} {proposal.title}: {proposal.state} {proposal.note}".strip()
    match case.incident.entries[-1].record:
        case Noted(text=text) | Looked(result=text):
            return text
        case _:
            return "not proposed"


def _gather(case: Case, desk: Desk, step: Gather) -> Iterator[Happening]:
    if step.lists:
        yield Progress(text="listing objects")
        for line in desk.looks.list(step.lists, case.time_left):
            yield from case.add(line)
    if step.logs:
        yield Progress(text="reading logs")
        for line in desk.looks.read_logs(step.logs, case.time_left):
            yield from case.add(line)
    if step.expression and desk.metrics:
        yield Progress(text="asking Prometheus")
        yield from _ask_expression(case, desk)
    if step.signals is not None and desk.metrics:
        yield Progress(text="reading metrics")
        now, left = case.clock.now(), case.time_left
        view = case.inventory
        for line in gather_signals(desk.metrics, view, step.signals, now, left, has_moved):
            yield from case.add(line)
    if step.own_measures is not None and desk.metrics:
        yield Progress(text="reading what programs count")
        about, now = step.own_measures, case.clock.now()
        for line in gather_own_measures(desk.metrics, case.inventory, about, now, case.time_left):
            yield from case.add(line)
        case.asked_for.add("own measures")
    case.asked_for |= {str(look) for look in (*step.lists, *step.logs)}
    case.asked_for |= {"expression"} if step.expression else set()
    case.asked_for |= {"signals"} if step.signals is not None else set()


def _ask_expression(case: Case, desk: Desk) -> Iterator[Happening]:
    metrics, began = desk.metrics, case.clock.monotonic()
    if metrics is None:
        return
    try:
        promql = find_expression(metrics, case.incident.opened.alert)
    except (SreError, ToolProblem) as error:
        gap = Looked(
            source="prometheus",
            command=f"promtool query instant {metrics.url} <the alert's expression>",
            result=one_line(str(error), 200),
            verdict=Health.UNKNOWN,
        )
        yield from case.add(gap)
        return
    if promql:
        labels, now = case.incident.opened.alert.labels, case.clock.now()
        case.expression = look_back(metrics, evaluate(metrics, promql), labels, now)
        yield from case.add(looked(case.expression, case.clock.monotonic() - began))


def _conclude(case: Case, step: Conclude) -> Iterator[Happening]:
    if case.out_of_time:
        limit = f"the time limit of {case.time_limit:g} s was over"
        left = "the looks that were still to come"
        gap = Looked(source="kubernetes", command=left, result=limit, verdict=Health.UNKNOWN)
        yield from case.add(gap)
    yield from case.add(
        *(Saw(evidence=evidence) for evidence in step.evidence),
        FoundChanges(changes=step.changes),
        Weighed(hypotheses=step.hypotheses),
        step.concluded,
    )


def interrupted(case: Case, desk: Desk, reason: str, outcome: Outcome = Outcome.OPEN) -> None:
    """Write down why the run stopped; `sre resume` goes on from here."""
    list(_close(case, desk, Finish(outcome=outcome, reason=reason)))


def _close(case: Case, desk: Desk, step: Finish) -> Iterator[Happening]:
    verifying, usage, earlier = desk.verify_seconds, case.incident.model_usage, desk.earlier
    calls = desk.looks.cluster.calls + (desk.metrics.calls if desk.metrics else 0)
    seconds = case.clock.monotonic() - case.started - verifying - desk.waited
    cost = Cost(
        api_calls=earlier.api_calls + calls,
        seconds=round(earlier.seconds + seconds, 3),
        verify_seconds=round(earlier.verify_seconds + verifying, 3),
        tokens=usage.prompt + usage.answer,
        usd=usage.usd,
    )
    yield from case.add(Closed(outcome=step.outcome, reason=step.reason, cost=cost))
