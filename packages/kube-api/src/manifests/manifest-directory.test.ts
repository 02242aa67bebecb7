import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredObject } from '@solo-kubelet/api-server';
import { nodeFiles } from '@solo-kubelet/state-files';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createManifestWriter } from './manifest-directory.js';

/** `KILLS=5000` kills more often. */
const KILLS = Number(process.env['KILLS'] ?? 50);

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'manifests-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const map = (name: string, data: Record<string, string> = {}): StoredObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: 'u' },
  data,
});
const edit = (name: string, before: StoredObject | undefined, after: StoredObject | undefined) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  namespace: 'default',
  before,
  after,
  pinUid: false,
});
const writer = (path = directory) => createManifestWriter({ path, nodeName: 'node1' });
const header = () => ' By somebody.';

it('gives a new object a file of its own, beside one that has the name already', async () => {
  await writer().write([{ path: undefined, edit: edit('a', undefined, map('a')) }], header);
  await writer().write([{ path: undefined, edit: edit('a', undefined, map('a')) }], header);
  expect((await readdir(directory)).sort()).toEqual(['configmap.default.a-1.yaml', 'configmap.default.a.yaml']);
});

it('changes the file behind a link, and removes a file with its last object', async () => {
  const [real, link] = [join(directory, 'real.txt'), join(directory, 'link.yaml')];
  await writeFile(real, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n');
  await symlink(real, link);
  await writer().write([{ path: link, edit: edit('a', map('a'), map('a', { x: 'y' })) }], header);
  expect(await readFile(real, 'utf8')).toContain('x: "y"');
  await writer().write([{ path: real, edit: edit('a', map('a', { x: 'y' }), undefined) }], header);
  expect(await readdir(directory)).toEqual(['link.yaml']);
});

it('answers 409 where the object is no longer in its file, and finds a removed one removed', async () => {
  const path = join(directory, 'a.yaml');
  await writeFile(path, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n');
  await expect(writer().write([{ path, edit: edit('a', map('a'), map('a', { x: 'y' })) }], header)).rejects.toMatchObject({ code: 409 });
  await rm(path);
  await expect(writer().write([{ path, edit: edit('a', map('a'), map('a', { x: 'y' })) }], header)).rejects.toMatchObject({ code: 409 });
  await writer().write([{ path, edit: edit('a', map('a'), undefined) }], header);
});

it('answers 413 where the file would grow beyond what the kubelet reads, and leaves it as it is', async () => {
  const path = join(directory, 'a.yaml');
  const full = `${'x'.repeat(1_000)}\n`.repeat(3_000).replaceAll(/^/gm, '# ');
  const text = `${full}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n`;
  await writeFile(path, text);
  const after = map('a', { x: 'y'.repeat(200_000) });
  await expect(writer().write([{ path, edit: edit('a', map('a'), after) }], header)).rejects.toMatchObject({
    code: 413,
    message: expect.stringContaining(`${path} would have`),
  });
  expect(await readFile(path, 'utf8')).toBe(text);
});

it('answers 409 where the file is encrypted, and leaves it as it is', async () => {
  const path = join(directory, 'a.yaml');
  const text = '-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n-----END AGE ENCRYPTED FILE-----\n';
  await writeFile(path, text);
  for (const after of [map('a', { x: 'y' }), undefined]) {
    const refused = { code: 409, message: expect.stringContaining('is encrypted: change it with "kubelet-cli secret edit"') };
    await expect(writer().write([{ path, edit: edit('a', map('a'), after) }], header)).rejects.toMatchObject(refused);
  }
  expect(await readFile(path, 'utf8')).toBe(text);
});

it('says why it cannot write, and refuses where there is no directory', async () => {
  const gone = join(directory, 'none');
  // The directory is made where it is missing; a file in its place cannot be one.
  await writeFile(join(directory, 'file.yaml'), 'x');
  await expect(
    writer(join(directory, 'file.yaml')).write([{ path: undefined, edit: edit('a', undefined, map('a')) }], header),
  ).rejects.toMatchObject({ code: 405, message: expect.stringContaining('is the file') });
  await expect(writer('').write([{ path: undefined, edit: edit('a', undefined, map('a')) }], header)).rejects.toMatchObject({ code: 405 });
  await expect(
    writer().write([{ path: join(directory, 'file.yaml', 'below.yaml'), edit: edit('a', undefined, map('a')) }], header),
  ).rejects.toMatchObject({ code: 500, message: expect.stringContaining('cannot write') });
  expect(await readdir(directory)).not.toContain(gone);
});

it('refuses what this node could not run, and writes nothing', async () => {
  const pod: StoredObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: {
      containers: [{ name: 'a', image: 'a' }],
      volumes: [{ name: 'v', csi: { driver: 'x' } }],
    },
  };
  await expect(writer().write([{ path: undefined, edit: { ...edit('p', undefined, pod), kind: 'Pod' } }], header)).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('this node cannot run it'),
  });
  expect(await readdir(directory)).toEqual([]);
});

