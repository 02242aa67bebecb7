import { describeError } from '@solo-kubelet/diagnostics';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import { delay, fromEmitting, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, ignoreElements, merge, Observable, of, type SchedulerLike, switchMap, tap } from 'rxjs';
import type { DnsRecords } from '../core/dns-records.js';
import type { Upstream } from '../core/parse-resolv-conf.js';
import { createZone, type Zone } from '../core/zone.js';
import { askUpstream } from '../forward/ask-upstream.js';
import { createForwarder, nameOf } from '../forward/create-forwarder.js';
import { createAnswerer, type QueryResult } from './answer-query.js';
import type { ListenAddress } from './listen-address.js';
import { listenTcp } from './listen-tcp.js';
import { listenUdp } from './listen-udp.js';
import { createLoopGuard } from './loop-guard.js';

export interface ClusterDnsOptions {
  /** `clusterDomain`. Default `cluster.local`. */
  readonly domain?: string;
  /** What Services and Pods have; until the first of it, questions about them get SERVFAIL. */
  readonly records$: Observable<DnsRecords>;
  /** Whom to ask about everything else, in this order; none: SERVFAIL at once. Default nobody. */
  readonly upstreams$?: Observable<readonly Upstream[]>;
  /** Addresses that are asked, by UDP and TCP each. Never the unspecified one: other servers of the machine keep theirs. */
  readonly listen: readonly ListenAddress[];
  /** Ranges of Services and Pods, as CIDRs: reverse names in them are answered here alone. */
  readonly ownRanges?: readonly string[];
  /** Time to live of the cluster's records, seconds. Default 5. */
  readonly ttl?: number;
  /** Sees what became of every query. */
  readonly count?: (result: QueryResult) => void;
  readonly scheduler?: SchedulerLike;
  /** Limits of questions to other servers; see the README. */
  readonly limits?: { readonly tryMs?: number; readonly totalMs?: number; readonly maxInFlight?: number; readonly maxPerClient?: number };
}

/** What the server tells of itself. */
export type ClusterDnsReport =
  | { readonly type: 'listening'; readonly address: string; readonly port: number }
  | { readonly type: 'bindFailed'; readonly address: string; readonly port: number; readonly code: string; readonly message: string }
  | { readonly type: 'upstreamDown' | 'upstreamUp' | 'loop'; readonly server: string; readonly message: string };

const DEFAULT_DOMAIN = 'cluster.local';
/** An address that is not there yet, or that somebody holds, is tried again. */
const BACKOFF: ExponentialBackoff = { initialMs: 500, maxMs: 5_000 };

/**
 * Serves DNS for as long as it is subscribed to: the cluster's zone from records that may change at any time, everything else from other
 * servers. Cold; nothing in the stream is an error but a bug.
 */
export const runClusterDns = (options: ClusterDnsOptions): Observable<ClusterDnsReport> => {
  const {
    records$,
    upstreams$ = of([]),
    listen,
    ownRanges = [],
    ttl,
    count = ignore,
    scheduler: given = asyncScheduler,
    limits = {},
  } = options;
  const domain = (options.domain ?? DEFAULT_DOMAIN).toLowerCase();
  const scheduler = longDelays(given);
  const ask = askUpstream;
  return new Observable<ClusterDnsReport>((subscriber) => {
    const end = new AbortController();
    subscriber.add(() => end.abort());
    const guard = createLoopGuard(ask);
    const forwarder = createForwarder({ ...limits, ask, scheduler, signal: end.signal, report: (report) => subscriber.next(report) });
    let zone: Zone | undefined;
    let serial = 0;
    const answer = createAnswerer({ zone: () => zone, domain, forwarder, isOwnProbe: guard.isOwnProbe, count });
    const serverAddresses = listen.map(({ address }) => address);
    const zone$ = records$.pipe(
      tap((records) => {
        serial = (serial + 1) % 2 ** 32;
        zone = createZone({ domain, records, serverAddresses, ownRanges, serial, ...(ttl === undefined ? {} : { ttl }) });
      }),
      ignoreElements(),
    );
    const use$ = upstreams$.pipe(
      switchMap((upstreams) =>
        fromEmitting<ClusterDnsReport>(async (emit, signal) => {
          const others = upstreams.filter((upstream) => !isOneOf(listen, upstream));
          for (const own of upstreams.filter((upstream) => isOneOf(listen, upstream))) {
            emit({ type: 'loop', server: nameOf(own), message: 'this is the address of the server itself; it is not asked' });
          }
          forwarder.use(others);
          const back = await Promise.all(others.map((upstream) => guard.leadsBack(upstream, { signal })));
          for (const upstream of others.filter((_, index) => back[index])) {
            emit({
              type: 'loop',
              server: nameOf(upstream),
              message: 'it hands questions on to this server again; it is not asked any more',
            });
          }
          if (!signal.aborted) forwarder.use(others.filter((_, index) => !back[index]));
        }),
      ),
    );
    const sockets$ = listen.map((address) => listening(address, answer, scheduler));
    return merge(zone$, use$, ...sockets$).subscribe(subscriber);
  });
};

/** One address by UDP and TCP on the same port, tried until it can be had, and again when a socket fails. */
const listening = (
  wanted: ListenAddress,
  answer: ReturnType<typeof createAnswerer>,
  scheduler: SchedulerLike,
): Observable<ClusterDnsReport> =>
  fromEmitting<ClusterDnsReport>(async (emit, signal) => {
    let told = '';
    let failures = 0;
    while (!signal.aborted) {
      const round = new AbortController();
      const stop = (): void => round.abort();
      signal.addEventListener('abort', stop, { once: true });
      try {
        const failed = new Promise<never>((_, reject) => {
          const listenOptions = { signal: round.signal, onFailure: reject };
          bindBoth(wanted, answer, listenOptions).then((port) => {
            told = '';
            failures = 0;
            emit({ type: 'listening', address: wanted.address, port });
          }, reject);
        });
        await failed;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
        if (!signal.aborted && told !== code) emit({ type: 'bindFailed', ...wanted, code, message: describeError(error) });
        told = code;
      } finally {
        signal.removeEventListener('abort', stop);
        round.abort();
      }
      failures += 1;
      await delay(backoffMs(BACKOFF, failures), scheduler, signal);
    }
  });

const bindBoth = async (
  wanted: ListenAddress,
  answer: ReturnType<typeof createAnswerer>,
  options: { readonly signal: AbortSignal; readonly onFailure: (error: Error) => void },
): Promise<number> => {
  const port = await listenTcp(wanted, answer, options);
  return listenUdp({ ...wanted, port }, answer, options);
};

const isOneOf = (listen: readonly ListenAddress[], { address, port }: Upstream): boolean =>
  listen.some((own) => own.address === address && own.port === port);

const ignore = (): void => {};
