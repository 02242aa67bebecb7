import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { type ManifestEvent, objectStores } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts, Reconciler, ToldEvent } from '@solo-kubelet/reconciler';
import {
  type AddressPool,
  healthChecks,
  type IpRange,
  parseAddressPool,
  parseIpRange,
  type ServiceNetwork,
} from '@solo-kubelet/service-network';
import {
  type AddressAnnouncer,
  type AddressAnnouncerOptions,
  createAddressAnnouncer,
  createServiceNetwork,
  fileAllocationStore,
  nftApplier,
  prepareKernel,
  readListeners,
  type ServiceNetworkOutput,
  type TableApplier,
} from '@solo-kubelet/service-network/rx';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import type { Registry } from 'prom-client';
import { distinctUntilChanged, EMPTY, ignoreElements, map, merge, type Observable, ReplaySubject, Subject, tap } from 'rxjs';
import type { ServiceNetworkFlags } from '../config/service-network-flags.js';
import { KubeletError } from '../process/kubelet-error.js';
import { type HealthPortTrouble, healthPorts } from './health-ports.js';
import type { NetworkMetrics } from './network-metrics.js';
import { type NetworkCounts, networkMetrics } from './network-metrics.js';
import { ADDRESSES_FILE, ALLOCATIONS_FILE } from './remove-services.js';

export interface FollowServices {
  readonly manifestEvent$: Observable<ManifestEvent>;
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly reconciler: Pick<Reconciler, 'pods$' | 'known$'>;
  readonly facts$: Observable<NodeAdmissionFacts>;
  /** Whether the Services of a Pod are a cluster's. */
  readonly isOfCluster: (pod: Pod) => boolean;
}

/** The Services of the node. */
export interface NodeServices {
  /** What they come to, once it is known and on every change. */
  readonly network$: Observable<ServiceNetwork>;
  /** The same once nothing is missing in it that was there before this process: for what outlives it. */
  readonly settled$: Observable<ServiceNetwork>;
  readonly event$: Observable<ToldEvent>;
  readonly metrics: NetworkMetrics;
  /** What the containers of a Pod are told of Services. */
  variables(pod: Pod): ReadonlyMap<string, string>;
  /** Works while subscribed to; what is in force stays. */
  follow(parts: FollowServices): Observable<unknown>;
}

/** What Services need of a machine. */
export interface ServiceKernel {
  readonly prepare: typeof prepareKernel;
  readonly applier: TableApplier;
  /** Gives the machine addresses of load balancers; without it they are only counted with. */
  readonly announcer?: (options: AddressAnnouncerOptions) => AddressAnnouncer;
  /** Ports that somebody listens on, as `readListeners` gives them. */
  readonly listeners: () => Promise<ReadonlySet<string>>;
  /** Answers load balancers; without it nobody does. */
  readonly healthPorts?: typeof healthPorts;
}

