import { isAbort } from '@solo-kubelet/diagnostics';
import { CliError } from './cli-error.js';

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  manifestRejected: 3,
  runtimeUnreachable: 4,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit status that an error stands for. */
export const exitStatusOf = (error: unknown, interrupted: AbortSignal): number => {
  if (interrupted.aborted && (isAbort(error) || error === interrupted.reason)) return interruptedStatus(interrupted);
  // By its code: loading the runtime's client to recognise its class would make every command slow.
  if (isFailure(error) && (error as { code?: unknown }).code === 'CRI_UNAVAILABLE') return EXIT.runtimeUnreachable;
  if (!CliError.is(error)) return isFailure(error) ? EXIT.failed : EXIT.bug;
  if (error.code === 'CLI_USAGE' || error.code === 'CLI_CONFIG_INVALID') return EXIT.usage;
  return error.code === 'CLI_RUNTIME_UNREACHABLE' ? EXIT.runtimeUnreachable : EXIT.failed;
};

export const interruptedStatus = (interrupted: AbortSignal): number =>
  interrupted.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;

/** An error that was made to be told, or one of the system: not a bug. */
export const isFailure = (error: unknown): boolean => error instanceof Error && typeof (error as { code?: unknown }).code === 'string';
