"""What a decision is made from: the target as it is now, and the circumstances."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sreagent.domain.attempt import Attempt
from sreagent.domain.verdict import Autonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the target at this moment, and at incident start."""

    replicas: int | None = None
    replicas_at_start: int | None = None
    least_at_start: int | None = None
    """Lower bound of an autoscaler; `replicas` are its upper one."""
    autoscaler: str = ""
    """Name of the HorizontalPodAutoscaler that owns the replica count."""
    controlled: bool = False
    """A pod has a controller that makes a new one."""
    ready: bool = False
    """A pod serves at this moment."""
    unseen: tuple[str, ...] = ()
    """Kinds that limit changes and could not be listed: their absence proves nothing."""
    pods: int = 0
    """Pods that the change replaces or takes away, at once or one after the other."""
    capacity: int | None = None
    """Ready pods behind the Services that reach them; None when no Service does."""
    at_once: int = 0
    """Ready pods of these that are away at the same moment."""
    budget: str = ""
    """Name of the PodDisruptionBudget over these pods."""
    headroom: int | None = None
    """Disruptions that the budget allows now; None without a budget."""
    state_lost: tuple[str, ...] = ()
    """What does not survive: `emptyDir cache`, `the memory of web-1 (ClientIP sessions)`."""
    owner: str = ""
    """Who sets the field back: `Argo CD`, `Flux`, `Helm`, `HorizontalPodAutoscaler web`."""
    dependants: tuple[str, ...] = ()
    """Workloads that name the service in their environment, config or log."""
    reversible: bool = False
    """There is an action that brings the present state back."""

    @property
    def share(self) -> float | None:
        """Share of the serving capacity that is away at one moment, 0 to 1; None if unknown."""
        if self.capacity is None:
            return None
        return self.at_once / self.capacity if self.capacity else 0.0


class Origin(StrEnum):
    """Who thought of the change."""

    RULES = "rules"
    """The embedded reasoner, from status fields and metrics."""
    MODEL = "model"
    """A model, as a typed action."""
    LINE = "line"
    """A command line that somebody wrote."""
    PERSON = "person"
    """A person asked for exactly this, such as `sre undo`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Everything around a change that the target itself does not tell."""

    now: datetime
    alert: str = ""
    """Name of the incident's alert."""
    origin: Origin = Origin.RULES
    read_only: bool = False
    in_scope: bool = True
    """The target lies in the namespaces that the incident is about, told by the API."""
    grounded: bool = True
    """Some cited evidence is a status field or a metric, not only free text."""
    restores: bool = False
    """It takes back a change that was made in this incident: its numbers were there before."""
    confident: bool = True
    """The diagnosis is sure enough (0.82) to act on."""
    attempts: tuple[Attempt, ...] = ()
    """All of the last hour, and all of this incident."""
    incident: str = ""
    ceiling: Autonomy = Autonomy.AUTONOMOUS
    """At most this much runs by itself, whatever the policy would let."""
    halted: str = ""
    """Why all changes are stopped; empty when they are not."""