export interface NodeServicesOptions {
  /** Default: nftables and the settings of this machine's kernel. */
  readonly kernel?: ServiceKernel | undefined;
  readonly flags: ServiceNetworkFlags;
  readonly rootDirectory: string;
  readonly clusterDomain: string;
  readonly now: () => number;
  /** Where Services, the DNS server and the proxy of Ingresses count. */
  readonly registry: Registry;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Services as an earlier process left them. Rejects while its record cannot be read: an address may not change for that. */
export const createNodeServices = async ({
  flags,
  rootDirectory,
  clusterDomain,
  kernel = { prepare: prepareKernel, applier: nftApplier(), announcer: createAddressAnnouncer, listeners: readListeners, healthPorts },
  registry,
  now,
  logger,
  signal,
}: NodeServicesOptions): Promise<NodeServices> => {
  const ranges = flags.ranges.map(rangeOf);
  const notes = await kernel.prepare({ families: ranges.map(({ family }) => family), signal });
  for (const { type, message } of notes)
    logger[type === 'changed' ? 'info' : 'warn'](
      { what: message },
      type === 'changed' ? 'Changed for Services' : 'Services lack something of the kernel',
    );
  const lacking = notes.find(({ type }) => type === 'lacking');
  const store = fileAllocationStore({ path: join(rootDirectory, ALLOCATIONS_FILE), ranges: flags.ranges, logger });
  const runner = createServiceNetwork({
    settings: {
      ...{ ranges, nodePorts: flags.nodePorts, clusterDomain, owner: rootDirectory },
      ...(flags.loadBalancers && { pool: poolOf(flags.loadBalancers.pool, ranges) }),
      ...(flags.logsDrops && { logsDrops: true }),
      ...(lacking && { policyFault: lacking.message }),
    },
    store,
    record: await store.load(),
    applier: kernel.applier,
    announcer: kernel.announcer?.({ path: join(rootDirectory, ADDRESSES_FILE), device: flags.loadBalancers?.device, logger }),
    listeners: kernel.listeners,
    scheduler: steadyScheduler,
  });
  // What others read comes from whoever decides on it, and is kept for those who come late.
  const network$ = new ReplaySubject<ServiceNetwork>(1);
  const settled$ = new ReplaySubject<ServiceNetwork>(1);
  const event$ = new Subject<ToldEvent>();
  const metrics = networkMetrics(registry);
  let latest: ServiceNetwork | undefined;
  metrics.expose(() => countsOf(latest));
  let trouble: string | undefined;
  let isInForce = false;

  const take = (output: ServiceNetworkOutput): void => {
    switch (output.type) {
      case 'network':
        latest = output.network;
        network$.next(output.network);
        break;
      case 'settled':
        settled$.next(output.network);
        break;
      case 'synced':
        isInForce = output.ok;
        if (output.ok) metrics.synced({ seconds: output.durationMs / 1_000, atMs: now() });
        else metrics.syncFailed();
        break;
      case 'applied':
        if (trouble !== undefined) logger.info({}, 'Services are in force again');
        trouble = undefined;
        logger.debug({ how: output.how, services: output.network.services.length }, 'Rules of Services are in force');
        break;
      case 'problem': {
        const { object, reason, message } = output.problem;
        const { namespace = '', name = '', uid = '' } = object.metadata;
        const { apiVersion = 'v1', kind = 'Service' } = object;
        event$.next({ type: 'Warning', reason, message, about: { apiVersion, kind, namespace, name, uid } });
        break;
      }
      case 'trouble':
        if (output.message === trouble) break;
        trouble = output.message;
        logger.error({ err: output.message }, `Trouble with Services: ${output.what}; trying again`);
        event$.next({ type: 'Warning', reason: 'ServiceNetworkFailed', message: `${output.what}: ${output.message}` });
        break;
    }
  };

  const tellOfPort = ({ check: { namespace, name }, message }: HealthPortTrouble): void => {
    logger.error({ err: message }, 'A health check of a Service cannot be answered; trying again');
    const { uid = '' } = latest?.parts.get(`${namespace}/${name}`)?.service.metadata ?? {};
    event$.next({ type: 'Warning', reason: 'PortTaken', message, about: { apiVersion: 'v1', kind: 'Service', namespace, name, uid } });
  };

  return {
    network$: network$.pipe(distinctUntilChanged()),
    settled$: settled$.pipe(distinctUntilChanged()),
    event$,
    metrics,
    variables: ({ metadata, spec }) => runner.variables(metadata.namespace ?? 'default', spec.enableServiceLinks !== false),
    follow: ({ manifestEvent$, sources, reconciler, facts$, isOfCluster }) => {
      const rules$ = runner.run({
        objects$: manifestEvent$.pipe(objectStores()),
        sources,
        pods$: reconciler.pods$.pipe(
          map((pods) =>
            [...pods.values()].some(({ pod }) => isOfCluster(pod)) ? new Map([...pods].filter(([, { pod }]) => !isOfCluster(pod))) : pods,
          ),
        ),
        known$: reconciler.known$,
        node$: facts$.pipe(
          map(({ nodeName, labels, nodeIps }) => {
            const zone = labels['topology.kubernetes.io/zone'];
            return { name: nodeName, addresses: nodeIps, ...(zone !== undefined && { zone }) };
          }),
        ),
      });
      const health$ =
        kernel.healthPorts?.({
          checks$: settled$.pipe(
            map(healthChecks),
            distinctUntilChanged((a, b) => isSameJson(a, b)),
          ),
          addresses$: facts$.pipe(
            map(({ nodeIps }) => nodeIps),
            distinctUntilChanged((a, b) => isSameJson(a, b)),
          ),
          isHealthy: () => isInForce,
          scheduler: steadyScheduler,
        }) ?? EMPTY;
      return merge(rules$.pipe(tap(take)), health$.pipe(tap(tellOfPort))).pipe(ignoreElements());
    },
  };
};

const isSameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const countsOf = (network: ServiceNetwork | undefined): NetworkCounts => ({
  services: network?.services.length ?? 0,
  endpoints: (network?.slices ?? []).reduce((sum, { endpoints }) => sum + endpoints.length, 0),
  networkPolicies: network?.input.policies.length ?? 0,
  rules: new Map(
    [...(network?.policyTables ?? []), ...(network?.tables ?? [])].map(({ family, name, sets, chains }) => [
      `${family} ${name}`,
      [...sets.values()].reduce((sum, { elements }) => sum + 1 + (elements?.size ?? 0), 0) +
        [...chains.values()].reduce((sum, { rules }) => sum + 1 + rules.length, 0),
    ]),
  ),
});

const poolOf = (texts: readonly string[], ranges: readonly IpRange[]): AddressPool => {
  const pool = parseAddressPool(texts);
  if ('error' in pool) throw new KubeletError({ code: 'KUBELET_USAGE', message: `--service-load-balancer-pool ${pool.error}` });
  const overlapping = pool.find((one) => ranges.some((range) => overlaps(one, range)));
  if (overlapping === undefined) return pool;
  throw new KubeletError({
    code: 'KUBELET_USAGE',
    message: `--service-load-balancer-pool ${overlapping.text}: these are addresses of --service-cluster-ip-range`,
  });
};

const overlaps = (a: IpRange, b: IpRange): boolean => a.family === b.family && a.first < b.first + b.size && b.first < a.first + a.size;

const rangeOf = (text: string): IpRange => {
  const range = parseIpRange(text);
  if (range !== undefined) return range;
  throw new KubeletError({
    code: 'KUBELET_USAGE',
    message: `--service-cluster-ip-range ${text}: the address has bits set beyond the prefix length`,
  });
};
