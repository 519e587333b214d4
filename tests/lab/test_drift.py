"""Objects of a state on a real API server: nothing differs, until somebody changes something."""

import base64
import gzip
import json
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from tests.drift.kubernetes import states
from tests.drift.kubernetes.states import NAMESPACE, Attributes
from tests.lab.conftest import Lab

from sreagent.clients.clock import SystemClock
from sreagent.clients.kubernetes_estate import KubernetesEstate, connect_estate
from sreagent.domain.drift import Extent
from sreagent.drift.examine import Examined
from sreagent.drift.examine_kubernetes import examine_kubernetes
from sreagent.drift.reality.kubernetes.manifests import stated
from sreagent.drift.reality.kubernetes.objects import spot_of
from sreagent.drift.state.managed import Managed

pytestmark = pytest.mark.lab("prometheus", "promtool", "prometheus-alertmanager")

POD = "spec[0].template[0].spec[0]"
APP = f"{POD}.container[0]"
Found = dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class Cluster:
    """The lab with all the objects of a state in it."""

    kubeconfig: str
    estate: KubernetesEstate

    def kubectl(self, *words: str, given: str = "", **environment: str) -> str:
        done = subprocess.run(
            ["kubectl", "--kubeconfig", self.kubeconfig, *words],
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make(self, type_: str, attributes: Attributes, manager: str = "HashiCorp") -> None:
        """Make an object anew from what a state says, as Terraform would."""
        said = stated(type_, attributes)
        assert said is not None
        spot = spot_of(said, self.estate)
        assert not isinstance(spot, str), spot
        manifest = {**said.manifest, "apiVersion": spot.api_version}
        if said.kind == "Secret":
            manifest["data"] = {}
            manifest["stringData"] = attributes["data"]
        where = ("-n", said.namespace) if said.namespace else ()
        name = f"{spot.plural}.{spot.version}.{spot.group}" if spot.group else spot.plural
        if said.kind != "Namespace":
            self.kubectl("delete", name, said.name, *where, "--ignore-not-found", "--wait=true")
        text = json.dumps(manifest)
        self.kubectl(
            *("create", "--validate=false", f"--field-manager={manager}", "-f", "-"), given=text
        )

    def examine(self, *resources: Managed, context: str = "admin") -> Examined:
        """Look at the cluster as one of its users."""
        estate = self.estate if context == "admin" else self.seen_by(context)
        return examine_kubernetes(resources, estate)

    def seen_by(self, context: str) -> KubernetesEstate:
        """The cluster as another user sees it."""
        return connect_estate(kubeconfig=self.kubeconfig, context=context, clock=SystemClock())


def managed(type_: str, attributes: Attributes) -> Managed:
    return Managed(address=f"{type_}.x", type=type_, name="x", attributes=attributes)


def found(examined: Examined) -> Found:
    """What is told as drift: by path, before and after."""
    return {
        each.difference.path: (each.difference.before, each.difference.after)
        for each in examined.drifted
        if not each.owner
    }


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Cluster]:
    lab.run("reset")
    lab.applied = ""
    kubeconfig = lab.environment["KUBECONFIG"]
    running = Cluster(
        kubeconfig, connect_estate(kubeconfig=kubeconfig, context="admin", clock=SystemClock())
    )
    for type_, attributes in EVERYTHING.items():
        running.make(type_, attributes)
    yield running
    lab.run("reset")


def _everything() -> dict[str, Attributes]:
    known = states.everything()
    # The API server of the lab is older than this field.
    del known["kubernetes_service"]["spec"][0]["internal_traffic_policy"]
    return known


EVERYTHING = _everything()
RESOURCES = [managed(type_, attributes) for type_, attributes in EVERYTHING.items()]


def test_what_was_made_from_a_state_has_not_drifted(cluster: Cluster) -> None:
    before = cluster.estate.calls
    examined = cluster.examine(*RESOURCES)
    assert found(examined) == {}
    assert examined.gone == ()
    assert {each.extent for each in examined.coverage} == {Extent.COMPLETE}
    assert cluster.estate.calls - before <= 2 * len(RESOURCES)


