"""What NetworkPolicies let through, by port and protocol."""

import pytest
from tests.diagnose.build import Json, make, spotted
from tests.faults.neighbours import edit
from tests.faults.stage import program, says

from sreagent.diagnose.view.namespace_labels import NAME

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


LABELS: Json = {"f:metadata": {"f:labels": {".": {}, "f:team": {}}}}
FRONT: Json = {"namespaceSelector": {"matchLabels": {"tier": "front"}}}


def guarded(
    labels: dict[str, str],
    *,
    edited: float | None,
    policy_edited: float | None = None,
    rule: Json | None = None,
) -> list[Json]:
    """A program in another namespace that a policy lets in by a label of its namespace."""
    caller = [one for one in program("web", "stock.store") if one["kind"] != "Service"]
    callee = [
        {**one, "metadata": {**one["metadata"], "namespace": "store"}} for one in program("stock")
    ]
    body = {"podSelector": {"matchLabels": {"app": "stock"}}, "policyTypes": ["Ingress"]}
    deny = {"podSelector": {}, "policyTypes": ["Ingress"]}
    space = make("Namespace", "shop", labels=labels, managed=edit(edited, LABELS) if edited else [])
    when = edit(policy_edited, {"f:spec": {"f:ingress": {}}}) if policy_edited else []
    return [
        *(caller + callee),
        space,
        make("Namespace", "store"),
        make("NetworkPolicy", "front", namespace="store", managed=when,
             spec={**body, "ingress": [rule or {"from": [FRONT]}]}),
        make("NetworkPolicy", "deny", namespace="store", spec=deny),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "edited", "policy_edited", "guilty"),
    [
        pytest.param({"team": "a"}, 600, None, ["Namespace/shop"], id="label-taken-away"),
        pytest.param({"team": "a", "tier": "front"}, 600, None, [], id="label-is-there"),
        pytest.param({"team": "a"}, None, None, [], id="never-edited"),
        pytest.param({"team": "a"}, 600, 300, [], id="policy-edited-since"),
    ],
)
def test_a_namespace_that_lost_its_label_is_shut_out(
    labels: dict[str, str], edited: float | None, policy_edited: float | None, guilty: list[str]
) -> None:
    objects = guarded(labels, edited=edited, policy_edited=policy_edited)
    line = "ERROR Get http://stock.store:80/items: dial tcp: i/o timeout"
    logs = [says(objects, "web", line)]
    found = spotted("namespace.not_admitted", *objects, logs=logs)
    assert [one.entity.path for one in found] == guilty
    assert all("tier=front" in one.claim for one in found)


def test_of_policies_that_shut_one_door_the_one_that_opens_it_for_others_is_told() -> None:
    objects = guarded({"team": "a"}, edited=None)
    line = "ERROR Get http://stock.store:80/items: dial tcp: i/o timeout"
    found = spotted("network.policy_blocks", *objects, logs=[says(objects, "web", line)])
    assert [one.entity.name for one in found] == ["front"]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(
            {"from": [{"namespaceSelector": {"matchLabels": {NAME: "admin"}}}]},
            id="a-namespace-of-another-name",
        ),
        pytest.param(
            {"from": [{**FRONT, "podSelector": {"matchLabels": {"app": "probe"}}}]},
            id="other-pods-of-it",
        ),
        pytest.param(
            {"from": [FRONT], "ports": [{"protocol": "TCP", "port": 9100}]}, id="another-port"
        ),
    ],
)
def test_a_label_that_would_not_let_the_call_in_is_not_missed(rule: Json) -> None:
    objects = guarded({"team": "a"}, edited=600, rule=rule)
    line = "ERROR Get http://stock.store:80/items: dial tcp: i/o timeout"
    logs = [says(objects, "web", line)]
    assert spotted("namespace.not_admitted", *objects, logs=logs) == []
    found = spotted("network.policy_blocks", *objects, logs=logs)
    assert [(one.entity.name, one.suspects) for one in found] == [("front", ())]
