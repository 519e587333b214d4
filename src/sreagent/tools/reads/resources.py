"""What the words `deploy`, `pods.v1.` or `ingresses.networking.k8s.io` mean to this server."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sreagent.domain.errors import TryAgain
from sreagent.domain.text import one_line

_BUILT_IN = frozenset(
    (
        *("apps", "autoscaling", "batch", "policy", "admissionregistration.k8s.io"),
        *("apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io"),
        *("authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io"),
        *("discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io"),
        *("networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io"),
        *("scheduling.k8s.io", "storage.k8s.io"),
    )
)
_CREDENTIALS = (
    *("secret", "helmrelease", "token", "credential", "password", "accesskey", "useroauth"),
)
"""Kinds with one of these words in their name may hold credentials."""
_REFERENCES = ("externalsecret", "clusterexternalsecret")
"""They say where a value comes from, and never hold it."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind in one version, as the server serves it."""

    name: str
    """The plural."""
    singular: str
    kind: str
    group: str
    version: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    verbs: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`deployments.apps`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def title(self) -> str:
        """`deployment.apps`, as kubectl writes it before a name."""
        name = self.singular or self.kind.lower()
        return f"{name}.{self.group}" if self.group else name

    @property
    def withheld(self) -> bool:
        """Objects of this kind may hold credentials: only their table is ever asked for."""
        names = {self.name.lower(), self.kind.lower()}
        if any(name.removesuffix("s") in _REFERENCES for name in names):
            return False
        return any(word in name for word in _CREDENTIALS for name in names)

    @property
    def words(self) -> frozenset[str]:
        """What people call it, short names left out."""
        return frozenset((self.name, self.singular or self.kind.lower(), self.kind.lower()))

    def path(self, namespace: str, *below: str) -> str:
        """The path of its list in a namespace (empty: everywhere), or of an object in it.

        Raises:
            TryAgain: A part is no name that an object can have.
        """
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        space = ("namespaces", namespace) if namespace and self.namespaced else ()
        for part in (*space, *below):
            if not _NAME.fullmatch(part) or ".." in part:
                msg = f"{one_line(part, 80)!r} is not a name that an object can have"
                raise TryAgain(msg)
        return "/".join((root, *space, self.name, *below))


class Catalogue:
    """Everything that the server serves."""

    def __init__(self, served: Iterable[Mapping[str, Any]]) -> None:
        entries = tuple(served)
        self.resources = tuple(_resource(entry) for entry in entries if entry["name"])
        self.silent = tuple(entry for entry in entries if not entry["name"])
        """API groups that did not answer: their kinds are not known."""

    def resolve(self, word: str) -> Resource:
        """The resource that a word means, as kubectl would understand it.

        Raises:
            TryAgain: None, or several; the message names those that are close.
        """
        head, dot, rest = word.lower().partition(".")
        found = [one for one in self.resources if head in one.words]
        found = found or [one for one in self.resources if head in one.short]
        if dot:
            found = [one for one in found if _spelled(one, rest)]
        if not found:
            raise self._unknown(word)
        best = min(map(_rank, found))
        first = [one for one in found if _rank(one) == best]
        if len({one.qualified for one in first}) > 1:
            choices = ", ".join(sorted({one.qualified for one in first}))
            msg = f"{word!r} means several kinds here: write one of {choices}"
            raise TryAgain(msg)
        return first[0]

    def category(self, word: str) -> tuple[Resource, ...]:
        """The resources of a category such as `all`, each once; none if it is no category."""
        found: dict[str, Resource] = {}
        for one in self.resources:
            if word.lower() in one.categories and "list" in one.verbs:
                found.setdefault(one.qualified, one)
        return tuple(found.values())

    def several(self, words: Sequence[str]) -> tuple[Resource, ...]:
        """The resources that a list of words means, categories opened up."""
        found: dict[str, Resource] = {}
        for word in words:
            for one in self.category(word) or (self.resolve(word),):
                found.setdefault(one.qualified, one)
        return tuple(found.values())

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource at a place of the API."""
        place = (group, version, plural)
        return next((r for r in self.resources if (r.group, r.version, r.name) == place), None)

    def serves(self, group: str) -> bool:
        """Whether there is such an API group."""
        return any(one.group == group for one in self.resources)

    def error(self, group: str) -> str:
        """Why a group that is registered is not known; empty when there is no such reason."""
        return next((str(one["error"]) for one in self.silent if one["group"] == group), "")

    def _unknown(self, word: str) -> TryAgain:
        names = [name for one in self.resources for name in (*one.words, *one.short)]
        close = list(dict.fromkeys(difflib.get_close_matches(word.lower(), names, n=3)))
        told = f"; close to it: {', '.join(close)}" if close else ""
        groups = ", ".join(sorted({str(one["group"]) or "core" for one in self.silent}))
        doubt = f"; not known, since they did not answer: the kinds of {groups}" if groups else ""
        return TryAgain(f"the server has no resource {one_line(word, 80)!r}{told}{doubt}")


def _resource(entry: Mapping[str, Any]) -> Resource:
    return Resource(
        name=entry["name"],
        singular=entry.get("singularName") or "",
        kind=entry["kind"],
        group=entry["group"],
        version=entry["version"],
        short=tuple(entry.get("shortNames") or ()),
        namespaced=bool(entry["namespaced"]),
        verbs=tuple(entry.get("verbs") or ()),
        categories=tuple(entry.get("categories") or ()),
    )


def _spelled(one: Resource, rest: str) -> bool:
    """Whether what follows the first dot names this one: `apps`, `v1.apps`, `v1.`."""
    return rest in (one.group, f"{one.version}.{one.group}")


def _rank(one: Resource) -> int:
    """The core goes before the built-in groups, and those before what was added."""
    return 0 if not one.group else 1 if one.group in _BUILT_IN else 2
