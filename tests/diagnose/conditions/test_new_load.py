"""A new workload that fills what it calls, and one that only happens to be new."""

import pytest
from tests.diagnose.build import DAY, NOW, Json, alert, app, container, seen, service
from tests.diagnose.signals import level, signal
from tests.diagnose.signals import named as entity

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.signal import Measure, Point, Unit

IMPORTER, CACHE = "Deployment/shop/importer", "Deployment/shop/cache"
FILLED = level((10_800, 0.3), (600, 0.999), stray=0.001)


def caller(name: str, age: float) -> list[Json]:
    env = [{"name": "CACHE", "value": "cache:80"}]
    return app(name, revisions=[(age, container(env=env))], age=age)


@pytest.mark.parametrize(
    ("age", "points", "roots"),
    [
        pytest.param(700, FILLED, [IMPORTER], id="it-came-right-before"),
        pytest.param(9 * DAY, FILLED, [CACHE], id="it-was-there-all-the-time"),
        pytest.param(6000, FILLED, [CACHE], id="it-came-long-before"),
        pytest.param(200, FILLED, [CACHE], id="it-came-after"),
        pytest.param(700, level((10_800, 0.4)), [], id="the-cache-has-room"),
    ],
)
def test_who_filled_a_cache(age: float, points: list[Point], roots: list[str]) -> None:
    objects = [*app("cache"), service("cache"), *caller("importer", age), *caller("web", 9 * DAY)]
    found = seen(*objects)
    found.signals.append(signal(Measure.CACHE_MEMORY, points, Unit.SHARE, entity("cache")))
    causes = explain(Scene(found, NOW), alert("HighErrorRate shop")).causes
    assert [one.entity.path for one in causes if one.relevant] == roots


def test_of_two_new_callers_neither_is_accused() -> None:
    objects = [*app("cache"), service("cache"), *caller("importer", 700), *caller("web", 650)]
    found = seen(*objects)
    found.signals.append(signal(Measure.CACHE_MEMORY, FILLED, Unit.SHARE, entity("cache")))
    causes = explain(Scene(found, NOW), alert("HighErrorRate shop")).causes
    assert [one.entity.path for one in causes if one.relevant] == [CACHE]
