import type { PodSpec } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';
import type { Report } from './report.js';

/** Environment variables from files come from volumes of type emptyDir only. */
export const validateFileKeyVolumes = (spec: PodSpec, field: string, report: Report): void => {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name ?? '', volume]));
  for (const { container, field: at } of allContainers(spec, field)) {
    for (const [i, { valueFrom }] of (container.env ?? []).entries()) {
      if (valueFrom?.fileKeyRef === undefined) continue;
      const { volumeName = '' } = valueFrom.fileKeyRef;
      const volume = volumes.get(volumeName);
      const volumeField = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      if (volume === undefined) report.notFound(volumeField, volumeName);
      else if (volume.emptyDir === undefined) report.invalid(volumeField, volumeName, 'referenced volume must be of type emptyDir');
    }
  }
};
