import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as all from '../index.js';
import * as enums from './index.js';

it('has the constants of the whole package', () => {
  expect(Object.keys(enums).length).toBeGreaterThan(10);
  expect(all).toMatchObject(enums);
});

it('loads nothing but the constants: no codecs, no gRPC', async () => {
  const source = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), 'utf8');
  const imports = async (name: string): Promise<readonly string[]> =>
    [...(await source(name)).matchAll(/ from ['"](.+)['"]/g)].map(([, from]) => from ?? '');
  expect(await imports('index.ts')).toEqual(['../gen/cri-v1-enums.js']);
  expect(await imports('../gen/cri-v1-enums.ts')).toEqual([]);
});
