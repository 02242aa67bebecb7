import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { debounceTime, filter, type SchedulerLike, tap } from 'rxjs';
import type { KubeletService } from '../run/kubelet-services.js';

/** How long the kubelet must have had nothing to do, ms. */
const QUIET_MS = 10_000;

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
      tap(collect),
    );

/** A full collection; some tens of ms. Node has no other way to ask for one without a flag on its command line. */
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  const collectNow: unknown = runInNewContext('gc');
  if (typeof collectNow === 'function') collectNow();
};
