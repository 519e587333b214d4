"""Faults of the network: policies, ingresses, experiments, routes, addresses, ports."""

from tests.diagnose.build import (
    DAY,
    Json,
    ago,
    app,
    container,
    crashing,
    event,
    lines,
    log,
    make,
    named,
    node,
    pod,
    running,
    service,
    waiting,
)
from tests.diagnose.signals import level, signal
from tests.faults.neighbours import caller, edit, web_says
from tests.faults.scenes import fault
from tests.faults.stage import (
    failing,
    flat,
    pod_of,
    program,
    rose,
    says,
    slow,
    watched,
    well,
    wrote,
)

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

TIMEOUT = (
    'level=error msg="upstream failed" err="Get \\"http://app:80/api/v1\\": '
    'dial tcp 10.96.0.7:80: i/o timeout"'
)


def experiment(kind: str, action: str, chosen: str, **spec: object) -> Json:
    """An experiment of Chaos Mesh that is at work on the pods with a label."""
    selector = {"namespaces": ["shop"], "labelSelectors": {"app": chosen}}
    records = [{"id": f"shop/{chosen}-1-0", "phase": "Injected", "selectorKey": "."}]
    return make(
        kind,
        f"{chosen}-experiment",
        age=620,
        namespace="chaos-mesh",
        spec={"action": action, "mode": "all", "duration": "30m", "selector": selector, **spec},
        status={
            "experiment": {"desiredPhase": "Run", "containerRecords": records},
            "conditions": [
                {"type": "Selected", "status": "True"},
                {"type": "AllInjected", "status": "True"},
                {"type": "AllRecovered", "status": "False"},
            ],
        },
    )


@fault("ephemeral-ports", "Deployment/shop/app", says="local ports")
def few_ports() -> Inventory:
    narrow = {"sysctls": [{"name": "net.ipv4.ip_local_port_range", "value": "32768 32771"}]}
    objects = [
        *program("web", "app"),
        *program("app", "cache:6379", spec={"securityContext": narrow}),
        *program("cache", port=6379),
    ]
    words = (
        'level=error msg="get failed" err="dial tcp 10.96.0.9:6379: connect: cannot assign '
        'requested address"'
    )
    signals = [
        *failing("app", 0.5, 600),
        *failing("web", 0.4, 590),
        flat(Measure.CPU, "cache", 0.1),
    ]
    return watched(*objects, logs=[says(objects, "app", words)], signals=signals)


@fault("netpol-isolates", "NetworkPolicy/shop/isolate", says="web")
def isolates() -> Inventory:
    spec = {
        "podSelector": {"matchLabels": {"app": "app"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [],
    }
    objects = [*app(), service(), *caller(), make("NetworkPolicy", "isolate", age=500, spec=spec)]
    signals = [rose(Measure.RATE, "app", 20, 0, 480, Unit.PER_SECOND), *failing("web", 0.5, 470)]
    return watched(*objects, logs=[web_says(objects, TIMEOUT)], signals=signals)


@fault("netpol-label-mismatch", "NetworkPolicy/shop/allow-backend", says="web")
def label_mismatch() -> Inventory:
    spec = {
        "podSelector": {"matchLabels": {"app": "app"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"tier": "backend"}}}]}],
    }
    policy = make(
        "NetworkPolicy",
        "allow-backend",
        age=20 * DAY,
        spec=spec,
        managed=edit(500, {"f:spec": {"f:ingress": {}}}),
    )
    objects = [*app(), service(), *caller(), policy]
    for one in objects:
        labels = one["metadata"].get("labels") or {}
        if one["kind"] == "Pod" and labels["app"] == "web":
            one["metadata"]["labels"] = {**labels, "tier": "frontend"}
    return watched(*objects, logs=[web_says(objects, TIMEOUT)])


