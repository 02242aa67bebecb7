import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { container, observedContainer, observedPod, observedSandbox, pod } from '../../testing/index.js';
import { syncInputOf } from '../../testing/sync-input.js';
import type { ObservedContainer, ObservedPod } from '../observed-pod.js';
import { newWorkerState } from '../pod-worker-state.js';
import { probeOf } from '../probe-of-container.js';
import { derivePodStatus } from './derive-pod-status.js';
import type { PodStatusInput } from './pod-status-input.js';

type NodeFacts = Pick<PodStatusInput, 'nodeIps' | 'recursiveReadOnly'>;
const aNode: NodeFacts = { nodeIps: [], recursiveReadOnly: false };

const derive = (
  spec: Partial<Pod['spec']>,
  observed?: ObservedPod,
  { nodeIps = ['192.0.2.10'], recursiveReadOnly = false, ...rest }: Parameters<typeof syncInputOf>[0] & Partial<NodeFacts> = {},
): PodStatus => derivePodStatus({ ...syncInputOf({ pod: pod('web', spec), observed, ...rest }), nodeIps, recursiveReadOnly });

const admitted = { ...newWorkerState(pod('web')), admission: { state: 'admitted' } as const };
const running = observedContainer('app');
const exited = (exitCode: number, name = 'app') =>
  observedContainer(name, { state: 'exited', exitCode, finishedAtMs: 99_000, reason: exitCode === 0 ? 'Completed' : 'Error' });
const condition = (status: PodStatus, type: string) => status.conditions?.find((one) => one.type === type);

describe('phase', () => {
  const init = { initContainers: [container('one')] };
  const side = { initContainers: [container('side', { restartPolicy: 'Always' })] };
  it.each<[string, Partial<Pod['spec']>, ObservedPod | undefined, string]>([
    ['nothing is there', {}, undefined, 'Pending'],
    ['the sandbox is there', {}, observedPod([]), 'Pending'],
    ['the container is created', {}, observedPod([observedContainer('app', { state: 'created' })]), 'Pending'],
    ['the container runs', {}, observedPod([running]), 'Running'],
    ['one runs and one has never started', { containers: [container('app'), container('b')] }, observedPod([running]), 'Pending'],
    [
      'one runs and one has ended',
      { restartPolicy: 'Never', containers: [container('app'), container('b')] },
      observedPod([running, exited(1, 'b')]),
      'Running',
    ],
    ['it exited and will run again', {}, observedPod([exited(0)]), 'Running'],
    ['it failed and may not run again', { restartPolicy: 'Never' }, observedPod([exited(1)]), 'Failed'],
    ['it succeeded and may not run again', { restartPolicy: 'OnFailure' }, observedPod([exited(0)]), 'Succeeded'],
    [
      'one succeeded and one failed',
      { restartPolicy: 'Never', containers: [container('app'), container('b')] },
      observedPod([exited(0), exited(1, 'b')]),
      'Failed',
    ],
    ['an init container runs', init, observedPod([observedContainer('one')]), 'Pending'],
    ['an init container failed and runs again', init, observedPod([exited(1, 'one')]), 'Pending'],
    ['an init container failed for good', { ...init, restartPolicy: 'Never' }, observedPod([exited(1, 'one')]), 'Failed'],
    ['the sidecar runs, the app not yet', side, observedPod([observedContainer('side')]), 'Pending'],
    ['the sidecar has ended, the app runs', side, observedPod([running, exited(0, 'side')]), 'Running'],
    [
      'the sidecar runs, the app is done',
      { ...side, restartPolicy: 'Never' },
      observedPod([exited(0), observedContainer('side')]),
      'Succeeded',
    ],
  ])('%s', (_what, spec, observed, phase) => expect(derive(spec, observed).phase).toBe(phase));

  it('once terminal stays so, with its reason', () => {
    const status = { phase: 'Failed' as const, reason: 'DeadlineExceeded', message: 'late' };
    expect(derive({}, observedPod([running]), { status })).toMatchObject(status);
  });
  it('is Failed when the deadline has passed', () =>
    expect(derive({ activeDeadlineSeconds: 10 }, observedPod([running]), { status: { startTime: '1970-01-01T00:00:00Z' } })).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
    }));
  it('of a pod whose manifest went stays what it was to the end', () =>
    expect(derive({}, observedPod([exited(143)]), { wanted: false, workerState: { ...admitted, removed: true } }).phase).toBe('Running'));
  it('of a refused pod is Failed, with the reason and nothing else', () => {
    const workerState = { ...admitted, admission: { state: 'refused', reason: 'NodePorts', message: 'taken' } as const };
    expect(derive({}, undefined, { workerState })).toEqual({
      phase: 'Failed',
      reason: 'NodePorts',
      message: 'Pod was rejected: taken',
      qosClass: 'BestEffort',
      startTime: '1970-01-01T00:01:40Z',
    });
  });
});

