"""Changes, one at a time: prepare, ask, write the intent, make it, write the result."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sreagent.domain.action import Action, ActionState, Proposal
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.errors import (
    Conflict,
    Denied,
    Halted,
    SreError,
    TryAgain,
    Unreachable,
)
from sreagent.domain.evidence import Health
from sreagent.domain.incident import Incident
from sreagent.domain.ports import Reply
from sreagent.domain.record import (
    Answer,
    Answered,
    Asked,
    Happening,
    Intended,
    Looked,
    Noted,
    Progress,
    Proposed,
    Ran,
)
from sreagent.domain.text import one_line
from sreagent.domain.verdict import Allow, Ask, Deny, Tier, Verdict
from sreagent.investigate.case import Case
from sreagent.investigate.commands import about_draft, action_of, in_scope
from sreagent.investigate.desk import Desk, Stopped
from sreagent.investigate.interrupts import held
from sreagent.investigate.outcome import REFUSED_STATES
from sreagent.investigate.steps import Draft
from sreagent.policy.facts import Origin
from sreagent.tools.changes import Prepared, remembered, written
from sreagent.tools.gate import About, Approval
from sreagent.tools.impact import DEFAULT_LEAST
from sreagent.tools.since import changed_since

REPLICAS = ("/spec/replicas", "/spec/maxReplicas", "/desiredCount", "/DesiredCapacity")
"""How a cluster, its autoscalers, ECS and Auto Scaling call the number that runs."""
LEAST = ("/spec/minReplicas",)
"""How an autoscaler calls the number that runs at least."""
BY_POLICY = "policy"
"""Who answered, and how, where no person was asked."""
IN_FLIGHT = 60.0
"""Seconds for which an API server may work on a request whose answer was lost (its default)."""
DIFFERENCES = 6
"""Lines of a difference that an error tells."""
PATIENCE = 15.0
"""Seconds of that for which a person at the screen is kept waiting."""


def try_drafts(
    case: Case, desk: Desk, drafts: tuple[Draft, ...]
) -> Generator[Happening, None, Proposal | None]:
    """Propose changes for one cause, best first, until one of them was made.

    Returns the proposal of the last draft that was tried, as it stands; None if it came to none.

    Raises:
        Stopped: The person quit, or nobody knows whether a change was made.
    """
    proposal = None
    for draft in drafts:
        number = yield from _try(case, desk, draft)
        proposal = case.incident.proposal(number)
        if proposal and proposal.state is ActionState.STARTED:
            raise Stopped(Outcome.OPEN, f"whether {number} was made is not known yet")
        if proposal and (proposal.state is ActionState.DONE or _is_asked(case.incident)):
            break
    return proposal


def _is_asked(incident: Incident) -> bool:
    """Whether the person said something that is to be answered before anything else."""
    return isinstance(incident.entries[-1].record, Asked)


def settle_doubts(case: Case, desk: Desk) -> Iterator[Happening]:
    """Ask the cluster about changes whose result was never written, before anything else.

    Raises:
        Stopped: It cannot be told yet whether one was made, so nothing else may be done.
    """
    for proposal in case.incident.proposals:
        if proposal.state is not ActionState.STARTED:
            continue
        intent, at = last_intent(case.incident, proposal.id)
        since = (case.clock.now() - at).total_seconds()
        if since < IN_FLIGHT:
            yield Progress(text=f"was {proposal.id} made? the cluster may still be at it")
        found = _settled(case, desk, proposal, intent, max(IN_FLIGHT - since, 0.0))
        yield from case.add(found)
        if isinstance(found, Noted):
            raise Stopped(Outcome.OPEN, f"whether {proposal.id} was made is not known yet")


def _try(case: Case, desk: Desk, draft: Draft) -> Generator[Happening, None, str]:
    """Put one draft to policy and to a person.

    Returns the id of what was decided about: its proposal, or what a person wrote in its place;
    empty if it became none.
    """
    number = draft.id or _next_id(case.incident)
    case.asked_for.add(f"ask {number}")
    yield Progress(text=f"preparing {draft.action.verb} of {draft.action.target}")
    try:
        if draft.undoes:
            check_untouched(case.incident, draft.undoes, desk)
            yield from case.add(*_left_undone(case.incident, draft.undoes, desk))
        prepared = _prepared(case, desk, draft.action)
    except (TryAgain, Denied) as error:
        yield from case.add(*_dropped(case, draft, str(error)))
        return ""
    except SreError as error:
        yield from case.add(_unseen(draft, error))
        return ""
    about = about_draft(case.incident, number, draft)
    verdict = desk.gate.judge(prepared, about)
    proposal = _proposal(number, draft, prepared, verdict)
    yield from case.add(*_moved_on(case, proposal), Proposed(proposal=proposal))
    if isinstance(verdict, Deny) and verdict.passes:
        yield from case.add(Noted(text=f"{proposal.id} waits: {verdict.reason}", by=BY_POLICY))
    elif isinstance(verdict, Deny):
        yield from case.add(_by_policy(proposal, Answer.REJECT, verdict))
    elif not prepared.preview.accepted:
        yield from case.add(_refused(proposal))
    elif isinstance(verdict, Allow) and not desk.dry_run:
        yield from case.add(_by_policy(proposal, Answer.RUN, verdict))
        yield from _run(case, desk, proposal, prepared, about)
    elif isinstance(verdict, Ask) and not desk.dry_run:
        number = yield from _ask(case, desk, Question(proposal, prepared, verdict, about))
    return number


def _next_id(incident: Incident) -> str:
    return f"A{len(incident.proposals) + 1}"


def check_untouched(incident: Incident, action: str, desk: Desk) -> None:
    """Check that nobody changed since what a change wrote.

    Pods that a change was to take away and did not are nothing that its undo would write.

    Raises:
        Denied: Somebody did, and what; taking the change back would take theirs back too.
        SreError: It cannot be read.
    """
    proposal = incident.proposal(action)
    intent, _ = last_intent(incident, action)
    if proposal is None or desk.gate.settle(proposal.action, written(intent.after)):
        return
    target = proposal.action.target
    words = {"-": f"{action} wrote ", "+": "now "}
    lines = changed_since(desk.looks.cluster, target, intent.after)[:DIFFERENCES]
    told = "; ".join(words.get(line[:1], "") + line[2:] for line in lines)
    msg = f"{target} was changed since {action} was made"
    why = "taking it back would also take back what somebody did afterwards"
    raise Denied(msg, why=f"{why}: {told}" if told else why, hint=f"see: {target.get}")


def _left_undone(incident: Incident, action: str, desk: Desk) -> Iterator[Noted]:
    """What a change said when it was made, while not all of it is as it was to become."""
    proposal = incident.proposal(action)
    intent, _ = last_intent(incident, action)
    if proposal is None or written(intent.after) == intent.after:
        return
    if not desk.gate.settle(proposal.action, intent.after):
        yield Noted(text=f"{action} was only partly done: {proposal.note}")


def _dropped(case: Case, draft: Draft, why: str) -> Iterator[Noted | Answered]:
    """A change that cannot be made any more; one that was proposed before is closed with it."""
    yield Noted(text=f"{draft.action.verb} was not proposed: {why}")
    if before := case.incident.proposal(draft.id):
        yield _answered(before, Answer.SKIP, "sre", "not possible any more", why)


def _moved_on(case: Case, proposal: Proposal) -> Iterator[Noted]:
    before = case.incident.proposal(proposal.id)
    if before and before.fingerprint != proposal.fingerprint:
        same = before.policy == proposal.policy
        what = f"{proposal.action.target} was" if same else "the policy, or the object, was"
        yield Noted(
            text=f"{proposal.id} is not what was shown before: {what} changed since, "
            "so look again before you approve it"
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked, and what it is about."""

    proposal: Proposal
    prepared: Prepared
    verdict: Ask
    about: About


