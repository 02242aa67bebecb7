import type { PodPhase } from '@solo-kubelet/pod-spec';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { lostContainers, statusTransitionErrors, type TestKubelet } from '@solo-kubelet/reconciler/testing';

/**
 * Watches what the kubelet processes of one machine show of its pods, one after the other. Until a process knows its pods it shows no statuses; how a pod
 * had ended in the one before must then stand.
 */
export const watchStatuses = (broken: string[]): ((kubelet: TestKubelet) => () => void) => {
  const ended = new Map<PodUid, PodPhase>();
  const { lost, see } = lostContainers();
  return ({ reconciler }) => {
    const shown = new Map<PodUid, PodView>();
    let isKnown = false;
    const compare = (): void => {
      for (const [uid, phase] of isKnown ? [...ended] : []) {
        const now = shown.get(uid);
        if (now === undefined) continue;
        ended.delete(uid);
        if (now.pod.status?.phase !== phase) broken.push(`${uid}: phase ${phase} became ${now.pod.status?.phase} with another kubelet`);
      }
    };
    const subscription = reconciler.pods$.subscribe((views) => {
      for (const [uid, view] of views) {
        const before = shown.get(uid);
        shown.set(uid, view);
        see(view.pod.status ?? {});
        // A manifest that comes back while what it wanted before is being removed makes its pod anew, and so does a pod that is let in after all.
        if (before === undefined || (before.terminating && !view.terminating) || before.pod.status === view.pod.status) continue;
        if (before.pod.status?.message?.startsWith('Pod was rejected: ') === true) continue;
        const errors = statusTransitionErrors({
          pod: view.pod,
          previous: before.pod.status ?? {},
          next: view.pod.status ?? {},
          removing: before.terminating && view.terminating,
          lost,
        });
        broken.push(...errors.map((error) => `${uid}: ${error}`));
      }
      for (const uid of shown.keys()) if (!views.has(uid)) shown.delete(uid);
      compare();
    });
    subscription.add(
      reconciler.known$.subscribe((known) => {
        isKnown = known;
        compare();
      }),
    );
    return () => {
      subscription.unsubscribe();
      ended.clear();
      for (const [uid, { pod, terminating, returns }] of isKnown ? shown : []) {
        const phase = pod.status?.phase;
        if (!terminating && returns === undefined && (phase === 'Succeeded' || phase === 'Failed')) ended.set(uid, phase);
      }
    };
  };
};
