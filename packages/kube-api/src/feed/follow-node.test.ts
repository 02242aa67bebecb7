import type { StoredObject } from '@solo-kubelet/api-server';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { describe, expect, it } from 'vitest';
import type { NodeObject } from '../core/shown-object.js';
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

const settings = (light: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default', uid: 'u', ...metadata },
  data: { light },
});
const KEY = 'default/a';

describe('what a request wrote', () => {
  const written = () => {
    const { store } = createNodeStore({ firstVersion: 1 });
    let nowMs = 1_000;
    const records = { earlier: () => undefined, save: async () => {} };
    const follower = createNodeFollower({ nodeName: 'node1', records, now: () => nowMs });
    const say = (...objects: NodeObject[]) => follower.takeObjects(store, new Map(objects.map((object) => ['k', object])));
    const write = (object: StoredObject): void => {
      const previous = store.get('configmaps', KEY)!;
      follower.noteWrites([{ type: 'put', bucket: 'configmaps', key: KEY, object, previous }]);
      store.put('configmaps', KEY, object, nowMs);
    };
    const light = () => store.get('configmaps', KEY)?.['data'];
    const wait = (ms: number): void => {
      nowMs += ms;
    };
    return { store, follower, say, write, light, wait };
  };

  it('stays while the kubelet says what it had read before, and is what it is read as after that', () => {
    const { say, write, light, store } = written();
    say(settings('on'));
    write(settings('off'));
    write(settings('dim'));
    const { version } = store;
    say(settings('on'));
    say(settings('off'));
    expect([light(), store.version]).toEqual([{ light: 'dim' }, version]);
    say(settings('dim'));
    say(settings('bright'));
    expect(light()).toEqual({ light: 'bright' });
  });

  it('gives way after a while to a file that somebody put back', () => {
    const { say, write, light, wait, follower, store } = written();
    say(settings('on'));
    write(settings('off'));
    say(settings('on'));
    follower.takeLate(store);
    expect(light()).toEqual({ light: 'off' });
    wait(6_000);
    follower.takeLate(store);
    expect(light()).toEqual({ light: 'on' });
  });

  it('does not come back once it was taken away, though the kubelet still tells of it', () => {
    const { say, follower, store, light } = written();
    say(settings('on'));
    const object = store.get('configmaps', KEY)!;
    follower.noteWrites([{ type: 'remove', bucket: 'configmaps', key: KEY, object, previous: object }]);
    store.remove('configmaps', KEY, 0);
    say({ ...settings('on'), status: {} } as NodeObject);
    expect(light()).toBeUndefined();
    say();
    say(settings('new', { uid: 'v' }));
    expect(light()).toEqual({ light: 'new' });
  });

  it('keeps the mark of a deletion that others hold up', () => {
    const { say, store } = written();
    say(settings('on'));
    const ending = { ...settings('on', { finalizers: ['x/y'], deletionTimestamp: '2026-01-01T00:00:00Z' }) };
    store.put('configmaps', KEY, ending, 0);
    say(settings('on', { finalizers: ['x/y'], labels: { a: 'b' } }));
    expect(store.get('configmaps', KEY)?.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', labels: { a: 'b' } });
  });
});

it('shows that a Namespace of a file is there', () => {
  const { store, follower } = setUp();
  follower.takeObjects(store, new Map([['n', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'n' } }]]));
  expect(store.get('namespaces', 'shop')).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
});

it('tells older clients of the Endpoints of a Service, and of them again only when its slices are others', () => {
  const { store, follower } = setUp();
  const slice = (ready: boolean, name = 'web-1', addressType = 'IPv4') => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'default', uid: name, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType,
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.0.0.2'], conditions: { ready }, nodeName: 'node1' }],
  });
  const other = slice(true, 'web-2', 'IPv6');
  follower.takeObjects(
    store,
    new Map([
      ['a', slice(true)],
      ['b', other],
    ]),
  );
  expect(store.get('endpoints', 'default/web')).toMatchObject({
    subsets: [{ addresses: [{ ip: '10.0.0.2', nodeName: 'node1' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }],
  });
  const { version } = store;
  follower.takeObjects(
    store,
    new Map([
      ['a', slice(true)],
      ['b', other],
    ]),
  );
  expect(store.version).toBe(version);
  follower.takeObjects(
    store,
    new Map([
      ['a', slice(false)],
      ['b', other],
    ]),
  );
  expect(store.get('endpoints', 'default/web')).toMatchObject({ subsets: [{ notReadyAddresses: [{ ip: '10.0.0.2' }] }] });
  follower.takeObjects(store, new Map());
  expect(store.get('endpoints', 'default/web')).toBeUndefined();
});
