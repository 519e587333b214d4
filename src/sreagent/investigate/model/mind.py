"""Carries out the steps that only a model's reasoner asks for."""

from collections.abc import Iterator
from dataclasses import dataclass

from sreagent.domain.record import Happening
from sreagent.investigate.case import Case
from sreagent.investigate.desk import Desk
from sreagent.investigate.model.look_up import look_up
from sreagent.investigate.model.minds import Minds
from sreagent.investigate.model.roles import Role
from sreagent.investigate.model.think import think
from sreagent.investigate.steps import LookUp, Think


@dataclass(frozen=True, slots=True)
class ModelMind:
    """Asks the models of a run."""

    minds: Minds

    def do(self, case: Case, desk: Desk, step: LookUp | Think) -> Iterator[Happening]:
        """Ask the model, or look at what it wants to see; both end up in the record."""
        match step:
            case Think(role=role, remark=remark):
                yield from think(case, self.minds, Role(role), remark)
            case LookUp():
                yield from look_up(case, desk, step)
