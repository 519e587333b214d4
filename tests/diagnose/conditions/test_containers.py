"""Containers: probes that are too hasty, images that fail for many, limits of the sandbox."""

from datetime import timedelta
from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    app,
    container,
    crashing,
    ended,
    event,
    lines,
    log,
    make,
    named,
    node,
    pod,
    running,
    service,
    spotted,
    waiting,
)

from sreagent.domain.finding import Severity

HASTY = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
KILLED = "Container app failed liveness probe, will be restarted"
REFUSED = 'Liveness probe failed: Get "http://10.1.1.1:8080/": connect: connection refused'


@pytest.mark.parametrize(
    ("probe", "ran", "hasty"),
    [
        pytest.param(HASTY, 3, True, id="hasty-and-killed-at-start"),
        pytest.param(HASTY, 900, False, id="hasty-and-killed-after-a-good-run"),
        pytest.param({**HASTY, "initialDelaySeconds": 30}, 33, False, id="with-a-delay"),
        pytest.param({**HASTY, "periodSeconds": 10, "failureThreshold": 3}, 25, False, id="usual"),
    ],
)
def test_a_probe_that_allows_no_time_to_start_is_told(
    probe: Json, ran: float, *, hasty: bool
) -> None:
    status = running(since=2, restartCount=5, lastState=ended(137, ran=ran))
    one = pod(status=status, spec={"containers": [container(livenessProbe=probe)]})
    events = [event(one, "Killing", KILLED), event(one, "Unhealthy", REFUSED)]
    (finding,) = spotted("pod.liveness_kills", one, *events)
    assert ("must answer within" in finding.claim) is hasty
    assert ("probe_fault" in finding.facts) is hasty


def test_a_program_that_ends_before_a_probe_can_kill_it_crashes_by_itself() -> None:
    probe = {"periodSeconds": 10, "failureThreshold": 3}
    status = crashing(code=101, ran=0.5)
    one = pod(status=status, spec={"containers": [container(livenessProbe=probe)]})
    events = [event(one, "Killing", KILLED), event(one, "Unhealthy", REFUSED)]
    assert spotted("pod.liveness_kills", one, *events) == []
    (finding,) = spotted("pod.crash_loop", one, *events)
    assert "exit code 101" in finding.claim


BAD = "registry.example.com/shop/base:9"


def many(status: Json, image: str = BAD, names: str = "ab") -> list[Json]:
    one = container(image=image)
    return [item for name in names for item in app(name, revisions=[(600, one)], pods=[status])]


@pytest.mark.parametrize(
    ("condition", "objects", "words"),
    [
        pytest.param(
            "pod.crash_loop",
            many(crashing()),
            "deployment shop/b fails with the same image: one bad image for all",
            id="crash",
        ),
        pytest.param(
            "pod.image_pull",
            many(waiting("ImagePullBackOff", "not found")),
            "deployment shop/b fails with the same image",
            id="pull",
        ),
        pytest.param(
            "pod.image_pull",
            [
                *many(waiting("ErrImagePull", "i/o timeout"), names="a"),
                *many(waiting("ErrImagePull", "i/o timeout"), "registry.example.com/x:1", "b"),
            ],
            "deployment shop/b cannot pull from registry.example.com either",
            id="registry",
        ),
    ],
)
def test_what_fails_for_many_is_told_as_one(
    condition: str, objects: list[Json], words: str
) -> None:
    first = spotted(condition, *objects)[0]
    assert words in first.claim


def test_an_image_that_runs_well_elsewhere_is_not_bad_for_all() -> None:
    objects = [*many(crashing()), *many(running(), names="c")]
    assert all("same image" not in one.claim for one in spotted("pod.crash_loop", *objects))


def test_the_architecture_of_the_node_is_told() -> None:
    one = pod(status=waiting("ErrImagePull", "no match for platform in manifest"))
    where = node(labels={"kubernetes.io/arch": "arm64"})
    (finding,) = spotted("pod.image_pull", one, where)
    assert "node node-1 is arm64" in finding.claim


FULL = "ERROR: could not resize shared memory segment: No space left on device"
MEMORY = {
    "containers": [container(volumeMounts=[{"name": "shm", "mountPath": "/dev/shm"}])],  # noqa: S108
    "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}}],
}
LOCKED = {"containers": [container(securityContext={"readOnlyRootFilesystem": True})]}
WRITES = "ERROR open /var/cache/app: read-only file system"


