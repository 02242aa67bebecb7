import { isDeepStrictEqual } from 'node:util';
import {
  type ApiClient,
  createApiClient,
  createCredentials,
  loadKubeconfig,
  type ReflectEvent,
  reflect,
  resourceAt,
  type Versioned,
} from '@solo-kubelet/cluster-client';
import {
  API_SOURCE,
  assignedPods,
  clusterObjects,
  createReviews,
  keepCsiNode,
  mirrorPods,
  type NodeObject,
  postEvents,
  type Report,
  type ReportedPod,
  registerNode,
  renewLease,
  reportStatuses,
} from '@solo-kubelet/control-plane';
import type { Logger } from '@solo-kubelet/diagnostics';
import { type NodeObjects, podReferences } from '@solo-kubelet/pod-objects';
import type { PodView } from '@solo-kubelet/reconciler';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import {
  concat,
  concatMap,
  debounceTime,
  delay,
  distinctUntilChanged,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  mergeWith,
  type Observable,
  Subject,
  scan,
  shareReplay,
  switchMap,
  take,
  tap,
  timer,
  withLatestFrom,
} from 'rxjs';
import { conditionSince } from '../api/condition-since.js';
import { nodeObject } from '../api/node-object.js';
import type { NodeClaims } from '../claims/node-claims.js';
import type { KubeletConfiguration } from '../config/fields.js';
import { loopPeriodMs } from '../config/loop-period.js';
import type { KubeletContext } from '../kubelet-services.js';
import type { NodeTokens } from '../service-accounts/node-tokens.js';
import type { ClusterSide } from './cluster-side.js';
import { bootstrapNode, nodeCertificates } from './node-certificates.js';
import { USER_AGENT } from './user-agent.js';

