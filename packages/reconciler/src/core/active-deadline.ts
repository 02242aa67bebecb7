import type { PodSyncInput } from './pod-sync-input.js';

/** When `activeDeadlineSeconds` runs out, steady time, ms; undefined when the pod has none or has not started. */
export const deadlineMs = ({ pod, status, activeSinceMs }: Pick<PodSyncInput, 'pod' | 'status' | 'activeSinceMs'>): number | undefined => {
  const seconds = pod?.spec.activeDeadlineSeconds;
  if (seconds === undefined || status?.startTime === undefined) return undefined;
  return (activeSinceMs ?? Date.parse(status.startTime)) + Number(seconds) * 1000;
};
