"""Which of the metrics that exist tell of requests, their times and what runs short.

Names are read by the conventions of client libraries, never compared with a list of programs:
Prometheus clients, gRPC, Istio, Linkerd, Envoy, the NGINX ingress, Micrometer, OpenTelemetry, span
metrics, and gauges that hold a percentile.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

CODES = (
    *("code", "status", "status_code", "http_status_code", "http_response_status_code"),
    *("response_code", "http_code", "grpc_code", "grpc_status", "rpc_grpc_status_code"),
    *("rpc_response_status_code", "outcome", "result", "success", "error", "classification"),
    *("envoy_response_code", "envoy_response_code_class", "rcode", "error_type"),
)
"""Labels that say how a request ended."""
SIDES = ("reporter", "direction", "span_kind")
"""Labels that say at which end of a call it was counted."""

TARGETS = (
    *("target", "callee", "upstream", "destination", "peer_service", "remote_service"),
    *("server_address", "net_peer_name", "http_host", "client_name", "clientName", "remote_name"),
    *("target_service", "dependency", "backend", "host", "to"),
)
"""Labels that say whom a program called, most telling first."""

_PLATFORM = re.compile(
    r"(?:go(?!_sql)|process|kube|kubelet|node|container|machine|cadvisor|apiserver|etcd|rest_client"
    r"|workqueue|prometheus|promhttp|alertmanager|scrape|net_conntrack|authentication"
    r"|authorization|aggregator|storage|scheduler|coredns|felix|ALERTS|jvm|python|nodejs|dotnet"
    r"|thanos|otelcol|promtail|up|probe)(?:_|$)"
)
_CALLER = re.compile(r"(?:^|_)(?:client|outgoing|outbound|egress|upstream_cx)(?:_|$)")
_REQUESTS = re.compile(
    r"(?:^|_)(?:requests?|handled|calls|responses?|rq|queries|transactions)"
    r"(?:_completed|_processed)?(?:_total)?(?:_by_[a-z_]+?_total)?$"
)
_ERRORS = re.compile(r"(?:^|_)(?:errors?|failures?|failed|exceptions?)(?:_by_type)?_total$")
_TIMED = re.compile(
    r"request|response|latency|duration|http|rpc|handling|handler|processing|took|elapsed"
)
_PERCENTILE = re.compile(
    r"(?:^|_)(?:p(?P<short>\d{2,3})|(?P<th>\d{2})th(?:_?percentile)?|quantile_?(?P<q>\d{2}))(?:_|$)"
)
_TIME_UNITS = (
    (re.compile(r"(?:_|^)(?:ms|millis|milliseconds)(?:_|$)"), 1e-3),
    (re.compile(r"(?:_|^)(?:us|micros|microseconds)(?:_|$)"), 1e-6),
    (re.compile(r"(?:_|^)(?:ns|nanos|nanoseconds)(?:_|$)"), 1e-9),
)
_HAS_UNIT = re.compile(r"(?:_|^)(?:s|sec|secs|seconds)(?:_|$)")
_USED = re.compile(
    r"(?:^|_)(?P<used>active|in_use|inuse|used|busy|acquired|checked_out|current|open|connected)"
    r"(?=_|$)"
)
_MOST = (
    "max",
    "limit",
    "size",
    "capacity",
    "max_size",
    "maximum",
    "max_open",
    "total",
    "config_max",
)
_SHARED = re.compile(r"pool|conn|thread|worker|session|slot|semaphore|permit")
_WAITING = re.compile(
    r"(?:pool|conn).*(?:waiting|pending|queued|blocked)|(?:waiting|pending).*conn"
)
_QUEUE = re.compile(
    r"queue.*(?:_depth|_length|_size|_messages|_messages_ready|_backlog|_pending|_jobs|_visible)$"
    r"|_queue$|_backlog$|num_pending$|queue_messages(?:_ready)?$"
)
_LAG = re.compile(
    r"(?:consumer|group|kafka|topic|stream|offset|replication|slave|replica).*(?:_lag|lag_max|lag_sum"
    r"|_lag_seconds|seconds_behind_master)$|^(?:.*_)?lag$"
)
_CONSUMERS = re.compile(
    r"queue.*_consumers?(?:_count)?$|(?:consumer_?group|consumers?)_(?:group_)?members$"
)
_HIT_RATIO = re.compile(r"cache.*hit_?(?:ratio|rate)$|hit_?(?:ratio|rate).*cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A metric of what is used, and the one of what there is."""

    used: str
    most: str


