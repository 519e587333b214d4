"""What a state holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.terraform import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """One object of one resource of a state; data sources are none."""

    address: str
    """`module.net["eu"].aws_subnet.app[0]`, as Terraform writes it."""
    type: str
    name: str
    attributes: Mapping[str, Any]
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
    schema_version: int = 0
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
class State:
    """One state that was read."""

    source: str
    resources: tuple[Managed, ...]
    serial: int = 0
    lineage: str = ""
    terraform_version: str = ""
    held: Held | None = None
    lock_unknown: str = ""
    region: str = ""
    """Of the backend."""
    problems: tuple[str, ...] = field(default=())
    """Resources of it that could not be read, a line each."""


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
