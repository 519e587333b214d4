"""What metrics say of the objects in view: a real Prometheus, and others for trouble."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tests.clients.conftest import free_port
from tests.clients.servers import HTML, Reply, Server, reply, serving
from tests.diagnose.build import Json, app, container, make, node, seen, service
from tests.tools.history import (
    AHEAD,
    Shape,
    Written,
    counter,
    flat,
    gauge,
    histogram,
    prometheus_with,
    since,
)

from sreagent.clients.clock import SystemClock
from sreagent.clients.prometheus import PrometheusMetrics
from sreagent.diagnose.metrics.change_points import shift
from sreagent.diagnose.metrics.readings import has_moved
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Forbidden, SreError, TimedOut, TryAgain, Unreachable
from sreagent.domain.evidence import Health
from sreagent.domain.inventory import Inventory
from sreagent.domain.ports import Labels, Ranges, Sample
from sreagent.domain.record import Looked
from sreagent.domain.signal import Measure, Signal, Unit
from sreagent.tools.label_owners import Owners
from sreagent.tools.metric_questions import Place, own_names, own_questions
from sreagent.tools.signals import gather_own_measures, gather_signals

NOW = datetime.fromtimestamp(int(time.time()) // 30 * 30, UTC)
AGO = 600.0
FAILED = since(AGO, 0.01, 4)
SLOWER = since(AGO, 0.05, 3)


def deployment(space: str, name: str = "web") -> Entity:
    return Entity(kind="Deployment", namespace=space, name=name)


def requests(name: str, code: str, good: str, bad: str, **labels: str) -> list[Written]:
    """Twenty requests per second, of which some fail."""
    return [
        counter(name, flat(20), **labels, **{code: good}),
        counter(name, FAILED, **labels, **{code: bad}),
    ]


def plain(space: str) -> list[Written]:
    return requests("http_requests_total", "code", "200", "500", namespace=space, service="web")


CONVENTIONS: dict[str, tuple[Callable[[str], list[Written]], Measure]] = {
    "counter-with-a-code": (plain, Measure.ERROR_RATIO),
    "status-as-a-word": (
        lambda ns: requests(
            "api_requests_total", "status", "success", "error", namespace=ns, app="web"
        ),
        Measure.ERROR_RATIO,
    ),
    "only-the-pod-is-told": (
        lambda ns: requests(
            "http_requests_total", "status_code", "200", "503",
            namespace=ns, pod="web-1-0", job="kubernetes-pods",
        ),
        Measure.ERROR_RATIO,
    ),
    "a-pod-that-is-gone": (
        lambda ns: requests(
            "http_requests_total", "code", "200", "503", namespace=ns, pod="web-5f6d9c7b8-x2x4z"
        ),
        Measure.ERROR_RATIO,
    ),
    "istio": (
        lambda ns: requests(
            "istio_requests_total", "response_code", "200", "503", reporter="destination",
            destination_workload="web", destination_workload_namespace=ns,
            namespace="istio-system",
        ),
        Measure.ERROR_RATIO,
    ),
    "istio-latency": (
        lambda ns: histogram(
            "istio_request_duration_milliseconds", lambda ago: 1000 * (SLOWER(ago) or 0),
            (100, 500, 1000, 5000), reporter="destination", destination_service_name="web",
            destination_workload_namespace=ns,
        ),
        Measure.LATENCY,
    ),
    "requests-made": (
        lambda ns: [
            counter("http_client_requests_total", since(AGO, 2, 90), namespace=ns, service="web",
                    target="search", code="200"),
        ],
        Measure.CALLS,
    ),
    "requests-made-in-other-words": (
        lambda ns: [
            counter("crawler_outbound_requests_total", since(AGO, 2, 90), namespace=ns, app="web"),
        ],
        Measure.CALLS,
    ),
    "requests-made-of-micrometer": (
        lambda ns: [
            counter("http_client_requests_seconds_count", since(AGO, 2, 90), namespace=ns,
                    application="web", clientName="search"),
            counter("http_client_requests_seconds_sum", flat(1), namespace=ns, application="web",
                    clientName="search"),
        ],
        Measure.CALLS,
    ),
    "nginx-ingress": (
        lambda ns: requests(
            "nginx_ingress_controller_requests", "status", "200", "502",
            exported_namespace=ns, exported_service="web", namespace="ingress-nginx",
            service="ingress-nginx-controller",
        ),
        Measure.ERROR_RATIO,
    ),
    "envoy": (
        lambda ns: requests(
            "envoy_cluster_upstream_rq", "envoy_response_code", "200", "503", namespace=ns,
            envoy_cluster_name=f"outbound|80||web.{ns}.svc.cluster.local",
        ),
        Measure.ERROR_RATIO,
    ),
    "linkerd": (
        lambda ns: requests(
            "response_total", "classification", "success", "failure",
            namespace=ns, deployment="web", direction="inbound",
        ),
        Measure.ERROR_RATIO,
    ),
    "grpc": (
        lambda ns: requests(
            "grpc_server_handled_total", "grpc_code", "OK", "Unavailable", namespace=ns, job="web"
        ),
        Measure.ERROR_RATIO,
    ),
    "spring": (
        lambda ns: [
            *requests("http_server_requests_seconds_count", "outcome", "SUCCESS", "SERVER_ERROR",
                      namespace=ns, application="web"),
            counter("http_server_requests_seconds_sum", flat(1), namespace=ns, application="web"),
        ],
        Measure.ERROR_RATIO,
    ),
    "opentelemetry": (
        lambda ns: histogram(
            "http_server_request_duration_seconds", SLOWER, job=f"{ns}/web",
            service_name="web", k8s_namespace_name=ns, service="otel-collector",
        ),
        Measure.LATENCY,
    ),
    "opentelemetry-rpc": (
        lambda ns: histogram(
            "rpc_server_duration_milliseconds", lambda ago: 1000 * (SLOWER(ago) or 0),
            (100, 500, 1000, 5000), namespace=ns, service_name="web",
        ),
        Measure.LATENCY,
    ),
    "span-metrics": (
        lambda ns: requests(
            "traces_span_metrics_calls_total", "status_code", "STATUS_CODE_UNSET",
            "STATUS_CODE_ERROR", namespace=ns, service_name="web", span_kind="SPAN_KIND_SERVER",
        ),
        Measure.ERROR_RATIO,
    ),
    "django": (
        lambda ns: requests(
            "django_http_responses_total_by_status_total", "status", "200", "500",
            namespace=ns, job="web",
        ),
        Measure.ERROR_RATIO,
    ),
    "dotnet": (
        lambda ns: histogram("http_request_duration_seconds", SLOWER, namespace=ns, job="web"),
        Measure.LATENCY,
    ),
    "summary-as-a-mean": (
        lambda ns: [
            counter("http_request_duration_seconds_sum", lambda ago: 10 * (SLOWER(ago) or 0),
                    namespace=ns, app="web"),
            counter("http_request_duration_seconds_count", flat(10), namespace=ns, app="web"),
        ],
        Measure.LATENCY,
    ),
    "a-percentile-as-a-gauge": (
        lambda ns: [
            gauge("http_request_duration_seconds_p99", SLOWER, namespace=ns, service="web")
        ],
        Measure.LATENCY,
    ),
    "a-percentile-in-milliseconds": (
        lambda ns: [
            gauge("api_response_time_p95_ms", lambda ago: 1000 * (SLOWER(ago) or 0),
                  namespace=ns, service="web")
        ],
        Measure.LATENCY,
    ),
    "errors-without-requests": (
        lambda ns: [counter("orders_failed_total", FAILED, namespace=ns, app="web")],
        Measure.ERRORS,
    ),
    "memory": (
        lambda ns: [
            gauge("container_memory_working_set_bytes", since(AGO, 1e8, 2.6e8), namespace=ns,
                  pod="web-1-0", container="app"),
        ],
        Measure.MEMORY,
    ),
    "cpu": (
        lambda ns: [
            counter("container_cpu_usage_seconds_total", since(AGO, 0.05, 0.9), namespace=ns,
                    pod="web-1-0", container="app"),
        ],
        Measure.CPU,
    ),
    "throttling": (
        lambda ns: [
            counter("container_cpu_cfs_throttled_periods_total", since(AGO, 0.1, 8), namespace=ns,
                    pod="web-1-0", container="app"),
            counter("container_cpu_cfs_periods_total", flat(10), namespace=ns, pod="web-1-0",
                    container="app"),
        ],
        Measure.THROTTLING,
    ),
    "restarts": (
        lambda ns: [
            counter("kube_pod_container_status_restarts_total", since(AGO, 0, 0.02),
                    namespace="monitoring", exported_namespace=ns, exported_pod="web-1-0"),
            gauge("kube_deployment_spec_replicas", flat(2), namespace="monitoring",
                  exported_namespace=ns, deployment="web"),
        ],
        Measure.RESTARTS,
    ),
    "missing-replicas": (
        lambda ns: [
            gauge("kube_deployment_spec_replicas", flat(3), namespace=ns, deployment="web"),
            gauge("kube_deployment_status_replicas_available", since(AGO, 3, 1), namespace=ns,
                  deployment="web"),
        ],
        Measure.MISSING,
    ),
    "open-files": (
        lambda ns: [
            gauge("process_open_fds", since(AGO, 90, 1020), namespace=ns, pod="web-1-0"),
            gauge("process_max_fds", flat(1024), namespace=ns, pod="web-1-0"),
        ],
        Measure.FDS,
    ),
    "heap": (
        lambda ns: [
            gauge("jvm_memory_used_bytes", since(AGO, 3e8, 9.9e8), namespace=ns, app="web",
                  area="heap", id="Tenured Gen"),
            gauge("jvm_memory_max_bytes", flat(1e9), namespace=ns, app="web", area="heap",
                  id="Tenured Gen"),
            gauge("jvm_memory_max_bytes", flat(-1), namespace=ns, app="web", area="heap",
                  id="Eden"),
        ],
        Measure.HEAP,
    ),
    "garbage": (
        lambda ns: [
            counter("jvm_gc_pause_seconds_sum", since(AGO, 0.01, 0.5), namespace=ns, app="web")
        ],
        Measure.GC,
    ),
    "hikari": (
        lambda ns: [
            gauge("hikaricp_connections_active", since(AGO, 2, 10), namespace=ns, app="web",
                  pool="main"),
            gauge("hikaricp_connections_max", flat(10), namespace=ns, app="web", pool="main"),
        ],
        Measure.POOL,
    ),
    "waiting-for-hikari": (
        lambda ns: [
            gauge("hikaricp_connections_pending", since(AGO, 0, 30), namespace=ns, app="web")
        ],
        Measure.POOL_WAITING,
    ),
    "a-pool-of-any-name": (
        lambda ns: [
            gauge("db_pool_connections_in_use", since(AGO, 2, 20), namespace=ns, service="web"),
            gauge("db_pool_connections_max", flat(20), namespace=ns, service="web"),
        ],
        Measure.POOL,
    ),
    "postgres": (
        lambda ns: [
            gauge("pg_stat_activity_count", since(AGO, 10, 99), namespace=ns,
                  service="web-exporter", datname="shop"),
            gauge("pg_settings_max_connections", flat(100), namespace=ns, service="web-exporter"),
        ],
        Measure.POOL,
    ),
    "kafka": (
        lambda ns: [
            gauge("kafka_consumergroup_lag", since(AGO, 5, 9000), namespace=ns,
                  consumergroup="web", topic="orders", partition=str(n))
            for n in range(3)
        ],
        Measure.LAG,
    ),
    "rabbitmq": (
        lambda ns: [
            gauge("rabbitmq_queue_messages_ready", since(AGO, 5, 9000), namespace=ns,
                  service="web", queue="mail")
        ],
        Measure.QUEUE,
    ),
    "rabbitmq-readers": (
        lambda ns: [
            gauge("rabbitmq_queue_consumers", since(AGO, 3, 40), namespace=ns,
                  service="web", queue="mail")
        ],
        Measure.CONSUMERS,
    ),
    "kafka-readers": (
        lambda ns: [
            gauge("kafka_consumergroup_members", since(AGO, 3, 40), namespace=ns,
                  job="web", consumergroup="mail")
        ],
        Measure.CONSUMERS,
    ),
    "rabbitmq-alarm": (
        lambda ns: [
            gauge("rabbitmq_alarms_memory_used_watermark", since(AGO, 0, 1), namespace=ns,
                  service="web")
        ],
        Measure.BLOCKED,
    ),
    "rabbitmq-split": (
        lambda ns: [
            gauge("rabbitmq_unreachable_cluster_peers_count", since(AGO, 0, 1), namespace=ns,
                  pod=f"web-1-{n}")
            for n in range(2)
        ],
        Measure.PEERS_LOST,
    ),
    "galera": (
        lambda ns: [
            gauge("mysql_global_status_wsrep_cluster_size", since(AGO, 3, 2), namespace=ns,
                  service="web-exporter")
        ],
        Measure.PEERS_LOST,
    ),
    "etcd-without-a-leader": (
        lambda ns: [
            gauge("etcd_server_has_leader", since(AGO, 1, 0), namespace=ns, service="web")
        ],
        Measure.PEERS_LOST,
    ),
    "redis-memory": (
        lambda ns: [
            gauge("redis_memory_used_bytes", since(AGO, 4e8, 9.9e8), namespace=ns,
                  service="web-exporter"),
            gauge("redis_memory_max_bytes", flat(1e9), namespace=ns, service="web-exporter"),
        ],
        Measure.CACHE_MEMORY,
    ),
    "redis-hits": (
        lambda ns: [
            counter("redis_keyspace_hits_total", since(AGO, 90, 20), namespace=ns, app="web"),
            counter("redis_keyspace_misses_total", since(AGO, 10, 80), namespace=ns, app="web"),
        ],
        Measure.CACHE_HITS,
    ),
    "a-counter-that-starts-over": (
        lambda ns: [
            counter("http_requests_total", flat(20), namespace=ns, app="web", code="200"),
            counter("http_requests_total",
                    lambda ago: -1 if ago in (3600, 1800) else (4 if ago <= AGO else 0.01),
                    namespace=ns, app="web", code="500"),
        ],
        Measure.ERROR_RATIO,
    ),
    "gaps": (
        lambda ns: [
            gauge("http_request_duration_seconds_p99",
                  lambda ago: None if 2000 < ago < 4000 else SLOWER(ago),
                  namespace=ns, service="web")
        ],
        Measure.LATENCY,
    ),
    "no-number-now-and-then": (
        lambda ns: [
            gauge("http_request_duration_seconds_p99",
                  lambda ago: float("nan") if ago % 300 == 0 else SLOWER(ago),
                  namespace=ns, service="web")
        ],
        Measure.LATENCY,
    ),
}  # fmt: skip
NODES = [
    gauge("node_nf_conntrack_entries", since(AGO, 20_000, 262_000), instance="10.20.0.11:9100"),
    gauge("node_nf_conntrack_entries_limit", flat(262_144), instance="10.20.0.11:9100"),
    gauge("node_memory_MemAvailable_bytes", since(AGO, 8e9, 2e8), node="node-1"),
    gauge("node_memory_MemTotal_bytes", flat(1.6e10), node="node-1"),
    gauge("node_timex_offset_seconds", since(AGO, 1e-5, -40), instance="node-1"),
    gauge("node_filesystem_avail_bytes", since(AGO, 5e10, 1e9), instance="10.20.0.11:9100",
          mountpoint="/", device="/dev/sda1", fstype="ext4"),
    gauge("node_filesystem_size_bytes", flat(1e11), instance="10.20.0.11:9100",
          mountpoint="/", device="/dev/sda1", fstype="ext4"),
    counter("node_network_receive_errs_total", since(AGO, 0, 50), instance="10.20.0.11:9100",
            device="eth0"),
    gauge("node_network_up", since(AGO, 1, 0), instance="10.20.0.11:9100", device="ens2f1"),
    gauge("node_network_up", since(AGO, 1, 0), instance="10.20.0.11:9100", device="cali12ab"),
    counter("node_disk_read_time_seconds_total", since(AGO, 0.02, 5), instance="node-1",
            device="sda"),
    counter("node_disk_reads_completed_total", flat(10), instance="node-1", device="sda"),
    gauge("kubelet_volume_stats_available_bytes", since(AGO, 5e9, 1e7), namespace="data",
          persistentvolumeclaim="files", node="node-1"),
    gauge("kubelet_volume_stats_capacity_bytes", flat(1e10), namespace="data",
          persistentvolumeclaim="files", node="node-1"),
    gauge("kubelet_volume_stats_used_bytes", since(AGO, 5e9, 9.9e9), namespace="data",
          persistentvolumeclaim="files", node="node-1"),
    gauge("kubelet_volume_stats_used_bytes", since(AGO, 5e9, 9.9e9), namespace="used",
          persistentvolumeclaim="files"),
    gauge("kubelet_volume_stats_capacity_bytes", flat(1e10), namespace="used",
          persistentvolumeclaim="files"),
    counter("apiserver_request_total", since(AGO, 100, 1500), job="apiserver", code="200"),
    counter("apiserver_request_total", since(AGO, 0, 500), job="apiserver", code="429"),
    *histogram("apiserver_request_duration_seconds", SLOWER, job="apiserver", verb="LIST"),
]  # fmt: skip

SOON = flat(NOW.timestamp() + 86_400)
PAST = flat(NOW.timestamp() - 900_000)
FAR = flat(NOW.timestamp() + 80 * 86_400)
SECRET = Entity(kind="Secret", namespace="certs", name="web-tls")
FILE = "/etc/kubernetes/pki/apiserver.crt"
OUTSIDE = Entity(kind="Ingress", namespace="certs", name="outside")


def ends(metric: str, at: Shape, labels: str) -> Written:
    """The end of a certificate, with labels as `host=a.example.com pod=nginx-0`."""
    told = dict(one.split("=", 1) for one in labels.split())
    return Written(name=metric, shape=at, labels=told)


_NGINX = "nginx_ingress_controller_ssl_expire_time_seconds"
_IN_NGINX = "namespace=nginx exported_namespace=certs pod=nginx-0"
_IN_X509 = "namespace=exporter secret_namespace=certs secret_name=web-tls"
_MANAGED = "certmanager_certificate_expiration_timestamp_seconds"
CERTIFICATES: dict[str, tuple[list[Written], Entity, str]] = {
    "nginx": (
        [
            ends(_NGINX, SOON, f"{_IN_NGINX} secret_name=web-tls host=a.example.com"),
            ends(_NGINX, FAR, f"{_IN_NGINX} secret_name=far-tls host=far.example.com"),
            ends(_NGINX, flat(0), f"{_IN_NGINX} secret_name=none-tls host=none.example.com"),
        ],
        SECRET,
        "a.example.com",
    ),
    "x509": (
        [
            ends("x509_cert_not_after", SOON, f"{_IN_X509} secret_key=tls.crt"),
            ends("x509_cert_not_after", SOON, f"{_IN_X509} secret_key=ca-bundle.crt"),
        ],
        SECRET,
        "tls.crt",
    ),
    "x509-file": (
        [ends("x509_cert_not_after", SOON, f"node=node-1 filepath={FILE}")],
        Entity(kind="Node", name="node-1"),
        FILE,
    ),
    "blackbox": (
        [ends("probe_ssl_earliest_cert_expiry", SOON, "instance=https://b.example.com/")],
        OUTSIDE,
        "https://b.example.com/",
    ),
    "cert-manager": (
        [ends(_MANAGED, SOON, "namespace=cert-manager exported_namespace=certs name=web")],
        Entity(kind="Certificate", namespace="certs", name="web"),
        "",
    ),
    "traefik": (
        [
            ends("traefik_tls_certs_not_after", PAST, "cn=*.c.example.com serial=1"),
            ends("traefik_tls_certs_not_after", SOON, "cn=*.c.example.com serial=2"),
        ],
        Entity(kind="Ingress", namespace="certs", name="wild"),
        "*.c.example.com",
    ),
}


def daily(ago: float) -> float:
    """For a while of every day there is more."""
    return 200 if (ago + AHEAD) % 86_400 <= AGO + AHEAD else 20


DAILY = [
    Written(name="rabbitmq_queue_messages_ready", shape=daily, history=90_000,
            labels={"namespace": "daily", "service": "web", "queue": "mail"}),
    Written(name="http_requests_total", shape=daily, history=90_000, counter=True,
            labels={"namespace": "daily", "service": "web", "code": "200"}),
    counter("http_requests_total", flat(0.1), namespace="daily", service="web", code="500"),
]  # fmt: skip


BUSINESS = [
    *plain("business"),
    gauge("rules_loaded", since(AGO, 13, 0), namespace="business", service="web", channel="a"),
    gauge("rules_loaded", flat(12), namespace="business", service="web", channel="b"),
    *(
        counter("decisions_total", shape, namespace="business", service="web", outcome=outcome,
                version=version, pod=f"web-1-{version}")
        for outcome, shape in (("approved", since(AGO, 1, 4)), ("declined", since(AGO, 3, 0)))
        for version in "01"
    ),
    *(
        counter("orders_total", flat(1), namespace="business", service="web", customer=str(number))
        for number in range(130)
    ),
    gauge("build_info", flat(1), namespace="business", service="web", version="7"),
]  # fmt: skip


def workload(space: str, name: str = "web", **limits: str) -> list[Json]:
    box = container(resources={"limits": {"memory": "256Mi", "cpu": "1", **limits}})
    objects = [*app(name, revisions=[(432_000, box)]), service(name)]
    for one in objects:
        one["metadata"]["namespace"] = space
        one["metadata"]["uid"] += space
        for owner in one["metadata"].get("ownerReferences", ()):
            owner["uid"] += space
    return objects


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Every convention in a namespace of its own."""
    written = [*NODES, *DAILY, *BUSINESS]
    for space, (build, _) in CONVENTIONS.items():
        written += build(space)
    for certificates, _, _ in CERTIFICATES.values():
        written += certificates
    now = int(NOW.timestamp())
    with prometheus_with(tmp_path_factory.mktemp("history"), written, now) as url:
        yield url


