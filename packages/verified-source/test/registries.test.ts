import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceDefinition } from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision, sshKeys, webServer } from './bed.js';
import { registryLacking, registryServer } from './real-places.js';

let root: string;
const stops: (() => unknown)[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'registry-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const start = async (options: Parameters<typeof registryServer>[1] = {}) => {
  const registry = await registryServer(join(root, 'registry'), options);
  stops.push(registry.close);
  return registry;
};
const watch = (source: Partial<SourceDefinition> & Pick<SourceDefinition, 'url'>, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const watched = follow(definition({ oci: { plainHTTP: true }, ...source }), { directory: join(root, 'state'), ...options });
  stops.push(watched.stop);
  return watched;
};
const good = (number: number): string => revision(number) + pod('web', `web:${number}`);
const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const lacks = [lacking, registryLacking].filter((one) => one !== undefined).join(' and ');

describe.skipIf(lacks !== '')(`an artifact of a registry${lacks === '' ? '' : ` (needs ${lacks})`}`, () => {
  it('is followed by its tag, and verified by the signature pushed with it', async () => {
    const registry = await start();
    const keys = minisignKeys(root);
    const push = (number: number): Promise<string> =>
      registry.push('fleet/site', 'stable', [
        { title: 'site.yaml', content: good(number) },
        { title: 'site.yaml.minisig', content: keys.sign(good(number)) },
      ]);
    await push(1);
    const watched = watch({ url: `oci://${registry.host}/fleet/site:stable`, keys: [keys.publicKey] });
    await watched.until('revision 1', () => watched.running()['web-n'] === 'web:1');
    expect(watched.last()).toMatchObject({ state: 'Ready', revision: 1, verifiedBy: expect.stringMatching(/^minisign /) });
    await push(2);
    await watched.until('revision 2', () => watched.running()['web-n'] === 'web:2');
    // A tag that was moved back.
    await push(1);
    await watched.until('the refusal', () => watched.last()?.reason === 'RevisionTooOld');
    watched.stop();
    await registry.close();
    const rebooted = watch({ url: `oci://${registry.host}/fleet/site:stable`, keys: [keys.publicKey] });
    await rebooted.until('the Pod', () => rebooted.running()['web-n'] === 'web:2');
    await rebooted.until('the failure', () => rebooted.last()?.reason === 'Unreachable');
  });

  it('may be signed by what refers to it, of which one that is good is enough', async () => {
    const registry = await start();
    const [keys, old] = [sshKeys(root), sshKeys(root, 'old')];
    const digest = await registry.push('site', 'v1', [{ title: 'site.yaml', content: good(1) }]);
    const watched = watch({ url: `oci://${registry.host}/site:v1`, keys: [keys.publicKey] });
    await watched.until('the refusal', () => watched.last()?.reason === 'SignatureMissing');
    expect(watched.last()?.message).toContain('(a layer, or a referrer with one, whose title ends in .sig)');
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const subject = { mediaType, digest, size: await registry.sizeOf('site', digest) };
    const refer = async (by: typeof keys, created: string) => {
      const one = await registry.push('site', undefined, [{ title: 'site.yaml.sig', content: by.sign(good(1)) }], {
        artifactType: 'application/vnd.solo-kubelet.signature',
        subject,
      });
      return {
        mediaType,
        digest: one,
        size: await registry.sizeOf('site', one),
        annotations: { 'org.opencontainers.image.created': created },
      };
    };
    const first = await refer(keys, '2026-01-01T00:00:00Z');
    await registry.refer('site', digest, [first, await refer(old, '2026-02-01T00:00:00Z')]);
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    expect(watched.last()).toMatchObject({ verifiedBy: expect.stringMatching(/^ssh-ed25519 /) });
  });

  it('is pinned by its digest: nothing else is taken, at boots without a network either', async () => {
    const registry = await start();
    const directory = await mkdtemp(join(root, 'files-'));
    await writeFile(join(directory, 'a.yaml'), pod('a', 'a:1'));
    await writeFile(join(directory, 'b.yaml'), pod('b', 'b:1'));
    const tar = execFileSync('tar', ['-cz', '-C', directory, '.']);
    const digest = await registry.push('site', 'v1', [{ content: tar, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }]);
    const hash = { algorithm: 'sha256' as const, hex: digest.slice('sha256:'.length), of: 'artifact' as const };
    const source = { url: `oci://${registry.host}/site:v1@${digest}`, require: 'hash' as const, hash };
    const watched = watch(source);
    await watched.until('both Pods', () => Object.keys(watched.running()).length === 2);
    expect(watched.last()).toMatchObject({ state: 'Ready', verifiedBy: 'sha256 of its artifact' });
    await registry.push('site', 'v1', [{ title: 'evil.yaml', content: pod('evil', 'evil') }]);
    watched.stop();
    await registry.close();
    const rebooted = watch(source);
    await rebooted.until('both Pods', () => Object.keys(rebooted.running()).length === 2);
    await rebooted.until('a check, for which nobody is asked', () => rebooted.last()?.state === 'Ready');
    rebooted.stop();
    const path = join(root, 'state/last-good.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as { current: { content: string } };
    record.current.content = Buffer.from(pod('evil', 'evil')).toString('base64');
    await writeFile(path, JSON.stringify(record));
    const altered = watch(source);
    await altered.until('the refusal', () => altered.statuses.some(({ reason }) => reason === 'LastGoodUnusable'));
    expect(altered.statuses.find(({ reason }) => reason === 'LastGoodUnusable')?.message).toMatch(
      /HashMismatch: its content has the digest/,
    );
    expect(altered.running()).toEqual({});
  });

  it('of a registry with passwords is asked for with those of docker', async () => {
    const htpasswd = join(root, 'htpasswd');
    // perl -e 'print crypt("s3cret", "$2y$05$abcdefghijklmnopqrstuu")', as htpasswd -B does it.
    await writeFile(htpasswd, 'site:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n');
    const registry = await start({ auth: { htpasswd: { realm: 'site', path: htpasswd } }, login: basic('site', 's3cret') });
    await registry.push('fleet/site', 'v1', [{ content: good(1) }]);
    let known: readonly { readonly username: string; readonly password: string }[] = [];
    const watched = watch({ url: `oci://${registry.host}/fleet/site:v1`, require: 'none' }, { logins: async () => known });
    await watched.until('the refusal', () => watched.last()?.reason === 'HttpError');
    expect(watched.last()?.message).toMatch(/^oci:\/\/127\.0\.0\.1:\d+\/fleet\/site:v1: answered 401 Unauthorized \(see the credentials/);
    known = [
      { username: 'site', password: 'wr0ng' },
      { username: 'site', password: 's3cret' },
    ];
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    expect(JSON.stringify([watched.events, watched.statuses])).not.toMatch(/s3cret|wr0ng/);
  });

  it('of a registry with a token service is asked for with a token, which is asked for anew when it has expired', async () => {
    const [key, cert] = [join(root, 'token.key'), join(root, 'token.pem')];
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync('openssl', ['req', '-x509', ...ec, '-nodes', '-days', '2', '-subj', '/CN=tokens', '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    const x5c = [(await readFile(cert, 'utf8')).replace(/-----[^-]+-----|\s/g, '')];
    const privateKey = createPrivateKey(await readFile(key));
    const tokens = await webServer();
    stops.push(tokens.close);
    const tokenFor = (actions: readonly string[]): Promise<string> =>
      new SignJWT({ access: [{ type: 'repository', name: 'site', actions }] })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c })
        .setIssuer('tokens')
        .setAudience('registry')
        .setIssuedAt()
        .setNotBefore('-1m')
        .setExpirationTime('5m')
        .setJti('1')
        .setSubject('site')
        .sign(privateKey);
    tokens.files.set('/token', (request, response) => {
      if (request.headers.authorization !== basic('site', 's3cret')) return void response.writeHead(401).end();
      const asked = new URL(request.url ?? '', tokens.url).searchParams;
      expect(Object.fromEntries(asked)).toEqual({ service: 'registry', scope: 'repository:site:pull' });
      void tokenFor(['pull']).then((token) => response.end(JSON.stringify({ token, expires_in: 5 })));
    });
    const auth = { token: { realm: `${tokens.url}/token`, service: 'registry', issuer: 'tokens', rootcertbundle: cert } };
    const registry = await start({ auth, login: `Bearer ${await tokenFor(['pull', 'push'])}` });
    await registry.push('site', 'v1', [{ content: good(1) }]);
    const asked: string[] = [];
    let known: readonly { readonly username: string; readonly password: string }[] = [{ username: 'site', password: 'wrong' }];
    const logins = async (repository: string) => {
      asked.push(repository);
      return known;
    };
    const watched = watch({ url: `oci://${registry.host}/site:v1`, require: 'none' }, { logins });
    await watched.until('the refusal', () => watched.last()?.reason === 'HttpError');
    expect(watched.last()?.message).toMatch(/answered 401 Unauthorized \(see the credentials of docker/);
    known = [...known, { username: 'site', password: 's3cret' }];
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    expect(new Set(asked)).toEqual(new Set([`${registry.host}/site`]));
    // Each counts for no longer than its last seconds, which are all that these have.
    const { length } = tokens.requests;
    await watched.until('another token', () => tokens.requests.length > length && watched.last()?.state === 'Ready');
    expect(JSON.stringify([watched.events, watched.statuses])).not.toMatch(/s3cret|wrong/);
  });

  it('with TLS of an authority of its own is trusted by that authority', async () => {
    const [key, cert] = [join(root, 'tls.key'), join(root, 'tls.pem')];
    const names = ['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...names], {
      stdio: 'ignore',
    });
    const registry = await start({ tls: { key, cert } });
    const doubting = watch({ url: `oci://${registry.host}/site:v1`, require: 'none', oci: {} }, { directory: join(root, 'doubting') });
    await doubting.until('the doubt', () => doubting.last()?.reason === 'CertificateUntrusted');
    const trusting = watch({ url: `oci://${registry.host}/site:v1`, require: 'none', oci: {}, caFile: cert });
    await trusting.until('the answer', () => trusting.last()?.reason === 'NotFound');
    expect(trusting.last()?.message).toBe(`oci://${registry.host}/site:v1: there is no such artifact`);
  });
});

it('a check of an artifact takes no longer for all that refers to it, however much and slow that is', async () => {
  const server = await webServer();
  stops.push(server.close);
  const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const layer = {
    digest: digestOf(good(1)),
    size: Buffer.byteLength(good(1)),
    annotations: { 'org.opencontainers.image.title': 'site.yaml' },
  };
  const manifest = JSON.stringify({ layers: [layer] });
  const referrers = Array.from({ length: 20 }, (_, index) => ({ digest: digestOf(`${index}`) }));
  server.files
    .set('/v2/site/manifests/v1', manifest)
    .set(`/v2/site/blobs/${layer.digest}`, good(1))
    .set(`/v2/site/referrers/${digestOf(manifest)}`, JSON.stringify({ manifests: referrers }));
  // Never answered.
  for (const { digest } of referrers) server.files.set(`/v2/site/manifests/${digest}`, () => {});
  const { publicKey } = generateKeyPairSync('ed25519');
  const keys = [publicKey.export({ type: 'spki', format: 'pem' }).toString()];
  const watched = watch({ url: `oci://${new URL(server.url).host}/site:v1`, keys, timeoutMs: 300, intervalMs: 3_600_000 });
  await watched.until('the failure', () => watched.last()?.reason !== undefined);
  expect(watched.last()).toMatchObject({
    reason: 'TooSlow',
    message: expect.stringMatching(/what refers to it did not come within 0\.3 s$/),
  });
  expect(server.requests.filter(({ url = '' }) => referrers.some(({ digest }) => url.endsWith(digest))).length).toBeLessThan(3);
});
