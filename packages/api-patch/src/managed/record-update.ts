import { difference, isEmptySet, NO_FIELDS, recursiveDifference, union } from '../fields/field-set.js';
import { isObject, isTooDeep, type JsonObject, type JsonValue } from '../json/json-value.js';
import { internal, PatchRefusal } from '../patch-error.js';
import { type ApiType, isKnownType, schemaOf } from '../schema/api-type.js';
import { completeObject } from '../schema/complete-object.js';
import { typeError } from '../typed/validate-typed.js';
import { capUpdaters } from './cap-updaters.js';
import {
  decodeManagers,
  encodeManagers,
  identityText,
  type Manager,
  type Managers,
  managedFieldsOf,
  withManagedFields,
} from './managed-fields.js';
import { resetFieldsOf, strippedFields } from './reset-fields.js';
import { type ChangeContext, compareObjects, currentManagers, withoutChanged } from './update-managers.js';

export interface RecordUpdateRequest {
  /** What kind the objects are of; for a scale subresource that of Scale. */
  readonly type: ApiType;
  /** The object as it is kept, as the server shows it; absent for one that is created. */
  readonly before?: object | undefined;
  /**
   * The object as the request makes it: read and defaulted, before the server's own changes (a new uid, a status that is taken back). Its
   * `metadata.managedFields` are what the request says about them, if anything.
   */
  readonly after: object;
  /** The query's fieldManager, or `defaultManager` of the User-Agent. */
  readonly manager: string;
  /** Default: none. */
  readonly subresource?: string;
  /** RFC 3339, whole seconds, UTC. */
  readonly now: string;
}

/** Whether a request asks to forget all managers: an empty list, or one empty entry. */
const isReset = (entries: JsonValue | undefined): boolean => {
  if (!Array.isArray(entries)) return false;
  if (entries.length !== 1) return entries.length === 0;
  const [entry] = entries;
  return isObject(entry) && Object.values(entry as JsonObject).every((value) => value === '' || value === null);
};

const decodeOr = (entries: JsonValue | undefined, fallback: () => Managers): Managers => {
  try {
    return decodeManagers(entries);
  } catch (error) {
    if (error instanceof PatchRefusal) return fallback();
    throw error;
  }
};

const NOBODY: Managers = new Map();

/** Whose managers count: those that the request gives, or else those of the live object. */
const startingManagers = (before: JsonObject | undefined, after: JsonObject, subresource: string): Managers => {
  const live = (): Managers => decodeOr(managedFieldsOf(before), () => NOBODY);
  if (subresource !== '') return live();
  const given = managedFieldsOf(after);
  if (isReset(given)) return NOBODY;
  const managers = decodeOr(given, live);
  return managers.size === 0 ? live() : managers;
};

/** The managers after a change that `self` made; `self` is an updater, and gets what the change set. */
export const updatedManagers = (
  live: JsonObject,
  updated: JsonObject,
  managers: Managers,
  self: Omit<Manager, 'fields'>,
  context: ChangeContext,
): Managers => {
  for (const object of [live, updated]) {
    const error = typeError(context.type, object, { allowDuplicates: true });
    if (error !== '') throw internal(`failed to create typed object: ${error}`);
  }
  const comparison = compareObjects(live, updated, context);
  const kept = new Map(withoutChanged(currentManagers(managers, context), comparison, ''));
  const set = recursiveDifference(union(comparison.modified, comparison.added), context.resetFields);
  const fields = difference(set, strippedFields);
  if (isEmptySet(fields)) return kept;
  const id = identityText(self);
  kept.set(id, { ...self, fields: union(fields, kept.get(id)?.fields ?? NO_FIELDS) });
  return kept;
};

/**
 * The object of a request that creates, replaces or patches, with the managed fields that the request leads to: what it set is the manager's,
 * and no longer anyone else's. Changes no argument.
 */
export const recordUpdate = ({ type, before, after, manager, subresource = '', now }: RecordUpdateRequest): JsonObject => {
  const live = before as JsonObject | undefined;
  const updated = after as JsonObject;
  if (!isKnownType(type) || isTooDeep(updated)) return withManagedFields(updated, undefined);
  const managers = startingManagers(live, updated, subresource);
  const bare = withManagedFields(updated, undefined);
  // An object that nobody manages stays so until the first apply.
  if (managers.size === 0 && live !== undefined) return bare;
  const self = { manager: manager || 'unknown', operation: 'Update', apiVersion: type.apiVersion, subresource, time: now } as const;
  const context = { type: schemaOf(type), apiVersion: type.apiVersion, resetFields: resetFieldsOf(type, subresource) };
  const base = withManagedFields(live ?? emptyObject(type), undefined);
  try {
    const changed = updatedManagers(base, bare, managers, self, context);
    return withManagedFields(bare, encodeManagers(capUpdaters(changed)) as JsonValue | undefined);
  } catch (error) {
    // What cannot be compared has no managers, as upstream's UpdateNoErrors has it.
    if (error instanceof PatchRefusal) return bare;
    throw error;
  }
};

/** What an object is before it is created. */
export const emptyObject = ({ apiVersion, kind }: ApiType): JsonObject =>
  completeObject({ apiVersion, kind }, { apiVersion, kind, metadata: {} });
