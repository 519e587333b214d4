"""Which object the labels of a series mean."""

import pytest
from tests.diagnose.build import DAY, Json, app, make, node, seen, service

from sreagent.domain.entity import Entity
from sreagent.tools.label_owners import Owners, best_labels

CART = Entity(kind="Deployment", namespace="shop", name="cart")
WEB = Entity(kind="Deployment", namespace="shop", name="web")


def objects() -> list[Json]:
    front = service("front", selector={"app": "web"})
    nobody = service("external", selector={"app": "none"})
    pods = [*app("web"), *app("cart"), front, service("cart"), nobody, node()]
    cart = next(one for one in pods if one["metadata"]["name"] == "cart-1-0")
    cart["status"]["podIP"] = "10.1.2.3"
    spec = {"template": {"metadata": {"labels": {"app": "db"}}}}
    return [*pods, make("StatefulSet", "db", age=DAY, spec=spec, status={})]


OWNERS = Owners(seen(*objects()))


@pytest.mark.parametrize(
    ("labels", "entity"),
    [
        pytest.param({"deployment": "cart"}, CART, id="kind"),
        pytest.param({"service": "cart"}, CART, id="service-and-workload"),
        pytest.param({"service": "front"}, WEB, id="service-of-another-name"),
        pytest.param(
            {"service": "external"},
            Entity(kind="Service", namespace="shop", name="external"),
            id="service-without-a-workload",
        ),
        pytest.param({"pod": "cart-1-0"}, CART, id="pod"),
        pytest.param({"pod": "cart-6c9f7d5b8-zx81q"}, CART, id="pod-that-is-gone"),
        pytest.param(
            {"pod": "db-0"},
            Entity(kind="StatefulSet", namespace="shop", name="db"),
            id="pod-of-a-stateful-set-that-is-gone",
        ),
        pytest.param({"instance": "10.1.2.3:9090"}, CART, id="address-of-a-pod"),
        pytest.param({"instance": "cart-1-0:8080"}, CART, id="pod-and-port"),
        pytest.param({"instance": "redis://cart:6379"}, CART, id="address-of-an-exporter"),
        pytest.param({"job": "shop/cart"}, CART, id="namespace-and-name"),
        pytest.param({"destination_service": "cart.shop.svc.cluster.local"}, CART, id="dns-name"),
        pytest.param({"service": "shop-cart-80@kubernetes"}, CART, id="traefik"),
        pytest.param({"service": "cart-exporter"}, CART, id="exporter"),
        pytest.param({"consumergroup": "cart-consumer"}, CART, id="consumer-group"),
        pytest.param({"service": "nobody"}, None, id="nobody"),
        pytest.param({"pod": "nobody-0"}, None, id="pod-of-nobody"),
        pytest.param({"deployment": "gone"}, None, id="workload-that-is-gone"),
        pytest.param({"instance": "10.9.9.9:80"}, None, id="address-of-nobody"),
        pytest.param({}, None, id="no-labels"),
    ],
)
def test_labels_mean_an_object(labels: dict[str, str], entity: Entity | None) -> None:
    assert OWNERS.find({"namespace": "shop", **labels}) == entity


def test_a_name_in_another_namespace_is_another_object() -> None:
    assert OWNERS.find({"namespace": "other", "service": "cart"}) is None


