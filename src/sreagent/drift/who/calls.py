"""Which calls make, change and remove what: names of events by type and attribute."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from sreagent.drift.who.event import letters

MADE, GONE, ANY = "made", "gone", "*"
_TABLE = """
aws_security_group, aws_default_security_group = ec2
  made CreateSecurityGroup
  gone DeleteSecurityGroup
  ingress AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress ModifySecurityGroupRules
  ingress UpdateSecurityGroupRuleDescriptionsIngress
  egress AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress ModifySecurityGroupRules
  egress UpdateSecurityGroupRuleDescriptionsEgress
aws_security_group_rule = ec2 by security_group_id
  made AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
  gone RevokeSecurityGroupIngress RevokeSecurityGroupEgress DeleteSecurityGroup
  * ModifySecurityGroupRules AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress
  * AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress
aws_vpc_security_group_ingress_rule = ec2 by security_group_id
  made AuthorizeSecurityGroupIngress
  gone RevokeSecurityGroupIngress DeleteSecurityGroup
  * ModifySecurityGroupRules AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress
aws_vpc_security_group_egress_rule = ec2 by security_group_id
  made AuthorizeSecurityGroupEgress
  gone RevokeSecurityGroupEgress DeleteSecurityGroup
  * ModifySecurityGroupRules AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress
aws_instance = ec2
  made RunInstances CreateFleet
  gone TerminateInstances TerminateInstanceInAutoScalingGroup
  * ModifyInstanceAttribute
  metadata_options ModifyInstanceMetadataOptions
  monitoring MonitorInstances UnmonitorInstances
  credit_specification ModifyInstanceCreditSpecification
  iam_instance_profile AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation
  iam_instance_profile DisassociateIamInstanceProfile
  vpc_security_group_ids ModifyInstanceAttribute ModifyNetworkInterfaceAttribute
  security_groups ModifyInstanceAttribute ModifyNetworkInterfaceAttribute
  ebs_block_device AttachVolume DetachVolume ModifyVolume
  root_block_device ModifyVolume
  placement ModifyInstancePlacement
aws_ebs_volume = ec2
  made CreateVolume
  gone DeleteVolume
  * ModifyVolume
aws_volume_attachment = ec2 by volume_id
  made AttachVolume
  gone DetachVolume TerminateInstances
aws_eip = ec2
  made AllocateAddress
  gone ReleaseAddress
  * AssociateAddress DisassociateAddress
aws_key_pair = ec2
  made ImportKeyPair CreateKeyPair
  gone DeleteKeyPair
aws_launch_template = ec2
  made CreateLaunchTemplate
  gone DeleteLaunchTemplate
  * CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplateVersions
aws_vpc, aws_default_vpc = ec2
  made CreateVpc
  gone DeleteVpc
  * ModifyVpcAttribute AssociateVpcCidrBlock DisassociateVpcCidrBlock ModifyVpcTenancy
aws_subnet, aws_default_subnet = ec2
  made CreateSubnet
  gone DeleteSubnet
  * ModifySubnetAttribute AssociateSubnetCidrBlock DisassociateSubnetCidrBlock
aws_route_table, aws_default_route_table = ec2
  made CreateRouteTable
  gone DeleteRouteTable
  route CreateRoute ReplaceRoute DeleteRoute
  propagating_vgws EnableVgwRoutePropagation DisableVgwRoutePropagation
aws_route = ec2 by route_table_id
  made CreateRoute
  gone DeleteRoute DeleteRouteTable
  * ReplaceRoute CreateRoute
aws_route_table_association = ec2 by route_table_id
  made AssociateRouteTable ReplaceRouteTableAssociation
  gone DisassociateRouteTable ReplaceRouteTableAssociation
aws_nat_gateway = ec2
  made CreateNatGateway
  gone DeleteNatGateway
aws_internet_gateway = ec2
  made CreateInternetGateway
  gone DeleteInternetGateway
  vpc_id AttachInternetGateway DetachInternetGateway
aws_network_acl, aws_default_network_acl = ec2
  made CreateNetworkAcl
  gone DeleteNetworkAcl
  * CreateNetworkAclEntry ReplaceNetworkAclEntry DeleteNetworkAclEntry
  subnet_ids ReplaceNetworkAclAssociation
