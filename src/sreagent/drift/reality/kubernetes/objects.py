"""What is asked of a cluster, and the objects of a state as they are there."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sreagent.domain.errors import Forbidden, NotFound, SreError
from sreagent.domain.pool import Pool
from sreagent.drift.reality.kubernetes.manifests import Stated

Obj = Mapping[str, Any]
Key = tuple[str, str, str, str]
"""Group, kind, namespace and name."""
FEW = 2
"""Objects of a list up to which each is asked for by its name."""
MANY_LISTS = 8
"""Calls from which one list of the whole cluster is cheaper."""
AT_ONCE = 8


class Objects(Protocol):
    """The objects of one cluster. Thread-safe."""

    @property
    def context(self) -> str:
        """What people call the cluster."""
        ...

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        ...

    def kinds(self, group: str, version: str) -> Sequence[Mapping[str, Any]]:
        """The kinds of a version of an API group: `name` (plural), `kind`, `namespaced`.

        Empty where the server does not serve it. Raises Forbidden, Unreachable.
        """
        ...

    def listed(self, path: str) -> Iterator[Obj]:
        """The objects of the list at a path. Values of Secrets come as `sha256:…`.

        Raises Forbidden, Unreachable.
        """
        ...

    def one(self, path: str) -> Obj:
        """The object at a path. Raises NotFound, Forbidden, Unreachable."""
        ...

    def as_applied(self, path: str, manifest: Mapping[str, Any]) -> Obj:
        """What the object at a path would be, were this manifest applied; nothing is stored.

        Raises Forbidden (no right to), Refused (a webhook, or the manifest itself), Unreachable.
        """
        ...

    def release(self, namespace: str, name: str) -> bytes | None:
        """The newest record that Helm keeps of a release; None without any. Values stand in it.

        Raises Forbidden, Unreachable.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where the server has the objects of one kind."""

    group: str
    kind: str
    version: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """As a manifest says it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """Of a list, or of the object with this name."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        space = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{space}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found out about one object."""

    spot: Spot | None = None
    live: Obj | None = field(default=None, repr=False)
    """None: it is not there, or nothing is known of it."""
    unknown: str = ""
    """Why nothing is known of it."""


def key_of(stated: Stated, namespaced: bool) -> Key:
    """What an object is known by; what says no namespace is in the default one."""
    namespace = (stated.namespace or "default") if namespaced else ""
    return stated.group, stated.kind, namespace, stated.name


def served(stated: Stated, cluster: Objects) -> Spot | None:
    """Where the server has an object; None where it has none of the kind.

    Raises Forbidden, Unreachable.
    """
    for version in stated.versions:
        for entry in cluster.kinds(stated.group, version):
            if entry.get("kind") == stated.kind:
                return Spot(
                    group=stated.group,
                    kind=stated.kind,
                    version=version,
                    plural=str(entry["name"]),
                    namespaced=bool(entry.get("namespaced")),
                )
    return None


def spot_of(stated: Stated, cluster: Objects) -> Spot | str:
    """The same, or why it is nowhere."""
    try:
        found = served(stated, cluster)
    except SreError as error:
        return error.message
    said = ", ".join(f"{stated.group}/{each}".lstrip("/") for each in stated.versions)
    return found or f"the cluster does not serve {stated.kind} in {said}"


def look(wanted: Sequence[Stated], cluster: Objects) -> list[Seen]:
    """Find objects in as few calls as will do: one for each, in the order they were asked for."""
    known: dict[tuple[str, str, tuple[str, ...]], Spot | str] = {}
    for each in wanted:
        sort = each.group, each.kind, each.versions
        if sort not in known:
            known[sort] = spot_of(each, cluster)
    spots = [known[each.group, each.kind, each.versions] for each in wanted]
    keys: dict[Spot, set[Key]] = defaultdict(set)
    for stated, spot in zip(wanted, spots, strict=True):
        if isinstance(spot, Spot):
            keys[spot].add(key_of(stated, spot.namespaced))
    jobs = [(spot, here) for spot, names in keys.items() for here in _shares(spot, names)]
    found: dict[Key, Seen] = {}
    with Pool(AT_ONCE) as pool:
        for seen in pool.map(lambda job: _read(cluster, *job), jobs):
            found |= seen
    return [
        Seen(unknown=spot) if isinstance(spot, str) else found[key_of(stated, spot.namespaced)]
        for stated, spot in zip(wanted, spots, strict=True)
    ]


def _shares(spot: Spot, keys: set[Key]) -> Iterator[frozenset[Key]]:
    """What is read together: the objects of a namespace, or of all where there are many."""
    by_namespace: dict[str, set[Key]] = defaultdict(set)
    for key in keys:
        by_namespace[key[2]].add(key)
    calls = sum(min(len(here), 1 if len(here) > FEW else FEW) for here in by_namespace.values())
    if spot.namespaced and calls > MANY_LISTS:
        yield frozenset(keys)
    else:
        yield from map(frozenset, by_namespace.values())


def _read(cluster: Objects, spot: Spot, keys: frozenset[Key]) -> dict[Key, Seen]:
    namespaces = {key[2] for key in keys}
    if len(keys) <= FEW:
        return {key: _one(cluster, spot, key) for key in keys}
    try:
        return _listed(cluster, spot, keys, namespaces)
    except Forbidden as error:
        return dict(_without_list(cluster, spot, keys, error))
    except SreError as error:
        return {key: Seen(spot=spot, unknown=error.message) for key in keys}


def _listed(
    cluster: Objects, spot: Spot, keys: frozenset[Key], namespaces: set[str]
) -> dict[Key, Seen]:
    path = spot.path(next(iter(namespaces)) if len(namespaces) == 1 else "")
    found: dict[Key, Obj] = {}
    for item in cluster.listed(path):
        metadata = item["metadata"]
        key = spot.group, spot.kind, str(metadata.get("namespace") or ""), str(metadata["name"])
        if key in keys:
            found[key] = item
    return {key: Seen(spot=spot, live=found.get(key)) for key in keys}


def _without_list(
    cluster: Objects, spot: Spot, keys: frozenset[Key], refusal: Forbidden
) -> Iterator[tuple[Key, Seen]]:
    """Who may not list all may perhaps list a namespace, or read what they can name."""
    by_namespace: dict[str, list[Key]] = defaultdict(list)
    for key in sorted(keys):
        by_namespace[key[2]].append(key)
    if len(by_namespace) > 1:
        for here in by_namespace.values():
            yield from _read(cluster, spot, frozenset(here)).items()
        return
    closed = ""
    for key in sorted(keys):
        if closed:
            yield key, Seen(spot=spot, unknown=closed)
            continue
        seen = _one(cluster, spot, key)
        closed = refusal.message if seen.unknown else ""
        yield key, seen


def _one(cluster: Objects, spot: Spot, key: Key) -> Seen:
    try:
        return Seen(spot=spot, live=cluster.one(spot.path(key[2], key[3])))
    except NotFound:
        return Seen(spot=spot)
    except SreError as error:
        return Seen(spot=spot, unknown=error.message)


def side_by_side(
    items: Iterable[Any], work: Callable[[Any], Any], at_once: int = AT_ONCE
) -> list[Any]:
    """Do the same with each item, several at a time, in order."""
    with Pool(at_once) as pool:
        return list(pool.map(work, items))
