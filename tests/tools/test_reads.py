"""What a kubectl line brings back from a cluster, and what it never brings back."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
import yaml
from tests.clients.conftest import StillClock

from sreagent.clients.apiserver import ApiServer
from sreagent.clients.clock import SystemClock
from sreagent.clients.kubeconfig import read_login
from sreagent.clients.kubernetes import KubernetesCluster
from sreagent.clients.kubernetes_reads import KubernetesReads
from sreagent.domain.command import KubectlRead
from sreagent.domain.errors import Forbidden, NotFound, TimedOut, Unreachable
from sreagent.domain.evidence import Health
from sreagent.simulator import Simulation
from sreagent.simulator.api import Caller, Place
from sreagent.simulator.kinds import kind_named
from sreagent.tools.lines import parse, render
from sreagent.tools.reads import KubectlReads
from sreagent.tools.sighting import Sighting

See = Callable[[str], Sighting]
WORD = secrets.token_hex(12)
"""A secret of this run: wherever it shows, it leaked."""


@pytest.fixture(scope="module")
def running() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        for text in _EXTRA:
            create(simulation, text)
        yield simulation


def create(simulation: Simulation, text: str) -> None:
    obj = yaml.safe_load(text)
    kind = kind_named(obj["apiVersion"], obj["kind"])
    assert kind is not None
    simulation.cluster.api.create(Place(kind=kind, namespace="shop"), obj, Caller(manager="test"))


_BASE64 = base64.b64encode(WORD.encode()).decode()
_EXTRA = (
    f"""
    apiVersion: v1
    kind: Secret
    metadata:
      name: database
      annotations:
        kubectl.kubernetes.io/last-applied-configuration: '{{"stringData":{{"a":"{WORD}"}}}}'
    data: {{password: {_BASE64}}}
    """,
    f"""
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: telling
      annotations:
        kubectl.kubernetes.io/last-applied-configuration: >-
          {{"kind":"ConfigMap","data":{{"TOKEN":"{WORD}"}}}}
    data:
      API_TOKEN: "{WORD}"
      app.properties: |
        colour=green
        db.password={WORD}
      address: postgres://shop:{WORD}@db/shop
      LIMIT: "7"
    """,
    f"""
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: keeper, labels: {{app: keeper}}}}
    spec:
      replicas: 0
      selector: {{matchLabels: {{app: keeper}}}}
      template:
        metadata:
          labels: {{app: keeper}}
        spec:
          containers:
          - name: keeper
            image: registry.example.com/shop/keeper:1
            args: ["--db-pass", "{WORD}", "--mode", "fast"]
            readinessProbe: {{exec: {{command: ["redis-cli", "-a", "{WORD}", "ping"]}}}}
            livenessProbe: {{exec: {{command: ["mysqladmin", "-p{WORD}", "ping"]}}}}
            env:
            - {{name: DB_PASSWORD, value: "{WORD}"}}
            - {{name: COLOUR, value: green}}
    """,
)


def reads_of(simulation: Simulation, context: str = "admin") -> KubectlReads:
    login = read_login(str(simulation.kubeconfig), context)
    clock = SystemClock()
    api = ApiServer(login, timeout=10.0, clock=clock)
    return KubectlReads(
        cluster=KubernetesCluster(api, clock=clock),
        api=KubernetesReads(api),
        clock=clock,
        render=render,
        preview=lambda action: f"would {action.verb} {action.target}",
    )


def seeing(reads: KubectlReads) -> See:
    def see(line: str) -> Sighting:
        read = parse(line)
        assert isinstance(read, KubectlRead), read
        return reads.run(read)

    return see


@pytest.fixture(scope="module")
def see(running: Simulation) -> See:
    """Run a line as the admin."""
    return seeing(reads_of(running))


@pytest.fixture(scope="module")
def see_as_viewer(running: Simulation) -> See:
    """Run a line as somebody who may read all but secrets."""
    return seeing(reads_of(running, "viewer"))


def head(seen: Sighting) -> list[str]:
    return seen.text.split("\n")[0].split()


def names(seen: Sighting, column: int = 0) -> list[str]:
    return [line.split()[column] for line in seen.text.split("\n")[1:]]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        pytest.param("get pods -n shop", "NAME READY STATUS RESTARTS AGE", id="pods"),
        pytest.param("get po -A", "NAMESPACE NAME READY STATUS RESTARTS AGE", id="everywhere"),
        pytest.param(
            "get deploy -n shop -o wide",
            "NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR",
            id="wide",
        ),
        pytest.param("get nodes", "NAME STATUS ROLES AGE VERSION", id="cluster-scoped"),
        pytest.param(
            "get pods -n shop --show-labels", "NAME READY STATUS RESTARTS AGE LABELS", id="labels"
        ),
        pytest.param(
            "get pods -n shop -L app", "NAME READY STATUS RESTARTS AGE APP", id="label column"
        ),
        pytest.param("get deployments.v1.apps -n shop", "NAME READY", id="spelled out"),
        pytest.param("get Deployment -n shop", "NAME READY", id="kind"),
        pytest.param("top pods -n shop", "NAME CPU(cores) MEMORY(bytes)", id="top pods"),
        pytest.param("top nodes", "NAME CPU(cores) CPU(%) MEMORY(bytes) MEMORY(%)", id="top nodes"),
        pytest.param("events -n shop", "LAST SEEN TYPE REASON OBJECT MESSAGE", id="events"),
        pytest.param(
            "api-resources", "NAME SHORTNAMES APIVERSION NAMESPACED KIND", id="api-resources"
        ),
    ],
)
def test_a_table_has_the_columns_that_kubectl_shows(see: See, line: str, columns: str) -> None:
    seen = see(f"kubectl {line}")
    wanted = columns.split()
    assert seen.verdict is Health.HEALTHY
    assert head(seen)[: len(wanted)] == wanted or set(wanted) == set(head(seen))
    assert len(seen.text.split("\n")) > 1


def test_a_sighting_carries_its_receipt(see: See) -> None:
    seen = see("kubectl get pods -n shop -l app=cart")
    assert seen.command == "kubectl -n shop get pods --selector=app=cart"
    assert (seen.source, seen.tainted, len(seen.digest)) == ("kubernetes", True, 64)


def test_several_kinds_are_told_apart_by_a_prefix(see: See) -> None:
    text = see("kubectl get deploy/cart svc/cart -n shop").text
    assert "deployment.apps/cart" in text
    assert "service/cart" in text


def test_all_is_a_category_of_the_server(see: See) -> None:
    text = see("kubectl get all -n shop").text
    for prefix in ("pod/", "service/", "deployment.apps/", "replicaset.apps/"):
        assert prefix in text
    assert "secret/" not in text


def test_selectors_choose(see: See) -> None:
    assert all(n.startswith("cart-") for n in names(see("kubectl get po -l app=cart -n shop")))
    field = see("kubectl get pods -n shop --field-selector=spec.nodeName=node-1 -o name")
    everything = see("kubectl get pods -n shop -o name")
    assert 0 < len(field.text.split()) < len(everything.text.split())


def test_names_only(see: See) -> None:
    lines = see("kubectl get deploy -n shop -o name").text.split("\n")
    assert "deployment.apps/checkout" in lines


def test_sorting_follows_a_path_into_the_objects(see: See) -> None:
    by_name = names(see("kubectl get deploy -n shop --sort-by=.metadata.name"))
    assert by_name == sorted(by_name)
    path = "{.status.containerStatuses[0].restartCount}"
    assert names(see(f"kubectl get pods -n shop --sort-by='{path}'"))[-1].startswith("checkout")


def test_one_object_is_printed_alone_and_several_as_a_list(see: See) -> None:
    one = json.loads(see("kubectl get deploy cart -n shop -o json").text)
    two = yaml.safe_load(see("kubectl get deploy/cart svc/cart -n shop -o yaml").text)
    assert (one["kind"], one["apiVersion"]) == ("Deployment", "apps/v1")
    assert [item["kind"] for item in two["items"]] == ["Deployment", "Service"]
    assert "managedFields" not in one["metadata"]


def test_a_part_of_an_object(see: See) -> None:
    scale = yaml.safe_load(see("kubectl get deploy cart -n shop --subresource=scale -o yaml").text)
    assert scale["kind"] == "Scale"


def test_a_watch_is_one_look(see: See) -> None:
    assert "looked once" in see("kubectl get pods -n shop -w").text


SECRETIVE = (
    "kubectl get secrets -n shop",
    "kubectl get secrets -A",
    "kubectl get secret database -n shop -o wide",
    "kubectl get secrets -n shop -o name",
    "kubectl get secrets -n shop --show-labels",
    "kubectl get cm telling -n shop -o yaml",
    "kubectl get cm telling -n shop -o json",
    "kubectl get cm -A -o yaml",
    "kubectl describe cm telling -n shop",
    "kubectl get deploy keeper -n shop -o json",
    "kubectl get deploy keeper -n shop -o yaml",
    "kubectl describe deploy keeper -n shop",
    "kubectl get rs -n shop -o yaml -l app=keeper",
    "kubectl rollout history deploy/keeper -n shop --revision=1",
    "kubectl get --raw /api/v1/namespaces/shop/configmaps",
    "kubectl get --raw /api/v1/namespaces/shop/configmaps/telling",
    "kubectl apply view-last-applied cm/telling -n shop",
)


@pytest.mark.parametrize("line", SECRETIVE)
def test_no_read_shows_a_secret(see: See, line: str) -> None:
    seen = see(line)
    assert seen.verdict is Health.HEALTHY, seen.text
    assert WORD not in seen.text
    assert _BASE64 not in seen.text


@pytest.mark.parametrize("guess", [WORD, "wrong"], ids=["right", "wrong"])
def test_a_wait_does_not_tell_whether_a_guess_is_right(see: See, guess: str) -> None:
    place = "{.spec.template.spec.containers[0].env[0].value}"
    line = f"kubectl wait --for=jsonpath='{place}'={guess} deploy/keeper -n shop --timeout=0"
    seen = see(line)
    assert "condition met" not in seen.text
    assert "field not reached" in seen.text


def test_a_raw_path_shows_the_end_of_a_log(see: See) -> None:
    pod = see("kubectl get pods -n shop -l app=cart -o name").text.split("\n")[0].split("/")[1]
    path = f"/api/v1/namespaces/shop/pods/{pod}/log"
    seen = see(f"kubectl get --raw '{path}?tailLines=2'")
    assert seen.verdict is Health.HEALTHY
    assert len(seen.text.split("\n")) == 2
    # The container writes on: what was its end is inside its log a moment later.
    assert seen.text in see(f"kubectl logs {pod} -n shop --tail=20").text


def test_what_is_no_secret_stays(see: See) -> None:
    config = yaml.safe_load(see("kubectl get cm telling -n shop -o yaml").text)
    keeper = see("kubectl get deploy keeper -n shop -o yaml").text
    assert config["data"]["LIMIT"] == "7"
    assert "colour=green" in config["data"]["app.properties"]
    assert "DB_PASSWORD" in keeper
    assert "value: green" in keeper
    assert "fast" in keeper


def read(verb: str, **fields: Any) -> KubectlRead:
    return KubectlRead(verb=verb, namespace="shop", **fields)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(read("get", resources=("secrets",), output="yaml"), id="yaml"),
        pytest.param(
            read("get", resources=("secret",), names=("database",), output="json"), id="json"
        ),
        pytest.param(read("get", resources=("secrets.v1.",), output="json"), id="versioned"),
        pytest.param(read("get", resources=("cm", "secrets"), output="json"), id="in a list"),
        pytest.param(read("get", objects=(("Secret", "database"),), output="json"), id="pair"),
        pytest.param(read("get", resources=("secrets",), sort_by=".data.password"), id="sorted"),
        pytest.param(read("describe", objects=(("secret", "database"),)), id="describe"),
        pytest.param(
            read(
                "wait", objects=(("secret", "database"),), options={"for": "jsonpath={.data.a}=b"}
            ),
            id="wait",
        ),
        *(
            pytest.param(read("get", options={"path": path}), id=path)
            for path in (
                "/api/v1/namespaces/shop/secrets/database",
                "/api/v1/secrets",
                "/api/v1/namespaces/shop/secrets?limit=1",
                "/api/v1/watch/secrets",
                "/api/v1/namespaces/shop/%73ecrets",
                "/api/v1/namespaces/shop/pods/../secrets",
                "/api/v1/namespaces/shop//secrets",
                "/api/v1/namespaces/shop/services/cart/proxy/",
                "/api/v1/nodes/node-1/proxy/pods",
                "/api/v1/namespaces/shop/pods/x/exec?command=id",
                "/api/v1/namespaces/shop/pods/x/portforward",
                "/api/v1/namespaces/shop/pods/x/attach",
                "/debug/pprof/heap",
                "/logs/kube.log",
                "api/v1/pods",
            )
        ),
    ],
)
def test_what_the_grammar_refuses_is_refused_here_too(
    running: Simulation, asked: KubectlRead
) -> None:
    seen = reads_of(running).run(asked)
    assert seen.verdict is Health.UNKNOWN
    assert WORD not in seen.text
    assert _BASE64 not in seen.text


def test_an_unknown_resource_names_close_ones(see: See) -> None:
    seen = see("kubectl get deploymets -n shop")
    assert seen.verdict is Health.UNKNOWN
    assert "deployments" in seen.text


def test_an_object_that_is_not_there_was_looked_for(see: See) -> None:
    seen = see("kubectl get deploy nope -n shop")
    assert seen.verdict is Health.HEALTHY
    assert "not found" in seen.text


def test_an_empty_answer_says_whether_there_is_such_a_namespace(see: See) -> None:
    assert see("kubectl get cronjobs -n shop").text == "No resources found in shop namespace."
    assert "no namespace nowhere" in see("kubectl get pods -n nowhere").text


def test_what_may_not_be_seen_is_unknown_and_the_rest_is_shown(see_as_viewer: See) -> None:
    seen = see_as_viewer("kubectl get deploy,secrets -n shop")
    assert seen.verdict is Health.UNKNOWN
    assert "deployment.apps/cart" in seen.text
    assert "not allowed to read secrets" in seen.text


def test_describe_gives_the_object_and_its_events(see: See) -> None:
    text = see("kubectl describe deploy checkout -n shop").text
    assert "kind: Deployment" in text
    assert "resourceVersion" not in text
    assert "ScalingReplicaSet" in text.partition("Events:")[2]


def test_describe_finds_by_the_beginning_of_a_name(see: See) -> None:
    assert see("kubectl describe po cart -n shop").text.count("kind: Pod") == 2


def test_describe_of_a_node_lists_its_pods(see: See) -> None:
    assert (
        "coredns"
        in see("kubectl describe node node-1 --show-events=false").text
        + see("kubectl describe node node-2").text
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("logs deploy/checkout -n shop", "PAYMENT_PROVIDERS", id="deployment"),
        pytest.param("logs deploy/checkout -n shop -p", "PAYMENT_PROVIDERS", id="previous"),
        pytest.param("logs svc/cart -n shop", "1 of 2 pods", id="service"),
        pytest.param("logs -l app=cart -n shop --tail=1", "/cart] ", id="selector"),
        pytest.param("logs deploy/cart -n shop --all-pods", "/cart] ", id="all pods"),
        pytest.param("logs deploy/cart -n shop -f --tail=1", "looked once", id="follow"),
        pytest.param("logs -l app=nobody -n shop", "No pods found", id="nobody"),
        pytest.param("logs cart -c nope -n shop", "not found", id="no such pod"),
    ],
)
def test_logs_are_found_by_pod_owner_or_selector(see: See, line: str, expected: str) -> None:
    seen = see(f"kubectl {line}")
    assert (seen.verdict, seen.source, seen.tainted) == (Health.HEALTHY, "logs", True)
    assert expected in seen.text


def test_the_tail_of_a_log_is_bounded(see: See) -> None:
    short = see("kubectl logs deploy/cart -n shop --tail=2").text.split("\n")
    long = see("kubectl logs deploy/cart -n shop --tail=5000").text.split("\n")
    assert len(short) == 3
    assert short[-1].split()[0] <= long[-1].split()[0]
    assert "earlier characters left out" in "\n".join(long[:2])


def test_a_container_that_is_not_there_names_those_that_are(see: See) -> None:
    seen = see("kubectl logs deploy/cart -c sidecar -n shop")
    assert seen.verdict is Health.UNKNOWN
    assert "it has cart" in seen.text


def test_top_by_container_with_a_sum(see: See) -> None:
    seen = see("kubectl top pods -n shop --containers --sort-by=memory --sum")
    assert head(seen) == ["POD", "NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert "total" in seen.text.split("\n")[-1]


def test_events_of_one_object_and_type(see: See) -> None:
    about = see("kubectl events -n shop --for deployment/checkout").text
    assert "ScalingReplicaSet" in about
    assert "Pod/" not in about
    assert "Normal" not in see("kubectl events -n shop --types=Warning").text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("auth can-i delete pods -n shop", "no", id="may not"),
        pytest.param("auth can-i list pods -n shop", "yes", id="may"),
        pytest.param("auth can-i get secrets -n shop", "no", id="secrets"),
        pytest.param("auth can-i --list -n shop", "[get list watch]", id="list"),
        pytest.param("auth whoami", "viewer", id="who"),
    ],
)
def test_questions_about_our_own_rights(see_as_viewer: See, line: str, expected: str) -> None:
    seen = see_as_viewer(f"kubectl {line}")
    assert seen.verdict is Health.HEALTHY
    assert expected in seen.text


def test_rights_are_for_resources_and_verbs(see: See) -> None:
    assert see("kubectl auth can-i delete pods -n shop").text == "yes"


def test_how_far_a_rollout_is(see: See) -> None:
    assert "successfully rolled out" in see("kubectl rollout status deploy/cart -n shop").text
    waiting = see("kubectl rollout status deploy/checkout -n shop").text
    assert "of 3 updated replicas are available" in waiting


def test_the_revisions_of_a_workload(see: See) -> None:
    history = see("kubectl rollout history deploy/checkout -n shop")
    assert names(history)[1:] == ["1", "2"]
    assert (
        "checkout:2.4.0" in see("kubectl rollout history deploy/checkout -n shop --revision=1").text
    )
    gone = see("kubectl rollout history deploy/checkout -n shop --revision=9")
    assert "kept revisions: 1, 2" in gone.text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("wait --for=condition=Available deploy/cart", "condition met", id="met"),
        pytest.param(
            "wait --for=condition=Available deploy/checkout --timeout=0s",
            "not reached within 0 s",
            id="not met",
        ),
        pytest.param("wait --for=delete pod/nobody", "pod/nobody deleted", id="gone"),
        pytest.param(
            "wait --for=jsonpath='{.spec.replicas}'=2 deploy/cart", "condition met", id="field"
        ),
        pytest.param("wait --for=create deploy/cart", "created", id="there"),
        pytest.param("wait --for=create secret/database", "created", id="a secret"),
        pytest.param(
            "wait --for=condition=Ready pod/nobody", "not found", id="nothing to wait for"
        ),
    ],
)
def test_waiting_looks_and_tells(see: See, line: str, expected: str) -> None:
    assert expected in see(f"kubectl {line} -n shop").text


def test_a_dry_run_is_the_preview_of_the_gate(see: See) -> None:
    seen = see("kubectl scale deploy/cart --replicas=3 -n shop --dry-run=server")
    assert seen.text == "would scale deployment shop/cart"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("version", "Server Version: v1.31.4", id="version"),
        pytest.param("api-versions", "apps/v1", id="api-versions"),
        pytest.param("cluster-info", "control plane is running at", id="cluster-info"),
        pytest.param("config get-contexts", "admin", id="contexts"),
        pytest.param("config current-context", "admin", id="current"),
        pytest.param("delete --help", "Reads that run here", id="help"),
        pytest.param("get --raw /healthz", "ok", id="health"),
        pytest.param("get --raw /apis/apps/v1", "deployments", id="raw discovery"),
    ],
)
def test_what_the_server_says_about_itself(see: See, line: str, expected: str) -> None:
    seen = see(f"kubectl {line}")
    assert seen.verdict is Health.HEALTHY
    assert expected in seen.text


class Pretended:
    """A cluster that serves what a test says; what is not said is not served."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {"/version": {}, **answers}
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.served: Sequence[Mapping[str, Any]] = [
            _serve("pods", "Pod"),
            _serve("namespaces", "Namespace", namespaced=False),
            _serve("events", "Event"),
            _serve("deployments", "Deployment", "apps"),
            _serve("widgets", "Widget", "one.example.com"),
            _serve("widgets", "Widget", "two.example.com"),
            _serve("vaultsecrets", "VaultSecret", "one.example.com"),
            {
                "name": "",
                "kind": "",
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "error": "503",
            },
        ]

    def discovery(self) -> Sequence[Mapping[str, Any]]:
        return self.served

    def fetch(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        self.asked.append((path, query))
        if path not in self.answers:
            msg = f"the server does not serve {path}"
            raise Unreachable(msg)
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        found: Mapping[str, Any] = answer
        return found

    table = fetch

    def text(self, path: str, query: Mapping[str, str]) -> str:
        return str(self.fetch(path, query))

    review = fetch


def _serve(name: str, kind: str, group: str = "", *, namespaced: bool = True) -> dict[str, Any]:
    place = {"group": group, "version": "v1", "namespaced": namespaced}
    return {"name": name, "kind": kind, "singularName": kind.lower(), "verbs": ["list"], **place}


class Ticking(StillClock):
    """Each look at the clock takes a second."""

    seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 1.0
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def pretend(running: Simulation, answers: Mapping[str, Any]) -> tuple[Pretended, See]:
    pretended = Pretended(answers)
    real = reads_of(running)
    reads = KubectlReads(
        cluster=real.cluster,
        api=pretended,
        clock=Ticking(),
        render=render,
        preview=lambda _: "",
        seconds=20.0,
    )
    return pretended, seeing(reads)


PODS = "/api/v1/namespaces/shop/pods"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(Forbidden("not allowed to read pods"), "not allowed", id="forbidden"),
        pytest.param(TimedOut("no answer within 10 s"), "no answer within", id="timeout"),
        pytest.param(Unreachable("connection refused"), "connection refused", id="unreachable"),
        pytest.param(KeyError("rows"), "another shape", id="strange answer"),
    ],
)
def test_could_not_look_is_never_nothing_found(
    running: Simulation, error: Exception, expected: str
) -> None:
    _, see = pretend(running, {PODS: error})
    for line in ("get pods", "get pods -o json", "describe pods", "wait --for=delete pods --all"):
        seen = see(f"kubectl {line} -n shop")
        assert seen.verdict is Health.UNKNOWN
        assert expected in seen.text