aws_network_acl_rule = ec2 by network_acl_id
  made CreateNetworkAclEntry
  gone DeleteNetworkAclEntry DeleteNetworkAcl
  * ReplaceNetworkAclEntry
aws_vpc_endpoint = ec2
  made CreateVpcEndpoint
  gone DeleteVpcEndpoints
  * ModifyVpcEndpoint
aws_flow_log = ec2
  made CreateFlowLogs
  gone DeleteFlowLogs
aws_network_interface = ec2
  made CreateNetworkInterface
  gone DeleteNetworkInterface
  * ModifyNetworkInterfaceAttribute
aws_s3_bucket = s3 by bucket
  made CreateBucket
  gone DeleteBucket
  acl PutBucketAcl
  grant PutBucketAcl
  policy PutBucketPolicy DeleteBucketPolicy
  versioning PutBucketVersioning
  logging PutBucketLogging
  server_side_encryption_configuration PutBucketEncryption DeleteBucketEncryption
  lifecycle_rule PutBucketLifecycle PutBucketLifecycleConfiguration DeleteBucketLifecycle
  cors_rule PutBucketCors DeleteBucketCors
  website PutBucketWebsite DeleteBucketWebsite
  replication_configuration PutBucketReplication DeleteBucketReplication
  request_payer PutBucketRequestPayment
  acceleration_status PutAccelerateConfiguration PutBucketAccelerateConfiguration
  object_lock_enabled PutObjectLockConfiguration PutBucketObjectLockConfiguration
  tags PutBucketTagging DeleteBucketTagging
aws_s3_bucket_public_access_block = s3 by bucket
  * PutBucketPublicAccessBlock PutPublicAccessBlock
  made PutBucketPublicAccessBlock PutPublicAccessBlock
  gone DeleteBucketPublicAccessBlock DeletePublicAccessBlock DeleteBucket
aws_s3_account_public_access_block = s3 by account_id
  * PutAccountPublicAccessBlock PutPublicAccessBlock
  made PutAccountPublicAccessBlock PutPublicAccessBlock
  gone DeleteAccountPublicAccessBlock DeletePublicAccessBlock
aws_s3_bucket_policy = s3 by bucket
  * PutBucketPolicy
  made PutBucketPolicy
  gone DeleteBucketPolicy DeleteBucket
aws_s3_bucket_acl = s3 by bucket
  * PutBucketAcl
  made PutBucketAcl
  gone DeleteBucket
aws_s3_bucket_ownership_controls = s3 by bucket
  * PutBucketOwnershipControls
  made PutBucketOwnershipControls
  gone DeleteBucketOwnershipControls DeleteBucket
aws_s3_bucket_versioning = s3 by bucket
  * PutBucketVersioning
  gone PutBucketVersioning DeleteBucket
aws_s3_bucket_server_side_encryption_configuration = s3 by bucket
  * PutBucketEncryption DeleteBucketEncryption
  gone DeleteBucketEncryption DeleteBucket
aws_s3_bucket_lifecycle_configuration = s3 by bucket
  * PutBucketLifecycle PutBucketLifecycleConfiguration
  gone DeleteBucketLifecycle DeleteBucket
aws_s3_bucket_logging = s3 by bucket
  * PutBucketLogging
  gone PutBucketLogging DeleteBucket
aws_s3_bucket_notification = s3 by bucket
  * PutBucketNotification PutBucketNotificationConfiguration
  gone PutBucketNotification PutBucketNotificationConfiguration DeleteBucket
aws_s3_bucket_cors_configuration = s3 by bucket
  * PutBucketCors
  gone DeleteBucketCors DeleteBucket
aws_iam_role = iam by name
  made CreateRole
  gone DeleteRole
  * UpdateRole
  assume_role_policy UpdateAssumeRolePolicy
  managed_policy_arns AttachRolePolicy DetachRolePolicy
  inline_policy PutRolePolicy DeleteRolePolicy
  permissions_boundary PutRolePermissionsBoundary DeleteRolePermissionsBoundary
  description UpdateRole UpdateRoleDescription
