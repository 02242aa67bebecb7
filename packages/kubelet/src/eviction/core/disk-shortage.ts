import type { Pod } from '@solo-kubelet/pod-spec';
import { type PodUid, uidOf } from '@solo-kubelet/reconciler';
import { type EvictionSignal, resourceOf, type SignalReading, type SignalReadings } from './eviction-signal.js';
import { amountOf, type EvictionThreshold } from './eviction-threshold.js';
import { diskUseOf, type PodUsage, type PodUsages } from './pod-usage.js';
import { partsAt, type StorageLayout } from './storage-layout.js';

/** How often runtimes measure writable layers, ms (containerd's stats_collect_period), and how long they may take to give the space of one back. */
export const STATS_PERIOD_MS = 10_000;
/** How long to wait for stats younger than a shortage, ms: a runtime that never has them must not keep the disk full. */
const LONGEST_STATS_WAIT_MS = 3 * STATS_PERIOD_MS;

/** What is remembered about disks that are short, from one look at the node to the next. Times are by the steady clock, ms. */
export interface DiskShortage {
  /** Stats older than this tell nothing about the shortage: its first reading, or when the last evicted pod was gone. Undefined: no disk is short. */
  readonly sinceMs: number | undefined;
  /** The newest usage of every pod that was measured, also of those that have ended since. */
  readonly usages: PodUsages;
  /** Pods that were told to go, with what was left on the disks then. */
  readonly evicted: ReadonlyMap<PodUid, SignalReadings>;
  /** When a pod was gone, for one stats period. */
  readonly goneAtMs: ReadonlyMap<PodUid, number>;
}

export const NO_SHORTAGE: DiskShortage = { sinceMs: undefined, usages: new Map(), evicted: new Map(), goneAtMs: new Map() };

/** Whether the signal is of a disk. */
export const isOfDisk = (signal: EvictionSignal): boolean => ['ephemeral-storage', 'inodes'].includes(resourceOf(signal));

export interface ShortageReading {
  /** Those that are met for their whole grace period. */
  readonly overdue: readonly EvictionThreshold[];
  readonly readings: SignalReadings;
  /** Every pod that there is, whatever its state. */
  readonly present: ReadonlySet<PodUid>;
  readonly nowMs: number;
}

/** Takes in a reading of the node, and forgets what no longer matters. */
export const takeReading = (shortage: DiskShortage, { overdue, readings, present, nowMs }: ShortageReading): DiskShortage => {
  const first = overdue.find(({ signal }) => isOfDisk(signal));
  const goneAtMs = filtered(shortage.goneAtMs, (_, atMs) => nowMs - atMs < STATS_PERIOD_MS);
  const passed = (uid: PodUid): boolean => shortage.goneAtMs.has(uid) && !goneAtMs.has(uid);
  const matters = (uid: PodUid): boolean => goneAtMs.has(uid) || (present.has(uid) && !passed(uid));
  return {
    sinceMs: first && (shortage.sinceMs ?? readings[first.signal]?.atMs ?? nowMs),
    usages: filtered(shortage.usages, matters),
    evicted: filtered(shortage.evicted, matters),
    goneAtMs,
  };
};

/** Whether the pod was told to go and is not gone yet. */
export const isBeingEvicted = ({ evicted, goneAtMs }: DiskShortage, uid: PodUid): boolean => evicted.has(uid) && !goneAtMs.has(uid);

/** Takes in what pods use. Of those that leave, what was known before holds: runtimes no longer measure what has ended. */
export const takeUsages = (shortage: DiskShortage, measured: PodUsages, leaving: ReadonlySet<PodUid>): DiskShortage => ({
  ...shortage,
  usages: new Map([...shortage.usages, ...filtered(measured, (uid) => !(leaving.has(uid) && shortage.usages.has(uid)))]),
});

export const takeEvicted = (shortage: DiskShortage, uid: PodUid, readings: SignalReadings): DiskShortage => ({
  ...shortage,
  evicted: new Map(shortage.evicted).set(uid, readings),
  goneAtMs: filtered(shortage.goneAtMs, (gone) => gone !== uid),
});

/** Takes in that nothing is left of the pod on the node; the runtime may still be deleting its layers. */
export const takeGone = (shortage: DiskShortage, uid: PodUid, nowMs: number): DiskShortage => ({
  ...shortage,
  sinceMs: shortage.sinceMs !== undefined && shortage.evicted.has(uid) ? nowMs : shortage.sinceMs,
  goneAtMs: new Map(shortage.goneAtMs).set(uid, nowMs),
});

