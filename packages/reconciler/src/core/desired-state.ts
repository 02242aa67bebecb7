import type { ManifestOrigin } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';

/** What a manifest asks for. */
export interface DesiredPod {
  readonly pod: Pod;
  readonly origin: ManifestOrigin;
  /** Grows from one manifest to the next: of two pods the one with the smaller number was asked for first. */
  readonly turn: number;
}

/** How a source is named among those that have synced, and in ReconcilerDeps.sources. */
export const sourceKey = (source: { readonly source: string; readonly path: string }): string => `${source.source} ${source.path}`;

/** Until every configured source has delivered its first full set, pods that nobody asked for are left alone. */
export const allSynced = (
  syncedSources: ReadonlySet<string>,
  sources: readonly { readonly source: string; readonly path: string }[],
): boolean => sources.every((source) => syncedSources.has(sourceKey(source)));

export const sameOrigin = (a: ManifestOrigin, b: ManifestOrigin): boolean =>
  a.source === b.source && a.path === b.path && a.document === b.document;

/** In the order in which they were asked for. */
export const byTurn = <T extends { readonly desired: DesiredPod }>(pods: readonly T[]): readonly T[] =>
  [...pods].sort((a, b) => a.desired.turn - b.desired.turn);
