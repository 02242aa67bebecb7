import type { Pod, PodQOSClass, ResourceRequirements } from '../gen/pod-types.js';
import { compareQuantities, quantitySign } from '../quantity/quantity.js';
import { type ResourceList, sumLists } from './resource-list.js';
import { isPodLevelName } from './resource-name.js';

const COUNTED = ['cpu', 'memory'];

const positive = (list: ResourceList = {}): ResourceList =>
  Object.fromEntries(Object.entries(list).filter(([name, quantity]) => COUNTED.includes(name) && quantitySign(quantity) > 0));

/** Whether `spec.resources` has an amount that counts for the whole Pod. */
export const hasPodResources = ({ spec }: Pick<Pod, 'spec'>): boolean =>
  [spec.resources?.requests, spec.resources?.limits].some((list) => Object.keys(list ?? {}).some(isPodLevelName));

/**
 * How dear the Pod is to the node. Only cpu and memory count, and of the Pod's own resources and those of its containers the Pod's own
 * (pkg/apis/core/v1/helper/qos ComputePodQOS).
 */
export const podQosClass = (pod: Pick<Pod, 'spec'>): PodQOSClass => {
  const { spec } = pod;
  const parts: readonly ResourceRequirements[] = hasPodResources(pod)
    ? [spec.resources ?? {}]
    : [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources ?? {});
  const requests = parts.map((part) => positive(part.requests)).reduce(sumLists, {});
  const limits = parts.map((part) => positive(part.limits)).reduce(sumLists, {});
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return 'BestEffort';
  const isEachLimited = parts.every((part) => Object.keys(positive(part.limits)).length === COUNTED.length);
  return isEachLimited && isSame(requests, limits) ? 'Guaranteed' : 'Burstable';
};

const isSame = (a: ResourceList, b: ResourceList): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, quantity]) => b[name] !== undefined && compareQuantities(quantity, b[name]) === 0);
