"""Secrets whose certificate callers find expired."""

import pytest
from tests.diagnose.build import NOW, Json, alert, make, spotted
from tests.faults.stage import program, says, watched

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene

EXPIRED = (
    'level=error msg="call failed" err="Post \\"https://vault:443/v1/token\\": tls: failed to '
    "verify certificate: x509: certificate has expired or is not yet valid: current time "
    '2026-03-04T02:58:00Z is after 2026-03-04T02:00:00Z"'
)
UNKNOWN = EXPIRED.replace(
    "certificate has expired or is not yet valid", "certificate signed by unknown authority"
).partition(": current")[0]
OWN = (
    "WARN 1 --- [nio-8443-exec-4] o.a.t.util.net.NioEndpoint : Handshake failed: "
    "javax.net.ssl.SSLHandshakeException: Received fatal alert: bad_certificate"
)
SECRETS = [make("Secret", name) for name in ("vault-tls", "vault-cert", "vault-login")]


def vault(*secrets: str) -> list[Json]:
    volumes = [{"name": name, "secret": {"secretName": name}} for name in secrets]
    return program("vault", port=443, spec={"volumes": volumes})


def test_the_secret_is_to_blame_and_neither_side_of_the_call() -> None:
    objects = [*program("web", "vault:443"), *vault("vault-tls", "vault-login"), *SECRETS]
    logs = [says(objects, "web", EXPIRED), says(objects, "vault", OWN)]
    found = explain(Scene(watched(*objects, logs=logs), NOW), alert("HighErrorRate shop/web"))
    told = [one for one in found.causes if one.relevant]
    assert [one.entity.path for one in told] == ["Secret/shop/vault-tls"]
    assert "expired" in told[0].statement


@pytest.mark.parametrize(
    ("secrets", "line"),
    [
        pytest.param(["vault-tls"], UNKNOWN, id="another-fault-of-the-certificate"),
        pytest.param(["vault-login"], EXPIRED, id="no-secret-for-certificates"),
        pytest.param(["vault-tls", "vault-cert"], EXPIRED, id="two-that-may-be-it"),
    ],
)
def test_what_cannot_be_told_is_not(secrets: list[str], line: str) -> None:
    objects = [*program("web", "vault:443"), *vault(*secrets), *SECRETS]
    logs = [says(objects, "web", line)]
    assert spotted("secret.certificate_expired", *objects, logs=logs) == []
