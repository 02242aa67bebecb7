import type { ManifestEvent, ManifestOrigin } from '@solo-kubelet/manifest-source';
import { isApiPod, type Pod } from '@solo-kubelet/pod-spec';
import { canonicalText } from '../canonical-text.js';
import { isOfCluster } from '../cluster-pod.js';
import { type DesiredPod, sameOrigin, sourceKey } from '../desired-state.js';
import { type PodUid, uidOf } from '../pod-identity.js';
import { newWorkerState, type PodWorkerState } from '../pod-worker-state.js';
import { clearWaits } from '../reduce-pod-worker-state.js';
import { takeEdit } from '../resize/take-edit.js';
import { knownStatus } from '../status/known-status.js';
import type { Moment } from '../steady-times.js';
import { isTerminal } from '../termination.js';
import type { KubeletState } from './kubelet-state.js';
import { originText } from './pod-index.js';
import { withInputs, withStatus, withWelcome, withWorkerState } from './with-pod.js';

/** Pods by UID; an origin holds one pod at a time, and only `removed`, `shadowed`, `rejected` without `stale`, or another pod at that origin take it away. */
export const takeManifest = (kubeletState: KubeletState, event: ManifestEvent, now: Moment): KubeletState => {
  switch (event.type) {
    case 'applied':
      return takeApplied(kubeletState, { ...event, pod: withSource(event.pod, event.origin, kubeletState, now.wallMs) }, now);
    case 'removed':
    case 'shadowed':
      return unwanted(kubeletState, podAt(kubeletState, event.origin));
    case 'rejected':
      // Fail closed: only an origin that says that its last good Pod counts keeps it.
      return event.stale ? kubeletState : unwanted(kubeletState, podAt(kubeletState, event.origin));
    case 'touched':
      return takeTouch(kubeletState, podAt(kubeletState, event.origin));
    case 'synced': {
      const key = sourceKey(event);
      return kubeletState.syncedSources.has(key)
        ? kubeletState
        : { ...kubeletState, syncedSources: new Set(kubeletState.syncedSources).add(key) };
    }
    default:
      return kubeletState; // sourceFailed, sourceRecovered, and what a newer source may say
  }
};

/** The pod that this origin asks for. */
const podAt = ({ pods, index }: KubeletState, origin: ManifestOrigin): PodUid | undefined => {
  const uid = index.byOrigin.get(originText(origin));
  const desired = uid && pods.get(uid)?.inputs.desired;
  return desired !== undefined && sameOrigin(desired.origin, origin) ? uid : undefined;
};

/** No manifest asks for it any more. */
const unwanted = (kubeletState: KubeletState, uid: PodUid | undefined): KubeletState => {
  const workerState = uid && kubeletState.pods.get(uid)?.inputs.workerState;
  if (uid === undefined || workerState === undefined) return kubeletState;
  return withInputs(kubeletState, uid, { desired: undefined, workerState: { ...clearWaits(workerState), removed: true } });
};

const takeApplied = (given: KubeletState, event: Applied, now: Moment): KubeletState => {
  const { pod, origin } = event;
  const uid = uidOf(pod);
  const other = podAt(given, origin);
  const left = other === uid ? given : unwanted(given, other);
  const before = left.pods.get(uid);
  // The same UID once more: edited under a pinned UID. Then nothing waits any longer; what an earlier process left waiting does.
  const asked = before?.inputs.desired;
  // Whoever takes a pod over from another origin takes over its place.
  const keepsTurn = asked !== undefined && !sameOrigin(asked.origin, origin);
  const kubeletState = keepsTurn ? left : { ...left, turns: left.turns + 1 };
  const desired: DesiredPod = { pod, origin, turn: keepsTurn ? asked.turn : kubeletState.turns };
  if (before === undefined) {
    const welcomed = withWelcome(withInputs(kubeletState, uid, { desired, workerState: newWorkerState(pod) }), uid, now);
    return withStatus(welcomed, uid, knownStatus(welcomed.pods.get(uid)?.status, event), now);
  }
  const { workerState } = before.inputs;
  if (workerState.removed) return withInputs(kubeletState, uid, { desired });
  const waits = asked !== undefined && asksOtherwise(asked.pod, event) ? freshState(workerState) : workerState;
  const status = knownStatus(before.status, event);
  const taken = withInputs(kubeletState, uid, { desired, workerState: isTerminal(status) ? { ...waits, pod } : takeEdit(waits, pod) });
  return withStatus(taken, uid, status, now);
};

type Applied = Extract<ManifestEvent, { type: 'applied' }>;

/**
 * Labels and conditions of an API server's pod change while it runs, and any pod may get ephemeral containers; that is no reason to try again what
 * waits.
 */
const asksOtherwise = (before: Pod, { pod, origin }: Applied): boolean => {
  const same = lasting(before) === lasting(pod);
  if (isOfCluster(origin)) return !same || before.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp;
  return !(same && canonicalText(before.spec.ephemeralContainers) !== canonicalText(pod.spec.ephemeralContainers));
};

/** What a pod asks for but for its ephemeral containers. */
const lasting = ({ spec: { ephemeralContainers: _ephemeral, ...spec } }: Pod): string => canonicalText(spec);

/** Nothing waits, and what the pod needs for itself may be more or less than it has. */
const freshState = (workerState: PodWorkerState): PodWorkerState => ({ ...clearWaits(workerState), resources: 'unknown' });

const CONFIG_SEEN = 'kubernetes.io/config.seen';
const CONFIG_SOURCE = 'kubernetes.io/config.source';

/**
 * What the merger of sources notes on a static pod: where it comes from, and since when this kubelet knows it; an edit of it changes nothing about
 * that (pkg/kubelet/config/config.go). Neither is part of the pod's identity.
 */
const withSource = (pod: Pod, { source }: ManifestOrigin, { pods }: KubeletState, wallMs: number): Pod => {
  const seen =
    pods.get(uidOf(pod))?.inputs.desired?.pod.metadata.annotations?.[CONFIG_SEEN] ?? new Date(wallMs).toISOString().replace('Z', '000000Z');
  const annotations = { ...pod.metadata.annotations, [CONFIG_SOURCE]: isApiPod(pod) ? 'api' : source, [CONFIG_SEEN]: seen };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
};

/** Somebody wrote the file again as it was: what waits goes ahead now. */
const takeTouch = (kubeletState: KubeletState, uid: PodUid | undefined): KubeletState =>
  uid === undefined
    ? kubeletState
    : withWorkerState(kubeletState, uid, (workerState) => ({ ...clearWaits(workerState), touches: workerState.touches + 1 }));
