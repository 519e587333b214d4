"""What extensions say: meshes, certificates, deliveries, operators, networks, experiments."""

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
    seen,
    service,
    told,
)

from sreagent.diagnose.conditions.calico import fits
from sreagent.diagnose.conditions.run import findings
from sreagent.domain.finding import Finding, Severity

CALLS = container(env=[{"name": "APP_URL", "value": "http://app:80"}])
RESETS = "ERROR read tcp app:80: connection reset by peer"


def found(*objects: Json, without: tuple[str, ...] = (), logs: Any = ()) -> tuple[Finding, ...]:
    return findings(seen(*objects, refused=without, logs=logs), NOW)


def state(kind: str, status: str, reason: str = "", message: str = "", since: float = 1200) -> Json:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(since),
    }


def said(kind: str, status: str, *more: str, **how: Any) -> Json:
    reason, message = (*more, "", "")[:2]
    return {"conditions": [state(kind, status, reason, message, **how)]}


SERVED = [*app(), service()]
WEB = app("web", revisions=[(5 * DAY, CALLS)])
MESHED = {"containers": [CALLS, {"name": "istio-proxy"}]}


def rule(kind: str, name: str = "rule", age: float = 600, **spec: Any) -> Json:
    return make(kind, name, age=age, spec=spec)


