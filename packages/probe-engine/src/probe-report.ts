import type { ProbeOutcome } from './probe-handler.js';
import type { ProbeIdentity } from './probe-target.js';

/** What a probe has established about its container. Until a first one: liveness success, readiness failure, startup unknown. */
export interface ProbeResult extends ProbeIdentity {
  readonly result: 'success' | 'failure' | 'unknown';
  readonly output: string;
  readonly atMs: number;
}

export type ProbeReport =
  /** The probe result changed. */
  | { readonly type: 'probeResult'; readonly probeResult: ProbeResult }
  /** One attempt was made: for events and metrics. `counted` is false for one that could not change the probe result. */
  | {
      readonly type: 'attempt';
      readonly probe: ProbeIdentity;
      readonly result: ProbeOutcome['result'];
      readonly output: string;
      readonly counted: boolean;
      readonly atMs: number;
      readonly durationMs: number;
    }
  /** The target is not listed any more; its probe result is void. */
  | { readonly type: 'ended'; readonly probe: ProbeIdentity };

/** The words of Kubernetes' `Unhealthy` and `ProbeWarning` events for an attempt; undefined for a success. */
export const attemptEvent = (report: Extract<ProbeReport, { type: 'attempt' }>): { reason: string; message: string } | undefined => {
  const kind = `${report.probe.kind[0]?.toUpperCase()}${report.probe.kind.slice(1)}`;
  switch (report.result) {
    case 'success':
      return undefined;
    case 'warning':
      return { reason: 'ProbeWarning', message: `${kind} probe warning: ${report.output}` };
    case 'failure':
      return { reason: 'Unhealthy', message: `${kind} probe failed: ${report.output}` };
    case 'unknown':
      return { reason: 'Unhealthy', message: `${kind} probe errored and resulted in unknown state: ${report.output}` };
  }
};
