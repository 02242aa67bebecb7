import { expect, it } from 'vitest';
import { container, observedContainer, observedPod, pod } from '../testing/index.js';
import type { PodActivity } from './activity.js';
import { DEFAULT_BACKOFF } from './crash-backoff.js';
import { crashBackoff } from './plan-running-pod.js';
import { podUid } from './pod-identity.js';
import { newWorkerState } from './pod-worker-state.js';
import { noVerdicts } from './probe-results.js';
import { reducePodWorkerState } from './reduce-pod-worker-state.js';

const app = container('app');
const first = observedContainer('app', { state: 'exited', exitCode: 3, finishedAtMs: 1_000 });
const second = observedContainer('app', { state: 'exited', exitCode: 3, restartCount: 1, createdAtMs: 1_100, finishedAtMs: 1_200 });
const start: PodActivity = {
  type: 'actionStarted',
  action: { type: 'startContainer', container: app, kind: 'regular', restartCount: 1 },
};

it('a restart that was granted is not held back while the runtime still shows the exit before it; the next exit is', () => {
  const web = pod('web', { containers: [app] });
  const before = observedPod([first]);
  const workerState = reducePodWorkerState(newWorkerState(web), start, { observed: before, policy: DEFAULT_BACKOFF, nowMs: 1_050 });
  const input = {
    podUid: podUid('uid-web'),
    wanted: true,
    pod: web,
    workerState,
    status: undefined,
    probeResults: noVerdicts,
    allSynced: true,
    nameHeldBy: [],
    nodeUnderPressure: false,
    allocates: false,
    backoffPolicy: DEFAULT_BACKOFF,
  };
  expect(crashBackoff({ ...input, observed: before, nowMs: 1_060 }, app)).toBeUndefined();
  expect(crashBackoff({ ...input, observed: observedPod([second, first]), nowMs: 1_300 }, app)).toMatchObject({
    reason: 'CrashLoopBackOff',
    untilMs: 11_200,
    message: 'back-off 10s restarting failed container=app pod=web_default(uid-web)',
  });
});
