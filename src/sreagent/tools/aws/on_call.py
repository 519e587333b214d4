"""The reads of AWS that an on-call engineer uses, kept by hand.

An operation stands here when it answers no credential, no customer's data and no code. That IAM
calls something a read says nothing of that: `secretsmanager:GetSecretValue`, `s3:GetObject`,
`dynamodb:Scan`, `sqs:ReceiveMessage` and `ec2:GetPasswordData` are reads. What still may hold a
secret (environments, user data, parameters of stacks) is hidden by path: see `hidden.py`.

Services are named as boto3 names them, operations as the API does. After a change of this list run
`python -m scripts.aws_operations`.
"""

from collections.abc import Mapping

_COMPUTE = {
    "ec2": """
        DescribeAccountAttributes DescribeAddresses DescribeAddressesAttribute
        DescribeAvailabilityZones DescribeCapacityReservations DescribeCarrierGateways
        DescribeClientVpnAuthorizationRules DescribeClientVpnConnections DescribeClientVpnEndpoints
        DescribeClientVpnRoutes DescribeClientVpnTargetNetworks DescribeCustomerGateways
        DescribeDhcpOptions DescribeEgressOnlyInternetGateways DescribeFastSnapshotRestores
        DescribeFleetHistory DescribeFleetInstances DescribeFleets DescribeFlowLogs
        DescribeHostReservations DescribeHosts DescribeIamInstanceProfileAssociations
        DescribeImageAttribute DescribeImages DescribeInstanceAttribute
        DescribeInstanceConnectEndpoints DescribeInstanceCreditSpecifications
        DescribeInstanceEventWindows DescribeInstanceImageMetadata DescribeInstanceStatus
        DescribeInstanceTopology DescribeInstanceTypeOfferings DescribeInstanceTypes
        DescribeInstances DescribeInternetGateways DescribeKeyPairs DescribeLaunchTemplateVersions
        DescribeLaunchTemplates DescribeLockedSnapshots DescribeManagedPrefixLists
        DescribeNatGateways DescribeNetworkAcls DescribeNetworkInsightsAnalyses
        DescribeNetworkInsightsPaths DescribeNetworkInterfaceAttribute
        DescribeNetworkInterfacePermissions DescribeNetworkInterfaces DescribePlacementGroups
        DescribePrefixLists DescribePublicIpv4Pools DescribeRegions DescribeReplaceRootVolumeTasks
        DescribeReservedInstances DescribeReservedInstancesModifications DescribeRouteTables
        DescribeScheduledInstances DescribeSecurityGroupReferences DescribeSecurityGroupRules
        DescribeSecurityGroupVpcAssociations DescribeSecurityGroups DescribeSnapshotAttribute
        DescribeSnapshotTierStatus DescribeSnapshots DescribeSpotFleetInstances
        DescribeSpotFleetRequestHistory DescribeSpotFleetRequests DescribeSpotInstanceRequests
        DescribeSpotPriceHistory DescribeStaleSecurityGroups DescribeSubnets DescribeTags
        DescribeTrafficMirrorSessions DescribeTransitGatewayAttachments
        DescribeTransitGatewayConnects DescribeTransitGatewayPeeringAttachments
        DescribeTransitGatewayRouteTables DescribeTransitGatewayVpcAttachments
        DescribeTransitGateways DescribeVolumeAttribute DescribeVolumeStatus DescribeVolumes
        DescribeVolumesModifications DescribeVpcAttribute DescribeVpcBlockPublicAccessOptions
        DescribeVpcEndpointConnections DescribeVpcEndpointServiceConfigurations
        DescribeVpcEndpointServicePermissions DescribeVpcEndpointServices DescribeVpcEndpoints
        DescribeVpcPeeringConnections DescribeVpcs DescribeVpnConnections DescribeVpnGateways
        GetActiveVpnTunnelStatus GetCapacityReservationUsage GetConsoleOutput
        GetDefaultCreditSpecification GetEbsDefaultKmsKeyId GetEbsEncryptionByDefault
        GetImageBlockPublicAccessState GetInstanceMetadataDefaults
        GetInstanceTypesFromInstanceRequirements GetManagedPrefixListAssociations
        GetManagedPrefixListEntries GetSecurityGroupsForVpc GetSerialConsoleAccessStatus
        GetSnapshotBlockPublicAccessState GetSpotPlacementScores GetSubnetCidrReservations
        GetTransitGatewayAttachmentPropagations GetTransitGatewayPrefixListReferences
        GetTransitGatewayRouteTableAssociations GetTransitGatewayRouteTablePropagations
        GetVpnTunnelReplacementStatus ListImagesInRecycleBin ListSnapshotsInRecycleBin
        SearchTransitGatewayRoutes""",
    "autoscaling": """
        DescribeAccountLimits DescribeAdjustmentTypes DescribeAutoScalingGroups
        DescribeAutoScalingInstances DescribeInstanceRefreshes DescribeLaunchConfigurations
        DescribeLifecycleHookTypes DescribeLifecycleHooks DescribeLoadBalancerTargetGroups
        DescribeLoadBalancers DescribeMetricCollectionTypes DescribeNotificationConfigurations
        DescribePolicies DescribeScalingActivities DescribeScalingProcessTypes
        DescribeScheduledActions DescribeTags DescribeTerminationPolicyTypes
        DescribeTrafficSources DescribeWarmPool GetPredictiveScalingForecast""",
    "application-autoscaling": """
        DescribeScalableTargets DescribeScalingActivities DescribeScalingPolicies
        DescribeScheduledActions GetPredictiveScalingForecast ListTagsForResource""",
    "autoscaling-plans": "DescribeScalingPlanResources DescribeScalingPlans",
    "ecs": """
        DescribeCapacityProviders DescribeClusters DescribeContainerInstances
        DescribeServiceDeployments DescribeServiceRevisions DescribeServices
        DescribeTaskDefinition DescribeTaskSets DescribeTasks GetTaskProtection
        ListAccountSettings ListAttributes ListClusters ListContainerInstances
        ListServiceDeployments ListServices ListServicesByNamespace ListTagsForResource
        ListTaskDefinitionFamilies ListTaskDefinitions ListTasks""",
    "eks": """
        DescribeAccessEntry DescribeAddon DescribeAddonConfiguration DescribeAddonVersions
        DescribeCluster DescribeClusterVersions DescribeFargateProfile
        DescribeIdentityProviderConfig DescribeInsight DescribeNodegroup
        DescribePodIdentityAssociation DescribeUpdate ListAccessEntries ListAccessPolicies
        ListAddons ListAssociatedAccessPolicies ListClusters ListFargateProfiles
        ListIdentityProviderConfigs ListInsights ListNodegroups ListPodIdentityAssociations
        ListTagsForResource ListUpdates""",
    "lambda": """
        GetAccountSettings GetAlias GetCodeSigningConfig GetEventSourceMapping
        GetFunctionCodeSigningConfig GetFunctionConcurrency GetFunctionConfiguration
        GetFunctionEventInvokeConfig GetFunctionRecursionConfig GetFunctionUrlConfig
        GetLayerVersionPolicy GetPolicy GetProvisionedConcurrencyConfig
        GetRuntimeManagementConfig ListAliases ListCodeSigningConfigs ListEventSourceMappings
        ListFunctionEventInvokeConfigs ListFunctionUrlConfigs ListFunctions
        ListFunctionsByCodeSigningConfig ListLayerVersions ListLayers
        ListProvisionedConcurrencyConfigs ListTags ListVersionsByFunction""",
    "batch": """
        DescribeComputeEnvironments DescribeJobDefinitions DescribeJobQueues DescribeJobs
        DescribeSchedulingPolicies GetJobQueueSnapshot ListJobs ListSchedulingPolicies
        ListTagsForResource""",
    "apprunner": """
        DescribeAutoScalingConfiguration DescribeCustomDomains DescribeObservabilityConfiguration
        DescribeService DescribeVpcConnector ListAutoScalingConfigurations ListConnections
        ListOperations ListServices ListTagsForResource ListVpcConnectors""",
    "elasticbeanstalk": """
        DescribeAccountAttributes DescribeApplicationVersions DescribeApplications
        DescribeEnvironmentHealth DescribeEnvironmentManagedActionHistory
        DescribeEnvironmentManagedActions DescribeEnvironmentResources DescribeEnvironments
        DescribeEvents DescribeInstancesHealth DescribePlatformVersion
        ListAvailableSolutionStacks ListPlatformBranches ListPlatformVersions
        ListTagsForResource""",
    "lightsail": """
        GetAlarms GetBlueprints GetBundles GetContainerServiceMetricData GetDisk GetDisks
        GetDistributionMetricData GetDistributions GetDomains GetInstance GetInstanceMetricData
        GetInstancePortStates GetInstanceState GetInstances GetLoadBalancer
        GetLoadBalancerMetricData GetLoadBalancers GetOperation GetOperations
        GetOperationsForResource GetRegions GetRelationalDatabase GetRelationalDatabaseEvents
        GetRelationalDatabaseLogStreams GetRelationalDatabaseMetricData GetRelationalDatabases
        GetStaticIp GetStaticIps""",
    "imagebuilder": """
        GetImage GetImagePipeline GetImageRecipe GetWorkflowExecution GetWorkflowStepExecution
        ListImageBuildVersions ListImagePipelineImages ListImagePipelines ListImageRecipes
        ListImages ListInfrastructureConfigurations ListWorkflowExecutions
        ListWorkflowStepExecutions""",
    "emr": """
        DescribeCluster DescribeReleaseLabel DescribeStep GetAutoTerminationPolicy
        GetBlockPublicAccessConfiguration GetManagedScalingPolicy ListClusters ListInstanceFleets
        ListInstanceGroups ListInstances ListReleaseLabels ListSecurityConfigurations ListSteps""",
    "emr-serverless": """
        GetApplication GetJobRun ListApplications ListJobRunAttempts ListJobRuns
        ListTagsForResource""",
    "emr-containers": """
        DescribeJobRun DescribeManagedEndpoint DescribeVirtualCluster ListJobRuns
        ListManagedEndpoints ListTagsForResource ListVirtualClusters""",
}

