import type { ProbeResult } from '@solo-kubelet/probe-engine';
import { admitPods } from '../admission/admit-pods.js';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { occupancyAfter } from '../admission/occupying-pods.js';
import { canonicalText } from '../canonical-text.js';
import type { BackoffPolicy } from '../crash-backoff.js';
import { allSynced } from '../desired-state.js';
import { mergeObservation, type Observation } from '../observation-ages.js';
import type { ObservedPod } from '../observed-pod.js';
import type { PodUid } from '../pod-identity.js';
import { growReturnDelay } from '../pod-return.js';
import { newWorkerState, type PodWorkerState, withEntry } from '../pod-worker-state.js';
import { type PodVerdicts, reduceVerdicts } from '../probe-results.js';
import { refreshWorkerState, requestRestart } from '../reduce-pod-worker-state.js';
import { allocate } from '../resize/allocate.js';
import { allocateResizes } from '../resize/allocate-resizes.js';
import { takeEdit } from '../resize/take-edit.js';
import { isLeftToRecord } from '../restart-decision.js';
import { knownStatus } from '../status/known-status.js';
import { reconcileStoredStatus } from '../status/reconcile-stored-status.js';
import { type Moment, steadyTimesOf } from '../steady-times.js';
import { isTerminal, type Termination, WHOLE_POD } from '../termination.js';
import { deriveStatuses } from './derive-statuses.js';
import {
  hasRelisted,
  type KubeletState,
  type KubeletStateInput,
  type KubeletStateSettings,
  momentOf,
  type RestoredRecord,
} from './kubelet-state.js';
import { newPodState } from './pod-state.js';
import { takeActivity } from './take-activity.js';
import { takeManifest } from './take-manifest.js';
import { withInputs, withKnown, withSight, withStatus, withWorkerState } from './with-pod.js';

/** The one reducer: takes in what happened, then admits what waits and derives the statuses of the pods it concerns. */
export const reduceKubeletState = (settings: KubeletStateSettings, kubeletState: KubeletState, input: KubeletStateInput): KubeletState => {
  const took = takeIn(settings, kubeletState, input);
  if (took === kubeletState) return kubeletState;
  const now = momentOf(input);
  const taken = hasRelisted(took) && !hasRelisted(kubeletState) ? reconcileStoredStatuses(took, now) : took;
  if (!admits(input) || taken.node === undefined || taken.index.undecided.size === 0)
    return withOccupancy(kubeletState, deriveStatuses(settings, kubeletState, taken, input));
  const asked = withOccupancy(kubeletState, taken);
  const allocated = withOccupancy(asked, allocateWaiting(settings, asked));
  return withOccupancy(allocated, deriveStatuses(settings, kubeletState, admitWaiting(allocated, now), input));
};

/** With the room that is taken after a step; `before` had it as it was. */
const withOccupancy = (before: KubeletState, after: KubeletState): KubeletState => {
  const occupancy = occupancyAfter(after.occupancy, before, after);
  return occupancy === after.occupancy ? after : { ...after, occupancy };
};

const reconcileStoredStatuses = (kubeletState: KubeletState, now: Moment): KubeletState => {
  let doubted = kubeletState;
  for (const [uid, { status, inputs }] of kubeletState.pods)
    if (status !== undefined) doubted = withStatus(doubted, uid, reconcileStoredStatus(status, inputs.observed, now.wallMs), now);
  return doubted;
};

const takeIn = (settings: KubeletStateSettings, kubeletState: KubeletState, input: KubeletStateInput): KubeletState => {
  switch (input.type) {
    case 'restored':
      return restore(kubeletState, input.records, momentOf(input));
    case 'manifest':
      return takeManifest(kubeletState, input.event, momentOf(input));
    case 'observed':
      return takeObservation(settings, kubeletState, input.observation, momentOf(input));
    case 'probeResult':
      return takeVerdict(kubeletState, input.probeResult);
    case 'node':
      return takeNode(kubeletState, input.facts);
    case 'activity':
      return takeActivity(settings, kubeletState, input, momentOf(input));
    case 'terminate':
      return isTerminal(kubeletState.pods.get(input.podUid)?.status)
        ? kubeletState
        : withWorkerState(kubeletState, input.podUid, (workerState) =>
            terminate(workerState, input.termination, settings.backoffPolicy, input.atMs),
          );
    case 'restart':
      return withWorkerState(kubeletState, input.podUid, (workerState) =>
        requestRestart(workerState, kubeletState.pods.get(input.podUid)?.inputs.observed, input.atMs),
      );
    case 'recorded':
      return withWorkerState(kubeletState, input.podUid, (workerState) => takeRecord(workerState, input));
    case 'refresh':
      return withWorkerState(kubeletState, input.podUid, refreshWorkerState);
    case 'orphanedPods':
      return withKnown(kubeletState, input.podUids);
  }
};

