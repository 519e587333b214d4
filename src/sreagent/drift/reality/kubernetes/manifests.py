"""What a state says of a Kubernetes object, as the manifest that would say the same."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sreagent.drift.reality.kubernetes.fields import LIST, MAP, OBJECT, Field, field_of, types
from sreagent.drift.reality.kubernetes.noise import quiet_metadata, without_noise
from sreagent.drift.reality.kubernetes.types import BUILT_IN, Sort, sort_of

Json = Any
"""A JSON value."""
HASHED = "sha256:"
_ZEROS = frozenset(
    {
        *("replicas", "minReplicas", "revisionHistoryLimit", "backoffLimit", "parallelism"),
        *("completions", "terminationGracePeriodSeconds", "failedJobsHistoryLimit"),
        *("successfulJobsHistoryLimit", "ttlSecondsAfterFinished", "tolerationSeconds", "value"),
        *("fsGroup", "runAsUser", "runAsGroup", "partition", "defaultMode", "mode"),
        "stabilizationWindowSeconds",
    }
)
"""Numbers whose zero says something; a state has zero for most others that were never set."""
_MODES = frozenset({"defaultMode", "mode"})
_ROOT_METADATA = frozenset({"name", "namespace", "labels", "annotations"})
_TEMPLATE_METADATA = frozenset({"labels", "annotations", "name"})
_PARTS = {"kubernetes_labels": "labels", "kubernetes_annotations": "annotations"}
_DATA_OF = "kubernetes_config_map_v1_data"
_SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One object as a state says it should be."""

    group: str
    kind: str
    versions: tuple[str, ...]
    """In which it can be said so, the best first."""
    type: str
    """Of its fields; empty for kinds that extensions define."""
    manifest: Mapping[str, Json] = field(repr=False)
    """Without its API version. Secrets have hashes for values."""
    partial: bool = False
    """The state holds only a part of it, and says nothing of what else is there."""

    @property
    def name(self) -> str:
        """Of the object."""
        return str(self.manifest["metadata"].get("name") or "")

    @property
    def namespace(self) -> str:
        """Empty where the state has none."""
        return str(self.manifest["metadata"].get("namespace") or "")

    @property
    def called(self) -> str:
        """For messages: `Deployment shop/api`."""
        return f"{self.kind} {self.namespace}/{self.name}".replace(" /", " ")


def stated(type_: str, attributes: Mapping[str, Json]) -> Stated | None:
    """What a resource of the Terraform provider says; None for what makes no object that is known.

    Args:
        type_: `kubernetes_deployment_v1`, `kubernetes_manifest`.
        attributes: Of the state; what it does not say (null, nothing, zero) is not in the manifest.
    """
    if type_ == "kubernetes_manifest":
        return of_manifest(_fixed(attributes))
    if type_ in _PARTS:
        return _part(_PARTS[type_], attributes)
    if type_ == _DATA_OF:
        type_, partial = "kubernetes_config_map_v1", True
    else:
        partial = False
    sort = sort_of(type_, attributes)
    if sort is None:
        return None
    body = _object(sort.fields, attributes)
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name"):
        return None
    body["metadata"] = {key: each for key, each in metadata.items() if key in _ROOT_METADATA}
    if sort.kind == "Secret":
        body = {**body, **_secret_data(attributes)}
        if not body["data"]:
            del body["data"]
    partial = partial or type_.startswith("kubernetes_default_service_account")
    return _settled(sort, body, partial=partial)


def _fixed(attributes: Mapping[str, Json]) -> Json:
    """A manifest without the fields of which the code says that the server computes them."""
    manifest = attributes.get("manifest")
    computed = attributes.get("computed_fields")
    for path in computed if isinstance(computed, list) else ():
        # Labels and annotations are in the provider's default, and compared key by key.
        if path not in ("metadata.labels", "metadata.annotations") and "[" not in str(path):
            manifest = without(manifest, str(path).split("."))
    return manifest