_DATA = {
    "rds": """
        DescribeAccountAttributes DescribeBlueGreenDeployments DescribeCertificates
        DescribeDBClusterAutomatedBackups DescribeDBClusterBacktracks DescribeDBClusterEndpoints
        DescribeDBClusterParameterGroups DescribeDBClusterParameters
        DescribeDBClusterSnapshotAttributes DescribeDBClusterSnapshots DescribeDBClusters
        DescribeDBEngineVersions DescribeDBInstanceAutomatedBackups DescribeDBInstances
        DescribeDBLogFiles DescribeDBParameterGroups DescribeDBParameters DescribeDBProxies
        DescribeDBProxyEndpoints DescribeDBProxyTargetGroups DescribeDBProxyTargets
        DescribeDBRecommendations DescribeDBSecurityGroups DescribeDBShardGroups
        DescribeDBSnapshotAttributes DescribeDBSnapshots DescribeDBSubnetGroups
        DescribeEngineDefaultClusterParameters DescribeEngineDefaultParameters
        DescribeEventCategories DescribeEventSubscriptions DescribeEvents DescribeExportTasks
        DescribeGlobalClusters DescribeIntegrations DescribeOptionGroupOptions
        DescribeOptionGroups DescribeOrderableDBInstanceOptions
        DescribePendingMaintenanceActions DescribeReservedDBInstances DescribeSourceRegions
        DescribeValidDBInstanceModifications ListTagsForResource""",
    "docdb": """
        DescribeCertificates DescribeDBClusterParameterGroups DescribeDBClusterParameters
        DescribeDBClusterSnapshotAttributes DescribeDBClusterSnapshots DescribeDBClusters
        DescribeDBEngineVersions DescribeDBInstances DescribeDBSubnetGroups
        DescribeEventCategories DescribeEventSubscriptions DescribeEvents DescribeGlobalClusters
        DescribeOrderableDBInstanceOptions DescribePendingMaintenanceActions
        ListTagsForResource""",
    "neptune": """
        DescribeDBClusterEndpoints DescribeDBClusterParameterGroups DescribeDBClusterParameters
        DescribeDBClusterSnapshots DescribeDBClusters DescribeDBEngineVersions
        DescribeDBInstances DescribeDBParameterGroups DescribeDBParameters
        DescribeDBSubnetGroups DescribeEventSubscriptions DescribeEvents DescribeGlobalClusters
        DescribePendingMaintenanceActions ListTagsForResource""",
    "dynamodb": """
        DescribeBackup DescribeContinuousBackups DescribeContributorInsights DescribeEndpoints
        DescribeExport DescribeGlobalTable DescribeGlobalTableSettings DescribeImport
        DescribeKinesisStreamingDestination DescribeLimits DescribeTable
        DescribeTableReplicaAutoScaling DescribeTimeToLive GetResourcePolicy ListBackups
        ListContributorInsights ListExports ListGlobalTables ListImports ListTables
        ListTagsOfResource""",
    "dynamodbstreams": "DescribeStream ListStreams",
    "dax": """
        DescribeClusters DescribeDefaultParameters DescribeEvents DescribeParameterGroups
        DescribeParameters DescribeSubnetGroups ListTags""",
    "elasticache": """
        DescribeCacheClusters DescribeCacheEngineVersions DescribeCacheParameterGroups
        DescribeCacheParameters DescribeCacheSecurityGroups DescribeCacheSubnetGroups
        DescribeEngineDefaultParameters DescribeEvents DescribeGlobalReplicationGroups
        DescribeReplicationGroups DescribeReservedCacheNodes DescribeServerlessCacheSnapshots
        DescribeServerlessCaches DescribeServiceUpdates DescribeSnapshots DescribeUpdateActions
        DescribeUserGroups DescribeUsers ListAllowedNodeTypeModifications ListTagsForResource""",
    "memorydb": """
        DescribeACLs DescribeClusters DescribeEngineVersions DescribeEvents
        DescribeMultiRegionClusters DescribeParameterGroups DescribeParameters
        DescribeReservedNodes DescribeServiceUpdates DescribeSnapshots DescribeSubnetGroups
        DescribeUsers ListAllowedNodeTypeUpdates ListTags""",
    "redshift": """
        DescribeAccountAttributes DescribeClusterDbRevisions DescribeClusterParameterGroups
        DescribeClusterParameters DescribeClusterSecurityGroups DescribeClusterSnapshots
        DescribeClusterSubnetGroups DescribeClusterTracks DescribeClusterVersions
        DescribeClusters DescribeDataShares DescribeEndpointAccess DescribeEventCategories
        DescribeEventSubscriptions DescribeEvents DescribeIntegrations DescribeLoggingStatus
        DescribeNodeConfigurationOptions DescribeReservedNodes DescribeResize
        DescribeScheduledActions DescribeSnapshotSchedules DescribeStorage
        DescribeTableRestoreStatus DescribeTags DescribeUsageLimits ListRecommendations""",
    "redshift-serverless": """
        GetEndpointAccess GetNamespace GetRecoveryPoint GetSnapshot GetUsageLimit GetWorkgroup
        ListEndpointAccess ListNamespaces ListRecoveryPoints ListScheduledActions ListSnapshots
        ListTagsForResource ListUsageLimits ListWorkgroups""",
    "opensearch": """
        DescribeDomain DescribeDomainAutoTunes DescribeDomainChangeProgress DescribeDomainConfig
        DescribeDomainHealth DescribeDomainNodes DescribeDomains DescribeDryRunProgress
        DescribeInboundConnections DescribeInstanceTypeLimits DescribeOutboundConnections
        DescribePackages DescribeReservedInstances DescribeVpcEndpoints GetCompatibleVersions
        GetDomainMaintenanceStatus GetUpgradeHistory GetUpgradeStatus ListDomainMaintenances
        ListDomainNames ListInstanceTypeDetails ListPackagesForDomain ListScheduledActions
        ListTags ListVersions ListVpcEndpoints ListVpcEndpointsForDomain""",
    "es": """
        DescribeDomainAutoTunes DescribeDomainChangeProgress DescribeElasticsearchDomain
        DescribeElasticsearchDomainConfig DescribeElasticsearchDomains
        DescribeElasticsearchInstanceTypeLimits DescribePackages DescribeVpcEndpoints
        GetCompatibleElasticsearchVersions GetUpgradeHistory GetUpgradeStatus ListDomainNames
        ListElasticsearchInstanceTypes ListElasticsearchVersions ListPackagesForDomain ListTags
        ListVpcEndpoints""",
    "opensearchserverless": """
        BatchGetCollection BatchGetVpcEndpoint GetAccountSettings ListCollections
        ListLifecyclePolicies ListTagsForResource ListVpcEndpoints""",
    "s3": """
        GetBucketAccelerateConfiguration GetBucketAcl GetBucketCors GetBucketEncryption
        GetBucketInventoryConfiguration GetBucketLifecycleConfiguration GetBucketLocation
        GetBucketLogging GetBucketMetricsConfiguration GetBucketNotificationConfiguration
        GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketReplication
        GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite
        GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectLockConfiguration
        GetObjectRetention GetObjectTagging GetPublicAccessBlock HeadBucket HeadObject
        ListBucketInventoryConfigurations ListBucketMetricsConfigurations ListBuckets
        ListMultipartUploads ListObjectVersions ListObjects ListObjectsV2 ListParts""",
    "s3control": """
        DescribeJob GetAccessPoint GetAccessPointPolicy GetAccessPointPolicyStatus
        GetMultiRegionAccessPoint GetMultiRegionAccessPointRoutes GetPublicAccessBlock
        GetStorageLensConfiguration ListAccessPoints ListJobs ListMultiRegionAccessPoints
        ListStorageLensConfigurations""",
    "efs": """
        DescribeAccessPoints DescribeAccountPreferences DescribeBackupPolicy
        DescribeFileSystemPolicy DescribeFileSystems DescribeLifecycleConfiguration
        DescribeMountTargetSecurityGroups DescribeMountTargets DescribeReplicationConfigurations
        DescribeTags ListTagsForResource""",
    "fsx": """
        DescribeBackups DescribeDataRepositoryAssociations DescribeDataRepositoryTasks
        DescribeFileCaches DescribeFileSystemAliases DescribeFileSystems DescribeSnapshots
        DescribeStorageVirtualMachines DescribeVolumes ListTagsForResource""",
    "backup": """
        DescribeBackupJob DescribeBackupVault DescribeCopyJob DescribeFramework
        DescribeGlobalSettings DescribeProtectedResource DescribeRecoveryPoint
        DescribeRegionSettings DescribeReportJob DescribeReportPlan DescribeRestoreJob
        GetBackupPlan GetBackupSelection GetBackupVaultAccessPolicy GetBackupVaultNotifications
        GetSupportedResourceTypes ListBackupJobSummaries ListBackupJobs ListBackupPlanVersions
        ListBackupPlans ListBackupSelections ListBackupVaults ListCopyJobSummaries ListCopyJobs
        ListFrameworks ListProtectedResources ListProtectedResourcesByBackupVault
        ListRecoveryPointsByBackupVault ListRecoveryPointsByResource ListReportJobs
        ListReportPlans ListRestoreJobSummaries ListRestoreJobs ListTags""",
    "dlm": "GetLifecyclePolicies GetLifecyclePolicy ListTagsForResource",
    "datasync": """
        DescribeAgent DescribeTask DescribeTaskExecution ListAgents ListLocations
        ListTagsForResource ListTaskExecutions ListTasks""",
    "dms": """
        DescribeAccountAttributes DescribeApplicableIndividualAssessments DescribeConnections
        DescribeEndpointTypes DescribeEventCategories DescribeEventSubscriptions DescribeEvents
        DescribeOrderableReplicationInstances DescribePendingMaintenanceActions
        DescribeReplicationConfigs DescribeReplicationInstanceTaskLogs
        DescribeReplicationInstances DescribeReplicationSubnetGroups
        DescribeReplicationTableStatistics DescribeReplicationTaskAssessmentRuns
        DescribeReplicationTasks DescribeReplications DescribeTableStatistics
        ListTagsForResource""",
    "timestream-write": """
        DescribeBatchLoadTask DescribeDatabase DescribeEndpoints DescribeTable
        ListBatchLoadTasks ListDatabases ListTables ListTagsForResource""",
    "glue": """
        GetCrawler GetCrawlerMetrics GetCrawlers GetDatabase GetDatabases GetJob GetJobBookmark
        GetJobRun GetJobRuns GetJobs GetTable GetTables GetTags GetTrigger GetTriggers
        GetWorkflow GetWorkflowRun GetWorkflowRuns ListCrawlers ListCrawls ListJobs ListRegistries
        ListSchemaVersions ListSchemas ListTriggers ListWorkflows""",
    "athena": """
        BatchGetQueryExecution GetCapacityReservation GetDataCatalog GetDatabase
        GetQueryExecution GetQueryRuntimeStatistics GetTableMetadata GetWorkGroup
        ListCapacityReservations ListDataCatalogs ListDatabases ListEngineVersions
        ListNamedQueries ListQueryExecutions ListTableMetadata ListTagsForResource
        ListWorkGroups""",
    "lakeformation": "DescribeResource GetDataLakeSettings ListPermissions ListResources",
    "sagemaker": """
        DescribeAutoMLJobV2 DescribeCluster DescribeClusterNode DescribeDomain DescribeEndpoint
        DescribeEndpointConfig DescribeInferenceComponent DescribeModel DescribeModelPackage
        DescribeMonitoringSchedule DescribeNotebookInstance DescribePipeline
        DescribePipelineExecution DescribeProcessingJob DescribeTrainingJob
        DescribeTransformJob ListClusterNodes ListClusters ListDomains ListEndpointConfigs
        ListEndpoints ListInferenceComponents ListModelPackages ListModels
        ListMonitoringExecutions ListMonitoringSchedules ListNotebookInstances
        ListPipelineExecutionSteps ListPipelineExecutions ListPipelines ListProcessingJobs
        ListTags ListTrainingJobs ListTransformJobs""",
}

