"""Talks about an incident that has ended: a person asks, a model answers, nothing else is done."""

from typing import Protocol

from sreagent.investigate.case import Case
from sreagent.investigate.outcome import outcome_of
from sreagent.investigate.rules.reasoner import FIRST_KINDS
from sreagent.investigate.steps import NO_MORE, Finish, Gather, Hear, Step, Think
from sreagent.tools.looks import ListObjects

PROMPT = " ▸ "
NEEDS_OBJECTS = "remediator"
"""The role that cannot work from what is on record: what it proposes is checked against objects."""


class Answering(Protocol):
    """Whoever answers what a person said."""

    def prepare(self, case: Case) -> Step | None:
        """What comes before the first question; None when it was done."""
        ...

    def answer(self, case: Case) -> Step | None:
        """The next step towards an answer; None when none is owed."""
        ...


class ChatReasoner:
    """Hears, answers, and hears again, until nothing more is asked."""

    def __init__(self, model: Answering) -> None:
        self._model = model

    def next(self, case: Case) -> Step:
        """The next step towards an answer, or the next question."""
        if step := self._model.prepare(case) or self._model.answer(case):
            return _objects_first(case, step)
        if NO_MORE in case.asked_for:
            return Finish(outcome=outcome_of(case.incident, asked=True))
        return Hear(prompt=PROMPT)


def _objects_first(case: Case, step: Step) -> Step:
    first = ListObjects(namespace=case.incident.opened.namespace, kinds=FIRST_KINDS)
    proposes = isinstance(step, Think) and step.role == NEEDS_OBJECTS
    return Gather(lists=(first,)) if proposes and str(first) not in case.asked_for else step
