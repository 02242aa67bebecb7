import { createReport } from '@solo-kubelet/pod-spec/schema';
import { type RequestContext, timeText } from '../context.js';
import type { ApiResource } from '../resources/api-resource.js';
import { conflict, invalid, notFound, type Status } from '../status/api-error.js';
import { objectKeyOf } from '../store/object-store.js';
import type { StoredObject } from '../stored-object.js';
import { isSameJson } from './same-json.js';
import { qualifiedKind, qualifiedResource } from './write-object.js';

/** How an object is to be deleted (metav1.DeleteOptions). */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: string;
  readonly dryRun: readonly string[];
}

export interface Deleted {
  /** What is answered: the object, or that it is gone. */
  readonly answer: StoredObject | Status;
  readonly gone: boolean;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
const POLICIES = ['Foreground', 'Background', 'Orphan'];

/** @throws ApiError 422 */
export const validateDeleteOptions = (options: DeleteOptions): void => {
  const report = createReport();
  const { orphanDependents, propagationPolicy, dryRun } = options;
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    report.invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set');
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    report.notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']);
  }
  if (dryRun.length > 0 && !dryRun.every((value) => value === 'All')) {
    const shown = `[${dryRun.map((value) => JSON.stringify(value)).join(',')}]`;
    const detail = 'supported values: "All"';
    report.include([{ type: 'Unsupported value', field: 'dryRun', detail, message: `dryRun: Unsupported value: ${shown}: ${detail}` }]);
  }
  if (report.errors.length > 0) throw invalid({ group: 'meta.k8s.io', name: 'DeleteOptions' }, '', report.errors);
};

export const checkPreconditions = (resource: ApiResource, { metadata }: StoredObject, { preconditions = {} }: DeleteOptions): void => {
  const { uid, resourceVersion } = preconditions;
  const name = metadata.name ?? '';
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(qualifiedKind(resource), name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(qualifiedKind(resource), name, why);
  }
};

const shouldOrphan = (resource: ApiResource, options: DeleteOptions, finalizers: readonly string[]): boolean => {
  if (resource.defaultPolicy === 'none') return false;
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Orphan';
  const set = finalizers.find((name) => name === ORPHAN || name === FOREGROUND);
  return set === undefined ? resource.defaultPolicy === 'orphan' : set === ORPHAN;
};

const shouldWaitForDependents = (resource: ApiResource, options: DeleteOptions, finalizers: readonly string[]): boolean => {
  if (resource.defaultPolicy === 'none' || options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Foreground';
  return finalizers.find((name) => name === ORPHAN || name === FOREGROUND) === FOREGROUND;
};

/** The finalizers for the garbage collector that a deletion asks for, with the rest; undefined if they are as they should be. */
const collectorFinalizers = (resource: ApiResource, object: StoredObject, options: DeleteOptions): readonly string[] | undefined => {
  const now = object.metadata.finalizers ?? [];
  const wanted = [
    ...now.filter((name) => name !== ORPHAN && name !== FOREGROUND),
    ...(shouldOrphan(resource, options, now) ? [ORPHAN] : []),
    ...(shouldWaitForDependents(resource, options, now) ? [FOREGROUND] : []),
  ];
  return wanted.length === now.length && wanted.every((name) => now.includes(name)) ? undefined : wanted;
};

const withMetadata = (object: StoredObject, metadata: Partial<StoredObject['metadata']>): StoredObject => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});

const stepped = ({ metadata }: StoredObject): { generation?: number } =>
  metadata.generation !== undefined && Number(metadata.generation) > 0 ? { generation: Number(metadata.generation) + 1 } : {};

type Grace =
  | { readonly type: 'none' }
  | { readonly type: 'pending' }
  | { readonly type: 'graceful'; readonly seconds: number; readonly object: StoredObject };

const shiftTime = (text: string, seconds: number): string => timeText(Date.parse(text) + seconds * 1000);

/** How long a Pod is given; other kinds are given nothing. */
const podGrace = ({ spec = {}, status = {} }: StoredObject, { gracePeriodSeconds }: DeleteOptions): number => {
  const wanted = gracePeriodSeconds ?? Number(spec['terminationGracePeriodSeconds'] ?? 0);
  if (!spec['nodeName'] || status['phase'] === 'Failed' || status['phase'] === 'Succeeded') return 0;
  return wanted < 0 ? 1 : wanted;
};

/** Whether and how an object is given time (rest.BeforeDelete). */
const graceOf = (ctx: RequestContext, resource: ApiResource, object: StoredObject, options: DeleteOptions): Grace => {
  if (resource.kind !== 'Pod' || resource.group !== '') return { type: 'none' };
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp !== undefined) {
    if (deletionGracePeriodSeconds === undefined) return { type: 'none' };
    const { gracePeriodSeconds: given } = options;
    const before = Number(deletionGracePeriodSeconds);
    const wanted = given !== undefined && given < 0 ? 1 : given;
    if (wanted === undefined || wanted >= before) return { type: 'pending' };
    const timestamp = shiftTime(deletionTimestamp, wanted - before);
    return {
      type: 'graceful',
      seconds: wanted,
      object: withMetadata(object, { deletionTimestamp: timestamp, deletionGracePeriodSeconds: wanted }),
    };
  }
  const seconds = podGrace(object, options);
  const timestamp = timeText(ctx.request.nowMs + seconds * 1000);
  return {
    type: 'graceful',
    seconds,
    object: withMetadata(object, { deletionTimestamp: timestamp, deletionGracePeriodSeconds: seconds, ...stepped(object) }),
  };
};

