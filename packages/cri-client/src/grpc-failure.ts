import { type ServiceError, status } from '@grpc/grpc-js';
import { grpcDetails } from '@solo-kubelet/diagnostics/text';
import { CriError, type CriErrorCode } from './cri-error.js';
import { findSocketTrouble } from './socket-trouble.js';

const codes: Readonly<Record<number, CriErrorCode>> = {
  [status.CANCELLED]: 'CRI_CANCELLED',
  [status.UNKNOWN]: 'CRI_UNKNOWN',
  [status.INVALID_ARGUMENT]: 'CRI_INVALID_ARGUMENT',
  [status.DEADLINE_EXCEEDED]: 'CRI_DEADLINE_EXCEEDED',
  [status.NOT_FOUND]: 'CRI_NOT_FOUND',
  [status.ALREADY_EXISTS]: 'CRI_ALREADY_EXISTS',
  [status.PERMISSION_DENIED]: 'CRI_PERMISSION_DENIED',
  [status.RESOURCE_EXHAUSTED]: 'CRI_RESOURCE_EXHAUSTED',
  [status.FAILED_PRECONDITION]: 'CRI_FAILED_PRECONDITION',
  [status.ABORTED]: 'CRI_ABORTED',
  [status.OUT_OF_RANGE]: 'CRI_OUT_OF_RANGE',
  [status.UNIMPLEMENTED]: 'CRI_UNIMPLEMENTED',
  [status.INTERNAL]: 'CRI_INTERNAL',
  [status.UNAVAILABLE]: 'CRI_UNAVAILABLE',
  [status.DATA_LOSS]: 'CRI_DATA_LOSS',
  [status.UNAUTHENTICATED]: 'CRI_UNAUTHENTICATED',
};

/** Codes after which the same call may succeed with nobody changing anything. */
const retryableCodes: ReadonlySet<CriErrorCode> = new Set([
  'CRI_UNAVAILABLE',
  'CRI_DEADLINE_EXCEEDED',
  'CRI_RESOURCE_EXHAUSTED',
  'CRI_ABORTED',
]);

const hints: Partial<Record<CriErrorCode, string>> = {
  CRI_DEADLINE_EXCEEDED: 'The runtime may still be carrying the call out: look at the state before trying again.',
  CRI_UNIMPLEMENTED: 'This version of the container runtime does not have the call.',
  CRI_UNAVAILABLE: 'The connection to the container runtime broke. Look at its log.',
};

export interface FailedCall {
  readonly method: string;
  readonly socketPath: string;
}

/** Says in CRI terms why a gRPC call failed; a lost connection is looked into to name the cause. */
export const explainGrpcFailure = async (error: unknown, { method, socketPath }: FailedCall): Promise<CriError> => {
  const { code: number, details } = error as Partial<ServiceError>;
  const code = codes[number ?? status.UNKNOWN] ?? 'CRI_UNKNOWN';
  const said = grpcDetails(details || (error instanceof Error ? error.message : String(error)));
  const trouble = code === 'CRI_UNAVAILABLE' ? await findSocketTrouble(socketPath) : undefined;
  return new CriError({
    code,
    method,
    details: said,
    // An answer of the runtime is told whole by code and details; only what the system said adds to it.
    cause: trouble?.error,
    retryable: retryableCodes.has(code),
    message:
      trouble === undefined ? `${method} failed: ${said}` : `cannot reach the container runtime at unix://${socketPath}: ${trouble.code}`,
    hint: trouble?.hint ?? hints[code],
  });
};
