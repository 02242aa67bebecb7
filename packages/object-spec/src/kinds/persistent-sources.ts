import {
  byteLength,
  dnsLabelErrors,
  dnsSubdomainErrors,
  outOfRange,
  type Report,
  validateNoBacksteps,
  volumeRules,
} from '@solo-kubelet/pod-spec/schema';
import type {
  AzureFilePersistentVolumeSource,
  CSIPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  LocalVolumeSource,
  PersistentVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
  StorageOSPersistentVolumeSource,
} from '../gen/object-types.js';

type SourceName = keyof PersistentVolumeSource;

interface SourceRules<Name extends SourceName> {
  readonly validate: (
    source: NonNullable<PersistentVolumeSource[Name]>,
    field: string,
    report: Report,
    context: { readonly spec: PersistentVolumeSpec; readonly volumeName: string },
  ) => void;
  /** Upstream's name in the path of its errors, where it is not that of the manifest. */
  readonly field?: string;
  /** The same for the error that says there is a source too many. */
  readonly surplusField?: string;
}

const validateSecret = (ref: SecretReference, field: string, report: Report): void => {
  for (const [name, errorsOf] of [
    ['name', dnsSubdomainErrors],
    ['namespace', dnsLabelErrors],
  ] as const) {
    const value = ref[name] ?? '';
    if (value === '') report.required(`${field}.${name}`);
    else report.invalidEach(`${field}.${name}`, value, errorsOf(value));
  }
};

/** A Secret that must have a name and a namespace, of whatever form. */
const requireSecret = (ref: SecretReference | undefined, field: string, report: Report): void => {
  if (ref === undefined) return;
  if (!ref.name) report.required(`${field}.secretRef.name`);
  if (!ref.namespace) report.required(`${field}.secretRef.namespace`);
};

const MAX_DRIVER_BYTES = 63;

const validateCsi = (csi: CSIPersistentVolumeSource, field: string, report: Report): void => {
  const { driver = '', volumeHandle } = csi;
  if (driver === '') report.required(`${field}.driver`);
  else {
    if (byteLength(driver) > MAX_DRIVER_BYTES) report.tooLong(`${field}.driver`, MAX_DRIVER_BYTES);
    report.invalidEach(`${field}.driver`, driver, dnsSubdomainErrors(driver.toLowerCase()));
  }
  if (!volumeHandle) report.required(`${field}.volumeHandle`);
  for (const name of ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const) {
    const ref = csi[name];
    if (ref !== undefined) validateSecret(ref, `${field}.${name}`, report);
  }
};

const validateAzureFile = (source: AzureFilePersistentVolumeSource, field: string, report: Report): void => {
  if (!source.secretName) report.required(`${field}.secretName`);
  if (!source.shareName) report.required(`${field}.shareName`);
  if (source.secretNamespace === '') report.required(`${field}.secretNamespace`);
};

const validateGlusterfs = (
  { endpoints, path, endpointsNamespace }: GlusterfsPersistentVolumeSource,
  field: string,
  report: Report,
): void => {
  if (!endpoints) report.required(`${field}.endpoints`);
  if (!path) report.required(`${field}.path`);
  if (endpointsNamespace === undefined) return;
  const at = `${field}.endpointsNamespace`;
  if (endpointsNamespace === '') report.invalid(at, '', 'if the endpointnamespace is set, it must be a valid namespace name');
  else report.invalidEach(at, endpointsNamespace, dnsLabelErrors(endpointsNamespace));
};

const validateLocal = ({ path = '' }: LocalVolumeSource, field: string, report: Report, spec: PersistentVolumeSpec): void => {
  if (path === '') report.required(`${field}.path`);
  else validateNoBacksteps(path, `${field}.path`, report);
  if (spec.nodeAffinity === undefined) report.required('spec.nodeAffinity', 'Local volume requires node affinity');
};

const validateStorageos = (
  { volumeName = '', volumeNamespace = '', secretRef }: StorageOSPersistentVolumeSource,
  field: string,
  report: Report,
): void => {
  if (volumeName === '') report.required(`${field}.volumeName`);
  else report.invalidEach(`${field}.volumeName`, volumeName, dnsLabelErrors(volumeName));
  if (volumeNamespace !== '') report.invalidEach(`${field}.volumeNamespace`, volumeNamespace, dnsLabelErrors(volumeNamespace));
  requireSecret(secretRef, field, report);
};

