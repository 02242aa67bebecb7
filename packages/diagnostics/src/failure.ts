/** What a failure tells besides its message. */
export interface FailureOptions<Code extends string> {
  /** Stable, documented identifier; callers match on it, never on the message. */
  readonly code: Code;
  /** What failed, of which object, and why: one line, no stack, no blame. */
  readonly message: string;
  /** What the user can do next. */
  readonly hint?: string;
  /** Whether the same call may succeed later without anybody changing anything. Default false. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** An error with a stable code. Recognise it with `SomeError.is(error)`, which also works across two copies of a package. */
export interface Failure<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  readonly retryable: boolean;
}

export interface FailureClass<Code extends string> {
  new (options: FailureOptions<Code>): Failure<Code>;
  /** True for an error of this class, whichever copy of the package made it. */
  is(error: unknown): error is Failure<Code>;
}

/**
 * Makes a package's one error class.
 *
 * @example
 * export const CriError = defineFailure<CriErrorCode>('CriError');
 * export type CriError = InstanceType<typeof CriError>;
 */
export const defineFailure = <Code extends string>(name: string): FailureClass<Code> => {
  const brand = Symbol.for(`@solo-kubelet/${name}`);
  return class extends Error implements Failure<Code> {
    override readonly name = name;
    readonly code: Code;
    readonly hint: string | undefined;
    readonly retryable: boolean;

    constructor({ code, message, hint, retryable = false, cause }: FailureOptions<Code>) {
      super(message, cause === undefined ? undefined : { cause });
      this.code = code;
      this.hint = hint;
      this.retryable = retryable;
      Object.defineProperty(this, brand, { value: true });
    }

    static is(error: unknown): error is Failure<Code> {
      return typeof error === 'object' && error !== null && brand in error;
    }
  };
};

/** True when an error only says that the caller gave up: an outcome, not a fault. */
export const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || (error as { code?: unknown }).code === 'ABORT_ERR');

/** The message of an error and of its causes, joined by `: `, each said once. */
export const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  if (error.cause === undefined) return own;
  const cause = describeError(error.cause);
  return own.includes(cause) ? own : `${own}: ${cause}`;
};

/** Marks a place that no value of a closed union reaches. */
export const assertNever = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
