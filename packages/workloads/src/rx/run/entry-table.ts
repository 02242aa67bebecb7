import type { WorkloadEntry } from '../../core/expand/workload-entry.js';

/** Every workload that is kept, and whose everything is that was made. */
export interface EntryTable {
  get(key: string): WorkloadEntry | undefined;
  /** undefined: the workload is no more. */
  set(key: string, entry: WorkloadEntry | undefined): void;
  has(key: string): boolean;
  keys(): Iterable<string>;
  entries(): Iterable<readonly [key: string, entry: WorkloadEntry]>;
  /** The key of the workload that made the Pod of this UID. */
  ownerOfPod(uid: string): string | undefined;
  /** The key of the workload that made the Pod `namespace/name`. */
  ownerOfName(name: string): string | undefined;
  /** UIDs of all Pods that were made and are kept. */
  podUids(): Iterable<string>;
  /** The UID of the Pod that some workload made under this name. */
  uidOfPod(namespace: string, name: string): string | undefined;
  /** Keys of the Jobs that a CronJob made. */
  jobsOf(cronJob: string): Iterable<string>;
  /** The UID of the Job of this name that a CronJob made. */
  uidOfJob(cronJob: string, name: string): string | undefined;
}

export const createEntryTable = (): EntryTable => {
  const entries = new Map<string, WorkloadEntry>();
  const ownersByUid = new Map<string, string>();
  const ownersByName = new Map<string, string>();
  const jobs = new Map<string, Set<string>>();

  const setJob = (owner: string, key: string, exists: boolean): void => {
    const keys = jobs.get(owner) ?? new Set();
    if (exists) keys.add(key);
    else keys.delete(key);
    jobs.set(owner, keys);
  };
  return {
    get: (key) => entries.get(key),
    has: (key) => entries.has(key),
    keys: () => entries.keys(),
    entries: () => entries,
    set: (key, entry) => {
      const before = entries.get(key);
      for (const { pod } of before?.children ?? []) {
        ownersByUid.delete(pod.metadata.uid ?? '');
        ownersByName.delete(`${pod.metadata.namespace}/${pod.metadata.name}`);
      }
      if (entry === undefined) entries.delete(key);
      else entries.set(key, entry);
      for (const { pod } of entry?.children ?? []) {
        ownersByUid.set(pod.metadata.uid ?? '', key);
        ownersByName.set(`${pod.metadata.namespace}/${pod.metadata.name}`, key);
      }
      const owner = entry?.owner ?? before?.owner;
      if (owner !== undefined) setJob(owner, key, entry !== undefined);
    },
    ownerOfPod: (uid) => ownersByUid.get(uid),
    ownerOfName: (name) => ownersByName.get(name),
    podUids: () => ownersByUid.keys(),
    uidOfPod: (namespace, name) =>
      entries.get(ownersByName.get(`${namespace}/${name}`) ?? '')?.children.find(({ pod }) => pod.metadata.name === name)?.pod.metadata.uid,
    jobsOf: (cronJob) => jobs.get(cronJob) ?? [],
    uidOfJob: (cronJob, name) =>
      [...(jobs.get(cronJob) ?? [])].map((key) => entries.get(key)).find((entry) => entry?.object.metadata.name === name)?.uid,
  };
};
