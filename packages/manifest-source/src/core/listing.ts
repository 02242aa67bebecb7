/** What one look at a source found; made by the shell, interpreted by the core. */
export type Listing =
  | {
      readonly type: 'listed';
      readonly atMs: number;
      /** What the clock that files are dated by is ahead of that of `atMs`, ms. Default 0. */
      readonly wallAheadMs?: number;
      readonly kind: 'directory' | 'file';
      /** Device and inode of the directory: another one in its place is treated with care. */
      readonly directoryId?: string;
      /** In the order of their paths. */
      readonly entries: readonly ListedEntry[];
    }
  /** Nothing at the path. `parentMissing`: nor is there a directory that could hold it. */
  | { readonly type: 'missing'; readonly atMs: number; readonly parentMissing: boolean }
  /** The source answered that nothing changed since the last answer. */
  | { readonly type: 'unchanged'; readonly atMs: number }
  /** Nothing is known. `useStored`: the stored last good version stands for the whole answer. */
  | { readonly type: 'failed'; readonly atMs: number; readonly message: string; readonly useStored: boolean };

export interface ListedEntry {
  readonly path: string;
  /** Seen to be deleted and made anew under its name. */
  readonly recreated?: boolean;
  readonly content:
    | {
        readonly type: 'text';
        readonly text: Uint8Array;
        /** What is parsed in its place, where it had to be made from `text`. */
        readonly prepared?: Uint8Array;
        readonly digest: string;
        readonly modifiedAtMs: number;
        /** Nothing was done to the file after its last write: no renaming into place, no setting of its time or mode. */
        readonly asWritten?: boolean;
      }
    | { readonly type: 'unreadable'; readonly message: string }
    | { readonly type: 'ignored'; readonly reason: string };
}
