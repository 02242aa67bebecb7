import { isAbsolute, normalize } from 'node:path';
import { formatGoDuration } from '@solo-kubelet/diagnostics/text';
import { defaultSysctlNamespace, normalizeSysctl } from '@solo-kubelet/pod-environment';
import { parseCpuSet, parseGoBoolean, parseStaticOptions } from '@solo-kubelet/resource-managers';
import { reservedMilliCpu } from '../node/node-capacity.js';
import { evictionThresholds } from './eviction-thresholds.js';
import { isGateEnabled } from './feature-gates.js';
import type { KubeletConfiguration } from './fields.js';
import { taintFaults } from './node-taints.js';
import { validateImagePulls } from './validate-image-pulls.js';
import { validateOptions } from './validate-options.js';

/** What upstream's validation would say against the configuration, in its words and order (pkg/kubelet/apis/config/validation). */
export const validateConfiguration = (config: KubeletConfiguration): readonly string[] => [
  ...[
    ...numbers(config),
    ...images(config),
    ...policies(config),
    ...taintFaults(config.registerWithTaints),
    ...cpus(config),
    ...topologyOptions(config),
    ...shutdown(config),
    ...allocatable(config),
    ...logs(config),
    ...evictionThresholds(config).errors,
    ...others(config),
  ].map((detail) => `invalid configuration: ${detail}`),
  ...validateOptions(config),
];

type Details = readonly string[];
const when = (broken: boolean, detail: string): Details => (broken ? [detail] : []);
const quoted = (value: unknown): string => JSON.stringify(value);

const notNegative: readonly (readonly [keyof KubeletConfiguration, string])[] = [
  ['eventBurst', '--event-burst'],
  ['eventRecordQPS', '--event-qps'],
  ['kubeAPIBurst', '--kube-api-burst'],
  ['kubeAPIQPS', '--kube-api-qps'],
  ['maxOpenFiles', '--max-open-files'],
  ['maxPods', '--max-pods'],
  ['podsPerCore', '--pods-per-core'],
  ['registryBurst', '--registry-burst'],
  ['registryPullQPS', '--registry-qps'],
];

const numbers = (config: KubeletConfiguration): Details => {
  const { healthzPort, port, readOnlyPort, oomScoreAdj, nodeStatusMaxImages } = config;
  const bits = [
    ['iptablesDropBit', '--iptables-drop-bit'],
    ['iptablesMasqueradeBit', '--iptables-masquerade-bit'],
  ] as const;
  return [
    ...when(config.nodeLeaseDurationSeconds <= 0, 'nodeLeaseDurationSeconds must be greater than 0'),
    ...notNegative.flatMap(([name, flag]) =>
      when((config[name] as number) < 0, `${name} (${flag}) ${config[name]} must not be a negative number`),
    ),
    ...when(
      healthzPort !== 0 && !isPort(healthzPort),
      `healthzPort (--healthz-port) ${healthzPort} must be between 1 and 65535, inclusive`,
    ),
    ...when(!isPort(port), `port (--port) ${port} must be between 1 and 65535, inclusive`),
    ...when(
      readOnlyPort !== 0 && !isPort(readOnlyPort),
      `readOnlyPort (--read-only-port) ${readOnlyPort} must be between 0 and 65535, inclusive`,
    ),
    ...when(!within(oomScoreAdj, -1_000, 1_000), `oomScoreAdj (--oom-score-adj) ${oomScoreAdj} must be between -1000 and 1000, inclusive`),
    ...when(nodeStatusMaxImages < -1, `nodeStatusMaxImages (--node-status-max-images) ${nodeStatusMaxImages} must be -1 or greater`),
    ...when(
      config.runtimeRequestTimeout <= 0,
      `runtimeRequestTimeout (--runtime-request-timeout) ${formatGoDuration(config.runtimeRequestTimeout)} must be greater than zero`,
    ),
    ...when(
      config.draManagerReconcilePeriod <= 0,
      `draManagerReconcilePeriod ${formatGoDuration(config.draManagerReconcilePeriod)} must be greater than zero`,
    ),
    ...bits.flatMap(([name, flag]) =>
      when(!within(config[name], 0, 31), `${name} (${flag}) ${config[name]} must be between 0 and 31, inclusive`),
    ),
  ];
};

