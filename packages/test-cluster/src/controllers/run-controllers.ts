import { type ApiCore, fullCatalog, type ObjectStore } from '@solo-kubelet/api-server';
import { longTimeout } from '@solo-kubelet/timers';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import type { Controller } from './controller.js';
import { createControllerApi } from './controller-api.js';

export interface RunControllersOptions {
  readonly core: ApiCore;
  readonly store: ObjectStore;
  readonly controllers: readonly Controller[];
  /** The time, ms. */
  readonly now: () => number;
  /** Told of what could not be done; it is tried again. */
  readonly onTrouble: (key: string, error: unknown) => void;
}

/** Before what failed is tried again, ms; doubled with every failure in a row. */
const BACKOFF: ExponentialBackoff = { initialMs: 100, maxMs: 10_000 };

/** Runs controllers over a server until the returned function is called. Each key is looked at by itself, once for all changes that came meanwhile. */
export const runControllers = ({ core, store, controllers, now, onTrouble }: RunControllersOptions): (() => void) => {
  const api = createControllerApi(core, store, now);
  const stops: (() => void)[] = [];
  let ended = false;
  for (const { kinds, keysOf, sync } of controllers) {
    const dirty = new Set<string>();
    const timers = new Map<string, () => void>();
    const failures = new Map<string, number>();
    let planned: NodeJS.Immediate | undefined;
    const wakeIn = (key: string, ms: number): void => {
      timers.get(key)?.();
      timers.set(
        key,
        longTimeout(() => {
          timers.delete(key);
          mark([key]);
        }, ms),
      );
    };
    const look = (key: string): void => {
      timers.get(key)?.();
      timers.delete(key);
      try {
        const wakeAtMs = sync(key, api);
        failures.delete(key);
        if (wakeAtMs !== undefined) wakeIn(key, Math.max(wakeAtMs - now(), 1));
      } catch (error) {
        const count = (failures.get(key) ?? 0) + 1;
        failures.set(key, count);
        onTrouble(key, error);
        wakeIn(key, backoffMs(BACKOFF, count));
      }
    };
    const mark = (keys: readonly string[]): void => {
      if (ended || keys.length === 0) return;
      for (const key of keys) dirty.add(key);
      planned ??= setImmediate(() => {
        planned = undefined;
        const now1 = [...dirty];
        dirty.clear();
        for (const key of now1) if (!ended) look(key);
      });
    };
    const resources = fullCatalog.resources.filter(({ kind, rules }) => rules !== undefined && kinds.includes(kind));
    for (const { storedAs } of new Map(resources.map((each) => [each.storedAs, each])).values()) {
      for (const object of store.list(storedAs, '')) {
        const { namespace, name = '' } = object.metadata;
        const key = namespace === undefined ? name : `${namespace}/${name}`;
        mark(keysOf({ type: 'ADDED', version: 0, bucket: storedAs, key, object }, api));
      }
      stops.push(store.subscribe(storedAs, (event) => mark(keysOf(event, api))));
    }
    stops.push(() => {
      if (planned !== undefined) clearImmediate(planned);
      for (const cancel of timers.values()) cancel();
    });
  }
  return () => {
    ended = true;
    for (const stop of stops) stop();
  };
};