def ingress(**paths: str) -> Json:
    """An Ingress of a class that exists."""
    rules = [
        {
            "path": f"/{path}" if path != "root" else "/",
            "pathType": "Prefix",
            "backend": {"service": {"name": name, "port": {"number": 80}}},
        }
        for path, name in paths.items()
    ]
    spec = {
        "ingressClassName": "nginx",
        "rules": [{"host": "shop.example.com", "http": {"paths": rules}}],
    }
    address = {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}
    return make("Ingress", "shop", age=30 * DAY, spec=spec, status=address)


NGINX = make("IngressClass", "nginx", spec={"controller": "k8s.io/ingress-nginx"})


@fault(
    "ingress-misroute", "Ingress/shop/shop", says="recommendation", alert="HighErrorRate shop/api"
)
def misroute() -> Inventory:
    wrong = ingress(root="web", api="recommendation")
    wrong["metadata"]["managedFields"] = edit(500, {"f:spec": {"f:rules": {}}})
    objects = [*program("web"), *program("api"), *program("recommendation")]
    words = '10.244.1.9 - - "GET /api/v1/orders HTTP/1.1" 404 19 "-" "Mozilla/5.0"'
    signals = [
        rose(Measure.RATE, "api", 20, 0, 490, Unit.PER_SECOND),
        rose(Measure.CLIENT_ERRORS, "recommendation", 0.001, 0.6, 490),
        flat(Measure.RATE, "recommendation", 30, Unit.PER_SECOND),
        *well("web"),
    ]
    logs = [says(objects, "recommendation", words)]
    return watched(*objects, wrong, NGINX, logs=logs, signals=signals)


@fault(
    "ingress-class-missing",
    "Ingress/shop/shop",
    says="internal-nginx",
    alert="HighErrorRate shop/web",
)
def class_missing() -> Inventory:
    wrong = ingress(root="web")
    wrong["spec"]["ingressClassName"] = "internal-nginx"
    wrong["status"] = {"loadBalancer": {}}
    wrong["metadata"]["creationTimestamp"] = ago(900)
    objects = program("web")
    return watched(*objects, wrong, NGINX, signals=well("web", 1))


@fault("sidecar-port-conflict", "Deployment/shop/app", says="address already in use")
def port_conflict() -> Inventory:
    first = container(args=["--port=8080"])
    objects = [
        *app(revisions=[(9 * DAY, first), (400, first)], pods=[running(since=390)]),
        service(),
        *caller(),
    ]
    proxy = container("metrics-proxy", image="registry.example.com/tools/proxy:2")
    newest = [named(objects, "Deployment"), named(objects, "ReplicaSet", 1)]
    for one in newest:
        one["spec"]["template"]["spec"] = {"containers": [first, proxy]}
    broken = pod_of(objects, "app")
    broken["spec"] = {"containers": [first, proxy], "nodeName": "node-1"}
    broken["status"]["containerStatuses"] = [running(since=390), crashing("metrics-proxy", 1)]
    broken["status"]["conditions"] = [
        {"type": "Ready", "status": "False", "lastTransitionTime": ago(380)}
    ]
    newest[0]["status"]["availableReplicas"] = 0
    words = "listen tcp 0.0.0.0:8080: bind: address already in use\n"
    last = log(broken, f"FATAL {words}", container="metrics-proxy", previous=True)
    return watched(*objects, logs=[last])


@fault(
    "network-delay",
    "NetworkChaos/chaos-mesh/app-experiment",
    says="delay",
    alert="HighLatency shop/web",
)
def delay() -> Inventory:
    objects = [*program("web", "app"), *program("app"), *program("mail")]
    held = experiment("NetworkChaos", "delay", "app", delay={"latency": "500ms"})
    signals = [*slow("app", 0.6, 600), *slow("web", 0.9, 590), *well("mail")]
    words = (
        'level=error msg="upstream failed" err="Get \\"http://app:80/api/v1\\": context deadline '
        'exceeded (Client.Timeout exceeded while awaiting headers)"'
    )
    return watched(*objects, held, logs=[says(objects, "web", words)], signals=signals)


