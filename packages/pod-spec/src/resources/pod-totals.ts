import type { Container, Pod, PodSpec } from '../gen/pod-types.js';
import { addQuantities, formatQuantity } from '../quantity/quantity.js';
import { isZero, maxLists, type ResourceList, sumLists } from './resource-list.js';
import { isPodLevelName } from './resource-name.js';

type Kind = 'requests' | 'limits';

/** An init container that starts before the others and then runs beside them. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/** What is held while each init container runs: its own and that of the sidecars before it. */
export const initSteps = (spec: PodSpec, kind: Kind): readonly ResourceList[] => {
  let sidecars: ResourceList = {};
  return (spec.initContainers ?? []).map((container) => {
    const step = sumLists(sidecars, container.resources?.[kind] ?? {});
    if (isSidecar(container)) sidecars = step;
    return step;
  });
};

/** The most that the containers hold at any time: all that run together, or one init container with the sidecars before it. */
const aggregate = (spec: PodSpec, kind: Kind): ResourceList => {
  const together = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)]
    .map((container) => container.resources?.[kind] ?? {})
    .reduce(sumLists, {});
  return initSteps(spec, kind).reduce(maxLists, together);
};

export const aggregateRequests = (spec: PodSpec): ResourceList => aggregate(spec, 'requests');
export const aggregateLimits = (spec: PodSpec): ResourceList => aggregate(spec, 'limits');

const podLevel = (spec: PodSpec, kind: Kind): ResourceList =>
  Object.fromEntries(Object.entries(spec.resources?.[kind] ?? {}).filter(([name]) => isPodLevelName(name)));

/** What the Pod asks for as a whole: its own `resources` before those of its containers, and its overhead. */
export const podRequests = ({ spec }: Pick<Pod, 'spec'>): ResourceList =>
  sumLists({ ...aggregateRequests(spec), ...podLevel(spec, 'requests') }, spec.overhead ?? {});

/** What the Pod may use as a whole. Overhead adds to a limit, but makes none. */
export const podLimits = ({ spec }: Pick<Pod, 'spec'>): ResourceList => {
  const limits = { ...aggregateLimits(spec), ...podLevel(spec, 'limits') };
  for (const [name, overhead] of Object.entries(spec.overhead ?? {})) {
    const limit = limits[name];
    if (limit !== undefined && !isZero(limit)) limits[name] = formatQuantity(addQuantities(limit, overhead));
  }
  return limits;
};
