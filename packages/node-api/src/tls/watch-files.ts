import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { longTimeout, onAbort } from '@solo-kubelet/timers';

/** A key follows its certificate, and a symbolic link is swapped, within this, ms. */
const SETTLE_MS = 200;

/**
 * Calls back a moment after anything changed in the directories that hold these files; names are not looked at, because a file may be a
 * link through others of its directory. A directory that cannot be watched is passed over: a change there is found at the next look.
 */
export const watchFiles = (paths: readonly string[], changed: () => void, signal: AbortSignal): void => {
  let forget = (): void => {};
  const settle = (): void => {
    forget();
    forget = longTimeout(changed, SETTLE_MS, { ref: false });
  };
  onAbort(signal, () => forget());
  for (const directory of new Set(paths.map((path) => dirname(path)))) {
    try {
      watch(directory, { persistent: false, signal }, settle).on('error', () => {});
    } catch {
      // As the doc comment says.
    }
  }
};
