"""The rules an object must keep, told the way the API server tells them."""

import re
from collections.abc import Callable, Iterator

from sreagent.simulator.kinds import Kind
from sreagent.simulator.objects import Json, containers, labels_of, lookup, name_of
from sreagent.simulator.problems import Cause, invalid
from sreagent.simulator.quantities import amount, share
from sreagent.simulator.selectors import matches_selector

_NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
_LABEL_KEY = re.compile(r"^([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
_LABEL_VALUE = re.compile(r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
_IMMUTABLE_SELECTORS = ("deployments", "replicasets", "statefulsets", "daemonsets", "jobs")
_POD_MUTABLE = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")


def check(kind: Kind, obj: Json, before: Json | None) -> None:
    """Refuse an object that breaks a rule, naming every rule it breaks."""
    causes = [*_metadata(obj), *_spec(kind, obj)]
    if before is not None:
        causes += _unchanged(kind, before, obj)
    if causes:
        raise invalid(kind, name_of(obj), causes)


def _metadata(obj: Json) -> Iterator[Cause]:
    name = obj["metadata"].get("name")
    if not name:
        yield "metadata.name", "Required value: name or generateName is required"
    elif not _NAME.match(str(name).replace(":", "-")):
        yield "metadata.name", f'Invalid value: "{name}": a lowercase RFC 1123 subdomain is needed'
    for key, value in labels_of(obj).items():
        yield from _label("metadata.labels", key, value)


def _label(field: str, key: str, value: object) -> Iterator[Cause]:
    if not _LABEL_KEY.match(key):
        yield field, f'Invalid value: "{key}": name part must consist of alphanumeric characters'
    if not isinstance(value, str) or not _LABEL_VALUE.match(value):
        yield (
            field,
            f'Invalid value: "{value}": a valid label must be an empty string or consist'
            " of alphanumeric characters, '-', '_' or '.'",
        )


def _spec(kind: Kind, obj: Json) -> Iterator[Cause]:
    checker = _CHECKERS.get(kind.plural)
    if checker is None:
        return
    if not isinstance(obj.get("spec"), dict):
        yield "spec", "Required value"
        return
    yield from checker(obj)


def _workload(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    for field in ("replicas", "revisionHistoryLimit", "minReadySeconds", "progressDeadlineSeconds"):
        yield from _count(f"spec.{field}", spec.get(field))
    template = spec.get("template")
    if not isinstance(template, dict):
        yield "spec.template", "Required value"
        return
    labels = lookup(template, "metadata.labels") or {}
    if not spec.get("selector"):
        yield "spec.selector", "Required value"
    elif not matches_selector(spec["selector"], labels):
        yield (
            "spec.template.metadata.labels",
            f"Invalid value: {labels}: `selector` does not match template `labels`",
        )
    for key, value in labels.items():
        yield from _label("spec.template.labels", key, value)
    yield from _pod_spec("spec.template.spec", template.get("spec"))


def _deployment(obj: Json) -> Iterator[Cause]:
    yield from _workload(obj)
    strategy = obj["spec"].get("strategy") or {}
    kind = strategy.get("type")
    if kind not in ("Recreate", "RollingUpdate"):
        yield "spec.strategy.type", _unsupported(kind, "Recreate", "RollingUpdate")
    rolling = strategy.get("rollingUpdate")
    if kind == "Recreate" and rolling:
        yield (
            "spec.strategy.rollingUpdate",
            "Forbidden: may not be specified when strategy `type` is 'Recreate'",
        )
    elif rolling:
        yield from _rolling(rolling)


def _rolling(rolling: Json) -> Iterator[Cause]:
    counts: list[int] = []
    for field in ("maxUnavailable", "maxSurge"):
        value = rolling.get(field)
        try:
            counts.append(share(value, 100, up=True))
        except ValueError:
            yield f"spec.strategy.rollingUpdate.{field}", f'Invalid value: "{value}": a number or %'
    if counts == [0, 0]:
        yield (
            "spec.strategy.rollingUpdate.maxUnavailable",
            "Invalid value: 0: may not be 0 when `maxSurge` is 0",
        )


def _pod(obj: Json) -> Iterator[Cause]:
    yield from _pod_spec("spec", obj["spec"])


def _pod_spec(path: str, spec: object) -> Iterator[Cause]:
    if not isinstance(spec, dict) or not spec.get("containers"):
        yield f"{path}.containers", "Required value"
        return
    names: set[str] = set()
    for at, container in enumerate(spec["containers"]):
        where = f"{path}.containers[{at}]"
        name = container.get("name")
        if not name:
            yield f"{where}.name", "Required value"
        elif name in names:
            yield f"{where}.name", f'Duplicate value: "{name}"'
        names.add(str(name))
        yield from _container(where, container)


def _container(path: str, container: Json) -> Iterator[Cause]:
    image = container.get("image")
    if not image or not isinstance(image, str):
        yield f"{path}.image", "Required value"
    elif image != image.strip():
        yield f"{path}.image", f'Invalid value: "{image}": must not have leading or trailing spaces'
    for at, port in enumerate(container.get("ports") or ()):
        yield from _port(f"{path}.ports[{at}].containerPort", port.get("containerPort"))
    for at, variable in enumerate(container.get("env") or ()):
        if not variable.get("name"):
            yield f"{path}.env[{at}].name", "Required value"
        if not isinstance(variable.get("value", ""), str):
            yield f"{path}.env[{at}].value", "Invalid value: must be a string"
    yield from _resources(f"{path}.resources", container.get("resources") or {})


def _resources(path: str, resources: Json) -> Iterator[Cause]:
    sizes: dict[str, dict[str, float]] = {"requests": {}, "limits": {}}
    for part, found in sizes.items():
        for resource, quantity in (resources.get(part) or {}).items():
            try:
                found[resource] = amount(quantity)
            except ValueError as problem:
                yield f"{path}.{part}[{resource}]", f'Invalid value: "{quantity}": {problem}'
                continue
            if found[resource] < 0:
                yield (
                    f"{path}.{part}[{resource}]",
                    f'Invalid value: "{quantity}": must be greater than or equal to 0',
                )
    for resource, limit in sizes["limits"].items():
        if sizes["requests"].get(resource, 0) > limit:
            asked, allowed = resources["requests"][resource], resources["limits"][resource]
            yield (
                f"{path}.requests",
                f'Invalid value: "{asked}": must be less than or equal to '
                f"{resource} limit of {allowed}",
            )


def _service(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    for key, value in (spec.get("selector") or {}).items():
        yield from _label("spec.selector", key, value)
    ports = spec.get("ports") or []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        yield "spec.ports", "Required value"
    for at, port in enumerate(ports):
        yield from _port(f"spec.ports[{at}].port", port.get("port"))
        if isinstance(port.get("targetPort"), int):
            yield from _port(f"spec.ports[{at}].targetPort", port["targetPort"])
        if len(ports) > 1 and not port.get("name"):
            yield f"spec.ports[{at}].name", "Required value"


def _budget(obj: Json) -> Iterator[Cause]:
    for name in ("minAvailable", "maxUnavailable"):
        value = obj["spec"].get(name)
        if value is not None and not re.fullmatch(r"\d+%?", str(value)):
            yield f"spec.{name}", f"Invalid value: {value!r}: must be a number or a percentage"


def _job(obj: Json) -> Iterator[Cause]:
    for name in ("parallelism", "completions", "backoffLimit"):
        yield from _count(f"spec.{name}", obj["spec"].get(name))
    yield from _workload(obj)


def _autoscaler(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    low, high = spec.get("minReplicas", 1), spec.get("maxReplicas")
    if not isinstance(high, int) or high < 1:
        yield "spec.maxReplicas", f"Invalid value: {high}: must be greater than 0"
    elif isinstance(low, int) and low > high:
        yield (
            "spec.maxReplicas",
            f"Invalid value: {high}: must be greater than or equal to `minReplicas`",
        )


def _count(field: str, value: object) -> Iterator[Cause]:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        yield field, f"Invalid value: {value!r}: must be an integer"
    elif value < 0:
        yield field, f"Invalid value: {value}: must be greater than or equal to 0"
    elif value > 2**31 - 1:
        yield field, f"Invalid value: {value}: must fit into an int32"


def _port(field: str, value: object) -> Iterator[Cause]:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        yield field, f"Invalid value: {value!r}: must be between 1 and 65535, inclusive"


def _unsupported(value: object, *allowed: str) -> str:
    listed = ", ".join(f'"{each}"' for each in allowed)
    return f'Unsupported value: "{value}": supported values: {listed}'


def _unchanged(kind: Kind, before: Json, obj: Json) -> Iterator[Cause]:
    old, new = before.get("spec") or {}, obj.get("spec") or {}
    if kind.plural in _IMMUTABLE_SELECTORS and old.get("selector") != new.get("selector"):
        yield "spec.selector", f"Invalid value: {new.get('selector')}: field is immutable"
    if kind.plural == "jobs" and old.get("template") != new.get("template"):
        yield "spec.template", "Invalid value: field is immutable"
    if kind.plural == "pods" and _frozen_part(old) != _frozen_part(new):
        yield (
            "spec",
            "Forbidden: pod updates may not change fields other than "
            "`spec.containers[*].image`,`spec.initContainers[*].image`,"
            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
            "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it "
            "was previously negative)",
        )
    if kind.plural == "services" and old.get("clusterIP") not in (None, new.get("clusterIP")):
        yield "spec.clusterIPs[0]", f'Invalid value: "{new.get("clusterIP")}": field is immutable'


def _frozen_part(spec: Json) -> Json:
    frozen = {key: value for key, value in spec.items() if key not in _POD_MUTABLE}
    images = ({**each, "image": ""} for each in containers(spec))
    return {**frozen, "containers": list(images), "initContainers": None}


_CHECKERS: dict[str, Callable[[Json], Iterator[Cause]]] = {
    "deployments": _deployment,
    "replicasets": _workload,
    "statefulsets": _workload,
    "daemonsets": _workload,
    "jobs": _job,
    "poddisruptionbudgets": _budget,
    "pods": _pod,
    "services": _service,
    "horizontalpodautoscalers": _autoscaler,
}
