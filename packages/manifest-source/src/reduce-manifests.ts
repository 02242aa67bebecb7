import { assertNever } from '@solo-kubelet/diagnostics';
import { objectKey } from '@solo-kubelet/object-spec';
import type { PodSpecIssue } from '@solo-kubelet/pod-spec';
import { type ManifestEvent, type ManifestOrigin, type ManifestSourceKind, originKey, podKeyOf } from './manifest-event.js';
import { mapWith, mapWithout } from './versioned-map/versioned-map.js';

/** What `get manifests` shows of one document. */
export interface ManifestState {
  readonly origin: ManifestOrigin;
  /** `stale`: not valid as it is, but its last good Pod still counts. */
  readonly state: 'accepted' | 'rejected' | 'stale' | 'shadowed' | 'ignored';
  /** `namespace/name` of the Pod it asks for, when known. */
  readonly podKey?: string;
  readonly podUid?: string;
  /** `Kind/namespace/name` of the object it holds, when known. */
  readonly objectKey?: string;
  readonly objectUid?: string;
  /** Why it is not simply accepted; warnings when it is. */
  readonly issues: readonly PodSpecIssue[];
  readonly message: string;
  /** Who holds the Pod's name. */
  readonly by?: ManifestOrigin;
}

export interface ManifestSourceState {
  readonly source: ManifestSourceKind;
  readonly path: string;
  readonly synced: boolean;
  /** Why the source can't be read at present. */
  readonly failure?: string;
}

export interface ManifestStates {
  /** By `originKey`. */
  readonly manifests: ReadonlyMap<string, ManifestState>;
  /** By `source:path`. */
  readonly sources: ReadonlyMap<string, ManifestSourceState>;
}

export const emptyManifestStates: ManifestStates = { manifests: new Map(), sources: new Map() };

/** The state of every manifest after one more event; for `scan`. */
export const reduceManifests = (states: ManifestStates, event: ManifestEvent): ManifestStates => {
  switch (event.type) {
    case 'applied': {
      const { origin, pod, warnings } = event;
      return put(states, { origin, state: 'accepted', podKey: podKeyOf(pod), podUid: pod.metadata.uid, issues: warnings, message: '' });
    }
    case 'objectApplied': {
      const { origin, object, warnings } = event;
      const uid = object.metadata.uid === undefined ? {} : { objectUid: object.metadata.uid };
      return put(states, { origin, state: 'accepted', objectKey: objectKey(object), ...uid, issues: warnings, message: '' });
    }
    case 'rejected': {
      const { origin, issues, message, stale } = event;
      const before = states.manifests.get(originKey(origin));
      if (before?.state === 'shadowed') return put(states, { ...before, issues, message });
      return put(states, { ...before, origin, state: stale ? 'stale' : 'rejected', issues, message });
    }
    case 'shadowed': {
      const { origin, by, podKey } = event;
      const message = `its name or uid is already taken by ${by.path}`;
      return put(states, { origin, state: 'shadowed', podKey, by, issues: [], message });
    }
    case 'objectShadowed': {
      const { origin, by, objectKey } = event;
      return put(states, { origin, state: 'shadowed', objectKey, by, issues: [], message: `its name is already taken by ${by.path}` });
    }
    case 'ignored':
      return put(states, { origin: event.origin, state: 'ignored', issues: [], message: event.reason });
    case 'removed':
      return { ...states, manifests: mapWithout(states.manifests, originKey(event.origin)) };
    case 'touched':
      return states;
    case 'sourceFailed':
      return putSource(states, event, { failure: event.message });
    case 'sourceRecovered':
      return putSource(states, event, { failure: undefined });
    case 'synced':
      return putSource(states, event, { synced: true });
    default:
      return assertNever(event);
  }
};

const put = (states: ManifestStates, state: ManifestState): ManifestStates => ({
  ...states,
  manifests: mapWith(states.manifests, originKey(state.origin), state),
});

const putSource = (
  states: ManifestStates,
  { source, path }: { source: ManifestSourceKind; path: string },
  change: Partial<ManifestSourceState>,
): ManifestStates => {
  const key = `${source}:${path}`;
  const before = states.sources.get(key) ?? { source, path, synced: false };
  return { ...states, sources: new Map(states.sources).set(key, { ...before, ...change }) };
};
