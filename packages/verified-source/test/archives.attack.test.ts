import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ParseManifest, PrepareManifest } from '@solo-kubelet/manifest-source';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { unpackArchive } from '../src/answer/unpack-archive.js';
import type { SourceDefinition, SourceReason } from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision, sshKeys, useSite } from './bed.js';

const FACTOR = Number(process.env['ATTACK_FACTOR'] ?? 1);

const site = useSite();

/** An archive as GNU tar makes it of a directory. */
const tarOf = async (files: Readonly<Record<string, string>>, ...options: readonly string[]): Promise<Buffer> => {
  const directory = await mkdtemp(join(site.root, 'tree-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return execFileSync('tar', ['-C', directory, '-c', ...options, '.'], { maxBuffer: 1 << 28 });
};

type Given = Partial<Header> & Pick<Header, 'name'>;
type Entry = readonly [header: Given, content?: string];

/** An archive of entries that no tar would make. */
const packed = async (...entries: readonly Entry[]): Promise<Buffer> => {
  const archive = pack();
  for (const [header, content] of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

const URL_PATH = '/site.tar.gz';
const publish = (content: Uint8Array, signature?: { readonly suffix: string; readonly text: string }): void => {
  site.server.files.set(URL_PATH, content);
  if (signature !== undefined) site.server.files.set(URL_PATH + signature.suffix, signature.text);
};
const watch = (source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const watched = follow(definition({ url: site.server.url + URL_PATH, require: 'none', ...source }), {
    directory: join(site.root, 'state'),
    ...options,
  });
  site.stops.push(watched.stop);
  return watched;
};

describe('an archive of manifests', () => {
  it.each([
    ['tar', []],
    ['tar.gz', ['-z']],
    ['tar in the format of POSIX', ['--format=pax']],
    ['tar in the old format of GNU', ['--format=gnu']],
  ])('is taken as one manifest, signed as a whole, and runs again from the disk: %s', async (_what, options) => {
    if (lacking !== undefined) return console.log(`skipped: ${lacking} is not installed`);
    const keys = minisignKeys(site.root);
    const long = `${'deep/'.repeat(30)}web.yaml`;
    const first = await tarOf(
      { [long]: pod('web', 'web:1'), 'shop/db.yml': pod('db', 'db:1'), 'README.md': '# no manifest', '.git/x.yaml': 'no' },
      ...options,
    );
    publish(first, { suffix: '.minisig', text: keys.sign(first) });
    const watched = watch({ require: 'signature', keys: [keys.publicKey] });
    await watched.until('both Pods', () => Object.keys(watched.running()).length === 2);
    expect(watched.running()).toEqual({ 'web-n': 'web:1', 'db-n': 'db:1' });
    watched.stop();
    site.server.files.clear();
    const again = watch({ require: 'signature', keys: [keys.publicKey] });
    await again.until('both Pods without a network', () => Object.keys(again.running()).length === 2 && again.last()?.state === 'Stale');
    expect(again.last()).toMatchObject({ reason: 'NotFound', verifiedBy: expect.stringContaining('minisign') });
  });

  it('says its revision in the first of its files, and what it does not have any more ends', async () => {
    if (lacking !== undefined) return console.log(`skipped: ${lacking} is not installed`);
    const keys = sshKeys(site.root);
    const put = async (files: Readonly<Record<string, string>>): Promise<void> => {
      const archive = await tarOf(files, '-z');
      publish(archive, { suffix: '.sig', text: keys.sign(archive) });
    };
    await put({
      '00-revision.yaml': revision(7).replace('---\n', ''),
      'a.yaml': pod('a', 'a:1'),
      'b.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'b' },
        spec: { containers: [{ name: 'app', image: 'b:1' }] },
      }),
    });
    const watched = watch({ require: 'signature', keys: [keys.publicKey] });
    await watched.until('revision 7', () => watched.last()?.revision === 7 && Object.keys(watched.running()).length === 2);
    await put({ '00-revision.yaml': revision(8), 'a.yaml': pod('a', 'a:2') });
    await watched.until('revision 8', () => watched.last()?.revision === 8 && watched.running()['a-n'] === 'a:2');
    expect(watched.running()).toEqual({ 'a-n': 'a:2' });
    await put({ '00-revision.yaml': revision(7), 'a.yaml': pod('a', 'a:1') });
    await watched.until('the refusal', () => watched.last()?.reason === 'RevisionTooOld');
  });

  it('may have files of JSON and of YAML, with marks of their byte order', async () => {
    const json = JSON.stringify(
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'app', image: 'a' }] } },
      null,
      '\t',
    );
    publish(
      await packed(
        [{ name: 'a.json' }, `\ufeff${json}`],
        [{ name: 'b.yaml' }, `\ufeff%YAML 1.1\n---\n${pod('b', 'b')}...`],
        [{ name: 'c.json' }, json.replace('"a"', '"c"')],
      ),
    );
    const watched = watch();
    await watched.until('all Pods', () => Object.keys(watched.running()).length === 3);
    expect(watched.running()).toEqual({ 'a-n': 'a', 'b-n': 'b', 'c-n': 'a' });
  });

  it('may have files for other nodes', async () => {
    const parse: ParseManifest = (text, options) => parseMixedManifest(text, { ...options, nodeLabels: { site: 'berlin' } });
    const forMunich = pod('b', 'b:1').replace('metadata: {', 'metadata: { annotations: { solo-kubelet.dev/node-selector: site=munich },');
    publish(await tarOf({ 'a.yaml': pod('a', 'a:1'), 'b.yaml': forMunich }));
    const watched = watch({}, { parse });
    await watched.until('the Pod', () => watched.running()['a-n'] === 'a:1');
    expect(watched.last()).toMatchObject({ state: 'Ready', elsewhere: 1 });
    expect(Object.keys(watched.running())).toEqual(['a-n']);
  });

  it.each(['the whole', 'a file'])('may be encrypted: %s', async (what) => {
    const seal = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from('SEALED'), Buffer.from(bytes).map((byte) => byte ^ 0x55)]);
    const prepare: PrepareManifest = async (bytes) =>
      Buffer.from(bytes.subarray(0, 6)).toString() === 'SEALED' ? Buffer.from(bytes.subarray(6)).map((byte) => byte ^ 0x55) : bytes;
    const files = (image: string) =>
      [
        [{ name: 'a.yaml' }, pod('a', image)],
        [{ name: 'b.yaml' }, pod('b', image)],
      ] as const;
    const archive = async (image: string): Promise<Buffer> => {
      const [a, b] = files(image);
      if (what === 'the whole') return seal(await packed(a, b));
      return packed(a, [b[0], seal(Buffer.from(b[1])).toString('latin1')]);
    };
    // In latin1 each byte of a sealed text of ASCII is one of ASCII.
    publish(await archive('x:1'));
    const watched = watch({}, { prepare });
    await watched.until('both Pods', () => Object.keys(watched.running()).length === 2);
    watched.stop();
    site.server.files.clear();
    const again = watch({}, { prepare });
    await again.until('both Pods again', () => Object.keys(again.running()).length === 2);
    expect(again.running()).toEqual({ 'a-n': 'x:1', 'b-n': 'x:1' });
    publish(await packed([{ name: 'a.yaml' }, seal(Buffer.from(pod('s3cret!', 'x'))).toString('latin1')]));
    await again.until('the refusal', () => again.last()?.reason === 'ManifestInvalid');
    expect(JSON.stringify(again.statuses)).not.toContain('s3cret');
  });
});

