"""`get`: objects as the server's table, as names, or as redacted JSON and YAML."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sreagent.domain.errors import NotFound, SreError, TryAgain
from sreagent.tools.reads.asking import Asking, Items, Target, Told, left_out, told
from sreagent.tools.reads.fields import last_applied, presentable
from sreagent.tools.reads.paths import sort_key, steps
from sreagent.tools.reads.printing import as_json, as_yaml, columns, noted
from sreagent.tools.reads.resources import Resource

WITHHELD = (
    "values of {kind} are never read: without -o, --sort-by or describe, "
    "their names, types and number of keys are listed"
)
AT_MOST = 50
"""Objects that are written as YAML, which takes its time."""
ONCE = "(looked once: this is how it stands now)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the server's table."""

    cells: tuple[object, ...]
    name: str
    namespace: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The server's table of some objects of one resource."""

    resource: Resource
    titles: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    missed: bool = False


def get(asking: Asking) -> Told:
    """Objects in the form that the read asks for."""
    read = asking.read
    if not asking.targets():
        msg = "name what to get: kubectl get pods -n NAMESPACE"
        raise TryAgain(msg)
    if read.everywhere and any(target.name for target in asking.targets()):
        msg = "a name is only one object in one namespace: leave -A away"
        raise TryAgain(msg)
    shape = {"json": _documents, "yaml": _documents, "name": _names}.get(read.output, _tables)
    answer = shape(asking)
    if asking.option("follow"):
        return replace(answer, text=f"{answer.text}\n{ONCE}")
    return answer


def refuse_withheld(resource: Resource) -> None:
    """Raise TryAgain for a kind whose objects may hold credentials."""
    if resource.withheld:
        raise TryAgain(WITHHELD.format(kind=resource.kind))


