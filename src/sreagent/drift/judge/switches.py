"""What protects when it is on, what endangers when it is on, and how strong either is."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sreagent.domain.drift import Severity
from sreagent.domain.text import one_line
from sreagent.drift.judge.judged import Json, Judged, Matter, is_on, texts_in

Rank = Callable[[Json], float]
"""How safe a value is: more is safer."""
HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
_VERSION = re.compile(r"(?:TLS|SSL|-)v?_?-?(1)[._-]?([0-3])(?!\d)", re.IGNORECASE)
_DATED = re.compile(r"(20\d\d)[-_]?(\d\d)?")
_EVERYBODY = re.compile(r".*(?:AllUsers|AuthenticatedUsers)")


@dataclass(frozen=True, slots=True)
class Switch:
    """Attributes that are safer one way than the other."""

    names: re.Pattern[str]
    """Ends of paths without indexes."""
    rank: Rank
    severity: Severity
    """Of the way that is less safe."""
    worse: str
    better: str
    opens: bool = True
    """Whether it is about who gets in; otherwise about what is lost when something breaks."""
    types: str = ""
    """Part of the names of the types that are meant."""


def judge_switches(matter: Matter) -> Judged | None:
    """A judgement of one setting; None for one that is not known to protect or to endanger."""
    for switch in _SWITCHES:
        if switch.types in matter.type and switch.names.fullmatch(matter.flat):
            return _judged(switch, matter)
    return _granted(matter)


def _judged(switch: Switch, matter: Matter) -> Judged:
    before, after = switch.rank(matter.before), switch.rank(matter.after)
    if after < before:
        opens = True if switch.opens else None
        return Judged(severity=switch.severity, why=switch.worse, opens=opens)
    if after > before:
        opens = False if switch.opens else None
        return Judged(severity=LOW, why=switch.better, opens=opens)
    return Judged(severity=LOW)


def _granted(matter: Matter) -> Judged | None:
    """Lists of grantees that take in everybody."""
    new = texts_in(matter.after) - texts_in(matter.before)
    if any(_EVERYBODY.fullmatch(one_line(text)) for text in new):
        return Judged(severity=HIGH, why="public: everybody is granted access", opens=True)
    return None


def _on(value: Json) -> float:
    return 1.0 if is_on(value) else 0.0


def _off(value: Json) -> float:
    return 1.0 - _on(value)


def _there(value: Json) -> float:
    return 1.0 if texts_in(value) else 0.0


def _count(value: Json) -> float:
    return float(len(texts_in(value)))


def _amount(value: Json) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _less(value: Json) -> float:
    return -_amount(value)


def _kept_for(value: Json) -> float:
    """Days that something is kept; zero is for ever."""
    return _amount(value) or float("inf")


def _among(*safest_first: str) -> Rank:
    """The place of a value in a row; one that is not in it is as safe as the safest."""
    order = [name.lower() for name in reversed(safest_first)]

    def rank(value: Json) -> float:
        said = next(iter(texts_in(value)), "") if isinstance(value, list) else value
        text = str(said or "").lower()
        return float(order.index(text)) if text in order else float(len(order))

    return rank


def tls(value: Json) -> float:
    """The oldest version that a policy of a listener, a domain or a distribution allows."""
    text = str(value or "")
    if "SSLv3" in text or not text:
        return 0.3
    # `TLS13-1-2` allows 1.2: the version that is named last counts.
    versions = [float(f"{one}.{two}") for one, two in _VERSION.findall(_DATED.sub("", text))]
    dated = _DATED.search(text)
    year = float(f"{dated[1]}.{dated[2] or '00'}") / 1e6 if dated else 0.0
    return (versions[-1] if versions else 1.0) + year


def _switch(
    names: str, rank: Rank, severity: Severity, words: tuple[str, str], **more: object
) -> Switch:
    """`names` are regular expressions of ends of paths, divided by spaces."""
    pattern = re.compile(rf"(?:.*\.)?(?:{'|'.join(names.split())})")
    worse, better = words
    return Switch(pattern, rank, severity, worse, better, **more)  # type: ignore[arg-type]  # of the table


def _protections() -> Iterator[Switch]:
    encryption = ("encryption turned off", "encryption turned on")
    yield _switch(
        r"storage_encrypted encrypted kms_encrypted at_rest_encryption_enabled encryption_enabled"
        r" transit_encryption_enabled sqs_managed_sse_enabled server_side_encryption\.enabled"
        r" encrypt_at_rest\.enabled node_to_node_encryption\.enabled enforce_https require_ssl"
        r" encryption_in_transit\.in_cluster transit_encryption",
        _on,
        HIGH,
        encryption,
    )
    yield _switch(
        r"deletion_protection(?:_enabled)? enable_deletion_protection termination_protection"
        r" disable_api_termination disable_api_stop enable_termination_protection",
        _on,
        HIGH,
        ("no longer protected from deletion", "protected from deletion"),
    )
    yield _switch(
        r"block_public_acls block_public_policy ignore_public_acls restrict_public_buckets"
        r" block_public_access\w*",
        _on,
        HIGH,
        ("public access is no longer blocked", "public access is blocked"),
    )
    yield _switch("enable_key_rotation", _on, HIGH, ("key rotation off", "key rotation on"))
    yield _switch(
        r"enable_logging logging_enabled (?:access_logs|connection_logs|logging)\.enabled"
        r" enable_log_file_validation include_global_service_events is_multi_region_trail",
        _on,
        HIGH,
        ("logging off", "logging on"),
    )
    yield _switch(
        r"iam_database_authentication_enabled drop_invalid_header_fields scan_on_push"
        r" source_dest_check read_only_root_filesystem",
        _on,
        MEDIUM,
        ("a protection turned off", "a protection turned on"),
    )
    yield _switch("run_as_non_root", _on, HIGH, ("may run as root", "may not run as root"))


def _dangers() -> Iterator[Switch]:
    yield _switch(
        r"publicly_accessible endpoint_public_access public_access_enabled"
        r" associate_public_ip_address public_network_access_enabled assign_public_ip",
        _off,
        HIGH,
        ("reachable from the internet", "no longer reachable from the internet"),
    )
    yield _switch(
        r"map_public_ip_on_launch",
        _off,
        HIGH,
        ("what starts in it gets a public address", "no more public addresses"),
    )
    yield _switch(
        r"internal", _on, HIGH, ("turned towards the internet", "turned inwards"), types="lb"
    )
    yield _switch(
        r"privileged host_network host_pid host_ipc allow_privilege_escalation",
        _off,
        HIGH,
        ("may reach the machine it runs on", "kept from the machine it runs on"),
    )


def _choices() -> Iterator[Switch]:
    yield _switch(
        "acl",
        _among("private", "authenticated-read", "public-read", "public-read-write"),
        HIGH,
        ("public by its access list", "no longer public by its access list"),
    )
    yield _switch(
        "http_tokens",
        _among("required", "optional"),
        HIGH,
        ("credentials of the instance without a token", "a token is required"),
    )
    yield _switch(
        r"versioning_configuration\.status versioning\.status",
        _among("enabled", "disabled", "suspended", ""),
        HIGH,
        ("versions are no longer kept", "versions are kept"),
    )
    yield _switch(
        r"versioning\.enabled point_in_time_recovery\.enabled",
        _on,
        HIGH,
        ("older states are no longer kept", "older states are kept"),
    )
    yield _switch(
        "mfa_delete mfa_configuration",
        _among("enabled", "on", "optional", "disabled", "off"),
        HIGH,
        ("no second factor", "a second factor"),
    )
    yield _switch(
        "image_tag_mutability",
        _among("IMMUTABLE", "MUTABLE"),
        MEDIUM,
        ("tags of images can be moved", "tags of images stay"),
    )


def _ways_in() -> Iterator[Switch]:
    yield _switch(
        "protocol viewer_protocol_policy origin_protocol_policy client_broker",
        _among("https", "tls", "https-only", "redirect-to-https", "tls_plaintext", "match-viewer",
               "allow-all", "http-only", "http", "tcp", "plaintext"),
        HIGH, ("no longer encrypted on the way", "encrypted on the way"),
    )  # fmt: skip
    yield _switch(
        "authorization authorization_type",
        _among("aws_iam", "none", ""),
        HIGH,
        ("nobody has to say who they are", "callers have to say who they are"),
    )
    yield _switch(
        "sse_algorithm encryption_type",
        _among("aws:kms:dsse", "aws:kms", "kms", "aes256", "none", ""),
        HIGH,
        ("weaker encryption", "stronger encryption"),
    )
    yield _switch(
        "scheme",
        _among("internal", "internet-facing"),
        HIGH,
        ("turned towards the internet", "turned inwards"),
    )
    yield _switch(
        r"(?:spec\.)?type",
        _among("ClusterIP", "NodePort", "LoadBalancer"),
        HIGH,
        ("offered outside the cluster", "kept inside the cluster"),
        types="kubernetes_service",
    )
    yield _switch(
        r"ssl_policy minimum_protocol_version security_policy tls_security_policy tls_policy"
        r" min_tls_version",
        tls,
        HIGH,
        ("older TLS is allowed", "older TLS is refused"),
    )


def _presences() -> Iterator[Switch]:
    yield _switch(
        r"kms_key_id kms_master_key_id kms_key_arn kms_master_key_arn kms_data_key_arn"
        r" server_side_encryption_configuration(?:\.rule)? encryption_configuration"
        r" encryption_config(?:\.resources)? apply_server_side_encryption_by_default",
        _there,
        HIGH,
        ("no longer encrypted with its key", "encrypted with a key"),
    )
    yield _switch(
        "web_acl_arn web_acl_id", _there, HIGH, ("the firewall is taken off", "behind a firewall")
    )
    yield _switch(
        "permissions_boundary", _there, HIGH, ("no boundary of rights", "a boundary of rights")
    )
    yield _switch(
        r"logging access_logs log_destination target_bucket cloud_watch_logs_group_arn log_config"
        r" enabled_cloudwatch_logs_exports enabled_cluster_log_types log_publishing_options",
        _count,
        HIGH,
        ("logging off, or less of it", "more is logged"),
    )


def _losses() -> Iterator[Switch]:
    yield _switch(
        r"backup_retention_period snapshot_retention_limit automated_snapshot_retention_period",
        lambda value: 1.0 if _amount(value) else 0.0,
        HIGH,
        ("no more backups", "backups are made"),
        opens=False,
    )
    yield _switch(
        "retention_in_days",
        _kept_for,
        MEDIUM,
        ("logs are kept for less time", "logs are kept for longer"),
        opens=False,
    )
    yield _switch(
        "minimum_password_length password_reuse_prevention",
        _amount,
        MEDIUM,
        ("weaker passwords", "stronger passwords"),
    )
    yield _switch(
        "http_put_response_hop_limit max_session_duration",
        _less,
        MEDIUM,
        ("credentials reach further", "credentials reach less far"),
    )


def _outages() -> Iterator[Switch]:
    yield _switch(
        "multi_az multi_az_enabled automatic_failover_enabled",
        _on,
        MEDIUM,
        ("nothing takes over when it fails", "another takes over when it fails"),
        opens=False,
    )
    yield _switch(
        "redrive_policy",
        _there,
        MEDIUM,
        ("failed messages are lost", "failed messages are kept"),
        opens=False,
    )
    yield _switch(
        "alarm_actions actions_enabled",
        _count,
        MEDIUM,
        ("the alarm tells nobody", "the alarm tells somebody"),
        opens=False,
    )
    yield _switch(
        "enabled is_enabled enable_dns_support enable_dns_hostnames",
        _on,
        MEDIUM,
        ("switched off", "switched on"),
        opens=False,
    )
    yield _switch(
        "desired_count desired_capacity replicas desired_size reserved_concurrent_executions",
        lambda value: 1.0 if _amount(value) else 0.0,
        MEDIUM,
        ("scaled to nothing", ""),
        opens=False,
    )


_SWITCHES: Sequence[Switch] = (
    *_protections(),
    *_dangers(),
    *_choices(),
    *_ways_in(),
    *_presences(),
    *_losses(),
    *_outages(),
)
