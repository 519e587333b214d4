"""A mixed estate of AWS: what its state holds, and what AWS answers, each computed once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.drift.worlds import dynamodb, instances, security_group_rules
from tests.drift.worlds.iam import trust
from tests.drift.worlds.security_groups import EVERYWHERE, group, inline
from tests.drift.worlds.world import ACCOUNT, REGION, arn

Json = dict[str, Any]
TAGS = {"team": "shop", "env": "prod", "service": "checkout"}
VPC = "vpc-0a1b2c3d4e5f60718"
SHARES = {
    "aws_security_group": 120,
    "aws_vpc_security_group_ingress_rule": 80,
    "aws_instance": 140,
    "aws_subnet": 60,
    "aws_route_table": 30,
    "aws_iam_role": 120,
    "aws_iam_policy": 60,
    "aws_iam_role_policy_attachment": 100,
    "aws_cloudwatch_log_group": 100,
    "aws_cloudwatch_metric_alarm": 80,
    "aws_lambda_function": 60,
    "aws_ecr_repository": 25,
    "aws_sqs_queue": 20,
    "aws_dynamodb_table": 5,
}
"""Of a thousand resources."""


@dataclass(slots=True)
class Estate:
    """What is there."""

    held: list[tuple[str, Json]] = field(default_factory=list)
    """Type and attributes, as the state has them."""
    listed: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    """By service and operation: the items of its list."""
    told: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    """By service, operation and name: the answer about one thing."""
    tags: dict[str, list[Json]] = field(default_factory=dict)
    """By ARN."""

    def put(self, service: str, operation: str, *items: Json) -> None:
        self.listed.setdefault((service, operation), []).extend(items)

    def hold(self, type_: str, attributes: Mapping[str, Any], *, tagged: bool = False) -> None:
        said = {**attributes, "tags": TAGS, "tags_all": TAGS}
        self.held.append((type_, said))
        if tagged:
            self.tags[said["arn"]] = PAIRS

    @property
    def state(self) -> Json:
        """As Terraform writes it."""
        return {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": 7,
            "lineage": "00000000-0000-4000-8000-000000000000",
            "outputs": {},
            "resources": [
                {
                    "mode": "managed",
                    "type": type_,
                    "name": f"r{number}",
                    "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                    "instances": [
                        {"schema_version": 1, "attributes": said, "sensitive_attributes": []}
                    ],
                }
                for number, (type_, said) in enumerate(self.held)
            ],
            "check_results": None,
        }


PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]


def estate(resources: int) -> Estate:
    """So many resources in all, of fourteen types."""
    made = Estate()
    for type_, share in SHARES.items():
        for number in range(share * resources // 1000):
            MAKERS[type_](made, number)
    return made


def drifted(whole: Estate) -> None:
    """Open one security group to everybody."""
    known = whole.held[0][1]["id"]
    whole.put("ec2", "DescribeSecurityGroupRules", _rule("sgr-open", known, 22, "0.0.0.0/0"))


def _rule(known: str, of: str, port: int, cidr: str, **more: object) -> Json:
    return {
        "SecurityGroupRuleId": known,
        "GroupId": of,
        "GroupOwnerId": ACCOUNT,
        "IsEgress": False,
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "CidrIpv4": cidr,
        "Tags": [],
        **more,
    }


def _all_out(of: str) -> Json:
    everything = {"IsEgress": True, "IpProtocol": "-1"}
    return _rule(f"sgr-out-{of}", of, -1, "0.0.0.0/0", **everything)


def _group(made: Estate, number: int, known: str, **said: Any) -> None:
    name = f"group-{number}"
    thing = group(name, known, VPC, egress=[EVERYWHERE], **said)
    made.hold("aws_security_group", thing.attributes)
    made.put(
        "ec2",
        "DescribeSecurityGroups",
        {
            "GroupId": known,
            "GroupName": name,
            "Description": "Managed by Terraform",
            "OwnerId": ACCOUNT,
            "VpcId": VPC,
            "Tags": PAIRS,
        },
    )
    made.put("ec2", "DescribeSecurityGroupRules", _all_out(known))


def a_group(made: Estate, number: int) -> None:
    """Every third one has rules of its own as resources."""
    known = f"sg-{number:017x}"
    if number % 3 == 2:
        _group(made, number, known)
        return
    networks = [f"10.{number % 250}.{place}.0/24" for place in range(3)]
    blocks = [inline(from_port=443, to_port=443, cidr_blocks=networks, description="office")]
    _group(made, number, known, ingress=blocks)
    made.put(
        "ec2",
        "DescribeSecurityGroupRules",
        *(
            _rule(f"sgr-{number:x}-{place}", known, 443, each, Description="office")
            for place, each in enumerate(networks)
        ),
    )


def a_rule(made: Estate, number: int) -> None:
    """Two for every third group."""
    of, port = f"sg-{number // 2 * 3 + 2:017x}", 8000 + number % 2
    known, cidr = f"sgr-{number:017x}", "10.9.0.0/16"
    said = {"cidr_ipv4": cidr, "from_port": port, "to_port": port}
    thing = security_group_rules.new("ingress", f"rule-{number}", known, of, **said)
    made.hold(thing.type, thing.attributes)
    made.put("ec2", "DescribeSecurityGroupRules", _rule(known, of, port, cidr, Tags=PAIRS))


def an_instance(made: Estate, number: int) -> None:
    """One of twenty is protected, which only a call of its own tells."""
    known, volume, ip = (
        f"i-{number:017x}",
        f"vol-{number:017x}",
        f"10.1.{number // 250}.{number % 250}",
    )
    is_protected = number % 20 == 0
    told: Json = {
        "InstanceId": known,
        "ImageId": "ami-0a1b2c3d4e5f60718",
        "InstanceType": "m6i.large",
        "LaunchTime": "2026-05-01T08:00:00.000Z",
        "State": {"Name": "running", "Code": 16},
        "Placement": {"AvailabilityZone": f"{REGION}a", "Tenancy": "default", "GroupName": ""},
        "SubnetId": "subnet-00000000000000000",
        "VpcId": VPC,
        "PrivateIpAddress": ip,
        "EbsOptimized": False,
        "SourceDestCheck": True,
        "Monitoring": {"State": "disabled"},
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {"VolumeId": volume, "DeleteOnTermination": True, "Status": "attached"},
            }
        ],
        "NetworkInterfaces": [{"NetworkInterfaceId": f"eni-{number:017x}"}],
        "SecurityGroups": [{"GroupId": "sg-00000000000000000", "GroupName": "group-0"}],
        "MetadataOptions": {
            "State": "applied",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
            "HttpEndpoint": "enabled",
            "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": "disabled",
        },
        "Tags": PAIRS,
    }
    disk = {
        "VolumeId": volume,
        "Size": 30,
        "VolumeType": "gp3",
        "Encrypted": False,
        "Iops": 0,
        "Throughput": 0,
        "AvailabilityZone": f"{REGION}a",
        "State": "in-use",
    }
    thing = instances.written("r", told, disk, disable_api_termination=is_protected)
    made.hold("aws_instance", thing.attributes)
    made.put("ec2", "DescribeInstances", {"ReservationId": f"r-{number}", "Instances": [told]})
    made.put("ec2", "DescribeVolumes", disk)
    if is_protected:
        answer = {"InstanceId": known, "DisableApiTermination": {"Value": True}}
        made.told["ec2", "DescribeInstanceAttribute", known] = answer


def a_subnet(made: Estate, number: int) -> None:
    known, cidr = f"subnet-{number:017x}", f"10.{number // 250}.{number % 250}.0/24"
    whole = arn("ec2", f"subnet/{known}")
    made.hold(
        "aws_subnet",
        {
            "arn": whole,
            "assign_ipv6_address_on_creation": False,
            "availability_zone": f"{REGION}a",
            "availability_zone_id": "euc1-az2",
            "cidr_block": cidr,
            "customer_owned_ipv4_pool": "",
            "enable_dns64": False,
            "enable_lni_at_device_index": 0,
            "enable_resource_name_dns_a_record_on_launch": False,
            "enable_resource_name_dns_aaaa_record_on_launch": False,
            "id": known,
            "ipv6_cidr_block": "",
            "ipv6_cidr_block_association_id": "",
            "ipv6_native": False,
            "map_customer_owned_ip_on_launch": False,
            "map_public_ip_on_launch": False,
            "outpost_arn": "",
            "owner_id": ACCOUNT,
            "private_dns_hostname_type_on_launch": "ip-name",
            "timeouts": None,
            "vpc_id": VPC,
        },
    )
    made.put(
        "ec2",
        "DescribeSubnets",
        {
            "SubnetId": known,
            "SubnetArn": whole,
            "VpcId": VPC,
            "OwnerId": ACCOUNT,
            "CidrBlock": cidr,
            "AvailabilityZone": f"{REGION}a",
            "MapPublicIpOnLaunch": False,
            "AssignIpv6AddressOnCreation": False,
            "DefaultForAz": False,
            "Tags": PAIRS,
        },
    )


def a_route_table(made: Estate, number: int) -> None:
    known, nat = f"rtb-{number:017x}", f"nat-{number:017x}"
    targets = (
        *("carrier_gateway_id", "core_network_arn", "destination_prefix_list_id"),
        *("egress_only_gateway_id", "gateway_id", "ipv6_cidr_block", "local_gateway_id"),
        *("network_interface_id", "transit_gateway_id", "vpc_endpoint_id"),
        "vpc_peering_connection_id",
    )
    route = {**dict.fromkeys(targets, ""), "cidr_block": "0.0.0.0/0", "nat_gateway_id": nat}
    made.hold(
        "aws_route_table",
        {
            "arn": arn("ec2", f"route-table/{known}"),
            "id": known,
            "owner_id": ACCOUNT,
            "propagating_vgws": [],
            "route": [route],
            "timeouts": None,
            "vpc_id": VPC,
        },
    )
    local = {"DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "local", "State": "active"}
    out = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": nat, "State": "active"}
    made.put(
        "ec2",
        "DescribeRouteTables",
        {
            "RouteTableId": known,
            "VpcId": VPC,
            "OwnerId": ACCOUNT,
            "Routes": [{**local, "Origin": "CreateRouteTable"}, {**out, "Origin": "CreateRoute"}],
            "Associations": [],
            "Tags": PAIRS,
        },
    )


def _role_name(number: int) -> str:
    return f"role-{number}"


def _policy_arn(number: int) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/policy-{number}"


def a_role(made: Estate, number: int) -> None:
    name, document = _role_name(number), json.dumps(trust("ecs-tasks.amazonaws.com"))
    whole, unique = f"arn:aws:iam::{ACCOUNT}:role/{name}", f"AROA{number:017d}"
    made.hold(
        "aws_iam_role",
        {
            "arn": whole,
            "assume_role_policy": document,
            "create_date": "2026-05-01T08:00:00Z",
            "description": "of the shop",
            "force_detach_policies": False,
            "id": name,
            "inline_policy": [],
            "managed_policy_arns": [],
            "max_session_duration": 3600,
            "name": name,
            "name_prefix": "",
            "path": "/",
            "permissions_boundary": "",
            "unique_id": unique,
        },
    )
    common = {
        "Path": "/",
        "RoleName": name,
        "RoleId": unique,
        "Arn": whole,
        "CreateDate": "2026-05-01T08:00:00Z",
        "AssumeRolePolicyDocument": document,
    }
    of_list = {**common, "Description": "of the shop", "MaxSessionDuration": 3600}
    made.put("iam", "ListRoles", of_list)
    made.put("iam", "RoleDetailList", {**common, "RolePolicyList": [], "Tags": PAIRS})


def a_policy(made: Estate, number: int) -> None:
    whole = _policy_arn(number)
    statements = [
        {
            "Effect": "Allow",
            "Action": [f"s3:Get{place}", "s3:List*"],
            "Resource": f"{whole}/{place}",
        }
        for place in range(5)
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    made.hold(
        "aws_iam_policy",
        {
            "arn": whole,
            "attachment_count": 0,
            "description": "",
            "id": whole,
            "name": f"policy-{number}",
            "name_prefix": "",
            "path": "/",
            "policy": json.dumps(json.loads(document), sort_keys=True),
            "policy_id": f"ANPA{number:017d}",
        },
        tagged=True,
    )
    made.put(
        "iam",
        "Policies",
        {
            "PolicyName": f"policy-{number}",
            "PolicyId": f"ANPA{number:017d}",
            "Arn": whole,
            "Path": "/",
            "DefaultVersionId": "v1",
            "AttachmentCount": 1,
            "CreateDate": "2026-05-01T08:00:00Z",
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}
            ],
        },
    )


def an_attachment(made: Estate, number: int) -> None:
    name, whole = _role_name(number), "arn:aws:iam::aws:policy/ReadOnlyAccess"
    said = {"id": f"{name}-20260501080000", "policy_arn": whole, "role": name}
    made.held.append(("aws_iam_role_policy_attachment", said))
    attached = {"PolicyName": "ReadOnlyAccess", "PolicyArn": whole}
    made.listed["iam", "RoleDetailList"][number]["AttachedManagedPolicies"] = [attached]


def a_log_group(made: Estate, number: int) -> None:
    name = f"/shop/service-{number}"
    whole = arn("logs", f"log-group:{name}")
    made.hold(
        "aws_cloudwatch_log_group",
        {
            "arn": whole,
            "id": name,
            "kms_key_id": "",
            "log_group_class": "STANDARD",
            "name": name,
            "name_prefix": "",
            "retention_in_days": 30,
            "skip_destroy": False,
        },
        tagged=True,
    )
    made.put(
        "logs",
        "DescribeLogGroups",
        {
            "logGroupName": name,
            "creationTime": 1777622400000,
            "retentionInDays": 30,
            "metricFilterCount": 0,
            "arn": f"{whole}:*",
            "storedBytes": 12345,
            "logGroupClass": "STANDARD",
            "logGroupArn": whole,
        },
    )


def an_alarm(made: Estate, number: int) -> None:
    name, tell = f"busy-{number}", arn("sns", "tell")
    whole = arn("cloudwatch", f"alarm:{name}")
    made.hold(
        "aws_cloudwatch_metric_alarm",
        {
            "actions_enabled": True,
            "alarm_actions": [tell],
            "alarm_description": "of the shop",
            "alarm_name": name,
            "arn": whole,
            "comparison_operator": "GreaterThanThreshold",
            "datapoints_to_alarm": 0,
            "dimensions": {"ClusterName": "shop", "ServiceName": f"service-{number}"},
            "evaluate_low_sample_count_percentiles": "",
            "evaluation_periods": 3,
            "extended_statistic": "",
            "id": name,
            "insufficient_data_actions": [],
            "metric_name": "CPUUtilization",
            "metric_query": [],
            "namespace": "AWS/ECS",
            "ok_actions": [],
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
            "threshold_metric_id": "",
            "treat_missing_data": "missing",
            "unit": "",
        },
        tagged=True,
    )
    made.put(
        "cloudwatch",
        "DescribeAlarms",
        {
            "AlarmName": name,
            "AlarmArn": whole,
            "AlarmDescription": "of the shop",
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [tell],
            "InsufficientDataActions": [],
            "StateValue": "OK",
            "StateReason": "Threshold Crossed: no datapoint was greater than the threshold",
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/ECS",
            "Statistic": "Average",
            "Dimensions": [
                {"Name": "ClusterName", "Value": "shop"},
                {"Name": "ServiceName", "Value": f"service-{number}"},
            ],
            "Period": 60,
            "EvaluationPeriods": 3,
            "Threshold": 80.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "missing",
        },
    )


def a_function(made: Estate, number: int) -> None:
    """One of ten has a limit, which only a call of its own tells."""
    name, is_limited = f"function-{number}", number % 10 == 0
    whole, role = arn("lambda", f"function:{name}"), f"arn:aws:iam::{ACCOUNT}:role/role-0"
    variables = {"STAGE": "prod", "TABLE": f"table-{number}"}
    log = f"/aws/lambda/{name}"
    made.hold(
        "aws_lambda_function",
        {
            "architectures": ["x86_64"],
            "arn": whole,
            "code_sha256": "bm90IHRoZSBoYXNo",
            "code_signing_config_arn": "",
            "dead_letter_config": [],
            "description": "",
            "environment": [{"variables": variables}],
            "ephemeral_storage": [{"size": 512}],
            "file_system_config": [],
            "filename": "app.zip",
            "function_name": name,
            "handler": "app.run",
            "id": name,
            "image_config": [],
            "image_uri": "",
            "invoke_arn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{whole}",
            "kms_key_arn": "",
            "last_modified": "2026-10-01T08:00:00.000+0000",
            "layers": None,
            "logging_config": [
                {
                    "application_log_level": "",
                    "log_format": "Text",
                    "log_group": log,
                    "system_log_level": "",
                }
            ],
            "memory_size": 256,
            "package_type": "Zip",
            "publish": False,
            "qualified_arn": f"{whole}:$LATEST",
            "reserved_concurrent_executions": 5 if is_limited else -1,
            "role": role,
            "runtime": "python3.12",
            "signing_job_arn": "",
            "skip_destroy": False,
            "snap_start": [],
            "source_code_hash": "bm90IHRoZSBoYXNo",
            "source_code_size": 1234,
            "timeout": 30,
            "timeouts": None,
            "tracing_config": [{"mode": "PassThrough"}],
            "version": "$LATEST",
            "vpc_config": [],
        },
        tagged=True,
    )
    told = {
        "FunctionName": name,
        "FunctionArn": whole,
        "Runtime": "python3.12",
        "Role": role,
        "Handler": "app.run",
        "CodeSize": 1234,
        "Description": "",
        "Timeout": 30,
        "MemorySize": 256,
        "LastModified": "2026-10-01T08:00:00.000+0000",
        "CodeSha256": "bm90IHRoZSBoYXNo",
        "Version": "$LATEST",
        "Environment": {"Variables": variables},
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": "00000000-0000-4000-8000-000000000000",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": log},
    }
    made.put("lambda", "ListFunctions", told)
    if is_limited:
        answer = {"Configuration": told, "Concurrency": {"ReservedConcurrentExecutions": 5}}
        made.told["lambda", "GetFunction", name] = answer


def a_repository(made: Estate, number: int) -> None:
    name = f"shop/service-{number}"
    whole, uri = (
        arn("ecr", f"repository/{name}"),
        f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
    )
    made.hold(
        "aws_ecr_repository",
        {
            "arn": whole,
            "encryption_configuration": [{"encryption_type": "AES256", "kms_key": ""}],
            "force_delete": None,
            "id": name,
            "image_scanning_configuration": [{"scan_on_push": True}],
            "image_tag_mutability": "IMMUTABLE",
            "image_tag_mutability_exclusion_filter": [],
            "name": name,
            "registry_id": ACCOUNT,
            "repository_url": uri,
            "timeouts": None,
        },
        tagged=True,
    )
    made.put(
        "ecr",
        "DescribeRepositories",
        {
            "repositoryArn": whole,
            "registryId": ACCOUNT,
            "repositoryName": name,
            "repositoryUri": uri,
            "createdAt": 1777622400,
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        },
    )


def a_queue(made: Estate, number: int) -> None:
    name = f"queue-{number}"
    whole, url = arn("sqs", name), f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    numbers = {
        "delay_seconds": 0,
        "kms_data_key_reuse_period_seconds": 300,
        "max_message_size": 262144,
        "message_retention_seconds": 345600,
        "receive_wait_time_seconds": 0,
        "visibility_timeout_seconds": 30,
    }
    made.hold(
        "aws_sqs_queue",
        {
            "arn": whole,
            "content_based_deduplication": False,
            "deduplication_scope": "",
            "fifo_queue": False,
            "fifo_throughput_limit": "",
            "id": url,
            "kms_master_key_id": "",
            "name": name,
            "name_prefix": "",
            "policy": "",
            "redrive_allow_policy": "",
            "redrive_policy": "",
            "sqs_managed_sse_enabled": True,
            "timeouts": None,
            "url": url,
            **numbers,
        },
        tagged=True,
    )
    made.listed.setdefault(("sqs", "ListQueues"), []).append(url)  # type: ignore[arg-type]
    made.told["sqs", "GetQueueAttributes", url] = {
        "Attributes": {
            "QueueArn": whole,
            "DelaySeconds": "0",
            "KmsDataKeyReusePeriodSeconds": "300",
            "MaximumMessageSize": "262144",
            "MessageRetentionPeriod": "345600",
            "ReceiveMessageWaitTimeSeconds": "0",
            "VisibilityTimeout": "30",
            "SqsManagedSseEnabled": "true",
        }
    }


def a_table(made: Estate, number: int) -> None:
    """Three calls each: nothing lists them with what they are."""
    name = f"table-{number}"
    thing = dynamodb.state(name)
    made.hold(thing.type, thing.attributes, tagged=True)
    made.listed.setdefault(("dynamodb", "ListTables"), []).append(name)  # type: ignore[arg-type]
    made.told["dynamodb", "DescribeTable", name] = {
        "Table": {
            "TableName": name,
            "TableArn": thing.attributes["arn"],
            "TableStatus": "ACTIVE",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        }
    }
    made.told["dynamodb", "DescribeTimeToLive", name] = {
        "TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}
    }
    made.told["dynamodb", "DescribeContinuousBackups", name] = {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }
    }


MAKERS: dict[str, Callable[[Estate, int], None]] = {
    "aws_security_group": a_group,
    "aws_vpc_security_group_ingress_rule": a_rule,
    "aws_instance": an_instance,
    "aws_subnet": a_subnet,
    "aws_route_table": a_route_table,
    "aws_iam_role": a_role,
    "aws_iam_policy": a_policy,
    "aws_iam_role_policy_attachment": an_attachment,
    "aws_cloudwatch_log_group": a_log_group,
    "aws_cloudwatch_metric_alarm": an_alarm,
    "aws_lambda_function": a_function,
    "aws_ecr_repository": a_repository,
    "aws_sqs_queue": a_queue,
    "aws_dynamodb_table": a_table,
}
