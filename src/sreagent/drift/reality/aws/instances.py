"""Instances of EC2 with the volumes that came with them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.meaning import decoded
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import at, block, listed_or_missed, made_by, tags_of, taken
from sreagent.drift.reality.kinds import Attributes, Kind, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

INSTANCE = "aws_instance"
_OVER = frozenset({"terminated", "shutting-down"})
"""States in which an instance is still listed, and is no more."""
_PLAIN = {
    "ami": "ImageId",
    "instance_type": "InstanceType",
    "key_name": "KeyName",
    "subnet_id": "SubnetId",
    "private_ip": "PrivateIpAddress",
    "availability_zone": "Placement.AvailabilityZone",
    "tenancy": "Placement.Tenancy",
    "host_id": "Placement.HostId",
    "placement_group": "Placement.GroupName",
    "placement_partition_number": "Placement.PartitionNumber",
    "ebs_optimized": "EbsOptimized",
    "source_dest_check": "SourceDestCheck",
    "hibernation": "HibernationOptions.Configured",
}
_BLOCKS = {
    "metadata_options": "MetadataOptions",
    "enclave_options": "EnclaveOptions",
    "maintenance_options": "MaintenanceOptions",
    "private_dns_name_options": "PrivateDnsNameOptions",
    "cpu_options": "CpuOptions",
    "capacity_reservation_specification": "CapacityReservationSpecification",
}
_VOLUME = {
    "volume_size": "Size",
    "volume_type": "VolumeType",
    "encrypted": "Encrypted",
    "iops": "Iops",
    "throughput": "Throughput",
    "kms_key_id": "KmsKeyId",
}
_ASKED = {
    "disable_api_termination": ("disableApiTermination", "DisableApiTermination.Value"),
    "disable_api_stop": ("disableApiStop", "DisableApiStop.Value"),
    "instance_initiated_shutdown_behavior": (
        "instanceInitiatedShutdownBehavior",
        "InstanceInitiatedShutdownBehavior.Value",
    ),
    "user_data": ("userData", "UserData.Value"),
    "user_data_base64": ("userData", "UserData.Value"),
}
"""What no list has: asked for where the state says something that is not usual."""
_USUAL = (None, "", False, "stop")
_HASH = re.compile(r"[0-9a-f]{40}")
_SHAPE = Shape(
    sets=frozenset({"vpc_security_group_ids"}),
    keyed={"ebs_block_device": ("volume_id",)},
    skipped=frozenset({"root_block_device.volume_id", "root_block_device.device_name"}),
    equal={"user_data": decoded, "user_data_base64": decoded},
    defaults={
        "tenancy": "default",
        "capacity_reservation_specification.capacity_reservation_preference": "open",
        "maintenance_options.auto_recovery": "default",
        "private_dns_name_options.hostname_type": "ip-name",
        "credit_specification.cpu_credits": "standard",
    },
)


def as_launched(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """Of what was given at the launch, only what the state holds, in the way it holds it.

    Volumes that were attached later belong to attachments. Older providers hold the SHA-1 of the
    user data.
    """
    now = dict(real.attributes)
    known = {each.get("volume_id") for each in before.get("ebs_block_device") or ()}
    if "ebs_block_device" in now:
        now["ebs_block_device"] = [
            each for each in now["ebs_block_device"] if each["volume_id"] in known
        ]
    for name in ("user_data", "user_data_base64"):
        said = before.get(name)
        if not said:
            now.pop(name, None)
        elif name in now and _HASH.fullmatch(str(said)):
            now[name] = _hashed(now[name])
    return before, now


def _hashed(encoded: str) -> str:
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        given = encoded.encode()
    return hashlib.sha1(given, usedforsecurity=False).hexdigest()


@reader("ec2", Kind(type=INSTANCE, shape=_SHAPE, settle=as_launched))
def instances(look: Look) -> Iterator[Real]:
    """All instances in one list, volumes in another; what is unusual, one call each."""
    said = [
        each
        for each in look.listed("DescribeInstances", "Reservations.Instances", MaxResults=1000)
        if at(each, "State.Name") not in _OVER
    ]
    known = [each for each in said if look.in_state(INSTANCE, each["InstanceId"]) is not None]
    volumes = _volumes(look) if known else {}
    unlimited = _credits(look)
    asked = {
        each["InstanceId"]: found for each, found in look.each(known, lambda one: _asked(look, one))
    }
    for each in said:
        identity = each["InstanceId"]
        tags = tags_of(each)
        yield Real(
            type=INSTANCE,
            id=identity,
            name=tags.get("Name", ""),
            folded=made_by(tags),
            known_as=_parts(each),
            created=each.get("LaunchTime"),
            attributes={
                **_attributes(each, tags),
                **(_devices(each, volumes) if identity in asked else {}),
                **_credit(look, identity, unlimited),
                **asked.get(identity, {}),
            },
        )


def _parts(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Interfaces and volumes: who changes groups or sizes names those."""
    interfaces = (one.get("NetworkInterfaceId") for one in said.get("NetworkInterfaces") or ())
    volumes = (at(one, "Ebs.VolumeId") for one in said.get("BlockDeviceMappings") or ())
    return tuple(str(each) for each in (*interfaces, *volumes) if each)


