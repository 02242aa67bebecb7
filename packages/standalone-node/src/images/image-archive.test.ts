import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { type ImageSpec, imageArchive, localArchitecture } from './image-archive.js';
import { PAUSE_IMAGE, pauseImage } from './pause-image.js';

interface Entry {
  readonly content: string;
  readonly mode: number | undefined;
  readonly type: string | null | undefined;
  readonly linkname: string | null | undefined;
  readonly uid: number | undefined;
}

const untar = async (bytes: Buffer): Promise<ReadonlyMap<string, Entry>> => {
  const reader = extract();
  reader.end(bytes);
  const entries = new Map<string, Entry>();
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, mode, type, linkname, uid } = entry.header;
    entries.set(name.replace(/\/$/, ''), { content: Buffer.concat(chunks).toString('latin1'), mode, type, linkname, uid });
  }
  return entries;
};

const web: ImageSpec = {
  reference: 'example.org/web:1.2',
  architecture: 'amd64',
  config: { Entrypoint: ['/bin/web'], User: 'www', StopSignal: 'SIGQUIT' },
  layers: [
    [
      { type: 'directory', path: 'bin' },
      { type: 'file', path: 'bin/web', mode: 0o755, content: '#!' },
    ],
    [
      { type: 'symlink', path: 'bin/site', target: 'web' },
      { type: 'file', path: 'home', uid: 33, content: 'x' },
    ],
  ],
};

describe('imageArchive', () => {
  it('holds an OCI layout whose index leads to the configuration and the layers', async () => {
    const archive = await untar(await imageArchive([web]));
    const blob = (digest: string) => archive.get(`blobs/${digest.replace(':', '/')}`)!.content;
    const index = JSON.parse(archive.get('index.json')!.content);
    expect(JSON.parse(archive.get('oci-layout')!.content)).toEqual({ imageLayoutVersion: '1.0.0' });
    expect(index.manifests).toHaveLength(1);
    expect(index.manifests[0].annotations).toEqual({
      'io.containerd.image.name': 'example.org/web:1.2',
      'org.opencontainers.image.ref.name': '1.2',
    });
    const manifest = JSON.parse(blob(index.manifests[0].digest));
    const config = JSON.parse(blob(manifest.config.digest));
    expect(config).toMatchObject({ architecture: 'amd64', os: 'linux', config: web.config });
    expect(config.rootfs.diff_ids).toEqual(manifest.layers.map((layer: { digest: string }) => layer.digest));
    const [first, second] = await Promise.all(
      manifest.layers.map((layer: { digest: string }) => untar(Buffer.from(blob(layer.digest), 'latin1'))),
    );
    expect(first.get('bin/web')).toMatchObject({ content: '#!', mode: 0o755, uid: 0 });
    expect(second.get('bin/site')).toMatchObject({ type: 'symlink', linkname: 'web' });
    expect(second.get('home')).toMatchObject({ uid: 33, mode: 0o644 });
  });

  it("holds Docker's manifest beside it", async () => {
    const archive = await untar(await imageArchive([web]));
    const [entry] = JSON.parse(archive.get('manifest.json')!.content);
    expect(entry.RepoTags).toEqual(['example.org/web:1.2']);
    for (const path of [entry.Config, ...entry.Layers]) expect(archive.has(path)).toBe(true);
  });

  it('stores a layer that two images share once', async () => {
    const other = { ...web, reference: 'example.org/web:1.3' };
    const blobs = [...(await untar(await imageArchive([web, other]))).keys()].filter((path) => path.startsWith('blobs/sha256/'));
    expect(blobs).toHaveLength(4);
  });

  it('gives equal bytes for equal images', async () => {
    expect(await imageArchive([pauseImage('arm64')])).toEqual(await imageArchive([pauseImage('arm64')]));
  });
});

describe('pauseImage', () => {
  it('has a name with a tag that no registry serves', () => expect(PAUSE_IMAGE).toMatch(/^localhost\/.+:\d+$/));
});

describe('localArchitecture', () => {
  it.each([
    ['x64', 'amd64'],
    ['arm64', 'arm64'],
    ['s390x', undefined],
  ])('calls %s %s', (arch, expected) => expect(localArchitecture(arch)).toBe(expected));
});
