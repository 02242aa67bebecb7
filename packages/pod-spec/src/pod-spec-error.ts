import { defineFailure } from '@solo-kubelet/diagnostics';

/** Only for misuse by a program; what is wrong in a manifest is told as issues. */
export type PodSpecErrorCode = 'POD_SPEC_QUANTITY' | 'POD_SPEC_FIELD_UNKNOWN';

export const PodSpecError = defineFailure<PodSpecErrorCode>('PodSpecError');
export type PodSpecError = InstanceType<typeof PodSpecError>;
