"""What is asked of Prometheus, given the metrics that exist."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import Template
from typing import TypeVar

from sreagent.domain.signal import Measure, Unit
from sreagent.tools import metric_families as families
from sreagent.tools.label_owners import IDENTITY, NAMESPACES, PODS, Owners, best_labels

OVER = "3m"
"""Length of time that rates are taken over: three scrapes, even when they are a minute apart."""
MOST_OF_A_KIND = 6
"""Families of one kind that are asked for: a program counts its requests in a few ways at most."""


MOST_OWN = 60
"""Metrics of programs' own that are asked for."""
MOST_OF_A_WORD = 8
"""Of them those that begin with one word."""
MOST_SERIES = 120
"""Series of one of them: what has more counts by customer or by request."""
_COMMON = re.compile(
    r"^(?:go|process|python|jvm|nodejs|dotnet|ruby|promhttp|scrape|prometheus|alertmanager|grafana"
    r"|kube|kubelet|container|machine|cadvisor|node|apiserver|etcd|rest_client|workqueue|coredns"
    r"|nginx|envoy|istio|hikaricp|tomcat|logback|system|executor|disk|http|grpc|rpc|otelcol)_"
    r"|^(?:up|ALERTS\w*)$|:|_(?:bucket|sum|count|created|info|timestamp_seconds|build\w*)$"
)
"""What is of the platform or of a library, or tells the same in another way."""
_PLAIN = re.compile(r"[a-zA-Z_]\w*", re.ASCII)
"""Names that mean nothing else in PromQL: since Prometheus 3 there may be others."""
_OF_A_RELEASE = ("__name__", "version", "revision", "image", "release", "le", "quantile")

KUBE_STATE = "kube_deployment_spec_replicas"
"""Read for the labels of everything from kube-state-metrics."""

T = TypeVar("T")


class Whom(StrEnum):
    """How the labels of a series name its object."""

    PROGRAM = "program"
    CONTAINER = "container"
    NODE = "node"
    OBJECT = "object"
    """A label is named after the kind of the object."""
    CERTIFICATE = "certificate"
    """Labels name a Secret, a Certificate, a host or a file."""


