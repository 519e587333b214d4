"""What a written command line means, once it was understood: a read, a change, or neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class KubectlRead:
    """One read of the cluster. Every field was checked; nothing in it is passed through.

    Names are ASCII as the API server allows them; resources are as typed, in lower case
    (`deploy`, `pods.v1.`, `deployments.apps`), and mean a kind only to the server's discovery.
    """

    verb: str
    """`get`, `describe`, `logs`, `top`, `events`, `explain`, `api_resources`, `api_versions`,
    `version`, `cluster_info`, `can_i`, `whoami`, `rollout_status`, `rollout_history`, `wait`,
    `contexts`, `help`, `preview`."""
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names of the one resource; empty for all."""
    objects: tuple[tuple[str, str], ...] = ()
    """`(resource, name)` pairs of the form `pod/web-1 svc/web`; `resources` is empty then."""
    namespace: str = ""
    """Empty for the namespace of the incident."""
    everywhere: bool = False
    """All namespaces."""
    selector: str = ""
    field_selector: str = ""
    output: str = "table"
    """`table`, `wide`, `name`, `json` or `yaml`. A template (`-o jsonpath=…`) becomes `json`: the
    objects are shown redacted and whole, no template runs."""
    sort_by: str = ""
    container: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What only some verbs have: `previous`, `tail`, `since_seconds`, `all_containers`,
    `timestamps`, `path` (of `get --raw`), `topic` (of `help`, `explain`), `for` (of `wait`,
    `events`), `types`, `action` (the verb asked about by `can_i`), …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsRead:
    """One read of AWS: an operation of the on-call list with its parameters as the API has them."""

    service: str
    """As boto3 names it: `ec2`, `logs`, `elbv2`."""
    operation: str
    """As the API names it: `DescribeInstances`. `help` and `version` send nothing."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str = ""
    """Empty for the region of this run."""
    query: str = ""
    """A JMESPath expression over the redacted answer."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """`max_items`, `starting_token`, `waiter`, …: what the command line adds to the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusRead:
    """One PromQL expression."""

    promql: str
    minutes: int = 0
    """How far to look back; 0 for only now."""


Read = KubectlRead | AwsRead | PrometheusRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The line is neither a read nor a change of the catalogue."""

    rule: str
    """`grammar/flag`, `grammar/secret`, `grammar/not-one-call`, …"""
    reason: str
    """What is wrong and what to write instead, for whoever wrote the line."""
