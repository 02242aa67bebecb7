import { type AllocationBook, takenDevices } from './allocation-book.js';
import { type Device, isHealthy } from './device.js';

/** Devices by resource name. */
export type KnownDevices = ReadonlyMap<string, ReadonlyMap<string, Device>>;

export interface DeviceResources {
  /** Every device, as Kubernetes quantities. */
  readonly capacity: Readonly<Record<string, string>>;
  /** Healthy ones. */
  readonly allocatable: Readonly<Record<string, string>>;
  /**
   * What all pods together may have: healthy devices, and those that somebody has though they are not healthy or gone. Upstream:
   * sanitizeNodeAllocatable in pkg/kubelet/cm/devicemanager/manager.go.
   */
  readonly admissible: Readonly<Record<string, string>>;
}

export const deviceResources = (known: KnownDevices, book: AllocationBook): DeviceResources => {
  const counts = (of: (resourceName: string, devices: readonly Device[]) => number): Readonly<Record<string, string>> =>
    Object.fromEntries([...known].map(([name, devices]) => [name, String(of(name, [...devices.values()]))]));
  return {
    capacity: counts((_, devices) => devices.length),
    allocatable: counts((_, devices) => devices.filter(isHealthy).length),
    admissible: counts((name, devices) => new Set([...devices.filter(isHealthy).map(({ id }) => id), ...takenDevices(book, name)]).size),
  };
};