def with_claim(**mount: Any) -> Json:
    """A pod with a locked root and a claim at /var/cache."""
    place = {"name": "cache", "mountPath": "/var/cache", **mount}
    security = {"readOnlyRootFilesystem": True}
    claim = {"name": "cache", "persistentVolumeClaim": {"claimName": "data"}}
    one = container(securityContext=security, volumeMounts=[place])
    return {"containers": [one], "volumes": [claim]}


def claim_bound_to(volume: str) -> Json:
    return make("PersistentVolumeClaim", "data", spec={"volumeName": volume})


@pytest.mark.parametrize(
    ("spec", "others", "broken"),
    [
        pytest.param(
            with_claim(),
            [claim_bound_to("disk-1"), make("PersistentVolume", "disk-1", namespace="")],
            "PersistentVolume/disk-1",
            id="its-volume",
        ),
        pytest.param(
            with_claim(),
            [claim_bound_to("disk-1")],
            "PersistentVolumeClaim/shop/data",
            id="its-claim-where-volumes-may-not-be-listed",
        ),
        pytest.param(with_claim(readOnly=True), [], "", id="mounted-to-read"),
        pytest.param(with_claim(mountPath="/data"), [], "", id="another-path"),
    ],
)
def test_a_volume_that_turned_read_only_is_named(
    spec: Json, others: list[Json], broken: str
) -> None:
    one = pod(spec=spec)
    logs = [log(one, lines(WRITES))]
    found = spotted("volume.read_only", one, *others, logs=logs)
    assert [each.entity.path for each in found] == ([broken] if broken else [])
    assert all("on node node-1 gets a read-only file system" in each.claim for each in found)
    assert bool(spotted("pod.read_only_root", one, *others, logs=logs)) is not bool(found)


@pytest.mark.parametrize(
    ("condition", "spec", "line", "count"),
    [
        pytest.param("pod.shared_memory_full", {}, FULL, 1, id="default-shared-memory"),
        pytest.param("pod.shared_memory_full", MEMORY, FULL, 0, id="own-shared-memory"),
        pytest.param(
            "pod.shared_memory_full",
            {},
            "ERROR write /data/x: no space left on device",
            0,
            id="another-disk",
        ),
        pytest.param("pod.read_only_root", LOCKED, WRITES, 1, id="read-only-root"),
        pytest.param("pod.read_only_root", {}, WRITES, 0, id="read-only-for-another-reason"),
    ],
)
def test_a_limit_of_the_sandbox_that_the_log_tells_of_is_named(
    condition: str, spec: Json, line: str, count: int
) -> None:
    one = pod(spec=spec)
    found = spotted(condition, one, logs=[log(one, lines(line))])
    assert len(found) == count
    assert all(finding.tainted for finding in found)


HEALED = "\n".join(
    f"{ago(second)} {WRITES if second > 20_000 else 'INFO wrote checkpoint'}"
    for second in range(21_600, 0, -60)
)
BACKUP = {"name": "backup", "mountPath": "/backup", "readOnly": True}


@pytest.mark.parametrize(
    ("text", "previous"),
    [
        pytest.param(HEALED, False, id="hours ago"),
        pytest.param(lines(WRITES), True, id="in the run before"),
        pytest.param(
            lines("ERROR copying /var/cache/a to /backup/a failed: read-only file system"),
            False,
            id="another path stands nearer",
        ),
        pytest.param(
            lines("ERROR exporting /var/cache/a: cannot create /tmp/a: Read-only file system"),
            False,
            id="a path of the root",
        ),
    ],
)
def test_a_volume_is_not_blamed_for(text: str, *, previous: bool) -> None:
    spec = with_claim()
    spec["containers"][0]["volumeMounts"].append(BACKUP)
    one = pod(spec=spec)
    claim = claim_bound_to("disk-1")
    assert not spotted("volume.read_only", one, claim, logs=[log(one, text, previous=previous)])


def ports(value: str) -> Json:
    name = "net.ipv4.ip_local_port_range"
    return {"securityContext": {"sysctls": [{"name": name, "value": value}]}}


