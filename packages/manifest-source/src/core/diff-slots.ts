import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { ApiObject } from '@solo-kubelet/object-spec';
import type { ManifestEvent, ManifestOrigin, ManifestSourceKind } from '../manifest-event.js';
import type { GoodVersion, Slot } from './slot.js';

/** What to say about a file whose slots were announced as `before` and are now `after`. */
export const diffSlots = (
  source: ManifestSourceKind,
  path: string,
  before: readonly Slot[],
  after: readonly Slot[],
): readonly ManifestEvent[] => {
  const origin = (slot: Slot) => ({ source, path, document: slot.document });
  const kept = new Set(after.map((slot) => slot.document));
  const removed = before
    .filter((slot) => !kept.has(slot.document))
    .map((slot): ManifestEvent => ({ type: 'removed', origin: origin(slot) }));
  const said = new Map(before.map((slot) => [slot.document, slot]));
  const changed = after.flatMap((slot): ManifestEvent[] => {
    const old = said.get(slot.document);
    const newGood = slot.good !== undefined && slot.good.fingerprint !== old?.good?.fingerprint;
    const mended = old?.problem !== undefined && slot.problem === undefined;
    const worse = slot.problem !== undefined && !sameProblem(slot.problem, old?.problem);
    return [
      ...(slot.good !== undefined && (newGood || mended) ? appliedEvents(origin(slot), slot.good, old?.good) : []),
      ...(worse && slot.problem !== undefined
        ? [{ type: 'rejected' as const, origin: origin(slot), ...slot.problem, stale: slot.good !== undefined }]
        : []),
    ];
  });
  return [...removed, ...changed];
};

const appliedEvents = (origin: ManifestOrigin, good: GoodVersion, old: GoodVersion | undefined): readonly ManifestEvent[] => {
  const { asked } = good;
  const more = { warnings: good.warnings, ...(good.sealed && { sealed: good.sealed }) };
  if (asked.type === 'pod') {
    // An object in whose place a Pod comes is gone; a Pod takes the place of a Pod by itself.
    const gone: readonly ManifestEvent[] = old?.asked.type === 'object' ? [{ type: 'removed', origin }] : [];
    return [...gone, { type: 'applied', origin, pod: asked.pod, ...more }];
  }
  const gone: readonly ManifestEvent[] = old !== undefined && old.key !== good.key ? [{ type: 'removed', origin }] : [];
  return [...gone, { type: 'objectApplied', origin, object: withCreation(asked.object, good.claimedAtMs), ...more }];
};

/** An object is as old as its document's claim to its name, which is kept over restarts. */
const withCreation = (object: ApiObject, claimedAtMs: number): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, creationTimestamp: metaTime(claimedAtMs) },
});

const sameProblem = (a: Slot['problem'], b: Slot['problem']): boolean =>
  a?.message === b?.message && JSON.stringify(a?.issues, plain) === JSON.stringify(b?.issues, plain);

const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
