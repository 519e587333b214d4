"""The least rights in AWS that this program works with, as the policy of a session.

Patterns by service, because a policy is short. Each covers operations of the on-call list and
nothing that answers a credential or what customers stored; a test asks the tables of IAM.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.errors import BadInput
from sreagent.tools.cloud import CLOUD
from sreagent.tools.rights import Role

INLINE, MANAGED = 2048, 6144
"""Most characters of a session policy, and of a managed policy."""

USUAL = (
    *("ec2", "autoscaling", "application-autoscaling", "ecs", "eks", "lambda", "rds"),
    *("elasticache", "dynamodb", "elbv2", "route53", "sqs", "logs"),
    *("cloudwatch", "cloudtrail", "cloudformation", "ecr", "sts"),
)
"""Services that are granted when none is named: what fits into one session policy."""

PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "amp": "aps",
    "application-insights": "applicationinsights",
    "cloudcontrol": "cloudformation",
    "docdb": "rds",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "kinesisanalyticsv2": "kinesisanalytics",
    "mwaa": "airflow",
    "neptune": "rds",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
    "sso-admin": "sso",
    "stepfunctions": "states",
    "timestream-write": "timestream",
}
"""Services whose actions have another prefix in IAM."""

_READS = {
    "accessanalyzer": "Check* GetAnalyzed* GetAnalyzer GetFinding* List* Validate*",
    "account": "Get* List*",
    "acm": "Describe* GetAccount* GetCertificate List*",
    "acm-pca": "Describe* Get* List*",
    "amp": "Describe* Get* List*",
    "appconfig": "GetApplication GetConfigurationProfile GetDeployment* GetEnvironment List*",
    "application-autoscaling": "Describe* Get* List*",
    "application-insights": "Describe* List*",
    "application-signals": "BatchGet* Get* List*",
    "appmesh": "Describe* List*",
    "apprunner": "Describe* List*",
    "arc-zonal-shift": "Get* List*",
    "athena": """
        Batch* GetCapacity* GetData* GetQueryExecution* GetQueryRuntime* GetTable*
        GetWork* List*""",
    "autoscaling": "Describe* Get*",
    "autoscaling-plans": "Describe*",
    "backup": """
        Describe* GetBackupPlan GetBackupSelection GetBackupVault* GetSupported*
        ListBackup* ListCopy* ListFrameworks ListProtected* ListRecovery* ListReport*
        ListRestore* ListTags""",
    "batch": "Describe* Get* List*",
    "budgets": "Describe* View*",
    "ce": """
        GetAnomalies GetAnomaly* GetCost* GetDimension* GetReservation* GetRightsizing*
        GetSavings* GetTags GetUsage* List*""",
    "cloudcontrol": "GetResource* List*",
    "cloudformation": "Describe* GetStack* GetTemplateSummary List*",
    "cloudfront": """
        GetCache* GetContinuous* GetDistribution* GetInvalidation* GetKey*
        GetMonitoring* GetOrigin* GetRealtime* GetResponse* GetVpc* List*""",
    "cloudtrail": """
        Describe* GetEventDataStore GetEventSelectors GetInsight* GetTrail* List*
        Lookup*""",
    "cloudwatch": "Describe* GetAlarm* GetDashboard GetInsight* GetMetric* List*",
    "codeartifact": "Describe* List*",
    "codebuild": """
        BatchGetBuilds BatchGetReports Describe* ListBuild* ListCurated* ListFleets
        ListProjects ListReport*""",
    "codecommit": "GetBranch GetPull* GetRepository* List*",
    "codeconnections": "GetConnection GetHost GetRepository* GetResource* List*",
    "codedeploy": "Batch* Get* List*",
    "codepipeline": "GetPipeline* List*",
    "cognito-identity": "Describe* GetIdentity* List*",
    "cognito-idp": """
        DescribeUserPool DescribeUserPoolDomain GetUserPool* ListGroups ListIdentity*
        ListResource* ListTags* ListUserPoolClients ListUserPools""",
    "compute-optimizer": "Get*",
    "config": "Batch* Describe* Get* List*",
    "controltower": "Get* List*",
    "cost-optimization-hub": "Get* List*",
    "datasync": "Describe* List*",
    "dax": "Describe* List*",
    "detective": "List*",
    "devops-guru": "Describe* Get* List*",
    "directconnect": "Describe* List*",
    "dlm": "Get* List*",
    "dms": "Describe* List*",
    "docdb": "Describe* List*",
    "ds": "Describe* Get* List*",
    "dynamodb": "Describe* GetResource* List*",
    "dynamodbstreams": "Describe* List*",
    "ec2": """
        Describe* GetActive* GetCapacityReservation* GetConsole* GetDefault* GetEbs*
        GetImage* GetInstanceMetadata* GetInstanceTypes* GetManaged* GetSecurity*
        GetSerial* GetSnapshot* GetSpot* GetSubnet* GetTransit* GetVpn* List* Search*""",
    "ecr": "BatchCheck* BatchGet* Describe* GetLifecycle* GetRegistry* GetRepository* List*",
    "ecr-public": "Describe* GetRepositoryPolicy List*",
    "ecs": "Describe* Get* List*",
    "efs": "Describe* List*",
    "eks": "Describe* List*",
    "elasticache": "Describe* List*",
    "elasticbeanstalk": "Describe* List*",
    "elb": "Describe*",
    "elbv2": "Describe*",
    "emr": "Describe* GetAuto* GetBlock* GetManaged* List*",
    "emr-containers": "Describe* List*",
    "emr-serverless": "Get* List*",
    "es": "Describe* GetCompatible* GetUpgrade* List*",
    "events": "Describe* List* Test*",
    "firehose": "Describe* List*",
    "fis": "Get* List*",
    "fms": "Get* List*",
    "fsx": "Describe* List*",
    "globalaccelerator": "Describe* List*",
    "glue": """
        GetCrawler* GetDatabase* GetJob* GetTable* GetTags GetTrigger* GetWorkflow*
        ListCrawlers ListCrawls ListJobs ListRegistries ListSchema* ListTriggers
        ListWorkflows""",
    "grafana": "Describe* List*",
    "guardduty": "Describe* Get* List*",
    "health": "Describe*",
    "iam": """
        GetAccess* GetAccount* GetContext* GetGroup* GetInstance* GetLogin* GetMFA*
        GetOpen* GetPolicy* GetRole GetRolePolicy GetSAML* GetServer* GetService*
        GetUser* List* Simulate*""",
    "imagebuilder": "Get* List*",
    "inspector2": "BatchGetAccount* BatchGetFinding* GetConfiguration List* Search*",
    "internetmonitor": "GetHealth* GetInternet* GetMonitor List*",
    "kafka": "Describe* Get* List*",
    "kafkaconnect": "Describe* List*",
    "kinesis": "Describe* GetResource* List*",
    "kinesisanalyticsv2": "Describe* List*",
    "kms": "Describe* Get* List*",
    "lakeformation": "Describe* GetDataLakeSettings List*",
    "lambda": "Get* List*",
    "license-manager": "GetLicense* GetService* ListLicense* ListResource* ListUsage*",
    "lightsail": """
        GetAlarms GetBlueprints GetBundles GetContainer* GetDisk* GetDistribution*
        GetDomains GetInstance GetInstanceMetric* GetInstancePort* GetInstanceState
        GetInstances GetLoad* GetOperation* GetRegions GetRelationalDatabase
        GetRelationalDatabaseEvents GetRelationalDatabaseLogStreams
        GetRelationalDatabaseMetric* GetRelationalDatabases GetStatic*""",
    "logs": "Describe* Filter* Get* List* Test*",
    "macie2": "GetAutomated* GetFinding* GetMacie* List*",
    "memorydb": "Describe* List*",
    "mq": "Describe* List*",
    "mwaa": "Get* List*",
    "neptune": "Describe* List*",
    "network-firewall": "Describe* List*",
    "networkflowmonitor": "GetMonitor GetScope List*",
    "networkmanager": "Describe* Get* List*",
    "networkmonitor": "Get* List*",
    "oam": "Get* List*",
    "opensearch": "Describe* GetCompatible* GetDomain* GetUpgrade* List*",
    "opensearchserverless": "Batch* Get* List*",
    "organizations": "Describe* List*",
    "pi": "Describe* Get* List*",
    "pipes": "Describe* List*",
    "ram": "Get* List*",
    "rds": "Describe* List*",
    "redshift": """
        DescribeAccount* DescribeCluster* DescribeData* DescribeEndpoint* DescribeEvent*
        DescribeIntegrations DescribeLogging* DescribeNode* DescribeReserved*
        DescribeResize DescribeScheduled* DescribeSnapshot* DescribeStorage
        DescribeTable* DescribeTags DescribeUsage* List*""",
    "redshift-serverless": """
        GetEndpoint* GetNamespace GetRecovery* GetSnapshot GetUsage* GetWorkgroup List*""",
    "resource-explorer-2": "Get* List* Search",
    "resource-groups": "Get* List* Search*",
    "resourcegroupstaggingapi": "Get*",
    "route53": "Get* List* Test*",
    "route53domains": "Check* Get* List*",
    "route53resolver": "Get* List*",
    "rum": "GetAppMonitor List*",
    "s3": """
        GetAccelerate* GetBucket* GetEncryption* GetInventory* GetLifecycle* GetMetrics*
        GetObjectAcl GetObjectAttributes GetObjectLegal* GetObjectRetention
        GetObjectTagging GetReplication* List*""",
    "s3control": "Describe* GetAccess* GetAccount* GetMulti* GetStorage* List*",
    "sagemaker": """
        Describe* ListCluster* ListDomains ListEndpoint* ListInference* ListModel*
        ListMonitoring* ListNotebook* ListPipeline* ListProcessing* ListTags
        ListTraining* ListTransform*""",
    "savingsplans": "Describe* List*",
    "scheduler": "Get* List*",
    "secretsmanager": "Describe* GetResource* List*",
    "securityhub": "BatchGet* Describe* GetEnabled* GetFinding* GetInsight* List*",
    "service-quotas": "GetAWS* GetRequested* GetServiceQuota List*",
    "servicecatalog": "Describe* List* Search*",
    "servicediscovery": "Discover* Get* List*",
    "ses": "Describe* GetAccount* GetIdentity* GetSend* List*",
    "sesv2": """
        Batch* GetAccount* GetBlacklist* GetConfiguration* GetDedicated*
        GetEmailIdentity* List*""",
    "shield": "Describe* GetSubscription* List*",
    "sns": "Get* List*",
    "sqs": "Get* List*",
    "ssm": """
        Describe* GetAutomation* GetCalendar* GetCommand* GetConnection* GetDefault*
        GetDocument GetInventory* GetMaintenance* GetOpsItem GetOpsSummary GetPatch*
        GetService* List*""",
    "ssm-contacts": "Describe* Get* List*",
    "ssm-incidents": "Batch* Get* List*",
    "sso-admin": "Describe* List*",
    "stepfunctions": "Describe* GetExecution* List*",
    "sts": "GetAccess* GetCaller*",
    "support": "Describe*",
    "synthetics": "Describe* Get* List*",
    "timestream-write": "Describe* List*",
    "transfer": "Describe* List*",
    "trustedadvisor": "Get* List*",
    "vpc-lattice": "Get* List*",
    "waf-regional": "GetIP* GetRate* GetRule* GetSampled* GetWeb* List*",
    "wafv2": """
        Check* Describe* GetIP* GetLogging* GetPermission* GetRate* GetRegex* GetRule*
        GetSampled* GetWeb* ListAvailable* ListIP* ListLogging* ListManaged* ListRegex*
        ListResources* ListRule* ListTags* ListWeb*""",
    "workspaces": "Describe*",
    "xray": "Batch* Get* List*",
}
"""Service, as boto3 names it, to the actions it is read with."""

_GATEWAYS = ("apigateway", "apigatewayv2")
_GATEWAY_PATHS = (
    "account",
    "apis*",
    "clientcertificates*",
    "domainnames*",
    "restapis*",
    "vpclinks*",
)
"""API Gateway's actions are HTTP methods, told apart by path; keys and usage plans are not here."""

