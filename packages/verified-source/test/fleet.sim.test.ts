import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type ClientRequest, createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuUsage } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import type { FileLayer } from '@solo-kubelet/state-files';
import { BehaviorSubject, type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SourceHealth, type SourceStatus, watchVerifiedSource } from '../src/index.js';
import { nodeShare } from '../src/rollout/node-share.js';
import { definition, pod, revision } from './bed.js';

// A fleet of a thousand boxes in one process: the code of verified sources as it runs on a box, a web server with static files over real sockets, time that
// is made up, a disk in memory, and Pods of which it is known when they come to serve.

const BOXES = 1_000;
const OFFLINE = 200;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const INTERVAL_MS = 12 * HOUR_MS;
/** Things that fall due within so much time are begun at once, ms. */
const STEP_MS = 2_000;

/** Time that passes when the test says so. What is due is begun; then real input and output is waited for. */
const virtualTime = (settled: (isWaiting: () => boolean) => Promise<void>, watchers: () => number) => {
  let nowMs = Date.UTC(2026, 10, 30);
  let serial = 0;
  let waiting = 0;
  // A box that is at rest waits for its next check.
  const settle = (): Promise<void> => settled(() => waiting >= watchers());
  const due: { readonly atMs: number; readonly serial: number; readonly run: () => void }[] = [];
  const before = (a: number, b: number): boolean => {
    const [x, y] = [due[a]!, due[b]!];
    return x.atMs < y.atMs || (x.atMs === y.atMs && x.serial < y.serial);
  };
  const swap = (a: number, b: number): void => {
    [due[a], due[b]] = [due[b]!, due[a]!];
  };
  const add = (atMs: number, run: () => void): void => {
    due.push({ atMs, serial: serial++, run });
    for (let at = due.length - 1; at > 0 && before(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1);
  };
  const takeFirst = (): void => {
    const [first] = due;
    const last = due.pop()!;
    if (due.length > 0) due[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < due.length && before(left, least)) least = left;
      if (right < due.length && before(right, least)) least = right;
      if (least === at) break;
      swap(at, least);
      at = least;
    }
    nowMs = Math.max(nowMs, first!.atMs);
    first!.run();
  };
  const scheduler: SchedulerLike = {
    now: () => nowMs,
    schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delayMs = 0, state?: T) => {
      const action = new Subscription() as SchedulerAction<T>;
      action.schedule = (given, ms = 0) => {
        waiting += 1;
        let isLeft = false;
        const leave = (): void => {
          waiting -= isLeft ? 0 : 1;
          isLeft = true;
        };
        action.add(leave);
        add(nowMs + ms, () => {
          leave();
          if (!action.closed) work.call(action, given);
        });
        return action;
      };
      return action.schedule(state, delayMs);
    },
  };
  return {
    scheduler,
    now: () => nowMs,
    pass: async (ms: number): Promise<void> => {
      const untilMs = nowMs + ms;
      await settle();
      for (let first = due[0]; first !== undefined && first.atMs <= untilMs; [first] = due) {
        const stepMs = Math.min(untilMs, first.atMs + STEP_MS);
        for (let next = due[0]; next !== undefined && next.atMs <= stepMs; [next] = due) takeFirst();
        await settle();
      }
      nowMs = untilMs;
    },
  };
};

/** Requests that have begun and not ended, by what the client itself says. */
const inFlight = () => {
  let count = 0;
  const begun = (message: unknown): void => {
    count += 1;
    (message as { readonly request: ClientRequest }).request.once('close', () => {
      count -= 1;
    });
  };
  subscribe('http.client.request.start', begun);
  return {
    settle: async (isWaiting: () => boolean): Promise<void> => {
      for (let calm = 0; calm < 6; ) {
        await turn();
        calm = count > 0 || !isWaiting() ? 0 : calm + 1;
      }
    },
    close: () => void unsubscribe('http.client.request.start', begun),
  };
};

const memoryDisk = (): FileLayer => {
  const files = new Map<string, Buffer>();
  const missing = (path: string) => Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  return {
    makeDirectory: async () => {},
    writeSynced: async (path, data) => void files.set(path, Buffer.from(data)),
    rename: async (from, to) => {
      const content = files.get(from);
      if (content === undefined) throw missing(from);
      files.set(to, content);
      files.delete(from);
    },
    syncDirectory: async () => {},
    remove: async (path) => void files.delete(path),
    read: async (path) => {
      const content = files.get(path);
      if (content === undefined) throw missing(path);
      return content;
    },
  };
};

