"""Releases of Helm: what Terraform says of one, and what its newest record in the cluster says.

Records hold all values that people gave: of those only names leave this module, and marks that tell
whether two are the same.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from sreagent.domain.secrets import mask, names_secret
from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.kubernetes.manifests import Stated, of_manifest

Json = Any
"""A JSON value."""
LARGEST = 64_000_000
"""Bytes of an unpacked record: more is no record, but a trap."""
MOST_VALUES = 2_000_000
"""In one document of a manifest."""
_CLOAKED = "(sensitive value)"
_GZIP = b"\x1f\x8b"
_DEPLOYED = "deployed"
_PLACES = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What the record of a release says."""

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    version: str
    """Of the chart."""
    app_version: str = ""
    values: Mapping[str, Json] = field(default_factory=dict, repr=False)
    """Those that people gave."""
    manifests: tuple[Stated, ...] = field(default=(), repr=False)
    """The objects that it made; hooks come and go, and are none."""

    @property
    def is_deployed(self) -> bool:
        """Whether its manifest is what should be there: no upgrade is under way, or failed."""
        return self.status == _DEPLOYED


def read_release(record: bytes) -> Release | str:
    """Read a record as Helm stores it: base64, gzip, JSON; or say why it cannot be read."""
    try:
        packed = base64.b64decode(record, validate=True)
    except (binascii.Error, ValueError):
        packed = record
    text = _unpacked(packed) if packed.startswith(_GZIP) else packed
    if text is None:
        return "the record of the release is no gzip, or too large"
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return "the record of the release is no JSON"
    if not isinstance(said, dict):
        return "the record of the release is no object"
    try:
        manifests = tuple(_manifests(str(said.get("manifest") or ""), _text(said, "namespace")))
    except (yaml.YAMLError, RecursionError):
        return "the manifest of the release is no YAML"
    info, chart = _part(said, "info"), _part(_part(said, "chart"), "metadata")
    revision = said.get("version")
    return Release(
        name=_text(said, "name"),
        namespace=_text(said, "namespace"),
        revision=revision if isinstance(revision, int) else 0,
        status=_text(info, "status"),
        chart=_text(chart, "name"),
        version=_text(chart, "version"),
        app_version=_text(chart, "appVersion"),
        values=_part(said, "config"),
        manifests=manifests,
    )


def release_differences(attributes: Mapping[str, Json], release: Release) -> tuple[Difference, ...]:
    """What a record says otherwise than a state: revision, status, chart, and given values.

    Values are masked: the same mark stands for the same value.
    """
    metadata = _first(attributes.get("metadata"))
    place = "metadata[0]" if isinstance(attributes.get("metadata"), list) else "metadata"
    found = [
        Difference(path=path, before=before, after=after)
        for path, before, after in (
            (f"{place}.revision", metadata.get("revision"), release.revision),
            (f"{place}.chart", metadata.get("chart"), release.chart),
            ("status", attributes.get("status"), release.status),
            ("version", attributes.get("version"), release.version),
        )
        if before not in (None, "", after)
    ]
    given = _given(attributes, metadata)
    if given is not None:
        found += _value_differences(given, release.values)
    return tuple(found)


def _given(attributes: Mapping[str, Json], metadata: Mapping[str, Json]) -> Json:
    """The values that Terraform gave, as its provider keeps them; None where they are not told."""
    text = metadata.get("values")
    if isinstance(text, str) and text:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return {} if said is None else said
    blocks = ("set", "set_list", "set_sensitive", "set_wo")
    if any(attributes.get(name) for name in blocks):
        return None
    merged: dict[str, Json] = {}
    for document in attributes.get("values") or ():
        try:
            read = yaml.load(str(document or ""), _Loader)  # noqa: S506 - it is a safe loader
        except yaml.YAMLError:
            return None
        merged = _merged(merged, read if isinstance(read, dict) else {})
    return merged


def _merged(below: Mapping[str, Json], above: Mapping[str, Json]) -> dict[str, Json]:
    both = {
        name: _merged(below[name], value)
        for name, value in above.items()
        if isinstance(value, dict) and isinstance(below.get(name), dict)
    }
    return {**below, **above, **both}


def _value_differences(before: Json, after: Json) -> Iterator[Difference]:
    was, now = dict(_leaves(before, "")), dict(_leaves(after, ""))
    hidden = [path for path, value in was.items() if value == _CLOAKED]
    for path in dict.fromkeys((*was, *now)):
        one, other = was.get(path), now.get(path)
        if one == other or _is_below(path, hidden) or (_is_nothing(one) and _is_nothing(other)):
            continue
        yield Difference(
            path=f"values.{path}", before=_masked(path, one), after=_masked(path, other)
        )


def _is_below(path: str, others: Sequence[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in others)


def _is_nothing(value: Json) -> bool:
    return value is None or value in ("", {}, [])


def _leaves(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for place, each in enumerate(value):
            yield from _leaves(each, f"{path}[{place}]")
    elif path:
        yield path, value


def _masked(path: str, value: Json) -> Json:
    """Truths and small numbers are shown, where no name on the way tells of a secret."""
    names = _PLACES.sub("", path).split(".")
    plain = isinstance(value, bool | None) or (isinstance(value, int) and abs(value) < 100_000)
    if value is None or (plain and not any(names_secret(name) for name in names)):
        return value
    return mask(json.dumps(value, sort_keys=True, default=str))


def _manifests(text: str, namespace: str) -> Iterator[Stated]:
    for document in yaml.load_all(text, _Loader):
        if _is_bomb(document):
            msg = "it grows without end where it repeats itself"
            raise yaml.YAMLError(msg)
        items = document.get("items") if isinstance(document, dict) else None
        listed = items if isinstance(items, list) else [document]
        for item in listed:
            found = of_manifest(_placed(item, namespace))
            if found:
                yield found


def _is_bomb(document: Json) -> bool:
    """Whether aliases make far more of a text than it says."""
    waiting, count = [document], 0
    while waiting and count <= MOST_VALUES:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return count > MOST_VALUES


def _placed(item: Json, namespace: str) -> Json:
    """An object in the namespace of its release, where it says none."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict) or metadata.get("namespace"):
        return item
    return {**item, "metadata": {**metadata, "namespace": namespace}}


def _unpacked(packed: bytes) -> bytes | None:
    inflate = zlib.decompressobj(wbits=31)
    try:
        text = inflate.decompress(packed, LARGEST)
    except zlib.error:
        return None
    return None if inflate.unconsumed_tail else text


def _part(said: Mapping[str, Json], name: str) -> dict[str, Json]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _text(said: Mapping[str, Json], name: str) -> str:
    return str(said.get(name) or "")


def _first(value: Json) -> Mapping[str, Json]:
    block = value[0] if isinstance(value, list) and value else value
    return block if isinstance(block, Mapping) else {}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML as the programs of Kubernetes do: no dates, no numbers of base 60."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _starts in (
    (
        "bool",
        r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        "yYnNtTfFoO",
    ),
    ("int", r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[1-9][0-9_]*|0)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\d[\d_]*\.[\d_]*|\.\d[\d_]*|\d[\d_]*(?=[eE]))(?:[eE][-+]?\d+)?",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_starts)
    )
