import type { ProbeVerdict } from '@solo-kubelet/probe-engine';
import { admitPods } from '../admission/admit-pods.js';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { canonicalText } from '../canonical-text.js';
import type { BackoffPolicy } from '../crash-backoff.js';
import { allSynced } from '../desired-state.js';
import type { PodUid } from '../pod-identity.js';
import { newLedger, type PodLedger, withEntry } from '../pod-ledger.js';
import { growReturnDelay } from '../pod-return.js';
import { noVerdicts, reduceVerdicts } from '../probe-results.js';
import { refreshLedger, requestRestart } from '../reduce-pod-ledger.js';
import { allocate } from '../resize/allocate.js';
import { allocateResizes } from '../resize/allocate-resizes.js';
import { takeEdit } from '../resize/take-edit.js';
import { mergeObservation, type Observation, type RuntimeSnapshot } from '../runtime-snapshot.js';
import { believedStatus } from '../status/believed-status.js';
import { type Moment, reduceSteadyTimes } from '../steady-times.js';
import { isTerminal, type Termination, WHOLE_POD } from '../termination.js';
import { deriveStatuses } from './derive-statuses.js';
import { takeActivity } from './take-activity.js';
import { takeManifest } from './take-manifest.js';
import { withLedger, withLedgers } from './with-ledger.js';
import { momentOf, type RestoredRecord, type World, type WorldInput, type WorldSettings } from './world.js';

/** The one reducer: takes in what happened, then admits what waits and derives the statuses of the pods it concerns. */
export const reduceWorld = (settings: WorldSettings, world: World, input: WorldInput): World => {
  const took = takeIn(settings, world, input);
  if (took === world) return world;
  const now = momentOf(input);
  const taken = hasLooked(took) && !hasLooked(world) ? doubtStartTimes(took, now.wallMs) : took;
  const admitted = admits(input) ? admitWaiting(allocateWaiting(settings, taken)) : taken;
  return noteStarts(world, deriveStatuses(settings, world, noteStarts(world, admitted, now), input), now);
};

/** Pods whose `startTime` is new start to count from then; the machine's clock is believed that once. */
const noteStarts = (before: World, after: World, now: Moment): World => {
  if (before.statuses === after.statuses) return after;
  let activeSinceMs: Map<PodUid, number> | undefined;
  for (const uid of after.activeSinceMs.keys()) {
    if (after.statuses.has(uid)) continue;
    activeSinceMs ??= new Map(after.activeSinceMs);
    activeSinceMs.delete(uid);
  }
  for (const [uid, { startTime }] of after.statuses) {
    if (startTime === undefined || (startTime === before.statuses.get(uid)?.startTime && after.activeSinceMs.has(uid))) continue;
    activeSinceMs ??= new Map(after.activeSinceMs);
    activeSinceMs.set(uid, now.steadyMs - Math.max(0, now.wallMs - Date.parse(startTime)));
  }
  return activeSinceMs === undefined ? after : { ...after, activeSinceMs };
};

/** The records of earlier processes and a first picture of the runtime are there to be held against each other. */
const hasLooked = ({ restored, observed }: World): boolean => restored && observed.generation > 0;

const doubtStartTimes = (world: World, wallMs: number): World => ({
  ...world,
  statuses: new Map([...world.statuses].map(([uid, status]) => [uid, believedStatus(status, world.observed.pods.get(uid), wallMs)])),
});

