import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readArchiveContents } from '../images/archive-contents.js';
import { imageArchive } from '../images/image-archive.js';
import { importArchivedImage } from './import-images.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'archived-'));
});
afterEach(() => rm(root, { recursive: true }));

const image = (reference: string) => ({
  reference,
  architecture: 'amd64' as const,
  config: {},
  layers: [[{ type: 'file', path: 'name', content: reference } as const]],
});

it('takes the image of a digest out of an archive, by manifest or by configuration, under another name', async () => {
  const path = join(root, 'images.tar');
  await writeFile(path, await imageArchive([image('localhost/a:1'), image('localhost/b:1')]));
  const loaded: unknown[] = [];
  const target = {
    load: async (archive: Readable, names: readonly string[]) => {
      loaded.push([names, (await readArchiveContents(archive))?.map((one) => one.names)]);
    },
  };
  const contents = await readArchiveContents(await openFile(path));
  const [manifest = '', config = ''] = contents?.[1]?.digests ?? [];
  for (const digest of [manifest, config]) await importArchivedImage(target, { path, name: 'registry.invalid/b:2', digest });
  const taken = [['registry.invalid/b:2'], [['registry.invalid/b:2']]];
  expect(loaded).toEqual([taken, taken]);
  const other = `sha256:${'0'.repeat(64)}`;
  await expect(importArchivedImage(target, { path, name: 'x', digest: other })).rejects.toThrow(
    `the archive has no image ${other}; it has ${contents?.[0]?.digests[0]}, ${manifest}`,
  );
  await writeFile(path, 'no archive');
  await expect(importArchivedImage(target, { path, name: 'x', digest: other })).rejects.toThrow('it is no image archive');
  expect(loaded).toHaveLength(2);
});

it.each([['none'], ['gzip']])('is given up while the archive is read to see what is in it (%s)', async (compression) => {
  const path = join(root, 'large.tar');
  const header = compression === 'gzip' ? Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]) : Buffer.alloc(0);
  await writeFile(path, Buffer.concat([header, Buffer.alloc(1 << 20)]));
  const load = () => Promise.reject(new Error('nothing is to be loaded'));
  const given = importArchivedImage({ load }, { path, name: 'x', digest: `sha256:${'0'.repeat(64)}` }, { signal: AbortSignal.abort() });
  await expect(given).rejects.toMatchObject({ name: 'AbortError' });
});

const openFile = async (path: string): Promise<Readable> => (await import('node:fs')).createReadStream(path);
