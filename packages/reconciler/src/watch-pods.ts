import { map, merge, type Observable, pairwise, take } from 'rxjs';
import { byKey } from './by-key.js';
import { concernedPods } from './core/concerned-pods.js';
import type { PodUid } from './core/pod-identity.js';
import type { KubeletState } from './core/state/kubelet-state.js';

/** The kubelet state at once, and again whenever it changed in what concerns this pod. */
export type WatchPod = (podUid: PodUid) => Observable<KubeletState>;

/** For as many syncs as there are pods: a change costs only those that it concerns. `kubeletState$` hands its newest value to whoever comes. */
export const watchPods = (kubeletState$: Observable<KubeletState>): WatchPod => {
  const stepsOf = byKey(kubeletState$.pipe(pairwise()), ([previous, next]) => concernedPods(previous, next));
  return (podUid) =>
    merge(
      // First, so that nothing is missed that comes of the state as it is now.
      stepsOf(podUid).pipe(map(([, next]) => next)),
      kubeletState$.pipe(take(1)),
    );
};