def patched(kind: str, name: str, patch: str, how: str = "strategic") -> tuple[str, ...]:
    return ("patch", kind, name, "--type", how, "-p", patch)


def in_app(what: Mapping[str, Any]) -> str:
    return in_pod({"containers": [{"name": "app", **what}]})


def in_pod(what: Mapping[str, Any]) -> str:
    return json.dumps({"spec": {"template": {"spec": what}}})


DEPLOYMENT = "kubernetes_deployment_v1"
IMAGE = "registry.test/app:1.4.0"


@pytest.mark.parametrize(
    ("type_", "words", "expected"),
    [
        pytest.param(
            DEPLOYMENT,
            ("set", "image", "deploy/api", "app=registry.test/app:9"),
            {f"{APP}.image": (IMAGE, "registry.test/app:9")},
            id="set image",
        ),
        pytest.param(
            DEPLOYMENT,
            ("scale", "deploy/api", "--replicas=7"),
            {"spec[0].replicas": (3, 7)},
            id="scale",
        ),
        pytest.param(
            DEPLOYMENT,
            ("annotate", "deploy/api", "note=hi"),
            {"metadata[0].annotations.note": (None, "hi")},
            id="annotate",
        ),
        pytest.param(
            DEPLOYMENT,
            ("label", "deploy/api", "team-"),
            {"metadata[0].labels.team": ("checkout", None)},
            id="take a label away",
        ),
        pytest.param(
            DEPLOYMENT,
            ("set", "env", "deploy/api", "DEBUG=1"),
            {f"{APP}.env[4]": (None, {"name": "DEBUG", "value": "1"})},
            id="set env, a new one",
        ),
        pytest.param(
            DEPLOYMENT,
            ("set", "env", "deploy/api", "MODE=slow"),
            {f"{APP}.env[0].value": ("fast", "slow")},
            id="set env, a known one",
        ),
        pytest.param(
            DEPLOYMENT,
            ("set", "env", "deploy/api", "MODE-"),
            {f"{APP}.env[0]": ({"name": "MODE", "value": "fast"}, None)},
            id="set env, taken away",
        ),
        pytest.param(
            DEPLOYMENT,
            ("set", "resources", "deploy/api", "--limits=cpu=2,memory=1Gi"),
            {f"{APP}.resources[0].limits.cpu": ("1000m", "2")},
            id="set resources",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_pod({"containers": [{"name": "debug", "image": "x:1"}]})),
            {f"{POD}.container[1]"},
            id="another container",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_app({"securityContext": {"runAsUser": 0}})),
            {f"{APP}.security_context[0].run_as_user": (1000, 0)},
            id="run as root",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_pod({"hostNetwork": True, "hostPID": True})),
            {
                f"{POD}.host_network": (False, True),
                f"{POD}.host_pid": (False, True),
                # The server gives the ports of the node along.
                f"{APP}.port[0].host_port": (None, 8080),
                f"{APP}.port[1].host_port": (None, 9090),
            },
            id="on the network of the node",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_pod({"nodeSelector": {"zone": "a"}})),
            {f"{POD}.node_selector.zone": (None, "a")},
            id="node selector",
        ),
        pytest.param(
            DEPLOYMENT,
            patched(
                "deploy",
                "api",
                '[{"op":"add","path":"/spec/template/spec/tolerations/-",'
                '"value":{"operator":"Exists"}}]',
                "json",
            ),
            {f"{POD}.toleration[1]": (None, {"operator": "Exists"})},
            id="toleration",
        ),
        pytest.param(
            DEPLOYMENT,
            patched(
                "deploy",
                "api",
                '[{"op":"replace","path":"/spec/template/spec/volumes/0/configMap/name",'
                '"value":"other"}]',
                "json",
            ),
            {f"{POD}.volume[0].config_map[0].name": ("settings", "other")},
            id="volume",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_app({"livenessProbe": {"httpGet": {"path": "/other"}}})),
            {f"{APP}.liveness_probe[0].http_get[0].path": ("/healthz", "/other")},
            id="probe",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_app({"args": ["--port", "80"]})),
            {f"{APP}.args": (["--port", "8080"], ["--port", "80"])},
            id="arguments",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_pod({"dnsPolicy": "Default", "priorityClassName": "high"})),
            {
                f"{POD}.dns_policy": ("ClusterFirst", "Default"),
                f"{POD}.priority_class_name": (None, "high"),
            },
            id="what was never set",
        ),
        pytest.param(
            "kubernetes_config_map",
            patched("cm", "settings", '{"data":{"mode":"slow","extra":"1","zero":null}}', "merge"),
            {"data.mode": ("fast", "slow"), "data.extra": (None, "1"), "data.zero": ("0", None)},
            id="config map",
        ),
        pytest.param(
            "kubernetes_service",
            patched("svc", "api", '{"spec":{"type":"NodePort","selector":{"tier":"x"}}}'),
            {"spec[0].type": ("ClusterIP", "NodePort"), "spec[0].selector.tier": (None, "x")},
            id="service opened",
        ),
        pytest.param(
            "kubernetes_service",
            patched("svc", "api", '{"spec":{"ports":[{"port":9090,"targetPort":1}]}}'),
            {"spec[0].port[1].target_port": ("metrics", 1)},
            id="port of a service",
        ),
        pytest.param(
            "kubernetes_role_v1",
            patched(
                "role", "reader", '[{"op":"add","path":"/rules/0/verbs/-","value":"*"}]', "json"
            ),
            {"rule[0].verbs": (["get", "list"], ["get", "list", "*"])},
            id="verbs of a role",
        ),
        pytest.param(
            "kubernetes_cluster_role_v1",
            patched(
                "clusterrole",
                "reader",
                '[{"op":"add","path":"/rules/0","value":'
                '{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}}]',
                "json",
            ),
            {
                "rule[2]": (
                    None,
                    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
                )
            },
            id="rule put before the others",
        ),
        pytest.param(
            "kubernetes_role_binding_v1",
            patched("rolebinding", "reader", '[{"op":"remove","path":"/subjects/0"}]', "json"),
            {
                "subject[0]": (
                    {"kind": "ServiceAccount", "name": "api", "namespace": NAMESPACE},
                    None,
                )
            },
            id="subject taken away",
        ),
        pytest.param(
            "kubernetes_cluster_role_binding",
            patched(
                "clusterrolebinding",
                "reader",
                '[{"op":"add","path":"/subjects/-","value":{"kind":"Group",'
                '"name":"system:authenticated","apiGroup":"rbac.authorization.k8s.io"}}]',
                "json",
            ),
            {"subject[2]"},
            id="everybody bound",
        ),
        pytest.param(
            "kubernetes_network_policy_v1",
            patched(
                "netpol",
                "api",
                '[{"op":"add","path":"/spec/ingress/0/from/-",'
                '"value":{"ipBlock":{"cidr":"0.0.0.0/0"}}}]',
                "json",
            ),
            {"spec[0].ingress[0].from[2]": (None, {"ipBlock": {"cidr": "0.0.0.0/0"}})},
            id="network policy opened",
        ),
        pytest.param(
            "kubernetes_ingress_v1",
            patched(
                "ingress",
                "api",
                '[{"op":"replace","path":"/spec/rules/0/http/paths/0/backend/service/port/number",'
                '"value":81},{"op":"replace","path":"/spec/rules/0/host","value":"x.test"}]',
                "json",
            ),
            {
                "spec[0].rule[0].host": ("shop.test", "x.test"),
                "spec[0].rule[0].http[0].path[0].backend[0].service[0].port[0].number": (80, 81),
            },
            id="ingress",
        ),
        pytest.param(
            "kubernetes_horizontal_pod_autoscaler_v1",
            patched("hpa", "web", '{"spec":{"maxReplicas":90}}'),
            {"spec[0].max_replicas": (10, 90)},
            id="autoscaler",
        ),
        pytest.param(
            "kubernetes_horizontal_pod_autoscaler_v2",
            ("annotate", "hpa", "two", "note=x"),
            {"metadata[0].annotations.note": (None, "x")},
            id="autoscaler by metrics",
        ),
        pytest.param(
            "kubernetes_pod_disruption_budget_v1",
            patched("pdb", "api", '{"spec":{"minAvailable":1}}', "merge"),
            {"spec[0].min_available": ("50%", 1)},
            id="disruption budget",
        ),
        pytest.param(
            "kubernetes_cron_job_v1",
            patched(
                "cronjobs.v1beta1.batch",
                "nightly",
                '{"spec":{"suspend":false,"failedJobsHistoryLimit":5}}',
                "merge",
            ),
            {"spec[0].suspend": (True, False), "spec[0].failed_jobs_history_limit": (0, 5)},
            id="cron job",
        ),
        pytest.param(
            "kubernetes_resource_quota_v1",
            patched("quota", "most", '{"spec":{"hard":{"requests.cpu":"5","services":"1"}}}'),
            {
                "spec[0].hard.requests.cpu": ("4000m", "5"),
                "spec[0].hard.services": (None, "1"),
            },
            id="quota",
        ),
        pytest.param(
            "kubernetes_limit_range_v1",
            patched(
                "limits",
                "usual",
                '[{"op":"replace","path":"/spec/limits/0/default/cpu","value":"3"}]',
                "json",
            ),
            {"spec[0].limit[0].default.cpu": ("1000m", "3")},
            id="limit range",
        ),
        pytest.param(
            "kubernetes_priority_class_v1",
            patched("priorityclass", "high", '{"description":"x"}', "merge"),
            {"description": ("pays the bills", "x")},
            id="priority class",
        ),
        pytest.param(
            "kubernetes_validating_webhook_configuration_v1",
            patched(
                "validatingwebhookconfiguration",
                "guard",
                '[{"op":"replace","path":"/webhooks/0/namespaceSelector/matchLabels",'
                '"value":{"guarded":"no"}}]',
                "json",
            ),
            {"webhook[0].namespace_selector[0].match_labels.guarded": ("yes", "no")},
            id="webhook switched off",
        ),
        pytest.param(
            "kubernetes_stateful_set_v1",
            patched(
                "sts", "db", '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'
            ),
            {"spec[0].update_strategy[0].type": ("RollingUpdate", "OnDelete")},
            id="stateful set",
        ),
        pytest.param(
            "kubernetes_daemonset",
            patched(
                "ds",
                "agent",
                '{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":"50%"}}}}',
            ),
            {"spec[0].strategy[0].rolling_update[0].max_unavailable": (1, "50%")},
            id="daemon set",
        ),
        pytest.param(
            "kubernetes_service_account_v1",
            patched("sa", "api", '{"automountServiceAccountToken":false}'),
            {"automount_service_account_token": (True, False)},
            id="service account",
        ),
        pytest.param(
            "kubernetes_persistent_volume_v1",
            patched("pv", "disk", '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'),
            {"spec[0].persistent_volume_reclaim_policy": ("Retain", "Delete")},
            id="persistent volume",
        ),
        pytest.param(
            "kubernetes_storage_class_v1",
            patched("sc", "slow", '{"allowVolumeExpansion":false}'),
            {"allow_volume_expansion": (True, False)},
            id="storage class",
        ),
        pytest.param(
            "kubernetes_namespace_v1",
            ("label", "ns", NAMESPACE, "team=other", "--overwrite"),
            {"metadata[0].labels.team": ("checkout", "other")},
            id="namespace",
        ),
        pytest.param(
            "kubernetes_manifest",
            patched("cm", "by-hand", '{"data":{"mode":"slow"},"metadata":{"labels":{"x":"y"}}}'),
            {"manifest.data.mode": ("fast", "slow"), "manifest.metadata.labels.x": (None, "y")},
            id="manifest",
        ),
    ],
)
def test_a_change_is_told_at_exactly_its_path(
    cluster: Cluster, type_: str, words: tuple[str, ...], expected: Found | set[str]
) -> None:
    cluster.kubectl(*words, "-n", NAMESPACE)
    try:
        examined = cluster.examine(*RESOURCES)
    finally:
        if type_ == "kubernetes_namespace_v1":
            cluster.kubectl("label", "ns", NAMESPACE, "team=checkout", "--overwrite")
        else:
            cluster.make(type_, EVERYTHING[type_])
    assert {each.managed.type for each in examined.drifted} == {type_}
    told = found(examined)
    assert told == expected or set(told) == expected
    assert not [each for each in examined.drifted if each.shallow]
    assert examined.gone == ()
    names = {each.who for each in examined.authors.values()}
    assert all(name.startswith("kubectl") for name in names)


