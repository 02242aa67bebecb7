import type { ManifestEvent, ManifestOrigin } from '@solo-kubelet/manifest-source';
import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { ProbeVerdict } from '@solo-kubelet/probe-engine';
import type { PodActivity } from './activity.js';
import { admitPods } from './admission/admit-pods.js';
import type { NodeAdmissionFacts } from './admission/node-admission-facts.js';
import { canonicalText } from './canonical-text.js';
import type { BackoffEntry, BackoffPolicy } from './crash-backoff.js';
import { type Departed, welcome, withDeparted } from './departed.js';
import { allSynced, type DesiredState, emptyDesired, reduceDesired, sameOrigin } from './desired-state.js';
import { nameHolders } from './name-holders.js';
import { orphanPod } from './orphan-pod.js';
import { type PodUid, uidOf } from './pod-identity.js';
import { newLedger, type PodLedger, withEntry } from './pod-ledger.js';
import type { PodSyncInput } from './pod-sync-input.js';
import { noVerdicts, type PodVerdicts, reduceVerdicts } from './probe-results.js';
import { clearWaits, reducePodLedger, requestRestart } from './reduce-pod-ledger.js';
import { emptySnapshot, generationOf, mergeObservation, type Observation, type RuntimeSnapshot } from './runtime-snapshot.js';
import { believedStatus } from './status/believed-status.js';
import { derivePodStatus } from './status/derive-pod-status.js';
import { growReturnDelay, isEvicted, isTerminal, type Termination, WHOLE_POD } from './termination.js';

/** Everything known, of which every decision is a function. */
export interface World {
  readonly desired: DesiredState;
  readonly observed: RuntimeSnapshot;
  readonly verdicts: ReadonlyMap<PodUid, PodVerdicts>;
  readonly ledgers: ReadonlyMap<PodUid, PodLedger>;
  /** As last derived: the memory of transition times, restart counts and terminal phases. */
  readonly statuses: ReadonlyMap<PodUid, PodStatus>;
  readonly node: NodeAdmissionFacts | undefined;
  /** Grows whenever a pod that was refused resources may find some: another released its own, or the node changed. */
  readonly resourceRevision: number;
  /** Pods that have ended lately, for one that comes back. */
  readonly departed: ReadonlyMap<PodUid, Departed>;
  /** Records of earlier processes have been read. */
  readonly restored: boolean;
}

export const emptyWorld: World = {
  desired: emptyDesired,
  observed: emptySnapshot,
  verdicts: new Map(),
  ledgers: new Map(),
  statuses: new Map(),
  departed: new Map(),
  node: undefined,
  resourceRevision: 0,
  restored: false,
};

export interface RestoredRecord {
  readonly podUid: PodUid;
  readonly status: PodStatus;
  readonly backoff: Readonly<Record<string, BackoffEntry>>;
}

export type WorldInput = { readonly atMs: number } & (
  | { readonly type: 'restored'; readonly records: readonly RestoredRecord[] }
  | { readonly type: 'manifest'; readonly event: ManifestEvent }
  | { readonly type: 'observed'; readonly observation: Observation }
  | { readonly type: 'verdict'; readonly verdict: ProbeVerdict }
  | { readonly type: 'node'; readonly facts: NodeAdmissionFacts }
  | { readonly type: 'activity'; readonly podUid: PodUid; readonly activity: PodActivity }
  | { readonly type: 'restart'; readonly podUid: PodUid }
  /** Pods that something is left of beside the runtime's records: files, mounts, cgroups. */
  | { readonly type: 'leftBehind'; readonly podUids: readonly PodUid[] }
  | { readonly type: 'terminate'; readonly podUid: PodUid; readonly termination: Termination }
);

/** What stays the same for the life of the process. */
export interface WorldSettings {
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly backoffPolicy: BackoffPolicy;
  /** Whether pods have to be given resources before they run. */
  readonly allocates: boolean;
}

