import { describeError } from '@solo-kubelet/diagnostics';
import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import type { ContainerStatus, PodStatus } from '@solo-kubelet/pod-spec';
import { conflateMap } from '@solo-kubelet/timers/rxjs';
import { catchError, defer, EMPTY, map, mergeMap, type Observable, of, pairwise, type SchedulerLike } from 'rxjs';
import { allContainers } from './core/all-containers.js';
import type { PodUid } from './core/pod-identity.js';
import type { PodWorkerState } from './core/pod-worker-state.js';
import type { Allocating } from './core/resize/allocating.js';
import { heldTo, resourcesOfPod, samePodResources, sameResources } from './core/resize/pod-resources.js';
import { resourceRecord } from './core/resize/resource-record.js';
import type { KubeletState, KubeletStateInput } from './core/state/kubelet-state.js';
import type { PodRecord, StatusStore } from './status-store.js';

/**
 * Keeps the store in step with statuses and back-offs: one write at a time for a pod, of what is newest. The next process' steady clock starts with the
 * machine's, so that is what is written; `wallAheadMs` is what the machine's clock is ahead of the steady one.
 */
export const saveRecords = ({ kubeletState$, store, wallAheadMs, scheduler }: SaveDeps): Observable<Saved> =>
  kubeletState$.pipe(
    pairwise(),
    mergeMap(([previous, next]) => changedRecords(previous, next, wallAheadMs())),
    conflateMap(
      ({ podUid, allocating, record }) =>
        defer(() => (record === undefined ? store.remove(podUid) : store.save(record))).pipe(
          map((): Saved => ({ type: 'recorded', podUid, allocating })),
          catchError((error: unknown) => of<Saved>({ type: 'recorded', podUid, allocating, failure: describeError(error) })),
        ),
      {
        keyOf: ({ podUid }) => podUid,
        holdMs: ({ urgent }) => (urgent ? 0 : STATUS_HOLD_MS),
        // Nothing else would write it again: a pod whose resize is recorded waits for it, and one at rest changes no more.
        requeueAfterMs: ({ failure }) => (failure === undefined ? undefined : RETRY_MS),
        scheduler,
      },
    ),
  );

/** What became of a record. */
export type Saved = Omit<Extract<KubeletStateInput, { readonly type: 'recorded' }>, 'atMs' | 'wallMs'>;

export interface SaveDeps {
  readonly kubeletState$: Observable<KubeletState>;
  readonly store: StatusStore;
  readonly wallAheadMs: () => number;
  readonly scheduler: SchedulerLike;
}

/** A pod that starts changes its status several times a second; what the runtime can tell again may be written a moment later, once. */
const STATUS_HOLD_MS = 1_000;

/** Until a record that could not be written, or not be removed, is tried again. */
const RETRY_MS = 10_000;

/** Failures to write, each told once until that pod's record can be written again. */
export const storeFailures = (saved$: Observable<Saved>): Observable<string> =>
  defer(() => {
    const failing = new Set<PodUid>();
    return saved$.pipe(
      mergeMap(({ podUid, failure }) => {
        if (failure === undefined) failing.delete(podUid);
        if (failure === undefined || failing.has(podUid)) return EMPTY;
        failing.add(podUid);
        return of(failure);
      }),
    );
  });

/** Records live as long as the process. */
export const forgetfulStore: StatusStore = { load: async () => [], save: async () => {}, remove: async () => {} };

interface Change {
  readonly podUid: PodUid;
  readonly allocating: Allocating | undefined;
  readonly record: PodRecord | undefined;
  /** Holds what no runtime tells a second time. */
  readonly urgent: boolean;
}

const changedRecords = (previous: KubeletState, next: KubeletState, wallAheadMs: number): readonly Change[] => {
  const changes: Change[] = [];
  for (const podUid of changedKeys(previous.pods, next.pods)) {
    const [was, now] = [previous.pods.get(podUid), next.pods.get(podUid)];
    if (now === undefined) {
      changes.push({ podUid, allocating: undefined, record: undefined, urgent: true });
      continue;
    }
    const [before, after] = [was?.inputs.workerState, now.inputs.workerState];
    const [old, status] = [was?.status, now.status];
    if (before === after && old === status) continue;
    // A pod that was refused has nothing to be remembered by; one whose end has begun is cleaned up from what the runtime tells.
    if (status === undefined || after.admission.state !== 'admitted') continue;
    const admitted = before?.admission.state === 'admitted'; // until then nothing was written: the first relist may have changed the status
    const sameRest = admitted && before.backoff === after.backoff && sameResourceRecord(before, after);
    if (sameRest && status === old) continue;
    const tellsLittle = admitted && before.backoff === after.backoff && startedAsAllocated(before, after);
    const resources = resourceRecord(after);
    const record = { podUid, status, backoff: inWallTime(after.backoff, wallAheadMs), ...(resources && { resources }) };
    changes.push({ podUid, allocating: after.allocating, record, urgent: !tellsLittle || !sameEnds(old, status) });
  }
  return changes;
};

/** Whether nothing has ended between two statuses: how a container ended is forgotten with the container. */
const sameEnds = (previous: PodStatus | undefined, next: PodStatus): boolean =>
  previous !== undefined &&
  (previous.phase === next.phase || next.phase === 'Running') &&
  previous.reason === next.reason &&
  CONTAINER_LISTS.every((list) => {
    const before = previous[list] ?? [];
    return (next[list] ?? []).every((container, index) => {
      const old = before[index];
      return container === old || (old !== undefined && endOf(old) === endOf(container) && old.restartCount === container.restartCount);
    });
  });

const CONTAINER_LISTS = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;

const endOf = ({ state, lastState }: ContainerStatus): string =>
  `${state?.terminated?.finishedAt ?? ''} ${lastState?.terminated?.finishedAt ?? ''}`;

const sameResourceRecord = (before: PodWorkerState, after: PodWorkerState): boolean =>
  before.pod === after.pod &&
  before.allocating === after.allocating &&
  before.actuated === after.actuated &&
  before.podCgroup === after.podCgroup &&
  before.unconfirmed === after.unconfirmed &&
  before.podUnconfirmed === after.podUnconfirmed;

/**
 * Whether nothing is new of the resources but that something was started with what is allocated to the pod, which its record says already: what is not known
 * to have been sent counts as what was allocated.
 */
const startedAsAllocated = (before: PodWorkerState, after: PodWorkerState): boolean => {
  if (sameResourceRecord(before, after)) return true;
  const { pod } = after;
  const sameAllocation =
    pod !== undefined &&
    before.pod === pod &&
    before.allocating === after.allocating &&
    before.unconfirmed === after.unconfirmed &&
    before.podUnconfirmed === after.podUnconfirmed;
  if (!sameAllocation) return false;
  const isPodAsAllocated =
    before.podCgroup === after.podCgroup ||
    (before.podCgroup === undefined && after.podCgroup !== undefined && samePodResources(after.podCgroup, resourcesOfPod(pod)));
  return (
    isPodAsAllocated &&
    before.actuated.size <= after.actuated.size &&
    [...after.actuated].every(([name, is]) => {
      const was = before.actuated.get(name);
      if (was === is) return true;
      const container = allContainers(pod).find((one) => one.name === name);
      return container !== undefined && sameResources(is, heldTo(pod, container)) && (was === undefined || sameResources(was, is));
    })
  );
};

const inWallTime = (backoff: PodWorkerState['backoff'], wallAheadMs: number): PodRecord['backoff'] =>
  Object.fromEntries([...backoff].map(([name, entry]) => [name, { ...entry, updatedAtMs: entry.updatedAtMs + wallAheadMs }]));
