import type { Container, EphemeralContainer, PodSpec } from '../gen/pod-types.js';

export interface LocatedContainer {
  readonly container: Container | EphemeralContainer;
  readonly field: string;
}

const locate = (list: readonly (Container | EphemeralContainer)[] | undefined, field: string): LocatedContainer[] =>
  (list ?? []).map((container, i) => ({ container, field: `${field}[${i}]` }));

/** Every container of every kind with its path, in the order in which Kubernetes visits them. */
export const allContainers = (spec: PodSpec, field = 'spec'): LocatedContainer[] => [
  ...locate(spec.initContainers, `${field}.initContainers`),
  ...locate(spec.containers, `${field}.containers`),
  ...locate(spec.ephemeralContainers, `${field}.ephemeralContainers`),
];
