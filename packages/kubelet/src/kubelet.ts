import { describeError } from '@solo-kubelet/diagnostics';
import { isUserOf, mayAdmit } from '@solo-kubelet/pod-objects';
import { podUid } from '@solo-kubelet/reconciler';
import { delay, EMPTY, filter, from, ignoreElements, merge, mergeMap, Observable, shareReplay, takeUntil, tap, withLatestFrom } from 'rxjs';
import { kubeApiService } from './api/kube-api-service.js';
import { nodeApiService } from './api/node-api-service.js';
import { podResourcesService } from './devices/pod-resources-service.js';
import { eventSinksService } from './event-sinks/event-sinks-service.js';
import { evictionService } from './eviction/eviction-service.js';
import { housekeepingService } from './garbage-collection/housekeeping-service.js';
import { createKubeletContext, type KubeletParts, type RunningKubelet } from './kubelet-context.js';
import type { ServiceSubsystem, Subsystem } from './kubelet-services.js';
import { networkGarbageService } from './networks/network-garbage-service.js';
import { nodeReportsService } from './node-reports/node-reports-service.js';
import { qosCgroupsService } from './pods/qos-cgroups-service.js';
import { sourceEventsService } from './pods/source-events-service.js';
import { sourceHealthService } from './pods/source-health-service.js';
import { catchStrayErrors } from './process/catch-stray-errors.js';
import { logActivity, logEvent, logManifestEvent, logRefusedProbes } from './process/log-activity.js';
import { systemdNotifyService } from './process/systemd-notify-service.js';
import type { RunKubeletOptions } from './run-kubelet-options.js';
import { ownDnsAddress } from './services/own-dns.js';
import { nodeShutdownService } from './shutdown/node-shutdown-service.js';

// The whole kubelet in the order in which it is subscribed to: what each subsystem reads and emits. `commands$`, `factsChange$` and `nodeEvent$` are the
// feedback edges back to the reconciler, `sourceHealth$` and `sourceCommand$` those back to the verified sources. docs/data-flow.md draws the same, and subsystems.test.ts holds both to what runs.

/** Before the services: what they look at. */
const sources: readonly Subsystem<RunningKubelet>[] = [
  { name: 'stray errors', reads: [], emits: ['commands$'], run: (kubelet) => strayErrors$(kubelet) },
  {
    name: 'manifests',
    reads: ['sourceHealth$', 'sourceCommand$'],
    emits: ['manifestEvent$', 'manifests$', 'sources$', 'filesSynced$', 'objects$', 'secretObjects$'],
    run: ({ manifests$ }) => manifests$,
  },
  { name: 'manifest log', reads: ['manifestEvent$'], emits: [], run: (kubelet) => manifestLog$(kubelet) },
  { name: 'object admission', reads: ['manifestEvent$'], emits: ['factsChange$'], run: (kubelet) => objectAdmission$(kubelet) },
  { name: 'object users', reads: ['manifestEvent$', 'pods$'], emits: ['commands$'], run: (kubelet) => objectUsers$(kubelet) },
  {
    name: 'event log',
    reads: ['events$'],
    emits: [],
    run: ({ reconciler, logger }) => reconciler.events$.pipe(tap((event) => logEvent(logger, event))),
  },
  {
    name: 'activity log',
    reads: ['activity$'],
    emits: [],
    run: ({ reconciler, logger }) => reconciler.activity$.pipe(tap((activity) => logActivity(logger, activity))),
  },
];