def test_what_is_deleted_is_missing_and_nothing_else(cluster: Cluster) -> None:
    cluster.kubectl("delete", "cm", "settings", "-n", NAMESPACE)
    cluster.kubectl("delete", "clusterrolebinding", "reader")
    try:
        examined = cluster.examine(*RESOURCES)
    finally:
        for type_ in ("kubernetes_config_map", "kubernetes_cluster_role_binding"):
            cluster.make(type_, EVERYTHING[type_])
    gone = {each.managed.type for each in examined.gone}
    assert gone == {"kubernetes_config_map", "kubernetes_cluster_role_binding"}
    assert found(examined) == {}


def test_who_edited_is_told_with_the_time(cluster: Cluster) -> None:
    editor = "sed -i s#test/app:1.4.0#test/app:2#"
    cluster.kubectl("edit", "deploy/api", "-n", NAMESPACE, KUBE_EDITOR=editor)
    try:
        examined = cluster.examine(managed(DEPLOYMENT, EVERYTHING[DEPLOYMENT]))
    finally:
        cluster.make(DEPLOYMENT, EVERYTHING[DEPLOYMENT])
    (drift,) = examined.drifted
    assert drift.difference.path == f"{APP}.image"
    author = examined.authors[drift.key]
    assert author.who == "kubectl edit"
    assert author.when is not None
    assert author.source == "managedFields"


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        pytest.param(DEPLOYMENT, ("rollout", "restart", "deploy/api"), id="restarted"),
        pytest.param(
            DEPLOYMENT, ("annotate", "deploy/api", "kubernetes.io/change-cause=x"), id="cause"
        ),
        pytest.param(
            DEPLOYMENT, ("annotate", "deploy/api", "meta.helm.sh/release-name=x"), id="helm's keys"
        ),
        pytest.param(
            DEPLOYMENT,
            ("set", "resources", "deploy/api", "--limits=cpu=1,memory=1Gi", "--requests=cpu=250m"),
            id="quantities in another spelling",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", in_pod({"terminationGracePeriodSeconds": 30})),
            id="a default, said",
        ),
        pytest.param(
            DEPLOYMENT,
            patched("deploy", "api", '{"metadata":{"finalizers":["x.test/y"]}}'),
            id="finalizers",
        ),
        pytest.param(
            "kubernetes_service",
            patched("svc", "api", '{"metadata":{"ownerReferences":[]}}'),
            id="owners",
        ),
        pytest.param(
            "kubernetes_service_account_v1",
            patched("sa", "api", '{"secrets":[{"name":"api-token-abcde"}]}'),
            id="token of an account",
        ),
        pytest.param(
            "kubernetes_network_policy_v1",
            ("annotate", "netpol", "api", "field.cattle.io/description=x"),
            id="a dashboard's keys",
        ),
    ],
)
def test_what_changes_by_itself_is_no_drift(
    cluster: Cluster, type_: str, words: tuple[str, ...]
) -> None:
    cluster.kubectl(*words, "-n", NAMESPACE)
    try:
        examined = cluster.examine(managed(type_, EVERYTHING[type_]))
    finally:
        if "finalizers" in words[-1]:
            cluster.kubectl(*patched("deploy", "api", '{"metadata":{"finalizers":null}}'),
                            "-n", NAMESPACE)  # fmt: skip
        cluster.make(type_, EVERYTHING[type_])
    assert examined.drifted == ()


