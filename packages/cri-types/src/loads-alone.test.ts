import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const source = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), 'utf8');

it('has every message, also one that was added to the protocol', async () => {
  const messages = [...(await source('gen/cri-v1-messages.ts')).matchAll(/^export interface (\w+)/gm)].map(([, name]) => name);
  const exported = [...(await source('index.ts')).matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
  expect(messages.length).toBeGreaterThan(150);
  expect(exported).toEqual(expect.arrayContaining(messages));
});

it('loads and installs nothing but the constants: no codecs, no gRPC, no other package', async () => {
  const imports = async (name: string): Promise<readonly string[]> =>
    [...(await source(name)).matchAll(/\b(?:from|import|require)\b ?\(?['"](.+)['"]/g)].map(([, from]) => from ?? '').sort();
  expect(await imports('index.ts')).toEqual(['./gen/cri-v1-enums.js', './gen/cri-v1-messages.js']);
  expect(await imports('gen/cri-v1-messages.ts')).toEqual(['./cri-v1-enums.js']);
  expect(await imports('gen/cri-v1-enums.ts')).toEqual([]);
  const manifest = JSON.parse(await source('../package.json')) as Record<string, unknown>;
  expect([manifest['dependencies'], manifest['peerDependencies']]).toEqual([undefined, undefined]);
});
