import type { PersistentVolumeClaimSpec } from '@solo-kubelet/pod-spec';
import { compareQuantities } from '@solo-kubelet/pod-spec';
import { type Draft, fillClaimSpec, subdomainNameErrors, validateClaimSpec } from '@solo-kubelet/pod-spec/schema';
import type { PersistentVolumeClaim } from '../gen/object-types.js';
import { isSameStruct } from '../object/same-value.js';
import { claimSpecWarnings } from '../warnings/claim-spec.js';
import { validateUnchanged } from './immutable-field.js';
import type { KindRules } from './kind-rules.js';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

type Spec = PersistentVolumeClaimSpec;

const hasSource = ({ dataSource, dataSourceRef }: Spec): boolean => dataSource !== undefined || dataSourceRef !== undefined;

/** Sources that `dataSource` could always name; any other is dropped without a word there. */
const isOldSource = ({ dataSource }: Spec): boolean => {
  const { apiGroup = '', kind } = dataSource ?? {};
  return (kind === 'PersistentVolumeClaim' && apiGroup === '') || (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io');
};

/** Makes both fields for a source alike, the older of which takes only what it always could. */
const normaliseSources = (spec: Draft<Spec>, old?: Spec): void => {
  // The gate CrossNamespaceVolumeDataSource is off.
  if (spec.dataSourceRef?.namespace && old?.dataSourceRef === undefined) delete spec.dataSourceRef;
  const wasUsed = old !== undefined && hasSource(old);
  if (!wasUsed && spec.dataSourceRef === undefined && !isOldSource(spec as Spec)) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  else if (dataSource === undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    const { namespace: _namespace, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
};

const specOf = ({ spec }: PersistentVolumeClaim): Spec => spec ?? {};
const annotationOf = ({ metadata }: PersistentVolumeClaim): string | undefined => metadata?.annotations?.[CLASS_ANNOTATION];

/** The class may move from the annotation of old to the field. */
const isUpgradeFromAnnotation = (claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean => {
  const before = annotationOf(old);
  const now = annotationOf(claim);
  return (
    before !== undefined &&
    specOf(old).storageClassName === undefined &&
    specOf(claim).storageClassName === before &&
    (now === undefined || now === before)
  );
};

/** A claim without a class may get one. */
const isUpgradeFromNothing = (claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean => {
  const before = annotationOf(old);
  const { storageClassName } = specOf(claim);
  return (
    storageClassName !== undefined && specOf(old).storageClassName === undefined && (before === undefined || storageClassName === before)
  );
};

const withClass = (spec: Spec, storageClassName: string | undefined): Spec => {
  const { storageClassName: _class, ...rest } = spec;
  return storageClassName === undefined ? rest : { ...rest, storageClassName };
};

const IMMUTABLE_SPEC = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export const persistentVolumeClaimRules: KindRules<PersistentVolumeClaim> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  fillDefaults: (claim) => {
    claim.spec ??= {};
    fillClaimSpec(claim.spec);
  },
  prepareCreate: ({ spec }) => normaliseSources(spec ?? {}),
  prepareUpdate: ({ spec }, old) => normaliseSources(spec ?? {}, old.spec),
  validate: (claim, report) => validateClaimSpec(specOf(claim), 'spec', report),
  validateUpdate: (claim, old, report) => {
    const [spec, before] = [specOf(claim), specOf(old)];
    validateClaimSpec(spec, 'spec', report);
    const expected: Spec = !before.volumeName && spec.volumeName ? { ...before, volumeName: spec.volumeName } : before;
    let compared = spec;
    if (isUpgradeFromAnnotation(claim, old)) compared = withClass(spec, undefined);
    else {
      const annotation = annotationOf(claim) ?? '';
      if (annotation !== (annotationOf(old) ?? '')) {
        report.invalid(`metadata.annotations.${CLASS_ANNOTATION}`, annotation, 'field is immutable');
      }
      if (isUpgradeFromNothing(claim, old)) compared = withClass(spec, before.storageClassName);
    }
    if (!isSameStruct('PersistentVolumeClaimSpec', compared, expected)) report.forbidden('spec', IMMUTABLE_SPEC);
    const [size, oldSize] = [spec.resources?.requests?.['storage'] ?? '0', before.resources?.requests?.['storage'] ?? '0'];
    if (compareQuantities(size, oldSize) < 0 && compareQuantities(size, '0') <= 0) {
      report.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity');
    }
    validateUnchanged({ struct: 'PersistentVolumeClaimSpec', name: 'volumeMode', field: 'volumeMode' }, spec, before, report);
  },
  warnings: (claim) => [
    ...(annotationOf(claim) === undefined
      ? []
      : [`metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`]),
    ...claimSpecWarnings(specOf(claim), 'spec'),
  ],
};
