"""A change that somebody may make, as data."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sreagent.domain.entity import Entity
from sreagent.domain.verdict import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A verb of the catalogue, its target and its typed arguments."""

    verb: str
    """`rollout_undo`, `scale`, …: a name of the catalogue in `tools`."""
    target: Entity
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form: an approval is bound to it."""
        body = {"verb": self.verb, "target": self.target.path, "arguments": dict(self.arguments)}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an action would do, asked from the server without doing it."""

    accepted: bool
    """The server's dry run said yes."""
    answer: str
    """`accepted by the server`, or the server's reason."""
    diff: tuple[str, ...] = ()
    touches: str = ""
    """Pods and their share of the workload."""
    depends: str = ""
    """Who uses it."""
    loses: str = ""
    """What does not survive it."""
    owner: str = ""
    """Who may set it back."""


class ActionState(StrEnum):
    """How far a proposal got."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    DENIED = "denied"
    """Policy said no."""
    STARTED = "started"
    """The intent is on disk and no result is: in doubt until the cluster was asked."""
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


WAITING = frozenset({ActionState.PROPOSED, ActionState.APPROVED})
"""States in which a proposal waits for somebody."""
UNDECIDED = WAITING | {ActionState.SKIPPED}
"""States in which somebody may still approve it: what was skipped is no refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An action with its reasons, as it is shown and asked for."""

    id: str
    """`A1`, `A2`, …"""
    title: str
    """`Roll back checkout to revision 7`."""
    action: Action
    command: str
    """The equivalent command line, rendered from the action."""
    tier: Tier
    rule: str
    """Which rule of the policy spoke."""
    reason: str
    """Why the change is worth making."""
    evidence: tuple[str, ...]
    expected: str
    """What should be better afterwards."""
    undo: Action | None = None
    undo_command: str = ""
    preview: Preview | None = None
    undoes: str = ""
    """Id of the proposal whose change this one takes back."""
    fingerprint: str = ""
    """Hash of the action, the object, its fields and the policy as they were shown: what a yes is
    bound to."""
    ruling: str = ""
    """The rule as a sentence."""
    policy: str = ""
    """Version of the policy that spoke."""
    verdict: str = "ask"
    """What the policy said: allow, ask or deny."""
    people: int = 1
    """How many different people have to say yes."""
    origin: str = "rules"
    """Who thought of it: rules, model, line (a written command) or person."""
    state: ActionState = ActionState.PROPOSED
    by: str = ""
    """Who approved, skipped or rejected it."""
    note: str = ""
    """The reason of a rejection, the error of a failure."""
    at: datetime | None = None
    """When the state last moved."""
    verified: bool | None = None
    """Whether it helped; None while that is not known."""
