"""Launch templates, as their latest version is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sreagent.drift.compare.meaning import decoded
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import block, listed_or_missed, made_by, tags_of
from sreagent.drift.reality.kinds import Attributes, Kind, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

TEMPLATE = "aws_launch_template"
_TEXTS = (
    *("disable_api_stop", "disable_api_termination", "ebs_optimized", "image_id", "instance_type"),
    *("instance_initiated_shutdown_behavior", "kernel_id", "key_name", "ram_disk_id", "user_data"),
)
_LISTS = (
    *("block_device_mappings", "capacity_reservation_specification", "cpu_options"),
    *("credit_specification", "enclave_options", "hibernation_options", "iam_instance_profile"),
    *("instance_market_options", "instance_requirements", "license_specification"),
    *("maintenance_options", "metadata_options", "monitoring", "network_interfaces", "placement"),
    *("private_dns_name_options", "security_group_names", "tag_specifications"),
    "vpc_security_group_ids",
)
_OTHERWISE = {
    "security_group_ids": "vpc_security_group_ids",
    "security_groups": "security_group_names",
    "license_specifications": "license_specification",
}
"""Names that Terraform has for what an answer calls otherwise."""
_OF_INTERFACES = {
    "groups": "security_groups",
    "secondary_private_ip_address_count": "ipv4_address_count",
    "private_ip_addresses": "ipv4_addresses",
}
_ADDRESSES = {
    "ipv4_addresses": "private_ip_address",
    "ipv6_addresses": "ipv6_address",
    "ipv4_prefixes": "ipv4_prefix",
    "ipv6_prefixes": "ipv6_prefix",
}
"""Lists of values that the answer has as lists of objects."""
_OF_EKS = re.compile(r"eks-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SHAPE = Shape(
    sets=frozenset(
        {
            *("vpc_security_group_ids", "security_group_names", "license_specification"),
            *("network_interfaces.security_groups", "network_interfaces.ipv4_addresses"),
            *("network_interfaces.ipv6_addresses", "instance_requirements.cpu_manufacturers"),
            *("instance_requirements.allowed_instance_types",),
            *("instance_requirements.excluded_instance_types",),
            *("instance_requirements.instance_generations",),
        }
    ),
    keyed={
        "block_device_mappings": ("device_name",),
        "tag_specifications": ("resource_type",),
        "network_interfaces": ("device_index", "network_card_index"),
    },
    maps=frozenset({"tag_specifications.tags"}),
    equal={"user_data": decoded},
)


def whole(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """What a version does not say is not set: nothing stands there, whatever the state says."""
    now = {name: _filled(before.get(name), value) for name, value in real.attributes.items()}
    return before, now


def _filled(before: Any, after: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        below = {
            # The keys of tags are data: one that is not there is a difference already.
            name: value if name == "tags" else _filled(before.get(name), value)
            for name, value in after.items()
        }
        return {**dict.fromkeys(before), **below}
    if isinstance(before, list) and isinstance(after, list):
        said: dict[str, Any] = {}
        for each in before:
            said.update(each if isinstance(each, Mapping) else {})
        return [_filled(said, each) for each in after]
    return after


@reader("ec2", Kind(type=TEMPLATE, shape=_SHAPE, settle=whole))
def templates(look: Look) -> Iterator[Real]:
    """All templates in one list, the latest versions of all in another."""
    said = look.listed("DescribeLaunchTemplates", "LaunchTemplates", MaxResults=200)
    latest = _latest(look) if look.holds(TEMPLATE) else {}
    for each in said:
        tags = tags_of(each)
        name = each["LaunchTemplateName"]
        version = latest.get(each["LaunchTemplateId"])
        yield Real(
            type=TEMPLATE,
            id=each["LaunchTemplateId"],
            name=name,
            folded="made by EKS" if _OF_EKS.fullmatch(name) else made_by(tags),
            known_as=(name,),
            created=each.get("CreateTime"),
            attributes={
                "name": name,
                "tags": tags,
                **(_version(version) if version is not None else {}),
            },
        )


def _latest(look: Look) -> dict[str, Mapping[str, Any]]:
    found = listed_or_missed(
        look,
        "DescribeLaunchTemplateVersions",
        "LaunchTemplateVersions",
        Versions=["$Latest"],
        MaxResults=200,
    )
    return {each["LaunchTemplateId"]: each for each in found or ()}


def _version(version: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = _renamed(block(version.get("LaunchTemplateData") or {})[0], _OTHERWISE)
    return {
        **dict.fromkeys(_TEXTS, ""),
        **{name: [] for name in _LISTS},
        **data,
        "network_interfaces": [_interface(each) for each in data.get("network_interfaces") or ()],
        "tag_specifications": _tagged(data.get("tag_specifications") or ()),
        "description": version.get("VersionDescription") or "",
    }


def _renamed(said: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in said.items()}


def _interface(said: Mapping[str, Any]) -> dict[str, Any]:
    named = _renamed(said, _OF_INTERFACES)
    plain = {
        name: [each[key] for each in named[name]]
        for name, key in _ADDRESSES.items()
        if named.get(name)
    }
    return {**named, **plain}


def _tagged(said: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "resource_type": each.get("resource_type"),
            "tags": {tag["key"]: tag.get("value", "") for tag in each.get("tags") or ()},
        }
        for each in said
    ]
