import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { isUnsettled, occupyingPods } from '../admission/occupying-pods.js';
import { canonicalText } from '../canonical-text.js';
import { type PodUid, podKey } from '../pod-identity.js';
import type { PodLedger } from '../pod-ledger.js';
import { isTerminal } from '../termination.js';
import type { World } from '../world/world.js';
import { asksForMore, checkResize } from './check-resize.js';
import { footprintOf } from './footprint.js';

/**
 * Decides about edits of admitted pods that ask for other amounts than those allocated: ledgers that change by it. What fits is allocated once that is on
 * record. Those that give something back come
 * first, then by priority, then whoever has waited longest (sortPendingResizes in pkg/kubelet/allocation/allocation_manager.go).
 */
export const allocateResizes = (world: World, node: NodeAdmissionFacts): ReadonlyMap<PodUid, PodLedger> => {
  const decided = new Map<PodUid, PodLedger>();
  const waiting = [...world.desired.pods].flatMap(([uid, { pod: desired }]) => {
    const ledger = world.ledgers.get(uid);
    if (ledger?.pod === undefined || ledger.pod === desired || ledger.removed || ledger.admission.state !== 'admitted') return [];
    if (ledger.allocating?.pod === desired) return [];
    return isTerminal(world.statuses.get(uid)) ? [] : [{ uid, desired, ledger, allocated: ledger.pod }];
  });
  if (waiting.length === 0) return decided;
  const occupying = new Map(occupyingPods(world));
  const rank = ({ allocated, desired }: (typeof waiting)[number]): number =>
    asksForMore(allocated, desired) ? -Number(desired.spec.priority ?? 0) : Number.NEGATIVE_INFINITY;
  for (const { uid, desired, ledger, allocated } of waiting.sort((a, b) => compare(rank(a), rank(b)))) {
    const observed = world.observed.pods.get(uid);
    const others = [...occupying].filter(([other, its]) => other !== uid && podKey(its) !== podKey(desired)).map(([, its]) => its);
    const started = observed !== undefined || ledger.inPass || ledger.podCgroup !== undefined;
    const pending = checkResize({ allocated, desired, started, others, node });
    if (pending !== undefined) {
      if (canonicalText(pending) !== canonicalText(ledger.resizePending)) decided.set(uid, { ...ledger, resizePending: pending });
      continue;
    }
    const resized: PodLedger = { ...ledger, allocating: { pod: desired, started }, resizePending: undefined };
    decided.set(uid, resized);
    occupying.set(uid, footprintOf({ pod: allocated, ledger: resized, observed, unsettled: isUnsettled(world, uid, ledger) }));
  }
  return decided;
};

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
