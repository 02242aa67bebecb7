import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { containerStarted, specChanged } from './container-facts.js';
import { stopOf } from './container-stop.js';
import { newestContainer, newestSandbox, type ObservedContainer } from './observed-pod.js';
import type { ContainerStop, StopReason } from './pod-action.js';
import type { RunningPodInput } from './pod-sync-input.js';
import { resizeNeedsRestart } from './resize/plan-resize.js';
import { effectivePolicy, failedInitRestarts, initSucceeded, isSidecar } from './restart-decision.js';

export interface InitDecision {
  /** Regular containers may run. */
  readonly initialized: boolean;
  /** A plain init container failed for good. */
  readonly failed: boolean;
  readonly stops: readonly ContainerStop[];
  /** In spec order. */
  readonly starts: readonly Container[];
}

interface Step {
  readonly start?: boolean;
  readonly stop?: StopReason;
  /** This container is done with: the next may start. */
  readonly next?: boolean;
  readonly failed?: boolean;
}

/** Init containers and sidecars of a pod whose sandbox is fine. Upstream: kuberuntime computeInitContainerActions. */
export const decideInitContainers = (input: RunningPodInput): InitDecision => {
  const { pod, observed } = input;
  const inits = pod.spec.initContainers ?? [];
  if (regularHasStarted(input)) return gather(input, keepSidecars(input, inits.length, true), true, false);

  const last = inits.findLastIndex(({ name }) => newestContainer(observed, name) !== undefined);
  if (last < 0) return { initialized: inits.length === 0, failed: false, stops: [], starts: inits.slice(0, 1) };

  const deciding = inits[last]!;
  const step = stepOf(input, deciding, newestContainer(observed, deciding.name)!);
  const initialized = step.next === true && last === inits.length - 1;
  const next = step.next === true ? inits[last + 1] : undefined;
  const steps = [...keepSidecars(input, last, initialized), [deciding, step] as const, ...(next ? [[next, { start: true }] as const] : [])];
  return gather(input, steps, initialized, step.failed === true);
};

/** Some regular container is created or running in the current sandbox; an exited one does not count, so that a reboot runs init containers again. */
const regularHasStarted = ({ pod, observed }: RunningPodInput): boolean => {
  const sandbox = newestSandbox(observed);
  return pod.spec.containers.some(({ name }) => {
    const container = newestContainer(observed, name);
    return (
      container !== undefined && container.sandboxId === sandbox?.id && (container.state === 'created' || container.state === 'running')
    );
  });
};

/** Sidecars before index `end`: those that run are watched, those that ended start again; one without a record only once the pod is initialized. */
const keepSidecars = (input: RunningPodInput, end: number, initialized: boolean): (readonly [Container, Step])[] =>
  (input.pod.spec.initContainers ?? [])
    .slice(0, end)
    .filter(isSidecar)
    .map((sidecar) => {
      const observed = newestContainer(input.observed, sidecar.name);
      return [sidecar, observed === undefined ? { start: initialized } : stepOf(input, sidecar, observed)] as const;
    });

const stepOf = (input: RunningPodInput, container: Container, observed: ObservedContainer): Step => {
  if (observed.state === 'created') return { start: true };
  if (isSidecar(container)) return sidecarStep(input, container, observed);
  return initStep(input.pod, container, observed);
};

const initStep = (pod: Pod, container: Container, observed: ObservedContainer): Step => {
  if (observed.state === 'running') return {};
  if (observed.state === 'exited' && initSucceeded(observed)) return { next: true };
  // Rules go by exit codes, and one that is in no known state has none.
  const isUnknown = observed.state === 'unknown';
  const restarts = isUnknown ? effectivePolicy(pod, container) !== 'Never' : failedInitRestarts(pod, container, observed);
  if (!restarts) return { failed: true };
  return isUnknown ? { start: true, stop: 'ContainerUnknown' } : { start: true };
};

const sidecarStep = (input: RunningPodInput, container: Container, observed: ObservedContainer): Step => {
  if (observed.state === 'exited') return { start: true };
  if (observed.state === 'unknown') return { start: true, stop: 'ContainerUnknown' };
  const probeResults = input.probeResults.get(observed.id);
  const started = containerStarted({ pod: input.pod, container, observed, probeResults, status: input.status });
  const stop = reasonToStop(input, container, observed);
  // What has started once holds up nobody while it is restarted.
  return { ...(stop === undefined ? {} : { start: true, stop }), ...(started && { next: true }) };
};

const reasonToStop = (input: RunningPodInput, container: Container, observed: ObservedContainer): StopReason | undefined => {
  const probeResults = input.probeResults.get(observed.id);
  if (specChanged(container, observed)) return 'SpecChanged';
  if (input.workerState.restartRequested.has(observed.id)) return 'RestartRequested';
  if (probeResults?.startup === 'failure') return 'StartupProbe';
  if (probeResults?.liveness === 'failure') return 'LivenessProbe';
  return resizeNeedsRestart(input, container, observed) ? 'ResizeRequired' : undefined;
};

const gather = (
  input: RunningPodInput,
  steps: readonly (readonly [Container, Step])[],
  initialized: boolean,
  failed: boolean,
): InitDecision => ({
  initialized,
  failed,
  starts: failed ? [] : steps.filter(([, step]) => step.start).map(([container]) => container),
  stops: steps.flatMap(([container, step]) =>
    step.stop === undefined ? [] : [stopOf(input.pod, newestContainer(input.observed, container.name)!, step.stop)],
  ),
});
