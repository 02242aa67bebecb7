import { describeError } from '@solo-kubelet/diagnostics';
import { catchError, from, ignoreElements, mergeMap, type Observable, of, pairwise } from 'rxjs';
import { conflateMap } from './conflate-map.js';
import type { NodeActivity } from './core/activity.js';
import type { PodUid } from './core/pod-identity.js';
import type { PodLedger } from './core/pod-ledger.js';
import { resourceRecord } from './core/resize/resource-record.js';
import type { World } from './core/world/world.js';
import type { PodRecord, StatusStore } from './status-store.js';

/**
 * Keeps the store in step with statuses and back-offs: one write at a time for a pod, of what is newest. The next process' steady clock starts with the
 * machine's, so that is what is written; `wallAheadMs` is what the machine's clock is ahead of the steady one.
 */
export const saveRecords = (world$: Observable<World>, store: StatusStore, wallAheadMs: () => number): Observable<NodeActivity> =>
  world$.pipe(
    pairwise(),
    mergeMap(([previous, next]) => changedRecords(previous, next, wallAheadMs())),
    conflateMap(
      ({ podUid, record }) =>
        from(record === undefined ? store.remove(podUid) : store.save(record)).pipe(
          ignoreElements(),
          catchError((error: unknown) => of<NodeActivity>({ type: 'storeFailed', message: describeError(error) })),
        ),
      { keyOf: ({ podUid }) => podUid },
    ),
  );

interface Change {
  readonly podUid: PodUid;
  readonly record: PodRecord | undefined;
}

const changedRecords = (previous: World, next: World, wallAheadMs: number): readonly Change[] => {
  if (previous.statuses === next.statuses && previous.ledgers === next.ledgers) return [];
  const uids = new Set([...previous.ledgers.keys(), ...next.ledgers.keys()]);
  return [...uids].flatMap((podUid): readonly Change[] => {
    const [before, after] = [previous.ledgers.get(podUid), next.ledgers.get(podUid)];
    if (after === undefined) return [{ podUid, record: undefined }];
    const status = next.statuses.get(podUid);
    const admitted = before?.admission.state === 'admitted'; // until then nothing was written: the first look may have changed the status
    const same =
      admitted && status === previous.statuses.get(podUid) && before.backoff === after.backoff && sameResourceRecord(before, after);
    // A pod that was refused has nothing to be remembered by; one whose end has begun is cleaned up from what the runtime tells.
    if (same || status === undefined || after.admission.state !== 'admitted') return [];
    const resources = resourceRecord(after);
    return [{ podUid, record: { podUid, status, backoff: inWallTime(after.backoff, wallAheadMs), ...(resources && { resources }) } }];
  });
};

const sameResourceRecord = (before: PodLedger, after: PodLedger): boolean =>
  before.pod === after.pod && before.actuated === after.actuated && before.podCgroup === after.podCgroup;

const inWallTime = (backoff: PodLedger['backoff'], wallAheadMs: number): PodRecord['backoff'] =>
  Object.fromEntries([...backoff].map(([name, entry]) => [name, { ...entry, updatedAtMs: entry.updatedAtMs + wallAheadMs }]));