_NETWORK = {
    "elb": """
        DescribeAccountLimits DescribeInstanceHealth DescribeLoadBalancerAttributes
        DescribeLoadBalancerPolicies DescribeLoadBalancerPolicyTypes DescribeLoadBalancers
        DescribeTags""",
    "elbv2": """
        DescribeAccountLimits DescribeCapacityReservation DescribeListenerAttributes
        DescribeListenerCertificates DescribeListeners DescribeLoadBalancerAttributes
        DescribeLoadBalancers DescribeRules DescribeSSLPolicies DescribeTags
        DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth
        DescribeTrustStoreAssociations DescribeTrustStores""",
    "route53": """
        GetAccountLimit GetChange GetCheckerIpRanges GetDNSSEC GetGeoLocation GetHealthCheck
        GetHealthCheckCount GetHealthCheckLastFailureReason GetHealthCheckStatus GetHostedZone
        GetHostedZoneCount GetHostedZoneLimit GetQueryLoggingConfig GetReusableDelegationSet
        GetTrafficPolicy GetTrafficPolicyInstance ListCidrBlocks ListCidrCollections
        ListGeoLocations ListHealthChecks ListHostedZones ListHostedZonesByName
        ListHostedZonesByVPC ListQueryLoggingConfigs ListResourceRecordSets
        ListReusableDelegationSets ListTagsForResource ListTagsForResources ListTrafficPolicies
        ListTrafficPolicyInstances ListTrafficPolicyVersions ListVPCAssociationAuthorizations
        TestDNSAnswer""",
    "route53domains": """
        CheckDomainAvailability GetOperationDetail ListDomains ListOperations
        ListTagsForDomain""",
    "route53resolver": """
        GetFirewallConfig GetFirewallDomainList GetFirewallRuleGroup
        GetFirewallRuleGroupAssociation GetResolverConfig GetResolverDnssecConfig
        GetResolverEndpoint GetResolverQueryLogConfig GetResolverQueryLogConfigAssociation
        GetResolverRule GetResolverRuleAssociation ListFirewallConfigs ListFirewallDomainLists
        ListFirewallDomains ListFirewallRuleGroupAssociations ListFirewallRuleGroups
        ListFirewallRules ListResolverConfigs ListResolverEndpointIpAddresses
        ListResolverEndpoints ListResolverQueryLogConfigAssociations
        ListResolverQueryLogConfigs ListResolverRuleAssociations ListResolverRules
        ListTagsForResource""",
    "cloudfront": """
        GetCachePolicy GetCachePolicyConfig GetContinuousDeploymentPolicy GetDistribution
        GetDistributionConfig GetInvalidation GetKeyGroup GetMonitoringSubscription
        GetOriginAccessControl GetOriginAccessControlConfig GetOriginRequestPolicy
        GetOriginRequestPolicyConfig GetRealtimeLogConfig GetResponseHeadersPolicy
        GetResponseHeadersPolicyConfig GetVpcOrigin ListCachePolicies
        ListCloudFrontOriginAccessIdentities ListConflictingAliases
        ListContinuousDeploymentPolicies ListDistributions ListDistributionsByCachePolicyId
        ListDistributionsByOriginRequestPolicyId ListDistributionsByResponseHeadersPolicyId
        ListDistributionsByWebACLId ListFunctions ListInvalidations ListKeyGroups
        ListOriginAccessControls ListOriginRequestPolicies ListRealtimeLogConfigs
        ListResponseHeadersPolicies ListTagsForResource ListVpcOrigins""",
    "apigateway": """
        GetAccount GetAuthorizer GetAuthorizers GetBasePathMapping GetBasePathMappings
        GetClientCertificates GetDeployment GetDeployments GetDomainName GetDomainNames
        GetGatewayResponse GetGatewayResponses GetIntegration GetIntegrationResponse GetMethod
        GetMethodResponse GetModel GetModels GetRequestValidators GetResource GetResources
        GetRestApi GetRestApis GetStage GetStages GetTags GetUsage GetUsagePlan GetUsagePlans
        GetVpcLink GetVpcLinks""",
    "apigatewayv2": """
        GetApi GetApiMapping GetApiMappings GetApis GetAuthorizer GetAuthorizers GetDeployment
        GetDeployments GetDomainName GetDomainNames GetIntegration GetIntegrationResponses
        GetIntegrations GetModels GetRoute GetRouteResponses GetRoutes GetStage GetStages GetTags
        GetVpcLink GetVpcLinks""",
    "directconnect": """
        DescribeConnections DescribeDirectConnectGatewayAssociations
        DescribeDirectConnectGatewayAttachments DescribeDirectConnectGateways
        DescribeHostedConnections DescribeInterconnects DescribeLags DescribeLocations
        DescribeTags DescribeVirtualGateways DescribeVirtualInterfaces
        ListVirtualInterfaceTestHistory""",
    "globalaccelerator": """
        DescribeAccelerator DescribeAcceleratorAttributes DescribeCustomRoutingAccelerator
        DescribeCustomRoutingEndpointGroup DescribeEndpointGroup DescribeListener
        ListAccelerators ListByoipCidrs ListCustomRoutingAccelerators ListEndpointGroups
        ListListeners ListTagsForResource""",
    "networkmanager": """
        DescribeGlobalNetworks GetConnections GetCoreNetwork GetCoreNetworkChangeEvents
        GetCoreNetworkChangeSet GetDevices GetLinks GetNetworkResourceCounts
        GetNetworkResources GetNetworkRoutes GetNetworkTelemetry GetSites
        GetTransitGatewayRegistrations ListAttachments ListCoreNetworkPolicyVersions
        ListCoreNetworks ListPeerings ListTagsForResource""",
    "network-firewall": """
        DescribeFirewall DescribeFirewallMetadata DescribeFirewallPolicy
        DescribeLoggingConfiguration DescribeResourcePolicy DescribeRuleGroup
        DescribeRuleGroupMetadata DescribeRuleGroupSummary ListFirewallPolicies ListFirewalls
        ListRuleGroups ListTagsForResource""",
    "vpc-lattice": """
        GetAccessLogSubscription GetAuthPolicy GetListener GetResourcePolicy GetRule GetService
        GetServiceNetwork GetServiceNetworkServiceAssociation GetServiceNetworkVpcAssociation
        GetTargetGroup ListAccessLogSubscriptions ListListeners ListRules
        ListServiceNetworkServiceAssociations ListServiceNetworkVpcAssociations
        ListServiceNetworks ListServices ListTagsForResource ListTargetGroups ListTargets""",
    "appmesh": """
        DescribeGatewayRoute DescribeMesh DescribeRoute DescribeVirtualGateway
        DescribeVirtualNode DescribeVirtualRouter DescribeVirtualService ListGatewayRoutes
        ListMeshes ListRoutes ListTagsForResource ListVirtualGateways ListVirtualNodes
        ListVirtualRouters ListVirtualServices""",
    "servicediscovery": """
        DiscoverInstances DiscoverInstancesRevision GetInstance GetInstancesHealthStatus
        GetNamespace GetOperation GetService ListInstances ListNamespaces ListOperations
        ListServices ListTagsForResource""",
    "arc-zonal-shift": "GetManagedResource ListAutoshifts ListManagedResources ListZonalShifts",
    "internetmonitor": """
        GetHealthEvent GetInternetEvent GetMonitor ListHealthEvents ListInternetEvents
        ListMonitors""",
    "networkmonitor": "GetMonitor GetProbe ListMonitors",
    "networkflowmonitor": "GetMonitor GetScope ListMonitors ListScopes",
    "transfer": """
        DescribeExecution DescribeServer DescribeUser DescribeWorkflow ListExecutions
        ListServers ListTagsForResource ListUsers ListWorkflows""",
}

