"""Releases whose queries a database answers slowly."""

import pytest
from tests.diagnose.build import DAY, NOW, Json, ago, container, log, running, seen
from tests.diagnose.build import named as pick
from tests.faults.stage import calling, program

from sreagent.diagnose.conditions.run import findings

SLOW = "UTC [211] LOG:  duration: 7505.402 ms  execute S_4: select * from discount"

FULL = f"{SLOW}\nERROR:  could not extend file: No space left on device"


def client(name: str, rolled_out: float, **more: str) -> list[Json]:
    """A program that calls the database, with a revision of so many seconds ago."""
    env = calling("db:5432")
    known = [
        (9 * DAY, container(env=env)),
        (rolled_out, container(**{"image": "registry.example.com/shop/app:2", **more}, env=env)),
    ]
    return program(name, revisions=known, pods=[running(since=rolled_out)])


def database(since: float, line: str = SLOW) -> tuple[list[Json], str]:
    text = "\n".join(
        f"{ago(second)} {line if second <= since else 'LOG: checkpoint complete'}"
        for second in range(7000, 0, -20)
    )
    return program("db", port=5432), text


@pytest.mark.parametrize(
    ("clients", "since", "line", "blamed"),
    [
        pytest.param([*client("price", 1200)], 1100, SLOW, ["price"], id="its-release-came-before"),
        pytest.param(
            [*client("price", 1200), *client("web", DAY)],
            1100,
            SLOW,
            ["price"],
            id="of-two-clients",
        ),
        pytest.param(
            [*client("price", 1200), *client("web", 1300)], 1100, SLOW, [], id="two-were-released"
        ),
        pytest.param([*client("price", 6000)], 1100, SLOW, [], id="long-before"),
        pytest.param([*client("price", 600)], 1100, SLOW, [], id="only-afterwards"),
        pytest.param([*client("price", 6900)], 9000, SLOW, [], id="it-was-always-slow"),
        pytest.param([*client("price", 1200)], 1100, "LOG: statistics", [], id="nothing-is-slow"),
        pytest.param([*client("price", 1200)], 1100, FULL, [], id="it-has-trouble-of-its-own"),
    ],
)
def test_a_release_is_told_since_which_queries_are_slow(
    clients: list[Json], since: float, line: str, blamed: list[str]
) -> None:
    store, text = database(since, line)
    inventory = seen(*clients, *store, logs=[log(pick(store, "Pod"), text)])
    found = [one for one in findings(inventory, NOW) if one.condition == "workload.slow_queries"]
    assert [one.entity.name for one in found] == blamed
    assert [one.facts["explains"] for one in found] == ["Deployment/shop/db"] * len(blamed)