HOST = "app.shop.svc.cluster.local"
EVERY = [
    # Istio
    pytest.param(
        [*SERVED, rule("AuthorizationPolicy", action="DENY", rules=[{}])],
        "mesh.denies",
        "denies every request to deployment shop/app; it is 10 min old",
        id="deny-all",
    ),
    pytest.param(
        [
            *SERVED,
            rule(
                "AuthorizationPolicy",
                selector={"matchLabels": {"app": "app"}},
                action="DENY",
                rules=[{"to": [{"operation": {"methods": ["POST"]}}]}],
            ),
        ],
        "mesh.denies",
        "denies POST requests to deployment shop/app",
        id="deny-some",
    ),
    pytest.param(
        [*SERVED, rule("AuthorizationPolicy")],
        "mesh.denies",
        "allows nothing (no rules)",
        id="allow-nothing",
    ),
    pytest.param(
        [
            *SERVED,
            *WEB,
            make("Namespace", "shop"),
            rule("PeerAuthentication", mtls={"mode": "STRICT"}),
        ],
        "mesh.strict",
        "takes only mutual TLS (STRICT), and deployment shop/web, which is outside the mesh",
        id="strict",
    ),
    pytest.param(
        [
            *SERVED,
            rule(
                "VirtualService",
                hosts=["app"],
                http=[{"fault": {"abort": {"httpStatus": 503, "percentage": {"value": 50}}}}],
            ),
        ],
        "mesh.injects_fault",
        "answers 50% of requests with 503 on purpose to app",
        id="abort",
    ),
    pytest.param(
        [
            *SERVED,
            rule("VirtualService", hosts=[HOST], http=[{"fault": {"delay": {"fixedDelay": "7s"}}}]),
        ],
        "mesh.injects_fault",
        "holds back requests for 7s on purpose",
        id="delay",
    ),
    pytest.param(
        [
            *SERVED,
            rule("VirtualService", http=[{"route": [{"destination": {"host": "gone"}}]}]),
        ],
        "mesh.route_to_nowhere",
        "sends requests to gone, and there is no service shop/gone",
        id="route-to-no-host",
    ),
    pytest.param(
        [
            *SERVED,
            rule(
                "VirtualService",
                http=[{"route": [{"destination": {"host": "app", "subset": "v2"}}]}],
            ),
        ],
        "mesh.route_to_nowhere",
        "subset v2 of app, which no DestinationRule defines",
        id="route-to-no-subset",
    ),
    pytest.param(
        [
            *SERVED,
            rule(
                "DestinationRule", host="app", subsets=[{"name": "v2", "labels": {"version": "2"}}]
            ),
        ],
        "mesh.subset_empty",
        "has subset v2 (version=2), which none of the 2 pods of service shop/app is in",
        id="subset",
    ),
    pytest.param(
        [*SERVED, make("Namespace", "shop", labels={"istio.io/dataplane-mode": "none"})],
        "mesh.left",
        "is not in the ambient mesh (istio.io/dataplane-mode=none)",
        id="out-of-the-mesh",
    ),
    # cert-manager
    pytest.param(
        [
            make(
                "Certificate",
                "tls",
                spec={"dnsNames": ["shop.example.com"], "secretName": "tls"},
                status={"notAfter": ago(7200)},
            )
        ],
        "certificate.expired",
        "for shop.example.com expired 2 h ago",
        id="expired",
    ),
    pytest.param(
        [
            make(
                "Certificate",
                "tls",
                spec={"dnsNames": ["shop.example.com"]},
                status={"notAfter": ago(-2 * DAY), "notBefore": ago(88 * DAY)},
            )
        ],
        "certificate.expired",
        "expires in 2 days",
        id="expires",
    ),
    pytest.param(
        [make("Certificate", "tls", status=said("Ready", "False", "Failed", "acme: 429"))],
        "certificate.not_issued",
        "is not ready: Failed: acme: 429",
        id="not-issued",
    ),
    pytest.param(
        [
            make("ClusterIssuer", "acme", status=said("Ready", "False", "ErrRegister", "no DNS")),
            make(
                "Certificate",
                "tls",
                spec={"issuerRef": {"kind": "ClusterIssuer", "name": "acme"}},
                status=said("Ready", "False", "Pending"),
            ),
        ],
        "issuer.not_ready",
        "cannot issue certificates: ErrRegister: no DNS; 1 wait for it",
        id="issuer",
    ),
    # Deliveries
    pytest.param(
        [
            make(
                "Application",
                "shop",
                namespace="argocd",
                spec={"destination": {"namespace": "shopp"}},
                status={
                    "operationState": {
                        "phase": "Failed",
                        "message": 'namespaces "shopp" not found',
                        "finishedAt": ago(600),
                    }
                },
            )
        ],
        "argo.sync_failed",
        'targets namespace shopp, which does not exist; cannot be synced: namespaces "shopp"',
        id="argo-namespace",
    ),
    pytest.param(
        [
            *SERVED,
            make(
                "Application",
                "shop",
                status={
                    "health": {"status": "Degraded"},
                    "resources": [
                        {
                            "kind": "Deployment",
                            "namespace": "shop",
                            "name": "app",
                            "health": {"status": "Degraded"},
                        }
                    ],
                },
            ),
        ],
        "argo.degraded",
        "is degraded: deployment shop/app",
        id="argo-degraded",
    ),
    pytest.param(
        [make("Application", "shop", status={"sync": {"status": "OutOfSync"}})],
        "argo.out_of_sync",
        "is out of sync (nothing syncs it by itself)",
        id="argo-out-of-sync",
    ),
    pytest.param(
        [
            make(
                "Kustomization",
                "shop",
                status=said("Ready", "False", "BuildFailed", "no such file"),
            )
        ],
        "flux.not_ready",
        "is not ready: BuildFailed: no such file",
        id="flux",
    ),
    pytest.param(
        [make("HelmRelease", "shop", spec={"suspend": True})],
        "flux.suspended",
        "is suspended",
        id="flux-suspended",
    ),
    pytest.param(
        [
            make(
                "Secret",
                "sh.helm.release.v1.shop.v3",
                labels={"owner": "helm", "name": "shop", "version": "3", "status": "failed"},
            )
        ],
        "helm.release_failed",
        "keeps Helm release shop/shop, revision 3, which failed",
        id="helm-failed",
    ),
    pytest.param(
        [
            make(
                "Secret",
                "sh.helm.release.v1.shop.v3",
                labels={
                    "owner": "helm",
                    "name": "shop",
                    "version": "3",
                    "status": "pending-upgrade",
                },
                age=1200,
            )
        ],
        "helm.release_failed",
        "is pending-upgrade since 20 min",
        id="helm-pending",
    ),
    # Operators
    pytest.param(
        [make("ClusterServiceVersion", "pg.v1", status={"phase": "Failed", "message": "no crd"})],
        "olm.csv",
        "is Failed: no crd",
        id="csv",
    ),
    pytest.param(
        [make("Subscription", "pg", status=said("ResolutionFailed", "True", "Constraints"))],
        "olm.subscription",
        "cannot be resolved: Constraints",
        id="subscription",
    ),
    pytest.param(
        [make("InstallPlan", "install-1", status={"phase": "RequiresApproval"})],
        "olm.install_plan",
        "waits for somebody to approve it",
        id="install-plan",
    ),
    pytest.param(
        [
            make(
                "CatalogSource",
                "community",
                status={"connectionState": {"lastObservedState": "TRANSIENT_FAILURE"}},
            )
        ],
        "olm.catalog_source",
        "its connection is TRANSIENT_FAILURE",
        id="catalog-source",
    ),
    pytest.param(
        [make("OperatorGroup", "one"), make("OperatorGroup", "two")],
        "olm.operator_groups",
        "is not the only one of namespace shop (beside two)",
        id="operator-groups",
    ),
    pytest.param(
        [make("ClusterCatalog", "hub", status=said("Serving", "False", "Unavailable"))],
        "olm.catalog",
        "is not served: Unavailable",
        id="catalog",
    ),
    pytest.param(
        [make("ClusterExtension", "pg", status=said("Installed", "False", "Failed", "no bundle"))],
        "olm.extension",
        "is not installed: Failed: no bundle",
        id="extension",
    ),
    # Calico
    pytest.param(
        [
            node(),
            make("BGPConfiguration", "default", spec={"nodeToNodeMeshEnabled": False}),
            make(
                "BGPPeer",
                "reflectors",
                spec={"peerSelector": "node-role.kubernetes.io/master == 'true'"},
            ),
        ],
        "calico.peer_selects_nothing",
        "none of the 1 nodes fits: nodes without a mesh of their own learn no routes",
        id="calico-peer",
    ),
    pytest.param(
        [make("BGPConfiguration", "default", spec={"nodeToNodeMeshEnabled": False})],
        "calico.no_mesh",
        "there is no BGPPeer",
        id="calico-no-mesh",
    ),
    # Policy reports, Prometheus
    pytest.param(
        [
            make(
                "PolicyReport",
                "polr-1",
                results=[
                    {"policy": "labels", "result": "pass"},
                    {"policy": "root", "rule": "no-root", "result": "fail", "severity": "high"},
                ],
            )
        ],
        "policy.violated",
        "tells of 1 broken policies, 1 of them grave: root (no-root)",
        id="policy-report",
    ),
    pytest.param(
        [make("ConfigMap", "prometheus", data={"prometheus.yml": "scrape_configs: [\n- a"})],
        "prometheus.config",
        "is no YAML, so Prometheus will not load it",
        id="prometheus-broken",
    ),
    pytest.param(
        [make("ConfigMap", "prometheus", data={"prometheus.yml": "global: {}"})],
        "prometheus.config",
        "has no scrape_configs",
        id="prometheus-blind",
    ),
    # Experiments
    pytest.param(
        [
            *SERVED,
            make(
                "NetworkChaos",
                "slow",
                spec={
                    "action": "delay",
                    "duration": "30m",
                    "selector": {"namespaces": ["shop"], "labelSelectors": {"app": "app"}},
                },
                status={"experiment": {"desiredPhase": "Run"}, **said("AllInjected", "True")},
            ),
        ],
        "chaos.experiment",
        "is at work: delay of deployment shop/app for 30m",
        id="chaos",
    ),
    pytest.param(
        [
            *SERVED,
            make(
                "ChaosEngine",
                "kill",
                spec={
                    "engineState": "active",
                    "appinfo": {"appns": "shop", "applabel": "app=app"},
                },
            ),
        ],
        "chaos.experiment",
        "is at work: ChaosEngine of deployment shop/app",
        id="litmus",
    ),
]