def test_what_a_person_made_with_the_same_words_has_not_drifted(cluster: Cluster) -> None:
    """All defaults belong to kubectl then: the server itself says that they are none."""
    spare = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "spare", "namespace": NAMESPACE},
        "spec": {
            "selector": {"matchLabels": {"app": "spare"}},
            "template": {
                "metadata": {"labels": {"app": "spare"}},
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "image": "x:1",
                            "readinessProbe": {"tcpSocket": {"port": 80}},
                            "ports": [{"containerPort": 80}],
                        }
                    ],
                    "volumes": [{"name": "v", "configMap": {"name": "settings"}}],
                },
            },
        },
    }
    resource = managed("kubernetes_manifest", {"manifest": spare})
    cluster.kubectl("apply", "-f", "-", given=json.dumps(spare))
    assert cluster.examine(resource).drifted == ()
    probe = in_app({"readinessProbe": {"failureThreshold": 9}})
    cluster.kubectl(*patched("deploy", "spare", probe), "-n", NAMESPACE)
    told = found(cluster.examine(resource))
    container = "manifest.spec.template.spec.containers[0]"
    assert told == {f"{container}.readinessProbe.failureThreshold": (None, 9)}
    cluster.kubectl("delete", "deploy", "spare", "-n", NAMESPACE)


