import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeIo } from '../../test/fake-io.js';
import { type FleetOptions, fleet } from './fleet.js';

const NOW = Date.UTC(2026, 10, 29, 12);
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();
const report = (name: string, status: object = {}): object => ({
  apiVersion: 'solo-kubelet.dev/v1alpha1',
  kind: 'NodeReport',
  metadata: { name, labels: { site: 'berlin' } },
  status: {
    time: ago(2),
    since: ago(90),
    healthy: true,
    kubeletVersion: 'v1.36.0',
    sources: [{ name: 'site', revision: 42 }],
    pods: { total: 3, ready: 2, succeeded: 1, failed: 0 },
    ...status,
  },
});

let directory: string;
let server: Server;
const files = new Map<string, string>();
const asked: string[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fleet-'));
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const text = files.get(request.url ?? '');
    response.writeHead(text === undefined ? 404 : text === 'away' ? 302 : 200, { location: 'http://127.0.0.1:1/' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  files.clear();
  asked.length = 0;
  await rm(directory, { recursive: true, force: true });
});
const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

const show = async (where: string, options: Partial<FleetOptions> = {}) => {
  const io = fakeIo();
  const status = await fleet(
    { action: 'status', where, staleMs: 3_600_000, watch: false, intervalMs: 1, noHeaders: false, ...options },
    { io, now: () => NOW },
  );
  return { status, output: io.output(), errors: io.errors() };
};
const put = (name: string, content: object | string) =>
  writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));

it('shows a directory of reports as one table, and sums it up', async () => {
  await put(
    'b.json',
    report('box-b', { healthy: false, reason: 'RolledBack', message: 'site: it crashed', sources: [{ name: 'site', revision: 41 }] }),
  );
  await put('a.json', report('box-a'));
  await put(
    'c.jsonl',
    `${JSON.stringify(report('box-c', { time: ago(300) }))}\n${JSON.stringify(report('box-a', { time: ago(400), healthy: false }))}\n`,
  );
  await put('.hidden.json', 'x');
  const { status, output, errors } = await show(directory);
  expect(output.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['NODE', 'REVISION', 'HEALTHY', 'SINCE', 'REASON', 'LAST SEEN'],
    ['box-a', '42', 'True', '90m', '2m'],
    ['box-b', '41', 'False', '90m', 'RolledBack', '2m'],
    ['box-c', '42', 'Unknown', '90m', 'Stale', '5h'],
    ['3 nodes: 1 healthy, 1 not healthy, 1 stale; revision 42: 2, 41: 1'],
    [''],
  ]);
  expect([status, errors]).toEqual([1, '']);
  expect((await show(directory, { output: 'wide' })).output).toMatch(/box-a .* 3\/3 +v1.36.0 +site=berlin/);
  expect(JSON.parse((await show(directory, { output: 'json' })).output).items).toHaveLength(3);
});

it('a report of a clock that is years ahead counts as nothing new, now and later', async () => {
  const ahead = report('box-a', { time: '2039-01-01T00:00:00Z', healthy: false });
  await put('a.jsonl', `${JSON.stringify(ahead)}\n${JSON.stringify(report('box-a'))}\n`);
  expect(await show(directory)).toMatchObject({ status: 0, output: expect.stringContaining('1 nodes: 1 healthy') });
  await put('a.jsonl', `${JSON.stringify(ahead)}\n`);
  expect(await show(directory)).toMatchObject({ status: 1, output: expect.stringContaining('0 not healthy, 1 stale') });
});

it('ends with 0 where all are healthy', async () => {
  await put('a.json', report('box-a'));
  expect((await show(directory)).status).toBe(0);
  await rm(join(directory, 'a.json'));
  expect(await show(directory)).toMatchObject({ status: 1, output: '0 nodes: 0 healthy, 0 not healthy, 0 stale\n' });
});

