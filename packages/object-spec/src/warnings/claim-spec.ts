import type { PersistentVolumeClaimSpec } from '@solo-kubelet/pod-spec';
import { fractionalByteWarnings } from './fractional-bytes.js';

export const claimSpecWarnings = ({ resources }: Partial<PersistentVolumeClaimSpec>, field: string): readonly string[] => [
  ...fractionalByteWarnings(resources?.requests, ['storage'], `${field}.resources.requests`),
  ...fractionalByteWarnings(resources?.limits, ['storage'], `${field}.resources.limits`),
];
