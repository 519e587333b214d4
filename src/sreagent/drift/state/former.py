"""Version 3 of the state format: Terraform 0.9 to 0.11, where every value is a text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.state.addresses import is_data, keyed, provider
from sreagent.drift.state.entries import Entries, each, mapping, text
from sreagent.drift.state.managed import Managed
from sreagent.drift.state.values import unflattened

_NAME = re.compile(r"(?P<type>[\w-]+)\.(?P<name>[\w-]+)(?:\.(?P<index>\d+))?")
_HASHICORP = "provider."


def resources(document: Mapping[str, Any], entries: Entries) -> None:
    """Read all managed objects of all modules.

    Raises:
        TypeError: It holds no list of modules.
    """
    entries.read(
        document.get("modules"),
        lambda module: ".".join(map(str, module["path"])),
        lambda module: _of_module(mapping(module, "it"), entries),
    )


def sensitive_outputs(document: Mapping[str, Any]) -> dict[str, Any]:
    """The values of outputs of the root module that are marked as sensitive."""
    found: dict[str, Any] = {}
    for module in each(document.get("modules")):
        outputs = module.get("outputs") if isinstance(module, dict) else None
        for name, output in (outputs if isinstance(outputs, dict) else {}).items():
            if isinstance(output, dict) and output.get("sensitive") is True:
                found[str(name)] = output.get("value")
    return found


def _of_module(module: Mapping[str, Any], entries: Entries) -> Iterator[Managed]:
    below = [str(name) for name in (module.get("path") or ["root"])][1:]
    prefix = "".join(f"module.{name}." for name in below)
    for name, resource in mapping(module.get("resources") or {}, "its resources").items():
        if name.startswith("data."):
            continue
        try:
            yield from _objects(prefix, name, mapping(resource, "it"), entries.source)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            entries.problem(f"{prefix}{name}", error)


def _objects(prefix: str, name: str, resource: Mapping[str, Any], source: str) -> Iterator[Managed]:
    parts = _NAME.fullmatch(name)
    if not parts:
        msg = "its name is no address"
        raise ValueError(msg)
    told = str(resource.get("provider") or f"{_HASHICORP}{parts['type'].partition('_')[0]}")
    origin, alias = provider(told)
    index = None if parts["index"] is None else int(parts["index"])
    current, old = resource.get("primary"), resource.get("deposed")
    objects = [("", current)] if current else []
    objects += [(f"{place:08x}", each) for place, each in enumerate(each(old), start=1)]
    for key, instance in objects:
        found = mapping(instance, "it")
        flat = mapping(found.get("attributes") or {}, "its attributes")
        yield Managed(
            address=keyed(f"{prefix}{parts['type']}.{parts['name']}", index),
            type=text(resource, "type"),
            name=parts["name"],
            attributes={"id": found.get("id"), **unflattened(flat)},
            provider=origin,
            alias=alias,
            dependencies=_dependencies(prefix, resource.get("depends_on")),
            tainted=found.get("tainted") is True,
            deposed=key,
            source=source,
        )


def _dependencies(prefix: str, names: object) -> tuple[str, ...]:
    """They are told within their module, with an index at the end or `.*`."""
    blocks = (re.sub(r"\.(?:\d+|\*)$", "", str(name)) for name in each(names))
    whole = (name if name.startswith("module.") else f"{prefix}{name}" for name in blocks)
    return tuple(dict.fromkeys(name for name in whole if not is_data(name)))