/** Marks an object that finalizers hold. */
const markDeleting = (ctx: RequestContext, object: StoredObject): StoredObject => {
  const { deletionTimestamp } = object.metadata;
  const isLater = deletionTimestamp !== undefined && Date.parse(deletionTimestamp) > ctx.request.nowMs;
  return withMetadata(object, {
    ...(deletionTimestamp === undefined ? stepped(object) : {}),
    ...((deletionTimestamp === undefined || isLater) && { deletionTimestamp: ctx.nowText }),
    deletionGracePeriodSeconds: 0,
  });
};

const success = (resource: ApiResource, { metadata }: StoredObject): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: metadata.name ?? '',
    ...(resource.group !== '' && { group: resource.group }),
    kind: resource.plural,
    ...(metadata.uid !== undefined && { uid: metadata.uid }),
  },
});

/** Deletes an object, or marks it for as long as it has to wait (registry Store.Delete). @throws ApiError */
export const deleteObject = (
  ctx: RequestContext,
  resource: ApiResource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  options: DeleteOptions,
): Deleted => {
  const { store } = ctx.parts;
  const key = objectKeyOf({ namespace, name });
  const object = store.get(resource.storedAs, key);
  if (object === undefined) throw notFound(qualifiedResource(resource), name);
  if (resource.kind === 'Namespace') {
    const waiting = deleteNamespace(ctx, resource, object, options);
    if (waiting !== undefined) return { answer: waiting, gone: false };
  }
  validateDeleteOptions(options);
  checkPreconditions(resource, object, options);
  const dryRun = options.dryRun.length > 0;
  const put = (changed: StoredObject): StoredObject => {
    if (isSameJson(changed, object)) return object;
    if (dryRun) return ctx.rehearse({ type: 'put', bucket: resource.storedAs, key, object: changed, previous: object });
    return store.put(resource.storedAs, key, changed, ctx.request.nowMs);
  };
  const grace = graceOf(ctx, resource, object, options);
  if (grace.type === 'pending') return { answer: object, gone: false };
  const finalizers = collectorFinalizers(resource, object, options);
  const start = grace.type === 'graceful' ? grace.object : object;
  const held = finalizers === undefined ? start : withFinalizers(start, finalizers);
  const isHeld = (held.metadata.finalizers ?? []).length > 0;
  if (grace.type === 'none' && isHeld) return { answer: put(markDeleting(ctx, held)), gone: false };
  if (grace.type === 'graceful') {
    const kept = put(held);
    if (isHeld || grace.seconds > 0) return { answer: kept, gone: false };
    if (dryRun) return { answer: kept, gone: true };
  }
  if (dryRun) ctx.rehearse({ type: 'remove', bucket: resource.storedAs, key, object, previous: object });
  if (dryRun) return { answer: resource.returnsDeleted ? object : success(resource, object), gone: true };
  const last = store.remove(resource.storedAs, key, ctx.request.nowMs)!;
  return { answer: resource.returnsDeleted ? last : success(resource, last), gone: true };
};

const withFinalizers = (object: StoredObject, finalizers: readonly string[]): StoredObject => {
  const { finalizers: _before, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(finalizers.length > 0 && { finalizers }) } };
};

/** A namespace is marked first, and stays until its finalizers are gone; undefined if it can go. */
const deleteNamespace = (
  ctx: RequestContext,
  resource: ApiResource,
  object: StoredObject,
  options: DeleteOptions,
): StoredObject | undefined => {
  const { store } = ctx.parts;
  const { metadata, spec = {} } = object;
  const name = metadata.name ?? '';
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      qualifiedResource(resource),
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict(qualifiedResource(resource), name, why);
  }
  if (metadata.deletionTimestamp === undefined) {
    const marked: StoredObject = {
      ...object,
      metadata: { ...metadata, deletionTimestamp: ctx.nowText },
      status: { ...object.status, phase: 'Terminating' },
    };
    const finalizers = collectorFinalizers(resource, object, options);
    const changed = finalizers === undefined ? marked : withFinalizers(marked, finalizers);
    if (options.dryRun.length > 0)
      return ctx.rehearse({ type: 'put', bucket: resource.storedAs, key: name, object: changed, previous: object });
    return store.put(resource.storedAs, name, changed, ctx.request.nowMs);
  }
  return ((spec['finalizers'] ?? []) as readonly string[]).length > 0 ? object : undefined;
};
