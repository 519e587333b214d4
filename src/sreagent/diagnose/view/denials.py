"""What service accounts were refused by the API server, and which rule is missing for it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from sreagent.diagnose.objects.podspec import is_over, is_ready
from sreagent.diagnose.objects.shapes import part, parts, word, words
from sreagent.diagnose.view.scene import Scene, last_seen, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.moment import parse_time

STILL = 900
"""Seconds since a refusal in which it counts."""
_REFUSED = re.compile(
    r"(?:\b([\w.-]{1,80}) \\?\"([\w.:-]{1,253})\\?\" is forbidden: )?"
    r"User \\?\"system:serviceaccount:([\w.-]{1,63}):([\w.-]{1,253})\\?\" cannot ([a-z*]{1,20}) "
    r"resource \\?\"([\w./*-]{1,120})\\?\" in API group \\?\"([\w.-]{0,120})\\?\""
    r"(?: in the namespace \\?\"([\w.-]{1,63})\\?\"| at the cluster scope)?"
)
_MARK = "system:serviceaccount:"
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
LONGEST = 2_000
"""Characters around a mark that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A right that a service account was refused."""

    account: Entity
    verb: str
    resource: str
    """With a subresource as the API spells it: `pods/log`."""
    group: str
    namespace: str
    """Empty for the whole cluster."""
    name: str = ""

    def __str__(self) -> str:
        """Render as people write it: ``list pods in namespace shop``."""
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        place = f"in namespace {self.namespace}" if self.namespace else "in the whole cluster"
        return f"{self.verb} {what} {place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A refusal, and where it was told."""

    asked: Asked
    workload: Entity
    line: str
    source: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Who is to blame for a refusal, and why."""

    entity: Entity
    says: str
    path: str
    certain: bool = True
    """False where a rule may have been left out on purpose."""


def read_refusals(text: str) -> Iterator[tuple[Asked, str]]:
    """Rights that a text says were refused, each with the line it is in."""
    for found in _REFUSED.finditer(text) if _MARK in text else ():
        _, name, space, account, verb, resource, group, namespace = found.groups()
        start = text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.end())
        line = text[start : end if end >= 0 else len(text)][:LONGEST]
        asked = Asked(
            account=Entity(kind="ServiceAccount", namespace=space, name=account),
            verb=verb,
            resource=resource,
            group=group or "",
            namespace=namespace or "",
            name=name or "",
        )
        yield asked, line


@once_per_scene
def denials(scene: Scene) -> tuple[Denial, ...]:
    """Refusals that still happen, by logs and by events; each right of a workload once."""
    found = {}
    for denial in (*_from_logs(scene), *scene.keep(_told_in_events, _told_in_events, scene)):
        found[denial.workload, denial.asked] = denial
    return tuple(found.values())


def guilty_of(scene: Scene, text: str) -> Iterator[Entity]:
    """The role, binding or account behind a refusal that a text tells of."""
    for asked, _ in read_refusals(text):
        if verdict := judge(scene, asked):
            yield verdict.entity
            return


def judge(scene: Scene, asked: Asked) -> Verdict | None:
    """Find the rule that is missing; None when it is there, or when roles were not looked at."""
    if not _looked(scene, asked.namespace):
        return None
    bound = list(_bound(scene, asked))
    if any(role and _allows(role, asked) for _, _, role in bound):
        return None
    return (
        _dangling(asked, bound)
        or _lacks_verb(asked, bound)
        or _bound_to_others(scene, asked)
        or _lacks_resource(asked, bound)
        or Verdict(
            entity=asked.account,
            says=f"is bound to no role that lets it {asked}",
            path="subjects",
            certain=False,
        )
    )


Bound = tuple[str, Obj, Obj | None]
"""Kind of a binding, the binding, and its role when that exists."""


def _looked(scene: Scene, namespace: str) -> bool:
    inventory = scene.inventory
    kinds = ["ClusterRole", "ClusterRoleBinding"]
    inside = ["Role", "RoleBinding"] if namespace else []
    return all(inventory.looked(kind) for kind in kinds) and all(
        inventory.looked(kind, namespace) for kind in inside
    )


def _bindings(scene: Scene, namespace: str) -> Iterator[tuple[str, Obj]]:
    if namespace:
        yield from (("RoleBinding", one) for one in scene.all("RoleBinding", namespace))
    yield from (("ClusterRoleBinding", one) for one in scene.all("ClusterRoleBinding"))


def _bound(scene: Scene, asked: Asked) -> Iterator[Bound]:
    """Bindings that name the account or a group it is in."""
    for kind, binding in _bindings(scene, asked.namespace):
        if any(_is_subject(one, binding, asked.account) for one in parts(binding, "subjects")):
            yield kind, binding, _role_of(scene, binding)


def _role_of(scene: Scene, binding: Obj) -> Obj | None:
    ref = part(binding, "roleRef")
    kind = word(ref, "kind")
    space = binding["metadata"].get("namespace", "") if kind == "Role" else ""
    return scene.get(kind, space, word(ref, "name"))


def _is_subject(subject: Obj, binding: Obj, account: Entity) -> bool:
    kind, name = word(subject, "kind"), word(subject, "name")
    if kind == "ServiceAccount":
        space = word(subject, "namespace") or binding["metadata"].get("namespace", "")
        return (space, name) == (account.namespace, account.name)
    groups = (
        "system:authenticated",
        "system:serviceaccounts",
        f"system:serviceaccounts:{account.namespace}",
    )
    user = f"system:serviceaccount:{account.namespace}:{account.name}"
    return (kind == "Group" and name in groups) or (kind == "User" and name == user)


def _allows(role: Obj, asked: Asked) -> bool:
    return any(
        _fits(rule, asked) and _has(rule, "verbs", asked.verb) for rule in parts(role, "rules")
    )


def _fits(rule: Obj, asked: Asked) -> bool:
    names = words(rule, "resourceNames")
    named = not names or asked.name in names
    return (
        named and _has(rule, "apiGroups", asked.group) and _has(rule, "resources", asked.resource)
    )


def _has(rule: Mapping[str, object], field: str, wanted: str) -> bool:
    listed = words(rule, field)
    whole, _, sub = wanted.partition("/")
    return bool({"*", wanted, *([f"*/{sub}", f"{whole}/*"] if sub else [])} & set(listed))


def _dangling(asked: Asked, bound: list[Bound]) -> Verdict | None:
    """A binding of the account to a role that is gone."""
    for kind, binding, role in bound:
        ref = part(binding, "roleRef")
        if role is None:
            return Verdict(
                entity=entity_of(kind, binding),
                says=f"binds {asked.account} to {word(ref, 'kind').lower()} {word(ref, 'name')}, "
                f"which does not exist, so it may not {asked}",
                path="roleRef",
            )
    return None


def _lacks_verb(asked: Asked, bound: list[Bound]) -> Verdict | None:
    """A role of the account about the very resource, without the verb."""
    for _, binding, role in bound:
        for rule in parts(role, "rules"):
            if role and _fits(rule, asked):
                allowed = ", ".join(words(rule, "verbs")[:6])
                return Verdict(
                    entity=entity_of(word(part(binding, "roleRef"), "kind"), role),
                    says=f"lets {asked.account} only {allowed} {asked.resource}, and not "
                    f"{asked.verb}",
                    path="rules[].verbs",
                )
    return None


def _bound_to_others(scene: Scene, asked: Asked) -> Verdict | None:
    """A binding that would do, of an account with nearly the same name or of none."""
    for kind, binding in _bindings(scene, asked.namespace):
        role = _role_of(scene, binding)
        if role is None or not _allows(role, asked) or _is_system(role):
            continue
        subjects = parts(binding, "subjects")
        if not subjects or any(_is_near(one, binding, asked.account) for one in subjects):
            instead = ", ".join(_say(one) for one in subjects[:2]) or "nobody"
            return Verdict(
                entity=entity_of(kind, binding),
                says=f"binds {instead} and not {asked.account} to the role that lets it {asked}",
                path="subjects",
            )
    return None


def _is_near(subject: Obj, binding: Obj, account: Entity) -> bool:
    if word(subject, "kind") != "ServiceAccount":
        return False
    space = word(subject, "namespace") or binding["metadata"].get("namespace", "")
    name = word(subject, "name")
    alike = SequenceMatcher(None, name, account.name).ratio() > 0.8
    return (name == account.name) != (space == account.namespace) and (
        name == account.name or alike
    )


def _say(subject: Obj) -> str:
    place = f"{word(subject, 'namespace')}/" if subject.get("namespace") else ""
    return f"{word(subject, 'kind').lower()} {place}{word(subject, 'name')}"


def _lacks_resource(asked: Asked, bound: list[Bound]) -> Verdict | None:
    """The one role made for the account, which has no rule for the resource."""
    own = [
        (binding, role)
        for _, binding, role in bound
        if role and not _is_system(role) and _names(binding, asked.account)
    ]
    if not own:
        return None
    binding, role = own[0]
    entity = entity_of(word(part(binding, "roleRef"), "kind"), role)
    return Verdict(
        entity=entity,
        says=f"is what {asked.account} is bound to, and has no rule to {asked}",
        path="rules",
    )


def _names(binding: Obj, account: Entity) -> bool:
    return any(
        word(one, "kind") == "ServiceAccount" and word(one, "name") == account.name
        for one in parts(binding, "subjects")
    )


def _is_system(role: Obj) -> bool:
    labels = part(role, "metadata", "labels")
    default = labels.get("kubernetes.io/bootstrapping") == "rbac-defaults"
    return default or str(role["metadata"]["name"]).startswith("system:")


def _from_logs(scene: Scene) -> Iterator[Denial]:
    for log in scene.inventory.logs:
        pod = scene.inventory.find(log.pod)
        if pod is None or (log.previous and is_ready(pod)):
            continue
        for asked, line in read_refusals(log.text):
            if is_over(pod) or _is_current(scene, line):
                yield Denial(
                    asked=asked,
                    workload=scene.workload_of(pod),
                    line=line,
                    source="logs",
                    command=log.command,
                )


def _told_in_events(scene: Scene) -> tuple[Denial, ...]:
    return tuple(_from_events(scene))


def _from_events(scene: Scene) -> Iterator[Denial]:
    for event in scene.all("Event"):
        text = word(event, "message", limit=LONGEST)
        seen = last_seen(event)
        if _MARK not in text or (seen and (scene.age(seen) or 0) > STILL):
            continue
        about = part(event, "involvedObject")
        kind, space = word(about, "kind"), word(about, "namespace")
        entity = Entity(kind=kind, namespace=space, name=word(about, "name"))
        item = scene.inventory.find(entity)
        for asked, line in read_refusals(text):
            yield Denial(
                asked=asked,
                workload=scene.inventory.workload_of(kind, item) if item else entity,
                line=line,
                source="kubernetes",
                command=f"kubectl -n {space} get events",
            )


def _is_current(scene: Scene, line: str) -> bool:
    found = _STAMP.search(line[:80])
    age = scene.age(parse_time(found[0].replace(" ", "T").replace(",", "."))) if found else None
    return age is None or age < STILL
