"""Whom a program calls, where neither its configuration nor an address tells."""

import pytest
from tests.diagnose.build import NOW, Json, app, lines, log, named, seen, service

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
    ]
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
            "ERROR read tcp 10.96.0.4:80: read: connection reset by peer",
            ["Service/shop/media-mixer"],
            id="the-address-of-another",
        ),
    ],
)
def test_whom_a_log_names(line: str, who: list[str]) -> None:
    assert called(line) == who
