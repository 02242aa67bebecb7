import { defineFailure } from '@solo-kubelet/diagnostics';

export type VerifiedSourceErrorCode = 'SOURCE_KEY_INVALID' | 'SOURCE_FILE_UNREADABLE';

export const VerifiedSourceError = defineFailure<VerifiedSourceErrorCode>('VerifiedSourceError');
export type VerifiedSourceError = InstanceType<typeof VerifiedSourceError>;