@pytest.mark.parametrize(("objects", "condition", "words"), EVERY)
def test_what_extensions_say(objects: list[Json], condition: str, words: str) -> None:
    finding = told(found(*objects), condition)[0]
    assert words in finding.claim
    assert finding.uid


IN_TIME = {"notAfter": ago(-60 * DAY), "notBefore": ago(30 * DAY)}
RAN = {"experiment": {"desiredPhase": "Run"}, **said("AllInjected", "True")}


def delay(**more: Any) -> Json:
    spec = {"selector": {"labelSelectors": {"app": "app"}}, **more.pop("spec", {})}
    return make("NetworkChaos", "slow", spec=spec, **{"status": RAN, **more})


QUIET = [
    pytest.param(
        [*SERVED, rule("AuthorizationPolicy", rules=[{"to": [{}]}])], "mesh.", id="lets-some-in"
    ),
    pytest.param(
        [*SERVED, rule("AuthorizationPolicy", selector={"matchLabels": {"app": "x"}})],
        "mesh.",
        id="denies-nobody-here",
    ),
    pytest.param(
        [*SERVED, *WEB, rule("PeerAuthentication", mtls={"mode": "PERMISSIVE"})],
        "mesh.",
        id="permissive",
    ),
    pytest.param(
        [
            *SERVED,
            *app("web", revisions=[(DAY, CALLS)], spec=MESHED),
            make("Namespace", "shop"),
            rule("PeerAuthentication", mtls={"mode": "STRICT"}),
        ],
        "mesh.",
        id="strict-and-all-inside",
    ),
    pytest.param(
        [
            *SERVED,
            make("Namespace", "shop", labels={"istio.io/dataplane-mode": "ambient"}),
            rule("VirtualService", http=[{"route": [{"destination": {"host": "app"}}]}]),
            rule("DestinationRule", host="app", subsets=[{"name": "v1", "labels": {"app": "app"}}]),
        ],
        "mesh.",
        id="well-routed",
    ),
    pytest.param(
        [make("Certificate", "tls", status={**IN_TIME, **said("Ready", "True")})],
        "certificate.",
        id="valid",
    ),
    pytest.param(
        [make("Certificate", "tls", status=said("Ready", "False", since=60))],
        "certificate.",
        id="being-issued",
    ),
    pytest.param(
        [
            make("Namespace", "shop"),
            make(
                "Application",
                "shop",
                spec={"destination": {"namespace": "shop"}},
                status={
                    "health": {"status": "Healthy"},
                    "sync": {"status": "Synced"},
                    "operationState": {"phase": "Succeeded"},
                },
            ),
        ],
        "argo.",
        id="synced",
    ),
    pytest.param(
        [
            make(
                "Application",
                "shop",
                spec={
                    "destination": {"namespace": "new"},
                    "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
                },
            )
        ],
        "argo.",
        id="makes-its-namespace",
    ),
    pytest.param(
        [make("Kustomization", "shop", status=said("Ready", "False", "Progressing"))],
        "flux.",
        id="under-way",
    ),
    pytest.param(
        [
            make(
                "Secret",
                f"sh.helm.release.v1.shop.v{n}",
                labels={"owner": "helm", "name": "shop", "version": str(n), "status": status},
            )
            for n, status in ((9, "failed"), (10, "deployed"))
        ],
        "helm.",
        id="a-failure-that-was-mended",
    ),
    pytest.param(
        [
            make("ClusterServiceVersion", "pg.v1", status={"phase": "Succeeded"}),
            make("Subscription", "pg", status={"state": "AtLatestKnown"}),
            make("OperatorGroup", "one"),
            make("OperatorGroup", "two", namespace="other"),
            make("CatalogSource", "c", status={"connectionState": {"lastObservedState": "READY"}}),
        ],
        "olm.",
        id="operators-are-well",
    ),
    pytest.param(
        [node(), make("BGPPeer", "all", spec={"nodeSelector": "all()"})], "calico.", id="calico"
    ),
    pytest.param(
        [make("ConfigMap", "p", data={"prometheus.yml": "scrape_configs: [{job_name: a}]"})],
        "prometheus.",
        id="prometheus",
    ),
    pytest.param(
        [*SERVED, delay(annotations={"experiment.chaos-mesh.org/pause": "true"})],
        "chaos.",
        id="paused",
    ),
    pytest.param(
        [*SERVED, delay(status={"experiment": {"desiredPhase": "Stop"}})], "chaos.", id="stopped"
    ),
    pytest.param(
        [
            *SERVED,
            delay(
                status={
                    "conditions": [state("AllInjected", "False"), state("AllRecovered", "True")]
                }
            ),
        ],
        "chaos.",
        id="recovered",
    ),
]


