"""Names that do not resolve: by the name server, by the pod's settings, by a node."""

import pytest
from tests.diagnose.build import (
    NOW,
    Json,
    app,
    container,
    lines,
    log,
    make,
    named,
    node,
    seen,
    service,
    told,
)

from sreagent.diagnose.conditions.run import findings
from sreagent.diagnose.view.corefile import read_corefile
from sreagent.domain.finding import Finding, Severity

USUAL = """.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
    }
    %s
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
}
"""
NXDOMAIN = """template IN A svc.cluster.local {
       match ^cart\\.shop\\.svc\\.cluster\\.local\\.$
       rcode NXDOMAIN
    }"""
NOT_FOUND = "ERROR dial tcp: lookup cart on 10.96.0.10:53: no such host"
TIMES_OUT = "ERROR dial tcp: lookup cart on 10.96.0.10:53: read udp: i/o timeout"
DNS = service("kube-dns", ip="10.96.0.10", namespace="kube-system", labels={"k8s-app": "kube-dns"})


def coredns(extra: str = "", *, usual: str = USUAL, name: str = "coredns") -> Json:
    text = usual % extra if "%s" in usual else usual
    return make("ConfigMap", name, namespace="kube-system", data={"Corefile": text})


def caller(text: str = NOT_FOUND, **spec: object) -> tuple[list[Json], list[object]]:
    calls = container(env=[{"name": "CART_URL", "value": "http://cart:80"}])
    objects = [*app("app", revisions=[(86_400, calls)], spec=spec), *app("cart"), service("cart")]
    return objects, [log(named(objects, "Pod"), lines(text))] if text else []


def found(*more: Json, text: str = NOT_FOUND, **spec: object) -> tuple[Finding, ...]:
    objects, logs = caller(text, **spec)
    return findings(seen(*objects, *more, logs=logs), NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        pytest.param(NXDOMAIN, "a template that answers NXDOMAIN for cart.shop", id="one-name"),
        pytest.param(
            "template ANY ANY svc.cluster.local {\n rcode NXDOMAIN\n }",
            "NXDOMAIN for all names of Services",
            id="a-whole-zone",
        ),
        pytest.param(
            'template ANY ANY svc.cluster.local {\n match ".*\\.svc\\.cluster\\.local\\.?$"\n'
            " rcode NXDOMAIN\n }",
            "NXDOMAIN for all names of Services",
            id="a-pattern-in-quotes",
        ),
        pytest.param(
            "template IN A {\n match .*\\.shop\\.svc\\.cluster\\.local\n rcode SERVFAIL\n }",
            "SERVFAIL for all names of namespace shop",
            id="a-namespace",
        ),
        pytest.param(
            "rewrite name cart.shop.svc.cluster.local old.shop.svc.cluster.local",
            "rewrites cart.shop to old.shop.svc.cluster.local",
            id="rewrite",
        ),
        pytest.param(
            "rewrite name regex (.*)\\.svc\\.cluster\\.local {1}.svc.gone.local",
            "rewrites all names of Services to {1}.svc.gone.local",
            id="rewrite-of-all",
        ),
        pytest.param(
            "hosts {\n 192.0.2.1 cart.shop.svc.cluster.local\n fallthrough\n }",
            "has fixed addresses for cart.shop",
            id="hosts",
        ),
        pytest.param(
            "hosts {\n 192.0.2.1 mail.example.com\n }",
            "without fallthrough",
            id="hosts-that-end-the-search",
        ),
    ],
)
def test_a_corefile_that_answers_wrongly_is_told(extra: str, words: str) -> None:
    (finding,) = told(found(coredns(extra), DNS), "dns.corefile")
    assert words in finding.claim
    assert finding.severity is Severity.CRITICAL
    assert "Deployment/shop/app" in finding.facts["explains"].split()


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param("", id="as-installed"),
        pytest.param("template IN AAAA . {\n rcode NXDOMAIN\n }", id="no-ipv6"),
        pytest.param("rewrite name shop.example.com cart.shop.svc.cluster.local", id="an-alias"),
        pytest.param(NXDOMAIN.replace("cart", "old-cart"), id="of-a-service-that-is-not-there"),
        pytest.param("hosts {\n 192.0.2.1 mail.example.com\n fallthrough\n }", id="hosts-outside"),
        pytest.param("# template IN A { rcode NXDOMAIN }", id="a-comment"),
    ],
)
def test_a_corefile_that_leaves_services_alone_is_left_alone(extra: str) -> None:
    assert not told(found(coredns(extra), DNS), "dns.corefile")