def test_replicas_that_an_autoscaler_sets_are_its_own(cluster: Cluster) -> None:
    web = states.deployment("web")
    cluster.make(DEPLOYMENT, web)
    cluster.kubectl("scale", "deploy/web", "--replicas=6", "-n", NAMESPACE)
    (drift,) = cluster.examine(managed(DEPLOYMENT, web)).drifted
    assert drift.owner == "HorizontalPodAutoscaler web scales it"
    cluster.kubectl("delete", "deploy", "web", "-n", NAMESPACE)


@pytest.mark.parametrize(
    ("manager", "reason"),
    [
        pytest.param("kube-controller-manager", "kube-controller-manager owns", id="controller"),
        pytest.param("keda", "KEDA owns the field", id="keda"),
        pytest.param("vpa-updater", "the VerticalPodAutoscaler owns", id="vpa"),
        pytest.param("argocd-application-controller", "Argo CD deploys it", id="argo"),
    ],
)
def test_what_a_controller_wrote_is_its_own(cluster: Cluster, manager: str, reason: str) -> None:
    words = patched("deploy", "api", in_app({"image": "registry.test/app:8"}))
    cluster.kubectl(*words, "-n", NAMESPACE, f"--field-manager={manager}")
    try:
        (drift,) = cluster.examine(managed(DEPLOYMENT, EVERYTHING[DEPLOYMENT])).drifted
    finally:
        cluster.make(DEPLOYMENT, EVERYTHING[DEPLOYMENT])
    assert drift.owner.startswith(reason)


