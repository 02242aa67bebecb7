import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';

/** An address that somebody else has, or that comes with an interface, is no reason for Pods not to run. */
const WAITED_FOR: ReadonlySet<string> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL']);
const LISTEN_AGAIN_MS = 5_000;

export interface WhenFreeOptions {
  readonly signal: AbortSignal;
  readonly logger: Pick<Logger, 'warn'>;
  /** The wait between attempts. Default: 5 s. */
  readonly pause?: (signal: AbortSignal) => Promise<void>;
}

/** Listens as soon as the address can be had, and says once what it waits for. @throws any other error of `listen`, and AbortError */
export const listenWhenFree = async <T>(
  listen: () => Promise<T>,
  { signal, logger, pause = (until) => delay(LISTEN_AGAIN_MS, undefined, { signal: until }) }: WhenFreeOptions,
): Promise<T> => {
  for (let told = false; ; told = true) {
    try {
      return await listen();
    } catch (error) {
      if (!WAITED_FOR.has(systemCode(error))) throw error;
      if (!told) logger.warn({ err: describeError(error) }, 'The Kubernetes API waits for its address; Pods run meanwhile');
      await pause(signal);
    }
  }
};

const systemCode = (error: unknown): string => {
  const { code = '', cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  return WAITED_FOR.has(code) ? code : (cause?.code ?? '');
};
