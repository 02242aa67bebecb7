import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFiles } from '@solo-kubelet/state-files';
import { faultyFiles } from '@solo-kubelet/state-files/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SourceDefinition, SourceReason } from '../src/index.js';
import { definition, follow, pod, revision, useSite, webServer } from './bed.js';
import { inMs, tufRepository, tufSigner } from './tuf-bed.js';

const site = useSite();
let rootFile: string;
beforeEach(() => {
  rootFile = join(site.root, 'root.json');
});

const web = (number: number | string): string => pod('web', `web:${number}`);
type Repository = ReturnType<typeof tufRepository>;

const watch = (repository: Repository, source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const { url } = repository;
  const watched = follow(definition({ url, tuf: repository.tuf(rootFile), ...source }), {
    directory: join(site.root, 'state'),
    ...options,
  });
  site.stops.push(watched.stop);
  return watched;
};

const runs = (watched: ReturnType<typeof follow>, number: number) =>
  watched.until(`version ${number}`, () => watched.last()?.state === 'Ready' && watched.running()['web-n'] === `web:${number}`);

/** A source that runs version 5, and what it takes to see that something changed nothing. */
const settled = async (
  given: Parameters<typeof tufRepository>[1] = {},
  source: Partial<SourceDefinition> = {},
  options: Partial<Parameters<typeof follow>[1]> = {},
) => {
  const repository = tufRepository(site.server, given);
  await writeFile(rootFile, repository.firstRoot);
  repository.publish({ version: 5, content: web(5) });
  const watched = watch(repository, source, options);
  await runs(watched, 5);
  const kept = await readFile(join(site.root, 'state/last-good.json'), 'utf8');
  const refused = async (reason: SourceReason, message: RegExp): Promise<void> => {
    await watched.until(`${reason} ${message}`, () => {
      const last = watched.last();
      return last?.reason === reason && message.test(last.message ?? '');
    });
    const { failures = 0 } = watched.last() ?? {};
    await watched.until('another check', () => (watched.last()?.failures ?? 0) > failures);
    expect(watched.last()).toMatchObject({ reason, state: 'Stale', revision: 5 });
    expect(watched.running()).toEqual({ 'web-n': 'web:5' });
    expect(await readFile(join(site.root, 'state/last-good.json'), 'utf8')).toBe(kept);
  };
  return { repository, watched, refused };
};

const requestsOf = (from: number): readonly string[] => site.server.requests.slice(from).map(({ url = '' }) => url);

