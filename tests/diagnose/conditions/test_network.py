"""What NetworkPolicies let through, by port and protocol."""

import pytest
from tests.diagnose.build import Json, make, spotted
from tests.faults.stage import program, says

LOOKUP = "ERROR getaddrinfo EAI_AGAIN orders-db"
TO_DNS = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
TCP, UDP = {"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}


def egress(*ports: Json) -> Json:
    rule = {"to": [TO_DNS], **({"ports": list(ports)} if ports else {})}
    body = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]}
    return make("NetworkPolicy", "web-egress", age=600, spec={**body, "egress": [rule]})


@pytest.mark.parametrize(
    ("ports", "blocks"),
    [
        pytest.param([{"port": 53}], True, id="tcp-by-default"),
        pytest.param([TCP], True, id="tcp"),
        pytest.param([UDP], False, id="udp"),
        pytest.param([TCP, UDP], False, id="both"),
        pytest.param([{"port": "dns", "protocol": "UDP"}], False, id="by-name"),
        pytest.param([{"port": 1, "endPort": 99, "protocol": "UDP"}], False, id="range"),
        pytest.param([{"protocol": "UDP"}], False, id="any-port"),
        pytest.param([], False, id="anything"),
    ],
)
def test_names_are_looked_up_over_udp(ports: list[Json], blocks: bool) -> None:
    objects = [*program("web", "orders-db:5432"), egress(*ports)]
    found = spotted("network.policy_blocks", *objects, logs=[says(objects, "web", LOOKUP)])
    assert [one.entity.path for one in found] == ["NetworkPolicy/shop/web-egress"] * blocks
    assert all("DNS (UDP port 53) for deployment shop/web" in one.claim for one in found)
