import type { Pod } from '@solo-kubelet/pod-spec';

export const isReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** Whether nothing more is to be waited for: Ready, or done for good. */
export const isSettled = (pod: Pod): boolean => isReady(pod) || pod.status?.phase === 'Succeeded';
