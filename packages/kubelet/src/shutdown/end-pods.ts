import type { PodUid, PodView, ReconcilerCommand } from '@solo-kubelet/reconciler';
import {
  concatMap,
  defer,
  filter,
  from,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  type SchedulerLike,
  take,
  takeUntil,
  tap,
  timer,
  withLatestFrom,
} from 'rxjs';
import type { ShutdownPeriod } from '../config/shutdown-period.js';
import { groupByPriority, type ShutdownGroup, shutdownGraceSeconds } from './shutdown-groups.js';

type Pods = ReadonlyMap<PodUid, PodView>;

export interface EndPodsOptions {
  readonly periods: readonly ShutdownPeriod[];
  /** At once and on every change. */
  readonly pods$: Observable<Pods>;
  readonly command: (command: ReconcilerCommand) => void;
  /** A group's turn has come. */
  readonly onGroup: (group: ShutdownGroup<PodView>) => void;
  readonly scheduler: SchedulerLike;
}

/** What the status of a pod says then, in upstream's words (nodeshutdown_manager.go). */
const REASON = 'Terminated';
const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';

/** A pod that was not admitted when it was told to end is told again after this time, ms. */
const RESEND_MS = 1_000;

/** Ends the pods, one group after the other: completes when the last has ended or its time is up. */
export const endPods = (options: EndPodsOptions): Observable<never> =>
  options.pods$.pipe(
    take(1),
    mergeMap((pods) =>
      from(
        groupByPriority(
          options.periods,
          [...pods.values()].filter((view) => !hasEnded(view)),
        ),
      ),
    ),
    concatMap((group) => endGroup(group, options)),
  );

const endGroup = (group: ShutdownGroup<PodView>, { pods$, command, onGroup, scheduler }: EndPodsOptions): Observable<never> =>
  defer(() => {
    onGroup(group);
    const allEnded$ = pods$.pipe(filter((pods) => group.pods.every(({ podUid }) => hasEnded(pods.get(podUid)))));
    const timeUp$ = timer(group.shutdownGracePeriodSeconds * 1_000, scheduler);
    return timer(0, RESEND_MS, scheduler).pipe(
      withLatestFrom(pods$),
      tap(([, pods]) => {
        for (const { podUid, pod } of group.pods)
          if (!isTerminal(pods.get(podUid))) command(terminate(podUid, shutdownGraceSeconds(pod, group)));
      }),
      takeUntil(merge(allEnded$, timeUp$)),
      ignoreElements(),
    );
  });

const terminate = (podUid: PodUid, gracePeriodSeconds: number): ReconcilerCommand => ({
  type: 'terminate',
  podUid,
  termination: { reason: REASON, message: MESSAGE, gracePeriodSeconds, disruption: true, returnsAtOnce: true },
});

const isTerminal = (view: PodView | undefined): boolean =>
  view === undefined || view.pod.status?.phase === 'Failed' || view.pod.status?.phase === 'Succeeded';

/** Nothing of it runs any more, nor will: also its sandbox has been stopped, and with it the network of the pod. */
export const hasEnded = (view: PodView | undefined): boolean => {
  if (view === undefined) return true;
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = view.pod.status ?? {};
  const runs = [...initContainerStatuses, ...containerStatuses].some(({ state }) => state?.running !== undefined);
  const hasSandbox = conditions.some(({ type, status }) => type === 'PodReadyToStartContainers' && status === 'True');
  return isTerminal(view) && !runs && !hasSandbox;
};