def gathered(metrics: PrometheusMetrics, inventory: Inventory, *entities: Entity) -> list[Looked]:
    return list(gather_signals(metrics, inventory, entities, SystemClock().now(), 30, has_moved))


def of(inventory: Inventory, measure: Measure, entity: Entity) -> Signal:
    (found,) = [one for one in inventory.signals if one.measure is measure and one.entity == entity]
    return found


@pytest.mark.parametrize("space", list(CONVENTIONS))
def test_usual_metrics_are_found_whatever_they_are_called(space: str, address: str) -> None:
    inventory = seen(*workload(space))
    lines = gathered(PrometheusMetrics(address), inventory, deployment(space))
    assert [line.result for line in lines if line.verdict is not Health.HEALTHY] == []
    signal = of(inventory, CONVENTIONS[space][1], deployment(space))
    change = shift(signal.points)
    assert change is not None
    assert abs((NOW - change.at).total_seconds() - AGO) <= 150


def test_what_a_program_counts_of_its_business_is_read_by_its_parts(address: str) -> None:
    inventory, web = seen(*workload("business")), deployment("business")
    now, metrics = SystemClock().now(), PrometheusMetrics(address)
    lines = list(gather_own_measures(metrics, inventory, [web], now, 30))
    assert [line.result for line in lines if line.verdict is not Health.HEALTHY] == []
    assert {one.entity for one in inventory.signals} == {web}
    # Pods and versions come and go; of what is counted by customer there is too much.
    about = {one.about: one for one in inventory.signals if one.measure is Measure.OWN}
    assert set(about) == {
        *("decisions_total approved", "decisions_total declined"),
        *("rules_loaded a", "rules_loaded b"),
    }
    assert round(about["decisions_total declined"].points[10][1]) == 6
    changed = {name for name, one in about.items() if shift(one.points)}
    assert changed == set(about) - {"rules_loaded b"}


