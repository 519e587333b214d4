"""Images that cannot be pulled."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.objects.podspec import (
    EMPTY,
    Container,
    container_specs,
    containers,
    has_ended,
    short_image,
)
from sreagent.diagnose.view.revisions import revision_of, workload_revisions
from sreagent.diagnose.view.scene import Scene, first_seen, labels_of
from sreagent.diagnose.view.shared_images import say_others
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.text import one_line

PULLING = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
YOUNG = 10
"""Seconds in which a new pod may still be at its first try."""

# The first that fits counts: what says why comes before what says only that it failed.
_PULL_FAULTS = (
    ("not a valid image name", r"InvalidImageName|invalid reference format|couldn't parse image"),
    ("not on the node, and pulling it is forbidden by its policy", r"ErrImageNeverPull"),
    ("built for another processor architecture", r"no match for platform|no matching manifest"),
    ("refused for too many pulls (rate limit)", r"toomanyrequests|\b429\b|rate limit"),
    ("refused by the registry (unauthorized)", r"pull access denied"),
    ("not in the registry", r"not found|manifest unknown|does not exist|NotFound"),
    (
        "not pulled: the node does not trust the certificate of the registry",
        r"x509:|certificate",
    ),
    (
        "refused by the registry (unauthorized)",
        r"unauthorized|authoriz|authentic|\b401\b|\b403\b|denied",
    ),
    (
        "not reachable: the registry does not answer",
        r"no such host|timeout|connection refused|deadline|unreachable|TLS handshake"
        r"|server misbehaving|connection reset|\bEOF\b|no route to host|\b50[0234]\b",
    ),
    ("not pulled: the disk of the node is full", r"no space left on device"),
)


@condition("pod.image_pull", "Pod", worth=0.82, refuted_by="a successful pull of the same image")
def image_pull(scene: Scene, entity: Entity, pod: Obj) -> Iterator[Finding]:
    """An image cannot be pulled: not there, not allowed, not reachable."""
    for container in containers(pod) if has_ended(pod) else ():
        if container.waiting not in PULLING or not scene.older(pod, YOUNG):
            continue
        image = str(container.spec.get("image"))
        events = [
            event
            for event in scene.events(pod, "Failed", "InspectFailed", "ErrImageNeverPull")
            if image in str(event.get("message"))
        ]
        words = [str(event["message"]) for event in events] + [container.waiting_message]
        told = max(words, key=len)
        facts = _image_facts(scene, pod, container)
        yield Finding(
            condition="pod.image_pull",
            entity=entity,
            claim=f"{entity} cannot pull image {image}: it is "
            f"{_pull_fault(scene, pod, container, told)}{_pull_secrets(scene, pod, told)}"
            f"{_before(facts)}{say_others(scene, pod, image)}",
            category=Category.DEPLOYMENT,
            uid=pod["metadata"].get("uid", ""),
            path=f"status.containerStatuses[{container.name}].state.waiting.reason",
            since=first_seen(events) or scene.created(pod),
            command=f"kubectl -n {entity.namespace} describe pod {entity.name}",
            excerpt=one_line(told, 400),
            tainted=True,
            facts=facts,
        )


def _pull_fault(scene: Scene, pod: Obj, container: Container, told: str) -> str:
    for fault, words in _PULL_FAULTS:
        if re.search(words, f"{container.waiting} {told}", re.IGNORECASE):
            made_for = _architecture(scene, pod) if "architecture" in fault else ""
            return fault + made_for
    if told != container.waiting_message and (why := one_line(told.rpartition(": ")[2], 120)):
        return f"not pulled ({why})"
    if scene.inventory.looked("Event", pod["metadata"].get("namespace", "")):
        return "not pulled, and no event says why"
    return "not pulled, and its events could not be looked at"


def _architecture(scene: Scene, pod: Obj) -> str:
    """What the node of a pod is built from."""
    node = scene.get("Node", "", str(pod["spec"].get("nodeName") or "")) or EMPTY
    info = (node.get("status") or EMPTY).get("nodeInfo") or EMPTY
    name = info.get("architecture") or labels_of(node or {"metadata": {}}).get("kubernetes.io/arch")
    return f" (node {pod['spec'].get('nodeName')} is {name})" if name else ""


def _image_facts(scene: Scene, pod: Obj, container: Container) -> dict[str, str]:
    facts = {"container": container.name, "image": str(container.spec.get("image"))}
    known = workload_revisions(scene, scene.workload_of(pod))
    mine = revision_of(pod, known)
    for one in known:
        if mine and one.number < mine.number:
            specs = container_specs(one.template.get("spec") or EMPTY)
            images = [spec["image"] for spec in specs if spec["name"] == container.name]
            if images and images[0] != facts["image"]:
                facts["previous_image"] = images[0]
                break
    return facts


def _before(facts: dict[str, str]) -> str:
    before = facts.get("previous_image", "")
    return f" (the revision before ran {short_image(before)})" if before else ""


def _pull_secrets(scene: Scene, pod: Obj, told: str) -> str:
    """A pull secret that is named and not there explains a refusal."""
    if not re.search(r"unauthorized|authoriz|denied|401|403", told, re.IGNORECASE):
        return ""
    space = pod["metadata"].get("namespace", "")
    for one in pod["spec"].get("imagePullSecrets") or ():
        if scene.is_missing(Entity(kind="Secret", namespace=space, name=one["name"])):
            return f"; its imagePullSecret {one['name']} does not exist"
    return "" if pod["spec"].get("imagePullSecrets") else "; it has no imagePullSecrets"
