import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupFigures, CgroupMount, ReadCgroupFile } from './cgroup-figures.js';
import { readPressures } from './pressure.js';
import { readV1Figures } from './v1-figures.js';
import { readV2Figures } from './v2-figures.js';

/** Reads what the kernel counts of a cgroup (`/kubepods/pod…`). Undefined when it is not there. */
export const readCgroup = async ({ mountPoint, version }: CgroupMount, path: string, nowMs: number): Promise<CgroupFigures | undefined> => {
  const read: ReadCgroupFile = (controller, file) =>
    readFile(version === 2 ? join(mountPoint, path, file) : join(mountPoint, controller, path, file), 'utf8').catch(() => '');
  const [figures, pressure] = await Promise.all([
    version === 2 ? readV2Figures(read) : readV1Figures(read),
    // A hybrid host measures pressure in its v2 hierarchy, which has no controllers.
    readPressures((resource) => read('unified', `${resource}.pressure`)),
  ]);
  return figures && { ...figures, atMs: nowMs, pressure };
};
