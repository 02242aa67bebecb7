import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri, type FakeCriOptions } from '@solo-kubelet/cri-client/testing';
import { expect, it } from 'vitest';
import { supplySandboxImage } from './supply-sandbox-image.js';

const PAUSE = 'registry.k8s.io/pause:3.8';

const supply = async (options: FakeCriOptions) => {
  await using fake = await createFakeCri(options);
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const imported: string[] = [];
  const importPause = async (reference: string): Promise<void> => void imported.push(reference);
  const result = await supplySandboxImage(cri, {
    endpoint: fake.endpoint,
    signal: AbortSignal.timeout(20_000),
    importPause,
    dumpConfiguration: async () => undefined,
  });
  return { result, imported, pulls: fake.calls.filter(({ method }) => method === 'PullImage').length };
};

it.each<[string, FakeCriOptions, object]>([
  ['leaves it where it is there', { sandboxImage: PAUSE, images: [{ tags: [PAUSE] }] }, { outcome: 'present', image: PAUSE }],
  ['does nothing where the runtime names none', {}, { outcome: 'unknown' }],
  ['has it pulled where a registry has it', { sandboxImage: PAUSE, registry: [{ tags: [PAUSE] }] }, { outcome: 'pulled', image: PAUSE }],
])('%s', async (_, options, expected) => {
  expect(await supply(options)).toMatchObject({ result: expected, imported: [] });
});

it('imports our own under the name of one that cannot be pulled', async () => {
  expect(await supply({ sandboxImage: PAUSE })).toEqual({ result: { outcome: 'supplied', image: PAUSE }, imported: [PAUSE], pulls: 1 });
});
