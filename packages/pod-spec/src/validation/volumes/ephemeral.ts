import type { EphemeralVolumeSource, ObjectMeta } from '../../gen/pod-types.js';
import { goQuote } from '../go-print.js';
import { dnsSubdomainErrors } from '../grammar.js';
import { validateLabels } from '../labels.js';
import { validateAnnotations } from '../metadata.js';
import type { Report } from '../report.js';
import { validateClaimSpec } from './claim-spec.js';
import type { VolumeContext } from './volume-context.js';

/** A claim that is made for the Pod; its name is `<pod>-<volume>`. */
export const validateEphemeral = (
  { volumeClaimTemplate }: EphemeralVolumeSource,
  field: string,
  report: Report,
  context: VolumeContext,
): void => {
  if (volumeClaimTemplate === undefined) report.required(`${field}.volumeClaimTemplate`);
  else {
    validateTemplateMetadata(volumeClaimTemplate.metadata ?? {}, `${field}.volumeClaimTemplate.metadata`, report);
    validateClaimSpec(volumeClaimTemplate.spec ?? {}, `${field}.volumeClaimTemplate.spec`, report);
  }
  const { podName, volumeName, volumeField } = context;
  if (podName === '' || volumeName === '') return;
  const claimName = `${podName}-${volumeName}`;
  for (const problem of dnsSubdomainErrors(claimName)) {
    report.invalid(`${volumeField}.name`, volumeName, `PVC name ${goQuote(claimName)}: ${problem}`);
  }
};

/** Upstream's name for a field of the metadata, where lower-casing its first letter does not give ours. */
const FIELD_SPELLINGS: Readonly<Record<string, string>> = { uid: 'uID' };

/** Only labels and annotations go into the claim; all else must be left out. */
const validateTemplateMetadata = (metadata: ObjectMeta, field: string, report: Report): void => {
  validateAnnotations(metadata.annotations, `${field}.annotations`, report);
  validateLabels(metadata.labels, `${field}.labels`, report);
  for (const [name, value] of Object.entries(metadata)) {
    const isUnset = value === undefined || value === '' || (name === 'generation' && value === 0);
    if (isUnset || name === 'annotations' || name === 'labels') continue;
    report.forbidden(`${field}.${FIELD_SPELLINGS[name] ?? name}`, 'cannot be set');
  }
};
