import { fromAbortable } from '@solo-kubelet/timers/rxjs';
import { catchError, EMPTY, exhaustMap, map, type Observable, type SchedulerLike, timer } from 'rxjs';
import { type PodUid, podUid } from './core/pod-identity.js';
import type { ResourceAllocator } from './resource-allocator.js';
import type { RuntimePort } from './runtime-port.js';

export interface OrphanedPodsOptions {
  readonly runtime: Pick<RuntimePort, 'listOrphanedPods'>;
  readonly resources: Pick<ResourceAllocator, 'holders'> | undefined;
  readonly intervalMs: number;
  readonly scheduler: SchedulerLike;
}

/** Pods of which files or cgroups are left, or that hold resources, at once and now and then: those that nobody knows any more are cleaned like any other orphan. */
export const orphanedPods = ({
  runtime,
  resources,
  intervalMs,
  scheduler,
}: OrphanedPodsOptions): Observable<{ readonly type: 'orphanedPods'; readonly podUids: readonly PodUid[] }> =>
  timer(0, intervalMs, scheduler).pipe(
    exhaustMap(() => fromAbortable((signal) => runtime.listOrphanedPods({ signal })).pipe(catchError(() => EMPTY))), // a disk that can't be read stops every start, and is told of there
    map((podUids) => ({ type: 'orphanedPods', podUids: [...podUids, ...(resources?.holders() ?? []).map(podUid)] }) as const),
  );
