import type { Container, Pod } from '@solo-kubelet/pod-spec';

export const allContainers = (pod: Pod | undefined): readonly Container[] => [
  ...(pod?.spec.initContainers ?? []),
  ...(pod?.spec.containers ?? []),
];
