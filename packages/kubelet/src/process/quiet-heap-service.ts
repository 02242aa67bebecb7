import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { debounceTime, filter, type SchedulerLike, switchMap, take, tap, timer } from 'rxjs';
import type { KubeletService } from '../kubelet-services.js';

/** How long the kubelet must have had nothing to do, ms. */
const QUIET_MS = 10_000;
/**
 * V8 gives the memory of young objects back (some 30 MiB after a busy time) only when it has seen from one collection to the next that
 * little is allocated: it takes a few of them, this far apart, ms.
 */
const AGAIN_MS = 5_000;
const COLLECTIONS = 4;

/**
 * Hands memory back once work is over. V8 collects when a program allocates, and a kubelet at rest hardly does: without this it would sit on
 * what starting thirty pods took (some 35 MiB) for as long as nothing happens, on machines where that matters.
 */
export const quietHeapService =
  ({ collect = collectGarbage, scheduler }: { readonly collect?: () => void; readonly scheduler?: SchedulerLike } = {}): KubeletService =>
  ({ reconciler }) =>
    reconciler.activity$.pipe(
      filter((activity) => activity.scope === 'pod' && activity.type === 'passEnded' && activity.actions > 0),
      debounceTime(QUIET_MS, scheduler),
      switchMap(() => timer(0, AGAIN_MS, scheduler).pipe(take(COLLECTIONS))),
      tap(collect),
    );

/** A full collection; some tens of ms. Node has no other way to ask for one without a flag on its command line. */
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  const collectNow: unknown = runInNewContext('gc');
  if (typeof collectNow === 'function') collectNow();
};