def without(value: Json, names: Sequence[str]) -> Json:
    """A manifest without a field, in all members of lists on the way."""
    if isinstance(value, list):
        return [without(each, names) for each in value]
    if not isinstance(value, Mapping) or names[0] not in value:
        return value
    rest = {name: each for name, each in value.items() if name != names[0]}
    return {**rest, names[0]: without(value[names[0]], names[1:])} if names[1:] else rest


def of_manifest(manifest: Json) -> Stated | None:
    """What a manifest says; None where it is none."""
    if not isinstance(manifest, dict):
        return None
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    metadata = manifest.get("metadata")
    named = isinstance(metadata, dict) and metadata.get("name")
    if not isinstance(version, str) or not isinstance(kind, str) or not named:
        return None
    group, _, plain = version.rpartition("/")
    body = _without_nulls(manifest)
    body.pop("apiVersion")
    body.pop("status", None)
    if (group, kind) == ("", "Secret"):
        body = _hashed_secret(body)
    type_ = BUILT_IN.get((group, kind), "") if plain == "v1" else ""
    if (group, kind, plain) == ("autoscaling", "HorizontalPodAutoscaler", "v2"):
        type_ = kind
    return _settled(Sort(kind=kind, group=group, versions=(plain,)), body, type_=type_)


def _settled(
    sort: Sort, body: dict[str, Json], *, partial: bool = False, type_: str | None = None
) -> Stated:
    fields = sort.fields if type_ is None else type_
    if fields:
        quiet = without_noise(sort.kind, body)
    else:
        quiet = {**body, "metadata": quiet_metadata(body.get("metadata") or {})}
    return Stated(
        group=sort.group,
        kind=sort.kind,
        versions=sort.versions,
        type=fields,
        manifest={**quiet, "kind": sort.kind},
        partial=partial,
    )


def _part(what: str, attributes: Mapping[str, Json]) -> Stated | None:
    """Labels or annotations that are put on an object of somebody else."""
    metadata = _object("ObjectMeta", _first(attributes.get("metadata")))
    if not metadata.get("name"):
        return None
    given = {key: each for key, each in metadata.items() if key in ("name", "namespace")}
    values = attributes.get(what)
    kind = str(attributes.get("kind") or "")
    said: dict[str, Json] = {
        "apiVersion": str(attributes.get("api_version") or "v1"),
        "kind": kind,
        "metadata": {**given, what: dict(values) if isinstance(values, dict) else {}},
    }
    found = of_manifest(said)
    if found is None:
        return None
    return Stated(
        group=found.group,
        kind=found.kind,
        versions=found.versions,
        type=found.type,
        manifest=found.manifest,
        partial=True,
    )


def _object(type_: str, attributes: Mapping[str, Json]) -> dict[str, Json]:
    """The fields of a block. What is no field (`wait_for_rollout`) is told to Terraform only."""
    found: dict[str, Json] = {}
    for attribute, value in attributes.items():
        if (type_, attribute) == ("PersistentVolumeSpec", "persistent_volume_source"):
            found |= _object(type_, _first(value))
            continue
        known = field_of(type_, attribute)
        if known is None:
            continue
        said = _value(known, value)
        if said is not None:
            found[known.name] = said
    return _checked(type_, found)


def _value(known: Field, value: Json) -> Json:
    """What an attribute says in a field; None for nothing."""
    if known.form == OBJECT:
        return _block(known, value)
    if known.form == LIST:
        return _list(known, value)
    if known.form == MAP:
        return _map(value)
    return _scalar(known, value)


def _block(known: Field, value: Json) -> Json:
    if isinstance(value, list):
        if not value:
            return None
        # An empty block says something: `pod_selector {}` is every pod.
        value = value[0] or {}
    if not isinstance(value, dict):
        return None
    body = _object(known.type, value)
    if known.type == "ObjectMeta":
        body = {key: each for key, each in body.items() if key in _ALLOWED_METADATA}
        return body or None
    return body


_ALLOWED_METADATA = _ROOT_METADATA | _TEMPLATE_METADATA


