import { type Container, type Pod, quantityMilliValue, quantityValue, type ResourceFieldSelector } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';

/** Resources whose missing limit means "what the node has". */
const withFallback = new Set(['cpu', 'memory', 'ephemeral-storage']);

export interface ResourceFieldContext {
  readonly pod: Pod;
  /** The container that asks; undefined for a volume, which always names one. */
  readonly container?: Container;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Whether pod-level limits stand in for missing ones: in the environment but not in volumes, as upstream. */
  readonly podLevelLimits: boolean;
}

/** `ceil(value / divisor)` of a container's limit or request. Upstream: pkg/api/v1/resource/helpers.go. */
export const resourceField = (selector: ResourceFieldSelector, context: ResourceFieldContext): string => {
  const [list, ...rest] = selector.resource.split('.');
  const resource = rest.join('.');
  if ((list !== 'limits' && list !== 'requests') || resource === '') throw invalid(`unsupported container resource : ${selector.resource}`);
  const { container, fallsBack } = findContainer(selector, context);
  const own = container.resources?.[list]?.[resource];
  const quantity = list === 'limits' && fallsBack && withFallback.has(resource) ? (positive(own) ?? nodeLimit(resource, context)) : own;
  return divide(quantity ?? '0', selector.divisor, resource === 'cpu').toString();
};

const findContainer = (
  { containerName }: ResourceFieldSelector,
  { pod, container, podLevelLimits }: ResourceFieldContext,
): { readonly container: Container; readonly fallsBack: boolean } => {
  if (container !== undefined && (!containerName || containerName === container.name)) return { container, fallsBack: true };
  const regular = pod.spec.containers.find(({ name }) => name === containerName);
  if (regular !== undefined) return { container: regular, fallsBack: true };
  const init = pod.spec.initContainers?.find(({ name }) => name === containerName);
  // In the environment, init containers that are named from elsewhere get no fallback.
  if (init !== undefined) return { container: init, fallsBack: !podLevelLimits };
  throw invalid(`container ${containerName} not found`);
};

const nodeLimit = (resource: string, { pod, allocatable, podLevelLimits }: ResourceFieldContext): string =>
  (podLevelLimits ? positive(pod.spec.resources?.limits?.[resource]) : undefined) ?? allocatable[resource] ?? '0';

const positive = (quantity: string | undefined): string | undefined =>
  quantity !== undefined && quantityMilliValue(quantity) > 0n ? quantity : undefined;

/** CPU is divided in thousandths, everything else in whole units. */
const divide = (quantity: string, divisor: string | undefined, milli: boolean): bigint => {
  const measure = (text: string): bigint => (milli ? quantityMilliValue : quantityValue)(text);
  const by = divisor === undefined ? 0n : measure(divisor);
  const divisorValue = by === 0n ? measure('1') : by;
  return (measure(quantity) + divisorValue - 1n) / divisorValue;
};

const invalid = (message: string): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'ENVIRONMENT_INVALID', retryable: false, message });
