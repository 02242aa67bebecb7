import { describeError } from '@solo-kubelet/diagnostics';
import {
  auditTime,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  take,
  tap,
  timer,
} from 'rxjs';
import type { NodeActivity, PodActivity } from './core/activity.js';
import type { PodUid } from './core/pod-identity.js';
import type { PodView } from './core/pod-view.js';
import type { RuntimePort } from './runtime-port.js';

/** Which CPUs containers are to run on. */
export interface CpuAssignments {
  /** Of a container, as the kernel writes lists (`0-1,4`): its own, or those that are shared. `''`: it stays where it is. */
  cpusOf(podUid: PodUid, containerName: string): string;
  /** The CPUs of some containers are others now. */
  readonly changed$: Observable<unknown>;
  /** How often it is made sure of, ms: `cpuManagerReconcilePeriod`. */
  readonly intervalMs: number;
}

export interface KeepPinnedOptions {
  readonly cpus: CpuAssignments;
  readonly pods$: Observable<ReadonlyMap<PodUid, PodView>>;
  readonly activity$: Observable<PodActivity>;
  readonly runtime: Pick<RuntimePort, 'pinContainer'>;
  readonly scheduler: SchedulerLike;
}

/** Changes closer to each other than this are taken together, ms. */
const SETTLE_MS = 50;

/**
 * Keeps every running container on its CPUs: as soon as it runs, whenever they change, after each resize of it, and every interval. It stands beside the
 * syncs of its pod, which may last as long as a hook, since a neighbour with CPUs of its own must not wait for that; what it writes no sync writes, but for
 * a resize, after which it writes once more. Upstream: reconcileState in pkg/kubelet/cm/cpumanager/cpu_manager.go.
 */
export const keepPinned = ({ cpus, pods$, activity$, runtime, scheduler }: KeepPinnedOptions): Observable<NodeActivity> => {
  /** Container id → the CPUs it was last put on by this process. */
  const pinned = new Map<string, string>();
  // A resize writes all resources of a container, with the CPUs that it had when the call was made up: those may be others by now.
  const rewritten$ = activity$.pipe(
    filter((activity) => activity.type === 'actionSucceeded' || activity.type === 'actionFailed'),
    map(({ action }) => action),
    filter((action) => action.type === 'updateResources'),
    tap(({ containerId }) => pinned.delete(containerId)),
  );
  // Also when containers start: one may have been made for a pool that was another by the time it ran.
  const change$ = merge(cpus.changed$, pods$, rewritten$).pipe(auditTime(SETTLE_MS, scheduler));
  const pin = (container: RunningContainer): Observable<NodeActivity> => {
    const { podUid, pod, containerName, containerId } = container;
    const wanted = cpus.cpusOf(podUid, containerName);
    if (wanted === '' || pinned.get(containerId) === wanted) return EMPTY;
    // Noted first: who finds out meanwhile that it may be elsewhere takes the note away.
    pinned.set(containerId, wanted);
    const giveUp = new AbortController();
    return from(
      runtime.pinContainer(containerId, wanted, { signal: giveUp.signal }).then(
        () => undefined,
        (error: unknown) => {
          pinned.delete(containerId);
          return { type: 'pinFailed', podUid, pod, containerName, containerId, message: describeError(error) } as const;
        },
      ),
    ).pipe(
      concatMap((failure) => (failure === undefined ? EMPTY : of(failure))),
      finalize(() => giveUp.abort()),
    );
  };
  return merge(timer(0, cpus.intervalMs, scheduler), change$).pipe(
    concatMap(() =>
      pods$.pipe(
        take(1), // as they are when it is their turn
        concatMap((pods) => {
          const containers = runningContainers(pods);
          const ids = new Set(containers.map(({ containerId }) => containerId));
          for (const containerId of pinned.keys()) if (!ids.has(containerId)) pinned.delete(containerId);
          // One after the other; one that fails is tried again next time and holds up no other.
          return from(containers).pipe(concatMap((container) => defer(() => pin(container))));
        }),
      ),
    ),
  );
};

interface RunningContainer {
  readonly podUid: PodUid;
  readonly pod: string;
  readonly containerName: string;
  readonly containerId: string;
}

const runningContainers = (pods: ReadonlyMap<PodUid, PodView>): readonly RunningContainer[] =>
  [...pods.values()].flatMap(({ podUid, terminating, pod: { metadata, status } }) => {
    if (terminating || status?.phase === 'Failed' || status?.phase === 'Succeeded') return [];
    return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ name, containerID, state }) => {
      const containerId = containerID?.replace(/^[^:]*:\/\//, '');
      if (state?.running === undefined || containerId === undefined) return [];
      return [{ podUid, pod: `${metadata.namespace}/${metadata.name}`, containerName: name, containerId }];
    });
  });
