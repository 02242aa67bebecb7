import { describeError } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import { isCriticalPod, type PodUid, uidOf } from '@solo-kubelet/reconciler';
import type { SchedulerLike } from 'rxjs';
import { IMMEDIATE_GRACE_SECONDS } from './core/choose-victim.js';
import { exceededLimit, localLimits } from './core/local-limits.js';
import type { PodUsage, PodUsages } from './core/pod-usage.js';
import type { StorageLayout } from './core/storage-layout.js';
import type { EvictionActivity, EvictionPort } from './eviction-port.js';

export interface PacedLimitsOptions {
  readonly port: EvictionPort;
  readonly scheduler: SchedulerLike;
}

/** Walks through volumes take at most this share of the time, but are made once a minute however long they take. */
const WALK_SHARE = 0.01;
const LONGEST_PAUSE_MS = 60_000;

/** Ends pods that outgrew a limit of their own, unless they are critical; tells what those use. */
export const pacedLimits = ({ port, scheduler }: PacedLimitsOptions) => {
  let notBeforeMs = 0;
  return async (
    pods: readonly Pod[],
    layout: StorageLayout,
    emit: (activity: EvictionActivity) => void,
    signal: AbortSignal,
  ): Promise<PodUsages> => {
    const limited = new Map(
      pods.flatMap((pod) => {
        const what = localLimits(pod);
        return what === 'none' || isCriticalPod(pod) ? [] : [[pod, what] as const];
      }),
    );
    const startedMs = scheduler.now();
    if (limited.size === 0 || startedMs < notBeforeMs) return new Map();
    const usages: PodUsages = await port.limitedUsages(limited, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      emit({ type: 'evictionFailed', message: describeError(error) }); // which is no reason not to look after the node
      return new Map();
    });
    const endedMs = scheduler.now();
    notBeforeMs = endedMs + Math.min((endedMs - startedMs) / WALK_SHARE, LONGEST_PAUSE_MS);
    const exceeding = new Map<PodUid, PodUsage>();
    for (const pod of limited.keys()) {
      const usage = usages.get(uidOf(pod));
      const exceeded = usage && exceededLimit(pod, usage, layout);
      if (usage === undefined || exceeded === undefined) continue;
      exceeding.set(uidOf(pod), usage);
      const { signal: limit, message } = exceeded;
      const termination = { reason: 'Evicted', message, gracePeriodSeconds: IMMEDIATE_GRACE_SECONDS, disruption: false };
      emit({ type: 'podChosen', podUid: uidOf(pod), signal: limit, termination });
    }
    return exceeding;
  };
};
