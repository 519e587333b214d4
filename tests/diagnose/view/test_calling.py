"""Whom a program calls, where neither its configuration nor an address tells."""

import pytest
from tests.diagnose.build import DAY, NOW, Json, app, container, lines, log, named, seen, service

from sreagent.diagnose.view.calling import failing_calls
from sreagent.diagnose.view.scene import Scene


def called(line: str) -> list[str]:
    """Whom `web` is heard to call in vain."""
    objects: list[Json] = app("web")
    named(objects, "Pod")["status"]["podIP"] = "10.244.3.26"
    services = [
        service("web", ip="10.96.0.3"),
        service("media-mixer", ip="10.96.0.4"),
        service("room-recorder", ip="10.96.0.5"),
        service("search", ip="10.96.0.6"),
        service("edge-proxy", ip="10.96.0.8"),
    ]
    calls = container(env=[{"name": "WEB_URL", "value": "http://web:80"}])
    objects += app("edge-proxy", revisions=[(DAY, calls)])
    logs = [log(named(objects, "Pod"), lines(line))]
    found = failing_calls(Scene(seen(*objects, *services, logs=logs), NOW))
    return [one.target.entity.path for one in found if one.target.entity]


@pytest.mark.parametrize(
    ("line", "who"),
    [
        pytest.param(
            "WARNING media-mixer stream ended: ECONNRESET",
            ["Service/shop/media-mixer"],
            id="a-service-by-its-name",
        ),
        pytest.param("WARNING search ended: ECONNRESET", [], id="a-word-of-everyday"),
        pytest.param(
            "WARNING media-mixer and room-recorder ended: ECONNRESET", [], id="one-of-two"
        ),
        pytest.param("WARNING media-mixer-0 ended: ECONNRESET", [], id="another-name"),
        pytest.param(
            "ERROR read tcp 10.244.3.26:8080: read: connection reset by peer",
            [],
            id="its-own-address",
        ),
        pytest.param(
            "ERROR read tcp 10.244.3.26:41234->10.96.0.4:80: read: connection reset by peer",
            ["Service/shop/media-mixer"],
            id="from-its-own-address",
        ),
        pytest.param(
            "ERROR read tcp 10.244.3.26:8080->10.244.1.9:51234: read: connection reset by peer",
            [],
            id="its-client",
        ),
        pytest.param(
            "ERROR request from edge-proxy timed out after 30s", [], id="its-client-by-its-name"
        ),
        pytest.param(
            "ERROR read tcp 10.96.0.4:80: read: connection reset by peer",
            ["Service/shop/media-mixer"],
            id="the-address-of-another",
        ),
    ],
)
def test_whom_a_log_names(line: str, who: list[str]) -> None:
    assert called(line) == who


@pytest.mark.parametrize(
    ("port", "who"),
    [
        pytest.param(5432, ["Service/shop/db"], id="a store, by the port of its Service"),
        pytest.param(80, [], id="no store"),
    ],
)
def test_a_refused_login_means_the_store_that_only_a_name_is_configured_of(
    port: int, who: list[str]
) -> None:
    env = [{"name": "DB_HOST", "value": "db"}]
    objects = app("web", revisions=[(DAY, container(env=env))])
    store = service("db")
    store["spec"]["ports"][0]["port"] = port
    logs = [log(named(objects, "Pod"), lines('FATAL: password authentication failed for user "a"'))]
    found = failing_calls(Scene(seen(*objects, store, logs=logs), NOW))
    assert [one.target.entity.path for one in found if one.target.entity] == who
