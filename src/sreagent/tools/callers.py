"""Who depends on a service: workloads that name it in their environment, config or log."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Obj, entity_of

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
_HOST = re.compile(r"[A-Za-z0-9][-A-Za-z0-9.]*")
_LONGEST = 4_000
"""Characters of one value that are searched: a config file may be long, an address is near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A Service as others may write it."""

    name: str
    namespace: str

    def stands_in(self, text: str, namespace: str) -> bool:
        """Whether a text that is read in a namespace holds an address of this service."""
        return any(self._is_meant(text, host, namespace) for host in _HOST.finditer(text))

    def _is_meant(self, text: str, host: re.Match[str], namespace: str) -> bool:
        first, dot, rest = host[0].partition(".")
        if first != self.name:
            return False
        if dot:
            return rest.split(".")[0] == self.namespace
        # A bare name is also a word, so it counts only where an address can stand.
        before, after = text[: host.start()], text[host.end() :]
        address = before.endswith(("//", "@")) or re.match(r":\d", after) or text == host[0]
        return namespace == self.namespace and bool(address)


def callers_of(
    now: Inventory, known: Inventory, services: Iterable[Name], target: Entity
) -> tuple[str, ...]:
    """Workloads that name one of the services, but the target itself.

    `now` is the target's namespace as it is; `known` may hold more namespaces, and the logs.
    """
    names = tuple(services)
    found = set(_by_configuration(now, names))
    found |= {
        caller for caller in _by_configuration(known, names) if caller.namespace != target.namespace
    }
    found |= set(_by_log(known, names))
    found.discard(target)
    return tuple(sorted(_short(caller, target) for caller in found))


def _short(caller: Entity, target: Entity) -> str:
    near = caller.namespace == target.namespace
    return caller.name if near else f"{caller.namespace}/{caller.name}"


def _by_configuration(inventory: Inventory, names: tuple[Name, ...]) -> Iterator[Entity]:
    for kind in WORKLOADS:
        for workload in inventory.all(kind):
            entity = entity_of(kind, workload)
            values = _values(inventory, workload, entity.namespace)
            if _any_stands(names, values, entity.namespace):
                yield entity


def _by_log(inventory: Inventory, names: tuple[Name, ...]) -> Iterator[Entity]:
    for log in inventory.logs:
        if any(_in_log(name, log.text, log.pod.namespace) for name in names):
            pod = inventory.find(log.pod)
            yield inventory.workload_of("Pod", pod) if pod else log.pod


def _in_log(name: Name, text: str, namespace: str) -> bool:
    """Whether a line of a log names a service; most logs do not hold the word at all."""
    if name.name not in text:
        return False
    lines = (line for line in text.splitlines() if name.name in line)
    return any(name.stands_in(line[:_LONGEST], namespace) for line in lines)


def _any_stands(names: tuple[Name, ...], values: Iterable[str], namespace: str) -> bool:
    return any(name.stands_in(value[:_LONGEST], namespace) for value in values for name in names)


def _values(inventory: Inventory, workload: Obj, namespace: str) -> Iterator[str]:
    """What the containers are told: variables, words of the command, ConfigMaps."""
    spec = _pod_spec(workload)
    for container in [*spec.get("containers", ()), *(spec.get("initContainers") or ())]:
        yield from (str(one.get("value") or "") for one in container.get("env") or ())
        yield from map(str, [*(container.get("command") or ()), *(container.get("args") or ())])
    for name in _config_maps(spec):
        config = inventory.get("ConfigMap", namespace, name)
        for value in ((config or {}).get("data") or {}).values():
            yield from str(value).splitlines()


def _pod_spec(workload: Obj) -> Obj:
    spec: Obj = workload["spec"]
    template: Obj = (
        spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    )
    pod: Obj = template["spec"]
    return pod


def _config_maps(spec: Obj) -> set[str]:
    names: set[str] = set()
    for container in [*spec.get("containers", ()), *(spec.get("initContainers") or ())]:
        for source in container.get("envFrom") or ():
            names.add((source.get("configMapRef") or {}).get("name", ""))
        for variable in container.get("env") or ():
            ref = (variable.get("valueFrom") or {}).get("configMapKeyRef") or {}
            names.add(ref.get("name", ""))
    for volume in spec.get("volumes") or ():
        names.add((volume.get("configMap") or {}).get("name", ""))
    return names - {""}
