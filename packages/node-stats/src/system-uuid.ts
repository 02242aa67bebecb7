import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where firmware and hypervisors say which machine this is; a machine where none does is known by its installation. */
const PLACES = ['sys/class/dmi/id/product_uuid', 'proc/device-tree/system-id', 'proc/device-tree/vm,uuid', 'etc/machine-id'] as const;

/** The `systemUUID` of a node, below a root directory. Empty: nothing tells. The places are cAdvisor's (utils/sysfs/sysfs.go, utils/sysinfo). */
export const readSystemUuid = async (root = '/'): Promise<string> => {
  for (const place of PLACES) {
    const text = await readFile(join(root, place), 'utf8').catch(() => '');
    // The device tree ends its texts with a zero.
    const uuid = text.replaceAll('\0', '').trim();
    if (uuid !== '') return uuid;
  }
  return '';
};
