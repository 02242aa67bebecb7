import type { StoredObject } from '@solo-kubelet/api-server';
import { expect, it } from 'vitest';
import { createNodeStore } from './node-store.js';

const object = (name: string, uid = `uid-${name}`): StoredObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, uid } });

it('collects what a request writes, and does it only when told to, under the versions that were shown', async () => {
  const { store, stage, commit, exclusive } = createNodeStore({ firstVersion: 100 });
  store.put('configmaps', 'a', object('a'), 0);
  await exclusive(async () => {
    const { result, changes } = stage(() => {
      const made = store.put('configmaps', 'b', object('b'), 0);
      store.remove('configmaps', 'a', 0);
      expect(store.get('configmaps', 'a')).toBeUndefined();
      return made;
    });
    expect(store.get('configmaps', 'b')).toBeUndefined();
    expect(store.get('configmaps', 'a')).toBeDefined();
    commit(changes, 0);
    expect(store.get('configmaps', 'b')?.metadata.resourceVersion).toBe(result.metadata.resourceVersion);
  });
  expect(store.get('configmaps', 'a')).toBeUndefined();
  expect(store.version).toBe(103);
});

it('lets what the node says wait for a writer that is at work', async () => {
  const { store, exclusive, follow } = createNodeStore({ firstVersion: 1 });
  let end = (): void => {};
  const writing = exclusive(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  follow((base) => void base.put('pods', 'default/a', object('a'), 0));
  expect(store.get('pods', 'default/a')).toBeUndefined();
  await Promise.resolve();
  end();
  await writing;
  await Promise.resolve();
  expect(store.get('pods', 'default/a')).toBeDefined();
});

it('runs one writer at a time, also after one that failed', async () => {
  const { exclusive } = createNodeStore({ firstVersion: 1 });
  const order: string[] = [];
  const first = exclusive(async () => {
    order.push('first');
    throw new Error('no');
  });
  const second = exclusive(async () => void order.push('second'));
  await expect(first).rejects.toThrow('no');
  await second;
  expect(order).toEqual(['first', 'second']);
});
