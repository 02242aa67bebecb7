import type { Pod, PodSpec, Quantity, ResourceRequirements } from '../gen/pod-types.js';
import { formatExactly } from '../quantity/format-quantity.js';
import { roundQuantityToMilli } from '../quantity/quantity.js';
import { aggregateLimits, aggregateRequests } from '../resources/pod-totals.js';
import { isHugePagesName, isOvercommitAllowed, isPodLevelName } from '../resources/resource-name.js';
import type { Draft } from './draft.js';

type List = Record<string, Quantity>;

/** Rounds every quantity up to thousandths. */
export const roundList = (list: List | undefined): void => {
  for (const [name, quantity] of Object.entries(list ?? {})) list![name] = formatExactly(roundQuantityToMilli(quantity));
};

/** Resources that have a limit and no request get a request of that limit. */
export const fillRequests = (resources: Draft<ResourceRequirements>): void => {
  if (resources.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
};

const hasAny = (list: List | undefined): boolean => Object.keys(list ?? {}).length > 0;

/** Huge page limits of the pod are the sum of those of its containers, where the pod has resources but says nothing of these. */
const fillHugePageLimits = (resources: Draft<ResourceRequirements>, spec: PodSpec): void => {
  if (!hasAny(resources.limits) && !hasAny(resources.requests)) return;
  for (const [name, limit] of Object.entries(aggregateLimits(spec))) {
    if (!isHugePagesName(name) || resources.requests?.[name] !== undefined || resources.limits?.[name] !== undefined) continue;
    resources.limits = { ...resources.limits, [name]: limit };
  }
};

/** Requests of a pod with limits: what its containers request in all, else the pod's limit. */
const fillPodRequests = (resources: Draft<ResourceRequirements>, spec: PodSpec): void => {
  if (!hasAny(resources.limits)) return;
  const requests: List = { ...resources.requests };
  for (const [name, request] of Object.entries(aggregateRequests(spec))) {
    if (isPodLevelName(name) && isOvercommitAllowed(name)) requests[name] ??= request;
  }
  for (const [name, limit] of Object.entries(resources.limits ?? {})) if (isPodLevelName(name)) requests[name] ??= limit;
  if (hasAny(requests)) resources.requests = requests;
};

/** The resources of the pod as a whole; those of its containers must be complete by now. */
export const fillPodResources = ({ spec }: Draft<Pod>): void => {
  if (spec.resources === undefined) return;
  fillHugePageLimits(spec.resources, spec as PodSpec);
  fillPodRequests(spec.resources, spec as PodSpec);
};
