import type { PodView } from '@solo-kubelet/reconciler';
import { type Observable, scan } from 'rxjs';

/** A pod, and when this kubelet first saw it and saw it end. */
export interface SeenPod {
  readonly view: PodView;
  readonly seenMs: number;
  /** When it was first seen being ended, Unix ms. */
  readonly endingMs?: number;
}

/** Notes when each pod was first seen. An unchanged view stays the same object. */
export const firstSeen =
  (now: () => number) =>
  (pods$: Observable<ReadonlyMap<string, PodView>>): Observable<ReadonlyMap<string, SeenPod>> =>
    pods$.pipe(
      scan((seen, pods) => new Map([...pods].map(([uid, view]) => [uid, seenPod(seen.get(uid), view, now)])), new Map<string, SeenPod>()),
    );

const seenPod = (before: SeenPod | undefined, view: PodView, now: () => number): SeenPod =>
  before?.view === view
    ? before
    : { view, seenMs: before?.seenMs ?? now(), ...(view.terminating ? { endingMs: before?.endingMs ?? now() } : {}) };