def test_an_answer_without_a_list_is_not_an_empty_list(running: Simulation) -> None:
    _, see = pretend(running, {PODS: {"kind": "Strange"}})
    assert see("kubectl get pods -n shop -o json").verdict is Health.UNKNOWN


def test_usage_that_nobody_measures_is_unknown(running: Simulation) -> None:
    _, see = pretend(running, {})
    seen = see("kubectl top pods -n shop")
    assert seen.verdict is Health.UNKNOWN
    assert "metrics.k8s.io is not served" in seen.text


def test_a_word_that_means_several_kinds_is_asked_back(running: Simulation) -> None:
    _, see = pretend(running, {})
    seen = see("kubectl get widgets -n shop")
    assert "widgets.one.example.com, widgets.two.example.com" in seen.text


def test_a_long_list_says_what_was_left_out(running: Simulation) -> None:
    rows = [{"cells": ["a"], "object": {"metadata": {"name": "a"}}}]
    more = {"continue": "next", "remainingItemCount": 4200}
    table = {"columnDefinitions": [{"name": "Name"}], "rows": rows, "metadata": more}
    pretended, see = pretend(running, {PODS: table})
    assert "4200 more" in see("kubectl get pods -n shop").text
    assert pretended.asked[0][1]["limit"] == "500"


