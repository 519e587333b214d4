"""What Argo CD, Flux and Helm could not bring into the cluster."""

from collections.abc import Iterator, Mapping
from itertools import chain

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.objects.shapes import moment, part, parts, since, state_of, why, word
from sreagent.diagnose.view.releases import KEPT_IN, kept_release
from sreagent.diagnose.view.scene import Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import span

PATIENCE = 300
"""Seconds that bringing something may take."""
_FLUX = ("Kustomization", "HelmRelease", "GitRepository", "OCIRepository", "HelmRepository",
         "Bucket", "HelmChart")  # fmt: skip
_HERE = ("https://kubernetes.default.svc", "in-cluster")
_UNDER_WAY = ("pending-install", "pending-upgrade", "pending-rollback")
_MERELY_WAITS = ("Progressing", "ProgressingWithRetry", "DependencyNotReady")


@condition(
    "argo.sync_failed",
    "Application",
    worth=0.84,
    even_mild=True,
    refuted_by="a sync that succeeds with the same application",
)
def sync_failed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Argo CD cannot bring an application into the cluster."""
    done = part(item, "status", "operationState")
    failed = word(done, "phase") in ("Failed", "Error")
    wrong = [one for one in parts(item, "status", "conditions") if _is_error(one)]
    nowhere = _missing_namespace(scene, item)
    if not (failed or wrong or nowhere):
        return
    said = word(done, "message", limit=300) if failed else ""
    said = said or (word(wrong[0], "message", limit=300) if wrong else "")
    at = moment(done, "finishedAt") or (since(wrong[0]) if wrong else None)
    yield say(
        entity,
        item,
        "argo.sync_failed",
        (f"targets namespace {nowhere}, which does not exist; " if nowhere else "")
        + f"cannot be synced{f': {said}' if said else ''}",
        category=Category.DEPLOYMENT,
        severity=Severity.ERROR,
        path="spec.destination.namespace" if nowhere else "status.operationState",
        since=at,
        excerpt=said,
        tainted=bool(said),
        facts={"settled": "the namespace was looked for"} if nowhere else {},
    )


@condition("argo.degraded", "Application", role=Role.SYMPTOM, worth=0.44, if_named=True)
def degraded(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Something that Argo CD brought is not well."""
    health = word(item, "status", "health", "status")
    if health not in ("Degraded", "Missing"):
        return
    sick = [
        one
        for one in parts(item, "status", "resources")
        if word(one, "health", "status") in ("Degraded", "Missing")
    ]
    own = tuple(dict.fromkeys(_entity(one) for one in sick))
    yield say(
        entity,
        item,
        "argo.degraded",
        f"is {health.lower()}"
        + (f": {', '.join(map(str, own[:3]))}" if own else "")
        + (f": {text}" if (text := word(item, "status", "health", "message")) else ""),
        category=Category.AVAILABILITY,
        severity=Severity.ERROR,
        path="status.health",
        since=moment(item, "status", "health", "lastTransitionTime"),
        suspects=own,
    )


