import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupMeasurements, CgroupMount, ReadCgroupFile } from './cgroup-measurements.js';
import { readPressures } from './pressure.js';
import { readV1Measurements } from './v1-measurements.js';
import { readV2Measurements } from './v2-measurements.js';

/** Reads what the kernel counts of a cgroup (`/kubepods/pod…`). Undefined when it is not there. */
export const readCgroup = async (
  { mountPoint, version }: CgroupMount,
  path: string,
  nowMs: number,
): Promise<CgroupMeasurements | undefined> => {
  const read: ReadCgroupFile = (controller, file) =>
    readFile(version === 2 ? join(mountPoint, path, file) : join(mountPoint, controller, path, file), 'utf8').catch(() => '');
  const [measurements, pressure] = await Promise.all([
    version === 2 ? readV2Measurements(read) : readV1Measurements(read),
    // A hybrid host measures pressure in its v2 hierarchy, which has no controllers.
    readPressures((resource) => read('unified', `${resource}.pressure`)),
  ]);
  return measurements && { ...measurements, atMs: nowMs, pressure };
};
