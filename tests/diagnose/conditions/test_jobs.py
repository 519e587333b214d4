"""Jobs that fail, hang or are held, and schedules that do not run."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    container,
    ended,
    event,
    log,
    make,
    pod,
    running,
    spotted,
)

from sreagent.diagnose.objects.cron import last_due

HOUR = 3600
AT = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("schedule", "zone", "due"),
    [
        pytest.param("*/5 * * * *", "", "2026-03-04T03:00", id="each-five-minutes"),
        pytest.param("30 2 * * *", "", "2026-03-04T02:30", id="this-night"),
        pytest.param("0 4 * * *", "", "2026-03-03T04:00", id="yesterday"),
        pytest.param("0 0 * * sun", "", "2026-03-01T00:00", id="by-name-of-a-day"),
        pytest.param("0 0 * * 7", "", "2026-03-01T00:00", id="seven-is-sunday-too"),
        pytest.param("0 0 1 JAN *", "", "2026-01-01T00:00", id="by-name-of-a-month"),
        pytest.param("0 0 13 * 5", "", "2026-02-27T00:00", id="either-day-counts"),
        pytest.param("0 0 1-7/3 * ?", "", "2026-03-04T00:00", id="range-with-a-step"),
        pytest.param("5,10 1 * * *", "", "2026-03-04T01:10", id="list"),
        pytest.param("@hourly", "", "2026-03-04T03:00", id="macro"),
        pytest.param("0 3 * * *", "Europe/Berlin", "2026-03-04T02:00", id="zone"),
        pytest.param("CRON_TZ=Asia/Tokyo 0 9 * * *", "", "2026-03-04T00:00", id="zone-within"),
        pytest.param("0 0 29 2 *", "", None, id="not-within-a-year"),
        pytest.param("@every 1h", "", None, id="counts-from-the-last-run"),
    ],
)
def test_when_a_schedule_was_due_last(schedule: str, zone: str, due: str | None) -> None:
    found = last_due(schedule, zone, AT)
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == due


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "61 * * * *", "* * * * * *", "5-1 * * * *", "nonsense", "*/0 * * * *"],
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(ValueError, match=r"field|between"):
        last_due(schedule, "", AT)


def cron(schedule: str = "0 * * * *", *, ran: float | None = None, **spec: Any) -> Json:
    status = {} if ran is None else {"lastScheduleTime": ago(ran)}
    age = spec.pop("age", 9 * DAY)
    managed = spec.pop("managed", [])
    body = {"schedule": schedule, **spec}
    return make("CronJob", "nightly", age=age, spec=body, status=status, managed=managed)


def run(number: int, age: float, state: str = "", took: float = 60, **spec: Any) -> Json:
    """A Job of the schedule: `Complete`, `Failed` or still active."""
    status: Json = {"startTime": ago(age)}
    if state:
        status["conditions"] = [{"type": state, "status": "True"}]
        status["completionTime"] = ago(age - took)
    else:
        status["active"] = 1
    return make("Job", f"nightly-{number}", age=age, owner=cron(), spec=spec, status=status)


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param([cron("30 2 * * *", ran=DAY)], "was due 30 min ago", id="missed"),
        pytest.param([cron("30 2 * * *")], "it has never run", id="never-ran"),
        pytest.param([cron("30 2 * * *", ran=1800)], "", id="ran-in-time"),
        pytest.param([cron("55 2 * * *", ran=DAY)], "", id="may-still-begin"),
        pytest.param([cron("30 2 * * *", suspend=True)], "", id="suspended"),
        pytest.param([cron("30 2 * * *", age=HOUR / 2)], "", id="younger-than-its-time"),
        pytest.param([cron("30 2 * * *", ran=DAY), run(1, HOUR)], "", id="one-still-runs"),
    ],
)
def test_a_run_that_was_not_started_is_told(objects: list[Json], words: str) -> None:
    found = spotted("cronjob.missed", *objects)
    assert [words in one.claim for one in found] == ([True] if words else [])


def test_a_schedule_that_was_edited_since_was_not_missed() -> None:
    managed = [{"manager": "kubectl", "time": ago(600), "fieldsV1": {"f:spec": {"f:schedule": {}}}}]
    assert spotted("cronjob.missed", cron("30 2 * * *", ran=DAY, managed=managed)) == []


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"schedule": "61 * * * *"}, "not between 0 and 59", id="minute"),
        pytest.param({"timeZone": "Mars/Base"}, "no time zone Mars/Base", id="zone"),
        pytest.param({"startingDeadlineSeconds": 3}, "startingDeadlineSeconds 3", id="deadline"),
        pytest.param({"startingDeadlineSeconds": 100}, "", id="well"),
    ],
)
def test_a_schedule_that_cannot_lead_to_a_run_is_told(spec: Json, words: str) -> None:
    found = spotted("cronjob.invalid_schedule", cron(**spec))
    assert [words in one.claim for one in found] == ([True] if words else [])


@pytest.mark.parametrize(
    ("objects", "count"),
    [
        pytest.param(
            [cron("*/30 * * * *", concurrencyPolicy="Forbid"), run(1, HOUR)], 0, id="due-now"
        ),
        pytest.param([cron("15 * * * *", concurrencyPolicy="Forbid"), run(1, HOUR)], 1, id="held"),
        pytest.param([cron("15 * * * *"), run(1, HOUR)], 0, id="overlap-allowed"),
        pytest.param(
            [cron("15 * * * *", concurrencyPolicy="Forbid"), run(1, HOUR, "Complete")],
            0,
            id="the-last-one-ended",
        ),
    ],
)
def test_a_run_that_holds_up_the_next_is_named(objects: list[Json], count: int) -> None:
    found = spotted("cronjob.overlap", *objects)
    assert len(found) == count
    assert all("job shop/nightly-1 runs for" in one.claim for one in found)


@pytest.mark.parametrize(
    ("states", "count"),
    [
        pytest.param(["Complete", "Failed", "Failed", "Failed"], 1, id="three-in-a-row"),
        pytest.param(["Failed", "Failed", "Failed", "Complete"], 0, id="well-since"),
        pytest.param(["Failed", "Failed"], 0, id="only-two"),
    ],
)
def test_a_schedule_of_which_all_runs_fail_is_told(states: list[str], count: int) -> None:
    jobs = [run(n, DAY - n * HOUR, state) for n, state in enumerate(states)]
    assert len(spotted("cronjob.never_succeeds", cron(), *jobs)) == count


@pytest.mark.parametrize(
    ("ran", "count"),
    [pytest.param(HOUR, 1, id="still"), pytest.param(10, 0, id="it-ran-since")],
)
def test_what_the_controller_says_is_told(ran: float, count: int) -> None:
    one = cron(ran=ran)
    words = event(one, "TooManyMissedTimes", "too many missed start times: 101")
    assert len(spotted("cronjob.complains", one, words)) == count


def test_who_suspended_a_schedule_is_told() -> None:
    managed = [{"manager": "ops", "time": ago(600), "fieldsV1": {"f:spec": {"f:suspend": {}}}}]
    (finding,) = spotted("cronjob.suspended", cron(suspend=True, managed=managed))
    assert "by ops 10 min ago" in finding.claim


@pytest.mark.parametrize(
    ("labels", "count"),
    [
        pytest.param({}, 1, id="by-hand"),
        pytest.param({"kueue.x-k8s.io/queue-name": "batch"}, 0, id="by-a-queue"),
    ],
)
def test_a_suspended_job_is_told_unless_a_queue_holds_it(labels: Json, count: int) -> None:
    one = make("Job", "once", labels=labels, spec={"suspend": True}, status={})
    assert len(spotted("job.suspended", one)) == count


def test_a_job_that_tries_again_is_only_a_warning() -> None:
    job = make("Job", "once", spec={"backoffLimit": 4}, status={"failed": 2, "active": 1})
    broken = pod("once-x", owner=job, status={"name": "app", "state": ended(2)}, phase="Failed")
    words = log(broken, "ERROR dial tcp: lookup db: no such host")
    (finding,) = spotted("job.retrying", job, broken, logs=[words])
    assert "2 failed pods of at most 5" in finding.claim
    assert "no such host" in finding.claim
    done = make(
        "Job", "once", status={"failed": 2, "conditions": [{"type": "Complete", "status": "True"}]}
    )
    assert spotted("job.retrying", done) == []


def two_containers(main: Json, side: Json, kind: str = "Job") -> Json:
    one = pod(
        "once-x",
        owner=make(kind, "once"),
        status=main,
        spec={"containers": [container(), container("proxy")]},
    )
    one["status"]["containerStatuses"].append(side)
    return one


DONE = {"name": "app", "ready": False, "restartCount": 0, "state": ended(0, since=900)}


@pytest.mark.parametrize(
    ("one", "count"),
    [
        pytest.param(two_containers(DONE, running("proxy")), 1, id="held"),
        pytest.param(
            two_containers({**DONE, "state": ended(0, since=20)}, running("proxy")),
            0,
            id="may-still-end",
        ),
        pytest.param(two_containers(running(), running("proxy")), 0, id="work-goes-on"),
        pytest.param(
            two_containers({**DONE, "state": ended(1, since=900)}, running("proxy")), 0, id="failed"
        ),
        pytest.param(two_containers(DONE, running("proxy"), "ReplicaSet"), 0, id="not-of-a-job"),
    ],
)
def test_a_container_that_keeps_a_job_from_completing_is_named(one: Json, count: int) -> None:
    found = spotted("job.held_by_sidecar", one)
    assert len(found) == count
    assert all("container proxy still runs" in one.claim for one in found)


@pytest.mark.parametrize(
    ("age", "count"),
    [pytest.param(HOUR, 1, id="twelve-times"), pytest.param(650, 0, id="twice-as-long")],
)
def test_a_job_that_runs_far_longer_than_usual_is_told(age: float, count: int) -> None:
    before = [run(n, DAY - n * HOUR, "Complete", took=300) for n in range(3)]
    assert len(spotted("job.overdue", cron(), *before, run(9, age))) == count


def test_a_job_without_others_to_compare_with_may_run_for_long() -> None:
    assert spotted("job.overdue", cron(), run(9, DAY)) == []


def test_a_job_past_its_deadline_says_the_figure() -> None:
    state = {
        "type": "Failed",
        "status": "True",
        "reason": "DeadlineExceeded",
        "message": "Job was active longer than specified deadline",
        "lastTransitionTime": ago(60),
    }
    job = make("Job", "once", spec={"activeDeadlineSeconds": 90}, status={"conditions": [state]})
    (finding,) = spotted("job.failed", job)
    assert "activeDeadlineSeconds 90" in finding.claim
