import { type Container, compareQuantities, type Pod, podRequests, type ResourceRequirements } from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';

/** Resources of a pod: of every container by name, init containers too, and of the pod as a whole (`spec.resources`). */
export interface PodResources {
  readonly containers: Readonly<Record<string, ResourceRequirements>>;
  readonly pod?: ResourceRequirements;
}

type Quantities = Readonly<Record<string, string>>;

export const resourcesOfPod = (pod: Pod): PodResources => ({
  containers: Object.fromEntries(allContainers(pod).map(({ name, resources }) => [name, resources ?? {}])),
  ...(pod.spec.resources === undefined ? {} : { pod: pod.spec.resources }),
});

/** The pod with these resources in place of its own; the same object when they are its own. Containers that are not named keep theirs. */
export const withResources = (pod: Pod, resources: PodResources): Pod => {
  const own = resourcesOfPod(pod);
  const wanted = { ...resources, containers: { ...own.containers, ...pick(resources.containers, Object.keys(own.containers)) } };
  if (samePodResources(own, wanted)) return pod;
  const given = (container: Container): Container => ({ ...container, resources: wanted.containers[container.name] ?? {} });
  const { resources: _, initContainers, containers, ...spec } = pod.spec;
  return {
    ...pod,
    spec: {
      ...spec,
      ...(initContainers && { initContainers: initContainers.map(given) }),
      containers: containers.map(given),
      ...(wanted.pod && { resources: wanted.pod }),
    },
  };
};

const pick = <V>(record: Readonly<Record<string, V>>, names: readonly string[]): Readonly<Record<string, V>> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));

/**
 * CPU and memory that a container is held to: a limit that it does not have is the pod's, as upstream does
 * (pkg/kubelet/kuberuntime/kuberuntime_container_linux.go).
 */
export const heldTo = ({ spec }: Pod, { resources: { requests = {}, limits = {} } = {} }: Container): ResourceRequirements => {
  const ofPod = spec.resources?.limits ?? {};
  const of = (list: Quantities, name: string): Quantities => (list[name] === undefined ? {} : { [name]: list[name] });
  return {
    requests: { ...of(requests, 'cpu'), ...of(requests, 'memory') },
    limits: { ...of(ofPod, 'cpu'), ...of(ofPod, 'memory'), ...of(limits, 'cpu'), ...of(limits, 'memory') },
  };
};

/** CPU and memory that the pod asks for as a whole, without what the runtime itself needs for it. */
export const requestsAsWhole = ({ spec: { overhead: _, ...spec } }: Pod): Quantities => {
  const { cpu, memory } = podRequests({ spec });
  return { ...(cpu && { cpu }), ...(memory && { memory }) };
};

export const sameQuantity = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && compareQuantities(a, b) === 0);

const sameList = (a: Quantities = {}, b: Quantities = {}): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => sameQuantity(a[name], b[name]));

export const sameResources = (a: ResourceRequirements = {}, b: ResourceRequirements = {}): boolean =>
  sameList(a.requests, b.requests) && sameList(a.limits, b.limits);

export const samePodResources = (a: PodResources, b: PodResources): boolean =>
  sameResources(a.pod, b.pod) &&
  [...new Set([...Object.keys(a.containers), ...Object.keys(b.containers)])].every((name) =>
    sameResources(a.containers[name], b.containers[name]),
  );

/** The larger amount of each resource; what only one of them names is taken from that one. */
export const largerResources = (a: ResourceRequirements = {}, b: ResourceRequirements = {}): ResourceRequirements => ({
  requests: largerList(a.requests, b.requests),
  limits: largerList(a.limits, b.limits),
});

const largerList = (a: Quantities = {}, b: Quantities = {}): Quantities => {
  const larger: Record<string, string> = { ...a };
  for (const [name, quantity] of Object.entries(b)) {
    const other = larger[name];
    if (other === undefined || compareQuantities(quantity, other) > 0) larger[name] = quantity;
  }
  return larger;
};
