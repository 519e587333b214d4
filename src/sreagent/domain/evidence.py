"""What was seen, with its receipt."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sreagent.domain.entity import Entity
from sreagent.domain.signal import Plot


class Health(StrEnum):
    """What an observation says about the thing observed."""

    HEALTHY = "healthy"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """It could not be looked at: never the same as healthy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One observation, with the call that anyone can run again to see it."""

    id: str
    """`E1`, `E2`, … in the order of the incident."""
    claim: str
    """One sentence."""
    verdict: Health
    source: str
    """`kubernetes`, `logs`, `prometheus`, `alertmanager`, `alert`."""
    command: str
    """The exact call that shows it again."""
    seen_at: datetime
    since: datetime | None = None
    """When it began, where the thing seen tells."""
    entity: Entity | None = None
    excerpt: str = ""
    """A few lines of what was seen, cleaned and redacted."""
    digest: str = ""
    """SHA-256 of the whole text that the excerpt was taken from."""
    tainted: bool = False
    """True when the claim or the excerpt repeats text that anybody could have written."""
    plot: Plot | None = None
    """The series that shows it, of a metric."""
