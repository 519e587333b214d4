"""ConfigMaps, Secrets, claims and accounts that are referred to and are not there."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    Reference,
    containers,
    is_over,
    is_ready,
    references,
    spec_of,
)
from sreagent.diagnose.view.revisions import Revision, revision_of, workload_revisions
from sreagent.diagnose.view.scene import Scene, first_seen
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.text import one_line

YOUNG = 10
"""Seconds in which the parts of an application may come in any order."""

_MISSING_OBJECT = re.compile(r"\b(configmap|secret) \"([^\"]{1,253})\" not found")
_MISSING_KEY = re.compile(r"couldn't find key (\S{1,253}) in (ConfigMap|Secret) [\w.-]+/([\w.-]+)")
_MISSING_ITEM = re.compile(
    r"volume \"([^\"]{1,253})\" : (?:configmap )?references non-existent (config|secret) key: (\S+)"
)


@condition(
    "pod.config_missing",
    "Pod",
    worth=0.84,
    accuses=True,
    refuted_by="the named object and key being there",
)
def config_missing(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod waits for a ConfigMap, a Secret or a key in one that is not there."""
    if is_over(pod) or is_ready(pod) or not _waits_for_config(pod):
        return
    workload = scene.workload_of(pod)
    known = workload_revisions(scene, workload)
    told = told_missing(scene, pod)
    for ref, words in told.items() or listed_missing(scene, pod).items():
        introduced = _introduced(pod, ref, known)
        missing = Entity(kind=ref.kind, namespace=entity.namespace, name=ref.name)
        by = f" ({ref.by})" if ref.by else ""
        what = f"{ref.kind} {entity.namespace}/{ref.name}"
        said = f"{what} has no key {ref.key}" if ref.key else f"{what} does not exist"
        yield Finding(
            condition="pod.config_missing",
            entity=entity,
            claim=f"{entity} cannot start: {said}{by}"
            + (f"; revision {introduced} is the first that asks for it" if introduced else ""),
            category=Category.CONFIGURATION,
            uid=pod["metadata"].get("uid", ""),
            path=f"spec ({ref.by})",
            since=first_seen(scene.events(pod, "Failed", "FailedMount")) or scene.created(pod),
            command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
            excerpt=words,
            tainted=bool(words),
            suspects=() if introduced else (missing,),
            facts={
                "kind": ref.kind,
                "name": ref.name,
                "key": ref.key,
                "introduced": introduced,
                "accusation": f"{'has no key ' + ref.key if ref.key else 'does not exist'}; "
                f"{workload} needs it{by}, and its new pods cannot start",
            },
        )


