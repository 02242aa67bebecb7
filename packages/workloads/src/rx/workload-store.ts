import type { ObservableInput } from 'rxjs';

/** Where what workloads cannot derive outlives the process. */
export interface WorkloadStore<Entry> {
  /** Every entry by its key; one that cannot be read counts as absent. */
  load(): ObservableInput<ReadonlyMap<string, Entry>>;
  /** Emits or completes once the entry, as a whole, is kept for good. */
  save(key: string, entry: Entry): ObservableInput<unknown>;
  remove(key: string): ObservableInput<unknown>;
}
