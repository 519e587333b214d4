"""An incident under work: its journal, what it amounts to so far, and the objects in view."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sreagent.diagnose.argument.causes import Explanation
from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.incident import Incident, fold
from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Clock
from sreagent.domain.record import Asked, Entry, Opened, Record
from sreagent.domain.text import clean
from sreagent.journal.store import Journal
from sreagent.policy.redaction import redact
from sreagent.tools.metrics import Expression


@dataclass(slots=True, kw_only=True)
class Case:
    """All that is known; grows by `add`, which writes to disk before it returns."""

    journal: Journal
    incident: Incident
    inventory: Inventory
    clock: Clock
    started: float
    """Monotonic time at which this run began."""
    time_limit: float
    """Seconds that looking and reasoning may take."""
    changes_allowed: bool = True
    """False with `--read-only`: no change is even proposed."""
    has_metrics: bool = False
    expression: Expression | None = None
    """What the alert's own expression says, once asked."""
    accounted: bool = False
    """Whether this run gave its account."""
    asked_for: set[str] = field(default_factory=set)
    """Looks that were already made, so that none is repeated without a reason."""
    heard_at: float = 0.0
    """Monotonic time at which a person last said something: looking has its whole time again."""
    answers: dict[str, str] = field(default_factory=dict)
    """What came of each written command line, for the reasoner that wrote it."""
    looked_up: dict[str, tuple[str, float, int]] = field(default_factory=dict)
    """Looks of a model: the evidence each brought, when (monotonic), after how many entries."""
    _view: tuple[tuple[int, ...], Scene, Explanation] | None = None

    @classmethod
    def open(
        cls, journal: Journal, opened: Opened, inventory: Inventory, clock: Clock, time_limit: float
    ) -> "Case":
        """Begin an incident: its first entry is on disk when this returns."""
        entry = journal.append(opened)
        return cls(
            journal=journal,
            incident=fold(journal.id, [entry]),
            inventory=inventory,
            clock=clock,
            started=clock.monotonic(),
            time_limit=time_limit,
        )

    @property
    def out_of_time(self) -> bool:
        """Whether looking has taken as long as it may."""
        return self.time_left <= 0

    @property
    def time_left(self) -> float:
        """Seconds that looking may still take."""
        began = max(self.started, self.heard_at)
        return max(self.time_limit - (self.clock.monotonic() - began), 0.0)

    @property
    def scene(self) -> Scene:
        """Everything in view, indexed; made anew only when something came into view."""
        return self._look()[1]

    @property
    def explanation(self) -> Explanation:
        """What explains the alert, from everything in view."""
        return self._look()[2]

    def _look(self) -> tuple[tuple[int, ...], Scene, Explanation]:
        stamp = self.inventory.stamp
        if self._view is None or self._view[0] != stamp:
            before = self._view[1] if self._view else None
            scene = Scene(self.inventory, self.clock.now(), before)
            self._view = stamp, scene, explain(scene, self.incident.opened.alert)
        return self._view

    def add(self, *records: Record) -> Iterator[Entry]:
        """Write records, fold them in, and hand them to whoever watches."""
        entries = self.journal.append_all(records)
        for entry in entries:
            self.incident = self.incident.apply(entry)
        yield from entries

    def hear(self, text: str, by: str) -> Iterator[Entry]:
        """Write down what a person said to the model."""
        self.heard_at = self.clock.monotonic()
        yield from self.add(Asked(text=redact(clean(text)), by=by))

    def write(self, *records: Record) -> list[Entry]:
        """The same, at once."""
        return list(self.add(*records))
