import type { RequestContext } from '../../context.js';
import type { ApiResource } from '../../resources/api-resource.js';
import { catalogOf } from '../../resources/resource-catalog.js';
import { forbidden } from '../../status/api-error.js';
import { objectKeyOf } from '../../store/object-store.js';
import type { ObjectDraft, StoredObject } from '../../stored-object.js';
import { trackManagers } from '../track-managers.js';
import { keptObject, qualifiedResource } from '../write-object.js';
import type { Amounts } from './amounts.js';
import { checkQuotas } from './check-quotas.js';
import { counterOf } from './count-objects.js';

export interface QuotaWrite {
  readonly object: StoredObject;
  readonly old?: StoredObject;
  readonly subresource: string;
  readonly dryRun: boolean;
}

/** The API server itself writes down what is used. */
const keepUsed = (ctx: RequestContext, quotas: ApiResource, quota: StoredObject, used: Amounts): void => {
  const draft = structuredClone(quota) as unknown as ObjectDraft;
  draft.status = { ...draft.status, used };
  trackManagers(quotas, quota, draft, { manager: 'kube-apiserver', subresource: 'status', nowText: ctx.nowText });
  const kept = keptObject(quotas, draft as unknown as StoredObject);
  ctx.parts.store.put(quotas.storedAs, objectKeyOf(quota.metadata), kept, ctx.request.nowMs);
};

/** Refuses what a namespace's quotas have no room for, and counts what they have (plugin ResourceQuota). @throws ApiError 403 */
export const admitQuota = (ctx: RequestContext, resource: ApiResource, { object, old, subresource, dryRun }: QuotaWrite): void => {
  const counter = counterOf(resource);
  const kind = catalogOf(ctx.parts).find('', 'v1', 'resourcequotas');
  if (counter === undefined || kind === undefined) return;
  if (old !== undefined && !counter.countsUpdate(object, old, subresource)) return;
  const quotas = ctx.parts.store.list(kind.storedAs, `${object.metadata.namespace ?? ''}/`);
  if (quotas.length === 0) return;
  const verdict = checkQuotas({ quotas, counter, object, ...(old !== undefined && { old }), subresource });
  if (!verdict.ok) throw forbidden(qualifiedResource(resource), object.metadata.name ?? '', verdict.why);
  if (!dryRun) for (const { quota, used } of verdict.changed) keepUsed(ctx, kind, quota, used);
};
