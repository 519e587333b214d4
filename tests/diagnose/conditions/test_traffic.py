"""Services, Ingresses, gateways and policies: where traffic goes astray."""

import json
from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    app,
    container,
    event,
    lines,
    log,
    make,
    named,
    node,
    pod,
    running,
    seen,
    service,
    told,
)

from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Finding, Severity

CALLS = container(env=[{"name": "APP_URL", "value": "http://app:80"}])
REFUSED = "ERROR dial tcp app:80: connect: connection refused"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def found(*objects: Json, without: tuple[str, ...] = (), logs: Any = ()) -> tuple[Finding, ...]:
    return findings(seen(*objects, refused=without, logs=logs), NOW)


def at(objects: list[Json], place: str) -> list[Json]:
    """The same objects, their pods on this node."""
    for one in objects:
        if one["kind"] == "Pod":
            one["spec"] = {**one["spec"], "nodeName": place}
    return objects


def tiered(name: str, port: int = 8080) -> list[Json]:
    """A workload whose pods carry `tier=backend` beside their own label."""
    one = container(ports=[{"name": f"p{port}", "containerPort": port}])
    objects = app(name, revisions=[(5 * DAY, one)])
    for each in objects:
        if each["kind"] == "Pod":
            each["metadata"]["labels"] = {"app": name, "tier": "backend"}
    return objects


def wide(**more: Any) -> Json:
    return service("cart", selector={"tier": "backend"}, target=8080, **more)


LB: Json = {"type": "LoadBalancer"}


def spec_of(one: Json, **fields: Any) -> Json:
    one["spec"] = {**one["spec"], **fields}
    return one


PENDING = spec_of(service(), **LB)


@pytest.mark.parametrize(
    ("objects", "condition", "words"),
    [
        pytest.param(
            [*tiered("cart"), *tiered("search", 5000), wide()],
            "service.selects_foreign",
            "also takes in deployment shop/search: 2 of its 4 endpoints are not deployment "
            "shop/cart",
            id="another-port",
        ),
        pytest.param(
            [*tiered("cart"), *tiered("search"), wide(), service("search")],
            "service.selects_foreign",
            "also takes in deployment shop/search",
            id="one-that-has-a-service-of-its-own",
        ),
        pytest.param(
            [
                *at(app(), "node-1"),
                *at(app("web", revisions=[(DAY, CALLS)]), "node-2"),
                spec_of(service(), internalTrafficPolicy="Local"),
            ],
            "service.local_traffic",
            "endpoints only on node-1: calls from other nodes are dropped, and deployment shop/web",
            id="internal-traffic-local",
        ),
        pytest.param(
            [
                *at(app(), "node-1"),
                node("node-1"),
                node("node-2"),
                spec_of(service(), type="NodePort", externalTrafficPolicy="Local"),
            ],
            "service.external_local",
            "1 nodes have no endpoint",
            id="external-traffic-local",
        ),
        pytest.param(
            [
                *app(),
                PENDING,
                event(PENDING, "SyncLoadBalancerFailed", "quota of addresses exceeded"),
            ],
            "service.load_balancer_pending",
            "waits for the address of a load balancer: quota of addresses exceeded",
            id="load-balancer-pending",
        ),
        pytest.param(
            [*app("web", revisions=[(DAY, CALLS)]), make("Service", "app", spec={"ports": []})],
            "service.no_addresses",
            "has no selector, and nobody wrote endpoints for it",
            id="no-selector-no-endpoints",
        ),
        pytest.param(
            [
                make(
                    "Service",
                    "db",
                    spec={"type": "ExternalName", "externalName": "pg.data.svc.cluster.local"},
                )
            ],
            "service.external_name",
            "another name of pg.data.svc.cluster.local, and there is no service data/pg",
            id="external-name-of-nothing",
        ),
        pytest.param(
            [*app(pods=[running(), running(ready=False, since=20)]), service()],
            "service.some_not_ready",
            "has 1 ready of 2 endpoints",
            id="one-not-ready",
        ),
    ],
)
def test_traffic_that_goes_astray(objects: list[Json], condition: str, words: str) -> None:
    finding = told(found(*objects), condition)[0]
    assert words in finding.claim
    assert finding.uid