def _attributes(said: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    profile = str(at(said, "IamInstanceProfile.Arn") or "")
    return {
        **taken(said, _PLAIN),
        **{name: block(said[key]) for name, key in _BLOCKS.items() if key in said},
        "iam_instance_profile": profile.rpartition("/")[2],
        "monitoring": at(said, "Monitoring.State") in ("enabled", "pending"),
        "vpc_security_group_ids": [each["GroupId"] for each in said.get("SecurityGroups") or ()],
        "tags": dict(tags),
    }


def _volumes(look: Look) -> dict[str, Mapping[str, Any]]:
    """All volumes by their id; none if they cannot be read."""
    found = listed_or_missed(look, "DescribeVolumes", "Volumes", MaxResults=500)
    return {each["VolumeId"]: each for each in found or ()}


def _devices(
    said: Mapping[str, Any], volumes: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """What is attached, the root apart."""
    devices: dict[str, list[dict[str, Any]]] = {"root_block_device": [], "ebs_block_device": []}
    for mapping in said.get("BlockDeviceMappings") or ():
        is_root = mapping["DeviceName"] == said.get("RootDeviceName")
        identity = at(mapping, "Ebs.VolumeId") or ""
        devices["root_block_device" if is_root else "ebs_block_device"].append(
            {
                "device_name": mapping["DeviceName"],
                "volume_id": identity,
                **taken(mapping, {"delete_on_termination": "Ebs.DeleteOnTermination"}),
                **taken(volumes.get(identity, {}), _VOLUME),
            }
        )
    return devices


def _credits(look: Look) -> dict[str, str] | None:
    """Of the instances that are or were unlimited; None where it is not known."""
    if not look.uses(INSTANCE, "credit_specification"):
        return None
    found = listed_or_missed(
        look,
        "DescribeInstanceCreditSpecifications",
        "InstanceCreditSpecifications",
        MaxResults=1000,
    )
    if found is None:
        return None
    return {each["InstanceId"]: each.get("CpuCredits", "") for each in found}


def _credit(look: Look, identity: str, unlimited: Mapping[str, str] | None) -> dict[str, Any]:
    before = look.in_state(INSTANCE, identity) or {}
    if unlimited is None or not before.get("credit_specification"):
        return {}
    return {"credit_specification": [{"cpu_credits": unlimited.get(identity, "standard")}]}


def _asked(look: Look, said: Mapping[str, Any]) -> dict[str, Any]:
    """What only a call of its own tells, of what the state holds."""
    before = look.in_state(INSTANCE, said["InstanceId"]) or {}
    found: dict[str, Any] = {}
    for name, (attribute, path) in _ASKED.items():
        if before.get(name) in _USUAL:
            continue
        answer = look.asked(
            "DescribeInstanceAttribute", InstanceId=said["InstanceId"], Attribute=attribute
        )
        if answer:
            value = at(answer, path)
            found[name] = "" if value is None else value
    return found
