import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { expect, it } from 'vitest';
import { missingImages } from './missing-images.js';

const pod = (name: string, ...containers: readonly object[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers } });

it('names what the manifests name and the runtime does not have, whatever else lies in the directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'doctor-images-'));
  await using fake = await createFakeCri({ images: [{ tags: ['here:1'] }] });
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const signal = AbortSignal.timeout(20_000);
  try {
    await writeFile(join(directory, 'a.json'), pod('a', { name: 'a', image: 'here:1' }, { name: 'b', image: 'gone:1' }));
    await writeFile(join(directory, 'b.yaml'), pod('b', { name: 'a', image: 'gone:1', imagePullPolicy: 'Never' }));
    await writeFile(join(directory, 'wrong.yaml'), 'kind: Pod\nspec: 7\n');
    await writeFile(join(directory, 'notes.txt'), 'gone:2');
    expect(await missingImages(cri, directory, { signal })).toEqual([{ image: 'gone:1', neverPulled: true }]);
    expect(await missingImages(cri, join(directory, 'none'), { signal })).toEqual([]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
