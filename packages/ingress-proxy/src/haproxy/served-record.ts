import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@solo-kubelet/state-files';
import type { Slots } from '../core/server-slots.js';

/** What a proxy was told last, for whoever drives it after a restart. */
export interface ServedRecord {
  readonly generation: number;
  readonly shape: string;
  readonly ports: readonly number[];
  readonly slots: ReadonlyMap<string, Slots>;
}

const FILE = 'served.json';

export const saveServed = (directory: string, { slots, ...rest }: ServedRecord): Promise<void> =>
  writeDurably(
    join(directory, FILE),
    JSON.stringify({ ...rest, slots: [...slots].map(([name, each]) => [name, each.map((endpoint) => endpoint ?? null)]) }),
  );

/** Undefined where there is none, or none that can be read: the proxy is then told everything anew. */
export const loadServed = async (directory: string): Promise<ServedRecord | undefined> => {
  try {
    const { generation, shape, ports, slots } = JSON.parse(await readFile(join(directory, FILE), 'utf8')) as Omit<ServedRecord, 'slots'> & {
      readonly slots: readonly (readonly [string, readonly (Slots[number] | null)[]])[];
    };
    if (!Number.isSafeInteger(generation) || typeof shape !== 'string' || !ports.every(Number.isInteger)) return undefined;
    return { generation, shape, ports, slots: new Map(slots.map(([name, each]) => [name, each.map((endpoint) => endpoint ?? undefined)])) };
  } catch {
    return undefined;
  }
};
