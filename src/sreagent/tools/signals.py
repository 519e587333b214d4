"""Reads what metrics say of the objects in view: a few questions, whatever there is to see.

First the names of the metrics that exist, then the labels of those that have no fixed ones, then
one range query for several questions together. What is refused, late or odd becomes a gap. Of what
comes and goes with the day and changed, yesterday's is read, too.
"""

import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from math import isfinite
from time import monotonic
from typing import Literal

from sreagent.domain.entity import Entity
from sreagent.domain.errors import (
    Forbidden,
    NotFound,
    TimedOut,
    TryAgain,
    Unreachable,
)
from sreagent.domain.evidence import Health
from sreagent.domain.inventory import Gap, Inventory
from sreagent.domain.moment import span
from sreagent.domain.ports import Labels, Metrics, Ranges
from sreagent.domain.record import Looked
from sreagent.domain.signal import Measure, Point, Signal
from sreagent.domain.text import one_line
from sreagent.tools import metric_families as families
from sreagent.tools.label_owners import NAMESPACES, Owners
from sreagent.tools.metric_questions import (
    KUBE_STATE,
    PLATFORM,
    Place,
    Question,
    own_names,
    own_questions,
    questions,
)
from sreagent.tools.signal_folding import chosen, signals_from
from sreagent.tools.together import together