/** A pod that has not started, or is ended already, is left as it is. */
const terminate = (workerState: PodWorkerState, termination: Termination, policy: BackoffPolicy, nowMs: number): PodWorkerState => {
  if (workerState.admission.state !== 'admitted' || workerState.termination !== undefined) return workerState;
  const { disruption, returnsAtOnce = false, retryAfterMs = 0 } = termination;
  if (!disruption || returnsAtOnce) return { ...workerState, termination };
  const wait = growReturnDelay(workerState.backoff.get(WHOLE_POD), policy, nowMs, retryAfterMs);
  return { ...workerState, termination, backoff: withEntry(workerState.backoff, WHOLE_POD, wait) };
};

/** What fits is allocated once a record says so; while none can be written, that is why it is not. */
const takeRecord = (
  workerState: PodWorkerState,
  { allocating, failure }: KubeletStateInput & { readonly type: 'recorded' },
): PodWorkerState => {
  if (allocating === undefined || workerState.allocating !== allocating) return workerState;
  if (failure === undefined) return allocate(workerState);
  const failures = (workerState.resizeFailure?.failures ?? 0) + 1;
  return { ...workerState, resizeFailure: { message: `cannot record the resize: ${failure}`, retryAtMs: 0, failures } };
};

const restore = (kubeletState: KubeletState, records: readonly RestoredRecord[], now: Moment): KubeletState => {
  let restored: KubeletState = { ...kubeletState, restored: true };
  for (const { podUid, status, backoff, resources } of records) {
    const workerState = {
      ...(restored.pods.get(podUid)?.inputs.workerState ?? newWorkerState(undefined)),
      backoff: new Map(Object.entries(backoff)),
      initsBefore: status.initContainerStatuses?.map(({ name }) => name) ?? [],
    };
    const known = knownStatus(status, restored.pods.get(podUid)?.inputs.desired);
    restored = withStatus(withInputs(restored, podUid, { workerState: restoreResources(workerState, resources) }), podUid, known, now);
  }
  return restored;
};

/** What was allocated counts on, whether the manifest has been read already or not. */
const restoreResources = (workerState: PodWorkerState, resources: RestoredRecord['resources']): PodWorkerState => {
  if (resources === undefined) return workerState;
  const { allocated, actuated, podCgroup, unconfirmed = {}, podUnconfirmed } = resources;
  const restored = {
    ...workerState,
    allocatedBefore: allocated,
    actuated: new Map(Object.entries(actuated)),
    podCgroup,
    unconfirmed: new Map(Object.entries(unconfirmed)),
    podUnconfirmed,
  };
  return workerState.pod === undefined ? restored : takeEdit(restored, workerState.pod);
};

/** Only a change of what there is to be had is one for those that were refused resources. */
const takeNode = (kubeletState: KubeletState, facts: NodeAdmissionFacts): KubeletState => {
  const same =
    kubeletState.node?.offer === facts.offer && canonicalText(kubeletState.node?.allocatable) === canonicalText(facts.allocatable);
  return { ...kubeletState, node: facts, resourceRevision: kubeletState.resourceRevision + (same ? 0 : 1) };
};

