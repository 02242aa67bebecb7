import { createMemoryStore, type StoredObject } from '@solo-kubelet/api-server';
import { expect, it } from 'vitest';
import { dependentsOf, firstController } from './owners.js';

type Owner = NonNullable<StoredObject['metadata']['ownerReferences']>[number];
const reference = (kind: string, name: string, controller = true): Owner => ({
  apiVersion: kind === 'ConfigMap' ? 'v1' : kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1',
  kind,
  name,
  uid: `uid-${name}`,
  ...(controller && { controller: true }),
});

const setUp = (...objects: readonly (readonly [bucket: string, name: string, owners: readonly Owner[], more?: object])[]) => {
  const store = createMemoryStore();
  const stored = objects.map(([bucket, name, ownerReferences, more]) => {
    const metadata = { name, namespace: 'default', uid: `uid-${name}`, ownerReferences: [...ownerReferences], ...more };
    const object: StoredObject = { apiVersion: 'v1', kind: 'x', metadata };
    store.put(bucket, `default/${name}`, object, 0);
    return object;
  });
  return { store, stored };
};
const names = (changes: ReturnType<typeof dependentsOf>): readonly string[] => changes.map(({ bucket, key }) => `${bucket} ${key}`);

it('finds who decides on a Pod: the Deployment, not its ReplicaSet', () => {
  const { store, stored } = setUp(
    ['deployments.apps', 'web', []],
    ['replicasets.apps', 'web-1', [reference('Deployment', 'web')]],
    ['pods', 'web-1-a', [reference('ReplicaSet', 'web-1')]],
    ['pods', 'plain', []],
  );
  expect(firstController(store, stored[2]!)).toMatchObject({ kind: 'Deployment', name: 'web' });
  expect(firstController(store, stored[3]!)).toBeUndefined();
});

it('stops at an owner that has gone, and at one that owns itself', () => {
  const { store, stored } = setUp(
    ['pods', 'left', [reference('ReplicaSet', 'gone')]],
    ['jobs.batch', 'circle', [reference('Job', 'circle')]],
  );
  expect(firstController(store, stored[0]!)).toMatchObject({ kind: 'ReplicaSet', name: 'gone' });
  expect(firstController(store, stored[1]!)).toMatchObject({ kind: 'Job', name: 'circle' });
});

it('ends what is owned, and what is owned by that, but not what somebody else owns too or a finalizer holds', () => {
  const { store, stored } = setUp(
    ['cronjobs.batch', 'nightly', []],
    ['jobs.batch', 'now', [reference('CronJob', 'nightly')]],
    ['configmaps', 'of-now', [reference('Job', 'now', false)]],
    ['configmaps', 'other', []],
    ['configmaps', 'shared', [reference('CronJob', 'nightly', false), reference('ConfigMap', 'other', false)]],
    ['configmaps', 'held', [reference('CronJob', 'nightly', false)], { finalizers: ['example.org/keep'] }],
    ['configmaps', 'of-nobody', [reference('CronJob', 'gone', false)]],
  );
  expect(names(dependentsOf(store, stored[0]!)).toSorted()).toEqual(['configmaps default/of-now', 'jobs.batch default/now']);
  expect(dependentsOf(store, stored[3]!)).toEqual([]);
});
