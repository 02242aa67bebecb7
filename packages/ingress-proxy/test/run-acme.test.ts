import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '@solo-kubelet/state-files';
import { BehaviorSubject, VirtualTimeScheduler } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AcmeFailure } from '../src/acme/acme-failure.js';
import { directoryOf } from '../src/acme/acme-issuer.js';
import { type AcmeReport, type OrderOptions, runAcme } from '../src/acme/index.js';
import type { CertificatePair } from '../src/index.js';
import { opensslPair, undated } from './openssl-pair.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const directoryUrl = 'https://acme.example/directory';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'acme-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Asked {
  readonly atMs: number;
  readonly hosts: string;
  readonly publish: OrderOptions['publish'];
  readonly signal: AbortSignal;
  readonly settle: (outcome: CertificatePair | Error) => void;
}

/** What is kept of certificates; how many may be ordered yet is in a file of its own. */
const certificatesIn = async (path: string): Promise<readonly string[]> => (await readdir(path)).filter((name) => name !== 'orders.json');

/** Time goes by only while it is told to; orders are settled one by one. */
const start = (keys: readonly string[], startMs = Date.now()) => {
  const scheduler = new VirtualTimeScheduler();
  const wanted$ = new BehaviorSubject<ReadonlySet<string>>(new Set(keys));
  const answered$ = new BehaviorSubject<ReadonlySet<string>>(new Set());
  const asked: Asked[] = [];
  const reports: AcmeReport[] = [];
  const now = (): number => startMs + scheduler.now();
  const underWay = new Set<Promise<unknown>>();
  const seen = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    const done = (): unknown => underWay.delete(work);
    work.then(done, done);
    return work;
  };
  const running = runAcme({
    files: {
      makeDirectory: (...args) => seen(nodeFiles.makeDirectory(...args)),
      writeSynced: (...args) => seen(nodeFiles.writeSynced(...args)),
      rename: (...args) => seen(nodeFiles.rename(...args)),
      syncDirectory: (...args) => seen(nodeFiles.syncDirectory(...args)),
      remove: (...args) => seen(nodeFiles.remove(...args)),
      read: (...args) => seen(nodeFiles.read(...args)),
    },
    wanted$,
    answered$,
    directory,
    directoryUrl,
    scheduler,
    now,
    random: () => 0,
    issue: (hosts, { publish, signal }) =>
      new Promise((resolve, reject) => {
        const settle = (outcome: CertificatePair | Error): void => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
        asked.push({ atMs: scheduler.now(), hosts: hosts.join(), publish, signal, settle });
      }),
  }).subscribe((report) => reports.push(report));
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      while (underWay.size > 0) await Promise.allSettled(underWay);
    }
  };
  return {
    wanted$,
    answered$,
    asked,
    reports,
    now,
    scheduler,
    turns,
    state: () => reports.filter((each) => each.type === 'state').at(-1),
    /** Lets time pass, at most until the next order. */
    pass: async (ms: number): Promise<void> => {
      const endMs = scheduler.now() + ms;
      const before = asked.length;
      await turns();
      while (scheduler.now() < endMs && asked.length === before) {
        const due = scheduler.actions.map(({ delay }) => delay).filter((atMs) => atMs > scheduler.now());
        scheduler.maxFrames = Math.min(endMs, ...due);
        scheduler.flush();
        scheduler.frame = scheduler.maxFrames;
        await turns();
      }
    },
    stop: () => running.unsubscribe(),
  };
};

