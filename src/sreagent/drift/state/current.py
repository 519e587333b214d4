"""Version 4 of the state format: Terraform since 0.12, and OpenTofu."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.state.addresses import depended, keyed, marked, provider
from sreagent.drift.state.entries import Entries, each, mapping, text
from sreagent.drift.state.managed import Managed
from sreagent.drift.state.values import settled, unflattened


def resources(document: Mapping[str, Any], entries: Entries) -> None:
    """Read all managed objects of a state; data sources are none of ours.

    Raises:
        TypeError: It holds no list of resources.
    """
    entries.read(document.get("resources"), _block, lambda entry: _instances(entry, entries))


def sensitive_outputs(document: Mapping[str, Any]) -> dict[str, Any]:
    """The values of outputs that are marked as sensitive."""
    outputs = document.get("outputs")
    if not isinstance(outputs, dict):
        return {}
    return {
        str(name): output.get("value")
        for name, output in outputs.items()
        if isinstance(output, dict) and output.get("sensitive") is True
    }


def _block(entry: Mapping[str, Any]) -> str:
    module = entry.get("module")
    own = f"{entry['type']}.{entry['name']}"
    return f"{module}.{own}" if module else own


def _instances(entry: object, entries: Entries) -> Iterator[Managed]:
    resource = mapping(entry, "it")
    if text(resource, "mode") != "managed":
        return
    text(resource, "type"), text(resource, "name")
    block = _block(resource)
    instances = resource.get("instances")
    if not isinstance(instances, list | None):
        msg = "its instances are no list"
        raise TypeError(msg)
    for place, instance in enumerate(each(instances)):
        try:
            yield _managed(resource, block, mapping(instance, "it"), entries.source)
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            entries.problem(f"instance {place + 1} of {block}", error)


def _managed(
    resource: Mapping[str, Any], block: str, instance: Mapping[str, Any], source: str
) -> Managed:
    origin, alias = provider(str(resource.get("provider") or ""))
    return Managed(
        address=keyed(block, _key(instance)),
        type=resource["type"],
        name=resource["name"],
        attributes=_attributes(instance, origin),
        provider=origin,
        alias=alias,
        sensitive=marked(instance.get("sensitive_attributes")),
        dependencies=depended(instance.get("dependencies") or instance.get("depends_on")),
        tainted=instance.get("status") == "tainted",
        deposed=str(instance.get("deposed") or ""),
        source=source,
    )


def _key(instance: Mapping[str, Any]) -> int | str | None:
    key = instance.get("index_key")
    if isinstance(key, float) and key.is_integer():
        return int(key)
    if key is None or (isinstance(key, int | str) and not isinstance(key, bool)):
        return key
    msg = "its index_key is neither a number nor a text"
    raise TypeError(msg)


def _attributes(instance: Mapping[str, Any], origin: str) -> dict[str, Any]:
    if isinstance(found := instance.get("attributes"), dict):
        return settled(found, origin)
    if isinstance(flat := instance.get("attributes_flat"), dict):
        return unflattened(flat)
    msg = "it has no attributes"
    raise TypeError(msg)
