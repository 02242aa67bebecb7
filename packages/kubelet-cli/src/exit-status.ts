import { isAbort } from '@solo-kubelet/diagnostics';

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

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  CLI_USAGE: EXIT.usage,
  CLI_BUNDLE_REFUSED: EXIT.manifestRejected,
  KUBELET_USAGE: EXIT.usage,
  KUBELET_CONFIG_INVALID: EXIT.usage,
  CLI_RUNTIME_UNREACHABLE: EXIT.runtimeUnreachable,
  CRI_UNAVAILABLE: EXIT.runtimeUnreachable,
};

/** The exit status that an error stands for. */
export const exitStatusOf = (error: unknown, interrupted: AbortSignal): number => {
  if (interrupted.aborted && (isAbort(error) || error === interrupted.reason)) return interruptedStatus(interrupted);
  if (!isFailure(error)) return EXIT.bug;
  // By its code: loading the kubelet or the runtime's client to recognise a class of theirs would make every command slow.
  return STATUS_OF_CODE[(error as { readonly code: string }).code] ?? EXIT.failed;
};

export const interruptedStatus = (interrupted: AbortSignal): number =>
  interrupted.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;

/** An error that was made to be told, or one of the system: not a bug. */
export const isFailure = (error: unknown): boolean => error instanceof Error && typeof (error as { code?: unknown }).code === 'string';
