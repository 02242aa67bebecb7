import type { ContainerStatus, EphemeralContainer, Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { container, observedContainer, observedPod, pod } from '../testing/index.js';
import { syncInputOf } from '../testing/sync-input.js';
import { computePodActions } from './compute-pod-actions.js';
import { fieldPathOf } from './event-of-activity.js';
import type { ObservedPod } from './observed-pod.js';
import { newWorkerState } from './pod-worker-state.js';
import { derivePodStatus } from './status/derive-pod-status.js';

const shell: EphemeralContainer = { ...container('shell'), targetContainerName: 'app' };
const debugged = (spec: Partial<Pod['spec']> = {}): Pod => pod('web', { ephemeralContainers: [shell], ...spec });
const startsOf = (spec: Partial<Pod['spec']>, observed?: ObservedPod, rest: Parameters<typeof syncInputOf>[0] = {}) =>
  computePodActions(syncInputOf({ pod: debugged(spec), observed, ...rest })).actions.filter((action) => action.type === 'startContainer');
const statusOf = (observed: ObservedPod, rest: Parameters<typeof syncInputOf>[0] = {}) =>
  derivePodStatus({ ...syncInputOf({ pod: debugged(), observed, ...rest }), nodeIps: [], recursiveReadOnly: false });
const running = observedContainer('app');
const was = (state: ContainerStatus['state']): ContainerStatus => ({
  name: 'shell',
  state,
  ready: false,
  restartCount: 0,
  image: 'shell:1',
  imageID: '',
  containerID: 'fake://shell-0',
});

describe('an ephemeral container', () => {
  it('starts in a sandbox that is there, beside what runs, and sees the processes of its target', () => {
    expect(startsOf({}, observedPod([running]))).toMatchObject([
      { container: shell, kind: 'ephemeral', restartCount: 0, target: { name: 'app', containerId: 'app-0' } },
    ]);
  });

  it('waits for the sandbox, but not for init containers', () => {
    expect(startsOf({}).map(({ container }) => container.name)).toEqual(['app']);
    const init = observedContainer('init');
    expect(startsOf({ initContainers: [container('init')] }, observedPod([init]))).toMatchObject([{ container: shell }]);
  });

  it.each(['exited', 'created', 'unknown', 'running'] as const)('never starts again once there is one that is %s', (state) => {
    expect(startsOf({}, observedPod([running, observedContainer('shell', { state })]))).toEqual([]);
  });

  it('never starts again where only an earlier status tells of it', () => {
    const status = { phase: 'Running', ephemeralContainerStatuses: [was({ terminated: { exitCode: 0 } })] } as const;
    expect(startsOf({}, observedPod([running]), { status })).toEqual([]);
    expect(statusOf(observedPod([running]), { status }).ephemeralContainerStatuses).toEqual(status.ephemeralContainerStatuses);
  });

  it('waits like any other after a start that failed, and says why', () => {
    const failure = { reason: 'ErrImagePull', message: 'no such image', retryAtMs: 110_000, failures: 1 };
    const it = debugged();
    const workerState = { ...newWorkerState(it), admission: { state: 'admitted' }, startFailures: new Map([['shell', failure]]) } as const;
    expect(startsOf({}, observedPod([running]), { workerState })).toEqual([]);
    expect(statusOf(observedPod([running]), { workerState }).ephemeralContainerStatuses).toMatchObject([
      { name: 'shell', state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } },
    ]);
  });

  it('is never ready, and counts for nothing in what becomes of the Pod', () => {
    const failed = observedContainer('shell', { state: 'exited', exitCode: 1, finishedAtMs: 9, reason: 'Error' });
    const status = statusOf(observedPod([running, failed]));
    expect(status).toMatchObject({
      phase: 'Running',
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]),
    });
    expect(status.ephemeralContainerStatuses).toMatchObject([{ ready: false, state: { terminated: { exitCode: 1 } } }]);
    expect(status.ephemeralContainerStatuses![0]).not.toHaveProperty('started');
    const ended = { state: 'exited', exitCode: 0, finishedAtMs: 9, reason: 'Completed' } as const;
    const alone = observedPod([observedContainer('app', ended), observedContainer('shell')]);
    const done = computePodActions(syncInputOf({ pod: debugged({ restartPolicy: 'Never' }), observed: alone }));
    expect(done.actions).toMatchObject([{ type: 'stopContainers', stops: [{ containerName: 'shell' }] }, { type: 'stopSandbox' }]);
  });

  it('keeps no sidecar waiting at the end', () => {
    const initContainers = [container('proxy', { restartPolicy: 'Always' })];
    const observed = observedPod([observedContainer('proxy'), running, observedContainer('shell')]);
    const [stop] = computePodActions(syncInputOf({ pod: debugged({ initContainers }), observed, wanted: false })).actions;
    const proxy = stop?.type === 'stopContainers' && stop.stops.find(({ containerName }) => containerName === 'proxy');
    expect(proxy).toMatchObject({ waitFor: ['app-0'] });
  });

  it('is found in its own list by events', () => expect(fieldPathOf(debugged(), 'shell')).toBe('spec.ephemeralContainers{shell}'));
});