def _ask(case: Case, desk: Desk, question: Question) -> Generator[Happening, None, str]:
    """Ask until it is decided; returns the id of what was decided about.

    What a person writes instead is a proposal of its own; where it comes to nothing, the one in
    whose place it was written is asked again.
    """
    reply = yield from _hear(case, desk, question)
    while reply and reply.answer in (Answer.DRY_RUN, Answer.EDIT):
        first = question.proposal.id
        fresh = yield from _put_again(case, desk, question, reply)
        if fresh and fresh.proposal.id != first:
            decided = yield from _decide(case, desk, fresh)
            if not _came_to_nothing(case.incident, decided):
                yield from case.add(*_superseded(case.incident, question.proposal, decided))
                return decided
            fresh = yield from _put_again(case, desk, question, replace(reply, line=""))
        question = fresh or question
        if not question.prepared.preview.accepted:
            break
        reply = yield from _hear(case, desk, question)
    return question.proposal.id


def _decide(case: Case, desk: Desk, question: Question) -> Generator[Happening, None, str]:
    if question.prepared.preview.accepted:
        return (yield from _ask(case, desk, question))
    return question.proposal.id


def _put_again(
    case: Case, desk: Desk, question: Question, reply: Reply
) -> Generator[Happening, None, Question | None]:
    """Show the change again after a dry run, or another one; None where it stays as it is."""
    try:
        fresh = _asked_again(case, desk, question, reply)
    except (TryAgain, SreError) as error:
        yield from case.add(Noted(text=f"{question.proposal.id} stays as it is: {error}"))
        return None
    yield from case.add(Proposed(proposal=fresh.proposal))
    if not fresh.prepared.preview.accepted:
        yield from case.add(_refused(fresh.proposal))
    return fresh


