import { type Pod, podRequests, quantityMilliValue, quantityValue } from '@solo-kubelet/pod-spec';
import { podKey } from '../pod-identity.js';
import type { AdmissionCheck } from './admission-check.js';
import type { Rejection } from './rejection.js';

/** A resource in the unit in which upstream reports it: cpu in thousandths, everything else whole. */
const amount = (name: string, quantity: string | undefined): bigint => {
  if (quantity === undefined) return 0n;
  return name === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
};

const rejection = (name: string, asked: bigint, used: bigint, capacity: bigint): Rejection => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${asked}, used: ${used}, capacity: ${capacity}`,
});

/**
 * Whether the pod's requests fit beside the others'. Resources that the node does not know are left out of account, as upstream does.
 * Upstream: scheduler/framework/plugins/noderesources/fit.go. Deviation: decisions/062.
 */
export const checkResources: AdmissionCheck = ({ pod, others, node }) => {
  const byName = requestsByName(others);
  const podLimit = node.allocatable['pods'];
  const pods = podLimit === undefined ? undefined : quantityValue(podLimit);
  if (pods !== undefined && BigInt(byName.length) + 1n > pods) return rejection('pods', 1n, BigInt(byName.length), pods);
  const own = podRequests(pod);
  const asks = Object.keys(own).filter((name) => node.allocatable[name] !== undefined && amount(name, own[name]) > 0n);
  for (const name of asks.sort(byImportance)) {
    const capacity = amount(name, node.allocatable[name]);
    const used = byName.reduce((sum, requests) => sum + largest(name, requests), 0n);
    const asked = amount(name, own[name]);
    if (asked > capacity - used) return rejection(name, asked, used, capacity);
  }
  return undefined;
};

type Requests = ReturnType<typeof podRequests>;

const known = new WeakMap<Pod, Requests>();

/** Of a pod that is held against every one that comes. */
const requestsOf = (pod: Pod): Requests => {
  const requests = known.get(pod) ?? podRequests(pod);
  known.set(pod, requests);
  return requests;
};

/** What the pods of each name ask for. */
const requestsByName = (pods: readonly Pod[]): readonly (readonly Requests[])[] => {
  const byName = new Map<string, Requests[]>();
  for (const pod of pods) {
    const key = podKey(pod);
    const requests = byName.get(key) ?? [];
    requests.push(requestsOf(pod));
    byName.set(key, requests);
  }
  return [...byName.values()];
};

const largest = (name: string, requests: readonly Requests[]): bigint => {
  let most = 0n;
  for (const one of requests) {
    const asked = amount(name, one[name]);
    if (asked > most) most = asked;
  }
  return most;
};

const order = ['cpu', 'memory', 'ephemeral-storage'];
const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
const byImportance = (a: string, b: string): number => rank(a) - rank(b) || (a < b ? -1 : 1);
