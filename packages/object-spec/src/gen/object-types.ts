// Generated from tools/pod-schema/objects.schema by `pnpm --filter @solo-kubelet-tools/pod-schema generate`. Do not edit.

import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  ConditionStatus,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  Int64,
  IntOrString,
  LabelSelector,
  LocalObjectReference,
  NFSVolumeSource,
  NodeSelector,
  ObjectMeta,
  PersistentVolumeAccessMode,
  PersistentVolumeClaimSpec,
  PersistentVolumeMode,
  PhotonPersistentDiskVolumeSource,
  PodSpec,
  PortworxVolumeSource,
  PreemptionPolicy,
  Protocol,
  Quantity,
  QuobyteVolumeSource,
  Toleration,
  TypedLocalObjectReference,
  VsphereVirtualDiskVolumeSource,
} from '@solo-kubelet/pod-spec';

export type PersistentVolumeReclaimPolicy = 'Recycle' | 'Delete' | 'Retain';

export type StorageReclaimPolicy = 'Delete' | 'Retain';

export type VolumeBindingMode = 'Immediate' | 'WaitForFirstConsumer';

export type DeploymentStrategyType = 'Recreate' | 'RollingUpdate';

export type UpdateStrategyType = 'RollingUpdate' | 'OnDelete';

export type PodManagementPolicyType = 'OrderedReady' | 'Parallel';

export type ClaimRetentionPolicy = 'Retain' | 'Delete';

export type CompletionMode = 'NonIndexed' | 'Indexed';

export type PodReplacementPolicy = 'TerminatingOrFailed' | 'Failed';

export type PodFailurePolicyAction = 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';

export type PodFailureExitCodesOperator = 'In' | 'NotIn';

export type ConcurrencyPolicy = 'Allow' | 'Forbid' | 'Replace';

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';

export type SessionAffinity = 'ClientIP' | 'None';

export type TrafficPolicy = 'Cluster' | 'Local';

export type IPFamily = 'IPv4' | 'IPv6';

export type IPFamilyPolicy = 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';

export type AddressType = 'IPv4' | 'IPv6' | 'FQDN';

export type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific';

export type PolicyType = 'Ingress' | 'Egress';

export type UnhealthyPodEvictionPolicy = 'IfHealthyBudget' | 'AlwaysAllow';

