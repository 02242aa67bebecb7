import type { Logger } from '@solo-kubelet/diagnostics';
import { doing } from '@solo-kubelet/diagnostics/doing';

/** Of sysexits.h: an internal error. */
const EX_SOFTWARE = 70;

/** The process, as far as it is needed here. */
export interface ErrorSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
  off(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
  exit(status: number): void;
}

export interface StrayErrorOptions {
  readonly process: ErrorSource;
  readonly logger: Logger;
  /** Sets the pod aside whose care the error came from. */
  readonly setAside: (podUid: string, error: unknown) => void;
}

/**
 * Takes errors that nobody caught, until it is disposed of: each becomes one log record that says what was being done. The pod that it was done for is
 * set aside, and the others are cared for. Where nothing tells what went wrong, the state is unknown and the process ends; containers run on.
 */
export const catchStrayErrors = ({ process, logger, setAside }: StrayErrorOptions): Disposable => {
  const take = (error: unknown): void => {
    const known = doing();
    const stack = error instanceof Error ? error.stack : undefined;
    const fields = { ...known, err: error, ...(stack === undefined ? {} : { stack }) };
    if (known === undefined) {
      logger.error(fields, 'An error that nobody caught; the kubelet ends, containers run on');
      process.exit(EX_SOFTWARE);
      return;
    }
    logger.error(fields, 'An error that nobody caught');
    if (known.podUid !== undefined) setAside(known.podUid, error);
  };
  process.on('uncaughtException', take);
  process.on('unhandledRejection', take);
  return {
    [Symbol.dispose]: () => {
      process.off('uncaughtException', take);
      process.off('unhandledRejection', take);
    },
  };
};