@pytest.mark.parametrize(("objects", "family"), QUIET)
def test_extensions_that_are_well(objects: list[Json], family: str) -> None:
    assert not [one.claim for one in found(*objects) if one.condition.startswith(family)]


def test_an_experiment_is_suspected_by_those_it_hits() -> None:
    (finding,) = told(found(*SERVED, *WEB, delay()), "workload.under_experiment")
    assert finding.entity.path == "Deployment/shop/app"
    assert [one.path for one in finding.suspects] == ["NetworkChaos/shop/slow"]


def test_an_experiment_that_hits_nobody_here_is_only_worth_a_look() -> None:
    elsewhere = delay(spec={"selector": {"labelSelectors": {"app": "gone"}}})
    assert told(found(*SERVED, elsewhere), "chaos.experiment")[0].severity is Severity.WARNING


def test_calls_that_are_broken_off_make_strict_encryption_grave() -> None:
    objects = [*SERVED, *WEB, make("Namespace", "shop"),
               rule("PeerAuthentication", mtls={"mode": "STRICT"})]  # fmt: skip
    every = found(*objects, logs=[log(named(WEB, "Pod"), lines(RESETS))])
    (finding,) = told(every, "mesh.strict")
    assert finding.severity is Severity.CRITICAL
    assert finding.facts["explains"] == "Deployment/shop/web"


