import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { PersistentVolumeClaim } from '@solo-kubelet/object-spec';
import { ordinalRange, parentAndOrdinal, statefulClaims } from '../stateful-set/identity.js';
import type { StatefulSet } from '../stateful-set/stateful-set.js';
import type { ChildClaim, WorkloadEntry } from './workload-entry.js';
import { namespaceOf } from './workload-object.js';

/** With the claims that are not there yet. */
export const withClaims = (
  entry: WorkloadEntry,
  claims: readonly Pick<PersistentVolumeClaim, 'metadata' | 'spec'>[],
  { nowMs, newUid }: { readonly nowMs: number; readonly newUid: () => string },
): WorkloadEntry => {
  const known = new Set(entry.claims.map(({ claim }) => claim.metadata?.name));
  let { made } = entry;
  const fresh = claims
    .filter(({ metadata }) => !known.has(metadata?.name))
    .map(({ metadata, spec }): ChildClaim => {
      made += 1;
      const identity = { namespace: namespaceOf(entry.object), uid: newUid(), creationTimestamp: metaTime(nowMs) };
      return { number: made, claim: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { ...metadata, ...identity }, spec } };
    });
  return fresh.length === 0 ? entry : { ...entry, claims: [...entry.claims, ...fresh], made };
};

/**
 * Without the claims that a StatefulSet does not keep (persistentVolumeClaimRetentionPolicy): all once it has gone, those of ordinals beyond its size
 * once their Pods have. Both are kept by default.
 */
export const keptClaims = (entry: WorkloadEntry): WorkloadEntry => {
  const { object, claims, children, removed } = entry;
  if (object.kind !== 'StatefulSet' || claims.length === 0) return entry;
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = object.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  if (removed) return whenDeleted === 'Delete' ? { ...entry, claims: [] } : entry;
  if (whenScaled !== 'Delete') return entry;
  const set = { metadata: object.metadata, spec: object.spec } as unknown as StatefulSet;
  const { first, last } = ordinalRange(set);
  const isWanted = (name: string): boolean => {
    const { ordinal } = parentAndOrdinal(name);
    return first <= ordinal && ordinal <= last && [...statefulClaims(set, ordinal).values()].some(({ metadata }) => metadata.name === name);
  };
  const used = new Set(
    children.flatMap(({ pod }) => (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])),
  );
  const left = claims.filter(({ claim }) => isWanted(claim.metadata?.name ?? '') || used.has(claim.metadata?.name ?? ''));
  return left.length === claims.length ? entry : { ...entry, claims: left };
};
