import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SourceDefinition, SourceReason } from '../src/index.js';
import { MAX_BESIDE_BYTES } from '../src/places/place.js';
import { type Answer, definition, follow, lacking, minisignKeys, pod, revision, useSite, webServer } from './bed.js';

const site = useSite();

const ENV = { AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 's3cret-key' };
const good = (number: number): string => revision(number) + pod('web', `web:${number}`);
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const watch = (source: Partial<SourceDefinition> & Pick<SourceDefinition, 'url'>, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const watched = follow(definition(source), { directory: join(site.root, 'state'), env: ENV, wallNow: Date.now, ...options });
  site.stops.push(watched.stop);
  return watched;
};

/** Waits until a source runs revision 5; what follows must change nothing. */
const settledOn = async (watched: ReturnType<typeof follow>) => {
  await watched.until('revision 5', () => watched.last()?.state === 'Ready' && watched.running()['web-n'] === 'web:5');
  const kept = await readFile(join(site.root, 'state/last-good.json'), 'utf8');
  const told = watched.events.filter(({ type }) => type === 'applied' || type === 'removed').length;
  return async (reason: SourceReason, message: RegExp): Promise<void> => {
    await watched.until(`${reason} ${message}`, () => watched.last()?.reason === reason && message.test(watched.last()?.message ?? ''));
    const { failures = 0 } = watched.last() ?? {};
    await watched.until('another check', () => (watched.last()?.failures ?? 0) > failures);
    expect(watched.last()).toMatchObject({ reason, state: 'Stale' });
    expect(watched.running()).toEqual({ 'web-n': 'web:5' });
    expect(watched.events.filter(({ type }) => type === 'applied' || type === 'removed')).toHaveLength(told);
    expect(await readFile(join(site.root, 'state/last-good.json'), 'utf8')).toBe(kept);
    expect(JSON.stringify([watched.events, watched.statuses])).not.toContain('s3cret');
  };
};

/** A body without an end. */
const pour = (response: ServerResponse): void => {
  const chunk = Buffer.alloc(65_536, '#');
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
};
const endless: Answer = (request, response) => {
  response.writeHead(200);
  // Of a HEAD nothing is sent, so that nothing would ever hold it up.
  if (request.method === 'HEAD') response.end();
  else pour(response);
};
const slow: Answer = (request, response) => {
  response.writeHead(200);
  if (request.method === 'HEAD') return void response.end();
  const timer = setInterval(() => response.write('#'), 100);
  response.on('close', () => clearInterval(timer));
};
const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