/** A pair of keys, and signatures in minisign's format. */
const publisher = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = Buffer.from('0123456789abcdef', 'hex');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const signWith = (key: KeyObject, content: Uint8Array): Buffer => sign(null, content, key);
  return {
    publicKey: Buffer.concat([Buffer.from('Ed'), keyId, raw]).toString('base64'),
    sign: (content: string): string => {
      const signature = signWith(privateKey, createHash('blake2b512').update(content).digest());
      const comment = 'a revision';
      const global = signWith(privateKey, Buffer.concat([signature, Buffer.from(comment)]));
      const line = Buffer.concat([Buffer.from('ED'), keyId, signature]).toString('base64');
      return `untrusted comment: -\n${line}\ntrusted comment: ${comment}\n${global.toString('base64')}\n`;
    },
  };
};

let root: string;
let server: Server;
let url: string;
const files = new Map<string, string>();
const asked: { readonly atMs: number; readonly path: string; readonly status: number; readonly bytes: number }[] = [];
let clock = (): number => 0;
const counted = new WeakMap<Socket, number>();
const flights = inFlight();
const keys = publisher();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fleet-'));
  await Promise.all(Array.from({ length: BOXES }, (_, at) => mkdir(join(root, `box-${at}`))));
  server = createServer((request, response) => {
    const path = request.url ?? '';
    const content = files.get(path);
    const etag = content === undefined ? '' : `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
    const { socket } = request;
    response.on('finish', () => {
      // All that went over the wire for it, headers and all.
      const total = socket.bytesRead + socket.bytesWritten;
      asked.push({ atMs: clock(), path, status: response.statusCode, bytes: total - (counted.get(socket) ?? 0) });
      counted.set(socket, total);
    });
    if (content === undefined) response.writeHead(404).end();
    else if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
    else response.writeHead(200, { etag }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fleet.yaml`;
});
afterAll(async () => {
  flights.close();
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true });
});

const publish = (number: number, image: string, rollout?: string): void => {
  const content = revision(number, rollout === undefined ? '' : `  rollout: ${rollout}\n`) + pod('web', image);
  files.set('/fleet.yaml', content);
  files.set('/fleet.yaml.minisig', keys.sign(content));
};

/** Numbers that look random and are the same each time. */
const dice = (seed: string): (() => number) => {
  let count = 0;
  return () => nodeShare(seed, String(count++));
};