export interface JoinClusterOptions {
  readonly kubeconfigPath: string;
  /** Makes the kubeconfig when there is none that is good; undefined: it must be there. */
  readonly bootstrapPath: string | undefined;
  readonly certDirectory: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly config: KubeletConfiguration;
  readonly nodeName: string;
  /** Objects of files. */
  readonly objects: NodeObjects;
  readonly claims: Pick<NodeClaims, 'claim'>;
  /** Tokens of Pods of files. */
  readonly tokens: Pick<NodeTokens, 'token'>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** From this many failures of heartbeats in a row a connection is not believed any more. */
const DEAD_AFTER = 2;
/** Between the word that all manifests have been read and the view of their pods, ms. */
const SETTLE_MS = 1_000;
/** How often volumes with tokens are looked at, ms: `syncFrequency`. */
const TOKEN_MS = 60_000;

/**
 * Joins the cluster of a kubeconfig as a node. Nothing is asked of the server before the first subscription, and nothing waits for it.
 * @throws ClusterError CLUSTER_KUBECONFIG
 */
export const joinCluster = async (options: JoinClusterOptions): Promise<ClusterSide<KubeletContext>> => {
  const { config, nodeName, objects: files, claims, tokens, env } = options;
  if (options.bootstrapPath !== undefined) await bootstrapNode(options, options.bootstrapPath);
  const kubeconfig = await loadKubeconfig(options.kubeconfigPath);
  const credentials = createCredentials({ kubeconfig, env });
  const shared = { kubeconfig, credentials, userAgent: USER_AGENT };
  const main = createApiClient({ ...shared, qps: config.kubeAPIQPS, burst: config.kubeAPIBurst });
  const events = createApiClient({ ...shared, qps: config.eventRecordQPS, burst: config.eventBurst });
  const heartbeatMs = Math.min(config.nodeStatusUpdateFrequency, config.nodeLeaseDurationSeconds * 1_000, 10_000);
  const heartbeat = createApiClient({ ...shared, timeoutMs: heartbeatMs });
  const clients = [main, events, heartbeat];
  /** The feedback edge from heartbeats: whatever waits for the server goes ahead when one gets through. */
  const back$ = new Subject<void>();
  const onFailures = (inARow: number): void => {
    if (inARow === 0) back$.next();
    if (inARow < DEAD_AFTER) return;
    for (const client of clients) client.closeConnections();
  };

  const assigned$ = assignedPods({ api: main, nodeName, retry$: back$ }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const cluster = clusterObjects({ api: main, assigned$, retry$: back$ });
  let uids: ReadonlySet<string> = new Set();
  const holds = (uid: string): boolean => uids.has(uid);
  const manifestEvent$ = assigned$.pipe(
    tap(({ pods }) => {
      uids = new Set(pods.keys());
    }),
    // A pod begins with everything it refers to.
    concatMap(({ events: said }) =>
      concat(cluster.read(said.flatMap((event) => (event.type === 'applied' ? [event.pod] : []))), from(said)),
    ),
  );
  return {
    source: { source: API_SOURCE, path: nodeName },
    holds,
    manifestEvent$,
    objects: {
      configMap: (namespace, name) => (cluster.knows('ConfigMap', namespace, name) ? cluster : files).configMap(namespace, name),
      secret: (namespace, name) => (cluster.knows('Secret', namespace, name) ? cluster : files).secret(namespace, name),
      runtimeClassHandler: (name) => cluster.runtimeClassHandler(name) ?? files.runtimeClassHandler(name),
      claim: (request, o) => (holds(request.pod.metadata.uid) ? cluster : claims).claim(request, o),
      token: (request) => (holds(request.pod.uid) ? cluster : tokens).token(request),
      serviceVariables: (pod) => (holds(pod.metadata.uid) ? cluster.serviceVariables(pod) : undefined),
    },
    pullSecret: (namespace, name) =>
      cluster.knows('Secret', namespace, name) ? cluster.secret(namespace, name) : files.pullSecret(namespace, name),
    reviews: createReviews({
      api: main,
      nodeName,
      tokenTtlMs: config['authentication.webhook.cacheTTL'],
      authorizedTtlMs: config['authorization.webhook.cacheAuthorizedTTL'],
      unauthorizedTtlMs: config['authorization.webhook.cacheUnauthorizedTTL'],
    }),
    service: (context) =>
      clusterService(context, {
        assigned$,
        cluster,
        main,
        events,
        heartbeat,
        onFailures,
        retry$: back$,
        certificates: (node$) => nodeCertificates({ ...options, api: main, kubeconfig, node$ }),
      }),
    [Symbol.dispose]: () => {
      for (const client of clients) client.closeConnections();
    },
  };
};

interface Parts {
  readonly assigned$: ReturnType<typeof assignedPods>;
  readonly cluster: ReturnType<typeof clusterObjects>;
  readonly main: ApiClient;
  readonly events: ApiClient;
  readonly heartbeat: ApiClient;
  readonly onFailures: (inARow: number) => void;
  readonly retry$: Observable<unknown>;
  readonly certificates: (node$: Observable<NodeObject | undefined>) => Observable<never>;
}

const clusterService = (context: KubeletContext, parts: Parts): Observable<never> => {
  const { assigned$, cluster, main, events, heartbeat, onFailures, retry$, certificates } = parts;
  const { config, nodeName, reconciler, facts$, flags, command, logger, startedAtMs } = context;
  const readySince = conditionSince(startedAtMs);
  const taints = (flags.registerWithTaints ?? []).length > 0 ? flags.registerWithTaints! : (config.registerWithTaints as readonly object[]);
  const describe = async (signal: AbortSignal): Promise<NodeObject> => {
    const node = (await nodeObject(context, signal, readySince)) as NodeObject;
    const { creationTimestamp: _own, ...metadata } = node.metadata as NodeObject['metadata'] & { readonly creationTimestamp?: string };
    const labels = {
      ...metadata.labels,
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': metadata.labels?.['kubernetes.io/arch'] ?? '',
    };
    const annotations = config.enableControllerAttachDetach
      ? { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' }
      : undefined;
    return {
      ...node,
      metadata: { ...metadata, labels, ...(annotations && { annotations }) },
      spec: {
        ...(taints.length === 0 ? {} : { taints }),
        ...(config.providerID === '' ? {} : { providerID: config.providerID }),
      },
    };
  };
  const pods$ = reconciler.pods$.pipe(
    map((views) => [...views.values()].map(reported)),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  // A mirror goes when its manifest has gone, which nobody knows before all of them have been read.
  const known$ = context.filesSynced$.pipe(
    filter(Boolean),
    take(1),
    delay(SETTLE_MS, steadyScheduler),
    switchMap(() => pods$),
  );
  let held: NodeObject | undefined;
  const node$ = reflect<NodeObject>(resourceAt(main, '/api/v1/nodes', { fieldSelector: `metadata.name=${nodeName}` }), { retry$ }).pipe(
    scan(newestNode, undefined as NodeObject | undefined),
    tap((node) => {
      held = node;
    }),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  // Every change of facts has all Pods looked at anew, and the server tells of its Node at every heartbeat.
  const labels$ = node$.pipe(
    mergeMap((node) => (node?.metadata.labels === undefined ? [] : [node.metadata.labels])),
    distinctUntilChanged<Readonly<Record<string, string>>>(isDeepStrictEqual),
    tap((labels) => context.changeFacts({ labels })),
  );
  const users$ = cluster.change$.pipe(
    withLatestFrom(reconciler.pods$),
    mergeMap(([{ kind, namespace, name }, views]) =>
      [...views.values()].filter(
        ({ pod }) => pod.metadata.namespace === namespace && podReferences(pod).some((each) => each.kind === kind && each.name === name),
      ),
    ),
    // Tokens in volumes grow old.
    mergeWith(
      timer(TOKEN_MS, TOKEN_MS, steadyScheduler).pipe(
        withLatestFrom(reconciler.pods$),
        mergeMap(([, views]) => [...views.values()].filter(hasToken)),
      ),
    ),
    filter(({ origin }) => origin?.source === API_SOURCE),
    tap(({ podUid }) => command({ type: 'refresh', podUid })),
  );
  const reports$ = merge(
    registerNode({
      api: heartbeat,
      describe,
      held: () => held,
      changed$: facts$.pipe(debounceTime(100, steadyScheduler)),
      register: config.registerNode,
      updateMs: loopPeriodMs(config.nodeStatusUpdateFrequency),
      reportMs: config.nodeStatusReportFrequency,
      scheduler: steadyScheduler,
      onFailures,
      onEvent: context.nodeEvent,
    }),
    keepCsiNode({ api: main, nodeName, node$, scheduler: steadyScheduler }),
    renewLease({ api: heartbeat, nodeName, durationSeconds: config.nodeLeaseDurationSeconds, scheduler: steadyScheduler, onFailures }),
    reportStatuses({ api: main, pods$, assigned$, scheduler: steadyScheduler }),
    mirrorPods({ api: main, pods$: known$, assigned$, node$, scheduler: steadyScheduler }),
    postEvents({ api: events, events$: reconciler.events$, nodeName, scheduler: steadyScheduler }),
  ).pipe(tap(teller(logger)));
  return merge(reports$, users$, labels$, certificates(node$)).pipe(ignoreElements());
};

/** One that is being ended has no origin any more: if it was the cluster's, there is nobody left to tell. */
const reported = ({ pod, origin, terminating }: PodView): ReportedPod => ({ pod, ofApi: origin?.source === API_SOURCE, terminating });

const hasToken = ({ pod }: PodView): boolean =>
  pod.spec.volumes?.some(({ projected }) => projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined)) ===
  true;

const newestNode = (held: NodeObject | undefined, event: ReflectEvent<NodeObject & Versioned>): NodeObject | undefined => {
  if (event.type === 'replaced') return event.objects[0];
  if (event.type === 'applied') return event.object;
  return event.type === 'deleted' ? undefined : held;
};

/** What fails again in the same way is told once. */
const teller = (logger: Logger) => {
  const told = new Map<string, string>();
  return (report: Report): void => {
    const key = `${report.what} ${report.about}`;
    if (report.type === 'done') {
      told.delete(key);
      logger.debug({ about: report.about }, report.what);
      return;
    }
    const fields = { about: report.about, err: report.message };
    if (told.get(key) === report.message) logger.debug(fields, `Still not told to the API server: ${report.what}`);
    else logger.warn(fields, `The API server was not told: ${report.what}`);
    told.set(key, report.message);
    for (const oldest of told.keys()) {
      if (told.size <= MAX_TOLD) break;
      told.delete(oldest);
    }
  };
};

const MAX_TOLD = 1_000;
