// Generated from tools/pod-schema/objects.schema by `pnpm --filter @solo-kubelet-tools/pod-schema generate`. Do not edit.

/** Every type (at the margin) and its fields: `name[?] [*]type[[]|{}] [@GATE]`; `?` = left out when empty, `*` = may be unset, `@GATE` = only with that feature gate. */
export const schemaTable = `ConfigMap
 apiVersion? string
 kind? string
 metadata ObjectMeta
 immutable? *bool
 data? string{}
 binaryData? Bytes{}
Secret
 apiVersion? string
 kind? string
 metadata ObjectMeta
 immutable? *bool
 data? Bytes{}
 stringData? string{}
 type? string
ServiceAccount
 apiVersion? string
 kind? string
 metadata ObjectMeta
 secrets? ObjectReference[]
 imagePullSecrets? LocalObjectReference[]
 automountServiceAccountToken? *bool
ObjectReference
 kind? string
 namespace? string
 name? string
 uid? string
 apiVersion? string
 resourceVersion? string
 fieldPath? string
Namespace
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? NamespaceSpec
 status? NamespaceStatus
NamespaceSpec
 finalizers? string[]
NamespaceStatus
 phase? string
 conditions? NamespaceCondition[]
NamespaceCondition
 type string
 status string
 lastTransitionTime? Time
 reason? string
 message? string
LimitRange
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? LimitRangeSpec
LimitRangeSpec
 limits LimitRangeItem[]
LimitRangeItem
 type string
 max? Quantity{}
 min? Quantity{}
 default? Quantity{}
 defaultRequest? Quantity{}
 maxLimitRequestRatio? Quantity{}
PersistentVolume
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec PersistentVolumeSpec
 status? PersistentVolumeStatus
PersistentVolumeSpec
 ...PersistentVolumeSource
 capacity? Quantity{}
 accessModes? string[]
 claimRef? *ObjectReference
 persistentVolumeReclaimPolicy? string
 storageClassName? string
 mountOptions? string[]
 volumeMode? *string
 nodeAffinity? *VolumeNodeAffinity
 volumeAttributesClassName? *string
PersistentVolumeSource
 gcePersistentDisk? *GCEPersistentDiskVolumeSource
 awsElasticBlockStore? *AWSElasticBlockStoreVolumeSource
 hostPath? *HostPathVolumeSource
 glusterfs? *GlusterfsPersistentVolumeSource
 nfs? *NFSVolumeSource
 rbd? *RBDPersistentVolumeSource
 iscsi? *ISCSIPersistentVolumeSource
 cinder? *CinderPersistentVolumeSource
 cephfs? *CephFSPersistentVolumeSource
 fc? *FCVolumeSource
 flocker? *FlockerVolumeSource
 flexVolume? *FlexPersistentVolumeSource
 azureFile? *AzureFilePersistentVolumeSource
 vsphereVolume? *VsphereVirtualDiskVolumeSource
 quobyte? *QuobyteVolumeSource
 azureDisk? *AzureDiskVolumeSource
 photonPersistentDisk? *PhotonPersistentDiskVolumeSource
 portworxVolume? *PortworxVolumeSource
 scaleIO? *ScaleIOPersistentVolumeSource
 local? *LocalVolumeSource
 storageos? *StorageOSPersistentVolumeSource
 csi? *CSIPersistentVolumeSource
GlusterfsPersistentVolumeSource
 endpoints string
 path string
 readOnly? bool
 endpointsNamespace? *string
RBDPersistentVolumeSource
 monitors string[]
 image string
 fsType? string
 pool? string
 user? string
 keyring? string
 secretRef? *SecretReference
 readOnly? bool
SecretReference
 name? string
 namespace? string
ISCSIPersistentVolumeSource
 targetPortal string
 iqn string
 lun int32
 iscsiInterface? string
 fsType? string
 readOnly? bool
 portals? string[]
 chapAuthDiscovery? bool
 chapAuthSession? bool
 secretRef? *SecretReference
 initiatorName? *string
CinderPersistentVolumeSource
 volumeID string
 fsType? string
 readOnly? bool
 secretRef? *SecretReference
CephFSPersistentVolumeSource
 monitors string[]
 path? string
 user? string
 secretFile? string
 secretRef? *SecretReference
 readOnly? bool
FlexPersistentVolumeSource
 driver string
 fsType? string
 secretRef? *SecretReference
 readOnly? bool
 options? string{}
AzureFilePersistentVolumeSource
 secretName string
 shareName string
 readOnly? bool
 secretNamespace *string
ScaleIOPersistentVolumeSource
 gateway string
 system string
 secretRef *SecretReference
 sslEnabled? bool
 protectionDomain? string
 storagePool? string
 storageMode? string
 volumeName? string
 fsType? string
 readOnly? bool
LocalVolumeSource
 path string
 fsType? *string
StorageOSPersistentVolumeSource
 volumeName? string
 volumeNamespace? string
 fsType? string
 readOnly? bool
 secretRef? *ObjectReference
CSIPersistentVolumeSource
 driver string
 volumeHandle string
 readOnly? bool
 fsType? string
 volumeAttributes? string{}
 controllerPublishSecretRef? *SecretReference
 nodeStageSecretRef? *SecretReference
 nodePublishSecretRef? *SecretReference
 controllerExpandSecretRef? *SecretReference
 nodeExpandSecretRef? *SecretReference
VolumeNodeAffinity
 required? *NodeSelector
PersistentVolumeStatus
 phase? string
 message? string
 reason? string
 lastPhaseTransitionTime? *Time
PersistentVolumeClaim
 apiVersion? string
 kind? string
 metadata? ObjectMeta
 spec? PersistentVolumeClaimSpec
 status? PersistentVolumeClaimStatus
PersistentVolumeClaimStatus
 phase? string
 accessModes? string[]
 capacity? Quantity{}
 conditions? PersistentVolumeClaimCondition[]
 allocatedResources? Quantity{}
 allocatedResourceStatuses? string{}
 currentVolumeAttributesClassName? *string
 modifyVolumeStatus? *ModifyVolumeStatus
PersistentVolumeClaimCondition
 type string
 status string
 lastProbeTime? Time
 lastTransitionTime? Time
 reason? string
 message? string
ModifyVolumeStatus
 targetVolumeAttributesClassName? string
 status string
Service
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec ServiceSpec
 status? ServiceStatus
ServiceSpec
 ports? ServicePort[]
 selector? string{}
 clusterIP? string
 clusterIPs? string[]
 type? string
 externalIPs? string[]
 sessionAffinity? string
 loadBalancerIP? string
 loadBalancerSourceRanges? string[]
 externalName? string
 externalTrafficPolicy? string
 healthCheckNodePort? int32
 publishNotReadyAddresses? bool
 sessionAffinityConfig? *SessionAffinityConfig
 ipFamilies? string[]
 ipFamilyPolicy? *string
 allocateLoadBalancerNodePorts? *bool
 loadBalancerClass? *string
 internalTrafficPolicy? *string
 trafficDistribution? *string
ServicePort
 name? string
 protocol? string
 appProtocol? *string
 port int32
 targetPort? IntOrString
 nodePort? int32
SessionAffinityConfig
 clientIP? *ClientIPConfig
ClientIPConfig
 timeoutSeconds? *int32
ServiceStatus
 loadBalancer? LoadBalancerStatus
 conditions? Condition[]
LoadBalancerStatus
 ingress? LoadBalancerIngress[]
LoadBalancerIngress
 ip? string
 hostname? string
 ipMode? *string
 ports? PortStatus[]
PortStatus
 port int32
 protocol string
 error? *string
Condition
 type string
 status string
 observedGeneration? int64
 lastTransitionTime Time
 reason string
 message string
PriorityClass
 apiVersion? string
 kind? string
 metadata ObjectMeta
 value int32
 globalDefault? bool
 description? string
 preemptionPolicy? *string
RuntimeClass
 apiVersion? string
 kind? string
 metadata ObjectMeta
 handler string
 overhead? *Overhead
 scheduling? *Scheduling
Overhead
 podFixed? Quantity{}
Scheduling
 nodeSelector? string{}
 tolerations? Toleration[]
StorageClass
 apiVersion? string
 kind? string
 metadata ObjectMeta
 provisioner string
 parameters? string{}
 reclaimPolicy? *string
 mountOptions? string[]
 allowVolumeExpansion? *bool
 volumeBindingMode? *string
 allowedTopologies? TopologySelectorTerm[]
TopologySelectorTerm
 matchLabelExpressions? TopologySelectorLabelRequirement[]
TopologySelectorLabelRequirement
 key string
 values string[]
Deployment
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec DeploymentSpec
 status? DeploymentStatus
DeploymentSpec
 replicas? *int32
 selector *LabelSelector
 template PodTemplateSpec
 strategy? DeploymentStrategy
 minReadySeconds? int32
 revisionHistoryLimit? *int32
 paused? bool
 progressDeadlineSeconds? *int32
PodTemplateSpec
 metadata? ObjectMeta
 spec? PodSpec
DeploymentStrategy
 type? string
 rollingUpdate? *RollingUpdateDeployment
RollingUpdateDeployment
 maxUnavailable? *IntOrString
 maxSurge? *IntOrString
DeploymentStatus
 observedGeneration? int64
 replicas? int32
 updatedReplicas? int32
 readyReplicas? int32
 availableReplicas? int32
 unavailableReplicas? int32
 terminatingReplicas? *int32
 conditions? DeploymentCondition[]
 collisionCount? *int32
DeploymentCondition
 type string
 status string
 lastUpdateTime? Time
 lastTransitionTime? Time
 reason? string
 message? string
ReplicaSet
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec ReplicaSetSpec
 status? ReplicaSetStatus
ReplicaSetSpec
 replicas? *int32
 minReadySeconds? int32
 selector *LabelSelector
 template? PodTemplateSpec
ReplicaSetStatus
 replicas int32
 fullyLabeledReplicas? int32
 readyReplicas? int32
 availableReplicas? int32
 terminatingReplicas? *int32
 observedGeneration? int64
 conditions? ReplicaSetCondition[]
ReplicaSetCondition
 type string
 status string
 lastTransitionTime? Time
 reason? string
 message? string
StatefulSet
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec StatefulSetSpec
 status? StatefulSetStatus
StatefulSetSpec
 replicas? *int32
 selector *LabelSelector
 template PodTemplateSpec
 volumeClaimTemplates? PersistentVolumeClaim[]
 serviceName string
 podManagementPolicy? string
 updateStrategy? StatefulSetUpdateStrategy
 revisionHistoryLimit? *int32
 minReadySeconds? int32
 persistentVolumeClaimRetentionPolicy? *StatefulSetPersistentVolumeClaimRetentionPolicy
 ordinals? *StatefulSetOrdinals
StatefulSetUpdateStrategy
 type? string
 rollingUpdate? *RollingUpdateStatefulSetStrategy
RollingUpdateStatefulSetStrategy
 partition? *int32
 maxUnavailable? *IntOrString
StatefulSetPersistentVolumeClaimRetentionPolicy
 whenDeleted? string
 whenScaled? string
StatefulSetOrdinals
 start int32
StatefulSetStatus
 observedGeneration? int64
 replicas int32
 readyReplicas? int32
 currentReplicas? int32
 updatedReplicas? int32
 currentRevision? string
 updateRevision? string
 collisionCount? *int32
 conditions? StatefulSetCondition[]
 availableReplicas int32
StatefulSetCondition
 type string
 status string
 lastTransitionTime? Time
 reason? string
 message? string
DaemonSet
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec DaemonSetSpec
 status? DaemonSetStatus
DaemonSetSpec
 selector *LabelSelector
 template PodTemplateSpec
 updateStrategy? DaemonSetUpdateStrategy
 minReadySeconds? int32
 revisionHistoryLimit? *int32
DaemonSetUpdateStrategy
 type? string
 rollingUpdate? *RollingUpdateDaemonSet
RollingUpdateDaemonSet
 maxUnavailable? *IntOrString
 maxSurge? *IntOrString
DaemonSetStatus
 currentNumberScheduled int32
 numberMisscheduled int32
 desiredNumberScheduled int32
 numberReady int32
 observedGeneration? int64
 updatedNumberScheduled? int32
 numberAvailable? int32
 numberUnavailable? int32
 collisionCount? *int32
 conditions? DaemonSetCondition[]
DaemonSetCondition
 type string
 status string
 lastTransitionTime? Time
 reason? string
 message? string
Job
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec JobSpec
 status? JobStatus
JobSpec
 parallelism? *int32
 completions? *int32
 activeDeadlineSeconds? *int64
 podFailurePolicy? *PodFailurePolicy
 successPolicy? *SuccessPolicy
 backoffLimit? *int32
 backoffLimitPerIndex? *int32
 maxFailedIndexes? *int32
 selector? *LabelSelector
 manualSelector? *bool
 template PodTemplateSpec
 ttlSecondsAfterFinished? *int32
 completionMode? *string
 suspend? *bool
 podReplacementPolicy? *string
 managedBy? *string
PodFailurePolicy
 rules PodFailurePolicyRule[]
PodFailurePolicyRule
 action string
 onExitCodes? *PodFailurePolicyOnExitCodesRequirement
 onPodConditions? PodFailurePolicyOnPodConditionsPattern[]
PodFailurePolicyOnExitCodesRequirement
 containerName? *string
 operator string
 values int32[]
PodFailurePolicyOnPodConditionsPattern
 type string
 status string
SuccessPolicy
 rules SuccessPolicyRule[]
SuccessPolicyRule
 succeededIndexes? *string
 succeededCount? *int32
JobStatus
 conditions? JobCondition[]
 startTime? *Time
 completionTime? *Time
 active? int32
 succeeded? int32
 failed? int32
 terminating? *int32
 completedIndexes? string
 failedIndexes? *string
 uncountedTerminatedPods? *UncountedTerminatedPods
 ready? *int32
JobCondition
 type string
 status string
 lastProbeTime? Time
 lastTransitionTime? Time
 reason? string
 message? string
UncountedTerminatedPods
 succeeded? string[]
 failed? string[]
CronJob
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec CronJobSpec
 status? CronJobStatus
CronJobSpec
 schedule string
 timeZone? *string
 startingDeadlineSeconds? *int64
 concurrencyPolicy? string
 suspend? *bool
 jobTemplate JobTemplateSpec
 successfulJobsHistoryLimit? *int32
 failedJobsHistoryLimit? *int32
JobTemplateSpec
 metadata? ObjectMeta
 spec? JobSpec
CronJobStatus
 active? ObjectReference[]
 lastScheduleTime? *Time
 lastSuccessfulTime? *Time
EndpointSlice
 apiVersion? string
 kind? string
 metadata ObjectMeta
 addressType string
 endpoints Endpoint[]
 ports EndpointPort[]
Endpoint
 addresses string[]
 conditions? EndpointConditions
 hostname? *string
 targetRef? *ObjectReference
 deprecatedTopology? string{}
 nodeName? *string
 zone? *string
 hints? *EndpointHints
EndpointConditions
 ready? *bool
 serving? *bool
 terminating? *bool
EndpointHints
 forZones? ForZone[]
 forNodes? ForNode[]
ForZone
 name string
ForNode
 name string
EndpointPort
 name? *string
 protocol? *string
 port? *int32
 appProtocol? *string
Ingress
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? IngressSpec
 status? IngressStatus
IngressSpec
 ingressClassName? *string
 defaultBackend? *IngressBackend
 tls? IngressTLS[]
 rules? IngressRule[]
IngressBackend
 service? *IngressServiceBackend
 resource? *TypedLocalObjectReference
IngressServiceBackend
 name string
 port? ServiceBackendPort
ServiceBackendPort
 name? string
 number? int32
IngressTLS
 hosts? string[]
 secretName? string
IngressRule
 ...IngressRuleValue
 host? string
IngressRuleValue
 http? *HTTPIngressRuleValue
HTTPIngressRuleValue
 paths HTTPIngressPath[]
HTTPIngressPath
 path? string
 pathType *string
 backend IngressBackend
IngressStatus
 loadBalancer? IngressLoadBalancerStatus
IngressLoadBalancerStatus
 ingress? IngressLoadBalancerIngress[]
IngressLoadBalancerIngress
 ip? string
 hostname? string
 ports? IngressPortStatus[]
IngressPortStatus
 port int32
 protocol string
 error? *string
IngressClass
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? IngressClassSpec
IngressClassSpec
 controller? string
 parameters? *IngressClassParametersReference
IngressClassParametersReference
 apiGroup? *string
 kind string
 name string
 scope *string
 namespace? *string
NetworkPolicy
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? NetworkPolicySpec
NetworkPolicySpec
 podSelector LabelSelector
 ingress? NetworkPolicyIngressRule[]
 egress? NetworkPolicyEgressRule[]
 policyTypes? string[]
NetworkPolicyIngressRule
 ports? NetworkPolicyPort[]
 from? NetworkPolicyPeer[]
NetworkPolicyPort
 protocol? *string
 port? *IntOrString
 endPort? *int32
NetworkPolicyPeer
 podSelector? *LabelSelector
 namespaceSelector? *LabelSelector
 ipBlock? *IPBlock
IPBlock
 cidr string
 except? string[]
NetworkPolicyEgressRule
 ports? NetworkPolicyPort[]
 to? NetworkPolicyPeer[]
Role
 apiVersion? string
 kind? string
 metadata ObjectMeta
 rules PolicyRule[]
PolicyRule
 verbs string[]
 apiGroups? string[]
 resources? string[]
 resourceNames? string[]
 nonResourceURLs? string[]
RoleBinding
 apiVersion? string
 kind? string
 metadata ObjectMeta
 subjects? Subject[]
 roleRef RoleRef
Subject
 kind string
 apiGroup? string
 name string
 namespace? string
RoleRef
 apiGroup string
 kind string
 name string
ClusterRole
 apiVersion? string
 kind? string
 metadata ObjectMeta
 rules PolicyRule[]
 aggregationRule? *AggregationRule
AggregationRule
 clusterRoleSelectors? LabelSelector[]
ClusterRoleBinding
 apiVersion? string
 kind? string
 metadata ObjectMeta
 subjects? Subject[]
 roleRef RoleRef
PodDisruptionBudget
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec? PodDisruptionBudgetSpec
 status? PodDisruptionBudgetStatus
PodDisruptionBudgetSpec
 minAvailable? *IntOrString
 selector? *LabelSelector
 maxUnavailable? *IntOrString
 unhealthyPodEvictionPolicy? *string
PodDisruptionBudgetStatus
 observedGeneration? int64
 disruptedPods? Time{}
 disruptionsAllowed int32
 currentHealthy int32
 desiredHealthy int32
 expectedPods int32
 conditions? Condition[]
GatewayClass
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec GatewayClassSpec
 status? GatewayClassStatus
GatewayClassSpec
 controllerName string
 parametersRef? *GatewayParametersReference
 description? *string
GatewayParametersReference
 group string
 kind string
 name string
 namespace? *string
GatewayClassStatus
 conditions? Condition[]
 supportedFeatures? SupportedFeature[]
SupportedFeature
 name string
Gateway
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec GatewaySpec
 status? GatewayStatus
GatewaySpec
 gatewayClassName string
 listeners GatewayListener[]
 addresses? GatewayAddress[]
 infrastructure? *GatewayInfrastructure
GatewayAddress
 type? *string
 value? string
GatewayInfrastructure
 labels? string{}
 annotations? string{}
 parametersRef? *GatewayLocalReference
GatewayLocalReference
 group string
 kind string
 name string
GatewayListener
 name string
 hostname? *string
 port int32
 protocol string
 tls? *GatewayListenerTLS
 allowedRoutes? *AllowedRoutes
GatewayListenerTLS
 mode? *string
 certificateRefs? SecretObjectReference[]
 options? string{}
SecretObjectReference
 group? *string
 kind? *string
 name string
 namespace? *string
AllowedRoutes
 namespaces? *RouteNamespaces
 kinds? RouteGroupKind[]
RouteNamespaces
 from? *string
 selector? *LabelSelector
RouteGroupKind
 group? *string
 kind string
GatewayStatus
 addresses? GatewayAddress[]
 conditions? Condition[]
 listeners? GatewayListenerStatus[]
GatewayListenerStatus
 name string
 supportedKinds? RouteGroupKind[]
 attachedRoutes int32
 conditions Condition[]
HTTPRoute
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec HTTPRouteSpec
 status? HTTPRouteStatus
HTTPRouteSpec
 parentRefs? GatewayParentReference[]
 hostnames? string[]
 rules? HTTPRouteRule[]
GatewayParentReference
 group? *string
 kind? *string
 namespace? *string
 name string
 sectionName? *string
 port? *int32
HTTPRouteRule
 name? *string
 matches? HTTPRouteMatch[]
 filters? HTTPRouteFilter[]
 backendRefs? HTTPBackendRef[]
 timeouts? *HTTPRouteTimeouts
HTTPRouteMatch
 path? *HTTPPathMatch
 headers? HTTPHeaderMatch[]
 queryParams? HTTPQueryParamMatch[]
 method? *string
HTTPPathMatch
 type? *string
 value? *string
HTTPHeaderMatch
 type? *string
 name string
 value string
HTTPQueryParamMatch
 type? *string
 name string
 value string
HTTPRouteFilter
 type string
 requestHeaderModifier? *HTTPHeaderFilter
 responseHeaderModifier? *HTTPHeaderFilter
 requestMirror? *RawObject
 requestRedirect? *HTTPRequestRedirectFilter
 urlRewrite? *HTTPURLRewriteFilter
 cors? *RawObject
 externalAuth? *RawObject
 extensionRef? *GatewayLocalReference
HTTPHeaderFilter
 set? HTTPFilterHeader[]
 add? HTTPFilterHeader[]
 remove? string[]
HTTPFilterHeader
 name string
 value string
HTTPRequestRedirectFilter
 scheme? *string
 hostname? *string
 path? *HTTPPathModifier
 port? *int32
 statusCode? *int32
HTTPURLRewriteFilter
 hostname? *string
 path? *HTTPPathModifier
HTTPPathModifier
 type string
 replaceFullPath? *string
 replacePrefixMatch? *string
HTTPBackendRef
 group? *string
 kind? *string
 name string
 namespace? *string
 port? *int32
 weight? *int32
 filters? HTTPRouteFilter[]
HTTPRouteTimeouts
 request? *string
 backendRequest? *string
HTTPRouteStatus
 parents RouteParentStatus[]
RouteParentStatus
 parentRef GatewayParentReference
 controllerName string
 conditions? Condition[]
ReferenceGrant
 apiVersion? string
 kind? string
 metadata ObjectMeta
 spec ReferenceGrantSpec
ReferenceGrantSpec
 from ReferenceGrantFrom[]
 to ReferenceGrantTo[]
ReferenceGrantFrom
 group string
 kind string
 namespace string
ReferenceGrantTo
 group string
 kind string
 name? *string`;
