import { type CriClient, CriError } from '@solo-kubelet/cri-client';
import type { Logger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import { untilRecovered } from './runtime-recovery.js';

const RETRY_MS = 1_000;
const REMIND_EVERY = 30;

export interface RuntimeVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
}

export interface WaitForRuntimeOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called after each attempt that had no answer. */
  readonly onSilence?: () => void;
}

/** Waits for as long as it takes until the runtime answers, and says so at once and every half minute. */
export const waitForRuntime = async (
  cri: CriClient,
  endpoint: string,
  { logger, signal, onSilence = () => {} }: WaitForRuntimeOptions,
): Promise<RuntimeVersion> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const version = await cri.runtime.version({}, { signal, timeoutMs: 10_000 });
      await untilRecovered(cri, { signal });
      return version;
    } catch (error) {
      signal.throwIfAborted();
      if (!CriError.is(error) || error.code === 'CRI_BAD_ENDPOINT') throw error;
      onSilence();
      if (attempt % REMIND_EVERY === 0) {
        logger.warn({ err: error, path: endpoint, hint: error.hint }, 'The container runtime does not answer; waiting for it');
      }
      await delay(RETRY_MS, undefined, { signal });
    }
  }
};
