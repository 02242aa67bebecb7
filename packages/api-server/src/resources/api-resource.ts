import type { FieldError } from '@solo-kubelet/pod-spec';
import type { NameErrors } from '@solo-kubelet/pod-spec/schema';
import type { ObjectDraft, StoredObject } from '../stored-object.js';

/** Every verb of a resource that can be listed and written. */
export const ALL_VERBS: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What a strategy of upstream's registry says of one kind. Drafts may be changed in place. */
export interface ResourceRules {
  readonly nameErrors: NameErrors;
  /** Fills in what is left out, at every reading. */
  readonly fillDefaults: (draft: ObjectDraft) => void;
  /** Why an object whose fields were all read cannot be used all the same. */
  readonly conversionError?: (draft: ObjectDraft) => string | undefined;
  /** Prepares a new object and says which rules it breaks; `warn` is for what is lost while it is prepared. */
  readonly create: (draft: ObjectDraft, warn: (text: string) => void) => readonly FieldError[];
  /** Prepares one that takes the place of an old one; tells whether the generation steps. */
  readonly prepareUpdate: (draft: ObjectDraft, old: StoredObject) => boolean;
  readonly updateErrors: (draft: ObjectDraft, old: StoredObject) => readonly FieldError[];
  /** Default: true. */
  readonly checksMetadataUpdate?: boolean;
  readonly warnings: (draft: ObjectDraft, update?: { readonly old: StoredObject; readonly counted: boolean }) => readonly string[];
}

/** How a write to a status is prepared and judged. */
export interface StatusRules {
  /** Default: as the kind's. */
  readonly checksMetadataUpdate?: boolean;
  /** The status of a new object. */
  readonly initial?: (draft: ObjectDraft, nowText: string) => Record<string, unknown>;
  readonly prepare?: (draft: ObjectDraft, old: StoredObject, nowText: string) => void;
  readonly errors?: (draft: ObjectDraft, old: StoredObject) => readonly FieldError[];
}

export interface Subresource {
  readonly name: string;
  /** The kind that it speaks, where that is not the resource's own. */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/** What happens to dependents where a deletion says nothing (rest.GarbageCollectionPolicy); `none`: finalizers of that kind are not set at all. */
export type DefaultPolicy = 'delete' | 'orphan' | 'none';

export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** The structure in the schema. */
  readonly struct: string;
  /** Absent for what is answered but never kept: reviews and bindings. */
  readonly rules?: ResourceRules;
  readonly status?: StatusRules;
  /** Where objects lie in the store; two groups may show the same ones. */
  readonly storedAs: string;
  /** A PUT to a name that is not there makes the object. */
  readonly createsOnUpdate: boolean;
  /** A PUT must say which version it changes. */
  readonly needsVersion: boolean;
  /** A DELETE answers with the object as it was, not with a Status. */
  readonly returnsDeleted: boolean;
  readonly defaultPolicy: DefaultPolicy;
  /** The fields that a field selector may name, besides name and namespace; undefined: those two, with other words for any other. */
  readonly fields?: (object: StoredObject) => Readonly<Record<string, string>>;
}

/** As a manifest has it. */
export const groupVersion = ({ group, version }: { readonly group: string; readonly version: string }): string =>
  group === '' ? version : `${group}/${version}`;
