import type { DownwardAPIVolumeFile, Pod, Volume } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { metadataField } from './field-ref.js';
import { resourceField } from './resource-field-ref.js';

const DEFAULT_MODE = 0o644;

export interface DownwardFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Whether a volume's files come from the pod itself. */
export const isDownwardVolume = ({ downwardAPI, projected }: Volume): boolean => downwardAPI !== undefined || projected !== undefined;

/**
 * The files of a downwardAPI volume, or of a projected one with downwardAPI sources only (which upstream refuses without an API server,
 * docs/decisions/047). A path named twice has its last contents.
 */
export const downwardFiles = (pod: Pod, volume: Volume, allocatable: Readonly<Record<string, string>>): readonly DownwardFile[] => {
  const { downwardAPI, projected } = volume;
  const defaultMode = downwardAPI?.defaultMode ?? projected?.defaultMode ?? DEFAULT_MODE;
  const items = downwardAPI
    ? (downwardAPI.items ?? [])
    : (projected?.sources ?? []).flatMap((source) => {
        if (source.downwardAPI) return source.downwardAPI.items ?? [];
        throw unsupported(`projected volume ${volume.name} has a source that only an API server can serve`);
      });
  return items.map((item) => ({ path: item.path, text: fileText(pod, item, allocatable), mode: item.mode ?? defaultMode }));
};

const fileText = (
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
