import { type Pod, podRequests, quantityMilliValue, quantityValue } from '@solo-kubelet/pod-spec';
import type { AdmissionCheck, Refusal } from './refusal.js';

/** A resource in the unit in which upstream reports it: cpu in thousandths, everything else whole. */
const amount = (name: string, quantity: string | undefined): bigint => {
  if (quantity === undefined) return 0n;
  return name === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
};

const requested = (pod: Pod, name: string): bigint => amount(name, podRequests(pod)[name]);

const refusal = (name: string, asked: bigint, used: bigint, capacity: bigint): Refusal => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${asked}, used: ${used}, capacity: ${capacity}`,
});

/**
 * Whether the pod's requests fit beside the others'. Resources that the node does not know are left out of account, as upstream does.
 * Upstream: scheduler/framework/plugins/noderesources/fit.go. Deviation: decisions/062.
 */
export const checkResources: AdmissionCheck = ({ pod, others, node }) => {
  const podLimit = node.allocatable['pods'];
  const pods = podLimit === undefined ? undefined : quantityValue(podLimit);
  if (pods !== undefined && BigInt(others.length) + 1n > pods) return refusal('pods', 1n, BigInt(others.length), pods);
  const asks = Object.keys(podRequests(pod)).filter((name) => node.allocatable[name] !== undefined && requested(pod, name) > 0n);
  for (const name of asks.sort(byImportance)) {
    const capacity = amount(name, node.allocatable[name]);
    const used = others.reduce((sum, other) => sum + requested(other, name), 0n);
    const asked = requested(pod, name);
    if (asked > capacity - used) return refusal(name, asked, used, capacity);
  }
  return undefined;
};

const order = ['cpu', 'memory', 'ephemeral-storage'];
const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
const byImportance = (a: string, b: string): number => rank(a) - rank(b) || (a < b ? -1 : 1);