const images = (config: KubeletConfiguration): Details => {
  const { imageGCHighThresholdPercent: high, imageGCLowThresholdPercent: low, imageMinimumGCAge: min, imageMaximumGCAge: max } = config;
  const parallel = config.maxParallelImagePulls;
  const highName = 'imageGCHighThresholdPercent (--image-gc-high-threshold)';
  const lowName = 'imageGCLowThresholdPercent (--image-gc-low-threshold)';
  return [
    ...when(!within(high, 0, 100), `${highName} ${high} must be between 0 and 100, inclusive`),
    ...when(!within(low, 0, 100), `${lowName} ${low} must be between 0 and 100, inclusive`),
    ...when(low >= high, `${lowName} ${low} must be less than ${highName} ${high}`),
    ...when(min < 0, `imageMinimumGCAge ${formatGoDuration(min)} must not be negative`),
    ...when(max < 0, `imageMaximumGCAge ${formatGoDuration(max)} must not be negative`),
    ...when(
      max > 0 && max <= min,
      `imageMaximumGCAge ${formatGoDuration(max)} must be greater than imageMinimumGCAge ${formatGoDuration(min)}`,
    ),
    ...when(parallel !== undefined && parallel < 1, `maxParallelImagePulls ${parallel} must be a positive number`),
    ...when(
      config.serializeImagePulls && parallel !== undefined && parallel > 1,
      'maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false',
    ),
  ];
};

const TOPOLOGY_POLICIES = ['none', 'best-effort', 'restricted', 'single-numa-node'];

/** Which CPUs may be given away needs to be sure before any is. Upstream: server.go and cm/cpumanager. */
const cpus = (config: KubeletConfiguration): Details => {
  const { cpuManagerPolicy: policy, cpuManagerPolicyOptions: options, reservedSystemCPUs: reserved, cpuManagerReconcilePeriod } = config;
  const parsed = parseStaticOptions(options, (level) => isGateEnabled(config.featureGates, `CPUManagerPolicy${level}Options`));
  return [
    ...when(
      !['none', 'static'].includes(policy),
      `unknown cpuManagerPolicy (--cpu-manager-policy) ${quoted(policy)}: must be "none" or "static"`,
    ),
    ...when(
      cpuManagerReconcilePeriod <= 0,
      `cpuManagerReconcilePeriod ${formatGoDuration(cpuManagerReconcilePeriod)} must be greater than zero`,
    ),
    ...(parsed.ok ? [] : [`cpuManagerPolicyOptions (--cpu-manager-policy-options): ${parsed.message}`]),
    ...when(
      policy !== 'static' && Object.keys(options).length > 0,
      `cpuManagerPolicyOptions (--cpu-manager-policy-options): ${quoted(policy)} policy: options need cpuManagerPolicy "static"`,
    ),
    ...when(
      parseCpuSet(reserved) === undefined,
      `unable to parse reservedSystemCPUs (--reserved-cpus) ${reserved}: not a list of CPUs such as 0-1,4`,
    ),
    ...when(
      reserved !== '' && (config.systemReservedCgroup !== '' || config.kubeReservedCgroup !== ''),
      "can't use reservedSystemCPUs (--reserved-cpus) with systemReservedCgroup (--system-reserved-cgroup) or kubeReservedCgroup (--kube-reserved-cgroup)",
    ),
    ...when(
      policy === 'static' && parseCpuSet(reserved)?.length === 0 && reservedMilliCpu(config) === 0,
      'the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero, or reservedSystemCPUs (--reserved-cpus)',
    ),
    ...when(
      parsed.ok && parsed.options.alignBySocket && config.topologyManagerPolicy === 'single-numa-node',
      'topologyManagerPolicy "single-numa-node" is incompatible with the CPU manager policy option "align-by-socket"',
    ),
  ];
};

const LEAST_NUMA_NODES = 8;

/** Nobody reads them under the policy none. Upstream: pkg/kubelet/cm/topologymanager/policy_options.go. */
const topologyOptions = ({ topologyManagerPolicy: policy, topologyManagerPolicyOptions: options }: KubeletConfiguration): Details =>
  Object.entries(policy === 'none' ? {} : options).flatMap(([name, value]) => {
    const fault = topologyOptionFault(name, value);
    return fault === undefined ? [] : [`topologyManagerPolicyOptions (--topology-manager-policy-options): ${fault}`];
  });

const topologyOptionFault = (name: string, value: string): string | undefined => {
  if (name === 'prefer-closest-numa-nodes') {
    return parseGoBoolean(value) === undefined
      ? `bad value for option "${name}": strconv.ParseBool: parsing ${quoted(value)}: invalid syntax`
      : undefined;
  }
  if (name !== 'max-allowable-numa-nodes') return `unknown Topology Manager Policy option: ${quoted(name)}`;
  if (!/^[+-]?\d+$/.test(value))
    return `unable to convert policy option to integer "${name}": strconv.Atoi: parsing ${quoted(value)}: invalid syntax`;
  return Number(value) < LEAST_NUMA_NODES ? `the minimum value of "${name}" should not be less than ${LEAST_NUMA_NODES}` : undefined;
};

