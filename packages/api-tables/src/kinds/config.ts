import { ageOf } from '../age.js';
import { quantityText } from '../cell-text.js';
import { AGE_COLUMN, column, NAME_COLUMN } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { fieldAt, isTrueAt, mapAt, nameOf, numberAt, textAt } from '../read-field.js';

const countAt = (object: unknown, field: string): number => Object.keys(mapAt(object, field)).length;

export const configMapTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Data',
      'string',
      "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
    ),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => [nameOf(object), countAt(object, 'data') + countAt(object, 'binaryData'), ageOf(object, nowMs)],
};

export const secretTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Type',
      'string',
      'Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
    ),
    column(
      'Data',
      'string',
      "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
    ),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => [nameOf(object), textAt(object, 'type'), countAt(object, 'data'), ageOf(object, nowMs)],
};

export const namespaceTable: KindTable = {
  columns: [NAME_COLUMN, column('Status', 'string', 'The status of the namespace'), AGE_COLUMN],
  cells: (object, { nowMs }) => [nameOf(object), textAt(object, 'status', 'phase'), ageOf(object, nowMs)],
};

export const serviceAccountTable: KindTable = {
  columns: [NAME_COLUMN, AGE_COLUMN],
  cells: (object, { nowMs }) => [nameOf(object), ageOf(object, nowMs)],
};

export const leaseTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Holder',
      'string',
      'holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.',
    ),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => [nameOf(object), textAt(object, 'spec', 'holderIdentity'), ageOf(object, nowMs)],
};

export const priorityClassTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Value',
      'integer',
      'value represents the integer value of this priority class. This is the actual priority that pods receive when they have the name of this class in their pod spec.',
    ),
    column(
      'Global-Default',
      'boolean',
      'globalDefault specifies whether this PriorityClass should be considered as the default priority for pods that do not have any priority class. Only one PriorityClass can be marked as `globalDefault`. However, if more than one PriorityClasses exists with their `globalDefault` field set to true, the smallest value of such global default PriorityClasses will be used as the default priority.',
    ),
    AGE_COLUMN,
    column(
      'PreemptionPolicy',
      'string',
      'preemptionPolicy is the Policy for preempting pods with lower priority. One of Never, PreemptLowerPriority. Defaults to PreemptLowerPriority if unset.',
    ),
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    numberAt(object, 'value'),
    isTrueAt(object, 'globalDefault'),
    ageOf(object, nowMs),
    textAt(object, 'preemptionPolicy'),
  ],
};

export const runtimeClassTable: KindTable = {
  columns: [NAME_COLUMN, column('Handler', 'string', ''), AGE_COLUMN],
  cells: (object, { nowMs }) => [nameOf(object), textAt(object, 'handler'), ageOf(object, nowMs)],
};

export const resourceQuotaTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Request', 'string', 'Request represents a minimum amount of cpu/memory that a container may consume.'),
    column(
      'Limit',
      'string',
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
    ),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => {
    const resources = Object.keys(mapAt(object, 'status', 'hard')).sort();
    const used = (resource: string): string =>
      `${resource}: ${quantityText(fieldAt(object, 'status', 'used', resource))}/${quantityText(fieldAt(object, 'status', 'hard', resource))}`;
    return [
      nameOf(object),
      resources
        .filter((resource) => !isLimit(resource))
        .map(used)
        .join(', '),
      resources.filter(isLimit).map(used).join(', '),
      ageOf(object, nowMs),
    ];
  },
};

const isLimit = (resource: string): boolean => resource.startsWith('limits.');
