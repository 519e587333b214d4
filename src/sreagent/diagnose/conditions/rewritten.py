"""Pods that differ from the template they were made from: something rewrote them on the way."""

from collections.abc import Iterator
from datetime import datetime

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, container_specs, env_values, is_over, is_ready
from sreagent.diagnose.view.revisions import HASH, hide_value
from sreagent.diagnose.view.scene import Scene, labels_of, once_per_scene
from sreagent.diagnose.view.selectors import matches
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, controller_ref, entity_of
from sreagent.domain.secrets import hide_words

_BY_LIMITS = "kubernetes.io/limit-ranger"
TOLD = 3
"""Differences that are told."""

Difference = tuple[str, str, str]
"""What differs, what the template says, what the pod has; empty where it says nothing."""


@condition(
    "pod.rewritten",
    "Pod",
    worth=0.66,
    accuses=True,
    refuted_by="a pod that is as its template says and fails all the same",
)
def rewritten(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """A pod that is not well has another image, command or limit than its template."""
    if is_over(pod) or is_ready(pod):
        return
    found = [one for one in differences(scene, pod) if one[1]]
    if not found:
        return
    said = ", ".join(f"{what} {now or 'none'} instead of {was}" for what, was, now in found[:TOLD])
    by = rewriters(scene, pod)
    yield Finding(
        condition="pod.rewritten",
        entity=entity,
        claim=f"{entity} is not what its template says: {said}; {say_rewriters(by)}",
        category=Category.CONFIGURATION,
        uid=pod["metadata"].get("uid", ""),
        path="spec.containers",
        since=_since(scene, pod),
        command=entity.get,
        suspects=by,
        facts={"accusation": accusation(scene, pod, said), "rewritten": said},
    )


def _since(scene: Scene, pod: Obj) -> datetime | None:
    """When it was made, or when somebody edited it later: the image of a pod can be changed."""
    edit, made = last_edit(pod, "spec.containers"), scene.created(pod)
    return max((at for at in (edit and edit.at, made) if at), default=None)


def accusation(scene: Scene, pod: Obj, said: str) -> str:
    """What is held against whoever rewrites pods."""
    return f"rewrites the pods of {scene.workload_of(pod)} when they are made: {said}"


def differences(scene: Scene, pod: Obj) -> Iterator[Difference]:
    """Fields of the template's own containers that another value came into."""
    template = _template(scene, pod)
    mine = {one["name"]: one for one in container_specs(pod.get("spec") or EMPTY)}
    for asked in container_specs((template or EMPTY).get("spec") or EMPTY):
        if has := mine.get(asked["name"]):
            yield from _compare(asked, has)


def rewriters(scene: Scene, pod: Obj) -> tuple[Entity, ...]:
    """Who could have done it: a LimitRange that left its note, or the only webhook there is."""
    space = pod["metadata"].get("namespace", "")
    if _BY_LIMITS in (pod["metadata"].get("annotations") or {}):
        return tuple(entity_of("LimitRange", one) for one in scene.all("LimitRange", space))
    labels = labels_of(scene.get("Namespace", "", space) or {"metadata": {}})
    hooks = [
        entity_of("MutatingWebhookConfiguration", item)
        for item in _pod_webhooks(scene)
        if any(
            matches(hook.get("namespaceSelector"), labels)
            and matches(hook.get("objectSelector"), labels_of(pod))
            for hook in item.get("webhooks") or ()
        )
    ]
    return (hooks[0],) if len(hooks) == 1 else ()


def say_rewriters(found: tuple[Entity, ...]) -> str:
    """Who rewrites, or that it is not known."""
    if found:
        return f"{' and '.join(map(str, found))} rewrites pods when they are made"
    return "something rewrites it, at admission or later"


@once_per_scene
def _pod_webhooks(scene: Scene) -> list[Obj]:
    """Configurations of webhooks that may change pods."""
    return [
        item
        for item in scene.all("MutatingWebhookConfiguration")
        if any(_changes_pods(hook) for hook in item.get("webhooks") or ())
    ]


def _changes_pods(hook: Obj) -> bool:
    return any(
        {"pods", "*", "*/*"} & set(rule.get("resources") or ())
        and {"CREATE", "*"} & set(rule.get("operations") or ())
        for rule in hook.get("rules") or ()
    )


def _template(scene: Scene, pod: Obj) -> Obj | None:
    """Of the very revision that the pod was made from."""
    owner, space = controller_ref(pod) or EMPTY, pod["metadata"].get("namespace", "")
    if owner.get("kind") in ("ReplicaSet", "Job"):
        item = scene.get(owner["kind"], space, owner["name"])
        found = ((item or EMPTY).get("spec") or EMPTY).get("template")
    else:
        mark = labels_of(pod).get(HASH, "")
        names = (mark, f"{owner.get('name')}-{mark}") if mark else ()
        kept = (scene.get("ControllerRevision", space, name) for name in names)
        item = next((one for one in kept if one), None)
        found = (((item or EMPTY).get("data") or EMPTY).get("spec") or EMPTY).get("template")
    return found or None


def _compare(asked: Obj, has: Obj) -> Iterator[Difference]:
    name = f"{asked['name']}: "
    if asked.get("image") != has.get("image"):
        yield f"{name}image", str(asked.get("image") or ""), str(has.get("image") or "")
    for side, word in (("limits", "limit"), ("requests", "request")):
        before = (asked.get("resources") or EMPTY).get(side) or {}
        after = (has.get("resources") or EMPTY).get(side) or {}
        for resource in sorted(before.keys() | after.keys()):
            was, now = str(before.get(resource, "")), str(after.get(resource, ""))
            if was != now:
                yield f"{name}{resource} {word}", was, now
    for field in ("command", "args"):
        if asked.get(field) and asked.get(field) != has.get(field):
            yield f"{name}{field}", hide_words(asked[field]), hide_words(has.get(field) or [])
    wanted, given = env_values(asked), env_values(has)
    for key in wanted:
        if key in given and wanted[key] != given[key]:
            yield f"{name}env {key}", hide_value(key, wanted[key]), hide_value(key, given[key])