def _hear(case: Case, desk: Desk, question: Question) -> Generator[Happening, None, Reply | None]:
    """What the person says, written down, and done if it is a yes.

    Raises:
        Stopped: The person quit.
    """
    proposal = question.proposal
    case.asked_for.add(f"ask {proposal.id}")
    began = case.clock.monotonic()
    cited = case.incident.cited(proposal.evidence)
    reply = desk.person.ask(proposal, question.verdict, cited)
    desk.waited += case.clock.monotonic() - began
    if reply is None:
        return None
    by = reply.by or desk.person.name
    if reply.answer is Answer.HINT:
        # Whoever answers it goes first; then the question is put again.
        case.asked_for.discard(f"ask {proposal.id}")
        yield from case.hear(reply.line, by)
        return reply
    answered = _answered(proposal, reply.answer, by, reply.how, reply.reason)
    yield from case.add(replace(answered, proof=reply.proof))
    if reply.answer is Answer.QUIT:
        raise Stopped(Outcome.WAITING, f"stopped at {proposal.id} by {by}")
    if reply.answer is Answer.RUN:
        yield from _approved(case, desk, question)
    return reply


def _came_to_nothing(incident: Incident, action: str) -> bool:
    proposal = incident.proposal(action)
    return proposal is None or proposal.state in (*REFUSED_STATES, ActionState.SKIPPED)


def _superseded(incident: Incident, first: Proposal, decided: str) -> Iterator[Answered]:
    """Close a proposal in whose place something else was changed.

    A change of the same object only hides it: once that is taken back, it is offered again.
    """
    made = incident.proposal(decided)
    if made and made.state is ActionState.DONE and made.action.target != first.action.target:
        yield _answered(first, Answer.SKIP, "sre", "edited", f"{decided} was made in its place")


def _asked_again(case: Case, desk: Desk, question: Question, reply: Reply) -> Question:
    """The same question after a dry run or an edit.

    Raises:
        TryAgain: The line is no change, or policy does not let it be asked.
        SreError: The target cannot be read.
    """
    proposal, about = question.proposal, question.about
    action = action_of(case.incident, desk, reply.line) if reply.line else proposal.action
    if action != proposal.action:
        # Another change than the one that was proposed: it takes nothing back.
        proposal = replace(
            proposal,
            id=_next_id(case.incident),
            undoes="",
            reason=f"written by a person in place of {proposal.id}: {proposal.command}",
            expected="nothing is foretold of a change that a person wrote",
        )
        about = replace(about, action=proposal.id, restores=False)
    elif proposal.undoes:
        check_untouched(case.incident, proposal.undoes, desk)
    if reply.line:
        scoped = in_scope(case.incident, action.target) or action.target.kind.startswith("AWS::")
        about = replace(about, origin=Origin.LINE, in_scope=scoped)
    prepared = _prepared(case, desk, action)
    verdict = desk.gate.judge(prepared, about)
    if not isinstance(verdict, Ask):
        raise TryAgain(verdict.reason or verdict.rule)
    return Question(_rewritten(proposal, prepared, verdict, about), prepared, verdict, about)