_MESSAGES = {
    "sqs": """
        GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListMessageMoveTasks
        ListQueueTags ListQueues""",
    "sns": """
        GetDataProtectionPolicy GetSMSAttributes GetSubscriptionAttributes GetTopicAttributes
        ListPlatformApplications ListSubscriptions ListSubscriptionsByTopic ListTagsForResource
        ListTopics""",
    "kinesis": """
        DescribeLimits DescribeStream DescribeStreamConsumer DescribeStreamSummary
        GetResourcePolicy ListShards ListStreamConsumers ListStreams ListTagsForResource
        ListTagsForStream""",
    "kinesisanalyticsv2": """
        DescribeApplication DescribeApplicationOperation DescribeApplicationVersion
        ListApplicationOperations ListApplicationSnapshots ListApplicationVersions
        ListApplications ListTagsForResource""",
    "firehose": "DescribeDeliveryStream ListDeliveryStreams ListTagsForDeliveryStream",
    "kafka": """
        DescribeCluster DescribeClusterOperation DescribeClusterOperationV2 DescribeClusterV2
        DescribeConfiguration DescribeConfigurationRevision DescribeReplicator DescribeTopic
        DescribeTopicPartitions DescribeVpcConnection GetBootstrapBrokers GetClusterPolicy
        GetCompatibleKafkaVersions ListClientVpcConnections ListClusterOperations
        ListClusterOperationsV2 ListClusters ListClustersV2 ListConfigurationRevisions
        ListConfigurations ListKafkaVersions ListNodes ListReplicators ListScramSecrets
        ListTagsForResource ListTopics ListVpcConnections""",
    "kafkaconnect": """
        DescribeConnector DescribeConnectorOperation DescribeCustomPlugin
        DescribeWorkerConfiguration ListConnectorOperations ListConnectors ListCustomPlugins
        ListTagsForResource ListWorkerConfigurations""",
    "mq": """
        DescribeBroker DescribeBrokerEngineTypes DescribeBrokerInstanceOptions
        DescribeConfiguration ListBrokers ListConfigurationRevisions ListConfigurations ListTags
        ListUsers""",
    "events": """
        DescribeApiDestination DescribeArchive DescribeEndpoint DescribeEventBus
        DescribeEventSource DescribeReplay DescribeRule ListApiDestinations ListArchives
        ListConnections ListEndpoints ListEventBuses ListEventSources ListReplays
        ListRuleNamesByTarget ListRules ListTagsForResource ListTargetsByRule TestEventPattern""",
    "pipes": "DescribePipe ListPipes ListTagsForResource",
    "scheduler": """
        GetSchedule GetScheduleGroup ListScheduleGroups ListSchedules ListTagsForResource""",
    "stepfunctions": """
        DescribeActivity DescribeExecution DescribeMapRun DescribeStateMachine
        DescribeStateMachineAlias DescribeStateMachineForExecution GetExecutionHistory
        ListActivities ListExecutions ListMapRuns ListStateMachineAliases
        ListStateMachineVersions ListStateMachines ListTagsForResource""",
    "mwaa": "GetEnvironment ListEnvironments ListTagsForResource",
    "ses": """
        DescribeConfigurationSet GetAccountSendingEnabled GetIdentityDkimAttributes
        GetIdentityMailFromDomainAttributes GetIdentityNotificationAttributes
        GetIdentityVerificationAttributes GetSendQuota GetSendStatistics ListConfigurationSets
        ListIdentities ListReceiptRuleSets""",
    "sesv2": """
        BatchGetMetricData GetAccount GetBlacklistReports GetConfigurationSet
        GetConfigurationSetEventDestinations GetDedicatedIp GetDedicatedIpPool GetDedicatedIps
        GetEmailIdentity ListConfigurationSets ListDedicatedIpPools ListEmailIdentities
        ListRecommendations""",
}

