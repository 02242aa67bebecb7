import type { Clock } from './clock.js';
import type { AllocationBook } from './core/allocation-book.js';
import type { Checkpoint } from './core/checkpoint.js';
import { byDeviceId, type Device, isHealthy, sameDevices } from './core/device.js';
import type { KnownDevices } from './core/device-resources.js';
import type { DeviceChange } from './device-manager.js';

export interface DeviceState {
  known(): KnownDevices;
  book(): AllocationBook;
  setBook(book: AllocationBook): void;
  /** All devices of a resource, as its plugin tells them. */
  list(resourceName: string, devices: readonly Device[]): void;
  /** Its plugin is there again: the resource stays, whatever its devices are. */
  hold(resourceName: string): void;
  /** Its plugin is gone: nothing of it is healthy, and after the grace period nothing of it is known. */
  lose(resourceName: string): void;
  restore(checkpoint: Checkpoint): void;
  checkpoint(): Checkpoint;
  onChange(listener: (change: DeviceChange) => void): () => void;
  /** Tells everybody that devices may be had that could not be had before. */
  retry(): void;
  /** Forgets timers and listeners. */
  close(): void;
}

export interface DeviceStateOptions {
  readonly gracePeriodMs: number;
  readonly clock: Clock;
}

/** Which devices there are and who has them. Values are replaced, never changed. */
export const createDeviceState = ({ gracePeriodMs, clock }: DeviceStateOptions): DeviceState => {
  let known: KnownDevices = new Map();
  let book: AllocationBook = [];
  const graces = new Map<string, () => void>();
  const listeners = new Set<(change: DeviceChange) => void>();

  const changed = (change: DeviceChange): void => {
    for (const listener of listeners) listener(change);
  };
  const endGrace = (resourceName: string): void => {
    graces.get(resourceName)?.();
    graces.delete(resourceName);
  };
  const byId = (devices: readonly Device[]): ReadonlyMap<string, Device> => new Map(devices.map((device) => [device.id, device]));
  const set = (resourceName: string, devices: ReadonlyMap<string, Device>): void => {
    known = new Map(known).set(resourceName, devices);
  };
  const lose = (resourceName: string): void => {
    set(resourceName, byId([...(known.get(resourceName)?.values() ?? [])].map((device) => ({ ...device, health: 'Unknown' as const }))));
    endGrace(resourceName);
    const forget = (): void => {
      graces.delete(resourceName);
      known = new Map([...known].filter(([name]) => name !== resourceName));
      changed('devices');
    };
    graces.set(resourceName, clock.after(gracePeriodMs, forget));
  };

  return {
    known: () => known,
    book: () => book,
    setBook: (next) => {
      book = next;
      changed('allocations');
    },
    list: (resourceName, devices) => {
      const [before, now] = [known.get(resourceName), byId(devices)];
      if (before !== undefined && sameDevices(before, now)) return;
      set(resourceName, now);
      changed('devices');
    },
    hold: endGrace,
    lose: (resourceName) => {
      lose(resourceName);
      changed('devices');
    },
    restore: (checkpoint) => {
      book = checkpoint.book;
      for (const resourceName of checkpoint.registered.keys()) lose(resourceName);
    },
    checkpoint: () => ({
      book,
      registered: new Map(
        [...known].map(([name, devices]) => [
          name,
          [...devices.values()]
            .filter(isHealthy)
            .map(({ id }) => id)
            .sort(byDeviceId),
        ]),
      ),
    }),
    retry: () => changed('devices'),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      for (const cancel of graces.values()) cancel();
      graces.clear();
      listeners.clear();
    },
  };
};