def test_kinds_that_may_hold_credentials_are_only_listed_without_objects(
    running: Simulation,
) -> None:
    path = "/apis/one.example.com/v1/namespaces/shop/vaultsecrets"
    table = {"columnDefinitions": [{"name": "Name"}], "rows": [{"cells": ["a"]}]}
    pretended, _ = pretend(running, {path: table})
    reads = KubectlReads(
        cluster=reads_of(running).cluster,
        api=pretended,
        clock=SystemClock(),
        render=render,
        preview=lambda _: "",
    )
    assert "a" in reads.run(read("get", resources=("vaultsecrets",))).text
    assert pretended.asked == [(path, {"limit": "500", "includeObject": "None"})]
    refused = reads.run(read("get", resources=("vaultsecrets",), output="yaml"))
    assert refused.verdict is Health.UNKNOWN
    assert len(pretended.asked) == 1


def test_a_read_stops_asking_when_its_time_is_over(running: Simulation) -> None:
    empty = {"columnDefinitions": [{"name": "Name"}], "rows": []}
    pods = " ".join(f"pod/p{n}" for n in range(60))
    answers = {f"{PODS}/p{n}": empty for n in range(60)}
    pretended, see = pretend(running, answers)
    seen = see(f"kubectl get {pods} -n shop")
    assert seen.verdict is Health.UNKNOWN
    assert "time for this read was over" in seen.text
    assert len(pretended.asked) < 30