describe('container status', () => {
  const first = (status: PodStatus) => status.containerStatuses?.[0];
  it('of a running container has its start, ids and readiness', () =>
    expect(first(derive({}, observedPod([running])))).toEqual({
      name: 'app',
      state: { running: { startedAt: '1970-01-01T00:00:00Z' } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image: 'app:1',
      imageID: 'sha256:app',
      containerID: 'fake://app-0',
      started: true,
      resources: {},
    }));
  it('tells what an instance was given, and nothing while there is none', () => {
    const resources = { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '1' } };
    const spec = { containers: [container('app', { resources })] };
    const shown = (observed: ObservedPod) => {
      const status = first(derive(spec, observed));
      return [status?.allocatedResources, status?.resources];
    };
    expect(shown(observedPod([]))).toEqual([undefined, undefined]);
    const resized = observedContainer('app', { resources: { requests: { cpu: '50m' }, limits: { cpu: '500m' } } });
    const now = { requests: { cpu: '50m', memory: '1Gi' }, limits: { cpu: '500m' } };
    expect(shown(observedPod([resized]))).toEqual([resources.requests, now]);
    expect(shown(observedPod([{ ...resized, state: 'exited' }]))).toEqual([resources.requests, resources]);
  });
  it.each([
    [true, ['Enabled', 'Enabled', 'Disabled', 'Disabled', 'Disabled', undefined]],
    [false, ['Disabled', 'Disabled', 'Disabled', 'Disabled', 'Disabled', undefined]],
  ])('shows what becomes of recursiveReadOnly where the runtime can do it: %s', (recursiveReadOnly, shown) => {
    const mount = (mountPath: string, more: object = {}) => ({ name: 'mnt', mountPath, readOnly: true, ...more });
    const volumeMounts = [
      mount('/enabled', { recursiveReadOnly: 'Enabled', mountPropagation: 'None' }),
      mount('/if-possible', { recursiveReadOnly: 'IfPossible' }),
      mount('/disabled', { recursiveReadOnly: 'Disabled' }),
      mount('/propagated', { recursiveReadOnly: 'IfPossible', mountPropagation: 'HostToContainer' }),
      mount('/read-only'),
      mount('/writable', { readOnly: false }),
    ];
    const status = derive({ containers: [container('app', { volumeMounts })] }, observedPod([running]), { recursiveReadOnly });
    expect(first(status)?.volumeMounts?.map((one) => one.recursiveReadOnly)).toEqual(shown);
    expect(first(status)?.volumeMounts?.[5]).toEqual({ name: 'mnt', mountPath: '/writable' });
  });
  it.each([
    [{}, 'ContainerCreating'],
    [{ initContainers: [container('one')] }, 'PodInitializing'],
  ])('without an instance waits', (spec, reason) => expect(first(derive(spec, observedPod([])))?.state).toEqual({ waiting: { reason } }));
  it('shows why it could not be started, and how the last run ended', () => {
    const startFailures = new Map([['app', { reason: 'ErrImagePull', message: 'no such image', retryAtMs: 0, failures: 1 }]]);
    expect(first(derive({}, observedPod([exited(3)]), { workerState: { ...admitted, startFailures } }))).toMatchObject({
      state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } },
      lastState: { terminated: { exitCode: 3, reason: 'Error', containerID: 'fake://app-0' } },
    });
  });

  it('waiting for a start that failed once a container was made is told of together with that container', () => {
    const hookFailed = { reason: 'PostStartHookError', message: 'exited with 5', retryAtMs: 0, failures: 1, containerId: 'new' };
    const told = (containers: readonly ObservedContainer[]) =>
      first(derive({}, observedPod(containers), { workerState: { ...admitted, startFailures: new Map([['app', hookFailed]]) } }));
    expect(told([])).toMatchObject({ state: { waiting: { reason: 'ContainerCreating' } }, lastState: {} });
    expect(told([{ ...exited(3), id: 'old' }])).not.toMatchObject({ state: { waiting: { reason: 'PostStartHookError' } } });
    expect(told([{ ...exited(0), id: 'new' }])).toMatchObject({
      state: { waiting: { reason: 'PostStartHookError', message: 'exited with 5' } },
      lastState: { terminated: { exitCode: 0 } },
    });
  });
  it('shows CrashLoopBackOff while it waits, and the exit before it does', () => {
    const backoff = new Map([['app', { delayMs: 40_000, updatedAtMs: 90_000 }]]);
    const observed = observedPod([observedContainer('app', { ...exited(3), restartCount: 2, id: 'c' })]);
    expect(first(derive({}, observed, { workerState: { ...admitted, backoff } }))?.state?.waiting?.reason).toBe('CrashLoopBackOff');
    expect(first(derive({}, observed, { workerState: { ...admitted, backoff }, nowMs: 140_000 }))?.state?.terminated?.exitCode).toBe(3);
  });
  it('has the second newest instance as lastState', () => {
    const observed = observedPod([observedContainer('app', { restartCount: 1, createdAtMs: 2 }), exited(9)]);
    expect(first(derive({}, observed))).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 9 } } });
  });
  it('has the end of an instance that is gone and has lost its id as lastState of the next one', () => {
    const { containerID: _, ...before } = first(derive({}, observedPod([exited(9)])))!;
    const status = { containerStatuses: [before] };
    expect(first(derive({}, observedPod([observedContainer('app', { restartCount: 1, id: 'next' })]), { status }))).toMatchObject({
      state: { running: {} },
      lastState: { terminated: { exitCode: 9 } },
    });
    expect(first(derive({}, observedPod([exited(9)]), { status }))?.lastState).toEqual({});
  });
  it('remembers the last state and the count when the record has been collected', () => {
    const before = derive({}, observedPod([exited(9)]));
    const after = derive({}, observedPod([observedContainer('app', { restartCount: 1 })]), { status: before });
    expect(first(after)).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 9 } } });
    expect(first(derive({}, observedPod([]), { status: after }))).toMatchObject({
      restartCount: 1,
      state: { waiting: {} },
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
    });
  });
  it('of an init container whose record is gone reads Completed once the pod is initialized', () => {
    const status = derive({ initContainers: [container('one')] }, observedPod([running]));
    expect(status.initContainerStatuses?.[0]).toMatchObject({ ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } });
  });
  it('cuts termination messages to their share', () => {
    const loud = observedContainer('app', { ...exited(1), message: 'é'.repeat(10_000) });
    const message = first(derive({ restartPolicy: 'Never', containers: [container('app'), container('b')] }, observedPod([loud])))?.state
      ?.terminated?.message;
    expect(Buffer.byteLength(message ?? '')).toBe(6_144);
  });
});

