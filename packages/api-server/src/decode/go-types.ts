/** Names that Go has for the types of texts, a structure a line: its fields with the type, of the package v1 where no other is named. */
const TABLE = `
AppArmorProfile type=AppArmorProfileType
AttachedVolume name=UniqueVolumeName
AzureDiskVolumeSource cachingMode=AzureDataDiskCachingMode kind=AzureDataDiskKind
CSIDriverSpec volumeLifecycleModes=VolumeLifecycleMode fsGroupPolicy=FSGroupPolicy
Capabilities add=Capability drop=Capability
ComponentCondition type=ComponentConditionType status=ConditionStatus
Condition status=ConditionStatus
ConfigMapNodeConfigSource uid=types.UID
Container restartPolicy=ContainerRestartPolicy terminationMessagePolicy=TerminationMessagePolicy imagePullPolicy=PullPolicy
ContainerPort protocol=Protocol
ContainerResizePolicy resourceName=ResourceName restartPolicy=ResourceResizeRestartPolicy
ContainerResourceMetricSource name=ResourceName
ContainerResourceMetricStatus name=ResourceName
ContainerRestartRule action=ContainerRestartRuleAction
ContainerRestartRuleOnExitCodes operator=ContainerRestartRuleOnExitCodesOperator
ContainerStatus stopSignal=Signal
CronJobSpec concurrencyPolicy=ConcurrencyPolicy
DaemonSetCondition type=DaemonSetConditionType status=ConditionStatus
DaemonSetUpdateStrategy type=DaemonSetUpdateStrategyType
DeleteOptions propagationPolicy=DeletionPropagation
DeploymentCondition type=DeploymentConditionType status=ConditionStatus
DeploymentStrategy type=DeploymentStrategyType
EmptyDirVolumeSource medium=StorageMedium
EndpointPort protocol=Protocol
EndpointSlice addressType=AddressType
EphemeralContainerCommon restartPolicy=ContainerRestartPolicy terminationMessagePolicy=TerminationMessagePolicy imagePullPolicy=PullPolicy
FieldSelectorRequirement operator=FieldSelectorOperator
HPAScalingPolicy type=HPAScalingPolicyType
HPAScalingRules selectPolicy=ScalingPolicySelect
HTTPGetAction scheme=URIScheme
HTTPIngressPath pathType=PathType
HorizontalPodAutoscalerCondition type=HorizontalPodAutoscalerConditionType status=ConditionStatus
HostPathVolumeSource type=HostPathType
ImageVolumeSource pullPolicy=PullPolicy
IngressPortStatus protocol=Protocol
JobCondition type=JobConditionType status=ConditionStatus
JobSpec completionMode=CompletionMode podReplacementPolicy=PodReplacementPolicy
LabelSelectorRequirement operator=LabelSelectorOperator
LeaseSpec strategy=CoordinatedLeaseStrategy
Lifecycle stopSignal=Signal
LimitRangeItem type=LimitType
ListOptions resourceVersionMatch=ResourceVersionMatch
LoadBalancerIngress ipMode=LoadBalancerIPMode
ManagedFieldsEntry operation=ManagedFieldsOperationType
MetricSpec type=MetricSourceType
MetricStatus type=MetricSourceType
MetricTarget type=MetricTargetType
ModifyVolumeStatus status=PersistentVolumeClaimModifyVolumeStatus
NamespaceCondition type=NamespaceConditionType status=ConditionStatus
NamespaceSpec finalizers=FinalizerName
NamespaceStatus phase=NamespacePhase
NetworkPolicyPort protocol=Protocol
NetworkPolicySpec policyTypes=PolicyType
NodeAddress type=NodeAddressType
NodeCondition type=NodeConditionType status=ConditionStatus
NodeSelectorRequirement operator=NodeSelectorOperator
NodeStatus phase=NodePhase volumesInUse=UniqueVolumeName
ObjectMeta uid=types.UID
ObjectReference uid=types.UID
OwnerReference uid=types.UID
PersistentVolumeClaimCondition type=PersistentVolumeClaimConditionType status=ConditionStatus
PersistentVolumeClaimSpec accessModes=PersistentVolumeAccessMode volumeMode=PersistentVolumeMode
PersistentVolumeClaimStatus phase=PersistentVolumeClaimPhase accessModes=PersistentVolumeAccessMode
PersistentVolumeSpec accessModes=PersistentVolumeAccessMode persistentVolumeReclaimPolicy=PersistentVolumeReclaimPolicy volumeMode=PersistentVolumeMode
PersistentVolumeStatus phase=PersistentVolumePhase
PodCondition type=PodConditionType status=ConditionStatus
PodDisruptionBudgetSpec unhealthyPodEvictionPolicy=UnhealthyPodEvictionPolicyType
PodFailurePolicyOnExitCodesRequirement operator=PodFailurePolicyOnExitCodesOperator
PodFailurePolicyOnPodConditionsPattern type=PodConditionType status=ConditionStatus
PodFailurePolicyRule action=PodFailurePolicyAction
PodOS name=OSName
PodReadinessGate conditionType=PodConditionType
PodSecurityContext supplementalGroupsPolicy=SupplementalGroupsPolicy fsGroupChangePolicy=PodFSGroupChangePolicy seLinuxChangePolicy=PodSELinuxChangePolicy
PodSpec restartPolicy=RestartPolicy dnsPolicy=DNSPolicy preemptionPolicy=PreemptionPolicy
PodStatus phase=PodPhase qosClass=PodQOSClass resize=PodResizeStatus
PortStatus protocol=Protocol
Preconditions uid=types.UID
ReplicaSetCondition type=ReplicaSetConditionType status=ConditionStatus
ReplicationControllerCondition type=ReplicationControllerConditionType status=ConditionStatus
ResourceHealth resourceID=ResourceID health=ResourceHealthStatus
ResourceMetricSource name=ResourceName
ResourceMetricStatus name=ResourceName
ResourceQuotaSpec scopes=ResourceQuotaScope
ResourceStatus name=ResourceName
ScopedResourceSelectorRequirement scopeName=ResourceQuotaScope operator=ScopeSelectorOperator
SeccompProfile type=SeccompProfileType
Secret type=SecretType
SecurityContext procMount=ProcMountType
ServicePort protocol=Protocol
ServiceSpec type=ServiceType sessionAffinity=ServiceAffinity externalTrafficPolicy=ServiceExternalTrafficPolicy ipFamilies=IPFamily ipFamilyPolicy=IPFamilyPolicy internalTrafficPolicy=ServiceInternalTrafficPolicy
StatefulSetCondition type=StatefulSetConditionType status=ConditionStatus
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted=PersistentVolumeClaimRetentionPolicyType whenScaled=PersistentVolumeClaimRetentionPolicyType
StatefulSetSpec podManagementPolicy=PodManagementPolicyType
StatefulSetUpdateStrategy type=StatefulSetUpdateStrategyType
Status reason=StatusReason
StatusCause reason=CauseType
StatusDetails uid=types.UID
StorageClass reclaimPolicy=PersistentVolumeReclaimPolicy volumeBindingMode=VolumeBindingMode
TableOptions includeObject=IncludeObjectPolicy
TableRowCondition type=RowConditionType status=ConditionStatus
Taint effect=TaintEffect
Toleration operator=TolerationOperator effect=TaintEffect
TopologySpreadConstraint whenUnsatisfiable=UnsatisfiableConstraintAction nodeAffinityPolicy=NodeInclusionPolicy nodeTaintsPolicy=NodeInclusionPolicy
UncountedTerminatedPods succeeded=types.UID failed=types.UID
VolumeMount recursiveReadOnly=RecursiveReadOnlyMode mountPropagation=MountPropagationMode
VolumeMountStatus recursiveReadOnly=RecursiveReadOnlyMode
`;