@condition("argo.out_of_sync", "Application", role=Role.SYMPTOM, worth=0.34, if_named=True)
def out_of_sync(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The cluster is not as the repository of an application says."""
    if word(item, "status", "sync", "status") != "OutOfSync":
        return
    differ = [
        str(_entity(one))
        for one in parts(item, "status", "resources")
        if one.get("status") == "OutOfSync"
    ]
    automatic = "automated" in part(item, "spec", "syncPolicy")
    yield say(
        entity,
        item,
        "argo.out_of_sync",
        f"is out of sync{': ' if differ else ''}{', '.join(differ[:3])}"
        f" ({'it syncs by itself' if automatic else 'nothing syncs it by itself'})",
        severity=Severity.WARNING,
        path="status.sync",
        category=Category.DEPLOYMENT,
    )


@condition(
    "flux.not_ready",
    *_FLUX,
    worth=0.80,
    even_mild=True,
    refuted_by="the same revision applied",
)
def flux_not_ready(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Flux cannot fetch, build or apply what it should."""
    ready = state_of(item, "Ready")
    reason, age = word(ready, "reason"), scene.age(since(ready))
    if ready.get("status") != "False" or reason in _MERELY_WAITS:
        return
    if age is not None and age < PATIENCE:
        return
    yield say(
        entity,
        item,
        "flux.not_ready",
        f"is not ready: {why(ready, 300)}",
        category=Category.DEPLOYMENT,
        severity=Severity.ERROR,
        path="status.conditions[Ready]",
        since=since(ready),
        excerpt=why(ready, 300),
        tainted=True,
        suspects=tuple(_broken_source(scene, item)),
    )


@condition("flux.suspended", *_FLUX, role=Role.REMARK)
def flux_suspended(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Flux was told to leave something as it is."""
    if part(item, "spec").get("suspend") is True:
        yield say(
            entity,
            item,
            "flux.suspended",
            "is suspended: the cluster may differ from what it says",
            severity=Severity.INFO,
            path="spec.suspend",
        )


@condition(
    "helm.release_failed",
    *KEPT_IN,
    worth=0.72,
    even_mild=True,
    refuted_by="objects of the release that are as its last good revision made them",
)
def release_failed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The newest revision of a Helm release failed, or was never finished."""
    labels = labels_of(item)
    release = kept_release(item)
    status = labels.get("status", "")
    if not release[1] or _newest(scene).get(release) != entity:
        return
    modified = labels.get("modifiedAt") or labels.get("createdAt") or ""
    age = scene.age(scene.created(item))
    late = status in _UNDER_WAY and (age or 0) > PATIENCE
    if status != "failed" and not late:
        return
    name = f"Helm release {release[0]}/{release[1]}, revision {labels.get('version', '?')},"
    yield say(
        entity,
        item,
        "helm.release_failed",
        f"keeps {name} which "
        + ("failed" if status == "failed" else f"is {status} since {span(age or 0)}"),
        category=Category.DEPLOYMENT,
        severity=Severity.WARNING,
        path="metadata.labels[status]",
        since=scene.created(item),
        command=f"helm -n {release[0]} history {release[1]}",
        facts={"release": release[1], "modified": modified},
    )


@once_per_scene
def _newest(scene: Scene) -> Mapping[tuple[str, str], Entity]:
    """The object that keeps the newest revision of each release."""
    found: dict[tuple[str, str], tuple[int, Entity]] = {}
    for kind in KEPT_IN:
        for item in scene.all(kind):
            version = labels_of(item).get("version", "")
            release = kept_release(item)
            if release[1] and version.isdigit():
                best = (int(version), entity_of(kind, item))
                found[release] = max(found.get(release, best), best)
    return {release: entity for release, (_, entity) in found.items()}


def _is_error(state: Obj) -> bool:
    return word(state, "type").endswith("Error")


def _missing_namespace(scene: Scene, item: Obj) -> str:
    target = part(item, "spec", "destination")
    name = word(target, "namespace")
    here = (word(target, "server") or word(target, "name") or _HERE[0]) in _HERE
    made = "CreateNamespace=true" in str(part(item, "spec", "syncPolicy").get("syncOptions"))
    gone = scene.is_missing(Entity(kind="Namespace", name=name)) if name else False
    return name if here and gone and not made else ""


def _entity(one: Obj) -> Entity:
    return Entity(kind=word(one, "kind"), namespace=word(one, "namespace"), name=word(one, "name"))


def _broken_source(scene: Scene, item: Obj) -> Iterator[Entity]:
    """The source of a Flux object, when that is not ready itself."""
    refs = chain(
        [part(item, "spec", "sourceRef")],
        [part(item, "spec", "chart", "spec", "sourceRef")],
        [part(item, "spec", "chartRef")],
    )
    for ref in refs:
        kind, name = word(ref, "kind"), word(ref, "name")
        space = word(ref, "namespace") or item["metadata"].get("namespace", "")
        source = Entity(kind=kind, namespace=space, name=name)
        if name and (
            scene.is_missing(source)
            or state_of(scene.inventory.find(source), "Ready").get("status") == "False"
        ):
            yield source