_KNOWN_POOLS = (
    Pair(
        used="mysql_global_status_threads_connected", most="mysql_global_variables_max_connections"
    ),
    Pair(used="redis_connected_clients", most="redis_config_maxclients"),
    Pair(used="redis_connected_clients", most="redis_max_clients"),
    Pair(used="pg_stat_activity_count", most="pg_settings_max_connections"),
    Pair(used="pg_stat_database_numbackends", most="pg_settings_max_connections"),
    Pair(used="go_sql_stats_connections_in_use", most="go_sql_stats_connections_max_open"),
    Pair(used="go_sql_in_use_connections", most="go_sql_max_open_connections"),
)
"""Exporters that name the two in words of their own."""


def requests(names: Collection[str]) -> list[str]:
    """Counters of requests that were served, those that tell most first."""
    return _counters(names, [name for name in names if not _is_foreign(name)])


def calls(names: Collection[str]) -> list[str]:
    """Counters of requests that were made to others."""
    made = [name for name in names if _CALLER.search(name) and not _PLATFORM.match(name)]
    return _counters(names, made)


def _counters(names: Collection[str], chosen: Iterable[str]) -> list[str]:
    found = []
    for name in chosen:
        base = name.removesuffix("_count")
        timed = name.endswith("_count") and f"{base}_sum" in names and _TIMED.search(base)
        if timed or (_REQUESTS.search(name) and (_counts(name) or name.endswith("_rq"))):
            found.append(name)
    return sorted(found, key=lambda name: (name.endswith("_count"), len(name)))


def errors(names: Collection[str]) -> list[str]:
    """Counters of what failed, without telling of how many."""
    return sorted(name for name in names if _ERRORS.search(name) and not _is_foreign(name))


def histograms(names: Collection[str]) -> list[str]:
    """Histograms of the time that requests took, without their ending."""
    bases = (name.removesuffix("_bucket") for name in names if name.endswith("_bucket"))
    return sorted(base for base in bases if _TIMED.search(base) and _takes_time(base))


def averages(names: Collection[str]) -> list[str]:
    """Sums and counts of the time that requests took, where there is no histogram of it."""
    bases = (name.removesuffix("_sum") for name in names if name.endswith("_sum"))
    return sorted(
        base
        for base in bases
        if f"{base}_count" in names
        and f"{base}_bucket" not in names
        and _TIMED.search(base)
        and _takes_time(base)
    )


def percentiles(names: Collection[str]) -> list[str]:
    """Gauges that hold a percentile of a time: of each family the highest that is not over 99."""
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        found = _PERCENTILE.search(name)
        if not found or not _TIMED.search(name) or _is_foreign(name):
            continue
        share = int((found["short"] or found["th"] or found["q"])[:2])
        family = name[: found.start()] + name[found.end() :]
        best[family] = max(best.get(family, (0, "")), (share, name))
    return sorted(name for _, name in best.values())


def seconds_in(name: str) -> float | None:
    """What one of a time metric's units is in seconds; None when its name does not tell."""
    for unit, seconds in _TIME_UNITS:
        if unit.search(name):
            return seconds
    return 1.0 if _HAS_UNIT.search(name) else None


def pools(names: Collection[str]) -> list[Pair]:
    """What a pool has lent, with what it may lend: names that differ in one word."""
    found = [pair for pair in _KNOWN_POOLS if {pair.used, pair.most} <= set(names)]
    for name in sorted(names):
        word = _USED.search(name)
        if not word or not _SHARED.search(name) or _PLATFORM.match(name) or _counts(name):
            continue
        lead, tail = name[: word.start("used")], name[word.end("used") :]
        others = [f"{lead}{most}{tail}" for most in _MOST]
        most = next((one for one in others if one in names and one != name), "")
        if most:
            found.append(Pair(used=name, most=most))
    return list({pair.used: pair for pair in reversed(found)}.values())[::-1]


def waiting(names: Collection[str]) -> list[str]:
    """Gauges of those that wait for a connection of a pool."""
    return sorted(
        name
        for name in names
        if _WAITING.search(name) and not _PLATFORM.match(name) and not _is_counted(name)
    )


def queues(names: Collection[str]) -> list[str]:
    """Gauges of what waits in a queue."""
    found = [name for name in names if _QUEUE.search(name) and not _PLATFORM.match(name)]
    # A broker tells the same thing in several ways.
    ready = [name for name in found if name.endswith("_ready")]
    return sorted(
        name
        for name in found
        if not _is_counted(name) and not any(name + "_ready" == one for one in ready)
    )


