import type { Pod } from '@solo-kubelet/pod-spec';
import type { KubeletConfiguration } from '../config/fields.js';
import type { ShutdownPeriod } from '../config/shutdown-period.js';

export interface ShutdownGroup<View> extends ShutdownPeriod {
  readonly pods: readonly View[];
}

type ShutdownConfiguration = Pick<
  KubeletConfiguration,
  'shutdownGracePeriod' | 'shutdownGracePeriodCriticalPods' | 'shutdownGracePeriodByPodPriority'
>;

/** Priority of a pod that names none, and of the system's classes, which nobody else resolves here (pkg/apis/scheduling/types.go). */
const DEFAULT_PRIORITY = 0;
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;
const CLASS_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': SYSTEM_CRITICAL_PRIORITY,
  'system-node-critical': SYSTEM_CRITICAL_PRIORITY + 1_000,
};

/** The configured periods, least priority first; none: a shutdown is not waited for. Upstream: nodeshutdown_manager.go migrateConfig. */
export const shutdownPeriods = (config: ShutdownConfiguration): readonly ShutdownPeriod[] => {
  const { shutdownGracePeriod: all, shutdownGracePeriodCriticalPods: critical, shutdownGracePeriodByPodPriority: periods } = config;
  if (periods.length > 0) return [...periods].sort((a, b) => a.priority - b.priority);
  if (all === 0) return [];
  return [
    { priority: DEFAULT_PRIORITY, shutdownGracePeriodSeconds: Math.floor((all - critical) / 1_000) },
    { priority: SYSTEM_CRITICAL_PRIORITY, shutdownGracePeriodSeconds: Math.floor(critical / 1_000) },
  ];
};

/** What logind has to be asked for, s. */
export const requestedSeconds = (periods: readonly ShutdownPeriod[]): number =>
  periods.reduce((sum, { shutdownGracePeriodSeconds }) => sum + shutdownGracePeriodSeconds, 0);

/** Each pod goes to the highest period that its priority reaches; below the lowest, to that. In the order of the periods; empty groups are left out. */
export const groupByPriority = <View extends { readonly pod: Pod }>(
  periods: readonly ShutdownPeriod[],
  views: readonly View[],
): readonly ShutdownGroup<View>[] => {
  const indexOf = (priority: number): number =>
    Math.max(
      0,
      periods.findLastIndex((period) => period.priority <= priority),
    );
  return periods
    .map((period, index) => ({ ...period, pods: views.filter(({ pod }) => indexOf(priorityOf(pod)) === index) }))
    .filter(({ pods }) => pods.length > 0);
};

const priorityOf = ({ spec: { priority, priorityClassName = '' } }: Pod): number =>
  priority ?? (Object.hasOwn(CLASS_PRIORITIES, priorityClassName) ? CLASS_PRIORITIES[priorityClassName] : undefined) ?? DEFAULT_PRIORITY;

/** What one pod is given of its group's period, s: no more than it asks for. */
export const shutdownGraceSeconds = ({ spec }: Pod, { shutdownGracePeriodSeconds }: ShutdownPeriod): number =>
  Math.min(shutdownGracePeriodSeconds, Number(spec.terminationGracePeriodSeconds ?? shutdownGracePeriodSeconds));