aws_iam_role_policy = iam by role name
  * PutRolePolicy
  made PutRolePolicy
  gone DeleteRolePolicy DeleteRole
aws_iam_role_policy_attachment = iam by role policy_arn
  made AttachRolePolicy
  gone DetachRolePolicy DeleteRole
aws_iam_policy = iam by arn
  made CreatePolicy
  gone DeletePolicy
  policy CreatePolicyVersion SetDefaultPolicyVersion DeletePolicyVersion
aws_iam_user = iam by name
  made CreateUser
  gone DeleteUser
  * UpdateUser
  permissions_boundary PutUserPermissionsBoundary DeleteUserPermissionsBoundary
aws_iam_user_policy = iam by user name
  * PutUserPolicy
  made PutUserPolicy
  gone DeleteUserPolicy DeleteUser
aws_iam_user_policy_attachment = iam by user policy_arn
  made AttachUserPolicy
  gone DetachUserPolicy DeleteUser
aws_iam_access_key = iam by user
  made CreateAccessKey
  gone DeleteAccessKey DeleteUser
  * UpdateAccessKey
aws_iam_group = iam by name
  made CreateGroup
  gone DeleteGroup
  * UpdateGroup
aws_iam_group_policy = iam by group name
  * PutGroupPolicy
  gone DeleteGroupPolicy DeleteGroup
aws_iam_group_policy_attachment = iam by group policy_arn
  made AttachGroupPolicy
  gone DetachGroupPolicy DeleteGroup
aws_iam_group_membership = iam by group
  * AddUserToGroup RemoveUserFromGroup
aws_iam_user_group_membership = iam by user
  * AddUserToGroup RemoveUserFromGroup
aws_iam_instance_profile = iam by name
  made CreateInstanceProfile
  gone DeleteInstanceProfile
  role AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
aws_iam_openid_connect_provider = iam by arn
  made CreateOpenIDConnectProvider
  gone DeleteOpenIDConnectProvider
  client_id_list AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider
  thumbprint_list UpdateOpenIDConnectProviderThumbprint
aws_db_instance = rds by identifier
  made CreateDBInstance RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime
  made CreateDBInstanceReadReplica
  gone DeleteDBInstance
  * ModifyDBInstance
aws_rds_cluster = rds by cluster_identifier
  made CreateDBCluster RestoreDBClusterFromSnapshot RestoreDBClusterToPointInTime
  gone DeleteDBCluster
  * ModifyDBCluster
aws_rds_cluster_instance = rds by identifier
  made CreateDBInstance
  gone DeleteDBInstance
  * ModifyDBInstance
aws_db_subnet_group = rds by name
  made CreateDBSubnetGroup
  gone DeleteDBSubnetGroup
  * ModifyDBSubnetGroup
aws_db_parameter_group = rds by name
  made CreateDBParameterGroup
  gone DeleteDBParameterGroup
  * ModifyDBParameterGroup ResetDBParameterGroup
aws_rds_cluster_parameter_group = rds by name
  made CreateDBClusterParameterGroup
  gone DeleteDBClusterParameterGroup
  * ModifyDBClusterParameterGroup ResetDBClusterParameterGroup
aws_lb, aws_alb = elasticloadbalancing by arn
  made CreateLoadBalancer
  gone DeleteLoadBalancer
  * ModifyLoadBalancerAttributes
  security_groups SetSecurityGroups
  subnets SetSubnets
  subnet_mapping SetSubnets
  ip_address_type SetIpAddressType
  web_acl_arn AssociateWebACL DisassociateWebACL
  tags AddTags RemoveTags
aws_lb_listener, aws_alb_listener = elasticloadbalancing by arn
  made CreateListener
  gone DeleteListener DeleteLoadBalancer
  * ModifyListener
  certificate_arn ModifyListener AddListenerCertificates RemoveListenerCertificates
  tags AddTags RemoveTags
aws_lb_listener_rule, aws_alb_listener_rule = elasticloadbalancing by arn
  made CreateRule
  gone DeleteRule DeleteListener DeleteLoadBalancer
  * ModifyRule
  priority SetRulePriorities
  tags AddTags RemoveTags
