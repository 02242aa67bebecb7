import type { Pod } from '@solo-kubelet/pod-spec';
import { canonicalText } from '../canonical-text.js';
import { isOfCluster } from '../cluster-pod.js';
import type { DesiredPod } from '../desired-state.js';
import { isLive } from '../observed-pod.js';
import { type PodUid, podKey } from '../pod-identity.js';
import type { Admission, PodLedger } from '../pod-ledger.js';
import { footprintOf } from '../resize/footprint.js';
import { isTerminal } from '../termination.js';
import type { World } from '../world/world.js';
import { checkPod } from './check-pod.js';
import type { NodeAdmissionFacts } from './node-admission-facts.js';
import { occupyingPods } from './occupying-pods.js';

type Admitting = Pick<World, 'desired' | 'observed' | 'ledgers' | 'statuses' | 'resourceRevision'>;

/**
 * New decisions about pods that wait or were refused, in order: whoever is admitted counts for those after it. Only decisions that differ from the last one. A pod that already runs (after a kubelet restart) is
 * admitted whatever the node offers now: goal 1 is never to harm a running container.
 */
export const admitPods = (world: Admitting, node: NodeAdmissionFacts): ReadonlyMap<PodUid, Admission> => {
  const decisions = new Map<PodUid, Admission>();
  const occupying = new Map(occupyingPods(world));
  const runs = (uid: PodUid): boolean => world.observed.pods.get(uid)?.containers.some(isLive) === true;
  const waiting = [...world.desired.pods].filter(([uid, desired]) => isWaiting(world.ledgers.get(uid), desired));
  const runningFirst = [...waiting.filter(([uid]) => runs(uid)), ...waiting.filter(([uid]) => !runs(uid))];

  for (const [uid, { pod: desired, origin }] of runningFirst) {
    const ledger = world.ledgers.get(uid);
    const pod = ledger?.pod ?? desired;
    const ended = wasAdmitted(world, uid) || (isOfCluster(origin) && isTerminal(world.statuses.get(uid)));
    const refusal = runs(uid) || ended ? undefined : checkPod({ pod, others: othersOf(occupying, uid, pod), node });
    const before = ledger?.admission;
    if (refusal === undefined && isRefusedResources(before, world.resourceRevision)) continue;
    // What an earlier process left running counts with what its cgroups have, even if less has been allocated to it since.
    if (refusal === undefined && !ended)
      occupying.set(uid, ledger ? footprintOf({ pod, ledger, observed: world.observed.pods.get(uid) }) : pod);
    const decision: Admission = refusal === undefined ? { state: 'admitted' } : { state: 'refused', ...refusal };
    if (canonicalText(before) !== canonicalText(decision)) decisions.set(uid, decision);
  }
  return decisions;
};

/** What an API server was told is final: a refused pod of it is replaced, not asked again (pkg/kubelet/kubelet.go rejectPod). */
const isWaiting = (ledger: PodLedger | undefined, { origin }: DesiredPod): boolean =>
  ledger?.removed === false && (ledger.admission.state === 'pending' || (ledger.admission.state === 'refused' && !isOfCluster(origin)));

/** There was no room for it among those that have something for themselves, and nothing has changed since. */
const isRefusedResources = (admission: Admission | undefined, revision: number): boolean =>
  admission?.state === 'refused' && admission.atRevision === revision;

/** A pod that completed in an earlier kubelet process takes nothing and is not asked again. */
const wasAdmitted = (world: Admitting, uid: PodUid): boolean => {
  const status = world.statuses.get(uid);
  return isTerminal(status) && status?.message?.startsWith('Pod was rejected: ') !== true;
};

/** A pod of the same name does not count: only one of the two will ever run at a time. */
const othersOf = (occupying: ReadonlyMap<PodUid, Pod>, uid: PodUid, pod: Pod): readonly Pod[] =>
  [...occupying].filter(([other, its]) => other !== uid && podKey(its) !== podKey(pod)).map(([, its]) => its);
