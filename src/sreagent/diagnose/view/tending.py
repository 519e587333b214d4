"""Programs that scale, restart or change others: whom their command lines name."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sreagent.diagnose.objects.podspec import container_specs, spec_of
from sreagent.diagnose.objects.shapes import word
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of

_KINDS = {
    **dict.fromkeys(("deploy", "deployment", "deployments", "deployment.apps"), "Deployment"),
    **dict.fromkeys(("sts", "statefulset", "statefulsets", "statefulset.apps"), "StatefulSet"),
    **dict.fromkeys(("ds", "daemonset", "daemonsets", "daemonset.apps"), "DaemonSet"),
}
_TENDS = re.compile(
    r"\bkubectl\b(?P<before>[^|;&\n]{0,120}?)\s(?P<verb>scale|patch|set|delete|create"
    r"|rollout\s+(?:restart|undo|resume))\b"
    r"(?P<after>[^|;&\n]{0,200})"
)
_NAMED = re.compile(
    rf"(?:^|\s)(?P<kind>{'|'.join(_KINDS)})[/\s](?P<name>[a-z0-9][a-z0-9.-]{{0,62}})"
)
_SPACE = re.compile(r"(?:^|\s)(?:-n|--namespace)[ =](?P<name>[a-z0-9][a-z0-9-]{0,62})")
_REPLICAS = re.compile(r"(?:^|\s)--replicas[ =](?P<count>\d{1,6})\b")
_LINE = 4000


class Errand(NamedTuple):
    """What a schedule is to do to a workload."""

    workload: Entity
    verb: str
    """As kubectl spells it: `scale`, `rollout restart`."""
    replicas: int | None
    """How many it is to have then, where that is told."""


@once_per_scene
def tended(scene: Scene) -> Mapping[Entity, tuple[Errand, ...]]:
    """What each CronJob does to workloads; to wait for a rollout is nothing."""
    found: dict[Entity, tuple[Errand, ...]] = defaultdict(tuple)
    for cron_job in scene.all("CronJob"):
        entity = entity_of("CronJob", cron_job)
        if whom := tuple(dict.fromkeys(_named(cron_job, entity.namespace))):
            found[entity] = whom
    return found


def _named(cron_job: Obj, namespace: str) -> Iterator[Errand]:
    for container in container_specs(spec_of("CronJob", cron_job)):
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        line = " ".join(map(str, words))[:_LINE]
        if "kubectl" in word(container, "image") and "kubectl" not in line:
            line = f"kubectl {line}"
        for told in _TENDS.finditer(line):
            text = f"{told['before']} {told['after']}"
            space, count = _SPACE.search(text), _REPLICAS.search(text)
            for one in _NAMED.finditer(text):
                where = space["name"] if space else namespace
                kind = _KINDS[one["kind"]]
                yield Errand(
                    workload=Entity(kind=kind, namespace=where, name=one["name"]),
                    verb=" ".join(told["verb"].split()),
                    replicas=int(count["count"]) if count else None,
                )
