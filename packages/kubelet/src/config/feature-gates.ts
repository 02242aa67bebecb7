import { fieldGates } from '@solo-kubelet/pod-spec';
import type { KubeletConfiguration } from './fields.js';

type Gates = KubeletConfiguration['featureGates'];

/** How a gate of Kubernetes 1.36 stands there: locked ones cannot be set to anything else. `honoured`: setting it changes what this kubelet does. */
interface Gate {
  readonly enabled: boolean;
  readonly locked?: true;
  readonly honoured?: true;
}

const locked: Gate = { enabled: true, locked: true };
const on: Gate = { enabled: true };
const off: Gate = { enabled: false };
const chosen = (enabled: boolean): Gate => ({ enabled, honoured: true });

/** Gates that concern a kubelet without an API server (pkg/features/kube_features.go); those of fields of Pods are pod-spec's. */
const GATES: Readonly<Record<string, Gate>> = {
  CPUManagerPolicyAlphaOptions: chosen(false),
  CPUManagerPolicyBetaOptions: chosen(true),
  CustomCPUCFSQuotaPeriod: chosen(false),
  GracefulNodeShutdown: chosen(true),
  GracefulNodeShutdownBasedOnPodPriority: chosen(true),
  KubeletEnsureSecretPulledImages: chosen(true),
  PodAndContainerStatsFromCRI: chosen(false),

  // Of Kubernetes 1.37, with the defaults that they have there.
  ...Object.fromEntries(Object.entries(fieldGates).map(([name, { enabled }]) => [name, chosen(enabled)])),
  DefaultPodSysctls: chosen(false),
  HugepageAwareEviction: on,
  InPlacePodVerticalScalingMemoryBackedVolumes: chosen(false),
  KubeletAllocatedPodsEndpoint: chosen(false),
  MemoryQoS: chosen(false),

  CPUCFSQuotaPeriod: locked,
  CPUManagerPolicyOptions: locked,
  ImageMaximumGCAge: locked,
  ImageVolume: locked,
  InPlacePodVerticalScaling: locked,
  KubeletCgroupDriverFromCRI: locked,
  KubeletFineGrainedAuthz: locked,
  KubeletPSI: locked,
  NodeLogQuery: locked,
  NodeSwap: locked,
  ProcMountType: locked,
  RecursiveReadOnlyMounts: locked,
  SELinuxMountReadWriteOncePod: locked,
  SidecarContainers: locked,
  SupplementalGroupsPolicy: locked,
  TopologyManagerPolicyOptions: locked,
  UserNamespacesSupport: locked,

  ComponentFlagz: on,
  ComponentStatusz: on,
  ContainerRestartRules: on,
  EnvFiles: on,
  ExtendWebSocketsToKubelet: on,
  HostnameOverride: on,
  InPlacePodLevelResourcesVerticalScaling: on,
  KubeletCrashLoopBackOffMax: on,
  KubeletSeparateDiskGC: on,
  PodLevelResources: on,
  PodLogsQuerySplitStreams: on,
  PodReadyToStartContainersCondition: on,
  PreventStaticPodAPIReferences: on,
  RelaxedDNSSearchValidation: on,
  ReloadKubeletClientCAFile: on,
  ReloadKubeletServerCertificateFile: on,
  ResourceHealthStatus: on,
  RestartAllContainersOnContainerExits: on,
  StrictIPCIDRValidation: on,

  // On upstream, and not done here.
  ContainerCheckpoint: off,

  CRIListStreaming: off,
  ContainerStopSignals: off,
  EventedPLEG: off,
  GitRepoVolumeDriver: off,
  ImageVolumeWithDigest: off,
  LocalStorageCapacityIsolationFSQuotaMonitoring: off,
  PodLevelResourceManagers: off,
  PodsAPI: off,
  QOSReserved: off,
  ReduceDefaultCrashLoopBackOffDecay: off,
  RuntimeClassInImageCriAPI: off,
  SELinuxMount: off,
  TaintTolerationComparisonOperators: off,
  UserNamespacesHostNetworkSupport: off,
};

/** Gates by their own names only: what every object has is none. */
const gateOf = (name: string): Gate | undefined => (Object.hasOwn(GATES, name) ? GATES[name] : undefined);

/** Whether a gate is on, as configured or by default. */
export const isGateEnabled = (gates: Gates, name: string): boolean =>
  (Object.hasOwn(gates, name) ? gates[name] : undefined) ?? gateOf(name)?.enabled === true;

/** Gates that are set against what cannot be changed, in upstream's words (component-base/featuregate). */
export const lockedGates = (gates: Gates): readonly string[] =>
  Object.entries(gates).flatMap(([name, value]) => {
    const gate = gateOf(name);
    return gate?.locked && value !== gate.enabled
      ? [`cannot set feature gate ${name} to ${value}, feature is locked to ${gate.enabled}`]
      : [];
  });

/** Gates whose setting does not make of this kubelet what it says. Upstream does not start with a gate that it does not know; see docs/decisions/143. */
export const ineffectiveGates = (gates: Gates): readonly string[] =>
  Object.entries(gates).flatMap(([name, value]) => {
    const gate = gateOf(name);
    if (gate === undefined) return [`featureGates: ${name} is not a gate that this kubelet knows: it changes nothing`];
    if (gate.honoured || gate.locked || gate.enabled === value) return [];
    return [`featureGates: ${name}=${value} changes nothing: this kubelet always works as with ${name}=${gate.enabled}`];
  });

/**
 * Features of 1.36 that schedulers and API servers ask nodes for, sorted. Those that this kubelet does not have are missing: init containers that run to
 * their end are not resized, and exec over WebSockets is left to the API server to translate.
 */
const DECLARED = ['InPlacePodLevelResourcesVerticalScaling', 'RestartAllContainersOnContainerExits'] as const;

/** `status.declaredFeatures` of the Node (component-helpers/nodedeclaredfeatures). */
export const declaredFeatures = (gates: Gates): readonly string[] => DECLARED.filter((name) => isGateEnabled(gates, name));
