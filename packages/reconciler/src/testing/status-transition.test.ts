import type { ContainerState, ContainerStatus, PodStatus } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { container, pod } from './pod-builder.js';
import { type StatusTransition, statusTransitionErrors } from './status-transition.js';

const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const running: ContainerState = { running: {} };
const waits = (reason: string): ContainerState => ({ waiting: { reason } });
const status = (state: ContainerState, rest: Partial<ContainerStatus> = {}, phase: PodStatus['phase'] = 'Running'): PodStatus => ({
  phase,
  containerStatuses: [{ name: 'app', image: '', imageID: '', ready: false, restartCount: 1, state, containerID: 'fake://1', ...rest }],
});
const again = { lastState: ended(1), restartCount: 2, containerID: 'fake://2' };

it.each<[string, PodStatus, PodStatus, string[], Partial<StatusTransition>?]>([
  ['starts', status(waits('ContainerCreating'), { restartCount: 0 }), status(running), []],
  ['ends and runs again', status(ended(1)), status(running, again), []],
  ['backs off', status(ended(1)), status(waits('CrashLoopBackOff'), { lastState: ended(1) }), []],
  ['waits without an end', status(running), status(waits('ContainerCreating')), ['app: waits and shows no earlier end, though it has run']],
  ['forgets how it ended', status(ended(1)), status(running, { restartCount: 2 }), ['app: left terminated without a lastState']],
  ['counts back', status(running), status(running, { restartCount: 0 }), ['app: restartCount fell from 1 to 0']],
  ['is another', status(running), status(running, { containerID: 'fake://9' }), ['app: another instance runs with the same restartCount']],
  ['comes back from its end', status(ended(0), {}, 'Failed'), status(ended(0)), ['phase Failed became Running']],
  ['is Pending again', status(running), status(ended(1), {}, 'Pending'), ['phase Running became Pending']],
  [
    'runs after an end that was final',
    status(ended(0)),
    status(running, again),
    ['app: left terminated{0}, after which it may not run again'],
    { pod: pod('web', { restartPolicy: 'OnFailure', containers: [container('app')] }) },
  ],
  [
    'backs off while it is started',
    status(ended(1)),
    status(waits('CrashLoopBackOff'), { lastState: ended(1) }),
    ['app: is in CrashLoopBackOff while it is started'],
    { starting: new Set(['app']) },
  ],
  [
    'begins while its pod goes',
    status(ended(1)),
    status(waits('ContainerCreating'), { lastState: ended(1) }),
    ['app: waits (ContainerCreating) though its pod goes', 'app: begins though its pod goes'],
    { removing: true },
  ],
  ['vanishes', status(running), { phase: 'Running' }, ['app: its status vanished']],
])('a container that %s', (_what, previous, next, errors, rest = {}) =>
  expect(statusTransitionErrors({ pod: pod('web', { containers: [container('app')] }), previous, next, ...rest })).toEqual(errors),
);
