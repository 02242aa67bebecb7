import { describeError } from '@solo-kubelet/diagnostics';
import type { ObjectStore } from '@solo-kubelet/manifest-source';
import type { Service } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { conflateMap, fromEmitting } from '@solo-kubelet/timers/rxjs';
import { auditTime, defer, finalize, interval, map, merge, mergeMap, type Observable, type SchedulerLike, Subject, tap, timer } from 'rxjs';
import type { Allocations } from '../core/allocate-services.js';
import { conntrackFlushes } from '../core/conntrack-flushes.js';
import type { NftTable } from '../core/nft-table.js';
import { policyTableName } from '../core/policy-table.js';
import { computeServiceNetwork, type ServiceNetwork, type ServiceNetworkInput, type ServiceNode } from '../core/service-network.js';
import type { ServiceProblem } from '../core/service-problems.js';
import type { Forward } from '../core/service-rules.js';
import { serviceVariables } from '../core/service-variables.js';
import type { AllocationStore } from './allocation-store.js';
import type { AddressAnnouncer, AddressLook } from './announce-addresses.js';
import type { TableApplier } from './apply-tables.js';
import { followAddresses } from './follow-addresses.js';
import { followLists, followPods, isSameInput, type SeenPod } from './follow-inputs.js';

export type { SeenPod } from './follow-inputs.js';

export interface ServiceNetworkOptions {
  readonly settings: ServiceNetworkInput['settings'];
  readonly store: AllocationStore;
  /** What it loaded; see `AllocationStore.load`. */
  readonly record: Allocations;
  readonly applier: TableApplier;
  /** Gives the machine addresses of the pool. Default: whoever else does. */
  readonly announcer?: AddressAnnouncer | undefined;
  /** `PROTOCOL/PORT` at which the node listens; asked for when a Service wants a port of the node. */
  readonly listeners: () => Promise<ReadonlySet<string>>;
  readonly scheduler: SchedulerLike;
}

/** What is not found out here. */
type NodeFacts = Omit<ServiceNode, 'listeners' | 'conflicts' | 'waiting' | 'ready'>;

export interface ServiceNetworkSources {
  readonly objects$: Observable<ObjectStore>;
  /** Sources that must have been read once before anything is taken for gone. */
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly pods$: Observable<ReadonlyMap<string, SeenPod>>;
  /** Whether the Pods that the runtime has are all known. */
  readonly known$: Observable<boolean>;
  readonly node$: Observable<NodeFacts>;
}

export type ServiceNetworkOutput =
  /** What holds, after each change, before it is in force. */
  | { readonly type: 'network'; readonly network: ServiceNetwork }
  /** What holds once every source has been read, the runtime's Pods are known and their probes have had time to answer: nothing is missing in it that is there. */
  | { readonly type: 'settled'; readonly network: ServiceNetwork }
  /** What is in force. */
  | { readonly type: 'applied'; readonly how: 'changed' | 'replaced'; readonly network: ServiceNetwork }
  /**
   * The kernel was looked after once more, with or without a change of it; from reading what there is to the end. `hasMore`: but for addresses of load
   * balancers that are looked at next.
   */
  | { readonly type: 'synced'; readonly ok: boolean; readonly durationMs: number; readonly hasMore: boolean }
  | { readonly type: 'problem'; readonly problem: ServiceProblem }
  /** Something of the machine failed; it is tried again. */
  | { readonly type: 'trouble'; readonly what: string; readonly message: string };

export interface ServiceNetworkRunner {
  /** Works while subscribed to. What is in force stays in force after that. Once at a time. */
  run(sources: ServiceNetworkSources): Observable<ServiceNetworkOutput>;
  /** The variables of Services that a Pod of the namespace gets; of what is known now. */
  variables(namespace: string, links: boolean): ReadonlyMap<string, string>;
}

/** Changes closer to each other than this are one, ms. */
const SETTLE_MS = 20;
/** How long a restarted kubelet waits for probes before it believes that Pods are not ready, ms. */
const PROBES_ANSWER_MS = 30_000;
const RETRY_MS = 5_000;
/** How soon it is looked again at addresses that cannot be looked for now, ms. */
const WAITING_MS = 15_000;
/** How often it is looked whether somebody flushed the rules, ms. */
const VERIFY_MS = 120_000;

