import { mkdir } from 'node:fs/promises';
import { arch, hostname } from 'node:os';
import { join } from 'node:path';
import type { ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import { type CriClient, createCriClient } from '@solo-kubelet/cri-client';
import type { DeviceManager } from '@solo-kubelet/device-plugins';
import type { Logger } from '@solo-kubelet/diagnostics';
import { emptyManifestStates, reduceManifests } from '@solo-kubelet/manifest-source';
import { createPodEnvironment, type NodeEnvironment, type PodEnvironment, subordinateIdRange } from '@solo-kubelet/pod-environment';
import { type AnyProbeHandler, runProbes } from '@solo-kubelet/probe-engine';
import {
  createReconciler,
  type EventDraft,
  type EventFile,
  eventFile,
  fileStatusStore,
  imageCollector,
  isCriticalPod,
  type KubeletEvent,
  type NodeAdmissionFacts,
  type ReconcilerCommand,
} from '@solo-kubelet/reconciler';
import { criImages, criRuntime, type ImageCredentials } from '@solo-kubelet/reconciler/cri';
import { fromEvent, merge, type Observable, of, retry, Subject, scan, share, shareReplay, startWith, takeUntil, tap, timer } from 'rxjs';
import { kubeletNetworks } from '../cni/kubelet-networks.js';
import { extraNetworksHook } from '../cni/network-hook.js';
import { readRuntimeNetwork } from '../cni/runtime-network.js';
import type { KubeletConfiguration } from '../config/fields.js';
import type { KubeletFlags } from '../config/load-configuration.js';
import { CGROUP_MOUNT_POINT, cgroupDriver, cgroupVersion } from '../node/cgroups.js';
import { nodeAddresses } from '../node/node-addresses.js';
import { type MachineFacts, type NodeResources, nodeResources, podsCgroupLimits, reservedCgroups } from '../node/node-capacity.js';
import { hasSwap, kernelVersion, readMachine, readText, swapBytes } from '../node/read-machine.js';
import { networkEvents, networkFault } from '../services/network-health.js';
import { metricsInterceptor } from '../services/record-metrics.js';
import { allServices } from './all-services.js';
import { checkHost } from './check-host.js';
import { deviceFacts, devicePlugins, deviceProvider } from './device-plugins.js';
import { imageCredentials } from './image-credentials.js';
import type { KubeletContext, KubeletService } from './kubelet-services.js';
import { logActivity, logEvent, logManifestEvent } from './log-activity.js';
import { manifestSources } from './manifest-events.js';
import { prepareProcess } from './prepare-process.js';
import { probeHandlers } from './probe-handlers.js';
import { probePlugins } from './probe-plugins.js';
import { type NodeResourceManagers, nodeResourceManagers } from './resource-managers.js';
import { lockPath } from './root-lock.js';
import { updatePodCidr } from './update-pod-cidr.js';
import { waitForRuntime } from './wait-for-runtime.js';

export interface RunKubeletOptions {
  readonly config: KubeletConfiguration;
  readonly flags: KubeletFlags;
  /** Signals of `evictionHard` for which no pod is evicted. Default: none. */
  readonly impliedEvictionSignals?: ReadonlySet<string>;
  readonly logger: Logger;
  /** Ends the kubelet; containers run on. */
  readonly signal: AbortSignal;
  /** Default: those of Kubernetes, over the network and the runtime. */
  readonly probes?: readonly AnyProbeHandler[];
  /** Laid over what the node is to the pods' environment. Default: nothing. */
  readonly environment?: Partial<NodeEnvironment>;
  /** Default: all that the kubelet has. */
  readonly services?: readonly KubeletService[];
}

/** Runs the kubelet until the signal aborts. What it starts in the runtime stays. */
export const runKubelet = async (options: RunKubeletOptions): Promise<void> => {
  const { config, flags, logger, signal } = options;
  await mkdir(flags.rootDirectory, { recursive: true, mode: 0o750 });
  await using _root = await lockPath(flags.rootDirectory);
  const version = await cgroupVersion();
  checkHost(config, { swap: hasSwap(await readText('/proc/swaps')), cgroupVersion: version });
  await prepareProcess({ config, cgroups: { mountPoint: CGROUP_MOUNT_POINT, version }, logger, signal });
  const metricsSink: KubeletContext['metricsSink'] = { current: undefined };
  await using cri = createCriClient({
    endpoint: config.containerRuntimeEndpoint,
    ...(config.imageServiceEndpoint === '' ? {} : { imageEndpoint: config.imageServiceEndpoint }),
    timeoutMs: config.runtimeRequestTimeout,
    interceptors: [metricsInterceptor(() => metricsSink.current)],
  });
  const runtimeVersion = await waitForRuntime(cri, config.containerRuntimeEndpoint, { logger, signal });
  await updatePodCidr(cri, config.podCIDR, { logger, signal });
  const cgroups = { version, ...(await cgroupDriver(cri, { configured: config.cgroupDriver, logger, signal })) };
  const nodeName = (flags.hostnameOverride ?? hostname()).trim().toLowerCase();
  const machine = await readMachine(flags.rootDirectory);
  const facts = await admissionFacts(options, cri, nodeName, machine);
  await using devices = await devicePlugins({ ...flags, directory: flags.devicePluginDirectory, logger });
  const resources = await nodeResourceManagers(config, {
    rootDirectory: flags.rootDirectory,
    devices: ({ nodes }) => [deviceProvider(devices, nodes)],
    metrics: () => metricsSink.current,
  });
  const environment = await podEnvironment(options, { cri, nodeName, machine, facts, cgroups, resources });
  await environment.prepareNode({ signal });
  const networks = await podNetworks(flags, cri, signal);
  const credentials = await imageCredentials({ flags, env: process.env, workingDirectory: process.cwd(), logger });
  await using plugins = await probePlugins(flags.probePlugins, logger);
  const probes = [...(options.probes ?? probeHandlers(cri)), ...plugins.handlers];
  const keptEvents = eventFile({ path: join(flags.rootDirectory, 'events.json') });
  const earlierEvents = await keptEvents.load();
  logger.info(
    { nodeName, runtime: `${runtimeVersion.runtimeName}://${runtimeVersion.runtimeVersion}`, cgroups, path: config.staticPodPath },
    'Kubelet started',
  );
  await untilAborted(
    kubelet$(options, {
      cri,
      nodeName,
      machine,
      facts,
      environment,
      devices,
      resources,
      networks,
      credentials,
      probes,
      keptEvents,
      earlierEvents,
      runtimeVersion,
      cgroups,
      metricsSink,
    }),
    signal,
  );
  logger.info({}, 'Kubelet stopped; containers run on');
};

interface Parts {
  readonly cri: CriClient;
  readonly nodeName: string;
  readonly machine: MachineFacts;
  readonly facts: NodeAdmissionFacts;
  readonly environment: PodEnvironment;
  readonly devices: DeviceManager;
  readonly resources: NodeResourceManagers;
  readonly networks: ExtraNetworks;
  readonly credentials: ImageCredentials;
  readonly probes: readonly AnyProbeHandler[];
  readonly keptEvents: EventFile;
  readonly earlierEvents: readonly KubeletEvent[];
  readonly runtimeVersion: KubeletContext['runtimeVersion'];
  readonly cgroups: KubeletContext['cgroups'];
  readonly metricsSink: KubeletContext['metricsSink'];
}

/** Everything the kubelet does, as one stream: it works while it is subscribed to. */
const kubelet$ = (options: RunKubeletOptions, parts: Parts): Observable<unknown> => {
  const { config, flags, logger, signal, services = allServices } = options;
  const { cri, nodeName, facts, environment, devices, resources, networks } = parts;
  const { manifestEvent$, sources } = manifestSources(config, { nodeName, rootDirectory: flags.rootDirectory, logger });
  // The feedback edges, from the services back to the reconciler: what is asked of it, and what they find out about the node.
  const commands$ = new Subject<ReconcilerCommand>();
  const factsChange$ = new Subject<Partial<NodeAdmissionFacts>>();
  const nodeEvent$ = new Subject<EventDraft>();
  const facts$ = merge(factsChange$, deviceFacts(devices, facts.allocatable)).pipe(
    scan((known, change) => ({ ...known, ...change }), facts),
    startWith(facts),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const owner = nodeName.replace(/[^\w.-]/g, '-').slice(0, 63);
  const runtime = criRuntime({
    cri,
    environment,
    owner,
    credentials: parts.credentials,
    pulls: {
      maxParallel: config.serializeImagePulls ? 1 : (config.maxParallelImagePulls ?? UNLIMITED_PULLS),
      perSecond: config.registryPullQPS,
      burst: config.registryBurst,
    },
    podLogsDir: config.podLogsDir,
    containerLogsDir: config.podLogsDir === DEFAULT_POD_LOGS ? DEFAULT_CONTAINER_LOGS : '',
    ...(resources.managers === undefined ? {} : { resources: resources.managers }),
    networkHook: extraNetworksHook({ networks, primaryName: async (o) => (await readRuntimeNetwork(cri, o)).name, logger }),
  });
  const reconciler = createReconciler({
    manifestEvent$,
    sources,
    runtime,
    ...(resources.managers === undefined ? {} : { resources: resources.managers }),
    store: fileStatusStore({ directory: join(flags.rootDirectory, 'pod-status') }),
    runProbes: runProbes({ handlers: parts.probes }),
    node$: facts$,
    commands$,
    nodeEvent$,
    backoff: { maxMs: config['crashLoopBackOff.maxContainerRestartPeriod'] },
    syncFrequencyMs: config.syncFrequency,
    initialEvents: parts.earlierEvents,
  });
  const fault: KubeletContext['networkFault'] = (until) =>
    networkFault({ cri, runtimeName: parts.runtimeVersion.runtimeName, env: process.env, signal: until });
  const events$ = merge(reconciler.events$, networkEvents({ nodeName, fault: () => fault(signal) })).pipe(share());
  const manifests$ = manifestEvent$.pipe(
    scan(reduceManifests, emptyManifestStates),
    startWith(emptyManifestStates),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const context: KubeletContext = {
    ...parts,
    images: imageCollector({
      images: criImages({ cri }),
      policy: {
        highThresholdPercent: config.imageGCHighThresholdPercent,
        lowThresholdPercent: config.imageGCLowThresholdPercent,
        minAgeMs: config.imageMinimumGCAge,
        maxAgeMs: config.imageMaximumGCAge,
      },
    }),
    runtime,
    owner,
    config,
    flags,
    impliedEvictionSignals: options.impliedEvictionSignals ?? new Set(),
    node: {
      machine: parts.machine,
      get resources() {
        return joined(nodeResources(parts.machine, config), resources.managers?.nodeResources());
      },
      facts,
    },
    networkFault: fault,
    reconciler: { ...reconciler, events$ },
    manifests$,
    facts$,
    changeFacts: (change) => factsChange$.next(change),
    nodeEvent: (draft) => nodeEvent$.next(draft),
    command: (command) => commands$.next(command),
    startedAtMs: Date.now(),
    logger,
    signal,
  };
  return merge(
    manifests$,
    manifestEvent$.pipe(tap((event) => logManifestEvent(logger, event))),
    events$.pipe(tap((event) => logEvent(logger, event))),
    parts.keptEvents.keep(events$, parts.earlierEvents).pipe(
      retry({
        delay: (error: unknown) => {
          logger.warn({ err: error }, 'Cannot keep events on disk; trying again later');
          return timer(EVENT_FILE_RETRY_MS);
        },
      }),
    ),
    reconciler.activity$.pipe(tap((activity) => logActivity(logger, activity))),
    ...services.map((service) => service(context)),
    reconciler.run$,
  );
};

/** What the machine has, and what pods are given of it one by one. */
const joined = (machine: NodeResources, given: NodeResources | undefined): NodeResources => ({
  capacity: { ...machine.capacity, ...given?.capacity },
  allocatable: { ...machine.allocatable, ...given?.allocatable },
});

/** Pause after the events could not be written, ms. */
const EVENT_FILE_RETRY_MS = 30_000;
const DEFAULT_POD_LOGS = '/var/log/pods';
const DEFAULT_CONTAINER_LOGS = '/var/log/containers';
/** maxParallelImagePulls unset with serializeImagePulls false means no limit upstream. */
const UNLIMITED_PULLS = 1_000;

/** The program's one subscription. */
const untilAborted = (stream$: Observable<unknown>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const aborted$ = signal.aborted ? of(undefined) : fromEvent(signal, 'abort');
    stream$.pipe(takeUntil(aborted$)).subscribe({ error: reject, complete: resolve });
  });

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

const admissionFacts = async (
  { config, flags, signal }: RunKubeletOptions,
  cri: CriClient,
  nodeName: string,
  machine: MachineFacts,
): Promise<NodeAdmissionFacts> => {
  const { features, runtimeHandlers } = await cri.runtime.status({}, { signal });
  const architecture = GO_ARCHITECTURES[arch()] ?? arch();
  return {
    nodeName,
    allocatable: nodeResources(machine, config).allocatable,
    labels: {
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': architecture,
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': architecture,
      ...flags.nodeLabels,
    },
    nodeIps: await nodeAddresses(flags.nodeIps, nodeName),
    operatingSystem: 'linux',
    allowedUnsafeSysctls: config.allowedUnsafeSysctls,
    kernelVersion: kernelVersion(),
    supplementalGroupsPolicy: features?.supplementalGroupsPolicy ?? false,
    recursiveReadOnlyClasses: runtimeHandlers.filter((handler) => handler.features?.recursiveReadOnlyMounts).map(({ name }) => name),
    appArmor: (await readText('/sys/module/apparmor/parameters/enabled')).startsWith('Y'),
    shuttingDown: false,
  };
};

/** Further networks of pods, beside those that the runtime has when the kubelet starts. */
const podNetworks = async (flags: KubeletFlags, cri: CriClient, signal: AbortSignal): Promise<ExtraNetworks> => {
  const { confDir } = await readRuntimeNetwork(cri, { signal });
  return kubeletNetworks({
    rootDirectory: flags.rootDirectory,
    networkDirectory: flags.networkDirectory,
    pluginDirectories: flags.cniPluginDirectories,
    runtimeConfDirs: [confDir],
    env: process.env,
  });
};

const podEnvironment = async (
  { config, flags, logger, signal, environment }: RunKubeletOptions,
  parts: Pick<Parts, 'cri' | 'nodeName' | 'machine' | 'facts' | 'cgroups' | 'resources'>,
): Promise<PodEnvironment> => {
  const { cri, nodeName, machine, facts, cgroups, resources } = parts;
  const { runtimeHandlers } = await cri.runtime.status({}, { signal });
  return createPodEnvironment({
    rootDir: flags.rootDirectory,
    podLogsDir: config.podLogsDir,
    nodeName,
    facts: () => ({
      nodeIps: facts.nodeIps,
      allocatable: facts.allocatable,
      memoryCapacityBytes: machine.memoryBytes,
      runtimeHandlerFeatures: (handler) => runtimeHandlers.find(({ name }) => name === handler)?.features,
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
    ...(config.singleProcessOOMKill === undefined ? {} : { singleProcessOomKill: config.singleProcessOOMKill }),
    ...(config['memorySwap.swapBehavior'] === 'LimitedSwap'
      ? { limitedSwap: { capacityBytes: swapBytes(await readText('/proc/meminfo')), isExcluded: isCriticalPod } }
      : {}),
    // Without RuntimeClass objects a class is the handler of that name (docs/decisions/056).
    runtimeClassHandlers: Object.fromEntries(runtimeHandlers.flatMap(({ name }) => (name === '' ? [] : [[name, name]]))),
    userNamespaces: await subordinateIdRange({ idsPerPod: config['userNamespaces.idsPerPod'], maxPods: config.maxPods }),
    selinuxEnabled: (await readText('/sys/fs/selinux/enforce')) !== '',
    logger,
    ...environment,
  });
};