@pytest.mark.parametrize(
    ("value", "line", "severity"),
    [
        pytest.param("32768 32800", "INFO well", Severity.WARNING, id="narrow"),
        pytest.param(
            "32768 32800",
            "ERROR connect: cannot assign requested address",
            Severity.ERROR,
            id="used-up",
        ),
        pytest.param("1024 65535", "INFO well", None, id="wide"),
        pytest.param("many", "INFO well", None, id="no-range"),
    ],
)
def test_few_local_ports_are_told(value: str, line: str, severity: Severity | None) -> None:
    one = pod(spec=ports(value))
    found = spotted("pod.few_local_ports", one, logs=[log(one, lines(line))])
    assert [finding.severity for finding in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        pytest.param({"resources": {"limits": {"cpu": "10m"}}}, 1, id="ten-millicores"),
        pytest.param({"resources": {"limits": {"cpu": "500m"}}}, 0, id="half-a-core"),
        pytest.param({"env": [{"name": "GOGC", "value": "1"}]}, 1, id="collects-all-the-time"),
        pytest.param({"env": [{"name": "GOGC", "value": "off"}]}, 0, id="collects-never"),
        pytest.param({}, 0, id="nothing-set"),
    ],
)
def test_a_container_that_may_hardly_run_is_told(fields: Json, count: int) -> None:
    objects = app(revisions=[(DAY, container(**fields))])
    assert len(spotted("workload.starved", *objects)) == count


def made(about: Json, times: int, reason: str = "SuccessfulCreate") -> Json:
    return event(about, reason, f"{reason} pod", count=times)


@pytest.mark.parametrize(
    ("age", "new", "taken", "severity"),
    [
        pytest.param(DAY, 12, 0, Severity.WARNING, id="killed-again-and-again"),
        pytest.param(DAY, 12, 11, None, id="scaled-up-and-down"),
        pytest.param(DAY, 2, 0, None, id="two-replaced"),
        pytest.param(600, 12, 0, None, id="rolled-out-just-now"),
    ],
)
def test_pods_that_are_replaced_all_the_time_are_told(
    age: float, new: int, taken: int, severity: Severity | None
) -> None:
    objects = app(revisions=[(age, container())])
    owner = named(objects, "ReplicaSet")
    events = [made(owner, new)] + ([made(owner, taken, "SuccessfulDelete")] if taken else [])
    found = spotted("workload.pods_killed", *objects, *events)
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_pods_killed_counts_more_when_some_are_missed() -> None:
    objects = app(revisions=[(DAY, container())])
    named(objects, "Pod")["status"]["conditions"][-1]["status"] = "False"
    (finding,) = spotted("workload.pods_killed", *objects, made(named(objects, "ReplicaSet"), 12))
    assert finding.severity is Severity.ERROR


def calling(probe_words: str) -> list[Json]:
    """An application that calls a broken cache, and whose own readiness probe fails."""
    env = [{"name": "CACHE", "value": "http://cache:80"}]
    probe = {"httpGet": {"path": "/ready", "port": 8080}}
    one = container(env=env, readinessProbe=probe)
    objects = app("front", revisions=[(DAY, one)], pods=[running(ready=False)])
    return [
        *objects,
        *app("cache", pods=[crashing()]),
        service("cache"),
        event(named(objects, "Pod"), "Unhealthy", f"Readiness probe failed: {probe_words}"),
    ]


@pytest.mark.parametrize(
    ("words", "suspects"),
    [
        pytest.param(
            "HTTP probe failed with statuscode: 503", ["Service/shop/cache"], id="it-says-so-itself"
        ),
        pytest.param("HTTP probe failed with statuscode: 404", [], id="the-probe-is-wrong"),
    ],
)
def test_a_program_that_says_it_cannot_serve_points_at_what_it_calls(
    words: str, suspects: list[str]
) -> None:
    (finding,) = spotted("pod.probe_failing", *calling(words))
    assert [one.path for one in finding.suspects] == suspects


def test_a_probe_fails_since_the_pod_is_unready_however_old_its_event() -> None:
    objects = calling("HTTP probe failed with statuscode: 503")
    objects[-1]["firstTimestamp"] = "2026-02-01T00:00:00Z"
    (finding,) = spotted("pod.probe_failing", *objects)
    assert finding.since == NOW - timedelta(seconds=600)
