import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { isSidecar } from '../restart-decision.js';

/** Init containers that come and go are not resized (pkg/kubelet/allocation IsResizableContainer). */
export const resizableContainers = ({ spec }: Pod): readonly Container[] => [
  ...(spec.initContainers ?? []).filter(isSidecar),
  ...spec.containers,
];
