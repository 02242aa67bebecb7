import { mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { ObservedContainer, ObservedPod } from './observed-pod.js';
import type { PodUid } from './pod-identity.js';

/**
 * How recent what is known of the runtime is. Observations are numbered by when they *began*; what is known of a pod always comes from the observation
 * that began last, so a slow relist can't put an old picture over a newer one of a single pod.
 */
export interface ObservationAges {
  /** Number of the newest relist; 0: none has succeeded yet. */
  readonly generation: number;
  /** Numbers of observations of single pods newer than `generation`, also for pods found absent. */
  readonly inspected: ReadonlyMap<PodUid, number>;
  /**
   * Pods that the newest relist could not read, with the number of the observation that is known of them; 0: none has read the pod yet, and what is known
   * is as much as the runtime's lists tell.
   */
  readonly unread: ReadonlyMap<PodUid, number>;
}

export type Observation =
  /** `unread`: those of `pods` of which something could not be read. */
  | {
      readonly type: 'listed';
      readonly generation: number;
      readonly pods: ReadonlyMap<PodUid, ObservedPod>;
      readonly unread: ReadonlySet<PodUid>;
    }
  | { readonly type: 'inspected'; readonly generation: number; readonly podUid: PodUid; readonly pod: ObservedPod | undefined }
  /** A container that was seen running has ended. No relist: it makes nothing else more recent. */
  | { readonly type: 'ended'; readonly podUid: PodUid; readonly container: ObservedContainer };

/** What an observation comes to beside what was known. */
export interface Merged {
  readonly ages: ObservationAges;
  /** Pods that are not as they were; undefined: gone. */
  readonly changed: ReadonlyMap<PodUid, ObservedPod | undefined>;
}

/** What was last seen of the runtime. */
export type Observed = Pick<ReadonlyMap<PodUid, ObservedPod>, 'get' | 'keys'>;

export const noObservation: ObservationAges = { generation: 0, inspected: new Map(), unread: new Map() };

/** How recent the knowledge about a pod is. */
export const generationOf = ({ generation, inspected, unread }: ObservationAges, uid: PodUid): number =>
  unread.get(uid) ?? Math.max(generation, inspected.get(uid) ?? 0);

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean => a.length === b.length && a.every((item, index) => item === b[index]);

/** Keeps the earlier object when nothing changed; adapters hand out the same container object for as long as it is in the same state. */
const keepIfSame = (before: ObservedPod | undefined, seen: ObservedPod): ObservedPod => {
  if (before === undefined) return seen;
  const after = keepEnded(before, seen);
  return sameItems(before.sandboxes, after.sandboxes) && sameItems(before.containers, after.containers) ? before : after;
};

/** A relist may have begun, and its runtime's records may be, before an end that was told of. */
const keepEnded = (before: ObservedPod, after: ObservedPod): ObservedPod => {
  const ended = before.containers.filter(({ endTold }) => endTold);
  if (ended.length === 0) return after;
  const told = ({ id, state }: ObservedContainer) => (state === 'running' ? ended.find((one) => one.id === id) : undefined);
  return { ...after, containers: after.containers.map((container) => told(container) ?? container) };
};

/** Undefined where the observation tells nothing new. */
export const mergeObservation = (ages: ObservationAges, observed: Observed, observation: Observation): Merged | undefined => {
  if (observation.type === 'inspected') return mergeInspection(ages, observed, observation);
  if (observation.type === 'ended') return mergeEnd(ages, observed, observation);
  if (observation.generation <= ages.generation) return undefined;
  const inspected = new Map([...ages.inspected].filter(([, generation]) => generation > observation.generation));
  const unread = new Map([...observation.unread].filter((uid) => !inspected.has(uid)).map((uid) => [uid, lastReadOf(ages, observed, uid)]));
  const isNewer = (uid: PodUid): boolean => inspected.has(uid) || (unread.get(uid) ?? 0) > 0;
  const changed = new Map<PodUid, ObservedPod | undefined>();
  for (const [uid, pod] of observation.pods) {
    const before = observed.get(uid);
    const after = isNewer(uid) ? before : keepIfSame(before, pod);
    if (after !== before) changed.set(uid, after);
  }
  for (const uid of observed.keys()) if (!observation.pods.has(uid) && !isNewer(uid)) changed.set(uid, undefined);
  return { ages: { generation: observation.generation, inspected, unread }, changed };
};

/** Number of the observation that is known of a pod. One that appears unread may be anything: 0. */
const lastReadOf = (ages: ObservationAges, observed: Observed, uid: PodUid): number =>
  observed.get(uid) === undefined ? 0 : generationOf(ages, uid);

const mergeEnd = (
  ages: ObservationAges,
  observed: Observed,
  { podUid, container: ended }: Observation & { type: 'ended' },
): Merged | undefined => {
  const before = observed.get(podUid);
  const isIt = ({ id, state }: ObservedContainer): boolean => id === ended.id && state === 'running';
  if (before === undefined || !before.containers.some(isIt)) return undefined;
  const containers = before.containers.map((container) => (isIt(container) ? ended : container));
  return { ages, changed: new Map([[podUid, { ...before, containers }]]) };
};

const mergeInspection = (
  ages: ObservationAges,
  observed: Observed,
  { generation, podUid, pod }: Observation & { type: 'inspected' },
): Merged | undefined => {
  if (generation <= generationOf(ages, podUid)) return undefined;
  // An observation that began before the relist that could not read the pod knows less than a relist that could have.
  const late = generation < ages.generation;
  const inspected = late ? ages.inspected : mapWith(ages.inspected, podUid, generation);
  const unread = late ? mapWith(ages.unread, podUid, generation) : mapWithout(ages.unread, podUid);
  const before = observed.get(podUid);
  const kept = pod && keepIfSame(before, pod);
  return { ages: { ...ages, inspected, unread }, changed: kept === before ? new Map() : new Map([[podUid, kept]]) };
};
