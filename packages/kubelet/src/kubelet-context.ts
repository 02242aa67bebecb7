import { join } from 'node:path';
import type { ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { DeviceManager } from '@solo-kubelet/device-plugins';
import { metaTime } from '@solo-kubelet/diagnostics/text';
import {
  emptyManifestStates,
  emptyObjectStore,
  type ManifestEvent,
  type ObjectStore,
  reduceManifests,
} from '@solo-kubelet/manifest-source';
import type { NodeValues } from '@solo-kubelet/object-spec';
import type { PodEnvironment } from '@solo-kubelet/pod-environment';
import { completePods, type NodeObjects } from '@solo-kubelet/pod-objects';
import type { Pod } from '@solo-kubelet/pod-spec';
import { dropDisabledFields, type FeatureGates, structSchema } from '@solo-kubelet/pod-spec/schema';
import { type AnyProbeHandler, runProbes } from '@solo-kubelet/probe-engine';
import type { PluginHost } from '@solo-kubelet/probe-engine/plugin';
import {
  API_SOURCE,
  createReconciler,
  type EventFile,
  fileStatusStore,
  type KubeletEvent,
  type NodeAdmissionFacts,
  type Reconciler,
  type ReconcilerCommand,
  type ToldEvent,
} from '@solo-kubelet/reconciler';
import { criImages, criRuntime, type ImageCredentials } from '@solo-kubelet/reconciler/cri';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import type { SourceFile } from '@solo-kubelet/verified-source';
import { WORKLOAD_SOURCE } from '@solo-kubelet/workloads/rx';
import {
  distinctUntilChanged,
  EMPTY,
  filter,
  firstValueFrom,
  fromEvent,
  map,
  merge,
  type Observable,
  of,
  Subject,
  scan,
  share,
  shareReplay,
  startWith,
  take,
} from 'rxjs';
import type { NodeAdmission } from './admission/node-admission.js';
import { nodeObjects } from './api/node-objects.js';
import type { NodeClaims } from './claims/node-claims.js';
import type { ClusterSide } from './cluster/cluster-side.js';
import { evictionThresholds } from './config/eviction-thresholds.js';
import { loopPeriodMs } from './config/loop-period.js';
import { cpuAssignments } from './cpu/cpu-assignments.js';
import type { NodeResourceManagers } from './cpu/resource-managers.js';
import { deviceFacts } from './devices/device-plugins.js';
import { tellHousekeeping } from './garbage-collection/housekeeping-service.js';
import { imageCollector } from './garbage-collection/image-collector.js';
import { imageRoom } from './garbage-collection/image-room.js';
import type { NodePullRecords } from './image-pulls/image-pull-records.js';
import { preloading } from './image-pulls/node-pull-records.js';
import type { KubeletContext } from './kubelet-services.js';
import { networkEvents, networkFault } from './networks/network-health.js';
import { extraNetworksHook } from './networks/network-hook.js';
import { readRuntimeNetwork } from './networks/runtime-network.js';
import { type MachineFacts, type NodeResources, nodeResources } from './node/node-capacity.js';
import { ephemeralContainers } from './pods/ephemeral-containers.js';
import { manifestSources } from './pods/manifest-events.js';
import { type NodeWorkloads, nodeWorkloads } from './pods/node-workloads.js';
import type { ErrorSource } from './process/catch-stray-errors.js';
import type { RunKubeletOptions } from './run-kubelet-options.js';
import type { NodeTokens } from './service-accounts/node-tokens.js';
import type { NodeIngress } from './services/node-ingress.js';
import type { NodeServices } from './services/node-services.js';

/** What is ready before the kubelet begins. */
export interface KubeletParts {
  readonly cri: CriClient;
  readonly nodeName: string;
  /** Value of the owner label, see owner-id.ts. */
  readonly owner: string;
  readonly machine: MachineFacts;
  readonly facts: NodeAdmissionFacts;
  readonly environment: PodEnvironment;
  /** What Pods refer to. */
  readonly objects: NodeObjects;
  readonly claims: NodeClaims;
  /** The cluster that the node has joined; undefined: none. */
  readonly cluster: ClusterSide<KubeletContext> | undefined;
  readonly tokens: NodeTokens;
  /** The Services of the node; undefined: they are off. */
  readonly serviceNetwork: NodeServices | undefined;
  /** The Ingresses of the node; undefined: they are off. */
  readonly ingress: NodeIngress | undefined;
  readonly devices: DeviceManager;
  readonly resources: NodeResourceManagers;
  readonly networks: ExtraNetworks;
  readonly credentials: ImageCredentials;
  /** What this kubelet has pulled for whom; undefined: every Pod has what is on the machine. */
  readonly pullRecords: NodePullRecords | undefined;
  readonly probes: readonly AnyProbeHandler[];
  /** What the plugins among them do not take. */
  readonly refusedProbes: PluginHost['refusedProbes'];
  readonly keptEvents: EventFile;
  readonly earlierEvents: readonly KubeletEvent[];
  readonly runtimeVersion: KubeletContext['runtimeVersion'];
  readonly cgroups: KubeletContext['cgroups'];
  readonly metrics: KubeletContext['metrics'];
  /** What the source directory holds. */
  readonly sourceFiles: readonly SourceFile[];
  /** What decides which Pods may come; undefined: all may. */
  readonly admission: NodeAdmission | undefined;
  readonly nodeValues: NodeValues;
}

/** What subsystems of the kubelet's own see of it, beside what any service may. */
export interface RunningKubelet extends Omit<KubeletContext, 'reconciler'> {
  readonly reconciler: Reconciler;
  /** What documents ask for and workloads made of it, completed by the objects that Pods refer to. */
  readonly manifestEvent$: Observable<ManifestEvent>;
  /** The same without what a cluster gives this node. */
  readonly ownEvent$: Observable<ManifestEvent>;
  /** Every source of `ownEvent$` that must have been read once. */
  readonly ownSources: NodeWorkloads['sources'];
  readonly objectRejection: NonNullable<NodeAdmissionFacts['objectRejection']>;
  readonly cluster: ClusterSide<KubeletContext> | undefined;
  readonly workloads: NodeWorkloads;
  readonly claims: NodeClaims;
  readonly tokens: NodeTokens;
  readonly serviceNetwork: NodeServices | undefined;
  readonly ingress: NodeIngress | undefined;
  readonly probeFields: readonly string[];
  readonly refusedProbes: PluginHost['refusedProbes'];
  readonly keptEvents: EventFile;
  /** Emits once the kubelet has been told to stop, and completes. */
  readonly stop$: Observable<unknown>;
  readonly process: ErrorSource | undefined;
}

/** Makes the streams and ties the feedback edges; nothing works before kubelet.ts subscribes to it. */
export const createKubeletContext = (options: RunKubeletOptions, parts: KubeletParts): RunningKubelet => {
  const { config, flags, logger, signal, env = {}, ownProcess, clock = Date } = options;
  const { cri, nodeName, owner, environment, objects, claims, tokens, cluster, admission, devices, resources, networks } = parts;
  const wallNow = (): number => clock.now();
  // What a cluster's pods lack of its objects is the cluster's business.
  const objectRejection: RunningKubelet['objectRejection'] = (pod) =>
    cluster?.holds(pod.metadata.uid) === true
      ? admission?.rejection(pod.metadata.uid)
      : (objects.rejection(pod) ?? workloads.rejection(pod));
  const recursiveReadOnly = (pod: Pod): boolean => environment.mountsRecursivelyReadOnly(pod);
  const facts: NodeAdmissionFacts = { ...parts.facts, objectRejection, recursiveReadOnly };
  // What the API is about to write has an identity already; the manifest source takes it over.
  const newUids = new Map<string, string>();
  const deletePod$ = new Subject<string>();
  const manifestsOf = manifestSources(config, {
    nodeName,
    rootDirectory: flags.rootDirectory,
    ageIdentityFile: flags.ageIdentityFile,
    wallNow,
    logger,
    newUids,
    sourceFiles: parts.sourceFiles,
    env,
    credentials: parts.credentials,
    runtimeImages: preloading(options.runtimeImages, { cri, records: parts.pullRecords }),
    imageRoom: imageRoom({
      cri,
      thresholds: evictionThresholds(config, options.impliedEvictionSignals).thresholds,
      collector: () => images,
      tell: (activity) => tellHousekeeping({ logger, metrics: parts.metrics }, activity),
    }),
    nodeLabels: parts.facts.labels,
    nodeValues: parts.nodeValues,
    services: parts.serviceNetwork !== undefined,
    ingress: parts.ingress !== undefined,
    ...(admission && { admit: admission.takeDocuments }),
  });
  const workloads = nodeWorkloads({
    manifestEvent$: manifestsOf.manifestEvent$,
    sources: manifestsOf.sources,
    rootDirectory: flags.rootDirectory,
    facts,
    deletePod$,
    wallNow,
    logger,
  });
  const { sources: ownSources } = workloads;
  const debugged = ephemeralContainers({
    path: join(flags.rootDirectory, 'ephemeral-containers.json'),
    sources: ownSources.length,
    logger,
  });
  const sources = [...ownSources, ...(cluster === undefined ? [] : [cluster.source])];
  const ownEvent$ = workloads.manifestEvent$.pipe(
    objects.take(),
    completePods({ store: emptyObjectStore, sources: ownSources.length }),
    debugged.take(),
    share(),
  );
  const judged = (event$: Observable<ManifestEvent>): Observable<ManifestEvent> =>
    admission === undefined ? event$ : event$.pipe(admission.judgeClusterPods());
  const manifestEvent$ = (
    cluster === undefined
      ? ownEvent$
      : merge(ownEvent$, judged(cluster.manifestEvent$).pipe(map(withoutDisabledFields(config.featureGates))))
  ).pipe(share());
  // The three feedback edges, from the subsystems back to the reconciler: what is asked of it, and what they find out about the node.
  const commands$ = new Subject<ReconcilerCommand>();
  const factsChange$ = new Subject<Partial<NodeAdmissionFacts>>();
  const nodeEvent$ = new Subject<ToldEvent>();
  const facts$ = merge(factsChange$, deviceFacts(devices, facts.allocatable)).pipe(
    scan((known, change) => ({ ...known, ...change }), facts),
    startWith(facts),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const runtime = criRuntime({
    cri,
    environment,
    owner,
    credentials: parts.credentials,
    ...(parts.pullRecords && { pullRecords: parts.pullRecords }),
    onImageRequest: parts.metrics.imageRequested,
    pulls: {
      maxParallel: config.serializeImagePulls ? 1 : (config.maxParallelImagePulls ?? UNLIMITED_PULLS),
      perSecond: config.registryPullQPS,
      burst: config.registryBurst,
    },
    podLogsDir: config.podLogsDir,
    containerLogsDir: config.podLogsDir === DEFAULT_POD_LOGS ? DEFAULT_CONTAINER_LOGS : '',
    ...(resources.managers === undefined ? {} : { resources: resources.managers }),
    endsAsAWhole: parts.cgroups.version === 2 && config.singleProcessOOMKill !== true,
    networkHook: extraNetworksHook({ networks, primaryName: async (o) => (await readRuntimeNetwork(cri, o)).name, logger }),
  });
  const stop$ = aborted(signal);
  const reconciler = createReconciler({
    manifestEvent$,
    sources,
    runtime,
    ...(resources.managers === undefined ? {} : { resources: resources.managers }),
    ...(resources.cpus === undefined ? {} : { cpus: cpuAssignments(config, resources.cpus, resources.poolChanged$) }),
    store: fileStatusStore({ directory: join(flags.rootDirectory, 'pod-status'), logger }),
    runProbes: runProbes({ handlers: parts.probes, scheduler: steadyScheduler }),
    node$: facts$,
    commands$,
    nodeEvent$: merge(
      nodeEvent$,
      workloads.event$,
      claims.event$,
      parts.serviceNetwork?.event$ ?? EMPTY,
      parts.ingress?.event$ ?? EMPTY,
      admission?.event$ ?? EMPTY,
    ),
    backoff: { maxMs: config['crashLoopBackOff.maxContainerRestartPeriod'] },
    syncFrequencyMs: loopPeriodMs(config.syncFrequency),
    wallNow,
    initialEvents: parts.earlierEvents,
    stop$,
  });
  const network$ = merge(parts.serviceNetwork?.network$ ?? EMPTY, parts.ingress?.ingress$ ?? EMPTY);
  const fault: KubeletContext['networkFault'] = (until) =>
    networkFault({ cri, runtimeName: parts.runtimeVersion.runtimeName, env, signal: until });
  const events$ = merge(reconciler.events$, networkEvents({ nodeName, fault: () => fault(signal) })).pipe(share());
  const manifests$ = manifestEvent$.pipe(
    filter(isOfDocument),
    scan(reduceManifests, emptyManifestStates),
    startWith(emptyManifestStates),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const images = imageCollector({
    images: criImages({
      cri,
      wantedPods: async () => [...(await firstValueFrom(reconciler.pods$)).values()].map(({ pod }) => pod),
      wantedImages: () => [...workloads.keptImages(), ...manifestsOf.verified.keptImages()],
    }),
    policy: {
      highThresholdPercent: config.imageGCHighThresholdPercent,
      lowThresholdPercent: config.imageGCLowThresholdPercent,
      minAgeMs: config.imageMinimumGCAge,
      maxAgeMs: config.imageMaximumGCAge,
    },
    wallNow,
    ...(parts.pullRecords && { onRemaining: parts.pullRecords.prune }),
  });
  const startedAtMs = wallNow();
  const since = metaTime(startedAtMs);
  return {
    ...parts,
    images,
    runtime,
    config,
    flags,
    env,
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
    sources$: manifestsOf.sourceStatuses$,
    sourceHealth: manifestsOf.verified.health,
    sourceCommand: manifestsOf.verified.command,
    objects$: nodeObjects(manifestEvent$, workloads.workload$, claims.inHand$, { network$, since }),
    secretObjects$: nodeObjects(manifestEvent$, workloads.workload$, claims.inHand$, { network$, since, secrets: true }),
    nodeApi: { current: undefined },
    filesSynced$: manifestEvent$.pipe(
      scan((left, event) => left - (event.type === 'synced' && event.source !== API_SOURCE ? 1 : 0), ownSources.length),
      map((left) => left <= 0),
      startWith(false),
      distinctUntilChanged(),
      shareReplay({ bufferSize: 1, refCount: true }),
    ),
    newUids,
    addEphemeralContainers: debugged.add,
    deleteWorkloadPod: (uid) => deletePod$.next(uid),
    facts$,
    changeFacts: (change) => factsChange$.next(change),
    nodeEvent: (draft) => nodeEvent$.next(draft),
    command: (command) => commands$.next(command),
    serviceAccounts: tokens,
    discardClaim: (claim, o) => {
      const forget = (): boolean => {
        const isKept = isOfWorkload(objects.current(), claim);
        if (isKept) workloads.forgetClaim(`${claim.namespace}/${claim.name}`);
        return isKept;
      };
      return claims.discard({ ...claim, forget }, o);
    },
    clock,
    startedAtMs,
    logger,
    signal,
    stop$,
    manifestEvent$,
    ownEvent$,
    ownSources,
    objectRejection,
    workloads,
    probeFields: parts.probes.map(({ field }) => field),
    process: ownProcess,
  };
};

/** The server of a cluster may be of a later release, and know fields whose gates are off here. */
const withoutDisabledFields =
  (gates: FeatureGates) =>
  (event: ManifestEvent): ManifestEvent =>
    event.type === 'applied' ? { ...event, pod: dropDisabledFields(structSchema('Pod'), event.pod, gates) } : event;

/** What workloads made, or a cluster gave, is no document. */
const isOfDocument = (event: ManifestEvent): boolean => {
  const { source } = 'origin' in event ? event.origin : event;
  return source !== WORKLOAD_SOURCE.source && source !== API_SOURCE;
};

/** Whether it was a workload that asked for a claim. */
const isOfWorkload = ({ held }: ObjectStore, { namespace, name }: { readonly namespace: string; readonly name: string }): boolean =>
  [...held].some(
    ([origin, { kind, metadata }]) =>
      origin.startsWith(`${WORKLOAD_SOURCE.source}:`) &&
      kind === 'PersistentVolumeClaim' &&
      metadata.namespace === namespace &&
      metadata.name === name,
  );

/** What the machine has, and what pods are given of it one by one. */
const joined = (machine: NodeResources, given: NodeResources | undefined): NodeResources => ({
  capacity: { ...machine.capacity, ...given?.capacity },
  allocatable: { ...machine.allocatable, ...given?.allocatable },
});

const DEFAULT_POD_LOGS = '/var/log/pods';
const DEFAULT_CONTAINER_LOGS = '/var/log/containers';
/** maxParallelImagePulls unset with serializeImagePulls false means no limit upstream. */
const UNLIMITED_PULLS = 1_000;

/** Emits once the signal has aborted, and completes. */
const aborted = (signal: AbortSignal): Observable<unknown> => (signal.aborted ? of(undefined) : fromEvent(signal, 'abort').pipe(take(1)));
