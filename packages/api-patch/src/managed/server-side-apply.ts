import {
  difference,
  type FieldSet,
  hasPath,
  intersection,
  isEmptySet,
  NO_FIELDS,
  recursiveDifference,
  union,
  withNamedFields,
} from '../fields/field-set.js';
import { isObject, isTooDeep, type JsonObject, type JsonValue, MAX_DEPTH, own, sameJson } from '../json/json-value.js';
import { asResult, badRequest, internal, PatchRefusal, type PatchResult } from '../patch-error.js';
import { type ApiType, schemaOf } from '../schema/api-type.js';
import type { MapType } from '../schema/schema-types.js';
import { mergeTyped } from '../typed/merge-typed.js';
import { removeItems } from '../typed/remove-items.js';
import { toFieldSet } from '../typed/to-field-set.js';
import { typeError } from '../typed/validate-typed.js';
import { conflictRefusal, listConflicts } from './apply-conflict.js';
import { clientSideFields, updateLastApplied } from './last-applied.js';
import {
  decodeManagers,
  encodeManagers,
  identityText,
  type Manager,
  type Managers,
  managedFieldsOf,
  withManagedFields,
} from './managed-fields.js';
import { emptyObject, updatedManagers } from './record-update.js';
import { resetFieldsOf, strippedFields } from './reset-fields.js';
import { type ChangeContext, compareObjects, currentManagers, findConflicts, withoutChanged } from './update-managers.js';

export interface ServerSideApplyRequest {
  /** What kind the endpoint is of; for a scale subresource Scale. */
  readonly type: ApiType;
  /** The object as it is kept, as the server shows it; absent if there is none yet. */
  readonly live?: object | undefined;
  /** The configuration that is applied, as its text has it. */
  readonly applied: unknown;
  readonly manager: string;
  /** Whether fields are taken from other managers. */
  readonly force: boolean;
  /** Default: none. */
  readonly subresource?: string;
  /** RFC 3339, whole seconds, UTC. */
  readonly now: string;
}

/** What an apply comes to. */
export interface AppliedObject {
  /** With its managed fields; to be read, defaulted and validated, which must leave the managed fields as they are. */
  readonly object: JsonObject;
  /** Whether anything but managed fields is other than before. */
  readonly changed: boolean;
}

const textUnder = (object: JsonObject, key: string): string => {
  const value = own(object, key);
  return typeof value === 'string' ? value : '';
};

const showKind = (apiVersion: string, kind: string): string => {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return '/, Kind=';
  const [group, version] = parts.length === 2 ? parts : ['', parts[0]];
  return `${group}/${version}, Kind=${kind}`;
};

const checkApplied = (applied: JsonObject, { apiVersion, kind }: ApiType): void => {
  const [version, name] = [textUnder(applied, 'apiVersion'), textUnder(applied, 'kind')];
  if (version !== apiVersion || name !== kind) throw badRequest(`invalid object type: ${showKind(version, name)}`);
};

const checkTypes = (applied: JsonObject, schema: MapType, type: ApiType): void => {
  if (Array.isArray(managedFieldsOf(applied))) throw badRequest('metadata.managedFields must be nil');
  const error = typeError(schema, applied);
  if (error === '') return;
  const metadata = own(applied, 'metadata');
  const names = (isObject(metadata) ? metadata : {}) as JsonObject;
  const place = `${textUnder(names, 'namespace')}/${textUnder(names, 'name')}; ${showKind(type.apiVersion, type.kind)}`;
  throw internal(`failed to create typed patch object (${place}): ${error}`);
};

/** Takes out what the manager applied last time and not this time, unless somebody else owns it. */
const prune = (merged: JsonObject, last: FieldSet | undefined, managers: Managers, type: MapType): JsonObject => {
  if (last === undefined || isEmptySet(last)) return merged;
  const lastFields = withNamedFields(last, type);
  const mergedFields = withNamedFields(toFieldSet(type, merged), type);
  const owned = [...managers.values()].reduce<FieldSet>((all, { fields }) => union(all, fields), NO_FIELDS);
  const fieldsOf = (object: JsonObject): FieldSet => withNamedFields(toFieldSet(type, object), type);
  const bare = removeItems(type, merged, lastFields);
  const withOwned = removeItems(type, merged, difference(mergedFields, union(fieldsOf(bare), withNamedFields(owned, type))));
  // What the manager never owned stays, even below what went.
  return removeItems(type, merged, intersection(difference(mergedFields, fieldsOf(withOwned)), lastFields));
};