_WATCHING = {
    "logs": """
        DescribeAccountPolicies DescribeDeliveries DescribeDeliveryDestinations
        DescribeDeliverySources DescribeDestinations DescribeExportTasks DescribeFieldIndexes
        DescribeIndexPolicies DescribeLogGroups DescribeLogStreams DescribeMetricFilters
        DescribeQueries DescribeQueryDefinitions DescribeResourcePolicies
        DescribeSubscriptionFilters FilterLogEvents GetDataProtectionPolicy GetLogAnomalyDetector
        GetLogEvents GetLogGroupFields GetLogRecord GetQueryResults ListAnomalies
        ListLogAnomalyDetectors ListLogGroups ListLogGroupsForQuery ListTagsForResource
        ListTagsLogGroup TestMetricFilter""",
    "cloudwatch": """
        DescribeAlarmHistory DescribeAlarms DescribeAlarmsForMetric DescribeAnomalyDetectors
        DescribeInsightRules GetAlarmMuteRule GetDashboard GetInsightRuleReport GetMetricData
        GetMetricStatistics GetMetricStream ListAlarmMuteRules ListDashboards
        ListManagedInsightRules ListMetricStreams ListMetrics ListTagsForResource""",
    "application-signals": """
        BatchGetServiceLevelObjectiveBudgetReport GetService GetServiceLevelObjective
        ListServiceDependencies ListServiceDependents ListServiceLevelObjectives
        ListServiceOperations ListServiceStates ListServices ListTagsForResource""",
    "application-insights": """
        DescribeApplication DescribeComponent DescribeObservation DescribeProblem
        DescribeProblemObservations ListApplications ListComponents ListProblems""",
    "oam": "GetLink GetSink GetSinkPolicy ListAttachedLinks ListLinks ListSinks",
    "rum": "GetAppMonitor ListAppMonitors ListRumMetricsDestinations ListTagsForResource",
    "synthetics": """
        DescribeCanaries DescribeCanariesLastRun DescribeRuntimeVersions GetCanary GetCanaryRuns
        GetGroup ListAssociatedGroups ListGroupResources ListGroups ListTagsForResource""",
    "amp": """
        DescribeAlertManagerDefinition DescribeLoggingConfiguration DescribeRuleGroupsNamespace
        DescribeScraper DescribeWorkspace DescribeWorkspaceConfiguration
        GetDefaultScraperConfiguration ListRuleGroupsNamespaces ListScrapers ListTagsForResource
        ListWorkspaces""",
    "grafana": """
        DescribeWorkspace DescribeWorkspaceAuthentication DescribeWorkspaceConfiguration
        ListPermissions ListTagsForResource ListVersions ListWorkspaceServiceAccounts
        ListWorkspaces""",
    "xray": """
        BatchGetTraces GetEncryptionConfig GetGroup GetGroups GetInsight GetInsightEvents
        GetInsightImpactGraph GetInsightSummaries GetSamplingRules
        GetSamplingStatisticSummaries GetServiceGraph GetTimeSeriesServiceStatistics
        GetTraceGraph GetTraceSegmentDestination GetTraceSummaries ListResourcePolicies
        ListTagsForResource""",
    "pi": """
        DescribeDimensionKeys GetDimensionKeyDetails GetPerformanceAnalysisReport
        GetResourceMetadata GetResourceMetrics ListAvailableResourceDimensions
        ListAvailableResourceMetrics ListPerformanceAnalysisReports ListTagsForResource""",
    "health": """
        DescribeAffectedAccountsForOrganization DescribeAffectedEntities
        DescribeAffectedEntitiesForOrganization DescribeEntityAggregates
        DescribeEventAggregates DescribeEventDetails DescribeEventDetailsForOrganization
        DescribeEventTypes DescribeEvents DescribeEventsForOrganization
        DescribeHealthServiceStatusForOrganization""",
    "devops-guru": """
        DescribeAccountHealth DescribeAccountOverview DescribeAnomaly DescribeInsight
        DescribeResourceCollectionHealth GetResourceCollection ListAnomaliesForInsight
        ListAnomalousLogGroups ListEvents ListInsights ListMonitoredResources
        ListRecommendations""",
    "ssm-incidents": """
        BatchGetIncidentFindings GetIncidentRecord GetResponsePlan GetTimelineEvent
        ListIncidentFindings ListIncidentRecords ListRelatedItems ListReplicationSets
        ListResponsePlans ListTimelineEvents""",
    "ssm-contacts": """
        DescribeEngagement DescribePage GetContact GetRotation ListContacts ListEngagements
        ListPagesByContact ListPagesByEngagement ListRotationShifts ListRotations""",
    "cloudtrail": """
        DescribeTrails GetEventDataStore GetEventSelectors GetInsightSelectors GetTrail
        GetTrailStatus ListChannels ListEventDataStores ListPublicKeys ListTags ListTrails
        LookupEvents""",
    "config": """
        BatchGetResourceConfig DescribeAggregateComplianceByConfigRules
        DescribeComplianceByConfigRule DescribeComplianceByResource
        DescribeConfigRuleEvaluationStatus DescribeConfigRules DescribeConfigurationAggregators
        DescribeConfigurationRecorderStatus DescribeConfigurationRecorders
        DescribeConformancePackCompliance DescribeConformancePackStatus DescribeConformancePacks
        DescribeDeliveryChannelStatus DescribeDeliveryChannels
        DescribeRemediationExecutionStatus DescribeRetentionConfigurations
        GetAggregateComplianceDetailsByConfigRule GetAggregateDiscoveredResourceCounts
        GetComplianceDetailsByConfigRule GetComplianceDetailsByResource
        GetComplianceSummaryByConfigRule GetComplianceSummaryByResourceType
        GetDiscoveredResourceCounts GetResourceConfigHistory ListDiscoveredResources
        ListTagsForResource""",
    "fis": """
        GetAction GetExperiment GetExperimentTemplate GetSafetyLever ListActions
        ListExperimentResolvedTargets ListExperimentTemplates ListExperiments
        ListTagsForResource""",
}