@fault(
    "network-loss",
    "NetworkChaos/chaos-mesh/app-experiment",
    says="loss",
    alert="HighErrorRate shop/web",
)
def loss() -> Inventory:
    objects = [*program("web", "app"), *program("app"), *program("mail"), node()]
    lost = experiment("NetworkChaos", "loss", "app", loss={"loss": "30"})
    here = Entity(kind="Node", name="node-1")
    signals = [
        *slow("app", 0.4, 600),
        *failing("web", 0.15, 590),
        *well("mail"),
        signal(Measure.RETRANSMITS, level((10_800, 0.001), (600, 0.03)), Unit.SHARE, here),
    ]
    return watched(*objects, lost, logs=[says(objects, "web", TIMEOUT)], signals=signals)


@fault(
    "network-partition",
    "NetworkChaos/chaos-mesh/orders-experiment",
    says="partition",
    alert="ConsumerLag shop/orders",
)
def partition() -> Inventory:
    objects = [*program("orders", "app"), *program("app"), *program("mail", "app")]
    cut = experiment("NetworkChaos", "partition", "orders", direction="to")
    words = 'level=error msg="dial failed" err="dial tcp app:80: i/o timeout"'
    signals = [
        rose(Measure.LAG, "orders", 2, 800, 600, Unit.COUNT),
        rose(Measure.RATE, "app", 20, 10, 600, Unit.PER_SECOND),
        *well("mail"),
    ]
    return watched(*objects, cut, logs=[says(objects, "orders", words)], signals=signals)


@fault(
    "http-abort",
    "HTTPChaos/chaos-mesh/app-experiment",
    says="HTTPChaos",
    alert="HighErrorRate shop/web",
)
def abort() -> Inventory:
    objects = [*program("web", "app"), *program("app"), *program("mail")]
    aborted = experiment(
        "HTTPChaos", "", "app", target="Request", abort=True, method="POST", port=8080
    )
    del aborted["spec"]["action"]
    words = (
        'level=error msg="upstream failed" err="Post \\"http://app:80/api/v1/orders\\": read tcp '
        '10.244.1.9:41220->10.96.0.7:80: read: connection reset by peer"'
    )
    signals = [*failing("web", 0.4, 600), *well("mail")]
    return watched(*objects, aborted, logs=[says(objects, "web", words)], signals=signals)


@fault(
    "http-body-tamper",
    "HTTPChaos/chaos-mesh/app-experiment",
    says="HTTPChaos",
    alert="HighErrorRate shop/web",
)
def tamper() -> Inventory:
    objects = [*program("web", "app"), *program("app"), *program("mail")]
    body = {"type": "JSON", "value": '{"email": 1}'}
    patched = experiment("HTTPChaos", "", "app", target="Request", patch={"body": body}, port=8080)
    del patched["spec"]["action"]
    words = "ERROR json: cannot unmarshal number into Go struct field Order.email of type string"
    signals = [*failing("app", 0.9, 600), *failing("web", 0.4, 590), *well("mail")]
    return watched(*objects, patched, logs=[says(objects, "app", words)], signals=signals)


@fault("calico-rr-drift", "BGPPeer/peer-to-rr", says="none of the 2 nodes")
def route_reflector() -> Inventory:
    spec = {"nodeSelector": "all()", "peerSelector": "has(node-role.kubernetes.io/master)"}
    peer = make("BGPPeer", "peer-to-rr", age=90 * DAY, spec=spec)
    mesh = make("BGPConfiguration", "default", spec={"nodeToNodeMeshEnabled": False})
    plane = {"node-role.kubernetes.io/control-plane": ""}
    objects = [
        *app(pods=[running(since=DAY)]),
        service(),
        *caller(),
        node("node-1"),
        node("node-2", labels=plane),
        peer,
        mesh,
    ]
    pod_of(objects, "web")["spec"] = {**pod_of(objects, "web")["spec"], "nodeName": "node-2"}
    return watched(*objects, logs=[web_says(objects, TIMEOUT)])


