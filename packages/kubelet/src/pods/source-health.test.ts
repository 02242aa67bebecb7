import type { ManifestState } from '@solo-kubelet/manifest-source';
import type { PodView } from '@solo-kubelet/reconciler';
import { verifiedSourceOrigin } from '@solo-kubelet/verified-source';
import { expect, it } from 'vitest';
import type { NodeObjectView } from '../api/node-objects.js';
import { sourceHealth } from './source-health.js';

const origin = { ...verifiedSourceOrigin('site'), document: 0 };
const podState: ManifestState = { origin, state: 'accepted', podKey: 'shop/web', podUid: 'u2', issues: [], message: '' };
const objectState: ManifestState = { origin, state: 'accepted', objectKey: 'k', issues: [], message: '' };
const READY = [{ type: 'Ready', status: 'True' }];
const view = (status: object, more: object = {}, metadata: object = {}): PodView =>
  ({
    podUid: 'u2',
    origin,
    terminating: false,
    waitingForName: false,
    pod: { metadata: { name: 'web', namespace: 'shop', ...metadata }, spec: { containers: [] }, status },
    ...more,
  }) as unknown as PodView;
const of = (state: ManifestState, { pod, object }: { readonly pod?: PodView; readonly object?: object } = {}) =>
  sourceHealth('site', {
    manifests: new Map([['m', state]]),
    pods: new Map(pod === undefined ? [] : [[pod.podUid as string, pod]]),
    objects: new Map(object === undefined ? [] : [['k', object as NodeObjectView]]),
  });

it.each<[string, PodView | undefined, string, RegExp?]>([
  ['is not there', undefined, 'progressing', /^Pod shop\/web is not there yet$/],
  ['is ready', view({ phase: 'Running', conditions: READY }), 'ready'],
  ['is running and not ready', view({ phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] }), 'progressing', /not ready$/],
  [
    'has a container that ended and waits',
    view({
      phase: 'Running',
      containerStatuses: [
        { name: 'a', state: { running: {} }, lastState: { terminated: { exitCode: 2 } } },
        { name: 'b', restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 3 } } },
      ],
    }),
    'progressing',
    /not ready: container b: CrashLoopBackOff, exit code 3$/,
  ],
  ['has succeeded', view({ phase: 'Succeeded' }), 'ready'],
  ['has failed', view({ phase: 'Failed', message: 'm' }), 'failed', /failed: m$/],
  [
    'was refused, and comes back by itself',
    view({ phase: 'Failed', message: 'no room' }, { returns: 'refused' }),
    'progressing',
    /no room$/,
  ],
  [
    'crashes',
    view({ phase: 'Running', containerStatuses: [{ name: 'a', restartCount: 5, state: { waiting: { reason: 'CrashLoopBackOff' } } }] }),
    'failed',
    /container a ended 5 times$/,
  ],
  ['runs as it was before, which ends', view({ phase: 'Running', conditions: READY }, { podUid: 'u1' }), 'progressing'],
  [
    'went back by itself',
    view(
      { phase: 'Running', conditions: READY },
      { podUid: 'u1' },
      { annotations: { 'rollback.solo-kubelet.dev/held-back': 'it crashed' } },
    ),
    'failed',
    /it crashed$/,
  ],
  [
    'follows what it refers to',
    view({ phase: 'Running', conditions: READY }, { podUid: 'u3' }, { annotations: { 'solo-kubelet.dev/config-version': '2' } }),
    'ready',
  ],
])('a Pod that %s', (_what, pod, type, message) =>
  expect(of(podState, pod && { pod })).toMatchObject({ type, ...(message && { message: expect.stringMatching(message) }) }),
);

const object = (kind: string, spec: object, status: object) => ({
  kind,
  metadata: { name: 'o', namespace: 'shop', generation: 2 },
  spec,
  status: { observedGeneration: 2, ...status },
});
it.each<[string, object | undefined, string]>([
  ['a ConfigMap', object('ConfigMap', {}, {}), 'ready'],
  [
    'a Deployment that is rolled out',
    object('Deployment', { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }),
    'ready',
  ],
  [
    'a Deployment with old Pods',
    object('Deployment', { replicas: 2 }, { replicas: 3, updatedReplicas: 2, availableReplicas: 3 }),
    'progressing',
  ],
  [
    'a Deployment that nobody has looked at',
    object('Deployment', {}, { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
    'progressing',
  ],
  [
    'a Deployment that went back',
    object(
      'Deployment',
      {},
      { replicas: 1, updatedReplicas: 1, availableReplicas: 1, conditions: [{ type: 'RolledBack', status: 'True', message: 'held' }] },
    ),
    'failed',
  ],
  [
    'a Deployment past its deadline',
    object('Deployment', {}, { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] }),
    'failed',
  ],
  [
    'a StatefulSet below a partition',
    object('StatefulSet', { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } }, { readyReplicas: 3, updatedReplicas: 1 }),
    'ready',
  ],
  ['a StatefulSet that is being updated', object('StatefulSet', { replicas: 3 }, { readyReplicas: 3, updatedReplicas: 2 }), 'progressing'],
  ['a DaemonSet for another node', object('DaemonSet', {}, { desiredNumberScheduled: 0 }), 'ready'],
  [
    'a DaemonSet that has begun',
    object('DaemonSet', {}, { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 0 }),
    'progressing',
  ],
  ['a ReplicaSet', object('ReplicaSet', { replicas: 2 }, { readyReplicas: 2 }), 'ready'],
  ['a Job at work', object('Job', {}, { active: 1, ready: 1 }), 'ready'],
  ['a Job that is done', object('Job', {}, { conditions: [{ type: 'Complete', status: 'True' }] }), 'ready'],
  ['a Job that failed', object('Job', {}, { conditions: [{ type: 'Failed', status: 'True', message: 'm' }] }), 'failed'],
  ['a Job that has not begun', object('Job', {}, {}), 'progressing'],
])('%s', (_what, one, type) => expect(of(objectState, one && { object: one }).type).toBe(type));

it('looks at the documents of its source alone, and at what became of them', () => {
  expect(of({ ...podState, origin: { ...verifiedSourceOrigin('other'), document: 0 } })).toEqual({ type: 'ready' });
  expect(of({ ...podState, state: 'shadowed' })).toEqual({ type: 'ready' });
  expect(of({ ...objectState, state: 'stale', message: 'spec.selector: may not change' })).toEqual({
    type: 'failed',
    message: 'k: spec.selector: may not change',
  });
});
