import type { Container, Pod } from '../gen/pod-types.js';
import { quantityValue, subQuantities } from '../quantity/quantity.js';
import { aggregateRequests, isSidecar } from './pod-totals.js';
import { podQosClass } from './qos-class.js';

const GUARANTEED = -997;
const BEST_EFFORT = 1000;
/** Above a Guaranteed container that uses all of the memory. */
const LEAST_BURSTABLE = 3;

const memoryRequest = (container: Container): bigint => quantityValue(container.resources?.requests?.['memory'] ?? '0');

/**
 * The `oom_score_adj` of a container of a static Pod, on a node with this much memory (bytes): the less it asked for, the sooner the
 * kernel takes it (pkg/kubelet/qos GetContainerOOMScoreAdjust).
 */
export const oomScoreAdj = (pod: Pick<Pod, 'spec'>, container: Container, memoryCapacityBytes: number | bigint): number => {
  if (pod.spec.priorityClassName === 'system-node-critical') return GUARANTEED;
  const qosClass = podQosClass(pod);
  if (qosClass !== 'Burstable') return qosClass === 'Guaranteed' ? GUARANTEED : BEST_EFFORT;
  const unclaimed = unclaimedPerContainer(pod);
  const scoreOf = (request: bigint): number => Number(1000n - (1000n * (request + unclaimed)) / BigInt(memoryCapacityBytes));
  const own = scoreOf(memoryRequest(container));
  const isBesideOthers = isSidecar(container) && (pod.spec.initContainers ?? []).some(({ name }) => name === container.name);
  const score = isBesideOthers ? Math.min(own, scoreOf(smallestRequest(pod.spec.containers))) : own;
  if (score < LEAST_BURSTABLE) return LEAST_BURSTABLE;
  return score === BEST_EFFORT ? BEST_EFFORT - 1 : score;
};

/** What the Pod asked for beyond its containers, shared out evenly. */
const unclaimedPerContainer = ({ spec }: Pick<Pod, 'spec'>): bigint => {
  const podRequest = spec.resources?.requests?.['memory'];
  if (podRequest === undefined || quantityValue(podRequest) === 0n) return 0n;
  const rest = quantityValue(subQuantities(podRequest, aggregateRequests(spec)['memory'] ?? '0'));
  return rest / BigInt(spec.containers.length + (spec.initContainers ?? []).length);
};

const smallestRequest = (containers: readonly Container[]): bigint => {
  const [least = 0n] = containers.map(memoryRequest).sort((a, b) => Number(a - b));
  return least;
};
