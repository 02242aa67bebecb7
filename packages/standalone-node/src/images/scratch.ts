import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing that makes one takes as long, and process numbers are given anew with each start of the machine: only its age tells what was left. */
const LEFT_AFTER_MS = 24 * 3_600_000;

interface ScratchOptions {
  /** Tried in this order. Default: `TMPDIR`, /var/tmp, /tmp. Programs that keep large files do the same: /tmp is memory on many machines. */
  readonly places?: readonly string[];
  /** Unix ms. Default now. */
  readonly nowMs?: number;
}

/**
 * Makes a directory for large files that its maker removes: `<prefix><process>-<random>`. Those of a day ago are removed first: /var/tmp outlives restarts,
 * and whoever was killed left theirs. @throws (rejects) the error of the last place
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
    if (!/^\d+-/.test(name.startsWith(prefix) ? name.slice(prefix.length) : '')) continue;
    const path = join(place, name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || !found.isDirectory() || found.uid !== process.getuid?.() || nowMs - found.mtimeMs < LEFT_AFTER_MS) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
};
