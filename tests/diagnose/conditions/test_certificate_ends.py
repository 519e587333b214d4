"""Certificates whose end an exporter tells."""

from datetime import timedelta
from typing import Any

import pytest
from tests.diagnose.build import DAY, NOW, SPACE, Json, ago, alert, make, node, told
from tests.diagnose.signals import STEP
from tests.faults.stage import program, rose, watched

from sreagent.diagnose.argument.causes import Cause
from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.conditions.run import findings
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.alert import Alert
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Finding, Severity
from sreagent.domain.signal import Measure, Signal, Unit

HOST = "shop.example.com"
SECRET = Entity(kind="Secret", namespace=SPACE, name="web-tls")
INGRESS = Entity(kind="Ingress", namespace=SPACE, name="outside")
CERTIFICATE = Entity(kind="Certificate", namespace=SPACE, name="web")
NODE = Entity(kind="Node", name="node-1")
HOUR = 3600.0


def left(entity: Entity, seconds: float, about: str = HOST, *, since: float = 0) -> Signal:
    """The time left of a certificate, read until so many seconds ago."""
    points = tuple(
        (NOW - timedelta(seconds=since + n * STEP), seconds + since + n * STEP)
        for n in reversed(range(60))
    )
    return Signal(
        measure=Measure.CERTIFICATE,
        entity=entity,
        unit=Unit.SECONDS,
        points=points,
        promql="probe_ssl_earliest_cert_expiry - time()",
        about=about,
    )


def outside(secret: str = "web-tls") -> Json:  # noqa: S107 - the name of an object
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rules = [{"host": HOST, "http": {"paths": [{"path": "/", "backend": backend}]}}]
    spec: Json = {"rules": rules, "tls": [{"hosts": [HOST], "secretName": secret}]}
    return make("Ingress", "outside", spec=spec)


def scene_of(*signals: Signal, objects: tuple[Json, ...] = ()) -> Scene:
    around = [*program("web"), make("Secret", "web-tls"), outside(), node()]
    return Scene(watched(*around, *objects, signals=signals), NOW)


def seen_in(*signals: Signal, objects: tuple[Json, ...] = ()) -> list[Finding]:
    found = findings(scene_of(*signals, objects=objects).inventory, NOW)
    names = ("certificate.ran_out", "certificate.runs_out", "ingress.certificate_ran_out")
    return [one for name in names for one in told(found, name)]


@pytest.mark.parametrize(
    ("signal", "claim", "severity"),
    [
        pytest.param(
            left(SECRET, -2 * HOUR),
            f"secret shop/web-tls holds a certificate for {HOST}, which expired 2 h ago",
            Severity.CRITICAL,
            id="a-secret",
        ),
        pytest.param(
            left(INGRESS, -2 * HOUR, f"https://{HOST}/"),
            f"ingress shop/outside is served with a certificate for https://{HOST}/, which expired",
            Severity.CRITICAL,
            id="what-a-probe-is-shown",
        ),
        pytest.param(
            left(NODE, -2 * HOUR, "/etc/kubernetes/pki/apiserver.crt"),
            "node node-1 has a certificate for /etc/kubernetes/pki/apiserver.crt, which expired",
            Severity.CRITICAL,
            id="a-file-of-a-node",
        ),
        pytest.param(
            left(SECRET, 2 * DAY), "which ends in 2 days", Severity.WARNING, id="ends-in-days"
        ),
        pytest.param(
            left(SECRET, 20 * DAY), "which ends in 20 days", Severity.INFO, id="ends-in-weeks"
        ),
    ],
)
def test_the_end_of_a_certificate_is_told_at_what_holds_it(
    signal: Signal, claim: str, severity: Severity
) -> None:
    found = seen_in(signal)[0]
    assert claim in found.claim
    assert (found.entity, found.severity, found.source) == (signal.entity, severity, "prometheus")


def test_of_several_certificates_the_first_end_counts() -> None:
    found = seen_in(left(SECRET, -60, "a.example.com"), left(SECRET, 9 * DAY, "b.example.com"))
    assert "for a.example.com, which expired" in found[0].claim


VALID: Any = {"status": {"notAfter": ago(-80 * DAY)}, "spec": {"secretName": "web-tls"}}


@pytest.mark.parametrize(
    ("signals", "objects"),
    [
        pytest.param([], (), id="no-metric"),
        pytest.param([left(SECRET, -HOUR, since=HOUR)], (), id="renewed-since"),
        pytest.param([left(SECRET, -1e12)], (), id="no-time-at-all"),
        pytest.param(
            [left(CERTIFICATE, -HOUR)], (make("Certificate", "web", **VALID),), id="it-says-itself"
        ),
    ],
)
def test_where_nothing_ends_nothing_is_told(
    signals: list[Signal], objects: tuple[Json, ...]
) -> None:
    assert seen_in(*signals, objects=objects) == []


def causes(about: Alert, *signals: Signal, objects: tuple[Json, ...] = ()) -> list[Cause]:
    found = explain(scene_of(*signals, objects=objects), about)
    return [one for one in found.causes if one.relevant]


def test_an_expired_secret_explains_the_ingress_that_serves_it() -> None:
    [cause] = causes(alert("ProbeFailed", instance=f"https://{HOST}"), left(SECRET, -2 * HOUR))
    assert cause.entity == SECRET
    assert cause.victims == (INGRESS,)
    assert cause.confidence >= CONFIDENT


@pytest.mark.parametrize("holder", [SECRET, INGRESS])
def test_programs_that_nobody_reaches_since_then_are_victims(holder: Entity) -> None:
    rate = rose(Measure.RATE, "web", 12, 0.1, 2 * HOUR, Unit.PER_SECOND)
    found = causes(alert("ProbeFailed", instance=HOST), left(holder, -2 * HOUR), rate)
    assert [one.entity for one in found] == [holder]
    assert "Deployment/shop/web" in [one.path for one in found[0].victims]


def test_programs_that_fail_themselves_are_not_explained_by_a_certificate() -> None:
    signals = [
        left(SECRET, -2 * HOUR),
        rose(Measure.RATE, "web", 12, 0.1, 2 * HOUR, Unit.PER_SECOND),
        rose(Measure.ERROR_RATIO, "web", 0.001, 0.6, 2 * HOUR),
    ]
    assert seen_in(*signals)[0].facts["explains"] == "Ingress/shop/outside"


def test_programs_that_mount_an_expired_secret_are_named() -> None:
    volume: Any = {"spec": {"volumes": [{"name": "tls", "secret": {"secretName": "web-tls"}}]}}
    found = seen_in(left(SECRET, -HOUR), objects=tuple(program("gate", **volume)))
    assert "Deployment/shop/gate" in found[0].facts["explains"].split()


def test_who_should_have_renewed_it_is_suspected() -> None:
    late: Any = {
        "spec": {"secretName": "web-tls"},
        "status": {"notAfter": ago(HOUR), "conditions": [{"type": "Ready", "status": "False"}]},
    }
    objects = (make("Certificate", "web", **late),)
    [cause] = causes(alert("ProbeFailed", instance=HOST), left(SECRET, -HOUR), objects=objects)
    assert cause.entity == CERTIFICATE


def test_an_end_that_is_near_answers_an_alert_about_it_and_no_other() -> None:
    soon = left(SECRET, 20 * DAY)
    [cause] = causes(alert("CertificateExpiresSoon", host=HOST), soon)
    assert (cause.entity, cause.findings[0].condition) == (SECRET, "certificate.runs_out")
    elsewhere = tuple(program("mail"))
    assert causes(alert("HighErrorRate shop/mail"), soon, objects=elsewhere) == []
