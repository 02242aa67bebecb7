import { difference, type FieldSet, intersection, isEmptySet, NO_FIELDS, recursiveDifference, union } from '../fields/field-set.js';
import type { JsonObject } from '../json/json-value.js';
import type { MapType } from '../schema/schema-types.js';
import { type Comparison, compareTyped } from '../typed/compare-typed.js';
import type { Manager, Managers } from './managed-fields.js';
import { reconcileFields } from './reconcile-fields.js';

/** What a change is judged by. */
export interface ChangeContext {
  readonly type: MapType;
  readonly apiVersion: string;
  /** Fields that count for nothing at this endpoint. */
  readonly resetFields: FieldSet;
}

/** Managers whose fields are those of this version, as they are by today's types; others know versions that are not served. */
export const currentManagers = (managers: Managers, { type, apiVersion }: ChangeContext): Managers =>
  new Map(
    [...managers]
      .filter(([, manager]) => manager.apiVersion === apiVersion)
      .map(([id, manager]) => [id, { ...manager, fields: reconcileFields(manager.fields, type) }]),
  );

export const compareObjects = (live: JsonObject, updated: JsonObject, { type, resetFields }: ChangeContext): Comparison => {
  const { removed, modified, added } = compareTyped(type, live, updated);
  return {
    removed: recursiveDifference(removed, resetFields),
    modified: recursiveDifference(modified, resetFields),
    added: recursiveDifference(added, resetFields),
  };
};

/** Which fields of others a change sets, by manager. */
export const findConflicts = (managers: Managers, { modified, added }: Comparison, self: string): ReadonlyMap<string, FieldSet> => {
  const changed = union(modified, added);
  return new Map(
    [...managers]
      .filter(([id]) => id !== self)
      .map(([id, { fields }]): [string, FieldSet] => [id, intersection(fields, changed)])
      .filter(([, fields]) => !isEmptySet(fields)),
  );
};

/** Managers without the fields that a change took from them, or took away. */
export const withoutChanged = (managers: Managers, comparison: Comparison, self: string): Managers => {
  const conflicts = findConflicts(managers, comparison, self);
  const kept = new Map<string, Manager>();
  for (const [id, manager] of managers) {
    const fields =
      id === self ? manager.fields : difference(difference(manager.fields, conflicts.get(id) ?? NO_FIELDS), comparison.removed);
    if (!isEmptySet(fields)) kept.set(id, { ...manager, fields });
  }
  return kept;
};
