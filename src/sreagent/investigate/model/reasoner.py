"""Lets a model take the next step, once the rules have looked and said what they think."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile

from sreagent.domain.action import Proposal
from sreagent.domain.conversation import ToolCall
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.incident import Incident
from sreagent.domain.record import (
    RULES,
    Asked,
    Briefed,
    Concluded,
    Entry,
    Noted,
    Resumed,
    Told,
    Turn,
)
from sreagent.investigate.case import Case
from sreagent.investigate.model.briefing import briefing, frame_name
from sreagent.investigate.model.calls import Calls, is_usable, passed_to, reported
from sreagent.investigate.model.minds import Minds, over
from sreagent.investigate.model.roles import TOOLS, Role, tools_of
from sreagent.investigate.rules.reasoner import RulesReasoner
from sreagent.investigate.steps import NO_MORE, Finish, Hear, Step, Think, Write

BAD_TURNS = 2
"""Answers in a row that cannot be used before the rules take the step: one is mended."""


ANSWERS = 8
"""Turns for one question; then it is answered from what is known by then."""
MANY = 1_000_000
HINT = "Ask, or give a hint (Enter to end) ▸ "


class ModelReasoner:
    """Asks the rules first; holds nothing of its own: the record tells what was said."""

    def __init__(self, rules: RulesReasoner, minds: Minds, calls: Calls) -> None:
        self._rules = rules
        self._minds = minds
        self._calls = calls

    def next(self, case: Case) -> Step:
        """The rules' step while they look and until they gave their account; then the model's.

        What a person said is answered first. Where nothing is settled at the end, they are asked.
        """
        step = self._rules.look(case) or self.answer(case) or self._of_model(case)
        step = step or self._rules.act(case)
        return Hear(prompt=HINT) if _may_help(case, step) else step

    def prepare(self, case: Case) -> Step | None:
        """Tell the model of the incident; None when it was told."""
        return None if _talk(case.incident) else self._brief(case)

    def answer(self, case: Case) -> Step | None:
        """The next step towards an answer to what a person said; None when none is owed."""
        asked = _unanswered(case.incident)
        if asked is None:
            return None
        talk = _talk(case.incident)
        if talk is None or talk.asked is None:
            # The model is told of the incident first: it hears only what comes after that.
            brief = Briefed(text=briefing(case.incident, frame_name()), version=self.version)
            return Write(records=(brief, asked))
        if (turn := talk.pending) and (call := talk.unanswered):
            return self._calls.step(case, turn, call)
        role = _who_answers(talk)
        limits = replace(self._minds.limits, turns=MANY)
        if why := over(case.incident, limits):
            problem = f"{why}; it can be set with SRE_TOKEN_LIMIT and SRE_USD_LIMIT"
            end = Turn(role=Role.COMMUNICATOR, model="", version=self.version, problem=problem)
            return Write(records=(end,))
        return Think(role=role.value, remark=self._remark(talk, role))

    @property
    def version(self) -> str:
        """Of prompts, tools and guardrails, as one unit."""
        return self._minds.prompts.version

    def _of_model(self, case: Case) -> Step | None:
        """The model's next step; None when it has done its part, or cannot."""
        talk = _talk(case.incident)
        if talk is None:
            return self._brief(case) if _is_worth_asking(case.incident) else None
        if (turn := talk.pending) and (call := talk.unanswered):
            return self._calls.step(case, turn, call)
        role = None if talk.is_given_up else self._role(case, talk)
        if role is None:
            return None
        if why := self._why_not(case, talk):
            return Write(records=(Noted(text=f"{GIVEN_UP}: {why}", by="budget"),))
        return Think(role=role.value, remark=self._remark(talk, role))

    def _brief(self, case: Case) -> Step:
        text = briefing(case.incident, frame_name())
        return Write(records=(Briefed(text=text, version=self._minds.prompts.version),))

    def _role(self, case: Case, talk: "_Talk") -> Role | None:
        """Who is next, told by code."""
        if talk.concluded is None:
            return _looks_first(case.incident, talk, self._minds)
        diagnosed = talk.concluded.outcome is Outcome.DIAGNOSED
        if not diagnosed or not case.changes_allowed or talk.has_proposed:
            return None
        # The rules' own remedies are known to work; a model is asked where they have none.
        known = self._rules.knows_a_remedy(case) or case.incident.proposals
        return None if known else Role.REMEDIATOR

    def _why_not(self, case: Case, talk: "_Talk") -> str:
        if case.out_of_time:
            return f"the time limit of {case.time_limit:g} s was over"
        if limit := over(case.incident, self._minds.limits):
            return limit
        if talk.bad_turns >= BAD_TURNS:
            return f"{BAD_TURNS} answers in a row could not be used ({talk.last_problem})"
        if talk.is_unreachable:
            return talk.last_problem
        return ""

    def _remark(self, talk: "_Talk", role: Role) -> str:
        """What was wrong with the answer before, when nothing else tells the model."""
        last = talk.turns[-1] if talk.turns else None
        if last is None or last.role != role.value or last.calls or not talk.bad_turns:
            return ""
        named = ", ".join(tools_of(role))
        error = last.problem or "it calls no tool"
        return self._minds.prompts.page("repair", error=error, tools=named)


GIVEN_UP = "the model goes no further"


