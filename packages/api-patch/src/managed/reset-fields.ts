import { type FieldSet, fieldSetOf, NO_FIELDS } from '../fields/field-set.js';
import { fieldPath } from '../fields/path-element.js';
import type { ApiType } from '../schema/api-type.js';

const kindsWithStatus: ReadonlySet<string> = new Set([
  ...['Pod', 'Node', 'Service', 'Namespace', 'PersistentVolume', 'PersistentVolumeClaim', 'ResourceQuota', 'ReplicationController'],
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Ingress', 'PodDisruptionBudget'],
]);

const status = fieldSetOf(fieldPath('status'));
const spec = fieldSetOf(fieldPath('spec'));
const deploymentStatus = fieldSetOf(fieldPath('spec'), fieldPath('metadata', 'labels'));
const podStatus = fieldSetOf(fieldPath('spec'), fieldPath('metadata', 'deletionTimestamp'), fieldPath('metadata', 'ownerReferences'));

/** Fields that an endpoint passes over, so that nobody comes to own them there; GetResetFields of upstream's strategies. */
export const resetFieldsOf = ({ kind }: ApiType, subresource: string): FieldSet => {
  if (!kindsWithStatus.has(kind)) return NO_FIELDS;
  if (subresource === '' || subresource === 'finalize') return status;
  if (subresource !== 'status') return NO_FIELDS;
  if (kind === 'Deployment') return deploymentStatus;
  return kind === 'Pod' ? podStatus : spec;
};

/** Fields that nobody owns: they say which object it is, or are the server's. */
export const strippedFields: FieldSet = fieldSetOf(
  fieldPath('apiVersion'),
  fieldPath('kind'),
  fieldPath('metadata'),
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    (name) => fieldPath('metadata', name),
  ),
);
