import { createNodeApi, type NodeApiOptions, type NodeView } from '@solo-kubelet/node-api';
import { containerLogUsage } from '@solo-kubelet/node-stats';
import { CGROUP_MOUNT_POINT } from '@solo-kubelet/pod-environment/cgroups';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { KubeletEvent } from '@solo-kubelet/reconciler';
import { steadyNow } from '@solo-kubelet/timers/rxjs';
import { ignoreElements, map, merge, Observable, scan, shareReplay, startWith, tap } from 'rxjs';
import { encodeConfiguration } from '../config/decode-configuration.js';
import { isGateEnabled } from '../config/feature-gates.js';
import type { KubeletConfiguration } from '../config/fields.js';
import { KUBERNETES_VERSION } from '../defaults/kubernetes-version.js';
import type { KubeletContext, KubeletService } from '../kubelet-services.js';
import { allocatedPods } from './allocated-pods.js';
import { cgroupsOf } from './cgroups-of-node.js';
import { conditionSince } from './condition-since.js';
import { countPods } from './count-pods.js';
import { eventObject } from './event-object.js';
import { firstSeen, type SeenPod } from './first-seen.js';
import { flagValues } from './flag-values.js';
import { latestList } from './latest-list.js';
import { accessWarnings, listenOptions } from './listen-options.js';
import { manifestObject } from './manifest-object.js';
import { MASK, maskUrl } from './mask-url.js';
import { nodeObject } from './node-object.js';
import { activityRecorder, podRecorder } from './record-metrics.js';
import { shownPod } from './shown-pod.js';
import { sourceObject } from './source-object.js';

/** Events that /events holds; the reconciler keeps as many. */
const MAX_EVENTS = 1_000;
/** From this version on Kubernetes wants the runtime to have RuntimeConfig (cmd/kubelet/app/server.go). */
const RUNTIME_CONFIG_REQUIRED_FROM = '1.37.0';
const MIN_SYNC_LOOP_LIMIT_MS = 5 * 60_000;

