import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceDefinition } from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision, sshKeys } from './bed.js';
import { fakeRuntime, imagesField, layerOf, testImage } from './image-bed.js';
import { bucketServer, S3_ACCOUNT } from './real-places.js';

let root: string;
let s3: Awaited<ReturnType<typeof bucketServer>>;
const stops: (() => unknown)[] = [];

const ENV = { AWS_ACCESS_KEY_ID: S3_ACCOUNT.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_ACCOUNT.secretAccessKey };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bucket-'));
  s3 = await bucketServer(join(root, 's3'), 'fleet');
  stops.push(s3.close);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const watch = (source: Partial<SourceDefinition> & Pick<SourceDefinition, 'url'>, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const access = { endpoint: s3.endpoint, ...source.s3 };
  const watched = follow(definition({ ...source, s3: access }), {
    directory: join(root, 'state'),
    env: ENV,
    wallNow: Date.now,
    ...options,
  });
  stops.push(watched.stop);
  return watched;
};

const good = (number: number): string => revision(number) + pod('web', `web:${number}`);

describe.skipIf(lacking !== undefined)(`an object of a bucket${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  it('is fetched with signed requests, and verified by the signature beside it', async () => {
    const keys = minisignKeys(root);
    const publish = async (number: number): Promise<void> => {
      await s3.put('a b/ü+(1).yaml', good(number));
      await s3.put('a b/ü+(1).yaml.minisig', keys.sign(good(number)));
    };
    await publish(1);
    const watched = watch({ url: 's3://fleet/a b/ü+(1).yaml', keys: [keys.publicKey] });
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
    expect(watched.last()).toMatchObject({ state: 'Ready', revision: 1 });
    const { length } = s3.requests;
    await watched.until('two idle checks', () => s3.requests.length >= length + 2);
    expect(
      s3.requests.slice(length).every(({ status, authorization }) => status === 304 && authorization?.startsWith('AWS4-HMAC-SHA256 ')),
    ).toBe(true);
    await publish(2);
    await watched.until('revision 2', () => watched.running()['web-n'] === 'web:2');
  });

  it('may have its credentials in a file that is replaced while it is used', async () => {
    await s3.put('site.yaml', good(1));
    const credentialsFile = join(root, 'credentials');
    const write = (secret: string): Promise<void> =>
      writeFile(credentialsFile, `[fleet]\naws_access_key_id = S3RVER\naws_secret_access_key = ${secret}\n`);
    await write('s3cret');
    const source = {
      url: 's3://fleet/site.yaml',
      require: 'none' as const,
      s3: { credentialsFile, profile: 'fleet' },
    };
    const watched = watch(source, { env: {} });
    await watched.until('the refusal', () => watched.last()?.reason === 'HttpError');
    expect(watched.last()?.message).toMatch(/^s3:\/\/fleet\/site\.yaml: answered 403 Forbidden \(SignatureDoesNotMatch: the secret key/);
    await write('S3RVER');
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    expect(JSON.stringify([watched.events, watched.statuses])).not.toContain('s3cret');
  });

  it('of a public bucket is asked for without credentials; without any word of them nothing is asked', async () => {
    await s3.put('site.yaml', good(1));
    const without = watch({ url: 's3://fleet/site.yaml', require: 'none' }, { env: {}, directory: join(root, 'without') });
    await without.until('the failure', () => without.last()?.reason === 'CredentialsUnusable');
    expect(without.last()?.message).toMatch(/there are no credentials for the bucket: give spec\.s3\.credentialsFile/);
    without.stop();
    const open = watch({ url: 's3://fleet/site.yaml', require: 'none', s3: { anonymous: true } }, { env: ENV });
    await open.until('the Pod', () => open.running()['web-n'] === 'web:1');
    expect(s3.requests.at(-1)?.authorization).toBeUndefined();
  });

  it('that is missing is told of, and so is a signature', async () => {
    const keys = minisignKeys(root);
    const watched = watch({ url: 's3://fleet/site.yaml', keys: [keys.publicKey] });
    await watched.until('the failure', () => watched.last()?.reason === 'NotFound');
    expect(watched.last()?.message).toMatch(/answered 404 Not Found \(NoSuchKey\)/);
    await s3.put('site.yaml', good(1));
    await watched.until('the failure', () => watched.last()?.reason === 'SignatureMissing');
    expect(watched.last()?.message).toBe('there is no signature at s3://fleet/site.yaml.minisig');
  });
});

describe.skipIf(lacking !== undefined)(`a prefix of a bucket${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  /** Puts files below a prefix, with a list by the real sha256sum, signed. `put`: what is there in their place. */
  const sync = async (
    files: Readonly<Record<string, string>>,
    sign: (list: Buffer) => string,
    put = files,
    suffix = '.minisig',
  ): Promise<void> => {
    const directory = await mkdtemp(join(root, 'files-'));
    await mkdir(join(directory, 'site'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(directory, 'site', name, '..'), { recursive: true });
      await writeFile(join(directory, 'site', name), content);
    }
    const list = execFileSync('sha256sum', ['--', ...Object.keys(files)], { cwd: join(directory, 'site') });
    await s3.put(`site/SHA256SUMS${suffix}`, sign(list));
    for (const [name, content] of Object.entries(put)) await s3.put(`site/${name}`, content);
    await s3.put('site/SHA256SUMS', list);
  };

  it('is one source, verified by its signed list of sums', async () => {
    const keys = sshKeys(root);
    const put = (number: number, files: Readonly<Record<string, string>>): Promise<void> =>
      sync({ '00-revision.yaml': revision(number).replace('---\n', ''), ...files }, keys.sign, undefined, '.sig');
    await put(1, { 'a.yaml': pod('a', 'a:1'), 'shop/b.yaml': pod('b', 'b:1'), README: 'x' });
    await s3.put('site/stray.yaml', pod('stray', 'stray'));
    const watched = watch({ url: 's3://fleet/site/', keys: [keys.publicKey] });
    await watched.until('both Pods', () => Object.keys(watched.running()).length === 2);
    expect(watched.running()).toEqual({ 'a-n': 'a:1', 'b-n': 'b:1' });
    expect(watched.last()).toMatchObject({ revision: 1, verifiedBy: expect.stringMatching(/^ssh-ed25519 /) });
    const { length } = s3.requests;
    await watched.until('two idle checks', () => s3.requests.length >= length + 2);
    expect(s3.requests.slice(length).map(({ path, status }) => `${path} ${status}`)).toContain('/fleet/site/SHA256SUMS 304');
    expect(s3.requests.slice(length).every(({ status }) => status === 304)).toBe(true);

    // A boot without the bucket.
    watched.stop();
    await s3.close();
    const rebooted = watch({ url: 's3://fleet/site/', keys: [keys.publicKey] });
    await rebooted.until('both Pods', () => Object.keys(rebooted.running()).length === 2);
    expect(rebooted.statuses.some(({ state, revision: number }) => state === 'Pending' && number === 1)).toBe(true);
  });

  it('may be pinned by the hash of its list, and encrypted file by file', async () => {
    const seal = (text: string): string => `SEALED${text}`;
    const prepare = async (bytes: Uint8Array): Promise<Uint8Array> =>
      Buffer.from(bytes.subarray(0, 6)).toString() === 'SEALED' ? bytes.subarray(6) : bytes;
    let hex = '';
    await sync({ 'a.yaml': pod('a', 'a:1'), 'b.yaml': seal(pod('b', 'b:1')) }, (list) => {
      hex = execFileSync('sha256sum', { input: list }).toString().slice(0, 64);
      return 'x';
    });
    const source = { url: 's3://fleet/site/', require: 'hash' as const, hash: { algorithm: 'sha256' as const, hex } };
    const watched = watch(source, { prepare });
    await watched.until('both Pods', () => Object.keys(watched.running()).length === 2);
    watched.stop();
    await s3.close();
    const rebooted = watch(source, { prepare });
    await rebooted.until('both Pods', () => Object.keys(rebooted.running()).length === 2);
    expect(rebooted.running()).toEqual({ 'a-n': 'a:1', 'b-n': 'b:1' });
  });

  it('of which a file was replaced, left out or brought back changes nothing', async () => {
    const keys = minisignKeys(root);
    const filesOf = (number: number): Record<string, string> => ({
      '00.yaml': revision(number).replace('---\n', ''),
      'a.yaml': pod('a', `a:${number}`),
      'b.yaml': pod('b', `b:${number}`),
    });
    const watched = watch({ url: 's3://fleet/site/', keys: [keys.publicKey] });
    const refused = async (reason: string, message: RegExp): Promise<void> => {
      await watched.until(`${reason} ${message}`, () => watched.last()?.reason === reason && message.test(watched.last()?.message ?? ''));
      expect(watched.running()).toEqual({ 'a-n': 'a:2', 'b-n': 'b:2' });
    };
    await sync(filesOf(2), keys.sign);
    await watched.until('revision 2', () => watched.running()['b-n'] === 'b:2');
    await sync(filesOf(3), keys.sign, { ...filesOf(3), 'a.yaml': pod('a', 'a:2') });
    await refused('HashMismatch', /the sha256 of "a\.yaml" is [0-9a-f]{64}, not [0-9a-f]{64} as its list says/);
    await s3.remove('site/a.yaml');
    await refused('NotFound', /s3:\/\/fleet\/site\/a\.yaml: answered 404/);
    await sync(filesOf(1), keys.sign);
    await refused('RevisionTooOld', /1 is older than 2/);
    await sync({ ...filesOf(3), '../site/c.yaml': pod('c', 'c') }, keys.sign, filesOf(3));
    await refused('ListInvalid', /SHA256SUMS names a file in line 4 whose path has a part that is \. or \.\.: "\.\.\/site\/c\.yaml"/);
    await sync(filesOf(3), keys.sign);
    await watched.until('revision 3', () => watched.running()['b-n'] === 'b:3');
  });

  it('that nobody vouches for is what is listed', async () => {
    await s3.put('site/a.yaml', pod('a', 'a:1'));
    await s3.put('site/sub/b +ü.yaml', pod('b', 'b:1'));
    await s3.put('site/.hidden.yaml', pod('c', 'c:1'));
    await s3.put('site/README', 'x');
    await s3.put('site2/d.yaml', pod('d', 'd:1'));
    const watched = watch({ url: 's3://fleet/site/', require: 'none' });
    await watched.until('both Pods', () => Object.keys(watched.running()).length === 2);
    expect(watched.running()).toEqual({ 'a-n': 'a:1', 'b-n': 'b:1' });
    const { length } = s3.requests;
    await watched.until('two idle checks', () => s3.requests.length >= length + 2);
    expect(s3.requests.slice(length).every(({ path }) => path.startsWith('/fleet?list-type=2'))).toBe(true);
    await s3.remove('site/sub/b +ü.yaml');
    await watched.until('one Pod', () => Object.keys(watched.running()).length === 1);
    await s3.remove('site/a.yaml');
    await watched.until('the refusal', () => watched.last()?.reason === 'Empty');
    expect(watched.running()).toEqual({ 'a-n': 'a:1' });
  });
});