def test_a_namespace_that_was_not_read_does_not_put_its_pods_outside_the_mesh() -> None:
    objects = [*SERVED, *WEB, rule("PeerAuthentication", mtls={"mode": "STRICT"})]
    assert not told(found(*objects, without=("Namespace",)), "mesh.strict")


def test_a_pool_is_told_when_pods_get_no_address() -> None:
    objects = app()
    starves = event(named(objects, "Pod"), "FailedCreatePodSandBox",
                    "no IP addresses available in range set")  # fmt: skip
    pool = make("IPPool", "default", spec={"cidr": "192.0.2.0/28"})
    (finding,) = told(found(*objects, starves, pool), "calico.pool_exhausted")
    assert "(192.0.2.0/28) has no address left: 1 pods get none" in finding.claim


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("all()", True),
        ("has(role)", True),
        ("!has(role)", False),
        ("role == 'reflector'", True),
        ("role != 'reflector'", False),
        ("role in {'a', 'reflector'}", True),
        ("role not in {'reflector'}", False),
        ("role == 'reflector' && zone == 'a'", False),
        ("role == 'x' || zone == 'b'", True),
        ("(role == 'x')", None),
        ("role ==", None),
        ("has(" * 500, None),
    ],
)
def test_selectors_of_calico(selector: str, expected: bool | None) -> None:
    assert fits(selector, {"role": "reflector", "zone": "b"}) is expected
