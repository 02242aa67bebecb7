import { parseCpuSet } from '../cpu/cpu-set.js';
import type { ReadSysFile } from '../cpu/read-cpu-topology.js';
import type { NumaNodes } from './numa-nodes.js';

/** The NUMA nodes of this machine, from /sys/devices/system/node; one without NUMA has node 0. */
export const readNumaNodes = async (read: ReadSysFile): Promise<NumaNodes> => {
  const online = parseCpuSet((await read('/sys/devices/system/node/online'))?.trim() ?? '') ?? [];
  const nodes = online.length === 0 ? [0] : online;
  const distances = await Promise.all(
    nodes.map(async (node) => {
      const text = (await read(`/sys/devices/system/node/node${node}/distance`))?.trim() ?? '';
      return [node, text === '' ? [] : text.split(/\s+/).map(Number)] as const;
    }),
  );
  return { nodes, distances: new Map(distances) };
};
