"""`top`: what pods and nodes use now, from the metrics API."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sreagent.domain.errors import Unreachable
from sreagent.tools.quantities import amount
from sreagent.tools.reads.asking import Asking, Items, Target, Told
from sreagent.tools.reads.printing import columns
from sreagent.tools.reads.resources import Resource

METRICS = "metrics.k8s.io"

Line = tuple[Sequence[object], float, float]
"""The names of a row, its cores and its bytes."""


def top(asking: Asking) -> Told:
    """The usage of pods, of their containers, or of nodes."""
    nodes = asking.read.resources[:1] in (("nodes",), ("node",), ("no",))
    items = _measured(asking, "nodes" if nodes else "pods")
    if not items.found:
        where = f" in {asking.namespace} namespace" if asking.namespace and not nodes else ""
        return Told(
            text=f"No usage is known{where}: nothing runs there, or nothing was measured yet."
        )
    rows = _node_rows(asking, items.found) if nodes else _pod_rows(asking, items.found)
    return Told(text="\n".join(filter(None, (columns(rows), items.note))))


def _measured(asking: Asking, plural: str) -> Items:
    resource = _resource(asking, plural)
    targets = [asking.target(resource, name) for name in asking.read.names or ("",)]
    answers = [asking.items(target) for target in targets]
    found = [item for items in answers for item in items.found]
    return Items(found=found, note="".join(items.note for items in answers))


def _resource(asking: Asking, plural: str) -> Resource:
    """Raise Unreachable where nobody measures."""
    catalogue = asking.catalogue
    if catalogue.serves(METRICS):
        return catalogue.resolve(f"{plural}.{METRICS}")
    why = catalogue.error(METRICS) or "no metrics server is installed in this cluster"
    msg = f"usage is not known: {METRICS} is not served"
    raise Unreachable(msg, why=why, hint="ask Prometheus instead")


def _pod_rows(asking: Asking, items: Iterable[Mapping[str, Any]]) -> list[Sequence[object]]:
    by_container = asking.option("containers")
    head = (
        *(["NAMESPACE"] if asking.read.everywhere else []),
        *(["POD"] if by_container else []),
        *("NAME", "CPU(cores)", "MEMORY(bytes)"),
    )
    lines = [line for item in items for line in _pod_lines(asking, item, split=by_container)]
    rows: list[Sequence[object]] = [] if asking.option("no_headers") else [head]
    rows += [(*names, _cores(cpu), _bytes(memory)) for names, cpu, memory in _sorted(asking, lines)]
    if asking.option("sum"):
        blank = [""] * (len(head) - 3)
        cpu, memory = sum(line[1] for line in lines), sum(line[2] for line in lines)
        rows.append((*blank, "total", _cores(cpu), _bytes(memory)))
    return rows


def _pod_lines(asking: Asking, item: Mapping[str, Any], *, split: bool) -> list[Line]:
    metadata = item["metadata"]
    space = [metadata.get("namespace", "")] if asking.read.everywhere else []
    parts = [(one["name"], *_used(one)) for one in item.get("containers") or ()]
    if split:
        return [((*space, metadata["name"], name), cpu, memory) for name, cpu, memory in parts]
    cpu, memory = sum(part[1] for part in parts), sum(part[2] for part in parts)
    return [((*space, metadata["name"]), cpu, memory)]


def _node_rows(asking: Asking, items: Iterable[Mapping[str, Any]]) -> list[Sequence[object]]:
    side = "capacity" if asking.option("show_capacity") else "allocatable"
    nodes = asking.items(Target(resource=asking.catalogue.resolve("nodes"), namespace="")).found
    sizes = {node["metadata"]["name"]: (node.get("status") or {}).get(side) or {} for node in nodes}
    head = ("NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)")
    rows: list[Sequence[object]] = [] if asking.option("no_headers") else [head]
    lines: list[Line] = [((item["metadata"]["name"],), *_used(item)) for item in items]
    for names, cpu, memory in _sorted(asking, lines):
        size = sizes.get(str(names[0]), {})
        shares = _share(cpu, size.get("cpu")), _share(memory, size.get("memory"))
        rows.append((*names, _cores(cpu), shares[0], _bytes(memory), shares[1]))
    return rows


def _sorted(asking: Asking, lines: Iterable[Line]) -> list[Line]:
    if asking.read.sort_by in ("cpu", "memory"):
        by_memory = asking.read.sort_by == "memory"
        return sorted(lines, key=lambda line: -line[2] if by_memory else -line[1])
    return sorted(lines, key=lambda line: tuple(map(str, line[0])))


def _used(item: Mapping[str, Any]) -> tuple[float, float]:
    return amount(item["usage"]["cpu"]), amount(item["usage"]["memory"])


def _cores(cores: float) -> str:
    return f"{round(cores * 1000)}m"


def _bytes(size: float) -> str:
    return f"{round(size / 2**20)}Mi"


def _share(used: float, size: object) -> str:
    whole = amount(size) if size else 0.0
    return f"{int(100 * used / whole)}%" if whole else "<unknown>"
