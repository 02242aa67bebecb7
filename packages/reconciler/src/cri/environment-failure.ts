import { CriError } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { PodEnvironmentError } from '@solo-kubelet/pod-environment';
import type { StepFailure } from '../runtime-port.js';

/** Wait before a manifest that only an edit can mend is tried again, ms. */
const HOPELESS_RETRY_MS = 60_000;

/** A failure in Kubernetes' words: the environment's own reason, else the given one. */
export const failureOf = (error: unknown, reason: string, nowMs = 0): StepFailure => {
  if (PodEnvironmentError.is(error)) {
    return {
      ok: false,
      reason: error.reason,
      message: error.message,
      ...(error.retryable || nowMs === 0 ? {} : { retryAtMs: nowMs + HOPELESS_RETRY_MS }),
    };
  }
  return { ok: false, reason, message: CriError.is(error) ? error.details : describeError(error) };
};