describe('certificates by ACME', { timeout: 60_000 }, () => {
  it('are not asked for without end, whatever hosts are named; renewals do not wait for that, and restarts forget nothing', async () => {
    const startMs = Date.now();
    const kept = directoryOf(directory, directoryUrl);
    await mkdir(kept, { recursive: true });
    await writeFile(join(kept, 'orders.json'), JSON.stringify({ left: 1.5, atMs: startMs }));
    const acme = start(['a.example'], startMs);
    await acme.turns();
    acme.asked[0]?.settle(await opensslPair(['a.example']));
    await acme.turns();
    acme.wanted$.next(new Set(['a.example', 'b.example', 'c.example']));
    await acme.turns();
    expect(acme.asked).toHaveLength(1);
    const told = acme.reports.filter(({ type }) => type === 'failed');
    expect(told).toMatchObject([
      { hosts: ['b.example'] },
      { hosts: ['c.example'], message: expect.stringContaining('too many certificates were ordered') },
    ]);
    expect([...(acme.state()?.trouble.keys() ?? [])]).toEqual(['b.example', 'c.example']);
    acme.stop();

    const again = start(['a.example', 'b.example', 'c.example'], startMs);
    await again.pass(14 * MINUTE);
    expect(again.asked).toEqual([]);
    await again.pass(2 * MINUTE);
    expect(again.asked.map(({ hosts }) => hosts)).toEqual(['b.example']);
    again.asked[0]?.settle(await opensslPair(['b.example']));
    await again.pass(29 * MINUTE);
    expect(again.asked).toHaveLength(1);
    await again.pass(2 * MINUTE);
    expect(again.asked.map(({ hosts }) => hosts)).toEqual(['b.example', 'c.example']);
    again.stop();
    expect(JSON.parse(await readFile(join(kept, 'orders.json'), 'utf8'))).toMatchObject({ left: expect.closeTo(0, 1) });
  });

  it('are asked for one after the other, kept in files of their owner, and renewed after two thirds of their life', async () => {
    const pair = await opensslPair(['a.example']);
    const other = await opensslPair(['b.example']);
    const acme = start(['a.example', 'b.example,c.example']);
    await acme.turns();
    expect(acme.asked.map(({ hosts }) => hosts)).toEqual(['a.example']);
    acme.asked[0]?.settle(pair);
    await acme.pass(MINUTE);
    expect(acme.asked.map(({ hosts }) => hosts)).toEqual(['a.example', 'b.example,c.example']);
    acme.asked[1]?.settle(other);
    await acme.turns();
    expect([...(acme.state()?.issued.keys() ?? [])]).toEqual(['a.example', 'b.example,c.example']);
    const [server = ''] = await certificatesIn(directory);
    const names = await certificatesIn(join(directory, server));
    expect(names).toHaveLength(2);
    for (const name of names) expect((await stat(join(directory, server, name))).mode & 0o777).toBe(0o600);
    await acme.pass(400 * DAY);
    const days = (acme.asked[2]?.atMs ?? 0) / DAY;
    expect(days).toBeGreaterThan(365 * (2 / 3 - 1 / 30) - 1);
    expect(days).toBeLessThan(365 * (2 / 3) + 1);
    acme.stop();
    expect(acme.asked[2]?.signal.aborted).toBe(true);
  });

  it('that were issued are there at the next start, without a look at the server; what is not wanted is not asked for', async () => {
    const pair = await opensslPair(['a.example']);
    const first = start(['a.example']);
    await first.turns();
    first.asked[0]?.settle(pair);
    await first.turns();
    first.stop();
    const second = start(['a.example']);
    await second.pass(30 * DAY);
    expect(second.asked).toEqual([]);
    expect(second.state()?.issued.get('a.example')).toEqual({ certificate: pair.certificatePem, key: pair.keyPem });
    second.wanted$.next(new Set());
    await second.pass(400 * DAY);
    expect(second.asked).toEqual([]);
    expect(second.state()?.issued.size).toBe(0);
    second.stop();
  });

  it('are tried again later and later, over restarts too, while what there was stays', async () => {
    const first = start(['a.example']);
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      await first.pass(2 * DAY);
      waits.push((first.asked[i]?.atMs ?? 0) / MINUTE);
      first.asked[i]?.settle(new AcmeFailure('refused', 'unauthorized: nobody answers'));
      await first.turns();
    }
    expect(waits).toEqual([0, 15, 45, 105]);
    expect(first.state()?.trouble.get('a.example')).toBe('unauthorized: nobody answers');
    expect(first.reports.filter((each) => each.type === 'failed').at(-1)).toMatchObject({ retryAtMs: first.now() + 120 * MINUTE });
    const later = first.now();
    first.stop();
    const second = start(['a.example'], later);
    await second.turns();
    expect(second.asked).toEqual([]);
    await second.pass(3 * HOUR);
    expect(second.asked[0]?.atMs).toBe(120 * MINUTE);
    second.asked[0]?.settle(new AcmeFailure('unreachable', 'no route to host'));
    await second.pass(3 * HOUR);
    expect((second.asked[1]?.atMs ?? 0) / MINUTE).toBe(120 + 16);
    second.asked[1]?.settle(new AcmeFailure('refused', 'rateLimited: too many', { retryAfterMs: 50 * HOUR }));
    await second.pass(60 * HOUR);
    expect((second.asked[2]?.atMs ?? 0) / HOUR).toBeCloseTo(136 / 60 + 50, 1);
    second.stop();
  });

  it('challenges are handed out until the order is over; one that nobody answers ends it', async () => {
    const acme = start(['a.example']);
    await acme.turns();
    const challenges = new Map([['token', 'token.thumb']]);
    const published = vi.fn();
    const answered = acme.asked[0]?.publish(challenges).then(published);
    await acme.turns();
    expect(acme.state()?.challenges).toEqual(challenges);
    expect(published).not.toHaveBeenCalled();
    acme.answered$.next(new Set(['token']));
    await answered;
    acme.answered$.next(new Set());
    const lost = acme.asked[0]?.publish(challenges) ?? Promise.resolve();
    const refused = expect(lost).rejects.toThrow('the proxy does not answer the challenge');
    await acme.pass(3 * MINUTE);
    await refused;
    acme.asked[0]?.settle(new AcmeFailure('unreachable', 'over'));
    await acme.turns();
    expect(acme.state()?.challenges.size).toBe(0);
    acme.stop();
  });

  it('an order that never ends is given up, and one that was begun is aborted with its subscription', async () => {
    const acme = start(['a.example']);
    await acme.turns();
    acme.asked[0]?.signal.addEventListener('abort', () => acme.asked[0]?.settle(new Error('aborted')));
    await acme.pass(11 * MINUTE);
    expect(acme.reports.filter((each) => each.type === 'failed')).toMatchObject([{ message: 'no certificate in 10 min' }]);
    expect(acme.asked).toHaveLength(2);
    acme.stop();
    expect(acme.asked[1]?.signal.aborted).toBe(true);
  });

  it('one that has run out when it comes is no reason to ask again at once', async () => {
    const pair = await opensslPair(['a.example']);
    const acme = start(['a.example'], Date.now() + 500 * DAY);
    await acme.turns();
    acme.asked[0]?.settle(pair);
    await acme.pass(10 * MINUTE);
    expect(acme.asked).toHaveLength(1);
    expect(acme.state()?.trouble.get('a.example')).toContain("is this machine's clock right?");
    await acme.pass(HOUR);
    expect(acme.asked[1]?.atMs).toBe(15 * MINUTE);
    acme.stop();
  });

  it('one that was kept and whose dates are none is set aside and asked for anew, and work goes on', async () => {
    const pair = await opensslPair(['a.example']);
    const first = start(['a.example']);
    await first.turns();
    first.asked[0]?.settle(pair);
    await first.turns();
    first.stop();
    const [server = ''] = await certificatesIn(directory);
    const [name = ''] = await certificatesIn(join(directory, server));
    const path = join(directory, server, name);
    const { certificatePem } = pair;
    await writeFile(
      path,
      JSON.stringify({ hosts: ['a.example'], failures: 0, pair: { ...pair, certificatePem: undated(certificatePem) } }),
    );
    const second = start(['a.example']);
    await second.turns();
    expect(second.asked).toHaveLength(1);
    expect(await certificatesIn(join(directory, server))).toEqual([`${name}.broken`]);
    second.asked[0]?.settle(pair);
    await second.turns();
    expect(second.state()?.issued.get('a.example')?.certificate).toBe(certificatePem);
    second.stop();
  });

  it('a file that makes no sense is set aside, and one of nobody is deleted once it has run out', async () => {
    const pair = await opensslPair(['a.example']);
    const first = start(['a.example']);
    await first.turns();
    first.asked[0]?.settle(pair);
    await first.turns();
    first.stop();
    const [server = ''] = await certificatesIn(directory);
    const [name = ''] = await certificatesIn(join(directory, server));
    const path = join(directory, server, name);
    const kept = start([], Date.now() + 300 * DAY);
    await kept.turns();
    kept.stop();
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll('BEGIN CERTIFICATE', 'BEGIN NONSENSE'));
    const broken = start(['a.example']);
    await broken.turns();
    expect(broken.asked).toHaveLength(1);
    broken.stop();
    expect(await certificatesIn(join(directory, server))).toEqual([`${name}.broken`]);
    await writeFile(path, text);
    // It has no date by which it runs out.
    const account = join(directory, server, 'account.json');
    await writeFile(account, '{"key":{"kty":"EC"}}');
    const late = start(['b.example'], Date.now() + 500 * DAY);
    await late.turns();
    late.stop();
    await vi.waitFor(async () =>
      expect((await certificatesIn(join(directory, server))).toSorted()).toEqual([`${name}.broken`, 'account.json'].sort()),
    );
  });
});