def _approved(case: Case, desk: Desk, question: Question) -> Iterator[Happening]:
    """Run it, once as many people as policy asks for said yes."""
    proposal = question.proposal
    approvals = approvals_of(case.incident, proposal.id)
    missing = desk.gate.missing(question.verdict, approvals, question.prepared, question.about)
    if missing:
        key = ", with your `--key`" if desk.gate.policy.approvers else ""
        text = (
            f"{proposal.id} needs {question.verdict.people} people, {missing} still missing; "
            "somebody else, within ten minutes: "
            f"sre approve {case.incident.id} {proposal.id}{key}"
        )
        yield from case.add(Noted(text=text))
        return
    yield from _run(case, desk, proposal, question.prepared, question.about, approvals)


def approvals_of(incident: Incident, action: str) -> tuple[Approval, ...]:
    """Every yes that a person gave to a proposal; the gate says which of them count."""
    return tuple(
        Approval(
            by=record.by,
            at=entry.at,
            digest=record.digest,
            proof=record.proof,
            beforehand=record.how == "--yes",
        )
        for entry in incident.entries
        if isinstance(record := entry.record, Answered)
        and (record.action, record.answer) == (action, Answer.RUN)
        and record.how != BY_POLICY
    )


def _run(
    case: Case,
    desk: Desk,
    proposal: Proposal,
    prepared: Prepared,
    about: About,
    approvals: tuple[Approval, ...] = (),
) -> Iterator[Happening]:
    intent = Intended(
        action=proposal.id,
        digest=prepared.fingerprint,
        before=remembered(prepared.before),
        after=remembered(prepared.after),
        undo=prepared.undo,
    )
    yield Progress(text=f"running {proposal.id}")
    # From the intent to its result nothing may come between: Ctrl-C waits.
    with held():
        entries = case.write(intent)
        try:
            message = desk.gate.run(prepared, about, approvals)
        except (SreError, TryAgain) as error:
            entries += case.write(_not_made(case, desk, proposal, intent, error))
        else:
            entries += case.write(Ran(action=proposal.id, ok=True, message=message))
    yield from entries


def _not_made(
    case: Case, desk: Desk, proposal: Proposal, intent: Intended, error: SreError | TryAgain
) -> Ran | Noted:
    match error:
        case Unreachable():
            found = _settled(case, desk, proposal, intent, PATIENCE)
            if isinstance(found, Ran) and not found.ok:
                doubt = "no answer came, and the cluster may still be at it"
                return Noted(text=f"{proposal.id} is in doubt: {doubt}")
            return found
        case Halted(message=message):
            return Ran(action=proposal.id, ok=False, message=message)
        case Conflict():
            message = "somebody changed it since it was shown; nothing was done"
        case SreError(message=message):
            pass
        case _:
            message = str(error)
    return Ran(action=proposal.id, ok=False, refused=True, message=message)


def _settled(
    case: Case, desk: Desk, proposal: Proposal, intent: Intended, patience: float
) -> Ran | Noted:
    """What the cluster says about a change whose answer was lost.

    "Not done" counts only after `patience` seconds: until then it may still become done.
    """
    deadline = case.clock.monotonic() + patience
    while True:
        try:
            done = desk.gate.settle(proposal.action, intent.after)
            over = done or case.clock.monotonic() >= deadline
            partly = "" if done or not over else _half_made(desk, proposal.action, intent)
        except (SreError, TryAgain) as error:
            text = f"{proposal.id} is in doubt: nobody could be asked ({error})"
            return Noted(text=text)
        if over:
            break
        case.clock.sleep(1.0)
    found = partly or ("found done in the cluster" if done else "found not done in the cluster")
    return Ran(action=proposal.id, ok=done or bool(partly), message=found, settled=True)


