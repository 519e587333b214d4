"""The Operator Lifecycle Manager: operators that cannot be found, resolved or installed."""

import re
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.shapes import moment, part, since, state_of, why, word
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj

PATIENCE = 600
"""Seconds that installing an operator may take."""
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_IMAGE = re.compile(r"[a-z0-9][\w.:/-]{0,250}(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?")
_POLICIES = ("", "CatalogProvided", "SelfCertified")
MILD = Severity.WARNING


@condition("olm.csv", "ClusterServiceVersion", worth=0.74, even_mild=True)
def csv(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A version of an operator cannot be installed."""
    status = part(item, "status")
    phase = word(status, "phase")
    if phase in ("", "Succeeded") or (phase != "Failed" and not scene.older(item, PATIENCE)):
        return
    # A copy in another namespace says the same as the original.
    if word(status, "reason") == "Copied":
        return
    yield say(
        entity,
        item,
        "olm.csv",
        f"is {phase}: {why(status)}",
        category=Category.DEPLOYMENT,
        severity=Severity.ERROR if phase == "Failed" else MILD,
        path="status.phase",
        since=since(status),
        tainted=True,
    )


@condition("olm.subscription", "Subscription", worth=0.60, even_mild=True)
def subscription(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """What an operator is subscribed to was never resolved, or an update of it waits."""
    state = word(item, "status", "state")
    failed = state_of(item, "ResolutionFailed")
    unhealthy = state_of(item, "CatalogSourcesUnhealthy")
    if failed.get("status") == "True":
        said = f"cannot be resolved: {why(failed)}"
    elif unhealthy.get("status") == "True":
        said = f"has a catalogue that does not answer: {why(unhealthy)}"
    elif state in ("", "UpgradePending") and scene.older(item, PATIENCE):
        said = "has an update that waits" if state else "was never resolved"
    else:
        return
    source = Entity(
        kind="CatalogSource",
        namespace=word(item, "spec", "sourceNamespace"),
        name=word(item, "spec", "source"),
    )
    yield say(
        entity,
        item,
        "olm.subscription",
        said,
        category=Category.DEPLOYMENT,
        severity=Severity.ERROR if failed.get("status") == "True" else MILD,
        path="status",
        since=since(failed),
        tainted=True,
        suspects=(source,) if source.name else (),
    )


@condition("olm.install_plan", "InstallPlan", worth=0.66, even_mild=True)
def install_plan(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A plan to install an operator failed, or waits for somebody to approve it."""
    phase = word(item, "status", "phase")
    waits = phase == "RequiresApproval"
    if phase in ("", "Complete") or not (waits or phase == "Failed" or scene.older(item, PATIENCE)):
        return
    yield say(
        entity,
        item,
        "olm.install_plan",
        "waits for somebody to approve it" if waits else f"is {phase}: {_first_failure(item)}",
        category=Category.DEPLOYMENT,
        severity=Severity.ERROR if phase == "Failed" else MILD,
        path="status.phase",
        tainted=not waits,
    )


@condition("olm.catalog_source", "CatalogSource", worth=0.76, even_mild=True)
def catalog_source(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The catalogue of operators does not answer."""
    state = word(item, "status", "connectionState", "lastObservedState")
    if state and state.upper() != "READY" and scene.older(item, PATIENCE):
        yield say(
            entity,
            item,
            "olm.catalog_source",
            f"does not answer: its connection is {state}",
            category=Category.AVAILABILITY,
            path="status.connectionState",
            since=moment(item, "status", "connectionState", "lastConnect"),
        )


@condition("olm.operator_groups", "OperatorGroup", worth=0.72, even_mild=True)
def operator_groups(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """More than one OperatorGroup in a namespace: nothing is installed there any more."""
    names = [one["metadata"]["name"] for one in scene.all("OperatorGroup", entity.namespace)]
    if len(names) > 1:
        others = ", ".join(sorted(name for name in names if name != entity.name)[:3])
        yield say(
            entity,
            item,
            "olm.operator_groups",
            f"is not the only one of namespace {entity.namespace} (beside {others}): OLM installs "
            "nothing there",
            severity=Severity.ERROR,
        )


@condition("olm.catalog", "ClusterCatalog", worth=0.72, even_mild=True)
def catalog(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A catalogue of operators is not served, or cannot be fetched."""
    image = word(item, "spec", "source", "image", "ref", limit=400)
    serving, progressing = state_of(item, "Serving"), state_of(item, "Progressing")
    if image and not _IMAGE.fullmatch(image):
        said = f"names an image that is none: {image}"
    elif serving.get("status") == "False" and scene.older(item, PATIENCE):
        said = f"is not served: {why(serving)}"
    elif word(progressing, "reason") in ("Retrying", "Blocked"):
        said = f"cannot be fetched: {why(progressing)}"
    else:
        return
    yield say(entity, item, "olm.catalog", said, since=since(serving), path="status", tainted=True)


@condition("olm.catalog_unpinned", "ClusterCatalog", role=Role.REMARK)
def catalog_unpinned(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """What a catalogue was resolved to is no digest, so it may change."""
    resolved = word(item, "status", "resolvedSource", "image", "ref", limit=400)
    if resolved and not _DIGEST.search(resolved):
        yield say(
            entity,
            item,
            "olm.catalog_unpinned",
            f"was resolved to {resolved}, which names no digest",
            severity=Severity.INFO,
        )


@condition("olm.extension", "ClusterExtension", worth=0.74, even_mild=True)
def extension(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """An operator is not installed, or cannot be brought to its new version."""
    installed, progressing = state_of(item, "Installed"), state_of(item, "Progressing")
    policy = word(item, "spec", "source", "catalog", "upgradeConstraintPolicy")
    source = word(item, "spec", "source", "sourceType")
    if source and source != "Catalog":
        said = f"is of source type {source}, which is not known"
    elif policy not in _POLICIES:
        said = f"has the upgrade policy {policy}, which is not known"
    elif installed.get("status") == "False" and scene.older(item, PATIENCE):
        said = f"is not installed: {why(installed)}"
    elif word(progressing, "reason") in ("Retrying", "Blocked"):
        said = f"does not get on: {why(progressing)}"
    else:
        return
    yield say(
        entity, item, "olm.extension", said, since=since(installed), path="status", tainted=True
    )


def _first_failure(item: Obj) -> str:
    return why(state_of(item, "Installed"))
