import type { Container } from '@solo-kubelet/pod-spec';
import { specChanged } from './container-facts.js';
import { stopOf } from './container-stop.js';
import { newestContainer, type ObservedContainer } from './observed-pod.js';
import type { ContainerStop, StopReason } from './pod-action.js';
import type { RunningPodInput } from './pod-sync-input.js';
import { resizeNeedsRestart } from './resize/plan-resize.js';
import { effectivePolicy, restartsAfterExit } from './restart-decision.js';

export interface RegularDecision {
  /** Some container runs on or is to start, now or after its back-off. */
  readonly anyLeft: boolean;
  readonly stops: readonly ContainerStop[];
  readonly starts: readonly Container[];
}

type Decision = { readonly keep: boolean } | { readonly stop: StopReason; readonly start: boolean } | { readonly start: true };

export const decideRegularContainers = (input: RunningPodInput): RegularDecision => {
  const decisions = input.pod.spec.containers.map((container) => ({ container, decision: decide(input, container) }));
  return {
    anyLeft: decisions.some(({ decision }) => ('keep' in decision ? decision.keep : decision.start)),
    stops: decisions.flatMap(({ container, decision }) =>
      'stop' in decision ? [stopOf(input.pod, newestContainer(input.observed, container.name)!, decision.stop)] : [],
    ),
    starts: decisions.filter(({ decision }) => 'start' in decision && decision.start).map(({ container }) => container),
  };
};

const decide = (input: RunningPodInput, container: Container): Decision => {
  const observed = newestContainer(input.observed, container.name);
  if (observed === undefined || observed.state === 'created') return { start: true };
  if (observed.state === 'unknown') return { stop: 'ContainerUnknown', start: true };
  if (observed.state === 'exited') return restartsAfterExit(input.pod, container, observed.exitCode) ? { start: true } : { keep: false };
  const reason = reasonToStop(input, container, observed);
  if (reason === undefined) return { keep: true };
  const followsPolicy = reason === 'LivenessProbe' || reason === 'StartupProbe';
  return { stop: reason, start: !followsPolicy || effectivePolicy(input.pod, container) !== 'Never' };
};

const reasonToStop = (input: RunningPodInput, container: Container, observed: ObservedContainer): StopReason | undefined => {
  const probeResults = input.probeResults.get(observed.id);
  if (specChanged(container, observed)) return 'SpecChanged';
  if (input.workerState.restartRequested.has(observed.id)) return 'RestartRequested';
  if (probeResults?.liveness === 'failure') return 'LivenessProbe';
  if (probeResults?.startup === 'failure') return 'StartupProbe';
  return resizeNeedsRestart(input, container, observed) ? 'ResizeRequired' : undefined;
};
