"""Series of an answer, folded into one signal for each measure of each object."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj
from sreagent.domain.ports import Labels, Series
from sreagent.domain.signal import Measure, Point, Signal, Unit
from sreagent.domain.text import one_line
from sreagent.tools import metric_families as families
from sreagent.tools.label_owners import KINDS, Owners
from sreagent.tools.metric_questions import Fold, Question, Whom
from sreagent.tools.quantities import amount

SIDES = families.SIDES
Values = dict[datetime, float]
LONGEST_PART = 60
"""Characters of a topic, a pool or a device that are kept: anybody may name one."""
_SHOWN = 12
"""Labels of a series that are kept."""


@dataclass(slots=True)
class _Heap:
    """The series of one object (or of one part of it) that belong together."""

    values: Values = field(default_factory=dict)
    failed: Values = field(default_factory=dict)
    refused: Values = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    worst: float = float("-inf")
    limit: float | None = None
    told: bool = False
    """Whether some series says how its requests ended."""


def signals_from(
    pack: Sequence[Question], series: Iterable[Series], owners: Owners
) -> Iterator[Signal]:
    """Signals of the series that answer these questions; those of nobody in view are left out."""
    heaps: dict[tuple[int, Entity, str], _Heap] = defaultdict(_Heap)
    for labels, points in series:
        number = int(labels.get("ask", "0"))
        question = pack[number]
        entity = _owner(question, labels, owners)
        if entity is None or families.is_other_end(labels):
            continue
        part = _part(question, labels)
        limit = _limit(question, labels, owners, entity)
        if question.limit and limit is not None:
            part = f"{part} limited"
        _add(heaps[number, entity, part], question, labels, points, limit)
    found = [
        signal
        for (number, entity, part), heap in heaps.items()
        for signal in _signals(pack[number], entity, part, heap)
        if signal.points
    ]
    yield from found


def chosen(signals: Iterable[Signal]) -> Iterator[Signal]:
    """Without those that tell the same in another way.

    A program's requests are counted by itself, by its proxy and by a histogram. Of these the one
    stays that says how requests ended, and counted most.
    """
    signals = list(signals)
    timed = Counter(one.entity for one in signals if one.measure is Measure.LATENCY)
    told = {(one.entity, one.about) for one in signals if one.measure is Measure.ERROR_RATIO}
    rates = [one for one in signals if one.measure is Measure.RATE]
    best: dict[Entity, str] = {}
    for one in sorted(rates, key=lambda one: ((one.entity, one.about) in told, _sum(one))):
        best[one.entity] = one.about
    for one in signals:
        if one.measure is Measure.LATENCY and timed[one.entity] == 1:
            yield replace(one, about="")
        elif one.measure not in _OF_REQUESTS:
            yield one
        elif best.get(one.entity) == one.about:
            yield replace(one, about="")


_OF_REQUESTS = (Measure.RATE, Measure.ERROR_RATIO, Measure.CLIENT_ERRORS)


def _sum(signal: Signal) -> float:
    return sum(value for _, value in signal.points)


def _owner(question: Question, labels: Labels, owners: Owners) -> Entity | None:
    match question.whom:
        case Whom.NODE:
            return owners.node(labels)
        case Whom.CONTAINER:
            return owners.find(labels, ("exported_pod", "pod"))
        case Whom.CERTIFICATE:
            return owners.certificate(labels)
        case Whom.OBJECT:
            return owners.find(labels, KINDS)
        case _:
            return owners.find(labels, question.labels)


def _part(question: Question, labels: Labels) -> str:
    if question.fold is Fold.REQUESTS or question.measure is Measure.LATENCY:
        return " ".join((question.family, *(labels[one] for one in SIDES if labels.get(one))))
    told = [labels[label] for label in question.about if labels.get(label)]
    if question.measure is Measure.OWN:
        told = [question.family, *told]
    if question.whom is Whom.CONTAINER and told:
        return f"container {told[0]}"
    return one_line(" ".join(dict.fromkeys(told)), LONGEST_PART)


def _add(
    heap: _Heap,
    question: Question,
    labels: Labels,
    points: Sequence[Point],
    limit: float | None,
) -> None:
    scale = question.scale / (limit or 1.0)
    finite = {at: value * scale for at, value in points if isfinite(value)}
    if not finite:
        return
    if question.fold is Fold.REQUESTS:
        _count(heap, labels, finite)
    for at, value in finite.items():
        heap.values[at] = _fold(question.fold, heap.values.get(at), value)
    last = next(reversed(finite.values()))
    if last > heap.worst:
        heap.worst, heap.limit = last, limit
        heap.labels = dict(list(_without_ask(labels).items())[:_SHOWN])


def _count(heap: _Heap, labels: Labels, finite: Values) -> None:
    """Note how the requests of a series ended."""
    heap.told = heap.told or families.has_code(labels)
    for ended, kept in (
        (families.is_error(labels), heap.failed),
        (families.is_refusal(labels), heap.refused),
    ):
        for at, value in finite.items() if ended else ():
            kept[at] = kept.get(at, 0.0) + value


def _fold(fold: Fold, known: float | None, value: float) -> float:
    if known is None:
        return value
    return max(known, value) if fold is Fold.MAX else known + value


def _signals(question: Question, entity: Entity, part: str, heap: _Heap) -> Iterator[Signal]:
    about = part.removesuffix(" limited")
    unit = Unit.SHARE if question.limit and part.endswith(" limited") else question.unit
    signal = Signal(
        measure=question.measure,
        entity=entity,
        unit=unit,
        points=_ordered(heap.values),
        promql=question.promql,
        labels=heap.labels,
        about=about,
        limit=heap.limit,
    )
    yield signal
    if question.fold is Fold.REQUESTS and heap.told:
        yield from _shares(signal, heap)


def _shares(signal: Signal, heap: _Heap) -> Iterator[Signal]:
    """The shares of requests that failed and that were refused."""
    for measure, kept in (
        (Measure.ERROR_RATIO, heap.failed),
        (Measure.CLIENT_ERRORS, heap.refused),
    ):
        ratio = {at: kept.get(at, 0.0) / all_ for at, all_ in heap.values.items() if all_ > 0}
        yield replace(signal, measure=measure, unit=Unit.SHARE, points=_ordered(ratio))


def _limit(question: Question, labels: Labels, owners: Owners, entity: Entity) -> float | None:
    """The limit of the container that a series is about: of its pod, else of its template."""
    if not question.limit:
        return None
    name = labels.get("exported_container") or labels.get("container") or ""
    pod = owners.pod(labels)
    spec = (pod or {}).get("spec") or _template(owners.inventory.find(entity))
    for container in spec.get("containers") or ():
        if container.get("name") == name:
            limits = (container.get("resources") or {}).get("limits") or {}
            return amount(str(limits.get(question.limit) or "0")) or None
    return None


def _template(item: Obj | None) -> Obj:
    spec = (item or {}).get("spec") or {}
    found: Obj = (spec.get("template") or {}).get("spec") or {}
    return found


def _ordered(values: Values) -> tuple[Point, ...]:
    return tuple(sorted(values.items()))


def _without_ask(labels: Labels) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != "ask"}
