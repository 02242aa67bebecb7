import { BehaviorSubject, EMPTY, Subject, throwError } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { byKey } from './by-key.js';
import { noObservation } from './core/observation-ages.js';
import { podUid } from './core/pod-identity.js';
import { emptyKubeletState, type KubeletState } from './core/state/kubelet-state.js';
import { withInputs } from './core/state/with-pod.js';
import { watchPods } from './watch-pods.js';

const uids = Array.from({ length: 300 }, (_, index) => podUid(`pod-${index}`));
const inspected = (state: KubeletState, generation: number): KubeletState => ({
  ...state,
  ages: { ...state.ages, inspected: new Map(state.ages.inspected).set(uids[3]!, generation) },
});

it('a change of one pod is told to its sync alone, however many syncs run, and one of all to all', () => {
  const kubeletState$ = new BehaviorSubject<KubeletState>(uids.reduce((state, uid) => withInputs(state, uid, {}), emptyKubeletState));
  const watchPod = watchPods(kubeletState$);
  const told: string[] = [];
  const watches = uids.map((uid) => watchPod(uid).subscribe(() => told.push(uid)));
  const toldAfter = (change: (state: KubeletState) => KubeletState): readonly string[] => {
    told.length = 0;
    kubeletState$.next(change(kubeletState$.value));
    return told;
  };
  expect(told).toEqual(uids); // the state as it was
  expect(kubeletState$.observed).toBe(true);
  expect(toldAfter((state) => withInputs(state, uids[7]!, { probeResults: new Map() }))).toEqual([uids[7]]);
  expect(toldAfter((state) => inspected(state, 5))).toEqual([uids[3]]);
  expect(toldAfter((state) => ({ ...state, resourceRevision: 1 }))).toEqual([]);
  expect(toldAfter((state) => ({ ...state, ages: { ...noObservation, generation: 6 } }))).toEqual(uids);
  expect(toldAfter((state) => ({ ...state, syncedSources: new Set(['file /m']) }))).toEqual(uids);
  expect(toldAfter((state) => ({ ...state, restored: true }))).toEqual(uids);
  for (const watch of watches) watch.unsubscribe();
  expect(kubeletState$.observed).toBe(false);
});

it('whoever is told may leave and have others leave; the end and the error of the source are everybody’s', () => {
  const source$ = new Subject<string>();
  const of = byKey(source$, (value) => [value]);
  const told = vi.fn();
  const second = of('a').subscribe(() => told('second'));
  const first = of('a').subscribe(() => {
    told('first');
    first.unsubscribe();
    second.unsubscribe();
  });
  source$.next('b');
  expect(told.mock.calls).toEqual([]);
  source$.next('a');
  source$.next('a');
  expect(told.mock.calls).toEqual([['second'], ['first']]);
  expect(source$.observed).toBe(false);
  const complete = vi.fn();
  byKey(EMPTY, () => [1])(1).subscribe({ complete });
  expect(complete).toHaveBeenCalledTimes(1);
  const error = vi.fn();
  byKey(
    throwError(() => new Error('no')),
    () => [1],
  )(1).subscribe({ error });
  expect(error).toHaveBeenCalledTimes(1);
});
