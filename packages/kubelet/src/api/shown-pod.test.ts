import type { PodView } from '@solo-kubelet/reconciler';
import { from, map } from 'rxjs';
import { expect, it } from 'vitest';
import { firstSeen } from './first-seen.js';
import { shownPod } from './shown-pod.js';

const view = (terminating: boolean): PodView =>
  ({
    podUid: 'u',
    terminating,
    waitingForName: false,
    origin: undefined,
    pod: { metadata: { name: 'web', namespace: 'default', uid: 'u' }, spec: { containers: [] }, status: { phase: 'Running' } },
  }) as unknown as PodView;

it('shows a pod that is being ended as Terminating, since the moment when its manifest went', () => {
  const seconds = [1, 5, 9];
  const seen = firstSeen(() => seconds.shift()! * 1_000);
  const shown: string[] = [];
  from([false, true, true])
    .pipe(
      map((terminating) => new Map([['u', view(terminating)]])),
      seen,
      map((pods) => shownPod(pods.get('u')!)),
    )
    .subscribe((pod) => shown.push(String(pod.metadata.deletionTimestamp)));
  expect(shown).toEqual(['undefined', '1970-01-01T00:00:05Z', '1970-01-01T00:00:05Z']);
});
