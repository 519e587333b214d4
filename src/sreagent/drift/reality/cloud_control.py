"""Types without a reader of their own: a shallow look through Cloud Control.

What Cloud Control calls a property is rarely what Terraform calls it. Only single values whose
names are the same are compared, and tags. Strangers are not looked for: most types have members
that AWS made itself. A type that the table does not name is not looked at, and nothing is guessed.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from sreagent.domain.errors import NotFound, Refused, SreError, Unreachable
from sreagent.drift.reality.aws.said import snake, tags_of
from sreagent.drift.reality.kinds import Attributes, Kind, Reader, by
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

SERVICE = "cloudcontrol"
_BETWEEN = "|"
_LIST_FROM = 2
"""So many resources of a type make its list cheaper than asking for each."""
_PAGE = 100
_GLOBAL = ("AWS::IAM::", "AWS::CloudFront::", "AWS::Route53::", "AWS::Organizations::")
_NO_TYPE = "TypeNotFound"
_SECRET = re.compile(r"Secret$|Password|Token|PrivateKey|Credential")

# Terraform's type, the type of Cloud Control, the attributes that make its identifier.
_TABLE = """
aws_accessanalyzer_analyzer             AWS::AccessAnalyzer::Analyzer                 arn
aws_acmpca_certificate_authority        AWS::ACMPCA::CertificateAuthority             arn
aws_api_gateway_domain_name             AWS::ApiGateway::DomainName                   domain_name
aws_api_gateway_rest_api                AWS::ApiGateway::RestApi                      id
aws_api_gateway_stage                   AWS::ApiGateway::Stage                        rest_api_id|stage_name
aws_api_gateway_usage_plan              AWS::ApiGateway::UsagePlan                    id
aws_api_gateway_vpc_link                AWS::ApiGateway::VpcLink                      id
aws_apigatewayv2_api                    AWS::ApiGatewayV2::Api                        id
aws_apigatewayv2_domain_name            AWS::ApiGatewayV2::DomainName                 domain_name
aws_apigatewayv2_vpc_link               AWS::ApiGatewayV2::VpcLink                    id
aws_appautoscaling_policy               AWS::ApplicationAutoScaling::ScalingPolicy    arn|scalable_dimension
aws_appautoscaling_target               AWS::ApplicationAutoScaling::ScalableTarget   resource_id|scalable_dimension|service_namespace
aws_apprunner_service                   AWS::AppRunner::Service                       arn
aws_appsync_graphql_api                 AWS::AppSync::GraphQLApi                      id
aws_athena_named_query                  AWS::Athena::NamedQuery                       id
aws_athena_workgroup                    AWS::Athena::WorkGroup                        name
aws_autoscaling_lifecycle_hook          AWS::AutoScaling::LifecycleHook               autoscaling_group_name|name
aws_backup_plan                         AWS::Backup::BackupPlan                       id
aws_backup_vault                        AWS::Backup::BackupVault                      name
aws_batch_compute_environment           AWS::Batch::ComputeEnvironment                arn
aws_batch_job_queue                     AWS::Batch::JobQueue                          arn
aws_cloudformation_stack                AWS::CloudFormation::Stack                    id
aws_cloudfront_cache_policy             AWS::CloudFront::CachePolicy                  id
aws_cloudfront_distribution             AWS::CloudFront::Distribution                 id
aws_cloudfront_function                 AWS::CloudFront::Function                     arn
aws_cloudfront_origin_access_control    AWS::CloudFront::OriginAccessControl          id
aws_cloudfront_origin_request_policy    AWS::CloudFront::OriginRequestPolicy          id
aws_cloudfront_response_headers_policy  AWS::CloudFront::ResponseHeadersPolicy        id
aws_cloudtrail                          AWS::CloudTrail::Trail                        name
aws_cloudwatch_composite_alarm          AWS::CloudWatch::CompositeAlarm               alarm_name
aws_cloudwatch_dashboard                AWS::CloudWatch::Dashboard                    dashboard_name
aws_cloudwatch_event_bus                AWS::Events::EventBus                         name
aws_cloudwatch_event_rule               AWS::Events::Rule                             arn
aws_cloudwatch_log_metric_filter        AWS::Logs::MetricFilter                       log_group_name|name
aws_cloudwatch_log_subscription_filter  AWS::Logs::SubscriptionFilter                 name|log_group_name
aws_cloudwatch_metric_stream            AWS::CloudWatch::MetricStream                 name
aws_codedeploy_app                      AWS::CodeDeploy::Application                  name
aws_codepipeline                        AWS::CodePipeline::Pipeline                   name
aws_codestarconnections_connection      AWS::CodeStarConnections::Connection          arn
aws_cognito_identity_pool               AWS::Cognito::IdentityPool                    id
aws_cognito_user_pool                   AWS::Cognito::UserPool                        id
aws_cognito_user_pool_client            AWS::Cognito::UserPoolClient                  user_pool_id|id
aws_config_config_rule                  AWS::Config::ConfigRule                       name
aws_customer_gateway                    AWS::EC2::CustomerGateway                     id
aws_db_event_subscription               AWS::RDS::EventSubscription                   name
aws_db_option_group                     AWS::RDS::OptionGroup                         name
aws_db_parameter_group                  AWS::RDS::DBParameterGroup                    name
aws_db_proxy                            AWS::RDS::DBProxy                             name
aws_ebs_volume                          AWS::EC2::Volume                              id
aws_ec2_capacity_reservation            AWS::EC2::CapacityReservation                 id
aws_ec2_managed_prefix_list             AWS::EC2::PrefixList                          id
aws_ec2_transit_gateway                 AWS::EC2::TransitGateway                      id
aws_ec2_transit_gateway_route_table     AWS::EC2::TransitGatewayRouteTable            id
aws_ec2_transit_gateway_vpc_attachment  AWS::EC2::TransitGatewayVpcAttachment         id
aws_ecs_capacity_provider               AWS::ECS::CapacityProvider                    name
aws_ecs_task_definition                 AWS::ECS::TaskDefinition                      arn
aws_efs_access_point                    AWS::EFS::AccessPoint                         id
aws_efs_file_system                     AWS::EFS::FileSystem                          id
aws_efs_mount_target                    AWS::EFS::MountTarget                         id
aws_egress_only_internet_gateway        AWS::EC2::EgressOnlyInternetGateway           id
aws_eks_access_entry                    AWS::EKS::AccessEntry                         principal_arn|cluster_name
aws_eks_addon                           AWS::EKS::Addon                               cluster_name|addon_name
aws_eks_fargate_profile                 AWS::EKS::FargateProfile                      cluster_name|fargate_profile_name
aws_elasticache_cluster                 AWS::ElastiCache::CacheCluster                cluster_id
aws_elasticache_parameter_group         AWS::ElastiCache::ParameterGroup              name
aws_elasticache_serverless_cache        AWS::ElastiCache::ServerlessCache             name
aws_elasticache_subnet_group            AWS::ElastiCache::SubnetGroup                 name
aws_elasticache_user                    AWS::ElastiCache::User                        user_id
aws_elasticache_user_group              AWS::ElastiCache::UserGroup                   user_group_id
aws_flow_log                            AWS::EC2::FlowLog                             id
aws_glue_crawler                        AWS::Glue::Crawler                            name
aws_glue_job                            AWS::Glue::Job                                name
aws_glue_trigger                        AWS::Glue::Trigger                            name
aws_grafana_workspace                   AWS::Grafana::Workspace                       id
aws_guardduty_detector                  AWS::GuardDuty::Detector                      id
aws_iam_instance_profile                AWS::IAM::InstanceProfile                     name
aws_iam_openid_connect_provider         AWS::IAM::OIDCProvider                        arn
aws_iam_saml_provider                   AWS::IAM::SAMLProvider                        arn
aws_key_pair                            AWS::EC2::KeyPair                             key_name
aws_kinesis_firehose_delivery_stream    AWS::KinesisFirehose::DeliveryStream          name
aws_kinesis_stream                      AWS::Kinesis::Stream                          name
aws_lambda_alias                        AWS::Lambda::Alias                            arn
aws_lambda_code_signing_config          AWS::Lambda::CodeSigningConfig                arn
aws_lambda_event_source_mapping         AWS::Lambda::EventSourceMapping               uuid
aws_lambda_function_url                 AWS::Lambda::Url                              function_arn
aws_lambda_layer_version                AWS::Lambda::LayerVersion                     arn
aws_lb_listener_rule                    AWS::ElasticLoadBalancingV2::ListenerRule     arn
aws_lb_trust_store                      AWS::ElasticLoadBalancingV2::TrustStore       arn
aws_memorydb_cluster                    AWS::MemoryDB::Cluster                        name
aws_mq_broker                           AWS::AmazonMQ::Broker                         id
aws_msk_cluster                         AWS::MSK::Cluster                             arn
aws_msk_configuration                   AWS::MSK::Configuration                       arn
aws_neptune_cluster                     AWS::Neptune::DBCluster                       cluster_identifier
aws_network_acl                         AWS::EC2::NetworkAcl                          id
aws_network_interface                   AWS::EC2::NetworkInterface                    id
aws_opensearch_domain                   AWS::OpenSearchService::Domain                domain_name
aws_pipes_pipe                          AWS::Pipes::Pipe                              name
aws_placement_group                     AWS::EC2::PlacementGroup                      name
aws_prometheus_workspace                AWS::APS::Workspace                           arn
aws_rds_cluster_instance                AWS::RDS::DBInstance                          identifier
aws_rds_cluster_parameter_group         AWS::RDS::DBClusterParameterGroup             name
aws_rds_global_cluster                  AWS::RDS::GlobalCluster                       global_cluster_identifier
aws_redshift_cluster                    AWS::Redshift::Cluster                        cluster_identifier
aws_redshift_subnet_group               AWS::Redshift::ClusterSubnetGroup             name
aws_route53_health_check                AWS::Route53::HealthCheck                     id
aws_route53_resolver_endpoint           AWS::Route53Resolver::ResolverEndpoint        id
aws_route53_resolver_rule               AWS::Route53Resolver::ResolverRule            id
aws_s3_access_point                     AWS::S3::AccessPoint                          name
aws_scheduler_schedule_group            AWS::Scheduler::ScheduleGroup                 name
aws_service_discovery_service           AWS::ServiceDiscovery::Service                id
aws_sesv2_configuration_set             AWS::SES::ConfigurationSet                    configuration_set_name
aws_sesv2_email_identity                AWS::SES::EmailIdentity                       email_identity
aws_sfn_activity                        AWS::StepFunctions::Activity                  id
aws_sfn_state_machine                   AWS::StepFunctions::StateMachine              arn
aws_sns_topic_subscription              AWS::SNS::Subscription                        arn
aws_ssm_document                        AWS::SSM::Document                            name
aws_ssm_maintenance_window              AWS::SSM::MaintenanceWindow                   id
aws_synthetics_canary                   AWS::Synthetics::Canary                       name
aws_transfer_server                     AWS::Transfer::Server                         arn
aws_vpc_dhcp_options                    AWS::EC2::DHCPOptions                         id
aws_vpc_endpoint                        AWS::EC2::VPCEndpoint                         id
aws_vpc_ipam                            AWS::EC2::IPAM                                id
aws_vpc_ipam_pool                       AWS::EC2::IPAMPool                            id
aws_vpc_peering_connection              AWS::EC2::VPCPeeringConnection                id
aws_vpn_connection                      AWS::EC2::VPNConnection                       id
aws_vpn_gateway                         AWS::EC2::VPNGateway                          id
aws_wafv2_ip_set                        AWS::WAFv2::IPSet                             name|id|scope
aws_wafv2_regex_pattern_set             AWS::WAFv2::RegexPatternSet                   name|id|scope
aws_wafv2_rule_group                    AWS::WAFv2::RuleGroup                         name|id|scope
aws_wafv2_web_acl                       AWS::WAFv2::WebACL                            name|id|scope
aws_xray_group                          AWS::XRay::Group                              arn
"""  # noqa: E501 - a table

MAPPED: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        type_: (cloud_type, tuple(names.split(_BETWEEN)))
        for type_, cloud_type, names in (line.split() for line in _TABLE.split("\n") if line)
    }
)
"""Terraform's types: the type of Cloud Control, and the attributes that make its identifier."""