_DELIVERY = {
    "cloudformation": """
        DescribeAccountLimits DescribeChangeSet DescribeChangeSetHooks
        DescribeStackDriftDetectionStatus DescribeStackEvents DescribeStackInstance
        DescribeStackResource DescribeStackResourceDrifts DescribeStackResources
        DescribeStackSet DescribeStackSetOperation DescribeStacks DescribeType GetStackPolicy
        GetTemplateSummary ListChangeSets ListExports ListImports ListStackInstances
        ListStackResources ListStackSetOperationResults ListStackSetOperations ListStackSets
        ListStacks ListTypes""",
    "cloudcontrol": "GetResourceRequestStatus ListResourceRequests",
    "codebuild": """
        BatchGetBuilds BatchGetReports DescribeTestCases ListBuildBatches
        ListBuildBatchesForProject ListBuilds ListBuildsForProject ListCuratedEnvironmentImages
        ListFleets ListProjects ListReportGroups ListReports ListReportsForReportGroup""",
    "codecommit": """
        GetBranch GetPullRequest GetRepository ListBranches ListPullRequests ListRepositories
        ListTagsForResource""",
    "codeconnections": """
        GetConnection GetHost GetRepositorySyncStatus GetResourceSyncStatus ListConnections
        ListHosts ListRepositoryLinks""",
    "codedeploy": """
        BatchGetApplications BatchGetDeploymentGroups BatchGetDeploymentTargets
        BatchGetDeployments GetApplication GetApplicationRevision GetDeployment
        GetDeploymentConfig GetDeploymentGroup GetDeploymentInstance GetDeploymentTarget
        GetOnPremisesInstance ListApplicationRevisions ListApplications ListDeploymentConfigs
        ListDeploymentGroups ListDeploymentInstances ListDeploymentTargets ListDeployments
        ListOnPremisesInstances ListTagsForResource""",
    "codepipeline": """
        GetPipeline GetPipelineExecution GetPipelineState ListActionExecutions
        ListPipelineExecutions ListPipelines ListRuleExecutions ListTagsForResource""",
    "ecr": """
        BatchCheckLayerAvailability BatchGetImage BatchGetRepositoryScanningConfiguration
        DescribeImageReplicationStatus DescribeImageScanFindings DescribeImages
        DescribePullThroughCacheRules DescribeRegistry DescribeRepositories GetLifecyclePolicy
        GetLifecyclePolicyPreview GetRegistryPolicy GetRegistryScanningConfiguration
        GetRepositoryPolicy ListImages ListTagsForResource""",
    "ecr-public": """
        DescribeImageTags DescribeImages DescribeRegistries DescribeRepositories
        GetRepositoryPolicy ListTagsForResource""",
    "codeartifact": """
        DescribeDomain DescribePackage DescribePackageVersion DescribeRepository
        ListDomains ListPackageVersions ListPackages ListRepositories ListTagsForResource""",
    "appconfig": """
        GetApplication GetConfigurationProfile GetDeployment GetDeploymentStrategy
        GetEnvironment ListApplications ListConfigurationProfiles ListDeploymentStrategies
        ListDeployments ListEnvironments ListHostedConfigurationVersions ListTagsForResource""",
    "servicecatalog": """
        DescribeProvisionedProduct DescribeRecord ListRecordHistory SearchProvisionedProducts""",
    "ssm": """
        DescribeAssociation DescribeAssociationExecutionTargets DescribeAssociationExecutions
        DescribeAutomationExecutions DescribeAutomationStepExecutions DescribeAvailablePatches
        DescribeDocument DescribeDocumentPermission DescribeEffectiveInstanceAssociations
        DescribeEffectivePatchesForPatchBaseline DescribeInstanceAssociationsStatus
        DescribeInstanceInformation DescribeInstancePatchStates
        DescribeInstancePatchStatesForPatchGroup DescribeInstancePatches
        DescribeInstanceProperties DescribeMaintenanceWindowExecutionTaskInvocations
        DescribeMaintenanceWindowExecutionTasks DescribeMaintenanceWindowExecutions
        DescribeMaintenanceWindowSchedule DescribeMaintenanceWindowTargets
        DescribeMaintenanceWindowTasks DescribeMaintenanceWindows
        DescribeMaintenanceWindowsForTarget DescribeOpsItems DescribeParameters
        DescribePatchBaselines DescribePatchGroupState DescribePatchGroups DescribeSessions
        GetAutomationExecution GetCalendarState GetCommandInvocation GetConnectionStatus
        GetDefaultPatchBaseline GetDocument GetInventory GetInventorySchema GetMaintenanceWindow
        GetMaintenanceWindowExecution GetMaintenanceWindowExecutionTask GetOpsItem
        GetOpsSummary GetPatchBaseline GetPatchBaselineForPatchGroup GetServiceSetting
        ListAssociationVersions ListAssociations ListCommandInvocations ListCommands
        ListComplianceItems ListComplianceSummaries ListDocumentVersions ListDocuments
        ListInventoryEntries ListNodes ListOpsItemEvents ListOpsItemRelatedItems
        ListResourceComplianceSummaries ListResourceDataSync ListTagsForResource""",
}