/** Settings that Pods read as environment variables or files. */
export interface ConfigMap {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always ConfigMap. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The data cannot be changed any more, nor can this be taken back. Default: false. */
  readonly immutable?: boolean;
  /** Texts by key; a key may have letters, digits, dash, underscore and dot. With binaryData at most 1 MiB. */
  readonly data?: Readonly<Record<string, string>>;
  /** Bytes by key, as base64. No key may stand in data too. */
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Data that not everybody should read: passwords, keys, tokens. */
export interface Secret {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always Secret. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The data cannot be changed any more, nor can this be taken back. Default: false. */
  readonly immutable?: boolean;
  /** Values by key, as base64. At most 1 MiB. */
  readonly data?: Readonly<Record<string, string>>;
  /** Values by key as plain text; they go before those of data. Only for writing, never read back. */
  readonly stringData?: Readonly<Record<string, string>>;
  /** What the data is for, e.g. kubernetes.io/tls or kubernetes.io/dockerconfigjson; some types must have certain keys. Cannot be changed. Default: Opaque. */
  readonly type?: string;
}

/** An identity that Pods run under. */
export interface ServiceAccount {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always ServiceAccount. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** Secrets that Pods of this account may use; only the names count. */
  readonly secrets?: readonly ObjectReference[];
  /** Secrets to pull images with, for Pods that name none themselves. */
  readonly imagePullSecrets?: readonly LocalObjectReference[];
  /** Whether Pods get a token of the account without asking. */
  readonly automountServiceAccountToken?: boolean;
}

/** An object, or a part of it. */
export interface ObjectReference {
  /** Its kind. */
  readonly kind?: string;
  /** Its namespace. */
  readonly namespace?: string;
  /** Its name. */
  readonly name?: string;
  /** Its identity. */
  readonly uid?: string;
  /** Its API version. */
  readonly apiVersion?: string;
  /** The version of it that is meant. */
  readonly resourceVersion?: string;
  /** The part of it that is meant, e.g. spec.containers[2]. */
  readonly fieldPath?: string;
}

/** A group of objects whose names are unique among themselves. */
export interface Namespace {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always Namespace. */
  readonly kind?: string;
  /** Name, labels and annotations. The name is a DNS label. */
  readonly metadata: ObjectMeta;
  /** What must happen before it goes. */
  readonly spec?: NamespaceSpec;
  /** What was last seen of it. */
  readonly status?: NamespaceStatus;
}

/** What must happen before a namespace goes. */
export interface NamespaceSpec {
  /** Who must be done before the namespace is removed; kubernetes is always among them. */
  readonly finalizers?: readonly string[];
}

/** What was last seen of a namespace. */
export interface NamespaceStatus {
  /** Active or Terminating. */
  readonly phase?: string;
  /** What holds up its removal. */
  readonly conditions?: readonly NamespaceCondition[];
}

/** Something that holds up the removal of a namespace, or not. */
export interface NamespaceCondition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When that changed last. */
  readonly lastTransitionTime?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** Bounds and defaults for resources in a namespace. */
export interface LimitRange {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always LimitRange. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The bounds. */
  readonly spec?: LimitRangeSpec;
}

/** Bounds for several types of objects. */
export interface LimitRangeSpec {
  /** One entry a type. */
  readonly limits: readonly LimitRangeItem[];
}

/** Bounds for one type of objects. */
export interface LimitRangeItem {
  /** Pod, Container, PersistentVolumeClaim, or a name with a domain. */
  readonly type: string;
  /** The most of each resource. */
  readonly max?: Readonly<Record<string, Quantity>>;
  /** The least of each resource. */
  readonly min?: Readonly<Record<string, Quantity>>;
  /** Limits of those that have none. Without it, for containers: max. */
  readonly default?: Readonly<Record<string, Quantity>>;
  /** Requests of those that have none. Without it, for containers: default, else min. */
  readonly defaultRequest?: Readonly<Record<string, Quantity>>;
  /** How many times the request a limit may be. */
  readonly maxLimitRequestRatio?: Readonly<Record<string, Quantity>>;
}

/** A piece of storage that a claim can be bound to. */
export interface PersistentVolume {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always PersistentVolume. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** Where and how large it is. */
  readonly spec: PersistentVolumeSpec;
  /** What was last seen of it. */
  readonly status?: PersistentVolumeStatus;
}

/** Where and how large a volume is; exactly one kind of source. */
export interface PersistentVolumeSpec extends PersistentVolumeSource {
  /** Its size, under the name storage. */
  readonly capacity?: Readonly<Record<string, Quantity>>;
  /** How it may be mounted. At least one; ReadWriteOncePod only alone. */
  readonly accessModes?: readonly PersistentVolumeAccessMode[];
  /** The claim it is bound to, or kept for. */
  readonly claimRef?: ObjectReference;
  /** What becomes of the data once the claim is gone. Default: Retain. */
  readonly persistentVolumeReclaimPolicy?: PersistentVolumeReclaimPolicy;
  /** The class of claims it is for. Without it: claims without a class. */
  readonly storageClassName?: string;
  /** Options for the mount. */
  readonly mountOptions?: readonly string[];
  /** A file system or a raw device. Default: Filesystem. */
  readonly volumeMode?: PersistentVolumeMode;
  /** The nodes it can be reached from. */
  readonly nodeAffinity?: VolumeNodeAffinity;
  /** Class of its changeable attributes; only with csi. */
  readonly volumeAttributesClassName?: string;
}

/** Where a volume is. */
export interface PersistentVolumeSource {
  /** A disk of Google Compute Engine. */
  readonly gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  /** A disk of AWS. */
  readonly awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  /** A file or directory of the node. */
  readonly hostPath?: HostPathVolumeSource;
  /** A Gluster volume. Not supported any more. */
  readonly glusterfs?: GlusterfsPersistentVolumeSource;
  /** A directory of an NFS server. */
  readonly nfs?: NFSVolumeSource;
  /** A Ceph block device. Not supported any more. */
  readonly rbd?: RBDPersistentVolumeSource;
  /** An iSCSI disk. */
  readonly iscsi?: ISCSIPersistentVolumeSource;
  /** A disk of OpenStack. */
  readonly cinder?: CinderPersistentVolumeSource;
  /** A Ceph file system. Not supported any more. */
  readonly cephfs?: CephFSPersistentVolumeSource;
  /** A Fibre Channel disk. */
  readonly fc?: FCVolumeSource;
  /** A Flocker volume. Not supported any more. */
  readonly flocker?: FlockerVolumeSource;
  /** A volume of a driver that is a program on the node. */
  readonly flexVolume?: FlexPersistentVolumeSource;
  /** A share of Azure. */
  readonly azureFile?: AzureFilePersistentVolumeSource;
  /** A disk of vSphere. */
  readonly vsphereVolume?: VsphereVirtualDiskVolumeSource;
  /** A Quobyte volume. Not supported any more. */
  readonly quobyte?: QuobyteVolumeSource;
  /** A disk of Azure. */
  readonly azureDisk?: AzureDiskVolumeSource;
  /** A disk of Photon. Not supported any more. */
  readonly photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  /** A Portworx volume. */
  readonly portworxVolume?: PortworxVolumeSource;
  /** A ScaleIO volume. Not supported any more. */
  readonly scaleIO?: ScaleIOPersistentVolumeSource;
  /** A directory or device of one node; needs nodeAffinity. */
  readonly local?: LocalVolumeSource;
  /** A StorageOS volume. Not supported any more. */
  readonly storageos?: StorageOSPersistentVolumeSource;
  /** A volume of a CSI driver. */
  readonly csi?: CSIPersistentVolumeSource;
}

/** A Gluster volume. */
export interface GlusterfsPersistentVolumeSource {
  /** The Endpoints object that tells where Gluster is. */
  readonly endpoints: string;
  /** The volume. */
  readonly path: string;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
  /** Namespace of the Endpoints. Without it: that of the claim. */
  readonly endpointsNamespace?: string;
}

/** A Ceph block device. */
export interface RBDPersistentVolumeSource {
  /** Ceph monitors. */
  readonly monitors: readonly string[];
  /** The image. */
  readonly image: string;
  /** Its file system. */
  readonly fsType?: string;
  /** The pool. Default: rbd. */
  readonly pool?: string;
  /** The user. Default: admin. */
  readonly user?: string;
  /** File with the user's key. Default: /etc/ceph/keyring. */
  readonly keyring?: string;
  /** Secret with the user's key, instead of keyring. */
  readonly secretRef?: SecretReference;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
}

/** A Secret of any namespace. */
export interface SecretReference {
  /** Its name. */
  readonly name?: string;
  /** Its namespace. */
  readonly namespace?: string;
}

/** An iSCSI disk. */
export interface ISCSIPersistentVolumeSource {
  /** Address of the target, with a port unless it is 3260 or 860. */
  readonly targetPortal: string;
  /** Name of the target. */
  readonly iqn: string;
  /** Number of the disk. */
  readonly lun: number;
  /** Interface to reach it by. Default: default. */
  readonly iscsiInterface?: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
  /** More addresses of the target. */
  readonly portals?: readonly string[];
  /** Use CHAP to find the target. Default: false. */
  readonly chapAuthDiscovery?: boolean;
  /** Use CHAP for the session. Default: false. */
  readonly chapAuthSession?: boolean;
  /** Secret for CHAP. */
  readonly secretRef?: SecretReference;
  /** Name of the initiator. */
  readonly initiatorName?: string;
}

/** A disk of OpenStack. */
export interface CinderPersistentVolumeSource {
  /** The disk. */
  readonly volumeID: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
  /** Secret with parameters to connect. */
  readonly secretRef?: SecretReference;
}

/** A Ceph file system. */
export interface CephFSPersistentVolumeSource {
  /** Ceph monitors. */
  readonly monitors: readonly string[];
  /** The directory in it. Default: /. */
  readonly path?: string;
  /** The user. */
  readonly user?: string;
  /** File with the user's key. */
  readonly secretFile?: string;
  /** Secret with the user's key, instead of secretFile. */
  readonly secretRef?: SecretReference;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
}

/** A volume of a driver that is a program on the node. */
export interface FlexPersistentVolumeSource {
  /** The driver. */
  readonly driver: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Secret for the driver. */
  readonly secretRef?: SecretReference;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
  /** Options for the driver. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A share of Azure. */
export interface AzureFilePersistentVolumeSource {
  /** Secret with account and key. */
  readonly secretName: string;
  /** The share. */
  readonly shareName: string;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
  /** Namespace of the Secret. Without it: that of the claim. */
  readonly secretNamespace?: string;
}

/** A ScaleIO volume. */
export interface ScaleIOPersistentVolumeSource {
  /** Address of the gateway. */
  readonly gateway: string;
  /** The system. */
  readonly system: string;
  /** Secret with user and password. */
  readonly secretRef?: SecretReference;
  /** Speak TLS with the gateway. Default: false. */
  readonly sslEnabled?: boolean;
  /** The protection domain. */
  readonly protectionDomain?: string;
  /** The storage pool. */
  readonly storagePool?: string;
  /** ThickProvisioned or ThinProvisioned. Default: ThinProvisioned. */
  readonly storageMode?: string;
  /** The volume. */
  readonly volumeName?: string;
  /** Its file system. Default: xfs. */
  readonly fsType?: string;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
}

/** A directory or device of one node. */
export interface LocalVolumeSource {
  /** The directory, or the device. */
  readonly path: string;
  /** File system of the device. */
  readonly fsType?: string;
}

/** A StorageOS volume. */
export interface StorageOSPersistentVolumeSource {
  /** The volume. */
  readonly volumeName?: string;
  /** Its namespace in StorageOS. */
  readonly volumeNamespace?: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read-only. Default: false. */
  readonly readOnly?: boolean;
  /** Secret for StorageOS. */
  readonly secretRef?: ObjectReference;
}

/** A volume of a CSI driver. */
export interface CSIPersistentVolumeSource {
  /** The driver. */
  readonly driver: string;
  /** The driver's name of the volume. */
  readonly volumeHandle: string;
  /** Attach it read-only. Default: false. */
  readonly readOnly?: boolean;
  /** Its file system. */
  readonly fsType?: string;
  /** What the driver was told when the volume was made. */
  readonly volumeAttributes?: Readonly<Record<string, string>>;
  /** Secret to attach it with. */
  readonly controllerPublishSecretRef?: SecretReference;
  /** Secret to prepare it on a node with. */
  readonly nodeStageSecretRef?: SecretReference;
  /** Secret to mount it with. */
  readonly nodePublishSecretRef?: SecretReference;
  /** Secret to make it larger with. */
  readonly controllerExpandSecretRef?: SecretReference;
  /** Secret to make it larger on a node with. */
  readonly nodeExpandSecretRef?: SecretReference;
}

/** The nodes a volume can be reached from. */
export interface VolumeNodeAffinity {
  /** What must hold of the node. */
  readonly required?: NodeSelector;
}

/** What was last seen of a volume. */
export interface PersistentVolumeStatus {
  /** Where it is in its life. */
  readonly phase?: string;
  /** Why, in words. */
  readonly message?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** When the phase changed last. */
  readonly lastPhaseTransitionTime?: string;
}

/** A wish for storage, bound to a volume that meets it. */
export interface PersistentVolumeClaim {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always PersistentVolumeClaim. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata?: ObjectMeta;
  /** What is asked for. Cannot be changed, but for more room and the class of attributes once bound. */
  readonly spec?: PersistentVolumeClaimSpec;
  /** What was last seen of it. */
  readonly status?: PersistentVolumeClaimStatus;
}

/** What was last seen of a claim. */
export interface PersistentVolumeClaimStatus {
  /** Pending, Bound or Lost. */
  readonly phase?: string;
  /** How its volume may be mounted. */
  readonly accessModes?: readonly PersistentVolumeAccessMode[];
  /** Size of its volume. */
  readonly capacity?: Readonly<Record<string, Quantity>>;
  /** What is going on with it. */
  readonly conditions?: readonly PersistentVolumeClaimCondition[];
  /** Room set aside for it. */
  readonly allocatedResources?: Readonly<Record<string, Quantity>>;
  /** State of a change of size. */
  readonly allocatedResourceStatuses?: Readonly<Record<string, string>>;
  /** Class of attributes in force. */
  readonly currentVolumeAttributesClassName?: string;
  /** State of a change of attributes. */
  readonly modifyVolumeStatus?: ModifyVolumeStatus;
}

/** Something that goes on with a claim. */
export interface PersistentVolumeClaimCondition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When it was looked at last. */
  readonly lastProbeTime?: string;
  /** When it changed last. */
  readonly lastTransitionTime?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** State of a change of a volume's attributes. */
export interface ModifyVolumeStatus {
  /** The class wanted. */
  readonly targetVolumeAttributesClassName?: string;
  /** How far it is. */
  readonly status: string;
}

/** A name and an address for a set of Pods. */
export interface Service {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always Service. */
  readonly kind?: string;
  /** Name, labels and annotations. The name is a DNS label. */
  readonly metadata: ObjectMeta;
  /** Which Pods, at which ports. */
  readonly spec: ServiceSpec;
  /** What was last seen of it. */
  readonly status?: ServiceStatus;
}

/** Which Pods a service stands for, at which ports. */
export interface ServiceSpec {
  /** The ports. Needed unless it is headless or ExternalName. */
  readonly ports?: readonly ServicePort[];
  /** Labels of the Pods. Without any: somebody else writes the endpoints. */
  readonly selector?: Readonly<Record<string, string>>;
  /** Its address; None for a headless service. Without it: one is chosen. */
  readonly clusterIP?: string;
  /** Its addresses, at most one of each IP family; the first is clusterIP. */
  readonly clusterIPs?: readonly string[];
  /** From where it can be reached. Default: ClusterIP. */
  readonly type?: ServiceType;
  /** More addresses, of the nodes, at which traffic is taken. */
  readonly externalIPs?: readonly string[];
  /** Whether a client comes to the same Pod again. Default: None. */
  readonly sessionAffinity?: SessionAffinity;
  /** Address asked of the load balancer. Use annotations of its maker instead. */
  readonly loadBalancerIP?: string;
  /** Networks that may come through the load balancer. */
  readonly loadBalancerSourceRanges?: readonly string[];
  /** The name that an ExternalName service stands for. */
  readonly externalName?: string;
  /** Whether traffic from outside goes only to Pods of the node it came to. Cluster where it can come from outside. */
  readonly externalTrafficPolicy?: TrafficPolicy;
  /** Port at which a node tells whether it has Pods; only with LoadBalancer and externalTrafficPolicy Local. */
  readonly healthCheckNodePort?: number;
  /** Pods that are not ready count too. Default: false. */
  readonly publishNotReadyAddresses?: boolean;
  /** Settings of sessionAffinity. */
  readonly sessionAffinityConfig?: SessionAffinityConfig;
  /** IP families, the first one first. */
  readonly ipFamilies?: readonly IPFamily[];
  /** Whether it has addresses of both IP families. */
  readonly ipFamilyPolicy?: IPFamilyPolicy;
  /** Whether a LoadBalancer service gets node ports. Default: true. */
  readonly allocateLoadBalancerNodePorts?: boolean;
  /** The load balancer it is for; a name with a domain. */
  readonly loadBalancerClass?: string;
  /** Whether traffic from Pods goes only to Pods of the same node. Default: Cluster. */
  readonly internalTrafficPolicy?: TrafficPolicy;
  /** Which Pods are preferred: PreferClose, PreferSameZone or PreferSameNode. */
  readonly trafficDistribution?: string;
}

/** A port of a service. */
export interface ServicePort {
  /** Name of the port, a DNS label. Needed where there are several. */
  readonly name?: string;
  /** Its protocol. Default: TCP. */
  readonly protocol?: Protocol;
  /** What is spoken at it, e.g. kubernetes.io/h2c. */
  readonly appProtocol?: string;
  /** The number at the service. */
  readonly port: number;
  /** Number or name at the Pods. Without it: port. */
  readonly targetPort?: IntOrString;
  /** Number at every node, for NodePort and LoadBalancer. Without it: one is chosen. */
  readonly nodePort?: number;
}

/** Settings of session affinity. */
export interface SessionAffinityConfig {
  /** Settings of affinity by the client's address. */
  readonly clientIP?: ClientIPConfig;
}

/** Settings of affinity by the client's address. */
export interface ClientIPConfig {
  /** Seconds that it lasts, 1 to 86400. Default: 10800. */
  readonly timeoutSeconds?: number;
}

/** What was last seen of a service. */
export interface ServiceStatus {
  /** Its load balancer. */
  readonly loadBalancer?: LoadBalancerStatus;
  /** What holds of it. */
  readonly conditions?: readonly Condition[];
}

/** What was last seen of a load balancer. */
export interface LoadBalancerStatus {
  /** Where traffic comes in. */
  readonly ingress?: readonly LoadBalancerIngress[];
}

/** A place where traffic comes in. */
export interface LoadBalancerIngress {
  /** Its address. */
  readonly ip?: string;
  /** Its name. */
  readonly hostname?: string;
  /** VIP or Proxy: what traffic to the address looks like. */
  readonly ipMode?: string;
  /** Its ports. */
  readonly ports?: readonly PortStatus[];
}

/** State of a port of a load balancer. */
export interface PortStatus {
  /** Its number. */
  readonly port: number;
  /** Its protocol. */
  readonly protocol: Protocol;
  /** What is wrong with it. */
  readonly error?: string;
}

/** Something that holds of an object, or not. */
export interface Condition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** Generation of the spec it tells about. */
  readonly observedGeneration?: Int64;
  /** When that changed last. */
  readonly lastTransitionTime: string;
  /** Why, in one word. */
  readonly reason: string;
  /** Why, in words. */
  readonly message: string;
}

/** A name for a priority of Pods. */
export interface PriorityClass {
  /** Always scheduling.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always PriorityClass. */
  readonly kind?: string;
  /** Name, labels and annotations. Names that begin with system- are reserved. */
  readonly metadata: ObjectMeta;
  /** The priority; higher is more important. At most 1000000000. Cannot be changed. */
  readonly value: number;
  /** It counts for Pods that name no class. Default: false. */
  readonly globalDefault?: boolean;
  /** What it is for. */
  readonly description?: string;
  /** Whether Pods of lower priority may be evicted for its Pods. Cannot be changed. Default: PreemptLowerPriority. */
  readonly preemptionPolicy?: PreemptionPolicy;
}

/** A name for a handler of the container runtime. */
export interface RuntimeClass {
  /** Always node.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always RuntimeClass. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The handler's name in the container runtime; a DNS label. Cannot be changed. */
  readonly handler: string;
  /** What running a Pod with it costs besides the containers. */
  readonly overhead?: Overhead;
  /** The nodes that have it. */
  readonly scheduling?: Scheduling;
}

/** What running a Pod costs besides its containers. */
export interface Overhead {
  /** Resources a Pod. */
  readonly podFixed?: Readonly<Record<string, Quantity>>;
}

/** The nodes that have a runtime class. */
export interface Scheduling {
  /** Labels of those nodes. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Taints of those nodes. */
  readonly tolerations?: readonly Toleration[];
}

/** A kind of storage that claims can ask for. */
export interface StorageClass {
  /** Always storage.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always StorageClass. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** Who makes the volumes; a name with a domain. Cannot be changed. */
  readonly provisioner: string;
  /** What the provisioner is told. Cannot be changed. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What becomes of a volume once its claim is gone. Cannot be changed. Default: Delete. */
  readonly reclaimPolicy?: StorageReclaimPolicy;
  /** Options for mounts of its volumes. */
  readonly mountOptions?: readonly string[];
  /** Whether claims may ask for more room. Default: false. */
  readonly allowVolumeExpansion?: boolean;
  /** Whether a volume is bound at once, or when a Pod needs it. Cannot be changed. Default: Immediate. */
  readonly volumeBindingMode?: VolumeBindingMode;
  /** Where volumes may be made; one of these. */
  readonly allowedTopologies?: readonly TopologySelectorTerm[];
}

/** A place, by labels; all must hold. */
export interface TopologySelectorTerm {
  /** Requirements. */
  readonly matchLabelExpressions?: readonly TopologySelectorLabelRequirement[];
}

/** A label and the values it may have. */
export interface TopologySelectorLabelRequirement {
  /** The label. */
  readonly key: string;
  /** Its values. At least one. */
  readonly values: readonly string[];
}

/** Pods that are all alike, replaced step by step when their template changes. */
export interface Deployment {
  /** Always apps/v1. */
  readonly apiVersion?: string;
  /** Always Deployment. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** What should run. */
  readonly spec: DeploymentSpec;
  /** What was last seen of it. */
  readonly status?: DeploymentStatus;
}

/** What a Deployment runs and how it changes that. */
export interface DeploymentSpec {
  /** How many Pods. Default: 1. */
  readonly replicas?: number;
  /** Which Pods are its own; the template's labels must match. Cannot be changed. */
  readonly selector?: LabelSelector;
  /** What the Pods are made from. restartPolicy must be Always. */
  readonly template: PodTemplateSpec;
  /** How Pods of an old template give way to those of a new one. */
  readonly strategy?: DeploymentStrategy;
  /** Seconds a Pod must be ready to count as available. Default: 0. */
  readonly minReadySeconds?: number;
  /** How many old templates are kept to go back to. Default: 10. */
  readonly revisionHistoryLimit?: number;
  /** Changes of the template are not rolled out for now. Default: false. */
  readonly paused?: boolean;
  /** Seconds without progress after which a rollout counts as failed. More than minReadySeconds. Default: 600. */
  readonly progressDeadlineSeconds?: number;
}

/** What Pods are made from. */
export interface PodTemplateSpec {
  /** Labels and annotations of the Pods. */
  readonly metadata?: ObjectMeta;
  /** What a Pod consists of. */
  readonly spec?: PodSpec;
}

/** How Pods give way to others. */
export interface DeploymentStrategy {
  /** Step by step, or all old ones first. Default: RollingUpdate. */
  readonly type?: DeploymentStrategyType;
  /** Bounds of the steps; only with RollingUpdate. */
  readonly rollingUpdate?: RollingUpdateDeployment;
}

/** Bounds of the steps of a rollout; not both 0. */
export interface RollingUpdateDeployment {
  /** How many Pods may be missing, or a percentage of replicas, rounded down. Default: 25%. */
  readonly maxUnavailable?: IntOrString;
  /** How many Pods there may be too many, or a percentage of replicas, rounded up. Default: 25%. */
  readonly maxSurge?: IntOrString;
}

/** What was last seen of a Deployment. */
export interface DeploymentStatus {
  /** Generation of the spec that the status tells about. */
  readonly observedGeneration?: Int64;
  /** Pods in all. */
  readonly replicas?: number;
  /** Pods of the present template. */
  readonly updatedReplicas?: number;
  /** Pods that are ready. */
  readonly readyReplicas?: number;
  /** Pods that have been ready for minReadySeconds. */
  readonly availableReplicas?: number;
  /** Pods that are still wanting. */
  readonly unavailableReplicas?: number;
  /** Pods that are being stopped. */
  readonly terminatingReplicas?: number;
  /** What holds of it. */
  readonly conditions?: readonly DeploymentCondition[];
  /** How often the name of a ReplicaSet was taken. */
  readonly collisionCount?: number;
}

/** Something that holds of a Deployment, or not. */
export interface DeploymentCondition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When it was written last. */
  readonly lastUpdateTime?: string;
  /** When it changed last. */
  readonly lastTransitionTime?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** A number of Pods that are all alike. */
export interface ReplicaSet {
  /** Always apps/v1. */
  readonly apiVersion?: string;
  /** Always ReplicaSet. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** What should run. */
  readonly spec: ReplicaSetSpec;
  /** What was last seen of it. */
  readonly status?: ReplicaSetStatus;
}

/** What a ReplicaSet runs. */
export interface ReplicaSetSpec {
  /** How many Pods. Default: 1. */
  readonly replicas?: number;
  /** Seconds a Pod must be ready to count as available. Default: 0. */
  readonly minReadySeconds?: number;
  /** Which Pods are its own; the template's labels must match. Cannot be changed. */
  readonly selector?: LabelSelector;
  /** What the Pods are made from. restartPolicy must be Always. */
  readonly template?: PodTemplateSpec;
}

/** What was last seen of a ReplicaSet. */
export interface ReplicaSetStatus {
  /** Pods in all. */
  readonly replicas: number;
  /** Pods that have all labels of the template. */
  readonly fullyLabeledReplicas?: number;
  /** Pods that are ready. */
  readonly readyReplicas?: number;
  /** Pods that have been ready for minReadySeconds. */
  readonly availableReplicas?: number;
  /** Pods that are being stopped. */
  readonly terminatingReplicas?: number;
  /** Generation of the spec that the status tells about. */
  readonly observedGeneration?: Int64;
  /** What holds of it. */
  readonly conditions?: readonly ReplicaSetCondition[];
}

/** Something that holds of a ReplicaSet, or not. */
export interface ReplicaSetCondition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When it changed last. */
  readonly lastTransitionTime?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** Pods with names of their own, in an order, each with its own storage. */
export interface StatefulSet {
  /** Always apps/v1. */
  readonly apiVersion?: string;
  /** Always StatefulSet. */
  readonly kind?: string;
  /** Name, labels and annotations. The name is a DNS label. */
  readonly metadata: ObjectMeta;
  /** What should run. */
  readonly spec: StatefulSetSpec;
  /** What was last seen of it. */
  readonly status?: StatefulSetStatus;
}

/** What a StatefulSet runs and how it changes that. */
export interface StatefulSetSpec {
  /** How many Pods. Default: 1. */
  readonly replicas?: number;
  /** Which Pods are its own; the template's labels must match. Cannot be changed. */
  readonly selector?: LabelSelector;
  /** What the Pods are made from. restartPolicy must be Always. */
  readonly template: PodTemplateSpec;
  /** Claims made for each Pod, which mounts them by their names. Cannot be changed. */
  readonly volumeClaimTemplates?: readonly PersistentVolumeClaim[];
  /** The Service that gives the Pods their names in DNS. Cannot be changed. */
  readonly serviceName: string;
  /** Whether Pods start and stop one after another. Cannot be changed. Default: OrderedReady. */
  readonly podManagementPolicy?: PodManagementPolicyType;
  /** How Pods of an old template give way to those of a new one. */
  readonly updateStrategy?: StatefulSetUpdateStrategy;
  /** How many old templates are kept to go back to. Default: 10. */
  readonly revisionHistoryLimit?: number;
  /** Seconds a Pod must be ready to count as available. Default: 0. */
  readonly minReadySeconds?: number;
  /** What becomes of the claims. */
  readonly persistentVolumeClaimRetentionPolicy?: StatefulSetPersistentVolumeClaimRetentionPolicy;
  /** How the Pods are numbered. */
  readonly ordinals?: StatefulSetOrdinals;
}

/** How Pods give way to others. */
export interface StatefulSetUpdateStrategy {
  /** One after another, or when somebody deletes them. Default: RollingUpdate. */
  readonly type?: UpdateStrategyType;
  /** Settings of RollingUpdate. */
  readonly rollingUpdate?: RollingUpdateStatefulSetStrategy;
}

/** Settings of a rolling update. */
export interface RollingUpdateStatefulSetStrategy {
  /** Pods with a lower number keep the old template. Default: 0. */
  readonly partition?: number;
  /** How many Pods may be missing. Left out of account: the feature is off. */
  readonly maxUnavailable?: IntOrString;
}

/** What becomes of claims. */
export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  /** When the StatefulSet is deleted. Default: Retain. */
  readonly whenDeleted?: ClaimRetentionPolicy;
  /** When it gets fewer Pods. Default: Retain. */
  readonly whenScaled?: ClaimRetentionPolicy;
}