describe('images in a bucket', () => {
  it('are fetched with signed requests, in pieces', async () => {
    const image = testImage('registry.invalid/web:1', [layerOf(300_000)]);
    for (const [digest, content] of image.blobs) await s3.put(`boxes/images/blobs/${digest.replace(':', '/')}`, content);
    await s3.put('boxes/site.yaml', revision(1, imagesField(image)) + pod('web', 'web:1'));
    const before = s3.requests.length;
    const fake = fakeRuntime();
    const [layer = ''] = image.layers;
    const directory = join(root, 'state');
    await mkdir(join(directory, 'images'), { recursive: true });
    await writeFile(join(directory, 'images', `${layer.replace(':', '-')}.partial`), image.blobs.get(layer)?.subarray(0, 100_000) ?? '');
    const watched = watch({ url: 's3://fleet/boxes/site.yaml', require: 'none' }, { directory, runtimeImages: fake.runtime });
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    expect(fake.content.get(layer)?.equals(image.blobs.get(layer) ?? Buffer.alloc(0))).toBe(true);
    const asked = s3.requests.slice(before).filter(({ path }) => path.includes('/images/blobs/'));
    expect(asked.map(({ status }) => status).sort()).toEqual([200, 200, 200, 206]);
    expect(asked.every(({ authorization }) => authorization?.startsWith('AWS4-HMAC-SHA256 '))).toBe(true);
  });
});
