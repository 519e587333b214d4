"""What is a secret by its place in an object goes; names, keys and references stay."""

import json
import re
import secrets
from typing import Any

import pytest

from sreagent.policy.redaction import redact_object

TOKEN = re.compile(r"\[REDACTED:[a-z]+:[0-9a-f]{4}\]")
VALUE = "plain words of " + secrets.token_hex(3)
"""Nothing in it tells that it is a secret: only its place does."""


def pod(container: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [container]}}


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, **fields}


def applied(copy: dict[str, Any]) -> dict[str, Any]:
    name = "kubectl.kubernetes.io/last-applied-configuration"
    return {"metadata": {"annotations": {name: json.dumps(copy)}}}


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(secret(data={"user": VALUE}), id="secret-data"),
        pytest.param(secret(stringData={"user": VALUE}), id="secret-string-data"),
        pytest.param({"kind": "List", "items": [secret(data={"u": VALUE})]}, id="secret-in-a-list"),
        pytest.param({**secret(), **applied(secret(data={"u": VALUE}))}, id="last-applied"),
        pytest.param(secret(stringData={"c.json": '{"a": "' + VALUE + '"}'}), id="secret-json"),
        pytest.param(secret(data=[VALUE]), id="data-that-is-no-mapping"),
        pytest.param(pod({"env": [{"name": "DB_PASS", "value": VALUE}]}), id="variable"),
        pytest.param(pod({"command": ["serve", "--db-pass", VALUE]}), id="flag-apart"),
        pytest.param({"kind": "ConfigMap", "data": {"db.password": VALUE}}, id="configmap-key"),
        pytest.param({"data": {"tls.key": VALUE, "tls.crt": "x"}}, id="tls-key"),
        pytest.param({"clientSecret": VALUE}, id="field"),
        pytest.param({"Environment": {"Variables": {"API_TOKEN": VALUE}}}, id="lambda"),
        pytest.param({"environment": [{"name": "API_KEY", "value": VALUE}]}, id="ecs"),
        pytest.param({"ParameterKey": "DBPassword", "ParameterValue": VALUE}, id="cloudformation"),
        pytest.param({"MasterUserPassword": VALUE}, id="rds"),
        pytest.param({"Tags": [{"Key": "admin-password", "Value": VALUE}]}, id="tag"),
    ],
)
def test_a_secret_goes_by_its_place(obj: dict[str, Any]) -> None:
    shown = json.dumps(redact_object(obj))
    assert VALUE not in shown
    assert TOKEN.search(shown)
    assert all(key in shown for key in obj)


PLAIN = [
    pytest.param({"env": [{"name": "DB_PASS", "valueFrom": {"secretKeyRef": {"key": "p"}}}]}),
    pytest.param({"valueFrom": {"secretKeyRef": {"name": "db-1", "key": "password-2"}}}),
    pytest.param({"kind": "ConfigMap", "data": {"host": VALUE, "KEYSPACE": "orders"}}),
    pytest.param({"metadata": {"uid": "3b0c2a2e-6f0e-4a52-9a51-6a7f3f1f2c11", "generation": 3}}),
    pytest.param({"spec": {"secretName": "db-tls", "tokenExpirationSeconds": 3607, "x": None}}),
    pytest.param({"env": [{"name": "PASSWORD_FILE", "value": "/run/secrets/db"}]}),
    pytest.param({"env": [{"name": "DB_PASSWORD", "value": "$(OTHER)"}]}),
    pytest.param({"args": ["--tls-key", "--port", "80", "--password-file", "/etc/x"]}),
    pytest.param({"image": "web@sha256:" + "9f" * 32, "ready": True, "list": [1, 2.5, None]}),
    pytest.param({"tolerations": [{"key": "node-role", "operator": "Exists"}]}),
    pytest.param({"kind": "Secret", "data": None}),
]


@pytest.mark.parametrize("obj", PLAIN)
def test_what_an_operator_needs_stays(obj: dict[str, Any]) -> None:
    assert redact_object(obj) == obj


def test_the_same_value_shows_as_the_same() -> None:
    shown = redact_object(secret(data={"a": VALUE, "b": VALUE, "c": VALUE + "x"}))["data"]
    assert shown["a"] == shown["b"] != shown["c"]
    assert list(shown) == ["a", "b", "c"]


def test_an_applied_copy_that_is_no_json_is_redacted_as_text() -> None:
    name = "kubectl.kubernetes.io/last-applied-configuration"
    value = "Zz9" + secrets.token_hex(12)
    shown = redact_object({"annotations": {name: "{ password=" + value}})
    assert value not in json.dumps(shown)


@pytest.mark.parametrize("obj", [param.values[0] for param in PLAIN])
def test_redacting_again_changes_nothing(obj: Any) -> None:
    once = redact_object({**obj, "apiKey": VALUE})
    assert redact_object(once) == once
