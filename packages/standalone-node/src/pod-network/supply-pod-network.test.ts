import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { supplyPodNetwork } from './supply-pod-network.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pod-network-'));
  await mkdir(plugins());
  for (const name of ['bridge', 'host-local', 'portmap']) await writeFile(join(plugins(), name), '');
});
afterEach(() => rm(directory, { recursive: true }));

const configuration = (): string => join(directory, 'net.d');
const plugins = (): string => join(directory, 'bin');

const supply = async (change: { readonly networkReady?: boolean; readonly routes?: readonly string[] } = {}) => {
  const cniDirectories = { configuration: configuration(), plugins: [join(directory, 'none'), plugins()] };
  await using fake = await createFakeCri({ cniDirectories });
  fake.conditions.networkReady = change.networkReady ?? false;
  await using cri = createCriClient({ endpoint: fake.endpoint });
  return await supplyPodNetwork(cri, { signal: AbortSignal.timeout(20_000), routes: async () => change.routes ?? [], seed: 5 });
};

it('writes a network with host ports, which no other file is behind, where there is none', async () => {
  const result = await supply();
  expect(result).toEqual({ outcome: 'supplied', path: join(configuration(), '99-solo-kubelet.conflist'), subnet: '10.160.5.0/24' });
  expect(await readdir(configuration())).toEqual(['99-solo-kubelet.conflist']);
  const { name, plugins: chain } = JSON.parse(await readFile(join(configuration(), '99-solo-kubelet.conflist'), 'utf8'));
  expect(name).toBe('solo-kubelet');
  expect(chain).toMatchObject([
    { type: 'bridge', ipMasq: true, ipam: { ranges: [[{ subnet: '10.160.5.0/24' }]] } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ]);
});

it('keeps away from the routes of the machine', async () => {
  expect(await supply({ routes: ['default', '10.160.0.0/16'] })).toMatchObject({
    outcome: 'supplied',
    subnet: expect.not.stringMatching(/^10\.160\./),
  });
  await rm(configuration(), { recursive: true });
  expect(await supply({ routes: ['10.0.0.0/8'] })).toMatchObject({
    outcome: 'wrong',
    reasons: [expect.stringContaining('no subnet is free')],
  });
});

it('leaves a runtime alone that has a network', async () => {
  expect(await supply({ networkReady: true })).toEqual({ outcome: 'present' });
  await expect(readdir(configuration())).rejects.toThrow('ENOENT');
});

it('leaves the files of others alone, broken ones too', async () => {
  await mkdir(configuration());
  await writeFile(join(configuration(), '10-mine.conflist'), '{');
  expect(await supply()).toMatchObject({ outcome: 'wrong', reasons: [expect.stringContaining('10-mine.conflist')] });
  expect(await readdir(configuration())).toEqual(['10-mine.conflist']);
});

it('says which plugins are missing, and writes nothing that would need them', async () => {
  await rm(join(plugins(), 'portmap'));
  expect(await supply()).toMatchObject({ outcome: 'wrong', reasons: [expect.stringMatching(/not in .*: portmap \(apt-get install/)] });
  await expect(readdir(configuration())).rejects.toThrow('ENOENT');
});