it('reads an index of a thousand: a list, lines, or places on the same server alone', async () => {
  const all = Array.from({ length: 1_000 }, (_, at) => report(`box-${at}`));
  files.set('/list.json', JSON.stringify(all));
  files.set('/lines', all.map((one) => JSON.stringify(one)).join('\n'));
  files.set('/index.json', JSON.stringify({ items: ['a/1.json', 'a/2.json', 'http://127.0.0.1:1/x.json', 'a/missing.json'] }));
  files.set('/a/1.json', JSON.stringify(report('box-1')));
  files.set('/a/2.json', JSON.stringify(report('box-2')));
  for (const path of ['/list.json', '/lines'])
    expect(await show(url(path))).toMatchObject({ status: 0, output: expect.stringContaining('1000 nodes: 1000 healthy') });
  const { status, output, errors } = await show(url('/index.json'));
  expect([status, output.trimEnd().split('\n').at(-1)]).toEqual([1, '2 nodes: 2 healthy, 0 not healthy, 0 stale; revision 42: 2']);
  expect(errors.split('\n').sort()).toEqual([
    '',
    "warning: a report can't be read: a/missing.json: the server answered 404",
    "warning: a report can't be read: http://127.0.0.1:1/x.json: it is on another server than the index",
  ]);
});

