import type { Device } from './device.js';

/** What one container has of one resource. */
export interface Allocation {
  readonly podUid: string;
  readonly containerName: string;
  readonly resourceName: string;
  /** Device ids by NUMA node; -1: no node. A device that is close to several nodes is listed at each. */
  readonly devices: ReadonlyMap<number, readonly string[]>;
  /** The plugin's ContainerAllocateResponse, encoded. */
  readonly response: Uint8Array;
}

/** Who has what. A device may be listed with several containers of one pod, which use it one after the other. */
export type AllocationBook = readonly Allocation[];

const NO_NODE = -1;

export const deviceIds = ({ devices }: Pick<Allocation, 'devices'>): readonly string[] => [...new Set([...devices.values()].flat())];

/** The form in which an allocation lists its devices. */
export const devicesByNode = (ids: readonly string[], known: ReadonlyMap<string, Device>): ReadonlyMap<number, readonly string[]> => {
  const byNode = new Map<number, string[]>();
  for (const id of ids) {
    const nodes = known.get(id)?.numaNodes ?? [];
    for (const node of nodes.length > 0 ? nodes : [NO_NODE]) {
      const there = byNode.get(node);
      if (there === undefined) byNode.set(node, [id]);
      else there.push(id);
    }
  }
  return byNode;
};

export const allocationsOf = (book: AllocationBook, podUid: string, containerName: string): readonly Allocation[] =>
  book.filter((entry) => entry.podUid === podUid && entry.containerName === containerName);

/** Ids of a resource that somebody has; `except`: a pod that does not count. */
export const takenDevices = (book: AllocationBook, resourceName: string, except?: string): ReadonlySet<string> =>
  new Set(book.filter((entry) => entry.resourceName === resourceName && entry.podUid !== except).flatMap(deviceIds));

/** The book with these entries in place of all that the container had. */
export const withContainer = (
  book: AllocationBook,
  { podUid, containerName }: Pick<Allocation, 'podUid' | 'containerName'>,
  entries: AllocationBook,
): AllocationBook => [...book.filter((entry) => entry.podUid !== podUid || entry.containerName !== containerName), ...entries];

export const withoutPod = (book: AllocationBook, podUid: string): AllocationBook =>
  book.some((entry) => entry.podUid === podUid) ? book.filter((entry) => entry.podUid !== podUid) : book;
