import { describeError } from '@solo-kubelet/diagnostics';
import type { Abortable, PodUid, RuntimePort } from '@solo-kubelet/reconciler';
import { checkInterval } from '@solo-kubelet/timers';
import { fromAbortable, longDelays, steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { catchError, concatMap, defer, EMPTY, exhaustMap, from, map, type Observable, of, type SchedulerLike, timer } from 'rxjs';
import { type ContainerAges, containerAges } from './container-ages.js';
import { DEFAULT_GARBAGE_POLICY, type GarbagePolicy, selectGarbage } from './container-garbage.js';

export interface CollectContainersOptions {
  readonly runtime: Pick<RuntimePort, 'list' | 'removeContainer' | 'stopSandbox' | 'removeSandbox'>;
  readonly policy?: Partial<GarbagePolicy>;
  /** Default 1 min. */
  readonly intervalMs?: number;
  /** Default `steadyScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** The machine's clock, ms, by which the runtime dates containers. Default `Date.now`. */
  readonly wallNow?: () => number;
}

export type CollectionActivity =
  | { readonly type: 'containerCollected'; readonly containerId: string }
  | { readonly type: 'sandboxCollected'; readonly podSandboxId: string }
  | { readonly type: 'collectionFailed'; readonly message: string };

/** Removes dead containers that are more than the policy keeps. Pods that nobody wants are ended by the reconciler, records and all. */
export const collectContainers = ({ intervalMs: givenMs, scheduler = steadyScheduler, ...rest }: CollectContainersOptions) =>
  defer(() => {
    const intervalMs = checkInterval('intervalMs', givenMs, 60_000);
    const ages = containerAges(scheduler, rest.wallNow);
    return timer(intervalMs, intervalMs, longDelays(scheduler)).pipe(exhaustMap(() => collectContainersOnce({ ...rest, scheduler, ages })));
  });

export interface CollectOnceOptions extends Omit<CollectContainersOptions, 'intervalMs'> {
  /** Pods of which no container will run again: none of theirs is kept. Default: nobody. */
  readonly ended?: ReadonlySet<PodUid>;
  /** From earlier rounds. Default: what the machine's clock says. */
  readonly ages?: ContainerAges;
}

/** One round of it. */
export const collectContainersOnce = ({
  runtime,
  policy,
  ended = NOBODY,
  scheduler = steadyScheduler,
  wallNow,
  ages = containerAges(scheduler, wallNow),
}: CollectOnceOptions): Observable<CollectionActivity> => {
  const rules = { ...DEFAULT_GARBAGE_POLICY, ...policy };
  const collect = (work: (options: Abortable) => Promise<void>, done: CollectionActivity): Observable<CollectionActivity> =>
    fromAbortable((signal) => work({ signal })).pipe(
      map(() => done),
      catchError((error: unknown) => of<CollectionActivity>({ type: 'collectionFailed', message: describeError(error) })),
    );
  return fromAbortable((signal) => runtime.list({ signal })).pipe(
    catchError(() => EMPTY), // the reconciler's own relist tells of a runtime that does not answer
    concatMap(({ pods, unread }) => {
      // Of a pod that can't be read nobody knows what is the newest of each container.
      const read = [...pods.values()].filter(({ uid }) => !unread.has(uid));
      const { containerIds, podSandboxIds } = selectGarbage(read, rules, ages(read.flatMap(({ containers }) => containers)), ended);
      return from([
        ...containerIds.map((containerId) =>
          collect((o) => runtime.removeContainer(containerId, o), { type: 'containerCollected', containerId }),
        ),
        ...podSandboxIds.map((podSandboxId) =>
          collect(
            async (o) => {
              await runtime.stopSandbox(podSandboxId, o);
              await runtime.removeSandbox(podSandboxId, o);
            },
            { type: 'sandboxCollected', podSandboxId },
          ),
        ),
      ]);
    }),
    concatMap((removal) => removal),
  );
};

const NOBODY: ReadonlySet<PodUid> = new Set();