OUTSIDE = make("Service", "pg", spec={"type": "ExternalName", "externalName": "pg.dc2.example"})


@pytest.mark.parametrize(
    ("objects", "line", "said"),
    [
        pytest.param(
            [OUTSIDE],
            "ERROR dial tcp pg:5432: connect: connection refused",
            "leads to pg.dc2.example outside the cluster, and deployment shop/web gets connection "
            "refused there, 20 times",
            id="refused",
        ),
        pytest.param(
            [OUTSIDE],
            "ERROR pg:5432: database is not accepting commands to avoid wraparound data loss",
            "gets writes refused by the store there, 20 times",
            id="writes refused",
        ),
        pytest.param([OUTSIDE], "INFO connected to pg:5432", "", id="all is well"),
        pytest.param(
            [service("pg")],
            "ERROR dial tcp pg:5432: connect: connection refused",
            "",
            id="a Service of the cluster",
        ),
    ],
)
def test_what_lies_outside_is_told_by_those_who_call_it(
    objects: list[Json], line: str, said: str
) -> None:
    caller = container(env=[{"name": "DB_URL", "value": "postgres://pg:5432/app"}])
    every = [*app("web", revisions=[(5 * DAY, caller)]), *objects]
    logs = [log(named(every, "Pod"), lines(line))]
    claims = [one.claim for one in told(found(*every, logs=logs), "service.outside_fails")]
    assert len(claims) == bool(said)
    assert said in "".join(claims)


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([*tiered("cart"), service("cart", target=8080)], id="its-own-pods-only"),
        pytest.param(
            [*tiered("cart"), *tiered("cart-canary"), wide()], id="a-canary-on-the-same-port"
        ),
        pytest.param(
            [
                *at(app(), "node-1"),
                *at(app("web", revisions=[(DAY, CALLS)]), "node-1"),
                spec_of(service(), internalTrafficPolicy="Local"),
            ],
            id="local-and-callers-on-the-same-node",
        ),
        pytest.param(
            [
                *at(app(), "node-1"),
                *at(app("web", revisions=[(DAY, CALLS)]), "node-2"),
                spec_of(service(), internalTrafficPolicy="Cluster"),
            ],
            id="traffic-of-the-whole-cluster",
        ),
        pytest.param([*app(), spec_of(service(age=60), **LB)], id="load-balancer-just-asked-for"),
        pytest.param(
            [
                *app(),
                {
                    **spec_of(service(), **LB),
                    "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}},
                },
            ],
            id="load-balancer-there",
        ),
        pytest.param(
            [
                *app("web", revisions=[(DAY, CALLS)]),
                make("Service", "app", spec={"ports": []}),
                make(
                    "EndpointSlice",
                    "app-x",
                    labels={"kubernetes.io/service-name": "app"},
                    endpoints=[{"addresses": ["192.0.2.9"]}],
                ),
            ],
            id="addresses-in-a-slice",
        ),
        pytest.param(
            [
                *app("web", revisions=[(DAY, CALLS)]),
                make("Service", "app", spec={"ports": []}),
                make("Endpoints", "app", subsets=[{"addresses": [{"ip": "192.0.2.9"}]}]),
            ],
            id="addresses-in-endpoints",
        ),
        pytest.param(
            [
                make(
                    "Service", "db", spec={"type": "ExternalName", "externalName": "db.example.com"}
                )
            ],
            id="external-name-outside",
        ),
        pytest.param(
            [*app(), spec_of(service(target=9999), clusterIP="None")],
            id="headless-services-translate-no-port",
        ),
        pytest.param(
            [
                *app(pods=[running(ready=False, since=5)]),
                spec_of(service(), publishNotReadyAddresses=True),
            ],
            id="addresses-published-before-ready",
        ),
    ],
)
def test_traffic_that_arrives(objects: list[Json]) -> None:
    grave = {
        one.condition
        for one in found(*objects)
        if one.condition.startswith("service.") and one.severity is not Severity.INFO
    }
    assert not grave


