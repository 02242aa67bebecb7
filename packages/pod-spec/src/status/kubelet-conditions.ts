/**
 * Types of conditions that nobody but the kubelet sets: of what a manifest, or an API server that was told of them before, says of these nothing stays. In
 * no particular order. Upstream: PodConditionByKubelet in pkg/kubelet/types/pod_status.go.
 */
export const KUBELET_CONDITIONS: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'PodResizePending',
  'PodResizeInProgress',
  'AllContainersRestarting',
]);

/** The type of the condition that the kubelet shares with others who end Pods. */
export const DISRUPTION_TARGET = 'DisruptionTarget';
