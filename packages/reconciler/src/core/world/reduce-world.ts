import type { ProbeVerdict } from '@solo-kubelet/probe-engine';
import { admitPods } from '../admission/admit-pods.js';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { canonicalText } from '../canonical-text.js';
import type { BackoffPolicy } from '../crash-backoff.js';
import { allSynced } from '../desired-state.js';
import { mergeObservation, type Observation } from '../observation-ages.js';
import type { ObservedPod } from '../observed-pod.js';
import type { PodUid } from '../pod-identity.js';
import { newLedger, type PodLedger, withEntry } from '../pod-ledger.js';
import { growReturnDelay } from '../pod-return.js';
import { type PodVerdicts, reduceVerdicts } from '../probe-results.js';
import { refreshLedger, requestRestart } from '../reduce-pod-ledger.js';
import { allocate } from '../resize/allocate.js';
import { allocateResizes } from '../resize/allocate-resizes.js';
import { takeEdit } from '../resize/take-edit.js';
import { believedStatus } from '../status/believed-status.js';
import { type Moment, steadyTimesOf } from '../steady-times.js';
import { isTerminal, type Termination, WHOLE_POD } from '../termination.js';
import { deriveStatuses } from './derive-statuses.js';
import { newPodState } from './pod-state.js';
import { takeActivity } from './take-activity.js';
import { takeManifest } from './take-manifest.js';
import { withInputs, withKnown, withLedger, withSight, withStatus } from './with-pod.js';
import { hasLooked, momentOf, type RestoredRecord, type World, type WorldInput, type WorldSettings } from './world.js';

/** The one reducer: takes in what happened, then admits what waits and derives the statuses of the pods it concerns. */
export const reduceWorld = (settings: WorldSettings, world: World, input: WorldInput): World => {
  const took = takeIn(settings, world, input);
  if (took === world) return world;
  const now = momentOf(input);
  const taken = hasLooked(took) && !hasLooked(world) ? doubtStartTimes(took, now) : took;
  const admitted = admits(input) ? admitWaiting(allocateWaiting(settings, taken), now) : taken;
  return deriveStatuses(settings, world, admitted, input);
};

const doubtStartTimes = (world: World, now: Moment): World => {
  let doubted = world;
  for (const [uid, { status, inputs }] of world.pods)
    if (status !== undefined) doubted = withStatus(doubted, uid, believedStatus(status, inputs.observed, now.wallMs), now);
  return doubted;
};

const takeIn = (settings: WorldSettings, world: World, input: WorldInput): World => {
  switch (input.type) {
    case 'restored':
      return restore(world, input.records, momentOf(input));
    case 'manifest':
      return takeManifest(world, input.event, momentOf(input));
    case 'observed':
      return takeObservation(settings, world, input.observation, momentOf(input));
    case 'verdict':
      return takeVerdict(world, input.verdict);
    case 'node':
      return takeNode(world, input.facts);
    case 'activity':
      return takeActivity(settings, world, input, momentOf(input));
    case 'terminate':
      return isTerminal(world.pods.get(input.podUid)?.status)
        ? world
        : withLedger(world, input.podUid, (ledger) => terminate(ledger, input.termination, settings.backoffPolicy, input.atMs));
    case 'restart':
      return withLedger(world, input.podUid, (ledger) => requestRestart(ledger, world.pods.get(input.podUid)?.inputs.observed, input.atMs));
    case 'recorded':
      return withLedger(world, input.podUid, (ledger) => takeRecord(ledger, input));
    case 'refresh':
      return withLedger(world, input.podUid, refreshLedger);
    case 'leftBehind':
      return withKnown(world, input.podUids);
  }
};

/** A pod that has not started, or is ended already, is left as it is. */
const terminate = (ledger: PodLedger, termination: Termination, policy: BackoffPolicy, nowMs: number): PodLedger => {
  if (ledger.admission.state !== 'admitted' || ledger.termination !== undefined) return ledger;
  const { disruption, returnsAtOnce = false, retryAfterMs = 0 } = termination;
  if (!disruption || returnsAtOnce) return { ...ledger, termination };
  const wait = growReturnDelay(ledger.backoff.get(WHOLE_POD), policy, nowMs, retryAfterMs);
  return { ...ledger, termination, backoff: withEntry(ledger.backoff, WHOLE_POD, wait) };
};

/** What fits is allocated once a record says so; while none can be written, that is why it is not. */
const takeRecord = (ledger: PodLedger, { allocating, failure }: WorldInput & { readonly type: 'recorded' }): PodLedger => {
  if (allocating === undefined || ledger.allocating !== allocating) return ledger;
  if (failure === undefined) return allocate(ledger);
  const failures = (ledger.resizeFailure?.failures ?? 0) + 1;
  return { ...ledger, resizeFailure: { message: `cannot record the resize: ${failure}`, retryAtMs: 0, failures } };
};

