import type { ApiObject } from '../object/api-object.js';

/** What has no meaning on a node without a control plane and is passed over, as texts that begin with the field. */
export const meaninglessFields = (object: ApiObject): readonly string[] => [
  ...metadataFields(object),
  ...(kindWarnings[object.kind]?.(object) ?? []),
];

const metadataFields = ({ metadata }: ApiObject): readonly string[] => [
  ...((metadata.ownerReferences ?? []).length > 0 ? ['metadata.ownerReferences: not used: no garbage collector looks at them'] : []),
  ...((metadata.finalizers ?? []).length > 0 ? ['metadata.finalizers: not used: nobody would take them off'] : []),
];

type Warnings = (object: ApiObject) => readonly string[];

const SECURITY_LABEL = /^pod-security\.kubernetes\.io\//;

const kindWarnings: Readonly<Record<string, Warnings | undefined>> = {
  Namespace: ({ metadata }) =>
    Object.keys(metadata.labels ?? {})
      .filter((label) => SECURITY_LABEL.test(label))
      .map((label) => `metadata.labels[${label}]: not enforced on this node`),
  LimitRange: (object) =>
    object.kind !== 'LimitRange'
      ? []
      : (object.spec?.limits ?? []).flatMap(({ type }, i) =>
          type === 'PersistentVolumeClaim' ? [`spec.limits[${i}]: limits of claims are not enforced on this node`] : [],
        ),
  StorageClass: (object) =>
    object.kind === 'StorageClass' && (object.allowedTopologies ?? []).length > 0 ? ['allowedTopologies: not used: there is one node'] : [],
  PodDisruptionBudget: () => ['spec: not used: there are no voluntary evictions on this node'],
  Job: (object) =>
    object.kind === 'Job' && object.spec?.managedBy !== undefined && object.spec.managedBy !== 'kubernetes.io/job-controller'
      ? [`spec.managedBy: no controller "${object.spec.managedBy}" on this node: this Job will not run`]
      : [],
};
