import { isSameStruct } from '@solo-kubelet/object-spec/rules';
import type { RequestContext } from '../context.js';
import type { WriteOptions } from '../request/query-options.js';
import type { ApiResource } from '../resources/api-resource.js';
import { ApiError, forbidden, notFound } from '../status/api-error.js';
import { type ObjectDraft, type StoredObject, specOf, type Values } from '../stored-object.js';
import { admitClaimResize } from './claim-resize.js';
import { defaultIngressClass } from './default-ingress-class.js';
import { applyLimitRanges, checkLimitRanges } from './limit-ranger.js';
import { admitPodSecurity } from './pod-security-admission.js';
import { admitPriority, admitPriorityClass } from './priority-admission.js';
import { admitQuota } from './quota/admit-quota.js';
import { admitRuntimeClass, checkRuntimeClass } from './runtime-class-admission.js';
import { allocateService, keepAllocations } from './service-allocation.js';
import { qualifiedResource } from './write-object.js';

/** Nothing new comes into a namespace that is not there or on its way out (plugin NamespaceLifecycle). @throws ApiError 403, 404 */
const checkNamespace = (ctx: RequestContext, resource: ApiResource, { metadata }: ObjectDraft): void => {
  if (!resource.namespaced) return;
  const name = metadata.namespace ?? '';
  const namespace = ctx.parts.store.get('namespaces', name);
  if (namespace === undefined) throw notFound({ group: '', name: 'namespaces' }, name);
  if (namespace.metadata.deletionTimestamp === undefined && namespace.status?.['phase'] !== 'Terminating') return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  const error = forbidden(qualifiedResource(resource), metadata.name ?? '', why);
  const causes = [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }];
  throw new ApiError({ code: 403, reason: 'Forbidden', message: error.message, details: { ...error.status.details, causes } });
};

const PROTECTION: Readonly<Record<string, string>> = {
  PersistentVolume: 'kubernetes.io/pv-protection',
  PersistentVolumeClaim: 'kubernetes.io/pvc-protection',
};

const protect = (draft: ObjectDraft): void => {
  const finalizer = PROTECTION[draft.kind];
  const finalizers = draft.metadata.finalizers ?? [];
  if (finalizer !== undefined && !finalizers.includes(finalizer)) draft.metadata.finalizers = [...finalizers, finalizer];
};

/** What the default admission plug-ins do to a new object and say about it; returns what is to be done once it is kept. @throws ApiError */
export const admitNew = (ctx: RequestContext, resource: ApiResource, draft: ObjectDraft, _options: WriteOptions): (() => void) => {
  checkNamespace(ctx, resource, draft);
  switch (draft.kind) {
    case 'Pod':
      applyLimitRanges(ctx, draft);
      admitPriority(ctx, draft);
      admitRuntimeClass(ctx, draft);
      break;
    case 'PersistentVolumeClaim':
    case 'PersistentVolume':
      protect(draft);
      break;
    case 'Ingress':
      defaultIngressClass(ctx, draft);
      break;
    case 'Service':
      allocateService(ctx, draft as ObjectDraft & { spec: Values }, undefined);
      break;
  }
  return () => {};
};

/** What they say of a new object that is sound, in their order. @throws ApiError */
export const judgeNew = (ctx: RequestContext, resource: ApiResource, draft: ObjectDraft, { dryRun }: WriteOptions): void => {
  const object = draft as unknown as StoredObject;
  if (draft.kind === 'Pod' || draft.kind === 'PersistentVolumeClaim') checkLimitRanges(ctx, draft);
  admitPodSecurity(ctx, resource, object, undefined);
  if (draft.kind === 'PriorityClass') admitPriorityClass(ctx, draft);
  if (draft.kind === 'Pod') checkRuntimeClass(ctx, draft);
  admitQuota(ctx, resource, { object, subresource: '', dryRun });
};

/** What they say about a change. @throws ApiError */
export const admitUpdate = (
  ctx: RequestContext,
  resource: ApiResource,
  updated: StoredObject,
  old: StoredObject,
  { subresource, dryRun }: { readonly subresource: string; readonly dryRun: boolean },
): void => {
  const isResize = resource.kind === 'Pod' && subresource === 'resize';
  const isClaim = resource.kind === 'PersistentVolumeClaim' && subresource === '';
  // What is on its way out may change as it likes.
  if ((isResize || isClaim) && old.metadata.deletionTimestamp === undefined) checkLimitRanges(ctx, updated as unknown as ObjectDraft);
  admitChange(ctx, resource, updated, old, subresource);
  admitQuota(ctx, resource, { object: updated, old, subresource, dryRun });
};

const admitChange = (ctx: RequestContext, resource: ApiResource, updated: StoredObject, old: StoredObject, subresource: string): void => {
  if (resource.kind === 'PersistentVolumeClaim' && subresource === '') admitClaimResize(ctx, updated, old);
  admitPodSecurity(ctx, resource, updated, old, subresource);
  const node = old.spec?.['nodeName'] as string | undefined;
  if (subresource !== 'resize' || node === undefined || isSameStruct('PodSpec', updated.spec ?? {}, old.spec ?? {})) return;
  // What a node can do is asked of the node.
  if (ctx.parts.store.get('nodes', node) === undefined) {
    throw forbidden(qualifiedResource(resource), old.metadata.name ?? '', `node ${JSON.stringify(node)} not found`);
  }
};

/** What they do to a change before its rules are looked at. @throws ApiError 403 */
export const prepareAdmitted = (
  ctx: RequestContext,
  resource: ApiResource,
  draft: ObjectDraft,
  old: StoredObject,
  subresource: string,
): void => {
  if (resource.kind === 'Service' && subresource === '') {
    keepAllocations(draft, old);
    allocateService(ctx, draft as ObjectDraft & { spec: Values }, old);
  }
  if (resource.kind !== 'Pod') return;
  const spec = specOf(draft);
  if (subresource === 'resize' && old.metadata.deletionTimestamp === undefined) applyLimitRanges(ctx, draft);
  if (subresource === '') for (const name of ['priority', 'preemptionPolicy']) spec[name] ??= old.spec?.[name];
};