describe('a TUF repository', () => {
  it('vouches for what a source runs, with and without a network, and an idle check loads nothing again', async () => {
    const { repository, watched } = await settled();
    expect(watched.last()).toMatchObject({ revision: 5, verifiedBy: 'tuf root 1, targets 5' });
    expect(await readdir(join(site.root, 'state'))).toEqual(expect.arrayContaining(['last-good.json', 'tuf.json']));
    const before = site.server.requests.length;
    await watched.until('two checks', () => site.server.requests.length > before + 3);
    expect(new Set(requestsOf(before))).toEqual(new Set(['/metadata/2.root.json', '/metadata/timestamp.json']));
    expect(site.server.requests.at(-1)?.headers['if-none-match'] ?? site.server.requests.at(-2)?.headers['if-none-match']).toBeDefined();
    repository.publish({ version: 6, content: web(6) });
    await runs(watched, 6);
    watched.stop();
    site.server.files.clear();
    const again = watch(repository);
    await again.until('the Pod without a network', () => again.last()?.state === 'Stale' && again.running()['web-n'] === 'web:6');
    expect(again.last()).toMatchObject({ revision: 6, verifiedBy: 'tuf root 1, targets 6' });
  });

  it('may be signed anew with the same content, which is not loaded again', async () => {
    const { repository, watched } = await settled();
    const before = site.server.requests.length;
    repository.publish({ version: 6, content: web(5) });
    await watched.until('version 6', () => watched.last()?.revision === 6);
    expect(requestsOf(before).filter((url) => url.startsWith('/targets'))).toEqual([]);
    expect(watched.running()).toEqual({ 'web-n': 'web:5' });
  });

  it('may say a revision of the target by itself, or in its first document', async () => {
    const { repository, watched } = await settled();
    repository.publish({ version: 6, content: web(6), custom: { revision: 40 } });
    await runs(watched, 6);
    expect(watched.last()?.revision).toBe(40);
    repository.publish({ version: 7, content: revision(41) + web(7) });
    await runs(watched, 7);
    expect(watched.last()?.revision).toBe(41);
    repository.publish({ version: 8, content: web(8) });
    await watched.until('the refusal', () => watched.last()?.reason === 'RevisionTooOld');
    repository.publish({ version: 9, content: web(9), custom: { revision: -1 } });
    await watched.until('the refusal', () => watched.last()?.reason === 'SignatureInvalid');
    expect(watched.last()?.message).toMatch(/custom\.revision of site\.yaml is no whole number/);
  });

  it('may let another role list the target, below a directory', async () => {
    const repository = tufRepository(site.server, { target: 'site.yaml' });
    await writeFile(rootFile, repository.firstRoot);
    repository.publish({ version: 7, content: web(7), delegated: 'shops' });
    const watched = watch(repository);
    await runs(watched, 7);
    expect(watched.last()).toMatchObject({ revision: 7, verifiedBy: 'tuf root 1, shops 7' });
    watched.stop();
    site.server.files.clear();
    const again = watch(repository);
    await again.until('the Pod without a network', () => again.running()['web-n'] === 'web:7');
  });

  it('changes its keys, all of them, many times', async () => {
    const { repository, watched } = await settled({ threshold: 2 });
    const { targets } = repository.signers;
    repository.rotate(['targets', 'timestamp', 'snapshot']);
    repository.rotate(['root']);
    repository.rotate(['root', 'targets']);
    repository.publish({ version: 6, content: web(6) });
    await runs(watched, 6);
    expect(watched.last()?.verifiedBy).toBe('tuf root 4, targets 6');
    repository.publish({ version: 7, content: web(7), signers: { targets } });
    await watched.until('the refusal of the keys of old', () => watched.last()?.reason === 'SignatureInvalid');
    expect(watched.last()?.message).toMatch(/targets was signed by 0\/2 keys/);
    watched.stop();
    const again = watch(repository);
    await again.until('the same after a start', () => again.last()?.reason === 'SignatureInvalid');
    expect(again.running()).toEqual({ 'web-n': 'web:6' });
  });

  it('is asked with the credentials of the source, and only where they are for', async () => {
    const headersFile = join(site.root, 'headers');
    await writeFile(headersFile, 'Authorization: Bearer s3cret\n');
    const { repository, watched } = await settled({}, { headersFile });
    expect(site.server.requests.map(({ headers }) => headers.authorization)).not.toContain(undefined);
    watched.stop();
    const other = await webServer();
    site.stops.push(other.close);
    const tuf = { ...repository.tuf(rootFile), metadataUrl: `${other.url}/metadata` };
    const astray = watch(repository, { headersFile, tuf });
    await astray.until('the refusal', () => astray.last()?.reason === 'CredentialsUnusable');
    site.server.files.set('/metadata/timestamp.json', (_request, response) =>
      response.writeHead(302, { Location: `${other.url}/metadata/timestamp.json` }).end(),
    );
    const led = watch(repository, { headersFile }, { directory: join(site.root, 'led') });
    await led.until('the refusal', () => led.last()?.reason === 'RedirectRefused');
    expect(other.requests).toEqual([]);
  });
});

