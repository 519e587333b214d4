"""Admission webhooks: broken, healthy, and not to be decided."""

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.diagnose.build import (
    NOW,
    Json,
    ago,
    app,
    event,
    make,
    named,
    pod,
    running,
    seen,
    service,
    told,
)

from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Finding, Severity

VALIDATING = "ValidatingWebhookConfiguration"
MUTATING = "MutatingWebhookConfiguration"
PODS = [{"operations": ["CREATE"], "resources": ["pods"], "apiGroups": [""]}]
CALL = 'Error creating: Internal error occurred: failed calling webhook "check.example.com": '
POST = 'Post "https://check.guard.svc:443/validate?timeout=10s": '
GONE = CALL + POST + 'service "check" not found'
SIGNED = CALL + POST + "x509: certificate signed by unknown authority"
LATE = CALL + POST + "context deadline exceeded"
SLOW = "Error creating: Timeout: request did not complete within requested timeout 30s"


def hook(name: str = "check.example.com", *, service: str = "check", **more: Any) -> Json:
    return {
        "name": name,
        "clientConfig": {"service": {"name": service, "namespace": "guard"}},
        "rules": PODS,
        "failurePolicy": "Fail",
        **more,
    }


def guard(*hooks: Json, kind: str = VALIDATING, name: str = "guard", **more: Any) -> Json:
    return make(kind, name, webhooks=list(hooks) or [hook()], **more)


def backend(*, ready: bool = True, port: int = 443, age: float = 86_400) -> list[Json]:
    asked = service("check", namespace="guard")
    asked["spec"]["ports"] = [{"port": port, "targetPort": 8443}]
    status = running("app", ready=ready)
    return [
        asked,
        pod("check-1", namespace="guard", labels={"app": "check"}, status=status, age=age),
    ]


def refused(message: str, *, since: float = 60) -> list[Json]:
    objects = app("app", pods=[])
    above = named(objects, "ReplicaSet")
    return [*objects, event(above, "FailedCreate", message, since=since, type="Warning")]


def found(*objects: Json, refused_kinds: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    return findings(seen(*objects, refused=refused_kinds), NOW)


@pytest.mark.parametrize(
    ("objects", "condition", "words", "severity"),
    [
        pytest.param(
            [guard(), *refused(GONE)],
            "webhook.backend",
            "there is no service guard/check; deployment shop/app cannot create pods",
            Severity.CRITICAL,
            id="no-service",
        ),
        pytest.param(
            [guard(kind=MUTATING), *backend(ready=False), *refused(LATE)],
            "webhook.backend",
            "service guard/check has no ready pod",
            Severity.CRITICAL,
            id="unready-backend",
        ),
        pytest.param(
            [guard(), backend()[0]],
            "webhook.backend",
            "service guard/check selects no pod",
            Severity.WARNING,
            id="nobody-refused-yet",
        ),
        pytest.param(
            [guard(), *backend(port=9443)],
            "webhook.backend",
            "service guard/check has no port 443",
            Severity.WARNING,
            id="wrong-port",
        ),
        pytest.param(
            [guard(), *backend(), *refused(SIGNED)],
            "webhook.fails",
            "its certificate is not one that the configuration's caBundle trusts",
            Severity.CRITICAL,
            id="certificate",
        ),
        pytest.param(
            [guard(), *backend(), *refused(LATE)],
            "webhook.fails",
            "it does not answer in time",
            Severity.CRITICAL,
            id="slow",
        ),
        pytest.param(
            [
                guard(
                    *(
                        hook(f"w{n}.example.com", failurePolicy="Ignore", timeoutSeconds=15)
                        for n in range(3)
                    )
                ),
                *refused(SLOW),
            ],
            "webhook.timeouts_add_up",
            "waiting for all takes up to 45 s, and a request may take 30 s",
            Severity.CRITICAL,
            id="chain-of-dead-ones",
        ),
        pytest.param(
            [guard(hook(failurePolicy="Ignore"))],
            "webhook.unready_backend",
            "is skipped, for there is no service guard/check",
            Severity.INFO,
            id="may-be-skipped",
        ),
    ],
)
def test_a_webhook_that_does_not_answer_is_told(
    objects: list[Json], condition: str, words: str, severity: Severity
) -> None:
    finding = told(found(*objects), condition)[0]
    assert words in finding.claim
    assert finding.severity is severity
    assert finding.uid == f"{finding.entity.kind}-shop-guard"


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([guard(), *backend()], id="answered"),
        pytest.param([guard(), *backend(ready=False, age=20)], id="starts-just-now"),
        pytest.param([guard(), *backend(), *refused(SIGNED, since=4000)], id="refused-long-ago"),
        pytest.param([guard(hook(clientConfig={"url": "https://x.example.com"}))], id="outside"),
        pytest.param([guard({"name": "odd", "clientConfig": "?"})], id="odd-shape"),
        pytest.param([make(VALIDATING, "empty")], id="no-webhooks"),
    ],
)
def test_a_webhook_that_answers_is_left_alone(objects: list[Json]) -> None:
    assert not [one for one in found(*objects) if one.condition.startswith("webhook.")]


@pytest.mark.parametrize("kind", ["Service", "Pod"])
def test_a_backend_that_could_not_be_looked_at_is_not_called_dead(kind: str) -> None:
    objects = [guard(), *(backend() if kind == "Service" else backend()[:1])]
    assert not told(found(*objects, refused_kinds=(kind,)), "webhook.backend")


def test_the_workloads_that_a_webhook_stops_are_named() -> None:
    (finding,) = told(found(guard(), *refused(GONE)), "webhook.backend")
    assert finding.facts["explains"] == "Deployment/shop/app"


def test_a_replica_set_that_says_so_itself_counts_as_well_as_an_event() -> None:
    objects = app("app", pods=[])
    state = {"type": "ReplicaFailure", "status": "True", "message": GONE, "reason": "FailedCreate"}
    named(objects, "ReplicaSet")["status"] = {
        "conditions": [{**state, "lastTransitionTime": ago(60)}]
    }
    (finding,) = told(found(guard(), *objects), "webhook.backend")
    assert "cannot create pods" in finding.claim


def bundle(valid_until: datetime) -> str:
    """A certificate that signs itself, as a webhook configuration holds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "webhooks")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=900))
        .not_valid_after(valid_until)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(Encoding.PEM)).decode()


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        pytest.param(bundle(NOW - timedelta(days=2)), True, id="expired"),
        pytest.param(bundle(NOW + timedelta(days=2)), False, id="valid"),
        pytest.param("Cg==", False, id="placeholder"),
        pytest.param("?", False, id="no-base64"),
    ],
)
def test_a_bundle_that_expired_is_told(text: str, is_told: bool) -> None:
    asked = {"service": {"name": "check", "namespace": "guard"}, "caBundle": text}
    every = found(guard(hook(clientConfig=asked)), *backend())
    assert [one.claim.rpartition(", ")[2] for one in told(every, "webhook.ca_expired")] == (
        ["whose caBundle expired 2 days ago"] if is_told else []
    )
