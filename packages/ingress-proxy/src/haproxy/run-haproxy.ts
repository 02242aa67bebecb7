// Longer than most: one generation of the proxy from files to a process that serves it, in one place.
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { delay, fromEmitting, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, defer, ignoreElements, merge, type Observable, type SchedulerLike, tap } from 'rxjs';
import { AUTH_SCRIPT } from '../core/auth-script.js';
import { type HaproxyFiles, haproxyFiles } from '../core/haproxy-files.js';
import type { RouteTable } from '../core/route-table.js';
import { assignSlots, type Slots, slotCommands } from '../core/server-slots.js';
import { checkConfiguration, type HaproxyProcess, startHaproxy } from './haproxy-process.js';
import { haproxyCommand } from './haproxy-socket.js';
import { type IssueCertificate, ownCertificate } from './own-certificates.js';
import { portHolder } from './port-holder.js';

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
  readonly scheduler?: SchedulerLike;
  /** For the times of certificates. Default the machine's clock. */
  readonly now?: () => number;
}

export type HaproxyReport =
  /** What was asked for is served. `runtime`: only servers changed, and nothing was started anew. */
  | {
      readonly type: 'applied';
      readonly how: 'started' | 'reloaded' | 'runtime';
      readonly http: boolean;
      readonly https: boolean;
      readonly pid: number;
    }
  /** Nothing is to be served, and no port is held. */
  | { readonly type: 'stopped' }
  | { readonly type: 'portTaken'; readonly port: number; readonly holder: string }
  | { readonly type: 'failed'; readonly message: string };

const DEFAULT_ADDRESSES = ['0.0.0.0', '::'];
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** How long a new generation may take until it serves. */
const SERVES_MS = 60_000;
const POLL_MS = 100;
const STOP_GRACE_MS = 5_000;

interface Served {
  readonly process: HaproxyProcess;
  readonly slots: ReadonlyMap<string, Slots>;
  /** Everything but the servers, which the runtime socket changes. */
  readonly shape: string;
  readonly generation: number;
}

/**
 * Drives haproxy for as long as it is subscribed to: it runs while there is something to serve. Servers come and go by its runtime socket; for all
 * else a new worker takes over the sockets of the old one, which ends with its last connection. A configuration that haproxy refuses is not used.
 */
