"""Pod templates: what is their hash, what pod do they make."""

import copy
import json
import zlib
from typing import Any

from sreagent.simulator.admission import admit
from sreagent.simulator.api import quality_class, random_suffix
from sreagent.simulator.clock import stamp
from sreagent.simulator.kinds import POD
from sreagent.simulator.objects import Json, labels_of, name_of, namespace_of, owned_by, uid_of
from sreagent.simulator.ownership import claim
from sreagent.simulator.problems import ApiError
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.store import Store

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

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


class PodMaker:
    """Makes the pods of one kind of owner; what is refused is tried again later."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self.store = store
        self.recorder = recorder
        self._refused: dict[str, tuple[float, float, str]] = {}

    def make(
        self, owner: Json, name: str = "", labels: dict[str, str] | None = None, node: str = ""
    ) -> Json | None:
        """Create the next pod of an owner from its template, or None when it is refused."""
        now = self.store.clock.now()
        due, pause, _ = self._refused.get(uid_of(owner), (now, FIRST_PAUSE, ""))
        if due > now:
            return None
        pod = _from_template(owner, name, labels or {}, now)
        if node:
            pod["spec"]["nodeName"] = node
        try:
            admit(self.store, pod)
        except ApiError as problem:
            told = str(problem)
            self._refused[uid_of(owner)] = (now + pause, min(pause * 2, LONGEST_PAUSE), told)
            self.recorder.warning(owner, "FailedCreate", f"Error creating: {told}")
            return None
        self._refused.pop(uid_of(owner), None)
        pod["status"] = {"phase": "Pending", "qosClass": quality_class(pod["spec"])}
        claim(None, pod, "kube-controller-manager", now)
        return self.store.put(POD, pod)

    def refusal(self, owner: Json) -> str:
        """Why the last pod of an owner was refused, empty when it was not."""
        return self._refused.get(uid_of(owner), (0.0, 0.0, ""))[2]

    def forgive(self, owner: Json) -> None:
        """Forget a refusal, since no pod is wanted any more."""
        self._refused.pop(uid_of(owner), None)

    def tidy(self) -> None:
        """Forget the refusals whose pods nobody asked for again."""
        now = self.store.clock.now()
        self._refused = {uid: told for uid, told in self._refused.items() if told[0] > now}

    def next_due(self) -> float | None:
        """When the next refused pod is tried again."""
        return min((due for due, _, _ in self._refused.values()), default=None)


def _from_template(owner: Json, name: str, labels: dict[str, str], now: float) -> Json:
    template = copy.deepcopy(owner["spec"]["template"])
    metadata = template.get("metadata") or {}
    metadata.pop("creationTimestamp", None)
    metadata["name"] = name or f"{name_of(owner)}-{random_suffix()}"
    if not name:
        metadata["generateName"] = f"{name_of(owner)}-"
    metadata["namespace"] = namespace_of(owner)
    metadata["labels"] = {**labels_of(template), **labels}
    metadata["ownerReferences"] = [owned_by(owner, owner["kind"], owner["apiVersion"])]
    metadata["creationTimestamp"] = stamp(now)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
