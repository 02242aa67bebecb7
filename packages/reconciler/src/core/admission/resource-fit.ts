import { podRequests, quantityValue } from '@solo-kubelet/pod-spec';
import type { AdmissionCheck } from './admission-check.js';
import { amountOf } from './occupancy.js';
import type { Rejection } from './rejection.js';

const rejection = (name: string, asked: bigint, used: bigint, capacity: bigint): Rejection => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${asked}, used: ${used}, capacity: ${capacity}`,
});

/**
 * Whether the pod's requests fit beside the others'. Resources that the node does not know are left out of account, as upstream does.
 * Upstream: scheduler/framework/plugins/noderesources/fit.go. Deviation: decisions/062.
 */
export const checkResources: AdmissionCheck = ({ pod, neighbours, node }) => {
  const podLimit = node.allocatable['pods'];
  const pods = podLimit === undefined ? undefined : quantityValue(podLimit);
  if (pods !== undefined && BigInt(neighbours.names) + 1n > pods) return rejection('pods', 1n, BigInt(neighbours.names), pods);
  const own = podRequests(pod);
  const asks = Object.keys(own).filter((name) => node.allocatable[name] !== undefined && amountOf(name, own[name]) > 0n);
  for (const name of asks.sort(byImportance)) {
    const capacity = amountOf(name, node.allocatable[name]);
    const used = neighbours.used(name);
    const asked = amountOf(name, own[name]);
    if (asked > capacity - used) return rejection(name, asked, used, capacity);
  }
  return undefined;
};

const order = ['cpu', 'memory', 'ephemeral-storage'];
const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
const byImportance = (a: string, b: string): number => rank(a) - rank(b) || (a < b ? -1 : 1);