@pytest.mark.parametrize(
    ("measure", "entity"),
    [
        pytest.param(Measure.CONNTRACK, Entity(kind="Node", name="node-1"), id="by-address"),
        pytest.param(Measure.NODE_MEMORY, Entity(kind="Node", name="node-1"), id="by-name"),
        pytest.param(Measure.CLOCK, Entity(kind="Node", name="node-1"), id="clock"),
        pytest.param(Measure.NODE_DISK, Entity(kind="Node", name="node-1"), id="disk"),
        pytest.param(Measure.NETWORK_ERRORS, Entity(kind="Node", name="node-1"), id="network"),
        pytest.param(Measure.LINK, Entity(kind="Node", name="node-1"), id="link-of-a-card"),
        pytest.param(Measure.DISK_LATENCY, Entity(kind="Node", name="node-1"), id="slow-disk"),
        pytest.param(
            Measure.VOLUME,
            Entity(kind="PersistentVolumeClaim", namespace="data", name="files"),
            id="volume",
        ),
        pytest.param(
            Measure.VOLUME,
            Entity(kind="PersistentVolumeClaim", namespace="used", name="files"),
            id="volume-by-what-is-used",
        ),
    ],
)
def test_nodes_and_volumes_are_known_by_their_labels(
    measure: Measure, entity: Entity, address: str
) -> None:
    space = entity.namespace or "data"
    claim = make("PersistentVolumeClaim", "files", namespace=space, spec={}, status={})
    inventory = seen(node(), claim)
    in_view = Entity(kind="Deployment", namespace=space, name="web")
    gathered(PrometheusMetrics(address), inventory, in_view)
    signal = of(inventory, measure, entity)
    assert shift(signal.points) is not None


