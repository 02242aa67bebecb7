import type { LabelSelector } from '@solo-kubelet/pod-spec';
import { labelSelectorRequirements, matchesLabels } from '@solo-kubelet/selectors';
import type { RequestContext } from '../context.js';
import { checkPreconditions, type DeleteOptions, deleteObject } from '../registry/delete-object.js';
import { isSameJson } from '../registry/same-json.js';
import type { ApiResource } from '../resources/api-resource.js';
import { ApiError, internal, notFound, type Status } from '../status/api-error.js';
import type { StoredObject, Values } from '../stored-object.js';
import { created } from './binding.js';

const PDBS = 'poddisruptionbudgets.policy';
const MAX_DISRUPTED_PODS = 2_000;
const DISRUPTION_TARGET = 'DisruptionTarget';

const budgetsOf = (ctx: RequestContext, { metadata }: StoredObject): readonly StoredObject[] =>
  ctx.parts.store.list(PDBS, `${metadata.namespace}/`).filter(({ spec = {} }) => {
    const selector = labelSelectorRequirements(spec['selector'] as LabelSelector | undefined);
    return selector.ok && matchesLabels(selector.requirements, metadata.labels ?? {});
  });

/** Pods that take nothing from a budget when they go. */
const isFree = ({ metadata, status = {} }: StoredObject): boolean =>
  metadata.deletionTimestamp !== undefined || ['Pending', 'Succeeded', 'Failed'].includes(status['phase'] as string);

const tooMany = (message: string, causes: readonly { reason: string; message: string }[], retryAfterSeconds: number): ApiError =>
  new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message,
    details: { ...(causes.length > 0 && { causes }), ...(retryAfterSeconds > 0 && { retryAfterSeconds }) },
    ...(retryAfterSeconds > 0 && { headers: { 'Retry-After': String(retryAfterSeconds) } }),
  });

const CANNOT = "Cannot evict pod as it would violate the pod's disruption budget.";

const isReady = ({ status = {} }: StoredObject): boolean =>
  ((status['conditions'] ?? []) as readonly Values[]).some(({ type, status: value }) => type === 'Ready' && value === 'True');

/** Takes one disruption from the budget, or says that there is none left. @throws ApiError 429 */
const takeFrom = (ctx: RequestContext, budget: StoredObject, podName: string, dryRun: boolean): void => {
  const status = budget.status ?? {};
  const name = budget.metadata.name ?? '';
  if (Number(status['observedGeneration'] ?? 0) < Number(budget.metadata.generation ?? 0)) {
    throw tooMany(
      CANNOT,
      [{ reason: 'DisruptionBudget', message: `The disruption budget ${name} is still being processed by the server.` }],
      10,
    );
  }
  const allowed = Number(status['disruptionsAllowed'] ?? 0);
  const disrupted = (status['disruptedPods'] ?? {}) as Record<string, string>;
  if (allowed < 0) {
    throw new ApiError({
      code: 403,
      reason: 'Forbidden',
      message: `poddisruptionbudgets.policy ${JSON.stringify(name)} is forbidden: pdb disruptions allowed is negative`,
      details: { name, group: 'policy', kind: 'poddisruptionbudgets' },
    });
  }
  if (Object.keys(disrupted).length > MAX_DISRUPTED_PODS) {
    throw new ApiError({
      code: 403,
      reason: 'Forbidden',
      message: `poddisruptionbudgets.policy ${JSON.stringify(name)} is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller`,
      details: { name, group: 'policy', kind: 'poddisruptionbudgets' },
    });
  }
  if (allowed === 0) {
    const message = `The disruption budget ${name} needs ${Number(status['desiredHealthy'] ?? 0)} healthy pods and has ${Number(status['currentHealthy'] ?? 0)} currently`;
    throw tooMany(CANNOT, [{ reason: 'DisruptionBudget', message }], 0);
  }
  if (dryRun) return;
  const left = allowed - 1;
  const conditions = ((status['conditions'] ?? []) as readonly Values[]).filter(({ type }) => type !== 'DisruptionAllowed');
  const next: Values = {
    ...status,
    disruptionsAllowed: left,
    disruptedPods: { ...disrupted, [podName]: ctx.nowText },
    ...(left === 0 && {
      conditions: [
        ...conditions,
        {
          type: 'DisruptionAllowed',
          status: 'False',
          reason: 'InsufficientPods',
          message: '',
          observedGeneration: Number(status['observedGeneration'] ?? 0),
          lastTransitionTime: ctx.nowText,
        },
      ],
    }),
  };
  ctx.parts.store.put(PDBS, `${budget.metadata.namespace}/${name}`, { ...budget, status: next }, ctx.request.nowMs);
};

/**
 * Says in the status of a Pod why it goes (addConditionAndDeletePod); returns the options for its deletion, which ask for the version that this makes.
 * @throws ApiError 409
 */
const markEvicted = (ctx: RequestContext, pods: ApiResource, pod: StoredObject, options: DeleteOptions): DeleteOptions => {
  const { metadata, status = {} } = pod;
  checkPreconditions(pods, pod, options);
  const before = (status['conditions'] ?? []) as readonly Values[];
  const known = before.find(({ type }) => type === DISRUPTION_TARGET);
  const condition: Values = {
    type: DISRUPTION_TARGET,
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: known?.['status'] === 'True' ? known['lastTransitionTime'] : ctx.nowText,
  };
  const conditions =
    known === undefined ? [...before, condition] : before.map((each) => (each === known ? { ...known, ...condition } : each));
  const changed = { ...pod, status: { ...status, conditions } };
  if (isSameJson(changed, pod)) return options;
  const marked = ctx.parts.store.put('pods', `${metadata.namespace}/${metadata.name}`, changed, ctx.request.nowMs);
  return options.preconditions?.resourceVersion
    ? { ...options, preconditions: { ...options.preconditions, resourceVersion: marked.metadata.resourceVersion! } }
    : options;
};

/** Deletes a Pod if its disruption budget lets it go (pods/eviction). @throws ApiError */
export const evictPod = (ctx: RequestContext, pods: ApiResource, namespace: string, name: string, options: DeleteOptions): Status => {
  const pod = ctx.parts.store.get('pods', `${namespace}/${name}`);
  if (pod === undefined) throw notFound({ group: '', name: 'pods' }, name);
  const dryRun = options.dryRun.length > 0;
  if (!isFree(pod)) {
    const budgets = budgetsOf(ctx, pod);
    if (budgets.length > 1)
      throw internal('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
    const [budget] = budgets;
    if (budget !== undefined && !mayGoUnhealthy(pod, budget)) takeFrom(ctx, budget, name, dryRun);
  }
  deleteObject(ctx, pods, { namespace, name }, dryRun ? options : markEvicted(ctx, pods, pod, options));
  return created;
};

/** A Pod that is not ready may go without a look at the budget: always, or when enough others are healthy. */
const mayGoUnhealthy = (pod: StoredObject, { spec = {}, status = {} }: StoredObject): boolean => {
  if (isReady(pod)) return false;
  if (spec['unhealthyPodEvictionPolicy'] === 'AlwaysAllow') return true;
  const [current, desired] = [Number(status['currentHealthy'] ?? 0), Number(status['desiredHealthy'] ?? 0)];
  return current >= desired && desired > 0;
};
