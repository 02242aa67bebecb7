import type { Container } from '@solo-kubelet/pod-spec';
import { newestSandbox, type ObservedContainer } from '../observed-pod.js';
import type { PodAction, PodPlan } from '../pod-action.js';
import type { RunningPodInput } from '../pod-sync-input.js';
import { stillWaits } from '../retry-delay.js';
import {
  isPodResized,
  isResized,
  loweredMemory,
  loweredPodMemory,
  type ResizedContainer,
  resizedContainers,
  resizedNames,
  widestPod,
} from './resize-state.js';

/** Whether `resizePolicy` asks for a restart to apply what changed. */
export const resizeNeedsRestart = (input: RunningPodInput, container: Container, observed: ObservedContainer): boolean =>
  observed.state === 'running' &&
  resizedNames(input, container).some((name) =>
    container.resizePolicy?.some((policy) => policy.resourceName === name && policy.restartPolicy === 'RestartContainer'),
  );

/**
 * What is planned with the updates it needs; the pod's own cgroup is wide enough for old and new while its containers change. A resize that failed
 * waits for its next try, and nothing else waits with it. Upstream: kuberuntime doPodResizeAction.
 */
export const withResize = (input: RunningPodInput, plan: PodPlan): PodPlan => {
  const { pod, workerState, nowMs } = input;
  const starting = new Set(plan.actions.flatMap((action) => (action.type === 'startContainer' ? [action.container.name] : [])));
  const updates = resizedContainers(input).filter(({ container }) => !starting.has(container.name));
  const restarted = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some(
    (one) => starting.has(one.name) && isResized(input, one),
  );
  if (updates.length === 0 && !restarted && !isPodResized(input)) return plan;
  const retryAtMs = workerState.resizeFailure?.retryAtMs ?? 0;
  if (stillWaits(retryAtMs, nowMs))
    return { ...plan, requeueAfterMs: Math.min(plan.requeueAfterMs ?? retryAtMs - nowMs, retryAtMs - nowMs) };
  // Nothing is changed within it, and what starts may fail.
  if (updates.length === 0 && !restarted)
    return { ...plan, actions: [...memoryCheck(input, []), { type: 'resizePod', limits: pod, final: true }, ...plan.actions] };
  // Refused as a whole before anything of it is carried out; but what starts needs the room, and does not wait for what others use.
  const check = memoryCheck(input, updates);
  const isFirst = plan.actions.length === 0;
  return {
    ...plan,
    actions: [
      ...(isFirst ? check : []),
      { type: 'resizePod', limits: widestPod(input), final: false },
      ...plan.actions,
      ...(isFirst ? [] : check),
      ...updates.map(({ container, observed }) => ({ type: 'updateResources', container, containerId: observed.id }) as const),
      { type: 'resizePod', limits: pod, final: true },
    ],
  };
};

const memoryCheck = (input: RunningPodInput, updates: readonly ResizedContainer[]): readonly PodAction[] => {
  const podLimitBytes = loweredPodMemory(input);
  const containers = updates.flatMap(({ container, observed }) => {
    const limitBytes = loweredMemory(input, container);
    return limitBytes === undefined ? [] : [{ containerId: observed.id, containerName: container.name, limitBytes }];
  });
  const podSandboxId = newestSandbox(input.observed)?.id;
  if (podSandboxId === undefined || (podLimitBytes === undefined && containers.length === 0)) return [];
  return [{ type: 'checkMemory', podSandboxId, containers, ...(podLimitBytes === undefined ? {} : { podLimitBytes }) }];
};
