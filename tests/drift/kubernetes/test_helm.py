"""Records of Helm: what they say, in whatever state they are, and never a value."""

import base64
import gzip
import json
import secrets
from typing import Any

import pytest

from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.kubernetes.helm import Release, read_release, release_differences

DATED = """
apiVersion: v1
kind: ConfigMap
metadata: {name: dated}
data:
  day: 2026-01-02
  hosts: 80:80
  mode: "0644"
---
# a document without an object
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: extra}}
"""
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


def record(**more: Any) -> bytes:
    said = {
        "name": "shop",
        "namespace": "prod",
        "version": 3,
        "info": {"status": "deployed"},
        "chart": {"metadata": {"name": "shop", "version": "1.4.0", "appVersion": "9"}},
        "config": {"replicas": 2},
        "manifest": DATED,
        **more,
    }
    return base64.b64encode(gzip.compress(json.dumps(said).encode()))


def read(**more: Any) -> Release:
    release = read_release(record(**more))
    assert isinstance(release, Release)
    return release


def test_a_record_tells_revision_chart_values_and_objects() -> None:
    release = read()
    assert (release.revision, release.status, release.version) == (3, "deployed", "1.4.0")
    assert release.is_deployed
    dated, extra = release.manifests
    assert dated.namespace == "prod"
    assert dated.manifest["data"] == {"day": "2026-01-02", "hosts": "80:80", "mode": "0644"}
    assert extra.kind == "Namespace"


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        pytest.param(base64.b64encode(b"\x1f\x8bxxxx"), "no gzip", id="broken"),
        pytest.param(base64.b64encode(b"{"), "no JSON", id="cut"),
        pytest.param(base64.b64encode(b"[]"), "no object", id="a list"),
        pytest.param(b"", "no JSON", id="nothing"),
        pytest.param(record(manifest="a: [b"), "no YAML", id="no manifest"),
        pytest.param(record(manifest=BOMB), "no YAML", id="a manifest that grows"),
        pytest.param(
            base64.b64encode(gzip.compress(b" " * 65_000_000)), "too large", id="far too large"
        ),
    ],
)
def test_what_is_no_record_is_told(stored: bytes, reason: str) -> None:
    told = read_release(stored)
    assert isinstance(told, str)
    assert reason in told


def state(values: object, **more: Any) -> dict[str, Any]:
    metadata = {"revision": 3, "chart": "shop", "version": "1.4.0", "values": json.dumps(values)}
    return {"metadata": [metadata], "status": "deployed", "version": "1.4.0", **more}


def paths(found: tuple[Difference, ...]) -> list[str]:
    return [each.path for each in found]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param(state({"replicas": 2}), [], id="the same"),
        pytest.param(state({"replicas": 3}), ["values.replicas"], id="another value"),
        pytest.param(state(None), ["values.replicas"], id="none were given"),
        pytest.param(state({"replicas": "(sensitive value)"}), [], id="a value that is not told"),
        pytest.param(state({"replicas": 2, "x": {}}), [], id="nothing and empty"),
        pytest.param(state({"replicas": 2}, status="failed"), ["status"], id="status"),
        pytest.param(state({"replicas": 2}, version="1.3.0"), ["version"], id="chart version"),
        pytest.param({"values": ["replicas: 2"], "status": "deployed"}, [], id="values as text"),
        pytest.param({"values": ["replicas: 1", "replicas: 3"]}, ["values.replicas"], id="merged"),
        pytest.param({"values": [], "set": [{"name": "a"}]}, [], id="values that are not told"),
        pytest.param(
            {"metadata": {"revision": 2, "values": '{"replicas":2}'}},
            ["metadata.revision"],
            id="of the third provider",
        ),
    ],
)
def test_what_differs_is_told_by_its_key(attributes: dict[str, Any], expected: list[str]) -> None:
    assert paths(release_differences(attributes, read())) == expected


def test_no_value_is_shown() -> None:
    one, two = secrets.token_hex(8), secrets.token_hex(8)
    release = read(config={"db": {"password": one, "port": 5432}, "host": two, "pin": 1234567})
    found = release_differences(state({"db": {"password": two, "port": 1}, "host": one}), release)
    assert paths(found) == ["values.db.password", "values.db.port", "values.host", "values.pin"]
    text = repr(found) + repr(release)
    assert one not in text
    assert two not in text
    assert "1234567" not in text
    (port,) = [each for each in found if each.path == "values.db.port"]
    assert (port.before, port.after) == (1, 5432)
    (password, host) = found[0], found[2]
    # The same mark for the same value: that one became the other is told.
    assert (password.before, password.after) == (host.after, host.before)
