import { keepUnchangedTimes } from '@solo-kubelet/api-patch';
import type { FieldError } from '@solo-kubelet/pod-spec';
import type { RequestContext } from '../context.js';
import type { WriteOptions } from '../request/query-options.js';
import type { ApiResource } from '../resources/api-resource.js';
import { shownObject } from '../respond/object-json.js';
import { conflict, invalid, notFound } from '../status/api-error.js';
import { objectKeyOf } from '../store/object-store.js';
import type { ObjectDraft, StoredObject } from '../stored-object.js';
import { admitUpdate, prepareAdmitted } from './admission.js';
import { createObject } from './create-object.js';
import { anyMetadataErrors, dedupeOwners, keepMetadata, metadataUpdateErrors } from './prepare-metadata.js';
import { isUnsettled, showAsRead } from './read-again.js';
import { isSameJson } from './same-json.js';
import { trackManagers } from './track-managers.js';
import { versionOf } from './versions.js';
import { checkStoredSize, finishDraft, keptObject, managerOf, qualifiedKind, qualifiedResource } from './write-object.js';

/** Which part of an object a write is for, and by which rules it is prepared and judged. */
export interface UpdatePart {
  readonly subresource: string;
  /** Prepares the draft in place; tells whether the generation steps. */
  readonly prepare: (draft: ObjectDraft, old: StoredObject) => boolean;
  readonly errors: (draft: ObjectDraft, old: StoredObject) => readonly FieldError[];
  /** Whether the kind's own warnings and admission look at it. */
  readonly isWhole: boolean;
  /** Whether the change of the metadata is looked at by its rules too. Default: as the kind's. */
  readonly checksMetadataUpdate?: boolean;
}

/** The object without its subresources' parts. */
export const wholeObject = (resource: ApiResource): UpdatePart => {
  const rules = resource.rules!;
  return {
    subresource: '',
    isWhole: true,
    prepare: (draft, old) => {
      if (resource.status !== undefined) {
        if (old.status === undefined) delete draft.status;
        else draft.status = old.status;
      }
      return rules.prepareUpdate(draft, old);
    },
    errors: rules.updateErrors,
  };
};

export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  readonly part: UpdatePart;
  readonly options: WriteOptions;
  /** The new object, made from the old one; with its defaults. */
  readonly make: (old: StoredObject | undefined) => ObjectDraft;
  /** The object may be made if it is not there. */
  readonly mayCreate: boolean;
  /** Whether `make` says whose fields are whose; else the writer owns what it changes. */
  readonly isTracked?: boolean;
  /** The object must be the one that the draft says it is. A patch changes whatever is there. */
  readonly checksIdentity?: boolean;
  /** Looked at before an object is made by an update. */
  readonly beforeCreate?: () => void;
}

export interface Updated {
  readonly object: StoredObject;
  readonly created: boolean;
}

const CHANGED_MEANWHILE = 'the object has been modified; please apply your changes to the latest version and try again';

/** Where upstream keeps kinds whose names changed once. */
const REGISTRY_NAMES: Readonly<Record<string, string>> = {
  nodes: 'minions',
  services: 'services/specs',
  endpoints: 'services/endpoints',
  replicationcontrollers: 'controllers',
  ingresses: 'ingress',
};

