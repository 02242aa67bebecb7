import { compareQuantities } from '@solo-kubelet/pod-spec';
import type { RequestContext } from '../context.js';
import { ApiError, forbidden } from '../status/api-error.js';
import { type ObjectDraft, type StoredObject, specOf, type Values } from '../stored-object.js';
import { mergeTolerations, type Toleration } from './merge-tolerations.js';

type Amounts = Readonly<Record<string, string>>;

const refuse: (draft: ObjectDraft, why: string) => never = (draft, why) => {
  throw forbidden({ group: '', name: 'pods' }, draft.metadata.name ?? '', why);
};

const classOf = (ctx: RequestContext, draft: ObjectDraft): StoredObject | undefined => {
  const name = draft.spec?.['runtimeClassName'] as string | undefined;
  if (name === undefined) return undefined;
  // Upstream's client does not even ask for an object without a name.
  if (name === '') throw new ApiError({ code: 500, message: 'resource name may not be empty' });
  const found = ctx.parts.store.get('runtimeclasses.node.k8s.io', name);
  return found ?? refuse(draft, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
};

const overheadOf = (runtimeClass: StoredObject): Amounts | undefined => {
  const overhead = runtimeClass['overhead'] as Values | undefined;
  return overhead === undefined ? undefined : ((overhead['podFixed'] ?? {}) as Amounts);
};

const isSame = (a: Amounts, b: Amounts): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, amount]) => b[name] !== undefined && compareQuantities(amount, b[name]) === 0);

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/** Gives a Pod what its runtime class says: what it costs, where it may run and what it tolerates (plugin RuntimeClass). @throws ApiError 403, 500 */
export const admitRuntimeClass = (ctx: RequestContext, draft: ObjectDraft): void => {
  const runtimeClass = classOf(ctx, draft);
  if (runtimeClass === undefined) return;
  const spec = specOf(draft);
  const overhead = overheadOf(runtimeClass);
  if (overhead !== undefined) {
    const own = (spec['overhead'] ?? {}) as Amounts;
    if (Object.keys(own).length > 0 && !isSame(overhead, own)) refuse(draft, MISMATCH);
    spec['overhead'] = { ...overhead };
  }
  const scheduling = runtimeClass['scheduling'] as
    | { nodeSelector?: Record<string, string>; tolerations?: readonly Toleration[] }
    | undefined;
  if (scheduling === undefined) return;
  if (scheduling.nodeSelector !== undefined) {
    const own = (spec['nodeSelector'] ?? {}) as Record<string, string>;
    for (const [key, value] of Object.entries(scheduling.nodeSelector)) {
      if (own[key] !== undefined && own[key] !== value) {
        refuse(draft, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`);
      }
    }
    spec['nodeSelector'] = { ...own, ...scheduling.nodeSelector };
  }
  const own = (spec['tolerations'] ?? []) as readonly Toleration[];
  const tolerations = mergeTolerations(own, structuredClone(scheduling.tolerations ?? []));
  if (tolerations.length > 0) spec['tolerations'] = tolerations;
};

/** Whether a Pod costs what its class says, once all has been set. A Pod without a class may say nothing of costs. @throws ApiError 403 */
export const checkRuntimeClass = (ctx: RequestContext, draft: ObjectDraft): void => {
  const runtimeClass = classOf(ctx, draft);
  const overhead = runtimeClass === undefined ? undefined : overheadOf(runtimeClass);
  const own = draft.spec?.['overhead'] as Amounts | undefined;
  if (overhead !== undefined) {
    if (!isSame(overhead, own ?? {})) refuse(draft, MISMATCH);
  } else if (own !== undefined) refuse(draft, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
};
