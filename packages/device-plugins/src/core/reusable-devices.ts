import { isSidecar, type Pod } from '@solo-kubelet/pod-spec';
import { type AllocationBook, allocationsOf, deviceIds } from './allocation-book.js';

/**
 * Devices of one resource that a container may take over from init containers of its pod that will have ended when it starts. What a sidecar or an app
 * container has is its own. Upstream: Allocate in pkg/kubelet/cm/devicemanager/manager.go.
 */
export const reusableDevices = (pod: Pod, containerName: string, resourceName: string, book: AllocationBook): readonly string[] => {
  const has = (name: string): readonly string[] =>
    allocationsOf(book, pod.metadata.uid, name)
      .filter((entry) => entry.resourceName === resourceName)
      .flatMap(deviceIds);
  const reusable = new Set<string>();
  for (const container of pod.spec.initContainers ?? []) {
    if (container.name === containerName) return [...reusable];
    for (const id of has(container.name)) {
      if (isSidecar(container)) reusable.delete(id);
      else reusable.add(id);
    }
  }
  for (const container of pod.spec.containers) {
    if (container.name === containerName) break;
    for (const id of has(container.name)) reusable.delete(id);
  }
  return [...reusable];
};
