"""Pods and pod templates, read the way an operator reads them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sreagent.diagnose.objects.quantities import amount
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import parse_time

EMPTY: Obj = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a pod: what was asked and what became of it."""

    name: str
    init: bool
    spec: Obj
    status: Obj

    @property
    def sidecar(self) -> bool:
        """Whether it is an init container that runs beside the others."""
        return self.init and self.spec.get("restartPolicy") == "Always"

    @property
    def serves(self) -> bool:
        """Whether it should run for as long as the pod does."""
        return self.sidecar or not self.init

    @property
    def waiting(self) -> str:
        """Why it waits, or an empty text."""
        return str(self._state("waiting").get("reason") or "")

    @property
    def waiting_message(self) -> str:
        """The words that go with it."""
        return str(self._state("waiting").get("message") or "")

    @property
    def running_since(self) -> datetime | None:
        """Start of the present run; None when it does not run."""
        return parse_time(self._state("running").get("startedAt"))

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return "running" in (self.status.get("state") or EMPTY)

    @property
    def terminated(self) -> Obj | None:
        """The end of the present run."""
        return (self.status.get("state") or EMPTY).get("terminated")

    @property
    def ended(self) -> Obj | None:
        """The last end there was: of this run, else of the one before."""
        return self.terminated or (self.status.get("lastState") or EMPTY).get("terminated")

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return int(self.status.get("restartCount") or 0)

    @property
    def ready(self) -> bool:
        """What its readiness probe said last."""
        return bool(self.status.get("ready"))

    def _state(self, name: str) -> Obj:
        return (self.status.get("state") or EMPTY).get(name) or EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A ConfigMap, Secret, claim or service account that a pod template names."""

    kind: str
    name: str
    key: str = ""
    """A key that must be in it; empty when the whole object is meant."""
    by: str = ""
    """`env DB_URL`, `volume config`."""


def containers(pod: Obj) -> list[Container]:
    """Init containers first, each with its status (empty before the kubelet saw the pod)."""
    spec, status = pod.get("spec") or EMPTY, pod.get("status") or EMPTY
    found = []
    for init, specs, statuses in (
        (True, "initContainers", "initContainerStatuses"),
        (False, "containers", "containerStatuses"),
    ):
        known = {one["name"]: one for one in status.get(statuses) or ()}
        found += [
            Container(name=one["name"], init=init, spec=one, status=known.get(one["name"], EMPTY))
            for one in spec.get(specs) or ()
        ]
    return found


def container_specs(spec: Obj) -> list[Obj]:
    """Init containers and containers of a pod spec."""
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def pod_condition(item: Obj, name: str) -> Obj:
    """A status condition of any object; empty when it has none of that type."""
    status = item.get("status")
    found = status.get("conditions") if isinstance(status, dict) else None
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("type") == name:
            return one
    return EMPTY


def allowance(probe: Obj) -> float:
    """Seconds from a container's start within which it must answer or is killed."""
    tries = (probe.get("failureThreshold") or 3) - 1
    waits = (probe.get("initialDelaySeconds") or 0) + (probe.get("timeoutSeconds") or 1)
    return float(waits + tries * (probe.get("periodSeconds") or 10))


def is_ready(pod: Obj) -> bool:
    """Whether the pod takes traffic."""
    return bool(
        pod_condition(pod, "Ready").get("status") == "True"
        and not pod["metadata"].get("deletionTimestamp")
    )


def has_ended(pod: Obj) -> bool:
    """Whether any of its containers has ended before or does not run: quick, for most have not."""
    status = pod.get("status") or EMPTY
    return any(
        one.get("lastState") or "running" not in (one.get("state") or EMPTY)
        for key in ("containerStatuses", "initContainerStatuses")
        for one in status.get(key) or ()
    )


def is_over(pod: Obj) -> bool:
    """Whether the pod ran to its end, well or badly."""
    return (pod.get("status") or EMPTY).get("phase") in ("Succeeded", "Failed")


def template_of(kind: str, item: Obj) -> Obj:
    """The pod template of a workload; a pod is its own."""
    spec = item.get("spec") or EMPTY
    if kind == "Pod":
        return item
    if kind == "CronJob":
        spec = (spec.get("jobTemplate") or EMPTY).get("spec") or EMPTY
    return spec.get("template") or EMPTY


def spec_of(kind: str, item: Obj) -> Obj:
    """The pod spec of a workload."""
    return template_of(kind, item).get("spec") or EMPTY


def declared_ports(spec: Obj) -> list[Obj]:
    """Ports that the containers of a pod spec declare."""
    running = [
        *(spec.get("containers") or ()),
        *(one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"),
    ]
    return [port for one in running for port in one.get("ports") or ()]


def env_values(container: Obj) -> dict[str, str]:
    """Literal values of the environment, later entries winning."""
    return {
        one["name"]: str(one.get("value") or "")
        for one in container.get("env") or ()
        if "valueFrom" not in one
    }


def env_names(spec: Obj) -> set[str]:
    """Names of all variables that are set one by one."""
    return {one["name"] for c in container_specs(spec) for one in c.get("env") or ()}


def requests(spec: Obj) -> dict[str, float]:
    """What the scheduler counts: the sum of the containers, or the largest init container."""
    total: dict[str, float] = {}
    for one in spec.get("containers") or ():
        for name, text in _requested(one).items():
            total[name] = total.get(name, 0.0) + amount(text)
    for one in spec.get("initContainers") or ():
        for name, text in _requested(one).items():
            total[name] = max(total.get(name, 0.0), amount(text))
    return total


def _requested(container: Obj) -> Mapping[str, Any]:
    resources = container.get("resources") or EMPTY
    return {**(resources.get("limits") or {}), **(resources.get("requests") or {})}


def references(spec: Obj) -> Iterator[Reference]:
    """Everything the pod cannot start without; optional references are left out."""
    for one in container_specs(spec):
        yield from env_references(one)
    for volume in spec.get("volumes") or ():
        yield from _volume_references(volume)
    if account := spec.get("serviceAccountName"):
        yield Reference(kind="ServiceAccount", name=account, by="serviceAccountName")


def env_references(container: Obj) -> Iterator[Reference]:
    """What the environment of a container cannot be filled without."""
    for source in container.get("envFrom") or ():
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            ref = source.get(field)
            if ref and not ref.get("optional"):
                yield Reference(kind=kind, name=ref["name"], by="envFrom")
    for one in container.get("env") or ():
        source = one.get("valueFrom") or EMPTY
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            ref = source.get(field)
            if ref and not ref.get("optional"):
                by = f"env {one['name']}"
                yield Reference(kind=kind, name=ref["name"], key=ref.get("key", ""), by=by)


def _volume_references(volume: Obj) -> Iterator[Reference]:
    by = f"volume {volume['name']}"
    if claim := volume.get("persistentVolumeClaim"):
        yield Reference(kind="PersistentVolumeClaim", name=claim["claimName"], by=by)
    sources = [volume, *((volume.get("projected") or EMPTY).get("sources") or ())]
    for source in sources:
        for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            ref = source.get(field)
            if not ref or ref.get("optional"):
                continue
            name = ref.get("name") or ref.get("secretName") or ""
            keys = [item["key"] for item in ref.get("items") or ()] or [""]
            for key in keys:
                yield Reference(kind=kind, name=name, key=key, by=by)


_VERSION = re.compile(r"[:@]([\w][\w.:-]{0,127})$")


def short_image(image: str) -> str:
    """The tag or the first of the digest; the whole name when it has neither."""
    found = _VERSION.search(image)
    return found[1][:19] if found else image