describe('readiness', () => {
  const probed = { containers: [container('app', { readinessProbe: { tcpSocket: { port: 1 } } })] };
  const ready = (status: PodStatus) => status.containerStatuses?.[0]?.ready;
  it('waits for the probe’s success', () => {
    expect(ready(derive(probed, observedPod([running])))).toBe(false);
    expect(ready(derive(probed, observedPod([running]), { probeResults: new Map([['app-0', { readiness: 'success' }]]) }))).toBe(true);
  });
  it('known from before a kubelet restart holds until a probe result, for the same instance', () => {
    const status = derive(probed, observedPod([running]), { probeResults: new Map([['app-0', { readiness: 'success' }]]) });
    expect(ready(derive(probed, observedPod([running]), { status }))).toBe(true);
    expect(ready(derive(probed, observedPod([{ ...running, id: 'app-1' }]), { status }))).toBe(false);
    expect(ready(derive(probed, observedPod([running]), { status, probeResults: new Map([['app-0', { readiness: 'failure' }]]) }))).toBe(
      false,
    );
  });
  it('is for later while the startup probe has not succeeded', () => {
    const spec = { containers: [container('app', { startupProbe: { tcpSocket: { port: 1 } } })] };
    expect(derive(spec, observedPod([running])).containerStatuses?.[0]).toMatchObject({ started: false, ready: false });
    expect(
      derive(spec, observedPod([running]), { probeResults: new Map([['app-0', { startup: 'success' }]]) }).containerStatuses?.[0],
    ).toMatchObject({
      started: true,
      ready: true,
    });
  });
  it('of a plugin’s probe counts like any other', () => {
    const it = pod('web', {}, { annotations: { 'probes.solo-kubelet.dev/app.readiness': '{"mqtt":{"port":1883},"periodSeconds":5}' } });
    expect(derivePodStatus({ ...syncInputOf({ pod: it, observed: observedPod([running]) }), ...aNode }).containerStatuses?.[0]?.ready).toBe(
      false,
    );
  });
  it('of its own probe goes before the annotation’s', () => {
    const probed = pod('web', { containers: [{ name: 'app', image: 'app', readinessProbe: { tcpSocket: { port: 80 } } }] }).spec
      .containers[0]!;
    const annotations = { 'probes.solo-kubelet.dev/app.readiness': '{"mqtt":{"port":1883}}' };
    expect(probeOf(pod('web', {}, { annotations }), probed, 'readiness')).toEqual({ probe: { tcpSocket: { port: 80 } } });
  });
});

