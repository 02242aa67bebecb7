import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { isOfCluster } from '../cluster-pod.js';
import { allSynced } from '../desired-state.js';
import { nameHolders } from '../name-holders.js';
import { orphanPod } from '../orphan-pod.js';
import type { PodUid } from '../pod-identity.js';
import type { PodSyncInput } from '../pod-sync-input.js';
import { isEvicted } from '../termination.js';
import { newPodState } from './pod-state.js';
import type { World, WorldSettings } from './world.js';

/** What a decision about the pod depends on. */
export const syncInput = (settings: WorldSettings, world: World, uid: PodUid, nowMs: number): PodSyncInput => {
  const { inputs, status, activeSinceMs } = world.pods.get(uid) ?? newPodState;
  const { desired, observed, ledger, verdicts, steadyTimes } = inputs;
  return {
    podUid: uid,
    wanted: desired !== undefined,
    ofCluster: isOfCluster(desired?.origin),
    pod: ledger.removed ? ledger.pod : (ledger.pod ?? desired?.pod),
    observed,
    ledger,
    status,
    verdicts,
    allSynced: allSynced(world.syncedSources, settings.sources),
    nameHeldBy: nameHolders(world, uid),
    nodeInTrouble: inTrouble(world.node, status),
    allocates: settings.allocates,
    backoffPolicy: settings.backoffPolicy,
    steadyTimes,
    activeSinceMs,
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
export const knownPod = ({ pods }: Pick<World, 'pods'>, uid: PodUid): Pod | undefined => {
  const { desired, observed, ledger } = (pods.get(uid) ?? newPodState).inputs;
  const pod = ledger.removed ? ledger.pod : (ledger.pod ?? desired?.pod);
  return pod ?? (observed && orphanPod(observed));
};

/** The same as its manifest asks for it. */
export const desiredPod = (world: Pick<World, 'pods'>, uid: PodUid): Pod | undefined => {
  const { desired, ledger } = (world.pods.get(uid) ?? newPodState).inputs;
  return (ledger.removed ? undefined : desired?.pod) ?? knownPod(world, uid);
};
