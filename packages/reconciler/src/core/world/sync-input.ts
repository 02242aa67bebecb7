import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { isOfCluster } from '../cluster-pod.js';
import { allSynced } from '../desired-state.js';
import { nameHolders } from '../name-holders.js';
import { orphanPod } from '../orphan-pod.js';
import type { PodUid } from '../pod-identity.js';
import { newLedger } from '../pod-ledger.js';
import type { PodSyncInput } from '../pod-sync-input.js';
import { noVerdicts } from '../probe-results.js';
import { isEvicted } from '../termination.js';
import type { World, WorldSettings } from './world.js';

/** What a decision about the pod depends on. */
export const syncInput = (settings: WorldSettings, world: World, uid: PodUid, nowMs: number): PodSyncInput => {
  const wanted = world.desired.pods.get(uid);
  const ledger = world.ledgers.get(uid) ?? newLedger(wanted?.pod);
  return {
    podUid: uid,
    wanted: wanted !== undefined,
    ofCluster: isOfCluster(wanted?.origin),
    pod: ledger.removed ? ledger.pod : (ledger.pod ?? wanted?.pod),
    observed: world.observed.pods.get(uid),
    ledger,
    status: world.statuses.get(uid),
    verdicts: world.verdicts.get(uid) ?? noVerdicts,
    allSynced: allSynced(world.desired, settings.sources),
    nameHeldBy: nameHolders(world, uid),
    nodeInTrouble: inTrouble(world.node, world.statuses.get(uid)),
    allocates: settings.allocates,
    backoffPolicy: settings.backoffPolicy,
    steadyTimes: world.steadyTimes,
    activeSinceMs: world.activeSinceMs.get(uid),
    nowMs,
  };
};

/** Whether the node would end again what it has ended. What it is short of nobody knows until somebody has looked. */
const inTrouble = (node: NodeAdmissionFacts | undefined, status: PodStatus | undefined): boolean =>
  node === undefined ||
  node.shuttingDown ||
  (isEvicted(status) && node.pressures?.some(({ status: isOn, sparesPods }) => isOn && sparesPods !== true) !== false);

/**
 * The pod's manifest with the resources that are allocated to it, or what the runtime's records tell of one that has none; undefined when only its UID
 * is left.
 */
export const knownPod = (world: World, uid: PodUid): Pod | undefined => {
  const ledger = world.ledgers.get(uid);
  const pod = ledger?.removed ? ledger.pod : (ledger?.pod ?? world.desired.pods.get(uid)?.pod);
  const observed = world.observed.pods.get(uid);
  return pod ?? (observed && orphanPod(observed));
};

/** The same as its manifest asks for it. */
export const desiredPod = (world: World, uid: PodUid): Pod | undefined =>
  (world.ledgers.get(uid)?.removed === true ? undefined : world.desired.pods.get(uid)?.pod) ?? knownPod(world, uid);
