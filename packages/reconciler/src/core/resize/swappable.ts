import { type Container, type Pod, podQosClass, quantityValue } from '@solo-kubelet/pod-spec';
import { isCriticalPod } from '../critical-pod.js';

/** Whether the container may swap where `swapBehavior` is LimitedSwap (kuberuntime_container_linux.go GetContainerSwapBehavior). */
const isSwappable = (pod: Pod, { resources }: Container): boolean => {
  const [request, limit] = [resources?.requests?.['memory'], resources?.limits?.['memory']].map((quantity) =>
    quantityValue(quantity ?? '0'),
  );
  return request !== limit && podQosClass(pod) === 'Burstable' && !isCriticalPod(pod);
};

/**
 * Whether an edit changes the memory request, by which swap is measured, of a container that may swap, or is to, and is not restarted for it
 * (pkg/kubelet/allocation/handlers.go disallowResizeForSwappableContainers).
 */
export const resizesSwap = (allocated: Pod, desired: Pod): boolean => {
  const before = containersOf(allocated);
  return containersOf(desired).some((container) => {
    const old = before.find(({ name }) => name === container.name);
    if (old === undefined || memoryRequest(old) === memoryRequest(container)) return false;
    const restarts = old.resizePolicy?.some(
      ({ resourceName, restartPolicy }) => resourceName === 'memory' && restartPolicy === 'RestartContainer',
    );
    return restarts !== true && (isSwappable(desired, container) || isSwappable(allocated, old));
  });
};

const containersOf = ({ spec }: Pod): readonly Container[] => [...spec.containers, ...(spec.initContainers ?? [])];

const memoryRequest = ({ resources }: Container): bigint => quantityValue(resources?.requests?.['memory'] ?? '0');
