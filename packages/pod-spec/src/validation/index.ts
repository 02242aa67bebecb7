export { apiObjectReference, locateApiObjectReference } from './api-object-reference.js';
export type { FieldError, FieldErrorType } from './field-error.js';
export { validatePod } from './validate-pod.js';