/** The first is not bound to the start of the name, as upstream. */
const INITIATOR_NAMES: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/u,
  naa: /^naa.[A-Za-z0-9]{32}$/u,
};
const MAX_ISCSI_NAME_BYTES = 64;

/** The longest that RFC 3720 knows is 223 bytes; the first expression takes long for a text that is very long. */
const MAX_INITIATOR_NAME = 4_096;

const isInitiatorName = (name: string): boolean =>
  name.length <= MAX_INITIATOR_NAME && (INITIATOR_NAMES[name.slice(0, 3)]?.test(name) ?? false);

const validateIscsi = (source: ISCSIPersistentVolumeSource, field: string, report: Report, volumeName: string): void => {
  const { targetPortal = '', iqn = '', lun = 0, initiatorName, secretRef } = source;
  if (targetPortal === '') report.required(`${field}.targetPortal`);
  if (initiatorName !== undefined && byteLength(`${volumeName}:${targetPortal}`) > MAX_ISCSI_NAME_BYTES) {
    const detail = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
    report.invalid(`${field}.targetportal`, targetPortal, detail);
  }
  if (iqn === '') report.required(`${field}.iqn`);
  else if (!isInitiatorName(iqn)) report.invalid(`${field}.iqn`, iqn, 'must be valid format');
  if (lun < 0 || lun > 255) report.invalid(`${field}.lun`, lun, outOfRange(0, 255));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && secretRef === undefined) report.required(`${field}.secretRef`);
  if (secretRef !== undefined && !secretRef.name) report.required(`${field}.secretRef.name`);
  if (initiatorName !== undefined && !isInitiatorName(initiatorName)) {
    report.invalid(`${field}.initiatorname`, initiatorName, 'must be valid format');
  }
};

/** In the order in which Kubernetes looks at them: the first is the volume's type, those after it are too many. */
const SOURCES: { readonly [Name in SourceName]-?: SourceRules<Name> } = {
  hostPath: { validate: volumeRules.hostPath },
  gcePersistentDisk: { validate: volumeRules.gcePersistentDisk, field: 'persistentDisk' },
  awsElasticBlockStore: { validate: volumeRules.awsElasticBlockStore },
  glusterfs: { validate: validateGlusterfs },
  flocker: { validate: volumeRules.flocker },
  nfs: { validate: volumeRules.nfs },
  rbd: { validate: volumeRules.rbd },
  quobyte: { validate: volumeRules.quobyte },
  cephfs: { validate: volumeRules.cephfs, surplusField: 'cephFS' },
  iscsi: { validate: (source, field, report, { volumeName }) => validateIscsi(source, field, report, volumeName) },
  cinder: {
    validate: ({ volumeID, secretRef }, field, report) => {
      if (!volumeID) report.required(`${field}.volumeID`);
      requireSecret(secretRef, field, report);
    },
  },
  fc: { validate: volumeRules.fc },
  flexVolume: { validate: volumeRules.flexVolume },
  azureFile: { validate: validateAzureFile },
  vsphereVolume: { validate: volumeRules.requireFields('volumePath') },
  photonPersistentDisk: { validate: volumeRules.requireFields('pdID') },
  portworxVolume: { validate: volumeRules.requireFields('volumeID') },
  azureDisk: { validate: volumeRules.azureDisk },
  scaleIO: { validate: volumeRules.requireFields('gateway', 'system', 'volumeName') },
  local: { validate: (source, field, report, { spec }) => validateLocal(source, field, report, spec) },
  storageos: { validate: validateStorageos },
  csi: { validate: validateCsi },
};
const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[];

/** Exactly one source; of the flexVolume upstream does not say when it is one too many. */
export const validatePersistentSource = (spec: PersistentVolumeSpec, volumeName: string, report: Report): void => {
  const given = SOURCE_NAMES.filter((name) => spec[name] !== undefined);
  if (given.length === 0) report.required('spec', 'must specify a volume type');
  for (const [i, name] of given.entries()) {
    const rules = SOURCES[name] as unknown as SourceRules<SourceName>;
    if (i === 0 || name === 'flexVolume') rules.validate(spec[name]!, `spec.${rules.field ?? name}`, report, { spec, volumeName });
    else report.forbidden(`spec.${rules.surplusField ?? name}`, 'may not specify more than 1 volume type');
  }
};
