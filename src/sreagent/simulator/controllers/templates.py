"""Pod templates: what is their hash, what pod do they make."""

import copy
import json
import zlib
from typing import Any

from sreagent.simulator.api import random_suffix
from sreagent.simulator.clock import stamp
from sreagent.simulator.kinds import POD
from sreagent.simulator.objects import Json, labels_of, name_of, namespace_of, owned_by
from sreagent.simulator.ownership import claim
from sreagent.simulator.store import Store

HASH_LABEL = "pod-template-hash"
_SAFE_DIGITS = str.maketrans("0123456789", "bcdfghjklm")


def template_hash(template: Json) -> str:
    """The short name of a template, whatever empty fields it spells out."""
    text = json.dumps(_pruned(template), sort_keys=True)
    return str(zlib.crc32(text.encode())).translate(_SAFE_DIGITS)


def _pruned(value: Any) -> Any:  # noqa: ANN401 - walks untyped JSON
    if isinstance(value, dict):
        kept = {key: _pruned(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, "", {}, [])}
    return [_pruned(each) for each in value] if isinstance(value, list) else value


def new_pod(
    store: Store, owner: Json, name: str = "", labels: dict[str, str] | None = None
) -> Json:
    """Create the next pod of an owner from its template."""
    template = copy.deepcopy(owner["spec"]["template"])
    metadata = template.get("metadata") or {}
    metadata.pop("creationTimestamp", None)
    metadata["name"] = name or f"{name_of(owner)}-{random_suffix()}"
    if not name:
        metadata["generateName"] = f"{name_of(owner)}-"
    metadata["namespace"] = namespace_of(owner)
    metadata["labels"] = {**labels_of(template), **(labels or {})}
    metadata["ownerReferences"] = [owned_by(owner, owner["kind"], owner["apiVersion"])]
    metadata["creationTimestamp"] = stamp(store.clock.now())
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": template["spec"],
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    }
    claim(None, pod, "kube-controller-manager", store.clock.now())
    return store.put(POD, pod)