const checkIdentity = (resource: ApiResource, name: string, draft: ObjectDraft, old: StoredObject): void => {
  const uid = draft.metadata.uid;
  if (uid && uid !== old.metadata.uid) {
    const key = `/registry/${REGISTRY_NAMES[resource.plural] ?? resource.plural}/${objectKeyOf(old.metadata)}`;
    throw conflict(
      qualifiedResource(resource),
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
};

const checkVersion = (resource: ApiResource, name: string, draft: ObjectDraft, old: StoredObject): void => {
  const version = versionOf(draft.metadata.resourceVersion);
  if (version === 0n) {
    if (!resource.needsVersion) return;
    const field = 'metadata.resourceVersion';
    const detail = 'must be specified for an update';
    const error = { type: 'Invalid value', field, badValue: 0, detail, message: `${field}: Invalid value: 0: ${detail}` } as const;
    throw invalid({ group: resource.group, name: resource.plural }, name, [error]);
  }
  if (version !== BigInt(old.metadata.resourceVersion ?? '0')) throw conflict(qualifiedResource(resource), name, CHANGED_MEANWHILE);
};

/** The write that takes the last finalizer from an object that waits for it also ends it (ShouldDeleteDuringUpdate). */
const endsObject = (updated: StoredObject, { metadata }: StoredObject): boolean =>
  // What is in a namespace goes before it does: it has finalizers of its own for that.
  (updated.kind !== 'Namespace' || ((updated.spec?.['finalizers'] ?? []) as readonly string[]).length === 0) &&
  (updated.metadata.finalizers ?? []).length === 0 &&
  metadata.deletionTimestamp !== undefined &&
  (metadata.deletionGracePeriodSeconds === undefined || metadata.deletionGracePeriodSeconds === 0);

/** Changes an object, or makes it where that is allowed. @throws ApiError */
export const updateObject = (ctx: RequestContext, resource: ApiResource, request: UpdateRequest): Updated => {
  const { name, namespace, part, options, make } = request;
  const { store, authorizer } = ctx.parts;
  const key = objectKeyOf({ namespace, name });
  const old = store.get(resource.storedAs, key);
  if (old === undefined) {
    if (!request.mayCreate) throw notFound(qualifiedResource(resource), name);
    const draft = make(undefined);
    request.beforeCreate?.();
    if (request.checksIdentity === true)
      checkIdentity(resource, name, draft, { ...draft, metadata: { ...draft.metadata, name, namespace, uid: '' } });
    return { object: createObject(ctx, resource, draft, options, request.isTracked), created: true };
  }
  const draft = make(old);
  if (request.isTracked !== true) {
    trackManagers(resource, old, draft, { manager: managerOf(ctx, options), subresource: part.subresource, nowText: ctx.nowText });
  }
  if (request.checksIdentity === true) checkIdentity(resource, name, draft, old);
  checkVersion(resource, name, draft, old);
  draft.metadata.resourceVersion = old.metadata.resourceVersion!;
  keepMetadata(draft.metadata, old.metadata);
  // A patch is looked at only with what it made; a whole object was before.
  dedupeOwners(draft.metadata, ctx.warn, ' after mutating admission happens');
  if (part.isWhole) {
    const refusal = authorizer.escalation(ctx.user, draft as unknown as StoredObject, old);
    if (refusal !== undefined) throw refusal;
  }
  prepareAdmitted(ctx, resource, draft, old, part.subresource);
  // Who an object is is judged as it was said, whatever the kind makes of it.
  const { uid } = draft.metadata;
  const counted = part.prepare(draft, old);
  if (uid !== undefined) draft.metadata.uid = uid;
  const common = metadataUpdateErrors(draft, old);
  // Nearly every kind looks at the change of its metadata once more itself.
  const again = (part.checksMetadataUpdate ?? resource.rules!.checksMetadataUpdate) === false ? [] : common;
  const errors = [...anyMetadataErrors(draft as StoredObject, resource.namespaced), ...common, ...again, ...part.errors(draft, old)];
  if (errors.length > 0) throw invalid(qualifiedKind(resource), name, errors);
  if (part.isWhole) for (const text of resource.rules!.warnings(draft, { old, counted })) ctx.warn(text);
  showAsRead(resource, draft);
  const updated = finishDraft(resource, draft);
  admitUpdate(ctx, resource, updated, old, { subresource: part.subresource, dryRun: options.dryRun });
  // An event is kept in the form in which it came, and either group shows it in its own.
  const comparable = (object: StoredObject): StoredObject => (resource.kind === 'Event' ? shownObject(resource, object) : object);
  // A write that would change nothing but times of managers is none.
  const owned = keepUnchangedTimes(comparable(old), comparable(updated)) as unknown as StoredObject;
  const change = { bucket: resource.storedAs, key, previous: old };
  if (endsObject(owned, old)) {
    if (!options.dryRun) store.remove(resource.storedAs, key, ctx.request.nowMs);
    else ctx.rehearse({ type: 'remove', ...change, object: old });
    return { object: owned, created: false };
  }
  const kept = keptObject(resource, owned);
  const isSame = isSameJson(comparable(kept), comparable(old)) && !isUnsettled(old);
  if (options.dryRun) return { object: isSame ? kept : ctx.rehearse({ type: 'put', ...change, object: kept }), created: false };
  if (isSame) return { object: old, created: false };
  checkStoredSize(kept);
  return { object: store.put(resource.storedAs, key, kept, ctx.request.nowMs), created: false };
};
