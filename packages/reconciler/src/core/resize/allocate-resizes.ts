import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { isUnsettled, occupyingPods } from '../admission/occupying-pods.js';
import { canonicalText } from '../canonical-text.js';
import { byTurn } from '../desired-state.js';
import { type PodUid, podKey } from '../pod-identity.js';
import type { PodLedger } from '../pod-ledger.js';
import { isTerminal } from '../termination.js';
import { waitsForAllocation } from '../world/pod-index.js';
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
  const asking = [...world.index.undecided.keys()].flatMap((uid) => {
    const state = world.pods.get(uid);
    if (state === undefined || !waitsForAllocation(state.inputs) || isTerminal(state.status)) return [];
    const { desired, ledger, observed } = state.inputs;
    return desired === undefined || ledger.pod === undefined ? [] : [{ uid, desired, ledger, observed, allocated: ledger.pod }];
  });
  if (asking.length === 0) return decided;
  const waiting = byTurn(asking).map(({ desired: { pod }, ...rest }) => ({ ...rest, desired: pod }));
  const occupying = new Map(occupyingPods(world));
  const rank = ({ allocated, desired }: (typeof waiting)[number]): number =>
    asksForMore(allocated, desired) ? -Number(desired.spec.priority ?? 0) : Number.NEGATIVE_INFINITY;
  for (const { uid, desired, ledger, observed, allocated } of waiting.sort((a, b) => compare(rank(a), rank(b)))) {
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