aws_lb_target_group, aws_alb_target_group = elasticloadbalancing by arn
  made CreateTargetGroup
  gone DeleteTargetGroup
  * ModifyTargetGroup ModifyTargetGroupAttributes
  tags AddTags RemoveTags
aws_lb_target_group_attachment = elasticloadbalancing by target_group_arn
  made RegisterTargets
  gone DeregisterTargets
aws_autoscaling_group = autoscaling by name
  made CreateAutoScalingGroup
  gone DeleteAutoScalingGroup
  * UpdateAutoScalingGroup
  desired_capacity SetDesiredCapacity UpdateAutoScalingGroup
  suspended_processes SuspendProcesses ResumeProcesses
  enabled_metrics EnableMetricsCollection DisableMetricsCollection
  target_group_arns AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups
  target_group_arns AttachTrafficSources DetachTrafficSources
  load_balancers AttachLoadBalancers DetachLoadBalancers
  tag CreateOrUpdateTags DeleteTags
  tags CreateOrUpdateTags DeleteTags
aws_autoscaling_policy = autoscaling by name
  * PutScalingPolicy
  made PutScalingPolicy
  gone DeletePolicy DeleteAutoScalingGroup
aws_launch_configuration = autoscaling by name
  made CreateLaunchConfiguration
  gone DeleteLaunchConfiguration
aws_lambda_function = lambda by function_name
  made CreateFunction
  gone DeleteFunction
  * UpdateFunctionConfiguration
  source_code_hash UpdateFunctionCode
  code_sha256 UpdateFunctionCode
  image_uri UpdateFunctionCode
  s3_key UpdateFunctionCode
  s3_bucket UpdateFunctionCode
  s3_object_version UpdateFunctionCode
  architectures UpdateFunctionCode
  version PublishVersion UpdateFunctionCode
  reserved_concurrent_executions PutFunctionConcurrency DeleteFunctionConcurrency
  code_signing_config_arn PutFunctionCodeSigningConfig DeleteFunctionCodeSigningConfig
aws_lambda_permission = lambda by function_name
  made AddPermission
  gone RemovePermission DeleteFunction
aws_lambda_alias = lambda by function_name
  made CreateAlias
  gone DeleteAlias
  * UpdateAlias
aws_lambda_function_url = lambda by function_name
  made CreateFunctionUrlConfig
  gone DeleteFunctionUrlConfig
  * UpdateFunctionUrlConfig
aws_lambda_event_source_mapping = lambda by uuid
  made CreateEventSourceMapping
  gone DeleteEventSourceMapping
  * UpdateEventSourceMapping
aws_dynamodb_table = dynamodb by name
  made CreateTable RestoreTableFromBackup RestoreTableToPointInTime
  gone DeleteTable
  * UpdateTable
  ttl UpdateTimeToLive
  point_in_time_recovery UpdateContinuousBackups
  replica UpdateTable CreateGlobalTable UpdateGlobalTable
aws_sqs_queue = sqs by url
  made CreateQueue
  gone DeleteQueue
  * SetQueueAttributes
  policy SetQueueAttributes AddPermission RemovePermission
  tags TagQueue UntagQueue
aws_sqs_queue_policy = sqs by queue_url
  * SetQueueAttributes AddPermission RemovePermission
  gone SetQueueAttributes RemovePermission DeleteQueue
aws_sns_topic = sns by arn
  made CreateTopic
  gone DeleteTopic
  * SetTopicAttributes
  policy SetTopicAttributes AddPermission RemovePermission
aws_sns_topic_policy = sns by arn
  * SetTopicAttributes AddPermission RemovePermission
  gone SetTopicAttributes RemovePermission DeleteTopic
aws_sns_topic_subscription = sns by arn
  made Subscribe ConfirmSubscription
  gone Unsubscribe DeleteTopic
  * SetSubscriptionAttributes
aws_route53_zone = route53 by zone_id
  made CreateHostedZone
  gone DeleteHostedZone
  comment UpdateHostedZoneComment
  vpc AssociateVPCWithHostedZone DisassociateVPCFromHostedZone
  tags ChangeTagsForResource
