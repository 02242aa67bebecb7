import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import type { PodActivity } from './core/activity.js';
import type { PodUid } from './core/pod-identity.js';
import type { PodLedger } from './core/pod-ledger.js';
import { resourcesOfPod, samePodResources } from './core/resize/pod-resources.js';
import { type ResizeOperation, resizeOperations } from './core/resize/resize-operations.js';
import { isResizing } from './core/resize/resize-state.js';
import { resizeTrigger } from './core/resize/resize-trigger.js';
import type { PodInputs } from './core/world/pod-state.js';
import { desiredPod, knownPod } from './core/world/sync-input.js';
import type { World } from './core/world/world.js';
import type { PodDoing } from './run-pass.js';

/** What the last step decided about pods: who is let in, who is ended before its time, and what becomes of resizes. */
export const ledgerActivities = ([previous, next]: readonly [World, World]): readonly PodDoing[] =>
  [...changedKeys(previous.pods, next.pods)].flatMap((podUid) => [
    ...admissionOf(podUid, previous, next),
    ...terminationOf(podUid, previous, next),
    ...resizeOf(podUid, previous, next),
  ]);

const inputsOf = ({ pods }: World, podUid: PodUid): PodInputs | undefined => pods.get(podUid)?.inputs;

const admissionOf = (podUid: PodUid, previous: World, next: World): readonly PodDoing[] => {
  const { ledger, desired } = inputsOf(next, podUid) ?? {};
  if (desired === undefined || ledger === undefined) return [];
  const { admission } = ledger;
  const { pod } = desired;
  if (admission.state === 'pending' || admission === inputsOf(previous, podUid)?.ledger.admission) return [];
  if (admission.state === 'admitted') return [{ podUid, pod, activity: { type: 'podAdmitted' } }];
  const { reason, message, waits } = admission;
  return [{ podUid, pod, activity: { type: 'podRefused', reason, message, ...(waits && { waits }) } }];
};

const terminationOf = (podUid: PodUid, previous: World, next: World): readonly PodDoing[] => {
  const termination = inputsOf(next, podUid)?.ledger.termination;
  const pod = knownPod(next, podUid);
  if (pod === undefined || termination === undefined || termination === inputsOf(previous, podUid)?.ledger.termination) return [];
  return [{ podUid, pod, activity: { type: 'terminated', reason: termination.reason, message: termination.message } }];
};

const resizeOf = (podUid: PodUid, previous: World, next: World): readonly PodDoing[] => {
  const [before, after] = [inputsOf(previous, podUid)?.ledger, inputsOf(next, podUid)?.ledger];
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

const operationsOf = (podUid: PodUid, previous: World, next: World): readonly ResizeOperation[] => {
  const [old, pod] = [inputsOf(previous, podUid)?.desired?.pod, inputsOf(next, podUid)?.desired?.pod];
  return old === undefined || pod === undefined || old === pod ? [] : resizeOperations(old, pod);
};

const isAllocatedAnew = (before: PodLedger, after: PodLedger): boolean =>
  before.pod !== after.pod &&
  before.pod !== undefined &&
  after.pod !== undefined &&
  before.admission.state === 'admitted' &&
  after.podCgroup !== undefined &&
  !samePodResources(resourcesOfPod(before.pod), resourcesOfPod(after.pod));

/** The last of its cgroups has what is allocated. */
const isCompleted = (podUid: PodUid, previous: World, next: World): boolean => {
  const [before, after] = [inputsOf(previous, podUid)?.ledger, inputsOf(next, podUid)?.ledger];
  if (before?.pod === undefined || after?.pod === undefined || before.pod !== after.pod) return false;
  if (before.actuated === after.actuated && before.podCgroup === after.podCgroup) return false;
  const observed = inputsOf(next, podUid)?.observed;
  return isResizing({ pod: before.pod, ledger: before, observed }) && !isResizing({ pod: after.pod, ledger: after, observed });
};