/** Pods that leave, or have left so recently that their space may not be back: `ending`, and those that the shortage knows of. */
export const leavingPods = ({ evicted, goneAtMs }: DiskShortage, ending: Iterable<PodUid>): ReadonlySet<PodUid> =>
  new Set([...ending, ...evicted.keys(), ...goneAtMs.keys()]);

/** Whether the space of an evicted pod that is gone is not back yet, and may still come. */
export const awaitsSpace = (shortage: DiskShortage, signal: EvictionSignal, layout: StorageLayout, readings: SignalReadings): boolean => {
  const now = readings[signal];
  if (now === undefined) return false;
  return [...shortage.evicted].some(([uid, then]) => {
    const goneMs = shortage.goneAtMs.get(uid);
    if (goneMs === undefined || now.atMs - goneMs >= STATS_PERIOD_MS) return false;
    return now.available < (then[signal]?.available ?? 0) + amountOn(shortage.usages.get(uid), signal, layout);
  });
};

export interface DiskCandidates {
  readonly threshold: EvictionThreshold;
  readonly layout: StorageLayout;
  readonly readings: SignalReadings;
  /** Whoever may go. */
  readonly pods: readonly Pod[];
  /** Whoever leaves already. */
  readonly leaving: ReadonlySet<PodUid>;
  readonly nowMs: number;
}

/** When the oldest stats that matter were taken, if they tell nothing about the shortage and newer ones may still come. */
export const awaitedStats = (
  { sinceMs, usages }: DiskShortage,
  { threshold: { signal }, layout, pods, nowMs }: DiskCandidates,
): { readonly oldestMs: number } | undefined => {
  if (sinceMs === undefined || nowMs - sinceMs >= LONGEST_STATS_WAIT_MS || !partsAt(signal, layout).includes('layers')) return undefined;
  const used = pods.flatMap((pod) => usages.get(uidOf(pod)) ?? []);
  // Where the runtime tells of layers at all, the one that it does not tell of has just been made.
  const tells = used.some(({ containers }) => containers.some(({ layer }) => layer !== undefined));
  const times = tells ? pods.flatMap((pod) => layerTimes(pod, usages.get(uidOf(pod)))) : [];
  const oldestMs = Math.min(...times);
  return oldestMs < sinceMs ? { oldestMs } : undefined;
};

/** When the layers of what runs were measured. */
const layerTimes = ({ status }: Pod, usage: PodUsage | undefined): readonly number[] =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])]
    .filter(({ state }) => state?.running !== undefined)
    .map(({ name }) => usage?.containers.find((one) => one.name === name)?.layer?.atMs ?? Number.NEGATIVE_INFINITY);

/**
 * Those whose going could help. While somebody leaves who holds more, nobody has to go whose whole usage would not end the shortage.
 */
export const helpfulPods = (shortage: DiskShortage, { threshold, layout, readings, pods, leaving }: DiskCandidates): readonly Pod[] => {
  const { signal } = threshold;
  const reading = readings[signal];
  if (reading === undefined) return pods;
  const missing = missingOf(threshold, reading);
  const held = (uid: PodUid): number => amountOn(shortage.usages.get(uid), signal, layout);
  const most = Math.max(0, ...[...leaving].map(held));
  return pods.filter((pod) => held(uidOf(pod)) >= Math.min(missing, most));
};

/** What would have to come back, with what is to be reclaimed beyond the threshold. */
export const missingOf = ({ value, minReclaim }: EvictionThreshold, { available, capacity }: SignalReading): number =>
  amountOf(value, capacity) + (minReclaim === undefined ? 0 : amountOf(minReclaim, capacity)) - available;

/** What of the pod counts for the signal: bytes or inodes. */
export const amountOn = (usage: PodUsage | undefined, signal: EvictionSignal, layout: StorageLayout): number => {
  if (usage === undefined) return 0;
  const { bytes, inodes } = diskUseOf(usage, partsAt(signal, layout));
  return resourceOf(signal) === 'inodes' ? inodes : bytes;
};

const filtered = <Value>(map: ReadonlyMap<PodUid, Value>, keep: (uid: PodUid, value: Value) => boolean): ReadonlyMap<PodUid, Value> => {
  const kept = [...map].filter(([uid, value]) => keep(uid, value));
  return kept.length === map.size ? map : new Map(kept);
};
