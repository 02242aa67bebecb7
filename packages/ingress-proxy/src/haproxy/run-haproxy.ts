// Longer than most: one generation of the proxy from files to a process that serves it, in one place.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import { delay, fromEmitting, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, defer, ignoreElements, merge, type Observable, type SchedulerLike, tap } from 'rxjs';
import { portsOf } from '../core/haproxy-files.js';
import { withoutPorts } from '../core/match-route.js';
import type { RouteTable } from '../core/route-table.js';
import { allSlotCommands, assignSlots, slotCommands } from '../core/server-slots.js';
import { adoptHaproxy, checkConfiguration, endEarlier, type HaproxyProcess, startHaproxy } from './haproxy-process.js';
import { haproxyCommand } from './haproxy-socket.js';
import type { IssueCertificate } from './own-certificates.js';
import { portHolder } from './port-holder.js';
import { makeCurrent, type RenderOptions, removeOtherGenerations, renderGeneration, writeGeneration } from './render-generation.js';
import { loadServed, type ServedRecord, saveServed } from './served-record.js';

export interface RunHaproxyOptions {
  /** What is to be served, at once and on every change. */
  readonly table$: Observable<RouteTable>;
  /** For configurations, sockets and certificates; made where it is missing. Its path must be short: sockets have 107 bytes. */
  readonly directory: string;
  /** Makes certificates where a Secret has none. */
  readonly issueCertificate: IssueCertificate;
  /** The program. Default `haproxy`, as PATH has it. */
  readonly haproxy?: string;
  /** Where requests are taken. Default every address of both families. */
  readonly addresses?: readonly string[];
  /** Default 80 and 443. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
  /** Who the workers are. Default whoever starts them. */
  readonly runAs?: { readonly user: string; readonly group: string };
  /** Whether the proxy outlives whoever drives it, and is taken over by the next one with the same directory. Default false: it ends with the subscription. */
  readonly keep?: boolean;
  readonly scheduler?: SchedulerLike;
  /** For the times of certificates. Default the machine's clock. */
  readonly now?: () => number;
}

export type HaproxyReport =
  /** What was asked for is served. `runtime`: only servers changed, and nothing was started anew. `adopted`: an earlier process left it as it is to be. `unchanged`: it says the same as the one before. */
  | {
      readonly type: 'applied';
      readonly how: 'started' | 'reloaded' | 'runtime' | 'adopted' | 'unchanged';
      /** What was asked for. */
      readonly table: RouteTable;
      /** Whether Ingresses are served by HTTP and by HTTPS. */
      readonly http: boolean;
      readonly https: boolean;
      /** Every port that is open. */
      readonly ports: readonly number[];
      /** Ports that are not, and who holds them. */
      readonly taken: ReadonlyMap<number, string>;
      readonly pid: number;
    }
  /** Nothing is to be served, and no port is held. */
  | { readonly type: 'stopped' }
  /** A port that somebody else holds: what is asked for at it is not served, all else is. `serving`: anything is. */
  | { readonly type: 'portTaken'; readonly port: number; readonly holder: string; readonly serving: boolean }
  | { readonly type: 'failed'; readonly message: string; readonly serving: boolean };

const DEFAULT_ADDRESSES = ['0.0.0.0', '::'];
const BACKOFF: ExponentialBackoff = { initialMs: 500, maxMs: 10_000 };
/** How long a new generation may take until it serves. */
const SERVES_MS = 60_000;
const POLL_MS = 100;
const STOP_GRACE_MS = 5_000;
/** Certificates that the node makes itself are looked at as often, and renewed where little is left of them. */
const RENEWAL_LOOK_MS = 43_200_000;

interface Served extends ServedRecord {
  readonly process: HaproxyProcess;
  /** Whether an earlier process may have died before it told the proxy what it wrote down. */
  readonly isUnsure?: boolean;
}

/**
 * Drives haproxy for as long as it is subscribed to: it runs while there is something to serve. Servers come and go by its runtime socket; for all
 * else a new worker takes over the sockets of the old one, which ends with its last connection. A configuration that haproxy refuses is not used.
 */
