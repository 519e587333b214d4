"""Whose a field of a Kubernetes object is: a person's, a controller's, or that of who made it."""

import re
from collections.abc import Mapping
from typing import Any

from sreagent.domain.drift import Author, Way
from sreagent.drift.reality.kubernetes.differ import Gap, Member
from sreagent.drift.who.fields import BESIDE, Writer, kind_of, owner_of

Obj = Mapping[str, Any]
REPLICAS = ("spec", "replicas")
_SIDECARS = re.compile(
    r"(?P<who>istio|linkerd|vault|consul-connect|envoy|dapr|aws-iam-token|aws-secrets"
    r"|workload|credential)(?:d|d-)?(?:[-.].*)?"
)
"""Names of containers and volumes that injectors put beside those of people."""
_SIDECAR_LISTS = frozenset({"containers", "initContainers", "volumes"})
_CA_FROM = "cert-manager.io/inject-"


def whose(live: Obj, gap: Gap, own: frozenset[str]) -> tuple[Author | None, str]:
    """Who wrote a field, and which controller owns it: empty for nobody.

    Args:
        live: The object, with its `managedFields`.
        gap: Where it differs.
        own: Names of deployers who made it.
    """
    ownership = owner_of(live, gap.live_path)
    author = ownership.author
    # Servers before 1.22 do not record who scaled.
    guessed = author is not None and (author.confidence <= BESIDE or gap.names == REPLICAS)
    if guessed and author and author.how is Way.TERRAFORM:
        author = None
    owner = f"{ownership.controller} owns the field" if ownership.controller else ""
    deployed = _deployed(author, own) if ownership.kind is Writer.DEPLOYER else ""
    return author, owner or _injected(live, gap) or deployed


def counts(manager: str) -> bool:
    """Whether what a field manager adds is drift: it is for people, and for who is not known."""
    return kind_of(manager)[2] in (Writer.PERSON, Writer.PROGRAM)


def is_of(own: frozenset[str], live: Obj, gap: Gap) -> bool:
    """Whether one of these owns a field, alone or with others."""
    ownership = owner_of(live, gap.live_path)
    first = ownership.author.who if ownership.author else ""
    return not own.isdisjoint({first, *ownership.others})


def _deployed(author: Author | None, own: frozenset[str]) -> str:
    if author is None or author.confidence <= BESIDE or author.how is not Way.CI:
        return ""
    if author.who in own:
        return ""
    return f"{author.who} deploys it"


def _injected(live: Obj, gap: Gap) -> str:
    """What injectors put into objects, under whoever's name it was stored."""
    if gap.names[-1] == "caBundle":
        notes = live["metadata"].get("annotations") or {}
        return "cert-manager injects it" if any(key.startswith(_CA_FROM) for key in notes) else ""
    if gap.before is not None:
        return ""
    for name, step in zip(gap.steps, gap.steps[1:], strict=False):
        if name in _SIDECAR_LISTS and isinstance(step, Member):
            called = str(dict(step.key).get("name") or "")
            found = _SIDECARS.fullmatch(called)
            return f"the injector of {found['who']} adds it" if found else ""
    return ""
