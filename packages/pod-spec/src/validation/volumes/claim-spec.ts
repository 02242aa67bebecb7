import type { PersistentVolumeClaimSpec, TypedLocalObjectReference, TypedObjectReference } from '../../gen/pod-types.js';
import { formatQuantity, quantitySign } from '../../quantity/quantity.js';
import { dnsLabelErrors, dnsSubdomainErrors } from '../grammar.js';
import { validateLabelSelector } from '../labels.js';
import type { Report } from '../report.js';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** The spec of a claim, or of what one is made from. */
export const validateClaimSpec = (spec: PersistentVolumeClaimSpec, field: string, report: Report): void => {
  const { storageClassName = '', volumeMode, volumeAttributesClassName = '' } = spec;
  if ((spec.accessModes ?? []).length === 0) report.required(`${field}.accessModes`, 'at least 1 access mode is required');
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

/** Those that are known, and ReadWriteOncePod alone. */
export const validateAccessModes = (modes: readonly string[], field: string, report: Report): void => {
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
