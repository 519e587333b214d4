"""The parts of the machine, as the rest of the program sees them.

An empty answer means the source answered. One that could not be asked raises `Unreachable`
(`TimedOut`), `Forbidden` or `NotFound`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sreagent.domain.action import Proposal
    from sreagent.domain.alert import Alert
    from sreagent.domain.attempt import Attempt
    from sreagent.domain.conversation import Abilities, Completion, Message, ToolSpec
    from sreagent.domain.drift import Trouble
    from sreagent.domain.entity import Entity
    from sreagent.domain.evidence import Evidence
    from sreagent.domain.inventory import Listing, Obj, PodLog
    from sreagent.domain.record import Answer
    from sreagent.domain.silence import Silence
    from sreagent.domain.terraform import StateSpec, StateText
    from sreagent.domain.verdict import Ask


class Clock(Protocol):
    """Tells the time; tests move it."""

    def now(self) -> datetime:
        """The present, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Cluster(Protocol):
    """Reads and changes one Kubernetes cluster. Thread-safe."""

    @property
    def context(self) -> str:
        """Name of the kubeconfig context."""
        ...

    @property
    def user(self) -> str:
        """The user of the context: who the cluster thinks is asking."""
        ...

    @property
    def server(self) -> str:
        """Address of the API server."""
        ...

    @property
    def default_namespace(self) -> str:
        """The context's namespace, or an empty text."""
        ...

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        ...

    def version(self) -> str:
        """`v1.31.2`. The first call: raises when the cluster cannot be reached at all."""
        ...

    def list(self, kind: str, namespace: str = "") -> Listing:
        """All objects of a kind, paged. Raises NotFound when the server does not serve the kind."""
        ...

    def get(self, entity: Entity) -> Obj:
        """One object as it is now. Raises NotFound."""
        ...

    def log(
        self, pod: Entity, container: str, *, previous: bool = False, tail: int = 2000
    ) -> PodLog:
        """The tail of a container's log, cleaned; broken UTF-8 is replaced, long lines are cut."""
        ...

    def patch(self, entity: Entity, patch: Sequence[Mapping[str, Any]], *, dry_run: bool) -> Obj:
        """Apply a JSON Patch (RFC 6902), whose `test` operations are the preconditions.

        Raises Conflict when a `test` fails, Refused when the server says no, Forbidden.
        """
        ...

    def delete(
        self, entity: Entity, *, uid: str, resource_version: str = "", dry_run: bool
    ) -> None:
        """Delete exactly the object with this uid, as it was at this resource version.

        Raises Conflict, NotFound, Forbidden, Refused.
        """
        ...

    def evict(self, pod: Entity, *, uid: str, resource_version: str = "", dry_run: bool) -> None:
        """Delete a pod unless a disruption budget forbids it.

        Raises Refused with the budget's words, Conflict, NotFound, Forbidden.
        """
        ...


class Metrics(Protocol):
    """Reads time series from Prometheus. Thread-safe."""

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        ...

    def instant(self, promql: str) -> Sequence[Sample]:
        """The value of each series now. Raises TryAgain for a query the server cannot parse."""
        ...

    def range(self, promql: str, *, start: datetime, end: datetime, step: float) -> Ranges:
        """The values of each series over a time, `step` seconds apart.

        Raises TryAgain for a query the server cannot parse, Unreachable for one that asks for too
        much.
        """
        ...

    def names(self, selectors: Sequence[str], *, start: datetime, end: datetime) -> Sequence[str]:
        """Names of the metrics that any of these selectors chose within a time."""
        ...

    def series(
        self, selectors: Sequence[str], *, start: datetime, end: datetime
    ) -> Sequence[Labels]:
        """Labels of each series that any of these selectors chose, `__name__` included."""
        ...

    def rule(self, alertname: str) -> str:
        """The expression of an alerting rule; empty when there is none of that name."""
        ...


class Alerts(Protocol):
    """Reads alerts from Alertmanager, and keeps them quiet for a while."""

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    def firing(self) -> Sequence[Alert]:
        """All active alerts, silenced and inhibited ones included."""
        ...

    def silences(self) -> Sequence[Silence]:
        """All that are pending or active."""
        ...

    def silence(self, silence: Silence) -> str:
        """Make one; returns its id. Raises Refused."""
        ...

    def expire(self, silence_id: str) -> None:
        """End one now. Raises NotFound, Refused."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a person said to a proposal."""

    answer: Answer
    how: str
    reason: str = ""
    by: str = ""
    """Who said it, where that is not the person who was asked."""
    proof: str = ""
    """Signature of who said it, where the policy asks for one."""
    line: str = ""
    """The command line as it shall be, with `edit`; what the model is to know, with `hint`."""