describe.skipIf(lacking !== undefined)(`an attack on a bucket${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  const settled = async (source: Partial<SourceDefinition> = {}) => {
    const keys = minisignKeys(site.root);
    site.server.files.set('/fleet/site.yaml', good(5));
    site.server.files.set('/fleet/site.yaml.minisig', keys.sign(good(5)));
    const watched = watch({ url: 's3://fleet/site.yaml', s3: { endpoint: site.server.url }, keys: [keys.publicKey], ...source });
    return { keys, watched, refused: await settledOn(watched) };
  };
  const publish = (answer: string | Answer): void => void site.server.files.set('/fleet/site.yaml', answer);

  it.each<[string, string | Answer, SourceReason, RegExp]>([
    ['an endless answer', endless, 'TooLarge', /more than 100000 bytes/],
    ['a slow answer', slow, 'TooSlow', /had sent \d+ bytes of its answer after 1\.5 s/],
    ['an empty answer', answering(200), 'Empty', /it is empty/],
    ['altered bytes', good(6), 'SignatureInvalid', /do not belong together/],
    ['a redirect to a file', answering(302, { location: 'file:///etc/passwd' }), 'RedirectRefused', /not an http or https URL/],
    [
      'an error without an end',
      (_request, response) => {
        response.writeHead(500);
        pour(response);
      },
      'HttpError',
      /answered 500/,
    ],
    [
      'an error with words of its own',
      answering(403, {}, '<Error><Code>\u001b[31m</Code><Message>s3cret</Message></Error>'),
      'HttpError',
      /answered 403 Forbidden$/,
    ],
    [
      'a word on another region',
      answering(301, { 'x-amz-bucket-region': 'eu-central-1' }, '<Code>PermanentRedirect</Code>'),
      'HttpError',
      /it is in eu-central-1/,
    ],
    [
      'a clock that is wrong',
      answering(403, {}, '<Code>RequestTimeTooSkewed</Code>'),
      'HttpError',
      /the clock of this node is not that of the server/,
    ],
  ])('%s changes nothing', async (_what, answer, reason, message) => {
    const { refused } = await settled({ maxBytes: 100_000, timeoutMs: 1_500 });
    publish(answer);
    await refused(reason, message);
  });

  it('a redirect of a signed request to another server changes nothing, and tells that server nothing', async () => {
    const other = await webServer();
    site.stops.push(other.close);
    const { refused } = await settled();
    publish(answering(307, { location: `${other.url}/fleet/site.yaml` }));
    await refused('RedirectRefused', /another server than the one that its credentials are for/);
    expect(other.requests).toEqual([]);
  });

  it('a 304 to somebody who has nothing is no answer', async () => {
    publish(answering(304));
    const watched = watch({ url: 's3://fleet/site.yaml', s3: { endpoint: site.server.url }, require: 'none' });
    await watched.until('the failure', () => watched.last()?.reason === 'HttpError');
    expect(watched.last()).toMatchObject({ state: 'Failed', message: expect.stringContaining('304') });
  });

  it('credentials that are gone change nothing', async () => {
    const credentialsFile = join(site.root, 'credentials');
    await writeFile(credentialsFile, '[default]\naws_access_key_id=AK\naws_secret_access_key=s3cret-key\n');
    const { refused } = await settled({ s3: { endpoint: site.server.url, credentialsFile } });
    await writeFile(credentialsFile, 's3cret-key\n');
    await refused('CredentialsUnusable', /credentials:1: want \[PROFILE\]/);
    await rm(credentialsFile);
    await refused('CredentialsUnusable', /cannot read .*credentials/);
  });
});

describe.skipIf(lacking !== undefined)(`an attack on a prefix${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  const listOf = (files: Readonly<Record<string, string>>): string =>
    Object.entries(files)
      .map(([name, content]) => `${sha256(content)}  ${name}\n`)
      .join('');
  const settled = async (source: Partial<SourceDefinition> = {}) => {
    const keys = minisignKeys(site.root);
    const put = (files: Readonly<Record<string, string>>, list = listOf(files)): void => {
      for (const [name, content] of Object.entries(files)) site.server.files.set(`/fleet/site/${name}`, content);
      site.server.files.set('/fleet/site/SHA256SUMS', list);
      site.server.files.set('/fleet/site/SHA256SUMS.minisig', keys.sign(list));
    };
    put({ 'a.yaml': good(5) });
    const watched = watch({ url: 's3://fleet/site/', s3: { endpoint: site.server.url }, keys: [keys.publicKey], ...source });
    return { keys, put, watched, refused: await settledOn(watched) };
  };

  it('a list that names strange files, or none, changes nothing', async () => {
    const { put, refused } = await settled();
    put({ 'a.yaml': good(6) }, `${listOf({ 'a.yaml': good(6) })}${sha256('x')}  ../../other/b.yaml\n`);
    await refused('ListInvalid', /path has a part that is \. or \.\./);
    expect(site.server.requests.some(({ url }) => url?.includes('other'))).toBe(false);
    put({ 'a.yaml': good(6) }, `${sha256('x')}  \u001b]0;x\u0007.yaml\n`);
    await refused('ListInvalid', /control characters/);
    put({}, `${sha256('x')}  README\n`);
    await refused('ListInvalid', /names no manifest/);
    put({}, Array.from({ length: 300 }, (_, at) => `${sha256('x')}  ${at}.yaml\n`).join(''));
    await refused('ListInvalid', /more than 256 manifests/);
  });

  it('a list that is altered changes nothing, though its files are as it says', async () => {
    const { keys, put, refused } = await settled();
    put({ 'a.yaml': good(6), 'evil.yaml': pod('evil', 'evil') });
    site.server.files.set('/fleet/site/SHA256SUMS.minisig', keys.sign(listOf({ 'a.yaml': good(6) })));
    await refused('SignatureInvalid', /do not belong together/);
  });

  it('files that are endless, slow, or too large together change nothing', async () => {
    const { put, refused } = await settled({ maxBytes: 100_000, timeoutMs: 1_500 });
    put({ 'a.yaml': good(6) });
    site.server.files.set('/fleet/site/a.yaml', endless);
    await refused('TooLarge', /its files have more than 100000 bytes/);
    const half = `#${'x'.repeat(60_000)}\n`;
    put({ 'a.yaml': good(6), 'b.yaml': half, 'c.yaml': half });
    await refused('TooLarge', /its files have more than 100000 bytes/);
    // Each of them within its time, all of them not.
    const late: Answer = (_request, response) => {
      const timer = setTimeout(() => response.end(good(6)), 700);
      response.on('close', () => clearTimeout(timer));
    };
    put({ 'a.yaml': good(6), 'b.yaml': good(6), 'c.yaml': good(6) });
    for (const name of ['a', 'b', 'c']) site.server.files.set(`/fleet/site/${name}.yaml`, late);
    await refused('TooSlow', /its files did not come within 1.5 s/);
  });

  const listing = (keys: readonly string[], more = '<IsTruncated>false</IsTruncated>'): string =>
    `<ListBucketResult>${more}${keys.map((key) => `<Contents><Key>${key}</Key><ETag>e</ETag><Size>1</Size></Contents>`).join('')}</ListBucketResult>`;

  it.each<[string, string | Answer, SourceReason, RegExp]>([
    [
      'that never ends',
      (request, response) => {
        const page = Number(/continuation-token=(\d+)/.exec(request.url ?? '')?.[1] ?? 0) + 1;
        response.end(
          listing([`site/${page}.txt`], `<IsTruncated>true</IsTruncated><NextContinuationToken>${page}</NextContinuationToken>`),
        );
      },
      'TooLarge',
      /more than 10 pages/,
    ],
    ['of endless bytes', endless, 'TooLarge', /answered with more than 1048576 bytes/],
    [
      'of more manifests than a source has',
      listing(Array.from({ length: 257 }, (_, at) => `site/${at}.yaml`)),
      'TooLarge',
      /more than 256 manifests/,
    ],
    [
      'with a path that leads out',
      listing(['site/../../etc/b.yaml']),
      'ListInvalid',
      /path has a part that is \. or \.\.: "\.\.\/\.\.\/etc\/b\.yaml"/,
    ],
    ['with control characters', listing(['site/&#27;[31m.yaml']), 'ListInvalid', /control characters: "\\u001b/],
    ['with a key from elsewhere', listing(['other/b.yaml']), 'ListInvalid', /not below the prefix: "other\/b\.yaml"/],
    ['with a key twice', listing(['site/a.yaml', 'site/a.yaml']), 'ListInvalid', /"a.yaml" twice/],
    ['of another kind', '<html></html>', 'ListInvalid', /no answer to ListObjectsV2/],
    [
      'with an entity of its own',
      `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${listing(['site/&a;.yaml'])}`,
      'NotFound',
      /site\/&a;\.yaml/,
    ],
    ['of nothing', listing([]), 'Empty', /there is no manifest/],
    ['with nothing behind a key', listing(['site/gone.yaml']), 'NotFound', /site\/gone\.yaml: answered 404/],
  ])('a listing %s changes nothing', async (_what, answer, reason, message) => {
    site.server.files.set('/fleet', listing(['site/a.yaml']));
    site.server.files.set('/fleet/site/a.yaml', good(5));
    const watched = watch({ url: 's3://fleet/site/', s3: { endpoint: site.server.url }, require: 'none' });
    const refused = await settledOn(watched);
    site.server.files.set('/fleet', answer);
    await refused(reason, message);
  });
});

describe.skipIf(lacking !== undefined)(`an attack on a registry${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  const TITLE = 'org.opencontainers.image.title';
  const digest = (bytes: string | Uint8Array): string => `sha256:${sha256(bytes)}`;
  const layerOf = (title: string, content: string, more: object = {}) => ({
    mediaType: 'application/x',
    digest: digest(content),
    size: Buffer.byteLength(content),
    annotations: { [TITLE]: title },
    ...more,
  });
  const blobPath = (content: string): string => `/v2/site/blobs/${digest(content)}`;
  /** What a registry answers for a manifest; `digest`: what it says of it. */
  const manifestAnswer =
    (manifest: string, said = digest(manifest)): Answer =>
    (request, response) =>
      void response.writeHead(200, { 'docker-content-digest': said }).end(request.method === 'HEAD' ? undefined : manifest);

  const settled = async (source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
    const keys = minisignKeys(site.root);
    const push = (content: string, signature = keys.sign(content)): void => {
      const manifest = JSON.stringify({ layers: [layerOf('s.yaml', content), layerOf('s.yaml.minisig', signature)] });
      site.server.files.set(blobPath(content), content);
      site.server.files.set(blobPath(signature), signature);
      site.server.files.set('/v2/site/manifests/v1', manifestAnswer(manifest));
    };
    push(good(5));
    const url = `oci://${new URL(site.server.url).host}/site:v1`;
    const watched = watch({ url, oci: { plainHTTP: true }, keys: [keys.publicKey], ...source }, options);
    return { keys, push, watched, refused: await settledOn(watched) };
  };

  it('a blob that is not what its digest says changes nothing, signed or not', async () => {
    const { push, refused } = await settled();
    push(good(6));
    site.server.files.set(blobPath(good(6)), good(7));
    await refused('HashMismatch', /its layer "s\.yaml" sha256:[0-9a-f]{64}: it has the digest sha256:/);
    site.server.files.set(blobPath(good(6)), endless);
    await refused('TooLarge', /its layer .*answered with more than/);
    site.server.files.set(blobPath(good(6)), answering(404));
    await refused('ArtifactInvalid', /its layer .*: it is not there/);
  });

  it('manifests of all wrong kinds change nothing', async () => {
    const { refused } = await settled({ maxBytes: 100_000, timeoutMs: 1_500 });
    const put = (answer: string | Answer): void =>
      void site.server.files.set('/v2/site/manifests/v1', typeof answer === 'string' ? manifestAnswer(answer) : answer);
    put('<html></html>');
    await refused('ArtifactInvalid', /no JSON object/);
    put(JSON.stringify({ manifests: [] }));
    await refused('ArtifactInvalid', /an index of several/);
    put(JSON.stringify({ layers: [layerOf('a', 'x', { digest: 'sha256:../../../etc/passwd' })] }));
    await refused('ArtifactInvalid', /no digest of sha256 or sha512/);
    put(JSON.stringify({ layers: [layerOf('a', 'x', { size: 1e9 })] }));
    await refused('TooLarge', /1000000000 bytes, more than 100000/);
    put(endless);
    await refused('TooLarge', /more than 262144 bytes/);
    put(slow);
    await refused('TooSlow', /had sent \d+ bytes of its answer after 1\.5 s/);
    put(answering(200));
    await refused('ArtifactInvalid', /no JSON object/);
    put(answering(404));
    await refused('NotFound', /there is no such artifact/);
  });

  it('a manifest that is not the one that is pinned changes nothing', async () => {
    const manifest = JSON.stringify({ layers: [layerOf('s.yaml', good(5))] });
    const hash = { algorithm: 'sha256' as const, hex: sha256(manifest), of: 'artifact' as const };
    const evil = JSON.stringify({ layers: [layerOf('s.yaml', good(6))] });
    site.server.files.set(blobPath(good(6)), good(6));
    site.server.files.set(`/v2/site/manifests/${digest(manifest)}`, manifestAnswer(evil, digest(manifest)));
    const url = `oci://${new URL(site.server.url).host}/site@${digest(manifest)}`;
    const watched = watch({ url, oci: { plainHTTP: true }, require: 'hash', hash });
    await watched.until('the refusal', () => watched.last()?.reason === 'HashMismatch');
    expect(watched.last()?.message).toMatch(/site@sha256:[0-9a-f]{64}: it has the digest sha256:/);
    site.server.files.set(blobPath(good(5)), good(5));
    site.server.files.set(`/v2/site/manifests/${digest(manifest)}`, manifestAnswer(manifest));
    await settledOn(watched);
    const { length } = site.server.requests;
    const { checkedAtMs = 0 } = watched.last() ?? {};
    await watched.until('another check', () => (watched.last()?.checkedAtMs ?? 0) > checkedAtMs);
    // It can not have changed: nobody is asked.
    expect(site.server.requests).toHaveLength(length);
  });

  it('a signature of something else, or of endless bytes, changes nothing', async () => {
    const { keys, push, refused } = await settled();
    push(good(6), keys.sign(good(7)));
    await refused('SignatureInvalid', /do not belong together/);
    push(good(6), 'x'.repeat(MAX_BESIDE_BYTES + 1));
    await refused('TooLarge', /its signature: .*"s\.yaml\.minisig" has more than \d+ bytes/);
    push(good(4));
    await refused('RevisionTooOld', /4 is older than 5/);
  });

  it('referrers of strangers change nothing, and keep no good one back', async () => {
    const { keys, watched, refused } = await settled();
    const content = good(6);
    const manifest = JSON.stringify({ layers: [layerOf('s.yaml', content)] });
    site.server.files.set(blobPath(content), content);
    site.server.files.set('/v2/site/manifests/v1', manifestAnswer(manifest));
    const refer = (signature: string, created: string, more: object = {}) => {
      const one = JSON.stringify({ layers: [layerOf('s.yaml.minisig', signature, more)] });
      site.server.files.set(blobPath(signature), signature);
      site.server.files.set(`/v2/site/manifests/${digest(one)}`, manifestAnswer(one));
      return { digest: digest(one), annotations: { 'org.opencontainers.image.created': created } };
    };
    const bad = [
      refer(minisignKeys(site.root, 'stranger').sign(content), '2026-03-01'),
      refer('garbage', '2026-04-01'),
      refer('large', '2026-05-01', { size: 1e9 }),
      { digest: digest('nothing') },
      { digest: 'sha256:../../x' },
    ];
    const index = (manifests: readonly object[]): void =>
      void site.server.files.set(`/v2/site/referrers/${digest(manifest)}`, JSON.stringify({ manifests }));
    index(bad);
    await refused('SignatureInvalid', /cannot be read/);
    index([...bad, refer(keys.sign(content), '2026-01-01')]);
    await watched.until('revision 6', () => watched.running()['web-n'] === 'web:6');
  });

  it('an altered digest in the answer to a HEAD changes nothing but that the manifest is fetched', async () => {
    const { watched } = await settled();
    const manifest = site.server.files.get('/v2/site/manifests/v1') as Answer;
    let gets = 0;
    site.server.files.set('/v2/site/manifests/v1', (request, response) => {
      if (request.method === 'HEAD') return void response.writeHead(200, { 'docker-content-digest': 'sha256:x' }).end();
      gets += 1;
      return manifest(request, response);
    });
    await watched.until('a GET', () => gets > 1);
    expect(watched.last()).toMatchObject({ state: 'Ready' });
  });

  it('a redirect of a blob is followed without what the registry is shown', async () => {
    const other = await webServer();
    site.stops.push(other.close);
    const protect =
      (answer: Answer): Answer =>
      (request, response) =>
        request.headers.authorization === undefined
          ? void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
          : answer(request, response);
    const content = good(5);
    const manifest = JSON.stringify({ layers: [layerOf('s.yaml', content)] });
    site.server.files.set('/v2/site/manifests/v1', protect(manifestAnswer(manifest)));
    site.server.files.set(blobPath(content), protect(answering(307, { location: `${other.url}/store?signature=s3cret` })));
    other.files.set('/store', content);
    const logins = async () => [{ username: 'u', password: 's3cret' }];
    const url = `oci://${new URL(site.server.url).host}/site:v1`;
    const watched = watch({ url, oci: { plainHTTP: true }, require: 'none' }, { logins });
    await settledOn(watched);
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(JSON.stringify([watched.events, watched.statuses])).not.toContain('s3cret');
  });

  it('a token service on another server is not asked for a registry without TLS, nor one that redirects', async () => {
    const other = await webServer();
    site.stops.push(other.close);
    const logins = async () => [{ username: 'u', password: 's3cret' }];
    const { refused } = await settled({}, { logins });
    site.server.files.set(
      '/v2/site/manifests/v1',
      answering(401, { 'www-authenticate': `Bearer realm="${other.url.replace('127.0.0.1', 'localhost')}/token"` }),
    );
    await refused('RedirectRefused', /demands a token of a service that is not asked/);
    site.server.files.set('/v2/site/manifests/v1', answering(401, { 'www-authenticate': `Bearer realm="${site.server.url}/token"` }));
    site.server.files.set('/token', answering(307, { location: `${other.url}/token` }));
    await refused('RedirectRefused', /its token service was redirected to .*another server/);
    site.server.files.set('/token', endless);
    await refused('TooLarge', /its token service answered with more than 65536 bytes/);
    site.server.files.set('/token', '{"token":"a\\r\\nX: y"}');
    await refused('Unreachable', /its token service answered with no token/);
    site.server.files.set('/token', '{"token":"s3cret-token"}');
    await refused('HttpError', /answered 401 Unauthorized/);
    site.server.files.set('/v2/site/manifests/v1', answering(401));
    await refused('HttpError', /answered 401 Unauthorized/);
    expect(other.requests).toEqual([]);
  });
});
