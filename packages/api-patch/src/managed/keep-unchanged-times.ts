import { isObject, type JsonObject, type JsonValue, own, sameJson } from '../json/json-value.js';
import { managedFieldsOf, withManagedFields } from './managed-fields.js';

const withoutTime = (entry: JsonValue): JsonValue => {
  if (!isObject(entry)) return entry;
  const { time: _time, ...rest } = entry as JsonObject;
  return rest;
};

const timeOf = (entry: JsonValue | undefined): JsonValue | undefined => (isObject(entry) ? own(entry as JsonObject, 'time') : undefined);

/**
 * The object that is about to be kept, with the old times of its managed fields if those times are all that is new: what changes nothing is no
 * write. Both objects are as the server shows them; only managed fields that are the same in the same order count as such, as upstream has it.
 */
export const keepUnchangedTimes = (before: object, after: object): JsonObject => {
  const [live, updated] = [before as JsonObject, after as JsonObject];
  const [old, entries] = [managedFieldsOf(live), managedFieldsOf(updated)];
  if (!Array.isArray(old) || !Array.isArray(entries) || old.length !== entries.length || entries.length === 0) return updated;
  if (entries.every((entry, index) => timeOf(entry) === timeOf(old[index]))) return updated;
  if (!sameJson(old.map(withoutTime), entries.map(withoutTime))) return updated;
  if (!sameJson(withManagedFields(live, undefined), withManagedFields(updated, undefined))) return updated;
  return withManagedFields(updated, old);
};
