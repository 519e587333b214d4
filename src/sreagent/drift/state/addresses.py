"""How Terraform writes addresses, providers and paths in its states."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sreagent.drift.state.managed import without_keys

_QUOTED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_PROVIDER = re.compile(
    r"(?:(?P<module>module\..+)\.)?provider\[\"(?P<source>[^\"]+)\"\](?:\.(?P<alias>[\w-]+))?"
)
_OLD_PROVIDER = re.compile(
    r"(?:(?P<module>module\..+)\.)?provider\.(?P<source>[\w-]+)(?:\.(?P<alias>[\w-]+))?"
)
_REGISTRY = "registry.terraform.io/hashicorp/"
_BUILTIN = "terraform.io/builtin/terraform"


def keyed(block: str, key: int | str | None) -> str:
    """The address of one instance of a block: `aws_subnet.app[0]`, `aws_subnet.app["a"]`."""
    if key is None:
        return block
    return f"{block}[{key}]" if isinstance(key, int) else f"{block}[{quoted(key)}]"


def quoted(key: str) -> str:
    """A key as Terraform writes it: templates are escaped, and what cannot be printed."""
    return f'"{"".join(_letters(key))}"'


def _letters(key: str) -> Iterator[str]:
    for place, letter in enumerate(key):
        if letter in _QUOTED:
            yield _QUOTED[letter]
        elif letter in "$%" and key[place + 1 : place + 2] == "{":
            yield 2 * letter
        elif letter.isprintable():
            yield letter
        else:
            code = ord(letter)
            yield f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(1024)
def provider(text: str) -> tuple[str, str]:
    """The source of a provider and the alias of its configuration, with its module.

    `module.x.provider["registry.terraform.io/hashicorp/aws"].eu` is `registry…/aws`, `module.x.eu`.
    Names of Terraform 0.12 (`provider.aws.eu`) are those of HashiCorp's registry.
    """
    if found := _PROVIDER.fullmatch(text):
        source = found["source"]
    elif found := _OLD_PROVIDER.fullmatch(text):
        name = found["source"]
        source = _BUILTIN if name == "terraform" else f"{_REGISTRY}{name}"
    else:
        return text, ""
    alias = ".".join(part for part in (found["module"], found["alias"]) if part)
    return source.replace("/-/", "/hashicorp/"), alias


def marked(paths: object) -> tuple[str, ...]:
    """`sensitive_attributes` as paths; in old states they are names, or steps without a list."""
    if not isinstance(paths, Sequence) or isinstance(paths, str):
        return ()
    found: list[str] = []
    for path in paths:
        if isinstance(path, str):
            found.append(path)
        elif isinstance(path, Mapping):
            found.append(_path([path]))
        elif isinstance(path, Sequence):
            found.append(_path(path))
    return tuple(dict.fromkeys(path for path in found if path))


def _path(steps: Sequence[Any]) -> str:
    path = ""
    for step in steps:
        value = step.get("value") if isinstance(step, Mapping) else step
        if isinstance(value, Mapping):
            value = value.get("value")
        if isinstance(value, int | float) and not isinstance(value, bool):
            path += f"[{int(value)}]"
        elif isinstance(value, str):
            path = f"{path}.{value}" if path else value
        else:
            # What is inside a set is not told one by one: the whole of it is meant.
            break
    return path


def trues(marks: object, path: str = "") -> Iterator[str]:
    """`sensitive_values` as paths: the places where `true` stands."""
    if marks is True:
        yield path
    elif isinstance(marks, Mapping):
        for name, below in marks.items():
            yield from trues(below, f"{path}.{name}" if path else str(name))
    elif isinstance(marks, list):
        for place, below in enumerate(marks):
            yield from trues(below, f"{path}[{place}]")


def depended(addresses: object) -> tuple[str, ...]:
    """Addresses without keys, of what an object depends on; data sources are left out."""
    if not isinstance(addresses, list):
        return ()
    blocks = (without_keys(str(each)) for each in addresses)
    return tuple(dict.fromkeys(each for each in blocks if not is_data(each)))


def is_data(block: str) -> bool:
    """Whether an address without keys is one of a data source."""
    return bool(re.match(r"(?:module\.[\w-]+\.)*data\.", block))