/** The one reducer: takes in what happened, then admits what waits and derives the statuses of the pods it concerns. */
export const reduceWorld = (settings: WorldSettings, world: World, input: WorldInput): World => {
  const took = takeIn(settings, world, input);
  if (took === world) return world;
  const taken = hasLooked(took) && !hasLooked(world) ? doubtStartTimes(took, input.atMs) : took;
  const admitted = admits(input) ? admitWaiting(taken) : taken;
  return deriveStatuses(settings, world, admitted, input);
};

/** The records of earlier processes and a first picture of the runtime are there to be held against each other. */
const hasLooked = ({ restored, observed }: World): boolean => restored && observed.generation > 0;

const doubtStartTimes = (world: World, nowMs: number): World => ({
  ...world,
  statuses: new Map([...world.statuses].map(([uid, status]) => [uid, believedStatus(status, world.observed.pods.get(uid), nowMs)])),
});

const takeIn = (settings: WorldSettings, world: World, input: WorldInput): World => {
  switch (input.type) {
    case 'restored':
      return restore(world, input.records);
    case 'manifest':
      return takeManifest(world, input.event, input.atMs);
    case 'observed':
      return takeObservation(world, input.observation);
    case 'verdict':
      return takeVerdict(world, input.verdict);
    case 'node':
      return takeNode(world, input.facts);
    case 'activity':
      return takeActivity(settings, world, input.podUid, input.activity, input.atMs);
    case 'terminate':
      return isTerminal(world.statuses.get(input.podUid))
        ? world
        : withLedger(world, input.podUid, (ledger) => terminate(ledger, input.termination, settings.backoffPolicy, input.atMs));
    case 'restart':
      return withLedger(world, input.podUid, (ledger) => requestRestart(ledger, world.observed.pods.get(input.podUid), input.atMs));
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

const withLedger = (world: World, uid: PodUid, change: (ledger: PodLedger) => PodLedger): World => {
  const ledger = world.ledgers.get(uid);
  if (ledger === undefined) return world;
  const changed = change(ledger);
  return changed === ledger ? world : { ...world, ledgers: new Map(world.ledgers).set(uid, changed) };
};

const restore = (world: World, records: readonly RestoredRecord[]): World => {
  const statuses = new Map(world.statuses);
  const ledgers = new Map(world.ledgers);
  for (const { podUid, status, backoff } of records) {
    statuses.set(podUid, status);
    const ledger = ledgers.get(podUid) ?? newLedger(undefined);
    ledgers.set(podUid, { ...ledger, backoff: new Map(Object.entries(backoff)) });
  }
  return { ...world, statuses, ledgers, restored: true };
};

const takeManifest = (world: World, given: ManifestEvent, nowMs: number): World => {
  const event = given.type === 'applied' ? { ...given, pod: withSource(given.pod, given.origin, world, nowMs) } : given;
  if (event.type === 'touched') return takeTouch(world, event.origin);
  const desired = reduceDesired(world.desired, event);
  if (desired === world.desired) return world;
  const ledgers = new Map(world.ledgers);
  for (const [uid, ledger] of world.ledgers) {
    if (!desired.pods.has(uid) && world.desired.pods.has(uid)) ledgers.set(uid, { ...clearWaits(ledger), removed: true });
  }
  if (event.type === 'applied') {
    const uid = uidOf(event.pod);
    const ledger = ledgers.get(uid);
    // The same UID once more: edited under a pinned UID. Then nothing waits any longer; what an earlier process left waiting does.
    const again = world.desired.pods.has(uid);
    if (ledger === undefined) return { ...world, desired, ...welcome(world, uid, nowMs), ledgers: ledgers.set(uid, newLedger(event.pod)) };
    if (!ledger.removed) ledgers.set(uid, { ...(again ? askedAnew(ledger) : ledger), pod: event.pod });
  }
  return { ...world, desired, ledgers };
};

/** Nothing waits, and what the pod needs for itself may be more or less than it has. */
const askedAnew = (ledger: PodLedger): PodLedger => ({ ...clearWaits(ledger), resources: 'unknown' });

const CONFIG_SEEN = 'kubernetes.io/config.seen';
const CONFIG_SOURCE = 'kubernetes.io/config.source';

/**
 * What the merger of sources notes on a static pod: where it comes from, and since when this kubelet knows it; an edit of it changes nothing about
 * that (pkg/kubelet/config/config.go). Neither is part of the pod's identity.
 */
const withSource = (pod: Pod, { source }: ManifestOrigin, { desired }: World, nowMs: number): Pod => {
  const seen =
    desired.pods.get(uidOf(pod))?.pod.metadata.annotations?.[CONFIG_SEEN] ?? new Date(nowMs).toISOString().replace('Z', '000000Z');
  const annotations = { ...pod.metadata.annotations, [CONFIG_SOURCE]: source, [CONFIG_SEEN]: seen };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
};

/** Somebody wrote the file again as it was: what waits goes ahead now. */
const takeTouch = (world: World, origin: ManifestOrigin): World => {
  const touched = [...world.desired.pods].find(([, desired]) => sameOrigin(desired.origin, origin));
  return touched === undefined
    ? world
    : withLedger(world, touched[0], (ledger) => ({ ...clearWaits(ledger), touches: ledger.touches + 1 }));
};

const takeObservation = (world: World, observation: Observation): World => {
  const observed = mergeObservation(world.observed, observation);
  if (observed === world.observed) return world;
  const verdicts = pruneVerdicts(world.verdicts, observed);
  return withLedgers({ ...world, observed, verdicts }, [...observed.pods.keys()]);
};

const withLedgers = (world: World, uids: readonly PodUid[]): World => {
  const missing = uids.filter((uid) => !world.ledgers.has(uid));
  if (missing.length === 0) return world;
  const ledgers = new Map(world.ledgers);
  for (const uid of missing) ledgers.set(uid, newLedger(world.desired.pods.get(uid)?.pod));
  return { ...world, ledgers };
};

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

const takeActivity = (settings: WorldSettings, world: World, uid: PodUid, activity: PodActivity, nowMs: number): World => {
  if (activity.type !== 'podForgotten') {
    const after = withLedger(world, uid, (ledger) =>
      reducePodLedger(ledger, activity, { observed: world.observed.pods.get(uid), policy: settings.backoffPolicy, nowMs }),
    );
    return hasReleased(activity) ? { ...after, resourceRevision: after.resourceRevision + 1 } : after;
  }
  const gone = { ...world, departed: withDeparted(world, uid, nowMs), statuses: dropped(world.statuses, uid) };
  const wanted = world.desired.pods.get(uid);
  const ledgers = new Map(world.ledgers);
  if (wanted === undefined) ledgers.delete(uid);
  else ledgers.set(uid, anew(wanted.pod, world.ledgers.get(uid))); // it came back while it was ending, or after the node ended it
  return { ...gone, ...(wanted && welcome(gone, uid, nowMs)), ledgers, verdicts: dropped(world.verdicts, uid) };
};

/** A pod that starts anew remembers nothing but how often the node has ended it. */
const anew = (pod: Pod, before: PodLedger | undefined): PodLedger => {
  const wait = before?.backoff.get(WHOLE_POD);
  return wait === undefined ? newLedger(pod) : { ...newLedger(pod), backoff: new Map([[WHOLE_POD, wait]]) };
};

/** Only a change of what there is to be had is one for those that were refused resources. */
const takeNode = (world: World, facts: NodeAdmissionFacts): World => {
  const same = world.node?.offer === facts.offer && canonicalText(world.node?.allocatable) === canonicalText(facts.allocatable);
  return { ...world, node: facts, resourceRevision: world.resourceRevision + (same ? 0 : 1) };
};

const hasReleased = (activity: PodActivity): boolean => activity.type === 'actionSucceeded' && activity.action.type === 'releaseResources';

const dropped = <V>(map: ReadonlyMap<PodUid, V>, uid: PodUid): ReadonlyMap<PodUid, V> => new Map([...map].filter(([key]) => key !== uid));

const admits = ({ type }: WorldInput): boolean => type !== 'verdict';

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

/** What a decision about the pod depends on. */
export const syncInput = (settings: WorldSettings, world: World, uid: PodUid, nowMs: number): PodSyncInput => {
  const wanted = world.desired.pods.get(uid);
  const ledger = world.ledgers.get(uid) ?? newLedger(wanted?.pod);
  return {
    podUid: uid,
    wanted: wanted !== undefined,
    pod: ledger.removed ? ledger.pod : (wanted?.pod ?? ledger.pod),
    observed: world.observed.pods.get(uid),
    ledger,
    status: world.statuses.get(uid),
    verdicts: world.verdicts.get(uid) ?? noVerdicts,
    allSynced: allSynced(world.desired, settings.sources),
    nameHeldBy: nameHolders(world, uid),
    nodeInTrouble: inTrouble(world.node, world.statuses.get(uid)),
    allocates: settings.allocates,
    backoffPolicy: settings.backoffPolicy,
    nowMs,
  };
};

/** Whether the node would end again what it has ended. What it is short of nobody knows until somebody has looked. */
const inTrouble = (node: NodeAdmissionFacts | undefined, status: PodStatus | undefined): boolean =>
  node === undefined ||
  node.shuttingDown ||
  (isEvicted(status) && node.pressures?.some(({ status: isOn, sparesPods }) => isOn && sparesPods !== true) !== false);

/** The pod's manifest, or what the runtime's records tell of one that has none; undefined when only its UID is left. */
export const knownPod = (world: World, uid: PodUid): Pod | undefined => {
  const ledger = world.ledgers.get(uid);
  const pod = ledger?.removed ? ledger.pod : (world.desired.pods.get(uid)?.pod ?? ledger?.pod);
  const observed = world.observed.pods.get(uid);
  return pod ?? (observed && orphanPod(observed));
};

const deriveStatuses = (settings: WorldSettings, before: World, after: World, input: WorldInput): World => {
  if (!after.restored || after.observed.generation === 0) return after;
  const uids = concerned(before, after, input);
  const statuses = new Map(after.statuses);
  let changed = false;
  for (const uid of uids) {
    const pod = knownPod(after, uid);
    if (pod === undefined || generationOf(after.observed, uid) === 0 || isUnclaimed(settings, after, uid)) continue;
    const sync = syncInput(settings, after, uid, input.atMs);
    const status = derivePodStatus({
      ...sync,
      pod,
      nodeIps: after.node?.nodeIps ?? [],
      allocatedResources: after.node?.allocatedResources?.get(uid),
      recursiveReadOnly: after.node?.recursiveReadOnlyClasses.includes(pod.spec.runtimeClassName ?? '') ?? false,
      settled: isSettled(after, uid),
    });
    if (canonicalText(status) === canonicalText(statuses.get(uid))) continue;
    statuses.set(uid, status);
    changed = true;
  }
  return changed ? { ...after, statuses } : after;
};

/** Nobody has read the pod's manifest yet: what an earlier process knew of its status is more than its containers alone can tell. */
const isUnclaimed = (settings: WorldSettings, { desired, ledgers, statuses }: World, uid: PodUid): boolean =>
  statuses.has(uid) && !desired.pods.has(uid) && ledgers.get(uid)?.pod === undefined && !allSynced(desired, settings.sources);

/** No pass is at work on the pod, and what is known of it is newer than the last one's effect. */
const isSettled = ({ ledgers, observed }: World, uid: PodUid): boolean => {
  const ledger = ledgers.get(uid);
  return ledger === undefined || (!ledger.inPass && generationOf(observed, uid) >= ledger.minGeneration);
};

/** UIDs about which something may have changed with this input. */
const concerned = (before: World, after: World, input: WorldInput): Iterable<PodUid> => {
  if (input.type === 'restored' || input.type === 'node' || before.observed.generation === 0) return after.ledgers.keys();
  return [...after.ledgers.keys()].filter(
    (uid) =>
      before.ledgers.get(uid) !== after.ledgers.get(uid) ||
      before.observed.pods.get(uid) !== after.observed.pods.get(uid) ||
      before.verdicts.get(uid) !== after.verdicts.get(uid) ||
      before.desired.pods.get(uid) !== after.desired.pods.get(uid) ||
      isSettled(before, uid) !== isSettled(after, uid) ||
      !after.statuses.has(uid),
  );
};