const takeIn = (settings: WorldSettings, world: World, input: WorldInput): World => {
  switch (input.type) {
    case 'restored':
      return restore(world, input.records);
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
      return isTerminal(world.statuses.get(input.podUid))
        ? world
        : withLedger(world, input.podUid, (ledger) => terminate(ledger, input.termination, settings.backoffPolicy, input.atMs));
    case 'restart':
      return withLedger(world, input.podUid, (ledger) => requestRestart(ledger, world.observed.pods.get(input.podUid), input.atMs));
    case 'recorded':
      return withLedger(world, input.podUid, (ledger) => takeRecord(ledger, input));
    case 'refresh':
      return withLedger(world, input.podUid, refreshLedger);
    case 'leftBehind':
      return withLedgers(world, input.podUids);
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

const restore = (world: World, records: readonly RestoredRecord[]): World => {
  const statuses = new Map(world.statuses);
  const ledgers = new Map(world.ledgers);
  for (const { podUid, status, backoff, resources } of records) {
    statuses.set(podUid, status);
    const ledger = {
      ...(ledgers.get(podUid) ?? newLedger(undefined)),
      backoff: new Map(Object.entries(backoff)),
      initsBefore: status.initContainerStatuses?.map(({ name }) => name) ?? [],
    };
    ledgers.set(podUid, restoreResources(ledger, resources));
  }
  return { ...world, statuses, ledgers, restored: true };
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

const takeObservation = ({ backoffPolicy }: WorldSettings, world: World, observation: Observation, now: Moment): World => {
  const observed = mergeObservation(world.observed, observation);
  if (observed === world.observed) return world;
  const verdicts = pruneVerdicts(world.verdicts, observed);
  const steadyTimes = reduceSteadyTimes(world.steadyTimes, world.observed, observed, {
    now,
    listedAtMs: (uid) => lastListedAtMs(world, uid),
    kubeletStartMs: backoffPolicy.kubeletStartMs,
  });
  const listedAtMs = observation.type === 'listed' ? now.steadyMs : world.listedAtMs;
  const unreadSinceMs = new Map([...observed.unread.keys()].map((uid) => [uid, lastListedAtMs(world, uid)]));
  return withLedgers({ ...world, observed, verdicts, steadyTimes, listedAtMs, unreadSinceMs }, [...observed.pods.keys()]);
};

/** A listing that could not read the pod did not show what it does not show. */
const lastListedAtMs = ({ unreadSinceMs, listedAtMs }: World, uid: PodUid): number | undefined =>
  unreadSinceMs.has(uid) ? unreadSinceMs.get(uid) : listedAtMs;

/** Drops the verdicts about containers that are not there any more. */
const pruneVerdicts = (verdicts: World['verdicts'], observed: RuntimeSnapshot): World['verdicts'] => {
  const isGone = (uid: PodUid, containerId: string): boolean =>
    observed.pods.get(uid)?.containers.some(({ id }) => id === containerId) !== true;
  if (![...verdicts].some(([uid, pod]) => [...pod.keys()].some((id) => isGone(uid, id)))) return verdicts;
  return new Map([...verdicts].map(([uid, pod]) => [uid, new Map([...pod].filter(([id]) => !isGone(uid, id)))]));
};

const takeVerdict = (world: World, verdict: ProbeVerdict): World => {
  const uid = verdict.podUid as PodUid;
  if (!world.ledgers.has(uid)) return world;
  const before = world.verdicts.get(uid) ?? noVerdicts;
  const after = reduceVerdicts(before, verdict);
  return after === before ? world : { ...world, verdicts: new Map(world.verdicts).set(uid, after) };
};

const admits = ({ type }: WorldInput): boolean => type !== 'verdict';

/** Pods whose manifest asks for other amounts than they have are asked again as often; before all sources have spoken nobody knows who else is there. */
const allocateWaiting = (settings: WorldSettings, world: World): World => {
  if (world.node === undefined || !hasLooked(world) || !allSynced(world.desired, settings.sources)) return world;
  const decisions = allocateResizes(world, world.node);
  return decisions.size === 0 ? world : { ...world, ledgers: new Map([...world.ledgers, ...decisions]) };
};

/** Pods that wait for admission or were refused are asked again whenever anything changes that might let them in. */
const admitWaiting = (world: World): World => {
  if (world.node === undefined || !world.restored || world.observed.generation === 0) return world;
  if (![...world.desired.pods.keys()].some((uid) => world.ledgers.get(uid)?.admission.state !== 'admitted')) return world;
  const decisions = admitPods(world, world.node);
  if (decisions.size === 0) return world;
  const ledgers = new Map(world.ledgers);
  const statuses = new Map(world.statuses);
  for (const [uid, admission] of decisions) {
    const ledger = ledgers.get(uid);
    if (ledger === undefined) continue;
    if (ledger.admission.state === 'refused' && admission.state === 'admitted') statuses.delete(uid);
    ledgers.set(uid, { ...ledger, admission });
  }
  return { ...world, ledgers, statuses };
};
