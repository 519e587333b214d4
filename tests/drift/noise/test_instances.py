"""What differs between a state and an instance without being drift, and what beside it."""

from base64 import b64encode
from hashlib import sha1
from typing import Any

import pytest
from tests.drift.noise.answering import Answering, seen
from tests.drift.noise.told import told

from sreagent.drift.reality.real import Real

INSTANCE = "aws_instance"
SCRIPT = "#!/bin/sh\necho hello\n"
SAID = b64encode(SCRIPT.encode()).decode()
HASH = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
DISKS = [
    {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-root", "DeleteOnTermination": True}},
    {"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-data", "DeleteOnTermination": False}},
]


def read(state: dict[str, Any], asked: dict[str, Any] | None = None, **said: Any) -> list[Real]:
    """What the reader makes of an instance that is like this."""
    instance = {
        "InstanceId": "i-1",
        "State": {"Name": "running"},
        "Monitoring": {"State": "disabled"},
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": DISKS,
        **said,
    }
    volumes = [
        {"VolumeId": "vol-root", "Size": 8, "VolumeType": "gp3", "Encrypted": True},
        {"VolumeId": "vol-data", "Size": 50, "VolumeType": "gp3", "Encrypted": False},
    ]
    answers: dict[str, list[dict[str, Any]]] = {
        "DescribeInstances": [{"Reservations": [{"Instances": [instance]}]}],
        "DescribeVolumes": [{"Volumes": volumes}],
        "DescribeInstanceCreditSpecifications": [
            {"InstanceCreditSpecifications": said.get("credits", [])}
        ],
        "DescribeInstanceAttribute": [asked or {}],
    }
    return seen(INSTANCE, answers, {INSTANCE: {"i-1": state}})


def root(**said: Any) -> dict[str, Any]:
    usual = {"volume_id": "vol-root", "device_name": "/dev/xvda", "volume_size": 8, "iops": 0}
    return {"root_block_device": [{**usual, "encrypted": True, "kms_key_id": "", **said}]}


def data(**said: Any) -> dict[str, Any]:
    return {"ebs_block_device": [{"volume_id": "vol-data", "device_name": "/dev/sdf", **said}]}


@pytest.mark.parametrize(
    ("state", "asked", "said"),
    [
        pytest.param(
            {
                "public_ip": "1.2.3.4",
                "public_dns": "a",
                "private_dns": "b",
                "instance_state": "running",
            },
            {},
            {"PublicIpAddress": "4.3.2.1", "State": {"Name": "stopped"}},
            id="stopped-and-started",
        ),
        pytest.param(
            {"primary_network_interface_id": "eni-1", "network_interface": []},
            {},
            {},
            id="interfaces",
        ),
        pytest.param({"associate_public_ip_address": True}, {}, {}, id="public-address"),
        pytest.param({"user_data": HASH}, {"UserData": {"Value": SAID}}, {}, id="hash-of-a-script"),
        pytest.param({"user_data": SCRIPT}, {"UserData": {"Value": SAID}}, {}, id="script-as-text"),
        pytest.param(
            {"user_data_base64": SAID, "user_data": None},
            {"UserData": {"Value": SAID}},
            {},
            id="script-in-base64",
        ),
        pytest.param({"user_data": None}, {"UserData": {"Value": SAID}}, {}, id="script-not-held"),
        pytest.param(
            root(volume_id="vol-old", device_name="/dev/sda1"), {}, {}, id="root-by-its-id"
        ),
        pytest.param({"ebs_block_device": []}, {}, {}, id="attached-later"),
        pytest.param(data(volume_size=50, encrypted=False), {}, {}, id="attached-at-the-launch"),
        pytest.param({"credit_specification": []}, {}, {}, id="no-credits-held"),
        pytest.param(
            {"credit_specification": [{"cpu_credits": "standard"}]}, {}, {}, id="usual-credits"
        ),
        pytest.param(
            {
                "spot_instance_request_id": "",
                "instance_lifecycle": "",
                "instance_market_options": [],
            },
            {},
            {"InstanceLifecycle": "spot", "SpotInstanceRequestId": "sir-1"},
            id="spot",
        ),
        pytest.param({"instance_initiated_shutdown_behavior": ""}, {}, {}, id="usual-shutdown"),
        pytest.param({"monitoring": None}, {}, {}, id="not-watched"),
        pytest.param(
            {"tenancy": ""}, {}, {"Placement": {"Tenancy": "default"}}, id="usual-tenancy"
        ),
        pytest.param(
            {"vpc_security_group_ids": ["a", "b"]},
            {},
            {"SecurityGroups": [{"GroupId": "b"}, {"GroupId": "a"}]},
            id="order-of-groups",
        ),
        pytest.param(
            {"capacity_reservation_specification": []},
            {},
            {"CapacityReservationSpecification": {"CapacityReservationPreference": "open"}},
            id="usual-reservation",
        ),
        pytest.param(
            {"iam_instance_profile": "node"},
            {},
            {"IamInstanceProfile": {"Arn": "arn:aws:iam::1:instance-profile/path/node"}},
            id="name-of-a-profile",
        ),
    ],
)
def test_what_means_the_same_is_not_told(
    state: dict[str, Any], asked: dict[str, Any], said: dict[str, Any]
) -> None:
    (real,) = read(state, asked, **said)
    assert told(INSTANCE, state, real.attributes) == set()


