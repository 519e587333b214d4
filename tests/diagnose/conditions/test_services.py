"""Services whose ports lead to the wrong listener of the right pods."""

import pytest
from tests.diagnose.build import DAY, Json, container, service, spotted
from tests.faults.neighbours import edit
from tests.faults.stage import program, says

from sreagent.domain.finding import Severity

GRPC = {"name": "grpc", "containerPort": 9000}
TELEMETRY = {"name": "telemetry", "containerPort": 9464}
FAILS = "ERROR io.grpc.StatusRuntimeException: UNAVAILABLE: Network closed (tags:9000)"


def tags(*ports: tuple[str, int, int | str], edited: float = 600, **more: object) -> list[Json]:
    """A caller, and a program with two listeners behind a Service."""
    one = container(ports=[GRPC, TELEMETRY])
    *objects, _ = program("tags", revisions=[(9 * DAY, one)])
    before = service("tags")
    before["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    before["metadata"]["managedFields"] = edit(edited, {"f:spec": {"f:ports": {}}})
    before["spec"] |= more
    before["spec"]["ports"] = [
        {"name": name, "port": number, "targetPort": target} for name, number, target in ports
    ]
    return [*objects, before, *program("web", "tags:9000")]


CROSSED = (("grpc", 9000, 9464), ("metrics", 9464, 9000))


@pytest.mark.parametrize(
    ("objects", "line", "severity"),
    [
        pytest.param(tags(*CROSSED), FAILS, Severity.CRITICAL, id="callers-fail"),
        pytest.param(tags(*CROSSED), "INFO fine", Severity.ERROR, id="edited-lately"),
        pytest.param(tags(*CROSSED, edited=9 * DAY), "INFO fine", Severity.WARNING, id="as-ever"),
        pytest.param(
            tags(("grpc", 9000, "telemetry"), ("telemetry", 9464, "grpc")),
            FAILS,
            Severity.CRITICAL,
            id="by-name",
        ),
    ],
)
def test_exchanged_target_ports(objects: list[Json], line: str, severity: Severity) -> None:
    (found,) = spotted("service.crossed_ports", *objects, logs=[says(objects, "web", line)])
    assert found.severity is severity
    assert "targetPort" in found.claim
    assert not spotted("service.target_port", *objects, logs=[says(objects, "web", line)])


def test_a_port_that_leads_to_another_listener_since_an_edit() -> None:
    objects = tags(("grpc", 9000, 9464))
    (found,) = spotted("service.target_port", *objects, logs=[says(objects, "web", FAILS)])
    assert "port grpc leads to targetPort 9464 (telemetry)" in found.claim
    assert found.facts["target_suggested"] == "grpc"


@pytest.mark.parametrize(
    ("objects", "line"),
    [
        pytest.param(tags(("grpc", 9000, 9000), ("metrics", 9464, 9464)), FAILS, id="straight"),
        pytest.param(tags(("grpc", 9000, "grpc")), FAILS, id="by-name"),
        pytest.param(tags(("main", 80, 9000), ("metrics", 81, 9464)), FAILS, id="other-names"),
        pytest.param(tags(("grpc", 9000, 9464)), "INFO fine", id="nobody-suffers"),
        pytest.param(tags(("grpc", 9000, 9464), edited=9 * DAY), FAILS, id="as-ever"),
        pytest.param(tags(*CROSSED, clusterIP="None"), FAILS, id="headless"),
    ],
)
def test_ports_that_lead_where_they_should(objects: list[Json], line: str) -> None:
    told = [says(objects, "web", line)]
    assert not spotted("service.crossed_ports", *objects, logs=told)
    assert not spotted("service.target_port", *objects, logs=told)
