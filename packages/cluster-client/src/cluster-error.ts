import { defineFailure, type FailureOptions } from '@solo-kubelet/diagnostics';
import { checkDuration } from '@solo-kubelet/timers';

export type ClusterErrorCode =
  /** A kubeconfig that cannot be read or used. */
  | 'CLUSTER_KUBECONFIG'
  /** No credentials could be had: a file is missing, a plugin failed. */
  | 'CLUSTER_CREDENTIALS'
  /** The server could not be reached, or the connection broke. */
  | 'CLUSTER_UNREACHABLE'
  /** No answer within the time limit. */
  | 'CLUSTER_TIMEOUT'
  /** The server answered with an error: `status` has its number, `reason` Kubernetes' word for it. */
  | 'CLUSTER_REFUSED'
  /** The server answered with something that is not the API's. */
  | 'CLUSTER_BAD_REPLY';

export interface ClusterErrorOptions extends FailureOptions<ClusterErrorCode> {
  /** HTTP status, of a refusal. */
  readonly status?: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Expired`, … as the server says it. Default empty. */
  readonly reason?: string;
  /** How long the server wants to be left alone, ms. */
  readonly retryAfterMs?: number;
}

const ClusterFailure = defineFailure<ClusterErrorCode>('ClusterError');

/** A request to the API server that failed. Match on `code`, `status` and `reason`; recognise it with `ClusterError.is`. */
export class ClusterError extends ClusterFailure {
  readonly status: number | undefined;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(options: ClusterErrorOptions) {
    super(options);
    this.status = options.status;
    this.reason = options.reason ?? '';
    this.retryAfterMs = checkDuration('retryAfterMs', options.retryAfterMs, undefined);
  }

  static override is(error: unknown): error is ClusterError {
    return ClusterFailure.is(error);
  }
}

/** Whether the server said that what was asked for is not there. */
export const isNotFound = (error: unknown): boolean => ClusterError.is(error) && error.status === 404;

/** Whether the server knows an object of that name already. A conflict of versions is a 409 as well, with another reason. */
export const isAlreadyThere = (error: unknown): boolean =>
  ClusterError.is(error) && error.status === 409 && error.reason === 'AlreadyExists';