@pytest.mark.parametrize("kind", ["Endpoints", "EndpointSlice"])
def test_addresses_that_could_not_be_listed_are_not_missing(kind: str) -> None:
    objects = [*app("web", revisions=[(DAY, CALLS)]), make("Service", "app", spec={"ports": []})]
    assert not told(found(*objects, without=(kind,)), "service.no_addresses")


def test_a_selector_as_it_was_applied_is_proposed() -> None:
    before = json.dumps({"spec": {"selector": {"app": "cart"}}})
    objects = [*tiered("cart"), *tiered("search", 5000), wide(annotations={APPLIED: before})]
    (finding,) = told(found(*objects), "service.selects_foreign")
    assert json.loads(finding.facts["selector_suggested"]) == {"app": "cart"}


def test_calls_that_fail_make_it_grave() -> None:
    web = app("web", revisions=[(DAY, CALLS)])
    objects = [*at(app(), "node-1"), *at(web, "node-2"),
               spec_of(service(), internalTrafficPolicy="Local")]  # fmt: skip
    text = "ERROR dial tcp app:80: i/o timeout"
    every = found(*objects, logs=[log(named(web, "Pod"), lines(text))])
    (finding,) = told(every, "service.local_traffic")
    assert finding.severity is Severity.CRITICAL
    assert finding.facts["explains"] == "Deployment/shop/web"


# Ingresses


def ingress(
    *paths: tuple[str, str, int], name: str = "web", status: bool = True, **spec: Any
) -> Json:
    rules = [
        {"path": path, "backend": {"service": {"name": to, "port": {"number": port}}}}
        for path, to, port in paths or (("/", "app", 80),)
    ]
    meta = {key: spec.pop(key) for key in ("annotations", "managed", "age") if key in spec}
    served = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}} if status else {}
    body = {"rules": [{"host": "shop.example.com", "http": {"paths": rules}}], **spec}
    return make("Ingress", name, spec=body, status=served, **meta)


NGINX = make("IngressClass", "nginx")
SERVED = [*app(), service()]


@pytest.mark.parametrize(
    ("objects", "condition", "words"),
    [
        pytest.param(
            [*SERVED, ingress(("/", "app", 8080))],
            "ingress.backend",
            "sends shop.example.com/ to app:8080, but service shop/app serves 80",
            id="port",
        ),
        pytest.param([ingress()], "ingress.backend", "there is no service shop/app", id="service"),
        pytest.param(
            [*app(pods=[running(ready=False)]), service(), ingress()],
            "ingress.no_endpoints",
            "answers 503 where it sends to service shop/app",
            id="no-endpoints",
        ),
        pytest.param(
            [*SERVED, NGINX, ingress(status=False, ingressClassName="ngnix")],
            "ingress.class_missing",
            "asks for class ngnix, which does not exist (there is nginx)",
            id="class",
        ),
        pytest.param(
            [*SERVED, NGINX, ingress(status=False)],
            "ingress.class_missing",
            "asks for no class and none is the default",
            id="no-class",
        ),
        pytest.param(
            [*SERVED, ingress(tls=[{"hosts": ["shop.example.com"], "secretName": "shop-tls"}])],
            "ingress.tls_secret_missing",
            "for shop.example.com from secret shop/shop-tls, which does not exist",
            id="tls-secret",
        ),
        pytest.param(
            [
                *SERVED,
                *app("api"),
                service("api"),
                ingress(
                    ("/api", "app", 80),
                    annotations={
                        APPLIED: json.dumps({"spec": ingress(("/api", "api", 80))["spec"]})
                    },
                ),
            ],
            "ingress.misroute",
            "sends shop.example.com/api to app, and was applied with api",
            id="another-service-than-applied",
        ),
        pytest.param(
            [
                *SERVED,
                *app("api"),
                service("api"),
                ingress(
                    ("/api", "app", 80),
                    managed=[
                        {
                            "manager": "kubectl-patch",
                            "time": ago(600),
                            "fieldsV1": {"f:spec": {"f:rules": {}}},
                        }
                    ],
                ),
            ],
            "ingress.misroute",
            "while service shop/api is there and bears its name; it was edited 10 min ago",
            id="another-service-than-its-name",
        ),
    ],
)
def test_an_ingress_that_leads_nowhere(objects: list[Json], condition: str, words: str) -> None:
    assert words in told(found(*objects), condition)[0].claim


