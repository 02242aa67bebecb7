import type { Pod } from '@solo-kubelet/pod-spec';

/** Least priority of the system's own classes (scheduling.SystemCriticalPriority). */
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;
const CRITICAL_CLASSES: ReadonlySet<string> = new Set(['system-node-critical', 'system-cluster-critical']);

/**
 * Whether the node cannot do without the pod, by its own priority; that it is static says nothing here (docs/decisions/125). Nobody resolves class
 * names to numbers, so the two names count as their numbers do.
 */
export const isCriticalPod = ({ spec: { priority, priorityClassName = '' } }: Pod): boolean =>
  (priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY || CRITICAL_CLASSES.has(priorityClassName);
