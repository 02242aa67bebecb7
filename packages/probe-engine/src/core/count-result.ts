import type { ProbeKind } from '../probe-target.js';

/** What one probe of one container has seen so far. */
export interface ProbeCount {
  readonly probeResult: 'success' | 'failure' | 'unknown';
  readonly lastResult?: 'success' | 'failure';
  /** Equal results in a row. */
  readonly run: number;
  /** Nothing more to find out about this container. */
  readonly hold: boolean;
}

/** Before the first attempt (pkg/kubelet/prober/worker.go). */
export const initialCount = (kind: ProbeKind): ProbeCount => ({
  probeResult: kind === 'liveness' ? 'success' : kind === 'readiness' ? 'failure' : 'unknown',
  run: 0,
  hold: false,
});

/**
 * Counts one result: the probe result follows once it came `failureThreshold` or `successThreshold` times in a row. A liveness failure and any
 * probe result of a startup probe are final for the container.
 */
export const countResult = (
  count: ProbeCount,
  result: 'success' | 'failure',
  { kind, successThreshold, failureThreshold }: { kind: ProbeKind; successThreshold: number; failureThreshold: number },
): ProbeCount => {
  const run = count.lastResult === result ? count.run + 1 : 1;
  if (run < (result === 'success' ? successThreshold : failureThreshold)) return { ...count, lastResult: result, run };
  const final = kind === 'startup' || (kind === 'liveness' && result === 'failure');
  return final ? { probeResult: result, run: 0, hold: true } : { probeResult: result, lastResult: result, run, hold: false };
};