def _list(known: Field, value: Json) -> Json:
    if not isinstance(value, list) or not value:
        return None
    if known.type in types():
        return [_object(known.type, each if isinstance(each, dict) else {}) for each in value]
    member = Field(name=known.name, type=known.type)
    # Terraform keeps an empty text in a list as null.
    return [("" if each is None else _scalar(member, each, zeros=True)) for each in value]


def _map(value: Json) -> Json:
    if not isinstance(value, dict):
        return None
    # In the states of old versions an empty map is `{"": …}` or holds nulls.
    said = {str(key): str(each) for key, each in value.items() if each is not None}
    return said or None


def _scalar(known: Field, value: Json, *, zeros: bool = False) -> Json:
    if value is None or (value == "" and not zeros):
        return None
    match known.type:
        case "int":
            return _number(known, value, zeros=zeros)
        case "bool":
            return value if isinstance(value, bool) else str(value).lower() == "true"
        case "object":
            # A port or a share is a number or a name.
            return int(value) if re.fullmatch(r"\d+", str(value)) else value
        case "bytes":
            return base64.b64encode(str(value).encode()).decode()
    return value if isinstance(value, str) else str(value)


def _number(known: Field, value: Json, *, zeros: bool) -> Json:
    text = str(value)
    try:
        number = int(text, 8) if known.name in _MODES and isinstance(value, str) else int(text)
    except ValueError:
        return value
    return number if number or zeros or known.name in _ZEROS else None


def _checked(type_: str, body: dict[str, Json]) -> dict[str, Json]:
    """Without what the provider always has in its states, and does not send."""
    if type_ == "ServiceSpec" and body.get("type") != "LoadBalancer":
        body.pop("allocateLoadBalancerNodePorts", None)
    if type_ == "RbacSubject" and body.get("kind") in ("User", "Group"):
        # The provider's default is there for every kind; only accounts have one.
        body.pop("namespace", None)
    if type_ == "RbacSubject" and body.get("kind") == "ServiceAccount":
        body.pop("apiGroup", None)
    if type_ == "JobSpec" and not body.get("manualSelector"):
        body.pop("selector", None)
    if type_ == "ClusterRole" and body.get("aggregationRule"):
        body.pop("rules", None)
    if type_ == "LimitRangeItem" and body.get("type") == "Pod":
        body.pop("defaultRequest", None)
    return body


def _first(value: Json) -> Mapping[str, Json]:
    block = value[0] if isinstance(value, list) and value else value
    return block if isinstance(block, dict) else {}


def _secret_data(attributes: Mapping[str, Json]) -> dict[str, Json]:
    """The values of a Secret as hashes: plain ones and those in base64."""
    if attributes.get("type") == _SERVICE_ACCOUNT_TOKEN:
        # A controller fills it in, and anew whenever it likes.
        return {"data": {}}
    plain, binary = attributes.get("data"), attributes.get("binary_data")
    found = {
        str(key): _hash(str(value).encode())
        for key, value in (plain if isinstance(plain, dict) else {}).items()
        if value is not None
    }
    found |= dict(_hashed(binary if isinstance(binary, dict) else {}))
    return {"data": found}


def _hashed_secret(body: dict[str, Json]) -> dict[str, Json]:
    plain, encoded = body.pop("stringData", None), body.get("data")
    found = dict(_hashed(encoded if isinstance(encoded, dict) else {}))
    for key, value in (plain if isinstance(plain, dict) else {}).items():
        found[str(key)] = _hash(str(value).encode())
    if body.get("type") == _SERVICE_ACCOUNT_TOKEN:
        found = {}
    return {**body, "data": found} if found else {k: v for k, v in body.items() if k != "data"}


def _hashed(encoded: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for key, value in encoded.items():
        if isinstance(value, str):
            try:
                raw = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                raw = value.encode()
            yield str(key), _hash(raw)


def _hash(raw: bytes) -> str:
    return HASHED + hashlib.sha256(raw).hexdigest()


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {str(k): _without_nulls(each) for k, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
