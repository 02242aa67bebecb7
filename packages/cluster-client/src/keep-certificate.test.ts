import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BehaviorSubject, of, VirtualTimeScheduler } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { currentCertificatePath } from './certificate-files.js';
import type { CertificateNames } from './certificate-life.js';
import { type CertificateReport, type KeepCertificateOptions, keepCertificate } from './keep-certificate.js';
import { openssl, signer } from './testing/signer.js';

const DAY_MS = 86_400_000;
let directory: string;
const closing: (() => void)[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keep-certificate-'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  // What was under way when it was told to end may still write a file.
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

const NAMES: CertificateNames = { dnsNames: ['box'], ips: ['10.0.0.7', 'fd00::7'] };

/** A node whose clock the test sets, and whose timers run when it says so. */
const keeping = (server: ReturnType<typeof signer>, more: Partial<KeepCertificateOptions> = {}) => {
  const reports: CertificateReport[] = [];
  const scheduler = new VirtualTimeScheduler();
  const startMs = Date.now();
  const asked: boolean[] = [];
  const clock = { aheadMs: 0 };
  const subscription = keepCertificate({
    kind: 'server',
    nodeName: 'box',
    directory,
    api: async ({ expired }) => {
      asked.push(expired);
      return server;
    },
    names$: of(NAMES),
    scheduler,
    random: () => 0.5,
    wallNow: () => startMs + scheduler.now() + clock.aheadMs,
    ...more,
  }).subscribe((report) => reports.push(report));
  closing.push(() => subscription.unsubscribe());
  /** Lets time pass until there are so many reports; the moment, ms after the start. */
  const until = async (count: number): Promise<number> => {
    await expect
      .poll(
        () => {
          if (reports.length >= count) return count;
          const next = scheduler.actions[0];
          if (next === undefined) return reports.length;
          scheduler.maxFrames = next.delay;
          scheduler.flush();
          return reports.length;
        },
        { timeout: 15_000, interval: 1 },
      )
      .toBe(count);
    return scheduler.now();
  };
  /** Lets it look at the clock so often. */
  const looks = async (count: number): Promise<void> => {
    const untilMs = scheduler.now() + count * 60_000;
    await expect
      .poll(() => {
        scheduler.maxFrames = untilMs;
        scheduler.flush();
        return scheduler.now();
      })
      .toBeGreaterThanOrEqual(untilMs);
  };
  return { reports, until, asked, scheduler, clock, looks };
};
const current = async (): Promise<X509Certificate> => new X509Certificate(await readFile(currentCertificatePath(directory, 'server')));

it('asks for a serving certificate with the names of the node, and for the next at 80 % of its life', async () => {
  const server = signer(directory, 'Approved');
  const { until, reports, clock, looks } = keeping(server);
  expect(await until(1)).toBe(0);
  expect(reports).toEqual([{ type: 'signed', kind: 'server' }]);
  expect(server.posted[0]).toMatchObject({ signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] });
  const text = openssl(directory, ['req', '-noout', '-text', '-verify'], server.requests[0]);
  expect(text).toMatch(/Subject: O ?= ?system:nodes, CN ?= ?system:node:box/);
  expect(text).toMatch(/DNS:box, IP Address:10.0.0.7, IP Address:FD00:0:0:0:0:0:0:7/);
  const first = await current();
  expect(first.checkIP('fd00::7')).toBeDefined();
  clock.aheadMs = 7.9 * DAY_MS;
  await looks(3);
  expect(server.posted).toHaveLength(1);
  clock.aheadMs = 8.01 * DAY_MS;
  expect(await until(2)).toBeLessThanOrEqual(5 * 60_000);
  expect((await current()).fingerprint256).not.toBe(first.fingerprint256);
});

it('asks anew when the node has another address, and not when it has one less', async () => {
  const server = signer(directory, 'Approved');
  const names$ = new BehaviorSubject<CertificateNames | undefined>(undefined);
  const { until } = keeping(server, { names$ });
  expect(server.posted).toEqual([]);
  names$.next(NAMES);
  await until(1);
  names$.next({ dnsNames: ['box'], ips: ['10.0.0.7'] });
  names$.next({ dnsNames: ['box'], ips: ['10.0.0.8'] });
  await until(2);
  expect((await current()).checkIP('10.0.0.8')).toBe('10.0.0.8');
  expect(server.posted).toHaveLength(2);
});

it('waits for whoever approves; other names end that wait', async () => {
  const server = signer(directory, 'Pending');
  const names$ = new BehaviorSubject<CertificateNames | undefined>(NAMES);
  const { until, reports } = keeping(server, { names$ });
  await expect.poll(() => server.posted.length).toBe(1);
  names$.next({ dnsNames: [], ips: ['10.0.0.9'] });
  await expect.poll(() => server.posted.length).toBe(2);
  server.now.condition = 'Approved';
  await until(1);
  expect(reports).toEqual([{ type: 'signed', kind: 'server' }]);
  expect((await current()).checkIP('10.0.0.9')).toBe('10.0.0.9');
  expect(server.posted).toHaveLength(2);
});

it('tries again after 2, 4, 8, 16 and then every 32 s, says each time why, and is not discouraged', async () => {
  const server = signer(directory, 'Denied');
  const { until, reports, scheduler } = keeping(server);
  const atMs: number[] = [];
  for (let tries = 1; tries <= 7; tries += 1) atMs.push(await until(tries));
  expect(atMs).toEqual([0, 2_000, 6_000, 14_000, 30_000, 62_000, 94_000]);
  expect(reports.at(-1)).toMatchObject({ type: 'failed', error: { message: 'certificate signing request csr-7: Denied: m' } });
  server.now.condition = 'Approved';
  await until(8);
  expect(reports.at(-1)).toEqual({ type: 'signed', kind: 'server' });
  expect(scheduler.now()).toBe(126_000);
});

it('does not ask at once for another like one that is not good: of a clock that is wrong, or without a name', async () => {
  const server = signer(directory, 'Approved');
  const { until, reports, scheduler } = keeping(server, { wallNow: () => Date.now() + 11 * DAY_MS });
  await until(6);
  expect(reports.map(({ type }) => type)).toEqual(['signed', 'failed', 'signed', 'failed', 'signed', 'failed']);
  expect(reports[1]).toMatchObject({ error: { message: expect.stringContaining('is not good for this node') } });
  expect([server.posted.length, scheduler.now()]).toEqual([3, 6_000]);
});

it('says that the certificate has expired to whoever chooses whom to ask', async () => {
  const server = signer(directory, 'Approved');
  await keeping(server, { kind: 'client', names$: of({ dnsNames: [], ips: [] }) }).until(1);
  const late = keeping(server, { kind: 'client', names$: of({ dnsNames: [], ips: [] }), wallNow: () => Date.now() + 11 * DAY_MS });
  await expect.poll(() => late.asked.length).toBeGreaterThan(0);
  expect(late.asked[0]).toBe(true);
});

it('asks again when what is kept is no certificate, or one of another node', async () => {
  const server = signer(directory, 'Approved');
  await keeping(server).until(1);
  await keeping(server, { nodeName: 'other' }).until(1);
  expect((await current()).subject).toContain('CN=system:node:other');
});

it('is not ended by a directory that cannot be written', async () => {
  const server = signer(directory, 'Approved');
  const { until, reports } = keeping(server, { directory: join(directory, 'ca.crt') });
  await until(1);
  expect(reports[0]).toMatchObject({ type: 'failed', error: { code: 'CLUSTER_CREDENTIALS' } });
});
