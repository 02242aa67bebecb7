import { type Container, containerHash, type Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { container, observedContainer, observedPod, observedSandbox, pod } from '../testing/index.js';
import { syncInputOf } from '../testing/sync-input.js';
import { computePodActions } from './compute-pod-actions.js';
import type { ObservedPod } from './observed-pod.js';
import type { PodAction, PodPlan } from './pod-action.js';
import { podUid } from './pod-identity.js';
import { newWorkerState } from './pod-worker-state.js';

const rule = (code: number, action: 'Restart' | 'RestartAllContainers') => ({
  action,
  exitCodes: { operator: 'In' as const, values: [code] },
});

/** A plan in a few words. */
const brief = (action: PodAction): string => {
  switch (action.type) {
    case 'startContainer':
      return `start ${action.container.name}#${action.restartCount}`;
    case 'stopContainers':
      return `stop ${action.stops.map(({ containerName, reason }) => `${containerName}:${reason}`).join('+')}`;
    case 'createSandbox':
      return `sandbox#${action.attempt}`;
    case 'removeContainer':
      return `remove ${action.containerId}`;
    case 'stopSandbox':
    case 'removeSandbox':
      return `${action.type} ${action.podSandboxId}`;
    default:
      return action.type;
  }
};
const told = (plan: PodPlan): readonly string[] => plan.actions.map(brief);
const planFor = (spec: Partial<Pod['spec']>, observed?: ObservedPod, rest: Parameters<typeof syncInputOf>[0] = {}): PodPlan =>
  computePodActions(syncInputOf({ pod: pod('web', spec), observed, ...rest }));

const running = observedContainer('app');
const exited = (exitCode: number, name = 'app') =>
  observedContainer(name, { state: 'exited', exitCode, finishedAtMs: 99_000, reason: exitCode === 0 ? 'Completed' : 'Error' });
const dead = observedSandbox({ state: 'notReady', ips: [] });

describe('the sandbox', () => {
  it('is made first, and the containers with it', () => expect(told(planFor({}))).toEqual(['sandbox#0', 'start app#0']));
  it('is left alone while it is ready', () => expect(told(planFor({}, observedPod([running])))).toEqual([]));
  it.each<[string, ObservedPod, Partial<Pod['spec']>, readonly string[]]>([
    ['is not ready', observedPod([exited(137)], [dead]), {}, ['stopSandbox sandbox-0', 'sandbox#1', 'start app#1']],
    [
      'is one of two that are ready',
      observedPod([running], [observedSandbox({ id: 'b', attempt: 1 }), observedSandbox()]),
      {},
      ['stop app:SandboxChanged', 'stopSandbox b', 'stopSandbox sandbox-0', 'sandbox#2', 'start app#1'],
    ],
    [
      'is on the wrong network',
      observedPod([running]),
      { hostNetwork: true },
      ['stop app:SandboxChanged', 'stopSandbox sandbox-0', 'sandbox#1', 'start app#1'],
    ],
    [
      'has lost its address',
      observedPod([running], [observedSandbox({ ips: [] })]),
      {},
      ['stop app:SandboxChanged', 'stopSandbox sandbox-0', 'sandbox#1', 'start app#1'],
    ],
    [
      'lacks networks that the pod asks for',
      observedPod([], [observedSandbox({ networksMissing: true })]),
      {},
      ['stopSandbox sandbox-0', 'sandbox#1', 'start app#0'],
    ],
  ])('is replaced when it %s', (_why, observed, spec, expected) => expect(told(planFor(spec, observed))).toEqual(expected));

  it('that lacks networks is left to the containers that run in it', () =>
    expect(told(planFor({}, observedPod([running], [observedSandbox({ networksMissing: true })])))).toEqual([]));

  it('needs no address on the host network, nor where the runtime reports none', () => {
    expect(told(planFor({ hostNetwork: true }, observedPod([running], [observedSandbox({ hostNetwork: true, ips: [] })])))).toEqual([]);
    expect(told(planFor({}, observedPod([running], [observedSandbox({ ips: [], networkReported: false })])))).toEqual([]);
  });

  it('of a run-once pod is not made again when everything has run', () =>
    expect(told(planFor({ restartPolicy: 'Never' }, observedPod([exited(137)], [dead])))).toEqual([]));
  it('of an OnFailure pod is made again only for what failed', () => {
    const spec = { restartPolicy: 'OnFailure' as const, containers: [container('app'), container('job')] };
    expect(told(planFor(spec, observedPod([exited(0), exited(1, 'job')], [dead])))).toEqual([
      'stopSandbox sandbox-0',
      'sandbox#1',
      'start job#1',
    ]);
    expect(told(planFor(spec, observedPod([exited(0), exited(0, 'job')], [dead])))).toEqual([]);
  });
  it('starts init containers over, from the first', () => {
    const spec = { initContainers: [container('one'), container('two')] };
    const observed = observedPod([running, exited(0, 'two'), exited(0, 'one')], [dead]);
    expect(told(planFor(spec, observed))).toEqual([
      'stop app:SandboxChanged',
      'stopSandbox sandbox-0',
      'remove two-0',
      'remove one-0',
      'sandbox#1',
      'start one#1',
    ]);
  });
  it.each([
    ['runs on', running],
    ['has exited', exited(0)],
  ])('that is new runs every init container, though the main one of the old sandbox %s', (_what, old) => {
    const spec = { initContainers: [container('one'), container('two')] };
    const fresh = observedSandbox({ id: 'sandbox-1', attempt: 1 });
    const one = { ...exited(0, 'one'), sandboxId: 'sandbox-1' };
    expect(told(planFor(spec, observedPod([one, old], [fresh, dead])))).toEqual(['start two#0']);
  });
});

describe('a regular container', () => {
  const table: readonly (readonly [string, Partial<Pod['spec']>, ReturnType<typeof observedContainer>, readonly string[]])[] = [
    ['created and never started: starts', {}, observedContainer('app', { state: 'created' }), ['start app#1']],
    [
      'in a state nobody knows: is stopped and starts',
      {},
      observedContainer('app', { state: 'unknown' }),
      ['stop app:ContainerUnknown', 'start app#1'],
    ],
    ['exited 0, Always: starts', {}, exited(0), ['start app#1']],
    ['exited 1, OnFailure: starts', { restartPolicy: 'OnFailure' }, exited(1), ['start app#1']],
    ['exited 0, OnFailure: ends the pod', { restartPolicy: 'OnFailure' }, exited(0), ['stopSandbox sandbox-0']],
    ['exited 1, Never: ends the pod', { restartPolicy: 'Never' }, exited(1), ['stopSandbox sandbox-0']],
    ['of another image: is replaced', {}, { ...running, hash: 'ffff' }, ['stop app:SpecChanged', 'start app#1']],
    [
      'of another image, Never: is replaced all the same',
      { restartPolicy: 'Never' },
      { ...running, hash: 'ffff' },
      ['stop app:SpecChanged', 'start app#1'],
    ],
    ['of this image: runs on', {}, { ...running, hash: containerHash(container('app')) }, []],
    [
      'own policy Always in a Never pod: starts',
      { restartPolicy: 'Never', containers: [container('app', { restartPolicy: 'Always' as never })] },
      exited(1),
      ['start app#1'],
    ],
    [
      'own rule for its exit code: starts',
      { restartPolicy: 'Never', containers: [container('app', { restartPolicy: 'Never', restartPolicyRules: [rule(42, 'Restart')] })] },
      exited(42),
      ['start app#1'],
    ],
    [
      'own rule for another exit code: ends the pod',
      { restartPolicy: 'Never', containers: [container('app', { restartPolicy: 'Never', restartPolicyRules: [rule(42, 'Restart')] })] },
      exited(43),
      ['stopSandbox sandbox-0'],
    ],
  ];
  it.each(table)('%s', (_what, spec, observed, expected) => expect(told(planFor(spec, observedPod([observed])))).toEqual(expected));

  it.each([
    ['liveness', 'Always', ['stop app:LivenessProbe', 'start app#1']],
    ['liveness', 'Never', ['stop app:PodEnded', 'stopSandbox sandbox-0']],
    ['startup', 'OnFailure', ['stop app:StartupProbe', 'start app#1']],
    ['readiness', 'Always', []],
  ] as const)('whose %s probe failed under %s', (kind, restartPolicy, expected) => {
    const probeResults = new Map([[running.id, { [kind]: 'failure' as const }]]);
    expect(told(planFor({ restartPolicy }, observedPod([running]), { probeResults }))).toEqual(expected);
  });

  it('takes the sidecars down with it when it was the last', () => {
    const spec = { restartPolicy: 'Never' as const, initContainers: [container('side', { restartPolicy: 'Always' })] };
    expect(told(planFor(spec, observedPod([exited(0), observedContainer('side')])))).toEqual([
      'stop side:PodEnded',
      'stopSandbox sandbox-0',
    ]);
  });
});

describe('init containers', () => {
  const two = { initContainers: [container('one'), container('two')] };
  it.each<[string, Partial<Pod['spec']>, ReturnType<typeof observedContainer>[], readonly string[]]>([
    ['none yet: the first', two, [], ['start one#0']],
    ['the first runs: wait', two, [observedContainer('one')], []],
    ['the first is done: the second', two, [exited(0, 'one')], ['start two#0']],
    ['both are done: the app', two, [exited(0, 'two'), exited(0, 'one')], ['start app#0']],
    ['one failed, Always: again', two, [exited(1, 'one')], ['start one#1']],
    ['one failed, Never: the end', { ...two, restartPolicy: 'Never' }, [exited(1, 'one')], ['stopSandbox sandbox-0']],
    ['one was killed for memory though it says 0: again', two, [{ ...exited(0, 'one'), reason: 'OOMKilled' }], ['start one#1']],
    ['the app runs: their failures are history', two, [running, exited(1, 'one')], []],
    [
      'one is in a state nobody knows, its own policy Never: the end, whatever its rules say',
      { initContainers: [container('one', { restartPolicy: 'Never', restartPolicyRules: [rule(137, 'Restart')] }), container('two')] },
      [observedContainer('one', { state: 'unknown' })],
      ['stop one:PodEnded', 'stopSandbox sandbox-0'],
    ],
    ['the app has exited: it restarts, they do not', two, [exited(1), exited(0, 'two'), exited(0, 'one')], ['start app#1']],
  ])('%s', (_what, spec, containers, expected) => expect(told(planFor(spec, observedPod(containers)))).toEqual(expected));
});

describe('sidecars', () => {
  const probed = container('side', { restartPolicy: 'Always', startupProbe: { tcpSocket: { port: 80 } } });
  const spec = (side: Container) => ({ initContainers: [side, container('setup')] });
  const side = container('side', { restartPolicy: 'Always' });
  it('count as started once they run, when no startup probe says otherwise', () =>
    expect(told(planFor(spec(side), observedPod([observedContainer('side')])))).toEqual(['start setup#0']));
  it('hold the next one back until their startup probe succeeds', () => {
    expect(told(planFor(spec(probed), observedPod([observedContainer('side')])))).toEqual([]);
    const probeResults = new Map([['side-0', { startup: 'success' as const }]]);
    expect(told(planFor(spec(probed), observedPod([observedContainer('side')]), { probeResults }))).toEqual(['start setup#0']);
  });
  it('start again after any exit, also while a later init container runs', () =>
    expect(told(planFor(spec(side), observedPod([observedContainer('setup'), exited(0, 'side')])))).toEqual(['start side#1']));
  it.each<[string, 'startup' | 'liveness', readonly string[]]>([
    ['that started once hold nobody up while they are restarted', 'liveness', ['stop side:LivenessProbe', 'start side#1', 'start app#1']],
    ['that fail their startup probe do', 'startup', ['stop side:StartupProbe', 'start side#1']],
  ])('%s', (_what, kind, expected) => {
    const last = { initContainers: [container('side', { ...probed, livenessProbe: { tcpSocket: { port: 80 } } })] };
    const probeResults = new Map([['side-0', { startup: 'success' as const, [kind]: 'failure' as const }]]);
    expect(told(planFor(last, observedPod([exited(1), observedContainer('side')]), { probeResults }))).toEqual(expected);
  });
  it('that are missing once the pod is initialized are started', () =>
    expect(told(planFor(spec(side), observedPod([running, exited(0, 'setup')])))).toEqual(['start side#0']));
});

describe('RestartAllContainers', () => {
  it('removes every instance, the trigger last, and keeps the sandbox', () => {
    const trigger = container('app', { restartPolicy: 'Never', restartPolicyRules: [rule(42, 'RestartAllContainers')] });
    const plan = planFor(
      { containers: [trigger, container('other')], initContainers: [container('one')] },
      observedPod([exited(42), observedContainer('other'), exited(0, 'one')]),
    );
    expect(told(plan)).toEqual(['stop other:RestartAllContainers', 'remove other-0', 'remove one-0', 'remove app-0']);
    expect(plan.actions[0]).toMatchObject({ stops: [{ gracePeriodSeconds: 0 }] });
    expect(plan.actions.slice(1).every((action) => action.type === 'removeContainer' && action.keepLogs === true)).toBe(true);
  });
});

describe('back-off', () => {
  const workerStateWith = (delayMs: number) => ({
    ...newWorkerState(pod('web')),
    admission: { state: 'admitted' } as const,
    backoff: new Map([['app', { delayMs, updatedAtMs: 90_000 }]]),
  });
  it('restarts at once the first time', () => expect(told(planFor({}, observedPod([exited(1)])))).toEqual(['start app#1']));
  it('waits what is left of the delay since the exit, and says so', () => {
    const plan = planFor({}, observedPod([exited(1)]), { workerState: workerStateWith(40_000) });
    expect(plan).toMatchObject({
      actions: [],
      requeueAfterMs: 39_000,
      backoff: [{ reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container=app pod=web_default(uid-web)' }],
    });
  });
  it('of a container that failed to start holds until its retry, not until the end of the world when the clock is set back', () => {
    const failure = { reason: 'ErrImagePull', message: '', failures: 1 };
    const workerState = (retryAtMs: number) => ({ ...workerStateWith(0), startFailures: new Map([['app', { ...failure, retryAtMs }]]) });
    expect(planFor({}, observedPod([]), { workerState: workerState(105_000) })).toMatchObject({ actions: [], requeueAfterMs: 5_000 });
    expect(told(planFor({}, observedPod([]), { workerState: workerState(3_700_000) }))).toEqual(['start app#0']);
  });
});

describe('the end of a pod', () => {
  const removed = { ...newWorkerState(pod('web')), removed: true };
  const stopsOf = (plan: PodPlan) => plan.actions.flatMap((action) => (action.type === 'stopContainers' ? action.stops : []));

  it('stops everything first, then takes the records and files away', () => {
    const one = { wanted: false, workerState: removed };
    expect(told(planFor({}, observedPod([running]), one))).toEqual(['stop app:PodEnded', 'stopSandbox sandbox-0']);
    expect(told(planFor({}, observedPod([exited(143)], [dead]), one))).toEqual([
      'stopSandbox sandbox-0',
      'removeSandbox sandbox-0',
      'cleanPod',
    ]);
    expect(planFor({}, undefined, { ...one, workerState: { ...removed, cleaned: true } })).toMatchObject({ actions: [], done: true });
  });
  it('comes for orphans only when every source has spoken', () => {
    const orphan = { wanted: false, workerState: newWorkerState(undefined) };
    expect(told(planFor({}, observedPod([running]), { ...orphan, allSynced: false }))).toEqual([]);
    expect(told(planFor({}, observedPod([running]), orphan))).toEqual(['stop app:PodEnded', 'stopSandbox sandbox-0']);
  });
  it('takes the hook and the grace period of an orphan from its container', () => {
    const preStop = { sleep: { seconds: 3 } };
    const orphan = observedContainer('app', { terminationGracePeriodSeconds: 77, preStop });
    const plan = computePodActions(
      syncInputOf({ pod: undefined as never, wanted: false, observed: observedPod([orphan]), workerState: newWorkerState(undefined) }),
    );
    expect(stopsOf(plan)).toMatchObject([{ gracePeriodSeconds: 77, preStop }]);
  });
  it('goes on when the manifest comes back meanwhile', () =>
    expect(told(planFor({}, observedPod([running]), { wanted: true, workerState: removed }))).toEqual([
      'stop app:PodEnded',
      'stopSandbox sandbox-0',
    ]));
  it('is never shorter than a second, and lets sidecars wait for the others in reverse order', () => {
    const sides = [container('a', { restartPolicy: 'Always' }), container('b', { restartPolicy: 'Always' })];
    const plan = planFor(
      { terminationGracePeriodSeconds: 0, initContainers: sides },
      observedPod([running, observedContainer('b'), observedContainer('a')]),
      { workerState: { ...removed, pod: pod('web', { terminationGracePeriodSeconds: 0, initContainers: sides }) } },
    );
    expect(stopsOf(plan).map(({ containerName, gracePeriodSeconds, waitFor }) => [containerName, gracePeriodSeconds, waitFor])).toEqual([
      ['app', 1, []],
      ['b', 1, ['app-0']],
      ['a', 1, ['app-0', 'b-0']],
    ]);
  });
  it('by deletionTimestamp uses the deletion grace period and keeps the records', () => {
    const deleted = pod('web', {}, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 });
    const plan = computePodActions(syncInputOf({ pod: deleted, observed: observedPod([running]) }));
    expect(told(plan)).toEqual(['stop app:PodEnded', 'stopSandbox sandbox-0']);
    expect(stopsOf(plan)).toMatchObject([{ gracePeriodSeconds: 5 }]);
    expect(told(computePodActions(syncInputOf({ pod: deleted, observed: observedPod([exited(143)], [dead]) })))).toEqual([]);
  });
  it('comes when activeDeadlineSeconds have passed, and is awaited until then', () => {
    const spec = { activeDeadlineSeconds: 60 };
    const status = (startMs: number) => ({ phase: 'Running' as const, startTime: new Date(startMs).toISOString() });
    expect(planFor(spec, observedPod([running]), { status: status(50_000) })).toMatchObject({ actions: [], requeueAfterMs: 10_000 });
    expect(told(planFor(spec, observedPod([running]), { status: status(40_000) }))).toEqual(['stop app:PodEnded', 'stopSandbox sandbox-0']);
  });
  it('gives memory volumes back once everything has stopped, and once only', () => {
    const spec = { restartPolicy: 'Never' as const, volumes: [{ name: 'ram', emptyDir: { medium: 'Memory' } }] };
    const status = { phase: 'Succeeded' as const };
    expect(told(planFor(spec, observedPod([exited(0)]), { status }))).toEqual(['stopSandbox sandbox-0']);
    expect(told(planFor(spec, observedPod([exited(0)], [dead]), { status }))).toEqual(['releaseVolumes']);
    const workerState = { ...newWorkerState(pod('web', spec)), admission: { state: 'admitted' as const }, volumesReleased: true };
    expect(told(planFor(spec, observedPod([exited(0)], [dead]), { status, workerState }))).toEqual([]);
    const onDisk = { ...spec, volumes: [{ name: 'disk', emptyDir: {} }] };
    expect(told(planFor(onDisk, observedPod([exited(0)], [dead]), { status }))).toEqual([]);
  });
  it('stays the end: a pod that has succeeded is not started again', () =>
    expect(told(planFor({}, undefined, { status: { phase: 'Succeeded' } }))).toEqual([]));
});

describe('a pod that may not start yet', () => {
  it('is left alone until it is admitted', () =>
    expect(told(planFor({}, undefined, { workerState: newWorkerState(pod('web')) }))).toEqual([]));
  it('has its images fetched, once, while another holds its name', () => {
    const nameHeldBy = [podUid('old')];
    expect(told(planFor({}, undefined, { nameHeldBy }))).toEqual(['pullImages']);
    const workerState = { ...newWorkerState(pod('web')), admission: { state: 'admitted' } as const, imagesPulled: true };
    expect(told(planFor({}, undefined, { nameHeldBy, workerState }))).toEqual([]);
  });
});

describe('grace periods', () => {
  const probe = { tcpSocket: { port: 1 }, terminationGracePeriodSeconds: 90 };
  it.each<[string, Partial<Container>, 'liveness' | 'startup', number]>([
    ['of the failed probe go before the pod’s', { livenessProbe: probe }, 'liveness', 90],
    ['of the pod apply when the probe has none', { livenessProbe: { tcpSocket: { port: 1 } } }, 'liveness', 30],
    ['of the startup probe apply to its failure', { startupProbe: probe }, 'startup', 90],
  ])('%s', (_what, rest, kind, seconds) => {
    const probeResults = new Map([[running.id, { [kind]: 'failure' as const }]]);
    const plan = planFor({ containers: [container('app', rest)] }, observedPod([running]), { probeResults });
    expect(plan.actions[0]).toMatchObject({ stops: [{ gracePeriodSeconds: seconds }] });
  });
});

it('sends new resources to a running container, and restarts it where its resizePolicy says so', () => {
  const resized = (rest: Partial<Container> = {}) =>
    container('app', { resources: { limits: { memory: '2Gi' }, requests: { memory: '2Gi' } }, ...rest });
  const workerState = {
    ...newWorkerState(pod('web')),
    admission: { state: 'admitted' } as const,
    actuated: new Map([['app', { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } }]]),
  };
  expect(told(planFor({ containers: [resized()] }, observedPod([running]), { workerState }))).toEqual([
    'resizePod',
    'updateResources',
    'resizePod',
  ]);
  const restarting = resized({ resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] });
  expect(told(planFor({ containers: [restarting] }, observedPod([running]), { workerState }))).toEqual([
    'resizePod',
    'stop app:ResizeRequired',
    'start app#1',
    'resizePod',
  ]);
});

