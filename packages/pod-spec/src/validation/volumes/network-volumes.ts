import type {
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  ISCSIVolumeSource,
  LocalObjectReference,
  NFSVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  StorageOSVolumeSource,
} from '../../gen/pod-types.js';
import { byteLength } from '../go-print.js';
import { dnsLabelErrors, outOfRange } from '../grammar.js';
import type { Report } from '../report.js';

/** The rules of a source that only has texts which must not be empty. */
export const requireFields =
  <Name extends string>(...names: readonly Name[]) =>
  (source: { readonly [Field in Name]?: string }, field: string, report: Report): void => {
    for (const name of names) if (!source[name]) report.required(`${field}.${name}`);
  };

const validateSecretName = (secretRef: LocalObjectReference | undefined, field: string, report: Report): void => {
  if (secretRef !== undefined && !secretRef.name) report.required(`${field}.secretRef.name`);
};

export const validateNfs = ({ server, path = '' }: NFSVolumeSource, field: string, report: Report): void => {
  if (!server) report.required(`${field}.server`);
  if (path === '') report.required(`${field}.path`);
  if (!path.startsWith('/')) report.invalid(`${field}.path`, path, 'must be an absolute path');
};

const validateLun = (lun: number, field: string, report: Report): void => {
  if (lun < 0 || lun > 255) report.invalid(`${field}.lun`, lun, outOfRange(0, 255));
};

/** The first is not bound to the start of the name, as upstream. */
const INITIATOR_NAMES: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/u,
  naa: /^naa.[A-Za-z0-9]{32}$/u,
};

/** The longest that RFC 3720 knows is 223 bytes; the first expression takes long for a text that is very long. */
const MAX_INITIATOR_NAME = 4_096;

const initiatorNameError = (name: string): string | undefined => {
  const pattern = INITIATOR_NAMES[name.slice(0, 3)];
  if (pattern === undefined) return 'must be valid format starting with iqn, eui, or naa';
  return name.length <= MAX_INITIATOR_NAME && pattern.test(name) ? undefined : 'must be valid format';
};

export const validateIscsi = (iscsi: ISCSIVolumeSource, field: string, report: Report): void => {
  const { targetPortal, iqn = '', lun = 0, initiatorName } = iscsi;
  if (!targetPortal) report.required(`${field}.targetPortal`);
  const iqnError = initiatorNameError(iqn);
  if (iqn === '') report.required(`${field}.iqn`);
  else if (iqnError !== undefined) report.invalid(`${field}.iqn`, iqn, iqnError);
  validateLun(lun, field, report);
  if ((iscsi.chapAuthDiscovery === true || iscsi.chapAuthSession === true) && iscsi.secretRef === undefined) {
    report.required(`${field}.secretRef`);
  }
  const initiatorError = initiatorName === undefined ? undefined : initiatorNameError(initiatorName);
  if (initiatorName !== undefined && initiatorError !== undefined) report.invalid(`${field}.initiatorname`, initiatorName, initiatorError);
};

export const validateFc = ({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, field: string, report: Report): void => {
  if (targetWWNs.length === 0 && wwids.length === 0) {
    report.required(`${field}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both');
  }
  if (targetWWNs.length === 0) return;
  if (wwids.length > 0) {
    report.invalidStructure(`${field}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously');
  }
  if (lun === undefined) report.required(`${field}.lun`, 'lun is required if targetWWNs is specified');
  else validateLun(lun, field, report);
};

export const validateRbd = ({ monitors = [], image }: Pick<RBDVolumeSource, 'monitors' | 'image'>, field: string, report: Report): void => {
  if (monitors.length === 0) report.required(`${field}.monitors`);
  if (!image) report.required(`${field}.image`);
};

export const validateCephfs = ({ monitors = [] }: Pick<CephFSVolumeSource, 'monitors'>, field: string, report: Report): void => {
  if (monitors.length === 0) report.required(`${field}.monitors`);
};

export const validateCinder = ({ volumeID, secretRef }: CinderVolumeSource, field: string, report: Report): void => {
  if (!volumeID) report.required(`${field}.volumeID`);
  validateSecretName(secretRef, field, report);
};

const MAX_TENANT_BYTES = 64;

export const validateQuobyte = ({ registry = '', tenant = '', volume }: QuobyteVolumeSource, field: string, report: Report): void => {
  const registryDetail = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') report.required(`${field}.registry`, registryDetail);
  else if (byteLength(tenant) > MAX_TENANT_BYTES) {
    report.required(`${field}.tenant`, `must be a UUID and may not exceed a length of ${MAX_TENANT_BYTES} characters`);
  } else {
    for (const pair of registry.split(',')) if (!isHostAndPort(pair)) report.invalid(`${field}.registry`, registry, registryDetail);
  }
  if (!volume) report.required(`${field}.volume`);
};

/** As Go's net.SplitHostPort: an IPv6 address stands in brackets; either part may be empty. */
const isHostAndPort = (text: string): boolean => /^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(text);

export const validateFlocker = ({ datasetName = '', datasetUUID = '' }: FlockerVolumeSource, field: string, report: Report): void => {
  if (datasetName === '' && datasetUUID === '') report.required(field, 'one of datasetName and datasetUUID is required');
  if (datasetName !== '' && datasetUUID !== '') {
    report.invalid(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously');
  }
  if (datasetName.includes('/')) report.invalid(`${field}.datasetName`, datasetName, "must not contain '/'");
};

export const validateFlexVolume = (
  { driver, options = {} }: Pick<FlexVolumeSource, 'driver' | 'options'>,
  field: string,
  report: Report,
): void => {
  if (!driver) report.required(`${field}.driver`);
  for (const key of Object.keys(options)) {
    const namespace = `.${key.split('/', 1)[0]!.toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io')) {
      report.invalid(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved');
    }
  }
};

export const validateStorageos = (source: StorageOSVolumeSource, field: string, report: Report): void => {
  const { volumeName = '', volumeNamespace = '', secretRef } = source;
  if (volumeName === '') report.required(`${field}.volumeName`);
  else report.invalidEach(`${field}.volumeName`, volumeName, dnsLabelErrors(volumeName));
  if (volumeNamespace !== '') report.invalidEach(`${field}.volumeNamespace`, volumeNamespace, dnsLabelErrors(volumeNamespace));
  validateSecretName(secretRef, field, report);
};