class Person(Protocol):
    """Who is asked before a change is made."""

    @property
    def name(self) -> str:
        """Who it is, for the record."""
        ...

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Ask, with the evidence the proposal cites; None when nobody is there to answer."""
        ...

    def hear(self, prompt: str) -> str | None:
        """A hint or a question for the model; None when there is none, or nobody to give it."""
        ...


class ClusterReads(Protocol):
    """The reads that command lines ask for, beyond `Cluster`: any kind, as the server shows it."""

    def discovery(self) -> Sequence[Mapping[str, Any]]:
        """Each kind that the server serves, preferred versions first.

        Keys: `name` (plural), `singularName`, `shortNames`, `kind`, `group`, `version`,
        `namespaced`, `verbs`, `categories`.
        """
        ...

    def table(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """A `meta.k8s.io/v1` Table, as `kubectl get` shows it.

        Of the object behind a row only name, namespace and labels are there; of a Secret nothing.
        """
        ...

    def fetch(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """The JSON object at a path."""
        ...

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """The plain text at a path (`/healthz`, a log): its tail, cleaned, within a size limit."""
        ...

    def review(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask one of the authorization reviews, which stores nothing."""
        ...


class Cloud(Protocol):
    """One AWS account, by one profile, pinned when the run starts. Thread-safe."""

    @property
    def region(self) -> str:
        """The region of the run."""
        ...

    @property
    def account(self) -> str:
        """The account number, asked once (`sts:GetCallerIdentity`)."""
        ...

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, region: str = ""
    ) -> Mapping[str, Any]:
        """Send one operation, as boto3 names service and API names operation; the answer as data.

        Raises Forbidden, NotFound, Conflict, Refused (the service said no), Unreachable (TimedOut).
        """
        ...


class Ledger(Protocol):
    """Remembers every attempt at a change, for all processes of this state folder."""

    def attempts(self) -> tuple[Attempt, ...]:
        """All that still count. Raises SreError when it cannot be read: then nothing may run."""
        ...

    def reserve(self, attempt: Attempt, check: Callable[[tuple[Attempt, ...]], None]) -> None:
        """Count one attempt, on disk before this returns.

        Under one lock: `check` is given all others and raises when it may not be. Raises SreError
        when the ledger cannot be read or written.
        """
        ...


class Model(Protocol):
    """A language model, wherever it runs. One at a time."""

    @property
    def name(self) -> str:
        """As litellm names it: `anthropic/claude-sonnet-4-5`, `ollama/llama3.1`."""
        ...

    def abilities(self) -> Abilities:
        """What it can do; asks nobody."""
        ...

    def ask(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, limit: int, seconds: float
    ) -> Generator[str, None, Completion]:
        """Yield the text of the answer as it comes, then return the whole of it.

        `limit` is in tokens of the answer, `seconds` for all tries together. Waits and tries again
        when the provider is busy or fails for a moment. Raises TooLong when the messages do not fit
        into the model's context, Forbidden for a key that is missing or wrong, NotFound for a model
        that the provider does not have, Unreachable (TimedOut) for one that does not answer,
        Refused for anything else the provider will not do.
        """
        ...


class KillSwitch(Protocol):
    """Stops all changes everywhere."""

    def reason(self) -> str:
        """Why changes are stopped; empty when they are not. Raises SreError if that is unknown."""
        ...


class StateSource(Protocol):
    """Fetches Terraform states from one kind of place. A lock is read, never taken."""

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """Each state that a spec means; of many, one that cannot be read is a Trouble.

        Many are read side by side, and no more at once than fit into memory. A state's own `spec`
        fetches that one state again. Raises SreError, when asked for the first one, for a spec of
        which nothing can be read: NotFound, Forbidden, Unreachable (TimedOut), BadInput.
        """
        ...


Labels = Mapping[str, str]
Sample = tuple[Labels, float]
Series = tuple[Labels, Sequence[tuple[datetime, float]]]


@dataclass(frozen=True, slots=True)
class Ranges:
    """The series of a range query."""

    series: Sequence[Series]
    warnings: Sequence[str] = ()
    """What the server says about an answer that is not the whole one."""