def kinds_of(types: Iterable[str]) -> dict[str, Kind]:
    """Those of some types that can be looked at like this."""
    return {
        type_: Kind(
            type=type_,
            identity=by(*MAPPED[type_][1], between=_BETWEEN),
            settle=settled,
        )
        for type_ in sorted(set(types))
        if type_ in MAPPED
    }


def readers_of(types: Iterable[str]) -> tuple[Reader, ...]:
    """A reader for each of some types that can be looked at like this."""
    return tuple(
        Reader(
            kinds=(kind,),
            service=SERVICE,
            read=partial(read, type_),
            is_global=MAPPED[type_][0].startswith(_GLOBAL),
            is_shallow=True,
        )
        for type_, kind in kinds_of(types).items()
    )


def read(type_: str, look: Look) -> Iterator[Real]:
    """Resources of the state, of one type; no strangers.

    One that cannot be read counts as there. Raises SreError when none can be read.
    """
    held = look.wanted.get(type_, {})
    found = _listed(look, type_, held) if len(held) >= _LIST_FROM else {}
    thin = [id_ for id_ in held if _is_thin(found.get(id_), held[id_], type_)]
    asked = dict(look.each(thin, lambda id_: _asked(look, type_, id_)))
    failures = [each for each in asked.values() if isinstance(each, SreError)]
    if failures and len(failures) == len(held):
        raise failures[0]
    for id_, said in held.items():
        answer = asked.get(id_, found.get(id_))
        if answer is None:
            answer = _there_after_all(look, type_, said)
        if isinstance(answer, SreError):
            look.miss(f"{SERVICE}:GetResource {type_}", answer)
            yield Real(type=type_, id=id_)
        elif answer is not None:
            yield Real(type=type_, id=id_, attributes=_attributes(answer))