it('a fleet of a thousand boxes: a bad canary stops and returns, a good one reaches all, who was away for a week comes along, and the bucket has a quiet life', async () => {
  let on = 0;
  const time = virtualTime(flights.settle, () => on);
  clock = time.now;
  const tried = new Map<number, Set<string>>();
  const boxes = Array.from({ length: BOXES }, (_, at) => {
    const name = `box-${at}`;
    const random = dice(name);
    const health$ = new BehaviorSubject<SourceHealth>({ type: 'unknown' });
    const disk = memoryDisk();
    let subscription: Subscription | undefined;
    let status: SourceStatus | undefined;
    let image = '';
    let ran = 0;
    /** Pods come to serve after a while, and those of a bad image never do. */
    const start = (now: string): void => {
      image = now;
      ran += 1;
      health$.next({ type: 'progressing', message: 'Pod web is not ready' });
      if (now.startsWith('bad')) return;
      time.scheduler.schedule(
        () => {
          if (image === now) health$.next({ type: 'ready' });
        },
        5_000 + random() * 90_000,
      );
    };
    return {
      name,
      image: () => image,
      ran: () => ran,
      status: () => status,
      isOn: () => subscription !== undefined,
      on: (): void => {
        on += 1;
        subscription = watchVerifiedSource({
          source: definition({
            name: 'fleet',
            url,
            keys: [keys.publicKey],
            intervalMs: INTERVAL_MS,
            jitter: 0.1,
            rollout: { windows: [], progressDeadlineMs: 10 * MINUTE_MS, minReadyMs: 5 * MINUTE_MS },
          }),
          nodeName: name,
          nodeLabels: { site: at % 2 === 0 ? 'a' : 'b' },
          directory: join(root, name),
          health$,
          scheduler: time.scheduler,
          random,
          files: disk,
        }).subscribe((output) => {
          if (output.type === 'status') {
            status = output.status;
            const { revision: number = 0 } = status;
            tried.set(number, (tried.get(number) ?? new Set()).add(name));
          }
          if (output.type === 'manifest' && output.event.type === 'applied') start(output.event.pod.spec.containers[0]?.image ?? '');
        });
      },
      off: (): void => {
        on -= 1;
        subscription?.unsubscribe();
        subscription = undefined;
      },
    };
  });
  const count = (is: (box: (typeof boxes)[number]) => boolean): number => boxes.filter(is).length;
  const cpu = cpuUsage();

  // All come up at the same moment, with nothing to run.
  publish(1, 'good:1');
  for (const box of boxes) box.on();
  await time.pass(2 * INTERVAL_MS);
  expect(count((box) => box.image() === 'good:1' && box.status()?.state === 'Ready')).toBe(BOXES);

  // A fifth goes away for a week.
  const away = boxes.slice(-OFFLINE);
  for (const box of away) box.off();
  const leftMs = time.now();

  // A bad one, for one in twenty.
  publish(2, 'bad:2', '{ percent: 5 }');
  await time.pass(3 * INTERVAL_MS);
  const victims = tried.get(2)?.size ?? 0;
  expect(victims).toBeGreaterThan(15);
  expect(victims).toBeLessThan(70);
  expect(count((box) => box.isOn() && box.image() === 'good:1')).toBe(BOXES - OFFLINE);
  expect(count((box) => box.status()?.rollout?.reason === 'RolledBack')).toBe(victims);
  expect(count((box) => box.isOn() && box.status()?.rollout?.reason === 'NotSelected')).toBe(BOXES - OFFLINE - victims);
  const startedMost = Math.max(...boxes.map((box) => box.ran()));
  // Nobody tries it again, however long it is there.
  await time.pass(2 * INTERVAL_MS);
  expect(Math.max(...boxes.map((box) => box.ran()))).toBe(startedMost);

  // A good one: some first, then all, under a higher revision.
  publish(3, 'good:3', '{ percent: 5, nodeSelector: "site=none" }');
  await time.pass(3 * INTERVAL_MS);
  const canaries = count((box) => box.image() === 'good:3');
  expect(canaries).toBeGreaterThan(15);
  expect(canaries).toBeLessThan(70);
  expect(canaries).toBe(count((box) => box.isOn() && nodeShare(box.name, contentOfRevision(3)) < 0.05));
  publish(4, 'good:3', '{ percent: 100 }');
  await time.pass(3 * INTERVAL_MS);
  expect(
    count((box) => box.isOn() && box.image() === 'good:3' && box.status()?.revision === 4 && box.status()?.rollout === undefined),
  ).toBe(BOXES - OFFLINE);

  // The rest of the week: nothing happens, on the wire neither.
  asked.length = 0;
  const quietMs = 8 * INTERVAL_MS;
  await time.pass(quietMs);
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([304]));
  const bytes = asked.map((one) => one.bytes);
  expect(Math.max(...bytes)).toBeLessThan(1_000);
  const partMs = INTERVAL_MS / 20;
  const parts = new Array<number>(quietMs / partMs).fill(0);
  for (const { atMs } of asked) {
    const part = Math.min(parts.length - 1, Math.floor((atMs - (time.now() - quietMs)) / partMs));
    parts[part] = (parts[part] ?? 0) + 1;
  }
  const mean = asked.length / parts.length;
  const peakToMean = Math.max(...parts) / mean;

  expect(time.now() - leftMs).toBeGreaterThanOrEqual(7 * 24 * HOUR_MS);

  // Who was away comes back, all at the same moment, and runs what it ran until it has heard better.
  for (const box of away) box.on();
  await time.pass(0);
  expect(count((box) => box.image() === 'good:1')).toBe(OFFLINE);
  await time.pass(2 * INTERVAL_MS);
  expect(count((box) => box.image() === 'good:3' && box.status()?.revision === 4 && box.status()?.rollout === undefined)).toBe(BOXES);
  expect(tried.get(2)?.size).toBe(victims);
  for (const box of boxes) box.off();
  const { user, system } = cpuUsage(cpu);
  const figures = {
    victims,
    canaries,
    polls: asked.length,
    bytesPerIdlePoll: Math.max(...bytes),
    peakToMean: Math.round(peakToMean * 100) / 100,
    cpuSeconds: Math.round((user + system) / 1e6),
  };
  if (process.env['SOLO_FIGURES']) console.log(JSON.stringify(figures));
  // They all came up at one moment: what is left of that after two days is in it.
  expect(peakToMean).toBeLessThan(3);
  expect(figures.cpuSeconds).toBeLessThan(120);
});

const contentOfRevision = (number: number): string =>
  createHash('sha256')
    .update(pod('web', `good:${number}`))
    .digest('hex');
