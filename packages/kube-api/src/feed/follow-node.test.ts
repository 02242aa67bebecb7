import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { expect, it } from 'vitest';
import { createNodeStore } from '../store/node-store.js';
import { createNodeFollower } from './follow-node.js';

const view = (name: string, uid: string, phase = 'Running', extra: Partial<PodView> = {}): PodView => ({
  podUid: uid as PodUid,
  pod: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid },
    spec: { containers: [{ name: 'app', image: 'a' }] },
    status: { phase },
  } as unknown as Pod,
  origin: undefined,
  terminating: false,
  waitingForName: false,
  ...extra,
});

const setUp = (earlier: Record<string, { uid: string; creationTimestamp: string }> = {}) => {
  const { store } = createNodeStore({ firstVersion: 1 });
  const records = { earlier: (bucket: string, key: string) => earlier[`${bucket}/${key}`], save: async () => {} };
  return { store, follower: createNodeFollower({ nodeName: 'node1', records, now: () => Date.parse('2026-11-29T00:00:00Z') }) };
};

it('shows pods with their status, and changes nothing while nothing changes', () => {
  const { store, follower } = setUp();
  follower.takePods(store, new Map([['u', view('web', 'u')]]));
  const { version } = store;
  follower.takePods(store, new Map([['u', view('web', 'u')]]));
  expect(store.version).toBe(version);
  expect(store.get('pods', 'default/web')).toMatchObject({ status: { phase: 'Running' }, metadata: { generation: 1 } });
  expect(store.get('serviceaccounts', 'default/default')).toBeDefined();
});

it('tells of a pod of another uid as of another pod', () => {
  const { store, follower } = setUp();
  follower.takePods(store, new Map([['u', view('web', 'u')]]));
  const told: string[] = [];
  store.subscribe('pods', ({ type, object }) => told.push(`${type} ${object.metadata.uid}`));
  follower.takePods(store, new Map([['v', view('web', 'v', 'Pending')]]));
  follower.takePods(store, new Map());
  expect(told).toEqual(['DELETED u', 'ADDED v', 'DELETED v']);
});

it('marks what is ending once, with one time', () => {
  const { store, follower } = setUp();
  follower.takePods(store, new Map([['u', view('web', 'u', 'Running', { terminating: true })]]));
  expect(store.get('pods', 'default/web')?.metadata).toMatchObject({
    deletionTimestamp: '2026-11-29T00:00:00Z',
    deletionGracePeriodSeconds: 30,
  });
});

it('knows from an earlier process when an object came', () => {
  const { store, follower } = setUp({ 'configmaps/default/a': { uid: 'x', creationTimestamp: '2020-01-01T00:00:00Z' } });
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default', uid: 'x' } };
  follower.takeObjects(store, new Map([['ConfigMap/default/a', object]]));
  expect(store.get('configmaps', 'default/a')?.metadata.creationTimestamp).toBe('2020-01-01T00:00:00Z');
});

it('counts a heartbeat of the node as no change', () => {
  const { store, follower } = setUp();
  const node = (heartbeat: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node1', creationTimestamp: '2026-01-01T00:00:00Z' },
    status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: heartbeat }] },
  });
  follower.takeNode(store, node('1'), {});
  const { version } = store;
  follower.takeNode(store, node('2'), {});
  expect(store.version).toBe(version);
  follower.takeNode(store, node('3'), { unschedulable: true });
  expect(store.get('nodes', 'node1')?.spec).toEqual({ unschedulable: true });
});
