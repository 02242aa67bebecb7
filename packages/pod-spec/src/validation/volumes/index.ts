import type { ObjectMeta, Volume } from '../../gen/pod-types.js';
import { dnsLabelErrors } from '../grammar.js';
import { createReport, type Report } from '../report.js';
import type { KnownVolumes } from '../volume-mounts.js';
import { validateVolumeSource } from './volume-source.js';

/** Returns the volumes that are sound; containers may mount no other. */
export const validateVolumes = (volumes: readonly Volume[], metadata: ObjectMeta, field: string, report: Report): KnownVolumes => {
  const podName = metadata.name ?? '';
  const createdClaims = new Set(volumes.filter(({ ephemeral }) => ephemeral).map(({ name = '' }) => `${podName}-${name}`));
  const known = new Map<string, Volume>();
  for (const [i, volume] of volumes.entries()) {
    const at = `${field}[${i}]`;
    const errors = volumeErrors(volume, { podName, known }, at);
    report.include(errors);
    if (errors.length === 0) known.set(volume.name ?? '', volume);
    const claimName = volume.persistentVolumeClaim?.claimName ?? '';
    if (volume.persistentVolumeClaim && podName !== '' && createdClaims.has(claimName)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume';
      report.invalid(`${at}.persistentVolumeClaim.claimName`, claimName, detail);
    }
  }
  return known;
};

const volumeErrors = (
  volume: Volume,
  { podName, known }: { readonly podName: string; readonly known: KnownVolumes },
  field: string,
): Report['errors'] => {
  const report = createReport();
  const name = volume.name ?? '';
  validateVolumeSource(volume, { podName, volumeName: name, volumeField: field }, report);
  if (name === '') report.required(`${field}.name`);
  else report.invalidEach(`${field}.name`, name, dnsLabelErrors(name));
  if (known.has(name)) report.duplicate(`${field}.name`, name);
  return report.errors;
};
