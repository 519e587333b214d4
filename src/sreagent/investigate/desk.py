"""What an investigation works with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from sreagent.domain.action import Action
from sreagent.domain.command import Read, Refusal
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.ports import Metrics, Person
from sreagent.domain.record import Cost, Happening
from sreagent.investigate.case import Case
from sreagent.investigate.steps import LookUp, Reasoner, Think
from sreagent.tools.gate import Gate
from sreagent.tools.looks import KubernetesLooks
from sreagent.tools.sighting import Sighting


class Reads(Protocol):
    """Runs the reads that written command lines ask for."""

    def run(self, read: Read) -> Sighting:
        """What was seen; a look that failed says so and is `unknown`.

        Raises TryAgain for what there is not, SreError when there is no way to ask.
        """
        ...


class Mind(Protocol):
    """Carries out the steps of a reasoner that asks a model."""

    def do(self, case: Case, desk: "Desk", step: LookUp | Think) -> Iterator[Happening]:
        """Ask the model, or look at what it wants to see; both end up in the record."""
        ...


class Stopped(Exception):  # noqa: N818 - not an error: the person said stop
    """A person ended the run at a question."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


@dataclass(slots=True, kw_only=True)
class Desk:
    """The parts that are the same for every step of a run."""

    looks: KubernetesLooks
    gate: Gate
    reasoner: Reasoner
    person: Person
    parse: Callable[[str], Read | Action | Refusal]
    """What a written command line means."""
    reads: Reads
    metrics: Metrics | None = None
    mind: "Mind | None" = None
    """Carries out what only a model's reasoner asks for; None for rules alone."""
    dry_run: bool = False
    """Show what would run, run no change."""
    verify_limit: float = 120.0
    """Seconds that a change may take to help."""
    poll: float = 2.0
    """Seconds between two looks while verifying."""
    verify_seconds: float = 0.0
    """Time spent verifying so far."""
    earlier: Cost = field(default_factory=Cost)
    """What runs of the same incident took before this one."""
    waited: float = 0.0
    """Time spent waiting for a person."""
