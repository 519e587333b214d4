"""What differs between a state and a launch template without being drift, and what beside it."""

from base64 import b64encode
from typing import Any

import pytest
from tests.drift.noise.answering import seen
from tests.drift.noise.told import told

TEMPLATE = "aws_launch_template"
SCRIPT = b64encode(b"#!/bin/sh\n").decode()


def version(**data: Any) -> dict[str, Any]:
    """What the reader makes of a version that says this."""
    answers: dict[str, list[dict[str, Any]]] = {
        "DescribeLaunchTemplates": [
            {"LaunchTemplates": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "a"}]}
        ],
        "DescribeLaunchTemplateVersions": [
            {
                "LaunchTemplateVersions": [
                    {"LaunchTemplateId": "lt-1", "VersionNumber": 9, "LaunchTemplateData": data}
                ]
            }
        ],
    }
    (real,) = seen(TEMPLATE, answers, {TEMPLATE: {"lt-1": {}}})
    return dict(real.attributes)


def options(**said: Any) -> dict[str, Any]:
    names = ("http_endpoint", "http_tokens", "http_protocol_ipv6", "instance_metadata_tags")
    return {
        "metadata_options": [{**dict.fromkeys(names, ""), "http_put_response_hop_limit": 0, **said}]
    }


def disks(*names: str, **said: Any) -> dict[str, Any]:
    ebs = {"encrypted": "true", "iops": 0, "kms_key_id": "", "volume_size": 20, **said}
    return {
        "block_device_mappings": [
            {"device_name": name, "ebs": [ebs], "no_device": "", "virtual_name": ""}
            for name in names
        ]
    }


EBS = {"Encrypted": True, "VolumeSize": 20}
CPUS = {
    "VCpuCount": {"Min": 2, "Max": 4},
    "MemoryMiB": {"Min": 1024},
    "CpuManufacturers": ["b", "a"],
}
REQUIRED = {
    "cpu_manufacturers": ["a", "b"],
    "memory_mib": [{"max": 0, "min": 1024}],
    "vcpu_count": [{"max": 4, "min": 2}],
    "spot_max_price_percentage_over_lowest_price": 0,
}


@pytest.mark.parametrize(
    ("state", "data"),
    [
        pytest.param({"latest_version": 3, "default_version": 1}, {}, id="versions"),
        pytest.param({"user_data": SCRIPT}, {"UserData": SCRIPT}, id="script"),
        pytest.param(
            {"user_data": SCRIPT},
            {"UserData": b64encode(b"#!/bin/sh\n\n").decode()},
            id="white-space-of-a-script",
        ),
        pytest.param({"user_data": None}, {"UserData": ""}, id="no-script"),
        pytest.param({"monitoring": []}, {"Monitoring": {"Enabled": False}}, id="block-of-nothing"),
        pytest.param({"monitoring": [{"enabled": False}]}, {}, id="nothing-for-a-block"),
        pytest.param({"ebs_optimized": ""}, {"EbsOptimized": False}, id="text-or-truth"),
        pytest.param({"key_name": ""}, {}, id="no-key"),
        pytest.param(
            options(http_tokens="required"),
            {"MetadataOptions": {"HttpTokens": "required"}},
            id="rest",
        ),
        pytest.param(
            disks("/dev/b", "/dev/a"),
            {
                "BlockDeviceMappings": [
                    {"DeviceName": "/dev/a", "Ebs": EBS},
                    {"DeviceName": "/dev/b", "Ebs": EBS},
                ]
            },
            id="order-of-disks",
        ),
        pytest.param(
            {"vpc_security_group_ids": ["a", "b"]}, {"SecurityGroupIds": ["b", "a"]}, id="order"
        ),
        pytest.param(
            {"network_interfaces": [{"security_groups": ["a"], "ipv4_addresses": ["10.0.0.1"]}]},
            {
                "NetworkInterfaces": [
                    {"Groups": ["a"], "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.1"}]}
                ]
            },
            id="names-of-an-interface",
        ),
        pytest.param(
            {"instance_requirements": [REQUIRED]}, {"InstanceRequirements": CPUS}, id="requirements"
        ),
        pytest.param(
            {
                "tag_specifications": [
                    {"resource_type": "volume", "tags": {"c": "d"}},
                    {"resource_type": "instance", "tags": {"a": "b"}},
                ]
            },
            {
                "TagSpecifications": [
                    {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]},
                    {"ResourceType": "volume", "Tags": [{"Key": "c", "Value": "d"}]},
                ]
            },
            id="order-of-tags",
        ),
    ],
)
def test_what_means_the_same_is_not_told(state: dict[str, Any], data: dict[str, Any]) -> None:
    assert told(TEMPLATE, state, version(**data)) == set()


@pytest.mark.parametrize(
    ("state", "data", "paths"),
    [
        pytest.param({"user_data": SCRIPT}, {}, {"user_data"}, id="no-script"),
        pytest.param({"user_data": ""}, {"UserData": SCRIPT}, {"user_data"}, id="a-script"),
        pytest.param(
            {"monitoring": []}, {"Monitoring": {"Enabled": True}}, {"monitoring[0]"}, id="watched"
        ),
        pytest.param(
            options(http_tokens="required", http_endpoint="enabled"),
            {"MetadataOptions": {"HttpEndpoint": "enabled"}},
            {"metadata_options[0].http_tokens"},
            id="tokens-left-out",
        ),
        pytest.param(
            options(http_tokens="required"), {}, {"metadata_options[0]"}, id="options-left-out"
        ),
        pytest.param(
            disks("/dev/b", "/dev/a"),
            {
                "BlockDeviceMappings": [
                    {"DeviceName": "/dev/a", "Ebs": {"VolumeSize": 20}},
                    {"DeviceName": "/dev/b", "Ebs": EBS},
                ]
            },
            {"block_device_mappings[1].ebs[0].encrypted"},
            id="not-encrypted",
        ),
        pytest.param(
            {"vpc_security_group_ids": ["a", "b"]},
            {"SecurityGroupIds": ["c", "a"]},
            {"vpc_security_group_ids"},
            id="another-group",
        ),
        pytest.param(
            {"instance_requirements": [REQUIRED]},
            {"InstanceRequirements": {**CPUS, "MemoryMiB": {"Min": 4096}}},
            {"instance_requirements[0].memory_mib[0].min"},
            id="more-memory",
        ),
        pytest.param(
            {"iam_instance_profile": [{"arn": "", "name": "node"}]},
            {"IamInstanceProfile": {"Name": "admin"}},
            {"iam_instance_profile[0].name"},
            id="another-profile",
        ),
    ],
)
def test_what_somebody_did_is_told(
    state: dict[str, Any], data: dict[str, Any], paths: set[str]
) -> None:
    assert told(TEMPLATE, state, version(**data)) == paths
