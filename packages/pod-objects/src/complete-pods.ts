import { type ManifestEvent, type ObjectStore, originKey, reduceObjects } from '@solo-kubelet/manifest-source';
import { concatMap, from, type MonoTypeOperatorFunction, map, pipe, scan } from 'rxjs';
import { completePod, isComplete } from './core/complete-pod.js';

type Applied = Extract<ManifestEvent, { type: 'applied' }>;

interface Kept {
  readonly asked: Applied;
  /** As it was last told of. */
  readonly told: string;
  readonly complete: boolean;
}

interface State {
  readonly store: ObjectStore;
  readonly pods: ReadonlyMap<string, Kept>;
  readonly events: readonly ManifestEvent[];
}

export interface CompletePodsOptions {
  /** Objects that are known before the first event. */
  readonly store: ObjectStore;
  /** How many sources there are: what gives defaults counts for every Pod until each of them has been read once. */
  readonly sources: number;
}

/**
 * Gives Pods what admission gives them from other objects, when they come. A Pod that something is missing for is told of again when that comes; one
 * that has everything keeps it whatever becomes of the objects, as in a cluster. Put it behind everything that makes Pods.
 */
export const completePods = ({ store, sources }: CompletePodsOptions): MonoTypeOperatorFunction<ManifestEvent> =>
  pipe(
    scan((state: State, event: ManifestEvent): State => take(state, event, sources), { store, pods: new Map(), events: [] }),
    map(({ events }) => events),
    concatMap((events) => from(events)),
  );

const take = (state: State, event: ManifestEvent, sources: number): State => {
  const store = reduceObjects(state.store, event);
  switch (event.type) {
    case 'applied': {
      const { kept, told } = tell(event, store);
      return { store, pods: new Map(state.pods).set(originKey(event.origin), kept), events: [told] };
    }
    case 'removed':
    case 'shadowed':
      return { store, pods: without(state.pods, originKey(event.origin)), events: [event] };
    case 'rejected':
      return { store, pods: event.stale ? state.pods : without(state.pods, originKey(event.origin)), events: [event] };
    case 'objectApplied':
      return again({ ...state, store, events: [event] }, ({ complete }) => !complete || store.syncedSources.size < sources);
    default:
      return { ...state, store, events: [event] };
  }
};

/** Tells anew of the Pods that come out differently now. */
const again = (state: State, isAsked: (kept: Kept) => boolean): State => {
  const pods = new Map(state.pods);
  const events = [...state.events];
  for (const [key, kept] of state.pods) {
    if (!isAsked(kept)) continue;
    const next = tell(kept.asked, state.store);
    pods.set(key, next.kept);
    if (next.kept.told !== kept.told) events.push(next.told);
  }
  return { ...state, pods, events };
};

const tell = (asked: Applied, store: ObjectStore): { readonly kept: Kept; readonly told: Applied } => {
  const pod = completePod(asked.pod, store);
  const text = pod === asked.pod ? '' : JSON.stringify(pod.spec, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
  return { kept: { asked, told: text, complete: isComplete(pod, store) }, told: pod === asked.pod ? asked : { ...asked, pod } };
};

const without = (pods: ReadonlyMap<string, Kept>, key: string): ReadonlyMap<string, Kept> => {
  if (!pods.has(key)) return pods;
  const copy = new Map(pods);
  copy.delete(key);
  return copy;
};
