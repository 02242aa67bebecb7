import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCredentialProviders } from './credential-providers.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'credential-providers-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const provider = (name: string, more: object = {}): object => ({
  name,
  apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
  matchImages: ['*.dkr.example.com'],
  defaultCacheDuration: '12h',
  ...more,
});
const write = async (file: string, ...providers: readonly object[]): Promise<string> => {
  const path = join(directory, file);
  await writeFile(path, JSON.stringify({ apiVersion: 'kubelet.config.k8s.io/v1', kind: 'CredentialProviderConfig', providers }));
  return path;
};

it('reads the providers of a file', async () => {
  const path = await write('one.yaml', provider('ecr', { args: ['get'], env: [{ name: 'REGION', value: 'x' }] }));
  expect(await readCredentialProviders(path)).toEqual([
    {
      name: 'ecr',
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      matchImages: ['*.dkr.example.com'],
      defaultCacheDurationMs: 43_200_000,
      args: ['get'],
      env: [{ name: 'REGION', value: 'x' }],
      requireServiceAccount: false,
    },
  ]);
});

it('reads the files of a directory by name, and no other', async () => {
  await write('b.json', provider('second'));
  await write('a.yml', provider('first'));
  await write('readme.txt');
  expect((await readCredentialProviders(directory)).map(({ name }) => name)).toEqual(['first', 'second']);
});

it.each<[string, object, RegExp]>([
  ['a name with a path', { name: '../ecr' }, /providers\[0\]\.name/],
  ['no images', { matchImages: [] }, /providers\[0\]\.matchImages/],
  ['no cache duration', { defaultCacheDuration: undefined }, /providers\[0\]\.defaultCacheDuration/],
  ['an unknown apiVersion', { apiVersion: 'v9' }, /providers\[0\]\.apiVersion/],
])('refuses %s and says where', async (_what, change, message) => {
  await expect(readCredentialProviders(await write('bad.json', provider('ecr', change)))).rejects.toThrow(message);
});

it('refuses one name in two files', async () => {
  await write('a.json', provider('ecr'));
  await write('b.json', provider('ecr'));
  await expect(readCredentialProviders(directory)).rejects.toMatchObject({ code: 'KUBELET_CONFIG_INVALID', message: /ecr is there twice/ });
});

it('refuses what nests too deep, and says where', async () => {
  const path = join(directory, 'deep.yaml');
  await writeFile(path, `kind: CredentialProviderConfig\nproviders: ${'['.repeat(100)}`);
  await expect(readCredentialProviders(path)).rejects.toThrow(`${path}: line 2, column 111: it nests deeper than 100 levels`);
});
