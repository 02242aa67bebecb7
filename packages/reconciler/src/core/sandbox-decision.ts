import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { newestContainer, newestSandbox, type ObservedPod } from './observed-pod.js';
import { effectivePolicy, restartsAfterExit } from './restart-decision.js';

/** Whether a new sandbox is needed, and with which attempt. `changed`: an earlier one broke, worth an event. */
export type SandboxDecision =
  | { readonly needed: false; readonly podSandboxId: string }
  | { readonly needed: true; readonly attempt: number; readonly changed: boolean };

/** Upstream: kuberuntime/util PodSandboxChanged. A sandbox without its further networks is none; one that containers run in is left to them. */
export const decideSandbox = (pod: Pod, observed: ObservedPod | undefined): SandboxDecision => {
  const newest = newestSandbox(observed);
  if (newest === undefined || observed === undefined) return { needed: true, attempt: 0, changed: false };
  const attempt = newest.attempt + 1;
  const wantsHostNetwork = pod.spec.hostNetwork === true;
  if (observed.sandboxes.filter(({ state }) => state === 'ready').length > 1) return { needed: true, attempt, changed: true };
  if (newest.state !== 'ready') return { needed: true, attempt, changed: true };
  if (newest.hostNetwork !== wantsHostNetwork) return { needed: true, attempt, changed: false };
  if (!wantsHostNetwork && newest.networkReported && newest.ips.length === 0) return { needed: true, attempt, changed: true };
  if (newest.networksMissing && !observed.containers.some(({ sandboxId }) => sandboxId === newest.id))
    return { needed: true, attempt, changed: true };
  return { needed: false, podSandboxId: newest.id };
};

/**
 * Regular containers that a fresh sandbox would run: all but those that may not run again. When none is left the pod is only brought to its end.
 * Upstream never gives a `restartPolicy: Never` pod a second sandbox, even when its containers never ran (docs/decisions/063).
 */
export const containersForNewSandbox = (pod: Pod, observed: ObservedPod | undefined): readonly Container[] =>
  pod.spec.containers.filter((container) => {
    const last = newestContainer(observed, container.name);
    if (last === undefined || last.state === 'created') return true;
    return last.state === 'exited' ? restartsAfterExit(pod, container, last.exitCode) : effectivePolicy(pod, container) !== 'Never';
  });
