"""Which autoscaler sets the replicas of a workload."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.errors import SreError, Unreachable
from sreagent.drift.reality.kubernetes.manifests import Stated
from sreagent.drift.reality.kubernetes.objects import Objects, served

_SCALERS = (
    ("autoscaling", "HorizontalPodAutoscaler", ("v2", "v2beta2", "v1")),
    ("keda.sh", "ScaledObject", ("v1alpha1",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    """What is known of the autoscalers of one namespace."""

    by: Mapping[tuple[str, str], str]
    """The autoscaler of each workload, by kind and name."""
    unread: str
    """Why there may be others."""


@dataclass(slots=True)
class Scalers:
    """The autoscalers of a cluster, asked for once in each namespace. Thread-safe."""

    cluster: Objects
    _known: dict[str, _Scaled] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, kind: str, namespace: str, name: str) -> str:
        """`HorizontalPodAutoscaler api`; empty for nobody.

        Raises:
            Unreachable: None of those that can be read, and some cannot.
        """
        with self._lock:
            if namespace not in self._known:
                self._known[namespace] = self._in(namespace)
            known = self._known[namespace]
        found = known.by.get((kind, name), "")
        if not found and known.unread:
            raise Unreachable(known.unread)
        return found

    def _in(self, namespace: str) -> _Scaled:
        by: dict[tuple[str, str], str] = {}
        unread = ""
        for group, kind, versions in _SCALERS:
            asked = Stated(
                group=group, kind=kind, versions=versions, type="", manifest={"metadata": {}}
            )
            try:
                by.update(self._targets(namespace, asked))
            except SreError as error:
                unread = unread or error.message
        return _Scaled(by=by, unread=unread)

    def _targets(self, namespace: str, asked: Stated) -> Iterator[tuple[tuple[str, str], str]]:
        spot = served(asked, self.cluster)
        for item in self.cluster.listed(spot.path(namespace)) if spot else ():
            target = _target(item)
            scaled = str(target.get("kind") or "Deployment"), str(target.get("name") or "")
            yield scaled, f"{asked.kind} {item['metadata']['name']}"


def _target(item: Mapping[str, Any]) -> Mapping[str, Any]:
    target = (item.get("spec") or {}).get("scaleTargetRef")
    return target if isinstance(target, Mapping) else {}
