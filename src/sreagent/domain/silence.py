"""A time during which nobody is told of an alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """As Alertmanager keeps it."""

    id: str = ""
    """Empty for one that is yet to be made."""
    matchers: Mapping[str, str]
    """Label to exact value: what we make has no other matchers."""
    exact: bool = True
    """All its matchers are of that form; what people made may have others."""
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
