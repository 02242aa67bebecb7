import { defineFailure, type FailureOptions } from '@solo-kubelet/diagnostics';

/** What a CRI call can fail with. The names follow the gRPC codes; the last two are the client's own. */
export type CriErrorCode =
  | 'CRI_CANCELLED'
  | 'CRI_UNKNOWN'
  | 'CRI_INVALID_ARGUMENT'
  | 'CRI_DEADLINE_EXCEEDED'
  | 'CRI_NOT_FOUND'
  | 'CRI_ALREADY_EXISTS'
  | 'CRI_PERMISSION_DENIED'
  | 'CRI_RESOURCE_EXHAUSTED'
  | 'CRI_FAILED_PRECONDITION'
  | 'CRI_ABORTED'
  | 'CRI_OUT_OF_RANGE'
  | 'CRI_UNIMPLEMENTED'
  | 'CRI_INTERNAL'
  | 'CRI_UNAVAILABLE'
  | 'CRI_DATA_LOSS'
  | 'CRI_UNAUTHENTICATED'
  | 'CRI_BAD_REPLY'
  | 'CRI_BAD_ENDPOINT';

/** Reasons that a runtime puts in front of its message and that Kubernetes understands (cri-api pkg/errors). */
const RUNTIME_REASONS = ['RegistryUnavailable', 'SignatureValidationFailed', 'RROUnsupported', 'ImageVolumeMountFailed'] as const;
export type RuntimeReason = (typeof RUNTIME_REASONS)[number];

export interface CriErrorOptions extends FailureOptions<CriErrorCode> {
  /** RPC name, such as `RunPodSandbox`. */
  readonly method?: string;
  /** The runtime's own words, without what the client adds. Default: the message. */
  readonly details?: string;
}

const CriFailure = defineFailure<CriErrorCode>('CriError');

/** A failed CRI call. Match on `code`; recognise it with `CriError.is`. */
export class CriError extends CriFailure {
  readonly method: string | undefined;
  /** The runtime's own words. */
  readonly details: string;
  /** Set when the runtime's words begin with a reason that Kubernetes knows. */
  readonly runtimeReason: RuntimeReason | undefined;

  constructor(options: CriErrorOptions) {
    super(options);
    this.method = options.method;
    this.details = options.details ?? options.message;
    this.runtimeReason = RUNTIME_REASONS.find((reason) => this.details.startsWith(reason));
  }

  static override is(error: unknown): error is CriError {
    return CriFailure.is(error);
  }
}
