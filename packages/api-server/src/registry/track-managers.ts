import { recordUpdate } from '@solo-kubelet/api-patch';
import type { ApiResource } from '../resources/api-resource.js';
import { shownObject } from '../respond/object-json.js';
import { printObject } from '../schema/print-object.js';
import type { ObjectDraft, StoredObject } from '../stored-object.js';
import { finishDraft } from './write-object.js';

/** Who changes an object, for its managed fields. */
export interface Change {
  readonly manager: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly nowText: string;
}

type Entries = ObjectDraft['metadata']['managedFields'];

/** Sets whose fields are whose; undefined for nobody's. */
export const setManagers = (draft: ObjectDraft, entries: unknown): void => {
  if (entries === undefined) delete draft.metadata.managedFields;
  else draft.metadata.managedFields = entries as NonNullable<Entries>;
};

/** A draft as the server would show it now, with the managed fields that its request gives, if any. */
export const shownDraft = (resource: ApiResource, draft: ObjectDraft): StoredObject => {
  const given = draft.metadata.managedFields;
  const shown = printObject(resource.struct, finishDraft(resource, structuredClone(draft)));
  return given === undefined
    ? shown
    : { ...shown, metadata: { ...shown.metadata, managedFields: given as StoredObject['metadata']['managedFields'] & object } };
};

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** Upstream counts the templates of a DaemonSet in a field that the API has no more: in print it is an annotation, of whoever writes the whole object. */
const withTemplateGeneration = (object: StoredObject): StoredObject => {
  const { annotations } = object.metadata;
  if (object.kind !== 'DaemonSet' || annotations?.[TEMPLATE_GENERATION] !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [TEMPLATE_GENERATION]: '0' } } };
};

/** Records in a draft whose fields are whose after a write that was no apply: as the request made it, before the server changes anything itself. */
export const trackManagers = (
  resource: ApiResource,
  live: StoredObject | undefined,
  draft: ObjectDraft,
  { manager, subresource, nowText }: Change,
): void => {
  const { metadata } = recordUpdate({
    // What was read into it was there to be read.
    type: { apiVersion: draft.apiVersion, kind: draft.kind, gates: 'all' },
    before: live === undefined ? undefined : shownObject(resource, live),
    after: withTemplateGeneration(shownDraft(resource, draft)),
    manager,
    subresource,
    now: nowText,
  });
  setManagers(draft, (metadata as { readonly managedFields?: unknown }).managedFields);
};
