// Longer than a file should be: it is one table, and splitting it would only hide fields from the reader.

import {
  decimal,
  duration,
  type Effect,
  type Field,
  int32,
  type Kind,
  objects,
  shutdownPeriods,
  text,
  textMap,
  texts,
  textsMap,
  truth,
  truthMap,
  whole,
} from './field-kinds.js';
import type { ShutdownPeriod } from './shutdown-period.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A field that does here what it does upstream. */
const on = <Value>(kind: Kind<Value>, fallback: Value, note = ''): Field<Value> => ({ kind, fallback, effect: { type: 'honoured' }, note });
/** The same without a default. */
const open = <Value>(kind: Kind<Value>, note = ''): Field<Value | undefined> => ({
  kind,
  fallback: undefined,
  effect: { type: 'honoured' },
  note,
});
/** A field that has nothing to act on without an API server. */
const idle = <Value>(kind: Kind<Value>, fallback: Value, note = ''): Field<Value> => ({
  kind,
  fallback,
  effect: { type: 'noEffect' },
  note,
});
/** A field of which only the default, and values that come to the same, are supported: others stop the start. */
const only = <Value>(kind: Kind<Value>, fallback: Value, note = '', ...also: readonly Value[]): Field<Value> => ({
  kind,
  fallback,
  effect: unsupported('refuse', fallback, also),
  note,
});
/** The same, but another value only means that less is done: it is named at the start. */
const spare = <Value>(kind: Kind<Value>, fallback: Value, note = '', ...also: readonly Value[]): Field<Value> => ({
  kind,
  fallback,
  effect: unsupported('warn', fallback, also),
  note,
});
const unsupported = (otherwise: 'refuse' | 'warn', fallback: unknown, also: readonly unknown[]): Effect => ({
  type: 'notSupported',
  otherwise,
  accepted: [fallback, ...also],
});

const NO_PERIODS: readonly ShutdownPeriod[] = [];
const NO_TEXTS: readonly string[] = [];
const NO_MAP: Readonly<Record<string, string>> = {};

