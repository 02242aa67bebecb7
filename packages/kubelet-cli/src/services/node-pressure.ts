import { statfs } from 'node:fs/promises';
import { countOf } from '../node/quantities.js';

/** What is left on the node, by eviction signal, with what there is in all. Bytes, inodes or processes. */
export type NodeSupplies = Readonly<Record<string, { readonly available: number; readonly capacity: number }>>;

export interface NodePressures {
  readonly memory: boolean;
  readonly disk: boolean;
  readonly pids: boolean;
}

/** A signal is under pressure when less is available than its threshold: a quantity, or a percentage of the capacity. */
const isUnder = (supplies: NodeSupplies, signal: string, threshold: string | undefined): boolean => {
  const supply = supplies[signal];
  if (!supply || threshold === undefined || supply.capacity === 0) return false;
  const limit = threshold.endsWith('%') ? (supply.capacity * Number.parseFloat(threshold)) / 100 : countOf(threshold);
  return supply.available < limit;
};

/** The node conditions that the hard eviction thresholds stand for (pkg/kubelet/eviction/helpers.go signalToNodeCondition). */
export const nodePressures = (supplies: NodeSupplies, thresholds: Readonly<Record<string, string>>): NodePressures => {
  const any = (...signals: readonly string[]): boolean => signals.some((signal) => isUnder(supplies, signal, thresholds[signal]));
  return {
    memory: any('memory.available'),
    disk: any('nodefs.available', 'nodefs.inodesFree', 'imagefs.available', 'imagefs.inodesFree'),
    pids: any('pid.available'),
  };
};

/** Reads the supplies; `imageDirectory` is where the runtime keeps its images, if it told. */
export const readSupplies = async (
  meminfo: string,
  loadavg: string,
  maxPids: number,
  rootDirectory: string,
  imageDirectory: string | undefined,
): Promise<NodeSupplies> => {
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  const disk = async (prefix: string, path: string | undefined): Promise<NodeSupplies> => {
    const found = path === undefined ? undefined : await statfs(path).catch(() => undefined);
    if (!found) return {};
    return {
      [`${prefix}.available`]: { available: found.bavail * found.bsize, capacity: found.blocks * found.bsize },
      [`${prefix}.inodesFree`]: { available: found.ffree, capacity: found.files },
    };
  };
  return {
    'memory.available': { available: kib('MemAvailable'), capacity: kib('MemTotal') },
    'pid.available': { available: maxPids - Number(/\/(\d+)/.exec(loadavg)?.[1] ?? 0), capacity: maxPids },
    ...(await disk('nodefs', rootDirectory)),
    ...(await disk('imagefs', imageDirectory)),
  };
};
