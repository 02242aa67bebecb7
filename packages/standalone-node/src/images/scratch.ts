import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing that makes one takes as long. */
const LEFT_AFTER_MS = 24 * 3_600_000;

interface ScratchOptions {
  /** Tried in this order. Default: `TMPDIR`, /var/tmp, /tmp. Programs that keep large files do the same: /tmp is memory on many machines. */
  readonly places?: readonly string[];
  /** Unix ms. Default now. */
  readonly nowMs?: number;
}

/**
 * Makes a directory for large files that its maker removes: `<prefix><process>-<random>`. Those that processes which are no more left behind a day ago are removed
 * first, since /var/tmp outlives restarts. @throws (rejects) the error of the last place
 */
export const makeScratch = async (prefix: string, { places = usualPlaces(), nowMs = Date.now() }: ScratchOptions = {}): Promise<string> => {
  let last: unknown;
  for (const place of places) {
    await removeLeft(place, prefix, nowMs).catch(() => undefined);
    try {
      return await mkdtemp(join(place, `${prefix}${process.pid}-`));
    } catch (error) {
      last = error;
    }
  }
  throw last;
};

const usualPlaces = (): readonly string[] => [process.env['TMPDIR'] ?? '', '/var/tmp', '/tmp'].filter((place) => place !== '');

/** Anybody may have put something of that name there: only this user's own directories go, and no link is followed. */
const removeLeft = async (place: string, prefix: string, nowMs: number): Promise<void> => {
  for (const name of await readdir(place)) {
    if (!name.startsWith(prefix) || runs(Number(name.slice(prefix.length).split('-')[0]))) continue;
    const path = join(place, name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || !found.isDirectory() || found.uid !== process.getuid?.() || nowMs - found.mtimeMs < LEFT_AFTER_MS) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
};

/** What can't be told runs. */
const runs = (pid: number): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};
