"""Containers that never start: commands, rights, mounts, networks, init containers."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.crashes import last_words, say_exit
from sreagent.diagnose.conditions.references import is_creating, listed_missing, told_missing
from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.addresses import addresses
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    Container,
    containers,
    has_ended,
    is_over,
    is_ready,
    references,
)
from sreagent.diagnose.view.scene import Scene, first_seen
from sreagent.diagnose.view.targets import Target, resolve, resolve_error
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span
from sreagent.domain.text import one_line

STARTING = frozenset(
    {
        "CreateContainerError",
        "RunContainerError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
    }
)
INIT_PATIENCE = 60
"""Seconds an init container may run before it counts as stuck."""


@condition("pod.start_failed", "Pod", worth=0.84, vague=True)
def start_failed(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """The runtime cannot create or run a container: command, rights, hooks."""
    for container in containers(pod) if has_ended(pod) else ():
        words = _start_words(container)
        if not words:
            continue
        end = container.ended or EMPTY
        code = f", {say_exit(int(end['exitCode']))}" if end.get("exitCode") else ""
        yield Finding(
            condition="pod.start_failed",
            entity=entity,
            claim=f"{entity} cannot run container {container.name}: {_start_fault(words)}{code}",
            category=Category.SECURITY if "runAsNonRoot" in words else Category.DEPLOYMENT,
            uid=pod["metadata"].get("uid", ""),
            path=f"status.containerStatuses[{container.name}].state",
            since=first_seen(scene.events(pod, "Failed", "BackOff")) or scene.created(pod),
            command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
            excerpt=one_line(words, 400),
            tainted=True,
            facts={"container": container.name, "exit_code": str(end.get("exitCode", ""))},
        )


@condition("pod.mount_failed", "Pod", worth=0.74)
def mount_failed(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A volume cannot be attached or mounted, for another reason than a missing reference."""
    if (pod.get("status") or EMPTY).get("phase") != "Pending" or told_missing(scene, pod):
        return
    events = scene.events(pod, "FailedMount", "FailedAttachVolume")
    if not events or listed_missing(scene, pod) or not is_creating(pod):
        return
    told = one_line(str(events[-1].get("message")), 300)
    claims = [ref for ref in references(pod["spec"]) if ref.kind == "PersistentVolumeClaim"]
    yield Finding(
        condition="pod.mount_failed",
        entity=entity,
        claim=f"{entity} waits for a volume: {told}",
        category=Category.STORAGE,
        uid=pod["metadata"].get("uid", ""),
        path="spec.volumes",
        since=first_seen(events),
        command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
        excerpt=told,
        tainted=True,
        suspects=tuple(
            Entity(kind=ref.kind, namespace=entity.namespace, name=ref.name) for ref in claims
        ),
    )


@condition("pod.sandbox_failed", "Pod", worth=0.70)
def sandbox_failed(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """The node cannot give the pod a network: no address, no network plugin."""
    events = scene.events(pod, "FailedCreatePodSandBox", "NetworkNotReady")
    if not events or not is_creating(pod):
        return
    told = one_line(str(events[-1].get("message")), 300)
    yield Finding(
        condition="pod.sandbox_failed",
        entity=entity,
        claim=f"{entity} gets no network on node {pod['spec'].get('nodeName')}: {told}",
        category=Category.NODE,
        uid=pod["metadata"].get("uid", ""),
        since=first_seen(events),
        command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
        excerpt=told,
        tainted=True,
        suspects=(Entity(kind="Node", name=pod["spec"].get("nodeName") or ""),),
    )


@condition("pod.init_stuck", "Pod", worth=0.56, vague=True)
def init_stuck(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """An init container runs on and on, so the pod's own containers wait."""
    if is_over(pod) or is_ready(pod):
        return
    for container in containers(pod):
        runs = scene.age(container.running_since)
        endless = container.spec.get("restartPolicy") == "Always"
        if not container.init or endless or runs is None or runs < INIT_PATIENCE:
            continue
        log, words = last_words(scene, pod, container)
        target = resolve_error(scene, entity.namespace, words) if words else None
        target = target or _waits_for(scene, entity.namespace, container)
        says = f": its log says {words.line}" if words else ""
        yield Finding(
            condition="pod.init_stuck",
            entity=entity,
            claim=f"{entity} is held up by init container {container.name}, which runs for "
            f"{span(runs)}{_say_target(target)}{says}",
            category=Category.DEPENDENCY,
            uid=pod["metadata"].get("uid", ""),
            path=f"status.initContainerStatuses[{container.name}].state.running",
            since=container.running_since,
            source="logs" if words and log else "kubernetes",
            command=log.command if log and words else entity.get,
            excerpt=words.block if words else "",
            tainted=words is not None,
            suspects=(target.entity,) if target and target.entity else (),
            facts={
                "container": container.name,
                "log_cause": words.cause.value if words else "",
                "target": str(target.address) if target else "",
            },
        )


def _start_words(container: Container) -> str:
    if container.waiting in STARTING:
        return container.waiting_message or container.waiting
    if container.waiting == "CreateContainerConfigError":
        return container.waiting_message if "runAsNonRoot" in container.waiting_message else ""
    end = container.ended or EMPTY
    if end.get("reason") in ("StartError", "ContainerCannotRun") and not container.running:
        return str(end.get("message") or end["reason"])
    return ""


_START_FAULTS = (
    (
        r"exec: \\?\"([^\"\\]{1,120})\\?\"[^\n]{0,200}(?:executable file not found|no such file)",
        "command {} is not in the image",
    ),
    (
        r"exec: \\?\"([^\"\\]{1,120})\\?\"[^\n]{0,200}permission denied",
        "command {} may not be executed",
    ),
    (
        r"exec: \\?\"([^\"\\]{1,120})\\?\"[^\n]{0,200}is a directory",
        "command {} is a directory",
    ),
    (r"exec format error", "the image is built for another processor architecture"),
    (
        r"runAsNonRoot",
        "it must not run as root (runAsNonRoot) and its image does",
    ),
    (
        r"error mounting \\?\"[^\"]{1,300}\" to rootfs at \\?\"([^\"\\]{1,200})\\?\"[^\n]{0,300}"
        r"not a directory",
        "{} is a directory in its image and a file is mounted there, or the other way round",
    ),
    (r"chdir to cwd \(\"([^\"]{1,200})\"\)", "working directory {} is not in the image"),
)


def _start_fault(words: str) -> str:
    for pattern, said in _START_FAULTS:
        if found := re.search(pattern, words):
            return said.format(*found.groups())
    return one_line(words, 200)


def _waits_for(scene: Scene, namespace: str, container: Container) -> Target | None:
    """What its command waits for, when that is a Service that is not there."""
    words = [*(container.spec.get("command") or ()), *(container.spec.get("args") or ())]
    for address in addresses(" ".join(map(str, words))):
        target = resolve(scene, namespace, address)
        if target.entity:
            return target
    return None


def _say_target(target: Target | None) -> str:
    if target is None:
        return ""
    if target.missing:
        return f" and waits for {target.address}: {target.entity} does not exist"
    return f" and waits for {target.address}"
