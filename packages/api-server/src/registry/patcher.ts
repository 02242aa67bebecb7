import type { FeatureGates } from '@solo-kubelet/pod-spec/schema';
import type { ApiResource } from '../resources/api-resource.js';
import type { StoredObject } from '../stored-object.js';

/** How a patch is written. */
export type PatchForm = 'json' | 'merge' | 'strategic';

export interface PatchedObject {
  readonly value: unknown;
  /** Fields given twice in the patch itself. */
  readonly strictErrors: readonly string[];
}

/** Patches: objects in, objects out. Throws ApiError. */
export interface Patcher {
  /** Applies a patch to an object as the server prints it. */
  readonly patch: (
    form: PatchForm,
    body: Uint8Array,
    current: StoredObject,
    resource: ApiResource,
    kind: string,
    strict: boolean,
    gates: FeatureGates | undefined,
  ) => PatchedObject;
}