/** How Pods are numbered. */
export interface StatefulSetOrdinals {
  /** The first number. */
  readonly start: number;
}

/** What was last seen of a StatefulSet. */
export interface StatefulSetStatus {
  /** Generation of the spec that the status tells about. */
  readonly observedGeneration?: Int64;
  /** Pods in all. */
  readonly replicas: number;
  /** Pods that are ready. */
  readonly readyReplicas?: number;
  /** Pods of the old template. */
  readonly currentReplicas?: number;
  /** Pods of the new template. */
  readonly updatedReplicas?: number;
  /** The old template. */
  readonly currentRevision?: string;
  /** The new template. */
  readonly updateRevision?: string;
  /** How often the name of a revision was taken. */
  readonly collisionCount?: number;
  /** What holds of it. */
  readonly conditions?: readonly StatefulSetCondition[];
  /** Pods that have been ready for minReadySeconds. */
  readonly availableReplicas: number;
}

/** Something that holds of a StatefulSet, or not. */
export interface StatefulSetCondition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When it changed last. */
  readonly lastTransitionTime?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** One Pod on each node that suits. */
export interface DaemonSet {
  /** Always apps/v1. */
  readonly apiVersion?: string;
  /** Always DaemonSet. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** What should run. */
  readonly spec: DaemonSetSpec;
  /** What was last seen of it. */
  readonly status?: DaemonSetStatus;
}

