import type { Container } from '@solo-kubelet/pod-spec';
import type { ProbeTarget } from '@solo-kubelet/probe-engine';
import { podEnding } from './compute-pod-actions.js';
import { containerStarted } from './container-facts.js';
import { newestContainer } from './observed-pod.js';
import { podKey } from './pod-identity.js';
import type { RunningPodInput } from './pod-sync-input.js';
import { type ProbeKind, probeOf } from './probe-of-container.js';
import { isSidecar } from './restart-decision.js';
import { inSteadyTime } from './steady-times.js';

const everyKind: readonly ProbeKind[] = ['startup', 'liveness', 'readiness'];

/** Probes of one pod's running containers. While it ends only readiness is looked at: nothing may be restarted any more (docs/decisions/067). */
export const selectProbeTargets = (input: RunningPodInput): readonly ProbeTarget[] => {
  const ends = podEnding(input) !== undefined;
  if (!input.wanted && !ends) return [];
  const probed = [...(input.pod.spec.initContainers ?? []).filter(isSidecar), ...input.pod.spec.containers];
  return probed.flatMap((container) => targetsOf(input, container, ends ? ['readiness'] : everyKind));
};

const targetsOf = (input: RunningPodInput, container: Container, kinds: readonly ProbeKind[]): readonly ProbeTarget[] => {
  const observed = newestContainer(input.observed, container.name);
  if (observed?.state !== 'running') return [];
  const { pod, podUid, status } = input;
  const { createdAtMs, startedAtMs = createdAtMs } = inSteadyTime(observed, input.steadyTimes);
  const started = containerStarted({ pod, container, observed, probeResults: input.probeResults.get(observed.id), status });
  return kinds.flatMap((kind) => {
    const found = probeOf(pod, container, kind);
    if (found === undefined) return [];
    return [
      {
        podUid,
        pod: podKey(pod),
        containerName: container.name,
        containerId: observed.id,
        kind,
        probe: found.probe,
        podIp: pod.spec.hostNetwork === true ? '127.0.0.1' : (status?.podIP ?? ''),
        ports: container.ports ?? [],
        ...(container.env === undefined ? {} : { env: container.env }),
        startedAtMs,
        started,
        ...(found.custom === undefined ? {} : { custom: found.custom }),
      },
    ];
  });
};
