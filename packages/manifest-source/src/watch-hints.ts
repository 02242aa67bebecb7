import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { Observable, startWith } from 'rxjs';
import { ignoredName } from './ignored-names.js';

/**
 * Hints that a directory may have changed, from inotify. Starts with one, for what happened before the watch stood.
 * Fails when the watch can't be had or breaks.
 */
export const watchHints = (path: string, kind: 'directory' | 'file'): Observable<void> =>
  new Observable<void>((subscriber) => {
    const watched = kind === 'directory' ? path : dirname(path);
    const watcher = watch(watched, { persistent: true }, (_type, name) => {
      // Swaps of `..data` links matter although their name starts with a dot; other ignored names don't.
      if (name === null || name.startsWith('..') || ignoredName(name) === undefined) subscriber.next();
    });
    watcher.on('error', (error) => subscriber.error(error));
    return () => watcher.close();
  }).pipe(startWith(undefined));
