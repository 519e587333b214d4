"""Code for what is there and in no state: `import` blocks, and the least that Terraform needs."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.secrets import names_secret
from sreagent.drift.code.literals import UnwritableError, aligned, key, quoted, scalar
from sreagent.drift.compare.noise import is_volatile
from sreagent.drift.compare.shape import PLAIN, Shape
from sreagent.drift.mend.direction import CANNOT_BE_IMPORTED
from sreagent.drift.mend.likeness import is_blocks, is_nothing
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed

Json = Any
"""A JSON value."""
_COMPUTED = re.compile(
    r".*_(?:url|endpoint|dns_name|zone_id|hosted_zone_id)|dns_name|endpoint|hosted_zone_id"
    r"|main_route_table_id|default_\w+_id|dhcp_options_id|ipv6_association_id"
    r"|primary_network_interface_id|private_dns|public_dns|public_ip|instance_state"
    r"|latest_.*|qualified_.*|invoke_arn|version|revision|allocation_id|association_id"
    r"|network_interface_id|key_id|zone_id|name_servers|primary_name_server|address"
    r"|stream_arn|stream_label|root_block_device|ebs_block_device|network_interface"
)
"""Attributes that most providers give back and do not take."""
_UNIQUE = re.compile(r"[a-z]+-[0-9a-f]{8,17}|arn:[\w-]+:.+|https?://.+|[0-9a-f]{8}-[0-9a-f-]{27}")
"""Values that no two things have."""
_NAMED = {
    "bucket": ("aws_s3_bucket", "bucket"),
    "role": ("aws_iam_role", "name"),
    "user": ("aws_iam_user", "name"),
    "group": ("aws_iam_group", "name"),
    "cluster_name": ("aws_eks_cluster", "name"),
    "db_subnet_group_name": ("aws_db_subnet_group", "name"),
    "key_name": ("aws_key_pair", "key_name"),
    "log_group_name": ("aws_cloudwatch_log_group", "name"),
    "function_name": ("aws_lambda_function", "function_name"),
    "repository": ("aws_ecr_repository", "name"),
    "iam_instance_profile": ("aws_iam_instance_profile", "name"),
}
"""Attributes that call another thing by its name."""
_GIVERS = ("id", "arn", "url")
_REFERRED = re.compile(r"[\w.\[\]\"-]+")
_POLICIES = ("policy", "assume_role_policy", "access_policy", "access_policies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """Something to import."""

    real: Real
    import_id: str
    """What `terraform import` takes."""
    shape: Shape = PLAIN
    hidden: tuple[str, ...] = ()
    """Attributes of it that are not given, for secrets stand in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The code for what is imported."""

    text: str
    """Of one file; empty when nothing can be imported."""
    addresses: tuple[str, ...] = ()
    """Of the new resources, in the order of the things."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """What cannot be imported, as `type id`, and why."""
    incomplete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Attributes that were left out as they are secrets or cannot be written, by address."""


def imported(
    strays: Sequence[Stray], managed: Iterable[Managed], taken: Iterable[str] = ()
) -> Imported:
    """Write the code that takes things into the root module.

    Args:
        strays: What to import.
        managed: Resources of the state: their ids become references.
        taken: Addresses that the code has already.
    """
    known = tuple(managed)
    references = _references(known)
    names = {*taken, *(each.block for each in known)}
    texts: list[str] = []
    addresses: list[str] = []
    refused: dict[str, str] = {}
    incomplete: dict[str, tuple[str, ...]] = {}
    for stray in strays:
        if why := _refusal(stray):
            refused[f"{stray.real.type} {stray.real.id}"] = why
            continue
        address = _address(stray.real, names)
        names.add(address)
        text, unwritten = _code(stray, address, references)
        texts.append(text)
        addresses.append(address)
        if left_out := (*stray.hidden, *unwritten):
            incomplete[address] = left_out
    return Imported(
        text="\n".join(texts),
        addresses=tuple(addresses),
        refused=refused,
        incomplete=incomplete,
    )


def _refusal(stray: Stray) -> str:
    if why := CANNOT_BE_IMPORTED.get(stray.real.type):
        return why
    if not stray.import_id:
        return "it is not known what terraform import takes for it"
    if not stray.real.attributes:
        return "only its name was read: terraform plan -generate-config-out writes its code"
    return ""


def _address(real: Real, taken: set[str]) -> str:
    """An address that nothing has: named as people call the thing."""
    words = re.sub(r"[^A-Za-z0-9_]+", "_", real.name or real.id).strip("_").lower()
    name = words[:50].rstrip("_") or "imported"
    if not re.match(r"[a-z_]", name):
        name = f"_{name}"
    chosen, number = name, 2
    while f"{real.type}.{chosen}" in taken:
        chosen, number = f"{name}_{number}", number + 1
    return f"{real.type}.{chosen}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _References:
    """What may stand for a value."""

    unique: Mapping[str, str]
    """By id or ARN."""
    named: Mapping[tuple[str, str], str]
    """By type and name."""

    def of(self, attribute: str, value: str) -> str:
        """The reference for a value of an attribute; empty where there is none."""
        if value in self.unique:
            return self.unique[value]
        if attribute in _NAMED:
            return self.named.get((_NAMED[attribute][0], value), "")
        return ""