@condition("pod.config_unknown", "Pod", role=Role.GAP)
def config_unknown(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod waits for its configuration and what it refers to could not be listed."""
    if is_ready(pod) or not any(c.waiting == "CreateContainerConfigError" for c in containers(pod)):
        return
    if told_missing(scene, pod) or listed_missing(scene, pod):
        return
    for kind in sorted({ref.kind for ref in references(pod["spec"])} - {"ServiceAccount"}):
        if gap := scene.inventory.gap(kind, entity.namespace):
            yield Finding(
                condition="pod.config_unknown",
                entity=entity,
                claim=f"{entity} refers to a {kind}, and whether that exists could not be looked "
                f"up: {gap.reason}",
                category=Category.CONFIGURATION,
                verdict=Health.UNKNOWN,
                uid=pod["metadata"].get("uid", ""),
                command=gap.command,
            )


def _waits_for_config(pod: Obj) -> bool:
    return any(c.waiting == "CreateContainerConfigError" for c in containers(pod)) or is_creating(
        pod
    )


def is_creating(pod: Obj) -> bool:
    """Whether a container waits for what it needs before its first start."""
    return any(c.waiting in ("ContainerCreating", "PodInitializing") for c in containers(pod))


def told_missing(scene: Scene, pod: Obj) -> dict[Reference, str]:
    """What the kubelet says is missing, in its own words."""
    words = [
        c.waiting_message for c in containers(pod) if c.waiting == "CreateContainerConfigError"
    ]
    if not words and is_creating(pod):
        words = [str(event.get("message")) for event in scene.events(pod, "FailedMount")]
    wanted = list(references(pod.get("spec") or EMPTY))
    found: dict[Reference, str] = {}
    for text in words:
        for ref in _named(text, pod):
            same = [
                one
                for one in wanted
                if (one.kind, one.name) == (ref.kind, ref.name) and ref.key in ("", one.key)
            ]
            found.setdefault(
                Reference(
                    kind=ref.kind, name=ref.name, key=ref.key, by=same[0].by if same else ref.by
                ),
                one_line(text, 300),
            )
    return found


def _named(text: str, pod: Obj) -> Iterator[Reference]:
    kinds = {"configmap": "ConfigMap", "secret": "Secret", "config": "ConfigMap"}
    for found in _MISSING_OBJECT.finditer(text):
        yield Reference(kind=kinds[found[1]], name=found[2])
    for found in _MISSING_KEY.finditer(text):
        yield Reference(kind=found[2], name=found[3], key=found[1])
    for found in _MISSING_ITEM.finditer(text):
        for volume in pod["spec"].get("volumes") or ():
            source = volume.get("configMap") or volume.get("secret") or EMPTY
            name = source.get("name") or source.get("secretName")
            if volume["name"] == found[1] and name:
                yield Reference(
                    kind=kinds[found[2]], name=name, key=found[3], by=f"volume {found[1]}"
                )


def listed_missing(scene: Scene, pod: Obj) -> dict[Reference, str]:
    """References that lead nowhere by the lists alone, when no event tells."""
    if not scene.older(pod, YOUNG):
        return {}
    space = pod["metadata"].get("namespace", "")
    return {
        ref: ""
        for ref in references(pod.get("spec") or EMPTY)
        if ref.kind in ("ConfigMap", "Secret") and is_absent(scene, space, ref)
    }


def is_absent(scene: Scene, namespace: str, ref: Reference) -> bool:
    """Whether the lists show that what is referred to is not there."""
    entity = Entity(kind=ref.kind, namespace=namespace, name=ref.name)
    if scene.is_missing(entity):
        return True
    item = scene.inventory.find(entity)
    if item is None or not ref.key or ref.kind != "ConfigMap":
        return False
    return ref.key not in {**(item.get("data") or {}), **(item.get("binaryData") or {})}


def _introduced(pod: Obj, ref: Reference, known: tuple[Revision, ...]) -> str:
    """The number of the pod's revision when the one before did not ask for the same."""
    mine = revision_of(pod, known)
    older = [one for one in known if mine and one.number < mine.number]
    if not mine or not older:
        return ""
    before = references(older[0].template.get("spec") or EMPTY)
    same = any(
        (one.kind, one.name) == (ref.kind, ref.name) and ref.key in ("", one.key) for one in before
    )
    return "" if same else str(mine.number)


@condition(
    "reference.missing",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    worth=0.50,
    even_mild=True,
)
def dangling(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A template refers to something that is not there: the next pod cannot start."""
    if not scene.older(item, YOUNG) or (item.get("spec") or EMPTY).get("replicas") == 0:
        return
    for ref in dict.fromkeys(references(spec_of(entity.kind, item))):
        # The account named default is made by the cluster, in its own time.
        if ref.name == "default" or not is_absent(scene, entity.namespace, ref):
            continue
        what = f"{ref.kind} {entity.namespace}/{ref.name}"
        said = f"key {ref.key} of {what}" if ref.key else what
        yield Finding(
            condition="reference.missing",
            entity=entity,
            claim=f"{entity} refers to {said} ({ref.by}), which does not exist: no new pod of it "
            "can start",
            category=Category.CONFIGURATION,
            severity=Severity.WARNING,
            uid=item["metadata"].get("uid", ""),
            path=f"spec.template ({ref.by})",
            command=entity.get,
            suspects=(Entity(kind=ref.kind, namespace=entity.namespace, name=ref.name),),
            facts={"kind": ref.kind, "name": ref.name, "key": ref.key},
        )