class Fold(StrEnum):
    """What the series of one object make together."""

    SUM = "sum"
    MAX = "max"
    REQUESTS = "requests"
    """Sums by how the requests ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One expression for a range query, and what its series mean."""

    measure: Measure
    unit: Unit
    promql: str
    whom: Whom = Whom.PROGRAM
    fold: Fold = Fold.MAX
    labels: tuple[str, ...] = IDENTITY
    """Labels that name the object, most telling first."""
    about: tuple[str, ...] = ()
    """Labels that name a part of it."""
    scale: float = 1.0
    """Of its values to the unit."""
    limit: str = ""
    """`memory` or `cpu`: values are shares of the container's limit, where it has one."""
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to look."""

    names: Collection[str]
    """The metrics that exist there."""
    series: Mapping[str, Sequence[Mapping[str, str]]]
    """Labels of the series of some of them."""
    namespaces: Sequence[str]
    """Names that Kubernetes allows, so nothing in them has a meaning in PromQL; empty for all."""
    owners: Owners

    def within(self, label: str = "namespace") -> str:
        """Matchers for the namespaces in view; empty for all."""
        if not self.namespaces or not label:
            return ""
        spaces = "|".join(self.namespaces)
        return f'{label}=~"{spaces}"' if "|" in spaces else f'{label}="{spaces}"'

    def namespace_label(self, metric: str) -> str:
        """The label of a metric that tells the namespace it is about."""
        # What kube-state-metrics says has the same labels for all of its metrics.
        metric = KUBE_STATE if metric.startswith("kube_") else metric
        present = {label for one in self.series.get(metric, ()) for label in one}
        usual = "" if metric in self.series else "namespace"
        return next((label for label in NAMESPACES if label in present), usual)


def questions(place: Place) -> Iterator[Question]:
    """Everything worth asking for."""
    yield from _of_programs(place)
    asked = set()
    for recipe in RECIPES:
        told_already = recipe.unless_asked and recipe.measure in asked
        if recipe.needs <= set(place.names) and not told_already:
            asked.add(recipe.measure)
            yield recipe.question(place)


@dataclass(frozen=True, slots=True)
class _Program:
    """A metric of programs: how it is chosen and grouped."""

    place: Place
    metric: str

    @property
    def labels(self) -> tuple[str, ...]:
        known = self.place.series.get(self.metric)
        if not known:
            return IDENTITY
        return best_labels(self.place.owners, known) or IDENTITY

    def by(self, *more: str) -> str:
        space = self.place.namespace_label(self.metric)
        names = (
            [space, *self.labels]
            if self.place.series.get(self.metric)
            else [*NAMESPACES, *(one for one in IDENTITY if one not in (*PODS, "instance"))]
        )
        present = {label for one in self.place.series.get(self.metric, ()) for label in one}
        names += [one for one in more if one == "le" or not present or one in present]
        return ", ".join(dict.fromkeys(name for name in names if name))

    @property
    def chosen(self) -> str:
        inner = self.place.within(self.place.namespace_label(self.metric))
        return f"{{{inner}}}" if inner else ""


def _of_programs(place: Place) -> Iterator[Question]:
    names = place.names
    for name in _few(families.requests(names)):
        yield _requests(_Program(place, name), name)
    for name in _few(families.calls(names)):
        yield _calls(_Program(place, name), name)
    for name in _few(families.errors(names)):
        program = _Program(place, name)
        yield Question(
            measure=Measure.ERRORS,
            unit=Unit.PER_SECOND,
            promql=f"sum by ({program.by()}) (rate({name}{program.chosen}[{OVER}]))",
            fold=Fold.SUM,
            labels=program.labels,
            family=name,
        )
    yield from _latencies(place)
    yield from _gauges(place)


def _requests(program: _Program, name: str) -> Question:
    by = program.by(*families.CODES, *families.SIDES)
    return Question(
        measure=Measure.RATE,
        unit=Unit.PER_SECOND,
        promql=f"sum by ({by}) (rate({name}{program.chosen}[{OVER}]))",
        fold=Fold.REQUESTS,
        labels=program.labels,
        family=name,
    )


def _calls(program: _Program, name: str) -> Question:
    present = {label for one in program.place.series.get(name, ()) for label in one}
    whom = next(((label,) for label in families.TARGETS if label in present), ())
    return Question(
        measure=Measure.CALLS,
        unit=Unit.PER_SECOND,
        promql=f"sum by ({program.by(*whom)}) (rate({name}{program.chosen}[{OVER}]))",
        fold=Fold.SUM,
        labels=program.labels,
        about=whom,
        family=name,
    )


def _latencies(place: Place) -> Iterator[Question]:
    names = place.names
    for base in _few(families.histograms(names)):
        program = _Program(place, f"{base}_count")
        rate = f"rate({base}_bucket{program.chosen}[{OVER}])"
        by = program.by("le", *families.SIDES)
        yield _latency(program, f"histogram_quantile(0.95, sum by ({by}) ({rate}))", base)
    for base in _few(families.averages(names)):
        program = _Program(place, f"{base}_count")
        by, chosen = program.by(), program.chosen
        spent, made = (f"sum by ({by}) (rate({base}_{one}{chosen}[{OVER}]))" for one in _SUMS)
        yield _latency(program, f"{spent} / {made}", base)
    for name in _few(families.percentiles(names)):
        program = _Program(place, name)
        yield _latency(program, f"max by ({program.by()}) ({name}{program.chosen})", name)


_SUMS = ("sum", "count")


def _latency(program: _Program, promql: str, name: str) -> Question:
    seconds = families.seconds_in(name)
    return Question(
        measure=Measure.LATENCY,
        unit=Unit.COUNT if seconds is None else Unit.SECONDS,
        promql=promql,
        labels=program.labels,
        scale=seconds or 1.0,
        family=name,
    )


_PARTS = (
    "pool",
    "db_name",
    "datname",
    "queue",
    "topic",
    "consumergroup",
    "group",
    "vhost",
    "cache",
)


def _gauges(place: Place) -> Iterator[Question]:
    names = place.names
    for pair in _few(families.pools(names)):
        yield _pool(place, pair)
    for found, measure in (
        (families.waiting(names), Measure.POOL_WAITING),
        (families.queues(names), Measure.QUEUE),
        (families.lags(names), Measure.LAG),
        (families.consumers(names), Measure.CONSUMERS),
        (families.hit_ratios(names), Measure.CACHE_HITS),
    ):
        for name in _few(found):
            program = _Program(place, name)
            by = program.by(*_PARTS)
            fold = "avg" if measure is Measure.CACHE_HITS else "sum"
            if name.endswith(("_seconds", "seconds_behind_master", "_max")):
                fold = "max"
            yield _gauge(program, measure, f"{fold} by ({by}) ({name}{program.chosen})", name)
    for pair in _few(families.hits(names)):
        program = _Program(place, pair.used)
        by, chosen = program.by(*_PARTS), program.chosen
        hits, misses = (
            f"sum by ({by}) (rate({name}{chosen}[{OVER}]))" for name in (pair.used, pair.most)
        )
        yield _gauge(program, Measure.CACHE_HITS, f"{hits} / ({hits} + {misses})", pair.used)


def _pool(place: Place, pair: families.Pair) -> Question:
    program = _Program(place, pair.used)
    by, chosen = program.by(*_PARTS), program.chosen
    used, most = (f"sum by ({by}) ({one}{chosen})" for one in (pair.used, pair.most))
    if pair.used.startswith("pg_"):
        # The server's limit holds for all of its databases.
        by = program.by()
        used, most = f"sum by ({by}) ({pair.used}{chosen})", f"max by ({by}) ({pair.most}{chosen})"
    return _gauge(program, Measure.POOL, f"{used} / ({most} > 0)", pair.used)


def _gauge(program: _Program, measure: Measure, promql: str, name: str) -> Question:
    shares = (Measure.POOL, Measure.CACHE_HITS)
    timed = measure is Measure.LAG and name.endswith(("_seconds", "_behind_master"))
    unit = Unit.SHARE if measure in shares else Unit.SECONDS if timed else Unit.COUNT
    return Question(
        measure=measure,
        unit=unit,
        promql=promql,
        fold=Fold.SUM if unit is Unit.COUNT else Fold.MAX,
        labels=program.labels,
        about=_PARTS,
        family=name,
    )


def own_names(names: Collection[str]) -> list[str]:
    """Metrics that nobody knows beforehand: what programs count of their business."""
    known = {*families.matching(names), *(one for recipe in RECIPES for one in recipe.needs)}
    own = (one for one in sorted(names) if one not in known and not _COMMON.search(one))
    families_of: dict[str, list[str]] = defaultdict(list)
    for name in filter(_PLAIN.fullmatch, own):
        families_of[name.split("_")[0]].append(name)
    # An exporter has hundreds, the program's own words are few.
    return [name for each in families_of.values() for name in each[:MOST_OF_A_WORD]][:MOST_OWN]


def own_questions(place: Place) -> Iterator[Question]:
    """What programs count of their business, each series for itself."""
    for name in own_names(place.names):
        series, program = place.series.get(name, ()), _Program(place, name)
        if not 0 < len(series) <= MOST_SERIES:
            continue
        parts = tuple(_telling(series, program.labels))
        counts = name.endswith("_total")
        chosen = f"rate({name}{program.chosen}[{OVER}])" if counts else f"{name}{program.chosen}"
        yield Question(
            measure=Measure.OWN,
            unit=Unit.PER_SECOND if counts else Unit.COUNT,
            promql=f"{'sum' if counts else 'max'} by ({program.by(*parts)}) ({chosen})",
            fold=Fold.SUM if counts else Fold.MAX,
            labels=program.labels,
            about=parts,
            family=name,
        )


def _telling(series: Sequence[Mapping[str, str]], owners: Collection[str]) -> Iterator[str]:
    """Labels that tell parts of what is counted, and not who counts, or which release of it."""
    values: dict[str, set[str]] = defaultdict(set)
    for labels in series:
        for label, value in labels.items():
            values[label].add(value)
    told = {*owners, *IDENTITY, *NAMESPACES, *_OF_A_RELEASE}
    plain = (one for one in sorted(values) if one not in told and _PLAIN.fullmatch(one))
    yield from (one for one in plain if len(values[one]) > 1)


def _few(found: Iterable[T]) -> list[T]:
    return list(found)[:MOST_OF_A_KIND]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A question about metrics whose names and labels are the same everywhere.

    In `promql`, `$all` stands for matchers of the namespaces in view, `$w` for a length of time.
    """

    measure: Measure
    unit: Unit
    promql: str
    whom: Whom = Whom.PROGRAM
    fold: Fold = Fold.MAX
    about: tuple[str, ...] = ()
    limit: str = ""
    unless_asked: bool = False
    """Only where no recipe before could measure the same."""

    @property
    def needs(self) -> set[str]:
        """The metrics it is made of."""
        return set(_METRIC.findall(re.sub(r"by \([^)]*\)|\{[^}]*\}|\"[^\"]*\"", "", self.promql)))

    def question(self, place: Place) -> Question:
        """The question for a place."""
        metric = min(self.needs)
        inner = place.within(place.namespace_label(metric))
        return Question(
            measure=self.measure,
            unit=self.unit,
            promql=_tidy(Template(self.promql).substitute(all=inner, w=OVER)),
            whom=self.whom,
            fold=self.fold,
            about=self.about,
            limit=self.limit,
            family=metric,
        )


