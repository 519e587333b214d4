"""Launch templates, with a version that came later."""

import base64
from typing import Any

from tests.drift.worlds.world import Aws, Mutation, Thing, World, arn, reports, world

SCRIPT = base64.b64encode(b"#!/bin/sh\necho hello\n").decode()


def data(**more: Any) -> dict[str, Any]:
    """What a template says."""
    disk = {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": True}
    return {
        "ImageId": "ami-0123456789abcdef0",
        "InstanceType": "t3.micro",
        "UserData": SCRIPT,
        "IamInstanceProfile": {"Name": "node"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": disk}],
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required"},
        "Monitoring": {"Enabled": True},
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": ["sg-2", "sg-1"]}
        ],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
        **more,
    }


def written(name: str, known: str, **said: Any) -> Thing:
    """A template as Terraform writes it after an apply."""
    disk = {
        "delete_on_termination": "true",
        "encrypted": "true",
        "iops": 0,
        "kms_key_id": "",
        "snapshot_id": "",
        "throughput": 0,
        "volume_initialization_rate": 0,
        "volume_size": 20,
        "volume_type": "gp3",
    }
    interface: dict[str, Any] = {
        "associate_carrier_ip_address": "",
        "associate_public_ip_address": "false",
        "connection_tracking_specification": [],
        "delete_on_termination": "",
        "description": "",
        "device_index": 0,
        "ena_srd_specification": [],
        "interface_type": "",
        "ipv4_address_count": 0,
        "ipv4_addresses": [],
        "ipv4_prefix_count": 0,
        "ipv4_prefixes": [],
        "ipv6_address_count": 0,
        "ipv6_addresses": [],
        "ipv6_prefix_count": 0,
        "ipv6_prefixes": [],
        "network_card_index": 0,
        "network_interface_id": "",
        "primary_ipv6": "",
        "private_ip_address": "",
        "security_groups": ["sg-1", "sg-2"],
        "subnet_id": "",
    }
    return Thing(
        type="aws_launch_template",
        name=name,
        attributes={
            "arn": arn("ec2", f"launch-template/{known}"),
            "block_device_mappings": [
                {"device_name": "/dev/xvda", "ebs": [disk], "no_device": "", "virtual_name": ""}
            ],
            "capacity_reservation_specification": [],
            "cpu_options": [],
            "credit_specification": [],
            "default_version": 1,
            "description": "",
            "disable_api_stop": False,
            "disable_api_termination": False,
            "ebs_optimized": "",
            "enclave_options": [],
            "hibernation_options": [],
            "iam_instance_profile": [{"arn": "", "name": "node"}],
            "id": known,
            "image_id": "ami-0123456789abcdef0",
            "instance_initiated_shutdown_behavior": "",
            "instance_market_options": [],
            "instance_requirements": [],
            "instance_type": "t3.micro",
            "kernel_id": "",
            "key_name": "",
            "latest_version": 1,
            "license_specification": [],
            "maintenance_options": [],
            "metadata_options": [
                {
                    "http_endpoint": "enabled",
                    "http_protocol_ipv6": "",
                    "http_put_response_hop_limit": 0,
                    "http_tokens": "required",
                    "instance_metadata_tags": "",
                }
            ],
            "monitoring": [{"enabled": True}],
            "name": name,
            "name_prefix": "",
            "network_interfaces": [interface],
            "placement": [],
            "private_dns_name_options": [],
            "ram_disk_id": "",
            "security_group_names": [],
            "tag_specifications": [{"resource_type": "instance", "tags": {"a": "b"}}],
            # Moto keeps the tags of a template as they were when it was made.
            "tags": {},
            "tags_all": {},
            "update_default_version": None,
            "user_data": SCRIPT,
            "vpc_security_group_ids": [],
            **said,
        },
    )


@world("launch_templates")
def templates(aws: Aws, word: str) -> World:
    ec2 = aws.client("ec2")

    def create(name: str, **more: Any) -> str:
        answer = ec2.create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData=data(**more)
        )
        known: str = answer["LaunchTemplate"]["LaunchTemplateId"]
        return known

    node, stray = create(f"node-{word}"), create(f"stray-{word}")
    thing = written(f"node-{word}", node)

    def again(**more: Any) -> None:
        ec2.create_launch_template_version(LaunchTemplateId=node, LaunchTemplateData=data(**more))

    def one(path: str, title: str, **more: Any) -> Mutation:
        told = reports((thing.address, path))
        return Mutation(title=title, do=lambda: again(**more), reports=told)

    disk = {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": False, "DeleteOnTermination": True}
    public = {"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": ["sg-1", "sg-2"]}
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "c"}]}]
    return World(
        things=(thing,),
        strangers=(("aws_launch_template", stray),),
        mutations=(
            one("image_id", "another image", ImageId="ami-0ffffffffffffffff"),
            one(
                "metadata_options[0].http_tokens",
                "tokens are not required",
                MetadataOptions={"HttpEndpoint": "enabled"},
            ),
            one(
                "block_device_mappings[0].ebs[0].encrypted",
                "not encrypted",
                BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": disk}],
            ),
            one(
                "network_interfaces[0].associate_public_ip_address",
                "public",
                NetworkInterfaces=[public],
            ),
            one("tag_specifications[0].tags.a", "another tag", TagSpecifications=tags),
            one("user_data", "another script", UserData=base64.b64encode(b"#!/bin/sh").decode()),
            Mutation(title="the same again", do=again, reports=reports()),
            Mutation(
                title="deleted",
                do=lambda: ec2.delete_launch_template(LaunchTemplateId=node),
                reports=reports((thing.address, "")),
            ),
        ),
    )
