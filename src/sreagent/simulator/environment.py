"""What a container finds when it starts: variables and files, or what is missing of them."""

import base64
import re
from collections.abc import Iterator

from sreagent.simulator.kinds import CLAIM, CONFIG_MAP, SECRET, Kind
from sreagent.simulator.objects import Json, lookup, name_of, namespace_of
from sreagent.simulator.store import Store

_EXPANDED = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_REFERENCES = (("configMapRef", CONFIG_MAP), ("secretRef", SECRET))
_KEY_REFERENCES = (("configMapKeyRef", CONFIG_MAP), ("secretKeyRef", SECRET))
_VOLUMES = (("configMap", CONFIG_MAP, "name"), ("secret", SECRET, "secretName"))


class ConfigError(Exception):
    """A container cannot be made, in the words of the kubelet."""


def environment(store: Store, pod: Json, container: Json) -> dict[str, str]:
    """The variables a container starts with.

    Raises:
        ConfigError: A ConfigMap, a Secret or a key of one is missing.
    """
    env: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        env |= _from_source(store, pod, source)
    for variable in container.get("env") or ():
        env |= _variable(store, pod, variable, env)
    return env


def _from_source(store: Store, pod: Json, source: Json) -> dict[str, str]:
    for field, kind in _REFERENCES:
        reference = source.get(field)
        if reference:
            found = _required(store, pod, kind, reference)
            prefix = source.get("prefix", "")
            return {prefix + key: text for key, text in _texts(kind, found).items()}
    return {}


def _variable(store: Store, pod: Json, variable: Json, known: dict[str, str]) -> dict[str, str]:
    name, source = variable["name"], variable.get("valueFrom")
    if not source:
        text = str(variable.get("value", ""))
        return {name: _EXPANDED.sub(lambda found: known.get(found[1], found[0]), text)}
    if "fieldRef" in source:
        found = lookup(pod, source["fieldRef"].get("fieldPath", ""))
        return {name: "" if found is None else str(found)}
    for field, kind in _KEY_REFERENCES:
        reference = source.get(field)
        if reference:
            texts = _texts(kind, _required(store, pod, kind, reference))
            key = reference.get("key", "")
            if key in texts:
                return {name: texts[key]}
            if not reference.get("optional"):
                where = f"{namespace_of(pod)}/{reference.get('name')}"
                problem = f"couldn't find key {key} in {kind.name} {where}"
                raise ConfigError(problem)
    return {}


def _required(store: Store, pod: Json, kind: Kind, reference: Json) -> Json:
    found = store.find(kind, namespace_of(pod), reference.get("name", ""))
    if found is None and not reference.get("optional"):
        problem = f'{kind.singular} "{reference.get("name")}" not found'
        raise ConfigError(problem)
    return found or {}


def _texts(kind: Kind, obj: Json) -> dict[str, str]:
    data = obj.get("data") or {}
    if kind is not SECRET:
        return {key: str(text) for key, text in data.items()}
    plain = {key: _decoded(text) for key, text in data.items()}
    return plain | {key: str(text) for key, text in (obj.get("stringData") or {}).items()}


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def config_text(store: Store, namespace: str, place: str) -> str:
    """The text under `NAME/KEY` of a ConfigMap, empty when it is not there."""
    name, _, key = place.partition("/")
    found = store.find(CONFIG_MAP, namespace, name) or {}
    return str((found.get("data") or {}).get(key, ""))


def mount_problem(store: Store, pod: Json) -> tuple[str, str] | None:
    """The first volume that cannot be mounted and why, or None."""
    for volume in pod["spec"].get("volumes") or ():
        for told in (*_file_problems(store, pod, volume), *_claim_problems(store, pod, volume)):
            return str(volume["name"]), told
    return None


def _file_problems(store: Store, pod: Json, volume: Json) -> Iterator[str]:
    for field, kind, key in _VOLUMES:
        source = volume.get(field)
        if not source or source.get("optional"):
            continue
        found = store.find(kind, namespace_of(pod), source.get(key, ""))
        if found is None:
            yield f'{kind.singular} "{source.get(key)}" not found'
            continue
        there = {*(found.get("data") or {}), *(found.get("binaryData") or {})}
        for item in source.get("items") or ():
            if item["key"] not in there:
                whose = "configmap references" if kind is CONFIG_MAP else "references"
                what = "config key" if kind is CONFIG_MAP else "secret key"
                yield f"{whose} non-existent {what}: {item['key']}"


def _claim_problems(store: Store, pod: Json, volume: Json) -> Iterator[str]:
    claim = lookup(volume, "persistentVolumeClaim.claimName")
    if claim is None:
        return
    found = store.find(CLAIM, namespace_of(pod), claim)
    if found is None:
        yield f'persistentvolumeclaim "{claim}" not found'
    elif lookup(found, "status.phase") == "Lost":
        yield f'persistentvolumeclaim "{name_of(found)}" bound to non-existent persistentvolume'
