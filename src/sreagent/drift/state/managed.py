"""What a state holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.terraform import Held

RELEASE = "helm_release"
"""The type of what Helm installed in a cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """One object of one resource of a state; data sources are none."""

    address: str
    """`module.net["eu"].aws_subnet.app[0]`, as Terraform writes it."""
    type: str
    name: str
    attributes: Mapping[str, Any] = field(repr=False)
    """Secrets stand in it. What the state cannot know (write-only, unknown) is not in it."""
    provider: str = ""
    """`registry.terraform.io/hashicorp/aws`."""
    alias: str = ""
    """Of the provider configuration, with its module: `module.x.eu`, `eu`."""
    sensitive: tuple[str, ...] = ()
    """Paths that the state marks: `password`, `rule[0].token`."""
    dependencies: tuple[str, ...] = ()
    """Addresses without keys: `module.net.aws_vpc.main`."""
    tainted: bool = False
    deposed: str = ""
    """The key of a left-over object; empty for the current one."""
    source: str = ""

    @property
    def id(self) -> str:
        """The provider's id of it."""
        return str(self.attributes.get("id") or "")

    @property
    def block(self) -> str:
        """The address without keys, as dependencies name it."""
        return without_keys(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What Terraform itself found when it planned: an object that is not as its state said."""

    managed: Managed
    """As the state had it."""
    after: Mapping[str, Any] | None = field(repr=False)
    """As Terraform read it; None: it is gone."""
    sensitive: tuple[str, ...] = ()
    """Paths of `after` that Terraform marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state that was read."""

    source: str
    resources: tuple[Managed, ...]
    serial: int = 0
    terraform_version: str = ""
    held: Held | None = None
    lock_unknown: str = ""
    region: str = ""
    """Of the backend."""
    problems: tuple[str, ...] = field(default=())
    """Resources of it that could not be read, a line each."""
    digest: str = ""
    """SHA-256 of its text: tells another state of the same serial."""
    refreshed: tuple[Refreshed, ...] | None = None
    """What Terraform found, when the text is a plan; None when it is a state."""
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Values of sensitive outputs, by name: secrets, wherever they turn up again."""


def is_kubernetes(managed: Managed) -> bool:
    """Whether a resource is in a cluster: an object, or a release of Helm."""
    return managed.type.startswith("kubernetes_") or managed.type == RELEASE


def without_keys(address: str) -> str:
    """An address without its `[0]` and `["key"]`; brackets and dots inside quotes are text."""
    if "[" not in address:
        return address
    kept: list[str] = []
    inside = quoted = escaped = False
    for char in address:
        if inside:
            if escaped:
                escaped = False
            elif quoted and char == "\\":
                escaped = True
            elif char == '"':
                quoted = not quoted
            elif char == "]" and not quoted:
                inside = False
        elif char == "[":
            inside = True
        else:
            kept.append(char)
    return "".join(kept)
