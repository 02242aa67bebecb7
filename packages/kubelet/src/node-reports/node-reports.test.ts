import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import type { PodView } from '@solo-kubelet/reconciler';
import type { SourceStatus } from '@solo-kubelet/verified-source';
import { BehaviorSubject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nodeReport } from './core/node-report.js';
import { parseReportTarget } from './core/parse-report-target.js';
import { deliverReports } from './deliver-reports.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reports-'));
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }));

const source: SourceStatus = {
  name: 'site',
  url: '',
  require: 'signature',
  priority: 0,
  state: 'Ready',
  sinceMs: 0,
  failures: 0,
  revision: 42,
  digest: 'abcdef0123456789',
};
const pod = (status: object, more: object = {}): PodView =>
  ({ podUid: 'u', terminating: false, pod: { metadata: { name: 'web', namespace: 'shop' }, status }, ...more }) as unknown as PodView;
const READY = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
const report = (sources: readonly SourceStatus[], pods: readonly PodView[]) =>
  nodeReport({
    nodeName: 'box-1',
    labels: { site: 'berlin' },
    machineID: 'm',
    kubeletVersion: 'v1.36.0',
    containerRuntimeVersion: 'containerd://2',
    sources,
    pods,
    since: () => 1_000,
    nowMs: 5_000,
  });

it('says how the node is', () =>
  expect(report([source], [pod(READY), pod({ phase: 'Succeeded' })])).toEqual({
    apiVersion: 'solo-kubelet.dev/v1alpha1',
    kind: 'NodeReport',
    metadata: { name: 'box-1', labels: { site: 'berlin' } },
    status: {
      time: '1970-01-01T00:00:05Z',
      machineID: 'm',
      kubeletVersion: 'v1.36.0',
      containerRuntimeVersion: 'containerd://2',
      healthy: true,
      since: '1970-01-01T00:00:01Z',
      sources: [{ name: 'site', state: 'Ready', since: '1970-01-01T00:00:00Z', revision: 42, digest: 'abcdef012345' }],
      pods: { total: 2, ready: 1, succeeded: 1, failed: 0 },
    },
  }));

it.each<[string, Partial<SourceStatus>, readonly PodView[], string | undefined]>([
  ['a source that can not be reached', { state: 'Stale', reason: 'Unreachable', message: 'm' }, [], 'Unreachable'],
  ['a revision that failed', { rollout: { reason: 'RolledBack', message: 'm', revision: 43, sinceMs: 0 } }, [], 'RolledBack'],
  ['a revision on trial', { onTrial: true }, [], 'Progressing'],
  ['a revision that waits', { rollout: { reason: 'OutsideWindow', message: 'm', revision: 43, sinceMs: 0 } }, [], undefined],
  ['a source that is not renewed', { notRenewed: true }, [], 'NotRenewed'],
  ['a source before its first check', { state: 'Pending' }, [], 'Pending'],
  ['a Pod that is not ready', {}, [pod(READY), pod({ phase: 'Pending' })], 'PodsNotReady'],
  ['a Pod that ends', {}, [pod({ phase: 'Pending' }, { terminating: true })], undefined],
])('is not healthy for %s', (_what, more, pods, reason) => {
  const { status } = report([{ ...source, ...more }], pods);
  expect([status.healthy, status.reason]).toEqual([reason === undefined, reason]);
});

it('is small whatever there is', () => {
  const big: SourceStatus = { ...source, reason: 'ManifestInvalid', message: 'x'.repeat(1e6) };
  const text = JSON.stringify(
    report(
      Array.from({ length: 500 }, () => big),
      [],
    ),
  );
  expect(text.length).toBeLessThan(64 * 1_024);
});