describe('conditions', () => {
  it('are all true for a pod that runs, in upstream’s order', () =>
    expect(derive({}, observedPod([running])).conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]));
  it('name what is missing', () => {
    const status = derive(
      { initContainers: [container('one')], containers: [container('b'), container('a')] },
      observedPod([observedContainer('one')]),
    );
    expect(condition(status, 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [one]',
    });
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [b a]',
    });
  });
  it('read PodCompleted and PodFailed at the end', () => {
    expect(condition(derive({ restartPolicy: 'Never' }, observedPod([exited(0)])), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
    expect(condition(derive({ restartPolicy: 'Never' }, observedPod([exited(1)])), 'ContainersReady')).toMatchObject({
      reason: 'PodFailed',
    });
  });
  it('keep their transition time for as long as the status stays', () => {
    const before = derive({}, observedPod([running]));
    const later = derive({}, observedPod([running]), { status: before, nowMs: 200_000 });
    expect(later.conditions).toEqual(before.conditions);
    const notReady = derive({}, observedPod([exited(1)]), { status: before, nowMs: 200_000 });
    expect(condition(notReady, 'Ready')?.lastTransitionTime).toBe('1970-01-01T00:03:20Z');
    expect(condition(notReady, 'PodScheduled')?.lastTransitionTime).toBe('1970-01-01T00:01:40Z');
  });
  it('of readiness gates come from the manifest’s own status', () => {
    const gated = pod('web', { readinessGates: [{ conditionType: 'lb' }] });
    const input = { ...syncInputOf({ pod: gated, observed: observedPod([running]) }), ...aNode };
    expect(condition(derivePodStatus(input), 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' });
    const open = { ...gated, status: { conditions: [{ type: 'lb', status: 'True' as const }] } };
    const opened = derivePodStatus({ ...input, pod: open });
    expect(condition(opened, 'Ready')?.status).toBe('True');
    expect(opened.conditions?.[0]).toEqual({ type: 'lb', status: 'True' });
  });
  it('tell of a resize first, and no longer than it lasts', () => {
    const workerState = {
      ...syncInputOf({ pod: pod('web') }).workerState,
      resizePending: { reason: 'Deferred' as const, message: 'later' },
      podCgroup: { containers: {} },
      podUnconfirmed: { containers: {} },
    };
    const asked = derive({}, observedPod([running]), { workerState });
    expect(asked.conditions?.slice(0, 3).map(({ type }) => type)).toEqual([
      'PodResizePending',
      'PodResizeInProgress',
      'PodReadyToStartContainers',
    ]);
    // As an API server says them back.
    const told = { ...pod('web'), status: { conditions: asked.conditions! } };
    const after = derivePodStatus({ ...syncInputOf({ pod: told, observed: observedPod([running]) }), ...aNode });
    expect(after.conditions?.map(({ type }) => type)).not.toContain('PodResizeInProgress');
  });
  it('stay Initialized when a new sandbox runs the init containers another time', () => {
    const spec = { initContainers: [container('one')] };
    const before = derive(spec, observedPod([exited(0, 'one')]));
    expect(condition(before, 'Initialized')?.status).toBe('True');
    const again = observedPod([observedContainer('one', { id: 'one-1', restartCount: 1 })]);
    expect(condition(derive(spec, again, { status: before }), 'Initialized')).toEqual({
      type: 'Initialized',
      status: 'True',
      lastTransitionTime: expect.any(String),
    });
  });
  it('tell why all containers restart, and how that ended', () => {
    const restartPolicyRules = [{ action: 'RestartAllContainers' as const, exitCodes: { operator: 'In' as const, values: [42] } }];
    const spec = { containers: [container('app', { restartPolicy: 'Never', restartPolicyRules })] };
    const tell = (observed: ObservedPod) => condition(derive(spec, observed), 'AllContainersRestarting');
    expect(tell(observedPod([exited(42)]))).toMatchObject({
      status: 'True',
      reason: 'RestartAllContainersStarted',
      message: 'container exited with restart policy rule',
    });
    expect(tell(observedPod([running]))?.reason).toBeUndefined();
    expect(tell(observedPod([exited(0)]))).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(tell(observedPod([exited(1)]))).toMatchObject({ status: 'False', reason: 'PodFailed' });
  });
  it('tell which generation of the manifest they are about, if it has one', () => {
    const counted = { ...pod('web'), metadata: { ...pod('web').metadata, generation: 3 } };
    const status = derivePodStatus({ ...syncInputOf({ pod: counted, observed: observedPod([running]) }), ...aNode });
    expect([status, ...(status.conditions ?? [])].map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3, 3, 3, 3, 3]);
    expect(JSON.stringify(derive({}, observedPod([running])))).not.toContain('observedGeneration');
  });
});

describe('addresses', () => {
  it('are one of each family, the node’s first family in front, and outlive the sandbox', () => {
    const both = observedPod([running], [observedSandbox({ ips: ['10.0.0.2', 'fd00::2', '10.0.0.3'] })]);
    const status = derive({}, both, { nodeIps: ['fd00::1', '192.0.2.1'] });
    expect(status).toMatchObject({ podIP: 'fd00::2', podIPs: [{ ip: 'fd00::2' }, { ip: '10.0.0.2' }], hostIP: 'fd00::1' });
    expect(derive({}, observedPod([running], [observedSandbox({ state: 'notReady', ips: [] })]), { status }).podIP).toBe('fd00::2');
  });
  it('of a host-network pod are the node’s', () =>
    expect(derive({ hostNetwork: true }, observedPod([running], [observedSandbox({ hostNetwork: true, ips: [] })]))).toMatchObject({
      podIP: '192.0.2.10',
    }));
});

it('takes the start time of a pod that an earlier kubelet started from its first sandbox', () =>
  expect(derive({}, observedPod([running], [observedSandbox({ createdAtMs: 7_000 })])).startTime).toBe('1970-01-01T00:00:07Z'));

describe('while a pod is removed', () => {
  it('phase stays Running though its init container runs another time in a new sandbox', () => {
    const spec = { initContainers: [container('one')] };
    const again = observedPod([observedContainer('one', { restartCount: 1 }), exited(137)]);
    const before = { phase: 'Running' } as const;
    const workerState = { ...admitted, removed: true };
    expect(derive(spec, again, { status: before, workerState: admitted }).phase).toBe('Pending');
    expect(derive(spec, again, { status: before, workerState, wanted: false }).phase).toBe('Running');
  });
  const spec = { initContainers: [container('one')] };
  const removed = { ...admitted, removed: true };
  const one = exited(0, 'one');

  it('it stays Running, and its containers as they ended, when their records have gone', () => {
    const running = derive(spec, observedPod([observedContainer('app'), one]));
    const stopped = derive(spec, observedPod([exited(143), one]), { status: running, workerState: removed, wanted: false });
    const half = derive(spec, observedPod([exited(143)]), { status: stopped, workerState: removed, wanted: false });
    const gone = derive(spec, undefined, { status: half, workerState: removed, wanted: false });
    for (const status of [stopped, half, gone]) {
      expect(status.phase).toBe('Running');
      expect(status.initContainerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 0 });
      expect(status.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 143 });
    }
  });

  it('a container whose end nobody saw is not said to be created', () => {
    const status = derive(spec, undefined, {
      status: derive(spec, observedPod([observedContainer('app'), one])),
      workerState: removed,
      wanted: false,
    });
    expect(status.containerStatuses?.[0]).toMatchObject({ ready: false, state: { terminated: { reason: 'ContainerStatusUnknown' } } });
  });
});

