import type { FieldError } from '@solo-kubelet/pod-spec';

/** One reason of several why a request was refused (metav1.StatusCause). */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What a refusal is about (metav1.StatusDetails). */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The body of an answer that is no object (metav1.Status). */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string; readonly resourceVersion?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

export interface ApiErrorOptions {
  readonly code: number;
  readonly reason?: string;
  readonly message: string;
  readonly details?: StatusDetails;
  readonly metadata?: Status['metadata'];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal in the words of Kubernetes. Thrown anywhere below the dispatcher, which makes the answer of it. */
export class ApiError extends Error {
  readonly code: number;
  readonly status: Status;
  /** Headers that go with the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor({ code, reason, message, details, metadata = {}, headers = {} }: ApiErrorOptions) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.headers = headers;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata,
      status: 'Failure',
      message,
      ...(reason !== undefined && reason !== '' && { reason }),
      ...(details !== undefined && { details }),
      code,
    };
  }
}

/** A group and the plural name of a resource, or a kind. */
export interface Qualified {
  readonly group: string;
  readonly name: string;
}

/** As Go prints a GroupResource: `deployments.apps`. */
export const qualifiedName = ({ group, name }: Qualified): string => (group === '' ? name : `${name}.${group}`);

const detailsOf = ({ group, name: kind }: Qualified, name: string): StatusDetails => ({
  ...(name !== '' && { name }),
  ...(group !== '' && { group }),
  ...(kind !== '' && { kind }),
});

export const notFound = (resource: Qualified, name: string): ApiError =>
  new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `${qualifiedName(resource)} ${JSON.stringify(name)} not found`,
    details: detailsOf(resource, name),
  });

export const alreadyExists = (resource: Qualified, name: string, prefix = ''): ApiError =>
  new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${prefix}${qualifiedName(resource)} ${JSON.stringify(name)} already exists`,
    details: detailsOf(resource, name),
  });

export const conflict = (resource: Qualified, name: string, why: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualifiedName(resource)} ${JSON.stringify(name)}: ${why}`,
    details: detailsOf(resource, name),
  });

export const badRequest = (message: string): ApiError => new ApiError({ code: 400, reason: 'BadRequest', message });

/** A failure that upstream has no code for; the reason is left out, as there. */
export const internal = (message: string): ApiError => new ApiError({ code: 500, message });

/** A failure that upstream made an internal error of. */
export const internalError = (message: string): ApiError =>
  new ApiError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });

export const forbidden = (resource: Qualified, name: string, why: string): ApiError => {
  const subject =
    resource.name === '' && resource.group === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${qualifiedName(resource)} is forbidden: ${why}`
        : `${qualifiedName(resource)} ${JSON.stringify(name)} is forbidden: ${why}`;
  return new ApiError({ code: 403, reason: 'Forbidden', message: subject, details: detailsOf(resource, name) });
};

export const unauthorized = (): ApiError => new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

const CAUSE_REASONS: Readonly<Record<FieldError['type'], string>> = {
  'Required value': 'FieldValueRequired',
  'Invalid value': 'FieldValueInvalid',
  'Unsupported value': 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  'Duplicate value': 'FieldValueDuplicate',
  'Too long': 'FieldValueTooLong',
  'Too many': 'FieldValueTooMany',
  'Too few': 'FieldValueTooFew',
  'Not found': 'FieldValueNotFound',
  'Internal error': 'InternalError',
};

/** As Go prints the path of the whole object. */
const fieldName = (field: string): string => (field === '' ? '[]' : field);

const bodyOf = ({ field, message }: FieldError): string =>
  field === '' ? message.replace(/^(\[\])?: /, '') : message.slice(field.length + 2);

/** Several messages as Go's aggregate of errors prints them: each once. */
export const aggregate = (messages: readonly string[]): string => {
  const distinct = [...new Set(messages)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
};

/** An object that breaks rules; `kind` is its kind. */
export const invalid = (kind: Qualified, name: string, errors: readonly FieldError[]): ApiError => {
  const messages = errors.map((error) => `${fieldName(error.field)}: ${bodyOf(error)}`);
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${qualifiedName(kind)} ${JSON.stringify(name)} is invalid: ${aggregate(messages)}`,
    details: {
      ...detailsOf(kind, name),
      causes: errors.map((error) => ({ reason: CAUSE_REASONS[error.type], message: bodyOf(error), field: fieldName(error.field) })),
    },
  });
};

/** What upstream makes of a refusal by a status code alone (apierrors.NewGenericServerResponse). */
export const methodNotAllowed = (): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

/** What can be listed and not followed. */
export const noWatch = (plural: string): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `watch is not supported on resources of kind ${JSON.stringify(plural)}`,
    details: { kind: plural },
  });

/** A path below a known group version that nothing answers. */
export const noSuchResource = (): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });

export const tooLarge = (limit: number): ApiError =>
  new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: limit is ${limit}` });

export const expired = (message: string, metadata: Status['metadata'] = {}): ApiError =>
  new ApiError({ code: 410, reason: 'Expired', message, metadata });

export const notAcceptable = (mediaTypes: readonly string[]): ApiError =>
  new ApiError({
    code: 406,
    reason: 'NotAcceptable',
    message: `only the following media types are accepted: ${mediaTypes.join(', ')}`,
  });

export const unsupportedMediaType = (mediaTypes: readonly string[]): ApiError =>
  new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${mediaTypes.join(', ')}`,
  });
