import type { Draft, NameErrors, Report } from '@solo-kubelet/pod-spec/schema';
import type { ObjectKindName, ObjectTypes } from '../object/api-object.js';

/** What the owner of the machine or the cluster decides. */
export interface ObjectPolicy {
  /** Whether containers of workloads may be privileged. */
  readonly allowPrivileged: boolean;
  /** Whether a Service gets its ports only after it was judged, as one of a file does; an API server gives them before. Default false. */
  readonly allocatesLater?: boolean;
}

/** What upstream's defaults, strategies and validations say about one kind. Every function gets a decoded object; `Draft` may be changed in place. */
export interface KindRules<T> {
  /** What is wrong with a name, or with the start of one. */
  readonly nameErrors: NameErrors;
  /** Whether finalizers without a domain must be Kubernetes' own. Default true. */
  readonly checksFinalizerKinds?: boolean;
  /** Whether a change of the metadata is looked at by the kind itself. Default: true. */
  readonly checksMetadataUpdate?: boolean;
  /** Whether `metadata.generation` counts changes of what is wanted, from 1. */
  readonly countsGeneration: boolean;
  /** Why an object whose fields were all read cannot be used all the same. */
  readonly conversionError?: (object: T) => { readonly field: string; readonly message: string } | undefined;
  /** Fills in what is left out; at every reading. */
  readonly fillDefaults?: (object: Draft<T>) => void;
  /** Before the rules are looked at, for a new object: drops what users may not set, adds what is made for them. */
  readonly prepareCreate?: (object: Draft<T>) => void;
  /** The same for an object that takes the place of an old one. Without it: `prepareCreate`. */
  readonly prepareUpdate?: (object: Draft<T>, old: T) => void;
  /** For an object that is written anew from its file: takes over what was made for the old one. An API server does not. */
  readonly keepGenerated?: (object: Draft<T>, old: T) => void;
  /** The rules of the kind, without those of the metadata. */
  readonly validate: (object: T, report: Report, policy: ObjectPolicy) => void;
  /** The rules for a change. It calls `validate`, where upstream does. */
  readonly validateUpdate: (object: T, old: T, report: Report, policy: ObjectPolicy) => void;
  /** Whether the rules of the kind for a new object look at its metadata. Without it: true. The common rules of metadata hold in any case. */
  readonly createChecksMetadata?: false;
  /** Whether an update looks at the metadata as at that of a new object. */
  readonly updateChecksMetadata: boolean;
  /** Whether a change counts in the generation. Without it: one of `spec` does. */
  readonly isCountedChange?: (object: T, old: T) => boolean;
  /** What the server would warn of. In an update `old` is there, and `counted` tells whether the generation steps. */
  readonly warnings?: (object: T, update?: { readonly old: T; readonly counted: boolean }) => readonly string[];
}

export type RulesByKind = { readonly [Kind in ObjectKindName]?: KindRules<ObjectTypes[Kind]> };