HISTORY = timedelta(hours=3)
POINTS = 240
"""Values read of a series."""
MOST_POINTS = 400_000
"""Values read in all, as far as that can be known before."""
QUERY_LENGTH = 2500
"""Characters of one query: some proxies take no address that is much longer."""
SKEW = 30.0
"""Seconds by which the clocks of this machine and of Prometheus may differ unremarked."""
MOST_NAMESPACES = 12
"""Beyond these, all namespaces are asked for together."""
DAILY = (Measure.QUEUE, Measure.LAG, Measure.RATE)
"""What may rise and fall with the day and be well: those first whose yesterday tells most."""
MOST_OF_YESTERDAY = 10
"""Questions that are asked again about yesterday."""
DAY = timedelta(days=1)
AROUND = timedelta(minutes=45)
"""How long before and after the same time of yesterday is read: no day keeps to the minute."""
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
Reason = Literal["forbidden", "unreachable", "timeout", "not served", "failed"]
_TOO_MUCH = ("too many samples", "maximum resolution", "timed out", "timeout", "too large", "limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that is read, by the clock of Prometheus."""

    start: datetime
    end: datetime
    step: float
    """Seconds."""

    def coarser(self) -> "Window":
        """A third of the time in half as many values."""
        length = (self.end - self.start) / 3
        return replace(self, start=self.end - length, step=self.step * 2)


def gather_signals(
    metrics: Metrics,
    inventory: Inventory,
    entities: Iterable[Entity],
    now: datetime,
    within: float,
    has_moved: Callable[[Sequence[Point]], bool] | None = None,
) -> Iterator[Looked]:
    """Fill the inventory's signals; a line for each question and for each gap.

    Args:
        metrics: Where to ask.
        inventory: What the labels of series are matched with.
        entities: What is in view; empty for everything that was listed.
        now: The present, by the clock of this machine.
        within: Seconds that all of it may take.
        has_moved: Tells a series that is not as it was hours ago, so that yesterday's is read, too;
            without it that is read of none.
    """
    gathering = _Gathering(metrics, inventory, _Deadline(within), has_moved)
    yield from gathering.run(_namespaces(inventory, entities), now)


def gather_own_measures(
    metrics: Metrics, inventory: Inventory, entities: Iterable[Entity], now: datetime, within: float
) -> Iterator[Looked]:
    """The same for what programs count of their business, under names that nobody knows."""
    gathering = _Gathering(metrics, inventory, _Deadline(within), own=True)
    yield from gathering.run(_namespaces(inventory, entities), now)


class _Deadline:
    def __init__(self, within: float) -> None:
        self._end = monotonic() + within

    @property
    def left(self) -> float:
        return max(self._end - monotonic(), 0.0)


@dataclass(slots=True)
class _Gathering:
    metrics: Metrics
    inventory: Inventory
    deadline: _Deadline
    has_moved: Callable[[Sequence[Point]], bool] | None = None
    own: bool = False
    """Whether what programs count of their business is read, and nothing else."""
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each query took."""

    def run(self, namespaces: Sequence[str], now: datetime) -> Iterator[Looked]:
        began = monotonic()
        window = Window(start=now - HISTORY, end=now, step=self._step())
        first: dict[str, Callable[[], object]] = {
            "time": partial(self.metrics.instant, "time()"),
            "names": partial(self._names, namespaces, window),
        }
        answers = dict(together(first, self.deadline.left))
        names, time = answers["names"], answers["time"]
        if isinstance(names, Exception):
            yield self._miss("metrics", self._command("names of metrics", window), names)
            return
        window, skewed = _corrected(window, time)
        if skewed:
            yield self._odd("clock of Prometheus", skewed)
        known = {str(name) for name in names} if isinstance(names, Sequence) else set()
        place, gap = self._place(known, namespaces, window)
        if gap:
            yield gap
        asked = list(own_questions(place) if self.own else questions(place))
        yield self._said("names of metrics", window, f"{len(known)} metrics", began)
        yield from self._read(asked, place.owners, window)
        yield from self._read_yesterday(asked, place.owners, window)
        self.inventory.signals[:] = chosen(_once(self.inventory.signals))

    def _step(self) -> float:
        """So that the pods in view do not make more values than can be worked on."""
        pods = sum(1 for _ in self.inventory.all("Pod"))
        points = max(min(POINTS, MOST_POINTS // max(6 * pods, 1)), 40)
        return max(round(HISTORY.total_seconds() / points / 15) * 15, 15)

    def _names(self, namespaces: Sequence[str], window: Window) -> Sequence[str]:
        chosen = [f'{{__name__=~"{PLATFORM}"}}', *_selectors(namespaces)]
        return self.metrics.names(chosen, start=window.start, end=window.end)

    def _place(
        self, names: set[str], namespaces: Sequence[str], window: Window
    ) -> tuple[Place, Looked | None]:
        """Learn the labels of the metrics whose labels are not known beforehand."""
        wanted = own_names(names) if self.own else [*families.matching(names)]
        wanted += names & {KUBE_STATE}
        series: dict[str, list[Labels]] = defaultdict(list)
        gap = None
        if wanted:
            name = f'__name__=~"{"|".join(wanted)}"'
            chosen = [one.replace("{", f"{{{name},", 1) for one in _selectors(namespaces)]
            ask = partial(self.metrics.series, chosen, start=window.start, end=window.end)
            (_, answer), *_ = together({"series": ask}, self.deadline.left)
            if isinstance(answer, Exception):
                gap = self._miss("labels of metrics", self._command(name, window), answer)
            else:
                for labels in answer:
                    series[labels.get("__name__", "")].append(labels)
        place = Place(
            names=names, series=series, namespaces=namespaces, owners=Owners(self.inventory)
        )
        return place, gap

    def _read(self, asked: Sequence[Question], owners: Owners, window: Window) -> Iterator[Looked]:
        packs = {combined(pack): pack for pack in _packed(asked)}
        jobs = {promql: partial(self._range, promql, window) for promql in packs}
        again: list[tuple[Question, Window]] = []
        for promql, answer in together(jobs, self.deadline.left):
            if isinstance(answer, Exception) and _may_be_split(answer):
                smaller = window.coarser() if _is_too_much(answer) else window
                again += [(question, smaller) for question in packs[promql]]
            else:
                yield from self._taken(packs[promql], answer, owners, window, promql)
        single = {one: partial(self._range, combined([one]), smaller) for one, smaller in again}
        windows = dict(again)
        for question, answer in together(single, self.deadline.left):
            yield from self._taken(
                [question], answer, owners, windows[question], combined([question])
            )

    def _taken(
        self,
        pack: Sequence[Question],
        answer: Ranges | Exception,
        owners: Owners,
        window: Window,
        promql: str,
    ) -> Iterator[Looked]:
        command = self._command(promql, window)
        if isinstance(answer, Exception):
            what = ", ".join(dict.fromkeys(str(one.measure) for one in pack))
            yield self._miss(f"metrics ({what})", command, answer)
            return
        for warning in answer.warnings:
            yield self._odd("an answer of Prometheus", f"not the whole answer: {warning}")
        found = list(signals_from(pack, answer.series, owners))
        commands = {one.promql: self._command(one.promql, window) for one in pack}
        self.inventory.signals.extend(
            replace(signal, command=commands[signal.promql]) for signal in found
        )
        objects = len({signal.entity for signal in found})
        said = f"{len(answer.series)} series, {objects} object{'' if objects == 1 else 's'}"
        if answer.series and not _has_numbers(answer):
            yield self._odd("an answer of Prometheus", f"only values that are no numbers: {promql}")
        took = self.seconds.get(promql, 0.0)
        yield Looked(source="prometheus", command=command, result=said, seconds=took)

    def _read_yesterday(
        self, asked: Sequence[Question], owners: Owners, window: Window
    ) -> Iterator[Looked]:
        """The same questions a day earlier, of what may have changed only with the time of day.

        No answer is no gap: without yesterday everything is judged as it always was.
        """
        wanted = set(self._moved())
        again = [one for one in asked if one.promql in wanted and one.measure in DAILY]
        again.sort(key=lambda one: DAILY.index(one.measure))
        end = window.end - DAY
        around = replace(window, start=end - AROUND, end=end + AROUND)
        jobs = {one: partial(self._range, one.promql, around) for one in again[:MOST_OF_YESTERDAY]}
        for question, answer in together(jobs, self.deadline.left):
            if not isinstance(answer, Exception):
                self._remember(list(signals_from([question], answer.series, owners)))
                yield Looked(
                    source="prometheus",
                    command=self._command(question.promql, around),
                    result=f"{len(answer.series)} series at the same time yesterday",
                    seconds=self.seconds.get(question.promql, 0.0),
                )

    def _moved(self) -> Iterator[str]:
        """The expressions of what may change every day, and did."""
        for one in chosen(self.inventory.signals) if self.has_moved else ():
            if one.measure in DAILY and self.has_moved and self.has_moved(one.points):
                yield one.promql

    def _remember(self, found: Iterable[Signal]) -> None:
        """Keep with each signal what it was yesterday."""
        then = {_key(one): one.points for one in found if one.measure in DAILY}
        self.inventory.signals[:] = [
            replace(one, day_before=then.get(_key(one), one.day_before))
            for one in self.inventory.signals
        ]

    def _range(self, promql: str, window: Window) -> Ranges:
        began = monotonic()
        found = self.metrics.range(promql, start=window.start, end=window.end, step=window.step)
        self.seconds[promql] = monotonic() - began
        return found

    def _command(self, promql: str, window: Window) -> str:
        return range_command(self.metrics.url, promql, window.start, window.end, window.step)

    def _said(self, what: str, window: Window, result: str, began: float) -> Looked:
        seconds = monotonic() - began
        command = f"{what} at {self.metrics.url}, {span(window.end - window.start)}"
        return Looked(source="prometheus", command=command, result=result, seconds=seconds)

    def _miss(self, what: str, command: str, error: Exception) -> Looked:
        message = one_line(getattr(error, "message", "") or str(error), 200)
        self.inventory.gaps.append(
            Gap(what=what, namespace="", reason=_reason(error), message=message, command=command)
        )
        return Looked(source="prometheus", command=command, result=message, verdict=Health.UNKNOWN)

    def _odd(self, what: str, message: str) -> Looked:
        """An answer that is there, and cannot be taken for the whole truth."""
        command = f"promtool query instant {self.metrics.url} 'time()'"
        text = one_line(message, 200)
        self.inventory.gaps.append(
            Gap(what=what, namespace="", reason="failed", message=text, command=command)
        )
        return Looked(source="prometheus", command=command, result=text, verdict=Health.UNKNOWN)


def _once(signals: Iterable[Signal]) -> Iterator[Signal]:
    """What tells of no namespace is read again with each of them."""
    told = set()
    for one in signals:
        if _key(one) not in told:
            told.add(_key(one))
            yield one


def _key(signal: Signal) -> tuple[Measure, Entity, str, str]:
    return signal.measure, signal.entity, signal.about, signal.promql


def range_command(url: str, promql: str, start: datetime, end: datetime, step: float) -> str:
    """The line that reads the same again."""
    times = (f"--start={start.timestamp():.0f}", f"--end={end.timestamp():.0f}")
    return shlex.join(("promtool", "query", "range", *times, f"--step={step:g}s", url, promql))


def combined(pack: Sequence[Question]) -> str:
    """Several questions as one: the label `ask` tells their series apart."""
    return " or ".join(
        f'label_replace({question.promql}, "ask", "{place}", "", "")'
        for place, question in enumerate(pack)
    )


def _packed(asked: Iterable[Question]) -> Iterator[list[Question]]:
    """Questions together as long as their text is short enough."""
    pack: list[Question] = []
    for question in sorted(asked, key=lambda one: (one.whom, one.promql.startswith("histogram"))):
        if pack and len(combined([*pack, question])) > QUERY_LENGTH:
            yield pack
            pack = []
        pack.append(question)
    if pack:
        yield pack


def _namespaces(inventory: Inventory, entities: Iterable[Entity]) -> tuple[str, ...]:
    named = {entity.namespace for entity in entities if entity.namespace}
    found = sorted(named or set(inventory.namespaces))
    spaces = tuple(one for one in found if _NAMESPACE.fullmatch(one))
    return spaces if len(spaces) <= MOST_NAMESPACES else ()


def _selectors(namespaces: Sequence[str]) -> list[str]:
    """Series of these namespaces, whatever label tells so, and those that tell of none."""
    spaces = "|".join(namespaces) or ".+"
    told = [f'{{{label}=~"{spaces}"}}' for label in NAMESPACES]
    none = ",".join(f'{label}=""' for label in NAMESPACES)
    return [*told, *(f'{{{label}!="",{none}}}' for label in ("service", "service_name", "app"))]


def _corrected(window: Window, time: object) -> tuple[Window, str]:
    """The window by the clock of Prometheus, and a word when that differs from ours."""
    if isinstance(time, Exception) or not isinstance(time, Sequence) or not time:
        return window, ""
    away = float(time[0][1]) - window.end.timestamp()
    if not isfinite(away) or abs(away) < SKEW:
        return window, ""
    moved = timedelta(seconds=away)
    said = f"its clock is {span(abs(away))} {'ahead of' if away > 0 else 'behind'} ours"
    return replace(window, start=window.start + moved, end=window.end + moved), said


def _has_numbers(answer: Ranges) -> bool:
    return any(isfinite(value) for _, points in answer.series for _, value in points)


def _may_be_split(error: Exception) -> bool:
    """Whether one of several questions may have spoilt the answer to all."""
    return isinstance(error, TryAgain) or _is_too_much(error)


def _is_too_much(error: Exception) -> bool:
    """Whether the server looked at the question and found it too large for itself."""
    told = getattr(error, "message", "") or str(error)
    refused = isinstance(error, TryAgain) or "(status 422)" in told or "(status 503)" in told
    return refused and any(word in told for word in _TOO_MUCH)


def _reason(error: Exception) -> Reason:
    kinds: list[tuple[type[Exception], Reason]] = [
        (TimedOut, "timeout"),
        (Forbidden, "forbidden"),
        (NotFound, "not served"),
        (Unreachable, "unreachable"),
    ]
    return next((reason for kind, reason in kinds if isinstance(error, kind)), "failed")
