"""What changed, ranked by how likely it brought the trouble; and that nothing did."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sreagent.diagnose.changes.deliveries import FLUX
from sreagent.diagnose.changes.edits import EDITED_KINDS, HISTORY
from sreagent.diagnose.changes.found import changes_in
from sreagent.diagnose.changes.happenings import happenings_in
from sreagent.diagnose.changes.nearness import Path, Paths
from sreagent.diagnose.view.scene import WORKLOADS, Scene, last_seen
from sreagent.domain.change import Change, Sort
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj
from sreagent.domain.kinds import KINDS
from sreagent.domain.moment import span

WATCHED = (*WORKLOADS, *EDITED_KINDS, "Application", *FLUX)
"""Kinds of which changes are told."""
HALF = 1800
"""Seconds before the first symptom after which a change counts half."""
LATE = 120
"""Seconds by which clocks may disagree about which came first."""
WINDOW = timedelta(days=1)
LISTED = 20
LEAST = 0.005
UNDATED = 0.15
EARLIER = 0.5
ABOUT = 0.8
"""Of a change that seems to have come a little after the trouble, as clocks go."""
AFTER = 0.05
NAMED = 6
"""Kinds that a sentence names."""
TIMES_OF_VALUES = (1, 25)
"""The first version whose servers note a new time when only a value was edited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedChange:
    """A change, and how likely it is behind the trouble."""

    change: Change
    path: Path
    before: timedelta | None
    """From the change to the first symptom, or at least so much; negative when it came later.

    None when it is not known which came first.
    """
    score: float
    """From 0 to 1: near in time and by dependency."""
    words: str
    """The score, said: `70 s before the first symptom, on the object itself`."""

    @property
    def told(self) -> Change:
        """The change with these words, for whoever shows it."""
        return replace(self.change, nearness=self.words)


def ranked(
    scene: Scene, entity: Entity, first_symptom: datetime | None, limit: int = LISTED
) -> tuple[RankedChange, ...]:
    """Changes that may be behind the trouble of an object, likeliest first.

    Without a first symptom, what is newest counts most.
    """
    paths = Paths(scene, entity)
    found = [
        _ranked(paths, one, first_symptom) for one in (*changes_in(scene), *happenings_in(scene))
    ]
    found = [one for one in found if one.score >= LEAST and not _is_the_trouble(one)]
    found.sort(key=lambda one: (-one.score, -one.change.at.timestamp(), one.change.entity))
    return tuple(found[:limit])


def nothing_changed(
    scene: Scene, first_symptom: datetime | None = None, entity: Entity | None = None
) -> str:
    """That nothing changed in the day before, and among what; empty when something did.

    With an entity, only what it depends on is meant.
    """
    end = first_symptom or scene.now
    paths = Paths(scene, entity) if entity else None
    changes = [
        one
        for one in (*changes_in(scene), *happenings_in(scene))
        if one.sort is not Sort.TROUBLE and (paths is None or paths.to(one).is_connected)
    ]
    if any(one.is_dated and _is_in_window(one, end) for one in changes):
        return ""
    count = len(_meant(scene, paths))
    if not count:
        return (
            f"Whether anything changed is not known{f': {entity} was not seen' if entity else ''}"
        )
    vague = [one for one in changes if not one.is_dated and (one.until or end) >= end - WINDOW]
    when = "in the 24 h before the first symptom" if first_symptom else "in the last 24 h"
    about = f" that {entity} depends on" if entity else ""
    limits = "; ".join(_limits(scene, paths, vague))
    return (
        f"Nothing{about} changed {when} among {count} object{'' if count == 1 else 's'} looked at"
        f"{f' ({limits})' if limits else ''}"
    )


def _is_the_trouble(one: RankedChange) -> bool:
    """A node that fell ill is no change that brought its own illness."""
    return one.change.sort is Sort.TROUBLE and one.path is Path.OWN


def _ranked(paths: Paths, change: Change, first: datetime | None) -> RankedChange:
    path = paths.to(change)
    before = (first or paths.scene.now) - change.at if change.is_dated else None
    weight = _vague(paths.scene, change, first) if before is None else _weight(before)
    return RankedChange(
        change=change,
        path=path,
        before=_lead(paths.scene, change, first),
        score=round(path.worth * weight, 3),
        words=f"{_when(paths.scene, change, first)}, {path.words}",
    )


def _lead(scene: Scene, change: Change, first: datetime | None) -> timedelta | None:
    if first is None:
        return None
    if change.is_dated:
        return first - change.at
    return first - change.until if change.until and _is_earlier(scene, change, first) else None


