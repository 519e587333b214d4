"""The label of a namespace by which a policy would let its programs in."""

from collections.abc import Mapping
from typing import Any

from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY
from sreagent.diagnose.view.scene import labels_of
from sreagent.domain.inventory import Obj


def label_lost(policy: Obj, namespace: Obj) -> str:
    """The one label that a namespace lacks for a policy to let it in; empty when it lost none.

    It was edited, and the policy was not edited since.
    """
    edit, changed = last_edit(namespace), last_edit(policy)
    if edit is None or (changed and changed.at > edit.at):
        return ""
    return _lacking(policy, labels_of(namespace))


def _lacking(policy: Obj, labels: Mapping[str, str]) -> str:
    """The one label of a namespace selector that the namespace has not, where that is all."""
    for rule in (policy.get("spec") or EMPTY).get("ingress") or ():
        for peer in rule.get("from") or ():
            missing = _missing(peer.get("namespaceSelector") or EMPTY, labels)
            if len(missing) == 1:
                return missing[0]
    return ""


def _missing(selector: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    wanted = selector.get("matchLabels") or {}
    missing = [f"{key}={value}" for key, value in wanted.items() if labels.get(key) != value]
    for one in selector.get("matchExpressions") or ():
        values = one.get("values") or ()
        if one.get("operator") == "In" and labels.get(one["key"]) not in values:
            missing.append(f"{one['key']} in {', '.join(map(str, values))}")
        elif one.get("operator") == "Exists" and one["key"] not in labels:
            missing.append(str(one["key"]))
    return missing
