"""Alerts that name what people call from outside: a host, or an Ingress."""

import pytest
from tests.diagnose.build import NOW, Json, alert, make
from tests.faults.stage import program, slow, watched, well

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.argument.focus import focus_of
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.alert import Alert


def ingress(service: str = "web") -> Json:
    """An Ingress in the words of today."""
    backend = {"service": {"name": service, "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec = {"rules": [{"host": "shop.example.com", "http": {"paths": paths}}]}
    return make("Ingress", "outside", spec=spec)


@pytest.mark.parametrize(
    "about",
    [
        pytest.param(alert("ProbeFailed", instance="https://shop.example.com"), id="a-url"),
        pytest.param(alert("ProbeFailed", target="https://shop.example.com:443/cart"), id="port"),
        pytest.param(alert("ProbeFailed", instance="shop.example.com:443"), id="host-and-port"),
        pytest.param(alert("shop.example.com answers with 502"), id="in-words"),
    ],
)
def test_a_host_is_the_ingress_that_serves_it(about: Alert) -> None:
    scene = Scene(watched(*program("web"), ingress()), NOW)
    named = [one.path for one in focus_of(scene, about).entities]
    assert named == ["Ingress/shop/outside", "Service/shop/web", "Deployment/shop/web"]


def test_a_host_that_nobody_serves_is_nobody() -> None:
    scene = Scene(watched(*program("web"), ingress()), NOW)
    about = alert("ProbeFailed", instance="https://other.example.com")
    assert focus_of(scene, about).entities == ()


def test_what_an_ingress_leads_to_matters_to_an_alert_about_it() -> None:
    objects = [*program("web"), *program("mail"), ingress()]
    signals = [*slow("web", 2.0, 600), *well("mail")]
    found = explain(Scene(watched(*objects, signals=signals), NOW), alert("Slow shop/web"))
    by_host = explain(
        Scene(watched(*objects, signals=signals), NOW),
        alert("ProbeSlow", instance="https://shop.example.com"),
    )
    told = [one.entity.path for one in found.causes if one.relevant]
    assert told == ["Deployment/shop/web"]
    assert [one.entity.path for one in by_host.causes if one.relevant] == told