_METRIC = re.compile(r"\b[a-z][a-z0-9]*_[A-Za-z0-9_]*[A-Za-z0-9]\b(?!\s*\()")


def _tidy(promql: str) -> str:
    return promql.replace("{,", "{").replace(",}", "}").replace("{}", "")


_POD = "namespace, exported_namespace, pod, exported_pod, container, exported_container"
_HOST = "instance, node, nodename, pod, namespace"
_RUNS = f"{_POD}, service, job, app, deployment, instance"
_REAL = 'fstype!~"tmpfs|overlay|squashfs|ramfs|iso9660|nsfs|fuse.*"'
_CARDS = 'device=~"eth.*|en[osxpPXc][0-9a-z].*|em[0-9].*|bond.*|team.*|ib[0-9ps].*|p[0-9]+p[0-9]+"'
"""Cards as kernels name them: what pod networks make comes and goes with the pods."""


def _container(metric: str) -> str:
    return f'{metric}{{$all,container!="",container!="POD"}}'


def _of_api_server(promql: str) -> str:
    """Labels of the Service that every cluster knows its API server by, whoever scrapes it."""
    named = f'label_replace({promql}, "service", "kubernetes", "", "")'
    return f'label_replace({named}, "namespace", "default", "", "")'


END_IS_NEAR = 30 * 86_400
"""Seconds before its end from which on a certificate is read at all."""
_FILES = "node, nodename, instance, pod, filepath"