@pytest.mark.parametrize("measure", [Measure.RATE, Measure.REJECTED, Measure.LATENCY])
def test_the_api_server_is_known_whoever_scrapes_it(measure: Measure, address: str) -> None:
    door = service("kubernetes", namespace="default")
    inventory = seen(*workload("memory"), door)
    gathered(PrometheusMetrics(address), inventory, deployment("memory"))
    found = Entity(kind="Service", namespace="default", name="kubernetes")
    change = shift(of(inventory, measure, found).points)
    assert change is not None
    assert change.rose


@pytest.mark.parametrize("exporter", list(CERTIFICATES))
def test_the_end_of_a_certificate_is_read_where_it_is_near(exporter: str, address: str) -> None:
    def ingress(name: str, host: str) -> Json:
        return make("Ingress", name, namespace="certs", spec={"rules": [{"host": host}]})

    secrets = [make("Secret", f"{one}-tls", namespace="certs") for one in ("web", "far", "none")]
    routes = [ingress("outside", "b.example.com"), ingress("wild", "x.c.example.com")]
    inventory = seen(*workload("certs"), *secrets, *routes, node())
    gathered(PrometheusMetrics(address), inventory, deployment("certs"))
    _, entity, about = CERTIFICATES[exporter]
    found = [one for one in inventory.signals if one.measure is Measure.CERTIFICATE]
    [told] = [one for one in found if (one.entity, one.about) == (entity, about)]
    # The tests before it may have taken an hour.
    assert 82_800 < told.points[-1][1] <= 86_400
    assert len(found) == len(CERTIFICATES)


