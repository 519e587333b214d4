"""CustomResourceDefinitions that are not served, or whose objects cannot be converted."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sreagent.diagnose.conditions.admission import asked_service, nobody_answers
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.shapes import (
    moment,
    part,
    parts,
    since,
    state_of,
    why,
    word,
    words,
)
from sreagent.diagnose.objects.trust import trusted_until
from sreagent.diagnose.view.freshness import edited_at, fresh_edit
from sreagent.diagnose.view.kind_complaints import Complaint, kind_complaints
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span
from sreagent.domain.text import one_line

KIND = "CustomResourceDefinition"
YOUNG = 60
"""Seconds that establishing a definition may take."""
PATIENCE = 300
"""Seconds that taking one away may take."""
OFTEN = 3
_BUILT_IN = frozenset(
    {
        *("apps", "extensions", "batch", "policy", "autoscaling", "networking.k8s.io"),
        *("rbac.authorization.k8s.io", "storage.k8s.io", "apiextensions.k8s.io"),
        *("admissionregistration.k8s.io", "certificates.k8s.io", "coordination.k8s.io"),
        *("discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "node.k8s.io"),
        *("scheduling.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io"),
        "authorization.k8s.io",
    }
)
"""Groups of the server itself, whose versions go away with its own."""
_ELSEWHERE = re.compile(r"^(?:|metrics\.k8s\.io|(?:custom|external)\.metrics\.k8s\.io)$")
"""Groups that another server answers for; and the core, which is always there."""
_CERTIFICATE = ("x509:", "certificate", "tls:")


def conversion_backends(scene: Scene) -> list[Entity]:
    """Services that convert objects of kinds that somebody complains of."""
    found = (
        asked_service(_hook(item))
        for item in scene.all(KIND)
        if entity_of(KIND, item) in _complained_of(scene)
    )
    return list(dict.fromkeys(service for service in found if service))


@condition(
    "crd.stored_version",
    KIND,
    worth=0.84,
    even_mild=True,
    breaks_anything=True,
    refuted_by="a list of all objects of the kind that is answered",
)
def stored_version(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Objects are stored in a version that their definition has no more, or does not serve."""
    served = _versions(item)
    stored = words(item, "status", "storedVersions")
    gone = [one for one in stored if served and one not in served]
    unserved = [one for one in stored if served.get(one) is False]
    if gone:
        yield _say(
            entity,
            item,
            "crd.stored_version",
            f"has objects stored as {', '.join(gone)}, a version that it does not define any more "
            f"(it defines {', '.join(served)}): they cannot be read",
            _complained_of(scene).get(entity, ()),
            path="status.storedVersions",
        )
    elif unserved:
        yield say(
            entity,
            item,
            "crd.stored_version",
            f"may have objects stored as {', '.join(unserved)}, which it does not serve: they are "
            "to be written anew before that version is taken away",
            severity=Severity.INFO,
            path="status.storedVersions",
        )


