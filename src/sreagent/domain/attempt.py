"""A change that somebody tried to make: what circuit breakers count."""

from dataclasses import dataclass
from datetime import datetime

from sreagent.domain.entity import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Counted before the change is sent, whatever comes of it."""

    at: datetime
    incident: str
    action: str
    """Id of the proposal."""
    verb: str
    target: Entity
    autonomous: bool = False
    """Nobody was asked."""