class _Talk:
    """What was said between the program and the model since it was briefed.

    A run that was resumed begins with a clean slate: what failed before may work now.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        records = [entry.record for entry in entries]
        self.records = records
        self.turns = [one for one in records if isinstance(one, Turn)]
        begins = [n for n, one in enumerate(records) if isinstance(one, Resumed)]
        self.this_run = records[begins[-1] :] if begins else records
        told = [one for one in records if isinstance(one, Told)]
        self.told = {one.call: one for one in told}

    @property
    def pending(self) -> Turn | None:
        """The last turn, while a call of it has no answer."""
        return self.turns[-1] if self.turns and self.unanswered else None

    @property
    def unanswered(self) -> ToolCall | None:
        calls = self.turns[-1].calls if self.turns else ()
        return next((call for call in calls if call.id not in self.told), None)

    @property
    def concluded(self) -> Concluded | None:
        """The model's account, or the rules' that it left as it was; not one that they gave."""
        found = [one for one in self.records if isinstance(one, Concluded) and one.by != RULES]
        return found[-1] if found else None

    @property
    def asked(self) -> Asked | None:
        """What a person said and nobody answered yet."""
        for record in reversed(self.records):
            match record:
                case Asked():
                    return record
                case Turn(role=Role.COMMUNICATOR) | Concluded():
                    return None
                case _:
                    pass
        return None

    @property
    def answering(self) -> Role:
        """Who takes what a person said."""
        for record in reversed(self.records):
            match record:
                case Asked():
                    return Role.SUPERVISOR
                case Turn(role=Role.SUPERVISOR) as turn:
                    return passed_to(turn) or Role.COMMUNICATOR
                case Turn(role=role):
                    return Role.COMMUNICATOR if reported(record) else Role(role)
                case _:
                    pass
        return Role.SUPERVISOR

    @property
    def has_proposed(self) -> bool:
        """Whether the remediator said its part."""
        calls = [c for t in self.turns if t.role == Role.REMEDIATOR for c in t.calls]
        return any(
            call.name == "propose" and (told := self.told.get(call.id)) and is_usable(told)
            for call in calls
        )

    @property
    def is_given_up(self) -> bool:
        notes = [one for one in self.this_run if isinstance(one, Noted)]
        return any(note.text.startswith(GIVEN_UP) for note in notes)

    @property
    def bad_turns(self) -> int:
        """Answers in a row, up to the last, of which nothing could be used."""
        turns = [one for one in self.this_run if isinstance(one, Turn)]
        return len(list(takewhile(self._is_bad, reversed(turns))))

    def _is_bad(self, turn: Turn) -> bool:
        if turn.problem:
            return True
        if not turn.calls:
            return bool(TOOLS[Role(turn.role)])
        answers = [self.told.get(call.id) for call in turn.calls]
        return all(one is not None and not is_usable(one) for one in answers)

    @property
    def is_unreachable(self) -> bool:
        """Whether the last answer never came; the client has tried again already."""
        last = self.turns[-1] if self.bad_turns else None
        return last is not None and bool(last.problem) and not _was_said(last)

    @property
    def last_problem(self) -> str:
        """What was wrong with the last answer."""
        if not self.turns:
            return ""
        last = self.turns[-1]
        if last.problem:
            return last.problem
        told = [self.told[call.id].text for call in last.calls if call.id in self.told]
        return told[-1] if told else "it calls no tool"


def _was_said(turn: Turn) -> bool:
    """Whether the model answered at all."""
    return bool(turn.text or turn.calls or turn.usage.answer or turn.usage.prompt)


def _talk(incident: Incident) -> _Talk | None:
    starts = [n for n, one in enumerate(incident.entries) if isinstance(one.record, Briefed)]
    return _Talk(incident.entries[starts[-1] :]) if starts else None


def _unanswered(incident: Incident) -> Asked | None:
    """What a person said last, while nobody answered it."""
    return _Talk(incident.entries).asked


def _who_answers(talk: _Talk) -> Role:
    """The role that the supervisor chose, as long as that leads somewhere."""
    last = max(n for n, one in enumerate(talk.records) if isinstance(one, Asked))
    since = [one for one in talk.records[last:] if isinstance(one, Turn)]
    stuck = bool(since) and (bool(since[-1].problem) or talk.bad_turns >= BAD_TURNS)
    proposed = any(one.role == Role.REMEDIATOR for one in since) and talk.has_proposed
    if stuck or proposed or len(since) >= ANSWERS:
        return Role.COMMUNICATOR
    return talk.answering


def _may_help(case: Case, step: Step) -> bool:
    """Whether a person could say what the model does not know."""
    talk = _talk(case.incident)
    unsure = isinstance(step, Finish) and step.outcome in (Outcome.ESCALATED, Outcome.UNKNOWN)
    reached = talk is not None and bool(talk.turns) and not talk.is_unreachable
    return unsure and reached and NO_MORE not in case.asked_for


def _is_worth_asking(incident: Incident) -> bool:
    """An alert that is over needs no model; neither does what is being mended already."""
    proposals: tuple[Proposal, ...] = incident.proposals
    return incident.opened.alert.status != "resolved" and not proposals


def _looks_first(incident: Incident, talk: _Talk, minds: Minds) -> Role:
    """An observer with a model of its own looks first where the rules found nothing."""
    if incident.hypotheses or not minds.has_own(Role.OBSERVER):
        return Role.DIAGNOSTICIAN
    observed = [one for one in talk.turns if one.role == Role.OBSERVER]
    if any(reported(one) for one in observed) or talk.bad_turns:
        return Role.DIAGNOSTICIAN
    return Role.OBSERVER
