import { access, readdir, readFile } from 'node:fs/promises';
import { thermalThrottlePaths } from './core/proc-paths.js';
import type { NodeSettings } from './node-settings.js';

/** What does not change until the next boot. */
export interface MachineFacts {
  readonly hugePageSizes: readonly string[];
  readonly swapAccounting: boolean;
  readonly thermalThrottlePaths: readonly string[];
}

/** Reads the machine once; a part that cannot be read counts as not there. */
export const readMachineFacts = async (settings: NodeSettings): Promise<MachineFacts> => {
  const possibleCpus = await readFile('/sys/devices/system/cpu/possible', 'utf8').catch(() => '');
  const throttles = thermalThrottlePaths(possibleCpus);
  const present = await Promise.all(throttles.map(exists));
  return {
    hugePageSizes: settings.hugePageSizes ?? (await readHugePageSizes()),
    swapAccounting: settings.swapAccounting ?? (await canLimitSwap(settings)),
    thermalThrottlePaths: throttles.filter((_, index) => present[index]),
  };
};

/** `hugepages-2048kB` is `2Mi`. */
const readHugePageSizes = async (): Promise<readonly string[]> => {
  const names = await readdir('/sys/kernel/mm/hugepages').catch(() => []);
  return names.flatMap((name) => {
    const kibibytes = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1]);
    if (!(kibibytes > 0)) return [];
    if (kibibytes % 1024 ** 2 === 0) return [`${kibibytes / 1024 ** 2}Gi`];
    return [kibibytes % 1024 === 0 ? `${kibibytes / 1024}Mi` : `${kibibytes}Ki`];
  });
};

const canLimitSwap = async ({ cgroups: { version, mountPoint } }: NodeSettings): Promise<boolean> => {
  if (version === 1) return exists(`${mountPoint}/memory/memory.memsw.limit_in_bytes`);
  const own = /^0::(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8').catch(() => ''))?.[1] ?? '/';
  return exists(`${mountPoint}${own}/memory.swap.max`);
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
