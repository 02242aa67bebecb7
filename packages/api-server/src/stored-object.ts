import type { ObjectMeta } from '@solo-kubelet/pod-spec';
import type { Draft } from '@solo-kubelet/pod-spec/schema';

export type Values = Record<string, unknown>;

/** An object as it is kept: v1 JSON with its defaults. Once it is in the store nobody changes it. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: Values;
  readonly status?: Values;
  readonly [field: string]: unknown;
}

/** One that is being made. */
export interface ObjectDraft {
  apiVersion: string;
  kind: string;
  metadata: Draft<ObjectMeta>;
  spec?: Values;
  status?: Values;
  [field: string]: unknown;
}

/** The spec of an object that is being made; it gets one if it has none. */
export const specOf = (draft: ObjectDraft): Values => {
  draft.spec ??= {};
  return draft.spec;
};

/** The status likewise. */
export const statusOf = (draft: ObjectDraft): Values => {
  draft.status ??= {};
  return draft.status;
};

/** A structure inside another one, which is made if it is not there. */
export const innerOf = (values: Values, name: string): Values => {
  values[name] ??= {};
  return values[name] as Values;
};
