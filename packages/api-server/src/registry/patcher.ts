import type { ApiResource } from '../resources/api-resource.js';
import type { StoredObject } from '../stored-object.js';

/** How a patch is written. */
export type PatchForm = 'json' | 'merge' | 'strategic';

/** Who changed an object, for its managed fields. */
export interface Change {
  readonly manager: string;
  readonly subresource: string;
  readonly nowText: string;
}

export interface PatchedObject {
  readonly value: unknown;
  /** Fields given twice in the patch itself. */
  readonly strictErrors: readonly string[];
}

/** Patches and owners of fields: objects in, objects out. Throws ApiError. */
export interface Patcher {
  /** Applies a patch to an object as the server prints it. */
  readonly patch: (
    form: PatchForm,
    body: Uint8Array,
    current: StoredObject,
    resource: ApiResource,
    kind: string,
    strict: boolean,
  ) => PatchedObject;
  /** Whose fields are whose after a write that was no apply; `undefined` for nobody's. */
  readonly track: (live: StoredObject | undefined, updated: StoredObject, resource: ApiResource, change: Change) => StoredObject;
}
