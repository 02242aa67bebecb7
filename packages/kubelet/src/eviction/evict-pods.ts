import { describeError } from '@solo-kubelet/diagnostics';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { checkInterval } from '@solo-kubelet/timers';
import { delay, fromEmitting, longDelays, steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { defer, ignoreElements, merge, type Observable, tap } from 'rxjs';
import type { EvictionActivity, EvictPodsOptions } from './eviction-port.js';
import { evictionSyncs } from './eviction-sync.js';

/** How long the next synchronization waits for an evicted pod to be gone, and how often it asks, ms (podCleanupTimeout, podCleanupPollFreq). */
const CLEANUP_TIMEOUT_MS = 30_000;
const CLEANUP_POLL_MS = 1_000;

/**
 * Watches what the node has left, tells its pressures, and chooses at most one pod at a time that has to go, or several that outgrew their own limits.
 * Upstream: pkg/kubelet/eviction/eviction_manager.go.
 */
export const evictPods = (options: EvictPodsOptions): Observable<EvictionActivity> =>
  defer(() => {
    const { scheduler: givenScheduler = steadyScheduler } = options;
    const intervalMs = checkInterval('intervalMs', options.intervalMs, 10_000);
    const scheduler = longDelays(givenScheduler);
    const wallNow = options.wallNow ?? (options.scheduler === undefined ? Date.now : () => scheduler.now());
    const syncs = evictionSyncs({ ...options, scheduler, wallNow });
    let pods: ReadonlyMap<PodUid, PodView> = new Map();
    const leaving = new Set<PodUid>();
    const known$ = merge(
      options.pods$.pipe(
        tap((current) => {
          pods = current;
        }),
      ),
      options.cleaned$.pipe(
        tap((uid) => {
          leaving.delete(uid);
          syncs.cleaned(uid);
        }),
      ),
    ).pipe(ignoreElements());

    const pause = async (nextMs: number, signal: AbortSignal): Promise<void> => {
      if (leaving.size === 0) return delay(nextMs, scheduler, signal);
      for (let waitedMs = 0; leaving.size > 0 && waitedMs < CLEANUP_TIMEOUT_MS && !signal.aborted; waitedMs += CLEANUP_POLL_MS) {
        await delay(CLEANUP_POLL_MS, scheduler, signal);
      }
      leaving.clear();
    };
    const syncs$ = fromEmitting<EvictionActivity>(async (emit, signal) => {
      const tell = (activity: EvictionActivity): void => {
        if (activity.type === 'podChosen') leaving.add(activity.podUid);
        emit(activity);
      };
      while (!signal.aborted) {
        const nextMs = await syncs.synchronize([...pods.values()], tell, signal).catch((error: unknown): undefined => {
          tell({ type: 'evictionFailed', message: describeError(error) });
        });
        await pause(Math.min(nextMs ?? intervalMs, intervalMs), signal);
      }
    });
    return merge(known$, syncs$);
  });
