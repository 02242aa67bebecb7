// Generated from tools/pod-schema/pod.schema by `pnpm --filter @solo-kubelet-tools/pod-schema generate`. Do not edit.


/** A 64-bit whole number: a bigint only beyond 2^53. */
export type Int64 = number | bigint;
/** An amount such as `500m`, `1.5Gi` or `1e3`; see parseQuantity. */
export type Quantity = string;
/** A number, or a name such as that of a container port. */
export type IntOrString = number | string;
/** The metadata of a Pod of this node: name, namespace and uid are always there once it has its static identity. */
export type PodMetadata = ObjectMeta & { readonly name: string; readonly namespace: string; readonly uid: string };

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export type DNSPolicy = 'ClusterFirstWithHostNet' | 'ClusterFirst' | 'Default' | 'None';

export type PreemptionPolicy = 'PreemptLowerPriority' | 'Never';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export type PodQOSClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

export type PodResizeStatus = 'InProgress' | 'Deferred' | 'Infeasible';

export type ContainerRestartPolicy = 'Always' | 'Never' | 'OnFailure';

export type TerminationMessagePolicy = 'File' | 'FallbackToLogsOnError';

export type PullPolicy = 'Always' | 'Never' | 'IfNotPresent';

export type SupplementalGroupsPolicy = 'Merge' | 'Strict';

export type PodFSGroupChangePolicy = 'OnRootMismatch' | 'Always';

export type PodSELinuxChangePolicy = 'Recursive' | 'MountOption';

export type TolerationOperator = 'Exists' | 'Equal' | 'Lt' | 'Gt';

export type TaintEffect = 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';

export type UnsatisfiableConstraintAction = 'DoNotSchedule' | 'ScheduleAnyway';

export type NodeInclusionPolicy = 'Ignore' | 'Honor';

export type OSName = 'linux' | 'windows';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export type Signal = 'SIGABRT' | 'SIGALRM' | 'SIGBUS' | 'SIGCHLD' | 'SIGCLD' | 'SIGCONT' | 'SIGFPE' | 'SIGHUP' | 'SIGILL' | 'SIGINT' | 'SIGIO' | 'SIGIOT' | 'SIGKILL' | 'SIGPIPE' | 'SIGPOLL' | 'SIGPROF' | 'SIGPWR' | 'SIGQUIT' | 'SIGSEGV' | 'SIGSTKFLT' | 'SIGSTOP' | 'SIGSYS' | 'SIGTERM' | 'SIGTRAP' | 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU' | 'SIGURG' | 'SIGUSR1' | 'SIGUSR2' | 'SIGVTALRM' | 'SIGWINCH' | 'SIGXCPU' | 'SIGXFSZ' | 'SIGRTMIN' | 'SIGRTMIN+1' | 'SIGRTMIN+2' | 'SIGRTMIN+3' | 'SIGRTMIN+4' | 'SIGRTMIN+5' | 'SIGRTMIN+6' | 'SIGRTMIN+7' | 'SIGRTMIN+8' | 'SIGRTMIN+9' | 'SIGRTMIN+10' | 'SIGRTMIN+11' | 'SIGRTMIN+12' | 'SIGRTMIN+13' | 'SIGRTMIN+14' | 'SIGRTMIN+15' | 'SIGRTMAX-14' | 'SIGRTMAX-13' | 'SIGRTMAX-12' | 'SIGRTMAX-11' | 'SIGRTMAX-10' | 'SIGRTMAX-9' | 'SIGRTMAX-8' | 'SIGRTMAX-7' | 'SIGRTMAX-6' | 'SIGRTMAX-5' | 'SIGRTMAX-4' | 'SIGRTMAX-3' | 'SIGRTMAX-2' | 'SIGRTMAX-1' | 'SIGRTMAX';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export type ResourceResizeRestartPolicy = 'NotRequired' | 'RestartContainer';

export type ContainerRestartRuleAction = 'Restart' | 'RestartAllContainers';

export type RecursiveReadOnlyMode = 'Disabled' | 'IfPossible' | 'Enabled';

export type MountPropagationMode = 'None' | 'HostToContainer' | 'Bidirectional';

export type ProcMountType = 'Default' | 'Unmasked';

export type ProfileType = 'Unconfined' | 'RuntimeDefault' | 'Localhost';

export type HostPathType = '' | 'DirectoryOrCreate' | 'Directory' | 'FileOrCreate' | 'File' | 'Socket' | 'CharDevice' | 'BlockDevice';

export type AzureDataDiskCachingMode = 'None' | 'ReadOnly' | 'ReadWrite';

export type AzureDataDiskKind = 'Shared' | 'Dedicated' | 'Managed';

export type ExitCodesOperator = 'In' | 'NotIn';

export type ResourceHealthStatus = 'Healthy' | 'Unhealthy' | 'Unknown';

export type URIScheme = 'HTTP' | 'HTTPS';

export type HTTPProtocol = 'HTTP1' | 'HTTP2';

export type GRPCProbeMode = 'Plaintext' | 'TLS';

export type BindMountOption = 'noexec' | 'nodev' | 'nosuid';

export type VolumeHealthStatusType = 'Inaccessible' | 'DataLoss' | 'Degraded';

export type PersistentVolumeAccessMode = 'ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod';

export type PersistentVolumeMode = 'Block' | 'Filesystem';

export type NodeSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

export type LabelSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** A group of containers that share a network, volumes and a lifetime on one node. */
export interface Pod {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always Pod. */
  readonly kind?: string;
  /** Name, labels and annotations. */
  readonly metadata: PodMetadata;
  /** What should run. */
  readonly spec: PodSpec;
  /** What was last seen to run; the kubelet writes it. */
  readonly status?: PodStatus;
}