it('keeps the pod wide enough for what its containers had and are to have while they are resized', () => {
  const now = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '512Mi' } };
  const workerState = {
    ...newWorkerState(pod('web')),
    admission: { state: 'admitted' } as const,
    actuated: new Map([['app', { requests: { cpu: '250m', memory: '1Gi' }, limits: { cpu: '500m', memory: '2Gi' } }]]),
  };
  const containers = [container('app', { resources: now })];
  const { actions } = planFor({ containers }, observedPod([running]), { workerState });
  const resourcesOf = (action: PodAction | undefined) => action?.type === 'resizePod' && action.limits.spec.containers[0]?.resources;
  expect(resourcesOf(actions[1])).toEqual({ limits: { cpu: '1', memory: '2Gi' }, requests: { cpu: '500m', memory: '1Gi' } });
  expect(actions[0]).toMatchObject({ type: 'checkMemory', containers: [{ containerName: 'app', limitBytes: 2 ** 30 }] });
  expect(actions[2]).toMatchObject({ type: 'updateResources', container: { resources: now } });
  expect(resourcesOf(actions[3])).toEqual(now);
  expect(told(planFor({ containers: [container('app')] }, observedPod([running])))).toEqual([]);
});

it('rewrites volumes that show the pod’s metadata when its manifest changed, once', () => {
  const web = pod('web', { volumes: [{ name: 'info', downwardAPI: { items: [] } }] });
  const workerState = { ...newWorkerState(web), admission: { state: 'admitted' } as const };
  const input = syncInputOf({ pod: web, observed: observedPod([running]), workerState });
  expect(told(computePodActions(input))).toEqual(['refreshVolumes']);
  expect(told(computePodActions({ ...input, workerState: { ...workerState, volumesOf: web } }))).toEqual([]);
});
