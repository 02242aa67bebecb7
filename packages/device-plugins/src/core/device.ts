/** One device as its plugin last described it. */
export interface Device {
  readonly id: string;
  /** `Unknown`: its plugin is gone. Only healthy devices are given to anybody. */
  readonly health: 'Healthy' | 'Unhealthy' | 'Unknown';
  /** NUMA nodes it is close to; empty: it does not matter, or nobody knows. */
  readonly numaNodes: readonly number[];
}

export const isHealthy = ({ health }: Pick<Device, 'health'>): boolean => health === 'Healthy';

/** Whether two lists say the same, in any order; of two devices of one name the last counts. */
export const sameDevices = (some: ReadonlyMap<string, Device>, others: ReadonlyMap<string, Device>): boolean =>
  some.size === others.size &&
  [...some.values()].every((device) => {
    const other = others.get(device.id);
    return other !== undefined && other.health === device.health && other.numaNodes.join() === device.numaNodes.join();
  });

const collator = new Intl.Collator('en', { numeric: true });

/** In an order that a reader expects, the same at every start: `card2` before `card10`. */
export const byDeviceId = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
