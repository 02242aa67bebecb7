import { onAbort as onSignal } from '@solo-kubelet/timers';
import type { ObservableInput } from 'rxjs';
import type { ProbeTarget } from './probe-target.js';

/** Answer of one attempt. `warning` counts as success and is told; `unknown` says that the attempt itself could not be made, and counts for nothing. */
export interface ProbeOutcome {
  readonly result: 'success' | 'warning' | 'failure' | 'unknown';
  readonly output: string;
}

export interface ProbeAttemptOptions {
  /** Aborted when the attempt's time is up or nobody wants the answer any more. A handler answers then at once, or rejects. */
  readonly signal: AbortSignal;
  /** Calls back when `signal` aborts, without the cost of a signal; returns how to stop listening. The engine's own attempts have it. */
  readonly listen?: (callback: () => void) => () => void;
}

/** Calls back when the attempt is aborted, before this returns when it is already; returns how to stop listening. */
export const onAbort = (options: ProbeAttemptOptions, callback: () => void): (() => void) => {
  if (options.listen !== undefined) return options.listen(callback);
  return onSignal(options.signal, callback);
};

/**
 * Makes single attempts. `field` is the field of the Probe that it serves, and `action` that field's value; timing, thresholds and time limits are
 * the engine's. Answers once; a rejection is `unknown`.
 */
export interface ProbeHandler<Field extends string = string, Action = unknown> {
  readonly field: Field;
  probe(action: Action, target: ProbeTarget, options: ProbeAttemptOptions): ObservableInput<ProbeOutcome>;
}

/** Most bytes of a probe's output that are kept (pkg/probe/exec/exec.go, pkg/probe/http/http.go). */
export const MAX_OUTPUT_BYTES = 10 * 1024;

/** The text of an output, cut at 10 KiB. */
export const capOutput = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, MAX_OUTPUT_BYTES));

/** A handler in a list of handlers of different fields; the engine gives each only its own field's value. */
export type AnyProbeHandler = ProbeHandler<string, never>;
