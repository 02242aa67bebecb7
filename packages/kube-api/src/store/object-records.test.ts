import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredObject } from '@solo-kubelet/api-server';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodeStore } from './node-store.js';
import { openObjectRecords } from './object-records.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'object-records-'));
});
afterEach(() => rm(directory, { recursive: true }));

const map = (name: string, value: string): StoredObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, creationTimestamp: '2026-11-30T00:00:00Z' },
  data: { a: value },
});
const open = async (firstVersion: number) => {
  const records = await openObjectRecords(join(directory, 'objects.json'), ['configmaps'], silentLogger);
  const { store } = createNodeStore({ firstVersion, versionOf: records.takeVersion });
  const put = (name: string, value: string) => store.put('configmaps', `default/${name}`, map(name, value), 0).metadata.resourceVersion;
  return { records, store, put };
};

it('an object that is as it was has the version that it had, after a restart', async () => {
  const before = await open(100);
  for (const name of ['same', 'changed', 'back']) before.put(name, '1');
  expect(before.store.get('configmaps', 'default/same')?.metadata.resourceVersion).toBe('101');
  await before.records.save(before.store);

  const after = await open(1_000);
  expect(after.put('changed', '2')).toBe('1001');
  expect(after.put('same', '1')).toBe('101');
  expect(after.put('same', '2')).toBe('1003');
  expect(after.store.version).toBe(1_003);
  // One that went and came back is another, though it says the same.
  expect(after.put('back', '1')).toBe('103');
  after.store.remove('configmaps', 'default/back', 0);
  expect(after.put('back', '1')).toBe('1006');
  // Whoever listed before it was there is told of it in its turn.
  expect(after.store.eventsSince('configmaps', 1_001)?.map(({ object }) => object.metadata.resourceVersion)).toEqual([
    '101',
    '1003',
    '103',
    '1005',
    '1006',
  ]);
});

it('reads records of before versions were kept', async () => {
  const record = { uid: 'uid-a', creationTimestamp: '2026-11-30T00:00:00Z' };
  await writeFile(join(directory, 'objects.json'), JSON.stringify({ 'configmaps/default/a': record }));
  const after = await open(10);
  expect(after.records.earlier('configmaps', 'default/a')).toEqual(record);
  expect(after.put('a', '1')).toBe('11');
});
