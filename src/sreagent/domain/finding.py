"""What a condition saw in an object, before it becomes evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.signal import Plot


class Severity(StrEnum):
    """How much a finding hurts by itself."""

    CRITICAL = "critical"
    """Nothing serves."""
    ERROR = "error"
    """Part of it does not work."""
    WARNING = "warning"
    """It works, and should be looked at."""
    INFO = "info"
    """A fact worth citing."""


class Category(StrEnum):
    """What sort of trouble the cause is."""

    DEPLOYMENT = "deployment"
    CONFIGURATION = "configuration"
    RESOURCE = "resource"
    SCHEDULING = "scheduling"
    NETWORK = "network"
    STORAGE = "storage"
    NODE = "node"
    DEPENDENCY = "dependency"
    AVAILABILITY = "availability"
    SECURITY = "security"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One condition seen on one object."""

    condition: str
    """`pod.crash_loop`, `service.selects_nothing`, …; the registry lists them."""
    entity: Entity
    claim: str
    """One sentence that names the object and what is wrong with it, numbers included."""
    category: Category
    severity: Severity = Severity.ERROR
    verdict: Health = Health.BROKEN
    """`unknown` where the condition could not be decided (a list was refused, a log is gone)."""
    uid: str = ""
    path: str = ""
    """Field path, e.g. `status.containerStatuses[checkout].state.waiting.reason`."""
    since: datetime | None = None
    source: str = "kubernetes"
    command: str = ""
    """The call that shows it again."""
    excerpt: str = ""
    tainted: bool = False
    suspects: tuple[Entity, ...] = ()
    """What it points at as its own cause: a Service named in a log, a ConfigMap, a node."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Decoded values for whoever proposes the remedy: container, limit, key, port, …"""
    plot: Plot | None = None
    """The series that shows it."""