/** Serves the kubelet's HTTP API from the reconciler's streams: on 10250, the read-only port, healthz, and the local socket. */
export const nodeApiService: KubeletService = (context) => {
  const { reconciler, earlierEvents, manifests$, nodeName, cri, logger, config, flags, startedAtMs, signal: stopped, cgroups } = context;
  const pods = latestList<SeenPod, Pod>(
    reconciler.pods$.pipe(
      firstSeen(steadyNow),
      tap((seen) => recordPods(seen)),
    ),
    shownPod,
  );
  const manifests = latestList(manifests$.pipe(map(({ manifests: all }) => all)), manifestObject);
  const sources = latestList(context.sources$, sourceObject);
  const objects = latestList(context.objects$, (object) => object);
  const earlier: ReadonlyMap<string, KubeletEvent> = new Map(earlierEvents.map((event) => [event.id, event]));
  const events = latestList(
    reconciler.events$.pipe(scan(keepNewest, earlier), startWith(earlier), shareReplay({ bufferSize: 1, refCount: true })),
    eventObject,
  );
  const views = () => [...pods.current().values()].map(({ view }) => view);
  const { metrics } = context;
  metrics.expose({
    cgroupVersion: cgroups.version,
    build: { gitVersion: KUBERNETES_VERSION, platform: `linux/${context.node.facts.labels['kubernetes.io/arch']}` },
    ...(cgroups.runtimeTooOld ? { losingSupport: RUNTIME_CONFIG_REQUIRED_FROM } : {}),
    cpuManager: context.resources.cpus?.measurements,
    sources: () => [...sources.current().values()],
    ...(context.pullRecords && { imagePulls: context.pullRecords.count }),
    counts: () => countPods(views()),
    logUsage: () =>
      containerLogUsage(
        config.podLogsDir,
        views().map(({ pod }) => pod),
        { signal: stopped },
      ),
  });
  const recordActivity = activityRecorder(metrics);
  const recordPods = podRecorder(metrics, steadyNow);
  let lastRelistMs = performance.now();

  const readySince = conditionSince(startedAtMs);
  const view: NodeView = {
    nodeName,
    pods,
    ...(isGateEnabled(config.featureGates, 'KubeletAllocatedPodsEndpoint') && { allocatedPods: () => allocatedPods(views()) }),
    events,
    manifests,
    sources,
    objects,
    node: ({ signal }) => nodeObject(context, signal, readySince),
    configuration: shownConfiguration(config),
    healthChecks: [
      { name: 'log', check: () => undefined },
      {
        name: 'syncloop',
        check: () => {
          const limitMs = Math.max(MIN_SYNC_LOOP_LIMIT_MS, 2 * config.syncFrequency);
          const silentMs = performance.now() - lastRelistMs;
          return silentMs > limitMs ? `no look at the runtime for ${Math.round(silentMs / 1_000)} s` : undefined;
        },
      },
    ],
    restartPod: (namespace, name) => {
      const found = views().find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);
      if (found) context.command({ type: 'restart', podUid: found.podUid });
      return found !== undefined;
    },
    deletePod: (namespace, name) => {
      const found = views().find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);
      if (found?.origin?.source !== 'workload') return false;
      context.deleteWorkloadPod(found.podUid);
      return true;
    },
    sourceCommand: context.sourceCommand,
    serviceAccounts: context.serviceAccounts,
    discardClaim: (namespace, name, o) => context.discardClaim({ namespace, name }, o),
    podLogsDirectory: config.podLogsDir,
    machineCgroups: { mountPoint: CGROUP_MOUNT_POINT, version: cgroups.version },
    ...(config.cgroupsPerQOS ? { cgroups: cgroupsOf(context) } : {}),
    component: { version: KUBERNETES_VERSION, startedAtMs, flags: () => flagValues(config, flags) },
    runtimeMetrics: config.featureGates['PodAndContainerStatsFromCRI'] === true,
  };

  const activity$ = reconciler.activity$.pipe(
    tap((activity) => {
      if (activity.type === 'relisted') lastRelistMs = performance.now();
      recordActivity(activity);
    }),
  );
  const probes$ = reconciler.probeReport$.pipe(
    tap((report) => {
      if (report.type !== 'attempt') return;
      const [namespace = '', pod = ''] = report.probe.pod.split('/');
      metrics.probe({
        probeType: PROBE_TYPES[report.probe.kind],
        result: PROBE_RESULTS[report.result],
        container: report.probe.containerName,
        pod,
        namespace,
        podUid: report.probe.podUid,
        durationSeconds: report.durationMs / 1_000,
      });
    }),
  );
  for (const warning of accessWarnings(config, flags)) logger.warn({}, warning);
  const options: NodeApiOptions = {
    view,
    cri,
    metrics,
    logger,
    now: () => context.clock.now(),
    rootDirectory: flags.rootDirectory,
    ...listenOptions(context),
  };
  return merge(
    pods.run$,
    manifests.run$,
    sources.run$,
    objects.run$,
    events.run$,
    activity$,
    probes$,
    serving(options, context.nodeApi),
  ).pipe(ignoreElements());
};

const PROBE_TYPES = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;
const PROBE_RESULTS = { success: 'successful', warning: 'successful', failure: 'failed', unknown: 'unknown' } as const;

const keepNewest = (events: ReadonlyMap<string, KubeletEvent>, event: KubeletEvent): Map<string, KubeletEvent> => {
  const next = new Map(events);
  next.delete(event.id);
  next.set(event.id, event);
  for (const id of next.keys()) {
    if (next.size <= MAX_EVENTS) break;
    next.delete(id);
  }
  return next;
};

/** Listens while subscribed to. A port that is taken is an error of the stream, which ends the kubelet with that message. */
const serving = (options: NodeApiOptions, shared: KubeletContext['nodeApi']): Observable<never> =>
  new Observable((subscriber) => {
    const starting = createNodeApi(options);
    starting.then(
      ({ listeners, local, usage }) => {
        shared.current = { local, usage };
        const addresses = Object.fromEntries(Object.entries(listeners).map(([name, listener]) => [name, listener.address]));
        options.logger?.info({ addresses }, 'Serving the HTTP API');
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => void starting.then((api) => api[Symbol.asyncDispose]()).catch(() => {});
  });

/**
 * The configuration as /configz shows it. Values of manifest URL headers, and passwords and queries of the URL, are credentials: where roles
 * tell readers from others they are masked. With AlwaysAllow they are shown, as upstream does: whoever gets there may do anything.
 */
const shownConfiguration = (config: KubeletConfiguration): object => {
  if (config['authorization.mode'] === 'AlwaysAllow') return encodeConfiguration(config);
  const headers = Object.fromEntries(Object.entries(config.staticPodURLHeader).map(([name, values]) => [name, values.map(() => MASK)]));
  return encodeConfiguration({ ...config, staticPodURLHeader: headers, staticPodURL: maskUrl(config.staticPodURL) });
};
