"""What is allowed to whom: IAM policies, attachments, and roles of Kubernetes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import islice, product
from typing import Any

from sreagent.domain.drift import Severity
from sreagent.domain.text import one_line
from sreagent.drift.compare.meaning import policy
from sreagent.drift.judge.judged import Json, Judged, Matter, texts_in

MOST = 3000
"""Grants of one policy that are weighed."""
MOST_WIDE = 200
"""Grants with a wildcard that others are held against."""
_ADMIN = re.compile(r".*/(?:AdministratorAccess|IAMFullAccess|PowerUserAccess|\w*FullAccess)")
_ATTACHED = ("managed_policy_arns", "policy_arn", "policy_arns", "managed_policy_arn")
_READS = re.compile(r"[\w-]+:(?:get|list|describe|head|lookup|batchget|search|query|view|\w*read)")
_POWER = re.compile(
    r"iam:(?:\*|passrole|create|attach|put|update|add|set|delete)|sts:\*|sts:assumerole$|\*"
    r"|organizations:|kms:\*|lambda:\*|cloudtrail:(?:stop|delete|\*)"
)
_NARROWS = re.compile(
    r"aws:(?:source|principal(?!type)|via|calledvia|resource|username|userid|multifactor)\w*"
    r"|s3:dataaccesspointaccount|kms:(?:calleraccount|viaservice)|sns:endpoint|[\w.:/-]+:(?:sub|aud)"
)
_EVERYBODY = re.compile(r"\*|arn:[\w-]+:iam::\*:.*")
_CLUSTER_ADMIN = ("cluster-admin", "system:masters", "system:anonymous", "system:unauthenticated")


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission."""

    allows: bool
    principal: str
    action: str
    resource: str
    condition: str
    """As text; empty where there is none."""
    is_narrowed: bool
    """Whether the condition keeps strangers out."""

    def covers(self, other: "Grant") -> bool:
        """Whether this one allows all that the other does."""
        pairs = (
            (self.principal, other.principal),
            (self.action, other.action),
            (self.resource, other.resource),
        )
        no_narrower = not self.condition or self.condition == other.condition
        return no_narrower and all(_covers(mine, theirs) for mine, theirs in pairs)


def judge_policies(matter: Matter) -> Judged | None:
    """A judgement of what is allowed; None where it is not about that."""
    if matter.names[-1] in _ATTACHED or matter.type.endswith("_policy_attachment"):
        return _attached(matter)
    if judged := _of_cluster(matter):
        return judged
    before, after = _document(matter.before), _document(matter.after)
    if before is None and after is None:
        return None
    return _judged(matter, _grants(before), _grants(after))


def judge_document(document: Json, *, trust: bool = False) -> Judged | None:
    """The worst that a policy allows, as if it were new; None where it is none."""
    grants = _grants(_document(document))
    name = "assume_role_policy" if trust else "policy"
    return _judged(Matter(type="", path=name), [], grants) if grants else None


def denies(document: Json) -> bool:
    """Whether a policy forbids anything."""
    return any(not grant.allows for grant in _grants(_document(document)))


def _document(value: Json) -> Mapping[str, Any] | None:
    found = policy(value) if isinstance(value, str | Mapping) else None
    return found if isinstance(found, Mapping) and "Statement" in _names(value, found) else None


def _names(value: Json, found: Mapping[str, Any]) -> Iterable[str]:
    # `policy` gives every object statements: only what had them is a policy.
    if isinstance(value, Mapping):
        return value
    return found if isinstance(value, str) and "Statement" in value else ()


def _grants(document: Mapping[str, Any] | None) -> list[Grant]:
    statements = (document or {}).get("Statement") or []
    spelled = (
        grant
        for each in (statements if isinstance(statements, list) else [])
        if isinstance(each, Mapping)
        for grant in _spelled(each)
    )
    return list(islice(spelled, MOST))


def _spelled(statement: Mapping[str, Any]) -> Iterator[Grant]:
    allows = statement.get("Effect") != "Deny"
    said = statement.get("Condition")
    condition = said if isinstance(said, Mapping) else {}
    for principal, action, resource in product(
        _principals(statement), _listed(statement, "Action"), _listed(statement, "Resource")
    ):
        yield Grant(
            allows=allows,
            principal=principal,
            action=action,
            resource=resource,
            condition=str(condition) if condition else "",
            is_narrowed=_is_narrowed(condition),
        )


def _listed(statement: Mapping[str, Any], name: str) -> list[str]:
    """What a statement lists; with `NotAction` it is all but that."""
    if f"Not{name}" in statement:
        return ["*"]
    values = statement.get(name) or [""]
    return [str(value) for value in (values if isinstance(values, list) else [values])]


def _principals(statement: Mapping[str, Any]) -> list[str]:
    if "NotPrincipal" in statement:
        return ["*"]
    said = statement.get("Principal")
    if not isinstance(said, Mapping):
        return [str(said)] if said else [""]
    return sorted(name for names in said.values() for name in texts_in(names)) or [""]