const policies = (config: KubeletConfiguration): Details => {
  const { topologyManagerPolicy, topologyManagerScope, hairpinMode, memoryReservationPolicy } = config;
  const swap = config['memorySwap.swapBehavior'];
  return [
    ...when(
      !TOPOLOGY_POLICIES.includes(topologyManagerPolicy),
      `topologyManagerPolicy (--topology-manager-policy) ${quoted(topologyManagerPolicy)} must be one of: [${TOPOLOGY_POLICIES.map(quoted).join(' ')}]`,
    ),
    ...when(
      !['container', 'pod'].includes(topologyManagerScope),
      `topologyManagerScope (--topology-manager-scope) ${quoted(topologyManagerScope)} must be one of: "container", or "pod"`,
    ),
    ...when(
      !['', 'NoSwap', 'LimitedSwap'].includes(swap),
      `memorySwap.swapBehavior ${quoted(swap)} must be one of: "", "LimitedSwap" or "NoSwap"`,
    ),
    ...when(
      !['none', 'hairpin-veth', 'promiscuous-bridge'].includes(hairpinMode),
      `option ${quoted(hairpinMode)} specified for hairpinMode (--hairpin-mode). Valid options are "none", "hairpin-veth" or "promiscuous-bridge"`,
    ),
    ...validateImagePulls(config),
    ...when(
      !['None', 'TieredReservation'].includes(memoryReservationPolicy),
      `option ${quoted(memoryReservationPolicy)} specified for memoryReservationPolicy. Valid options are "None" or "TieredReservation"`,
    ),
  ];
};

const shutdown = (config: KubeletConfiguration): Details => {
  const { shutdownGracePeriod: all, shutdownGracePeriodCriticalPods: critical } = config;
  const byPriority = config.shutdownGracePeriodByPodPriority.length > 0;
  const odd = (period: number): boolean => period < 0 || (period > 0 && period < 1_000);
  return [
    ...when(
      critical > all,
      `shutdownGracePeriodCriticalPods {${formatGoDuration(critical)}} must be <= shutdownGracePeriod {${formatGoDuration(all)}}`,
    ),
    ...when(odd(all), `shutdownGracePeriod {${formatGoDuration(all)}} must be either zero or otherwise >= 1 sec`),
    ...when(odd(critical), `shutdownGracePeriodCriticalPods {${formatGoDuration(critical)}} must be either zero or otherwise >= 1 sec`),
    ...when(
      (all > 0 || critical > 0) && !isGateEnabled(config.featureGates, 'GracefulNodeShutdown'),
      'specifying shutdownGracePeriod or shutdownGracePeriodCriticalPods requires feature gate GracefulNodeShutdown',
    ),
    ...when(
      byPriority && !isGateEnabled(config.featureGates, 'GracefulNodeShutdownBasedOnPodPriority'),
      'Specifying shutdownGracePeriodByPodPriority requires feature gate GracefulNodeShutdownBasedOnPodPriority',
    ),
    ...when(
      byPriority && (all > 0 || critical > 0),
      'Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time',
    ),
  ];
};

const ENFORCEMENTS = ['pods', 'system-reserved', 'system-reserved-compressible', 'kube-reserved', 'kube-reserved-compressible', 'none'];

const allocatable = (config: KubeletConfiguration): Details => {
  const list = config.enforceNodeAllocatable;
  const name = 'enforceNodeAllocatable (--enforce-node-allocatable)';
  const both = (which: string): Details =>
    when(
      list.includes(`${which}-compressible`) && list.includes(which),
      `both "${which}-compressible" and "${which}" cannot be specified together in ${name}`,
    );
  const cgroup = (which: 'system' | 'kube'): string =>
    `${which}ReservedCgroup (--${which}-reserved-cgroup) must be specified when "${which}-reserved" or "${which}-reserved-compressible" included in ${name}`;
  return [
    ...both('system-reserved'),
    ...both('kube-reserved'),
    ...list.flatMap((value, index): Details => {
      if (list.indexOf(value) < index) return [`duplicated enforcements ${quoted(value)} in ${name}`];
      if (value === 'none') return when(list.length > 1, `${name} may not contain additional enforcements when "none" is specified`);
      if (!ENFORCEMENTS.includes(value)) {
        const options = ENFORCEMENTS.map(quoted);
        return [`option ${quoted(value)} specified for ${name}. Valid options are ${options.slice(0, -1).join(', ')} or ${options.at(-1)}`];
      }
      return [
        ...when(value.startsWith('system-') && config.systemReservedCgroup === '', cgroup('system')),
        ...when(value.startsWith('kube-') && config.kubeReservedCgroup === '', cgroup('kube')),
        ...when(!config.cgroupsPerQOS, `cgroupsPerQOS (--cgroups-per-qos) must be set to true when ${quoted(value)} contained in ${name}`),
      ];
    }),
  ];
};

