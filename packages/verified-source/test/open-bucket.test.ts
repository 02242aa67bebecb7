import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Bucket, openBucket, parseBucketUrl } from '../src/index.js';
import { bucketServer, S3_ACCOUNT } from './real-places.js';

let root: string;
const stops: (() => unknown)[] = [];
const ENV = { AWS_ACCESS_KEY_ID: S3_ACCOUNT.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_ACCOUNT.secretAccessKey };
const { signal } = new AbortController();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bucket-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const open = (
  url: string,
  { env = ENV, timeoutMs = 10_000 }: { readonly env?: Record<string, string>; readonly timeoutMs?: number } = {},
): Bucket => {
  const parsed = parseBucketUrl(url);
  if ('error' in parsed) throw new Error(parsed.error);
  const bucket = openBucket(parsed, { env, timeoutMs, wallNow: Date.now, parallel: 8 });
  stops.push(bucket.close);
  return bucket;
};
const realServer = async () => {
  const s3 = await bucketServer(join(root, 's3'), 'fleet');
  stops.push(s3.close);
  return s3;
};
const server = async (listener: RequestListener): Promise<string> => {
  const made = createServer(listener);
  made.listen(0, '127.0.0.1');
  await once(made, 'listening');
  stops.push(() => {
    made.closeAllConnections();
    made.close();
  });
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
};
const page = (keys: readonly string[], next?: string): string =>
  `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key><ETag>"1"</ETag><Size>1</Size></Contents>`).join('')}<IsTruncated>${
    next !== undefined
  }</IsTruncated>${next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}</ListBucketResult>`;

it('puts, lists and gets what a server has whose verification is not ours, one in the place of the other', async () => {
  const s3 = await realServer();
  const bucket = open(`s3://fleet/reports/#endpoint=${s3.endpoint}`);
  const key = 'reports/a b/ü+(1)$(x).json';
  for (const text of ['{"a":1}', '{"a":"ü"}']) expect(await bucket.put(key, text, { signal })).toEqual({ type: 'done' });
  await bucket.put('other/x.json', '{}', { signal });
  expect(s3.requests.every(({ status, authorization }) => status === 200 && authorization?.startsWith('AWS4-HMAC-SHA256 '))).toBe(true);
  const listed = await bucket.list('reports/', { maxKeys: 10, signal });
  expect(listed).toMatchObject({ type: 'keys', isWhole: true, keys: [{ key, size: 10 }] });
  const got = await bucket.get(key, { maxBytes: 100, signal });
  expect(got.type === 'content' && Buffer.from(got.content).toString()).toBe('{"a":"ü"}');
  expect(await bucket.get(key, { maxBytes: 3, signal })).toMatchObject({
    type: 'failed',
    message: expect.stringContaining('more than 3 bytes'),
  });
});

it('reads its credentials anew each time, and says in the words of its options what is wrong with them', async () => {
  const s3 = await realServer();
  const file = join(root, 'credentials');
  const write = (secret: string): Promise<void> =>
    writeFile(file, `[fleet]\naws_access_key_id = S3RVER\naws_secret_access_key = ${secret}\n`);
  const url = `s3://fleet/x.json#endpoint=${s3.endpoint}&credentialsFile=${file}&profile=fleet`;
  const bucket = open(url, { env: {} });
  await write('s3cret');
  const refused = await bucket.put('x.json', '{}', { signal });
  expect(refused).toEqual({
    type: 'failed',
    message:
      's3://fleet/x.json: answered 403 (SignatureDoesNotMatch: the secret key, or the option region, is another than the server has)',
  });
  await write('S3RVER');
  expect(await bucket.put('x.json', '{}', { signal })).toEqual({ type: 'done' });
  const without = open(`s3://fleet/x.json#endpoint=${s3.endpoint}`, { env: {} });
  await expect(without.put('x.json', '{}', { signal })).rejects.toThrow(/give the option credentialsFile, or AWS_ACCESS_KEY_ID/);
});

