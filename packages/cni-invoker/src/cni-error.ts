import { defineFailure, type Failure, type FailureOptions } from '@solo-kubelet/diagnostics';

/** Stable identifiers of what can go wrong; the README tells each one's cause and cure. */
export type CniErrorCode =
  | 'CNI_INVALID_CONFIG'
  | 'CNI_INVALID_ARGUMENT'
  | 'CNI_INVALID_ANNOTATION'
  | 'CNI_NETWORK_NOT_FOUND'
  | 'CNI_PLUGIN_NOT_FOUND'
  | 'CNI_PLUGIN_NOT_STARTED'
  | 'CNI_PLUGIN_BUSY'
  | 'CNI_PLUGIN_DIED'
  | 'CNI_PLUGIN_FAILED'
  | 'CNI_BAD_REPLY'
  | 'CNI_OUTPUT_TOO_LARGE'
  | 'CNI_TIMEOUT'
  | 'CNI_VERSION_UNSUPPORTED'
  | 'CNI_CHECK_UNSUPPORTED'
  | 'CNI_ALREADY_ATTACHED'
  | 'CNI_NOT_ATTACHED'
  | 'CNI_CACHE_FAILED'
  | 'CNI_RESULT_NOT_CONVERTIBLE'
  | 'CNI_UNDO_FAILED'
  | 'CNI_GC_FAILED'
  | 'CNI_DETACH_FAILED'
  | 'CNI_DEFAULT_ROUTE_FAILED'
  // Codes that a plugin reports in its error object (spec section 5), by name:
  | 'CNI_INCOMPATIBLE_VERSION'
  | 'CNI_UNSUPPORTED_FIELD'
  | 'CNI_UNKNOWN_CONTAINER'
  | 'CNI_INVALID_ENVIRONMENT'
  | 'CNI_IO_FAILURE'
  | 'CNI_DECODING_FAILURE'
  | 'CNI_INVALID_NETWORK_CONFIG'
  | 'CNI_INVALID_NETNS'
  | 'CNI_TRY_AGAIN_LATER'
  | 'CNI_PLUGIN_NOT_AVAILABLE'
  | 'CNI_LIMITED_CONNECTIVITY'
  | 'CNI_INTERNAL';

export interface CniErrorOptions extends FailureOptions<CniErrorCode> {
  /** The number in the plugin's error object. */
  readonly pluginCode?: number;
  /** The plugin's short message. */
  readonly msg?: string;
  /** The plugin's long message. */
  readonly details?: string;
}

const Base = defineFailure<CniErrorCode>('CniError');

/** The one error of this package. Recognise it with `CniError.is(error)` and look at `code`. */
export class CniError extends Base implements Failure<CniErrorCode> {
  /** The number in the plugin's error object; undefined when the plugin did not report one. */
  readonly pluginCode: number | undefined;
  readonly msg: string | undefined;
  readonly details: string | undefined;

  constructor(options: CniErrorOptions) {
    super(options);
    this.pluginCode = options.pluginCode;
    this.msg = options.msg;
    this.details = options.details;
  }

  static override is(error: unknown): error is CniError {
    return Base.is(error);
  }
}

/** Names of the error numbers of CNI spec 1.1 section 5, plus 8 and 999 as the reference library uses them. */
const wellKnown: ReadonlyMap<number, { readonly code: CniErrorCode; readonly retryable?: boolean }> = new Map([
  [1, { code: 'CNI_INCOMPATIBLE_VERSION' }],
  [2, { code: 'CNI_UNSUPPORTED_FIELD' }],
  [3, { code: 'CNI_UNKNOWN_CONTAINER' }],
  [4, { code: 'CNI_INVALID_ENVIRONMENT' }],
  [5, { code: 'CNI_IO_FAILURE' }],
  [6, { code: 'CNI_DECODING_FAILURE' }],
  [7, { code: 'CNI_INVALID_NETWORK_CONFIG' }],
  [8, { code: 'CNI_INVALID_NETNS' }],
  [11, { code: 'CNI_TRY_AGAIN_LATER', retryable: true }],
  [50, { code: 'CNI_PLUGIN_NOT_AVAILABLE', retryable: true }],
  [51, { code: 'CNI_LIMITED_CONNECTIVITY', retryable: true }],
  [999, { code: 'CNI_INTERNAL' }],
]);

/** The error for a plugin's own error object; numbers without a name, such as 100 and above, become CNI_PLUGIN_FAILED. */
export const pluginError = (where: string, { code, msg, details }: { code: number; msg: string; details: string }): CniError => {
  const known = wellKnown.get(code) ?? { code: 'CNI_PLUGIN_FAILED' as const };
  const said = [msg, details].filter((text) => text !== '').join('; ') || `error ${code}`;
  return new CniError({
    code: known.code,
    retryable: known.retryable ?? false,
    message: `${where}: ${said}`,
    pluginCode: code,
    msg,
    details,
  });
};