def test_a_container_is_measured_by_its_limit(address: str) -> None:
    inventory = seen(*workload("memory"))
    gathered(PrometheusMetrics(address), inventory, deployment("memory"))
    signal = of(inventory, Measure.MEMORY, deployment("memory"))
    assert signal.unit is Unit.SHARE
    assert signal.limit == 256 * 2**20
    assert signal.points[-1][1] == pytest.approx(2.6e8 / signal.limit)
    assert signal.about == "container app"


def test_without_a_limit_it_is_measured_in_bytes(address: str) -> None:
    inventory = seen(*workload("memory", memory=""))
    gathered(PrometheusMetrics(address), inventory, deployment("memory"))
    signal = of(inventory, Measure.MEMORY, deployment("memory"))
    assert signal.unit is Unit.BYTES
    assert signal.points[-1][1] == pytest.approx(2.6e8)


def test_few_questions_are_asked_and_counted(address: str) -> None:
    metrics = PrometheusMetrics(address)
    lines = gathered(metrics, seen(*workload("istio")), deployment("istio"))
    assert metrics.calls <= 6
    assert len(lines) == metrics.calls - 2  # the time and the labels are not told


def test_the_line_shows_how_to_ask_again(address: str) -> None:
    inventory = seen(*workload("grpc"))
    gathered(PrometheusMetrics(address), inventory, deployment("grpc"))
    signal = of(inventory, Measure.ERROR_RATIO, deployment("grpc"))
    lead = r"promtool query range --start=(\d+) --end=(\d+) --step=45s http://[\d.:]+ "
    times = re.match(lead, signal.command)
    assert times
    assert int(times[2]) - int(times[1]) == 3 * 3600
    assert signal.promql in signal.command
    start, end = (datetime.fromtimestamp(int(one), UTC) for one in times.groups())
    assert PrometheusMetrics(address).range(signal.promql, start=start, end=end, step=45).series