describe('a hostile archive', () => {
  const good = pod('web', 'web:2');
  const bad =
    (name: string, more: Partial<Header> = {}) =>
    (): Promise<Buffer> =>
      packed([{ name: 'a.yaml' }, good], [{ ...more, name }, more.type === undefined ? good : '']);
  it.each<[string, () => Promise<Uint8Array>, SourceReason, RegExp]>([
    ['a path that leads out', bad('../b.yaml'), 'ArchiveInvalid', /path can't be used: "..\/b.yaml"/],
    ['one that leads out in the middle', bad('a/../../b.yaml'), 'ArchiveInvalid', /path can't be used/],
    ['an absolute path', bad('/etc/kubernetes/manifests/b.yaml'), 'ArchiveInvalid', /path can't be used/],
    ['a path with backslashes', bad('..\\b.yaml'), 'ArchiveInvalid', /path can't be used/],
    ['a path with escapes of terminals', bad('\u001b[31m.yaml'), 'ArchiveInvalid', /path can't be used: "\\u001b/],
    ['a path behind a header of POSIX', bad('b.yaml', { pax: { path: '../../b.yaml' } }), 'ArchiveInvalid', /path can't be used/],
    [
      'a symbolic link',
      bad('b.yaml', { type: 'symlink', linkname: '/etc/shadow' }),
      'ArchiveInvalid',
      /"b.yaml", which is no regular file \(symlink\)/,
    ],
    ['a hard link', bad('b.yaml', { type: 'link', linkname: '/etc/shadow' }), 'ArchiveInvalid', /no regular file \(link\)/],
    ['a device', bad('b.yaml', { type: 'character-device', devmajor: 1, devminor: 5 }), 'ArchiveInvalid', /no regular file/],
    ['a named pipe', bad('b.yaml', { type: 'fifo' }), 'ArchiveInvalid', /no regular file/],
    ['a name twice', bad('./a.yaml'), 'ArchiveInvalid', /"a.yaml" twice/],
    ['no manifest', async () => packed([{ name: 'a.txt' }, 'x']), 'ArchiveInvalid', /no manifest/],
    ['nothing', async () => gzipSync(Buffer.alloc(10_240)), 'ArchiveInvalid', /no tar archive/],
    ['something else that is compressed', async () => gzipSync(good), 'ArchiveInvalid', /compressed, but no tar archive/],
    [
      'a bomb',
      async () => gzipSync(Buffer.concat([await packed([{ name: 'a.yaml' }, good]), Buffer.alloc(256 << 20)])),
      'TooLarge',
      /bytes unpacked/,
    ],
    [
      'files beyond the limit',
      async () => gzipSync(await packed([{ name: 'a.yaml' }, good], [{ name: 'b.txt' }, ' '.repeat(3 << 20)])),
      'TooLarge',
      /bytes of files/,
    ],
    [
      'entries beyond the limit',
      async () => packed(...Array.from({ length: 1_001 }, (_, at): Entry => [{ name: `${at}.yaml` }, ''])),
      'TooLarge',
      /more than 1000 entries/,
    ],
    [
      'an end that comes early',
      async () => (await packed([{ name: 'a.yaml' }, good], [{ name: 'b.yaml' }, good])).subarray(0, 1_700),
      'ArchiveInvalid',
      /can't be read/,
    ],
    [
      'gzip that ends early',
      async () => gzipSync(await packed([{ name: 'a.yaml' }, good])).subarray(0, 80),
      'ArchiveInvalid',
      /can't be read/,
    ],
    [
      'a manifest that is wrong',
      async () => packed([{ name: 'a.yaml' }, good], [{ name: 'x/b.yaml' }, good.replace('name: app', 'nam: app')]),
      'ManifestInvalid',
      /^.*sources\/site-a\/x\/b.yaml:4:\d+: /,
    ],
    [
      'a revision that is not in front',
      async () => packed([{ name: 'a.yaml' }, good], [{ name: 'b.yaml' }, revision(9)]),
      'ManifestInvalid',
      /SourceRevision/,
    ],
  ])('with %s is refused, and what runs, runs on', async (_what, make, reason, message) => {
    publish(await packed([{ name: 'web.yaml' }, pod('web', 'web:1')]));
    const watched = watch();
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    publish(await make());
    await watched.until(`${reason} ${message}`, () => watched.last()?.reason === reason);
    expect(watched.last()?.message).toMatch(message);
    expect(watched.last()).toMatchObject({ state: 'Stale' });
    expect(watched.running()).toEqual({ 'web-n': 'web:1' });
    // Nothing of it came to lie anywhere.
    expect(await readdir(site.root)).toEqual(['state']);
    const strange = (await readdir(site.root, { recursive: true })).filter(
      (name) => !/^state(\/documents)?(\/[^/]+\.json(\.new)?)?$/.test(name),
    );
    expect(strange).toEqual([]);
  });

  it('of which one file hides another when both are read as one is refused', async () => {
    const parse: ParseManifest = (text, options) => ({ documents: parseMixedManifest(text, options).documents.slice(0, 1) });
    publish(await packed([{ name: 'a.yaml' }, pod('a', 'a')], [{ name: 'b.yaml' }, pod('b', 'b')]));
    const watched = watch({}, { parse });
    await watched.until('the refusal', () => watched.last()?.reason === 'ArchiveInvalid');
    expect(watched.last()?.message).toMatch(/the files of its archive can't be read as one manifest$/);
    expect(watched.running()).toEqual({});
  });

  it(
    'of random bytes is read to an end, in little time, and within its limits',
    async () => {
      const [tar, zipped] = [await tarOf({ 'a.yaml': good, 'b/c.yaml': good }, '--format=pax'), await tarOf({ 'a.yaml': good }, '-z')];
      let seed = (0x2545f491 ^ Number(process.env['ATTACK_SEED'] ?? 0)) | 1;
      const random = (below: number): number => {
        seed ^= seed << 13;
        seed ^= seed >>> 17;
        seed ^= seed << 5;
        return (seed >>> 0) % below;
      };
      let taken = 0;
      for (let round = 0; round < 3_000 * FACTOR; round += 1) {
        const bytes = Buffer.from(round % 4 === 0 ? zipped : tar);
        for (let change = random(4); change >= 0; change -= 1) bytes[random(Math.min(bytes.length, 4_096))] = random(256);
        const cut = random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
        const late = new Promise<never>((_resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`round ${round} does not end`)), 5_000);
          site.stops.push(() => clearTimeout(timer));
        });
        const unpacked = await Promise.race([unpackArchive(cut, { maxBytes: 100_000 }), late]);
        for (const stop of site.stops.splice(1)) stop();
        if (!unpacked.ok) continue;
        taken += 1;
        expect(unpacked.members.reduce((sum, { content }) => sum + content.length, 0)).toBeLessThanOrEqual(100_000);
        for (const { name } of unpacked.members) expect(name).toMatch(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).*\.(ya?ml|json)$/);
      }
      // Most changes are of what the archive says of its files, and some of the files themselves.
      expect(taken).toBeGreaterThan(100);
    },
    300_000 * FACTOR,
  );
});
