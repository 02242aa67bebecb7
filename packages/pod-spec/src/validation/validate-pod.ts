import type { FieldError } from './field-error.js';

/** Every broken rule of a Pod that was defaulted and given its static identity, as on creation in Kubernetes 1.36. */
export const validatePod = (_pod: object): readonly FieldError[] => [];