/** Services in force: reads objects and Pods, keeps what was allocated, and makes the kernel's tables follow. */
export const createServiceNetwork = (options: ServiceNetworkOptions): ServiceNetworkRunner => {
  const { settings, store, applier, announcer, scheduler } = options;
  let objects: ObjectStore | undefined;
  let seen: ReadonlyMap<string, SeenPod> = new Map();
  let listed = false;
  let node: NodeFacts = { name: '', addresses: [] };
  let listeners: ReadonlySet<string> = new Set();
  let isSynced = false;
  let record = options.record;
  let saved: Allocations | undefined;
  let network: ServiceNetwork | undefined;
  let applied: ReadonlyMap<string, NftTable> | undefined;
  let forwards: readonly Forward[] | undefined;
  let listedAtMs: number | undefined;
  let dueAtMs: number | undefined;
  /** The node when addresses were looked at last. */
  let lookedFor: NodeFacts | undefined;
  let told = new Set<string>();
  /** Neighbours are being asked: beside the steps, which go on meanwhile. */
  let isAsking = false;
  /** What came of that, for the next step. */
  let looked: { readonly asked: readonly string[]; readonly found: AddressLook } | { readonly error: unknown } | undefined;
  /** All that is given was to be looked at again while neighbours were asked. */
  let owesLook = false;
  const addresses = announcer === undefined ? undefined : followAddresses(announcer);
  const pods = followPods();
  const lists = followLists();

  const compute = (): ServiceNetwork => {
    const input: ServiceNetworkInput = {
      ...lists(objects),
      pods: pods(seen),
      previous: record,
      isPartial: !isSynced,
      node: { ...node, listeners, ...addresses?.facts() },
      settings,
    };
    if (network !== undefined && isSameInput(network.input, input)) return network;
    network = computeServiceNetwork(input, network);
    // What is given while others may be missing is for the moment: they come before it, whenever they are read.
    if (isSynced) record = network.allocations;
    return network;
  };

  const run = ({ objects$, sources, pods$, known$, node$ }: ServiceNetworkSources): Observable<ServiceNetworkOutput> =>
    defer(() => {
      const again$ = new Subject<number>();
      const end = new AbortController();
      isAsking = false;
      looked = undefined;
      const ask = (asked: readonly string[]): void => {
        isAsking = true;
        addresses
          ?.ask(asked, { signal: end.signal })
          .then(
            (found) => ({ asked, found }),
            (error: unknown) => ({ error }),
          )
          .then((result) => {
            if (end.signal.aborted) return;
            isAsking = false;
            looked = result;
            again$.next(0);
          });
      };
      const changes$ = merge(
        objects$.pipe(
          tap((next) => {
            objects = next;
            isSynced = sources.every(({ source, path }) => next.syncedSources.has(`${source}:${path}`));
          }),
        ),
        pods$.pipe(
          tap((next) => {
            seen = next;
          }),
        ),
        known$.pipe(
          tap((next) => {
            listed = next;
            if (next) listedAtMs ??= scheduler.now();
          }),
        ),
        node$.pipe(
          tap((next) => {
            node = next;
          }),
        ),
        again$.pipe(mergeMap((afterMs) => timer(afterMs, scheduler))),
      ).pipe(
        auditTime(SETTLE_MS, scheduler),
        map(() => ({ verify: false })),
      );
      const verify$ = interval(VERIFY_MS, scheduler).pipe(map(() => ({ verify: true })));
      return merge(changes$, verify$).pipe(
        conflateMap(({ verify }) =>
          fromEmitting<ServiceNetworkOutput>((say, signal) => step({ verify, say, signal, again: (ms) => again$.next(ms), ask })),
        ),
        finalize(() => end.abort()),
      );
    });

  interface Step {
    readonly verify: boolean;
    readonly say: (output: ServiceNetworkOutput) => void;
    readonly signal: AbortSignal;
    readonly again: (afterMs: number) => void;
    /** Asks neighbours for addresses; another step follows once they had time to answer. */
    readonly ask: (asked: readonly string[]) => void;
  }

  const step = async ({ verify, say, signal, again, ask }: Step): Promise<void> => {
    if (objects === undefined) return;
    const startedAtMs = scheduler.now();
    const synced = (ok: boolean, hasMore: boolean): void => say({ type: 'synced', ok, durationMs: scheduler.now() - startedAtMs, hasMore });
    const failed = (error: unknown): void => {
      if (signal.aborted) return;
      synced(false, false);
      applied = undefined;
      say({ type: 'trouble', what: 'the rules of Services cannot be put in force', message: describeError(error) });
      again(RETRY_MS);
    };
    let now = compute();
    if (now.services.some(wantsNodePorts)) {
      const found = await options.listeners();
      if (!isSameSet(found, listeners)) {
        listeners = found;
        now = compute();
      }
    }
    const isKnown = isSynced && listed && listedAtMs !== undefined;
    try {
      if (isKnown && (await addresses?.begin({ signal }))) now = compute();
    } catch (error) {
      if (signal.aborted) return;
      say({ type: 'trouble', what: 'addresses of load balancers that there are cannot be told', message: describeError(error) });
      again(RETRY_MS);
    }
    const result = looked;
    looked = undefined;
    if (result !== undefined && 'error' in result) {
      say({ type: 'trouble', what: 'addresses of load balancers cannot be looked for', message: describeError(result.error) });
      again(RETRY_MS);
    } else if (result !== undefined && addresses?.found(now, result.asked, result.found)) now = compute();
    tell(now, say);
    if (!isKnown || listedAtMs === undefined) return;
    if (
      applied === undefined &&
      [...seen.values()].some(({ pod }) => waitsForProbe(pod)) &&
      scheduler.now() - listedAtMs < PROBES_ANSWER_MS
    ) {
      again(PROBES_ANSWER_MS);
      return;
    }
    try {
      let hasMore = isAsking;
      if (!(await bringInForce(now, { verify, say, signal, again }))) return;
      if (isAsking) owesLook ||= verify;
      // What is given is looked after between questions, not while one is asked: a step more, and it is.
      if (addresses !== undefined && !isAsking) {
        // What waits is looked at after a while, or once the node has other addresses.
        const isDue = dueAtMs !== undefined && (scheduler.now() >= dueAtMs || lookedFor !== node);
        if (isDue) dueAtMs = undefined;
        lookedFor = node;
        const sight = { verify: verify || owesLook, isDue };
        owesLook = false;
        hasMore = await addresses.announce(now, { ...sight, signal });
        if (hasMore) {
          owesLook = sight.verify;
          again(0);
        } else if (result === undefined || !('error' in result)) {
          const { asked, isChanged } = addresses.wanted(now, sight);
          // One that turns out to be somebody else's is not in force for a moment either: the next one is looked at in its place.
          if (isChanged) again(0);
          if (asked.length > 0) ask(asked);
          hasMore = isChanged || asked.length > 0;
        }
        if (addresses.waits() && dueAtMs === undefined) {
          dueAtMs = scheduler.now() + WAITING_MS;
          again(WAITING_MS);
        }
      }
      synced(true, hasMore);
    } catch (error) {
      failed(error);
    }
  };

  const tell = (now: ServiceNetwork, say: Step['say']): void => {
    say({ type: 'network', network: now });
    if (!isSynced) return;
    const problems = new Set<string>();
    for (const problem of now.problems) {
      const key = `${problem.object.kind} ${problem.object.metadata.namespace}/${problem.object.metadata.name} ${problem.message}`;
      problems.add(key);
      if (!told.has(key)) say({ type: 'problem', problem });
    }
    told = problems;
  };

  /** Returns whether it could be written down first. */
  const bringInForce = async (now: ServiceNetwork, { verify, say, signal, again }: Omit<Step, 'ask'>): Promise<boolean> => {
    say({ type: 'settled', network: now });
    try {
      if (saved !== record) {
        const next = record;
        await store.save(next);
        saved = next;
      }
    } catch (error) {
      say({ type: 'trouble', what: 'the record of Services cannot be written', message: describeError(error) });
      again(RETRY_MS);
      return false;
    }
    await addresses?.withdraw(now, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      say({ type: 'trouble', what: 'an address of a load balancer cannot be taken away', message: describeError(error) });
      again(RETRY_MS);
    });
    await putInForce(now, { verify, say, signal });
    return true;
  };

  const putInForce = async (now: ServiceNetwork, { verify, say, signal }: Omit<Step, 'again' | 'ask'>): Promise<void> => {
    const isFirst = applied === undefined;
    if (isFirst || verify) for (const range of settings.ranges) await applier.ensureRoute(range, { signal });
    const results: string[] = [];
    // Policies first: what they forbid is not to be reached by a Service either.
    const next = new Map([...now.policyTables, ...now.tables].map((table) => [tableKey(table), table]));
    for (const [key, table] of next) {
      const previous = applied?.get(key);
      if ((isFirst || (verify && previous === table)) && (await applier.isInForce(table, { signal }))) continue;
      results.push(await applier.apply(verify && previous === table ? undefined : previous, table, { signal }));
    }
    const gone = applied?.values() ?? policyTablesOf(settings);
    for (const table of gone) if (!next.has(tableKey(table))) await applier.remove(table, { signal });
    applied = next;
    const newForwards = [...now.parts.values()].flatMap(({ rules }) => rules.flatMap((one) => one.forwards));
    const changed = results.filter((result) => result !== 'same');
    if (changed.length > 0) {
      const stale = conntrackFlushes(forwards ?? [], newForwards);
      const failure = stale.length === 0 ? undefined : await applier.forget(stale, { signal }).catch(describeError);
      if (failure !== undefined) say({ type: 'trouble', what: 'old connections of UDP Services cannot be forgotten', message: failure });
      say({ type: 'applied', how: changed.includes('replaced') ? 'replaced' : 'changed', network: now });
    }
    forwards = newForwards;
  };

  /**
   * What a container is told must not become another Service's by chance: of what is only for the moment those are kept. Somebody who asks for a number that was
   * told gets it all the same, as at any other time.
   */
  const keepTold = (namespace: string, { allocations }: ServiceNetwork): void => {
    const fresh = [...allocations].filter(([key]) => key.startsWith(`${namespace}/`) && !record.has(key));
    if (fresh.length > 0)
      record = new Map([...record, ...fresh.map(([key, { clusterIPs }]) => [key, { clusterIPs, nodePorts: {} }] as const)]);
  };

  return {
    run,
    variables: (namespace, links) => {
      if (objects === undefined) return NO_VARIABLES;
      const now = compute();
      if (!isSynced && links) keepTold(namespace, now);
      return serviceVariables(variableFacts(now.services), namespace, links);
    },
  };
};