export const runHaproxy = (options: RunHaproxyOptions): Observable<HaproxyReport> => {
  const { table$, directory, haproxy = 'haproxy', addresses = DEFAULT_ADDRESSES, httpPort = 80, httpsPort = 443, now = Date.now } = options;
  const { issueCertificate: issue, runAs, keep = false, scheduler: given = asyncScheduler } = options;
  const scheduler = longDelays(given);
  const { runtimeSocket, masterSocket } = socketsOf(directory);
  const rendering: RenderOptions = { directory, runtimeSocket, addresses, httpPort, httpsPort, runAs, issue, now };

  /** Which generation the worker is that answers at the runtime socket; NaN where none does. */
  const generationInForce = async (signal: AbortSignal): Promise<number> => {
    const said = await haproxyCommand(runtimeSocket, ['show info'], signal).catch(() => '');
    return Number(/\ndescription: solo-kubelet-(\d+)\n/.exec(said)?.[1] ?? Number.NaN);
  };

  /** Resolves once the worker of a generation answers at the runtime socket; false where another one still does after a while. */
  const serves = async (generation: number, signal: AbortSignal, ended: () => boolean): Promise<boolean> => {
    const startedAtMs = scheduler.now();
    while (!signal.aborted && !ended() && scheduler.now() - startedAtMs < SERVES_MS) {
      if ((await generationInForce(signal)) === generation) return true;
      await delay(POLL_MS, scheduler, signal);
    }
    return false;
  };

  /** The master that does it is another one after that, and may answer nobody: whether it has is seen by what serves then. */
  const reload = (signal: AbortSignal): Promise<unknown> =>
    haproxyCommand(masterSocket, ['reload'], signal).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    });

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
    const work$ = fromEmitting<HaproxyReport>(async (emit, signal) => {
      let served: Served | undefined;
      let generation = 0;
      let told = '';
      let reported: RouteTable | undefined;
      let reportedTaken = '';
      let hasFailed = false;

      const apply = async (asked: RouteTable, taken: ReadonlyMap<number, string>): Promise<void> => {
        const takenKey = [...taken].join();
        const table = withoutPorts(asked, new Set(taken.keys()), { httpPort, httpsPort });
        const ports = portsOf(table, { httpPort, httpsPort }).map(({ port }) => port);
        if (ports.length === 0) {
          const stopping = served;
          // From here on its end is no surprise.
          served = undefined;
          await stopping?.process.stop(STOP_GRACE_MS);
          await rm(join(directory, 'served.json'), { force: true });
          if (taken.size === 0 && (stopping !== undefined || told === '')) emit({ type: 'stopped' });
          return;
        }
        const slots = new Map(
          [...table.backends].map(([name, { endpoints }]) => [name, assignSlots(served?.slots.get(name) ?? [], endpoints)]),
        );
        const next = await renderGeneration(table, slots, generation + 1, rendering);
        const applied = { type: 'applied', http: table.listens.http, https: table.listens.https, ports, taken, table: asked } as const;
        if (served !== undefined && served.shape === next.shape) {
          const { isUnsure = false, ...known } = served;
          const commands = [...slots].flatMap(([name, after]) =>
            isUnsure ? allSlotCommands(name, after) : slotCommands(name, known.slots.get(name) ?? [], after),
          );
          if (commands.length === 0 && !isUnsure) {
            if (asked !== reported || takenKey !== reportedTaken || hasFailed)
              emit({ ...applied, how: 'unchanged', pid: served.process.pid });
            [reported, reportedTaken] = [asked, takenKey];
            return;
          }
          await saveServed(directory, { ...known, slots });
          served = { ...known, slots, isUnsure: true };
          const said = await haproxyCommand(runtimeSocket, commands, signal);
          // It says what address a server has now; anything else is a complaint.
          if (!/No such|Unknown|Invalid|not allowed|Require/i.test(said)) {
            served = { ...known, slots };
            [reported, reportedTaken] = [asked, takenKey];
            emit({ ...applied, how: isUnsure ? 'adopted' : 'runtime', pid: served.process.pid });
            return;
          }
        }
        generation += 1;
        const fault = await checkConfiguration(haproxy, await writeGeneration(next, generation, directory), signal);
        if (fault !== undefined) throw new Error(`haproxy refuses the configuration: ${fault}`);
        await makeCurrent(next, directory);
        const how = served === undefined ? 'started' : 'reloaded';
        if (served === undefined) await endEarlier(masterSocket, { graceMs: STOP_GRACE_MS, scheduler, signal });
        const process = served?.process ?? (await startHaproxy(haproxy, directory, masterSocket));
        if (how === 'reloaded') await reload(signal);
        let ended: string | undefined;
        void process.ended.then((said) => {
          ended = said;
        });
        if (!(await serves(generation, signal, () => ended !== undefined))) {
          if (signal.aborted) return;
          if (how === 'started') await process.stop(STOP_GRACE_MS);
          if (ended !== undefined) served = undefined;
          throw new Error(`haproxy does not serve what it was given: ${ended ?? 'the old configuration stays in force'}`);
        }
        served = { process, slots, shape: next.shape, ports, generation };
        await saveServed(directory, served);
        if (how === 'started') void process.ended.then((said) => hasEnded(process, said));
        await removeOtherGenerations(generation, directory);
        [reported, reportedTaken] = [asked, takenKey];
        emit({ ...applied, how, pid: process.pid });
      };

      /** What an earlier process left is taken over, or ended. */
      const lookForEarlier = async (): Promise<void> => {
        const process = keep ? await adoptHaproxy(directory, masterSocket, { scheduler, signal }) : undefined;
        if (process === undefined) return void (await endEarlier(masterSocket, { graceMs: STOP_GRACE_MS, scheduler, signal }));
        const record = await loadServed(directory);
        const inForce = await generationInForce(signal);
        generation = Math.max(record?.generation ?? 0, inForce || 0);
        const nothing = { generation, shape: '', ports: record?.ports ?? [], slots: new Map() };
        served = { ...(record?.generation === inForce ? record : nothing), process, isUnsure: true };
        void process.ended.then((said) => hasEnded(process, said));
      };
      const hasEnded = (process: HaproxyProcess, said: string): void => {
        if (served?.process !== process || signal.aborted) return;
        served = undefined;
        emit({ type: 'failed', message: `haproxy has ended: ${said}`, serving: false });
        changed();
      };
      /** Ports that somebody else holds, and who; our own are not looked at. */
      const takenPorts = async (table: RouteTable): Promise<ReadonlyMap<number, string>> => {
        const taken = new Map<number, string>();
        const wantedPorts = portsOf(table, { httpPort, httpsPort }).map(({ port }) => port);
        for (const port of wantedPorts.filter((each) => !served?.ports.includes(each))) {
          for (const address of addresses) {
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
          const seen = version;
          let failed: readonly HaproxyReport[] = [];
          let isBroken = false;
          if (wanted !== undefined) {
            try {
              if (isFirst) await lookForEarlier();
              isFirst = false;
              const taken = await takenPorts(wanted);
              await apply(wanted, taken);
              failed = [...taken].map(([port, holder]) => ({ type: 'portTaken', port, holder, serving: served !== undefined }));
            } catch (error) {
              isBroken = true;
              failed = [{ type: 'failed', message: messageOf(error, haproxy), serving: served !== undefined }];
            }
          }
          if (signal.aborted) break;
          hasFailed = isBroken;
          const text = failed.length === 0 ? '-' : JSON.stringify(failed);
          if (text !== told) for (const report of failed) emit(report);
          told = text;
          failures = failed.length === 0 ? 0 : failures + 1;
          if (seen === version) {
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
        if (!keep) await served?.process.stop(STOP_GRACE_MS);
      }
    });
    return merge(follow$, work$);
  });
};

const messageOf = (error: unknown, haproxy: string): string => {
  const { code, syscall = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall.startsWith('spawn')) return `${haproxy} is not installed`;
  return describeError(error);
};

const socketsOf = (directory: string) => ({
  runtimeSocket: join(directory, 'runtime.sock'),
  masterSocket: join(directory, 'master.sock'),
});

/** Ends a proxy that was kept, and deletes what it had; its directory is a path of `runHaproxy`. Tells whether there was one. */
export const removeHaproxy = async (directory: string, { signal }: { readonly signal: AbortSignal }): Promise<boolean> => {
  const options = { graceMs: STOP_GRACE_MS, scheduler: asyncScheduler, signal };
  const found = await endEarlier(socketsOf(directory).masterSocket, options);
  await rm(directory, { recursive: true, force: true });
  return found;
};