@pytest.mark.parametrize("measure", [Measure.QUEUE, Measure.RATE])
def test_what_changed_is_read_at_the_same_time_yesterday(measure: Measure, address: str) -> None:
    inventory = seen(*workload("daily"))
    lines = gathered(PrometheusMetrics(address), inventory, deployment("daily"))
    assert len([one for one in lines if "at the same time yesterday" in one.result]) == 2
    signal = of(inventory, measure, deployment("daily"))
    then = signal.day_before
    assert max(value for _, value in then) == pytest.approx(200, rel=0.05)
    # Seconds from now a day ago; of what Prometheus was given the end may be older than that.
    away = [at.timestamp() - time.time() + 86_400 for at, _ in then]
    assert -2900 <= min(away) < max(away) <= 2800
    assert len(then) > 20


@pytest.mark.parametrize("space", ["kafka", "grpc"])
def test_without_a_yesterday_nothing_is_known_of_it(space: str, address: str) -> None:
    inventory = seen(*workload(space))
    gathered(PrometheusMetrics(address), inventory, deployment(space))
    assert inventory.signals
    assert not any(one.day_before for one in inventory.signals)
    assert inventory.gaps == []


def test_other_namespaces_are_left_alone(address: str) -> None:
    inventory = seen(*workload("grpc"), *workload("django"))
    gathered(PrometheusMetrics(address), inventory, deployment("grpc"))
    assert {one.entity.namespace for one in inventory.signals} <= {"grpc", ""}


def test_with_nothing_in_view_all_namespaces_are_read(address: str) -> None:
    inventory = seen(*workload("grpc"), *workload("django"))
    gathered(PrometheusMetrics(address), inventory)
    assert {one.entity.namespace for one in inventory.signals} >= {"grpc", "django"}


def test_series_of_nobody_that_is_known_are_left_out(address: str) -> None:
    inventory = seen(*workload("grpc", "other"))
    gathered(PrometheusMetrics(address), inventory, deployment("grpc"))
    assert inventory.signals == []


# Trouble


@dataclass
class Fake:
    """Metrics that answer, or fail, as a test tells them."""

    url: str = "http://prometheus"
    calls: int = 0
    time: float = field(default_factory=NOW.timestamp)
    known: Sequence[str] = ("http_request_duration_seconds_p99",)
    fails: dict[str, SreError | TryAgain] = field(default_factory=dict)
    answer: Callable[[str, datetime, float], Ranges] | None = None
    windows: list[tuple[datetime, datetime, float]] = field(default_factory=list)

    def instant(self, promql: str) -> Sequence[Sample]:  # noqa: ARG002
        self._raise("time")
        return (({}, self.time),)

    def names(
        self,
        selectors: Sequence[str],
        *,
        start: datetime,
        end: datetime,
    ) -> Sequence[str]:
        assert selectors
        assert start < end
        self._raise("names")
        return self.known

    def series(
        self,
        selectors: Sequence[str],
        *,
        start: datetime,
        end: datetime,
    ) -> Sequence[Labels]:
        assert selectors
        assert start < end
        self._raise("series")
        return ()

    def range(self, promql: str, *, start: datetime, end: datetime, step: float) -> Ranges:
        self.windows.append((start, end, step))
        if self.answer:
            return self.answer(promql, start, step)
        self._raise("range")
        return ranges(*[0.1] * 240)

    def rule(self, alertname: str) -> str:  # noqa: ARG002
        return ""

    def _raise(self, where: str) -> None:
        if where in self.fails:
            raise self.fails[where]


