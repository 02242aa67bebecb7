import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';

/** Whether this process may mount; tests that need it say so in their names when it may not. */
export const canMount: boolean = (() => {
  if (getuid?.() !== 0) return false;
  const directory = mkdtempSync(join(tmpdir(), 'solo-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], { stdio: 'ignore' });
    execFileSync('umount', [directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
})();

/** A directory for one test, taken away with `remove`, which first unmounts what is left below it. */
export const temporaryDirectory = (): { readonly path: string; remove(): void } => {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'solo-pod-')));
  return {
    path,
    remove: () => {
      const script = 'awk \'{print $5}\' /proc/self/mountinfo | grep "^$1/" | sort -r | while read -r m; do umount "$m"; done';
      execFileSync('sh', ['-c', script, 'sh', path], { stdio: 'ignore' });
      // Not fs.rm: a test may have made what no path can name.
      execFileSync('rm', ['-rf', '--one-file-system', '--', path]);
    },
  };
};
