"""Schedules that should have scaled a workload, and did not."""

import pytest
from tests.diagnose.build import DAY, Json, container, make, pod, spotted, waiting
from tests.faults.stage import program

COMMAND = ["kubectl", "-n", "shop", "scale", "deployment/render", "--replicas=6"]


def night(command: list[str], *, age: float = 3600, status: Json | None = None) -> list[Json]:
    """A CronJob of another namespace, its latest job and the pod of that."""
    box = {"name": "app", "image": "registry.example.com/kubectl:9", "command": command}
    template = {"spec": {"containers": [box]}}
    spec = {"schedule": "0 6 * * *", "jobTemplate": {"spec": {"template": template}}}
    cron_job = make("CronJob", "up", namespace="clock", age=30 * DAY, spec=spec)
    known = {"spec": {"template": template}, "status": status or {"active": 1}}
    job = make("Job", "up-1", namespace="clock", age=age, owner=cron_job, **known)
    one = pod("up-1-x", status=waiting("ImagePullBackOff"), owner=job, age=age, namespace="clock",
              spec=template["spec"])  # fmt: skip
    return [cron_job, job, one]


@pytest.mark.parametrize(
    ("objects", "blamed"),
    [
        pytest.param(night(COMMAND), ["CronJob/clock/up"], id="its-image-is-gone"),
        pytest.param(
            night(["/bin/sh", "-c", "kubectl -n shop scale deploy render --replicas 6"]),
            ["CronJob/clock/up"],
            id="in-a-shell",
        ),
        pytest.param(night([*COMMAND[:4], "deployment/other"]), [], id="another-workload"),
        pytest.param(night(["report", "render"]), [], id="no-kubectl"),
        pytest.param(night(COMMAND, age=60), [], id="may-still-come"),
        pytest.param(night(COMMAND, status={"succeeded": 1}), [], id="done"),
        pytest.param(night([*COMMAND[:5], "--replicas=1"]), [], id="it-has-as-many"),
        pytest.param(
            night(["kubectl", "-n", "shop", "rollout", "status", "deploy/render"]),
            [],
            id="it-only-waits",
        ),
    ],
)
def test_a_schedule_that_did_not_scale_a_workload_is_told(
    objects: list[Json], blamed: list[str]
) -> None:
    every = [*program("render"), *objects]
    found = spotted("cronjob.left_undone", *every)
    assert [one.entity.path for one in found] == blamed
    symptoms = spotted("workload.left_as_it_was", *every)
    assert [one.suspects[0].path for one in symptoms] == blamed
    assert all("should scale deployment shop/render" in one.claim for one in found)


@pytest.mark.parametrize(
    ("rolled_out", "blamed"),
    [
        pytest.param(9 * DAY, ["CronJob/clock/up"], id="not-since"),
        pytest.param(1800, [], id="since"),
    ],
)
def test_a_restart_that_came_all_the_same_is_not_missed(
    rolled_out: float, blamed: list[str]
) -> None:
    command = ["kubectl", "-n", "shop", "rollout", "restart", "deploy/render"]
    known = [(20 * DAY, container()), (rolled_out, container(image="app:2"))]
    found = spotted("cronjob.left_undone", *program("render", revisions=known), *night(command))
    assert [one.entity.path for one in found] == blamed
    assert all("should rollout restart deployment shop/render" in one.claim for one in found)