it('is not steered by what reports say', async () => {
  const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31m\nbox-z   99   True';
  await put(
    'a.json',
    report('box-z', {
      healthy: false,
      reason: evil,
      message: evil,
      sources: [
        { name: evil, digest: evil },
        { name: 'b', revision: 1 },
      ],
    }),
  );
  await put('c.json', report(evil));
  await put(`b.json`, `{"kind": "${'\u001b[2J'}`);
  for (const output of [undefined, 'wide', 'json', 'yaml', 'name']) {
    const said = await show(directory, output === undefined ? {} : { output });
    expect(`${said.output}${said.errors}`.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  }
  expect((await show(directory)).output.split('\n')).toHaveLength(4);
});

it.each<[string, unknown]>([
  ['no object', 3],
  ['null', null],
  ['another kind', { kind: 'Pod' }],
  ['another version', { ...report('a'), apiVersion: 'v9' }],
  ['no name', { ...report('a'), metadata: {} }],
  ['no time', report('a', { time: 'soon' })],
  ['no status', { ...report('a'), status: [] }],
])('tells of a report that is none: %s', async (_what, document) => {
  await put('a.json', JSON.stringify(document));
  await put('b.json', report('box-b', { sources: 'x', pods: 7, since: 5 }));
  const { status, errors, output } = await show(directory);
  expect([status, output.includes('box-b')]).toEqual([1, true]);
  expect(errors).toMatch(/^warning: a report can't be read: a\.json: it/);
});

it('names the file and the place in it of what is no report', async () => {
  await put('a.jsonl', `${JSON.stringify(report('box-a'))}\n{}\n`);
  expect((await show(directory)).errors).toBe("warning: a report can't be read: a.jsonl: document 2: it is no NodeReport\n");
});

it('reads no more than a report may have, no links, and follows nobody', async () => {
  await put('big.json', JSON.stringify({ ...report('big'), more: 'x'.repeat(70_000) }));
  await symlink('/etc/passwd', join(directory, 'link.json'));
  await put('a.json', report('box-a'));
  expect(await show(directory)).toMatchObject({ status: 1, output: expect.stringContaining('1 nodes: 1 healthy') });
  files.set('/away', 'away');
  await expect(show(url('/away'))).rejects.toMatchObject({ code: 'CLI_NOT_FOUND' });
  await expect(show(join(directory, 'none'))).rejects.toMatchObject({ code: 'CLI_NOT_FOUND' });
});

it('looks again, and ends when it is told to', async () => {
  await put('a.json', report('box-a'));
  const io = fakeIo();
  const watching = fleet(
    { action: 'status', where: directory, staleMs: 3_600_000, watch: true, intervalMs: 5, noHeaders: true },
    { io, now: () => NOW },
  );
  const until = async (text: string): Promise<void> => {
    while (!io.output().includes(text)) await new Promise((resolve) => setImmediate(resolve));
  };
  await until('1 nodes');
  await put('b.json', report('box-b'));
  await until('2 nodes');
  io.interrupt();
  expect(await watching).toBe(0);
  expect(io.output().match(/1 nodes/g)).toHaveLength(1);
});

it('goes on watching while the index is away, and tells once why', async () => {
  files.set('/lines', JSON.stringify(report('box-a')));
  const io = fakeIo();
  const watching = fleet(
    { action: 'status', where: url('/lines'), staleMs: 3_600_000, watch: true, intervalMs: 1, noHeaders: true },
    { io, now: () => NOW },
  );
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };
  await until(() => io.output().includes('box-a'));
  files.delete('/lines');
  await until(() => io.errors() !== '');
  const before = asked.length;
  await until(() => asked.length > before + 3);
  files.set('/lines', JSON.stringify(report('box-b')));
  await until(() => io.output().includes('box-b'));
  io.interrupt();
  expect(await watching).toBe(0);
  expect(io.errors()).toMatch(/^warning: [^\n]*404[^\n]*\n$/);
});

it('reads the reports of a bucket, some at a time, and later only what has changed', async () => {
  const objects = new Map<string, string>(
    Array.from({ length: 300 }, (_, at) => [`reports/box-${at}.json`, JSON.stringify(report(`box-${at}`))]),
  );
  objects.set('reports/.hidden.json', 'x');
  objects.set('reports/README', 'x');
  objects.set('reports/berlin/box-b.jsonl', `${JSON.stringify(report('box-b'))}\n`);
  const seen: string[] = [];
  let [open, most] = [0, 0];
  const etagOf = (text: string): string => `"${text.length}-${text.slice(-200)}"`.replaceAll(/[<&]/g, '');
  const bucket = createServer((request, response) => {
    const address = new URL(request.url ?? '', 'http://x');
    seen.push(`${address.pathname} ${request.headers.authorization?.slice(0, 16)}`);
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      if (address.pathname !== '/fleet') {
        const text = objects.get(decodeURIComponent(address.pathname.slice('/fleet/'.length)));
        response.writeHead(text === undefined ? 404 : 200).end(text);
        return;
      }
      const from = Number(address.searchParams.get('continuation-token') ?? 0);
      const page = [...objects].slice(from, from + 120);
      const parts = page.map(
        ([key, text]) => `<Contents><Key>${key}</Key><ETag>${etagOf(text)}</ETag><Size>${text.length}</Size></Contents>`,
      );
      const more = from + 120 < objects.size;
      response.end(
        `<ListBucketResult>${parts.join('')}<IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + 120}</NextContinuationToken>` : ''}</ListBucketResult>`,
      );
    });
  });
  await new Promise<void>((resolve) => bucket.listen(0, '127.0.0.1', resolve));
  const where = `s3://fleet/reports/#endpoint=http://127.0.0.1:${(bucket.address() as AddressInfo).port}`;
  const io = { ...fakeIo(), env: { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 's3cret' } };
  const watching = fleet(
    { action: 'status', where, staleMs: 3_600_000, watch: true, intervalMs: 1, noHeaders: false },
    { io, now: () => NOW },
  );
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };
  await until(() => io.output().includes('301 nodes: 301 healthy'));
  expect(seen.filter((path) => path === '/fleet AWS4-HMAC-SHA256').length).toBeGreaterThanOrEqual(3);
  const objectsAsked = () => seen.filter((path) => !path.startsWith('/fleet ')).length;
  expect(objectsAsked()).toBe(301);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(16);
  objects.set('reports/box-7.json', JSON.stringify(report('box-7', { healthy: false, reason: 'RolledBack' })));
  await until(() => io.output().includes('301 nodes: 300 healthy, 1 not healthy'));
  expect(objectsAsked()).toBe(302);
  objects.clear();
  objects.set('reports/big.json', 'x'.repeat(70_000));
  await until(() => io.output().includes('\n0 nodes'));
  expect(io.errors()).toContain("warning: a report can't be read: big.json: it has more than 65536 bytes");
  expect(objectsAsked()).toBe(302);
  io.interrupt();
  expect(await watching).toBe(1);
  bucket.closeAllConnections();
  bucket.close();
});

it.each([
  ['s3://fleet/reports', 'CLI_USAGE', /end it with \//],
  ['s3://fleet/reports/#region=a/b', 'CLI_USAGE', /region: want a region/],
  [
    's3://fleet/reports/#endpoint=http://127.0.0.1:1',
    'CLI_NOT_FOUND',
    /^cannot read s3:\/\/fleet\/reports\/: there are no credentials .* environment of this command/,
  ],
  [
    's3://fleet/reports/#endpoint=http://127.0.0.1:2&anonymous=true',
    'CLI_NOT_FOUND',
    /^cannot read s3:\/\/fleet\/reports\/: .*ECONNREFUSED/,
  ],
])('says what is wrong with a bucket: %s', async (where, code, message) => {
  await expect(show(where)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