DEFAULT = make(
    "IngressClass",
    "nginx",
    annotations={"ingressclass.kubernetes.io/is-default-class": "true"},
)


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([ingress()], id="plain"),
        pytest.param([NGINX, ingress(status=False, ingressClassName="nginx")], id="class-there"),
        pytest.param([DEFAULT, ingress(status=False)], id="default-class"),
        pytest.param([ingress(status=False)], id="no-class-anywhere"),
        pytest.param(
            [NGINX, ingress(status=False, annotations={"kubernetes.io/ingress.class": "haproxy"})],
            id="class-by-annotation",
        ),
        pytest.param([NGINX, ingress(ingressClassName="gone")], id="served-nevertheless"),
        pytest.param([NGINX, ingress(status=False, age=60, ingressClassName="x")], id="just-made"),
        pytest.param(
            [make("Secret", "tls"), ingress(tls=[{"secretName": "tls"}])], id="tls-secret-there"
        ),
        pytest.param([*app("api"), service("api"), ingress(("/api", "app", 80))], id="old-routing"),
    ],
)
def test_an_ingress_that_is_served(objects: list[Json]) -> None:
    assert not [one for one in found(*SERVED, *objects) if one.condition.startswith("ingress.")]


@pytest.mark.parametrize(
    ("kind", "one"),
    [
        ("Secret", ingress(tls=[{"secretName": "tls"}])),
        ("IngressClass", ingress(status=False, ingressClassName="nginx")),
        ("Service", ingress()),
    ],
)
def test_what_could_not_be_listed_is_not_missing_from_an_ingress(kind: str, one: Json) -> None:
    every = found(*SERVED, one, without=(kind,))
    assert not [one for one in every if one.condition.startswith("ingress.")]


def test_an_ingress_in_the_words_of_v1beta1_is_read_too() -> None:
    old = {"serviceName": "gone", "servicePort": 80}
    one = make("Ingress", "web", spec={"rules": [{"http": {"paths": [{"backend": old}]}}]})
    assert "sends / to gone:80" in told(found(one), "ingress.backend")[0].claim


# Gateways


def gateway(name: str = "edge", **fields: Any) -> Json:
    spec = {"gatewayClassName": "envoy", "listeners": fields.pop("listeners", [{"name": "http"}])}
    return make("Gateway", name, spec=spec, **fields)


def state(kind: str, status: str, **more: Any) -> Json:
    return {
        "conditions": [{"type": kind, "status": status, "lastTransitionTime": ago(600), **more}]
    }


ENVOY = make("GatewayClass", "envoy", status=state("Accepted", "True"))


def route(*, to: str = "app", port: int = 80, parent: Json | None = None, **more: Any) -> Json:
    ref = {"name": to, "port": port, **more.pop("ref", {})}
    spec = {"parentRefs": [parent or {"name": "edge"}], "rules": [{"backendRefs": [ref]}]}
    return make("HTTPRoute", "web", spec=spec, **more)


SELECTOR = {"from": "Selector", "selector": {"matchLabels": {"team": "shop"}}}


