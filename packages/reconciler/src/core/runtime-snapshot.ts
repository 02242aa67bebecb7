import type { ObservedPod } from './observed-pod.js';
import type { PodUid } from './pod-identity.js';

/**
 * What was last seen of the runtime. Observations are numbered by when they *began*; a pod's entry always comes from the observation that began
 * last, so a slow relist can't put an old picture over a newer look at one pod.
 */
export interface RuntimeSnapshot {
  /** Number of the newest full listing; 0: none has succeeded yet. */
  readonly generation: number;
  readonly pods: ReadonlyMap<PodUid, ObservedPod>;
  /** Numbers of single-pod looks newer than `generation`, also for pods found absent. */
  readonly inspected: ReadonlyMap<PodUid, number>;
  /**
   * Pods that the newest listing could not read, with the number of the look that their entry is from; 0: none has read the pod yet, and its entry is as
   * much as the runtime's lists tell.
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
  | { readonly type: 'inspected'; readonly generation: number; readonly podUid: PodUid; readonly pod: ObservedPod | undefined };

export const emptySnapshot: RuntimeSnapshot = { generation: 0, pods: new Map(), inspected: new Map(), unread: new Map() };

/** How recent the knowledge about a pod is. */
export const generationOf = ({ generation, inspected, unread }: RuntimeSnapshot, uid: PodUid): number =>
  unread.get(uid) ?? Math.max(generation, inspected.get(uid) ?? 0);

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean => a.length === b.length && a.every((item, index) => item === b[index]);

/** Keeps the earlier object when nothing changed; adapters hand out the same container object for as long as it is in the same state. */
const keepIfSame = (before: ObservedPod | undefined, after: ObservedPod): ObservedPod =>
  before !== undefined && sameItems(before.sandboxes, after.sandboxes) && sameItems(before.containers, after.containers) ? before : after;

export const mergeObservation = (snapshot: RuntimeSnapshot, observation: Observation): RuntimeSnapshot => {
  if (observation.type === 'inspected') return mergeInspection(snapshot, observation);
  if (observation.generation <= snapshot.generation) return snapshot;
  const inspected = new Map([...snapshot.inspected].filter(([, generation]) => generation > observation.generation));
  const pods = new Map([...observation.pods].map(([uid, pod]) => [uid, keepIfSame(snapshot.pods.get(uid), pod)]));
  const unread = new Map([...observation.unread].filter((uid) => !inspected.has(uid)).map((uid) => [uid, lastReadOf(snapshot, uid)]));
  const known = [...unread].flatMap(([uid, generation]) => (generation > 0 ? [uid] : []));
  for (const uid of [...inspected.keys(), ...known]) {
    const kept = snapshot.pods.get(uid);
    if (kept === undefined) pods.delete(uid);
    else pods.set(uid, kept);
  }
  return { generation: observation.generation, pods, inspected, unread };
};

/** Number of the look that an entry is from. One that appears unread may be anything: 0. */
const lastReadOf = (snapshot: RuntimeSnapshot, uid: PodUid): number => (snapshot.pods.has(uid) ? generationOf(snapshot, uid) : 0);

const mergeInspection = (snapshot: RuntimeSnapshot, { generation, podUid, pod }: Observation & { type: 'inspected' }): RuntimeSnapshot => {
  if (generation <= generationOf(snapshot, podUid)) return snapshot;
  // A look that began before the listing that could not read the pod knows less than a listing that could have.
  const late = generation < snapshot.generation;
  const inspected = late ? snapshot.inspected : new Map(snapshot.inspected).set(podUid, generation);
  const unread = new Map(snapshot.unread);
  if (late) unread.set(podUid, generation);
  else unread.delete(podUid);
  const before = snapshot.pods.get(podUid);
  const kept = pod && keepIfSame(before, pod);
  if (kept === before) return { ...snapshot, inspected, unread };
  const pods = new Map(snapshot.pods);
  if (kept === undefined) pods.delete(podUid);
  else pods.set(podUid, kept);
  return { ...snapshot, pods, inspected, unread };
};
