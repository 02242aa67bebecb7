import { describeError } from '@solo-kubelet/diagnostics';
import { from, type Subscription } from 'rxjs';
import { replicaSetUid } from '../../core/expand/child-pod.js';
import { jobOfCronJob } from '../../core/expand/job-of-cron-job.js';
import { type SeenPod, syncWorkload, type WorkloadStep } from '../../core/expand/sync-workload.js';
import { takeObject } from '../../core/expand/take-object.js';
import { viewOfWorkload } from '../../core/expand/view-of-workload.js';
import type { WorkloadEntry } from '../../core/expand/workload-entry.js';
import { namespaceOf, workloadKey } from '../../core/expand/workload-object.js';
import { afterRestart } from '../../core/rollout/after-restart.js';
import { waitsForProbes } from '../waits-for-probes.js';
import type { WantedObjects } from '../wanted-objects.js';
import type { WorkloadOutput, WorkloadsOptions } from '../workload-output.js';
import type { Announcements } from './announcements.js';
import type { EntryTable } from './entry-table.js';
import { RETRY_MS } from './load-records.js';
import type { RequestedEnds } from './requested-ends.js';
import type { StartUp } from './start-up.js';
import type { KeyTimers } from './wake-timers.js';
import type { WorkQueue } from './work-queue.js';
import type { Facts } from './workload-facts.js';

export interface SyncsOptions extends Pick<WorkloadsOptions, 'store' | 'newUid' | 'wallNow'> {
  readonly table: EntryTable;
  readonly wanted: WantedObjects;
  readonly announcements: Announcements;
  readonly facts: Facts;
  readonly startUp: StartUp;
  readonly requestedEnds: RequestedEnds;
  readonly queue: WorkQueue;
  readonly timers: KeyTimers;
  readonly say: (output: WorkloadOutput) => void;
  readonly pods: () => ReadonlyMap<string, SeenPod>;
  /** How long from now Pods of an earlier process may seem not to be ready only since their probes have not answered yet, ms. */
  readonly probesAnswerInMs: () => number;
  /** An entry has changed: Pods that wait for others are to be looked after. */
  readonly onChanged: () => void;
  /** Ends what is being written. */
  readonly whole: Subscription;
}

export interface Syncs {
  /** Decides for one workload; what is decided is written as a whole before anything of it is done. */
  sync(key: string): void;
  /** Those whose last decision hung on names and claims of others are to be looked after. */
  addWaiting(): void;
  /** Those that wait for other workloads or Pods are to be looked after; not the one of this key. */
  addGated(but?: string): void;
}