@pytest.mark.parametrize(
    ("objects", "condition", "words"),
    [
        pytest.param(
            [make("GatewayClass", "envoy", status=state("Accepted", "False", reason="Invalid"))],
            "gatewayclass.not_accepted",
            "is not accepted: Invalid",
            id="class-not-accepted",
        ),
        pytest.param([gateway()], "gateway.class_missing", "class envoy, which", id="class-gone"),
        pytest.param(
            [ENVOY, gateway(status=state("Programmed", "False", reason="NoResources"))],
            "gateway.not_programmed",
            "is not programmed: NoResources",
            id="not-programmed",
        ),
        pytest.param(
            [
                ENVOY,
                gateway(status={"listeners": [{"name": "tls", **state("ResolvedRefs", "False")}]}),
            ],
            "gateway.listener",
            "has listener tls with ResolvedRefs=False",
            id="listener",
        ),
        pytest.param(
            [*SERVED, route()], "route.gateway_missing", "gateway shop/edge, which", id="no-gateway"
        ),
        pytest.param(
            [*SERVED, ENVOY, gateway(), route(port=81)],
            "route.backend",
            "sends requests to app:81, but service shop/app serves 80",
            id="port",
        ),
        pytest.param(
            [ENVOY, gateway(), route()],
            "route.backend",
            "there is no service shop/app",
            id="no-service",
        ),
        pytest.param(
            [
                *SERVED,
                ENVOY,
                gateway(),
                service("pay", namespace="pay"),
                route(to="pay", ref={"namespace": "pay"}),
            ],
            "route.backend",
            "no ReferenceGrant of namespace pay lets it name that Service",
            id="not-granted",
        ),
        pytest.param(
            [
                *SERVED,
                ENVOY,
                gateway(namespace="infra"),
                route(parent={"name": "edge", "namespace": "infra"}),
            ],
            "route.not_admitted",
            "none of whose listeners takes routes of namespace shop",
            id="same-namespace-only",
        ),
        pytest.param(
            [
                *SERVED,
                ENVOY,
                make("Namespace", "shop", labels={"team": "other"}),
                gateway(listeners=[{"name": "http", "allowedRoutes": {"namespaces": SELECTOR}}]),
                route(),
            ],
            "route.not_admitted",
            "takes routes of namespace shop",
            id="labels-of-the-namespace",
        ),
        pytest.param(
            [
                *SERVED,
                ENVOY,
                gateway(),
                route(
                    status={
                        "parents": [
                            {
                                "parentRef": {"name": "edge"},
                                **state("Accepted", "False", reason="NoMatchingListenerHostname"),
                            }
                        ]
                    }
                ),
            ],
            "route.refused",
            "NoMatchingListenerHostname",
            id="refused",
        ),
    ],
)
def test_a_route_that_leads_nowhere(objects: list[Json], condition: str, words: str) -> None:
    assert words in told(found(*objects), condition)[0].claim


GRANT = make(
    "ReferenceGrant",
    "let-shop",
    namespace="pay",
    spec={"from": [{"kind": "HTTPRoute", "namespace": "shop"}], "to": [{"kind": "Service"}]},
)


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([ENVOY, gateway(status=state("Programmed", "True")), route()], id="plain"),
        pytest.param([route(parent={"kind": "Service", "name": "app"})], id="of-a-mesh"),
        pytest.param(
            [
                ENVOY,
                gateway(),
                make("Service", "pay", namespace="pay", spec={"ports": [{"port": 80}]}),
                GRANT,
                route(to="pay", ref={"namespace": "pay"}),
            ],
            id="granted",
        ),
        pytest.param(
            [
                ENVOY,
                make("Namespace", "shop", labels={"team": "shop"}),
                gateway(listeners=[{"name": "http", "allowedRoutes": {"namespaces": SELECTOR}}]),
                route(),
            ],
            id="labels-that-fit",
        ),
        pytest.param([make("GatewayClass", "new", age=30)], id="class-just-made"),
    ],
)
def test_a_route_that_leads_somewhere(objects: list[Json]) -> None:
    every = [one.condition for one in found(*SERVED, *objects)]
    assert not [one for one in every if one.startswith(("gateway", "route."))]


# Policies on configured calls


