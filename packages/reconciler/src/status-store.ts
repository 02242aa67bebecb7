import type { PodStatus } from '@solo-kubelet/pod-spec';
import type { BackoffEntry } from './core/crash-backoff.js';
import type { PodUid } from './core/pod-identity.js';
import type { ResourceRecord } from './core/resize/resource-record.js';

/** What no runtime can tell about a pod. */
export interface PodRecord {
  readonly podUid: PodUid;
  readonly status: PodStatus;
  readonly backoff: Readonly<Record<string, BackoffEntry>>;
  /** What it has been allocated; absent in records of older versions. */
  readonly resources?: ResourceRecord;
}

/** Where pod records outlive the process. */
export interface StatusStore {
  /** Every record; one that can't be read counts as absent. */
  load(): Promise<readonly PodRecord[]>;
  save(record: PodRecord): Promise<void>;
  remove(podUid: PodUid): Promise<void>;
}
