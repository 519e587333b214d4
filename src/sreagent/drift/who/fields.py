"""Who wrote a field of a Kubernetes object: what its `managedFields` tell."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sreagent.domain.drift import Author, Way
from sreagent.domain.moment import parse_time
from sreagent.domain.text import one_line

SOURCE = "managedFields"
ALONE, AMONG_OTHERS, BESIDE = 0.9, 0.6, 0.3
"""How sure it is: one owner, several, or nobody but who wrote beside it."""
_TOKEN = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_SNAKE = re.compile(r"_([a-z0-9])")
_LONGEST = 4
"""Dots in a key of a label: `app.kubernetes.io/name`."""


class Writer(StrEnum):
    """What kind of writer a field manager is."""

    PERSON = "person"
    """Somebody at a terminal or in a dashboard."""
    DEPLOYER = "deployer"
    """It brings what stands in code: Argo CD, Flux, Helm, Terraform."""
    CONTROLLER = "controller"
    """It looks after its fields by itself, and will write them again."""
    PROGRAM = "program"
    """A client library; who ran it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Who wrote a field, or why that is not known."""

    author: Author | None = None
    why: str = ""
    kind: Writer | None = None
    others: tuple[str, ...] = ()
    """Other managers that own it, too."""

    @property
    def controller(self) -> str:
        """Who owns the field and will write it again: `the HorizontalPodAutoscaler`; or nobody."""
        return self.author.who if self.author and self.kind is Writer.CONTROLLER else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    manager: str
    operation: str
    subresource: str
    at: datetime | None
    fields: Mapping[str, Any]


_KNOWN: Sequence[tuple[str, str, Way, Writer]] = (
    (r"kubectl[-_]edit", "kubectl edit", Way.CLI, Writer.PERSON),
    (r"kubectl[-_]client[-_]side[-_]apply", "kubectl apply", Way.CLI, Writer.PERSON),
    (r"kubectl[-_](\w+)", r"kubectl \1", Way.CLI, Writer.PERSON),
    (r"kubectl", "kubectl", Way.CLI, Writer.PERSON),
    (r"k9s", "k9s", Way.CLI, Writer.PERSON),
    (r"oc", "oc", Way.CLI, Writer.PERSON),
    (r"lens|node-fetch|openlens", "Lens", Way.CONSOLE, Writer.PERSON),
    (r"mozilla|dashboard|rancher.*|headlamp|octant", "a dashboard", Way.CONSOLE, Writer.PERSON),
    (r"sreagent|sre", "sre", Way.CLI, Writer.PERSON),
    (r"argocd[-\w]*|argo-?cd[-\w]*", "Argo CD", Way.CI, Writer.DEPLOYER),
    (r"kustomize-controller|flux[-\w]*", "Flux", Way.CI, Writer.DEPLOYER),
    (r"helm-controller", "Flux (Helm)", Way.CI, Writer.DEPLOYER),
    (r"helm", "Helm", Way.CI, Writer.DEPLOYER),
    (r"terraform[-\w]*|hashicorp|opentofu", "Terraform", Way.TERRAFORM, Writer.DEPLOYER),
    (r"pulumi[-\w]*", "Pulumi", Way.CI, Writer.DEPLOYER),
    (r"gitlab[-\w]*", "GitLab", Way.CI, Writer.DEPLOYER),
    (r"jenkins[-\w]*", "Jenkins", Way.CI, Writer.DEPLOYER),
    (r"spinnaker[-\w]*|clouddriver", "Spinnaker", Way.CI, Writer.DEPLOYER),
    (r"skaffold[-\w]*|tilt", "a tool of a developer", Way.CLI, Writer.PERSON),
    (r"keda[-\w]*", "KEDA", Way.SERVICE, Writer.CONTROLLER),
    (r"vpa[-\w]*", "the VerticalPodAutoscaler", Way.SERVICE, Writer.CONTROLLER),
    (r"rollouts-controller|argo-rollouts", "Argo Rollouts", Way.SERVICE, Writer.CONTROLLER),
    (r"pilot-discovery|istio[-\w]*", "Istio", Way.SERVICE, Writer.CONTROLLER),
    (r"before-first-apply", "somebody before the first apply", Way.UNKNOWN, Writer.PROGRAM),
    (
        r"kube-.*|kubelet|.*-controller(?:-manager)?|.*-operator|.*-autoscaler|.*-manager"
        r"|.*injector|.*-provisioner|.*-webhook|karpenter|external-dns|external-secrets|cert-manager"
        r"|manager|controller|operator|k3s|k0s|coredns|velero|crossplane[-\w]*|csi-.*|cilium[-\w]*",
        r"\g<0>",
        Way.SERVICE,
        Writer.CONTROLLER,
    ),
)
"""Patterns of names, what to call them, and what they are; the first that fits."""


def owner_of(obj: Mapping[str, Any], path: str) -> Ownership:
    """Who wrote a field last.

    Args:
        obj: The object as it is, with its `managedFields`.
        path: As Kubernetes (`spec.replicas`) or Terraform (`spec[0].replicas`) has it; places in
            lists are those of the object.
    """
    entries = list(_entries(obj))
    if not entries:
        return Ownership(why="the object does not tell its field managers")
    tokens = _tokens(path)
    owners = [each for each in entries if _holds(each.fields, obj, tokens)]
    if owners:
        return _owned(owners)
    return _beside(obj, entries, tokens)


def kind_of(manager: str) -> tuple[str, Way, Writer]:
    """What to call a field manager, by which way it comes, and what kind of writer it is."""
    for pattern, name, way, writer in _KNOWN:
        if found := re.fullmatch(pattern, manager, re.IGNORECASE):
            return found.expand(name), way, writer
    return manager or "unknown", Way.UNKNOWN, Writer.PROGRAM


def _entries(obj: Mapping[str, Any]) -> Iterator[_Entry]:
    metadata = obj.get("metadata")
    managed = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    for entry in managed if isinstance(managed, list) else ():
        fields = entry.get("fieldsV1") if isinstance(entry, Mapping) else None
        if isinstance(fields, Mapping) and entry.get("subresource") != "status":
            yield _Entry(
                manager=one_line(str(entry.get("manager") or ""), 60),
                operation=one_line(str(entry.get("operation") or ""), 20),
                subresource=one_line(str(entry.get("subresource") or ""), 20),
                at=parse_time(str(entry.get("time") or "")),
                fields=fields,
            )


def _owned(owners: Sequence[_Entry]) -> Ownership:
    last = _newest(owners)
    called = dict.fromkeys(kind_of(each.manager)[0] for each in owners)
    others = tuple(name for name in called if name != kind_of(last.manager)[0])
    why = "the field is its own; the time is that of its last write of any field"
    if others:
        why = f"it wrote last of those that own the field: also {', '.join(others[:3])}"
    confidence = AMONG_OTHERS if others else ALONE
    return _ownership(last, confidence, why, others)


def _beside(
    obj: Mapping[str, Any], entries: Sequence[_Entry], tokens: Sequence[str | int]
) -> Ownership:
    """A field that is gone has no owner: whoever wrote beside it last may have taken it."""
    for length in range(len(tokens) - 1, 1, -1):
        near = [
            each
            for each in entries
            if _holds(each.fields, obj, tokens[:length])
            and kind_of(each.manager)[2] is not Writer.CONTROLLER
        ]
        if near:
            why = "nobody owns the field any more; it wrote beside it last"
            return _ownership(_newest(near), BESIDE, why, ())
    return Ownership(why="no field manager owns the field: it is a default, or it was taken away")


def _ownership(entry: _Entry, confidence: float, why: str, others: tuple[str, ...]) -> Ownership:
    name, way, writer = kind_of(entry.manager)
    if entry.subresource == "scale" and entry.manager == "kube-controller-manager":
        name = "the HorizontalPodAutoscaler"
    through = f" of {entry.subresource}" if entry.subresource else ""
    author = Author(
        who=name,
        when=entry.at,
        how=way,
        event=f"{entry.operation}{through}",
        source=SOURCE,
        confidence=confidence if entry.at else min(confidence, AMONG_OTHERS),
        why=why,
    )
    return Ownership(author=author, why=why, kind=writer, others=others)


def _newest(entries: Sequence[_Entry]) -> _Entry:
    return max(entries, key=lambda each: each.at.timestamp() if each.at else 0.0)


def _tokens(path: str) -> list[str | int]:
    found: list[str | int] = []
    for key, index, name in _TOKEN.findall(path):
        if index:
            found.append(int(index))
        else:
            found.append(key.replace('\\"', '"') if key else name)
    return found


def _holds(fields: Mapping[str, Any], live: Any, tokens: Sequence[str | int]) -> bool:  # noqa: ANN401
    """Whether a set of fields has one, something in it, or the whole that it is in."""
    if not tokens:
        return True
    first = tokens[0]
    if isinstance(first, int):
        if isinstance(live, list):
            return _holds_item(fields, live, first, tokens[1:])
        # Terraform counts a block of which there is only one.
        return _holds(fields, live, tokens[1:])
    if not any(key != "." for key in fields):
        return True
    for name, rest in _named(live, tokens):
        below = fields.get(f"f:{name}")
        if isinstance(below, Mapping):
            return _holds(below, live.get(name) if isinstance(live, Mapping) else None, rest)
    return False


def _holds_item(
    fields: Mapping[str, Any], live: list[Any], index: int, rest: Sequence[str | int]
) -> bool:
    if not any(key != "." for key in fields):
        return True
    item = live[index] if index < len(live) else None
    return any(
        isinstance(below, Mapping) and _holds(below, item, rest)
        for key, below in fields.items()
        if _is_of(key, item, index)
    )


def _is_of(key: str, item: Any, index: int) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a part of a field set means this item: `k:{"name":"app"}`, `v:"x"`, `i:0`."""
    kind, _, text = key.partition(":")
    try:
        said = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return False
    if kind == "k" and isinstance(said, Mapping) and isinstance(item, Mapping):
        # A protocol that is the default is in the key, and perhaps not in the item.
        return all(item.get(name, value) == value for name, value in said.items())
    return bool(said == item) if kind == "v" else kind == "i" and said == index


def _named(
    live: Any,  # noqa: ANN401 - any JSON value
    tokens: Sequence[str | int],
) -> Iterator[tuple[str, Sequence[str | int]]]:
    """Spellings of the next name, with what follows it; keys of labels may have dots."""
    for length in range(min(_LONGEST, len(tokens)), 0, -1):
        words = tokens[:length]
        if all(isinstance(word, str) for word in words):
            joined = ".".join(str(word) for word in words)
            if length > 1 and not (isinstance(live, Mapping) and joined in live):
                continue
            for name in _spellings(joined):
                yield name, tokens[length:]


def _spellings(name: str) -> tuple[str, ...]:
    """As Kubernetes may write what Terraform calls so: `container` is `containers`."""
    camel = _SNAKE.sub(lambda found: found[1].upper(), name)
    return tuple(dict.fromkeys((name, camel, f"{camel}s", f"{camel}es", camel.replace("Ip", "IP"))))