UNGRANTED: Mapping[str, frozenset[str]] = {
    "s3": frozenset({"HeadObject"}),
    "apigateway": frozenset({"GetTags", "GetUsage", "GetUsagePlan", "GetUsagePlans"}),
    "apigatewayv2": frozenset({"GetTags"}),
}
"""Operations on call whose action in IAM also answers objects or keys: AWS refuses them."""

NEVER = (
    *("secretsmanager:*GetSecretValue", "ssm:GetParameter*", "kms:Decrypt", "sts:AssumeRole*"),
    *("sts:Get*Token", "s3:GetObject", "dynamodb:*GetItem", "dynamodb:Query", "dynamodb:Scan"),
    *("dynamodb:PartiQL*", "ec2:GetPasswordData", "ecr:GetAuthorizationToken"),
    *("lambda:GetFunction", "lambda:GetLayerVersion", "lambda:Invoke*"),
)
"""What answers credentials, stored data or code is denied whatever else is attached."""

LOGS = ("logs:Filter*", "logs:GetLog*", "logs:GetQuery*", "ec2:GetConsole*")
"""What programs wrote: not for an observer."""

WRITES: Mapping[str, str] = {
    "ecs_redeploy": "ecs:UpdateService",
    "ecs_rollback": "ecs:UpdateService",
    "ecs_scale": "ecs:UpdateService",
    "asg_scale": "autoscaling:SetDesiredCapacity",
    "lambda_alias": "lambda:UpdateAlias",
    "rds_reboot": "rds:RebootDBInstance",
    "rds_start": "rds:StartDBInstance",
    "ec2_reboot": "ec2:RebootInstances",
}
"""What each change of the catalogue sends, besides reading."""