_ACCOUNT = {
    "sts": "GetAccessKeyInfo GetCallerIdentity",
    "iam": """
        GetAccessKeyLastUsed GetAccountAuthorizationDetails GetAccountPasswordPolicy
        GetAccountSummary GetContextKeysForPrincipalPolicy GetGroup GetGroupPolicy
        GetInstanceProfile GetLoginProfile GetMFADevice GetOpenIDConnectProvider GetPolicy
        GetPolicyVersion GetRole GetRolePolicy GetSAMLProvider GetServerCertificate
        GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities
        GetServiceLinkedRoleDeletionStatus GetUser GetUserPolicy ListAccessKeys
        ListAccountAliases ListAttachedGroupPolicies ListAttachedRolePolicies
        ListAttachedUserPolicies ListEntitiesForPolicy ListGroupPolicies ListGroups
        ListGroupsForUser ListInstanceProfileTags ListInstanceProfiles
        ListInstanceProfilesForRole ListMFADevices ListOpenIDConnectProviders ListPolicies
        ListPoliciesGrantingServiceAccess ListPolicyTags ListPolicyVersions ListRolePolicies
        ListRoleTags ListRoles ListSAMLProviders ListServerCertificates ListSigningCertificates
        ListUserPolicies ListUserTags ListUsers ListVirtualMFADevices SimulateCustomPolicy
        SimulatePrincipalPolicy""",
    "accessanalyzer": """
        CheckAccessNotGranted CheckNoNewAccess CheckNoPublicAccess GetAnalyzedResource
        GetAnalyzer GetFinding GetFindingsStatistics ListAnalyzedResources ListAnalyzers
        ListArchiveRules ListFindings ListTagsForResource ValidatePolicy""",
    "sso-admin": """
        DescribePermissionSet ListAccountAssignments ListAccountsForProvisionedPermissionSet
        ListInstances ListPermissionSets ListPermissionSetsProvisionedToAccount""",
    "kms": """
        DescribeCustomKeyStores DescribeKey GetKeyPolicy GetKeyRotationStatus GetPublicKey
        ListAliases ListGrants ListKeyPolicies ListKeyRotations ListKeys ListResourceTags""",
    "secretsmanager": """
        DescribeSecret GetResourcePolicy ListSecretVersionIds ListSecrets""",
    "acm": """
        DescribeCertificate GetAccountConfiguration GetCertificate ListCertificates
        ListTagsForCertificate""",
    "acm-pca": """
        DescribeCertificateAuthority GetCertificateAuthorityCertificate ListCertificateAuthorities
        ListPermissions ListTags""",
    "organizations": """
        DescribeAccount DescribeCreateAccountStatus DescribeEffectivePolicy
        DescribeOrganization DescribeOrganizationalUnit DescribePolicy
        ListAWSServiceAccessForOrganization ListAccounts ListAccountsForParent ListChildren
        ListDelegatedAdministrators ListDelegatedServicesForAccount
        ListOrganizationalUnitsForParent ListParents ListPolicies ListPoliciesForTarget
        ListRoots ListTagsForResource ListTargetsForPolicy""",
    "account": "GetRegionOptStatus ListRegions",
    "ram": """
        GetResourceShareAssociations GetResourceShareInvitations GetResourceShares ListPrincipals
        ListResourceSharePermissions ListResources""",
    "controltower": """
        GetControlOperation GetLandingZone GetLandingZoneOperation ListEnabledBaselines
        ListEnabledControls ListLandingZones""",
    "cognito-idp": """
        DescribeUserPool DescribeUserPoolDomain GetUserPoolMfaConfig ListGroups
        ListIdentityProviders ListResourceServers ListTagsForResource ListUserPoolClients
        ListUserPools""",
    "cognito-identity": """
        DescribeIdentityPool GetIdentityPoolRoles ListIdentityPools ListTagsForResource""",
    "ds": """
        DescribeDirectories DescribeDomainControllers DescribeEventTopics DescribeTrusts
        GetDirectoryLimits ListTagsForResource""",
    "wafv2": """
        CheckCapacity DescribeManagedRuleGroup GetIPSet GetLoggingConfiguration
        GetPermissionPolicy GetRateBasedStatementManagedKeys GetRegexPatternSet GetRuleGroup
        GetSampledRequests GetWebACL GetWebACLForResource
        ListAvailableManagedRuleGroupVersions ListAvailableManagedRuleGroups ListIPSets
        ListLoggingConfigurations ListManagedRuleSets ListRegexPatternSets
        ListResourcesForWebACL ListRuleGroups ListTagsForResource ListWebACLs""",
    "waf-regional": """
        GetIPSet GetRateBasedRule GetRateBasedRuleManagedKeys GetRule GetRuleGroup
        GetSampledRequests GetWebACL GetWebACLForResource ListIPSets ListRateBasedRules
        ListResourcesForWebACL ListRuleGroups ListRules ListWebACLs""",
    "shield": """
        DescribeAttack DescribeAttackStatistics DescribeProtection DescribeProtectionGroup
        DescribeSubscription GetSubscriptionState ListAttacks ListProtectionGroups
        ListProtections ListResourcesInProtectionGroup""",
    "fms": "GetComplianceDetail GetPolicy ListComplianceStatus ListPolicies",
    "guardduty": """
        DescribeMalwareScans GetCoverageStatistics GetDetector GetFilter GetFindings
        GetFindingsStatistics GetMembers GetUsageStatistics ListCoverage ListDetectors
        ListFilters ListFindings ListIPSets ListMembers ListPublishingDestinations
        ListTagsForResource ListThreatIntelSets""",
    "securityhub": """
        BatchGetSecurityControls BatchGetStandardsControlAssociations DescribeHub
        DescribeProducts DescribeStandards DescribeStandardsControls GetEnabledStandards
        GetFindingAggregator GetFindingHistory GetFindings GetInsightResults GetInsights
        ListEnabledProductsForImport ListFindingAggregators ListMembers
        ListSecurityControlDefinitions ListTagsForResource""",
    "inspector2": """
        BatchGetAccountStatus BatchGetFindingDetails GetConfiguration ListCoverage
        ListCoverageStatistics ListFilters ListFindingAggregations ListFindings ListMembers
        ListTagsForResource ListUsageTotals SearchVulnerabilities""",
    "detective": "ListDatasourcePackages ListGraphs ListIndicators ListInvestigations",
    "macie2": """
        GetAutomatedDiscoveryConfiguration GetFindingStatistics GetMacieSession ListFindings
        ListMembers""",
    "support": """
        DescribeCases DescribeCommunications DescribeServices DescribeSeverityLevels
        DescribeTrustedAdvisorCheckRefreshStatuses DescribeTrustedAdvisorCheckResult
        DescribeTrustedAdvisorCheckSummaries DescribeTrustedAdvisorChecks""",
    "trustedadvisor": """
        GetRecommendation ListChecks ListRecommendationResources ListRecommendations""",
    "service-quotas": """
        GetAWSDefaultServiceQuota GetRequestedServiceQuotaChange GetServiceQuota
        ListAWSDefaultServiceQuotas ListRequestedServiceQuotaChangeHistory
        ListRequestedServiceQuotaChangeHistoryByQuota ListServiceQuotas ListServices""",
    "resourcegroupstaggingapi": "GetComplianceSummary GetResources GetTagKeys GetTagValues",
    "resource-groups": """
        GetGroup GetGroupConfiguration GetGroupQuery GetTags ListGroupResources ListGroups
        SearchResources""",
    "resource-explorer-2": """
        GetDefaultView GetIndex GetView ListIndexes ListSupportedResourceTypes ListViews Search""",
    "ce": """
        GetAnomalies GetAnomalyMonitors GetAnomalySubscriptions GetCostAndUsage
        GetCostAndUsageWithResources GetCostCategories GetCostForecast GetDimensionValues
        GetReservationCoverage GetReservationUtilization GetRightsizingRecommendation
        GetSavingsPlansCoverage GetSavingsPlansUtilization GetTags GetUsageForecast
        ListCostAllocationTags ListCostCategoryDefinitions""",
    "budgets": """
        DescribeBudget DescribeBudgetActionHistories DescribeBudgetActionsForAccount
        DescribeBudgetActionsForBudget DescribeBudgetPerformanceHistory DescribeBudgets
        DescribeNotificationsForBudget""",
    "savingsplans": "DescribeSavingsPlans ListTagsForResource",
    "cost-optimization-hub": """
        GetRecommendation ListRecommendationSummaries ListRecommendations""",
    "compute-optimizer": """
        GetAutoScalingGroupRecommendations GetEBSVolumeRecommendations
        GetEC2InstanceRecommendations GetEC2RecommendationProjectedMetrics
        GetECSServiceRecommendationProjectedMetrics GetECSServiceRecommendations
        GetEffectiveRecommendationPreferences GetEnrollmentStatus GetIdleRecommendations
        GetLambdaFunctionRecommendations GetRDSDatabaseRecommendations
        GetRecommendationSummaries""",
    "license-manager": """
        GetLicenseConfiguration GetServiceSettings ListLicenseConfigurations
        ListResourceInventory ListUsageForLicenseConfiguration""",
    "workspaces": """
        DescribeWorkspaceBundles DescribeWorkspaceDirectories DescribeWorkspaceImages
        DescribeWorkspaces DescribeWorkspacesConnectionStatus""",
}

ON_CALL: Mapping[str, frozenset[str]] = {
    service: frozenset(operations.split())
    for group in (_COMPUTE, _DATA, _NETWORK, _MESSAGES, _WATCHING, _DELIVERY, _ACCOUNT)
    for service, operations in group.items()
}
"""Service to its operations."""
