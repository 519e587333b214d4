"""What changed before it broke."""

from dataclasses import dataclass
from datetime import datetime

from sreagent.domain.entity import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change to one object, with its diff."""

    entity: Entity
    at: datetime
    summary: str
    """`revision 1 → 2: image 2.4.0 → 2.4.1`."""
    by: str = ""
    """Field manager or user, where the object tells."""
    diff: tuple[str, ...] = ()
    """Lines beginning with `- ` and `+ `."""
    revision: int | None = None
    previous_revision: int | None = None
    command: str = ""
    """The call that shows it again."""
