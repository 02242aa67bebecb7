import type { NodeCounts, ResizeCounts, WorkingPod } from '@solo-kubelet/node-api';
import type { PodView } from '@solo-kubelet/reconciler';

/** What the node looks like at the moment of a scrape, from the pods alone. */
export const countPods = (views: readonly PodView[]): NodeCounts => {
  const statuses = views.flatMap(({ pod: { status } }) => [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]);
  const count = (matches: (status: (typeof statuses)[number]) => boolean): number => statuses.filter(matches).length;
  return {
    desiredPods: views.filter(({ origin }) => origin !== undefined).length,
    activePods: views.filter((view) => lifecycleOf(view) === 'sync').length,
    runningPods: views.filter(({ pod }) =>
      pod.status?.conditions?.some(({ type, status }) => type === 'PodReadyToStartContainers' && status === 'True'),
    ).length,
    workingPods: views.map((view): WorkingPod => ({ lifecycle: lifecycleOf(view), config: configOf(view) })),
    resizes: resizesOf(views),
    containers: {
      created: count(({ state, containerID }) => state?.waiting !== undefined && containerID !== undefined && containerID !== ''),
      running: count(({ state }) => state?.running !== undefined),
      exited: count(({ state }) => state?.terminated !== undefined),
    },
  };
};

const resizesOf = (views: readonly PodView[]): ResizeCounts => {
  const conditions = views.flatMap(({ pod: { status } }) => status?.conditions ?? []);
  const count = (wanted: string, why?: string): number =>
    conditions.filter(({ type, reason }) => type === wanted && (why === undefined || reason === why)).length;
  return {
    deferred: count('PodResizePending', 'Deferred'),
    infeasible: count('PodResizePending', 'Infeasible'),
    inProgress: count('PodResizeInProgress'),
  };
};

const lifecycleOf = ({ pod, terminating }: PodView): WorkingPod['lifecycle'] => {
  if (terminating) return 'terminating';
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? 'terminated' : 'sync';
};

/** Of a pod that was there before the kubelet and has no manifest, only labels are known. */
const configOf = ({ origin, pod }: PodView): WorkingPod['config'] => {
  if (origin !== undefined) return 'desired';
  return (pod.spec?.containers ?? []).length === 0 ? 'runtime_only' : 'orphan';
};
