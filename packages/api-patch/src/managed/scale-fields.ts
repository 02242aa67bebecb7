import { difference, type FieldSet, fieldSetOf, hasPath, isEmptySet } from '../fields/field-set.js';
import { fieldPath } from '../fields/path-element.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { PatchRefusal } from '../patch-error.js';
import { decodeManagers, encodeManagers, type Manager, type Managers } from './managed-fields.js';

const SCALE_VERSION = 'autoscaling/v1';
const path = fieldPath('spec', 'replicas');
const replicas: FieldSet = fieldSetOf(path);

const decode = (entries: unknown): Managers => {
  try {
    return decodeManagers(entries as JsonValue | undefined);
  } catch (error) {
    if (error instanceof PatchRefusal) return new Map();
    throw error;
  }
};

/** The managed fields of a Scale: those that own `spec.replicas` of the object. `apiVersion` is the object's. */
export const toScaleManagedFields = (entries: unknown, apiVersion: string): readonly JsonObject[] | undefined =>
  encodeManagers(
    new Map(
      [...decode(entries)]
        .filter(([, manager]) => manager.apiVersion === apiVersion && hasPath(manager.fields, path))
        .map(([id, manager]) => [id, { ...manager, apiVersion: SCALE_VERSION, fields: replicas }]),
    ),
  );

/**
 * The managed fields of an object after its Scale was written: who lost `spec.replicas` there loses it here, and who got it has it, without a
 * time. As upstream compares identities with the version in them, an updater that keeps `spec.replicas` gets a second entry for it.
 */
export const fromScaleManagedFields = (entries: unknown, scaleEntries: unknown, apiVersion: string): readonly JsonObject[] | undefined => {
  const scale = new Map(decode(scaleEntries));
  const managers = new Map<string, Manager>();
  for (const [id, manager] of decode(entries)) {
    if (manager.apiVersion !== apiVersion) continue;
    if (!hasPath(manager.fields, path)) managers.set(id, manager);
    else if (scale.delete(id)) managers.set(id, manager);
    else {
      const fields = difference(manager.fields, replicas);
      if (!isEmptySet(fields)) managers.set(id, { ...manager, fields });
    }
  }
  for (const [id, { time: _time, ...manager }] of scale) {
    if (hasPath(manager.fields, path)) managers.set(id, { ...manager, apiVersion, fields: replicas });
  }
  return encodeManagers(managers);
};
