import type { VolumeSource } from '../../gen/pod-types.js';
import { byteLength } from '../go-print.js';
import type { Report } from '../report.js';
import { validateAwsElasticBlockStore, validateAzureDisk, validateAzureFile, validateGcePersistentDisk } from './cloud-disks.js';
import { validateCsi } from './csi.js';
import { validateEphemeral } from './ephemeral.js';
import { validateConfigMap, validateDownwardApi, validateSecret } from './key-files.js';
import { validateEmptyDir, validateGitRepo, validateHostPath, validateImage } from './local-volumes.js';
import {
  requireFields,
  validateCephfs,
  validateCinder,
  validateFc,
  validateFlexVolume,
  validateFlocker,
  validateIscsi,
  validateNfs,
  validateQuobyte,
  validateRbd,
  validateStorageos,
} from './network-volumes.js';
import { validateProjected } from './projected.js';
import type { VolumeContext } from './volume-context.js';

type SourceName = keyof VolumeSource;
type Validate<Name extends SourceName> = (
  source: NonNullable<VolumeSource[Name]>,
  field: string,
  report: Report,
  context: VolumeContext,
) => void;

interface SourceRules<Name extends SourceName> {
  readonly validate: Validate<Name>;
  /** Upstream's name for the source in the path of its errors, where it is not the name in the manifest. */
  readonly field?: string;
  /** The same for the error that says there is a source too many. */
  readonly surplusField?: string;
}

/** In the order in which Kubernetes looks at them: the first is the volume's type, those after it are too many. */
const SOURCES: { readonly [Name in SourceName]-?: SourceRules<Name> } = {
  emptyDir: { validate: validateEmptyDir },
  hostPath: { validate: validateHostPath },
  gitRepo: { validate: validateGitRepo },
  gcePersistentDisk: { validate: validateGcePersistentDisk, field: 'persistentDisk' },
  awsElasticBlockStore: { validate: validateAwsElasticBlockStore },
  secret: { validate: validateSecret },
  nfs: { validate: validateNfs },
  iscsi: { validate: validateIscsi },
  glusterfs: { validate: requireFields('endpoints', 'path') },
  flocker: { validate: validateFlocker },
  persistentVolumeClaim: { validate: requireFields('claimName') },
  rbd: { validate: validateRbd },
  cinder: { validate: validateCinder },
  cephfs: { validate: validateCephfs, surplusField: 'cephFS' },
  quobyte: { validate: validateQuobyte },
  downwardAPI: { validate: validateDownwardApi, surplusField: 'downwarAPI' },
  fc: { validate: validateFc },
  flexVolume: { validate: validateFlexVolume },
  configMap: { validate: validateConfigMap },
  azureFile: { validate: validateAzureFile },
  vsphereVolume: { validate: requireFields('volumePath') },
  photonPersistentDisk: { validate: requireFields('pdID') },
  portworxVolume: { validate: requireFields('volumeID') },
  azureDisk: { validate: validateAzureDisk },
  storageos: { validate: validateStorageos },
  projected: { validate: validateProjected },
  scaleIO: { validate: requireFields('gateway', 'system', 'volumeName') },
  csi: { validate: validateCsi },
  ephemeral: { validate: validateEphemeral },
  image: { validate: validateImage },
};
const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[];

export const validateVolumeSource = (source: VolumeSource, context: VolumeContext, report: Report): void => {
  const [first, ...surplus] = SOURCE_NAMES.filter((name) => source[name] !== undefined);
  if (first === undefined) report.required(context.volumeField, 'must specify a volume type');
  else validateSource(first, source, context, report);
  for (const name of surplus) {
    report.forbidden(`${context.volumeField}.${SOURCES[name].surplusField ?? name}`, 'may not specify more than 1 volume type');
  }
  validateIscsiNameLength(source, context, report);
};

const validateSource = <Name extends SourceName>(name: Name, source: VolumeSource, context: VolumeContext, report: Report): void => {
  const rules = SOURCES[name] as unknown as SourceRules<Name>;
  rules.validate(source[name]!, `${context.volumeField}.${rules.field ?? name}`, report, context);
};

const MAX_ISCSI_NAME_BYTES = 64;

/** Holds also for an iscsi source that is one too many. */
const validateIscsiNameLength = ({ iscsi }: VolumeSource, { volumeName, volumeField }: VolumeContext, report: Report): void => {
  if (iscsi?.initiatorName === undefined || byteLength(`${volumeName}:${iscsi.targetPortal ?? ''}`) <= MAX_ISCSI_NAME_BYTES) return;
  const detail = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
  report.invalid(`${volumeField}.name`, volumeName, detail);
};
