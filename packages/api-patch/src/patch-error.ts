/** One of the reasons for a refusal, as `details.causes` of a Status has it. */
export interface PatchErrorCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** Why a patch was not applied: what a Kubernetes API server answers, by HTTP code, reason and message. */
export type PatchError =
  /** The patch cannot be read, or is for another object. */
  | { readonly type: 'badRequest'; readonly code: 400; readonly reason: 'BadRequest'; readonly message: string }
  /** An apply that would take fields from other managers. */
  | {
      readonly type: 'applyConflict';
      readonly code: 409;
      readonly reason: 'Conflict';
      readonly message: string;
      readonly causes: readonly PatchErrorCause[];
    }
  | { readonly type: 'tooLarge'; readonly code: 413; readonly reason: 'RequestEntityTooLarge'; readonly message: string }
  /**
   * The patch does not fit the object. `message` is what clients get; upstream keeps the cause to itself, here it is `detail`.
   * The Status of such an answer has empty `details`.
   */
  | {
      readonly type: 'unprocessable';
      readonly code: 422;
      readonly reason: 'Invalid';
      readonly message: string;
      readonly detail: string;
    }
  /** What upstream has no code for. The Status of such an answer has no reason and no details. */
  | { readonly type: 'internal'; readonly code: 500; readonly reason: ''; readonly message: string };

/** An object with a patch applied to it, not yet read, defaulted or validated; or why there is none. */
export type PatchResult<Success> = ({ readonly ok: true } & Success) | { readonly ok: false; readonly error: PatchError };

/** Carries a refusal to the function that was called; never leaves this package. */
export class PatchRefusal extends Error {
  readonly error: PatchError;

  constructor(error: PatchError) {
    super(error.message);
    this.error = error;
  }
}

export const badRequest = (message: string): PatchRefusal =>
  new PatchRefusal({ type: 'badRequest', code: 400, reason: 'BadRequest', message });

export const tooLarge = (message: string): PatchRefusal =>
  new PatchRefusal({ type: 'tooLarge', code: 413, reason: 'RequestEntityTooLarge', message });

export const internal = (message: string): PatchRefusal => new PatchRefusal({ type: 'internal', code: 500, reason: '', message });

export const unprocessable = (detail: string): PatchRefusal =>
  new PatchRefusal({
    type: 'unprocessable',
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    detail,
  });

/** Runs `body`, and turns a refusal that it throws into a result. */
export const asResult = <Success extends object>(body: () => Success): PatchResult<Success> => {
  try {
    return { ok: true, ...body() };
  } catch (error) {
    if (error instanceof PatchRefusal) return { ok: false, error: error.error };
    throw error;
  }
};