const takeObservation = (
  { backoffPolicy }: KubeletStateSettings,
  before: KubeletState,
  observation: Observation,
  now: Moment,
): KubeletState => {
  if (observation.type === 'ended' && isLeftToRecord(before.pods.get(observation.podUid)?.inputs.workerState.pod, observation.container))
    return before;
  const observed = { get: (uid: PodUid) => before.pods.get(uid)?.inputs.observed, keys: () => observedPods(before) };
  const merged = mergeObservation(before.ages, observed, observation);
  if (merged === undefined) return before;
  const { ages, changed } = merged;
  const isListing = observation.type === 'listed';
  const unreadSinceMs =
    ages.unread.size === 0 && before.unreadSinceMs.size === 0
      ? before.unreadSinceMs
      : new Map([...ages.unread.keys()].map((uid) => [uid, lastListedAtMs(before, uid)]));
  let kubeletState: KubeletState = { ...before, ages, unreadSinceMs, listedAtMs: isListing ? now.steadyMs : before.listedAtMs };
  for (const [uid, pod] of changed) {
    const { probeResults, steadyTimes } = (kubeletState.pods.get(uid) ?? newPodState).inputs;
    const context = { now, listedAtMs: lastListedAtMs(before, uid), kubeletStartMs: backoffPolicy.kubeletStartMs };
    kubeletState = withInputs(kubeletState, uid, {
      observed: pod,
      steadyTimes: steadyTimesOf(steadyTimes, pod, context),
      probeResults: pruneVerdicts(probeResults, pod),
    });
  }
  // What a worker did may have been seen now.
  if (!isListing) return withSight(kubeletState, observation.podUid);
  for (const uid of kubeletState.pods.keys()) kubeletState = withSight(kubeletState, uid);
  return kubeletState;
};

const observedPods = ({ pods }: KubeletState): MapIterator<PodUid> =>
  new Map([...pods].filter(([, { inputs }]) => inputs.observed !== undefined)).keys();

/** A listing that could not read the pod did not show what it does not show. */
const lastListedAtMs = ({ unreadSinceMs, listedAtMs }: KubeletState, uid: PodUid): number | undefined =>
  unreadSinceMs.has(uid) ? unreadSinceMs.get(uid) : listedAtMs;

/** Drops the probe results about containers that are not there any more. */
const pruneVerdicts = (probeResults: PodVerdicts, pod: ObservedPod | undefined): PodVerdicts => {
  const isGone = (containerId: string): boolean => pod?.containers.some(({ id }) => id === containerId) !== true;
  return [...probeResults.keys()].some(isGone) ? new Map([...probeResults].filter(([id]) => !isGone(id))) : probeResults;
};

const takeVerdict = (kubeletState: KubeletState, probeResult: ProbeResult): KubeletState => {
  const uid = probeResult.podUid as PodUid;
  const before = kubeletState.pods.get(uid)?.inputs.probeResults;
  return before === undefined ? kubeletState : withInputs(kubeletState, uid, { probeResults: reduceVerdicts(before, probeResult) });
};

const admits = ({ type }: KubeletStateInput): boolean => type !== 'probeResult';

/** Pods whose manifest asks for other amounts than they have are asked again as often; before all sources have spoken nobody knows who else is there. */
const allocateWaiting = (settings: KubeletStateSettings, kubeletState: KubeletState): KubeletState => {
  if (kubeletState.node === undefined || !hasRelisted(kubeletState) || !allSynced(kubeletState.syncedSources, settings.sources))
    return kubeletState;
  const { decided, occupancy } = allocateResizes(kubeletState, kubeletState.node);
  let allocated = decided.size === 0 ? kubeletState : { ...kubeletState, occupancy };
  for (const [uid, workerState] of decided) allocated = withInputs(allocated, uid, { workerState });
  return allocated;
};

/** Pods that wait for admission or were refused are asked again whenever anything changes that might let them in. */
const admitWaiting = (kubeletState: KubeletState, now: Moment): KubeletState => {
  if (kubeletState.node === undefined || !hasRelisted(kubeletState) || kubeletState.index.undecided.size === 0) return kubeletState;
  const { decisions, occupancy } = admitPods(kubeletState, kubeletState.node);
  let decided = decisions.size === 0 ? kubeletState : { ...kubeletState, occupancy };
  for (const [uid, admission] of decisions) {
    const before = kubeletState.pods.get(uid)?.inputs.workerState.admission;
    if (before?.state === 'refused' && admission.state === 'admitted') decided = withStatus(decided, uid, undefined, now);
    decided = withWorkerState(decided, uid, (workerState) => ({ ...workerState, admission }));
  }
  return decided;
};
