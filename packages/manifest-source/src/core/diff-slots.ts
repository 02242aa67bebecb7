import type { ManifestEvent, ManifestSourceKind } from '../manifest-event.js';
import type { Slot } from './slot.js';

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
      ...(slot.good !== undefined && (newGood || mended)
        ? [{ type: 'applied' as const, origin: origin(slot), pod: slot.good.pod, warnings: slot.good.warnings }]
        : []),
      ...(worse && slot.problem !== undefined
        ? [{ type: 'rejected' as const, origin: origin(slot), ...slot.problem, stale: slot.good !== undefined }]
        : []),
    ];
  });
  return [...removed, ...changed];
};

const sameProblem = (a: Slot['problem'], b: Slot['problem']): boolean =>
  a?.message === b?.message && JSON.stringify(a?.issues, plain) === JSON.stringify(b?.issues, plain);

const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
