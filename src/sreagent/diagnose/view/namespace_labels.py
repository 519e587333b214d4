"""The label of a namespace by which a policy would let its programs in."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.scene import Labels, labels_of
from sreagent.diagnose.view.selectors import matches
from sreagent.domain.inventory import Obj

NAME = "kubernetes.io/metadata.name"
"""A label that every namespace has, and none loses."""


def label_lost(
    policy: Obj, namespace: Obj, pod: Labels, is_open: Callable[[Mapping[str, Any]], bool]
) -> str:
    """The one label that a namespace lacks for a policy to let a pod in; empty when it lost none.

    It was edited, and the policy was not edited since.

    Args:
        policy: The policy.
        namespace: Where the pod is.
        pod: The labels of the pod.
        is_open: Whether a rule of the policy is about the port that the pod calls.
    """
    edit, changed = last_edit(namespace), last_edit(policy)
    if edit is None or (changed and changed.at > edit.at):
        return ""
    labels = {NAME: namespace["metadata"]["name"], **labels_of(namespace)}
    for rule in (policy.get("spec") or EMPTY).get("ingress") or ():
        for peer in (rule.get("from") or ()) if is_open(rule) else ():
            said = _missing(peer.get("namespaceSelector") or EMPTY, labels)
            if said and matches(peer.get("podSelector"), pod):
                return said
    return ""


def _missing(selector: Mapping[str, Any], labels: Labels) -> str:
    """The one label without which a selector does not fit; empty when it fits or lacks more."""
    if matches(selector, labels):
        return ""
    fitting = (
        said
        for key, value, said in _wanted(selector)
        if key != NAME and matches(selector, {**labels, key: value})
    )
    return next(fitting, "")


def _wanted(selector: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Labels that a selector asks for: key, a value that fits, and how to say it."""
    for key, value in (selector.get("matchLabels") or {}).items():
        yield key, value, f"{key}={value}"
    for one in selector.get("matchExpressions") or ():
        values = [str(value) for value in one.get("values") or ()]
        if one.get("operator") == "In" and values:
            yield one["key"], values[0], f"{one['key']} in {', '.join(values)}"
        elif one.get("operator") == "Exists":
            yield one["key"], "", str(one["key"])
