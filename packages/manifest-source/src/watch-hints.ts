import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { Observable, startWith } from 'rxjs';
import { ignoredName } from './ignored-names.js';

/** A deletion and a re-creation that are told of within this time, ms, are one. */
const RECREATION_MS = 1_000;

/** What inotify tells: that something may have changed, or that the entry `recreated` was deleted and made anew under its name. */
export interface WatchHint {
  readonly recreated?: string;
}

/**
 * Hints that a directory may have changed, from inotify. Starts with one, for what happened before the watch stood.
 * Fails when the watch can't be had or breaks.
 */
export const watchHints = (path: string, kind: 'directory' | 'file'): Observable<WatchHint> =>
  new Observable<WatchHint>((subscriber) => {
    const watched = kind === 'directory' ? path : dirname(path);
    let last = { name: '', atMs: 0 };
    const watcher = watch(watched, { persistent: true }, (type, name) => {
      const atMs = performance.now();
      // A name that goes and comes with no other in between. An editor that keeps a copy names the copy between the two.
      const recreated = type === 'rename' && name !== null && name === last.name && atMs - last.atMs < RECREATION_MS;
      if (type === 'rename') last = recreated ? { name: '', atMs } : { name: name ?? '', atMs };
      // Swaps of `..data` links matter although their name starts with a dot; other ignored names don't.
      if (name === null || name.startsWith('..') || ignoredName(name) === undefined) subscriber.next(recreated ? { recreated: name } : {});
    });
    watcher.on('error', (error) => subscriber.error(error));
    return () => watcher.close();
  }).pipe(startWith({}));