/** What a pod consists of and how it should run. */
export interface PodSpec {
  /** Storage that containers of the pod can mount. */
  readonly volumes?: readonly Volume[];
  /** Containers that run one after another, each to its end, before the others start; with restartPolicy Always they keep running beside them (sidecars). */
  readonly initContainers?: readonly Container[];
  /** Containers that run together. At least one. */
  readonly containers: readonly Container[];
  /** Containers added to a running pod for debugging. Not possible in a static pod. */
  readonly ephemeralContainers?: readonly EphemeralContainer[];
  /** What happens to containers that end, unless they say otherwise. Default: Always. */
  readonly restartPolicy?: RestartPolicy;
  /** Seconds from SIGTERM to SIGKILL. A negative value counts as 1. Default: 30. */
  readonly terminationGracePeriodSeconds?: Int64;
  /** Seconds after its start when the pod is failed and its containers are stopped. From 1. */
  readonly activeDeadlineSeconds?: Int64;
  /** Where resolv.conf of the containers comes from. Default: ClusterFirst. */
  readonly dnsPolicy?: DNSPolicy;
  /** Labels a node must have. Not looked at without a scheduler. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Account to act as towards the API. Not possible in a static pod. */
  readonly serviceAccountName?: string;
  /** Old name of serviceAccountName. */
  readonly serviceAccount?: string;
  /** Whether a token of the account is mounted. Without effect in a static pod. */
  readonly automountServiceAccountToken?: boolean;
  /** Node the pod runs on. The kubelet puts its own name here. */
  readonly nodeName?: string;
  /** Use the network of the host instead of one of its own. Host ports then equal container ports. Default: false. */
  readonly hostNetwork?: boolean;
  /** See all processes of the host. Default: false. */
  readonly hostPID?: boolean;
  /** Share the IPC namespace of the host. Default: false. */
  readonly hostIPC?: boolean;
  /** Containers of the pod see each other's processes. Not together with hostPID. Default: false. */
  readonly shareProcessNamespace?: boolean;
  /** Users, groups and other security settings for the whole pod. Default: {}. */
  readonly securityContext?: PodSecurityContext;
  /** Secrets with credentials for image registries. Not possible in a static pod. */
  readonly imagePullSecrets?: readonly LocalObjectReference[];
  /** Host name inside the pod, a DNS label. Without it: the name of the pod. */
  readonly hostname?: string;
  /** Makes the host name fully qualified: hostname.subdomain.namespace.svc.domain. */
  readonly subdomain?: string;
  /** Rules about which nodes and neighbours suit. Not looked at without a scheduler. */
  readonly affinity?: Affinity;
  /** Scheduler in charge. Not looked at here. Default: default-scheduler. */
  readonly schedulerName?: string;
  /** Taints of the node that the pod bears. A pod from a file gets one for every NoExecute taint. */
  readonly tolerations?: readonly Toleration[];
  /** Lines added to /etc/hosts of the containers. Not with hostNetwork. */
  readonly hostAliases?: readonly HostAlias[];
  /** Name of a priority class; system-node-critical and system-cluster-critical make a pod critical. */
  readonly priorityClassName?: string;
  /** The priority as a number; higher is more important. */
  readonly priority?: number;
  /** Name servers, search domains and options added to what dnsPolicy gives. */
  readonly dnsConfig?: PodDNSConfig;
  /** Conditions besides the containers' readiness that must be True before the pod is Ready. */
  readonly readinessGates?: readonly PodReadinessGate[];
  /** Handler of the container runtime to run the pod with. */
  readonly runtimeClassName?: string;
  /** Put addresses of services into environment variables. There are none without an API server. Default: true. */
  readonly enableServiceLinks?: boolean;
  /** Whether pods of lower priority may be evicted for this one. Default: PreemptLowerPriority. */
  readonly preemptionPolicy?: PreemptionPolicy;
  /** Resources that running the pod costs besides those of its containers. */
  readonly overhead?: Readonly<Record<string, Quantity>>;
  /** How pods should spread over nodes. Not looked at without a scheduler. */
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[];
  /** The host name in the pod is the fully qualified one. Default: false. */
  readonly setHostnameAsFQDN?: boolean;
  /** Operating system of the pod's containers; fields of another one are then refused. */
  readonly os?: PodOS;
  /** Use the host's user namespace. With false the pod gets one of its own, and its root is nobody on the host. Default: true. */
  readonly hostUsers?: boolean;
  /** Reasons to hold back scheduling. Not possible in a static pod. */
  readonly schedulingGates?: readonly PodSchedulingGate[];
  /** Devices claimed from the API. Not possible in a static pod. */
  readonly resourceClaims?: readonly PodResourceClaim[];
  /** CPU, memory and huge pages of the pod as a whole. */
  readonly resources?: ResourceRequirements;
  /** Host name inside the pod as is, up to 64 characters. Not with hostNetwork or setHostnameAsFQDN. */
  readonly hostnameOverride?: string;
  /** Group of pods that is scheduled together. Not looked at without a scheduler. */
  readonly schedulingGroup?: PodSchedulingGroup;
  /** Who is asked, one after another, when the pod is to be evicted. For controllers; a node only keeps it. Feature gate EvictionRequestAPI. */
  readonly evictionResponders?: readonly EvictionResponder[];
}

/** What was last seen of a pod. */
export interface PodStatus {
  /** Generation of the spec that the status tells about. */
  readonly observedGeneration?: Int64;
  /** Where the pod is in its life. */
  readonly phase?: PodPhase;
  /** Milestones of the pod and whether they hold. */
  readonly conditions?: readonly PodCondition[];
  /** Why the pod is as it is, in words. */
  readonly message?: string;
  /** The same as one CamelCase word. */
  readonly reason?: string;
  /** Node on which room is being made for the pod. */
  readonly nominatedNodeName?: string;
  /** Address of the node. */
  readonly hostIP?: string;
  /** Addresses of the node, one of each IP family. */
  readonly hostIPs?: readonly HostIP[];
  /** Address of the pod. */
  readonly podIP?: string;
  /** Addresses of the pod, at most one of each IP family. */
  readonly podIPs?: readonly PodIP[];
  /** When the kubelet took on the pod. */
  readonly startTime?: string;
  /** State of each init container. */
  readonly initContainerStatuses?: readonly ContainerStatus[];
  /** State of each container. */
  readonly containerStatuses?: readonly ContainerStatus[];
  /** Class by requests and limits: who is killed first when memory runs out. */
  readonly qosClass?: PodQOSClass;
  /** State of each ephemeral container. */
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  /** State of a change of resources in place. */
  readonly resize?: PodResizeStatus;
  /** State of each resource claim. */
  readonly resourceClaimStatuses?: readonly PodResourceClaimStatus[];
  /** The claim made for extended resources that are backed by devices. */
  readonly extendedResourceClaimStatus?: PodExtendedResourceClaimStatus;
  /** Requests that the node has set aside for the pod as a whole. */
  readonly allocatedResources?: Readonly<Record<string, Quantity>>;
  /** Requests and limits in force for the pod as a whole. */
  readonly resources?: ResourceRequirements;
  /** Claims that take from the node's own CPU and memory. */
  readonly nodeAllocatableResourceClaimStatuses?: readonly NodeAllocatableResourceClaimStatus[];
  /** Health of the pod's volumes, as CSI drivers tell it. Feature gate CSIVolumeHealth. */
  readonly volumeHealth?: readonly PodVolumeHealth[];
}

/** Somebody who is asked when a pod is to be evicted. */
export interface EvictionResponder {
  /** A domain and a key, such as example.com/mover; unique in the pod. */
  readonly name: string;
  /** Higher ones are asked first, 0 to 100000. */
  readonly priority?: number;
}

/** Health of one volume. */
export interface PodVolumeHealth {
  /** Name of the volume in the pod. */
  readonly name: string;
  /** What is wrong with it; nothing when it is healthy. */
  readonly healthConditions?: readonly VolumeHealthCondition[];
  /** Since when it has been so. */
  readonly lastTransitionTime?: string;
}

/** Something that is wrong with a volume. */
export interface VolumeHealthCondition {
  /** Its kind. */
  readonly status: VolumeHealthStatusType;
  /** One CamelCase word. */
  readonly reason: string;
  /** The same for people. */
  readonly message?: string;
}

/** Storage with a name; exactly one kind of source. Without any: an empty directory. */
export interface Volume extends VolumeSource {
  /** Name by which containers mount it: a DNS label, unique in the pod. */
  readonly name: string;
}

/** A process with an image, or several, and all that it needs. */
export interface Container {
  /** A DNS label, unique in the pod. */
  readonly name: string;
  /** Image to run, e.g. registry.local/app:1.0. */
  readonly image?: string;
  /** What to run instead of the image's entry point. $(NAME) stands for an environment variable. */
  readonly command?: readonly string[];
  /** Arguments instead of those of the image. $(NAME) stands for an environment variable. */
  readonly args?: readonly string[];
  /** Working directory. Without it: that of the image. */
  readonly workingDir?: string;
  /** Ports the container listens on; only named or host ports have an effect. */
  readonly ports?: readonly ContainerPort[];
  /** Config maps and secrets whose keys all become environment variables. Not possible in a static pod. */
  readonly envFrom?: readonly EnvFromSource[];
  /** Environment variables, later ones may refer to earlier ones as $(NAME). */
  readonly env?: readonly EnvVar[];
  /** How much CPU, memory and so on it needs and may use. Default: {}. */
  readonly resources?: ResourceRequirements;
  /** Whether a change of a resource restarts the container. */
  readonly resizePolicy?: readonly ContainerResizePolicy[];
  /** What happens when the container ends, instead of the pod's policy. Always makes an init container a sidecar. */
  readonly restartPolicy?: ContainerRestartPolicy;
  /** Exit codes that are handled otherwise than restartPolicy says. At most 20; needs restartPolicy. */
  readonly restartPolicyRules?: readonly ContainerRestartRule[];
  /** Volumes and where they are mounted. */
  readonly volumeMounts?: readonly VolumeMount[];
  /** Raw block devices of claims. Not possible in a static pod. */
  readonly volumeDevices?: readonly VolumeDevice[];
  /** Check whose failure restarts the container. */
  readonly livenessProbe?: Probe;
  /** Check that tells whether the container can serve. */
  readonly readinessProbe?: Probe;
  /** Check that holds the others back until it has succeeded once; its failure restarts the container. */
  readonly startupProbe?: Probe;
  /** What to do after the start and before the stop. */
  readonly lifecycle?: Lifecycle;
  /** File whose text becomes the container's last message. Default: /dev/termination-log. */
  readonly terminationMessagePath?: string;
  /** Whether the end of the log stands in for an empty message after a failure. Default: File. */
  readonly terminationMessagePolicy?: TerminationMessagePolicy;
  /** When to pull the image. Always for the tag latest or no tag, else IfNotPresent. */
  readonly imagePullPolicy?: PullPolicy;
  /** User, capabilities and other security settings; they go before those of the pod. */
  readonly securityContext?: SecurityContext;
  /** Keep standard input open. Default: false. */
  readonly stdin?: boolean;
  /** Close standard input after the first session that was attached to it. Default: false. */
  readonly stdinOnce?: boolean;
  /** Run in a terminal. Needs stdin. Default: false. */
  readonly tty?: boolean;
}

