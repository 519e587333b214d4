"""The reads a reasoner may ask for, and the seat they run in.

A look that is refused or does not answer becomes a gap in the inventory and an "unknown" line:
it never raises, and it is never mistaken for an empty answer.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

from sreagent.domain.entity import Entity
from sreagent.domain.errors import Forbidden, NotFound, SreError, TimedOut, Unreachable
from sreagent.domain.evidence import Health
from sreagent.domain.inventory import Gap, Inventory, Listing, Obj, PodLog, log_command
from sreagent.domain.kinds import KINDS
from sreagent.domain.ports import Clock, Cluster
from sreagent.domain.record import Looked
from sreagent.domain.text import one_line

READ_TAIL = 2000
"""Lines of a log that are read, from its end."""
WORKERS = 8
"""Reads that go out together: enough to hide latency, few enough not to trip rate limits."""
PATIENCE = 8.0
"""Seconds that another source than the cluster may take: what it says seldom decides."""

Job = TypeVar("Job", bound=Hashable)
Answer = TypeVar("Answer")
Reason = Literal["forbidden", "unreachable", "timeout", "not served", "failed"]
_WORDS = {"forbidden": "not allowed, left out", "timeout": "no answer in time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListObjects:
    """List kinds in a namespace (empty: in all of them)."""

    namespace: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLog:
    """Read the tail of one container's log."""

    pod: Entity
    container: str
    previous: bool = False
    tail: int = READ_TAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A kind that another source than the cluster lists: how the cloud says that it is."""

    kind: str
    source: str
    """`aws`."""
    command: str
    ask: Callable[[], Listing]


@dataclass(frozen=True, slots=True)
class KubernetesLooks:
    """Runs reads against a cluster and puts what they gave into an inventory."""

    cluster: Cluster
    inventory: Inventory
    clock: Clock
    beside: Sequence[Beside] = ()
    """Asked once, together with the first lists."""

    def list(self, looks: Iterable[ListObjects], within: float | None = None) -> Iterator[Looked]:
        """List everything asked for, together; a line for each namespace and for each gap.

        What is not there `within` so many seconds is a gap.
        """
        jobs = {
            (kind, _scope(kind, look.namespace)): partial(
                self.cluster.list, kind, _scope(kind, look.namespace)
            )
            for look in looks
            for kind in look.kinds
        }
        began = self.clock.monotonic()
        beside = _start({one: one.ask for one in self.beside if not self._was_asked(one)})
        answered: dict[str, list[Listing]] = {}
        for (kind, scope), answer in _together(jobs, within):
            if isinstance(answer, NotFound):
                # The server does without this kind, so there are none: nothing is hidden.
                self.inventory.add(self._none_of(kind, scope))
            elif isinstance(answer, SreError):
                yield self._miss(kind, scope, list_command([kind], scope), answer)
            else:
                self.inventory.add(_without_schemas(answer))
                answered.setdefault(scope, []).append(answer)
        for scope, listings in sorted(answered.items(), reverse=True):
            yield _listed(scope, listings)
        left = max(PATIENCE - (self.clock.monotonic() - began), 0.0)
        yield from self._take(beside, left if within is None else min(left, within))

    def _was_asked(self, one: Beside) -> bool:
        return self.inventory.looked(one.kind) or self.inventory.gap(one.kind) is not None

    def _take(self, beside: "_Started[Listing, Beside]", within: float) -> Iterator[Looked]:
        for one, answer in _answers(beside, within):
            if isinstance(answer, SreError):
                yield self._miss(one.kind, "", one.command, answer, one.source)
            else:
                self.inventory.add(answer)
                count = len(answer.items)
                yield Looked(
                    source=one.source,
                    command=one.command,
                    result=f"{count} object{'' if count == 1 else 's'}",
                    seconds=answer.seconds,
                )

    def read_logs(self, looks: Sequence[ReadLog], within: float | None = None) -> Iterator[Looked]:
        """Read logs together, one line each."""
        jobs = {look: partial(self._log, look) for look in looks}
        for look, answer in _together(jobs, within):
            if isinstance(answer, SreError):
                command = log_command(
                    look.pod, look.container, previous=look.previous, tail=look.tail
                )
                yield self._miss(f"logs of {look.pod}", look.pod.namespace, command, answer)
            else:
                self.inventory.logs.append(answer)
                yield _log_read(answer)

    def _log(self, look: ReadLog) -> PodLog:
        return self.cluster.log(look.pod, look.container, previous=look.previous, tail=look.tail)

    def _none_of(self, kind: str, scope: str) -> Listing:
        command = list_command([kind], scope)
        return Listing(
            kind=kind, namespace=scope, items=(), seen_at=self.clock.now(), command=command
        )

    def _miss(
        self, what: str, scope: str, command: str, error: SreError, source: str = ""
    ) -> Looked:
        reason = _reason(error)
        message = one_line(error.message)
        self.inventory.gaps.append(
            Gap(what=what, namespace=scope, reason=reason, message=message, command=command)
        )
        return Looked(
            source=source or ("logs" if what not in KINDS else "kubernetes"),
            command=command,
            result=_WORDS.get(reason) or one_line(message.rsplit("): ")[-1], 120),
            verdict=Health.UNKNOWN,
        )


def _without_schemas(listing: Listing) -> Listing:
    """Of what defines custom resources the schemas are nearly all, and nobody here reads them."""
    if listing.kind != "CustomResourceDefinition":
        return listing
    return replace(listing, items=tuple(_without_schema(item) for item in listing.items))


def _without_schema(item: Obj) -> Obj:
    spec = item.get("spec")
    versions = spec.get("versions") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or not isinstance(versions, list):
        return item
    kept = [
        {key: value for key, value in one.items() if key != "schema"}
        for one in versions
        if isinstance(one, Mapping)
    ]
    rest = {key: value for key, value in spec.items() if key != "validation"}
    return {**item, "spec": {**rest, "versions": kept}}


def _scope(kind: str, namespace: str) -> str:
    return namespace if KINDS[kind].namespaced else ""


def list_command(kinds: Sequence[str], scope: str) -> str:
    """The kubectl line of a list."""
    plurals = ",".join(KINDS[kind].plural for kind in kinds)
    if not any(KINDS[kind].namespaced for kind in kinds):
        return f"kubectl get {plurals}"
    return f"kubectl -n {scope} get {plurals}" if scope else f"kubectl get {plurals} -A"


def _listed(scope: str, listings: Sequence[Listing]) -> Looked:
    order = {kind: place for place, kind in enumerate(KINDS)}
    kinds = sorted((listing.kind for listing in listings), key=order.__getitem__)
    count = sum(len(listing.items) for listing in listings)
    return Looked(
        source="kubernetes",
        command=list_command(kinds, scope),
        result=f"{count} object{'' if count == 1 else 's'}",
        seconds=max(listing.seconds for listing in listings),
    )


def _log_read(log: PodLog) -> Looked:
    lines = log.text.count("\n") + (not log.text.endswith("\n") if log.text else 0)
    return Looked(
        source="logs",
        command=log.command,
        result=f"{lines} line{'' if lines == 1 else 's'}" + (", cut" if log.truncated else ""),
        seconds=log.seconds,
    )


_Started = tuple[ThreadPoolExecutor, Mapping[Future[Answer], Job]]


def _start(jobs: Mapping[Job, Callable[[], Answer]]) -> _Started[Answer, Job]:
    """Run jobs side by side; nothing waits for them yet."""
    pool = ThreadPoolExecutor(WORKERS)
    return pool, {pool.submit(run): job for job, run in jobs.items()}


def _together(
    jobs: Mapping[Job, Callable[[], Answer]], within: float | None
) -> Iterator[tuple[Job, Answer | SreError]]:
    """Run jobs side by side and hand out each answer, or its error, as it comes."""
    return _answers(_start(jobs), within)


def _answers(
    started: _Started[Answer, Job], within: float | None
) -> Iterator[tuple[Job, Answer | SreError]]:
    pool, futures = started
    left = set(futures.values())
    try:
        for future in as_completed(futures, timeout=within):
            left.discard(futures[future])
            try:
                yield futures[future], future.result()
            except SreError as error:
                yield futures[future], error
    except TimeoutError:
        for job in left:
            yield job, TimedOut("the time limit was over")
    finally:
        # Ctrl-C must not wait for the slowest answer.
        pool.shutdown(wait=False, cancel_futures=True)


def _reason(error: SreError) -> Reason:
    kinds: list[tuple[type[SreError], Reason]] = [
        (TimedOut, "timeout"),
        (Forbidden, "forbidden"),
        (NotFound, "not served"),
        (Unreachable, "unreachable"),
    ]
    return next((reason for kind, reason in kinds if isinstance(error, kind)), "failed")
