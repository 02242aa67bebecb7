import type { ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import type { CriClient } from '@solo-kubelet/cri-client';
import { createPodEnvironment, type PodEnvironment, subordinateIdRange } from '@solo-kubelet/pod-environment';
import { CGROUP_MOUNT_POINT } from '@solo-kubelet/pod-environment/cgroups';
import type { Pod } from '@solo-kubelet/pod-spec';
import { isCriticalPod } from '@solo-kubelet/reconciler';
import { isGateEnabled } from '../config/feature-gates.js';
import type { KubeletFlags } from '../config/kubelet-flags.js';
import type { KubeletParts } from '../kubelet-context.js';
import { kubeletNetworks } from '../networks/kubelet-networks.js';
import { readRuntimeNetwork } from '../networks/runtime-network.js';
import { podsCgroupLimits, reservedCgroups } from '../node/node-capacity.js';
import { readText, swapBytes } from '../node/read-machine.js';
import type { RunKubeletOptions } from '../run-kubelet-options.js';
import { runtimeHandlers } from '../runtime/runtime-handlers.js';
import { apiVariables } from '../service-accounts/core/api-variables.js';

/** Further networks of pods, beside those that the runtime has when the kubelet starts. */
export const podNetworks = async (
  flags: KubeletFlags,
  cri: CriClient,
  { env, signal }: { readonly env: NonNullable<RunKubeletOptions['env']>; readonly signal: AbortSignal },
): Promise<ExtraNetworks> => {
  const { confDir } = await readRuntimeNetwork(cri, { signal });
  return kubeletNetworks({
    rootDirectory: flags.rootDirectory,
    networkDirectory: flags.networkDirectory,
    pluginDirectories: flags.cniPluginDirectories,
    runtimeConfDirs: [confDir],
    env,
  });
};

/** What makes the surroundings of pods as the configuration wants them. */
export const podEnvironment = async (
  { config, flags, logger, signal, environment, clock = Date }: RunKubeletOptions,
  parts: Pick<
    KubeletParts,
    'cri' | 'nodeName' | 'machine' | 'facts' | 'cgroups' | 'resources' | 'objects' | 'claims' | 'tokens' | 'cluster' | 'serviceNetwork'
  >,
): Promise<PodEnvironment> => {
  const { cri, nodeName, machine, facts, cgroups, resources, objects, claims, tokens, cluster, serviceNetwork } = parts;
  const { kubeApi } = flags;
  /** Services of the node, and its API for Pods with a token; undefined where nobody tells anything. */
  const ownVariables = (pod: Pod): ReadonlyMap<string, string> | undefined => {
    const services = serviceNetwork?.variables(pod);
    const api = kubeApi === undefined ? undefined : apiVariables(pod, kubeApi, facts.nodeIps);
    return services === undefined || api === undefined ? (services ?? api) : new Map([...services, ...api]);
  };
  const handlers = await runtimeHandlers(cri, { signal });
  const isOn = (gate: string): boolean => isGateEnabled(config.featureGates, gate);
  return createPodEnvironment({
    rootDir: flags.rootDirectory,
    podLogsDir: config.podLogsDir,
    nodeName,
    facts: () => ({
      nodeIps: facts.nodeIps,
      allocatable: facts.allocatable,
      memoryCapacityBytes: machine.memoryBytes,
      runtimeHandlerFeatures: handlers.featuresOf,
      mountOptions: handlers.features?.mountOptions === true,
    }),
    ...(resources.managers === undefined ? {} : { allocations: resources.managers.containerAllocation }),
    clusterDomain: config.clusterDomain,
    clusterDns: config.clusterDNS,
    resolvConf: config.resolvConf,
    cgroups: {
      ...cgroups,
      mountPoint: CGROUP_MOUNT_POINT,
      root: config.cgroupRoot === '' ? '/' : config.cgroupRoot,
      perQos: config.cgroupsPerQOS,
      nodeLimits: config.enforceNodeAllocatable.includes('pods') ? podsCgroupLimits(machine, config) : {},
      reserved: reservedCgroups(config),
    },
    cpuCfsQuota: config.cpuCFSQuota,
    cpuCfsQuotaPeriodMs: config.cpuCFSQuotaPeriod,
    podPidsLimit: config.podPidsLimit,
    seccompDefault: config.seccompDefault,
    ...(isOn('DefaultPodSysctls') && { defaultPodSysctls: config.defaultPodSysctls }),
    resizeMemoryVolumes: isOn('InPlacePodVerticalScalingMemoryBackedVolumes'),
    ...(isOn('MemoryQoS') && {
      memoryQos: {
        tiered: config.memoryReservationPolicy === 'TieredReservation',
        throttlingFactor: config.memoryThrottlingFactor,
        nodeBytes: podsCgroupLimits(machine, config).memoryBytes,
      },
    }),
    ...(config.singleProcessOOMKill === undefined ? {} : { singleProcessOomKill: config.singleProcessOOMKill }),
    ...(config['memorySwap.swapBehavior'] === 'LimitedSwap'
      ? { limitedSwap: { capacityBytes: swapBytes(await readText('/proc/meminfo')), isExcluded: isCriticalPod } }
      : {}),
    now: () => clock.now(),
    // Without RuntimeClass objects a class is the handler of that name (docs/decisions/056).
    runtimeClassHandlers: handlers.find,
    objects: {
      ...(cluster?.objects ?? {
        configMap: (namespace, name) => objects.configMap(namespace, name),
        secret: (namespace, name) => objects.secret(namespace, name),
        runtimeClassHandler: (name) => objects.runtimeClassHandler(name),
        claim: claims.claim,
        token: tokens.token,
      }),
      serviceVariables: (pod) => (cluster?.holds(pod.metadata.uid) === true ? cluster.objects.serviceVariables?.(pod) : ownVariables(pod)),
    },
    allowedDevices: flags.allowedDevices,
    userNamespaces: await subordinateIdRange({ idsPerPod: config['userNamespaces.idsPerPod'], maxPods: config.maxPods }),
    selinuxEnabled: (await readText('/sys/fs/selinux/enforce')) !== '',
    logger,
    ...environment,
  });
};
