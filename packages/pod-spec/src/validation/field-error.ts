/** The words Kubernetes prints for each kind of field error (apimachinery's field.ErrorType). */
export type FieldErrorType =
  | 'Required value'
  | 'Invalid value'
  | 'Unsupported value'
  | 'Forbidden'
  | 'Duplicate value'
  | 'Too long'
  | 'Too many'
  | 'Too few'
  | 'Not found'
  | 'Internal error';

/** One broken rule of one field, in the words of Kubernetes. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** The path, e.g. `spec.containers[0].ports[1].hostPort` or `spec.overhead[cpu]`. */
  readonly field: string;
  /** The value at fault where it is a scalar. */
  readonly badValue?: unknown;
  readonly detail: string;
  /** `FIELD: TYPE: VALUE: DETAIL`, without the parts that do not apply. */
  readonly message: string;
  /** The value is a structure, whose printed form in `message` is ours and not that of Kubernetes. */
  readonly opaque?: boolean;
}