def _left(by: str, end: str, fold: str = "min") -> str:
    """Seconds until the ends that a metric tells, as far as they are near."""
    return f"{fold} by ({by}) ({end}) - time() < {END_IS_NEAR}"


_CERTIFICATES = (
    (
        _left(
            "namespace, exported_namespace, secret_name, host",
            "nginx_ingress_controller_ssl_expire_time_seconds > 0",
        ),
        ("host",),
    ),
    (
        # A bundle of those who are trusted holds some that ended long ago.
        _left(
            f"namespace, secret_namespace, secret_name, secret_key, {_FILES}",
            'x509_cert_not_after{secret_key!~"(.*[._-])?(ca|root|trust|bundle)([._-].*)?"} > 0',
        ),
        ("secret_key", "filepath"),
    ),
    (_left("instance, target", "probe_ssl_earliest_cert_expiry > 0"), ("target", "instance")),
    (
        _left(
            "namespace, exported_namespace, name",
            "certmanager_certificate_expiration_timestamp_seconds > 0",
        ),
        (),
    ),
    # It goes on telling of what was replaced.
    (_left("cn, sans", "traefik_tls_certs_not_after > 0", fold="max"), ("cn",)),
)
"""What exporters tell of certificates, in namespaces of their own, and which labels to show."""

