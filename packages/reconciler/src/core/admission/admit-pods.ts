import type { Pod } from '@solo-kubelet/pod-spec';
import { canonicalText } from '../canonical-text.js';
import { isLive } from '../observed-pod.js';
import { type PodUid, podKey } from '../pod-identity.js';
import type { Admission } from '../pod-ledger.js';
import { isTerminal } from '../termination.js';
import type { World } from '../world/world.js';
import { checkPod } from './check-pod.js';
import type { NodeAdmissionFacts } from './node-admission-facts.js';

type Admitting = Pick<World, 'desired' | 'observed' | 'ledgers' | 'statuses' | 'resourceRevision'>;

/**
 * New decisions about pods that wait or were refused; only those that differ from the last one. A pod that already runs (after a kubelet restart) is
 * admitted whatever the node offers now: goal 1 is never to harm a running container.
 */
export const admitPods = (world: Admitting, node: NodeAdmissionFacts): ReadonlyMap<PodUid, Admission> => {
  const decisions = new Map<PodUid, Admission>();
  const stateOf = (uid: PodUid): Admission['state'] => (decisions.get(uid) ?? world.ledgers.get(uid)?.admission)?.state ?? 'pending';
  const isActive = (uid: PodUid): boolean => {
    const phase = world.statuses.get(uid)?.phase;
    return stateOf(uid) === 'admitted' && phase !== 'Failed' && phase !== 'Succeeded';
  };
  const runs = (uid: PodUid): boolean => world.observed.pods.get(uid)?.containers.some(isLive) === true;
  const waiting = [...world.desired.pods].filter(([uid]) => stateOf(uid) !== 'admitted' && world.ledgers.get(uid)?.removed === false);
  const runningFirst = [...waiting.filter(([uid]) => runs(uid)), ...waiting.filter(([uid]) => !runs(uid))];

  for (const [uid, { pod }] of runningFirst) {
    const others = activePods(world, uid, pod, isActive);
    const refusal = runs(uid) || wasAdmitted(world, uid) ? undefined : checkPod({ pod, others, node });
    const before = world.ledgers.get(uid)?.admission;
    if (refusal === undefined && isRefusedResources(before, world.resourceRevision)) continue;
    const decision: Admission = refusal === undefined ? { state: 'admitted' } : { state: 'refused', ...refusal };
    if (canonicalText(before) !== canonicalText(decision)) decisions.set(uid, decision);
  }
  return decisions;
};

/** There was no room for it among those that have something for themselves, and nothing has changed since. */
const isRefusedResources = (admission: Admission | undefined, revision: number): boolean =>
  admission?.state === 'refused' && admission.atRevision === revision;

/** A pod that completed in an earlier kubelet process takes nothing and is not asked again. */
const wasAdmitted = (world: Admitting, uid: PodUid): boolean => {
  const status = world.statuses.get(uid);
  return isTerminal(status) && status?.message?.startsWith('Pod was rejected: ') !== true;
};

/** A pod of the same name does not count: only one of the two will ever run at a time. */
const activePods = (world: Admitting, uid: PodUid, pod: Pod, isActive: (uid: PodUid) => boolean): readonly Pod[] =>
  [...world.desired.pods]
    .filter(([other, { pod: its }]) => other !== uid && isActive(other) && podKey(its) !== podKey(pod))
    .map(([, { pod: its }]) => its);
