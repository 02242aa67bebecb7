import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readArchiveContents } from './archive-contents.js';
import { compressionOf, openArchive } from './archive-stream.js';
import { renameArchive } from './rename-archive.js';

const MEBIBYTE = 1 << 20;

let directory: string;
/** Longest time between two turns of the event loop, in ms of processor time: others may keep this machine busy. */
let longestTurnMs: number;
let turns: NodeJS.Timeout;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evil-archive-'));
  let lastMs = cpuMs();
  longestTurnMs = 0;
  turns = setInterval(() => {
    longestTurnMs = Math.max(longestTurnMs, cpuMs() - lastMs);
    lastMs = cpuMs();
  }, 10);
});
afterEach(async () => {
  clearInterval(turns);
  await rm(directory, { recursive: true, force: true });
});

type Files = Readonly<Record<string, unknown>>;
const tarOf = async (files: Files): Promise<Buffer> => {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, typeof content === 'string' ? content : JSON.stringify(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** What both readers make of the bytes; a failure is an error with a message of its own, not a fault of this program. */
const readBoth = async (source: () => Readable): Promise<unknown> => {
  const outcomes: unknown[] = [];
  for (const read of [
    () => readArchiveContents(source()),
    async () => {
      for await (const _chunk of renameArchive(source(), new Map([[0, ['a.b/c:1']]])));
    },
  ]) {
    outcomes.push(
      await read().catch((error: unknown) => {
        expect(error).toBeInstanceOf(Error);
        for (const fault of [RangeError, ReferenceError]) expect(error).not.toBeInstanceOf(fault);
        return undefined;
      }),
    );
  }
  return outcomes[0];
};

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, 0, '', [], {}, 'a', 'sha256:a', '__proto__', '../..'),
  fc.jsonValue({ maxDepth: 2 }),
);
const descriptor = fc.oneof(
  value,
  fc.record({
    digest: fc.oneof(fc.constantFrom<unknown>('sha256:a', 'sha256:b', 'constructor'), value),
    annotations: fc.oneof(fc.dictionary(fc.constantFrom('io.containerd.image.name', 'org.opencontainers.image.ref.name'), value), value),
  }),
);
const document = fc.oneof(
  value,
  fc.record({ manifests: fc.oneof(fc.array(descriptor, { maxLength: 3 }), value), config: descriptor, os: value, architecture: value }),
  fc.array(
    fc.oneof(
      value,
      fc.record({
        Config: fc.oneof(fc.constantFrom<unknown>('blobs/sha256/a'), value),
        RepoTags: fc.oneof(fc.array(value, { maxLength: 2 }), value),
      }),
    ),
    { maxLength: 3 },
  ),
);
const files = fc.dictionary(
  fc.constantFrom(
    'oci-layout',
    'index.json',
    './index.json',
    'manifest.json',
    'blobs/sha256/a',
    'blobs/sha256/b',
    'constructor',
    '__proto__',
    'toString',
  ),
  document,
);

it('archives of any form are images, or an error', async () => {
  await fc.assert(
    fc.asyncProperty(files, fc.option(fc.nat(4_000)), fc.uint8Array({ maxLength: 40 }), fc.nat(3_000), async (given, cut, noise, at) => {
      const whole = await tarOf(given);
      const bytes = Buffer.from(cut === null ? whole : whole.subarray(0, cut));
      bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
      const images = (await readBoth(() => Readable.from([bytes]))) as readonly { names: unknown[]; platforms: unknown[] }[] | undefined;
      for (const { names, platforms } of images ?? []) for (const text of [...names, ...platforms]) expect(typeof text).toBe('string');
    }),
  );
  expect(longestTurnMs).toBeLessThan(1_000);
});