/** Every service of the kubelet: what a program that embeds it may leave out, or add to. */
export const allServices: readonly ServiceSubsystem[] = [
  {
    name: 'node API',
    reads: ['pods$', 'manifests$', 'sources$', 'objects$', 'events$', 'activity$', 'probeReport$', 'facts$'],
    emits: ['commands$', 'sourceCommand$'],
    run: nodeApiService,
  },
  { name: 'Kubernetes API', reads: ['pods$', 'secretObjects$', 'events$', 'facts$'], emits: [], run: kubeApiService },
  { name: 'housekeeping', reads: [], emits: [], run: housekeepingService },
  { name: 'network garbage', reads: ['pods$', 'activity$'], emits: [], run: networkGarbageService },
  { name: 'PodResources API', reads: ['pods$'], emits: [], run: podResourcesService },
  { name: 'QoS cgroups', reads: ['pods$'], emits: [], run: qosCgroupsService },
  { name: 'eviction', reads: ['pods$', 'activity$'], emits: ['commands$', 'factsChange$', 'nodeEvent$'], run: evictionService },
  {
    name: 'node shutdown',
    reads: ['pods$'],
    emits: ['commands$', 'factsChange$', 'nodeEvent$'],
    run: (context) => nodeShutdownService(context.env)(context),
  },
  { name: 'source events', reads: ['sources$'], emits: ['nodeEvent$'], run: sourceEventsService },
  { name: 'source health', reads: ['sources$', 'manifests$', 'objects$', 'pods$'], emits: ['sourceHealth$'], run: sourceHealthService },
  { name: 'event sinks', reads: ['events$'], emits: [], run: eventSinksService },
  { name: 'node reports', reads: ['sources$', 'pods$'], emits: [], run: nodeReportsService },
  { name: 'systemd', reads: ['activity$'], emits: [], run: (context) => systemdNotifyService(context.env)(context) },
];

/** After the services, so that none misses the first of it: what makes the pods. */
const workers: readonly Subsystem<RunningKubelet>[] = [
  {
    name: 'cluster',
    reads: ['pods$', 'filesSynced$', 'facts$', 'events$'],
    emits: ['manifestEvent$', 'commands$', 'factsChange$'],
    run: (kubelet) => kubelet.cluster?.service(kubelet) ?? EMPTY,
  },
  {
    name: 'workload feedback',
    reads: ['pods$', 'known$'],
    emits: ['manifestEvent$'],
    run: ({ workloads, reconciler }) => workloads.follow(reconciler),
  },
  {
    name: 'claims',
    reads: ['manifestEvent$', 'pods$', 'known$', 'activity$'],
    emits: ['commands$', 'nodeEvent$'],
    run: (kubelet) => claims$(kubelet),
  },
  {
    name: 'service network',
    reads: ['manifestEvent$', 'pods$', 'known$', 'facts$'],
    emits: ['objects$', 'secretObjects$', 'nodeEvent$'],
    run: (kubelet) => serviceNetwork$(kubelet),
  },
  { name: 'cluster DNS', reads: ['filesSynced$', 'known$'], emits: ['nodeEvent$'], run: (kubelet) => clusterDns$(kubelet) },
  {
    name: 'ingress',
    reads: ['manifestEvent$', 'facts$'],
    emits: ['objects$', 'secretObjects$', 'nodeEvent$'],
    run: (kubelet) => ingress$(kubelet),
  },
  { name: 'tokens', reads: ['pods$'], emits: ['commands$'], run: (kubelet) => tokens$(kubelet) },
  { name: 'admission facts', reads: ['factsChange$'], emits: ['facts$'], run: ({ facts$ }) => facts$ },
  {
    name: 'reconciler',
    reads: ['manifestEvent$', 'facts$', 'commands$', 'nodeEvent$'],
    emits: ['pods$', 'known$', 'events$', 'activity$', 'probeReport$'],
    run: ({ reconciler }) => reconciler.run$,
  },
  { name: 'admission policy', reads: [], emits: ['manifestEvent$', 'nodeEvent$'], run: ({ admission }) => admission?.follow$ ?? EMPTY },
];

/** All of them with every service, for the drawing of the streams and its test. */
export const subsystems = [...sources, ...allServices, ...workers];

/** Everything the kubelet does, as one stream: it works while it is subscribed to, and completes once the signal has aborted. */
export const kubelet$ = (options: RunKubeletOptions, parts: KubeletParts): Observable<unknown> => {
  const { services = allServices } = options;
  const kubelet = createKubeletContext(options, parts);
  const work$ = merge(
    ...sources.map(({ run }) => run(kubelet)),
    ...services.map((service) => (typeof service === 'function' ? service : service.run)(kubelet)),
    ...workers.map(({ run }) => run(kubelet)),
  );
  const { stop$ } = kubelet;
  // All work ends with the signal, but the events and the records of pods of the last moments still go to disk.
  const keptEvents$ = kubelet.keptEvents.keep(kubelet.reconciler.events$.pipe(takeUntil(stop$)), kubelet.earlierEvents);
  const written = <T>(write$: Observable<T>): Observable<T> => write$.pipe(takeUntil(stop$.pipe(delay(LAST_WRITE_LIMIT_MS))));
  return merge(written(keptEvents$), work$.pipe(takeUntil(stop$)), written(kubelet.reconciler.records$));
};

