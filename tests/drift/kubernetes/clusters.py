"""A cluster in memory that may refuse, change its mind, or change what it is given."""

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.errors import NotFound, SreError
from sreagent.drift.reality.kubernetes.manifests import stated
from sreagent.drift.reality.kubernetes.objects import Obj
from sreagent.drift.state.managed import Managed

_PLURALS = {
    ("", "v1"): {
        "ConfigMap": "configmaps",
        "Namespace": "namespaces",
        "Secret": "secrets",
        "Service": "services",
    },
    ("apps", "v1"): {"Deployment": "deployments"},
    ("autoscaling", "v2"): {"HorizontalPodAutoscaler": "horizontalpodautoscalers"},
    ("batch", "v1"): {"Job": "jobs"},
    ("admissionregistration.k8s.io", "v1"): {
        "ValidatingWebhookConfiguration": "validatingwebhookconfigurations"
    },
}
_OF_CLUSTER = frozenset({"Namespace", "ValidatingWebhookConfiguration"})
Refuse = Callable[[str, str], SreError | None]


def nothing(_what: str, _path: str) -> SreError | None:
    """Refuses nothing."""
    return None


@dataclass(slots=True)
class Cluster:
    """Objects by their paths."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: Refuse = nothing
    """By what is asked (`list`, `get`, `apply`, `kinds`, `release`) and the path."""
    mutate: Callable[[dict[str, Any]], None] = lambda _: None
    """A webhook: changes what is applied."""
    asked: list[str] = field(default_factory=list)
    context: str = "pretend"

    @property
    def calls(self) -> int:
        """Questions so far."""
        return len(self.asked)

    @property
    def counted(self) -> Counter[str]:
        """Questions by what was asked."""
        return Counter(each.split()[0] for each in self.asked)

    def kinds(self, group: str, version: str) -> list[dict[str, Any]]:
        """The kinds that are served."""
        self._ask("kinds", f"{group}/{version}")
        return [
            {"name": plural, "kind": kind, "namespaced": kind not in _OF_CLUSTER}
            for kind, plural in _PLURALS.get((group, version), {}).items()
        ]

    def listed(self, path: str) -> Iterator[Obj]:
        """The objects of a namespace, or of all."""
        self._ask("list", path)
        root, _, plural = path.rpartition("/")
        for place, item in list(self.objects.items()):
            if place.startswith(f"{root}/") and place.split("/")[-2] == plural:
                yield copy.deepcopy(item)

    def one(self, path: str) -> Obj:
        """One object."""
        self._ask("get", path)
        if path not in self.objects:
            msg = f"there is no {path}"
            raise NotFound(msg)
        return copy.deepcopy(self.objects[path])

    def as_applied(self, path: str, manifest: Mapping[str, Any]) -> Obj:
        """The object with what is stated, and with what webhooks make of it."""
        self._ask("apply", path)
        held = self.objects.get(path, {"metadata": {"name": path.split("/")[-1]}})
        merged: dict[str, Any] = _merged(copy.deepcopy(held), manifest)
        self.mutate(merged)
        return merged

    def release(self, namespace: str, name: str) -> bytes | None:
        """No release is there."""
        self._ask("release", f"{namespace}/{name}")
        return None

    def make(self, managed: Managed, **metadata: Any) -> dict[str, Any]:
        """Make the object of a resource, as Terraform would; returns it, to be changed."""
        said = stated(managed.type, managed.attributes)
        assert said is not None
        version = f"{said.group}/{said.versions[0]}" if said.group else said.versions[0]
        live: dict[str, Any] = json.loads(json.dumps({**said.manifest, "apiVersion": version}))
        live["metadata"] |= {
            "resourceVersion": "1",
            "managedFields": [{"manager": "HashiCorp", "operation": "Update", "fieldsV1": {}}],
            **metadata,
        }
        self.objects[path_of(managed)] = live
        return live

    def _ask(self, what: str, path: str) -> None:
        self.asked.append(f"{what} {path}")
        if error := self.refuse(what, path):
            raise error


def path_of(managed: Managed) -> str:
    """Where the object of a resource is."""
    said = stated(managed.type, managed.attributes)
    assert said is not None
    plural = _PLURALS[said.group, said.versions[0]][said.kind]
    group = f"/apis/{said.group}" if said.group else "/api"
    space = f"/namespaces/{said.namespace}" if said.namespace else ""
    return f"{group}/{said.versions[0]}{space}/{plural}/{said.name}"


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, Mapping):
        return {**below, **{name: _merged(below.get(name), each) for name, each in above.items()}}
    named = isinstance(above, list) and all(isinstance(e, dict) and "name" in e for e in above)
    if named and isinstance(below, list):
        mine = {each["name"]: each for each in above}
        left = [_merged(each, mine.pop(each["name"], each)) for each in below]
        return [*left, *mine.values()]
    return copy.deepcopy(above)
