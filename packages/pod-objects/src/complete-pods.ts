import { type ManifestEvent, type ObjectStore, originKey, reduceObjects } from '@solo-kubelet/manifest-source';
import { concatMap, defer, from, type MonoTypeOperatorFunction } from 'rxjs';
import { completePod, isComplete } from './core/complete-pod.js';

type Applied = Extract<ManifestEvent, { type: 'applied' }>;

interface Kept {
  readonly asked: Applied;
  /** As it was last told of. */
  readonly told: string;
  readonly complete: boolean;
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
export const completePods =
  (options: CompletePodsOptions): MonoTypeOperatorFunction<ManifestEvent> =>
  (event$) =>
    defer(() => {
      const take = takeEvents(options);
      return event$.pipe(concatMap((event) => from(take(event))));
    });

const takeEvents = ({ store: known, sources }: CompletePodsOptions): ((event: ManifestEvent) => readonly ManifestEvent[]) => {
  let store = known;
  const pods = new Map<string, Kept>();
  /** Pods that something is missing for. */
  const incomplete = new Set<string>();
  const keep = (key: string, kept: Kept): void => {
    pods.set(key, kept);
    if (kept.complete) incomplete.delete(key);
    else incomplete.add(key);
  };
  const drop = (key: string): void => {
    pods.delete(key);
    incomplete.delete(key);
  };
  /** Tells anew of the Pods that come out differently now. */
  const again = (keys: Iterable<string>): readonly ManifestEvent[] =>
    [...keys].flatMap((key) => {
      const kept = pods.get(key);
      if (kept === undefined) return [];
      const next = tell(kept.asked, store);
      keep(key, next.kept);
      return next.kept.told === kept.told ? [] : [next.told];
    });
  return (event) => {
    store = reduceObjects(store, event);
    switch (event.type) {
      case 'applied': {
        const { kept, told } = tell(event, store);
        keep(originKey(event.origin), kept);
        return [told];
      }
      case 'removed':
      case 'shadowed':
        drop(originKey(event.origin));
        return [event];
      case 'rejected':
        if (!event.stale) drop(originKey(event.origin));
        return [event];
      case 'objectApplied':
        if (!GIVING_KINDS.has(event.object.kind)) return [event];
        return [event, ...again(store.syncedSources.size < sources ? pods.keys() : incomplete)];
      default:
        return [event];
    }
  };
};

/** Kinds by which admission adds to Pods. */
const GIVING_KINDS: ReadonlySet<string> = new Set(['ServiceAccount', 'PriorityClass', 'RuntimeClass', 'LimitRange']);

const tell = (asked: Applied, store: ObjectStore): { readonly kept: Kept; readonly told: Applied } => {
  const pod = completePod(asked.pod, store);
  const text = pod === asked.pod ? '' : JSON.stringify(pod.spec, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
  return { kept: { asked, told: text, complete: isComplete(pod, store) }, told: pod === asked.pod ? asked : { ...asked, pod } };
};
