"""Programs that count their business otherwise since they were released."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.metrics.baselines import rises
from sreagent.diagnose.metrics.readings import Reading, change, finding, is_hurt, of
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj
from sreagent.domain.signal import Measure, Unit

SOON = timedelta(minutes=20)
"""How long after a release a program may take to count otherwise."""
LEEWAY = timedelta(minutes=2)
MUCH = 3.0
"""Times what it was, or as small a part of it, from which a number has turned."""
CLIMBS = 0.5
"""How steadily (Kendall's tau) a number climbs that began anew: its age, a cache."""
TOLD = 3


@condition(
    "workload.counts_otherwise",
    *WORKLOADS,
    worth=0.66,
    vague=True,
    refuted_by="the same numbers after the release is rolled back",
)
def counts_otherwise(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """What a program counts of its business turned right after its newest release."""
    known = workload_revisions(scene, entity)
    released = known[0].at if len(known) > 1 else None
    own = of(scene, entity, Measure.OWN) if released else []
    turned = [
        one
        for one in _turned_alone(own, asked_otherwise=_is_asked_otherwise(scene, entity))
        if released
        and one.since
        and -LEEWAY <= one.since - released <= SOON
        # Who fails gets less done, whoever brought that.
        and (one.signal.unit is Unit.COUNT or not is_hurt(scene, entity))
    ]
    if turned:
        turned.sort(key=lambda one: (one.signal.unit is not Unit.COUNT, one.signal.about))
        said = "; ".join(f"{one.signal.about} {change(one)}" for one in turned[:TOLD])
        more = f" and {len(turned) - TOLD} more" if len(turned) > TOLD else ""
        yield finding(
            turned[0],
            "workload.counts_otherwise",
            f"counts otherwise since its newest release: {said}{more}",
            item,
            category=Category.DEPLOYMENT,
        )


def _turned_alone(own: Sequence[Reading], *, asked_otherwise: bool) -> Iterator[Reading]:
    """What is many times what it was, or next to nothing, and not because all of it is so."""
    families: dict[str, list[Reading]] = defaultdict(list)
    for one in own:
        families[one.signal.about.split(" ")[0]].append(one)
    for members in families.values():
        turned = [one for one in members if _has_turned(one)]
        if len(members) == 1 and members[0].signal.unit is not Unit.COUNT and asked_otherwise:
            continue
        if len(members) == 1 or not _all_went_along(members):
            yield from turned


def _has_turned(one: Reading) -> bool:
    if one.shift is None or one.shift.before.median <= 0:
        return False
    since = [value for at, value in one.signal.points if at >= one.shift.at]
    fills = one.fell and rises(since) >= CLIMBS
    return not fills and (one.shift.ratio >= MUCH or one.shift.ratio <= 1 / MUCH)


def _all_went_along(members: Iterable[Reading]) -> bool:
    """Whether all parts of a number moved one way: there was more of everything, or less."""
    ways = {one.shift.rose if one.shift else None for one in members}
    return len(ways) == 1


def _is_asked_otherwise(scene: Scene, entity: Entity) -> bool:
    return any(one.shift for one in of(scene, entity, Measure.RATE))