aws_route53_record = route53 by zone_id name
  * ChangeResourceRecordSets
  made ChangeResourceRecordSets
  gone ChangeResourceRecordSets DeleteHostedZone
aws_route53_health_check = route53
  made CreateHealthCheck
  gone DeleteHealthCheck
  * UpdateHealthCheck
  tags ChangeTagsForResource
aws_kms_key = kms by arn
  made CreateKey
  gone ScheduleKeyDeletion
  policy PutKeyPolicy
  description UpdateKeyDescription
  enable_key_rotation EnableKeyRotation DisableKeyRotation
  rotation_period_in_days EnableKeyRotation
  is_enabled EnableKey DisableKey
aws_kms_alias = kms by name
  made CreateAlias
  gone DeleteAlias
  * UpdateAlias
aws_cloudwatch_log_group = logs by name
  made CreateLogGroup
  gone DeleteLogGroup
  retention_in_days PutRetentionPolicy DeleteRetentionPolicy
  kms_key_id AssociateKmsKey DisassociateKmsKey
  tags TagLogGroup UntagLogGroup TagResource UntagResource
aws_cloudwatch_log_subscription_filter = logs by log_group_name
  * PutSubscriptionFilter
  gone DeleteSubscriptionFilter DeleteLogGroup
aws_cloudwatch_metric_alarm = monitoring by alarm_name
  * PutMetricAlarm
  made PutMetricAlarm
  gone DeleteAlarms
  actions_enabled EnableAlarmActions DisableAlarmActions PutMetricAlarm
aws_cloudwatch_event_rule = events by name
  * PutRule
  made PutRule
  gone DeleteRule
  state EnableRule DisableRule PutRule
  is_enabled EnableRule DisableRule PutRule
aws_cloudwatch_event_target = events by rule
  * PutTargets
  gone RemoveTargets DeleteRule
aws_ecs_cluster = ecs by name
  made CreateCluster
  gone DeleteCluster
  * UpdateCluster
  setting UpdateClusterSettings UpdateCluster
  capacity_providers PutClusterCapacityProviders
aws_ecs_service = ecs by name cluster
  made CreateService
  gone DeleteService DeleteCluster
  * UpdateService
  task_definition UpdateService UpdateServicePrimaryTaskSet
aws_ecs_task_definition = ecs by family
  made RegisterTaskDefinition
  gone DeregisterTaskDefinition DeleteTaskDefinitions
aws_eks_cluster = eks by name
  made CreateCluster
  gone DeleteCluster
  * UpdateClusterConfig
  version UpdateClusterVersion
  encryption_config AssociateEncryptionConfig
aws_eks_node_group = eks by node_group_name cluster_name
  made CreateNodegroup
  gone DeleteNodegroup DeleteCluster
  * UpdateNodegroupConfig
  version UpdateNodegroupVersion
  release_version UpdateNodegroupVersion
  launch_template UpdateNodegroupVersion
aws_eks_addon = eks by addon_name cluster_name
  made CreateAddon
  gone DeleteAddon DeleteCluster
  * UpdateAddon
aws_ecr_repository = ecr by name
  made CreateRepository
  gone DeleteRepository
  image_tag_mutability PutImageTagMutability
  image_scanning_configuration PutImageScanningConfiguration
aws_ecr_repository_policy = ecr by repository
  * SetRepositoryPolicy
  gone DeleteRepositoryPolicy DeleteRepository
aws_ecr_lifecycle_policy = ecr by repository
  * PutLifecyclePolicy
  gone DeleteLifecyclePolicy DeleteRepository
aws_secretsmanager_secret = secretsmanager by arn
  made CreateSecret
  gone DeleteSecret
  * UpdateSecret
  policy PutResourcePolicy DeleteResourcePolicy
  rotation_rules RotateSecret CancelRotateSecret
  rotation_lambda_arn RotateSecret CancelRotateSecret
  replica ReplicateSecretToRegions RemoveRegionsFromReplication
aws_secretsmanager_secret_policy = secretsmanager by secret_arn
  * PutResourcePolicy
  gone DeleteResourcePolicy DeleteSecret