def _references(managed: tuple[Managed, ...]) -> _References:
    """Of the resources of the root module; what two resources say stands for neither."""
    here = [each for each in managed if not each.address.startswith("module.")]
    mine = [each for each in here if not each.deposed and _REFERRED.fullmatch(each.address)]
    said = Counter(
        str(each.attributes.get(name))
        for each in mine
        for name in _GIVERS
        if each.attributes.get(name) and not _twice(each, name)
    )
    unique = {
        str(each.attributes[name]): f"{each.address}.{name}"
        for each in mine
        for name in _GIVERS
        if _UNIQUE.fullmatch(str(each.attributes.get(name) or ""))
        and not _twice(each, name)
        and said[str(each.attributes[name])] == 1
    }
    named = {
        (each.type, str(each.attributes[attribute])): f"{each.address}.{attribute}"
        for type_, attribute in set(_NAMED.values())
        for each in mine
        if each.type == type_ and each.attributes.get(attribute)
    }
    return _References(unique=unique, named=named)


def _twice(managed: Managed, name: str) -> bool:
    """Whether an earlier attribute of a resource says the same: its id is often its ARN."""
    before = _GIVERS[: _GIVERS.index(name)]
    return any(managed.attributes.get(each) == managed.attributes.get(name) for each in before)


def _code(stray: Stray, address: str, references: _References) -> tuple[str, tuple[str, ...]]:
    type_, _, name = address.partition(".")
    writer = _Writer(shape=stray.shape, references=references, left_out=[])
    own = {
        attribute: value
        for attribute, value in stray.real.attributes.items()
        if not _is_left_out(attribute, value, stray)
    }
    lines = writer.block(own, "")
    text = "\n".join(
        (
            "import {",
            f"  to = {address}",
            f"  id = {quoted(stray.import_id)}",
            "}",
            "",
            f"resource {quoted(type_)} {quoted(name)} {{",
            *(f"  {line}" if line else "" for line in lines),
            "}",
            "",
        )
    )
    return text, tuple(writer.left_out)


def _is_left_out(name: str, value: Json, stray: Stray) -> bool:
    if names_secret(name):
        return is_nothing(value)
    if name in stray.shape.skipped or value == stray.shape.defaults.get(name, ...):
        return True
    is_computed = is_volatile(name, stray.shape) or _COMPUTED.fullmatch(name) is not None
    return is_nothing(value) or (is_computed and name not in stray.shape.compared)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    shape: Shape
    references: _References
    left_out: list[str]

    def block(self, values: Mapping[str, Json], within: str) -> list[str]:
        """The lines of a block, attributes first."""
        rows: list[tuple[str, str]] = []
        inner: list[str] = []
        for name, value in values.items():
            path = f"{within}.{name}" if within else name
            if is_nothing(value) or path in self.shape.skipped:
                continue
            if names_secret(name):
                self.left_out.append(path)
            elif is_blocks(value):
                for each in value:
                    inner += ["", f"{name} {{", *_deeper(self.block(each, path)), "}"]
            else:
                rows += self._row(name, value, path)
        lines = [line for row in aligned(rows) for line in row.split("\n")]
        return [*lines, *(inner if lines else inner[1:])]

    def _row(self, name: str, value: Json, path: str) -> list[tuple[str, str]]:
        try:
            return [(name, self._written(name, value, path))]
        except UnwritableError:
            self.left_out.append(path)
            return []

    def _written(self, name: str, value: Json, path: str) -> str:
        if isinstance(value, str):
            return self._text(name, value, path)
        if isinstance(value, Mapping):
            return self._object(value, path)
        if isinstance(value, list):
            return self._list(name, value, path)
        return scalar(value)

    def _object(self, value: Mapping[str, Json], path: str) -> str:
        open_ = {name: each for name, each in value.items() if not names_secret(name)}
        self.left_out.extend(f"{path}.{name}" for name in value if name not in open_)
        rows = [(key(name), self._written("", each, path)) for name, each in open_.items()]
        lines = _deeper([line for row in aligned(rows) for line in row.split("\n")])
        return "\n".join(["{", *lines, "}"]) if rows else "{}"

    def _list(self, name: str, values: list[Json], path: str) -> str:
        written = [self._written(_one(name), each, path) for each in values]
        line = "[" + ", ".join(written) + "]"
        if len(line) <= 80 and "\n" not in line:
            return line
        rows = [line for each in written for line in f"{each},".split("\n")]
        return "\n".join(["[", *_deeper(rows), "]"])

    def _text(self, name: str, value: str, path: str) -> str:
        if found := self.references.of(name, value):
            return found
        if path in self.shape.policies or name in _POLICIES:
            return self._document(value)
        return quoted(value)

    def _document(self, text: str) -> str:
        try:
            document = json.loads(text)
        except ValueError:
            return quoted(text)
        if not isinstance(document, Mapping | list):
            return quoted(text)
        return f"jsonencode({self._written('', document, '')})"


def _one(name: str) -> str:
    """What one of several is called: `roles` are `role`s."""
    return name.removesuffix("s")


def _deeper(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]
