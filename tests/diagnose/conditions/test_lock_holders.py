"""Programs that keep a lock in a database while others wait for it."""

from collections.abc import Callable

import pytest
from tests.diagnose.build import DAY, Json, ago, container, make, running, spotted
from tests.faults.stage import calling, program, says, wrote

from sreagent.domain.finding import Severity

HELD = "DETAIL:  Process holding the lock: 71. Wait queue: 88, 90."
GAVE_UP = "ERROR:  canceling statement due to lock timeout"
STORE = program("db", port=5432)
WHOLE = {"name": "BATCH", "value": "whole"}


def client(name: str, *, changed: float = 0.0, **names: str) -> list[Json]:
    """A program of the database, rolled out anew so many seconds ago."""
    env = [
        *calling("db:5432"),
        *({"name": f"PG{key.upper()}", "value": value} for key, value in names.items()),
    ]
    known: list[tuple[float, Json]] = [(9 * DAY, container(env=env))]
    if changed:
        known.append((changed, container(env=[*env, WHOLE])))
    return program(name, revisions=known, pods=[running(since=600)])


def told(*parts: str, at: float = 600) -> str:
    """Lines of the database, a second apart."""
    return "\n".join(f"{ago(at - second)} {part}" for second, part in enumerate(parts))


HOLDER = "[71] reader@shop/report"
WAITER = "[88] owner@shop/partitions"
LINES = (
    f"{HOLDER} LOG:  duration: 61000.2 ms  statement: FETCH 5000 FROM c",
    f"{WAITER} LOG:  process 88 still waiting for AccessExclusiveLock on relation 16 after 1000 ms",
    f"{WAITER} {HELD}",
    f"{WAITER} {GAVE_UP}",
)


def named_by_values(line: str) -> str:
    head, _, rest = line.partition(" ")
    return f"{head} " + rest.replace(
        "[71] reader@shop/report ", "[71]: user=reader,db=shop,app=report,client=10.1.1.4 "
    ).replace("[88] owner@shop/partitions ", "[88]: user=owner,db=shop,app=partitions ")


@pytest.mark.parametrize(
    ("report", "written"),
    [
        pytest.param(client("report", changed=3600), str, id="by-its-name"),
        pytest.param(client("extract", changed=3600, appname="report"), str, id="by-a-variable"),
        pytest.param(client("extract", changed=3600, user="reader"), str, id="by-its-user"),
        pytest.param(client("report", changed=3600), named_by_values, id="prefix-of-values"),
    ],
)
def test_who_holds_a_lock_since_its_release_explains_who_gave_up(
    report: list[Json], written: Callable[[str], str]
) -> None:
    objects = [*report, *client("partitions"), *STORE]
    text = "\n".join(map(written, told(*LINES).split("\n")))
    (found,) = spotted("workload.holds_lock", *objects, logs=[wrote(objects, "db", text)])
    assert found.entity.name in ("report", "extract")
    assert found.severity is Severity.ERROR
    assert found.facts["explains"] == "Deployment/shop/partitions"
    assert "process 71 (reader, report) kept process 88 (owner, partitions)" in found.claim
    assert found.tainted


@pytest.mark.parametrize(
    ("report", "lines"),
    [
        pytest.param(client("report"), LINES, id="it-holds-it-as-ever"),
        pytest.param(client("report", changed=3 * DAY), LINES, id="its-release-is-old"),
        pytest.param(client("report", changed=60), LINES, id="released-after-it"),
        pytest.param(client("report", changed=3600), LINES[:3], id="nobody-gave-up"),
    ],
)
def test_waiting_is_no_cause_by_itself(report: list[Json], lines: tuple[str, ...]) -> None:
    objects = [*report, *client("partitions"), *STORE]
    (found,) = spotted("workload.holds_lock", *objects, logs=[wrote(objects, "db", told(*lines))])
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("report", "lines", "at"),
    [
        pytest.param(client("report", changed=3600), (*LINES[:2], LINES[3]), 600, id="not-named"),
        pytest.param(client("report", changed=3600), LINES[1:], 600, id="a-number-without-a-name"),
        pytest.param(client("other", changed=3600), LINES, 600, id="no-program-of-that-name"),
        pytest.param(
            [*client("one", user="reader"), *client("two", changed=3600, user="reader")],
            LINES,
            600,
            id="two-programs-with-one-user",
        ),
        pytest.param(client("report", changed=3 * DAY), LINES, 2 * DAY, id="long-ago"),
    ],
)
def test_nobody_is_named_who_is_not_known(
    report: list[Json], lines: tuple[str, ...], at: float
) -> None:
    objects = [*report, *client("partitions"), *STORE]
    text = told(*lines, at=at)
    assert not spotted("workload.holds_lock", *objects, logs=[wrote(objects, "db", text)])


def test_a_log_without_locks_or_none_tells_of_no_holder() -> None:
    objects = [*client("report", changed=3600), *STORE]
    assert not spotted("workload.holds_lock", *objects)
    healthy = says(objects, "db", "[1] LOG:  checkpoint complete: wrote 20 buffers")
    assert not spotted("workload.holds_lock", *objects, logs=[healthy])


def test_a_waiting_job_is_told_as_its_schedule() -> None:
    spec = {"containers": [container(env=calling("db:5432"))]}
    template = {"metadata": {"labels": {"job": "p"}}, "spec": spec}
    schedule = make(
        "CronJob",
        "partitions",
        spec={"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template}}},
    )
    job = make("Job", "partitions-1", owner=schedule, spec={"template": template}, status={})
    objects = [*client("report", changed=3600), schedule, job, *STORE]
    text = told(*LINES)
    (found,) = spotted("workload.holds_lock", *objects, logs=[wrote(objects, "db", text)])
    assert found.facts["explains"] == "CronJob/shop/partitions"
