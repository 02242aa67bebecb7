import { defineFailure } from '@solo-kubelet/diagnostics';

export type ManifestSourceErrorCode = 'MANIFEST_URL_INVALID' | 'MANIFEST_HEADER_INVALID';

/** Wrong options; everything that goes wrong later is a `ManifestEvent`. */
export const ManifestSourceError = defineFailure<ManifestSourceErrorCode>('ManifestSourceError');
export type ManifestSourceError = InstanceType<typeof ManifestSourceError>;