def _is_narrowed(condition: Mapping[str, Any]) -> bool:
    """Whether it asks for something that strangers do not have."""
    return any(
        _NARROWS.fullmatch(key)
        and not operator.startswith(("Null", "Not", "StringNot"))
        and not operator.lower().endswith("ifexists")
        and any(not _says_all(value) for value in texts_in(values))
        for operator, tests in condition.items()
        if isinstance(tests, Mapping)
        for key, values in tests.items()
    )


def _says_all(value: str) -> bool:
    return value.strip("*:/") == "" or value in ("0.0.0.0/0", "::/0")


def _covers(pattern: str, text: str) -> bool:
    return pattern == text or ("*" in pattern and fnmatchcase(text, pattern.replace("[", "[[]")))


def _judged(matter: Matter, before: list[Grant], after: list[Grant]) -> Judged:
    more = [*_new(before, after, allows=True)]
    lifted = [*_new(after, before, allows=False)]
    if more:
        worst = [_allowed(matter, grant) for grant in more]
        return max(worst, key=lambda judged: judged.severity.rank)
    if lifted:
        why = f"no longer denies {_shown(lifted[0].action)}"
        return Judged(severity=Severity.HIGH, why=why, opens=True)
    if less := [*_new(after, before, allows=True)]:
        why = f"no longer allows {_shown(less[0].action)}: it may be needed"
        return Judged(severity=Severity.MEDIUM, why=why, opens=False)
    if denied := [*_new(before, after, allows=False)]:
        why = f"now denies {_shown(denied[0].action)}"
        return Judged(severity=Severity.MEDIUM, why=why, opens=False)
    return Judged(severity=Severity.LOW)


def _new(before: list[Grant], after: list[Grant], *, allows: bool) -> Iterator[Grant]:
    """Grants that nothing from before covers."""
    known = [grant for grant in before if grant.allows is allows]
    exact = set(known)
    wide = [each for each in known if "*" in f"{each.principal}{each.action}{each.resource}"]
    plain = {replace(each, condition="", is_narrowed=False) for each in known if not each.condition}
    for grant in after:
        if grant.allows is not allows or grant in exact:
            continue
        is_told_plainly = replace(grant, condition="", is_narrowed=False) in plain
        if not is_told_plainly and not any(each.covers(grant) for each in wide[:MOST_WIDE]):
            yield grant


def _allowed(matter: Matter, grant: Grant) -> Judged:
    """How bad one new permission is."""
    what, action = _shown(grant.action), grant.action
    reads = _READS.match(action)
    bad = (
        (
            _EVERYBODY.fullmatch(grant.principal) and not grant.is_narrowed,
            f"public: everybody may {what}",
        ),
        (matter.names[-1] == "assume_role_policy", f"trusts {_shown(grant.principal)}"),
        (action == "*", "allows everything"),
        (action.endswith(":*"), f"allows all of {_shown(action.removesuffix(':*'))}"),
        (_POWER.match(action), f"allows {what}, which leads to more rights"),
        (
            grant.resource == "*" and not grant.principal and not reads,
            f"allows {what} on everything",
        ),
    )
    if why := next((why for is_so, why in bad if is_so), ""):
        return _high(why)
    whom = f" to {_shown(grant.principal)}" if grant.principal else ""
    return Judged(severity=Severity.MEDIUM, why=f"allows {what}{whom}", opens=True)


def _high(why: str) -> Judged:
    return Judged(severity=Severity.HIGH, why=why, opens=True)


def _shown(text: str) -> str:
    return one_line(text, 80) or "it"


def _attached(matter: Matter) -> Judged:
    before, after = texts_in(matter.before), texts_in(matter.after)
    added, removed = sorted(after - before), sorted(before - after)
    if strong := next((arn for arn in added if _ADMIN.fullmatch(arn)), ""):
        return _high(f"{_shown(strong.rpartition('/')[2])} attached")
    if added:
        name = _shown(added[0].rpartition("/")[2])
        return Judged(severity=Severity.MEDIUM, why=f"{name} attached", opens=True)
    name = _shown(removed[0].rpartition("/")[2]) if removed else "a policy"
    return Judged(severity=Severity.MEDIUM, why=f"{name} detached: it may be needed", opens=False)


def _of_cluster(matter: Matter) -> Judged | None:
    """Roles and bindings of Kubernetes."""
    if "role" not in matter.type or not matter.type.startswith("kubernetes"):
        return None
    before, after = texts_in(matter.before), texts_in(matter.after)
    added = after - before
    if strong := next((name for name in sorted(added) if name in _CLUSTER_ADMIN), ""):
        return _high(f"bound to {strong}")
    if "*" in added:
        return _high("allows everything of a kind")
    if matter.names[0] in ("rule", "rules", "subject", "subjects", "role_ref") and added:
        return Judged(severity=Severity.MEDIUM, why="allows more", opens=True)
    return Judged(severity=Severity.MEDIUM, why="allows less", opens=False) if before else None
