import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredObject } from '@solo-kubelet/api-server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createManifestWriter } from './manifest-directory.js';

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
  expect(await readFile(real, 'utf8')).toContain('x: y');
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
