import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readNodeValues } from './node-values.js';

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'node-values-'));
  path = join(root, 'node-values.yaml');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const read = (given: Readonly<Record<string, string>> = {}) => {
  const told: unknown[] = [];
  const logger = { ...silentLogger, error: (fields: unknown) => void told.push(fields) };
  return readNodeValues({ nodeValuesFile: path, given }, { nodeName: 'box', logger }).then((values) => ({ ...values, told }));
};

it('reads what the node is called here, and always knows its name', async () => {
  await writeFile(path, 'apiVersion: solo-kubelet.dev/v1alpha1\nkind: NodeValues\nvalues: { site: berlin }\n');
  expect(await read()).toEqual({ values: { name: 'box', site: 'berlin' }, told: [] });
});

it('needs no file, unless one was named', async () => {
  expect(await read()).toEqual({ values: { name: 'box' }, told: [] });
  expect(await read({ 'node-values-file': path })).toMatchObject({
    values: { name: 'box' },
    problem: expect.stringMatching(/^cannot read .*node-values\.yaml: /),
    told: [{ path }],
  });
});

it('stops nothing with a file that can not be used', async () => {
  await writeFile(path, 'values: { site: 1 }\n');
  expect(await read()).toMatchObject({
    values: { name: 'box' },
    problem: expect.stringContaining('node-values.yaml:1:'),
    told: [{ path }],
  });
});
