"""Programs that run into a limit of their sandbox: shared memory, ports, a file system, CPU."""

import re
from collections.abc import Iterator
from dataclasses import replace

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.logs.reading import LogError
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    Container,
    container_specs,
    containers,
    is_over,
    spec_of,
)
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.calling import is_current
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, PodLog

NARROW = 1000
"""Local ports below which a busy program runs out of them."""
TINY_CPU = 0.02
"""Cores below which hardly any program answers in time."""
LOW_GC = 20
"""Per cent of growth between two collections below which a Go program mostly collects."""
_SHARED = re.compile(r"/dev/shm|shared memory segment|shm_open|shmget")  # noqa: S108
_NO_ADDRESS = re.compile(r"cannot assign requested address|EADDRNOTAVAIL", re.IGNORECASE)
_READ_ONLY = re.compile(r"read-only file system|EROFS", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w/])/[\w./-]{1,200}")


@condition("pod.shared_memory_full", "Pod", worth=0.86, refuted_by="free space in /dev/shm")
def shared_memory_full(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A program fills /dev/shm, which is 64 MiB unless a pod mounts more."""
    for container, log, error in _says(scene, pod, _SHARED):
        if error.cause is LogCause.DISK_FULL and not _has_shared_memory(pod, container):
            yield _told(
                "pod.shared_memory_full",
                entity,
                pod,
                (container, log, error),
                "fills /dev/shm, of which it has the default of 64 MiB: no memory volume is "
                "mounted there",
            )


@condition("pod.read_only_root", "Pod", worth=0.84, refuted_by="the same error on a root to write")
def read_only_root(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A program writes where its security context lets nobody write."""
    for container, log, error in _says(scene, pod, _READ_ONLY):
        root = (container.spec.get("securityContext") or EMPTY).get("readOnlyRootFilesystem")
        if root and not _claimed_at(pod, container, error.block):
            yield _told(
                "pod.read_only_root",
                entity,
                pod,
                (container, log, error),
                "writes to its root file system, which is read-only "
                "(securityContext.readOnlyRootFilesystem)",
            )


@condition(
    "volume.read_only",
    "Pod",
    worth=0.82,
    refuted_by="a file that can be written where the volume is mounted",
)
def volume_read_only(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A volume lets nobody write, although it is mounted to write: its disk failed under it."""
    for container, log, error in _says(scene, pod, _READ_ONLY):
        over = container.ready if log.previous else not is_current(scene, error)
        place = None if over else _claimed_at(pod, container, error.block)
        if place is None:
            continue
        claim = Entity(kind="PersistentVolumeClaim", namespace=entity.namespace, name=place[1])
        bound = ((scene.inventory.find(claim) or EMPTY).get("spec") or EMPTY).get("volumeName")
        volume = Entity(kind="PersistentVolume", name=str(bound or ""))
        broken = volume if bound and scene.inventory.find(volume) else claim
        item = scene.inventory.find(broken) or {"metadata": {}}
        node = pod["spec"].get("nodeName") or "?"
        said = (
            f"lets nobody write: {entity} on node {node} gets a read-only file system at {place[0]}"
            + (f", where it has {claim}" if broken != claim else "")
        )
        yield replace(
            _told("volume.read_only", broken, pod, (container, log, error), said),
            category=Category.STORAGE,
            uid=item["metadata"].get("uid", ""),
            path="spec",
            facts={"container": container.name, "explains": scene.workload_of(pod).path},
        )


def _claimed_at(pod: Obj, container: Container, text: str) -> tuple[str, str] | None:
    """Where the path beside these words lies on a claim mounted to write: its place and name."""
    claims = {
        one["name"]: one["persistentVolumeClaim"]["claimName"]
        for one in pod["spec"].get("volumes") or ()
        if one.get("persistentVolumeClaim") and not one["persistentVolumeClaim"].get("readOnly")
    }
    mounts = {one["mountPath"].rstrip("/"): one for one in container.spec.get("volumeMounts") or ()}
    path = _nearest_path(text)
    inside = [place for place in mounts if path == place or path.startswith(f"{place}/")]
    mount = mounts[max(inside, key=len)] if inside else EMPTY
    if mount.get("name") not in claims or mount.get("readOnly"):
        return None
    return mount["mountPath"], claims[mount["name"]]


def _nearest_path(text: str) -> str:
    """The path that stands nearest to the words that tell of a read-only file system."""
    words = _READ_ONLY.search(text)
    paths = list(_PATH.finditer(text))
    if words is None or not paths:
        return ""
    nearest = min(paths, key=lambda one: max(words.start() - one.end(), one.start() - words.end()))
    return nearest[0]


Saying = tuple[Container, PodLog, LogError]


def _says(scene: Scene, pod: Obj, words: re.Pattern[str]) -> Iterator[Saying]:
    """Containers whose log has an error in these words; once each."""
    for container in containers(pod) if scene.logs(pod) and not is_over(pod) else ():
        for log, reading in scene.logs(pod, container.name):
            told = [one for one in (reading.last_words, *reading.errors) if one]
            mine = [one for one in told if words.search(one.block)]
            if mine:
                yield container, log, mine[0]
                break


def _told(name: str, entity: Entity, pod: Obj, saying: Saying, claim: str) -> Finding:
    container, log, error = saying
    return Finding(
        condition=name,
        entity=entity,
        claim=f"{entity} {claim}; its log says {error.line}",
        category=Category.CONFIGURATION,
        uid=pod["metadata"].get("uid", ""),
        path=f"spec.containers[{container.name}]",
        since=error.first_at or container.running_since,
        source="logs",
        command=log.command,
        excerpt=error.block,
        tainted=True,
        facts={"container": container.name, "settled": "its pod spec shows the same"},
    )


def _has_shared_memory(pod: Obj, container: Container) -> bool:
    memory = {
        one["name"]
        for one in pod["spec"].get("volumes") or ()
        if (one.get("emptyDir") or EMPTY).get("medium") == "Memory"
    }
    return any(
        mount.get("mountPath") == "/dev/shm" and mount.get("name") in memory  # noqa: S108
        for mount in container.spec.get("volumeMounts") or ()
    )


@condition("pod.few_local_ports", "Pod", worth=0.78, even_mild=True, even_near=True)
def few_local_ports(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A sysctl leaves a pod few ports for calls to others."""
    settings = (pod["spec"].get("securityContext") or EMPTY).get("sysctls") or ()
    for one in settings if not is_over(pod) else ():
        ends = [int(word) for word in str(one.get("value")).split() if word.isdigit()]
        if one.get("name") != "net.ipv4.ip_local_port_range" or len(ends) != 2:
            continue
        count = ends[1] - ends[0] + 1
        if count >= NARROW:
            continue
        logs = [log for log, _ in scene.logs(pod) if _NO_ADDRESS.search(log.text)]
        suffers = "; its log says that none is left" if logs else ""
        yield Finding(
            condition="pod.few_local_ports",
            entity=entity,
            claim=f"{entity} has only {count} local ports for its calls "
            f"(ip_local_port_range {ends[0]} {ends[1]}){suffers}",
            category=Category.CONFIGURATION,
            severity=Severity.ERROR if logs else Severity.WARNING,
            uid=pod["metadata"].get("uid", ""),
            path="spec.securityContext.sysctls",
            command=logs[0].command if logs else entity.get,
            facts={"ports": str(count)},
        )


@condition("workload.starved", *WORKLOADS, worth=0.72, even_mild=True, even_near=True)
def starved(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A container may use next to no CPU, or its runtime does little else than clean up."""
    for container in container_specs(spec_of(entity.kind, item)):
        limits = (container.get("resources") or EMPTY).get("limits") or {}
        limit = limits.get("cpu")
        if limit is not None and 0 < amount(limit) < TINY_CPU:
            yield _starved(entity, item, container["name"], f"may use {limit} CPU")
        for env in container.get("env") or ():
            share = str(env.get("value") or "")
            if env["name"] == "GOGC" and share.isdigit() and int(share) < LOW_GC:
                said = f"runs with GOGC={share}: it collects garbage nearly all the time"
                yield _starved(entity, item, container["name"], said)


def _starved(entity: Entity, item: Obj, container: str, said: str) -> Finding:
    return Finding(
        condition="workload.starved",
        entity=entity,
        claim=f"{entity} {said} (container {container})",
        category=Category.RESOURCE,
        severity=Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path=f"spec.template.spec.containers[{container}]",
        command=entity.get,
        facts={"container": container},
    )