def lags(names: Collection[str]) -> list[str]:
    """Gauges of how far a consumer or a replica is behind."""
    found = [name for name in names if _LAG.search(name) and not _PLATFORM.match(name)]
    return sorted(name for name in found if not any(f"{name}_sum" == one for one in found))


def consumers(names: Collection[str]) -> list[str]:
    """Gauges of how many fetch from a queue, or as a group."""
    found = [name for name in names if _CONSUMERS.search(name) and not _PLATFORM.match(name)]
    return sorted(found)


def hit_ratios(names: Collection[str]) -> list[str]:
    """Gauges of a cache's hit ratio."""
    return sorted(name for name in names if _HIT_RATIO.search(name))


def hits(names: Collection[str]) -> list[Pair]:
    """Counters of a cache's hits, each with the counter of its misses."""
    return [
        Pair(used=name, most=other)
        for name in sorted(names)
        if "hits" in name and (other := name.replace("hits", "misses")) in names
    ]


def is_error(labels: Mapping[str, str]) -> bool:
    """Whether a request that was counted under these labels failed by the server's fault."""
    return any(_tells_error(label, labels[label]) for label in CODES if labels.get(label))


def is_refusal(labels: Mapping[str, str]) -> bool:
    """Whether it was answered with a 4xx that is no limit of rates."""
    values = (labels.get(label, "") for label in CODES)
    return any(re.fullmatch(r"4\d\d", value) and value != "429" for value in values)


def has_code(labels: Mapping[str, str]) -> bool:
    """Whether the labels say how a request ended."""
    return any(labels.get(label) for label in CODES)


_GRPC_WORDS = frozenset(
    {"unknown", "deadlineexceeded", "internal", "unavailable", "dataloss", "resourceexhausted"}
)
_GRPC_NUMBERS = frozenset({"2", "4", "8", "13", "14", "15"})
_BAD_WORDS = frozenset(
    {"error", "errors", "failure", "failed", "fail", "servererror", "exception", "timeout"}
    | {"statuscodeerror", "false", "servfail", "refused"}
)


def _tells_error(label: str, value: str) -> bool:
    word = re.sub(r"[^a-z0-9]", "", value.lower())
    if label == "error":
        return word not in ("", "false", "0", "none")
    if label == "success":
        return word in ("false", "0")
    if label == "error_type":
        return word not in ("", "none") and not re.fullmatch(r"4\d\d", word)
    if "grpc" in label or label == "rpc_response_status_code":
        return word in _GRPC_NUMBERS or word in _GRPC_WORDS
    if re.fullmatch(r"5\d\d|5xx|5|429", word):
        return word != "5" or label.endswith("_class")
    return word in _BAD_WORDS or word in _GRPC_WORDS or (label == "response_code" and word == "0")


def is_other_end(labels: Mapping[str, str]) -> bool:
    """Whether a request was counted by who made it, and not by who served it."""
    kind = labels.get("span_kind", "").upper()
    if kind and not kind.endswith(("SERVER", "CONSUMER")):
        return True
    return labels.get("direction") == "outbound"


def matching(names: Collection[str]) -> Iterator[str]:
    """Metrics whose labels have to be known before they can be asked for, once each."""
    told: set[str] = set()
    for name in (
        *requests(names),
        *calls(names),
        *errors(names),
        *(f"{base}_count" for base in histograms(names)),
        *(f"{base}_count" for base in averages(names)),
        *percentiles(names),
        *(pair.used for pair in (*pools(names), *hits(names))),
        *waiting(names),
        *queues(names),
        *lags(names),
        *consumers(names),
        *hit_ratios(names),
    ):
        if name not in told:
            told.add(name)
            yield name


def _is_foreign(name: str) -> bool:
    """A metric of the platform, or of calls to others."""
    return bool(_PLATFORM.match(name) or _CALLER.search(name))


def _takes_time(base: str) -> bool:
    sized = re.search(r"size|bytes|length|count$", base)
    return not sized and not _is_foreign(base)


def _counts(name: str) -> bool:
    # The NGINX ingress names its counter without the usual ending.
    return name.endswith(("_total", "controller_requests"))


def _is_counted(name: str) -> bool:
    return name.endswith(("_total", "_count", "_sum", "_bucket", "_created", "_seconds"))