interface Merge {
  readonly live: JsonObject;
  readonly applied: JsonObject;
  readonly managers: Managers;
  readonly self: Omit<Manager, 'fields'>;
  readonly force: boolean;
  readonly context: ChangeContext;
}

const mergeApplied = ({ live, applied, managers: all, self, force, context }: Merge) => {
  const { type, resetFields } = context;
  const id = identityText(self);
  const managers = new Map(currentManagers(all, context));
  const merged = mergeTyped(type, live, applied);
  const last = managers.get(id)?.fields;
  managers.set(id, { ...self, fields: recursiveDifference(toFieldSet(type, applied), resetFields) });
  const object = prune(merged, last, managers, type);
  const comparison = compareObjects(live, object, context);
  const conflicts = findConflicts(managers, comparison, id);
  if (!force && conflicts.size > 0) {
    const listed = listConflicts(managers, conflicts);
    const allowed = self.manager === 'kubectl' ? clientSideFields(live, context) : undefined;
    const refused = allowed === undefined ? listed : listed.filter(({ path }) => !hasPath(allowed, path));
    if (refused.length > 0) throw conflictRefusal(refused);
  }
  const kept = new Map(withoutChanged(managers, comparison, id));
  const entry = kept.get(id);
  if (entry !== undefined) {
    const fields = difference(entry.fields, strippedFields);
    if (isEmptySet(fields)) kept.delete(id);
    else kept.set(id, { ...entry, fields });
  }
  return { object, managers: kept, changed: !sameJson(live, object) };
};

/** The managers of the live object; what nobody manages yet belongs to `before-first-apply`. */
const liveManagers = (live: JsonObject, { type, subresource, now }: Origin, context: ChangeContext): Managers => {
  let managers: Managers;
  try {
    managers = decodeManagers(managedFieldsOf(live));
  } catch (error) {
    if (error instanceof PatchRefusal) throw internal(`failed to decode managed fields: ${error.error.message}`);
    throw error;
  }
  if (managers.size > 0) return managers;
  const self = { manager: 'before-first-apply', operation: 'Update', apiVersion: type.apiVersion, subresource, time: now } as const;
  return updatedManagers(withManagedFields(emptyObject(type), undefined), withManagedFields(live, undefined), managers, self, context);
};

interface Origin {
  readonly type: ApiType;
  readonly subresource: string;
  readonly now: string;
}

/**
 * Server-side apply as an API server of Kubernetes 1.36 carries it out: merges a configuration into an object by the types of its fields, takes
 * out what the manager applied before and no longer does, and refuses what others own unless forced. Changes no argument.
 */
export const serverSideApply = ({
  type,
  live,
  applied,
  manager,
  force,
  subresource = '',
  now,
}: ServerSideApplyRequest): PatchResult<AppliedObject> =>
  asResult(() => {
    const configuration = (applied ?? {}) as JsonObject;
    if (!isObject(configuration)) throw badRequest('error decoding YAML: the configuration is no object');
    if (isTooDeep(configuration) || (live !== undefined && isTooDeep(live))) throw badRequest(`exceeded max depth ${MAX_DEPTH}`);
    checkApplied(configuration, type);
    const schema = schemaOf(type);
    const context = { type: schema, apiVersion: type.apiVersion, resetFields: resetFieldsOf(type, subresource) };
    const before = (live as JsonObject | undefined) ?? emptyObject(type);
    const managers = liveManagers(before, { type, subresource, now }, context);
    checkTypes(configuration, schema, type);
    const self = { manager: manager || 'unknown', operation: 'Apply', apiVersion: type.apiVersion, subresource } as const;
    const bare = withManagedFields(before, undefined);
    const merged = mergeApplied({ live: bare, applied: configuration, managers, self, force, context });
    const id = identityText(self);
    const entry = merged.managers.get(id);
    // An apply that changes nothing keeps the time of the one before it, and has none if there was none.
    const time = merged.changed ? now : managers.get(id)?.time;
    const stamped = new Map(merged.managers);
    if (entry !== undefined) stamped.set(id, { ...entry, ...(time === undefined ? {} : { time }) });
    const object = manager === 'kubectl' ? updateLastApplied(merged.object, configuration) : merged.object;
    return {
      object: withManagedFields(object, encodeManagers(stamped) as JsonValue | undefined),
      changed: merged.changed || object !== merged.object,
    };
  });
