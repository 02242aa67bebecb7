import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import type { PodActivity } from './core/activity.js';
import type { PodUid } from './core/pod-identity.js';
import type { PodWorkerState } from './core/pod-worker-state.js';
import { resourcesOfPod, samePodResources } from './core/resize/pod-resources.js';
import { type ResizeOperation, resizeOperations } from './core/resize/resize-operations.js';
import { isResizing } from './core/resize/resize-state.js';
import { resizeTrigger } from './core/resize/resize-trigger.js';
import type { KubeletState } from './core/state/kubelet-state.js';
import type { PodInputs } from './core/state/pod-state.js';
import { desiredPod, knownPod } from './core/state/sync-input.js';
import type { PodSyncEvent } from './sync-pod.js';

/** What the last step decided about pods: who is let in, who is ended before its time, and what becomes of resizes. */
export const workerStateActivities = ([previous, next]: readonly [KubeletState, KubeletState]): readonly PodSyncEvent[] =>
  [...changedKeys(previous.pods, next.pods)].flatMap((podUid) => [
    ...admissionOf(podUid, previous, next),
    ...terminationOf(podUid, previous, next),
    ...resizeOf(podUid, previous, next),
  ]);

const inputsOf = ({ pods }: KubeletState, podUid: PodUid): PodInputs | undefined => pods.get(podUid)?.inputs;

const admissionOf = (podUid: PodUid, previous: KubeletState, next: KubeletState): readonly PodSyncEvent[] => {
  const { workerState, desired } = inputsOf(next, podUid) ?? {};
  if (desired === undefined || workerState === undefined) return [];
  const { admission } = workerState;
  const { pod } = desired;
  if (admission.state === 'pending' || admission === inputsOf(previous, podUid)?.workerState.admission) return [];
  if (admission.state === 'admitted') return [{ podUid, pod, activity: { type: 'podAdmitted' } }];
  const { reason, message, waits } = admission;
  return [{ podUid, pod, activity: { type: 'podRefused', reason, message, ...(waits && { waits }) } }];
};

const terminationOf = (podUid: PodUid, previous: KubeletState, next: KubeletState): readonly PodSyncEvent[] => {
  const termination = inputsOf(next, podUid)?.workerState.termination;
  const pod = knownPod(next, podUid);
  if (pod === undefined || termination === undefined || termination === inputsOf(previous, podUid)?.workerState.termination) return [];
  return [{ podUid, pod, activity: { type: 'terminated', reason: termination.reason, message: termination.message } }];
};

const resizeOf = (podUid: PodUid, previous: KubeletState, next: KubeletState): readonly PodSyncEvent[] => {
  const [before, after] = [inputsOf(previous, podUid)?.workerState, inputsOf(next, podUid)?.workerState];
  const pod = desiredPod(next, podUid);
  if (before?.pod === undefined || after?.pod === undefined || pod === undefined) return [];
  const operations = operationsOf(podUid, previous, next);
  const { resizePending, resizeFailure } = after;
  const accepted = before.resizePending?.reason === 'Deferred' && resizePending === undefined && after.allocating !== undefined;
  const told: readonly PodActivity[] = [
    ...(operations.length > 0 ? [{ type: 'resizeRequested', operations } as const] : []),
    ...(accepted ? [{ type: 'resizeAccepted', trigger: resizeTrigger(podUid, previous, next) } as const] : []),
    ...(resizePending !== undefined && resizePending !== before.resizePending
      ? [{ type: 'resizePending', ...resizePending } as const]
      : []),
    ...(isAllocatedAnew(before, after) ? [{ type: 'resizeStarted' } as const] : []),
    ...(resizeFailure !== undefined && before.resizeFailure === undefined
      ? [{ type: 'resizeFailed', message: resizeFailure.message } as const]
      : []),
    ...(isCompleted(podUid, previous, next) ? [{ type: 'resizeCompleted' } as const] : []),
  ];
  return told.map((activity) => ({ podUid, pod, activity }));
};

const operationsOf = (podUid: PodUid, previous: KubeletState, next: KubeletState): readonly ResizeOperation[] => {
  const [old, pod] = [inputsOf(previous, podUid)?.desired?.pod, inputsOf(next, podUid)?.desired?.pod];
  return old === undefined || pod === undefined || old === pod ? [] : resizeOperations(old, pod);
};

const isAllocatedAnew = (before: PodWorkerState, after: PodWorkerState): boolean =>
  before.pod !== after.pod &&
  before.pod !== undefined &&
  after.pod !== undefined &&
  before.admission.state === 'admitted' &&
  after.podCgroup !== undefined &&
  !samePodResources(resourcesOfPod(before.pod), resourcesOfPod(after.pod));

/** The last of its cgroups has what is allocated. */
const isCompleted = (podUid: PodUid, previous: KubeletState, next: KubeletState): boolean => {
  const [before, after] = [inputsOf(previous, podUid)?.workerState, inputsOf(next, podUid)?.workerState];
  if (before?.pod === undefined || after?.pod === undefined || before.pod !== after.pod) return false;
  if (before.actuated === after.actuated && before.podCgroup === after.podCgroup) return false;
  const observed = inputsOf(next, podUid)?.observed;
  return isResizing({ pod: before.pod, workerState: before, observed }) && !isResizing({ pod: after.pod, workerState: after, observed });
};
