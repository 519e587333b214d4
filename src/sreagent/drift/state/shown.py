"""What `terraform show -json` prints: of a state, and of a plan."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sreagent.drift.state.addresses import depended, trues
from sreagent.drift.state.entries import Entries, each, mapping, text
from sreagent.drift.state.managed import Managed, Refreshed, without_keys
from sreagent.drift.state.values import known

_MANAGED = "managed"


def resources(values: object, entries: Entries) -> None:
    """Read all managed objects of `values`, module by module.

    Raises:
        TypeError: It is not what Terraform prints.
    """
    if values is None:
        return
    for module in _modules(mapping(values, "values").get("root_module"), entries):
        entries.read(
            module.get("resources"),
            lambda entry: str(entry["address"]),
            lambda entry: _of_values(entry, entries.source),
        )


def sensitive_outputs(values: object) -> dict[str, Any]:
    """The values of outputs that are marked as sensitive."""
    outputs = values.get("outputs") if isinstance(values, dict) else None
    return {
        str(name): output.get("value")
        for name, output in (outputs if isinstance(outputs, dict) else {}).items()
        if isinstance(output, dict) and output.get("sensitive") is True
    }


def before_refresh(
    document: Mapping[str, Any], entries: Entries
) -> tuple[list[Managed], list[Refreshed]]:
    """The resources as the state had them, and what Terraform found when it refreshed.

    `prior_state` is what Terraform read: what `resource_drift` says of before is put back.

    Raises:
        TypeError: It is not what Terraform prints.
    """
    prior = document.get("prior_state")
    resources(mapping(prior, "prior_state").get("values") if prior else None, entries)
    aliases = _aliases(document.get("configuration"))
    now = {(managed.address, managed.deposed): managed for managed in entries.resources}
    drift = document.get("resource_drift")
    drifted = Entries(source=entries.source)
    found: list[Refreshed] = []

    def one(change: object) -> Iterator[Managed]:
        refreshed = _refreshed(mapping(change, "it"), now, entries.source)
        if refreshed:
            found.append(refreshed)
            yield refreshed.managed

    drifted.read(drift, lambda change: str(change["address"]), one)
    entries.problems += drifted.problems
    for managed in drifted.resources:
        now[managed.address, managed.deposed] = managed
    return (
        [_aliased(managed, aliases) for managed in now.values()],
        [replace(each, managed=_aliased(each.managed, aliases)) for each in found],
    )


def _modules(module: object, entries: Entries) -> Iterator[dict[str, Any]]:
    waiting = [module]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, dict):
            if current is not None:
                entries.problem("a module", "it is no object")
            continue
        yield current
        waiting += each(current.get("child_modules"))


def _of_values(entry: object, source: str) -> Iterator[Managed]:
    resource = mapping(entry, "it")
    if text(resource, "mode") != _MANAGED:
        return
    origin = str(resource.get("provider_name") or "")
    yield Managed(
        address=text(resource, "address"),
        type=text(resource, "type"),
        name=text(resource, "name"),
        attributes=known(mapping(resource.get("values"), "its values")),
        provider=origin,
        sensitive=tuple(path for path in trues(resource.get("sensitive_values")) if path),
        dependencies=depended(resource.get("depends_on")),
        tainted=resource.get("tainted") is True,
        deposed=str(resource.get("deposed_key") or ""),
        source=source,
    )


def _refreshed(
    entry: Mapping[str, Any], now: Mapping[tuple[str, str], Managed], source: str
) -> Refreshed | None:
    if entry.get("mode") != _MANAGED:
        return None
    change = mapping(entry.get("change"), "its change")
    address, deposed = text(entry, "address"), str(entry.get("deposed") or "")
    before, after = change.get("before"), change.get("after")
    twin = now.get((address, deposed))
    if before is None:
        return None
    managed = Managed(
        address=address,
        type=text(entry, "type"),
        name=text(entry, "name"),
        attributes=known(mapping(before, "what was before")),
        provider=str(entry.get("provider_name") or ""),
        sensitive=tuple(path for path in trues(change.get("before_sensitive")) if path),
        dependencies=twin.dependencies if twin else (),
        tainted=twin.tainted if twin else False,
        deposed=deposed,
        source=source,
    )
    return Refreshed(
        managed=managed,
        after=None if after is None else known(mapping(after, "what is now")),
        sensitive=tuple(path for path in trues(change.get("after_sensitive")) if path),
    )


def _aliased(managed: Managed, aliases: Mapping[str, str]) -> Managed:
    alias = aliases.get(without_keys(managed.address), "")
    return replace(managed, alias=alias) if alias else managed


def _aliases(configuration: object) -> dict[str, str]:
    """The provider configuration of each block of code, where it is not the usual one."""
    found: dict[str, str] = {}
    root = configuration.get("root_module") if isinstance(configuration, dict) else None
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        prefix, module = waiting.pop()
        if not isinstance(module, dict):
            continue
        for resource in each(module.get("resources")):
            if isinstance(resource, dict):
                # `aws.eu`, `module.x:aws.eu`
                key = str(resource.get("provider_config_key") or "")
                where, _, own = key.rpartition(":")
                parts = (where, own.partition(".")[2])
                found[f"{prefix}{resource.get('address')}"] = ".".join(filter(None, parts))
        calls = module.get("module_calls")
        for name, call in (calls if isinstance(calls, dict) else {}).items():
            if isinstance(call, dict):
                waiting.append((f"{prefix}module.{name}.", call.get("module")))
    return found