/** A container added to a running pod for debugging. */
export interface EphemeralContainer extends Container {
  /** Container whose processes it sees. */
  readonly targetContainerName?: string;
}

/** Security settings of all containers of a pod. */
export interface PodSecurityContext {
  /** SELinux label of the processes. */
  readonly seLinuxOptions?: SELinuxOptions;
  /** Settings for Windows containers. */
  readonly windowsOptions?: WindowsSecurityContextOptions;
  /** User id of the process, 0 to 2147483647. Without it: that of the image. */
  readonly runAsUser?: Int64;
  /** Group id of the process, 0 to 2147483647. */
  readonly runAsGroup?: Int64;
  /** Refuse to start a container as root. */
  readonly runAsNonRoot?: boolean;
  /** More group ids of the process. */
  readonly supplementalGroups?: readonly Int64[];
  /** Whether groups from the image's /etc/group count too. Default: Merge. */
  readonly supplementalGroupsPolicy?: SupplementalGroupsPolicy;
  /** Group id that volumes belong to and that processes have. */
  readonly fsGroup?: Int64;
  /** Kernel parameters of the pod's namespaces. */
  readonly sysctls?: readonly Sysctl[];
  /** Whether the group of a volume is changed when its root has it already. Default: Always. */
  readonly fsGroupChangePolicy?: PodFSGroupChangePolicy;
  /** Filter of system calls. */
  readonly seccompProfile?: SeccompProfile;
  /** AppArmor profile of the processes. */
  readonly appArmorProfile?: AppArmorProfile;
  /** How volumes get their SELinux label. Default: Recursive. */
  readonly seLinuxChangePolicy?: PodSELinuxChangePolicy;
}

/** An object of the same namespace. */
export interface LocalObjectReference {
  /** Name of the object. */
  readonly name?: string;
}

/** Rules about nodes and neighbours. */
export interface Affinity {
  /** About nodes. */
  readonly nodeAffinity?: NodeAffinity;
  /** About pods to be near. */
  readonly podAffinity?: PodAffinity;
  /** About pods to be far from. */
  readonly podAntiAffinity?: PodAntiAffinity;
}

/** A taint, or kind of taint, that the pod bears. */
export interface Toleration {
  /** Key of the taint; empty with operator Exists for all. */
  readonly key?: string;
  /** How key and value are compared. Default: Equal. */
  readonly operator?: TolerationOperator;
  /** Value of the taint. Empty with operator Exists. */
  readonly value?: string;
  /** Effect of the taint; empty for all. */
  readonly effect?: TaintEffect;
  /** Seconds that a NoExecute taint is borne; without it, forever. */
  readonly tolerationSeconds?: Int64;
}

/** A line of /etc/hosts. */
export interface HostAlias {
  /** The address. */
  readonly ip: string;
  /** Names for it. */
  readonly hostnames?: readonly string[];
}

/** Additions to resolv.conf. */
export interface PodDNSConfig {
  /** Addresses of name servers, at most 3. */
  readonly nameservers?: readonly string[];
  /** Search domains, at most 32. */
  readonly searches?: readonly string[];
  /** Options such as ndots. */
  readonly options?: readonly PodDNSConfigOption[];
}

/** A condition that counts for readiness. */
export interface PodReadinessGate {
  /** Type of the condition. */
  readonly conditionType: string;
}

/** How far pods may be unevenly spread. */
export interface TopologySpreadConstraint {
  /** Largest difference between two domains. From 1. */
  readonly maxSkew: number;
  /** Node label whose values are the domains. */
  readonly topologyKey: string;
  /** Hold the pod back, or place it all the same. */
  readonly whenUnsatisfiable: UnsatisfiableConstraintAction;
  /** Pods that are counted. */
  readonly labelSelector?: LabelSelector;
  /** Fewest domains there must be. From 1. */
  readonly minDomains?: number;
  /** Whether only nodes count that the pod selects. Default: Honor. */
  readonly nodeAffinityPolicy?: NodeInclusionPolicy;
  /** Whether only nodes count whose taints the pod bears. Default: Ignore. */
  readonly nodeTaintsPolicy?: NodeInclusionPolicy;
  /** Labels of this pod that counted pods must share. */
  readonly matchLabelKeys?: readonly string[];
}

/** An operating system. */
export interface PodOS {
  /** Its name. */
  readonly name: OSName;
}

/** A reason to hold back scheduling. */
export interface PodSchedulingGate {
  /** Its name. */
  readonly name: string;
}

/** A resource claim under a name of its own. */
export interface PodResourceClaim {
  /** Name by which containers refer to it. */
  readonly name: string;
  /** A claim that exists. */
  readonly resourceClaimName?: string;
  /** A template to make a claim from. */
  readonly resourceClaimTemplateName?: string;
}

/** What is needed at least and may be used at most. */
export interface ResourceRequirements {
  /** The most that may be used, by resource. */
  readonly limits?: Readonly<Record<string, Quantity>>;
  /** What is set aside, by resource. Without it: the limit. */
  readonly requests?: Readonly<Record<string, Quantity>>;
  /** Devices of the pod's resource claims to use. */
  readonly claims?: readonly ResourceClaim[];
}

/** A group of pods. */
export interface PodSchedulingGroup {
  /** Its name. */
  readonly podGroupName?: string;
}

