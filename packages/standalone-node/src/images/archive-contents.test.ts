import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { fullName, readArchiveContents } from './archive-contents.js';
import { imageArchive } from './image-archive.js';
import { writeLayer } from './image-layer.js';
import { pauseImage } from './pause-image.js';
import { renameArchive } from './rename-archive.js';

const archive = async (files: Readonly<Record<string, unknown>>): Promise<Readable> =>
  Readable.from([
    await writeLayer(Object.entries(files).map(([path, content]) => ({ type: 'file', path, content: JSON.stringify(content) }) as const)),
  ]);
const blob = (hex: string): string => `blobs/sha256/${hex}`;
const image = (hex: string, architecture: string) => ({
  [blob(`m${hex}`)]: { config: { digest: `sha256:c${hex}` } },
  // As builders write it: what the container runs is in a member that is called config as well.
  [blob(`c${hex}`)]: { os: 'linux', architecture, config: { Cmd: ['/app'], Labels: {} } },
});
const layout = { 'oci-layout': { imageLayoutVersion: '1.0.0' } };
const oci = (annotations: object) => ({
  ...layout,
  'index.json': { manifests: [{ digest: 'sha256:m1', annotations }] },
  ...image('1', 'amd64'),
});

describe('readArchiveContents', () => {
  it('reads docker save: names in full, and the platform', async () => {
    const files = {
      'c1.json': { os: 'linux', architecture: 'arm64' },
      'manifest.json': [{ Config: 'c1.json', RepoTags: ['nginx:1.27', 'quay.io/x/y'] }],
    };
    expect(await readArchiveContents(await archive(files))).toMatchObject([
      { names: ['docker.io/library/nginx:1.27', 'quay.io/x/y:latest'], platforms: ['linux/arm64'] },
    ]);
  });

  it('tells the digests that lead to an image: of index, manifest and configuration, or what docker save calls its configuration', async () => {
    expect((await readArchiveContents(await archive(oci({}))))?.[0]?.digests).toEqual(['sha256:m1', 'sha256:c1']);
    const hex = 'a'.repeat(64);
    for (const Config of [`${hex}.json`, `blobs/sha256/${hex}`, `blobs/sha256/${hex}.json`]) {
      const files = { 'manifest.json': [{ Config, RepoTags: ['nginx'] }] };
      expect((await readArchiveContents(await archive(files)))?.[0]?.digests).toEqual([`sha256:${hex}`]);
    }
    expect((await readArchiveContents(await archive({ 'manifest.json': [{ Config: 'config.json' }] })))?.[0]?.digests).toEqual([]);
  });

  it.each<[string, object, object]>([
    ['a full name', { 'org.opencontainers.image.ref.name': 'docker.io/library/app:1' }, { names: ['docker.io/library/app:1'] }],
    [
      "containerd's name before a bare tag",
      { 'org.opencontainers.image.ref.name': '1', 'io.containerd.image.name': 'app:1' },
      { names: ['docker.io/library/app:1'] },
    ],
    ['a tag alone', { 'org.opencontainers.image.ref.name': 'latest' }, { names: [], tag: 'latest' }],
    ['nothing', {}, { names: [] }],
  ])('reads an OCI layout with %s', async (_what, annotations, name) => {
    expect(await readArchiveContents(await archive(oci(annotations)))).toMatchObject([{ ...name, platforms: ['linux/amd64'] }]);
  });

  it('tells of several platforms those that are there', async () => {
    const files = {
      ...layout,
      'index.json': { manifests: [{ digest: 'sha256:i', annotations: { 'io.containerd.image.name': 'a.b/c:1' } }] },
      [blob('i')]: { manifests: [{ digest: 'sha256:m1' }, { digest: 'sha256:m2' }, { digest: 'sha256:not-saved' }] },
      ...image('1', 'amd64'),
      ...image('2', 'arm64'),
    };
    expect(await readArchiveContents(await archive(files))).toMatchObject([
      { names: ['a.b/c:1'], platforms: ['linux/amd64', 'linux/arm64'] },
    ]);
  });

  it('knows what is no image archive', async () => {
    expect(await readArchiveContents(await archive({ 'package.json': {} }))).toBeUndefined();
  });
});

it('renameArchive leaves the chosen images, under the chosen names', async () => {
  const two = {
    ...layout,
    'index.json': { manifests: [{ digest: 'sha256:m1' }, { digest: 'sha256:m2', annotations: { 'io.containerd.image.name': 'a.b/c:1' } }] },
    ...image('1', 'amd64'),
    ...image('2', 'arm64'),
  };
  const renamed = async (names: ReadonlyMap<number, readonly string[]>) => readArchiveContents(renameArchive(await archive(two), names));
  expect(await renamed(new Map([[0, ['x.y/z:1']]]))).toMatchObject([{ names: ['x.y/z:1'], platforms: ['linux/amd64'] }]);
  expect(await renamed(new Map([[1, ['x.y/z:2', 'x.y/z:3']]]))).toMatchObject([
    { names: ['x.y/z:2'], platforms: ['linux/arm64'] },
    { names: ['x.y/z:3'], platforms: ['linux/arm64'] },
  ]);
  const bytes = await imageArchive([pauseImage('amd64')]);
  const contents = await readArchiveContents(Readable.from([bytes]));
  const copy = await buffer(renameArchive(Readable.from([bytes]), new Map([[0, contents![0]!.names]])));
  expect(await readArchiveContents(Readable.from([copy]))).toEqual(contents);
});

it.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['team/app:1', 'docker.io/team/app:1'],
  ['localhost/app', 'localhost/app:latest'],
  ['host:5000/app', 'host:5000/app:latest'],
  ['ghcr.io/a/b@sha256:12', 'ghcr.io/a/b@sha256:12'],
])('%s is %s to CRI', (name, full) => {
  expect(fullName(name)).toBe(full);
});
