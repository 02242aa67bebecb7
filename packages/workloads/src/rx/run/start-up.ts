import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { adoptPodsOfJob, adoptRuns } from '../../core/expand/adopt-jobs.js';
import { adoptPods, type OrphanPod } from '../../core/expand/adopt-pods.js';
import { takeObject } from '../../core/expand/take-object.js';
import { viewOfWorkload } from '../../core/expand/view-of-workload.js';
import type { WorkloadEntry } from '../../core/expand/workload-entry.js';
import { workloadKey } from '../../core/expand/workload-object.js';
import type { WantedObjects } from '../wanted-objects.js';
import type { WorkloadOutput, WorkloadsOptions } from '../workload-output.js';
import type { Announcements } from './announcements.js';
import type { EntryTable } from './entry-table.js';
import type { Facts } from './workload-facts.js';

export interface StartUpOptions extends Pick<WorkloadsOptions, 'sources' | 'newUid' | 'wallNow'> {
  readonly table: EntryTable;
  readonly wanted: WantedObjects;
  readonly announcements: Announcements;
  readonly facts: Facts;
  readonly say: (output: WorkloadOutput) => void;
  /** Whether the runtime has been listed, and what of it nobody asks for. */
  readonly isListed: () => boolean;
  readonly orphans: () => readonly OrphanPod[];
  /** Everything is read, and what runs on has been announced: from now on may be decided. */
  readonly onDeclared: () => void;
}

/** What has to be read before anything is decided, and what of an earlier process holds until then. */
export interface StartUp {
  isLoaded(): boolean;
  isDeclared(): boolean;
  /** Takes in which sources have been read. */
  take(event: ManifestEvent): void;
  entriesRead(found: ReadonlyMap<string, WorkloadEntry>): void;
  guardsRead(): void;
  /** What an earlier process had decided holds at once: its Pods are to run on. */
  announceRestored(key: string): void;
  /** Declares everything read once that is so. */
  declare(): void;
  /** Whether an entry of an earlier process has not been looked after yet by this one. */
  isRestored(key: string): boolean;
  forgetRestored(key: string): void;
  /** Whether an entry was taken back and is not on the disk yet. */
  isUnwritten(key: string): boolean;
  written(key: string): void;
}

export const createStartUp = (options: StartUpOptions): StartUp => {
  const { table, wanted, announcements, facts, say, newUid, wallNow, isListed, orphans, onDeclared } = options;
  const unsynced = new Set(options.sources.map(({ source, path }) => `${source} ${path}`));
  const restored = new Set<string>();
  const unwritten = new Set<string>();
  let loaded = false;
  let guarded = false;
  let declared = false;

  /** Whether a document asks for the workload, or for the CronJob that made it. */
  const isWanted = (key: string): boolean => wanted.workload(table.get(key)?.owner ?? key) !== undefined;

  const show = (key: string, entry: WorkloadEntry): void => {
    announcements.announce(key, entry);
    say({ type: 'workload', key, view: viewOfWorkload(entry, (job) => table.uidOfJob(key, job)) });
  };
  const announceRestored = (key: string): void => {
    const entry = table.get(key);
    if (entry !== undefined && !announcements.has(key) && isWanted(key)) show(key, entry);
    for (const job of table.jobsOf(key)) announceRestored(job);
  };

  const takeBack = (key: string, entry: WorkloadEntry): void => {
    table.set(key, entry);
    restored.add(key);
    unwritten.add(key);
    show(key, entry);
  };
  /** Takes back Pods of workloads whose records were lost: those that would be made now, and run. */
  const adopt = (keys: readonly string[]): void => {
    const running = keys.length === 0 ? [] : orphans();
    if (running.length === 0) return;
    for (const key of keys) {
      const object = wanted.workload(key);
      if (object === undefined) continue;
      const taken = new Set(table.podUids());
      const fresh = takeObject(undefined, object, { nowMs: wallNow(), newUid });
      const free = running.filter(({ uid }) => !taken.has(uid));
      const { cronJob, jobs } = adoptRuns(fresh, key, free, facts.of(key));
      const entry = adoptPodsOfJob(adoptPods(cronJob, free, facts.of(key)), free, facts.of(key));
      if (entry === fresh) continue;
      takeBack(key, entry);
      for (const job of jobs) takeBack(workloadKey(job.object), job);
    }
  };

  const declare = (): void => {
    if (declared || !loaded || !guarded || unsynced.size > 0) return;
    const unknown = [...wanted.workloadKeys()].filter((key) => !table.has(key));
    // Whether their Pods run is known once the runtime has been listed: until then nothing is ended.
    if (unknown.length > 0 && !isListed()) return;
    adopt(unknown);
    for (const key of table.keys()) announceRestored(key);
    // Claims outlive their workload.
    for (const [key, entry] of table.entries())
      if (entry.claims.length > 0 && !announcements.has(key)) announcements.announce(key, { ...entry, children: [] });
    declared = true;
    onDeclared();
  };
  return {
    isLoaded: () => loaded,
    isDeclared: () => declared,
    take: (event) => {
      if (event.type === 'synced') unsynced.delete(`${event.source} ${event.path}`);
    },
    entriesRead: (found) => {
      for (const [key, entry] of found) {
        table.set(key, entry);
        restored.add(key);
      }
      loaded = true;
      for (const key of found.keys()) announceRestored(key);
    },
    guardsRead: () => {
      guarded = true;
    },
    announceRestored,
    declare,
    isRestored: (key) => restored.has(key),
    forgetRestored: (key) => void restored.delete(key),
    isUnwritten: (key) => unwritten.has(key),
    written: (key) => void unwritten.delete(key),
  };
};