it('refuses a change that the kubelet would not read, and lets what it refused before be', async () => {
  const path = join(directory, 'a.yaml');
  const mine = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n';
  await writeFile(path, mine);
  const broken = { ...map('a'), data: { 'no key': 'x' } };
  await expect(writer().write([{ path, edit: edit('a', map('a'), broken) }], header)).rejects.toMatchObject({ code: 422 });
  expect(await readFile(path, 'utf8')).toBe(mine);
  await writeFile(path, `${mine}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: B_ad\n`);
  await writer().write([{ path, edit: edit('a', map('a'), map('a', { x: 'y' })) }], header);
  expect(await readFile(path, 'utf8')).toContain('x: "y"');
});

const FILE = (light: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  light: "${light}"\n`;
const patch = (path: string) => [{ path, edit: edit('a', map('a', { light: 'on' }), map('a', { light: 'off' })) }];

it('answers 409 where somebody saved the same field meanwhile, read by the kubelet or not, and merges what is beside it', async () => {
  const path = join(directory, 'a.yaml');
  await writeFile(path, FILE('dim'));
  await expect(writer().write(patch(path), header)).rejects.toMatchObject({
    code: 409,
    message: expect.stringContaining('data.light in '),
  });
  expect(await readFile(path, 'utf8')).toBe(FILE('dim'));
  await writeFile(path, `${FILE('on')}  door: shut\n`);
  await writer().write(patch(path), header);
  expect(await readFile(path, 'utf8')).toBe(`${FILE('off')}  door: shut\n`);
});

it('answers 409 where an editor saves while the new text goes to the disk, and leaves no draft behind', async () => {
  const path = join(directory, 'a.yaml');
  await writeFile(path, FILE('on'));
  const files = {
    ...nodeFiles,
    writeSynced: async (draft: string, data: string | Uint8Array, mode: number) => {
      await nodeFiles.writeSynced(draft, data, mode);
      await writeFile(path, FILE('saved'));
    },
  };
  await expect(createManifestWriter({ path: directory, nodeName: 'node1', files }).write(patch(path), header)).rejects.toMatchObject({
    code: 409,
  });
  expect([await readFile(path, 'utf8'), await readdir(directory)]).toEqual([FILE('saved'), ['a.yaml']]);
});

it('says that the storage is read-only, and changes nothing', async () => {
  const path = join(directory, 'a.yaml');
  await writeFile(path, FILE('on'));
  const refuse = () => Promise.reject(Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }));
  const files = { ...nodeFiles, writeSynced: refuse, makeDirectory: refuse, rename: refuse, remove: refuse };
  const message = expect.stringContaining('the storage is read-only; nothing was changed');
  for (const edits of [patch(path), [{ path: undefined, edit: edit('b', undefined, map('b')) }]])
    await expect(createManifestWriter({ path: directory, nodeName: 'node1', files }).write(edits, header)).rejects.toMatchObject({
      code: 500,
      message,
    });
  expect([await readFile(path, 'utf8'), await readdir(directory)]).toEqual([FILE('on'), ['a.yaml']]);
});

it('leaves the file old or new wherever it is killed, and goes on afterwards', { timeout: 2_000 * KILLS + 20_000 }, async () => {
  const path = join(directory, 'a.yaml');
  const died = new Error('killed');
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    await writeFile(path, FILE('on'));
    // Nothing runs any more from a point on: the draft is not written, half of it is, or all, before the rename or after it.
    let left = random(5);
    let dead = false;
    const step = <T extends readonly unknown[]>(work: (...args: T) => Promise<void>, half?: (...args: T) => Promise<void>) => {
      return async (...args: T): Promise<void> => {
        if (dead) throw died;
        left -= 1;
        dead = left < 0;
        if (dead) await half?.(...args);
        if (dead) throw died;
        await work(...args);
      };
    };
    const files = {
      ...nodeFiles,
      makeDirectory: step(nodeFiles.makeDirectory),
      writeSynced: step(nodeFiles.writeSynced, (draft, data) => writeFile(draft, String(data).slice(0, random(String(data).length)))),
      rename: step(nodeFiles.rename),
      syncDirectory: step(nodeFiles.syncDirectory),
      remove: step(nodeFiles.remove),
    };
    await createManifestWriter({ path: directory, nodeName: 'node1', files })
      .write(patch(path), header)
      .catch(() => {});
    const text = await readFile(path, 'utf8');
    expect([FILE('on'), FILE('off')]).toContain(text);
    // What is left of a draft is no manifest, and the next write is not hindered by it.
    expect((await readdir(directory)).filter((name) => !name.startsWith('.'))).toEqual(['a.yaml']);
    if (text === FILE('on')) await writer().write(patch(path), header);
    expect(await readFile(path, 'utf8')).toBe(FILE('off'));
  }
});