def _listed(look: Look, type_: str, held: Mapping[str, Attributes]) -> dict[str, dict[str, Any]]:
    """Properties by identifier, of those in the state; pages are read until all are found.

    Nothing, where a type cannot be listed: each is asked for then.
    """
    found: dict[str, dict[str, Any]] = {}
    try:
        for item in look.listed(
            "ListResources",
            "ResourceDescriptions",
            TypeName=MAPPED[type_][0],
            MaxResults=_PAGE,
        ):
            if item.get("Identifier") in held:
                found[item["Identifier"]] = _properties(item)
            if len(found) == len(held):
                break
    except SreError:
        # Some types can only be listed with their parent. That one is missing is never said
        # because of a list, so nothing is lost.
        return found
    return found


def _is_thin(listed: Mapping[str, Any] | None, said: Attributes, type_: str) -> bool:
    """Whether a list gave no more than what a resource is known by; many lists do."""
    if listed is None:
        return True
    known = {snake(name) for name in listed} & set(said)
    return not known - set(MAPPED[type_][1]) - {"id", "arn", "name"}


def _asked(look: Look, type_: str, identifier: str) -> dict[str, Any] | SreError | None:
    """Properties; None where there is no such resource; the error where nobody can tell."""
    try:
        answer = look.ask("GetResource", TypeName=MAPPED[type_][0], Identifier=identifier)
        return _properties(answer.get("ResourceDescription") or {})
    except NotFound as error:
        # That the type is not known here says nothing of the resource.
        return error if _NO_TYPE in error.message else None
    except SreError as error:
        return error