@pytest.mark.parametrize(
    ("state", "asked", "said", "paths"),
    [
        pytest.param(
            {"user_data": HASH},
            {"UserData": {"Value": b64encode(b"curl").decode()}},
            {},
            {"user_data"},
            id="another-script",
        ),
        pytest.param(
            {"user_data_base64": SAID},
            {"UserData": {}},
            {},
            {"user_data_base64"},
            id="no-script",
        ),
        pytest.param(
            root(encrypted=False), {}, {}, {"root_block_device[0].encrypted"}, id="another-root"
        ),
        pytest.param(root(volume_size=4), {}, {}, {"root_block_device[0].volume_size"}, id="grown"),
        pytest.param(
            data(volume_size=20), {}, {}, {"ebs_block_device[0].volume_size"}, id="grown-data"
        ),
        pytest.param(
            {"ebs_block_device": [{"volume_id": "vol-gone", "volume_size": 5}]},
            {},
            {},
            {"ebs_block_device[0]"},
            id="detached",
        ),
        pytest.param(
            {"credit_specification": [{"cpu_credits": "standard"}]},
            {},
            {"credits": [{"InstanceId": "i-1", "CpuCredits": "unlimited"}]},
            {"credit_specification[0].cpu_credits"},
            id="unlimited",
        ),
        pytest.param(
            {"instance_initiated_shutdown_behavior": "terminate"},
            {"InstanceInitiatedShutdownBehavior": {"Value": "stop"}},
            {},
            {"instance_initiated_shutdown_behavior"},
            id="another-shutdown",
        ),
        pytest.param(
            {"disable_api_termination": True},
            {"DisableApiTermination": {"Value": False}},
            {},
            {"disable_api_termination"},
            id="not-protected",
        ),
        pytest.param(
            {"metadata_options": [{"http_tokens": "required", "http_endpoint": "enabled"}]},
            {},
            {"MetadataOptions": {"HttpTokens": "optional", "HttpEndpoint": "enabled"}},
            {"metadata_options[0].http_tokens"},
            id="tokens-are-optional",
        ),
        pytest.param(
            {"iam_instance_profile": "node"}, {}, {}, {"iam_instance_profile"}, id="no-profile"
        ),
        pytest.param(
            {"source_dest_check": True},
            {},
            {"SourceDestCheck": False},
            {"source_dest_check"},
            id="routes",
        ),
    ],
)
def test_what_somebody_did_is_told(
    state: dict[str, Any], asked: dict[str, Any], said: dict[str, Any], paths: set[str]
) -> None:
    (real,) = read(state, asked, **said)
    assert told(INSTANCE, state, real.attributes) == paths


@pytest.mark.parametrize("state", ["terminated", "shutting-down"])
def test_an_instance_that_is_over_is_not_there(state: str) -> None:
    assert read({}, State={"Name": state}) == []


def test_members_of_autoscaling_groups_are_folded() -> None:
    tags = [{"Key": "aws:autoscaling:groupName", "Value": "web"}]
    (real,) = read({}, Tags=tags)
    assert real.folded == "member of autoscaling group web"


def test_details_are_asked_only_of_what_the_state_has_them_for() -> None:
    instances = [
        {"InstanceId": f"i-{place}", "State": {"Name": "running"}} for place in range(2500)
    ]
    pages = [
        {"Reservations": [{"Instances": instances[start : start + 1000]}]}
        for start in range(0, 2500, 1000)
    ]
    estate = Answering(
        {
            "DescribeInstances": pages,
            "DescribeVolumes": [{"Volumes": []}],
            "DescribeInstanceAttribute": [{"DisableApiTermination": {"Value": True}}],
        }
    )
    held: dict[str, dict[str, Any]] = {f"i-{place}": {} for place in range(1000)}
    held["i-7"] = {"disable_api_termination": True}
    assert len(estate.read(INSTANCE, {INSTANCE: held})) == 2500
    assert [operation for operation, _ in estate.asked] == [
        *["DescribeInstances"] * 3,
        "DescribeVolumes",
        "DescribeInstanceAttribute",
    ]