/** What a DaemonSet runs and how it changes that. */
export interface DaemonSetSpec {
  /** Which Pods are its own; the template's labels must match. Cannot be changed. */
  readonly selector?: LabelSelector;
  /** What the Pods are made from. restartPolicy must be Always. */
  readonly template: PodTemplateSpec;
  /** How Pods of an old template give way to those of a new one. */
  readonly updateStrategy?: DaemonSetUpdateStrategy;
  /** Seconds a Pod must be ready to count as available. Default: 0. */
  readonly minReadySeconds?: number;
  /** How many old templates are kept to go back to. Default: 10. */
  readonly revisionHistoryLimit?: number;
}

/** How Pods give way to others. */
export interface DaemonSetUpdateStrategy {
  /** Node by node, or when somebody deletes them. Default: RollingUpdate. */
  readonly type?: UpdateStrategyType;
  /** Bounds of the steps; only with RollingUpdate. */
  readonly rollingUpdate?: RollingUpdateDaemonSet;
}

/** Bounds of the steps of a rollout; exactly one is not 0. */
export interface RollingUpdateDaemonSet {
  /** On how many nodes the Pod may be missing, or a percentage, rounded up. Default: 1. */
  readonly maxUnavailable?: IntOrString;
  /** On how many nodes there may be a second Pod, or a percentage, rounded up. Default: 0. */
  readonly maxSurge?: IntOrString;
}