RECIPES = (
    *(
        Recipe(
            measure=Measure.CERTIFICATE,
            unit=Unit.SECONDS,
            promql=promql,
            whom=Whom.CERTIFICATE,
            about=about,
        )
        for promql, about in _CERTIFICATES
    ),
    Recipe(
        measure=Measure.RATE,
        unit=Unit.PER_SECOND,
        promql=_of_api_server("sum(rate(apiserver_request_total[$w]))"),
    ),
    Recipe(
        measure=Measure.REJECTED,
        unit=Unit.SHARE,
        promql=_of_api_server(
            '(sum(rate(apiserver_request_total{code="429"}[$w])) or vector(0)) / '
            "sum(rate(apiserver_request_total[$w]))"
        ),
    ),
    Recipe(
        measure=Measure.LATENCY,
        unit=Unit.SECONDS,
        promql=_of_api_server(
            "histogram_quantile(0.99, sum by (le) (rate(apiserver_request_duration_seconds_bucket"
            '{verb!~"WATCH|CONNECT|PROXY"}[$w])))'
        ),
    ),
    Recipe(
        measure=Measure.MEMORY,
        unit=Unit.BYTES,
        promql=f"max by ({_POD}) ({_container('container_memory_working_set_bytes')})",
        whom=Whom.CONTAINER,
        about=("container",),
        limit="memory",
    ),
    Recipe(
        measure=Measure.CPU,
        unit=Unit.CORES,
        promql=f"sum by ({_POD}) (rate({_container('container_cpu_usage_seconds_total')}[$w]))",
        whom=Whom.CONTAINER,
        about=("container",),
        limit="cpu",
    ),
    Recipe(
        measure=Measure.THROTTLING,
        unit=Unit.SHARE,
        promql=f"sum by ({_POD}) "
        f"(rate({_container('container_cpu_cfs_throttled_periods_total')}[$w])) / "
        f"sum by ({_POD}) (rate({_container('container_cpu_cfs_periods_total')}[$w]))",
        whom=Whom.CONTAINER,
        about=("container",),
    ),
    Recipe(
        measure=Measure.RESTARTS,
        unit=Unit.COUNT,
        promql=f"sum by ({_POD}) (increase(kube_pod_container_status_restarts_total{{$all}}[10m]))",
        whom=Whom.CONTAINER,
        fold=Fold.SUM,
    ),
    Recipe(
        measure=Measure.MISSING,
        unit=Unit.COUNT,
        promql="max by (namespace, exported_namespace, deployment) "
        "(kube_deployment_spec_replicas{$all}) - max by "
        "(namespace, exported_namespace, deployment) "
        "(kube_deployment_status_replicas_available{$all})",
    ),
    Recipe(
        measure=Measure.QUOTA,
        unit=Unit.SHARE,
        promql="max by (namespace, exported_namespace, resourcequota, resource) "
        '(kube_resourcequota{$all,type="used"}) / (max by '
        "(namespace, exported_namespace, resourcequota, resource) "
        '(kube_resourcequota{$all,type="hard"}) > 0)',
        whom=Whom.OBJECT,
        about=("resource",),
    ),
    Recipe(
        measure=Measure.SCALED,
        unit=Unit.SHARE,
        promql="max by (namespace, exported_namespace, horizontalpodautoscaler) "
        "(kube_horizontalpodautoscaler_status_current_replicas{$all}) / max by "
        "(namespace, exported_namespace, horizontalpodautoscaler) "
        "(kube_horizontalpodautoscaler_spec_max_replicas{$all})",
        whom=Whom.OBJECT,
    ),
    Recipe(
        measure=Measure.VOLUME,
        unit=Unit.SHARE,
        promql="1 - min by (namespace, exported_namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_available_bytes{$all}) / max by "
        "(namespace, exported_namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_capacity_bytes{$all})",
        whom=Whom.OBJECT,
    ),
    Recipe(
        measure=Measure.VOLUME,
        unit=Unit.SHARE,
        promql="max by (namespace, exported_namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_used_bytes{$all}) / max by "
        "(namespace, exported_namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_capacity_bytes{$all})",
        whom=Whom.OBJECT,
        unless_asked=True,
    ),
    Recipe(
        measure=Measure.INODES,
        unit=Unit.SHARE,
        promql="max by (namespace, exported_namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_inodes_used{$all}) / (max by "
        "(namespace, exported_namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_inodes{$all}) > 0)",
        whom=Whom.OBJECT,
    ),
    Recipe(
        measure=Measure.FDS,
        unit=Unit.SHARE,
        promql=f"max by ({_RUNS}) (process_open_fds{{$all}} / process_max_fds{{$all}})",
    ),
    Recipe(
        measure=Measure.HEAP,
        unit=Unit.SHARE,
        promql=f'sum by ({_RUNS}) (jvm_memory_used_bytes{{$all,area="heap"}}) / '
        f'sum by ({_RUNS}) (jvm_memory_max_bytes{{$all,area="heap"}} > 0)',
    ),
    Recipe(
        measure=Measure.HEAP,
        unit=Unit.SHARE,
        promql=f'sum by ({_RUNS}) (jvm_memory_bytes_used{{$all,area="heap"}}) / '
        f'sum by ({_RUNS}) (jvm_memory_bytes_max{{$all,area="heap"}} > 0)',
    ),
    *(
        Recipe(
            measure=Measure.GC,
            unit=Unit.SHARE,
            promql=f"sum by ({_RUNS}) (rate({name}{{$all}}[$w]))",
        )
        for name in (
            "jvm_gc_pause_seconds_sum",
            "jvm_gc_collection_seconds_sum",
            "jvm_gc_duration_seconds_sum",
            "nodejs_gc_duration_seconds_sum",
            "dotnet_gc_pause_time_seconds_total",
            "go_gc_duration_seconds_sum",
        )
    ),
    Recipe(
        measure=Measure.GC_RUNS,
        unit=Unit.PER_SECOND,
        promql=f"sum by ({_RUNS}) (rate(go_gc_duration_seconds_count{{$all}}[$w]))",
    ),
    Recipe(
        measure=Measure.CACHE_MEMORY,
        unit=Unit.SHARE,
        promql=f"max by ({_RUNS}) (redis_memory_used_bytes{{$all}}) / "
        f"(max by ({_RUNS}) (redis_memory_max_bytes{{$all}}) > 0)",
    ),
    Recipe(
        measure=Measure.KEYS,
        unit=Unit.COUNT,
        promql=f"max by ({_RUNS}, db) (redis_db_keys{{$all}})",
        about=("db",),
    ),
    Recipe(
        measure=Measure.EVICTIONS,
        unit=Unit.PER_SECOND,
        promql=f"sum by ({_RUNS}) (rate(redis_evicted_keys_total{{$all}}[$w]))",
        fold=Fold.SUM,
    ),
    *(
        Recipe(
            measure=Measure.BLOCKED,
            unit=Unit.COUNT,
            promql=f"label_replace(max by ({_RUNS}) ({metric}{{$all}}), "
            f'"resource", "{what}", "", "")',
            about=("resource",),
        )
        for metric, what in (
            ("rabbitmq_alarms_memory_used_watermark", "memory"),
            ("rabbitmq_alarms_free_disk_space_watermark", "disk"),
            ("rabbitmq_node_mem_alarm", "memory"),
            ("rabbitmq_node_disk_free_alarm", "disk"),
        )
    ),
    *(
        Recipe(
            measure=Measure.PEERS_LOST,
            unit=Unit.COUNT,
            promql=f"max by ({_RUNS}) ({lost})",
        )
        for lost in (
            "rabbitmq_partitions{$all}",
            "rabbitmq_unreachable_cluster_peers_count{$all}",
            "1 - etcd_server_has_leader{$all}",
            # What only counts its members is compared with the most that it had.
            *(
                f"max_over_time({members}{{$all}}[3h]) - {members}{{$all}}"
                for members in (
                    "mysql_global_status_wsrep_cluster_size",
                    "elasticsearch_cluster_health_number_of_nodes",
                    "redis_cluster_known_nodes",
                    "gnatsd_varz_routes",
                    "nats_varz_routes",
                )
            ),
        )
    ),
    Recipe(
        measure=Measure.NODE_CPU,
        unit=Unit.SHARE,
        promql=f'1 - avg by ({_HOST}) (rate(node_cpu_seconds_total{{mode="idle"}}[$w]))',
        whom=Whom.NODE,
    ),
    Recipe(
        measure=Measure.NODE_LOAD,
        unit=Unit.COUNT,
        promql=f"max by ({_HOST}) (node_load5) / "
        f'count by ({_HOST}) (node_cpu_seconds_total{{mode="idle"}})',
        whom=Whom.NODE,
    ),
    Recipe(
        measure=Measure.NODE_MEMORY,
        unit=Unit.SHARE,
        promql=f"1 - min by ({_HOST}) (node_memory_MemAvailable_bytes) / "
        f"max by ({_HOST}) (node_memory_MemTotal_bytes)",
        whom=Whom.NODE,
    ),
    Recipe(
        measure=Measure.NODE_DISK,
        unit=Unit.SHARE,
        promql=f"1 - min by ({_HOST}, mountpoint, device) (node_filesystem_avail_bytes{{{_REAL}}}) "
        f"/ max by ({_HOST}, mountpoint, device) (node_filesystem_size_bytes{{{_REAL}}})",
        whom=Whom.NODE,
        about=("mountpoint", "device"),
    ),
    Recipe(
        measure=Measure.CONNTRACK,
        unit=Unit.SHARE,
        promql=f"max by ({_HOST}) (node_nf_conntrack_entries) / "
        f"max by ({_HOST}) (node_nf_conntrack_entries_limit)",
        whom=Whom.NODE,
    ),
    Recipe(
        measure=Measure.CLOCK,
        unit=Unit.SECONDS,
        promql=f"max by ({_HOST}) (abs(node_timex_offset_seconds))",
        whom=Whom.NODE,
    ),
    *(
        Recipe(
            measure=Measure.DISK_LATENCY,
            unit=Unit.SECONDS,
            promql=f"sum by ({_HOST}, device) (rate(node_disk_{way}_time_seconds_total[$w])) / "
            f"sum by ({_HOST}, device) (rate(node_disk_{way}s_completed_total[$w]))",
            whom=Whom.NODE,
            about=("device",),
        )
        for way in ("read", "write")
    ),
    *(
        Recipe(
            measure=Measure.NETWORK_ERRORS,
            unit=Unit.PER_SECOND,
            promql=f"sum by ({_HOST}) (rate(node_network_{way}_errs_total{{{_CARDS}}}[$w]))",
            whom=Whom.NODE,
            fold=Fold.SUM,
        )
        for way in ("receive", "transmit")
    ),
    Recipe(
        measure=Measure.LINK,
        unit=Unit.COUNT,
        promql=f"max by ({_HOST}, device) (node_network_up{{{_CARDS}}})",
        whom=Whom.NODE,
        about=("device",),
    ),
    Recipe(
        measure=Measure.RETRANSMITS,
        unit=Unit.SHARE,
        promql=f"sum by ({_HOST}) (rate(node_netstat_Tcp_RetransSegs[$w])) / "
        f"(sum by ({_HOST}) (rate(node_netstat_Tcp_OutSegs[$w])) > 0)",
        whom=Whom.NODE,
    ),
    Recipe(
        measure=Measure.DISK_LATENCY,
        unit=Unit.SECONDS,
        promql="histogram_quantile(0.99, sum by (instance, node, pod, namespace, le) "
        "(rate(etcd_disk_wal_fsync_duration_seconds_bucket[$w])))",
    ),
    Recipe(
        measure=Measure.NAME_ERRORS,
        unit=Unit.SHARE,
        promql="sum by (namespace, pod, service, job, instance) "
        '(rate(coredns_dns_responses_total{rcode=~"NXDOMAIN|SERVFAIL|REFUSED"}[$w])) / '
        "sum by (namespace, pod, service, job, instance) (rate(coredns_dns_responses_total[$w]))",
    ),
)
PLATFORM = "|".join(
    sorted({name for recipe in RECIPES for name in recipe.needs if "$all" not in recipe.promql})
)
"""Metrics that are looked for in every namespace, as a regular expression."""