const index = (...digests: string[]) => ({ manifests: digests.map((digest) => ({ digest })) });
it.each<[string, Files]>([
  ['an index that holds itself', { 'oci-layout': {}, 'index.json': index('sha256:a'), 'blobs/sha256/a': index('sha256:a') }],
  [
    'indexes that hold each other many times',
    {
      'oci-layout': {},
      'index.json': index('sha256:a'),
      'blobs/sha256/a': index(...Array.from({ length: 2_000 }, () => 'sha256:b')),
      'blobs/sha256/b': index(...Array.from({ length: 2_000 }, () => 'sha256:a')),
    },
  ],
  ['deep JSON', { 'manifest.json': `${'['.repeat(400_000)}${']'.repeat(400_000)}` }],
  ['a member of Object', { constructor: 'no JSON', 'manifest.json': [] }],
])('%s is read in time', async (_what, given) => {
  const bytes = await tarOf(given);
  await readBoth(() => Readable.from([bytes]));
  expect(longestTurnMs).toBeLessThan(1_000);
});

/** An archive that is written while it is read, so that the test itself holds little of it. */
async function* entries(count: number, name: (index: number) => string, content: Buffer): AsyncGenerator<Buffer> {
  const [sample] = [await tarOf({ name: 'x' })];
  for (let entry = 0; entry < count; entry += 1) {
    const head = Buffer.from(sample.subarray(0, 512));
    head.fill(0, 0, 100).write(name(entry), 0, 'latin1');
    head.write(content.length.toString(8).padStart(11, '0'), 124, 'latin1');
    head.fill(0x20, 148, 156);
    head.write(
      `${head
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
      'latin1',
    );
    yield Buffer.concat([head, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
    if (entry % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

it.each<[string, number, Buffer, RegExp | undefined]>([
  ['very many empty entries', 60_000 * Math.min(50, Number(process.env['ATTACK_FACTOR'] ?? 1)), Buffer.alloc(0), undefined],
  ['manifests without end', 400, Buffer.from(`{"a":"${'x'.repeat(900_000)}"}`), /bytes of manifests/],
  ['layers without end', 200, Buffer.alloc(4 * MEBIBYTE, 1), undefined],
])('%s take little memory', async (_what, count, content, failure) => {
  const before = process.memoryUsage.rss();
  const read = readArchiveContents(
    Readable.from(
      entries(count, (entry) => `blobs/sha256/${entry}`, content),
      { objectMode: false },
    ),
  );
  if (failure === undefined) expect(await read).toBeUndefined();
  else await expect(read).rejects.toThrow(failure);
  expect((process.memoryUsage.rss() - before) / MEBIBYTE).toBeLessThan(300);
});

it('a header that describes the next entry is not kept without bound', async () => {
  const head = Buffer.from((await tarOf({ name: 'x' })).subarray(0, 512));
  head.write('77777777777', 124, 'latin1');
  head.write('x', 156, 'latin1');
  await readBoth(() => Readable.from([head]));
  await expect(readArchiveContents(Readable.from([head]))).rejects.toThrow(/header of 8589934591 bytes/);
});

it('a bomb of gzip is read piece by piece, and a truncated one is an error', async () => {
  const bomb = join(directory, 'bomb.tar.gz');
  const zeros = createGzip({ level: 1 });
  const written = Readable.from(zeros).toArray();
  for (let piece = 0; piece < 128; piece += 1)
    if (!zeros.write(Buffer.alloc(4 * MEBIBYTE))) await new Promise((resolve) => zeros.once('drain', resolve));
  zeros.end();
  await writeFile(bomb, Buffer.concat((await written) as Buffer[]));
  const before = process.memoryUsage.rss();
  expect(await compressionOf(bomb)).toBe('gzip');
  await readBoth(() => openArchive(bomb, 'gzip'));
  // It holds 512.
  expect((process.memoryUsage.rss() - before) / MEBIBYTE).toBeLessThan(400);
  const cut = join(directory, 'cut.tar.gz');
  await writeFile(cut, gzipSync(await tarOf({ 'manifest.json': [{ Config: 'x', RepoTags: ['a:1'] }] })).subarray(0, 60));
  await expect(readArchiveContents(openArchive(cut, 'gzip'))).rejects.toThrow();
});