/** What was last seen of a DaemonSet. */
export interface DaemonSetStatus {
  /** Nodes that run the Pod and should. */
  readonly currentNumberScheduled: number;
  /** Nodes that run the Pod and should not. */
  readonly numberMisscheduled: number;
  /** Nodes that should run the Pod. */
  readonly desiredNumberScheduled: number;
  /** Nodes whose Pod is ready. */
  readonly numberReady: number;
  /** Generation of the spec that the status tells about. */
  readonly observedGeneration?: Int64;
  /** Nodes whose Pod has the present template. */
  readonly updatedNumberScheduled?: number;
  /** Nodes whose Pod has been ready for minReadySeconds. */
  readonly numberAvailable?: number;
  /** Nodes whose Pod is still wanting. */
  readonly numberUnavailable?: number;
  /** How often the name of a revision was taken. */
  readonly collisionCount?: number;
  /** What holds of it. */
  readonly conditions?: readonly DaemonSetCondition[];
}

/** Something that holds of a DaemonSet, or not. */
export interface DaemonSetCondition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When it changed last. */
  readonly lastTransitionTime?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** Pods that run to their end, until enough of them have succeeded. */
export interface Job {
  /** Always batch/v1. */
  readonly apiVersion?: string;
  /** Always Job. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** What should run. */
  readonly spec: JobSpec;
  /** What was last seen of it. */
  readonly status?: JobStatus;
}

/** What a Job runs, how often, and when it gives up. */
export interface JobSpec {
  /** How many Pods run at a time. Default: 1. */
  readonly parallelism?: number;
  /** How many Pods must succeed. Without it, and with parallelism: one success ends the Job. 1 where both are left out. */
  readonly completions?: number;
  /** Seconds after its start when the Job is failed. */
  readonly activeDeadlineSeconds?: Int64;
  /** What failures of Pods mean. Needs restartPolicy Never. Cannot be changed. */
  readonly podFailurePolicy?: PodFailurePolicy;
  /** When an Indexed Job has succeeded before all its indexes have. Cannot be changed. */
  readonly successPolicy?: SuccessPolicy;
  /** How many failures fail the Job. With backoffLimitPerIndex: no limit. Default: 6. */
  readonly backoffLimit?: number;
  /** How many failures fail one index; needs completionMode Indexed. Cannot be changed. */
  readonly backoffLimitPerIndex?: number;
  /** How many failed indexes fail the Job; needs backoffLimitPerIndex. */
  readonly maxFailedIndexes?: number;
  /** Which Pods are its own. Made for it, unless manualSelector is true. Cannot be changed. */
  readonly selector?: LabelSelector;
  /** The selector is given by hand, and must be unique. Default: false. */
  readonly manualSelector?: boolean;
  /** What the Pods are made from. restartPolicy must be OnFailure or Never. */
  readonly template: PodTemplateSpec;
  /** Seconds after its end when the Job is deleted. */
  readonly ttlSecondsAfterFinished?: number;
  /** Indexed: each Pod has an index, and each index must succeed once. Cannot be changed. Default: NonIndexed. */
  readonly completionMode?: CompletionMode;
  /** No Pods run for now. Default: false. */
  readonly suspend?: boolean;
  /** Whether a Pod is replaced as soon as it is being stopped. TerminatingOrFailed; with podFailurePolicy Failed. */
  readonly podReplacementPolicy?: PodReplacementPolicy;
  /** The controller in charge; a domain and a path. Cannot be changed. */
  readonly managedBy?: string;
}

/** What failures of Pods mean. */
export interface PodFailurePolicy {
  /** The first one that fits counts. At most 20. */
  readonly rules: readonly PodFailurePolicyRule[];
}

/** What one kind of failure means; by exit codes or by conditions. */
export interface PodFailurePolicyRule {
  /** What to do. */
  readonly action: PodFailurePolicyAction;
  /** Exit codes that fit. */
  readonly onExitCodes?: PodFailurePolicyOnExitCodesRequirement;
  /** Conditions of the Pod that fit; one of them is enough. At most 20. */
  readonly onPodConditions?: readonly PodFailurePolicyOnPodConditionsPattern[];
}

/** Exit codes. */
export interface PodFailurePolicyOnExitCodesRequirement {
  /** The container. Without it: any. */
  readonly containerName?: string;
  /** Whether the code must be among the values, or not. */
  readonly operator: PodFailureExitCodesOperator;
  /** Exit codes in rising order, at most 255. Not 0 with In. */
  readonly values: readonly number[];
}

/** A condition of a Pod. */
export interface PodFailurePolicyOnPodConditionsPattern {
  /** Its type. */
  readonly type: string;
  /** Its status. Default: True. */
  readonly status: ConditionStatus;
}

/** When a Job has succeeded early. */
export interface SuccessPolicy {
  /** One of them is enough. 1 to 20. */
  readonly rules: readonly SuccessPolicyRule[];
}

/** Indexes that must have succeeded, or how many. */
export interface SuccessPolicyRule {
  /** The indexes that count, e.g. 0,2-4. */
  readonly succeededIndexes?: string;
  /** How many of them are enough. */
  readonly succeededCount?: number;
}

/** What was last seen of a Job. */
export interface JobStatus {
  /** What holds of it. */
  readonly conditions?: readonly JobCondition[];
  /** When it began. */
  readonly startTime?: string;
  /** When it had succeeded. */
  readonly completionTime?: string;
  /** Pods that run or wait to. */
  readonly active?: number;
  /** Pods that have succeeded. */
  readonly succeeded?: number;
  /** Pods that have failed. */
  readonly failed?: number;
  /** Pods that are being stopped. */
  readonly terminating?: number;
  /** Indexes that have succeeded. */
  readonly completedIndexes?: string;
  /** Indexes that have failed. */
  readonly failedIndexes?: string;
  /** Pods that have ended and are not counted yet. */
  readonly uncountedTerminatedPods?: UncountedTerminatedPods;
  /** Pods that are ready. */
  readonly ready?: number;
}

