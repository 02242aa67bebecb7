import crypto from 'node:crypto';
import dns from 'node:dns';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Bucket, type OpenBucketOptions, openBucket, parseBucketUrl } from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision } from './bed.js';
import { bucketServer, S3_ACCOUNT } from './real-places.js';

// A server whose code is not ours, which has a bucket both in the path and as a part of its own name. By the name it is asked unsigned: there it takes signatures that
// have the bucket in the path as well, which is not what AWS's do. Those are tested by AWS's example (sign-request.test.ts), whose bucket is in the host.
const ENV = { AWS_ACCESS_KEY_ID: S3_ACCOUNT.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_ACCOUNT.secretAccessKey };
const DOMAIN = 'example.test';
const { signal } = new AbortController();

let root: string;
let s3: Awaited<ReturnType<typeof bucketServer>>;
let endpoint: string;
let resolved: Set<string>;
const stops: (() => unknown)[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'names-'));
  s3 = await bucketServer(join(root, 's3'), 'fleet', { serviceEndpoint: DOMAIN });
  stops.push(s3.close);
  endpoint = s3.endpoint.replace('127.0.0.1', `s3.${DOMAIN}`);
  // A name server for this domain, as an administrator of the bucket's server has one.
  resolved = new Set();
  const lookup = dns.lookup as (...args: unknown[]) => void;
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: unknown[]) => {
    resolved.add(name);
    lookup(name.endsWith(`.${DOMAIN}`) ? '127.0.0.1' : name, ...rest);
  }) as typeof dns.lookup);
  stops.push(() => spy.mockRestore());
  withDes();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const BY_NAME = 'pathStyle=false&anonymous=true';
const SIGNED = 'region=eu-central-1';
/** The server makes its tokens, in base64, with a cipher that OpenSSL 3 has no more: another one does. */
const withDes = (): void => {
  const key = Buffer.alloc(16, 'key');
  const { createCipheriv, createDecipheriv } = crypto;
  const spies = [
    vi
      .spyOn(crypto, 'createCipheriv')
      .mockImplementation((_des, _key, iv) => createCipheriv('aes-128-cbc', key, Buffer.concat([iv as Buffer, iv as Buffer])) as never),
    vi
      .spyOn(crypto, 'createDecipheriv')
      .mockImplementation((_des, _key, iv) => createDecipheriv('aes-128-cbc', key, Buffer.concat([iv as Buffer, iv as Buffer])) as never),
  ];
  for (const spy of spies) stops.push(() => spy.mockRestore());
};

const open = (how: string, more: Partial<OpenBucketOptions> = {}): Bucket => {
  const parsed = parseBucketUrl(`s3://fleet/x#endpoint=${endpoint}&${how}`);
  if ('error' in parsed) throw new Error(parsed.error);
  const bucket = openBucket(parsed, { env: ENV, timeoutMs: 20_000, wallNow: Date.now, parallel: 8, ...more });
  stops.push(bucket.close);
  return bucket;
};

/** Without `&`, `<`, `>`, quotes and backticks, which this server escapes twice in its listings. */
const ODD = [
  ...['with space', 'plus+plus', '100%', '%2F', 'ümlaut ÄÖ', '日本語', '🚀', 'semi;colon', 'star*(!)', 'tilde~'],
  ...['at@home', 'dollar$', 'comma,', 'colon:', '[brackets]', '{braces}', 'caret^', 'pipe|'],
  ...['question?', 'hash#', 'equals=', 'under_score-dash.dot'],
];

it.each([
  [BY_NAME, `fleet.s3.${DOMAIN}`],
  [SIGNED, `s3.${DOMAIN}`],
])('keys of any characters are put, listed below a prefix and got (%s)', async (how, host) => {
  const bucket = open(how);
  for (const name of ODD) expect(await bucket.put(`odd/${name}`, JSON.stringify(name), { signal })).toEqual({ type: 'done' });
  await bucket.put('elsewhere', '{}', { signal });
  const listed = await bucket.list('odd/', { maxKeys: 100, signal });
  expect(listed).toMatchObject({ type: 'keys', isWhole: true });
  expect(listed.type === 'keys' && listed.keys.map(({ key }) => key).sort()).toEqual(ODD.map((name) => `odd/${name}`).sort());
  for (const name of ODD) {
    const got = await bucket.get(`odd/${name}`, { maxBytes: 1_000, signal });
    expect(got.type === 'content' && Buffer.from(got.content).toString()).toBe(JSON.stringify(name));
    // This server signs quotes, stars and brackets of a query as they are; AWS's does not.
    if (how === SIGNED && /['*()!]/.test(name)) continue;
    expect(await bucket.list(`odd/${name}`, { maxKeys: 9, signal })).toMatchObject({ type: 'keys', keys: [{ key: `odd/${name}` }] });
  }
  expect([...resolved]).toEqual([host]);
});

it('a listing of more than a thousand keys goes on from page to page, and a source takes what is on the last', {
  timeout: 180_000,
}, async () => {
  const bucket = open(BY_NAME);
  const names = Array.from({ length: 1_004 }, (_, at) => `many/${String(at).padStart(4, '0')}.txt`);
  await Promise.all(names.map((name) => bucket.put(name, '1', { signal })));
  await bucket.put('many/z.yaml', pod('web', 'web:1'), { signal });
  const listed = await bucket.list('many/', { maxKeys: 5_000, signal });
  expect(listed.type === 'keys' ? listed.keys.map(({ key }) => key) : listed).toEqual([...names, 'many/z.yaml']);
  const pages = s3.requests.filter(({ path }) => path.includes('list-type=2'));
  expect(pages.map(({ path, status }) => [status, path.includes('continuation-token=')])).toEqual([
    [200, false],
    [200, true],
  ]);
  const source = definition({ url: 's3://fleet/many/', require: 'none', s3: { endpoint, pathStyle: false, anonymous: true } });
  const watched = follow(source, { directory: join(root, 'state'), env: ENV, wallNow: Date.now });
  stops.push(watched.stop);
  await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
});

it.skipIf(lacking !== undefined)('a source is verified by the signature beside it', async () => {
  const keys = minisignKeys(root);
  const content = revision(7) + pod('web', 'web:7');
  await s3.put('a b/ü+(1)%.yaml', content);
  await s3.put('a b/ü+(1)%.yaml.minisig', keys.sign(content));
  const source = definition({
    url: 's3://fleet/a b/ü+(1)%.yaml',
    keys: [keys.publicKey],
    s3: { endpoint, pathStyle: false, anonymous: true },
  });
  const watched = follow(source, { directory: join(root, 'state'), env: ENV, wallNow: Date.now });
  stops.push(watched.stop);
  await watched.until('revision 7', () => watched.running()['web-n'] === 'web:7');
  expect(watched.last()).toMatchObject({ state: 'Ready', revision: 7 });
  expect(resolved).toContain(`fleet.s3.${DOMAIN}`);
});

it('a token of a session is signed along, whatever is in it', async () => {
  const bucket = open(SIGNED, { env: { ...ENV, AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjE//+==' } });
  expect(await bucket.put('x.json', '{}', { signal })).toEqual({ type: 'done' });
  expect(await bucket.get('x.json', { maxBytes: 10, signal })).toMatchObject({ type: 'content' });
});