def test_a_sidecar_that_was_injected_is_no_drift(cluster: Cluster) -> None:
    sidecar = {"containers": [{"name": "istio-proxy", "image": "istio/proxy:1"}]}
    cluster.kubectl(*patched("deploy", "api", in_pod(sidecar)), "-n", NAMESPACE)
    try:
        (drift,) = cluster.examine(managed(DEPLOYMENT, EVERYTHING[DEPLOYMENT])).drifted
    finally:
        cluster.make(DEPLOYMENT, EVERYTHING[DEPLOYMENT])
    assert drift.owner == "the injector of istio adds it"


def test_values_of_secrets_are_compared_and_never_shown(cluster: Cluster) -> None:
    before, after = secrets.token_hex(8), secrets.token_hex(8)
    attributes = {
        "binary_data": {},
        "data": {"password": before, "user": "jo"},
        "id": f"{NAMESPACE}/db",
        "immutable": False,
        "metadata": states.metadata("db"),
        "type": "Opaque",
        "wait_for_service_account_token": True,
    }
    cluster.make("kubernetes_secret_v1", attributes)
    resource = managed("kubernetes_secret_v1", attributes)
    assert cluster.examine(resource).drifted == ()
    patch = json.dumps({"stringData": {"password": after, "more": after}})
    cluster.kubectl(*patched("secret", "db", patch), "-n", NAMESPACE)
    examined = cluster.examine(resource)
    assert set(found(examined)) == {"data.password", "data.more"}
    assert all(each.secret for each in examined.drifted)
    assert all(not each.shallow for each in examined.drifted)
    assert before not in repr(examined)
    assert after not in repr(examined)
    assert "(hidden " in repr(examined)
    cluster.kubectl("delete", "secret", "db", "-n", NAMESPACE)


