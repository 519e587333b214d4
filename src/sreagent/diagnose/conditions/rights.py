"""Rights: a program that the API server refuses, and roles that allow more than anybody needs."""

from collections import defaultdict
from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.objects.shapes import part, parts, word, words
from sreagent.diagnose.view.denials import Denial, Verdict, denials, judge
from sreagent.diagnose.view.freshness import fresh_edit
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.kinds import KINDS
from sreagent.domain.moment import span
from sreagent.domain.text import one_line

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_ROLES = ("Role", "ClusterRole")


@condition(
    "rbac.missing_right",
    *_ROLES,
    *_BINDINGS,
    "ServiceAccount",
    worth=0.84,
    refuted_by="`kubectl auth can-i` of the account saying yes",
)
def missing_right(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program is refused by the API server, and this is what does not give it the right."""
    judged = _judged(scene).get(entity)
    if not judged:
        return
    denial, verdict = judged[0]
    asked = denial.asked
    workloads = sorted({one.workload.path for one, _ in judged})
    held = [one.path for denial, _ in judged for one in _held(scene, denial)]
    edit = last_edit(item)
    age = scene.age(edit.at) if edit else None
    space = f" -n {asked.namespace}" if asked.namespace else ""
    user = f"system:serviceaccount:{asked.account.namespace}:{asked.account.name}"
    yield Finding(
        condition="rbac.missing_right",
        entity=entity,
        claim=f"{entity} {verdict.says}; {denial.workload} is refused"
        + (f"; it was edited {span(age)} ago by {edit.by}" if edit and age is not None else ""),
        category=Category.SECURITY,
        uid=item["metadata"].get("uid", ""),
        path=verdict.path,
        since=fresh_edit(scene, item),
        command=f"kubectl auth can-i {asked.verb} {asked.resource}{space} --as={user}",
        excerpt=one_line(denial.line, 400),
        tainted=True,
        facts={
            "explains": " ".join((*workloads, *held[:10])),
            "verb": asked.verb,
            "resource": asked.resource,
            **({"settled": "its rules were evaluated"} if verdict.certain else {}),
        },
    )


@condition(
    "workload.refused_rights",
    *("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"),
    role=Role.SYMPTOM,
    worth=0.50,
    vague=True,
)
def refused_rights(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A program is not allowed what it asks of the API server."""
    for denial in denials(scene):
        if denial.workload != entity:
            continue
        verdict = judge(scene, denial.asked)
        unknown = _unlooked(scene, denial)
        if verdict is None and not unknown:
            continue
        yield Finding(
            condition="workload.refused_rights",
            entity=entity,
            claim=f"{entity} runs as {denial.asked.account} and may not {denial.asked}"
            f"{f'; its roles could not be looked at: {unknown}' if unknown else ''}",
            category=Category.SECURITY,
            severity=Severity.INFO if unknown else Severity.ERROR,
            verdict=Health.UNKNOWN if unknown else Health.BROKEN,
            uid=item["metadata"].get("uid", ""),
            source=denial.source,
            command=denial.command,
            excerpt=one_line(denial.line, 400),
            tainted=True,
            suspects=(verdict.entity,) if verdict else (),
        )
        return


@condition("rbac.wildcard", *_ROLES, role=Role.REMARK)
def wildcard(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A role that somebody is bound to allows any verb or any resource."""
    name = item["metadata"]["name"]
    standard = part(item, "metadata", "labels").get("kubernetes.io/bootstrapping")
    if standard or name.startswith("system:") or entity not in _bound_roles(scene):
        return
    for rule in parts(item, "rules"):
        fields = [one for one in ("verbs", "resources", "apiGroups") if "*" in words(rule, one)]
        if {"verbs", "resources"} & set(fields):
            yield Finding(
                condition="rbac.wildcard",
                entity=entity,
                claim=f"{entity} allows any of {' and '.join(fields)} to whom it is bound",
                category=Category.SECURITY,
                severity=Severity.INFO,
                uid=item["metadata"].get("uid", ""),
                path="rules",
                command=entity.get,
            )
            return


@condition("rbac.default_account", "ServiceAccount", role=Role.REMARK)
def default_account(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The default service account of a namespace has rights, and pods run as it."""
    if entity.name != "default":
        return
    bound = [
        entity_name
        for entity_name, subjects in _subjects(scene).items()
        if ("ServiceAccount", entity.namespace, "default") in subjects
    ]
    users = [
        pod
        for pod in scene.all("Pod", entity.namespace)
        if (pod.get("spec") or EMPTY).get("serviceAccountName", "default") == "default"
    ]
    if bound and users:
        yield Finding(
            condition="rbac.default_account",
            entity=entity,
            claim=f"{entity} has rights of its own ({bound[0]}), and {len(users)} pods that asked "
            "for no account run as it",
            category=Category.SECURITY,
            severity=Severity.INFO,
            uid=item["metadata"].get("uid", ""),
            command=entity.get,
        )


def _held(scene: Scene, denial: Denial) -> Iterator[Entity]:
    """Objects that were deleted and stay, for a finalizer that this right would take off."""
    asked = denial.asked
    for name, kind in KINDS.items() if asked.verb in ("patch", "update") else ():
        if kind.plural == asked.resource.partition("/")[0]:
            for item in scene.all(name, asked.namespace):
                meta = item["metadata"]
                if meta.get("deletionTimestamp") and meta.get("finalizers"):
                    yield entity_of(name, item)


@once_per_scene
def _judged(scene: Scene) -> dict[Entity, list[tuple[Denial, Verdict]]]:
    found: dict[Entity, list[tuple[Denial, Verdict]]] = defaultdict(list)
    for denial in denials(scene):
        if verdict := judge(scene, denial.asked):
            found[verdict.entity].append((denial, verdict))
    return found


def _unlooked(scene: Scene, denial: Denial) -> str:
    """Why the roles are not known, where somebody asked for them in vain."""
    space = denial.asked.namespace
    gaps = (scene.inventory.gap(kind, space) for kind in (*_ROLES, *_BINDINGS))
    return next((gap.reason for gap in gaps if gap), "")


@once_per_scene
def _subjects(scene: Scene) -> dict[str, set[tuple[str, str, str]]]:
    found = {}
    for kind in _BINDINGS:
        for item in scene.all(kind):
            own = item["metadata"].get("namespace", "")
            name = f"{kind.lower()} {item['metadata']['name']}"
            found[name] = {
                (word(one, "kind"), word(one, "namespace") or own, word(one, "name"))
                for one in parts(item, "subjects")
            }
    return found


@once_per_scene
def _bound_roles(scene: Scene) -> set[Entity]:
    found = set()
    for kind in _BINDINGS:
        for item in scene.all(kind):
            ref = part(item, "roleRef")
            role = word(ref, "kind")
            space = item["metadata"].get("namespace", "") if role == "Role" else ""
            if parts(item, "subjects") and role in _ROLES:
                found.add(Entity(kind=role, namespace=space, name=word(ref, "name")))
    return found