def test_waiting_ends_after_half_a_minute(running: Simulation) -> None:
    pod = {"kind": "Pod", "metadata": {"name": "a"}, "status": {"conditions": []}}
    pretended, see = pretend(running, {f"{PODS}/a": pod})
    seen = see("kubectl wait --for=condition=Ready pod/a -n shop --timeout=1h")
    assert "condition not reached within 30 s" in seen.text
    assert len(pretended.asked) < 20


def test_explain_follows_references_lists_and_maps(running: Simulation) -> None:
    schemas = {
        "Deployment": {
            "description": "Many pods.",
            "properties": {"spec": {"allOf": [{"$ref": "#/components/schemas/Spec"}]}},
            "x-kubernetes-group-version-kind": [
                {"group": "apps", "version": "v1", "kind": "Deployment"}
            ],
        },
        "Spec": {
            "description": "What is wanted.",
            "required": ["pods"],
            "properties": {
                "pods": {"type": "array", "items": {"$ref": "#/components/schemas/Pod"}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "Pod": {"properties": {"name": {"type": "string", "description": "Its name."}}},
    }
    _, see = pretend(running, {"/openapi/v3/apis/apps/v1": {"components": {"schemas": schemas}}})
    spec = see("kubectl explain deployment.spec").text
    assert "What is wanted." in spec
    assert "pods\t<[]Pod> -required-" in spec
    assert "labels\t<map[string]string>" in spec
    assert "Its name." in see("kubectl explain deployment.spec.pods.name").text
    assert "its fields are labels, pods" in see("kubectl explain deployment.spec.nope").text
    assert "      name\t<string>" in see("kubectl explain deployment --recursive").text


def test_explain_reads_the_schema_of_old_servers(running: Simulation) -> None:
    told = {"group": "", "version": "v1", "kind": "Pod"}
    pod = {"description": "Old.", "x-kubernetes-group-version-kind": [told]}
    _, see = pretend(running, {"/openapi/v2": {"definitions": {"Pod": pod}}})
    assert "Old." in see("kubectl explain pod").text


def test_an_object_that_is_gone_is_an_answer(running: Simulation) -> None:
    _, see = pretend(running, {f"{PODS}/a": NotFound("there is no pod a")})
    assert see("kubectl get pod a -n shop").verdict is Health.HEALTHY
    assert see("kubectl get pod a -n shop --ignore-not-found").text == ""


def test_hostile_text_comes_back_harmless(running: Simulation) -> None:
    hidden = f"\x1b[2Jpassword={WORD}\u202e\u200b done"
    rows = [{"cells": ["a", hidden]}]
    columns = [{"name": "Name"}, {"name": "Message"}]
    _, see = pretend(running, {PODS: {"columnDefinitions": columns, "rows": rows}})
    text = see("kubectl get pods -n shop").text
    assert WORD not in text
    assert "done" in text
    assert not set(text) & set("\x1b\u202e\u200b")
