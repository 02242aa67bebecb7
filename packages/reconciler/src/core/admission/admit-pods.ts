import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { canonicalText } from '../canonical-text.js';
import { isOfCluster } from '../cluster-pod.js';
import { byTurn } from '../desired-state.js';
import { isLive } from '../observed-pod.js';
import type { PodUid } from '../pod-identity.js';
import type { Admission } from '../pod-worker-state.js';
import { footprintOf } from '../resize/footprint.js';
import type { KubeletState } from '../state/kubelet-state.js';
import { waitsForAdmission } from '../state/pod-index.js';
import { isTerminal } from '../termination.js';
import { checkPod } from './check-pod.js';
import type { NodeAdmissionFacts } from './node-admission-facts.js';
import { neighboursOf, type Occupancy, withOccupant } from './occupancy.js';

type Admitting = Pick<KubeletState, 'pods' | 'index' | 'ages' | 'resourceRevision' | 'occupancy'>;

/**
 * New decisions about pods that wait or were refused, in order: whoever is admitted counts for those after it. Only decisions that differ from the last one. A pod that already runs (after a kubelet restart) is
 * admitted whatever the node offers now: goal 1 is never to harm a running container.
 */
export const admitPods = (kubeletState: Admitting, node: NodeAdmissionFacts): Admitted => {
  const nothing = { decisions: new Map(), occupancy: kubeletState.occupancy };
  const question = questionOf(kubeletState);
  if (question.waiting.size === 0) return nothing;
  // Most of what happens to others changes nothing of it, and pods that were refused may be many.
  if (isSameQuestion(answeredNo.get(node), question)) return nothing;
  const admitted = decide(question, kubeletState, node);
  if (admitted.decisions.size === 0) answeredNo.set(node, question);
  return admitted;
};

/** What was decided, and who takes room by it. */
interface Admitted {
  readonly decisions: ReadonlyMap<PodUid, Admission>;
  readonly occupancy: Occupancy;
}

/** All that decisions depend on besides the node. */
interface Question {
  readonly revision: number;
  readonly occupying: Occupancy['byUid'];
  /** Those that run first. */
  readonly waiting: ReadonlyMap<PodUid, Waiting>;
}

interface Waiting {
  readonly pod: Pod;
  readonly before: Admission | undefined;
  readonly runs: boolean;
  /** An earlier process, or the API server, knows of its end. */
  readonly ended: boolean;
}

/** The last question about each node whose answer was that nothing changes. */
const answeredNo = new WeakMap<NodeAdmissionFacts, Question>();

const questionOf = (kubeletState: Admitting): Question => {
  const asking = [...kubeletState.index.undecided.keys()].flatMap((uid) => {
    const state = kubeletState.pods.get(uid);
    const desired = state?.inputs.desired;
    return state === undefined || desired === undefined || !waitsForAdmission(state.inputs) ? [] : [{ uid, desired, state }];
  });
  const waiting = byTurn(asking).map(({ uid, desired, state: { inputs, status } }): readonly [PodUid, Waiting] => {
    const ended = wasAdmitted(status) || (isOfCluster(desired.origin) && isTerminal(status));
    const runs = inputs.observed?.containers.some(isLive) === true;
    return [uid, { pod: inputs.workerState.pod ?? desired.pod, before: inputs.workerState.admission, runs, ended }];
  });
  const runningFirst = [...waiting.filter(([, { runs }]) => runs), ...waiting.filter(([, { runs }]) => !runs)];
  return { revision: kubeletState.resourceRevision, occupying: kubeletState.occupancy.byUid, waiting: new Map(runningFirst) };
};

const isSameQuestion = (before: Question | undefined, { revision, occupying, waiting }: Question): boolean =>
  before?.revision === revision &&
  before.waiting.size === waiting.size &&
  before.occupying === occupying &&
  [...waiting].every(([uid, now]) => isSameWaiting(before.waiting.get(uid), now));

const isSameWaiting = (old: Waiting | undefined, { pod, before, runs, ended }: Waiting): boolean =>
  old?.pod === pod && old.before === before && old.runs === runs && old.ended === ended;

const decide = ({ revision, waiting }: Question, kubeletState: Admitting, node: NodeAdmissionFacts): Admitted => {
  const decisions = new Map<PodUid, Admission>();
  let { occupancy } = kubeletState;
  for (const [uid, { pod, before, runs, ended }] of waiting) {
    const inputs = kubeletState.pods.get(uid)?.inputs;
    const refusal = runs || ended ? undefined : checkPod({ pod, neighbours: neighboursOf(occupancy, uid, pod), node });
    if (refusal === undefined && isRefusedResources(before, revision)) continue;
    // What an earlier process left running counts with what its cgroups have, even if less has been allocated to it since.
    if (refusal === undefined && !ended)
      occupancy = withOccupant(
        occupancy,
        uid,
        inputs ? footprintOf({ pod, workerState: inputs.workerState, observed: inputs.observed }) : pod,
      );
    const decision: Admission = refusal === undefined ? { state: 'admitted' } : { state: 'refused', ...refusal };
    if (canonicalText(before) !== canonicalText(decision)) decisions.set(uid, decision);
  }
  return { decisions, occupancy };
};

/** There was no room for it among those that have something for themselves, and nothing has changed since. */
const isRefusedResources = (admission: Admission | undefined, revision: number): boolean =>
  admission?.state === 'refused' && admission.atRevision === revision;

/** A pod that completed in an earlier kubelet process takes nothing and is not asked again. */
const wasAdmitted = (status: PodStatus | undefined): boolean =>
  isTerminal(status) && status?.message?.startsWith('Pod was rejected: ') !== true;