def _half_made(desk: Desk, action: Action, intent: Intended) -> str:
    """What there is of a change that broke off after its first write; empty if nothing is.

    A node that we closed and did not empty is ours to open again, so it counts as done.

    Raises:
        SreError: It cannot be read.
        TryAgain: The change is none that can be made.
    """
    wrote = written(intent.after)
    leaving = intent.after.keys() - wrote.keys()
    if not leaving or wrote == written(intent.before) or not desk.gate.settle(action, wrote):
        return ""
    stay = sum(not desk.gate.settle(action, {**wrote, pod: intent.after[pod]}) for pod in leaving)
    return f"found only partly done in the cluster: {stay} of {len(leaving)} pods are still there"


def _prepared(case: Case, desk: Desk, action: Action) -> Prepared:
    start = number_at_start(case.incident, action.target, REPLICAS)
    prepared = desk.gate.prepare(action, replicas_at_start=start)
    least = number_at_start(case.incident, action.target, LEAST)
    if least is None:
        return prepared
    return replace(prepared, facts=replace(prepared.facts, least_at_start=least))


def number_at_start(incident: Incident, target: Entity, names: Sequence[str]) -> int | None:
    """A number of a target before this incident first changed it; None if it did not.

    Limits count from there, so that doubling twice is not four times.
    """
    for entry in incident.entries:
        if not isinstance(intent := entry.record, Intended):
            continue
        proposal = incident.proposal(intent.action)
        known = [intent.before[name] for name in names if name in intent.before]
        if known and proposal and proposal.action.target == target:
            return DEFAULT_LEAST if known[0] is None else int(known[0])
    return None


def _proposal(id_: str, draft: Draft, prepared: Prepared, verdict: Verdict) -> Proposal:
    return Proposal(
        id=id_,
        title=f"Undo {draft.undoes}: {prepared.title}" if draft.undoes else prepared.title,
        action=prepared.action,
        command=prepared.command,
        tier=_tier(verdict),
        rule=verdict.rule,
        ruling=verdict.reason,
        verdict=type(verdict).__name__.lower(),
        policy=prepared.policy,
        people=verdict.people if isinstance(verdict, Ask) else 1,
        origin=draft.origin,
        reason=draft.reason,
        evidence=draft.evidence,
        expected=draft.expected,
        undo=prepared.undo,
        undo_command=prepared.undo_command,
        preview=prepared.preview,
        undoes=draft.undoes,
        fingerprint=prepared.fingerprint,
    )


def _rewritten(proposal: Proposal, prepared: Prepared, verdict: Ask, about: About) -> Proposal:
    return replace(
        proposal,
        origin=about.origin,
        ruling=verdict.reason,
        policy=prepared.policy,
        people=verdict.people,
        title=prepared.title,
        action=prepared.action,
        command=prepared.command,
        tier=_tier(verdict),
        rule=verdict.rule,
        undo=prepared.undo,
        undo_command=prepared.undo_command,
        preview=prepared.preview,
        fingerprint=prepared.fingerprint,
    )


def _unseen(draft: Draft, error: SreError) -> Looked:
    """A change that could not be prepared because its target could not be read."""
    target = draft.action.target
    return Looked(
        source="kubernetes",
        command=target.get,
        result=f"{draft.action.verb} could not be prepared: {one_line(error.message, 200)}",
        verdict=Health.UNKNOWN,
    )


def _tier(verdict: Verdict) -> Tier:
    return Tier.PERSON if isinstance(verdict, Deny) else verdict.tier


def _by_policy(proposal: Proposal, answer: Answer, verdict: Verdict) -> Answered:
    return _answered(proposal, answer, BY_POLICY, BY_POLICY, verdict.reason or verdict.rule)


def _answered(proposal: Proposal, answer: Answer, by: str, how: str, reason: str) -> Answered:
    digest = proposal.fingerprint
    return Answered(action=proposal.id, answer=answer, digest=digest, by=by, how=how, reason=reason)


def _refused(proposal: Proposal) -> Ran:
    answer = proposal.preview.answer if proposal.preview else "no dry run"
    return Ran(action=proposal.id, ok=False, refused=True, message=f"dry run: {answer}")


def last_intent(incident: Incident, action: str) -> tuple[Intended, datetime]:
    """The intent that was written last for a proposal, and when.

    Raises:
        StopIteration: There is none; a proposal that was started or made has one.
    """
    return next(
        (entry.record, entry.at)
        for entry in reversed(incident.entries)
        if isinstance(entry.record, Intended) and entry.record.action == action
    )
