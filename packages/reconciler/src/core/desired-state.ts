import type { ManifestEvent, ManifestOrigin } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type PodUid, uidOf } from './pod-identity.js';

export interface DesiredPod {
  readonly pod: Pod;
  readonly origin: ManifestOrigin;
}

/** What the manifests ask for. Until every configured source has synced, pods that nobody asked for are left alone. */
export interface DesiredState {
  readonly pods: ReadonlyMap<PodUid, DesiredPod>;
  /** `source path` of every source that has delivered its first full set. */
  readonly syncedSources: ReadonlySet<string>;
}

export const emptyDesired: DesiredState = { pods: new Map(), syncedSources: new Set() };

/** How a source is named in `syncedSources` and in ReconcilerDeps.sources. */
export const sourceKey = (source: { readonly source: string; readonly path: string }): string => `${source.source} ${source.path}`;

export const allSynced = (desired: DesiredState, sources: readonly { readonly source: string; readonly path: string }[]): boolean =>
  sources.every((source) => desired.syncedSources.has(sourceKey(source)));

export const sameOrigin = (a: ManifestOrigin, b: ManifestOrigin): boolean =>
  a.source === b.source && a.path === b.path && a.document === b.document;

const without = (pods: ReadonlyMap<PodUid, DesiredPod>, origin: ManifestOrigin): Map<PodUid, DesiredPod> =>
  new Map([...pods].filter(([, desired]) => !sameOrigin(desired.origin, origin)));

const holdsPod = ({ pods }: DesiredState, origin: ManifestOrigin): boolean =>
  [...pods.values()].some((desired) => sameOrigin(desired.origin, origin));

/** Pods by UID; an origin holds one pod at a time, and only `removed`, `shadowed`, `rejected` without `stale`, or another pod at that origin take it away. */
export const reduceDesired = (state: DesiredState, event: ManifestEvent): DesiredState => {
  switch (event.type) {
    case 'applied':
      return { ...state, pods: without(state.pods, event.origin).set(uidOf(event.pod), { pod: event.pod, origin: event.origin }) };
    case 'removed':
    case 'shadowed':
      return { ...state, pods: without(state.pods, event.origin) };
    case 'rejected':
      // Fail closed: only an origin that says that its last good Pod counts keeps it.
      return event.stale || !holdsPod(state, event.origin) ? state : { ...state, pods: without(state.pods, event.origin) };
    case 'synced':
      return { ...state, syncedSources: new Set(state.syncedSources).add(sourceKey(event)) };
    default:
      return state; // sourceFailed, sourceRecovered, and what a newer source may say
  }
};
