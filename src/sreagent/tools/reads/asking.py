"""What every read works with: a cluster that is asked within a time, and the read's own scope."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sreagent.domain.command import KubectlRead
from sreagent.domain.errors import NotFound, SreError, TimedOut
from sreagent.domain.ports import Clock, Cluster, ClusterReads
from sreagent.tools.reads.resources import Catalogue, Resource

LIMIT = 500
"""Objects of one list that are asked for."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """Lets requests through as long as there is time."""

    inner: ClusterReads
    clock: Clock
    ends: float
    """On the monotonic clock."""

    def discovery(self) -> Sequence[Mapping[str, Any]]:
        """As the port."""
        return self._in_time(self.inner.discovery)

    def table(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """As the port."""
        return self._in_time(lambda: self.inner.table(path, query))

    def fetch(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """As the port."""
        return self._in_time(lambda: self.inner.fetch(path, query))

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """As the port."""
        return self._in_time(lambda: self.inner.text(path, query))

    def review(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the port."""
        return self._in_time(lambda: self.inner.review(path, body))

    def _in_time(self, ask: Callable[[], T]) -> T:
        if self.clock.monotonic() >= self.ends:
            msg = "the time for this read was over before all of it was asked"
            raise TimedOut(msg)
        return ask()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a read has to say."""

    text: str
    missed: bool = False
    """A part of it could not be looked at: the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One object, or one list when the name is empty."""

    resource: Resource
    namespace: str
    """Empty for all namespaces and for cluster-scoped kinds."""
    name: str = ""

    @property
    def path(self) -> str:
        """Where the API server has it."""
        return self.resource.path(self.namespace, *([self.name] if self.name else []))

    def __str__(self) -> str:
        """`pod/web-1`, or `pods`."""
        return f"{self.resource.title}/{self.name}" if self.name else self.resource.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One read and whom it is asked of."""

    read: KubectlRead
    api: Bounded
    cluster: Cluster
    clock: Clock

    @property
    def catalogue(self) -> Catalogue:
        """What the server serves."""
        return Catalogue(self.api.discovery())

    @property
    def namespace(self) -> str:
        """The namespace of this read; empty with -A."""
        if self.read.everywhere:
            return ""
        return self.read.namespace or self.cluster.default_namespace or "default"

    def option(self, name: str) -> bool:
        """Whether a switch is on."""
        return bool(self.read.options.get(name))

    def targets(self) -> tuple[Target, ...]:
        """What the read is about, resolved by the server's discovery.

        Raises:
            TryAgain: A resource is unknown, or a name is none.
        """
        catalogue, read = self.catalogue, self.read
        if read.objects:
            return tuple(self.target(catalogue.resolve(word), name) for word, name in read.objects)
        names = read.names or ("",)
        resources = catalogue.several(read.resources)
        return tuple(self.target(one, name) for one in resources for name in names)

    def target(self, resource: Resource, name: str = "") -> Target:
        """An object, or the list, of a resource in the scope of this read."""
        namespace = self.namespace if resource.namespaced else ""
        return Target(resource=resource, namespace=namespace, name=name)

    def query(self) -> dict[str, str]:
        """The selectors of the read, for a list."""
        query = {"limit": str(LIMIT)}
        if self.read.selector:
            query["labelSelector"] = self.read.selector
        if self.read.field_selector:
            query["fieldSelector"] = self.read.field_selector
        return query

    def items(self, target: Target, query: Mapping[str, str] | None = None) -> "Items":
        """The objects of a target as JSON, with kind and version."""
        if target.name:
            return Items(found=[_named(target.resource, self.api.fetch(target.path, {}))])
        answer = self.api.fetch(target.path, self.query() if query is None else query)
        found = [_named(target.resource, item) for item in answer["items"] or ()]
        return Items(found=found, note=left_out(answer))


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Objects that came back."""

    found: list[dict[str, Any]]
    note: str = ""
    """What was left out; empty when nothing was."""


def left_out(answer: Mapping[str, Any]) -> str:
    """A sentence about the objects that a list did not bring; empty when it brought all."""
    metadata = answer.get("metadata") or {}
    if not metadata.get("continue"):
        return ""
    count = metadata.get("remainingItemCount")
    more = f"{count} more" if count else "more"
    return f"… {more} than the {LIMIT} that were asked for: narrow it with a selector"


def words(error: SreError) -> str:
    """An error as a line or two of an answer."""
    return "\n".join(part for part in (error.message, error.why, error.hint) if part)


def told(errors: Iterable[SreError]) -> Told:
    """What went wrong; that there is no such thing is an answer, all else means: not looked at."""
    errors = tuple(errors)
    text = "\n".join(words(error) for error in errors)
    return Told(text=text, missed=any(not isinstance(error, NotFound) for error in errors))


def _named(resource: Resource, item: Mapping[str, Any]) -> dict[str, Any]:
    """An object with its kind and version, which the items of a list lack."""
    head = {"apiVersion": resource.api_version, "kind": resource.kind}
    return {**head, **item} if "kind" not in item else {**item}