const logs = (config: KubeletConfiguration): Details => {
  const path = config.podLogsDir;
  const hasOther = [...path].some((character) => character.codePointAt(0)! > 127);
  return [
    ...when(config.containerLogMaxWorkers < 1, 'containerLogMaxWorkers must be greater than or equal to 1'),
    ...when(
      config.containerLogMonitorInterval < 3_000,
      'containerLogMonitorInterval must be a positive time duration greater than or equal to 3s',
    ),
    ...when(config.containerLogMaxFiles <= 1, 'containerLogMaxFiles must be greater than 1'),
    ...when(path === '', 'podLogsDir was not specified'),
    ...when(!isAbsolute(path), `pod logs path ${quoted(path)} must be absolute path`),
    ...when(path !== '' && normalize(path).replace(/(.)\/$/, '$1') !== path, `pod logs path ${quoted(path)} must be normalized`),
    ...when(hasOther, `pod logs path ${quoted(path)} mut contains ASCII characters only`),
    ...when(config.enableSystemLogQuery && !config.enableSystemLogHandler, 'enableSystemLogHandler is required for enableSystemLogQuery'),
  ];
};

const RESERVATION_POLICIES = ['None', 'TieredReservation'];

const others = (config: KubeletConfiguration): Details => {
  const { memoryThrottlingFactor: factor, memoryReservationPolicy: policy } = config;
  const quota = config.cpuCFSQuotaPeriod;
  const restarts = config['crashLoopBackOff.maxContainerRestartPeriod'];
  const customQuota = isGateEnabled(config.featureGates, 'CustomCPUCFSQuotaPeriod');
  return [
    ...when(
      config.systemCgroups !== '' && config.cgroupRoot === '',
      'systemCgroups (--system-cgroups) was specified and cgroupRoot (--cgroup-root) was not specified',
    ),
    ...when(
      !customQuota && quota !== 100,
      `cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {${formatGoDuration(quota)}} requires feature gate CustomCPUCFSQuotaPeriod`,
    ),
    ...when(
      customQuota && !within(quota, 1, 1_000),
      `cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {${formatGoDuration(quota)}} must be between 1ms and 1sec, inclusive`,
    ),
    ...when(config.runOnce, 'runOnce (--runOnce) true, Runonce mode has been deprecated and should not be set'),
    ...when(
      !within(restarts, 1_000, 300_000),
      `CrashLoopBackOff.MaxContainerRestartPeriod (got: ${restarts / 1_000} seconds) must be set between 1s and 300s`,
    ),
    ...when(
      factor !== undefined && !(factor > 0 && factor <= 1),
      `memoryThrottlingFactor ${factor} must be greater than 0 and less than or equal to 1.0`,
    ),
    ...when(
      !RESERVATION_POLICIES.includes(policy),
      `option ${quoted(policy)} specified for memoryReservationPolicy. Valid options are "None" or "TieredReservation"`,
    ),
    ...when(
      policy === 'TieredReservation' && !isGateEnabled(config.featureGates, 'MemoryQoS'),
      `memoryReservationPolicy ${quoted(policy)} requires MemoryQoS feature gate to be enabled`,
    ),
    ...(isGateEnabled(config.featureGates, 'DefaultPodSysctls') ? Object.keys(config.defaultPodSysctls) : []).flatMap((name) =>
      when(
        defaultSysctlNamespace(normalizeSysctl(name)) === undefined,
        `defaultPodSysctls: ${quoted(name)} is of no namespace that a pod has for itself`,
      ),
    ),
    ...when(config.containerRuntimeEndpoint === '', 'the containerRuntimeEndpoint was not specified or empty'),
    ...idsOfPods(config['userNamespaces.idsPerPod']),
  ];
};

const ID_UNIT = 65_536;
const MAX_IDS = 4_294_967_295;

/** The first of these counts. */
const idsOfPods = (idsPerPod: number): Details => {
  if (idsPerPod < ID_UNIT) return [`userNamespaces.idsPerPod must not be less than ${ID_UNIT}`];
  if (idsPerPod % ID_UNIT !== 0) return [`userNamespaces.idsPerPod must be a multiple of ${ID_UNIT}`];
  return when(idsPerPod > MAX_IDS, `userNamespaces.idsPerPod must not be more than ${MAX_IDS}`);
};

const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;
const isPort = (value: number): boolean => within(value, 1, 65_535);
