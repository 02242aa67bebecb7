import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { statusTransitionErrors, type TestKubelet } from '@solo-kubelet/reconciler/testing';

/** Watches what one kubelet process shows of its pods. */
export const watchStatuses =
  (broken: string[]) =>
  ({ reconciler }: TestKubelet): (() => void) => {
    const shown = new Map<PodUid, PodView>();
    const subscription = reconciler.pods$.subscribe((views) => {
      for (const [uid, view] of views) {
        const before = shown.get(uid);
        shown.set(uid, view);
        // A manifest that comes back while what it wanted before is being removed makes its pod anew, and so does a pod that is let in after all.
        if (before === undefined || (before.terminating && !view.terminating) || before.pod.status === view.pod.status) continue;
        if (before.pod.status?.message?.startsWith('Pod was rejected: ') === true) continue;
        const errors = statusTransitionErrors({
          pod: view.pod,
          previous: before.pod.status ?? {},
          next: view.pod.status ?? {},
          removing: before.terminating && view.terminating,
        });
        broken.push(...errors.map((error) => `${uid}: ${error}`));
      }
      for (const uid of shown.keys()) if (!views.has(uid)) shown.delete(uid);
    });
    return () => subscription.unsubscribe();
  };
