import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { isOfCluster } from '../cluster-pod.js';
import { allSynced } from '../desired-state.js';
import { nameHolders } from '../name-holders.js';
import { orphanPod } from '../orphan-pod.js';
import type { PodUid } from '../pod-identity.js';
import type { PodSyncInput } from '../pod-sync-input.js';
import { isEvicted } from '../termination.js';
import type { KubeletState, KubeletStateSettings } from './kubelet-state.js';
import { newPodState } from './pod-state.js';

/** What a decision about the pod depends on. */
export const syncInput = (settings: KubeletStateSettings, kubeletState: KubeletState, uid: PodUid, nowMs: number): PodSyncInput => {
  const { inputs, status, activeSinceMs } = kubeletState.pods.get(uid) ?? newPodState;
  const { desired, observed, workerState, probeResults, steadyTimes } = inputs;
  return {
    podUid: uid,
    wanted: desired !== undefined,
    ofCluster: isOfCluster(desired?.origin),
    pod: workerState.removed ? workerState.pod : (workerState.pod ?? desired?.pod),
    observed,
    workerState,
    status,
    probeResults,
    allSynced: allSynced(kubeletState.syncedSources, settings.sources),
    nameHeldBy: nameHolders(kubeletState, uid),
    nodeUnderPressure: inTrouble(kubeletState.node, status),
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
  (isEvicted(status) && node.pressures?.some(({ status: isOn, reportOnly }) => isOn && reportOnly !== true) !== false);

/**
 * The pod's manifest with the resources that are allocated to it, or what the runtime's records tell of one that has none; undefined when only its UID
 * is left.
 */
export const knownPod = ({ pods }: Pick<KubeletState, 'pods'>, uid: PodUid): Pod | undefined => {
  const { desired, observed, workerState } = (pods.get(uid) ?? newPodState).inputs;
  const pod = workerState.removed ? workerState.pod : (workerState.pod ?? desired?.pod);
  return pod ?? (observed && orphanPod(observed));
};

/** The same as its manifest asks for it. */
export const desiredPod = (kubeletState: Pick<KubeletState, 'pods'>, uid: PodUid): Pod | undefined => {
  const { desired, workerState } = (kubeletState.pods.get(uid) ?? newPodState).inputs;
  return (workerState.removed ? undefined : desired?.pod) ?? knownPod(kubeletState, uid);
};
