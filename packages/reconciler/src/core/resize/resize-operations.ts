import { compareQuantities, type Pod, quantityMilliValue } from '@solo-kubelet/pod-spec';
import { resizableContainers } from './resizable-containers.js';

/** What an edit asks of one amount of one container. */
export interface ResizeOperation {
  readonly resource: 'memory' | 'cpu';
  readonly requirement: 'requests' | 'limits';
  readonly operation: 'add' | 'remove' | 'increase' | 'decrease';
}

/** Every amount that differs, of containers that both have (pkg/kubelet/kubelet.go recordContainerResizeOperations). */
export const resizeOperations = (before: Pod, after: Pod): readonly ResizeOperation[] =>
  resizableContainers(before).flatMap((old) => {
    const container = resizableContainers(after).find(({ name }) => name === old.name);
    if (container === undefined) return [];
    return (['memory', 'cpu'] as const).flatMap((resource) =>
      (['requests', 'limits'] as const).flatMap((requirement) => {
        const operation = operationOf(old.resources?.[requirement]?.[resource], container.resources?.[requirement]?.[resource]);
        return operation === undefined ? [] : [{ resource, requirement, operation }];
      }),
    );
  });

/** Zero is as good as none. */
const operationOf = (before = '0', after = '0'): ResizeOperation['operation'] | undefined => {
  const order = compareQuantities(after, before);
  if (order === 0) return undefined;
  if (quantityMilliValue(before) === 0n) return 'add';
  if (quantityMilliValue(after) === 0n) return 'remove';
  return order < 0 ? 'decrease' : 'increase';
};