aws_ssm_parameter = ssm by name
  * PutParameter
  made PutParameter
  gone DeleteParameter DeleteParameters
  tags AddTagsToResource RemoveTagsFromResource
aws_elasticache_replication_group = elasticache by replication_group_id
  made CreateReplicationGroup
  gone DeleteReplicationGroup
  * ModifyReplicationGroup
  number_cache_clusters IncreaseReplicaCount DecreaseReplicaCount
  num_cache_clusters IncreaseReplicaCount DecreaseReplicaCount
  replicas_per_node_group IncreaseReplicaCount DecreaseReplicaCount
  num_node_groups ModifyReplicationGroupShardConfiguration
aws_elasticache_cluster = elasticache by cluster_id
  made CreateCacheCluster
  gone DeleteCacheCluster
  * ModifyCacheCluster
aws_cloudfront_distribution = cloudfront by id
  made CreateDistribution CreateDistributionWithTags CopyDistribution
  gone DeleteDistribution
  * UpdateDistribution
aws_cloudtrail = cloudtrail by name
  made CreateTrail
  gone DeleteTrail
  * UpdateTrail
  enable_logging StartLogging StopLogging
  event_selector PutEventSelectors
  advanced_event_selector PutEventSelectors
  insight_selector PutInsightSelectors
aws_efs_file_system = elasticfilesystem
  made CreateFileSystem
  gone DeleteFileSystem
  * UpdateFileSystem
  lifecycle_policy PutLifecycleConfiguration
aws_opensearch_domain, aws_elasticsearch_domain = es by domain_name
  made CreateDomain CreateElasticsearchDomain
  gone DeleteDomain DeleteElasticsearchDomain
  * UpdateDomainConfig UpdateElasticsearchDomainConfig
aws_msk_cluster = kafka by arn
  made CreateCluster CreateClusterV2
  gone DeleteCluster
  broker_node_group_info UpdateBrokerStorage UpdateBrokerType UpdateConnectivity
  number_of_broker_nodes UpdateBrokerCount
aws_kinesis_stream = kinesis by name
  made CreateStream
  gone DeleteStream
  shard_count UpdateShardCount SplitShard MergeShards
  encryption_type StartStreamEncryption StopStreamEncryption
  retention_period IncreaseStreamRetentionPeriod DecreaseStreamRetentionPeriod
aws_sfn_state_machine = states by arn
  made CreateStateMachine
  gone DeleteStateMachine
  * UpdateStateMachine
aws_acm_certificate = acm by arn
  made RequestCertificate ImportCertificate
  gone DeleteCertificate
  * UpdateCertificateOptions
aws_appautoscaling_target = application-autoscaling by resource_id
  * RegisterScalableTarget
  made RegisterScalableTarget
  gone DeregisterScalableTarget
aws_appautoscaling_policy = application-autoscaling by resource_id
  * PutScalingPolicy
  gone DeleteScalingPolicy DeregisterScalableTarget
aws_api_gateway_rest_api = apigateway by id
  made CreateRestApi ImportRestApi
  gone DeleteRestApi
  * UpdateRestApi PutRestApi
aws_apigatewayv2_api = apigateway by id
  made CreateApi ImportApi
  gone DeleteApi
  * UpdateApi
aws_wafv2_web_acl = wafv2 by id
  made CreateWebACL
  gone DeleteWebACL
  * UpdateWebACL
aws_redshift_cluster = redshift by cluster_identifier
  made CreateCluster RestoreFromClusterSnapshot
  gone DeleteCluster
  * ModifyCluster
  logging EnableLogging DisableLogging
aws_cognito_user_pool = cognito-idp by id
  made CreateUserPool
  gone DeleteUserPool
  * UpdateUserPool
  mfa_configuration SetUserPoolMfaConfig