it.each<[string, object]>([
  [
    'https://b.test/$(NODE_NAME).json#method=PUT&interval=1h&headersFile=/h',
    { method: 'PUT', intervalMs: 3_600_000, sink: expect.objectContaining({ type: 'webhook', headersFile: '/h' }) },
  ],
  [
    'mqtt://b.test/fleet/$(NODE_NAME)#qos=0',
    { method: 'POST', intervalMs: 900_000, sink: expect.objectContaining({ type: 'mqtt', qos: 0, topic: 'fleet/$(NODE_NAME)' }) },
  ],
  [
    's3://fleet/$(NODE_NAME).json#interval=1h&region=garage&credentialsFile=/c',
    {
      intervalMs: 3_600_000,
      sink: expect.objectContaining({ type: 's3', key: '$(NODE_NAME).json', region: 'garage', credentialsFile: '/c' }),
    },
  ],
  ['s3://fleet/reports/', { error: expect.stringContaining('want the key of an object behind the bucket') }],
  ['s3://fleet/r.json#method=PUT', { error: expect.stringContaining('method: of use with http and https only') }],
  ['s3://fleet/r.json#headersFile=/h', { error: expect.stringContaining('there is no option "headersFile"; s3 has') }],
  ['file:///run/r.json', { sink: expect.objectContaining({ type: 'file', path: '/run/r.json' }) }],
  ['file:///run/r.json#method=PUT', { error: expect.stringContaining('method: of use with http and https only') }],
  ['file:///run/r.json#maxFiles=2', { error: expect.stringContaining('no option "maxFiles"') }],
  ['https://b.test/#method=GET', { error: expect.stringContaining('method: want POST or PUT') }],
  ['https://b.test/#interval=1s', { error: expect.stringContaining('interval: want a duration') }],
  ['https://b.test/#no=1', { error: expect.stringContaining('there is no option "no"') }],
  ['ftp://b.test/', { error: 'want a URL of http, https, s3, file, mqtt or mqtts' }],
])('a target is read: %s', (text, want) => expect(parseReportTarget(text)).toMatchObject(want));

it('is put in the place of the one before, in a bucket and in a file, and the newest wins', async () => {
  const got: { readonly method: string | undefined; readonly url: string | undefined; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push({ method: request.method, url: request.url, body: Buffer.concat(parts).toString() });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const path = join(root, 'reports', 'r.json');
  const targets = [
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/fleet/$(NODE_NAME).json#method=PUT`,
    `file://${path.replace('r.json', '$(NODE_NAME).json')}`,
  ].map((text) => {
    const target = parseReportTarget(text);
    if ('error' in target) throw new Error(target.error);
    return target;
  });
  const report$ = new BehaviorSubject<() => string>(() => '{"a":1}');
  const subscription = deliverReports(targets, { nodeName: 'box-1', report$, logger: silentLogger, random: () => 0 }).subscribe();
  for (let at = 2; at <= 50; at += 1) report$.next(() => `{"a":${at}}`);
  await vi.waitFor(() => expect(got.at(-1)?.body).toBe('{"a":50}'), { timeout: 15_000 });
  expect(got.at(-1)).toMatchObject({ method: 'PUT', url: '/fleet/box-1.json' });
  expect(got.length).toBeLessThan(4);
  await vi.waitFor(async () => expect(await readFile(join(root, 'reports', 'box-1.json'), 'utf8')).toBe('{"a":50}\n'), { timeout: 15_000 });
  subscription.unsubscribe();
  server.closeAllConnections();
  server.close();
});

it('is put into a bucket under the name of the node, and a bucket that refuses is asked again with the newest', async () => {
  const got: { readonly url: string | undefined; readonly authorization: string | undefined; readonly body: string }[] = [];
  let status = 403;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push({ url: request.url, authorization: request.headers.authorization, body: Buffer.concat(parts).toString() });
      response.writeHead(status).end('<Error><Code>AccessDenied</Code></Error>');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = parseReportTarget(
    `s3://fleet/reports/$(NODE_NAME).json#endpoint=http://127.0.0.1:${(server.address() as AddressInfo).port}&region=garage`,
  );
  if ('error' in target) throw new Error(target.error);
  const warned: unknown[] = [];
  const logger = { ...silentLogger, warn: (...args: unknown[]) => void warned.push(args) } as typeof silentLogger;
  const report$ = new BehaviorSubject<() => string>(() => '{"a":1}');
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 's3cret' };
  const subscription = deliverReports([target], { nodeName: 'box-1', env, report$, logger, random: () => 0 }).subscribe();
  await vi.waitFor(() => expect(got).toHaveLength(1), { timeout: 15_000 });
  await vi.waitFor(() => expect(warned).toHaveLength(1), { timeout: 15_000 });
  expect(JSON.stringify(warned)).toContain('s3://fleet/reports/box-1.json: answered 403 (AccessDenied: the access key may not write it)');
  expect(JSON.stringify(warned)).not.toContain('s3cret');
  status = 200;
  report$.next(() => '{"a":2}');
  await vi.waitFor(() => expect(got.at(-1)?.body).toBe('{"a":2}'), { timeout: 15_000 });
  expect(got.at(-1)).toMatchObject({
    url: '/fleet/reports/box-1.json',
    authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/garage\/s3\/aws4_request/),
  });
  subscription.unsubscribe();
  server.closeAllConnections();
  server.close();
});