def test_who_may_only_read_gets_a_shallow_comparison(cluster: Cluster) -> None:
    cluster.kubectl("set", "image", "deploy/api", "app=registry.test/app:9", "-n", NAMESPACE)
    try:
        examined = cluster.examine(
            managed(DEPLOYMENT, EVERYTHING[DEPLOYMENT]),
            managed("kubernetes_config_map", EVERYTHING["kubernetes_config_map"]),
            context="viewer",
        )
    finally:
        cluster.make(DEPLOYMENT, EVERYTHING[DEPLOYMENT])
    (drift,) = examined.drifted
    assert drift.difference.path == f"{APP}.image"
    assert drift.shallow
    assert "cannot patch" in examined.coverage[1].why
    extents = {each.type: each.extent for each in examined.coverage}
    assert extents == {DEPLOYMENT: Extent.SHALLOW, "kubernetes_config_map": Extent.COMPLETE}


def test_what_may_not_be_read_is_not_looked_at(cluster: Cluster) -> None:
    examined = cluster.examine(*RESOURCES, context="limited")
    assert examined.gone == ()
    assert examined.drifted == ()
    assert {each.extent for each in examined.coverage} == {Extent.NOT_LOOKED_AT}
    assert all("not allowed to read" in each.why for each in examined.coverage)


def test_a_cluster_without_any_of_it_is_doubted(cluster: Cluster) -> None:
    absent = [
        managed("kubernetes_config_map", {"metadata": states.metadata(f"no-{number}")})
        for number in range(5)
    ]
    examined = cluster.examine(*absent)
    assert len(examined.gone) == 5
    assert "none of the 5 resources is there" in examined.troubles[0].message


def test_many_objects_take_few_calls(cluster: Cluster) -> None:
    many = [
        {
            "data": {"n": str(number)},
            "metadata": states.metadata(f"many-{number}"),
            "id": f"{NAMESPACE}/many-{number}",
        }
        for number in range(300)
    ]
    manifests = [stated("kubernetes_config_map", each) for each in many]
    items = [{**each.manifest, "apiVersion": "v1"} for each in manifests if each]
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": items})
    cluster.kubectl("create", "--field-manager=HashiCorp", "-f", "-", given=text)
    resources = [managed("kubernetes_config_map", each) for each in many]
    before = cluster.estate.calls
    assert cluster.examine(*resources).drifted == ()
    assert cluster.estate.calls - before <= 3
    cluster.kubectl(*patched("cm", "many-7", '{"data":{"n":"x"}}'), "-n", NAMESPACE)
    before = cluster.estate.calls
    assert found(cluster.examine(*resources)) == {"data.n": ("7", "x")}
    assert cluster.estate.calls - before <= 4


def test_nothing_is_stored(cluster: Cluster) -> None:
    listed = ("get", "all,cm,netpol,role", "-n", NAMESPACE, "-o")
    versions = (*listed, "jsonpath={.items[*].metadata.resourceVersion}")
    cluster.kubectl("annotate", "svc", "api", "note=x", "-n", NAMESPACE)
    before = cluster.kubectl(*versions, "--field-selector=metadata.name=api")
    examined = cluster.examine(*RESOURCES)
    assert found(examined) == {"metadata[0].annotations.note": (None, "x")}
    assert cluster.kubectl(*versions, "--field-selector=metadata.name=api") == before
    cluster.make("kubernetes_service", EVERYTHING["kubernetes_service"])


def record_of(values: Mapping[str, Any], manifests: list[Any], **more: Any) -> dict[str, Any]:
    """What Helm keeps of a release."""
    return {
        "name": "shop",
        "namespace": NAMESPACE,
        "version": 3,
        "info": {"status": "deployed"},
        "chart": {"metadata": {"name": "shop", "version": "1.4.0", "appVersion": "9"}},
        "config": values,
        "manifest": "".join(f"---\n{yaml.safe_dump(each)}" for each in manifests),
        **more,
    }