const restore = (world: World, records: readonly RestoredRecord[], now: Moment): World => {
  let restored: World = { ...world, restored: true };
  for (const { podUid, status, backoff, resources } of records) {
    const ledger = {
      ...(restored.pods.get(podUid)?.inputs.ledger ?? newLedger(undefined)),
      backoff: new Map(Object.entries(backoff)),
      initsBefore: status.initContainerStatuses?.map(({ name }) => name) ?? [],
    };
    restored = withStatus(withInputs(restored, podUid, { ledger: restoreResources(ledger, resources) }), podUid, status, now);
  }
  return restored;
};

/** What was allocated counts on, whether the manifest has been read already or not. */
const restoreResources = (ledger: PodLedger, resources: RestoredRecord['resources']): PodLedger => {
  if (resources === undefined) return ledger;
  const { allocated, actuated, podCgroup, unconfirmed = {}, podUnconfirmed } = resources;
  const restored = {
    ...ledger,
    allocatedBefore: allocated,
    actuated: new Map(Object.entries(actuated)),
    podCgroup,
    unconfirmed: new Map(Object.entries(unconfirmed)),
    podUnconfirmed,
  };
  return ledger.pod === undefined ? restored : takeEdit(restored, ledger.pod);
};

/** Only a change of what there is to be had is one for those that were refused resources. */
const takeNode = (world: World, facts: NodeAdmissionFacts): World => {
  const same = world.node?.offer === facts.offer && canonicalText(world.node?.allocatable) === canonicalText(facts.allocatable);
  return { ...world, node: facts, resourceRevision: world.resourceRevision + (same ? 0 : 1) };
};

const takeObservation = ({ backoffPolicy }: WorldSettings, before: World, observation: Observation, now: Moment): World => {
  const observed = { get: (uid: PodUid) => before.pods.get(uid)?.inputs.observed, keys: () => observedPods(before) };
  const merged = mergeObservation(before.ages, observed, observation);
  if (merged === undefined) return before;
  const { ages, changed } = merged;
  const isListing = observation.type === 'listed';
  const unreadSinceMs =
    ages.unread.size === 0 && before.unreadSinceMs.size === 0
      ? before.unreadSinceMs
      : new Map([...ages.unread.keys()].map((uid) => [uid, lastListedAtMs(before, uid)]));
  let world: World = { ...before, ages, unreadSinceMs, listedAtMs: isListing ? now.steadyMs : before.listedAtMs };
  for (const [uid, pod] of changed) {
    const { verdicts, steadyTimes } = (world.pods.get(uid) ?? newPodState).inputs;
    const context = { now, listedAtMs: lastListedAtMs(before, uid), kubeletStartMs: backoffPolicy.kubeletStartMs };
    world = withInputs(world, uid, {
      observed: pod,
      steadyTimes: steadyTimesOf(steadyTimes, pod, context),
      verdicts: pruneVerdicts(verdicts, pod),
    });
  }
  // What a worker did may have been seen now.
  if (!isListing) return withSight(world, observation.podUid);
  for (const uid of world.pods.keys()) world = withSight(world, uid);
  return world;
};

const observedPods = ({ pods }: World): MapIterator<PodUid> =>
  new Map([...pods].filter(([, { inputs }]) => inputs.observed !== undefined)).keys();

/** A listing that could not read the pod did not show what it does not show. */
const lastListedAtMs = ({ unreadSinceMs, listedAtMs }: World, uid: PodUid): number | undefined =>
  unreadSinceMs.has(uid) ? unreadSinceMs.get(uid) : listedAtMs;

/** Drops the verdicts about containers that are not there any more. */
const pruneVerdicts = (verdicts: PodVerdicts, pod: ObservedPod | undefined): PodVerdicts => {
  const isGone = (containerId: string): boolean => pod?.containers.some(({ id }) => id === containerId) !== true;
  return [...verdicts.keys()].some(isGone) ? new Map([...verdicts].filter(([id]) => !isGone(id))) : verdicts;
};

const takeVerdict = (world: World, verdict: ProbeVerdict): World => {
  const uid = verdict.podUid as PodUid;
  const before = world.pods.get(uid)?.inputs.verdicts;
  return before === undefined ? world : withInputs(world, uid, { verdicts: reduceVerdicts(before, verdict) });
};

const admits = ({ type }: WorldInput): boolean => type !== 'verdict';

/** Pods whose manifest asks for other amounts than they have are asked again as often; before all sources have spoken nobody knows who else is there. */
const allocateWaiting = (settings: WorldSettings, world: World): World => {
  if (world.node === undefined || !hasLooked(world) || !allSynced(world.syncedSources, settings.sources)) return world;
  let allocated = world;
  for (const [uid, ledger] of allocateResizes(world, world.node)) allocated = withInputs(allocated, uid, { ledger });
  return allocated;
};

/** Pods that wait for admission or were refused are asked again whenever anything changes that might let them in. */
const admitWaiting = (world: World, now: Moment): World => {
  if (world.node === undefined || !hasLooked(world) || world.index.undecided.size === 0) return world;
  let decided = world;
  for (const [uid, admission] of admitPods(world, world.node)) {
    const before = world.pods.get(uid)?.inputs.ledger.admission;
    if (before?.state === 'refused' && admission.state === 'admitted') decided = withStatus(decided, uid, undefined, now);
    decided = withLedger(decided, uid, (ledger) => ({ ...ledger, admission }));
  }
  return decided;
};
