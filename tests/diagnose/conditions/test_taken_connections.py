"""Who takes the connections of a store that several use."""

import pytest
from tests.diagnose.build import DAY, Json, container, lines, log, named, spotted
from tests.faults.stage import program

REFUSED = "FATAL: remaining connection slots are reserved for non-replication superuser connections"


def client(name: str, *sizes: tuple[float, str], setting: str = "DB_POOL_MAX") -> list[Json]:
    """A client of the store, with the sizes of its pool since so many seconds ago."""
    address = {"name": "DB_URL", "value": "postgres://pg:5432/shop"}
    known = [
        (since, container(env=[address, {"name": setting, "value": size}])) for since, size in sizes
    ]
    return program(name, revisions=known)


def found(*objects: Json, text: str = REFUSED) -> list[str]:
    store = program("pg", port=5432)
    words = log(named(store, "Pod"), lines(f"[99] shop@shop {text}", 40, every=10))
    told = spotted("workload.takes_connections", *objects, *store, logs=[words])
    return [one.entity.name for one in told]


GREW = client("reports", (9 * DAY, "5"), (900, "40"))
OTHER = client("orders", (9 * DAY, "10"))


def test_the_one_client_whose_pool_was_raised_right_before_is_named() -> None:
    assert found(*GREW, *OTHER) == ["reports"]


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param(GREW, id="nobody-else-uses-the-store"),
        pytest.param([*client("reports", (9 * DAY, "5"), (DAY, "40")), *OTHER], id="yesterday"),
        pytest.param([*client("reports", (9 * DAY, "5"), (60, "40")), *OTHER], id="afterwards"),
        pytest.param([*client("reports", (9 * DAY, "40"), (900, "5")), *OTHER], id="lowered"),
        pytest.param(
            [*client("reports", (9 * DAY, "5"), (900, "40"), setting="PAGE_SIZE"), *OTHER],
            id="another-setting",
        ),
        pytest.param([*GREW, *client("orders", (9 * DAY, "5"), (800, "50"))], id="two-of-them"),
    ],
)
def test_nobody_is_named_where_it_is_not_clear(objects: list[Json]) -> None:
    assert found(*objects) == []


def test_nobody_is_named_while_the_store_says_nothing() -> None:
    assert found(*GREW, *OTHER, text="LOG: checkpoint complete") == []