def deny(age: float = 600, **spec: Any) -> Json:
    body = {"podSelector": {"matchLabels": {"app": "app"}}, "policyTypes": ["Ingress"], **spec}
    return make("NetworkPolicy", "strict", age=age, spec=body)


WEB = app("web", revisions=[(5 * DAY, CALLS)])


def test_a_new_policy_that_forbids_a_configured_call_is_told_without_any_log() -> None:
    every = found(*SERVED, *WEB, deny())
    (finding,) = told(every, "network.policy_forbids")
    assert "deployment shop/web to service shop/app; the policy is 10 min old" in finding.claim
    assert finding.severity is Severity.ERROR
    hit = {one.entity.path for one in told(every, "workload.cut_off")}
    assert hit == {"Deployment/shop/app", "Deployment/shop/web"}


def test_an_old_policy_that_forbids_a_configured_call_is_only_worth_a_look() -> None:
    every = found(*SERVED, *WEB, deny(age=30 * DAY))
    assert told(every, "network.policy_forbids")[0].severity is Severity.WARNING
    assert not told(every, "workload.cut_off")


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(deny(ingress=[{}]), id="lets-all-in"),
        pytest.param(
            deny(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]),
            id="lets-this-one-in",
        ),
        pytest.param(deny(podSelector={"matchLabels": {"app": "other"}}), id="of-others"),
    ],
)
def test_a_policy_that_lets_the_call_pass(policy: Json) -> None:
    assert not told(found(*SERVED, *WEB, policy), "network.policy_forbids")


def test_hygiene_of_policies_is_remarked() -> None:
    every = found(*SERVED, deny(podSelector={}), deny(podSelector={"matchLabels": {"a": "b"}}))
    assert not told(every, "network.default_deny")
    (dead,) = told(every, "network.policy_selects_nothing")
    assert dead.severity is Severity.INFO
    (shut,) = told(found(*SERVED, deny(podSelector={})), "network.default_deny")
    assert "denies ingress of all pods by default" in shut.claim


# Ports that a Service had


def moved(*, by: str = "", edited: float = 600) -> Json:
    """A Service that serves 8081 now, where its callers use 80."""
    one = service()
    one["spec"]["ports"] = [{"name": "http", "port": 8081, "targetPort": "http"}]
    one["metadata"]["managedFields"] = [
        {"manager": "kubectl-edit", "time": ago(edited), "fieldsV1": {"f:spec": {"f:ports": {}}}}
    ]
    if by:
        one["metadata"]["annotations"] = {APPLIED: by}
    return one


BEFORE = json.dumps({"spec": {"ports": [{"port": 80}]}})


@pytest.mark.parametrize(
    ("one", "condition"),
    [
        pytest.param(moved(), "service.port_gone", id="edited-after-its-callers"),
        pytest.param(moved(by=BEFORE, edited=DAY), "service.port_gone", id="applied-with-the-port"),
        pytest.param(moved(edited=DAY), "workload.wrong_address", id="never-edited"),
    ],
)
def test_whose_fault_a_port_is_that_nobody_serves(one: Json, condition: str) -> None:
    web = app("web", revisions=[(5 * DAY, CALLS)])
    every = found(*app(), *web, one, logs=[log(named(web, "Pod"), lines(REFUSED))])
    names = {"service.port_gone", "workload.wrong_address"}
    assert {each.condition for each in every} & names == {condition}


def test_callers_that_came_with_the_wrong_port_are_at_fault_themselves() -> None:
    other = container(env=[{"name": "APP_URL", "value": "http://app:8081"}])
    web = app("web", revisions=[(5 * DAY, other), (300, CALLS)])
    every = found(*app(), *web, moved(edited=900), logs=[log(named(web, "Pod"), lines(REFUSED))])
    assert told(every, "workload.wrong_address")
    assert not told(every, "service.port_gone")


