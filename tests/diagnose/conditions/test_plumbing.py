"""What carries everybody's traffic, changed before several programs suffer."""

import pytest
from tests.diagnose.build import NOW, Json
from tests.faults.network import kube_proxy
from tests.faults.stage import program, slow, watched, well

from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Finding
from sreagent.domain.signal import Signal

OBJECTS = [*program("web", "app"), *program("app"), *program("orders")]


def told(objects: list[Json], signals: list[Signal]) -> list[Finding]:
    found = findings(watched(*objects, signals=signals), NOW)
    return [one for one in found if one.condition == "network.carrier_changed"]


def test_several_programs_that_suffer_since_its_rollout_point_at_it() -> None:
    objects = [*OBJECTS, *kube_proxy("v2", 1500)]
    (found,) = told(objects, [*slow("app", 0.8, 1400), *slow("orders", 0.8, 1390)])
    assert found.entity.path == "DaemonSet/kube-system/kube-proxy"
    assert "Deployment/shop/orders" in found.facts["explains"]


@pytest.mark.parametrize(
    ("objects", "signals"),
    [
        pytest.param(
            [*OBJECTS, *kube_proxy("v2", 1500)],
            [*slow("app", 0.8, 1400), *slow("web", 0.8, 1390), *well("orders")],
            id="one-and-its-caller",
        ),
        pytest.param(
            [*OBJECTS, *kube_proxy("v2", 9000)],
            [*slow("app", 0.8, 1400), *slow("orders", 0.8, 1390)],
            id="long-before",
        ),
        pytest.param(
            [*OBJECTS, *kube_proxy("v2", 600)],
            [*slow("app", 0.8, 1400), *slow("orders", 0.8, 1390)],
            id="afterwards",
        ),
        pytest.param(
            [*OBJECTS, *kube_proxy("v2", 1500)],
            [*well("app"), *well("orders")],
            id="all-are-well",
        ),
    ],
)
def test_otherwise_it_is_not_suspected(objects: list[Json], signals: list[Signal]) -> None:
    assert told(objects, signals) == []
