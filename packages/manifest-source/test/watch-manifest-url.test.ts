import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ManifestUrlOptions, watchManifestUrl } from '../src/index.js';
import { collect } from './collect.js';
import { tinyParser } from './tiny-parser.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let url: string;
let cacheDirectory: string;
let answer: Answer;
let asked = 0;
const requests: IncomingMessage[] = [];
const stops: (() => void)[] = [];

const body =
  (text: string, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(200, headers);
    response.end(text);
  };
const status =
  (code: number): Answer =>
  (_request, response) => {
    response.writeHead(code);
    response.end('sorry');
  };

beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), 'manifest-url-'));
  requests.length = 0;
  asked = 0;
  answer = body('web 1\n');
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
    response.on('close', () => {
      asked += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pod.yaml`;
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(cacheDirectory, { recursive: true, force: true });
});

const follow = (options: Partial<ManifestUrlOptions> = {}) => {
  const watched = collect(watchManifestUrl({ url, nodeName: 'n', parse: tinyParser, httpCheckFrequencyMs: 15, ...options }));
  stops.push(watched.stop);
  return watched;
};

/** Waits until the server has answered `count` more requests completely. */
const rounds = async (count: number): Promise<void> => {
  const until = asked + count;
  while (asked < until) await new Promise(setImmediate);
};

describe('redirects of watchManifestUrl', () => {
  const headers = { 'X-Api-Key': 'k', Authorization: 'Bearer t' };

  it('sends the headers again within the origin', async () => {
    answer = (request, response) =>
      request.url === '/pod.yaml' ? void response.writeHead(302, { location: '/moved' }).end() : body('web 1\n')(request, response);
    await follow({ headers }).until('applied pod.yaml web:1');
    expect(requests.find(({ url: asked }) => asked === '/moved')?.headers).toMatchObject({ 'x-api-key': 'k', authorization: 'Bearer t' });
  });

  it('sends none of them to another origin, nor back from there', async () => {
    const seen: IncomingMessage[] = [];
    const other = createServer((request, response) => {
      seen.push(request);
      response.writeHead(302, { location: new URL('/back', url).href }).end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    stops.push(() => other.close().closeAllConnections());
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/x`;
    answer = (request, response) =>
      request.url === '/pod.yaml' ? void response.writeHead(307, { location }).end() : body('web 1\n')(request, response);
    await follow({ headers }).until('applied pod.yaml web:1');
    const strangers = [...seen, ...requests.filter(({ url: asked }) => asked === '/back')];
    expect(strangers.length).toBeGreaterThanOrEqual(2);
    for (const request of strangers) expect(Object.keys(request.headers)).not.toEqual(expect.arrayContaining(['x-api-key']));
    for (const request of strangers) expect(request.headers.authorization).toBeUndefined();
  });

  it.each(['file:///etc/passwd', 'data:,web', 'http://['])('goes nowhere but to http and https: %s', async (location) => {
    answer = (_request, response) => void response.writeHead(302, { location }).end();
    const watched = follow();
    await watched.until('sourceFailed');
    expect(watched.events[0]).toMatchObject({ message: expect.stringContaining('not an http or https URL') });
  });

  it('never shows what stands in the query', async () => {
    const watched = follow({ url: `${url}?token=s3cret` });
    await watched.until('synced');
    answer = status(500);
    await watched.until('sourceFailed');
    const said = JSON.stringify(watched.events, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
    expect(said).toContain('?token=xxxxx');
    expect(said).not.toContain('s3cret');
    expect(requests[0]?.url).toBe('/pod.yaml?token=s3cret');
  });
});