def _there_after_all(look: Look, type_: str, said: Attributes) -> SreError | None:
    """Whether a resource is listed by another name than the one it was asked for."""
    names = {value for value in said.values() if isinstance(value, str) and value}
    try:
        listed = look.listed(
            "ListResources",
            "ResourceDescriptions",
            TypeName=MAPPED[type_][0],
            MaxResults=_PAGE,
        )
        if not any(item.get("Identifier") in names for item in listed):
            return None
    except SreError:
        return None
    msg = f"{type_} is known by another name to {SERVICE}"
    return Refused(msg)


def _properties(description: Mapping[str, Any]) -> dict[str, Any]:
    try:
        said = json.loads(description.get("Properties") or "{}")
    except ValueError as error:
        msg = f"no usable answer from AWS to {SERVICE}: properties are no JSON"
        raise Unreachable(msg) from error
    return said if isinstance(said, dict) else {}


def _attributes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Single values in Terraform's spelling, and tags."""
    said = {
        snake(name): value
        for name, value in properties.items()
        if isinstance(value, str | int | float | bool) and not _SECRET.search(name)
    }
    return {**said, **({"tags": tags_of(properties)} if _has_tags(properties) else {})}


def _has_tags(properties: Mapping[str, Any]) -> bool:
    tags = properties.get("Tags")
    if isinstance(tags, list):
        return all(isinstance(tag, dict) and "Key" in tag for tag in tags)
    return isinstance(tags, dict)


def settled(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """Only what both sides say in the same way: what the state leaves open, AWS has chosen."""
    kept = {
        name: value
        for name, value in real.attributes.items()
        if name == "tags" or _can_be_compared(before.get(name), value)
    }
    return before, kept


def _can_be_compared(said: Any, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    if said in (None, "") or isinstance(said, list | Mapping):
        return False
    if isinstance(said, bool) or isinstance(value, bool):
        return str(said).lower() in ("true", "false") and str(value).lower() in ("true", "false")
    if isinstance(said, str) and isinstance(value, str):
        return not _is_another_spelling(said, value)
    return True


def _is_another_spelling(said: str, value: str) -> bool:
    """In capitals, with a dot at the end, as an ARN, or a version of the one asked for."""
    one, other = (text.casefold().rstrip(".") for text in (said, value))
    if one == other or other.startswith(f"{one}."):
        return True
    arns = [text for text in (one, other) if text.startswith("arn:")]
    if len(arns) != 1:
        return False
    plain = other if arns[0] == one else one
    return arns[0].endswith((f":{plain}", f"/{plain}"))
