import { mkdir } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import { delay, fromEmitting, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, defer, ignoreElements, merge, type Observable, type SchedulerLike, tap } from 'rxjs';
import { withoutPorts } from '../core/match-route.js';
import { portsOf } from '../core/open-ports.js';
import type { RouteTable } from '../core/route-table.js';
import { portHolder } from './port-holder.js';
import type { ProxyReport, RunProxyOptions } from './proxy-report.js';

/** One kind of proxy, for as long as it is driven. */
export interface ProxyDriver {
  /** Takes over what an earlier process left, or ends it. Comes before all else, and again where it failed. */
  lookForEarlier(): Promise<void>;
  /** Has a table served. Rejects where it is not, and is tried again. */
  apply(pass: ProxyPass): Promise<void>;
  /** Ports that it has; undefined while nothing is served. */
  servedPorts(): readonly number[] | undefined;
  /** Has nothing served any more; whether anything was. */
  serveNothing(): Promise<boolean>;
  stop(): Promise<void>;
}

/** What is to be served. */
export interface ProxyPass {
  /** What was asked for, without what is at ports that others hold. */
  readonly table: RouteTable;
  /** Not empty. */
  readonly ports: readonly number[];
  /** Whether that it is served has been told already, and nothing has failed since. */
  readonly isTold: boolean;
  /** Tells that it is served. */
  readonly tell: (how: AppliedReport['how'], pid: number) => void;
}

type AppliedReport = Extract<ProxyReport, { readonly type: 'applied' }>;

/** What a driver is given. */
export interface DriverTools {
  readonly emit: (report: ProxyReport) => void;
  /** Aborts once it is to be driven no more. */
  readonly signal: AbortSignal;
  readonly scheduler: SchedulerLike;
  /** Has everything looked at anew. */
  readonly changed: () => void;
  /** Whether something newer is asked for than what the pass began with. */
  readonly isOutdated: () => boolean;
}

const DEFAULT_ADDRESSES = ['0.0.0.0', '::'];

/** What is not said of a proxy. */
export const withDefaults = (options: RunProxyOptions) => {
  const { addresses = DEFAULT_ADDRESSES, httpPort = 80, httpsPort = 443, now = Date.now, keep = false } = options;
  return { ...options, addresses, httpPort, httpsPort, now, keep, scheduler: longDelays(options.scheduler ?? asyncScheduler) };
};

export type DriveOptions = ReturnType<typeof withDefaults> & {
  /** Its name, for what is told where it is not there. */
  readonly program: string;
};

const BACKOFF: ExponentialBackoff = { initialMs: 500, maxMs: 10_000 };
/** Certificates that the node makes itself are looked at as often, and renewed where little is left of them. */
const RENEWAL_LOOK_MS = 43_200_000;

/** Drives a proxy for as long as it is subscribed to: the newest table counts, and what failed is tried again. */
export const driveProxy = (options: DriveOptions, open: (tools: DriverTools) => ProxyDriver): Observable<ProxyReport> => {
  const { table$, directory, program, addresses, httpPort, httpsPort, keep, scheduler } = options;
  return defer(() => {
    let wanted: RouteTable | undefined;
    let version = 0;
    let wake = (): void => {};
    const changed = (): void => {
      version += 1;
      wake();
    };
    const follow$ = table$.pipe(
      tap((table) => {
        wanted = table;
        changed();
      }),
      ignoreElements(),
    );
    const work$ = fromEmitting<ProxyReport>(async (emit, signal) => {
      let told = '';
      let seen = 0;
      let hasFailed = false;
      const isOutdated = (): boolean => seen !== version;
      const driver = open({ emit, signal, scheduler, changed, isOutdated });
      let hasApplied = false;
      let toldOf: { readonly asked: RouteTable; readonly takenKey: string } | undefined;

      const applyWithout = async (asked: RouteTable, taken: ReadonlyMap<number, string>): Promise<void> => {
        const isFirst = !hasApplied;
        hasApplied = true;
        const table = withoutPorts(asked, new Set(taken.keys()), { httpPort, httpsPort });
        const ports = portsOf(table, { httpPort, httpsPort }).map(({ port }) => port);
        if (ports.length === 0) {
          const hadAny = await driver.serveNothing();
          if (taken.size === 0 && (hadAny || isFirst)) emit({ type: 'stopped' });
          return;
        }
        const takenKey = [...taken].join();
        const isTold = toldOf?.asked === asked && toldOf.takenKey === takenKey && !hasFailed;
        const tell = (how: AppliedReport['how'], pid: number): void => {
          toldOf = { asked, takenKey };
          emit({ type: 'applied', how, http: table.listens.http, https: table.listens.https, ports, taken, table: asked, pid });
        };
        await driver.apply({ table, ports, isTold, tell });
      };

      /** Ports that somebody else holds, and who; our own are not looked at. */
      const takenPorts = async (table: RouteTable): Promise<ReadonlyMap<number, string>> => {
        const taken = new Map<number, string>();
        const own = driver.servedPorts() ?? [];
        for (const port of portsOf(table, { httpPort, httpsPort }).map((each) => each.port)) {
          for (const address of own.includes(port) ? [] : addresses) {
            const holder = taken.has(port) ? undefined : await portHolder(address, port);
            if (holder !== undefined) taken.set(port, holder);
          }
        }
        return taken;
      };

      await mkdir(directory, { recursive: true, mode: 0o700 });
      let isFirst = true;
      try {
        for (let failures = 0; !signal.aborted; ) {
          seen = version;
          let failed: readonly ProxyReport[] = [];
          let isBroken = false;
          if (wanted !== undefined) {
            try {
              if (isFirst) await driver.lookForEarlier();
              isFirst = false;
              const taken = await takenPorts(wanted);
              await applyWithout(wanted, taken);
              const serving = driver.servedPorts() !== undefined;
              failed = [...taken].map(([port, holder]) => ({ type: 'portTaken', port, holder, serving }));
            } catch (error) {
              isBroken = true;
              failed = [{ type: 'failed', message: messageOf(error, program), serving: driver.servedPorts() !== undefined }];
            }
          }
          if (signal.aborted) break;
          hasFailed = isBroken;
          const text = failed.length === 0 ? '-' : JSON.stringify(failed);
          if (text !== told) for (const report of failed) emit(report);
          told = text;
          failures = failed.length === 0 ? 0 : failures + 1;
          if (!isOutdated()) {
            const round = new AbortController();
            wake = () => round.abort();
            const stop = (): void => round.abort();
            signal.addEventListener('abort', stop, { once: true });
            await delay(failed.length === 0 ? RENEWAL_LOOK_MS : backoffMs(BACKOFF, failures), scheduler, round.signal);
            signal.removeEventListener('abort', stop);
            wake = () => {};
          }
        }
      } finally {
        if (!keep) await driver.stop();
      }
    });
    return merge(follow$, work$);
  });
};

const messageOf = (error: unknown, program: string): string => {
  const { code, syscall = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall.startsWith('spawn')) return `${program} is not installed`;
  return describeError(error);
};
