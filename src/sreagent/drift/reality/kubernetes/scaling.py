"""Which autoscaler sets the replicas of a workload."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.errors import SreError
from sreagent.drift.reality.kubernetes.manifests import Stated
from sreagent.drift.reality.kubernetes.objects import Objects, spot_of

_SCALERS = (
    ("autoscaling", "HorizontalPodAutoscaler", ("v2", "v2beta2", "v1")),
    ("keda.sh", "ScaledObject", ("v1alpha1",)),
)


@dataclass(slots=True)
class Scalers:
    """The autoscalers of a cluster, asked for once in each namespace. Thread-safe."""

    cluster: Objects
    _known: dict[str, dict[tuple[str, str], str] | str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, kind: str, namespace: str, name: str) -> str:
        """`HorizontalPodAutoscaler api`; empty for nobody, or where they cannot be read."""
        with self._lock:
            if namespace not in self._known:
                self._known[namespace] = self._in(namespace)
            known = self._known[namespace]
        return known.get((kind, name), "") if isinstance(known, dict) else ""

    def _in(self, namespace: str) -> dict[tuple[str, str], str] | str:
        try:
            return dict(self._targets(namespace))
        except SreError as error:
            return error.message

    def _targets(self, namespace: str) -> Iterator[tuple[tuple[str, str], str]]:
        for group, kind, versions in _SCALERS:
            asked = Stated(
                group=group, kind=kind, versions=versions, type="", manifest={"metadata": {}}
            )
            spot = spot_of(asked, self.cluster)
            if isinstance(spot, str):
                continue
            for item in self.cluster.listed(spot.path(namespace)):
                target = _target(item)
                scaled = str(target.get("kind") or "Deployment"), str(target.get("name") or "")
                yield scaled, f"{kind} {item['metadata']['name']}"


def _target(item: Mapping[str, Any]) -> Mapping[str, Any]:
    target = (item.get("spec") or {}).get("scaleTargetRef")
    return target if isinstance(target, Mapping) else {}
