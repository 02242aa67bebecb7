/** One device as its plugin last described it. */
export interface Device {
  readonly id: string;
  /** `Unknown`: its plugin is gone. Only healthy devices are given to anybody. */
  readonly health: 'Healthy' | 'Unhealthy' | 'Unknown';
  /** NUMA nodes it is close to; empty: it does not matter, or nobody knows. */
  readonly numaNodes: readonly number[];
}

export const isHealthy = ({ health }: Pick<Device, 'health'>): boolean => health === 'Healthy';

/** Whether two lists say the same, in any order. */
export const sameDevices = (some: readonly Device[], others: readonly Device[]): boolean => textOf(some) === textOf(others);

const textOf = (devices: readonly Device[]): string =>
  devices
    .map(({ id, health, numaNodes }) => JSON.stringify([id, health, numaNodes]))
    .sort()
    .join();

/** In an order that a reader expects, the same at every start: `card2` before `card10`. */
export const byDeviceId = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true }) || (a < b ? -1 : a > b ? 1 : 0);