describe('watchManifestUrl', () => {
  it('applies what it is told, and changes', async () => {
    const watched = follow();
    await watched.until('synced');
    answer = body('web 2\n---\ndb 1\n');
    await watched.until('applied pod.yaml#1 db:1');
    answer = body('db 1\n');
    await watched.until('removed pod.yaml');
    expect(watched.said).toEqual([
      'applied pod.yaml web:1',
      'synced',
      'applied pod.yaml web:2',
      'applied pod.yaml#1 db:1',
      'removed pod.yaml',
    ]);
    expect(watched.events[0]).toMatchObject({ origin: { source: 'http', path: url, document: 0 } });
  });

  it.each<[string, Answer, RegExp]>([
    ['an error', status(500), /answered 500 Internal Server Error/],
    ['a missing page', status(404), /answered 404/],
    ['an empty answer', body(''), /empty body/],
    ['too long an answer', body('x'.repeat(2_000)), /more than 1000 bytes/],
    [
      'half an answer',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('web');
        setImmediate(() => response.destroy());
      },
      /./,
    ],
    ['no answer in time', () => {}, /did not answer within 0\.2 s/],
    ['a redirect without end', (request, response) => void response.writeHead(302, { location: request.url ?? '/' }).end(), /redirect/],
  ])('keeps what runs on %s and recovers', async (_what, bad, message) => {
    // Only the answer that never comes has to run into the limit: a busy machine may take long for the others.
    const watched = follow({ maxBytes: 1_000, timeoutMs: String(message).includes('did not answer') ? 200 : 10_000 });
    await watched.until('synced');
    answer = bad;
    await watched.until('sourceFailed');
    expect(watched.events.at(-1)).toMatchObject({
      type: 'sourceFailed',
      source: 'http',
      path: url,
      message: expect.stringMatching(message),
    });
    answer = body('web 1\n');
    await watched.until('sourceRecovered');
    expect(watched.said).toEqual(['applied pod.yaml web:1', 'synced', 'sourceFailed', 'sourceRecovered']);
  });

  it('keeps what runs on an invalid answer and reports it once', async () => {
    const watched = follow();
    await watched.until('synced');
    answer = body('! garbage');
    await watched.until('rejected');
    await rounds(3);
    expect(watched.said).toEqual(['applied pod.yaml web:1', 'synced', 'rejected pod.yaml stale ! garbage']);
  });

  it('removes everything on an explicitly empty list', async () => {
    const watched = follow();
    await watched.until('synced');
    answer = body('empty list');
    await watched.until('removed pod.yaml');
  });

  it('asks only for changes', async () => {
    answer = (request, response) => {
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"v1"', 'last-modified': 'Mon, 05 Jan 2026 10:00:00 GMT' }).end('web 1\n');
    };
    const watched = follow();
    await watched.until('synced');
    await rounds(3);
    expect(watched.said).toEqual(['applied pod.yaml web:1', 'synced']);
    expect(requests.at(-1)?.headers).toMatchObject({ 'if-none-match': '"v1"', 'if-modified-since': 'Mon, 05 Jan 2026 10:00:00 GMT' });
  });

  it('is not synced before a first good answer', async () => {
    answer = status(503);
    const watched = follow();
    await watched.until('sourceFailed');
    await rounds(3);
    expect(watched.said).toEqual(['sourceFailed']);
    answer = body('web 1\n');
    await watched.until('synced');
  });

  it('runs the last good answer when it starts without the server, and asks only for changes when it starts with it', async () => {
    answer = body('web 1\n', { etag: '"v1"' });
    const first = follow({ cacheDirectory });
    await first.until('synced');
    await rounds(2);
    first.stop();

    answer = status(502);
    const offline = follow({ cacheDirectory });
    await offline.until('synced');
    expect(offline.said).toEqual(['sourceFailed', 'applied pod.yaml web:1', 'synced']);
    offline.stop();

    answer = (request, response) => void response.writeHead(request.headers['if-none-match'] === '"v1"' ? 304 : 500).end();
    const online = follow({ cacheDirectory });
    await online.until('synced');
    expect(online.said).toEqual(['applied pod.yaml web:1', 'synced']);
    online.stop();
  });

  it('runs the last good answer when it starts with a broken one', async () => {
    const first = follow({ cacheDirectory });
    await first.until('synced');
    await rounds(2);
    first.stop();
    answer = body('! garbage', { etag: '"v2"' });
    const second = follow({ cacheDirectory });
    await second.until('synced');
    expect(second.said).toEqual(['applied pod.yaml web:1', 'rejected pod.yaml stale ! garbage', 'synced']);
  });

  it('sends the headers and tells them to nobody', async () => {
    const secret = 'Zm9vYmFy';
    const withUser = url.replace('http://', 'http://joe:hunter2@');
    const watched = follow({ url: withUser, cacheDirectory, headers: { 'X-Token': [secret, 'second'] } });
    await watched.until('synced');
    expect(requests[0]?.headers).toMatchObject({ 'x-token': `${secret}, second`, authorization: `Basic ${btoa('joe:hunter2')}` });
    answer = status(401);
    await watched.until('sourceFailed');
    const files = await Promise.all((await readdir(cacheDirectory)).map((name) => readFile(join(cacheDirectory, name), 'utf8')));
    const told = JSON.stringify(watched.events) + files.join('');
    expect(told).not.toContain(secret);
    expect(told).not.toContain('hunter2');
  });

  it('trusts the authorities it is given, and no others', async () => {
    const [key, cert] = [join(cacheDirectory, 'key.pem'), join(cacheDirectory, 'cert.pem')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...names], {
      stdio: 'ignore',
    });
    const ca = await readFile(cert, 'utf8');
    const secure = createHttpsServer({ key: await readFile(key), cert: ca }, body('web 1\n'));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    try {
      const secureUrl = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
      const trusting = follow({ url: secureUrl, ca });
      await trusting.until('synced');
      trusting.stop();
      const doubting = follow({ url: secureUrl });
      await doubting.until('sourceFailed');
      expect(doubting.events[0]).toMatchObject({ message: expect.stringMatching(/certificate/) });
      doubting.stop();
    } finally {
      secure.closeAllConnections();
      secure.close();
    }
  });

  it.each([
    ['ftp://host/x', {}, 'MANIFEST_URL_INVALID'],
    ['nonsense', {}, 'MANIFEST_URL_INVALID'],
    ['http://host/', { 'a b': 'x' }, 'MANIFEST_HEADER_INVALID'],
    ['http://host/', { a: 'x\r\ny: z' }, 'MANIFEST_HEADER_INVALID'],
  ])('refuses %s with headers %j', (bad, headers, code) => {
    expect(() => watchManifestUrl({ url: bad, headers, nodeName: 'n' })).toThrow(expect.objectContaining({ code }));
  });
});
