import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { imageArchive } from '@solo-kubelet/standalone-node/images';
import { expect, it } from 'vitest';
import { runtimeImages } from './runtime-images.js';

it('gives an import ten minutes, and a second for each megabyte of what goes in, archives too', async () => {
  const root = await mkdtemp(join(tmpdir(), 'runtime-images-'));
  await using fake = await createFakeCri({ images: [{ tags: ['registry.invalid/a:1'] }] });
  const limitsMs: number[] = [];
  const images = runtimeImages(fake.endpoint, async (_endpoint, [verb], { timeoutMs, stdin }) => {
    if (verb !== 'images') return '';
    limitsMs.push(timeoutMs);
    for await (const _ of stdin ?? []);
    return '';
  });
  const { signal } = new AbortController();
  try {
    const path = join(root, 'a.tar');
    const layer = [{ type: 'file', path: 'large', content: Buffer.alloc(4_000_000) } as const];
    await writeFile(path, await imageArchive([{ reference: 'registry.invalid/a:1', architecture: 'amd64', config: {}, layers: [layer] }]));
    const why = await images
      .loadArchive({ path, name: 'registry.invalid/a:1', digest: `sha256:${'0'.repeat(64)}` }, { signal })
      .catch(String);
    const [digest = ''] =
      String(why)
        .match(/it has (\S+)/)
        ?.slice(1) ?? [];
    await images.loadArchive({ path, name: 'registry.invalid/a:1', digest }, { signal });
    const blob = { digest, size: 3_000_000 };
    const open = async function* () {
      yield Buffer.alloc(3_000_000);
    };
    await images.load({ name: 'registry.invalid/a:1', digest, mediaType: 'x', size: 3_000_000, blobs: [blob], open }, { signal });
    const { size } = await stat(path);
    expect(size).toBeGreaterThan(4_000_000);
    expect(limitsMs).toEqual([600_000 + Math.ceil(size / 1_000), 603_000]);
  } finally {
    await rm(root, { recursive: true });
  }
});
