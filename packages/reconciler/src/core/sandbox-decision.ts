import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { newestContainer, newestSandbox, type ObservedPod } from './observed-pod.js';
import { effectivePolicy } from './restart-decision.js';

/** Whether a new sandbox is needed, and with which attempt. `changed`: an earlier one broke, worth an event. */
export type SandboxDecision =
  | { readonly needed: false; readonly podSandboxId: string }
  | { readonly needed: true; readonly attempt: number; readonly changed: boolean };

/** Upstream: kuberuntime/util PodSandboxChanged. */
export const decideSandbox = (pod: Pod, observed: ObservedPod | undefined): SandboxDecision => {
  const newest = newestSandbox(observed);
  if (newest === undefined || observed === undefined) return { needed: true, attempt: 0, changed: false };
  const attempt = newest.attempt + 1;
  const wantsHostNetwork = pod.spec.hostNetwork === true;
  if (observed.sandboxes.filter(({ state }) => state === 'ready').length > 1) return { needed: true, attempt, changed: true };
  if (newest.state !== 'ready') return { needed: true, attempt, changed: true };
  if (newest.hostNetwork !== wantsHostNetwork) return { needed: true, attempt, changed: false };
  if (!wantsHostNetwork && newest.networkReported && newest.ips.length === 0) return { needed: true, attempt, changed: true };
  return { needed: false, podSandboxId: newest.id };
};

/** Regular containers that a fresh sandbox would run: all but those that may rest after a success. */
export const containersForNewSandbox = (pod: Pod, observed: ObservedPod | undefined): readonly Container[] =>
  pod.spec.containers.filter((container) => {
    const last = newestContainer(observed, container.name);
    return !(effectivePolicy(pod, container) === 'OnFailure' && last?.state === 'exited' && last.exitCode === 0);
  });

/** Whether a pod without a usable sandbox gets a new one, or is only brought to its end. */
export const deservesNewSandbox = (pod: Pod, observed: ObservedPod | undefined, attempt: number): boolean => {
  if (pod.spec.restartPolicy === 'Never' && attempt !== 0 && (observed?.containers.length ?? 0) > 0) return false;
  const everRan = pod.spec.containers.some(({ name }) => newestContainer(observed, name) !== undefined);
  return !(everRan && containersForNewSandbox(pod, observed).length === 0);
};
