import type { ManifestStates } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, combineLatest, filter, map, merge, type Observable, take, timer } from 'rxjs';
import { isSettled } from './pod-state.js';

export interface Settled {
  readonly pods: readonly Pod[];
  readonly manifests: ManifestStates;
  /** Every pod is Ready or has done its work; false when time was up first. */
  readonly complete: boolean;
}

/** Emits once: when every manifest has been read and each of its pods is Ready or done, or when the time is up. */
export const whenSettled = (
  pods$: Observable<ReadonlyMap<PodUid, PodView>>,
  manifests$: Observable<ManifestStates>,
  timeoutMs: number,
): Observable<Settled> => {
  const state$ = combineLatest([pods$, manifests$]).pipe(
    map(([views, manifests]) => {
      const pods = [...views.values()].map(({ pod }) => pod).sort((left, right) => nameOf(left).localeCompare(nameOf(right)));
      return { pods, manifests, complete: isComplete(manifests, pods) };
    }),
  );
  const late$ = combineLatest([state$, timer(timeoutMs, longDelays(asyncScheduler))]).pipe(map(([state]) => state));
  return merge(state$.pipe(filter(({ complete }) => complete)), late$).pipe(take(1));
};

const isComplete = ({ sources, manifests }: ManifestStates, pods: readonly Pod[]): boolean => {
  const wanted = [...manifests.values()].filter(({ state }) => state === 'accepted' || state === 'stale').length;
  return sources.size > 0 && [...sources.values()].every(({ synced }) => synced) && pods.length >= wanted && pods.every(isSettled);
};

const nameOf = ({ metadata }: Pod): string => `${metadata?.namespace}/${metadata?.name}`;
