import type { DownwardAPIVolumeFile, Pod } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { metadataField } from './field-ref.js';
import { resourceField } from './resource-field-ref.js';

/** The text of one file of a downwardAPI volume. */
export const downwardFile = (
  pod: Pod,
  { fieldRef, resourceFieldRef, path }: DownwardAPIVolumeFile,
  allocatable: Readonly<Record<string, string>>,
): string => {
  if (resourceFieldRef) return resourceField(resourceFieldRef, { pod, allocatable, podLevelLimits: false });
  const value = metadataField(pod, fieldRef?.fieldPath ?? '');
  if (value === undefined) throw unsupported(`${path}: unsupported fieldPath: ${fieldRef?.fieldPath}`);
  return value;
};

const unsupported = (message: string): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'VOLUME_UNSUPPORTED', retryable: false, message });
