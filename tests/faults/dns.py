"""Faults of name resolution."""

from tests.diagnose.build import DAY, Json, container, make, node, pod, running
from tests.diagnose.signals import level, signal
from tests.faults.neighbours import edit
from tests.faults.scenes import fault
from tests.faults.stage import calling, failing, mounted, pod_of, program, says, slow, watched, well

from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

COREFILE = """.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""
DNS = {"k8s-app": "kube-dns"}


def coredns(corefile: str = COREFILE, edited: float | None = None) -> list[Json]:
    """The name server of the cluster, healthy, with its configuration."""
    objects = program("coredns", **mounted("coredns"))
    for one in objects:
        one["metadata"]["namespace"] = "kube-system"
        if one["kind"] == "Pod":
            one["metadata"]["labels"] = dict(DNS)
    objects[-1]["metadata"] |= {"name": "kube-dns", "labels": dict(DNS)}
    objects[-1]["spec"] |= {"selector": dict(DNS), "clusterIP": "10.96.0.10"}
    managed = edit(edited, {"f:data": {"f:Corefile": {}}}) if edited else []
    config = make("ConfigMap", "coredns", namespace="kube-system", age=90 * DAY,
                  data={"Corefile": corefile}, managed=managed)  # fmt: skip
    return [*objects, config]


def no_such_host(name: str) -> str:
    """What a Go program logs of a name that does not resolve."""
    return (
        f'level=error msg="call failed" err="Get \\"http://{name}/\\": dial tcp: lookup '
        f'{name.partition(":")[0]} on 10.96.0.10:53: no such host"'
    )


def no_answer(name: str) -> str:
    """The same, when the name server does not answer."""
    return (
        f'level=error msg="call failed" err="Get \\"http://{name}/\\": dial tcp: lookup '
        f'{name} on 10.96.0.10:53: read udp 10.244.1.9:43210->10.96.0.10:53: i/o timeout"'
    )


@fault("netpol-default-deny-egress-dns", "NetworkPolicy/shop/default-deny-egress", says="DNS")
def deny_egress() -> Inventory:
    spec = {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": {}}]}],
    }
    policy = make("NetworkPolicy", "default-deny-egress", age=500, spec=spec)
    objects = [*program("web", "app"), *program("app"), *coredns()]
    signals = [*failing("web", 0.99, 480)]
    return watched(*objects, policy, logs=[says(objects, "web", no_answer("app"))], signals=signals)


@fault("coredns-nxdomain-one", "ConfigMap/kube-system/coredns", says="app")
def one_name() -> Inventory:
    block = (
        "    template ANY ANY app.shop.svc.cluster.local {\n"
        "       rcode NXDOMAIN\n"
        "       fallthrough\n"
        "    }\n"
        "    kubernetes"
    )
    wrong = COREFILE.replace("    kubernetes", block, 1)
    objects = [
        *program("web", "app", "cart"),
        *program("app"),
        *program("cart"),
        *coredns(wrong, edited=500),
    ]
    signals = [*failing("web", 0.6, 480), *well("cart")]
    return watched(*objects, logs=[says(objects, "web", no_such_host("app:80"))], signals=signals)


@fault("coredns-stale-all", "ConfigMap/kube-system/coredns", says="coredns")
def all_names() -> Inventory:
    block = (
        "    template ANY ANY svc.cluster.local {\n"
        '       match ".*\\.svc\\.cluster\\.local\\.?$"\n'
        "       rcode NXDOMAIN\n"
        "    }\n"
        "    kubernetes"
    )
    wrong = COREFILE.replace("    kubernetes", block, 1)
    objects = [
        *program("web", "app", "cart"),
        *program("app"),
        *program("cart", "app"),
        *coredns(wrong, edited=500),
    ]
    here = Entity(kind="Deployment", namespace="kube-system", name="coredns")
    points = level((10_800, 0.05), (480, 0.9))
    signals = [
        *failing("web", 0.99, 480),
        *failing("cart", 0.9, 480),
        signal(Measure.NAME_ERRORS, points, Unit.SHARE, here),
    ]
    logs = [
        says(objects, "web", no_such_host("app:80"), no_such_host("cart:80")),
        says(objects, "cart", no_such_host("app:80")),
    ]
    return watched(*objects, logs=logs, signals=signals)


@fault("dns-policy-wrong", "Deployment/shop/web", says="8.8.8.8")
def dns_policy() -> Inventory:
    wrong = {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["8.8.8.8"]}}
    objects = [
        *program("web", "app", spec=wrong),
        *program("app"),
        *program("cart", "app"),
        *coredns(),
    ]
    words = no_such_host("app:80").replace("10.96.0.10", "8.8.8.8")
    signals = [*failing("web", 0.99, 480), *well("cart")]
    return watched(*objects, logs=[says(objects, "web", words)], signals=signals)


@fault("dns-ndots", "Deployment/shop/web", says="ndots", alert="HighLatency shop/web")
def ndots() -> Inventory:
    many = {"dnsConfig": {"options": [{"name": "ndots", "value": "15"}]}}
    both = [(age, container(env=calling("app"))) for age in (9 * DAY, 700)]
    objects = [
        *program("web", "app", revisions=both, pods=[running(since=690)], spec=many),
        *program("app"),
        *coredns(),
    ]
    before = next(one for one in objects if one["metadata"]["name"] == "web-1")
    before["spec"]["template"]["spec"] = {"containers": [both[0][1]]}
    here = Entity(kind="Deployment", namespace="kube-system", name="coredns")
    signals = [
        *slow("web", 0.25, 600),
        *well("app"),
        signal(Measure.RATE, level((10_800, 40), (600, 400)), Unit.PER_SECOND, here),
    ]
    return watched(*objects, signals=signals)


@fault("dns-host-unknown", "Deployment/shop/web", says="memcom")
def unknown_host() -> Inventory:
    objects = [*program("web", "cart"), *program("cart"), *program("memcache"), *coredns()]
    words = "ERROR cache: Error: getaddrinfo ENOTFOUND memcom\n    at GetAddrInfoReqWrap.onlookup"
    signals = [*failing("web", 0.3, 480), *well("cart")]
    return watched(*objects, logs=[says(objects, "web", words.partition("\n")[0])], signals=signals)


@fault("dns-resolver-node", "Node/node-2", says="cannot resolve")
def resolver() -> Inventory:
    objects = [
        *program("web", "app"),
        *program("cart", "app"),
        *program("mail", "app"),
        *program("app"),
        *coredns(),
        node(),
        node("node-2"),
    ]
    for name in ("web", "cart"):
        here = pod_of(objects, name)
        here["spec"] = {**here["spec"], "nodeName": "node-2"}
    daemon = make("DaemonSet", "agent", namespace="kube-system", spec={"selector": {}})
    words = (
        "ERROR requests.exceptions.ConnectionError: HTTPConnectionPool(host='app', port=80): Max "
        "retries exceeded with url: / (Caused by NameResolutionError: Failed to resolve 'app' "
        "([Errno -3] Temporary failure in name resolution))"
    )
    logs = [
        says(objects, "web", words),
        says(objects, "cart", words),
        says(objects, "mail", "INFO sent 3 mails"),
    ]
    agent = pod("agent-1", namespace="kube-system", owner=daemon, labels={"app": "agent"})
    return watched(*objects, daemon, agent, logs=logs, signals=well("mail"))
