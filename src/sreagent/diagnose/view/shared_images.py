"""One bad image, or one registry, that several workloads suffer from at once."""

import re
from collections import defaultdict
from collections.abc import Mapping

from sreagent.diagnose.objects.podspec import containers, is_over
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj

_PULLS = re.compile(r"Image|Registry|Pull")
TOLD = 3


def say_others(scene: Scene, pod: Obj, image: str) -> str:
    """`, as do deployment shop/a and shop/b with the same image`; empty when nobody else fails."""
    mine = scene.workload_of(pod)
    others = [one for one in sorted(_failing(scene).get(image, ())) if one != mine]
    if others and not _well(scene).get(image):
        return f"; {_names(others)} fails with the same image: one bad image for all"
    host = registry(image)
    beside = [one for one in sorted(_unpulled(scene).get(host, ())) if one != mine]
    if beside and mine in _unpulled(scene).get(host, ()):
        return f"; {_names(beside)} cannot pull from {host} either"
    return ""


def registry(image: str) -> str:
    """The host that an image comes from."""
    first, slash, _ = image.partition("/")
    return (
        first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"
    )


def _names(others: list[Entity]) -> str:
    said = " and ".join(map(str, others[:TOLD]))
    return f"{said} and {len(others) - TOLD} more" if len(others) > TOLD else said


Places = Mapping[str, set[Entity]]


@once_per_scene
def _failing(scene: Scene) -> Places:
    """Workloads with a container that ends or does not start, by image."""
    found: dict[str, set[Entity]] = defaultdict(set)
    for pod in scene.all("Pod"):
        for one in containers(pod) if not is_over(pod) else ():
            if one.waiting == "CrashLoopBackOff" or _PULLS.search(one.waiting):
                found[str(one.spec.get("image"))].add(scene.workload_of(pod))
    return found


@once_per_scene
def _well(scene: Scene) -> Places:
    """Workloads with a ready container, by image."""
    found: dict[str, set[Entity]] = defaultdict(set)
    for pod in scene.all("Pod"):
        for one in containers(pod):
            if one.ready and not one.init:
                found[str(one.spec.get("image"))].add(scene.workload_of(pod))
    return found


@once_per_scene
def _unpulled(scene: Scene) -> Places:
    """Workloads that cannot pull an image, by the registry it would come from."""
    found: dict[str, set[Entity]] = defaultdict(set)
    for pod in scene.all("Pod"):
        for one in containers(pod) if not is_over(pod) else ():
            if _PULLS.search(one.waiting):
                found[registry(str(one.spec.get("image")))].add(scene.workload_of(pod))
    return found