/** Every field of kubelet.config.k8s.io/v1beta1 KubeletConfiguration by its path, with upstream's default (pkg/kubelet/apis/config/v1beta1/defaults.go). */
export const fields = {
  enableServer: on(truth, true),
  staticPodPath: on(text, ''),
  podLogsDir: on(text, '/var/log/pods'),
  syncFrequency: on(duration, MINUTE),
  fileCheckFrequency: on(duration, 20 * SECOND),
  httpCheckFrequency: on(duration, 20 * SECOND),
  staticPodURL: on(text, ''),
  staticPodURLHeader: on(textsMap, {}),
  address: on(text, '0.0.0.0'),
  port: on(int32, 10_250),
  readOnlyPort: on(int32, 0),
  tlsCertFile: on(text, ''),
  tlsPrivateKeyFile: on(text, ''),
  tlsCipherSuites: on(texts, NO_TEXTS),
  tlsMinVersion: on(text, ''),
  rotateCertificates: idle(truth, false, 'rotates the certificate for an API server'),
  serverTLSBootstrap: on(truth, false, 'asks an API server for a certificate; must be false without one, when the kubelet makes its own'),
  'authentication.x509.clientCAFile': on(text, ''),
  'authentication.webhook.enabled': on(truth, true, 'asks an API server; must be false'),
  'authentication.webhook.cacheTTL': idle(duration, 2 * MINUTE),
  'authentication.anonymous.enabled': on(truth, false),
  'authorization.mode': on(text, 'Webhook', 'Webhook asks an API server; must be AlwaysAllow, or Roles: those of --token-auth-file'),
  'authorization.webhook.cacheAuthorizedTTL': idle(duration, 5 * MINUTE),
  'authorization.webhook.cacheUnauthorizedTTL': idle(duration, 30 * SECOND),
  registryPullQPS: on(int32, 5, 'pulls beyond it wait for their turn'),
  registryBurst: on(int32, 10),
  imagePullCredentialsVerificationPolicy: on(
    text,
    'NeverVerifyPreloadedImages',
    'which images on the machine a pod has only with credentials; those that came without a pull are free by default',
  ),
  preloadedImagesVerificationAllowlist: on(texts, NO_TEXTS),
  eventRecordQPS: idle(int32, 50, 'limits what is sent to an API server'),
  eventBurst: idle(int32, 100, 'limits what is sent to an API server'),
  enableDebuggingHandlers: on(truth, true),
  enableContentionProfiling: idle(truth, false, 'a Go profile'),
  healthzPort: on(int32, 10_248),
  healthzBindAddress: on(text, '127.0.0.1'),
  oomScoreAdj: on(int32, -999, 'where the process may lower it'),
  clusterDomain: on(text, ''),
  clusterDNS: on(texts, NO_TEXTS),
  streamingConnectionIdleTimeout: idle(duration, 4 * HOUR, 'upstream no longer uses it for streaming through CRI'),
  nodeStatusUpdateFrequency: idle(duration, 10 * SECOND, 'the node is described when asked for'),
  nodeStatusReportFrequency: idle(duration, 5 * MINUTE),
  nodeLeaseDurationSeconds: idle(int32, 40),
  imageMinimumGCAge: on(duration, 2 * MINUTE),
  imageMaximumGCAge: on(duration, 0),
  imageGCHighThresholdPercent: on(int32, 85),
  imageGCLowThresholdPercent: on(int32, 80),
  volumeStatsAggPeriod: on(duration, MINUTE, 'volumes are measured when asked for; negative: never'),
  kubeletCgroups: on(text, '', 'once, at the start'),
  systemCgroups: spare(text, '', 'other processes of the machine are not moved; a cgroup that is there is told of in /stats/summary'),
  cgroupRoot: on(text, ''),
  cgroupsPerQOS: on(truth, true),
  cgroupDriver: on(text, 'cgroupfs', "the runtime's own answer wins"),
  cpuManagerPolicy: on(text, 'none', 'none or static'),
  singleProcessOOMKill: open(truth),
  cpuManagerPolicyOptions: on(textMap, NO_MAP, 'with the static policy'),
  cpuManagerReconcilePeriod: on(duration, 10 * SECOND, 'containers that share CPUs are moved at once; this often it is made sure of'),
  memoryManagerPolicy: only(text, 'None'),
  topologyManagerPolicy: on(text, 'none', 'none, best-effort, restricted or single-numa-node'),
  topologyManagerScope: on(text, 'container', 'container or pod'),
  topologyManagerPolicyOptions: on(textMap, NO_MAP),
  draManagerReconcilePeriod: idle(duration, MINUTE, 'resource claims need an API server'),
  qosReserved: only(textMap, NO_MAP),
  runtimeRequestTimeout: on(duration, 2 * MINUTE),
  hairpinMode: idle(text, 'promiscuous-bridge', "the runtime's network decides"),
  maxPods: on(int32, 110),
  podCIDR: on(text, '', 'told to the runtime, whose own configuration decides'),
  podPidsLimit: on(whole, -1),
  resolvConf: on(text, '/etc/resolv.conf'),
  runOnce: on(truth, false),
  cpuCFSQuota: on(truth, true),
  cpuCFSQuotaPeriod: on(duration, 100),
  nodeStatusMaxImages: idle(int32, 50),
  maxOpenFiles: on(whole, 1_000_000, 'where the process may raise it'),
  contentType: idle(text, 'application/vnd.kubernetes.protobuf'),
  kubeAPIQPS: idle(int32, 50),
  kubeAPIBurst: idle(int32, 100),
  serializeImagePulls: on(truth, true),
  maxParallelImagePulls: open(int32),
  evictionHard: on(
    textMap,
    NO_MAP,
    'with a configuration file that does not say it: the defaults of upstream, for which no pod is evicted',
  ),
  evictionSoft: on(textMap, NO_MAP),
  evictionSoftGracePeriod: on(textMap, NO_MAP),
  evictionPressureTransitionPeriod: on(duration, 5 * MINUTE, 'also the least time that an evicted pod stays away'),
  evictionMaxPodGracePeriod: on(int32, 0),
  evictionMinimumReclaim: on(textMap, NO_MAP),
  mergeDefaultEvictionSettings: on(truth, false),
  podsPerCore: on(int32, 0),
  enableControllerAttachDetach: idle(truth, true),
  protectKernelDefaults: only(truth, false),
  makeIPTablesUtilChains: idle(truth, true, 'no iptables chains of its own are made'),
  iptablesMasqueradeBit: idle(int32, 14),
  iptablesDropBit: idle(int32, 15),
  featureGates: on(truthMap, {}, 'what a gate here does not change is told at the start'),
  failSwapOn: on(truth, true),
  'memorySwap.swapBehavior': on(text, '', 'LimitedSwap needs cgroup v2; critical pods get none'),
  containerLogMaxSize: on(text, '10Mi'),
  containerLogMaxFiles: on(int32, 5),
  containerLogMaxWorkers: on(int32, 1),
  containerLogMonitorInterval: on(duration, 10 * SECOND),
  configMapAndSecretChangeDetectionStrategy: idle(text, 'Watch'),
  systemReserved: on(textMap, NO_MAP),
  kubeReserved: on(textMap, NO_MAP),
  reservedSystemCPUs: on(text, '', 'replaces the cpu of both reservations'),
  showHiddenMetricsForVersion: idle(text, ''),
  systemReservedCgroup: on(text, ''),
  kubeReservedCgroup: on(text, ''),
  enforceNodeAllocatable: on(texts, ['pods'] as readonly string[]),
  allowedUnsafeSysctls: on(texts, NO_TEXTS),
  defaultPodSysctls: on(textMap, NO_MAP, 'of Kubernetes 1.37; with the gate DefaultPodSysctls'),
  volumePluginDir: idle(text, '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/', 'no volume plugins'),
  providerID: idle(text, ''),
  kernelMemcgNotification: spare(truth, false, 'the node is looked at every 10 s'),
  'logging.format': on(text, 'text', 'text: one line a record on a terminal, JSON elsewhere; json: always JSON'),
  'logging.flushFrequency': idle(duration, 5 * SECOND, 'records are written at once'),
  'logging.verbosity': on(whole, 0),
  'logging.vmodule': idle(objects, []),
  'logging.options.text.splitStream': idle(truth, false),
  'logging.options.text.infoBufferSize': idle(text, '0'),
  'logging.options.json.splitStream': idle(truth, false),
  'logging.options.json.infoBufferSize': idle(text, '0'),
  enableSystemLogHandler: on(truth, true),
  enableSystemLogQuery: on(truth, false, 'needs journalctl for the journal'),
  shutdownGracePeriod: on(duration, 0, 'needs systemd-logind'),
  shutdownGracePeriodCriticalPods: on(duration, 0),
  shutdownGracePeriodByPodPriority: on(shutdownPeriods, NO_PERIODS),
  'crashLoopBackOff.maxContainerRestartPeriod': on(duration, 300 * SECOND),
  reservedMemory: only(objects, []),
  enableProfilingHandler: idle(truth, true, 'a Go profile'),
  enableDebugFlagsHandler: idle(truth, true),
  seccompDefault: on(truth, false),
  memoryThrottlingFactor: open(decimal, 'with the gate MemoryQoS; unset: nothing is slowed down, as in 1.37 (in 1.36: 0.9)'),
  memoryReservationPolicy: on(text, 'None', 'None, or TieredReservation with the gate MemoryQoS; needs cgroup v2'),
  registerWithTaints: idle(objects, [], 'no scheduler looks at them'),
  registerNode: idle(truth, true),
  'tracing.endpoint': spare(text, '', 'no traces are sent'),
  'tracing.samplingRatePerMillion': idle(int32, 0),
  localStorageCapacityIsolation: on(truth, true),
  containerRuntimeEndpoint: on(text, 'unix:///run/containerd/containerd.sock'),
  imageServiceEndpoint: on(text, '', 'the same socket as the runtime, or none'),
  failCgroupV1: on(truth, false, 'upstream: true'),
  'userNamespaces.idsPerPod': on(whole, 65_536),
} as const satisfies Readonly<Record<string, Field<unknown>>>;

export type FieldPath = keyof typeof fields;

/** The effective configuration: every field by its path, defaults filled in. Durations are milliseconds. */
export type KubeletConfiguration = { readonly [Path in FieldPath]: (typeof fields)[Path] extends Field<infer Value> ? Value : never };

/** Filled in when a configuration file was loaded and left it out (pkg/kubelet/eviction/defaults_linux.go). */
export const DEFAULT_EVICTION_HARD: Readonly<Record<string, string>> = {
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
};

/** What holds instead of the table's defaults where neither --config nor a flag says otherwise. */
export const LEGACY_DEFAULTS: Readonly<Partial<Record<FieldPath, unknown>>> = {
  'authentication.anonymous.enabled': true,
  'authentication.webhook.enabled': false,
  'authorization.mode': 'AlwaysAllow',
  readOnlyPort: 10_255,
};