def keep(cluster: Cluster, record: Mapping[str, Any]) -> None:
    """Store a record as Helm does."""
    packed = base64.b64encode(gzip.compress(json.dumps(record).encode())).decode()
    version = str(record["version"])
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": f"sh.helm.release.v1.shop.v{version}",
            "namespace": NAMESPACE,
            "labels": {"owner": "helm", "name": "shop", "version": version},
        },
        "stringData": {"release": packed},
    }
    cluster.kubectl("apply", "-f", "-", given=json.dumps(secret))


def release_in_state(values: Mapping[str, Any]) -> Managed:
    metadata = {
        "app_version": "9",
        "chart": "shop",
        "name": "shop",
        "namespace": NAMESPACE,
        "revision": 3,
        "values": json.dumps(values),
        "version": "1.4.0",
    }
    attributes = {
        "chart": "shop",
        "metadata": [metadata],
        "name": "shop",
        "namespace": NAMESPACE,
        "status": "deployed",
        "version": "1.4.0",
        "set_sensitive": [{"name": "db.password", "type": "", "value": "x"}],
    }
    return managed("helm_release", attributes)


def test_a_release_of_helm_is_compared_by_its_record_and_its_objects(cluster: Cluster) -> None:
    password, other = secrets.token_hex(8), secrets.token_hex(8)
    objects: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "of-helm"},
            "data": {"mode": "fast"},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "of-helm", "labels": {"app.kubernetes.io/managed-by": "Helm"}},
            "spec": {
                "selector": {"matchLabels": {"app": "of-helm"}},
                "template": {
                    "metadata": {"labels": {"app": "of-helm"}},
                    "spec": {"containers": [{"name": "app", "image": "x:1"}]},
                },
            },
        },
    ]
    values = {"db": {"password": password}, "replicas": 2, "host": "shop.test"}
    keep(cluster, record_of(values, objects))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("create", "-n", NAMESPACE, "--field-manager=helm", "-f", "-", given=text)
    said = {**values, "db": {"password": "(sensitive value)"}}
    resource = release_in_state(said)
    assert cluster.examine(resource).drifted == ()

    cluster.kubectl("set", "image", "deploy/of-helm", "app=x:2", "-n", NAMESPACE)
    cluster.kubectl("delete", "cm", "of-helm", "-n", NAMESPACE)
    changed = {**values, "replicas": 5, "host": other, "extra": {"token": other}}
    keep(cluster, record_of(changed, objects, version=4))
    examined = cluster.examine(resource)
    told = found(examined)
    deployment = f'manifest["Deployment {NAMESPACE}/of-helm"]'
    assert set(told) == {
        "metadata[0].revision",
        "values.replicas",
        "values.host",
        "values.extra.token",
        f'manifest["ConfigMap {NAMESPACE}/of-helm"]',
        f"{deployment}.spec.template.spec.containers[0].image",
    }
    assert told["metadata[0].revision"] == (3, 4)
    assert told["values.replicas"] == (2, 5)
    assert told[f"{deployment}.spec.template.spec.containers[0].image"] == ("x:1", "x:2")
    assert password not in repr(examined)
    assert other not in repr(examined)

    keep(cluster, record_of(changed, objects, version=5, info={"status": "failed"}))
    examined = cluster.examine(resource)
    assert found(examined)["status"] == ("deployed", "failed")
    assert examined.coverage[0].extent is Extent.SHALLOW
    cluster.kubectl("delete", "deploy", "of-helm", "-n", NAMESPACE)
    cluster.kubectl("delete", "secrets", "-l", "owner=helm", "-n", NAMESPACE)
    assert [each.managed.type for each in cluster.examine(resource).gone] == ["helm_release"]


def test_records_of_helm_that_may_not_be_read_are_not_looked_at(cluster: Cluster) -> None:
    examined = cluster.examine(release_in_state({}), context="viewer")
    assert examined.gone == ()
    assert examined.coverage[0].extent is Extent.NOT_LOOKED_AT
