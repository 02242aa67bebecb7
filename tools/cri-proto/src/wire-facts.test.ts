import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { descriptorFacts } from './descriptor-facts.js';
import { compileDescriptors, generate } from './generate.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../../../..');
const generated = ['packages/cri-types/src/gen', 'packages/cri-client/src/gen', 'packages/device-plugins/src/gen'];

describe('the .proto files', { timeout: 120_000 }, () => {
  let scratch: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'cri-proto-'));
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('hold exactly the facts of the wire format', async () => {
    const file = join(scratch, 'descriptors.bin');
    await compileDescriptors(file);
    const stated = (await readFile(join(root, 'tools/cri-proto/wire-facts.tsv'), 'utf8')).split('\n').filter((line) => /^[^#]/.test(line));
    expect(descriptorFacts(fromBinary(FileDescriptorSetSchema, await readFile(file)))).toEqual(stated.sort());
  });

  it('generate the committed TypeScript again, byte for byte', async () => {
    await generate(scratch);
    for (const directory of generated) {
      const names = (await readdir(join(scratch, directory), { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
      const committed = (await readdir(join(root, directory), { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
      expect(committed).toEqual(names);
      for (const name of names) {
        const [fresh, kept] = await Promise.all([scratch, root].map((at) => readFile(join(at, directory, name), 'utf8')));
        expect(kept === fresh, `${directory}/${name} is out of date: pnpm --filter @solo-kubelet-tools/cri-proto generate`).toBe(true);
      }
    }
  });
});