"""
_SOURCES = {
    "alb": "elasticloadbalancing",
    "lb": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "db": "rds",
    "cloudwatch": "monitoring",
    "cloudwatch_log": "logs",
    "cloudwatch_event": "events",
    "sfn": "states",
    "msk": "kafka",
    "efs": "elasticfilesystem",
    "opensearch": "es",
    "elasticsearch": "es",
    "api": "apigateway",
    "apigatewayv2": "apigateway",
    "appautoscaling": "application-autoscaling",
    "ses": "ses",
    "vpc": "ec2",
    "ebs": "ec2",
    "ec2": "ec2",
    "cognito": "cognito-idp",
    "codebuild": "codebuild",
    "config": "config",
}
"""Services that call themselves otherwise in CloudTrail than in Terraform."""
_LONG = ("cloudwatch_log", "cloudwatch_event")
_MAKING = re.compile(r"(?:Batch)?(?:Create|Run|Allocate|Register|Import|Request|Put|Restore|Add)")
_REMOVING = re.compile(r"(?:Batch)?(?:Delete|Terminate|Release|Remove|Deregister|Schedule\w+Delet)")
_TAGS = re.compile(r"Tag(?:s|Resource|Queue|Log|ging|$)")
_WORLDWIDE = ("iam", "cloudfront", "route53", "globalaccelerator", "organizations", "waf", "sts")
_PARENTS = ("security_group_id", "route_table_id", "network_acl_id", "target_group_arn")
UNIQUE_NAMES_NOT_IN = ("ec2", "route53")
"""Services in which two things may be called the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The calls that concern one type."""

    source: str
    """The service, as CloudTrail names it: `elasticloadbalancing`."""
    by: tuple[str, ...] = ()
    """Attributes that, all together, name it in a call; its id and ARN do without being told."""
    writes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Events that make it, remove it, or write one attribute; `*` for those that write many."""

    @property
    def is_worldwide(self) -> bool:
        """Whether its events are kept in one region, whatever region asked."""
        return self.source in _WORLDWIDE

    @property
    def is_child(self) -> bool:
        """Whether calls name what it belongs to, and tell it from its like by values only."""
        return bool(self.by) and self.by[0] in _PARENTS

    @property
    def all(self) -> frozenset[str]:
        """Every event that writes anything of it."""
        return frozenset(name for names in self.writes.values() for name in names)

    def special(self, path: str) -> frozenset[str]:
        """Events that write this attribute and hardly anything else."""
        return self.writes.get(re.split(r"[.\[]", path, maxsplit=1)[0], frozenset())

    def general(self) -> frozenset[str]:
        """Events that write whichever attributes they name."""
        return self.writes.get(ANY, frozenset())


@cache
def table() -> Mapping[str, Calls]:
    """What is known, by type."""
    return {type_: calls for types, calls in _entries() for type_ in types}


def calls_of(type_: str) -> Calls:
    """The calls of a type; of one that is not known, the service its name speaks of."""
    known = table().get(type_)
    if known:
        return known
    noun = type_.removeprefix("aws_")
    service = next((word for word in _LONG if noun.startswith(word)), noun.partition("_")[0])
    return Calls(source=_SOURCES.get(service, service))


def makes(name: str) -> bool:
    """Whether the name of an event says that something is made."""
    return _MAKING.match(name) is not None


def removes(name: str) -> bool:
    """Whether the name of an event says that something is removed."""
    return _REMOVING.match(name) is not None


def tags(name: str) -> bool:
    """Whether the name of an event says that tags are written."""
    return _TAGS.search(name) is not None


def speaks_of(name: str, type_: str) -> bool:
    """Whether an event bears the noun of a type: `UpdateJob` of `aws_glue_job`."""
    noun = letters(type_.removeprefix("aws_").partition("_")[2]) or letters(type_)
    return noun in letters(name)


def _entries() -> Iterator[tuple[tuple[str, ...], Calls]]:
    heading, writes = "", dict[str, set[str]]()
    for line in (*_TABLE.strip().splitlines(), ""):
        if line.startswith(" "):
            what, *events = line.split()
            writes.setdefault(what, set()).update(events)
            continue
        if heading:
            yield _entry(heading, writes)
        heading, writes = line, {}


def _entry(heading: str, writes: Mapping[str, set[str]]) -> tuple[tuple[str, ...], Calls]:
    types, _, rest = heading.partition(" = ")
    source, _, by = rest.partition(" by ")
    calls = Calls(
        source=source,
        by=tuple(by.split()),
        writes={what: frozenset(events) for what, events in writes.items()},
    )
    return tuple(types.split(", ")), calls
