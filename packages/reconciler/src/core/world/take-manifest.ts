import type { ManifestEvent, ManifestOrigin } from '@solo-kubelet/manifest-source';
import { isApiPod, type Pod, type PodStatus } from '@solo-kubelet/pod-spec';
import { canonicalText } from '../canonical-text.js';
import { isOfCluster } from '../cluster-pod.js';
import { type DesiredPod, sameOrigin, sourceKey } from '../desired-state.js';
import { type PodUid, uidOf } from '../pod-identity.js';
import { newLedger, type PodLedger } from '../pod-ledger.js';
import { clearWaits } from '../reduce-pod-ledger.js';
import { takeEdit } from '../resize/take-edit.js';
import type { Moment } from '../steady-times.js';
import { isTerminal } from '../termination.js';
import { originText } from './pod-index.js';
import { withInputs, withLedger, withStatus, withWelcome } from './with-pod.js';
import type { World } from './world.js';

/** Pods by UID; an origin holds one pod at a time, and only `removed`, `shadowed`, `rejected` without `stale`, or another pod at that origin take it away. */
export const takeManifest = (world: World, event: ManifestEvent, now: Moment): World => {
  switch (event.type) {
    case 'applied':
      return takeApplied(world, { ...event, pod: withSource(event.pod, event.origin, world, now.wallMs) }, now);
    case 'removed':
    case 'shadowed':
      return unwanted(world, podAt(world, event.origin));
    case 'rejected':
      // Fail closed: only an origin that says that its last good Pod counts keeps it.
      return event.stale ? world : unwanted(world, podAt(world, event.origin));
    case 'touched':
      return takeTouch(world, podAt(world, event.origin));
    case 'synced': {
      const key = sourceKey(event);
      return world.syncedSources.has(key) ? world : { ...world, syncedSources: new Set(world.syncedSources).add(key) };
    }
    default:
      return world; // sourceFailed, sourceRecovered, and what a newer source may say
  }
};

/** The pod that this origin asks for. */
const podAt = ({ pods, index }: World, origin: ManifestOrigin): PodUid | undefined => {
  const uid = index.byOrigin.get(originText(origin));
  const desired = uid && pods.get(uid)?.inputs.desired;
  return desired !== undefined && sameOrigin(desired.origin, origin) ? uid : undefined;
};

/** No manifest asks for it any more. */
const unwanted = (world: World, uid: PodUid | undefined): World => {
  const ledger = uid && world.pods.get(uid)?.inputs.ledger;
  if (uid === undefined || ledger === undefined) return world;
  return withInputs(world, uid, { desired: undefined, ledger: { ...clearWaits(ledger), removed: true } });
};

const takeApplied = (given: World, event: Applied, now: Moment): World => {
  const { pod, origin } = event;
  const uid = uidOf(pod);
  const other = podAt(given, origin);
  const left = other === uid ? given : unwanted(given, other);
  const before = left.pods.get(uid);
  // The same UID once more: edited under a pinned UID. Then nothing waits any longer; what an earlier process left waiting does.
  const asked = before?.inputs.desired;
  // Whoever takes a pod over from another origin takes over its place.
  const keepsTurn = asked !== undefined && !sameOrigin(asked.origin, origin);
  const world = keepsTurn ? left : { ...left, turns: left.turns + 1 };
  const desired: DesiredPod = { pod, origin, turn: keepsTurn ? asked.turn : world.turns };
  if (before === undefined) {
    const welcomed = withWelcome(withInputs(world, uid, { desired, ledger: newLedger(pod) }), uid, now);
    return welcomed.pods.get(uid)?.status === undefined ? withStatus(welcomed, uid, toldBefore(event), now) : welcomed;
  }
  const { ledger } = before.inputs;
  if (ledger.removed) return withInputs(world, uid, { desired });
  const waits = asked !== undefined && asksOtherwise(asked.pod, event) ? askedAnew(ledger) : ledger;
  return withInputs(world, uid, { desired, ledger: isTerminal(before.status) ? { ...waits, pod } : takeEdit(waits, pod) });
};

type Applied = Extract<ManifestEvent, { type: 'applied' }>;

/**
 * What an API server was told of its pod by an earlier kubelet that left no record here: counts, times and an end go on from there. A status that
 * nobody has reported yet has no `startTime`.
 */
const toldBefore = ({ pod, origin }: Applied): PodStatus | undefined =>
  isOfCluster(origin) && pod.status !== undefined && (pod.status.startTime !== undefined || isTerminal(pod.status))
    ? pod.status
    : undefined;

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
const askedAnew = (ledger: PodLedger): PodLedger => ({ ...clearWaits(ledger), resources: 'unknown' });

const CONFIG_SEEN = 'kubernetes.io/config.seen';
const CONFIG_SOURCE = 'kubernetes.io/config.source';

/**
 * What the merger of sources notes on a static pod: where it comes from, and since when this kubelet knows it; an edit of it changes nothing about
 * that (pkg/kubelet/config/config.go). Neither is part of the pod's identity.
 */
const withSource = (pod: Pod, { source }: ManifestOrigin, { pods }: World, wallMs: number): Pod => {
  const seen =
    pods.get(uidOf(pod))?.inputs.desired?.pod.metadata.annotations?.[CONFIG_SEEN] ?? new Date(wallMs).toISOString().replace('Z', '000000Z');
  const annotations = { ...pod.metadata.annotations, [CONFIG_SOURCE]: isApiPod(pod) ? 'api' : source, [CONFIG_SEEN]: seen };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
};

/** Somebody wrote the file again as it was: what waits goes ahead now. */
const takeTouch = (world: World, uid: PodUid | undefined): World =>
  uid === undefined ? world : withLedger(world, uid, (ledger) => ({ ...clearWaits(ledger), touches: ledger.touches + 1 }));
