"""Who fills a store that several use."""

import pytest
from tests.diagnose.build import DAY, Json, container
from tests.diagnose.signals import findings, level, signal
from tests.diagnose.signals import named as entity
from tests.faults.stage import program

from sreagent.domain.finding import Finding
from sreagent.domain.signal import Measure, Signal, Unit

BEGAN = 3000
"""Seconds since the memory of the store left its level."""
FULL = signal(
    Measure.MEMORY,
    level((10_800, 0.3), (BEGAN, 0.6), (1800, 0.99), stray=0.01),
    entity=entity("redis"),
    about="container app",
)


def keys(database: str) -> Signal:
    course = level((10_800, 900), (BEGAN, 150_000))
    return signal(Measure.KEYS, course, Unit.COUNT, entity("redis"), about=database)


def client(name: str, database: int, *, released: float = 0) -> list[Json]:
    """A client of one database of the store, released so many seconds ago or never."""
    env = [{"name": "REDIS_URL", "value": f"redis://redis:6379/{database}"}]
    known: list[tuple[float, Json]] = [(9 * DAY, container(env=env))]
    if released:
        image = f"registry.example.com/shop/{name}:2"
        known.append((released, container(image=image, env=env)))
    return program(name, revisions=known)


def filled(objects: list[Json], *signals: Signal) -> list[Finding]:
    store = program("redis", port=6379)
    found = findings([*objects, *store], *signals)
    return [one for one in found if one.condition == "workload.fills_store"]


@pytest.mark.parametrize(
    ("objects", "signals", "words"),
    [
        pytest.param(
            [*client("maps", 3, released=BEGAN + 60), *client("carts", 2)],
            [FULL],
            "memory of container app 30 % →",
            id="nobody-else-was-released",
        ),
        pytest.param(
            [
                *client("maps", 3, released=BEGAN + 60),
                *client("carts", 2, released=BEGAN + 500),
            ],
            [FULL, keys("db3")],
            "the database that it uses",
            id="of-two-the-one-whose-database-grew",
        ),
    ],
)
def test_a_client_that_was_released_before_the_store_filled_up_is_told(
    objects: list[Json], signals: list[Signal], words: str
) -> None:
    (found,) = filled(objects, *signals)
    assert found.entity.path == "Deployment/shop/maps"
    assert "was released right before deployment shop/redis" in found.claim
    assert words in found.claim
    assert found.facts["explains"] == "Deployment/shop/redis Service/shop/redis"


@pytest.mark.parametrize(
    ("objects", "signals"),
    [
        pytest.param(
            [*client("maps", 3, released=BEGAN - 600), *client("carts", 2)],
            [FULL],
            id="released-later",
        ),
        pytest.param(
            [*client("maps", 3, released=BEGAN + 7200), *client("carts", 2)],
            [FULL],
            id="released-long-before",
        ),
        pytest.param(
            [*client("maps", 3, released=BEGAN + 60), *client("carts", 2, released=BEGAN + 500)],
            [FULL],
            id="two-were-released",
        ),
        pytest.param(client("maps", 3, released=BEGAN + 60), [FULL], id="it-is-nobody-else's"),
        pytest.param(
            [*client("maps", 3, released=BEGAN + 60), *client("carts", 2)],
            [
                signal(
                    Measure.MEMORY,
                    level((10_800, 0.3), (BEGAN, 0.6)),
                    entity=entity("redis"),
                    about="container app",
                )
            ],
            id="there-is-room",
        ),
        pytest.param(
            [*client("maps", 3, released=BEGAN + 60), *client("carts", 2)],
            [
                signal(
                    Measure.MEMORY,
                    level((10_800, 0.95), stray=0.01),
                    entity=entity("redis"),
                    about="container app",
                )
            ],
            id="always-that-full",
        ),
        pytest.param(
            [*client("maps", 3, released=BEGAN + 60), *client("carts", 2)], [], id="not-measured"
        ),
    ],
)
def test_no_client_is_told_without_a_sign(objects: list[Json], signals: list[Signal]) -> None:
    assert filled(objects, *signals) == []
