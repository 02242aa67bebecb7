import { formatQuantity, type Pod, parseQuantity, quantityValue } from '@solo-kubelet/pod-spec';
import { allContainers } from '@solo-kubelet/reconciler';
import { resourceOf, type SignalReadings, type StarvedResource } from './eviction-signal.js';
import { amountOf, type EvictionThreshold } from './eviction-threshold.js';
import { formatCount } from './format-count.js';
import type { ContainerUsage, PodUsage } from './pod-usage.js';

export interface MessageInput {
  readonly resource: StarvedResource;
  readonly pod: Pod;
  readonly usage: PodUsage | undefined;
  /** Those for which a pod is evicted now, most urgent first. */
  readonly thresholds: readonly EvictionThreshold[];
  readonly readings: SignalReadings;
}

/** Why the pod has to go, in upstream's words (pkg/kubelet/eviction/helpers.go evictionMessage). */
export const evictionMessage = ({ resource, pod, usage, thresholds, readings }: MessageInput): string =>
  [
    `The node was low on resource: ${resource}. `,
    thresholdText(resource, thresholds, readings),
    podText(resource, pod, usage),
    ...(usage?.containers ?? []).map((container) => containerText(resource, pod, container)),
  ].join('');

const thresholdText = (resource: StarvedResource, thresholds: readonly EvictionThreshold[], readings: SignalReadings): string => {
  const threshold = thresholds.find(({ signal }) => resourceOf(signal) === resource && readings[signal] !== undefined);
  const reading = threshold && readings[threshold.signal];
  if (threshold === undefined || reading === undefined) return '';
  const { value } = threshold;
  const text =
    'quantity' in value
      ? formatQuantity(parseQuantity(value.quantity))
      : // Shares of a capacity are printed as bytes whatever they count.
        formatCount(amountOf(value, reading.capacity), 'memory');
  return `Threshold quantity: ${text}, available: ${formatCount(reading.available, resource)}. `;
};

/** Of a pod with resources of its own, beside its containers. */
const podText = (resource: StarvedResource, { metadata, spec }: Pod, usage: PodUsage | undefined): string => {
  const request = resource === 'memory' ? spec.resources?.requests?.['memory'] : undefined;
  return request === undefined || usage?.memoryBytes === undefined
    ? ''
    : consumption(`Pod ${metadata.name}`, formatCount(usage.memoryBytes, resource), request, resource);
};

const containerText = (resource: StarvedResource, pod: Pod, container: ContainerUsage): string => {
  const spec = allContainers(pod).find(({ name }) => name === container.name);
  const used = usedBy(resource, container);
  if (spec === undefined || used === undefined) return '';
  const request = spec.resources?.requests?.[resource] ?? '0';
  return used > Number(quantityValue(parseQuantity(request)))
    ? consumption(`Container ${container.name}`, formatCount(used, resource), request, resource)
    : '';
};

const usedBy = (resource: StarvedResource, { memoryBytes, layer, logs }: ContainerUsage): number | undefined => {
  if (resource === 'memory') return memoryBytes;
  return resource === 'ephemeral-storage' && layer !== undefined && logs !== undefined ? layer.bytes + logs.bytes : undefined;
};

const consumption = (who: string, used: string, request: string, resource: StarvedResource): string =>
  `${who} was using ${used}, request is ${formatQuantity(parseQuantity(request))}, has larger consumption of ${resource}. `;
