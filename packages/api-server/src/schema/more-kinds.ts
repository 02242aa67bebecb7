/** The kinds that an API server keeps or reads besides those of object-spec, in the form of its table: see its generated schema. */
export const moreKinds = `ComponentStatus
 apiVersion? string
 kind? string
 metadata ObjectMeta
 conditions? ComponentCondition[]
ComponentCondition
 type string
 status string
 message? string
 error? string
Node
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? NodeSpec
 status? NodeStatus
NodeSpec
 podCIDR? string
 podCIDRs? string[]
 providerID? string
 unschedulable? bool
 taints? Taint[]
 configSource? *NodeConfigSource
 externalID? string
Taint
 key string
 value? string
 effect string
 timeAdded? *Time
NodeConfigSource
 configMap? *ConfigMapNodeConfigSource
ConfigMapNodeConfigSource
 namespace string
 name string
 uid? string
 resourceVersion? string
 kubeletConfigKey string
NodeStatus
 capacity? Quantity{}
 allocatable? Quantity{}
 phase? string
 conditions? NodeCondition[]
 addresses? NodeAddress[]
 daemonEndpoints NodeDaemonEndpoints
 nodeInfo NodeSystemInfo
 images? ContainerImage[]
 volumesInUse? string[]
 volumesAttached? AttachedVolume[]
 config? *NodeConfigStatus
 runtimeHandlers? NodeRuntimeHandler[]
 features? *NodeFeatures
 declaredFeatures? string[]
NodeCondition
 type string
 status string
 lastHeartbeatTime? Time
 lastTransitionTime? Time
 reason? string
 message? string
NodeAddress
 type string
 address string
NodeDaemonEndpoints
 kubeletEndpoint DaemonEndpoint
DaemonEndpoint
 Port int32
NodeSystemInfo
 machineID string
 systemUUID string
 bootID string
 kernelVersion string
 osImage string
 containerRuntimeVersion string
 kubeletVersion string
 kubeProxyVersion string
 operatingSystem string
 architecture string
 swap? *NodeSwapStatus
NodeSwapStatus
 capacity? *int64
ContainerImage
 names string[]
 sizeBytes? int64
AttachedVolume
 name string
 devicePath string
NodeConfigStatus
 assigned? *NodeConfigSource
 active? *NodeConfigSource
 lastKnownGood? *NodeConfigSource
 error? string
NodeRuntimeHandler
 name string
 features? *NodeRuntimeHandlerFeatures
NodeRuntimeHandlerFeatures
 recursiveReadOnlyMounts? *bool
 userNamespaces? *bool
NodeFeatures
 supplementalGroupsPolicy? *bool
Event
 apiVersion? string
 kind? string
 metadata ObjectMeta
 involvedObject ObjectReference
 reason? string
 message? string
 source? EventSource
 firstTimestamp? Time
 lastTimestamp? Time
 count? int32
 type? string
 eventTime? MicroTime
 series? *EventSeries
 action? string
 related? *ObjectReference
 reportingComponent string
 reportingInstance string
EventSource
 component? string
 host? string
EventSeries
 count? int32
 lastObservedTime? MicroTime
NewEvent
 apiVersion? string
 kind? string
 metadata ObjectMeta
 eventTime? MicroTime
 series? *NewEventSeries
 reportingController? string
 reportingInstance? string
 action? string
 reason? string
 regarding? ObjectReference
 related? *ObjectReference
 note? string
 type? string
 deprecatedSource? EventSource
 deprecatedFirstTimestamp? Time
 deprecatedLastTimestamp? Time
 deprecatedCount? int32
NewEventSeries
 count int32
 lastObservedTime? MicroTime
Lease
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? LeaseSpec
LeaseSpec
 holderIdentity? *string
 leaseDurationSeconds? *int32
 acquireTime? *MicroTime
 renewTime? *MicroTime
 leaseTransitions? *int32
 strategy? *string
 preferredHolder? *string
Endpoints
 apiVersion? string
 kind? string
 metadata ObjectMeta
 subsets? EndpointSubset[]
EndpointSubset
 addresses? EndpointAddress[]
 notReadyAddresses? EndpointAddress[]
 ports? CoreEndpointPort[]
EndpointAddress
 ip string
 hostname? string
 nodeName? *string
 targetRef? *ObjectReference
CoreEndpointPort
 name? string
 port int32
 protocol? string
 appProtocol? *string
ReplicationController
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? ReplicationControllerSpec
 status? ReplicationControllerStatus
ReplicationControllerSpec
 replicas? *int32
 minReadySeconds? int32
 selector? string{}
 template? *PodTemplateSpec
ReplicationControllerStatus
 replicas int32
 fullyLabeledReplicas? int32
 readyReplicas? int32
 availableReplicas? int32
 observedGeneration? int64
 conditions? ReplicaSetCondition[]
PodTemplate
 apiVersion? string
 kind? string
 metadata ObjectMeta
 template? PodTemplateSpec
ResourceQuota
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? ResourceQuotaSpec
 status? ResourceQuotaStatus
ResourceQuotaSpec
 hard? Quantity{}
 scopes? string[]
 scopeSelector? *ScopeSelector
ScopeSelector
 matchExpressions? ScopedResourceSelectorRequirement[]
ScopedResourceSelectorRequirement
 scopeName string
 operator string
 values? string[]
ResourceQuotaStatus
 hard? Quantity{}
 used? Quantity{}
ControllerRevision
 apiVersion? string
 kind? string
 metadata ObjectMeta
 data? RawObject
 revision int64
HorizontalPodAutoscaler
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? HorizontalPodAutoscalerSpec
 status? HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec
 scaleTargetRef CrossVersionObjectReference
 minReplicas? *int32
 maxReplicas int32
 metrics? MetricSpec[]
 behavior? *HorizontalPodAutoscalerBehavior
CrossVersionObjectReference
 kind string
 name string
 apiVersion? string
HorizontalPodAutoscalerBehavior
 scaleUp? *HPAScalingRules
 scaleDown? *HPAScalingRules
HPAScalingRules
 stabilizationWindowSeconds? *int32
 selectPolicy? *string
 policies? HPAScalingPolicy[]
 tolerance? *Quantity
HPAScalingPolicy
 type string
 value int32
 periodSeconds int32
MetricSpec
 type string
 object? *ObjectMetricSource
 pods? *PodsMetricSource
 resource? *ResourceMetricSource
 containerResource? *ContainerResourceMetricSource
 external? *ExternalMetricSource
ObjectMetricSource
 describedObject CrossVersionObjectReference
 target MetricTarget
 metric MetricIdentifier
PodsMetricSource
 metric MetricIdentifier
 target MetricTarget
ResourceMetricSource
 name string
 target MetricTarget
ContainerResourceMetricSource
 name string
 target MetricTarget
 container string
ExternalMetricSource
 metric MetricIdentifier
 target MetricTarget
MetricTarget
 type string
 value? *Quantity
 averageValue? *Quantity
 averageUtilization? *int32
MetricIdentifier
 name string
 selector? *LabelSelector
HorizontalPodAutoscalerStatus
 observedGeneration? *int64
 lastScaleTime? *Time
 currentReplicas? int32
 desiredReplicas int32
 currentMetrics MetricStatus[]
 conditions? HorizontalPodAutoscalerCondition[]
HorizontalPodAutoscalerCondition
 type string
 status string
 lastTransitionTime? Time
 reason? string
 message? string
MetricStatus
 type string
 object? *ObjectMetricStatus
 pods? *PodsMetricStatus
 resource? *ResourceMetricStatus
 containerResource? *ContainerResourceMetricStatus
 external? *ExternalMetricStatus
MetricValueStatus
 value? *Quantity
 averageValue? *Quantity
 averageUtilization? *int32
ObjectMetricStatus
 metric MetricIdentifier
 current MetricValueStatus
 describedObject CrossVersionObjectReference
PodsMetricStatus
 metric MetricIdentifier
 current MetricValueStatus
ResourceMetricStatus
 name string
 current MetricValueStatus
ContainerResourceMetricStatus
 name string
 current MetricValueStatus
 container string
ExternalMetricStatus
 metric MetricIdentifier
 current MetricValueStatus
Scale
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? ScaleSpec
 status? ScaleStatus
ScaleSpec
 replicas? int32
ScaleStatus
 replicas int32
 selector? string
Binding
 apiVersion? string
 kind? string
 metadata ObjectMeta
 target ObjectReference
Eviction
 apiVersion? string
 kind? string
 metadata ObjectMeta
 deleteOptions? *DeleteOptions
DeleteOptions
 apiVersion? string
 kind? string
 gracePeriodSeconds? *int64
 preconditions? *Preconditions
 orphanDependents? *bool
 propagationPolicy? *string
 dryRun? string[]
 ignoreStoreReadErrorWithClusterBreakingPotential? *bool
Preconditions
 uid? *string
 resourceVersion? *string
TokenRequest
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec TokenRequestSpec
 status? TokenRequestStatus
TokenRequestSpec
 audiences string[]
 expirationSeconds? *int64
 boundObjectRef? *BoundObjectReference
BoundObjectReference
 kind? string
 apiVersion? string
 name? string
 uid? string
TokenRequestStatus
 token string
 expirationTimestamp Time
TokenReview
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec TokenReviewSpec
 status? TokenReviewStatus
TokenReviewSpec
 token? string
 audiences? string[]
TokenReviewStatus
 authenticated? bool
 user? UserInfo
 audiences? string[]
 error? string
UserInfo
 username? string
 uid? string
 groups? string[]
 extra? RawObject
SelfSubjectReview
 apiVersion? string
 kind? string
 metadata ObjectMeta
 status? SelfSubjectReviewStatus
SelfSubjectReviewStatus
 userInfo? UserInfo
SubjectAccessReview
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec SubjectAccessReviewSpec
 status? SubjectAccessReviewStatus
LocalSubjectAccessReview
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec SubjectAccessReviewSpec
 status? SubjectAccessReviewStatus
SubjectAccessReviewSpec
 resourceAttributes? *ResourceAttributes
 nonResourceAttributes? *NonResourceAttributes
 user? string
 groups? string[]
 extra? RawObject
 uid? string
SelfSubjectAccessReview
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec SelfSubjectAccessReviewSpec
 status? SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec
 resourceAttributes? *ResourceAttributes
 nonResourceAttributes? *NonResourceAttributes
ResourceAttributes
 namespace? string
 verb? string
 group? string
 version? string
 resource? string
 subresource? string
 name? string
 fieldSelector? *FieldSelectorAttributes
 labelSelector? *LabelSelectorAttributes
FieldSelectorAttributes
 rawSelector? string
 requirements? FieldSelectorRequirement[]
FieldSelectorRequirement
 key string
 operator string
 values? string[]
LabelSelectorAttributes
 rawSelector? string
 requirements? LabelSelectorRequirement[]
NonResourceAttributes
 path? string
 verb? string
SubjectAccessReviewStatus
 allowed bool
 denied? bool
 reason? string
 evaluationError? string
SelfSubjectRulesReview
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec SelfSubjectRulesReviewSpec
 status? SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec
 namespace? string
SubjectRulesReviewStatus
 resourceRules RawObject
 nonResourceRules RawObject
 incomplete bool
 evaluationError? string
NodeMetrics
 apiVersion? string
 kind? string
 metadata ObjectMeta
 timestamp Time
 window string
 usage Quantity{}
PodMetrics
 apiVersion? string
 kind? string
 metadata ObjectMeta
 timestamp Time
 window string
 containers ContainerMetrics[]
ContainerMetrics
 name string
 usage Quantity{}`;
