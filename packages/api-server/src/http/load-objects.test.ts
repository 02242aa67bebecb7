import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createCore } from '../testing/ask-core.js';
import { loadObjects } from './load-objects.js';

it('refuses a file that nests too deep, as it is written or by its aliases, and says where', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'load-objects-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'objects.yaml');
  const load = async (text: string) => {
    await writeFile(path, text);
    await loadObjects(createCore(), [path], 0);
  };
  await load('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
  await expect(load(`kind: ConfigMap\nx: ${'['.repeat(100)}`)).rejects.toThrow(
    `${path}: line 2, column 103: it nests deeper than 100 levels`,
  );
  await expect(load('kind: ConfigMap\n---\n&a [[*a]]')).rejects.toThrow(`${path}, document 2: it nests deeper than 200 levels`);
});
