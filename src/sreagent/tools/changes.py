"""Prepares, makes and settles changes, whatever they are made on.

A change is prepared once: the target is read, a dry run is asked where there is one, and what will
be sent is fixed. What runs later is exactly that, and only while the target is as it was read.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sreagent.domain.action import Action, Preview
from sreagent.domain.errors import TryAgain
from sreagent.policy.facts import Facts

ACCEPTED = "accepted by the server"
POD = "pod "
"""Before the `namespace/name` of a pod that leaves, among the names of what changes."""
CLOUD_VERBS = frozenset(
    {
        *("ecs_redeploy", "ecs_rollback", "ecs_scale", "asg_scale"),
        *("lambda_alias", "rds_reboot", "rds_start", "ec2_reboot"),
    }
)
"""Verbs of `tools.cloud`, known without loading it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A change that is ready to be made."""

    action: Action
    title: str
    command: str
    uid: str
    """Of the target: it tells it from another one of the same name."""
    before: Mapping[str, Any]
    """What will change, as read: a field by its JSON pointer, or any other name, to its value."""
    after: Mapping[str, Any]
    """The same names, as they will be: who finds them so knows that the change was made."""
    preview: Preview
    facts: Facts
    undo: Action | None
    undo_command: str
    version: str = ""
    """SHA-256 of all that people and deployers can write of the target: status updates leave it as
    it is, any edit moves it."""
    resource_version: str = ""
    """As the server counts, when it was read."""
    policy: str = ""
    """Version of the policy it was judged by; set by the gate."""

    @property
    def fingerprint(self) -> str:
        """Hash of the action, the target as it is, what would change, and the policy.

        The same only while the change would do the same to the same object under the same rules.
        """
        fields = remembered(self.before)
        parts = [self.action.digest, self.uid, self.version, fields, self.policy]
        return digest(parts)


class Changes(Protocol):
    """Makes the changes of some verbs."""

    @property
    def verbs(self) -> frozenset[str]:
        """Which verbs."""
        ...

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Check an action and ask a dry run; nothing is changed.

        Raises TryAgain when the action is not in the catalogue or its arguments are wrong, SreError
        when the target cannot be read.
        """
        ...

    def run(self, prepared: Prepared) -> str:
        """Make the change; says what the server answered.

        Raises Conflict when the target is not as it was read (nothing was done), Forbidden,
        Refused, Unreachable when no answer came: then `settle` tells whether it was made.
        """
        ...

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Whether a change whose answer was lost was made. `after` is as `remembered` kept it.

        Raises SreError when that cannot be told.
        """
        ...


@dataclass(frozen=True, slots=True)
class EveryChange:
    """All changes that can be made, each by the one who knows its verb."""

    backends: Sequence[Changes]

    @property
    def verbs(self) -> frozenset[str]:
        """Every verb."""
        return frozenset(verb for backend in self.backends for verb in backend.verbs)

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """Prepare it where its verb is known."""
        return self._backend(action).prepare(action, replicas_at_start=replicas_at_start)

    def run(self, prepared: Prepared) -> str:
        """Make it where it was prepared."""
        return self._backend(prepared.action).run(prepared)

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """Ask where it was made."""
        return self._backend(action).settle(action, after)

    def _backend(self, action: Action) -> Changes:
        for backend in self.backends:
            if action.verb in backend.verbs:
                return backend
        known = ", ".join(sorted(self.verbs))
        msg = f"{action.verb!r} is not a change that can be made here; known: {known}"
        raise TryAgain(msg)


@dataclass(slots=True)
class LateChanges:
    """Changes whose maker costs something: it is made when the first of its verbs is asked for."""

    verbs: frozenset[str]
    make: Callable[[], Changes]
    _made: Changes | None = None

    def prepare(self, action: Action, *, replicas_at_start: int | None = None) -> Prepared:
        """As its maker."""
        return self._maker.prepare(action, replicas_at_start=replicas_at_start)

    def run(self, prepared: Prepared) -> str:
        """As its maker."""
        return self._maker.run(prepared)

    def settle(self, action: Action, after: Mapping[str, Any]) -> bool:
        """As its maker."""
        return self._maker.settle(action, after)

    @property
    def _maker(self) -> Changes:
        if self._made is None:
            self._made = self.make()
        return self._made


def remembered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as the journal keeps them: numbers as they are, everything else as its hash.

    A pod template may hold anything, secrets too; its hash is enough to know it again, and
    redaction has nothing to change in it.
    """
    return {pointer: _kept(value) for pointer, value in fields.items()}


def written(after: Mapping[str, Any]) -> dict[str, Any]:
    """What a change wrote on its target, without the pods that left: no undo brings those back."""
    return {name: value for name, value in after.items() if not name.startswith(POD)}


def _kept(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    return f"sha256:{digest(value)}"


def digest(value: object) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: object) -> str:
    """One text for one JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
