"""Commands of the AWS command line that are no plain operation of the API: `s3 ls`, `logs tail`."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sreagent.domain.command import AwsRead
from sreagent.tools.lines.aws_flags import Flags, Line, Takes, read_flags
from sreagent.tools.lines.aws_reads import named, parameters_of, parse_read, read_of
from sreagent.tools.lines.objection import Objection, Rule

_S3_LS = {
    "recursive": Takes.NOTHING,
    "human-readable": Takes.NOTHING,
    "summarize": Takes.NOTHING,
    "page-size": Takes.ONE,
}
_LOGS_TAIL = {
    "since": Takes.ONE,
    "format": Takes.ONE,
    "follow": Takes.NOTHING,
    "filter-pattern": Takes.ONE,
    "log-stream-names": Takes.MANY,
    "log-stream-name-prefix": Takes.ONE,
}
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
_GROUP = re.compile(
    r"[-A-Za-z0-9_/.#]{1,512}|arn:aws[a-z-]*:logs:[-a-z0-9]+:[0-9]{12}:log-group:.+"
)
_SINCE = re.compile(r"([1-9][0-9]{0,5})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TAIL = 600.0
"""Seconds that `logs tail` goes back by itself."""
_EMR_STATES = {
    "--active": ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"),
    "--terminated": ("TERMINATED",),
    "--failed": ("TERMINATED_WITH_ERRORS",),
}
_FORMATS = ("detailed", "short", "json")


def parse_s3_ls(line: Line) -> AwsRead:
    """Buckets, or what lies in one.

    Raises:
        Objection: What is listed is no bucket, or a flag is not taken.
    """
    flags = read_flags(line, _S3_LS)
    if not flags.arguments:
        return read_of(named("s3", "ListBuckets"), flags, {})
    if len(flags.arguments) > 1:
        raise Objection(Rule.ARGUMENT, "s3 ls lists one place: write aws s3 ls s3://BUCKET/PREFIX")
    bucket, _, prefix = flags.arguments[0].removeprefix("s3://").partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise Objection(Rule.NAME, f"{bucket[:60]!r} is not the name of a bucket")
    parameters: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    if not flags.on("recursive"):
        parameters["Delimiter"] = "/"
    return read_of(named("s3", "ListObjectsV2"), flags, parameters)


def parse_emr_clusters(line: Line) -> AwsRead:
    """Clusters, where a switch stands for some of their states.

    Raises:
        Objection: A flag is not taken.
    """
    words = [
        part
        for word in line.rest
        for part in (("--cluster-states", *_EMR_STATES[word]) if word in _EMR_STATES else (word,))
    ]
    return parse_read(named("emr", "ListClusters"), replace(line, rest=tuple(words)))


def parse_logs_tail(line: Line) -> AwsRead:
    """The last lines of a log group; following is looking once.

    Raises:
        Objection: It is no log group, or a flag is not taken.
    """
    flags = read_flags(line, _LOGS_TAIL)
    if len(flags.arguments) != 1 or not _GROUP.fullmatch(flags.arguments[0]):
        raise Objection(Rule.ARGUMENT, "write aws logs tail LOG-GROUP --since 15m")
    if "format" in flags.given and flags.last("format") not in _FORMATS:
        raise Objection(Rule.OUTPUT, f"--format is one of {', '.join(_FORMATS)}")
    operation = named("logs", "FilterLogEvents")
    group = flags.arguments[0]
    parameters = parameters_of(operation, _as_filter(flags, group))
    read = read_of(operation, flags, parameters)
    since = flags.last("since")
    if since and not _SINCE.fullmatch(since):
        return _from(read, since)
    seconds = _seconds(since) if since else _TAIL
    return replace(read, options={**read.options, "since_seconds": seconds})


def _as_filter(flags: Flags, group: str) -> Flags:
    """The same as flags of `filter-log-events`."""
    own = ("filter-pattern", "log-stream-names", "log-stream-name-prefix")
    given = {flag: words for flag, words in flags.given.items() if flag in own}
    name = "log-group-identifier" if group.startswith("arn:") else "log-group-name"
    return Flags(given={**given, name: (group,)}, arguments=())


def _seconds(since: str) -> float:
    number, unit = int(since[:-1]), since[-1]
    return float(number * _SECONDS[unit])


def _from(read: AwsRead, since: str) -> AwsRead:
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        reason = f"--since {since[:40]!r} is no time: write 15m, 2h or 2026-01-31T12:00:00Z"
        raise Objection(Rule.ARGUMENT, reason) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    started = int(aware.timestamp() * 1000)
    return replace(read, parameters={**read.parameters, "startTime": started})
