import type { BackendEndpoint } from './route-table.js';

/** Places for servers of a backend: a server keeps its place for as long as it is there, so that a change touches nothing else. */
export type Slots = readonly (BackendEndpoint | undefined)[];

const FEWEST_SLOTS = 4;

/** Puts endpoints into the places of before; more places, a power of two, once they are too few. */
export const assignSlots = (before: Slots, endpoints: readonly BackendEndpoint[]): Slots => {
  const wanted = new Map(endpoints.map((endpoint) => [slotKey(endpoint), endpoint]));
  const size = before.length >= endpoints.length && before.length > 0 ? before.length : sizeFor(endpoints.length);
  const slots: (BackendEndpoint | undefined)[] = Array.from({ length: size }, (_, index) => {
    const kept = before[index];
    if (kept === undefined || !wanted.delete(slotKey(kept))) return undefined;
    return kept;
  });
  for (const endpoint of wanted.values()) slots[slots.indexOf(undefined)] = endpoint;
  return slots;
};

const sizeFor = (count: number): number => Math.max(FEWEST_SLOTS, 2 ** Math.ceil(Math.log2(Math.max(count, 1))));

const slotKey = ({ address, port }: BackendEndpoint): string => `${address} ${port}`;

/** Commands of haproxy's runtime socket that lead from some servers to others. Connections of a server that leaves go on to their end. */
export const slotCommands = (backend: string, before: Slots, after: Slots): readonly string[] =>
  after.flatMap((endpoint, index) => {
    const known = before[index];
    const server = `${backend}/s${index + 1}`;
    if (endpoint === undefined) return known === undefined ? [] : [`set server ${server} state maint`];
    if (known !== undefined && slotKey(known) === slotKey(endpoint)) return [];
    return [`set server ${server} addr ${endpoint.address} port ${endpoint.port}`, `set server ${server} state ready`];
  });

/** Commands that lead to some servers from whatever there was. */
export const allSlotCommands = (backend: string, slots: Slots): readonly string[] =>
  slots.flatMap((endpoint, index) => {
    const server = `${backend}/s${index + 1}`;
    if (endpoint === undefined) return [`set server ${server} state maint`];
    return [`set server ${server} addr ${endpoint.address} port ${endpoint.port}`, `set server ${server} state ready`];
  });