def test_without_a_namespace_a_name_must_be_the_only_one() -> None:
    assert OWNERS.find({"service": "cart"}) == CART
    twins = [*app("web"), *app("web")]
    for one in twins[len(twins) // 2 :]:
        one["metadata"]["namespace"] = "other"
    assert Owners(seen(*twins)).find({"service": "web"}) is None


@pytest.mark.parametrize(
    "labels", [{"node": "node-1"}, {"instance": "10.20.0.11:9100"}, {"instance": "node-1"}]
)
def test_nodes_are_known_by_name_and_address(labels: dict[str, str]) -> None:
    assert OWNERS.node(labels) == Entity(kind="Node", name="node-1")


@pytest.mark.parametrize(
    ("series", "labels"),
    [
        pytest.param(
            [
                {"service": "otel-collector", "service_name": "web", "namespace": "shop"},
                {"service": "otel-collector", "service_name": "cart", "namespace": "shop"},
            ],
            ("service_name",), id="who-was-measured-and-not-who-handed-it-on",
        ),
        pytest.param(
            [
                {"job": "kubernetes-pods", "pod": "web-1-0", "namespace": "shop"},
                {"job": "kubernetes-pods", "pod": "cart-1-0", "namespace": "shop"},
            ],
            ("pod",), id="only-pods",
        ),
        pytest.param(
            [
                {"service": "web", "namespace": "shop"},
                {"service": "web", "namespace": "shop"},
                {"app": "cart", "namespace": "shop"},
            ],
            ("service", "app"), id="one-label-fills-the-gaps-of-the-other",
        ),
        pytest.param([{"job": "prometheus"}], (), id="nothing-that-means-anybody"),
    ],
)  # fmt: skip
def test_the_labels_to_group_by_are_chosen_by_what_they_mean(
    series: list[dict[str, str]], labels: tuple[str, ...]
) -> None:
    assert best_labels(OWNERS, series) == labels


def ingress(name: str, host: str, secret: str = "") -> Json:
    tls = [{"hosts": [host], "secretName": secret}] if secret else []
    return make("Ingress", name, spec={"rules": [{"host": host}], "tls": tls})


SECRET = Entity(kind="Secret", namespace="shop", name="web-tls")
OUTSIDE = Entity(kind="Ingress", namespace="shop", name="outside")
PLAIN = Entity(kind="Ingress", namespace="shop", name="plain")
HOLDERS = Owners(
    seen(
        *objects(),
        make("Secret", "web-tls"),
        ingress("plain", "shop.example.com"),
        ingress("plain", "docs.example.com"),
        ingress("outside", "shop.example.com", "hidden-tls"),
        make("Ingress", "odd", spec={"tls": "none", "rules": [3]}),
    )
)


@pytest.mark.parametrize(
    ("labels", "entity"),
    [
        pytest.param(
            {"exported_namespace": "shop", "namespace": "ingress", "secret_name": "web-tls"},
            SECRET,
            id="nginx",
        ),
        pytest.param(
            {"namespace": "shop", "secret_name": "hidden-tls"}, OUTSIDE, id="secret-not-listed"
        ),
        pytest.param(
            {"namespace": "ops", "secret_namespace": "shop", "secret_name": "web-tls"},
            SECRET,
            id="x509-exporter",
        ),
        pytest.param(
            {"filepath": "/etc/kubernetes/pki/apiserver.crt", "node": "node-1"},
            Entity(kind="Node", name="node-1"),
            id="a-file-of-a-node",
        ),
        pytest.param(
            {"exported_namespace": "shop", "namespace": "cert-manager", "name": "web"},
            Entity(kind="Certificate", namespace="shop", name="web"),
            id="cert-manager",
        ),
        pytest.param({"instance": "https://shop.example.com:443/a?b"}, OUTSIDE, id="probe"),
        pytest.param({"instance": "10.0.0.1:9115", "target": "shop.example.com:443"}, OUTSIDE,
                     id="probe-through-an-exporter"),
        pytest.param({"cn": "", "sans": "x.example.com,shop.example.com"}, OUTSIDE, id="traefik"),
        pytest.param({"cn": "*.example.com"}, OUTSIDE, id="wildcard"),
        pytest.param({"host": "docs.example.com"}, PLAIN, id="host-without-tls"),
        pytest.param({"namespace": "shop", "secret_name": "gone"}, None, id="secret-of-nobody"),
        pytest.param({"namespace": "other", "name": "web"}, None, id="another-namespace"),
        pytest.param({"namespace": "shop", "name": "a b\n"}, None, id="no-name"),
        pytest.param({"host": "_"}, None, id="host-of-nobody"),
        pytest.param({}, None, id="nothing"),
    ],
)  # fmt: skip
def test_a_certificate_is_held_by_an_object(labels: dict[str, str], entity: Entity | None) -> None:
    assert HOLDERS.certificate(labels) == entity
