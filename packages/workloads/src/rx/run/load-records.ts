import { describeError } from '@solo-kubelet/diagnostics';
import { from, type Subscription } from 'rxjs';
import type { WorkloadOutput } from '../workload-output.js';
import type { WorkloadStore } from '../workload-store.js';
import type { WakeTimers } from './wake-timers.js';

/** After a write, or the first read, that failed, ms. */
export const RETRY_MS = 10_000;

export interface LoadRecordsOptions {
  readonly say: (output: WorkloadOutput) => void;
  readonly timers: WakeTimers;
  /** Ends it. */
  readonly whole: Subscription;
}

/** Reads what an earlier process kept, as often as it takes. */
export const loadRecords = <Entry>(
  store: WorkloadStore<Entry>,
  options: LoadRecordsOptions,
  take: (found: ReadonlyMap<string, Entry>) => void,
): void => {
  const { say, timers, whole } = options;
  let found: ReadonlyMap<string, Entry> = new Map();
  whole.add(
    from(store.load()).subscribe({
      next: (all) => {
        found = all;
      },
      error: (error: unknown) => {
        say({ type: 'trouble', key: '', message: describeError(error) });
        timers.after(RETRY_MS, () => loadRecords(store, options, take));
      },
      complete: () => take(found),
    }),
  );
};
