import type { ManifestSourceKind } from '../manifest-event.js';
import type { Slot } from './slot.js';

/** What is known of one file of a source. */
export interface FileState {
  /** Slots as they are, and as they were announced. */
  readonly slots: readonly Slot[];
  readonly announced: readonly Slot[];
  /** Digest and time of the content that `slots` were made from. */
  readonly digest?: string;
  readonly modifiedAtMs?: number;
  /** Time of the file when its content was taken, or when it was last seen to be made anew: word of that may come after the listing that took it. */
  readonly madeAtMs?: number;
  /** A content that is not believed yet, and since when it has been seen. */
  readonly doubt?: { readonly digest: string; readonly sinceMs: number };
  /** The file was deleted and made anew, and its content is not believed yet. */
  readonly recreated?: boolean;
  /** Since when the file is not listed any more. */
  readonly missingSinceMs?: number;
  /** Why the entry is no manifest. */
  readonly ignored?: string;
}

export interface SourceState {
  readonly source: ManifestSourceKind;
  readonly path: string;
  readonly files: ReadonlyMap<string, FileState>;
  readonly kind?: 'directory' | 'file';
  readonly directoryId?: string;
  /** When the directory came back, or another one took its place. */
  readonly replacedAtMs?: number;
  readonly failure?: string;
  /** When objects of a key went, ms: one that comes back is another one. The latest of them only. */
  readonly endedAtMs?: ReadonlyMap<string, number>;
  readonly synced: boolean;
}

/** A source that has not been looked at yet; `stored` are the last good versions of an earlier run. */
export const initialState = (
  source: ManifestSourceKind,
  path: string,
  stored: ReadonlyMap<string, readonly Slot[]> = new Map(),
): SourceState => ({
  source,
  path,
  files: new Map([...stored].map(([file, slots]) => [file, { slots, announced: [] }])),
  synced: false,
  ...(stored.size > 0 ? { kind: stored.has(path) ? ('file' as const) : ('directory' as const) } : {}),
});