@pytest.mark.parametrize(
    ("config", "is_told"),
    [
        pytest.param(coredns(usual=".:53 {\n forward . 1.1.1.1\n}"), True, id="no-plugin"),
        pytest.param(
            coredns(usual="cluster.local:53 {\n forward . 10.96.0.10\n}", name="node-local-dns"),
            False,
            id="a-cache-before-it",
        ),
        pytest.param(coredns(usual="}{{{\n}}}"), False, id="no-shape"),
        pytest.param(make("ConfigMap", "odd", data={"Corefile": 3}), False, id="no-text"),
    ],
)
def test_a_name_server_without_its_kubernetes_plugin(config: Json, is_told: bool) -> None:
    assert bool(told(found(config), "dns.corefile")) is is_told


def test_who_cannot_resolve_a_name_suspects_the_corefile_that_hides_it() -> None:
    every = found(coredns(NXDOMAIN), DNS)
    (complaint,) = told(every, "pod.log_errors")
    assert "ConfigMap/kube-system/coredns" in [one.path for one in complaint.suspects]


@pytest.mark.parametrize(
    ("spec", "words", "severity"),
    [
        pytest.param(
            {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["8.8.8.8"]}},
            "asks 8.8.8.8 for names (dnsPolicy None), which knows no Service, and calls cart:80",
            Severity.CRITICAL,
            id="another-server",
        ),
        pytest.param(
            {"dnsPolicy": "Default"}, "resolver of its node", Severity.CRITICAL, id="node"
        ),
        pytest.param(
            {"dnsPolicy": "ClusterFirst", "hostNetwork": True},
            "on the network of its node",
            Severity.CRITICAL,
            id="host-network",
        ),
    ],
)
def test_pods_that_ask_another_name_server(spec: Json, words: str, severity: Severity) -> None:
    (finding,) = told(found(DNS, **spec), "workload.dns_policy")
    assert words in finding.claim
    assert finding.severity is severity


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="default"),
        pytest.param({"dnsPolicy": "ClusterFirst"}, id="said"),
        pytest.param({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": True}, id="host-net"),
        pytest.param(
            {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.96.0.10"]}}, id="ours-by-number"
        ),
        pytest.param(
            {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["169.254.20.10", "8.8.8.8"]}},
            id="cache-of-the-node-first",
        ),
        pytest.param({"dnsPolicy": "None", "dnsConfig": "?"}, id="odd-shape"),
    ],
)
def test_pods_that_ask_the_name_server_of_the_cluster(spec: Json) -> None:
    assert not [
        one
        for one in told(found(DNS, **spec), "workload.dns_policy")
        if one.severity is not Severity.WARNING
    ]


@pytest.mark.parametrize(
    ("value", "is_told"), [("15", True), ("5", False), ("2", False), ("x", False)]
)
def test_too_many_dots(value: str, is_told: bool) -> None:
    spec: Json = {"dnsConfig": {"options": [{"name": "ndots", "value": value}]}}
    assert bool(told(found(DNS, **spec), "workload.ndots")) is is_told


def sick_node(*, elsewhere: str = "") -> tuple[Finding, ...]:
    objects = [*app("one"), *app("two"), *app("three"), *app("cart"), service("cart")]
    pods = [one for one in objects if one["kind"] == "Pod"]
    logs = []
    for one in pods:
        here = one["metadata"]["name"].endswith("-0")
        one["spec"] = {**one["spec"], "nodeName": "node-1" if here else "node-2"}
        text = TIMES_OUT if here else elsewhere or "INFO all is well"
        if not one["metadata"]["name"].startswith("cart"):
            logs.append(log(one, lines(text)))
    return findings(seen(*objects, node("node-1"), node("node-2"), DNS, logs=logs), NOW)


def test_a_node_is_told_when_only_its_pods_cannot_resolve() -> None:
    (finding,) = told(sick_node(), "node.resolver")
    assert finding.entity.path == "Node/node-1"
    assert "3 pods elsewhere can" in finding.claim


def test_no_node_is_told_when_nobody_can_resolve() -> None:
    assert not told(sick_node(elsewhere=TIMES_OUT), "node.resolver")


def test_a_corefile_is_read_block_by_block() -> None:
    (server,) = read_corefile(USUAL % NXDOMAIN)
    assert server.zones == (".",)
    names = [one.name for one in server.plugins]
    assert names == ["errors", "health", "kubernetes", "template", "forward", "cache"]
