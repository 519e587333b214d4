"""Looks after a change, again and again, until what was wrong is well or the time is up."""

from collections.abc import Generator, Iterator, Sequence

from sreagent.domain.action import Proposal
from sreagent.domain.entity import Entity
from sreagent.domain.errors import SreError
from sreagent.domain.evidence import Health
from sreagent.domain.record import Check, Happening, Progress, Verified
from sreagent.investigate import verify
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.tools.looks import READ_TAIL, ListObjects
from sreagent.tools.metrics import evaluate


def verify_change(case: Case, desk: Desk, action: str) -> Iterator[Happening]:
    """Look again at what was wrong until it is well or the time is up."""
    proposal = case.incident.proposal(action)
    if proposal is None:
        return
    plan = _plan(case, proposal)
    watch = verify.Watch(plan=plan, counts=verify.restarts(case.inventory, plan))
    callers = verify.callers(case.incident.evidence, case.inventory, plan)
    quiet = verify.Quiet(callers=callers)
    began = case.clock.monotonic()
    while True:
        complete = yield from _refresh(desk, plan)
        spent = case.clock.monotonic() - began
        checks = watch.look(case.inventory, spent, complete=complete)
        if checks:
            checks += quiet.hear(_logs(desk, callers), spent, case.clock.now())
        if watch.well:
            checks += _expression_check(case, desk)
        yield Progress(text=_checks_line(checks, spent))
        if spent >= desk.verify_limit or watch.over(checks, spent):
            break
        case.clock.sleep(desk.poll)
    desk.verify_seconds += spent
    helped = verify.helped(checks)
    seconds = round(spent, 1)
    yield from case.add(Verified(action=action, helped=helped, checks=checks, seconds=seconds))


def _refresh(desk: Desk, plan: verify.Plan) -> Generator[Happening, None, bool]:
    """List what is watched again; False when something did not answer.

    The lines are not news, so they are not kept.
    """
    looks = [ListObjects(namespace=space, kinds=verify.KINDS) for space in plan.namespaces]
    complete = True
    for line in desk.looks.list(looks):
        if line.verdict is Health.UNKNOWN:
            complete = False
            yield Progress(text=f"{line.command}: {line.result}")
    return complete


def _plan(case: Case, proposal: Proposal) -> verify.Plan:
    targets: list[Entity] = [proposal.action.target]
    if diagnosis := case.incident.diagnosis:
        targets.append(diagnosis.entity)
    return verify.plan(case.inventory, targets)


def _logs(desk: Desk, callers: Sequence[verify.Caller]) -> list[str | None]:
    """The log of each; None where it could not be read."""
    found: list[str | None] = []
    for caller in callers:
        try:
            log = desk.looks.cluster.log(
                caller.pod, caller.container, previous=False, tail=READ_TAIL
            )
        except SreError:
            found.append(None)
        else:
            found.append(log.text)
    return found


def _expression_check(case: Case, desk: Desk) -> tuple[Check, ...]:
    if case.expression is None or desk.metrics is None:
        return (Check(name=verify.SIGNAL, verdict=Health.UNKNOWN, text="not known"),)
    fresh = evaluate(desk.metrics, case.expression.promql)
    return (Check(name=verify.EXPRESSION, verdict=fresh.verdict, text=fresh.text),)


def _checks_line(checks: tuple[Check, ...], seconds: float) -> str:
    marks = {Health.HEALTHY: "✓", Health.BROKEN: "…", Health.UNKNOWN: "?"}
    words = [f"{check.name} {check.text} {marks[check.verdict]}" for check in checks]
    return f"verifying  {'   '.join(words)}   {seconds:.0f} s"