export const runHaproxy = (options: RunHaproxyOptions): Observable<HaproxyReport> => {
  const { table$, directory, haproxy = 'haproxy', addresses = DEFAULT_ADDRESSES, httpPort = 80, httpsPort = 443, now = Date.now } = options;
  const { issueCertificate: issue, runAs, scheduler: given = asyncScheduler } = options;
  const scheduler = longDelays(given);
  const runtimeSocket = join(directory, 'runtime.sock');
  const masterSocket = join(directory, 'master.sock');

  /** Files of a generation as they would be, with the servers and without. */
  const render = async (table: RouteTable, slots: ReadonlyMap<string, Slots>, generation: number) => {
    const secrets = new Map<string, string>();
    const certificates: { readonly file: string; readonly hosts: readonly string[] }[] = [];
    const keep = (pem: string, hosts: readonly string[]): void => {
      const file = `certificate-${certificates.length}.pem`;
      certificates.push({ file, hosts });
      secrets.set(file, pem);
    };
    if (table.listens.https) {
      const own = { directory: join(directory, 'certificates'), issue, now };
      // For names that no certificate is for; clients that check will not take it.
      keep(await ownCertificate(['ingress.local'], own), []);
      for (const { pem, hosts } of table.certificates) {
        if (pem === undefined && hosts.length === 0) continue;
        keep(pem === undefined ? await ownCertificate(hosts, own) : `${pem.certificate.trimEnd()}\n${pem.key.trimEnd()}\n`, hosts);
      }
    }
    const common = {
      runtimeSocket,
      authSocket: join(directory, 'auth.sock'),
      runAs,
      certificates,
      bind: addresses.map((address) => ({ address, httpPort, httpsPort })),
    };
    const files = haproxyFiles(table, slots, { ...common, directory: join(directory, `generation-${generation}`), generation });
    const shapeOf = haproxyFiles(
      table,
      new Map([...slots].map(([name, { length }]) => [name, new Array<undefined>(length).fill(undefined)])),
      {
        ...common,
        directory: 'generation',
        generation: 0,
      },
    );
    return { files, secrets, shape: JSON.stringify([[...shapeOf], [...secrets]]) };
  };

  const write = async (files: HaproxyFiles, secrets: ReadonlyMap<string, string>, generation: number): Promise<string> => {
    const place = join(directory, `generation-${generation}`);
    await rm(place, { recursive: true, force: true });
    await mkdir(place, { recursive: true, mode: 0o700 });
    // Paths are kept byte for byte.
    for (const [name, text] of [...files, ...secrets, ['auth.lua', AUTH_SCRIPT] as const])
      await writeFile(join(place, name), text, { mode: 0o600, encoding: name.endsWith('.map') ? 'latin1' : 'utf8' });
    return place;
  };

  /** Resolves once the worker of a generation answers at the runtime socket; false where another one still does after a while. */
  const serves = async (generation: number, signal: AbortSignal, ended: () => boolean): Promise<boolean> => {
    const startedAtMs = scheduler.now();
    while (!signal.aborted && !ended() && scheduler.now() - startedAtMs < SERVES_MS) {
      const said = await haproxyCommand(runtimeSocket, ['show info'], signal).catch(() => '');
      if (said.includes(`\ndescription: solo-kubelet-${generation}\n`)) return true;
      await delay(POLL_MS, scheduler, signal);
    }
    return false;
  };

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

      const apply = async (table: RouteTable): Promise<void> => {
        if (!table.listens.http && !table.listens.https) {
          const stopping = served;
          // From here on its end is no surprise.
          served = undefined;
          await stopping?.process.stop(STOP_GRACE_MS);
          if (stopping !== undefined || told === '') emit({ type: 'stopped' });
          return;
        }
        const slots = new Map(
          [...table.backends].map(([name, { endpoints }]) => [name, assignSlots(served?.slots.get(name) ?? [], endpoints)]),
        );
        const next = await render(table, slots, generation + 1);
        const applied = { type: 'applied', http: table.listens.http, https: table.listens.https } as const;
        if (served !== undefined && served.shape === next.shape) {
          const commands = [...slots].flatMap(([name, after]) => slotCommands(name, served?.slots.get(name) ?? [], after));
          if (commands.length === 0) return;
          const said = await haproxyCommand(runtimeSocket, commands, signal);
          // It says what address a server has now; anything else is a complaint.
          if (!/No such|Unknown|Invalid|not allowed|Require/i.test(said)) {
            served = { ...served, slots };
            emit({ ...applied, how: 'runtime', pid: served.process.pid });
            return;
          }
        }
        generation += 1;
        const place = await write(next.files, next.secrets, generation);
        const fault = await checkConfiguration(haproxy, join(place, 'haproxy.cfg'), signal);
        if (fault !== undefined) throw new Error(`haproxy refuses the configuration: ${fault}`);
        const current = join(directory, 'haproxy.cfg');
        await writeFile(`${current}.new`, next.files.get('haproxy.cfg') ?? '', { mode: 0o600 });
        await rename(`${current}.new`, current);
        const how = served === undefined ? 'started' : 'reloaded';
        const process = served?.process ?? (await start());
        if (how === 'reloaded') await haproxyCommand(masterSocket, ['reload'], signal);
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
        served = { process, slots, shape: next.shape, generation };
        if (how === 'started') void process.ended.then((said) => hasEnded(process, said));
        await removeOthers(generation);
        emit({ ...applied, how, pid: process.pid });
      };

      const start = async (): Promise<HaproxyProcess> => {
        await endEarlier(masterSocket, signal);
        return startHaproxy(haproxy, directory, masterSocket);
      };
      const hasEnded = (process: HaproxyProcess, said: string): void => {
        if (served?.process !== process || signal.aborted) return;
        served = undefined;
        emit({ type: 'failed', message: `haproxy has ended: ${said}` });
        changed();
      };
      const removeOthers = async (kept: number): Promise<void> => {
        const others = (await readdir(directory)).filter((name) => name.startsWith('generation-') && name !== `generation-${kept}`);
        await Promise.all(others.map((name) => rm(join(directory, name), { recursive: true, force: true })));
      };
      /** A port that somebody else holds; our own are not looked at. */
      const takenPort = async (table: RouteTable): Promise<HaproxyReport | undefined> => {
        if (served !== undefined && (!table.listens.https || served.shape.includes('certificate-0.pem'))) return undefined;
        const ports = [...(served === undefined ? [httpPort] : []), ...(table.listens.https ? [httpsPort] : [])];
        for (const port of ports) {
          for (const address of addresses) {
            const holder = await portHolder(address, port);
            if (holder !== undefined) return { type: 'portTaken', port, holder };
          }
        }
        return undefined;
      };

      await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        for (let waitMs = FIRST_RETRY_MS; !signal.aborted; ) {
          const seen = version;
          let failed: HaproxyReport | undefined;
          if (wanted !== undefined) {
            try {
              if (wanted.listens.http && served === undefined) await endEarlier(masterSocket, signal);
              failed = await takenPort(wanted);
              if (failed === undefined) await apply(wanted);
            } catch (error) {
              failed = { type: 'failed', message: describeError(error) };
            }
          }
          if (signal.aborted) break;
          const text = failed === undefined ? '-' : JSON.stringify(failed);
          if (failed !== undefined && text !== told) emit(failed);
          told = text;
          if (failed === undefined) waitMs = FIRST_RETRY_MS;
          if (seen === version) {
            const round = new AbortController();
            wake = () => round.abort();
            const stop = (): void => round.abort();
            signal.addEventListener('abort', stop, { once: true });
            await delay(failed === undefined ? Number.POSITIVE_INFINITY : waitMs, scheduler, round.signal);
            signal.removeEventListener('abort', stop);
            wake = () => {};
          }
          if (failed !== undefined) waitMs = Math.min(waitMs * 2, LAST_RETRY_MS);
        }
      } finally {
        await served?.process.stop(STOP_GRACE_MS);
      }
    });
    return merge(follow$, work$);
  });
};

/** Ends a proxy that an earlier process left when it was killed: it holds the ports, and nobody drives it. */
const endEarlier = async (masterSocket: string, signal: AbortSignal): Promise<void> => {
  const said = await haproxyCommand(masterSocket, ['show proc'], signal).catch(() => '');
  for (const [, pid] of said.matchAll(/^(\d+)\s+(?:master|worker)/gm)) {
    try {
      process.kill(Number(pid), 'SIGTERM');
    } catch {
      // It has ended meanwhile.
    }
  }
};
