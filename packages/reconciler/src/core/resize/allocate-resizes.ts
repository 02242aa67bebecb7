import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { neighboursOf, type Occupancy, withOccupant } from '../admission/occupancy.js';
import { isUnsettled } from '../admission/occupying-pods.js';
import { canonicalText } from '../canonical-text.js';
import { byTurn } from '../desired-state.js';
import type { PodUid } from '../pod-identity.js';
import type { PodWorkerState } from '../pod-worker-state.js';
import type { KubeletState } from '../state/kubelet-state.js';
import { waitsForAllocation } from '../state/pod-index.js';
import { isTerminal } from '../termination.js';
import { asksForMore, checkResize } from './check-resize.js';
import { footprintOf } from './footprint.js';

/**
 * Decides about edits of admitted pods that ask for other amounts than those allocated: worker states that change by it. What fits is allocated once that is on
 * record. Those that give something back come
 * first, then by priority, then whoever has waited longest (sortPendingResizes in pkg/kubelet/allocation/allocation_manager.go).
 */
export const allocateResizes = (kubeletState: KubeletState, node: NodeAdmissionFacts): Allocated => {
  const decided = new Map<PodUid, PodWorkerState>();
  const asking = [...kubeletState.index.undecided.keys()].flatMap((uid) => {
    const state = kubeletState.pods.get(uid);
    if (state === undefined || !waitsForAllocation(state.inputs) || isTerminal(state.status)) return [];
    const { desired, workerState, observed } = state.inputs;
    return desired === undefined || workerState.pod === undefined
      ? []
      : [{ uid, desired, workerState, observed, allocated: workerState.pod }];
  });
  if (asking.length === 0) return { decided, occupancy: kubeletState.occupancy };
  const waiting = byTurn(asking).map(({ desired: { pod }, ...rest }) => ({ ...rest, desired: pod }));
  let { occupancy } = kubeletState;
  const rank = ({ allocated, desired }: (typeof waiting)[number]): number =>
    asksForMore(allocated, desired) ? -Number(desired.spec.priority ?? 0) : Number.NEGATIVE_INFINITY;
  for (const { uid, desired, workerState, observed, allocated } of waiting.sort((a, b) => compare(rank(a), rank(b)))) {
    const started = observed !== undefined || workerState.inPass || workerState.podCgroup !== undefined;
    const pending = checkResize({ allocated, desired, started, neighbours: neighboursOf(occupancy, uid, desired), node });
    if (pending !== undefined) {
      if (canonicalText(pending) !== canonicalText(workerState.resizePending)) decided.set(uid, { ...workerState, resizePending: pending });
      continue;
    }
    const resized: PodWorkerState = { ...workerState, allocating: { pod: desired, started }, resizePending: undefined };
    decided.set(uid, resized);
    occupancy = withOccupant(
      occupancy,
      uid,
      footprintOf({ pod: allocated, workerState: resized, observed, unsettled: isUnsettled(kubeletState, uid, workerState) }),
    );
  }
  return { decided, occupancy };
};

/** What was decided, and what room is taken by it. */
interface Allocated {
  readonly decided: ReadonlyMap<PodUid, PodWorkerState>;
  readonly occupancy: Occupancy;
}

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