/** Something that holds of a Job, or not. */
export interface JobCondition {
  /** What it tells about. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When it was looked at last. */
  readonly lastProbeTime?: string;
  /** When it changed last. */
  readonly lastTransitionTime?: string;
  /** Why, in one word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** Pods that have ended and are not counted yet. */
export interface UncountedTerminatedPods {
  /** Those that have succeeded, by uid. */
  readonly succeeded?: readonly string[];
  /** Those that have failed, by uid. */
  readonly failed?: readonly string[];
}

/** Jobs at set times. */
export interface CronJob {
  /** Always batch/v1. */
  readonly apiVersion?: string;
  /** Always CronJob. */
  readonly kind?: string;
  /** Name, labels and annotations. The name has at most 52 characters. */
  readonly metadata: ObjectMeta;
  /** What should run, and when. */
  readonly spec: CronJobSpec;
  /** What was last seen of it. */
  readonly status?: CronJobStatus;
}

/** What a CronJob runs, and when. */
export interface CronJobSpec {
  /** Minute, hour, day of month, month, day of week; or @hourly, @daily, @every 90m and the like. */
  readonly schedule: string;
  /** Time zone of the schedule, e.g. Europe/Berlin. Without it: that of the machine. */
  readonly timeZone?: string;
  /** Seconds a start may be late; later ones are missed. */
  readonly startingDeadlineSeconds?: Int64;
  /** What happens when the Job before still runs. Default: Allow. */
  readonly concurrencyPolicy?: ConcurrencyPolicy;
  /** No Jobs are started for now. Default: false. */
  readonly suspend?: boolean;
  /** What the Jobs are made from. */
  readonly jobTemplate: JobTemplateSpec;
  /** How many Jobs that succeeded are kept. Default: 3. */
  readonly successfulJobsHistoryLimit?: number;
  /** How many Jobs that failed are kept. Default: 1. */
  readonly failedJobsHistoryLimit?: number;
}

/** What Jobs are made from. */
export interface JobTemplateSpec {
  /** Labels and annotations of the Jobs. */
  readonly metadata?: ObjectMeta;
  /** What a Job runs. The selector is always made for it. */
  readonly spec?: JobSpec;
}

/** What was last seen of a CronJob. */
export interface CronJobStatus {
  /** Jobs that run. */
  readonly active?: readonly ObjectReference[];
  /** The last time a Job was due and started. */
  readonly lastScheduleTime?: string;
  /** The last time a Job succeeded. */
  readonly lastSuccessfulTime?: string;
}

/** Addresses and ports behind a Service. */
export interface EndpointSlice {
  /** Always discovery.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always EndpointSlice. */
  readonly kind?: string;
  /** Name, labels and annotations. The label kubernetes.io/service-name tells the Service. */
  readonly metadata: ObjectMeta;
  /** What the addresses are. Cannot be changed. */
  readonly addressType: AddressType;
  /** The addresses. At most 1000. */
  readonly endpoints: readonly Endpoint[];
  /** The ports of every address. At most 20000. */
  readonly ports: readonly EndpointPort[];
}

/** One place behind a Service. */
export interface Endpoint {
  /** Its addresses; only the first counts. 1 to 100. */
  readonly addresses: readonly string[];
  /** What state it is in. */
  readonly conditions?: EndpointConditions;
  /** Its host name, a DNS label. */
  readonly hostname?: string;
  /** What it belongs to, mostly a Pod. */
  readonly targetRef?: ObjectReference;
  /** Not used any more. */
  readonly deprecatedTopology?: Readonly<Record<string, string>>;
  /** The node it is on. */
  readonly nodeName?: string;
  /** The zone it is in. */
  readonly zone?: string;
  /** Whom it is meant for. */
  readonly hints?: EndpointHints;
}

/** State of a place behind a Service. */
export interface EndpointConditions {
  /** It takes traffic. Unset counts as true. */
  readonly ready?: boolean;
  /** It could take traffic, though it may be stopping. */
  readonly serving?: boolean;
  /** It is stopping. */
  readonly terminating?: boolean;
}

/** Whom a place behind a Service is meant for. */
export interface EndpointHints {
  /** Zones whose traffic it should take. At most 8. */
  readonly forZones?: readonly ForZone[];
  /** Nodes whose traffic it should take. At most 8. */
  readonly forNodes?: readonly ForNode[];
}

/** A zone. */
export interface ForZone {
  /** Its name. */
  readonly name: string;
}

/** A node. */
export interface ForNode {
  /** Its name. */
  readonly name: string;
}

/** A port behind a Service. */
export interface EndpointPort {
  /** Its name, as at the Service. Default: "". */
  readonly name?: string;
  /** Its protocol. Default: TCP. */
  readonly protocol?: Protocol;
  /** Its number. */
  readonly port?: number;
  /** What is spoken at it. */
  readonly appProtocol?: string;
}

/** Ways from outside to Services, by host and path of HTTP requests. */
export interface Ingress {
  /** Always networking.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always Ingress. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The ways. */
  readonly spec?: IngressSpec;
  /** What was last seen of it. */
  readonly status?: IngressStatus;
}

/** Ways from outside to Services. */
export interface IngressSpec {
  /** The IngressClass in charge. */
  readonly ingressClassName?: string;
  /** Where requests go that fit no rule. */
  readonly defaultBackend?: IngressBackend;
  /** Certificates, by host. */
  readonly tls?: readonly IngressTLS[];
  /** Where requests go. Needed without a defaultBackend. */
  readonly rules?: readonly IngressRule[];
}

/** Where requests go: a Service or another object. */
export interface IngressBackend {
  /** A Service. */
  readonly service?: IngressServiceBackend;
  /** An object that is no Service. */
  readonly resource?: TypedLocalObjectReference;
}

/** A Service and its port. */
export interface IngressServiceBackend {
  /** The Service. */
  readonly name: string;
  /** Its port. */
  readonly port?: ServiceBackendPort;
}

/** A port of a Service, by name or by number. */
export interface ServiceBackendPort {
  /** Its name. */
  readonly name?: string;
  /** Its number. */
  readonly number?: number;
}

/** A certificate. */
export interface IngressTLS {
  /** The hosts it is for. */
  readonly hosts?: readonly string[];
  /** Secret that has it. */
  readonly secretName?: string;
}

/** Where requests to one host go. */
export interface IngressRule extends IngressRuleValue {
  /** The host; it may begin with *. as its first label. Without it: any. */
  readonly host?: string;
}

/** Where requests go, by path. */
export interface IngressRuleValue {
  /** Paths of HTTP requests. */
  readonly http?: HTTPIngressRuleValue;
}

/** Paths of HTTP requests. */
export interface HTTPIngressRuleValue {
  /** The paths. At least one. */
  readonly paths: readonly HTTPIngressPath[];
}

/** A path and where its requests go. */
export interface HTTPIngressPath {
  /** The path; it begins with /. */
  readonly path?: string;
  /** How it is compared. */
  readonly pathType?: PathType;
  /** Where its requests go. */
  readonly backend: IngressBackend;
}

/** What was last seen of an Ingress. */
export interface IngressStatus {
  /** Its load balancer. */
  readonly loadBalancer?: IngressLoadBalancerStatus;
}

/** What was last seen of a load balancer. */
export interface IngressLoadBalancerStatus {
  /** Where traffic comes in. */
  readonly ingress?: readonly IngressLoadBalancerIngress[];
}

/** A place where traffic comes in. */
export interface IngressLoadBalancerIngress {
  /** Its address. */
  readonly ip?: string;
  /** Its name. */
  readonly hostname?: string;
  /** Its ports. */
  readonly ports?: readonly IngressPortStatus[];
}

/** State of a port of a load balancer. */
export interface IngressPortStatus {
  /** Its number. */
  readonly port: number;
  /** Its protocol. */
  readonly protocol: Protocol;
  /** What is wrong with it. */
  readonly error?: string;
}

/** A name for a controller of Ingresses. */
export interface IngressClass {
  /** Always networking.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always IngressClass. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The controller. */
  readonly spec?: IngressClassSpec;
}

/** A controller of Ingresses. */
export interface IngressClassSpec {
  /** Its name; a domain and a path. Cannot be changed. */
  readonly controller?: string;
  /** An object with settings for it. */
  readonly parameters?: IngressClassParametersReference;
}

/** An object with settings. */
export interface IngressClassParametersReference {
  /** Its API group. */
  readonly apiGroup?: string;
  /** Its kind. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** Cluster or Namespace. Default: Cluster. */
  readonly scope?: string;
  /** Its namespace, with scope Namespace. */
  readonly namespace?: string;
}

/** Who may talk to some Pods, and whom they may talk to. */
export interface NetworkPolicy {
  /** Always networking.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always NetworkPolicy. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The rules. */
  readonly spec?: NetworkPolicySpec;
}

/** Rules for the traffic of some Pods. */
export interface NetworkPolicySpec {
  /** The Pods. An empty one means all of the namespace. */
  readonly podSelector: LabelSelector;
  /** What may come in; one rule is enough. */
  readonly ingress?: readonly NetworkPolicyIngressRule[];
  /** What may go out; one rule is enough. */
  readonly egress?: readonly NetworkPolicyEgressRule[];
  /** The directions that are ruled. Without it: Ingress, and Egress if there are egress rules. */
  readonly policyTypes?: readonly PolicyType[];
}

/** What may come in. */
export interface NetworkPolicyIngressRule {
  /** To these ports. Without any: to all. */
  readonly ports?: readonly NetworkPolicyPort[];
  /** From these. Without any: from everywhere. */
  readonly from?: readonly NetworkPolicyPeer[];
}

/** Ports. */
export interface NetworkPolicyPort {
  /** Their protocol. Default: TCP. */
  readonly protocol?: Protocol;
  /** Number or name. Without it: all. */
  readonly port?: IntOrString;
  /** The last number of a range that begins with port. */
  readonly endPort?: number;
}

/** Pods, or addresses. */
export interface NetworkPolicyPeer {
  /** Pods by labels; of the same namespace unless there is a namespaceSelector. */
  readonly podSelector?: LabelSelector;
  /** Namespaces by labels. */
  readonly namespaceSelector?: LabelSelector;
  /** Addresses; only alone. */
  readonly ipBlock?: IPBlock;
}

/** Addresses. */
export interface IPBlock {
  /** A network, e.g. 192.168.1.0/24. */
  readonly cidr: string;
  /** Parts of it that are left out. */
  readonly except?: readonly string[];
}

/** What may go out. */
export interface NetworkPolicyEgressRule {
  /** To these ports. Without any: to all. */
  readonly ports?: readonly NetworkPolicyPort[];
  /** To these. Without any: to everywhere. */
  readonly to?: readonly NetworkPolicyPeer[];
}

/** What may be done with objects of a namespace. */
export interface Role {
  /** Always rbac.authorization.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always Role. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** What may be done. */
  readonly rules: readonly PolicyRule[];
}

/** Things that may be done. */
export interface PolicyRule {
  /** What may be done, e.g. get; * for all. */
  readonly verbs: readonly string[];
  /** The API groups; "" for the core, * for all. */
  readonly apiGroups?: readonly string[];
  /** The kinds, as plurals; * for all. */
  readonly resources?: readonly string[];
  /** The names. Without any: all. */
  readonly resourceNames?: readonly string[];
  /** Paths that are no objects; only in a ClusterRole. */
  readonly nonResourceURLs?: readonly string[];
}

/** Who may do what a role allows, in one namespace. */
export interface RoleBinding {
  /** Always rbac.authorization.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always RoleBinding. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** Who. */
  readonly subjects?: readonly Subject[];
  /** The role. Cannot be changed. */
  readonly roleRef: RoleRef;
}

/** Somebody who may do something. */
export interface Subject {
  /** User, Group or ServiceAccount. */
  readonly kind: string;
  /** API group of the kind; for users and groups rbac.authorization.k8s.io. */
  readonly apiGroup?: string;
  /** The name. */
  readonly name: string;
  /** Namespace of a ServiceAccount. */
  readonly namespace?: string;
}

/** A role. */
export interface RoleRef {
  /** API group of the kind. Default: rbac.authorization.k8s.io. */
  readonly apiGroup: string;
  /** Role or ClusterRole. */
  readonly kind: string;
  /** The name. */
  readonly name: string;
}

/** What may be done with objects of every namespace, and with those that have none. */
export interface ClusterRole {
  /** Always rbac.authorization.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always ClusterRole. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** What may be done. */
  readonly rules: readonly PolicyRule[];
  /** Other ClusterRoles whose rules it takes. */
  readonly aggregationRule?: AggregationRule;
}

/** ClusterRoles whose rules are taken. */
export interface AggregationRule {
  /** Which ones, by labels; one is enough. At least one. */
  readonly clusterRoleSelectors?: readonly LabelSelector[];
}

/** Who may do what a ClusterRole allows, everywhere. */
export interface ClusterRoleBinding {
  /** Always rbac.authorization.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always ClusterRoleBinding. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** Who. */
  readonly subjects?: readonly Subject[];
  /** The role. Cannot be changed. */
  readonly roleRef: RoleRef;
}

/** How many Pods of a set may be evicted at a time. */
export interface PodDisruptionBudget {
  /** Always policy/v1. */
  readonly apiVersion?: string;
  /** Always PodDisruptionBudget. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The bound. */
  readonly spec?: PodDisruptionBudgetSpec;
  /** What was last seen of it. */
  readonly status?: PodDisruptionBudgetStatus;
}

/** How many Pods may be evicted at a time; by one of two bounds. */
export interface PodDisruptionBudgetSpec {
  /** How many must stay, or a percentage. */
  readonly minAvailable?: IntOrString;
  /** The Pods. */
  readonly selector?: LabelSelector;
  /** How many may be missing, or a percentage. */
  readonly maxUnavailable?: IntOrString;
  /** Whether Pods that are not healthy may always be evicted. */
  readonly unhealthyPodEvictionPolicy?: UnhealthyPodEvictionPolicy;
}

/** What was last seen of a budget. */
export interface PodDisruptionBudgetStatus {
  /** Generation of the spec that the status tells about. */
  readonly observedGeneration?: Int64;
  /** Pods that are being evicted, and since when. */
  readonly disruptedPods?: Readonly<Record<string, string>>;
  /** How many may be evicted now. */
  readonly disruptionsAllowed: number;
  /** Pods that are healthy. */
  readonly currentHealthy: number;
  /** How many must be healthy. */
  readonly desiredHealthy: number;
  /** Pods in all. */
  readonly expectedPods: number;
  /** What holds of it. */
  readonly conditions?: readonly Condition[];
}

/** A name for a controller of Gateways. */
export interface GatewayClass {
  /** Always gateway.networking.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always GatewayClass. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The controller. */
  readonly spec: GatewayClassSpec;
  /** What was last seen of it. */
  readonly status?: GatewayClassStatus;
}

/** A controller of Gateways. */
export interface GatewayClassSpec {
  /** Its name; a domain and a path. Cannot be changed. */
  readonly controllerName: string;
  /** An object with settings for it. */
  readonly parametersRef?: GatewayParametersReference;
  /** What it is for. */
  readonly description?: string;
}

/** An object with settings. */
export interface GatewayParametersReference {
  /** Its API group. */
  readonly group: string;
  /** Its kind. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** Its namespace. */
  readonly namespace?: string;
}

/** What was last seen of a GatewayClass. */
export interface GatewayClassStatus {
  /** Whether it is accepted. */
  readonly conditions?: readonly Condition[];
  /** What its controller can do. */
  readonly supportedFeatures?: readonly SupportedFeature[];
}

/** Something that a controller can do. */
export interface SupportedFeature {
  /** Its name, as the conformance tests have it. */
  readonly name: string;
}

/** Ports at which requests come in, and which routes may use them. */
export interface Gateway {
  /** Always gateway.networking.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always Gateway. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The ports. */
  readonly spec: GatewaySpec;
  /** What was last seen of it. */
  readonly status?: GatewayStatus;
}

/** Ports at which requests come in. */
export interface GatewaySpec {
  /** The GatewayClass in charge. */
  readonly gatewayClassName: string;
  /** The ports, each with a name. At least one. */
  readonly listeners: readonly GatewayListener[];
  /** Addresses that are asked for. */
  readonly addresses?: readonly GatewayAddress[];
  /** Labels and annotations of what is made for it. */
  readonly infrastructure?: GatewayInfrastructure;
}

/** An address. */
export interface GatewayAddress {
  /** IPAddress, Hostname or a type with a domain. Default: IPAddress. */
  readonly type?: string;
  /** The address. */
  readonly value?: string;
}

/** What belongs to everything that is made for a Gateway. */
export interface GatewayInfrastructure {
  /** Labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** An object with settings. */
  readonly parametersRef?: GatewayLocalReference;
}

/** An object of the same namespace. */
export interface GatewayLocalReference {
  /** Its API group. */
  readonly group: string;
  /** Its kind. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
}

/** A port at which requests come in. */
export interface GatewayListener {
  /** Its name, by which routes ask for it. */
  readonly name: string;
  /** The host that is served; it may begin with *. as its first label. Without it: any. */
  readonly hostname?: string;
  /** Its number. Several listeners may have one with different hosts. */
  readonly port: number;
  /** HTTP or HTTPS; TLS, TCP, UDP and those with a domain are not served here. */
  readonly protocol: string;
  /** Certificates, for HTTPS. */
  readonly tls?: GatewayListenerTLS;
  /** Which routes may use it. Without it: HTTPRoutes of the same namespace. */
  readonly allowedRoutes?: AllowedRoutes;
}

/** Certificates. */
export interface GatewayListenerTLS {
  /** Terminate or Passthrough. Default: Terminate. */
  readonly mode?: string;
  /** Secrets with a certificate. */
  readonly certificateRefs?: readonly SecretObjectReference[];
  /** Settings of an implementation. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A Secret. */
export interface SecretObjectReference {
  /** Its API group. Default: "". */
  readonly group?: string;
  /** Its kind. Default: Secret. */
  readonly kind?: string;
  /** Its name. */
  readonly name: string;
  /** Its namespace; another one than that of the Gateway needs a ReferenceGrant. */
  readonly namespace?: string;
}

/** Which routes may use a listener. */
export interface AllowedRoutes {
  /** Their namespaces. */
  readonly namespaces?: RouteNamespaces;
  /** Their kinds. */
  readonly kinds?: readonly RouteGroupKind[];
}

/** Namespaces of routes. */
export interface RouteNamespaces {
  /** Same, All or Selector. Default: Same. */
  readonly from?: string;
  /** The namespaces by labels, with Selector. */
  readonly selector?: LabelSelector;
}

/** A kind of routes. */
export interface RouteGroupKind {
  /** Its API group. Default: gateway.networking.k8s.io. */
  readonly group?: string;
  /** Its name. */
  readonly kind: string;
}

/** What was last seen of a Gateway. */
export interface GatewayStatus {
  /** Where requests come in. */
  readonly addresses?: readonly GatewayAddress[];
  /** Whether it is accepted and in force. */
  readonly conditions?: readonly Condition[];
  /** Its listeners. */
  readonly listeners?: readonly GatewayListenerStatus[];
}

/** What was last seen of a listener. */
export interface GatewayListenerStatus {
  /** Its name. */
  readonly name: string;
  /** Kinds of routes that may use it. */
  readonly supportedKinds?: readonly RouteGroupKind[];
  /** How many routes use it. */
  readonly attachedRoutes: number;
  /** Whether it is accepted and in force. */
  readonly conditions: readonly Condition[];
}

/** Where HTTP requests of a Gateway go. */
export interface HTTPRoute {
  /** Always gateway.networking.k8s.io/v1. */
  readonly apiVersion?: string;
  /** Always HTTPRoute. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The rules. */
  readonly spec: HTTPRouteSpec;
  /** What was last seen of it. */
  readonly status?: HTTPRouteStatus;
}

/** Where HTTP requests go. */
export interface HTTPRouteSpec {
  /** The Gateways that it is for. */
  readonly parentRefs?: readonly GatewayParentReference[];
  /** Hosts; each may begin with *. as its first label. Without it: those of the listener. */
  readonly hostnames?: readonly string[];
  /** Where requests go. */
  readonly rules?: readonly HTTPRouteRule[];
}

/** A Gateway, or one of its listeners. */
export interface GatewayParentReference {
  /** Its API group. Default: gateway.networking.k8s.io. */
  readonly group?: string;
  /** Its kind. Default: Gateway. */
  readonly kind?: string;
  /** Its namespace. Without it: that of the route. */
  readonly namespace?: string;
  /** Its name. */
  readonly name: string;
  /** The listener. */
  readonly sectionName?: string;
  /** Listeners of this port alone. */
  readonly port?: number;
}

/** Requests, and where they go. */
export interface HTTPRouteRule {
  /** Its name. */
  readonly name?: string;
  /** The requests; one match is enough. Without any: all. */
  readonly matches?: readonly HTTPRouteMatch[];
  /** What becomes of them on their way. */
  readonly filters?: readonly HTTPRouteFilter[];
  /** Where they go, by weight. */
  readonly backendRefs?: readonly HTTPBackendRef[];
  /** How long an answer may take. */
  readonly timeouts?: HTTPRouteTimeouts;
}

/** Requests; everything that is given has to fit. */
export interface HTTPRouteMatch {
  /** The path. Without it: any. */
  readonly path?: HTTPPathMatch;
  /** Headers. */
  readonly headers?: readonly HTTPHeaderMatch[];
  /** Parameters of the query. */
  readonly queryParams?: readonly HTTPQueryParamMatch[];
  /** The method. */
  readonly method?: string;
}

/** A path. */
export interface HTTPPathMatch {
  /** Exact, PathPrefix or RegularExpression. Default: PathPrefix. */
  readonly type?: string;
  /** The path; it begins with /. Default: /. */
  readonly value?: string;
}

/** A header. */
export interface HTTPHeaderMatch {
  /** Exact or RegularExpression. Default: Exact. */
  readonly type?: string;
  /** Its name; case does not count. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** A parameter of the query. */
export interface HTTPQueryParamMatch {
  /** Exact or RegularExpression. Default: Exact. */
  readonly type?: string;
  /** Its name. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** Something that becomes of a request or its answer. */
export interface HTTPRouteFilter {
  /** What it is; the field of that name has to be there. */
  readonly type: string;
  /** Changes headers of the request. */
  readonly requestHeaderModifier?: HTTPHeaderFilter;
  /** Changes headers of the answer. */
  readonly responseHeaderModifier?: HTTPHeaderFilter;
  /** Sends the request to another Service as well. */
  readonly requestMirror?: Readonly<Record<string, unknown>>;
  /** Answers with another URL. */
  readonly requestRedirect?: HTTPRequestRedirectFilter;
  /** Changes host and path of the request. */
  readonly urlRewrite?: HTTPURLRewriteFilter;
  /** Answers for requests of other origins. Not supported here. */
  readonly cors?: Readonly<Record<string, unknown>>;
  /** Asks another server for leave. Not supported here. */
  readonly externalAuth?: Readonly<Record<string, unknown>>;
  /** A filter of an implementation. Not supported here. */
  readonly extensionRef?: GatewayLocalReference;
}

/** Changes of headers. */
export interface HTTPHeaderFilter {
  /** Headers that take the place of others of their name. */
  readonly set?: readonly HTTPFilterHeader[];
  /** Headers that come beside others of their name. */
  readonly add?: readonly HTTPFilterHeader[];
  /** Names of headers that are taken away. */
  readonly remove?: readonly string[];
}

/** A header. */
export interface HTTPFilterHeader {
  /** Its name; case does not count. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** Another URL; what is not given stays as it was. */
export interface HTTPRequestRedirectFilter {
  /** http or https. */
  readonly scheme?: string;
  /** The host. */
  readonly hostname?: string;
  /** The path. */
  readonly path?: HTTPPathModifier;
  /** The port. Without it: that of the scheme, or of the listener. */
  readonly port?: number;
  /** The status of the answer: 301, 302, 303, 307 or 308. Default: 302. */
  readonly statusCode?: number;
}

/** Another host and path. */
export interface HTTPURLRewriteFilter {
  /** The host. */
  readonly hostname?: string;
  /** The path. */
  readonly path?: HTTPPathModifier;
}

/** Another path. */
export interface HTTPPathModifier {
  /** ReplaceFullPath or ReplacePrefixMatch. */
  readonly type: string;
  /** The whole path. */
  readonly replaceFullPath?: string;
  /** What takes the place of the prefix that was matched. */
  readonly replacePrefixMatch?: string;
}

/** A Service, and how much goes there. */
export interface HTTPBackendRef {
  /** Its API group. Default: "". */
  readonly group?: string;
  /** Its kind. Default: Service. */
  readonly kind?: string;
  /** Its name. */
  readonly name: string;
  /** Its namespace; another one than that of the route needs a ReferenceGrant. */
  readonly namespace?: string;
  /** Its port. */
  readonly port?: number;
  /** Its share of the sum of all weights; 0: nothing. Default: 1. */
  readonly weight?: number;
  /** What becomes of requests that go there. Only filters for headers are supported here. */
  readonly filters?: readonly HTTPRouteFilter[];
}

/** How long an answer may take. */
export interface HTTPRouteTimeouts {
  /** All in all. */
  readonly request?: string;
  /** Of a server. */
  readonly backendRequest?: string;
}

/** What was last seen of an HTTPRoute. */
export interface HTTPRouteStatus {
  /** What its Gateways say. */
  readonly parents: readonly RouteParentStatus[];
}

/** What a Gateway says of a route. */
export interface RouteParentStatus {
  /** The Gateway. */
  readonly parentRef: GatewayParentReference;
  /** Its controller. */
  readonly controllerName: string;
  /** Whether the route is accepted. */
  readonly conditions?: readonly Condition[];
}

/** Leave for objects of other namespaces to refer to objects of this one. */
export interface ReferenceGrant {
  /** Always gateway.networking.k8s.io/v1beta1. */
  readonly apiVersion?: string;
  /** Always ReferenceGrant. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** Who may refer to what. */
  readonly spec: ReferenceGrantSpec;
}

/** Who may refer to what. */
export interface ReferenceGrantSpec {
  /** Who may refer. At least one. */
  readonly from: readonly ReferenceGrantFrom[];
  /** What may be referred to. At least one. */
  readonly to: readonly ReferenceGrantTo[];
}

/** Objects that may refer. */
export interface ReferenceGrantFrom {
  /** Their API group. */
  readonly group: string;
  /** Their kind. */
  readonly kind: string;
  /** Their namespace. */
  readonly namespace: string;
}

/** Objects that may be referred to. */
export interface ReferenceGrantTo {
  /** Their API group; empty for the core. */
  readonly group: string;
  /** Their kind. */
  readonly kind: string;
  /** Their name. Without it: all. */
  readonly name?: string;
}