const NO_VARIABLES: ReadonlyMap<string, string> = new Map();

/** Clients that meet the API server's name take the node for a cluster's and wait for a server that is not there. */
const variableFacts = (services: readonly Service[]): Parameters<typeof serviceVariables>[0] =>
  services.flatMap(({ metadata, spec }) =>
    spec.type === 'ExternalName' ||
    !spec.clusterIP ||
    spec.clusterIP === 'None' ||
    (metadata.namespace === 'default' && metadata.name === 'kubernetes')
      ? []
      : [
          {
            namespace: metadata.namespace ?? 'default',
            name: metadata.name ?? '',
            clusterIP: spec.clusterIP,
            ports: (spec.ports ?? []).map(({ name = '', port, protocol = 'TCP' }) => ({ name, port, protocol })),
          },
        ],
  );

const tableKey = ({ family, name }: Pick<NftTable, 'family' | 'name'>): string => `${family} ${name}`;

/** Those that an earlier process may have left. */
const policyTablesOf = ({ ranges, owner }: ServiceNetworkInput['settings']): readonly Pick<NftTable, 'family' | 'name'>[] =>
  ranges.map(({ family }) => ({ family: family === 'IPv4' ? 'ip' : 'ip6', name: policyTableName(owner) }));

const wantsNodePorts = ({ spec }: Service): boolean =>
  spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0;

/** Whether a Pod may seem not to be ready only since this process has not heard of its readiness probe yet. */
const waitsForProbe = ({ spec, status }: Pod): boolean =>
  spec.containers !== undefined &&
  status?.phase === 'Running' &&
  spec.containers.some(({ name, readinessProbe }) => {
    const container = status.containerStatuses?.find((one) => one.name === name);
    return readinessProbe !== undefined && container?.state?.running !== undefined && !container.ready;
  });

const isSameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => a.size === b.size && [...a].every((one) => b.has(one));
