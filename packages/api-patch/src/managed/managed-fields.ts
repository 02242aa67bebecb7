import type { FieldSet } from '../fields/field-set.js';
import { fromFieldsV1, toFieldsV1 } from '../fields/fields-v1.js';
import { isObject, type JsonObject, type JsonValue, own } from '../json/json-value.js';
import { internal } from '../patch-error.js';

/** Who wrote fields, and how. Two entries with the same identity are one manager. */
export interface ManagerIdentity {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** Of an updater part of its identity, of an applier only the version it applied last. */
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource: string;
}

/** A manager and the fields it owns. */
export interface Manager extends ManagerIdentity {
  readonly fields: FieldSet;
  /** RFC 3339; absent where an entry has none. */
  readonly time?: string;
}

/** Managers by their identity's text, which is also their order in messages. */
export type Managers = ReadonlyMap<string, Manager>;

/** As upstream writes an identity; messages list managers in the order of these texts. */
export const identityText = ({ manager, operation, apiVersion, subresource }: ManagerIdentity): string =>
  JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' || apiVersion === '' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });

const textOf = (entry: JsonObject, key: string): string => {
  const value = own(entry, key);
  return typeof value === 'string' ? value : '';
};

const decodeEntry = (entry: JsonValue, index: number): Manager => {
  if (!isObject(entry)) throw internal(`managed fields entry ${index} is no object`);
  const fields = entry as JsonObject;
  const operation = textOf(fields, 'operation');
  if (operation !== 'Apply' && operation !== 'Update') throw internal('operation must be `Apply` or `Update`');
  const apiVersion = textOf(fields, 'apiVersion');
  if (apiVersion === '') throw internal('apiVersion must not be empty');
  const fieldsType = textOf(fields, 'fieldsType');
  if (fieldsType === '') throw internal(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== 'FieldsV1') throw internal(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`);
  const time = textOf(fields, 'time');
  return {
    manager: textOf(fields, 'manager'),
    operation,
    apiVersion,
    subresource: textOf(fields, 'subresource'),
    fields: fromFieldsV1(own(fields, 'fieldsV1') ?? {}),
    ...(time === '' ? {} : { time }),
  };
};

/** Reads `metadata.managedFields`; refuses what cannot be read. */
export const decodeManagers = (entries: JsonValue | undefined): Managers =>
  new Map(
    (Array.isArray(entries) ? entries : []).map((entry, index) => {
      const manager = decodeEntry(entry, index);
      return [identityText(manager), manager];
    }),
  );

const seconds = ({ time }: Manager): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0);

const compareTexts = (left: string, right: string): number => (left === right ? 0 : left < right ? -1 : 1);

/** Appliers before updaters, older before newer. */
const compareManagers = (left: Manager, right: Manager): number =>
  compareTexts(left.operation, right.operation) ||
  seconds(left) - seconds(right) ||
  compareTexts(left.manager, right.manager) ||
  compareTexts(left.apiVersion, right.apiVersion) ||
  compareTexts(left.subresource, right.subresource);

const encodeManager = ({ manager, operation, apiVersion, time, fields, subresource }: Manager): JsonObject => ({
  ...(manager === '' ? {} : { manager }),
  operation,
  apiVersion,
  ...(time === undefined ? {} : { time }),
  fieldsType: 'FieldsV1',
  fieldsV1: toFieldsV1(fields),
  ...(subresource === '' ? {} : { subresource }),
});

/** The entries for `metadata.managedFields`; undefined where there are none. */
export const encodeManagers = (managers: Managers): readonly JsonObject[] | undefined =>
  managers.size === 0 ? undefined : [...managers.values()].sort(compareManagers).map(encodeManager);

/** The managed fields of an object as they are. */
export const managedFieldsOf = (object: JsonObject | undefined): JsonValue | undefined => {
  const metadata = object === undefined ? undefined : own(object, 'metadata');
  return isObject(metadata) ? own(metadata as JsonObject, 'managedFields') : undefined;
};

/** The object with other managed fields, or without any. */
export const withManagedFields = (object: JsonObject, entries: JsonValue | undefined): JsonObject => {
  const metadata = own(object, 'metadata');
  const { managedFields: _old, ...rest } = (isObject(metadata) ? metadata : {}) as JsonObject;
  return { ...object, metadata: entries === undefined ? rest : { ...rest, managedFields: entries } };
};