@condition(
    "crd.not_established",
    KIND,
    worth=0.86,
    even_mild=True,
    breaks_anything=True,
    refuted_by="a list of the kind that is answered",
)
def not_established(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A definition is there and its kind is not served: its names are taken, or it is not ready."""
    accepted, ready = state_of(item, "NamesAccepted"), state_of(item, "Established")
    for state, said in (
        (accepted, "is not served, for its names are not accepted"),
        (ready, "is not served"),
    ):
        age = scene.age(since(state))
        if state.get("status") != "False" or (age is not None and age < YOUNG):
            continue
        yield _say(
            entity,
            item,
            "crd.not_established",
            f"{said}: {why(state)}",
            _complained_of(scene).get(entity, ()),
            path=f"status.conditions[{word(state, 'type')}]",
            since=since(state),
            excerpt=why(state),
        )
        return


@condition(
    "crd.terminating",
    KIND,
    worth=0.86,
    even_mild=True,
    breaks_anything=True,
    refuted_by="a new object of the kind that is stored",
)
def terminating(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A definition was deleted and does not go away: nothing of its kind can be made."""
    begun = moment(item, "metadata", "deletionTimestamp")
    age = scene.age(begun)
    if begun is None or age is None or age < PATIENCE:
        return
    state = state_of(item, "Terminating")
    yield _say(
        entity,
        item,
        "crd.terminating",
        f"was deleted {span(age)} ago and is not gone, so no object of it can be made"
        + (f": {why(state)}" if state else ""),
        _complained_of(scene).get(entity, ()),
        path="metadata.deletionTimestamp",
        since=begun,
        excerpt=why(state) if state else "",
    )


@condition("crd.not_structural", KIND, role=Role.REMARK)
def not_structural(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The schema of a definition is one that the API server cannot work with."""
    state = state_of(item, "NonStructuralSchema")
    if state.get("status") == "True":
        yield say(
            entity,
            item,
            "crd.not_structural",
            "has a schema that is not structural: unknown fields stay, defaults are not set, and "
            f"it cannot be written as apiextensions.k8s.io/v1: {why(state)}",
            severity=Severity.INFO,
            path="status.conditions[NonStructuralSchema]",
            since=since(state),
            excerpt=why(state),
            tainted=True,
        )


@condition(
    "crd.conversion",
    KIND,
    worth=0.86,
    even_mild=True,
    breaks_anything=True,
    refuted_by="a list of the kind in each of its versions that is answered",
)
def conversion(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A webhook must convert the objects of a definition, and cannot be asked."""
    hook = _hook(item)
    if not hook:
        return
    failed = [one for one in _complained_of(scene).get(entity, ()) if one.converts]
    dead, end = nobody_answers(scene, hook), _trusted_until(item)
    reason = dead
    if not reason and end and end <= scene.now:
        reason = f"its caBundle expired {span(scene.now - end)} ago"
    if not reason and failed:
        reason = _said_of(failed[0])
    if not reason:
        return
    service = asked_service(hook)
    of_trust = not dead and any(sign in reason for sign in (*_CERTIFICATE, "caBundle"))
    yield _say(
        entity,
        item,
        "crd.conversion",
        f"has its objects converted by a webhook, and {reason}: what is stored in another version "
        "than is asked for cannot be read or written",
        failed,
        path="spec.conversion.webhook.clientConfig",
        category=Category.SECURITY if of_trust else Category.CONFIGURATION,
        suspects=(service,) if service else (),
    )


@condition(
    "crd.version_not_served",
    KIND,
    worth=0.84,
    breaks_anything=True,
    refuted_by="an object of the kind that is read in the version that is asked for",
)
def version_not_served(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Programs ask for a version of a kind that its definition served until it was edited."""
    asked = [
        one
        for one in _complained_of(scene).get(entity, ())
        if _is_unserved(item, one) and not _is_newer(scene, one, item)
    ]
    for version in dict.fromkeys(one.version for one in asked):
        told = [one for one in asked if one.version == version]
        yield _say(
            entity,
            item,
            "crd.version_not_served",
            f"serves {_served(item) or 'no version'}, and not {version}, for which "
            f"{_names(told)} asks",
            told,
            path="spec.versions",
            since=fresh_edit(scene, item),
        )


@condition(
    "program.kind_not_served",
    *WORKLOADS,
    worth=0.80,
    even_mild=True,
    refuted_by="an object of the kind that is read in the version that is asked for",
)
def kind_not_served(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program asks for a kind, or a version of one, that the API server does not serve."""
    for one in _unserved(scene).get(entity, ()):
        yield say(
            entity,
            item,
            "program.kind_not_served",
            f"asks for {one}, {one.count} times, and {_lack(scene, one)}",
            severity=Severity.ERROR if _counts(one) else Severity.WARNING,
            command=one.command,
            excerpt=one.line,
            tainted=True,
            facts={"group": one.group, "version": one.version, "kind_asked": one.kind},
        )


@condition("program.kind_unknown", *WORKLOADS, role=Role.GAP)
def kind_unknown(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program asks for a kind that is not served, and definitions could not be looked at."""
    gap = scene.inventory.gap(KIND)
    if gap is None or scene.inventory.looked(KIND):
        return
    for one in kind_complaints(scene):
        if one.by == entity and one.group not in _BUILT_IN and not _ELSEWHERE.match(one.group):
            yield say(
                entity,
                item,
                "program.kind_unknown",
                f"complains of {one}, and its definition could not be looked at: {gap.reason}",
                severity=Severity.INFO,
                verdict=Health.UNKNOWN,
                command=gap.command,
            )


@once_per_scene
def _complained_of(scene: Scene) -> Mapping[Entity, tuple[Complaint, ...]]:
    """Complaints by the definition of the kind that they are about."""
    found: dict[Entity, tuple[Complaint, ...]] = {}
    for item in scene.all(KIND):
        told = tuple(one for one in kind_complaints(scene) if _defines(item, one))
        if told:
            found[entity_of(KIND, item)] = told
    return found


@once_per_scene
def _unserved(scene: Scene) -> Mapping[Entity, tuple[Complaint, ...]]:
    """By program: what it asks for that was never there, or is not there in its new revision."""
    found: dict[Entity, tuple[Complaint, ...]] = {}
    for one in kind_complaints(scene):
        if one.by and not one.converts and _lack(scene, one):
            found[one.by] = (*found.get(one.by, ()), one)
    return found


def _lack(scene: Scene, one: Complaint) -> str:
    """What is not there of what a complaint is about, in words; empty where that is not known."""
    defined = [item for item in scene.all(KIND) if _defines(item, one)]
    if defined:
        item = defined[0]
        if not _is_unserved(item, one) or not _is_newer(scene, one, item):
            return ""
        return f"{entity_of(KIND, item)} serves {_served(item) or 'no version'}"
    if one.group in _BUILT_IN:
        return f"this server ({scene.inventory.server_version or 'version unknown'}) has no such"
    if _ELSEWHERE.match(one.group) or not scene.inventory.looked(KIND):
        return ""
    others = [word(item, "metadata", "name") for item in scene.all(KIND) if _is_of(item, one)]
    beside = f" (of its group there is {', '.join(sorted(others)[:3])})" if others else ""
    return f"no CustomResourceDefinition defines it{beside}"


def _defines(item: Obj, one: Complaint) -> bool:
    names = part(item, "spec", "names")
    if not _is_of(item, one):
        return False
    if one.kind:
        return one.kind in (word(names, "kind"), word(names, "listKind"))
    return not one.plural or one.plural == word(names, "plural")


def _is_of(item: Obj, one: Complaint) -> bool:
    return bool(one.group) and word(item, "spec", "group") == one.group


def _is_unserved(item: Obj, one: Complaint) -> bool:
    return bool(one.version) and not one.converts and _versions(item).get(one.version) is not True


def _is_newer(scene: Scene, one: Complaint, item: Obj) -> bool:
    """Whether the program was rolled out after the definition was edited: then it asks anew."""
    known = workload_revisions(scene, one.by) if one.by else ()
    rolled, edited = known[0].at if known else None, edited_at(scene, item)
    return bool(rolled and edited and rolled > edited)


def _versions(item: Obj) -> dict[str, bool]:
    """Each version with whether it is served, in the words of v1 and of v1beta1."""
    found = {
        word(one, "name"): one.get("served") is True for one in parts(item, "spec", "versions")
    }
    single = word(item, "spec", "version")
    if single and not found:
        found[single] = True
    return {name: served for name, served in found.items() if name}


def _served(item: Obj) -> str:
    return ", ".join(name for name, served in _versions(item).items() if served)


def _hook(item: Obj) -> Obj:
    """What converts its objects, shaped as an admission webhook; empty when nothing has to."""
    asked = part(item, "spec", "conversion")
    if word(asked, "strategy") != "Webhook":
        return {}
    old = part(asked, "webhookClientConfig")
    return {"clientConfig": old} if old else part(asked, "webhook")


def _trusted_until(item: Obj) -> datetime | None:
    return trusted_until(_hook(item), "clientConfig", "caBundle")


def _said_of(one: Complaint) -> str:
    return f"calls of it fail: {one_line(one.why or one.line, 200)}"


def _counts(one: Complaint) -> bool:
    """Whether it is more than a question whether something optional is there."""
    return one.loud and one.count >= OFTEN


def _names(told: list[Complaint]) -> str:
    names = sorted({str(one.by) for one in told if one.by})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}" or "sre"


def _say(
    entity: Entity,
    item: Obj,
    condition: str,
    said: str,
    told: tuple[Complaint, ...] | list[Complaint],
    **more: Any,  # noqa: ANN401 - fields of different types
) -> Finding:
    """A finding at a definition: an error where somebody complains, else only a warning."""
    sufferers = sorted({one.by.path for one in told if one.by})
    seen = f"; {_names(list(told))} cannot work with it" if sufferers else ""
    return say(
        entity,
        item,
        condition,
        f"{said}{seen}",
        severity=Severity.ERROR if told else Severity.WARNING,
        tainted=True,
        excerpt=more.pop("excerpt", "") or (told[0].line if told else ""),
        facts={"explains": " ".join(sufferers[:20])} if sufferers else {},
        **more,
    )