describe('an attack on a TUF repository changes nothing', () => {
  it('by an altered byte, in the target or in any of the metadata', async () => {
    const { repository, refused } = await settled();
    repository.publish({ version: 6, content: web(6) });
    site.server.files.set(repository.pathOf(web(6)), web(6).replace('web:6', 'web:7'));
    await refused('HashMismatch', /site\.yaml is not what is listed: .*hash/);
    site.server.files.set(repository.pathOf(web(6)), `${web(6)}# more\n`);
    await refused('TooLarge', /more than \d+ bytes/);
    site.server.files.set(repository.pathOf(web(6)), web(6).slice(0, 20));
    await refused('HashMismatch', /Expected length/);
    repository.publish({ version: 7, content: web(7) });
    const altered = (path: string): void =>
      void site.server.files.set(path, String(site.server.files.get(path)).replace(/"expires":"2/, '"expires":"3'));
    altered('/metadata/7.targets.json');
    await refused('HashMismatch', /hash/);
    repository.publish({ version: 8, content: web(8) });
    altered('/metadata/8.snapshot.json');
    await refused('HashMismatch', /hash/);
    repository.publish({ version: 9, content: web(9) });
    altered('/metadata/timestamp.json');
    await refused('SignatureInvalid', /timestamp was signed by 0\/1 keys/);
    repository.rotate(['targets']);
    altered('/metadata/2.root.json');
    await refused('SignatureInvalid', /root was signed by 0\/1 keys/);
  });

  it('by a stranger, or by too few keys', async () => {
    const { repository, refused } = await settled({ threshold: 2 });
    const [one] = repository.signers.targets;
    if (one === undefined) throw new Error('there is no key');
    repository.publish({ version: 6, content: web(6), signers: { targets: [one] } });
    await refused('SignatureInvalid', /targets was signed by 1\/2 keys/);
    repository.publish({ version: 7, content: web(7), signers: { targets: [one, tufSigner()] } });
    await refused('SignatureInvalid', /targets was signed by 1\/2 keys/);
    repository.publish({ version: 8, content: web(8), signers: { snapshot: [tufSigner()] } });
    await refused('SignatureInvalid', /snapshot was signed by 0\/1 keys/);
    repository.publish({ version: 9, content: web(9), signers: { timestamp: [tufSigner()] } });
    await refused('SignatureInvalid', /timestamp was signed by 0\/1 keys/);
    repository.rotate(['root'], [tufSigner(), tufSigner()]);
    await refused('SignatureInvalid', /root was signed by 0\/2 keys/);
  });

  it('by an old state of the repository, whole or in part', async () => {
    const { repository, refused } = await settled();
    repository.publish({ version: 4, content: web(4) });
    await refused('RevisionTooOld', /timestamp version 4 is less than current version 5/);
    repository.publish({ version: 4, content: web(4), versions: { timestamp: 6 } });
    await refused('RevisionTooOld', /snapshot version 4 is less than current version 5/);
    repository.publish({ version: 4, content: web(4), versions: { timestamp: 6, snapshot: 6 } });
    await refused('RevisionTooOld', /New version 4 of targets\.json is less than current version 5/);
  });

  it('after a start with the memory of the repository lost: the revision of what ran is remembered as well', async () => {
    const { repository, watched } = await settled();
    watched.stop();
    await rm(join(site.root, 'state/tuf.json'));
    repository.publish({ version: 4, content: web(4) });
    const again = watch(repository);
    await again.until('the refusal', () => again.last()?.reason === 'RevisionTooOld');
    expect(again.last()?.message).toMatch(/revision 4 is older than 5/);
    expect(again.running()).toEqual({ 'web-n': 'web:5' });
  });

  it.each(['timestamp', 'snapshot', 'targets'] as const)('by an expired %s', async (role) => {
    const { repository, refused } = await settled();
    repository.publish({ version: 6, content: web(6), expires: { [role]: inMs(-1_000) } });
    await refused('Expired', /expired/);
  });

  it('by a root that expired', async () => {
    const { repository, refused } = await settled();
    repository.expireRoot();
    repository.publish({ version: 6, content: web(6) });
    await refused('Expired', /root\.json is expired/);
  });

  it('by a frozen repository: what runs, runs on, and the source says that it is not renewed', async () => {
    const { repository, watched } = await settled();
    repository.publish({ version: 6, content: web(6), expires: { timestamp: inMs(2_000) } });
    await runs(watched, 6);
    await watched.until('the end of its time', () => watched.last()?.reason === 'Expired');
    expect(watched.last()).toMatchObject({ state: 'Stale', revision: 6 });
    watched.stop();
    const again = watch(repository);
    await again.until('the same after a start', () => again.last()?.reason === 'Expired');
    expect(again.running()).toEqual({ 'web-n': 'web:6' });
    repository.publish({ version: 7, content: web(7) });
    await runs(again, 7);
  });

  it('where the clock says 1970 or lags behind: what is known to have expired is not taken, and what runs, runs', async () => {
    // The machine is years ahead of what expires; what is told of its clock is what the source goes by.
    const ahead = Date.now() + 2 * 365 * 86_400_000;
    const { repository, watched } = await settled();
    watched.stop();
    const later = watch(repository, {}, { wallNow: () => ahead });
    await later.until('the refusal', () => later.last()?.reason === 'Expired');
    expect(later.last()?.message).toMatch(/root\.json expired at/);
    expect(later.running()).toEqual({ 'web-n': 'web:5' });
    later.stop();
    const early = watch(repository, {}, { wallNow: () => 3_600_000 });
    await early.until('a check', () => early.last()?.state === 'Ready');
    expect(early.running()).toEqual({ 'web-n': 'web:5' });
    repository.publish({ version: 6, content: web(6), expires: { targets: inMs(-60_000) } });
    await early.until('the refusal', () => early.last()?.reason === 'Expired');
    expect(early.running()).toEqual({ 'web-n': 'web:5' });
  });

  it('by a target or metadata without an end, or a byte at a time', async () => {
    const endless: Parameters<typeof site.server.files.set>[1] = (_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536, ' ');
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    };
    const { repository, refused } = await settled({}, { timeoutMs: 1_500 });
    repository.publish({ version: 6, content: web(6) });
    site.server.files.set(repository.pathOf(web(6)), endless);
    await refused('TooLarge', /targets\/.*more than \d+ bytes/);
    site.server.files.set('/metadata/6.targets.json', endless);
    repository.publish({ version: 7, content: web(7) });
    site.server.files.set('/metadata/7.snapshot.json', endless);
    await refused('TooLarge', /7\.snapshot\.json: answered with more than/);
    site.server.files.set('/metadata/timestamp.json', endless);
    await refused('TooLarge', /timestamp\.json: answered with more than 16384 bytes/);
    site.server.files.set('/metadata/timestamp.json', (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
    });
    await refused('TooSlow', /timestamp\.json: had sent \d+ bytes of its answer after 1\.5 s/);
    site.server.files.set('/metadata/timestamp.json', '');
    await refused('SignatureInvalid', /JSON/);
    site.server.files.delete('/metadata/timestamp.json');
    await refused('NotFound', /timestamp\.json: answered 404/);
    site.server.files.set('/metadata/2.root.json', (_request, response) => response.writeHead(503).end());
    await refused('HttpError', /2\.root\.json: answered 503/);
  });

  it('by a target that is larger than the source takes, or that nobody lists', async () => {
    const { repository, refused, watched } = await settled({}, { maxBytes: 1_000 });
    const before = site.server.requests.length;
    repository.publish({ version: 6, content: web(6) + '#'.repeat(2_000) });
    await refused('TooLarge', /site\.yaml has 2\d{3} bytes, and the source takes at most 1000/);
    expect(requestsOf(before).filter((url) => url.startsWith('/targets'))).toEqual([]);
    watched.stop();
    const other = watch(
      repository,
      { tuf: { ...repository.tuf(rootFile), target: 'other.yaml' } },
      { directory: join(site.root, 'other') },
    );
    await other.until('the refusal', () => other.last()?.reason === 'SignatureMissing');
    expect(other.last()).toMatchObject({ state: 'Failed', message: expect.stringContaining('no role of the repository lists other.yaml') });
  });

  it.each([
    '{}',
    'null',
    '[]',
    '"x"',
    '{"signed":{"_type":"timestamp"},"signatures":[]}',
    '{"__proto__":{"signed":1}}',
    '\u0000',
    '{"signed":null,"signatures":null}',
  ])('by metadata that are none: %j', async (text) => {
    const { repository, refused } = await settled();
    for (const path of ['/metadata/timestamp.json', '/metadata/2.root.json']) {
      site.server.files.set(path, text);
      await refused('SignatureInvalid', /./);
      site.server.files.delete('/metadata/2.root.json');
      repository.publish({ version: 5, content: web(5) });
    }
  });

  it('by metadata that nest deeper than anything that is signed', async () => {
    const { refused } = await settled();
    site.server.files.set('/metadata/timestamp.json', `{"signed":{"x":${'['.repeat(200)}${']'.repeat(200)}},"signatures":[]}`);
    await refused('TooLarge', /timestamp\.json: it nests deeper than 200 levels/);
  });
});

describe('what was seen of a TUF repository', () => {
  it.each([
    ['is garbage', () => '\u0000\u0001garbage'],
    ['is cut off', (text: string) => text.slice(0, text.length / 2)],
    ['is of another kind', () => '{"version":1,"roots":[],"roles":3}'],
    ['was altered', (text: string) => text.replaceAll('expires\\":\\"2', 'expires\\":\\"3')],
    ['has roots of somebody else', (text: string) => text.replace('"roots":{', '"roots":{"2":"{}",')],
    ['has a snapshot that is none', (text: string) => text.replace(/"snapshot":"(?:[^"\\]|\\.)*"/, '"snapshot":"{"')],
  ])('and %s after a loss of power costs nothing but a download', async (_what, damage) => {
    const { repository, watched } = await settled();
    watched.stop();
    const path = join(site.root, 'state/tuf.json');
    await writeFile(path, damage(await readFile(path, 'utf8')));
    const again = watch(repository);
    await runs(again, 5);
    repository.publish({ version: 6, content: web(6) });
    await runs(again, 6);
    repository.publish({ version: 5, content: web(5) });
    await again.until('the memory is back', () => again.last()?.reason === 'RevisionTooOld');
  });

  it('begins again with the configured root, which may be a later one or one of another repository', async () => {
    const { repository, watched } = await settled();
    repository.rotate(['targets']);
    const second = repository.rotate(['timestamp', 'root']);
    repository.publish({ version: 6, content: web(6) });
    await runs(watched, 6);
    await writeFile(rootFile, second);
    repository.publish({ version: 7, content: web(7) });
    await runs(watched, 7);
    expect(watched.last()?.verifiedBy).toBe('tuf root 3, targets 7');
    const other = await webServer();
    site.stops.push(other.close);
    await writeFile(rootFile, tufRepository(other).firstRoot);
    await watched.until('the refusal', () => watched.last()?.reason === 'SignatureInvalid');
    expect(watched.running()).toEqual({ 'web-n': 'web:7' });
    watched.stop();
    const again = watch(repository);
    await again.until('the refusal of what was kept', () => again.statuses.some(({ reason }) => reason === 'LastGoodUnusable'));
    expect(again.events.filter(({ type }) => type === 'applied' || type === 'removed')).toEqual([]);
    await writeFile(rootFile, '{');
    await again.until('the refusal of the root', () => again.last()?.reason === 'KeyInvalid');
    expect(again.last()?.message).toMatch(/root\.json is no root\.json of a TUF repository/);
  });

  it('is kept before anything of it counts: a full disk changes nothing', async () => {
    const disk = { isFull: false };
    const full = faultyFiles({ at: 0, code: 'ENOSPC' });
    const files = new Proxy(nodeFiles, { get: (target, name: keyof typeof nodeFiles) => (disk.isFull ? full[name] : target[name]) });
    const { repository, watched, refused } = await settled({}, {}, { files });
    disk.isFull = true;
    repository.publish({ version: 6, content: web(6) });
    await refused('NotKept', /ENOSPC|no space/);
    disk.isFull = false;
    await runs(watched, 6);
  });
});