/** A milestone of a pod. */
export interface PodCondition {
  /** Its name. */
  readonly type: string;
  /** Generation of the spec it tells about. */
  readonly observedGeneration?: Int64;
  /** Whether it holds. */
  readonly status: ConditionStatus;
  /** When it was last checked. */
  readonly lastProbeTime?: string;
  /** When it last changed. */
  readonly lastTransitionTime?: string;
  /** Why, as one CamelCase word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** An address of the node. */
export interface HostIP {
  /** The address. */
  readonly ip: string;
}

/** An address of the pod. */
export interface PodIP {
  /** The address. */
  readonly ip: string;
}

/** State of one container. */
export interface ContainerStatus {
  /** Name of the container. */
  readonly name: string;
  /** What it is doing now. */
  readonly state?: ContainerState;
  /** How it ended before its last restart. */
  readonly lastState?: ContainerState;
  /** Whether it can serve. */
  readonly ready: boolean;
  /** How often it was started again. */
  readonly restartCount: number;
  /** Image it runs. */
  readonly image: string;
  /** Digest of that image. */
  readonly imageID: string;
  /** Id at the container runtime, as type://id. */
  readonly containerID?: string;
  /** Whether its startup probe has succeeded. */
  readonly started?: boolean;
  /** Requests the node has set aside for it. */
  readonly allocatedResources?: Readonly<Record<string, Quantity>>;
  /** Requests and limits in force. */
  readonly resources?: ResourceRequirements;
  /** What is mounted. */
  readonly volumeMounts?: readonly VolumeMountStatus[];
  /** Ids that its first process was started with. */
  readonly user?: ContainerUser;
  /** Health of its devices. */
  readonly allocatedResourcesStatus?: readonly ResourceStatus[];
  /** Signal that ends it. */
  readonly stopSignal?: Signal;
}

/** Which claim stands behind a name. */
export interface PodResourceClaimStatus {
  /** Name in the pod. */
  readonly name: string;
  /** Name of the claim made for it. */
  readonly resourceClaimName?: string;
}

/** The claim behind extended resources. */
export interface PodExtendedResourceClaimStatus {
  /** Which request serves which container. */
  readonly requestMappings: readonly ContainerExtendedResourceRequest[];
  /** Name of the claim. */
  readonly resourceClaimName: string;
}

/** A claim that takes from the node's own resources. */
export interface NodeAllocatableResourceClaimStatus {
  /** Name of the claim. */
  readonly resourceClaimName: string;
  /** Containers that use it. */
  readonly containers?: readonly string[];
  /** What it takes. */
  readonly resources: Readonly<Record<string, Quantity>>;
}

/** Where a volume's files come from; exactly one. */
export interface VolumeSource {
  /** A file or directory of the host. */
  readonly hostPath?: HostPathVolumeSource;
  /** An empty directory that lives as long as the pod. */
  readonly emptyDir?: EmptyDirVolumeSource;
  /** A Google Compute Engine disk. */
  readonly gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  /** An AWS disk. */
  readonly awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  /** A clone of a git repository. */
  readonly gitRepo?: GitRepoVolumeSource;
  /** Keys of a Secret as files. Not possible in a static pod. */
  readonly secret?: SecretVolumeSource;
  /** A directory of an NFS server. */
  readonly nfs?: NFSVolumeSource;
  /** A disk of an iSCSI target. */
  readonly iscsi?: ISCSIVolumeSource;
  /** A Gluster volume. Not possible in a static pod. */
  readonly glusterfs?: GlusterfsVolumeSource;
  /** The volume of a claim. Not possible in a static pod. */
  readonly persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  /** A Ceph block device. */
  readonly rbd?: RBDVolumeSource;
  /** A volume of an external driver program. */
  readonly flexVolume?: FlexVolumeSource;
  /** An OpenStack disk. */
  readonly cinder?: CinderVolumeSource;
  /** A directory of a Ceph file system. */
  readonly cephfs?: CephFSVolumeSource;
  /** A Flocker dataset. */
  readonly flocker?: FlockerVolumeSource;
  /** Facts about the pod as files. */
  readonly downwardAPI?: DownwardAPIVolumeSource;
  /** A Fibre Channel disk. */
  readonly fc?: FCVolumeSource;
  /** A share of Azure Files. */
  readonly azureFile?: AzureFileVolumeSource;
  /** Keys of a ConfigMap as files. Not possible in a static pod. */
  readonly configMap?: ConfigMapVolumeSource;
  /** A vSphere disk. */
  readonly vsphereVolume?: VsphereVirtualDiskVolumeSource;
  /** A Quobyte volume. */
  readonly quobyte?: QuobyteVolumeSource;
  /** An Azure disk. */
  readonly azureDisk?: AzureDiskVolumeSource;
  /** A Photon Controller disk. */
  readonly photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  /** Several sources in one directory. */
  readonly projected?: ProjectedVolumeSource;
  /** A Portworx volume. */
  readonly portworxVolume?: PortworxVolumeSource;
  /** A ScaleIO volume. */
  readonly scaleIO?: ScaleIOVolumeSource;
  /** A StorageOS volume. */
  readonly storageos?: StorageOSVolumeSource;
  /** A volume of a CSI driver. Not possible in a static pod. */
  readonly csi?: CSIVolumeSource;
  /** A volume of a claim made for this pod. Not possible in a static pod. */
  readonly ephemeral?: EphemeralVolumeSource;
  /** The files of an image or artifact, read only. */
  readonly image?: ImageVolumeSource;
}

/** A port of a container. */
export interface ContainerPort {
  /** Name for probes and services: at most 15 lower-case letters, digits and dashes, with a letter. Unique in the container. */
  readonly name?: string;
  /** Port of the host that leads to it, 1 to 65535. */
  readonly hostPort?: number;
  /** The port, 1 to 65535. */
  readonly containerPort: number;
  /** The protocol. Default: TCP. */
  readonly protocol?: Protocol;
  /** Address of the host to bind the host port to. Without it: all. */
  readonly hostIP?: string;
}

/** All keys of an object as environment variables. */
export interface EnvFromSource {
  /** Put before each key. */
  readonly prefix?: string;
  /** The ConfigMap. */
  readonly configMapRef?: ConfigMapEnvSource;
  /** The Secret. */
  readonly secretRef?: SecretEnvSource;
}

/** An environment variable. */
export interface EnvVar {
  /** Any printable ASCII without =. */
  readonly name: string;
  /** The value; $(NAME) stands for a variable before it, $$ for $. Default: "". */
  readonly value?: string;
  /** Where the value comes from instead. */
  readonly valueFrom?: EnvVarSource;
}

/** What a change of a resource does to the container. */
export interface ContainerResizePolicy {
  /** cpu or memory. */
  readonly resourceName: string;
  /** Whether it is restarted. */
  readonly restartPolicy: ResourceResizeRestartPolicy;
}

/** What to do on certain exit codes. */
export interface ContainerRestartRule {
  /** Restart the container, or all containers of the pod. */
  readonly action?: ContainerRestartRuleAction;
  /** The exit codes. */
  readonly exitCodes?: ContainerRestartRuleOnExitCodes;
}

/** A volume in a container. */
export interface VolumeMount {
  /** Name of the volume. */
  readonly name: string;
  /** Do not allow writing. Default: false. */
  readonly readOnly?: boolean;
  /** Whether mounts below are read only too. Needs readOnly. Default: Disabled. */
  readonly recursiveReadOnly?: RecursiveReadOnlyMode;
  /** Where in the container. Unique in the container. */
  readonly mountPath: string;
  /** Path inside the volume to mount instead of its root; relative, without .. */
  readonly subPath?: string;
  /** Whether mounts made later are seen on the other side. Bidirectional needs privileged. Default: None. */
  readonly mountPropagation?: MountPropagationMode;
  /** Like subPath, with $(NAME) for environment variables. */
  readonly subPathExpr?: string;
  /** Options of the mount in the container. Not for image volumes; only on a runtime that knows them. Feature gate VolumeBindMountOptions. */
  readonly bindMountOptions?: readonly BindMountOption[];
}

/** A block device in a container. */
export interface VolumeDevice {
  /** Name of the volume, one with a claim. */
  readonly name: string;
  /** Path of the device in the container. */
  readonly devicePath: string;
}

/** A check that is repeated; exactly one way to do it. */
export interface Probe extends ProbeHandler {
  /** Seconds from the container's start to the first check. Default: 0. */
  readonly initialDelaySeconds?: number;
  /** Seconds after which a check counts as failed. Default: 1. */
  readonly timeoutSeconds?: number;
  /** Seconds between checks. Default: 10. */
  readonly periodSeconds?: number;
  /** Successes in a row that count after a failure. 1 for liveness and startup. Default: 1. */
  readonly successThreshold?: number;
  /** Failures in a row that count after a success. Default: 3. */
  readonly failureThreshold?: number;
  /** Seconds from SIGTERM to SIGKILL when this probe ends the container, instead of the pod's. Not for readiness. */
  readonly terminationGracePeriodSeconds?: Int64;
}

/** Hooks of a container. */
export interface Lifecycle {
  /** Run right after the start; its failure ends the container. */
  readonly postStart?: LifecycleHandler;
  /** Run before SIGTERM, within the grace period. */
  readonly preStop?: LifecycleHandler;
  /** Signal instead of that of the image. Needs spec.os.name. */
  readonly stopSignal?: Signal;
}

/** Security settings of one container. */
export interface SecurityContext {
  /** Linux capabilities added and dropped. */
  readonly capabilities?: Capabilities;
  /** All rights of the host's root. Default: false. */
  readonly privileged?: boolean;
  /** SELinux label of the process. */
  readonly seLinuxOptions?: SELinuxOptions;
  /** Settings for Windows containers. */
  readonly windowsOptions?: WindowsSecurityContextOptions;
  /** User id of the process, 0 to 2147483647. */
  readonly runAsUser?: Int64;
  /** Group id of the process, 0 to 2147483647. */
  readonly runAsGroup?: Int64;
  /** Refuse to start as root. */
  readonly runAsNonRoot?: boolean;
  /** The image's files cannot be written to. Default: false. */
  readonly readOnlyRootFilesystem?: boolean;
  /** Whether the process may gain rights, e.g. by set-user-id programs. Always so when privileged. */
  readonly allowPrivilegeEscalation?: boolean;
  /** Whether parts of /proc are hidden. Unmasked needs hostUsers false. Default: Default. */
  readonly procMount?: ProcMountType;
  /** Filter of system calls. */
  readonly seccompProfile?: SeccompProfile;
  /** AppArmor profile of the process. */
  readonly appArmorProfile?: AppArmorProfile;
}

/** Parts of an SELinux label. */
export interface SELinuxOptions {
  /** User part. */
  readonly user?: string;
  /** Role part. */
  readonly role?: string;
  /** Type part. */
  readonly type?: string;
  /** Level part. */
  readonly level?: string;
}

/** Settings of Windows containers. */
export interface WindowsSecurityContextOptions {
  /** Name of a GMSA credential spec. */
  readonly gmsaCredentialSpecName?: string;
  /** Its content. */
  readonly gmsaCredentialSpec?: string;
  /** User to run as. */
  readonly runAsUserName?: string;
  /** Run on the host itself. For all containers of a pod or none. */
  readonly hostProcess?: boolean;
}

/** A kernel parameter. */
export interface Sysctl {
  /** Its name, with dots or slashes. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** A filter of system calls. */
export interface SeccompProfile {
  /** The runtime's own, one from a file, or none. */
  readonly type: ProfileType;
  /** The file, below the kubelet's seccomp directory. For Localhost only, and needed there. */
  readonly localhostProfile?: string;
}

/** An AppArmor profile. */
export interface AppArmorProfile {
  /** The runtime's own, one loaded on the host, or none. */
  readonly type: ProfileType;
  /** Its name. For Localhost only, and needed there. */
  readonly localhostProfile?: string;
}

/** Rules about nodes. */
export interface NodeAffinity {
  /** Must hold. */
  readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
  /** Should hold, with weights. */
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly PreferredSchedulingTerm[];
}

/** Rules about pods to be near. */
export interface PodAffinity {
  /** Must hold. */
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[];
  /** Should hold, with weights. */
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[];
}

/** Rules about pods to be far from. */
export interface PodAntiAffinity {
  /** Must hold. */
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[];
  /** Should hold, with weights. */
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[];
}

/** An option of resolv.conf. */
export interface PodDNSConfigOption {
  /** Its name. */
  readonly name?: string;
  /** Its value, if it has one. */
  readonly value?: string;
}

/** A claim of the pod that a container uses. */
export interface ResourceClaim {
  /** Its name in the pod. */
  readonly name: string;
  /** Which request of the claim; without it, all. */
  readonly request?: string;
}

/** What a container is doing; at most one. */
export interface ContainerState {
  /** It has not started yet. */
  readonly waiting?: ContainerStateWaiting;
  /** It runs. */
  readonly running?: ContainerStateRunning;
  /** It has ended. */
  readonly terminated?: ContainerStateTerminated;
}

/** A mount as it is. */
export interface VolumeMountStatus {
  /** Name of the volume. */
  readonly name: string;
  /** Where it is mounted. */
  readonly mountPath: string;
  /** Whether it is read only. */
  readonly readOnly?: boolean;
  /** Whether mounts below are. */
  readonly recursiveReadOnly?: RecursiveReadOnlyMode;
  /** More about the volume. */
  readonly volumeStatus?: VolumeStatus;
}

/** Ids of a container's first process. */
export interface ContainerUser {
  /** On Linux. */
  readonly linux?: LinuxContainerUser;
}

/** Health of a resource. */
export interface ResourceStatus {
  /** Its name. */
  readonly name: string;
  /** Its parts. */
  readonly resources?: readonly ResourceHealth[];
}

/** A request behind an extended resource. */
export interface ContainerExtendedResourceRequest {
  /** The container. */
  readonly containerName: string;
  /** The resource. */
  readonly resourceName: string;
  /** The request. */
  readonly requestName: string;
}

/** A file or directory of the host. */
export interface HostPathVolumeSource {
  /** Its path; without .. */
  readonly path: string;
  /** What must be there, or is made. Empty: no check. Default: "". */
  readonly type?: HostPathType;
}

/** An empty directory. */
export interface EmptyDirVolumeSource {
  /** Memory for tmpfs, HugePages or HugePages-<size>; empty for disk. Default: "". */
  readonly medium?: string;
  /** The most it may hold. */
  readonly sizeLimit?: Quantity;
  /** Mode of the directory, 0 to 1023 (01777). What fsGroup gives wins. Default: 511. Feature gate EmptyDirVolumeMode. */
  readonly mode?: number;
}

/** A Google Compute Engine disk. */
export interface GCEPersistentDiskVolumeSource {
  /** Name of the disk. */
  readonly pdName: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Its partition. */
  readonly partition?: number;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** An AWS disk. */
export interface AWSElasticBlockStoreVolumeSource {
  /** Id of the disk. */
  readonly volumeID: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Its partition. */
  readonly partition?: number;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** A clone of a git repository. */
export interface GitRepoVolumeSource {
  /** Its URL. */
  readonly repository: string;
  /** Commit to check out. */
  readonly revision?: string;
  /** Directory to clone into; relative, without .. */
  readonly directory?: string;
}

/** Keys of a Secret as files. */
export interface SecretVolumeSource {
  /** The Secret. */
  readonly secretName?: string;
  /** Keys to take and their paths. Without it: all. */
  readonly items?: readonly KeyToPath[];
  /** Mode of the files, 0 to 511 (0777). Default: 420. */
  readonly defaultMode?: number;
  /** Whether the Secret may be missing. */
  readonly optional?: boolean;
  /** Owner of the files, a user id. Without it: root. Feature gate AtomicWriteVolumeUserFields. */
  readonly defaultUser?: Int64;
}

/** A directory of an NFS server. */
export interface NFSVolumeSource {
  /** Its name or address. */
  readonly server: string;
  /** Path on the server, absolute. */
  readonly path: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** A disk of an iSCSI target. */
export interface ISCSIVolumeSource {
  /** Address of the target, with port if it is not 3260. */
  readonly targetPortal: string;
  /** Name of the target. */
  readonly iqn: string;
  /** Number of the unit. */
  readonly lun: number;
  /** Interface to use. Default: default. */
  readonly iscsiInterface?: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** More addresses. */
  readonly portals?: readonly string[];
  /** Authenticate when discovering. Default: false. */
  readonly chapAuthDiscovery?: boolean;
  /** Authenticate sessions. Default: false. */
  readonly chapAuthSession?: boolean;
  /** Secret with the credentials. */
  readonly secretRef?: LocalObjectReference;
  /** Name of the initiator. */
  readonly initiatorName?: string;
}

/** A Gluster volume. */
export interface GlusterfsVolumeSource {
  /** Endpoints object of the servers. */
  readonly endpoints: string;
  /** Name of the volume. */
  readonly path: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** The volume of a claim. */
export interface PersistentVolumeClaimVolumeSource {
  /** Name of the claim. */
  readonly claimName: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** A Ceph block device. */
export interface RBDVolumeSource {
  /** Addresses of monitors. */
  readonly monitors: readonly string[];
  /** Name of the image. */
  readonly image: string;
  /** Its file system. */
  readonly fsType?: string;
  /** The pool. Default: rbd. */
  readonly pool?: string;
  /** The user. Default: admin. */
  readonly user?: string;
  /** File with the user's key. Default: /etc/ceph/keyring. */
  readonly keyring?: string;
  /** Secret with the key instead. */
  readonly secretRef?: LocalObjectReference;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** A volume of an external driver program. */
export interface FlexVolumeSource {
  /** Name of the driver. */
  readonly driver: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Secret for the driver. */
  readonly secretRef?: LocalObjectReference;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** Options for the driver. */
  readonly options?: Readonly<Record<string, string>>;
}

/** An OpenStack disk. */
export interface CinderVolumeSource {
  /** Id of the disk. */
  readonly volumeID: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** Secret with the credentials. */
  readonly secretRef?: LocalObjectReference;
}

/** A directory of a Ceph file system. */
export interface CephFSVolumeSource {
  /** Addresses of monitors. */
  readonly monitors: readonly string[];
  /** The directory. Default: /. */
  readonly path?: string;
  /** The user. Default: admin. */
  readonly user?: string;
  /** File with the user's key. Default: /etc/ceph/user.secret. */
  readonly secretFile?: string;
  /** Secret with the key instead. */
  readonly secretRef?: LocalObjectReference;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** A Flocker dataset, by name or id. */
export interface FlockerVolumeSource {
  /** Its name. */
  readonly datasetName?: string;
  /** Its id. */
  readonly datasetUUID?: string;
}

/** Facts about the pod as files. */
export interface DownwardAPIVolumeSource {
  /** The files. */
  readonly items?: readonly DownwardAPIVolumeFile[];
  /** Mode of the files, 0 to 511 (0777). Default: 420. */
  readonly defaultMode?: number;
  /** Owner of the files, a user id. Without it: root. Feature gate AtomicWriteVolumeUserFields. */
  readonly defaultUser?: Int64;
}

/** A Fibre Channel disk. */
export interface FCVolumeSource {
  /** Names of targets. Needs lun. */
  readonly targetWWNs?: readonly string[];
  /** Number of the unit. */
  readonly lun?: number;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** Names of the disk, instead of targetWWNs and lun. */
  readonly wwids?: readonly string[];
}

/** A share of Azure Files. */
export interface AzureFileVolumeSource {
  /** Secret with the account. */
  readonly secretName: string;
  /** Name of the share. */
  readonly shareName: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** Keys of a ConfigMap as files. */
export interface ConfigMapVolumeSource extends LocalObjectReference {
  /** Keys to take and their paths. Without it: all. */
  readonly items?: readonly KeyToPath[];
  /** Mode of the files, 0 to 511 (0777). Default: 420. */
  readonly defaultMode?: number;
  /** Whether the ConfigMap may be missing. */
  readonly optional?: boolean;
  /** Owner of the files, a user id. Without it: root. Feature gate AtomicWriteVolumeUserFields. */
  readonly defaultUser?: Int64;
}

/** A vSphere disk. */
export interface VsphereVirtualDiskVolumeSource {
  /** Path of the disk. */
  readonly volumePath: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Name of a storage policy. */
  readonly storagePolicyName?: string;
  /** Id of a storage policy. */
  readonly storagePolicyID?: string;
}

/** A Quobyte volume. */
export interface QuobyteVolumeSource {
  /** Addresses of the registry as host:port, with commas. */
  readonly registry: string;
  /** Name of the volume. */
  readonly volume: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** User to mount as. */
  readonly user?: string;
  /** Group to mount as. */
  readonly group?: string;
  /** Tenant of the volume. */
  readonly tenant?: string;
}

/** An Azure disk. */
export interface AzureDiskVolumeSource {
  /** Name of the disk. */
  readonly diskName: string;
  /** URI of the disk. */
  readonly diskURI: string;
  /** How the host caches it. Default: ReadWrite. */
  readonly cachingMode?: AzureDataDiskCachingMode;
  /** Its file system. Default: ext4. */
  readonly fsType?: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** How it is stored. Default: Shared. */
  readonly kind?: AzureDataDiskKind;
}

/** A Photon Controller disk. */
export interface PhotonPersistentDiskVolumeSource {
  /** Id of the disk. */
  readonly pdID: string;
  /** Its file system. */
  readonly fsType?: string;
}

/** Several sources in one directory. */
export interface ProjectedVolumeSource {
  /** The sources; their paths must differ. */
  readonly sources: readonly VolumeProjection[];
  /** Mode of the files, 0 to 511 (0777). Default: 420. */
  readonly defaultMode?: number;
  /** Owner of the files, a user id. Without it: root. Feature gate AtomicWriteVolumeUserFields. */
  readonly defaultUser?: Int64;
}

/** A Portworx volume. */
export interface PortworxVolumeSource {
  /** Id of the volume. */
  readonly volumeID: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** A ScaleIO volume. */
export interface ScaleIOVolumeSource {
  /** Address of the gateway. */
  readonly gateway: string;
  /** Name of the system. */
  readonly system: string;
  /** Secret with the credentials. */
  readonly secretRef?: LocalObjectReference;
  /** Speak TLS with the gateway. Default: false. */
  readonly sslEnabled?: boolean;
  /** Name of the protection domain. */
  readonly protectionDomain?: string;
  /** Name of the storage pool. */
  readonly storagePool?: string;
  /** How space is set aside. Default: ThinProvisioned. */
  readonly storageMode?: string;
  /** Name of the volume. */
  readonly volumeName?: string;
  /** Its file system. Default: xfs. */
  readonly fsType?: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
}

/** A StorageOS volume. */
export interface StorageOSVolumeSource {
  /** Name of the volume. */
  readonly volumeName?: string;
  /** Its namespace. Without it: that of the pod. */
  readonly volumeNamespace?: string;
  /** Its file system. */
  readonly fsType?: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** Secret with the credentials. */
  readonly secretRef?: LocalObjectReference;
}

/** A volume of a CSI driver. */
export interface CSIVolumeSource {
  /** Name of the driver. */
  readonly driver: string;
  /** Mount it read only. Default: false. */
  readonly readOnly?: boolean;
  /** Its file system. */
  readonly fsType?: string;
  /** Settings for the driver. */
  readonly volumeAttributes?: Readonly<Record<string, string>>;
  /** Secret for the driver. */
  readonly nodePublishSecretRef?: LocalObjectReference;
}

/** A claim made for the pod. */
export interface EphemeralVolumeSource {
  /** What the claim is made from. */
  readonly volumeClaimTemplate?: PersistentVolumeClaimTemplate;
}

/** The files of an image. */
export interface ImageVolumeSource {
  /** The image or artifact. */
  readonly reference?: string;
  /** When to pull it. Always for the tag latest or no tag, else IfNotPresent. */
  readonly pullPolicy?: PullPolicy;
}

/** A ConfigMap. */
export interface ConfigMapEnvSource extends LocalObjectReference {
  /** Whether it may be missing. */
  readonly optional?: boolean;
}

/** A Secret. */
export interface SecretEnvSource extends LocalObjectReference {
  /** Whether it may be missing. */
  readonly optional?: boolean;
}

/** Where a value comes from; exactly one. */
export interface EnvVarSource {
  /** A field of the pod. */
  readonly fieldRef?: ObjectFieldSelector;
  /** A request or limit of a container. */
  readonly resourceFieldRef?: ResourceFieldSelector;
  /** A key of a ConfigMap. Not possible in a static pod. */
  readonly configMapKeyRef?: ConfigMapKeySelector;
  /** A key of a Secret. Not possible in a static pod. */
  readonly secretKeyRef?: SecretKeySelector;
  /** A key of an environment file in a volume. */
  readonly fileKeyRef?: FileKeySelector;
}

/** A set of exit codes. */
export interface ContainerRestartRuleOnExitCodes {
  /** Whether the code must be one of them or none. */
  readonly operator?: ExitCodesOperator;
  /** The codes, at most 255. */
  readonly values?: readonly number[];
}

/** How a check is done; exactly one. */
export interface ProbeHandler {
  /** By a command in the container: exit code 0 is success. */
  readonly exec?: ExecAction;
  /** By an HTTP request: status 200 to 399 is success. */
  readonly httpGet?: HTTPGetAction;
  /** By opening a connection. */
  readonly tcpSocket?: TCPSocketAction;
  /** By the gRPC health service. */
  readonly grpc?: GRPCAction;
}

/** What a hook does; exactly one. */
export interface LifecycleHandler {
  /** Run a command in the container. */
  readonly exec?: ExecAction;
  /** Make an HTTP request. */
  readonly httpGet?: HTTPGetAction;
  /** Open a connection. Without effect, kept for old manifests. */
  readonly tcpSocket?: TCPSocketAction;
  /** Wait. */
  readonly sleep?: SleepAction;
}

/** Linux capabilities, without CAP_ in front. */
export interface Capabilities {
  /** Capabilities to add. */
  readonly add?: readonly string[];
  /** Capabilities to drop. */
  readonly drop?: readonly string[];
}

/** A choice of nodes. */
export interface NodeSelector {
  /** Terms, of which one must hold. */
  readonly nodeSelectorTerms: readonly NodeSelectorTerm[];
}

/** A weighted term. */
export interface PreferredSchedulingTerm {
  /** 1 to 100. */
  readonly weight: number;
  /** The term. */
  readonly preference: NodeSelectorTerm;
}

/** A choice of pods and of what counts as near. */
export interface PodAffinityTerm {
  /** The pods, by label. */
  readonly labelSelector?: LabelSelector;
  /** Their namespaces. */
  readonly namespaces?: readonly string[];
  /** Node label whose equal values mean near. */
  readonly topologyKey: string;
  /** Their namespaces, by label. */
  readonly namespaceSelector?: LabelSelector;
  /** Labels that they share with this pod. */
  readonly matchLabelKeys?: readonly string[];
  /** Labels that they do not share with this pod. */
  readonly mismatchLabelKeys?: readonly string[];
}

/** A weighted term. */
export interface WeightedPodAffinityTerm {
  /** 1 to 100. */
  readonly weight: number;
  /** The term. */
  readonly podAffinityTerm: PodAffinityTerm;
}

/** A container that has not started. */
export interface ContainerStateWaiting {
  /** Why, as one CamelCase word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** A running container. */
export interface ContainerStateRunning {
  /** When it started. */
  readonly startedAt?: string;
}

/** A container that has ended. */
export interface ContainerStateTerminated {
  /** Its exit code. */
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal?: number;
  /** Why, as one CamelCase word. */
  readonly reason?: string;
  /** What it left in its termination message. */
  readonly message?: string;
  /** When it started. */
  readonly startedAt?: string;
  /** When it ended. */
  readonly finishedAt?: string;
  /** Id at the container runtime, as type://id. */
  readonly containerID?: string;
}

/** More about a mounted volume. */
export interface VolumeStatus {
  /** Of an image volume. */
  readonly image?: ImageVolumeStatus;
}

/** Ids of a process. */
export interface LinuxContainerUser {
  /** User id. */
  readonly uid: Int64;
  /** Group id. */
  readonly gid: Int64;
  /** More group ids. */
  readonly supplementalGroups?: readonly Int64[];
}

/** Health of one device. */
export interface ResourceHealth {
  /** Id of the device. */
  readonly resourceID: string;
  /** Whether it works. */
  readonly health?: ResourceHealthStatus;
  /** More in words. */
  readonly message?: string;
}

/** A key as a file. */
export interface KeyToPath {
  /** The key. */
  readonly key: string;
  /** Path of the file; relative, without .. */
  readonly path: string;
  /** Mode of the file, 0 to 511 (0777). */
  readonly mode?: number;
  /** Owner of the file, a user id, before defaultUser. Feature gate AtomicWriteVolumeUserFields. */
  readonly user?: Int64;
}

/** A fact as a file. */
export interface DownwardAPIVolumeFile {
  /** Path of the file; relative, without .. */
  readonly path: string;
  /** A field of the pod. */
  readonly fieldRef?: ObjectFieldSelector;
  /** A request or limit of a container. */
  readonly resourceFieldRef?: ResourceFieldSelector;
  /** Mode of the file, 0 to 511 (0777). */
  readonly mode?: number;
  /** Owner of the file, a user id, before defaultUser. Feature gate AtomicWriteVolumeUserFields. */
  readonly user?: Int64;
}

/** One source of a projected volume. */
export interface VolumeProjection {
  /** Keys of a Secret. */
  readonly secret?: SecretProjection;
  /** Facts about the pod. */
  readonly downwardAPI?: DownwardAPIProjection;
  /** Keys of a ConfigMap. */
  readonly configMap?: ConfigMapProjection;
  /** A token of the pod's account. */
  readonly serviceAccountToken?: ServiceAccountTokenProjection;
  /** Trusted certificates. */
  readonly clusterTrustBundle?: ClusterTrustBundleProjection;
  /** A key and its certificate. */
  readonly podCertificate?: PodCertificateProjection;
}

/** What a claim is made from. */
export interface PersistentVolumeClaimTemplate {
  /** Labels and annotations of the claim. */
  readonly metadata?: ObjectMeta;
  /** What is claimed. */
  readonly spec: PersistentVolumeClaimSpec;
}

/** A field of the pod. */
export interface ObjectFieldSelector {
  /** Version of the API the path is written for. Default: v1. */
  readonly apiVersion?: string;
  /** Path of the field, e.g. metadata.name or metadata.labels['app']. */
  readonly fieldPath: string;
}

/** A request or limit of a container. */
export interface ResourceFieldSelector {
  /** The container. Needed in volumes; else the one itself. */
  readonly containerName?: string;
  /** E.g. limits.cpu or requests.memory. */
  readonly resource: string;
  /** Unit of the result, e.g. 1m or 1Mi; 0 counts as 1. Default: "0". */
  readonly divisor?: Quantity;
}

/** A key of a ConfigMap. */
export interface ConfigMapKeySelector extends LocalObjectReference {
  /** The key. */
  readonly key: string;
  /** Whether it may be missing. */
  readonly optional?: boolean;
}

/** A key of a Secret. */
export interface SecretKeySelector extends LocalObjectReference {
  /** The key. */
  readonly key: string;
  /** Whether it may be missing. */
  readonly optional?: boolean;
}

/** A key of an environment file. */
export interface FileKeySelector {
  /** The volume, an emptyDir. */
  readonly volumeName: string;
  /** Path of the file in it; relative, without .. */
  readonly path: string;
  /** The key. */
  readonly key: string;
  /** Whether it may be missing. Default: false. */
  readonly optional?: boolean;
}

/** A command. */
export interface ExecAction {
  /** Program and arguments. No shell is run. */
  readonly command?: readonly string[];
}

/** An HTTP request. */
export interface HTTPGetAction {
  /** Path and query. Default: /. */
  readonly path?: string;
  /** A number from 1 to 65535, or the name of a port. */
  readonly port: IntOrString;
  /** Name or address to connect to. Without it: the pod's. */
  readonly host?: string;
  /** With TLS, certificates are not checked. Default: HTTP. */
  readonly scheme?: URIScheme;
  /** Headers to send. */
  readonly httpHeaders?: readonly HTTPHeader[];
  /** Of a probe: HTTP2 is HTTP/2 without TLS and without an upgrade. Only with scheme HTTP. Default: HTTP1. Feature gate H2CContainerProbe. */
  readonly protocol?: HTTPProtocol;
}

/** A connection. */
export interface TCPSocketAction {
  /** A number from 1 to 65535, or the name of a port. */
  readonly port: IntOrString;
  /** Name or address to connect to. Without it: the pod's. */
  readonly host?: string;
}

/** A request to the gRPC health service. */
export interface GRPCAction {
  /** The port, 1 to 65535. */
  readonly port: number;
  /** Name of the service to ask about. Default: "". */
  readonly service?: string;
  /** Of a probe: with TLS, certificates are not checked. Default: Plaintext. Feature gate GRPCContainerProbeTLS. */
  readonly mode?: GRPCProbeMode;
}

/** A pause. */
export interface SleepAction {
  /** Its length; at most the grace period. */
  readonly seconds: Int64;
}

/** Requirements that must all hold. */
export interface NodeSelectorTerm {
  /** About labels. */
  readonly matchExpressions?: readonly NodeSelectorRequirement[];
  /** About fields; only metadata.name. */
  readonly matchFields?: readonly NodeSelectorRequirement[];
}

/** An image volume as it is. */
export interface ImageVolumeStatus {
  /** Digest of the image. */
  readonly imageRef?: string;
}

/** Keys of a Secret. */
export interface SecretProjection extends LocalObjectReference {
  /** Keys to take and their paths. Without it: all. */
  readonly items?: readonly KeyToPath[];
  /** Whether the Secret may be missing. */
  readonly optional?: boolean;
}

/** Facts about the pod. */
export interface DownwardAPIProjection {
  /** The files. */
  readonly items?: readonly DownwardAPIVolumeFile[];
}

/** Keys of a ConfigMap. */
export interface ConfigMapProjection extends LocalObjectReference {
  /** Keys to take and their paths. Without it: all. */
  readonly items?: readonly KeyToPath[];
  /** Whether the ConfigMap may be missing. */
  readonly optional?: boolean;
}

/** A token of the pod's account. */
export interface ServiceAccountTokenProjection {
  /** Whom it is for. Without it: the API server. */
  readonly audience?: string;
  /** Seconds it lasts, at least 600. Default: 3600. */
  readonly expirationSeconds?: Int64;
  /** Path of the file; relative, without .. */
  readonly path: string;
  /** Owner of the file, a user id, before defaultUser. Feature gate AtomicWriteVolumeUserFields. */
  readonly user?: Int64;
}

/** Trusted certificates. */
export interface ClusterTrustBundleProjection {
  /** One bundle. */
  readonly name?: string;
  /** All bundles of a signer. */
  readonly signerName?: string;
  /** Which of the signer's bundles. */
  readonly labelSelector?: LabelSelector;
  /** Whether there may be none. */
  readonly optional?: boolean;
  /** Path of the file; relative, without .. */
  readonly path: string;
  /** Owner of the file, a user id, before defaultUser. Feature gate AtomicWriteVolumeUserFields. */
  readonly user?: Int64;
}

/** A key and its certificate. */
export interface PodCertificateProjection {
  /** Who signs. */
  readonly signerName?: string;
  /** E.g. RSA3072, ECDSAP256 or ED25519. */
  readonly keyType?: string;
  /** The most seconds it may last. Default: 86400. */
  readonly maxExpirationSeconds?: number;
  /** File for key and certificates. */
  readonly credentialBundlePath?: string;
  /** File for the key. */
  readonly keyPath?: string;
  /** File for the certificates. */
  readonly certificateChainPath?: string;
  /** Notes for the signer. */
  readonly userAnnotations?: Readonly<Record<string, string>>;
  /** Owner of the file, a user id, before defaultUser. Feature gate AtomicWriteVolumeUserFields. */
  readonly user?: Int64;
}

/** What is claimed. */
export interface PersistentVolumeClaimSpec {
  /** How it may be mounted. */
  readonly accessModes?: readonly PersistentVolumeAccessMode[];
  /** Which volumes suit. */
  readonly selector?: LabelSelector;
  /** How large it is. */
  readonly resources?: VolumeResourceRequirements;
  /** The volume itself. */
  readonly volumeName?: string;
  /** Its storage class. */
  readonly storageClassName?: string;
  /** A file system or a raw device. Default: Filesystem. */
  readonly volumeMode?: PersistentVolumeMode;
  /** What it is filled from. */
  readonly dataSource?: TypedLocalObjectReference;
  /** The same, also from other namespaces. */
  readonly dataSourceRef?: TypedObjectReference;
  /** Class of its changeable attributes. */
  readonly volumeAttributesClassName?: string;
}

/** A header. */
export interface HTTPHeader {
  /** Its name. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** A requirement. */
export interface NodeSelectorRequirement {
  /** Label or field. */
  readonly key: string;
  /** How it is compared. */
  readonly operator: NodeSelectorOperator;
  /** With what. */
  readonly values?: readonly string[];
}

/** How large a volume is. */
export interface VolumeResourceRequirements {
  /** At most. */
  readonly limits?: Readonly<Record<string, Quantity>>;
  /** At least. */
  readonly requests?: Readonly<Record<string, Quantity>>;
}

/** An object of the same namespace. */
export interface TypedLocalObjectReference {
  /** Its API group. */
  readonly apiGroup?: string;
  /** Its kind. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
}

/** An object. */
export interface TypedObjectReference {
  /** Its API group. */
  readonly apiGroup?: string;
  /** Its kind. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** Its namespace. */
  readonly namespace?: string;
}

/** Several pods. */
export interface PodList {
  /** Always v1. */
  readonly apiVersion?: string;
  /** Always PodList. */
  readonly kind?: string;
  /** About the list. */
  readonly metadata?: ListMeta;
  /** The pods. */
  readonly items: readonly Pod[];
}

/** About a list. */
export interface ListMeta {
  /** Not used any more. */
  readonly selfLink?: string;
  /** Version of the list. */
  readonly resourceVersion?: string;
  /** Where the next part begins. */
  readonly continue?: string;
  /** How many items follow. */
  readonly remainingItemCount?: Int64;
}

/** What all objects have. */
export interface ObjectMeta {
  /** A DNS subdomain. The kubelet adds a dash and the node's name. */
  readonly name?: string;
  /** Start of a name made by an API server. Does not stand in for name here. */
  readonly generateName?: string;
  /** A DNS label. Default: default. */
  readonly namespace?: string;
  /** Not used any more. */
  readonly selfLink?: string;
  /** Identity of the pod. Without it: a hash of the manifest, so that any change makes another pod. */
  readonly uid?: string;
  /** Version, set by an API server. */
  readonly resourceVersion?: string;
  /** Version of the spec. */
  readonly generation?: Int64;
  /** When it was made. */
  readonly creationTimestamp?: string;
  /** When it is to be gone. */
  readonly deletionTimestamp?: string;
  /** Seconds it has until then. */
  readonly deletionGracePeriodSeconds?: Int64;
  /** Names and values to select it by. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Names and values for tools; at most 256 KiB in all. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** What it belongs to. */
  readonly ownerReferences?: readonly OwnerReference[];
  /** Who must be done before it goes. */
  readonly finalizers?: readonly string[];
  /** Who set which field. */
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** An owner. */
export interface OwnerReference {
  /** Its API version. */
  readonly apiVersion: string;
  /** Its kind. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** Its identity. */
  readonly uid: string;
  /** Whether it is in charge; at most one is. */
  readonly controller?: boolean;
  /** Whether it waits for this object when it is deleted. */
  readonly blockOwnerDeletion?: boolean;
}

/** Fields set by one writer. */
export interface ManagedFieldsEntry {
  /** The writer. */
  readonly manager?: string;
  /** Apply or Update. */
  readonly operation?: string;
  /** Version the fields are written for. */
  readonly apiVersion?: string;
  /** When. */
  readonly time?: string;
  /** Always FieldsV1. */
  readonly fieldsType?: string;
  /** The fields. */
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
  /** The subresource they were set through. */
  readonly subresource?: string;
}

/** A choice by labels; all must hold. */
export interface LabelSelector {
  /** Labels and their values. */
  readonly matchLabels?: Readonly<Record<string, string>>;
  /** Requirements. */
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

/** A requirement. */
export interface LabelSelectorRequirement {
  /** The label. */
  readonly key: string;
  /** How it is compared. */
  readonly operator: LabelSelectorOperator;
  /** With what. */
  readonly values?: readonly string[];
}
