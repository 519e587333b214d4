"""Faults of Jobs."""

from typing import Any

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    alert,
    app,
    container,
    ended,
    event,
    log,
    make,
    pod,
    running,
    seen,
    service,
)
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory

FAILED = {
    "type": "Failed",
    "status": "True",
    "reason": "BackoffLimitExceeded",
    "message": "Job has reached the specified backoff limit",
    "lastTransitionTime": ago(300),
}


def failed_job(one: Json, words: str, code: int) -> Inventory:
    """A Job that gave up, and the last of its pods."""
    labels = {"job-name": "migrate"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [one]}}
    job = make(
        "Job",
        "migrate",
        age=900,
        spec={"backoffLimit": 3, "template": template},
        status={"failed": 4, "startTime": ago(890), "conditions": [FAILED]},
    )
    over = {"name": "app", "ready": False, "restartCount": 0}
    last = pod(
        "migrate-x7k2p",
        labels=labels,
        owner=job,
        spec={"containers": [one], "restartPolicy": "Never"},
        status={**over, "state": ended(code, since=310)},
        phase="Failed",
        age=400,
    )
    told = event(job, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
    others = [*app("web"), service("web"), *app("db"), service("db", ip="10.96.0.9")]
    return seen(job, last, told, *others, logs=[log(last, words)])


JOB_FAILED = alert("KubeJobFailed", namespace="shop", job_name="migrate")


@fault("job-db-unreachable", "Job/shop/migrate", says="prod-db", alert=JOB_FAILED)
def unreachable() -> Inventory:
    env = [{"name": "DATABASE_URL", "value": "mysql://prod-db:3333/orders"}]
    words = (
        "2026-03-04T02:54:40Z INFO starting migration 0042\n"
        "2026-03-04T02:54:50Z ERROR cannot connect to prod-db:3333: dial tcp: lookup prod-db on "
        "10.96.0.10:53: no such host\n"
    )
    return failed_job(container(env=env), words, 1)


@fault("job-syntax-error", "Job/shop/migrate", says="syntax error", alert=JOB_FAILED)
def syntax_error() -> Inventory:
    script = container(command=["/bin/sh", "-c", "if true; fi fi"])
    return failed_job(script, '/bin/sh: syntax error: unexpected "fi"\n', 2)


@fault(
    "cronjob-sidecar",
    "CronJob/shop/report",
    says="proxy",
    alert=alert("KubeJobNotCompleted", namespace="shop", job_name="report-29000001"),
)
def sidecar() -> Inventory:
    both = [container("report"), container("proxy")]
    template: dict[str, Any] = {"spec": {"containers": both, "restartPolicy": "Never"}}
    schedule = make(
        "CronJob",
        "report",
        age=9 * DAY,
        spec={
            "schedule": "0 * * * *",
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {"spec": {"template": template}},
        },
        status={"active": [{"name": "report-29000001"}], "lastScheduleTime": ago(10_800)},
    )
    job = make(
        "Job",
        "report-29000001",
        age=10_800,
        owner=schedule,
        spec={"template": template},
        status={"active": 1, "startTime": ago(10_800)},
    )
    done = {"name": "report", "ready": False, "restartCount": 0}
    held = pod(
        "report-29000001-q9d8s",
        labels={"job-name": "report-29000001"},
        owner=job,
        spec=template["spec"],
        age=10_800,
    )
    held["status"]["containerStatuses"] = [
        {**done, "state": ended(0, since=10_500, ran=200, reason="Completed")},
        running("proxy", since=10_790),
    ]
    words = "Not starting job because prior execution is running and concurrency policy is Forbid"
    return seen(
        schedule, job, held, event(schedule, "JobAlreadyActive", words), *app("web"), service("web")
    )