const types: ReadonlyMap<string, string> = new Map(
  TABLE.trim()
    .split('\n')
    .flatMap((line) => {
      const [struct = '', ...fields] = line.split(' ');
      return fields.map((field) => {
        const [name = '', type = ''] = field.split('=');
        return [`${struct}.${name}`, type.includes('.') ? type : `v1.${type}`] as const;
      });
    }),
);

/** The Go type of a field that holds a text; plain ones have none of their own. */
export const goTextType = (struct: string, field: string): string | undefined => types.get(`${struct}.${field}`);

/** Structures that are parts of others without a field of their own, and that Go names in paths all the same. */
const EMBEDDED: Readonly<Record<string, string>> = {
  Volume: 'VolumeSource',
  PersistentVolumeSpec: 'PersistentVolumeSource',
  SecretProjection: 'LocalObjectReference',
  ConfigMapVolumeSource: 'LocalObjectReference',
  ConfigMapProjection: 'LocalObjectReference',
  ConfigMapKeySelector: 'LocalObjectReference',
  SecretKeySelector: 'LocalObjectReference',
  ConfigMapEnvSource: 'LocalObjectReference',
  SecretEnvSource: 'LocalObjectReference',
  Probe: 'ProbeHandler',
  EphemeralContainer: 'EphemeralContainerCommon',
  IngressRule: 'IngressRuleValue',
};

/** Fields that such a structure has besides. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  Volume: ['name'],
  SecretProjection: ['items', 'optional'],
  ConfigMapVolumeSource: ['items', 'defaultMode', 'optional', 'defaultUser'],
  ConfigMapProjection: ['items', 'optional'],
  ConfigMapKeySelector: ['key', 'optional'],
  SecretKeySelector: ['key', 'optional'],
  ConfigMapEnvSource: ['optional'],
  SecretEnvSource: ['optional'],
  Probe: [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
    'terminationGracePeriodSeconds',
  ],
  EphemeralContainer: ['targetContainerName'],
  IngressRule: ['host'],
  PersistentVolumeSpec: [
    'capacity',
    'accessModes',
    'claimRef',
    'persistentVolumeReclaimPolicy',
    'storageClassName',
    'mountOptions',
    'volumeMode',
    'nodeAffinity',
    'volumeAttributesClassName',
  ],
};

/** The names by which Go gets from a structure to a field. */
export const goPathTo = (struct: string, field: string): readonly string[] => {
  const embedded = EMBEDDED[struct];
  return embedded === undefined || OWN[struct]?.includes(field) === true ? [field] : [embedded, field];
};
