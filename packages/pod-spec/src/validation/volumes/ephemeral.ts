import type {
  EphemeralVolumeSource,
  ObjectMeta,
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../gen/pod-types.js';
import { formatQuantity, quantitySign } from '../../quantity/quantity.js';
import { goQuote } from '../go-print.js';
import { dnsLabelErrors, dnsSubdomainErrors } from '../grammar.js';
import { validateLabelSelector, validateLabels } from '../labels.js';
import { validateAnnotations } from '../metadata.js';
import type { Report } from '../report.js';
import type { VolumeContext } from './volume-source.js';

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

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];

const validateClaimSpec = (spec: PersistentVolumeClaimSpec, field: string, report: Report): void => {
  const { storageClassName = '', volumeMode, volumeAttributesClassName = '' } = spec;
  validateAccessModes(spec.accessModes ?? [], `${field}.accessModes`, report);
  validateLabelSelector(spec.selector, `${field}.selector`, report);
  validateStorageRequest(spec.resources?.requests?.['storage'], `${field}.resources[storage]`, report);
  if (storageClassName !== '') report.invalidEach(`${field}.storageClassName`, storageClassName, dnsSubdomainErrors(storageClassName));
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) report.notSupported(`${field}.volumeMode`, volumeMode, VOLUME_MODES);
  validateDataSources(spec, field, report);
  if (volumeAttributesClassName !== '') {
    report.invalidEach(`${field}.volumeAttributesClassName`, volumeAttributesClassName, dnsSubdomainErrors(volumeAttributesClassName));
  }
};

const validateAccessModes = (modes: readonly string[], field: string, report: Report): void => {
  if (modes.length === 0) report.required(field, 'at least 1 access mode is required');
  for (const mode of modes) if (!ACCESS_MODES.includes(mode)) report.notSupported(field, mode, ACCESS_MODES);
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode));
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod')) {
    report.forbidden(field, 'may not use ReadWriteOncePod with other access modes');
  }
};

const validateStorageRequest = (storage: string | undefined, field: string, report: Report): void => {
  if (storage === undefined) report.required(field);
  else if (quantitySign(storage) <= 0) report.invalid(field, formatQuantity(storage), 'must be greater than zero');
};

const validateDataSources = ({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, field: string, report: Report): void => {
  if (dataSource) validateDataSource(dataSource, `${field}.dataSource`, report);
  if (!dataSourceRef) return;
  validateDataSource(dataSourceRef, `${field}.dataSourceRef`, report);
  const { namespace = '' } = dataSourceRef;
  if (namespace !== '') report.invalidEach(`${field}.dataSourceRef.namespace`, namespace, dnsLabelErrors(namespace));
  if (!dataSource) return;
  if (namespace !== '') report.invalidStructure(field, {}, 'may not be specified when dataSourceRef.namespace is specified');
  else if (!isSameObject(dataSource, dataSourceRef)) report.invalidStructure(field, {}, 'must match dataSourceRef');
};

const isSameObject = (a: TypedLocalObjectReference, b: TypedObjectReference): boolean =>
  a.apiGroup === b.apiGroup && (a.kind ?? '') === (b.kind ?? '') && (a.name ?? '') === (b.name ?? '');

const validateDataSource = ({ apiGroup = '', kind = '', name }: TypedLocalObjectReference, field: string, report: Report): void => {
  if (!name) report.required(`${field}.name`);
  if (kind === '') report.required(`${field}.kind`);
  if (apiGroup !== '') report.invalidEach(`${field}.apiGroup`, apiGroup, dnsSubdomainErrors(apiGroup));
  else if (kind !== 'PersistentVolumeClaim') {
    report.invalid(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  }
};