def services() -> Sequence[str]:
    """Every service that can be granted, as boto3 names it."""
    return sorted((*_READS, *_GATEWAYS))


def session_policy(role: Role, wanted: Collection[str] = USUAL) -> dict[str, Any]:
    """The IAM policy of a role for some services.

    Raises:
        BadInput: A service is not known, or the policy would be longer than AWS takes.
    """
    if unknown := sorted(set(wanted).difference(services())):
        msg = f"nothing is read of AWS service {', '.join(map(repr, unknown))}"
        raise BadInput(msg, hint=f"one of: {', '.join(services())}")
    policy = {"Version": "2012-10-17", "Statement": list(_statements(role, sorted(wanted)))}
    if (size := len(compact(policy))) > MANAGED:
        msg = f"a policy for {len(wanted)} services has {size} characters, AWS takes {MANAGED}"
        raise BadInput(msg, hint="name fewer services, and make several policies")
    return policy


def compact(policy: Mapping[str, Any]) -> str:
    """A policy as AWS counts it: without white space."""
    return json.dumps(policy, separators=(",", ":"))


def _statements(role: Role, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    allowed = dict.fromkeys(action for service in wanted for action in _actions(service))
    if role is Role.REMEDIATOR:
        prefixes = {PREFIXES.get(service, service) for service in wanted}
        writes = (WRITES[verb] for verb in CLOUD)
        allowed |= dict.fromkeys(one for one in writes if one.partition(":")[0] in prefixes)
    if allowed:
        yield {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
    if not set(_GATEWAYS).isdisjoint(wanted):
        paths = [f"arn:aws:apigateway:*::/{path}" for path in _GATEWAY_PATHS]
        yield {"Effect": "Allow", "Action": ["apigateway:GET"], "Resource": paths}
    denied = (*NEVER, *LOGS) if role is Role.OBSERVER else NEVER
    yield {"Effect": "Deny", "Action": list(denied), "Resource": "*"}


def _actions(service: str) -> Iterator[str]:
    for pattern in _READS.get(service, "").split():
        yield f"{PREFIXES.get(service, service)}:{pattern}"