/** How long a stop waits for a disk that does not answer. */
const LAST_WRITE_LIMIT_MS = 5_000;

/** Errors that nobody caught, where the process is the kubelet's own: the pod that one came from is set aside. */
const strayErrors$ = ({ process, logger, command }: RunningKubelet): Observable<never> =>
  new Observable<never>(() => {
    if (process === undefined) return;
    const setAside = (uid: string, error: unknown): void =>
      command({ type: 'crashed', podUid: podUid(uid), message: describeError(error) });
    const net = catchStrayErrors({ process, logger, setAside });
    return () => net[Symbol.dispose]();
  });

const manifestLog$ = ({ manifestEvent$, logger, probeFields, refusedProbes }: RunningKubelet): Observable<unknown> =>
  merge(
    manifestEvent$.pipe(tap((event) => logManifestEvent(logger, event, probeFields))),
    manifestEvent$.pipe(mergeMap((event) => logRefusedProbes(logger, event, refusedProbes))),
  );

/** An object that came may admit Pods that were rejected for want of it, and whoever waited for others may go on. */
const objectAdmission$ = ({ manifestEvent$, workloads, objectRejection, changeFacts }: RunningKubelet): Observable<unknown> =>
  merge(manifestEvent$.pipe(filter(mayAdmit)), workloads.rejection$).pipe(
    tap(() => changeFacts({ objectRejection: (pod) => objectRejection(pod) })),
  );

/** Pods that use an object are looked at again when it changes. */
const objectUsers$ = ({ manifestEvent$, reconciler, command }: RunningKubelet): Observable<unknown> =>
  manifestEvent$.pipe(
    filter((event) => event.type === 'objectApplied'),
    withLatestFrom(reconciler.pods$),
    mergeMap(([event, pods]) => [...pods.values()].filter(({ pod }) => isUserOf(pod, event))),
    tap((view) => command({ type: 'refresh', podUid: view.podUid })),
  );

const tokens$ = ({ tokens, reconciler, command }: RunningKubelet): Observable<unknown> =>
  tokens.follow({ pods$: reconciler.pods$, refresh: (uid) => command({ type: 'refresh', podUid: uid }) });

/** Loaded where Services are on and Pods are to ask this node. */
const clusterDns$ = (kubelet: RunningKubelet): Observable<unknown> => {
  const { serviceNetwork, config, flags } = kubelet;
  const address = ownDnsAddress(flags, config.clusterDNS);
  if (serviceNetwork === undefined || address === undefined) return EMPTY;
  // From the start on, while the code is still being loaded: what the streams say before that counts too.
  const latest = { bufferSize: 1, refCount: true };
  const filesSynced$ = kubelet.filesSynced$.pipe(shareReplay(latest));
  const known$ = kubelet.reconciler.known$.pipe(shareReplay(latest));
  const serving$ = from(import('./services/node-dns.js')).pipe(
    mergeMap(({ nodeDns }) => nodeDns({ ...kubelet, filesSynced$, reconciler: { known$ }, serviceNetwork, address })),
  );
  return merge(filesSynced$, known$, serving$).pipe(ignoreElements());
};

const serviceNetwork$ = ({ serviceNetwork, cluster, ownEvent$, ownSources, reconciler, facts$ }: RunningKubelet): Observable<unknown> =>
  serviceNetwork?.follow({
    manifestEvent$: ownEvent$,
    sources: ownSources,
    reconciler,
    facts$,
    isOfCluster: (pod) => cluster?.holds(pod.metadata.uid) === true,
  }) ?? EMPTY;

const ingress$ = ({ ingress, ownEvent$, ownSources, facts$ }: RunningKubelet): Observable<unknown> =>
  ingress?.follow({ manifestEvent$: ownEvent$, sources: ownSources, facts$ }) ?? EMPTY;

const claims$ = ({ claims, cluster, ownEvent$, ownSources, reconciler, command }: RunningKubelet): Observable<unknown> =>
  claims.follow({
    manifestEvent$: ownEvent$,
    sources: ownSources,
    reconciler,
    isOfCluster: (pod) => cluster?.holds(pod.metadata.uid) === true,
    refresh: (uid) => command({ type: 'refresh', podUid: uid }),
  });