it('has the bucket in the path or in the host', async () => {
  const asked: (string | undefined)[] = [];
  const endpoint = await server((request, response) => {
    asked.push(`${request.method} ${request.headers.host?.replace(/:\d+$/, '')} ${request.url}`);
    request.resume().on('end', () => response.end());
  });
  const local = endpoint.replace('127.0.0.1', 'localhost');
  await open(`s3://fleet/x#endpoint=${local}`).put('a/x.json', '{}', { signal });
  const inHost = await open(`s3://fleet/x#endpoint=${local}&pathStyle=false`).put('a/x.json', '{}', { signal });
  expect(asked[0]).toBe('PUT localhost /fleet/a/x.json');
  // Not every resolver knows names below localhost: then it is this one that was not found.
  expect(asked[1] ?? inHost).toEqual(
    inHost.type === 'done' ? 'PUT fleet.localhost /a/x.json' : { type: 'failed', message: expect.stringContaining('fleet.localhost') },
  );
});

it('takes no more of an answer than an error needs, follows nobody, waits no longer than it may, and ends when it is told to', async () => {
  let elsewhere = 0;
  const other = await server((_request, response) => {
    elsewhere += 1;
    response.end();
  });
  const endpoint = await server((request, response) => {
    request.resume();
    if (request.url === '/fleet/endless') {
      response.writeHead(503, { 'retry-after': '7' });
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    } else if (request.url === '/fleet/away') response.writeHead(307, { location: `${other}/fleet/away` }).end();
    else if (request.url === '/fleet/code')
      response.writeHead(400).end('<Error><Code>AuthorizationHeaderMalformed</Code><Message>\u001b[2J</Message></Error>');
    else if (request.url === '/fleet/constructor') response.writeHead(400).end('<Error><Code>constructor</Code></Error>');
    // And some never answer.
  });
  const bucket = open(`s3://fleet/x#endpoint=${endpoint}`, { timeoutMs: 300 });
  const put = (key: string) => bucket.put(key, '{}', { signal });
  expect(await put('endless')).toEqual({ type: 'failed', message: 's3://fleet/endless: answered 503', retryAfter: '7' });
  expect(await put('away')).toEqual({ type: 'failed', message: 's3://fleet/away: answered 307' });
  expect(elsewhere).toBe(0);
  expect(await put('code')).toMatchObject({
    message: expect.stringMatching(/answered 400 \(AuthorizationHeaderMalformed: the option region/),
  });
  expect(await put('constructor')).toMatchObject({ message: 's3://fleet/constructor: answered 400 (constructor)' });
  expect(await put('silent')).toEqual({ type: 'failed', message: 's3://fleet/silent: did not take it within 0.3 s' });
  await expect(open(`s3://fleet/x#endpoint=${endpoint}`).put('silent', '{}', { signal: AbortSignal.timeout(50) })).rejects.toThrow();
});

it('follows a listing over its pages, to its limit, and none that leads nowhere', async () => {
  const pages: Record<string, string> = {
    '': page(['r/1', 'r/2'], 'two'),
    two: page(['r/3'], undefined),
    foreign: page(['r/1', 'elsewhere'], 'more'),
    again: page(['r/1'], 'again'),
    empty: page([], 'more'),
  };
  let first = '';
  const endpoint = await server((request, response) => {
    const token = new URL(request.url ?? '', 'http://x').searchParams.get('continuation-token') ?? first;
    response.end(pages[token] ?? '<html>');
  });
  const bucket = open(`s3://fleet/r/#endpoint=${endpoint}`);
  const keys = async (maxKeys = 10) => {
    const listed = await bucket.list('r/', { maxKeys, signal });
    return listed.type === 'keys' ? [listed.isWhole, ...listed.keys.map(({ key }) => key)] : listed.message;
  };
  expect(await keys()).toEqual([true, 'r/1', 'r/2', 'r/3']);
  expect(await keys(2)).toEqual([false, 'r/1', 'r/2']);
  for (const name of ['again', 'empty']) {
    first = name;
    expect(await keys()).toBe('s3://fleet/r/: its listing does not come to an end');
  }
  first = 'foreign';
  expect(await keys()).toBe('s3://fleet/r/: its listing has a key that does not begin so: "elsewhere"');
  first = 'none';
  expect(await keys()).toBe('s3://fleet/r/: its listing is no answer to ListObjectsV2');
});