def ranges(*values: float, warnings: Sequence[str] = ()) -> Ranges:
    points = [(NOW - timedelta(seconds=45 * n), value) for n, value in enumerate(reversed(values))]
    labels = {"ask": "0", "namespace": "shop", "service": "app"}
    return Ranges([(labels, points[::-1])], warnings)


def shop() -> Inventory:
    return seen(*app(), service())


@pytest.mark.parametrize(
    ("where", "error", "reason"),
    [
        pytest.param("names", Forbidden("status 403"), "forbidden", id="names-forbidden"),
        pytest.param("names", Unreachable("refused"), "unreachable", id="names-unreachable"),
        pytest.param("series", Unreachable("(status 500)"), "unreachable", id="labels"),
        pytest.param("range", TimedOut("no answer"), "timeout", id="ranges-slow"),
        pytest.param("range", Forbidden("status 403"), "forbidden", id="ranges-forbidden"),
        pytest.param("range", TryAgain("parse error"), "failed", id="ranges-not-understood"),
    ],
)
def test_what_cannot_be_read_is_a_gap(where: str, error: SreError | TryAgain, reason: str) -> None:
    inventory = shop()
    lines = list(gather_signals(Fake(fails={where: error}), inventory, (), NOW, 10))
    assert Health.UNKNOWN in {line.verdict for line in lines}
    assert [gap.reason for gap in inventory.gaps] == [reason]
    assert inventory.gaps[0].what.startswith(("metrics", "labels"))


def test_what_is_known_beside_a_gap_is_kept() -> None:
    inventory = shop()
    fake = Fake(fails={"series": TimedOut("no answer")})
    list(gather_signals(fake, inventory, (), NOW, 10))
    assert [one.measure for one in inventory.signals] == [Measure.LATENCY]


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(
            Unreachable("(status 422): query processing would load too many samples"), id="samples"
        ),
        pytest.param(TryAgain("exceeded maximum resolution of 11,000 points"), id="points"),
        pytest.param(Unreachable("(status 503): query timed out in expression"), id="time"),
    ],
)
def test_a_question_that_is_too_large_is_asked_again_in_a_smaller_one(refusal: SreError) -> None:
    def answer(_promql: str, start: datetime, _step: float) -> Ranges:
        if NOW - start > timedelta(hours=1):
            raise refusal
        return ranges(*[0.1] * 40)

    inventory, fake = shop(), Fake(answer=answer)
    lines = list(gather_signals(fake, inventory, (), NOW, 10))
    assert len(fake.windows) == 2
    assert len(inventory.signals) == 1
    assert inventory.gaps == []
    assert lines[-1].verdict is Health.HEALTHY


def test_one_question_that_is_not_understood_does_not_spoil_the_others() -> None:
    def answer(promql: str, _start: datetime, _step: float) -> Ranges:
        if "process_open_fds" in promql:
            problem = "parse error"
            raise TryAgain(problem)
        return ranges(*[0.1] * 240)

    known = ("http_request_duration_seconds_p99", "process_open_fds", "process_max_fds")
    inventory = shop()
    list(gather_signals(Fake(known=known, answer=answer), inventory, (), NOW, 10))
    assert [one.measure for one in inventory.signals] == [Measure.LATENCY]
    assert [gap.what for gap in inventory.gaps] == ["metrics (open files)"]


QUEUES = tuple(f"{one}_queue_depth" for one in "abcdefgh")
LAGS = tuple(f"{one}_consumer_lag" for one in "abcdefgh")


def rising(promql: str, *_: object) -> Ranges:
    """Each series rose an hour ago."""
    [(labels, points)] = ranges(*[5.0] * 160, *[500.0] * 80).series
    asked = range(promql.count('"ask"') or 1)
    return Ranges([({**labels, "ask": str(n)}, points) for n in asked], ())


def test_only_so_many_are_asked_again_about_yesterday() -> None:
    inventory, fake = shop(), Fake(known=(*QUEUES, *LAGS), answer=rising)
    list(gather_signals(fake, inventory, (), NOW, 10, has_moved))
    day = timedelta(days=1)
    then = [start for start, _, _ in fake.windows if start < NOW - timedelta(hours=20)]
    assert len(then) == 10
    assert set(then) == {NOW - day - timedelta(minutes=45)}
    told = [one for one in inventory.signals if one.day_before]
    assert len([one for one in told if one.measure is Measure.QUEUE]) == 6


def test_what_did_not_change_is_not_asked_again() -> None:
    level = ranges(*[5.0] * 240)
    fake = Fake(known=QUEUES[:1], answer=lambda *_: level)
    list(gather_signals(fake, shop(), (), NOW, 10, has_moved))
    assert len(fake.windows) == 1


@pytest.mark.parametrize("problem", [TimedOut("late"), Forbidden("status 403"), TryAgain("odd")])
def test_that_yesterday_cannot_be_read_changes_nothing(problem: SreError | TryAgain) -> None:
    def answer(promql: str, start: datetime, _step: float) -> Ranges:
        if NOW - start > timedelta(hours=20):
            raise problem
        return rising(promql)

    inventory = shop()
    fake = Fake(known=QUEUES[:1], answer=answer)
    lines = list(gather_signals(fake, inventory, (), NOW, 10, has_moved))
    assert len(fake.windows) == 2
    assert [one.day_before for one in inventory.signals] == [()]
    assert inventory.gaps == []
    assert not any("yesterday" in one.result for one in lines)