export const createSyncs = (options: SyncsOptions): Syncs => {
  const { table, wanted, announcements, facts, startUp, requestedEnds, queue, timers, say, pods, store, newUid, wallNow } = options;
  const gated = new Set<string>();
  const waiting = new Set<string>();
  const addGated = (but?: string): void => {
    for (const key of gated) if (key !== but) queue.add(key);
  };

  /** The entry as documents ask for it; undefined where there is nothing to look after. */
  const wantedEntry = (key: string): WorkloadEntry | undefined => {
    const entry = table.get(key);
    const object = wanted.workload(key);
    if (object !== undefined && entry?.owner === undefined) return takeObject(entry, object, { nowMs: wallNow(), newUid });
    if (entry === undefined || entry.removed || wanted.workload(entry.owner ?? key) !== undefined) return entry;
    return { ...entry, removed: true };
  };

  /** Whether an entry of an earlier process has to wait for the probes of its Pods; if so, it is woken when it need not any longer. */
  const awaitsProbes = (key: string, entry: WorkloadEntry): boolean => {
    const leftMs = options.probesAnswerInMs();
    if (leftMs <= 0 || !waitsForProbes(entry, pods())) return false;
    timers.after(key, leftMs);
    return true;
  };

  const sync = (key: string): void => {
    const asked = wantedEntry(key);
    if (asked === undefined) return;
    const known = requestedEnds.apply(key, asked, wallNow());
    const restored = startUp.isRestored(key);
    const next = restored ? afterRestart(known, wallNow()) : known;
    timers.cancel(key);
    if (restored) {
      if (awaitsProbes(key, next)) return;
      startUp.forgetRestored(key);
    }
    const step = syncWorkload(next, facts.of(key));
    if (step.waits) gated.add(key);
    else gated.delete(key);
    if (step.asksOthers) waiting.add(key);
    else waiting.delete(key);
    if (step.entry === table.get(key) && !step.done && !startUp.isUnwritten(key)) carryOut(key, step);
    else write(key, step);
  };

  const write = (key: string, step: WorkloadStep): void => {
    queue.begin(key);
    const kept$ = from(step.done ? store.remove(key) : store.save(key, step.entry));
    options.whole.add(
      kept$.subscribe({
        error: (error: unknown) => {
          queue.end(key);
          say({ type: 'trouble', key, message: describeError(error) });
          timers.after(key, RETRY_MS);
          queue.drain();
        },
        complete: () => {
          startUp.written(key);
          carryOut(key, step);
          queue.end(key);
          queue.drain();
        },
      }),
    );
  };

  const tellEvents = ({ entry, events }: WorkloadStep): void => {
    const { apiVersion, kind, metadata } = entry.object;
    const about = { apiVersion, kind, namespace: namespaceOf(entry.object), name: metadata.name, uid: entry.uid };
    for (const { replicaSet, ...event } of events) {
      const set = replicaSet === undefined ? {} : { kind: 'ReplicaSet', name: replicaSet, uid: replicaSetUid(entry, replicaSet) };
      say({ type: 'event', about: { ...about, ...set }, event });
    }
  };

  const createJobs = (cronJob: string, { entry, createJobs: jobs }: WorkloadStep): void => {
    for (const job of jobs) {
      const uid = newUid();
      const object = jobOfCronJob(entry, job, uid);
      if (object === undefined) continue;
      const key = workloadKey(object);
      table.set(key, takeObject(table.get(key), object, { nowMs: wallNow(), newUid: () => uid, owner: cronJob }));
      queue.add(key);
      queue.add(cronJob);
    }
  };
  const deleteJob = (cronJob: string, name: string): void => {
    for (const key of table.jobsOf(cronJob)) {
      const entry = table.get(key);
      if (entry === undefined || entry.removed || entry.object.metadata.name !== name) continue;
      table.set(key, { ...entry, removed: true });
      queue.add(key);
    }
  };

  const carryOut = (key: string, step: WorkloadStep): void => {
    const { entry, done, wakeAtMs } = step;
    const before = table.get(key);
    const changed = before !== entry || done;
    table.set(key, done ? undefined : entry);
    for (const { claim } of before?.claims ?? []) if (!entry.claims.some((kept) => kept.claim === claim)) requestedEnds.claimIsGone(claim);
    announcements.announce(key, entry);
    if (done) {
      announcements.drop(key);
      waiting.delete(key);
      gated.delete(key);
    }
    if (changed) {
      addGated(key);
      options.onChanged();
    }
    tellEvents(step);
    for (const name of step.deleteJobs) deleteJob(key, name);
    createJobs(key, step);
    if (changed) say({ type: 'workload', key, view: done ? undefined : viewOfWorkload(entry, (job) => table.uidOfJob(key, job)) });
    if (entry.owner !== undefined && changed) queue.add(entry.owner);
    // Of a Pod that ended before it began nothing will be heard.
    if (entry.children.some(({ pod, endingSince }) => endingSince !== undefined && !pods().has(pod.metadata.uid ?? ''))) queue.add(key);
    if (wakeAtMs !== undefined && !done) timers.at(key, wakeAtMs);
    queue.drain();
  };

  return {
    sync,
    addGated,
    addWaiting: () => {
      for (const key of waiting) queue.add(key);
    },
  };
};