def test_who_asks_by_a_path_that_leads_astray_suffers_from_it() -> None:
    served = {
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(ingress(("/api", "api", 80)))
    }
    web = app("web")
    line = 'ERROR AxiosError: status 404 {"url":"https://shop.example.com/api/carts"}'
    logs = [log(named(web, "Pod"), lines(line, 60, every=10))]
    objects = [
        *SERVED,
        *app("api"),
        service("api"),
        *web,
        ingress(("/api", "app", 80), annotations=served),
    ]
    [astray] = told(found(*objects, logs=logs), "ingress.misroute")
    assert "Deployment/shop/web" in astray.facts["explains"].split()
    for line in ("ERROR at /api/server.js:12", "ERROR 500 of https://other.example.com/api/x", ""):
        logs = [log(named(web, "Pod"), lines(line, 60, every=10))]
        [other] = told(found(*objects, logs=logs), "ingress.misroute")
        assert "Deployment/shop/web" not in other.facts["explains"].split()


def local_port(asked: str, said: str = "operation timed out", *more: Json) -> tuple[Finding, ...]:
    """A node port that only node-1 serves, asked at the address of some node."""
    nodes = [node("node-1"), node("node-2")]
    for place, one in enumerate(nodes, start=1):
        one["status"]["addresses"] = [{"type": "InternalIP", "address": f"10.20.0.1{place}"}]
    opened = spec_of(service(), type="NodePort", externalTrafficPolicy="Local")
    opened["spec"]["ports"][0]["nodePort"] = 30480
    callers = app("web")
    objects = [*at(app(), "node-1"), *callers, *nodes, opened]
    objects += more
    line = f"ERROR request failed (http://{asked}/v2): {said}"
    return found(*objects, logs=[log(named(callers, "Pod"), lines(line))])


def test_who_asks_at_a_node_that_drops_it_makes_the_node_port_an_error() -> None:
    (finding,) = told(local_port("10.20.0.12:30480"), "service.external_local")
    assert finding.severity is Severity.ERROR
    assert finding.claim.endswith("is dropped, and deployment shop/web asks there")
    assert finding.facts["explains"] == "Deployment/shop/web"


UNREADY = pod("app-2", status=running(ready=False), labels={"app": "app"}, node="node-2")


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param(local_port("10.20.0.11:30480"), id="a-node-that-serves"),
        pytest.param(local_port("10.20.0.12:31000"), id="another-port"),
        pytest.param(local_port("10.20.0.12:30480", "status code 500"), id="it-answered"),
        pytest.param(
            local_port("10.20.0.12:30480", "operation timed out", UNREADY), id="a-pod-died-there"
        ),
    ],
)
def test_who_fails_for_another_reason_does_not(heard: tuple[Finding, ...]) -> None:
    (finding,) = told(heard, "service.external_local")
    assert finding.severity is Severity.WARNING


def misled(before: str, after: str) -> tuple[Finding, ...]:
    """`web` calls another address since its newest revision, of which nobody is there."""
    old, new = (container(env=[{"name": "APP_URL", "value": one}]) for one in (before, after))
    callers = app("web", revisions=[(5 * DAY, old), (900, new)])
    host = after.removeprefix("http://")
    line = f'ERROR Get "{after}/": dial tcp: lookup {host.split(":")[0]}: no such host'
    spaces = [make("Namespace", name, namespace="") for name in ("shop", "shops")]
    logs = [log(named(callers, "Pod"), lines(line))]
    return found(*app(), service(), *callers, *spaces, logs=logs)


@pytest.mark.parametrize(
    ("after", "missed"),
    [
        pytest.param("http://app.shops.svc.cluster.local:80", False, id="of a namespace too many"),
        pytest.param("http://cart:80", False, id="another name"),
    ],
)
def test_a_service_that_only_a_new_revision_asks_for_is_not_missed(
    after: str, *, missed: bool
) -> None:
    every = misled("http://app:80", after)
    assert bool(told(every, "service.missing")) is missed
    assert told(every, "workload.wrong_address")


def test_a_service_that_was_always_asked_for_is_missed() -> None:
    assert told(misled("http://cart:80", "http://cart:80"), "service.missing")