def test_half_an_answer_is_told() -> None:
    inventory = shop()
    warned = ranges(*[0.1] * 240, warnings=["2 of 3 stores did not answer"])
    lines = list(gather_signals(Fake(answer=lambda *_: warned), inventory, (), NOW, 10))
    assert "2 of 3 stores did not answer" in lines[-2].result
    assert lines[-2].verdict is Health.UNKNOWN
    assert len(inventory.signals) == 1
    assert inventory.gaps


def test_only_values_that_are_no_numbers_are_told() -> None:
    inventory = shop()
    nothing = ranges(*[float("nan")] * 200, float("inf"))
    lines = list(gather_signals(Fake(answer=lambda *_: nothing), inventory, (), NOW, 10))
    assert inventory.signals == []
    assert "no numbers" in lines[-2].result


@pytest.mark.parametrize(
    ("away", "word"),
    [pytest.param(900, "ahead of", id="fast"), pytest.param(-900, "behind", id="slow")],
)
def test_another_clock_is_told_and_followed(away: float, word: str) -> None:
    inventory, fake = shop(), Fake(time=NOW.timestamp() + away)
    lines = list(gather_signals(fake, inventory, (), NOW, 10))
    assert f"15 min {word} ours" in lines[0].result
    assert lines[0].verdict is Health.UNKNOWN
    assert fake.windows[0][1] == NOW + timedelta(seconds=away)


def test_a_clock_that_cannot_be_asked_is_taken_for_right() -> None:
    inventory, fake = shop(), Fake(fails={"time": Unreachable("no answer")})
    list(gather_signals(fake, inventory, (), NOW, 10))
    assert fake.windows[0][1] == NOW
    assert len(inventory.signals) == 1


def test_where_there_are_no_metrics_nothing_is_asked_for() -> None:
    inventory, fake = shop(), Fake(known=())
    (line,) = gather_signals(fake, inventory, (), NOW, 10)
    assert line.result == "0 metrics"
    assert fake.windows == []


def test_many_pods_are_read_in_fewer_values() -> None:
    many = [one for n in range(300) for one in app(f"app{n}")]
    fake = Fake()
    list(gather_signals(fake, seen(*many), (), NOW, 10))
    few = Fake()
    list(gather_signals(few, shop(), (), NOW, 10))
    assert fake.windows[0][2] > few.windows[0][2] == 45


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        pytest.param(Reply(body=HTML), "a proxy or a login page", id="web-page"),
        pytest.param(Reply(body=HTML, status=401), "status 401", id="401"),
        pytest.param(reply({"error": "no tenant"}, 403), "no tenant", id="403"),
        pytest.param(reply({"data": 3}), "another shape", id="odd"),
        pytest.param(Reply(delay=2), "no answer within", id="slow"),
        pytest.param(Reply(status=500, body=b"oops"), "status 500", id="500"),
    ],
)
def test_a_server_that_is_none_is_told(answer: Reply, word: str, server: Server) -> None:
    for path in ("query", "query_range", "series", "label/__name__/values"):
        server.on(f"/api/v1/{path}", answer)
    inventory = shop()
    (line,) = gathered(PrometheusMetrics(server.url, timeout=0.3), inventory)
    assert word in line.result
    assert line.verdict is Health.UNKNOWN
    assert len(inventory.gaps) == 1


def test_a_server_that_is_not_there_is_told() -> None:
    inventory = shop()
    (line,) = gathered(PrometheusMetrics(f"http://127.0.0.1:{free_port()}"), inventory)
    assert "connection refused" in line.result
    assert inventory.gaps[0].reason == "unreachable"


def test_time_that_is_over_is_a_gap(server: Server) -> None:
    names = reply({"status": "success", "data": ["http_request_duration_seconds_p99"]})
    server.on("/api/v1/label/__name__/values", names)
    server.on("/api/v1/series", reply({"data": []}))
    server.on("/api/v1/query", reply({"data": {"resultType": "scalar", "result": [1, "1"]}}))
    server.on("/api/v1/query_range", Reply(delay=3))
    inventory = shop()
    lines = list(gather_signals(PrometheusMetrics(server.url), inventory, (), NOW, 1.0))
    assert lines[-1].verdict is Health.UNKNOWN
    assert inventory.gaps[-1].reason == "timeout"


def test_names_that_would_mean_something_in_an_expression_are_left_out() -> None:
    names = {"rules_loaded", 'x"} or vector(1)', "größe", "up", "go_goroutines"}
    labels = {"__name__": "rules_loaded", "service": "web"}
    series = [{**labels, "channel": each, "a) or (b": each} for each in "ab"]
    owners = Owners(seen(*workload("shop")))
    place = Place(names=names, series={"rules_loaded": series}, namespaces=["shop"], owners=owners)
    (question,) = own_questions(place)
    assert question.about == ("channel",)
    assert question.promql == "max by (service, channel) (rules_loaded)"


def test_the_hundreds_of_an_exporter_do_not_crowd_out_the_words_of_a_program() -> None:
    exported = {f"mysql_global_status_{number}" for number in range(300)}
    assert "orders_placed" in own_names({*exported, "orders_placed"})
