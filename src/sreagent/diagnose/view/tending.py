"""Programs that scale, restart or change others: whom their command lines name."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

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
    r"\bkubectl\b(?P<before>[^|;&\n]{0,120}?)\s(?P<verb>scale|rollout|patch|set|delete|create)\b"
    r"(?P<after>[^|;&\n]{0,200})"
)
_NAMED = re.compile(
    rf"(?:^|\s)(?P<kind>{'|'.join(_KINDS)})[/\s](?P<name>[a-z0-9][a-z0-9.-]{{0,62}})"
)
_SPACE = re.compile(r"(?:^|\s)(?:-n|--namespace)[ =](?P<name>[a-z0-9][a-z0-9-]{0,62})")
_LINE = 4000


@once_per_scene
def tended(scene: Scene) -> Mapping[Entity, tuple[tuple[Entity, str], ...]]:
    """What each CronJob does to whom: the workload, and the kubectl verb."""
    found: dict[Entity, tuple[tuple[Entity, str], ...]] = defaultdict(tuple)
    for cron_job in scene.all("CronJob"):
        entity = entity_of("CronJob", cron_job)
        if whom := tuple(dict.fromkeys(_named(cron_job, entity.namespace))):
            found[entity] = whom
    return found


def _named(cron_job: Obj, namespace: str) -> Iterator[tuple[Entity, str]]:
    for container in container_specs(spec_of("CronJob", cron_job)):
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        line = " ".join(map(str, words))[:_LINE]
        if "kubectl" in word(container, "image") and "kubectl" not in line:
            line = f"kubectl {line}"
        for told in _TENDS.finditer(line):
            text = f"{told['before']} {told['after']}"
            space = _SPACE.search(text)
            for one in _NAMED.finditer(text):
                where = space["name"] if space else namespace
                kind = _KINDS[one["kind"]]
                yield Entity(kind=kind, namespace=where, name=one["name"]), told["verb"]