def _vague(scene: Scene, change: Change, first: datetime | None) -> float:
    """How much a change counts whose time is not known: more when it was before the trouble."""
    return EARLIER if first and _is_earlier(scene, change, first) else UNDATED


def _is_earlier(scene: Scene, change: Change, first: datetime) -> bool:
    """Whether it was before the trouble, by something that was seen before now."""
    latest = min(first + timedelta(seconds=LATE), scene.now - timedelta(seconds=1))
    return change.until is not None and change.until <= latest


def _weight(before: timedelta) -> float:
    """How much a change counts by its time."""
    seconds = before.total_seconds()
    if seconds < 0:
        return ABOUT if seconds >= -LATE else AFTER
    return 1 / (1 + max(seconds, 0) / HALF)


def _when(scene: Scene, change: Change, first: datetime | None) -> str:
    if not change.is_dated and first and _is_earlier(scene, change, first):
        return f"some time in the {span(first - change.at)} before the first symptom"
    if not change.is_dated:
        return f"at an unknown time in the last {span(scene.now - change.at)}"
    if first is None:
        return f"{span(scene.now - change.at)} ago"
    if change.until and change.at < first < change.until:
        return "about when the first symptom came"
    gap = (first - change.at).total_seconds()
    if abs(gap) < 1:
        return "in the second of the first symptom"
    return f"{span(abs(gap))} {'before' if gap > 0 else 'after'} the first symptom"


def _is_in_window(change: Change, end: datetime) -> bool:
    return end - WINDOW <= change.at <= end + timedelta(seconds=LATE)


def _meant(scene: Scene, paths: Paths | None) -> list[Obj]:
    """Objects that a sentence speaks of."""
    if paths:
        return [item for one in paths.known if (item := scene.inventory.find(one))]
    return [item for kind in WATCHED for item in scene.all(kind)]


def _limits(scene: Scene, paths: Paths | None, vague: list[Change]) -> Iterator[str]:
    """What the sentence cannot speak for."""
    if vague:
        names = ", ".join(str(one.entity) for one in vague[:NAMED])
        yield f"edited at a time that is not known: {names}"
    if missed := list(_not_looked_at(scene)):
        more = f" and {len(missed) - NAMED} more kinds" if len(missed) > NAMED else ""
        yield f"not looked at: {', '.join(missed[:NAMED])}{more}"
    yield from _horizon(scene)
    silent = sum(not item["metadata"].get("managedFields") for item in _meant(scene, paths))
    if silent:
        yield f"{silent} of them do not tell who edited them and when"
    if _is_old(scene.inventory.server_version):
        version = scene.inventory.server_version
        yield f"{version} notes no time when only a value is edited"


def _not_looked_at(scene: Scene) -> Iterator[str]:
    """Kinds that were refused or did not answer, then those that nobody asked for."""
    inventory = scene.inventory
    listed = {kind for kind, _ in inventory.listings}
    meant = (*_histories(scene), *WATCHED)
    refused = {gap.what: gap.reason for gap in inventory.gaps if gap.what in meant}
    for kind, reason in refused.items():
        if kind in KINDS:
            yield f"{KINDS[kind].plural} ({reason})"
    for kind in meant:
        known = KINDS.get(kind)
        # Kinds that came with other software are mostly not there at all.
        if known and _is_builtin(known.group) and kind not in listed and kind not in refused:
            yield known.plural


def _is_builtin(group: str) -> bool:
    return "." not in group or (group.endswith(".k8s.io") and not group.startswith("gateway."))


def _histories(scene: Scene) -> set[str]:
    """Kinds that keep the revisions of the workloads in view."""
    return {HISTORY[kind] for kind in WORKLOADS if scene.all(kind)}


def _horizon(scene: Scene) -> Iterator[str]:
    """How far back deletions and what happened to nodes are known."""
    if not any(kind == "Event" for kind, _ in scene.inventory.listings):
        yield "events were not looked at, so deletions are not known"
        return
    times = [at for at in map(last_seen, scene.all("Event")) if at]
    if times:
        yield f"deletions are known for the {span(scene.now - min(times))} that events go back"
    else:
        yield "there are no events, so deletions are not known"


def _is_old(version: str) -> bool:
    parts = version.lstrip("v").split(".")[:2]
    numbers = [int(part.rstrip("+")) for part in parts if part.rstrip("+").isdecimal()]
    return len(numbers) == 2 and tuple(numbers) < TIMES_OF_VALUES