def sorted_items(asking: Asking, items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Objects in the order that --sort-by asks for."""
    if not asking.read.sort_by:
        return list(items)
    path = steps(asking.read.sort_by)
    # Only by what may be shown: the order would tell about a value that is hidden.
    return sorted(items, key=lambda item: sort_key(presentable(item), path))


def document(asking: Asking, data: object) -> str:
    """Data as the JSON or YAML that was asked for."""
    return as_json(data) if asking.read.output == "json" else as_yaml(data)


def _documents(asking: Asking) -> Told:
    found: list[Mapping[str, Any]] = []
    problems: list[SreError] = []
    notes: list[str] = []
    for target in asking.targets():
        refuse_withheld(target.resource)
        try:
            items = _items(asking, target)
        except SreError as error:
            problems.append(error)
        else:
            found += items.found
            notes += [items.note] if items.note else []
    failed = _problems(asking, problems)
    if problems and not found:
        return failed
    if asking.read.output == "yaml" and len(found) > AT_MOST:
        notes.append(f"… {len(found) - AT_MOST} more objects: narrow it with a selector")
    body = _body(asking, sorted_items(asking, found))
    text = noted(document(asking, body), (*notes, failed.text))
    return Told(text=text, missed=failed.missed)


def _body(asking: Asking, found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The object, or a list of them as kubectl wraps it."""
    some = found[:AT_MOST] if asking.read.output == "yaml" else found
    shown = [_presented(asking, item) for item in some]
    if len(shown) == 1 and all(target.name for target in asking.targets()):
        return shown[0]
    return {"apiVersion": "v1", "kind": "List", "items": shown}


def _presented(asking: Asking, item: Mapping[str, Any]) -> Mapping[str, Any]:
    if not asking.option("last_applied"):
        return presentable(item)
    if (applied := last_applied(item)) is not None:
        return applied
    name = item["metadata"]["name"]
    msg = f"{item['kind']} {name} was never written by `kubectl apply`"
    raise TryAgain(msg)


def _items(asking: Asking, target: Target) -> Items:
    part = asking.read.options.get("subresource")
    if not part:
        return asking.items(target)
    return Items(found=[dict(asking.api.fetch(_part(target, str(part)), {}))])


def _part(target: Target, part: str) -> str:
    if not target.name:
        msg = f"name the object whose {part} is meant"
        raise TryAgain(msg)
    return f"{target.path}/{part}"


def _names(asking: Asking) -> Told:
    grids = list(_grids(asking))
    lines = [f"{grid.resource.title}/{row.name}" for grid in grids for row in grid.rows]
    notes = [note for grid in grids for note in grid.notes]
    text = noted("\n".join(lines), notes)
    return Told(text=text, missed=any(grid.missed for grid in grids))


def _tables(asking: Asking) -> Told:
    grids = list(_grids(asking))
    several = len({grid.resource.qualified for grid in grids}) > 1
    prefix = several or asking.option("show_kind")
    blocks = [_printed(asking, grid, prefix=prefix) for grid in grids if grid.rows]
    notes = [note for grid in grids for note in grid.notes]
    text = noted("\n\n".join(blocks), notes) or _nothing(asking)
    return Told(text=text, missed=any(grid.missed for grid in grids))


def _nothing(asking: Asking) -> str:
    """Nothing was found; a namespace that is not there at all is told."""
    if asking.option("ignore_not_found"):
        return ""
    namespaced = any(target.resource.namespaced for target in asking.targets())
    if not namespaced or not asking.namespace:
        return "No resources found"
    where = asking.namespace
    try:
        asking.api.fetch(asking.catalogue.resolve("namespaces").path("", where), {})
    except NotFound:
        return f"No resources found: there is no namespace {where}"
    except SreError:
        return f"No resources found in {where} namespace (whether it exists could not be looked at)"
    return f"No resources found in {where} namespace."


def _grids(asking: Asking) -> Iterator[Grid]:
    """One grid for each resource, in the order of the line."""
    targets: dict[str, list[Target]] = {}
    for target in asking.targets():
        targets.setdefault(target.resource.qualified, []).append(target)
    for same in targets.values():
        yield _grid(asking, same)


def _grid(asking: Asking, targets: Sequence[Target]) -> Grid:
    grid = Grid(resource=targets[0].resource)
    problems: list[SreError] = []
    for target in targets:
        try:
            grid = _joined(grid, _asked(asking, target))
        except SreError as error:
            problems.append(error)
    failed = _problems(asking, problems)
    notes = (*grid.notes, *([failed.text] if failed.text else []))
    return replace(grid, notes=notes, missed=failed.missed)


def _problems(asking: Asking, problems: Sequence[SreError]) -> Told:
    if asking.option("ignore_not_found"):
        problems = [error for error in problems if not isinstance(error, NotFound)]
    return told(problems)


def _joined(one: Grid, other: Grid) -> Grid:
    return replace(other, rows=(*one.rows, *other.rows), notes=tuple({*one.notes, *other.notes}))


def _asked(asking: Asking, target: Target) -> Grid:
    resource, read = target.resource, asking.read
    if read.sort_by and not target.name:
        refuse_withheld(resource)
    if resource.withheld and resource.namespaced and read.everywhere:
        return _everywhere(asking, resource)
    if not read.sort_by or target.name:
        return _table(asking, target)
    order = [_key(item) for item in sorted_items(asking, asking.items(target).found)]
    grid = _table(asking, target)
    places = {key: place for place, key in enumerate(order)}
    rows = sorted(grid.rows, key=lambda row: places.get((row.namespace, row.name), len(places)))
    return replace(grid, rows=tuple(rows))


def _everywhere(asking: Asking, resource: Resource) -> Grid:
    """One namespace after the other: without its object a row does not tell where it is."""
    spaces = asking.catalogue.resolve("namespaces")
    grid = Grid(resource=resource)
    for space in asking.items(Target(resource=spaces, namespace=""), {"limit": "500"}).found:
        name = space["metadata"]["name"]
        found = _table(asking, Target(resource=resource, namespace=name))
        grid = _joined(grid, found)
    return grid


def _table(asking: Asking, target: Target) -> Grid:
    query = {} if target.name else asking.query()
    include = "None" if target.resource.withheld else "Metadata"
    part = str(asking.read.options.get("subresource") or "")
    path = _part(target, part) if part else target.path
    answer = asking.api.table(path, {**query, "includeObject": include})
    definitions = answer.get("columnDefinitions") or ()
    wide = asking.read.output == "wide"
    shown = [n for n, told in enumerate(definitions) if wide or not told.get("priority")]
    called = [str(told.get("name", "")).lower() for told in definitions]
    at = called.index("name") if "name" in called else 0
    note = left_out(answer)
    return Grid(
        resource=target.resource,
        titles=tuple(called[n].upper() for n in shown),
        rows=tuple(_row(row, shown, at, target) for row in answer.get("rows") or ()),
        notes=(note,) if note else (),
    )


def _row(row: Mapping[str, Any], shown: Sequence[int], at: int, target: Target) -> Row:
    metadata = (row.get("object") or {}).get("metadata") or {}
    return Row(
        cells=tuple(row["cells"][n] for n in shown),
        name=str(metadata.get("name") or row["cells"][at]),
        namespace=str(metadata.get("namespace") or target.namespace),
        labels=metadata.get("labels") or {},
    )


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def _printed(asking: Asking, grid: Grid, *, prefix: bool) -> str:
    extra = tuple(str(key) for key in asking.read.options.get("label_columns") or ())
    labels = asking.option("show_labels")
    everywhere = asking.read.everywhere and grid.resource.namespaced
    head = (
        *(["NAMESPACE"] if everywhere else []),
        *grid.titles,
        *(key.rpartition("/")[2].upper() for key in extra),
        *(["LABELS"] if labels else []),
    )
    lines: list[Sequence[object]] = [] if asking.option("no_headers") else [head]
    lines += [
        (
            *([row.namespace] if everywhere else []),
            *_cells(row, grid, prefix=prefix),
            *(row.labels.get(key, "") for key in extra),
            *([_written(row.labels)] if labels else []),
        )
        for row in grid.rows
    ]
    return columns(lines)


def _cells(row: Row, grid: Grid, *, prefix: bool) -> Iterator[object]:
    for title, cell in zip(grid.titles, row.cells, strict=True):
        yield f"{grid.resource.title}/{cell}" if prefix and title == "NAME" else cell


def _written(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>"
