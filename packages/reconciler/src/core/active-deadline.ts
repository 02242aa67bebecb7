import type { PodSyncInput } from './pod-sync-input.js';

/** When `activeDeadlineSeconds` runs out; undefined when the pod has none or has not started. */
export const deadlineMs = ({ pod, status }: Pick<PodSyncInput, 'pod' | 'status'>): number | undefined => {
  const seconds = pod?.spec.activeDeadlineSeconds;
  return seconds === undefined || status?.startTime === undefined ? undefined : Date.parse(status.startTime) + Number(seconds) * 1000;
};