@fault("network-flapping", "Node/node-2", says="loses packets", alert="HighErrorRate shop/app")
def flapping() -> Inventory:
    objects = [*program("app", "backend"), *program("backend"), node(), node("node-2")]
    far = pod_of(objects, "backend")
    far["spec"] = {**far["spec"], "nodeName": "node-2"}
    there = Entity(kind="Node", name="node-2")
    words = (
        'level=error msg="call failed" err="Get \\"http://backend:80/v1\\": context deadline '
        'exceeded"'
    )
    fine = lines('level=info msg="call ok" took=12ms', 300, every=10)
    bad = lines(words, 60)
    text = "\n".join(sorted([*fine.splitlines(), *bad.splitlines()]))
    signals = [
        signal(Measure.NETWORK_ERRORS, level((10_800, 0.02), (900, 14)), Unit.PER_SECOND, there),
        *failing("app", 0.3, 880),
    ]
    return watched(*objects, logs=[wrote(objects, "app", text)], signals=signals)


@fault(
    "pod-ip-exhaustion",
    "IPPool/default-ipv4",
    says="no address left",
    alert="PodsPending shop/app",
)
def no_addresses() -> Inventory:
    words = (
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network "
        'for sandbox "3f1c": plugin type="calico" failed (add): failed to request IPv4 '
        "addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and "
        "strict affinity enabled"
    )
    objects = [
        *app(pods=[running(since=DAY), waiting("ContainerCreating")], replicas=2),
        service(),
        node(),
        make("IPPool", "default-ipv4", spec={"cidr": "10.244.0.0/26", "blockSize": 26}),
    ]
    late = pod_of(objects, "app", 1)
    late["metadata"]["creationTimestamp"] = late["status"]["startTime"] = ago(600)
    late["status"]["phase"] = "Pending"
    return watched(*objects, event(late, "FailedCreatePodSandBox", words, count=20))


def kube_proxy(tag: str, rolled_out: float) -> list[Json]:
    """What carries traffic to Services, with another image since then."""
    labels = {"k8s-app": "kube-proxy"}

    def template(one: str) -> Json:
        image = f"registry.k8s.io/kube-proxy:{one}"
        return {
            "metadata": {"labels": labels},
            "spec": {"containers": [container("kube-proxy", image)]},
        }

    keeper = make(
        "DaemonSet",
        "kube-proxy",
        namespace="kube-system",
        age=90 * DAY,
        labels=labels,
        spec={"selector": {"matchLabels": labels}, "template": template(tag)},
        status={
            "desiredNumberScheduled": 1,
            "currentNumberScheduled": 1,
            "numberReady": 1,
            "numberAvailable": 1,
            "updatedNumberScheduled": 1,
        },
    )
    history = [
        make(
            "ControllerRevision",
            f"kube-proxy-{number}",
            namespace="kube-system",
            age=age,
            owner=keeper,
            revision=number,
            data={"spec": {"template": template(one)}},
        )
        for number, age, one in ((1, 90 * DAY, "v1.29.2"), (2, rolled_out, tag))
    ]
    worker = pod(
        "kube-proxy-x",
        namespace="kube-system",
        owner=keeper,
        labels=labels,
        age=rolled_out,
        spec=template(tag)["spec"],
        status=running("kube-proxy", since=rolled_out),
    )
    return [keeper, *history, worker]


@fault(
    "kube-proxy-imbalance",
    "DaemonSet/kube-system/kube-proxy",
    says="v1.29.2-patched",
    alert="HighLatency shop/web",
)
def imbalance() -> Inventory:
    three = [running(since=DAY)] * 3
    objects = [
        *program("web", "app"),
        *program("app", pods=three, replicas=3),
        *program("orders", pods=three, replicas=3),
        *program("mail"),
        *kube_proxy("v1.29.2-patched", 1500),
    ]
    signals = [
        rose(Measure.CPU, "app", 0.3, 0.98, 1380, about="container app"),
        *slow("app", 0.8, 1400),
        *slow("web", 0.8, 1390),
        *slow("orders", 0.5, 1400),
        *well("mail"),
    ]
    return watched(*objects, signals=signals)