describe('ContainerStatusUnknown: of a pod that has ended before all of its containers ran', () => {
  const late = { activeDeadlineSeconds: 10 };
  const status = { startTime: '1970-01-01T00:00:00Z' };
  const states = (of: PodStatus, kind: 'containerStatuses' | 'initContainerStatuses') =>
    of[kind]?.map(({ state }) => state?.terminated?.reason ?? state?.waiting?.reason);
  const unknown = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  };

  it('a container that was created and never started is terminated too', () => {
    const ended = derive(late, observedPod([observedContainer('app', { state: 'created' })]), { status });
    expect(ended).toMatchObject({ phase: 'Failed', containerStatuses: [{ ready: false, started: false, state: { terminated: unknown } }] });
    expect(ended.containerStatuses?.[0]?.containerID).toBeDefined();
  });
  it('one without an instance is, once its pod was there', () => {
    expect(states(derive(late, observedPod([]), { status }), 'containerStatuses')).toEqual(['ContainerStatusUnknown']);
  });
  it('while another of its containers still runs nothing is said to have ended', () => {
    const spec = { ...late, containers: [container('app'), container('b')] };
    expect(states(derive(spec, observedPod([running]), { status }), 'containerStatuses')).toEqual([undefined, 'ContainerCreating']);
  });
  it('containers behind an init container that never finished stay waiting, and so do init containers behind the first', () => {
    const spec = { ...late, initContainers: [container('one'), container('two')] };
    const ended = derive(spec, observedPod([]), { status });
    expect(states(ended, 'initContainerStatuses')).toEqual(['ContainerStatusUnknown', 'PodInitializing']);
    expect(states(ended, 'containerStatuses')).toEqual(['PodInitializing']);
  });
  it('a container behind init containers that all finished is terminated', () => {
    const spec = { ...late, initContainers: [container('one')] };
    expect(states(derive(spec, observedPod([exited(0, 'one')]), { status }), 'containerStatuses')).toEqual(['ContainerStatusUnknown']);
  });
});

it.each(['unknown', 'created'] as const)('a container of a pod that has ended keeps its end when the runtime has it as %s', (state) => {
  const ended = derive({ restartPolicy: 'Never' }, observedPod([exited(3)]), { workerState: admitted });
  expect(ended).toMatchObject({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] });
  const later = derive({ restartPolicy: 'Never' }, observedPod([observedContainer('app', { state })]), {
    workerState: admitted,
    status: ended,
  });
  expect(later).toMatchObject({ phase: 'Failed', containerStatuses: ended.containerStatuses! });
});
