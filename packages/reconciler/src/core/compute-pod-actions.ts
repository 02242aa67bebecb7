import type { Pod } from '@solo-kubelet/pod-spec';
import { deadlineMs } from './active-deadline.js';
import { stopPod } from './container-stop.js';
import { hasMountedVolumes } from './mounted-volumes.js';
import { isLive } from './observed-pod.js';
import { planRunningPod } from './plan-running-pod.js';
import type { PodAction, PodPlan } from './pod-action.js';
import { returnAtMs } from './pod-return.js';
import type { PodSyncInput, RunningPodInput } from './pod-sync-input.js';
import { stillWaits } from './retry-delay.js';
import { isEvicted, isTerminal } from './termination.js';

/**
 * Why a pod is brought to its end. `removed`: nothing of it stays, and if it is still wanted it starts anew; the others keep their records for status
 * and logs, unless the pod was evicted.
 */
export type PodEnding = 'removed' | 'deleted' | 'terminated' | 'deadlineExceeded' | 'completed';

const nothing: PodPlan = { actions: [], backoff: [], done: false };

/**
 * What to do about one pod now: a pure function of what is wanted, seen and remembered.
 * Upstream: pkg/kubelet/pod_workers.go (which pods end), kuberuntime computePodActions (what the others need).
 */
export const computePodActions = (input: PodSyncInput): PodPlan => {
  const ending = podEnding(input);
  if (stillWaits(input.workerState.retryAtMs, input.nowMs))
    return { ...nothing, requeueAfterMs: input.workerState.retryAtMs - input.nowMs };
  if (ending === 'removed') return planRemoval(input);
  if (ending !== undefined) return planEnd(input);
  if (!hasPod(input) || !input.wanted || input.workerState.admission.state !== 'admitted') return nothing;
  if (input.nameHeldBy.length > 0) return { ...nothing, actions: input.workerState.imagesPulled ? [] : [{ type: 'pullImages' }] };
  return withResources(input, withDeadline(input, planRunningPod(input)));
};

/** Nothing is started before the pod has what it needs for itself; what runs already, runs on meanwhile. */
const withResources = ({ allocates, workerState, observed }: RunningPodInput, plan: PodPlan): PodPlan =>
  allocates && workerState.resources !== 'held'
    ? { ...plan, actions: [{ type: 'allocateResources', running: observed?.containers.some(isLive) === true }, ...plan.actions] }
    : plan;

const hasPod = (input: PodSyncInput): input is RunningPodInput => input.pod !== undefined;

/** A pod that is terminal stays so; one that nobody wants is only taken for an orphan once every source has spoken. */
export const podEnding = (input: PodSyncInput): PodEnding | undefined => {
  const { workerState, wanted, allSynced, pod, status, nowMs } = input;
  if (workerState.removed || (!wanted && allSynced)) return 'removed';
  if (!wanted) return undefined;
  if (pod?.metadata.deletionTimestamp !== undefined) return 'deleted';
  if (workerState.admission.state !== 'admitted') return undefined;
  if (isTerminal(status)) return mayReturn(input) ? 'removed' : 'completed';
  if (workerState.termination !== undefined) return 'terminated';
  const deadline = deadlineMs(input);
  return deadline !== undefined && nowMs >= deadline ? 'deadlineExceeded' : undefined;
};

const mayReturn = (input: PodSyncInput): boolean =>
  !input.nodeUnderPressure && (returnAtMs(input) ?? Number.POSITIVE_INFINITY) <= input.nowMs;

/** What was evicted leaves nothing behind but its status: the node needs the room (upstream pod_workers.go ShouldPodContentBeRemoved). */
const planEnd = (input: PodSyncInput): PodPlan => {
  const actions = stopActions(input);
  const backAtMs = returnAtMs(input);
  const requeue = backAtMs === undefined || backAtMs <= input.nowMs ? {} : { requeueAfterMs: backAtMs - input.nowMs };
  if (actions.length > 0) return { ...nothing, actions, ...requeue };
  if (!isEvicted(input.status)) return { ...nothing, actions: releaseVolumes(input), ...requeue };
  return { ...planRemoval(input), ...requeue, done: false };
};

/** A pod that has ended for good needs no memory any more (upstream unmounts all volumes of terminated pods). */
const releaseVolumes = ({ pod, workerState, status }: PodSyncInput): readonly PodAction[] =>
  pod !== undefined && isTerminal(status) && !workerState.volumesReleased && hasMountedVolumes(pod) ? [{ type: 'releaseVolumes' }] : [];

/** Everything of the pod, and then what it had for itself: in the same sync, so that a pod of the same name finds it free. */
const stopActions = (input: PodSyncInput): readonly PodAction[] => {
  const { allocates, workerState } = input;
  return [
    ...stopPod(input, workerState.termination?.gracePeriodSeconds),
    ...(allocates && workerState.resources !== 'released' ? [{ type: 'releaseResources' } as const] : []),
  ];
};

/** First everything stops, which frees the pod's name and address; then, with that seen, its records and files go. */
const planRemoval = (input: PodSyncInput): PodPlan => {
  const { observed, workerState } = input;
  const stopping = stopActions(input);
  if (stopping.length > 0) return { ...nothing, actions: stopping };
  if (observed === undefined && workerState.cleaned) return { ...nothing, done: true };
  const sandboxIds = new Set(observed?.sandboxes.map(({ id }) => id));
  const strays = (observed?.containers ?? []).filter((container) => !isLive(container) && !sandboxIds.has(container.sandboxId));
  return {
    ...nothing,
    actions: [
      ...strays.map(({ id, name }) => ({ type: 'removeContainer', containerId: id, containerName: name }) as const),
      ...[...sandboxIds].flatMap((id) => [
        { type: 'stopSandbox', podSandboxId: id } as const,
        { type: 'removeSandbox', podSandboxId: id } as const,
      ]),
      { type: 'cleanPod' },
    ],
  };
};

const withDeadline = (input: PodSyncInput & { readonly pod: Pod }, plan: PodPlan): PodPlan => {
  const deadline = deadlineMs(input);
  if (deadline === undefined) return plan;
  const remainingMs = Math.max(0, deadline - input.nowMs);
  return { ...plan, requeueAfterMs: Math.min(plan.requeueAfterMs ?? remainingMs, remainingMs) };
};
