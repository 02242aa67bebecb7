import type { ManifestEvent, ManifestOrigin } from '@solo-kubelet/manifest-source';
import { isApiPod, type Pod } from '@solo-kubelet/pod-spec';
import { canonicalText } from '../canonical-text.js';
import { isOfCluster } from '../cluster-pod.js';
import { welcome } from '../departed.js';
import { reduceDesired, sameOrigin } from '../desired-state.js';
import { uidOf } from '../pod-identity.js';
import { newLedger, type PodLedger } from '../pod-ledger.js';
import { clearWaits } from '../reduce-pod-ledger.js';
import { takeEdit } from '../resize/take-edit.js';
import type { Moment } from '../steady-times.js';
import { isTerminal } from '../termination.js';
import { withLedger } from './with-ledger.js';
import type { World } from './world.js';

export const takeManifest = (world: World, given: ManifestEvent, now: Moment): World => {
  const event = given.type === 'applied' ? { ...given, pod: withSource(given.pod, given.origin, world, now.wallMs) } : given;
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
    if (ledger === undefined) {
      const welcomed = welcome(world, uid, now);
      const statuses = toldBefore(welcomed.statuses, event);
      return { ...world, desired, ...welcomed, statuses, ledgers: ledgers.set(uid, newLedger(event.pod)) };
    }
    if (!ledger.removed) {
      const waits = again && asksOtherwise(world.desired.pods.get(uid)?.pod, event) ? askedAnew(ledger) : ledger;
      ledgers.set(uid, isTerminal(world.statuses.get(uid)) ? { ...waits, pod: event.pod } : takeEdit(waits, event.pod));
    }
  }
  return { ...world, desired, ledgers };
};

type Applied = Extract<ManifestEvent, { type: 'applied' }>;

/**
 * What an API server was told of its pod by an earlier kubelet that left no record here: counts, times and an end go on from there. A status that
 * nobody has reported yet has no `startTime`.
 */
const toldBefore = (statuses: World['statuses'], { pod, origin }: Applied): World['statuses'] =>
  isOfCluster(origin) &&
  pod.status !== undefined &&
  !statuses.has(uidOf(pod)) &&
  (pod.status.startTime !== undefined || isTerminal(pod.status))
    ? new Map(statuses).set(uidOf(pod), pod.status)
    : statuses;

/**
 * Labels and conditions of an API server's pod change while it runs, and any pod may get ephemeral containers; that is no reason to try again what
 * waits.
 */
const asksOtherwise = (before: Pod | undefined, { pod, origin }: Applied): boolean => {
  if (before === undefined) return true;
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
const withSource = (pod: Pod, { source }: ManifestOrigin, { desired }: World, wallMs: number): Pod => {
  const seen =
    desired.pods.get(uidOf(pod))?.pod.metadata.annotations?.[CONFIG_SEEN] ?? new Date(wallMs).toISOString().replace('Z', '000000Z');
  const annotations = { ...pod.metadata.annotations, [CONFIG_SOURCE]: isApiPod(pod) ? 'api' : source, [CONFIG_SEEN]: seen };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
};

/** Somebody wrote the file again as it was: what waits goes ahead now. */
const takeTouch = (world: World, origin: ManifestOrigin): World => {
  const touched = [...world.desired.pods].find(([, desired]) => sameOrigin(desired.origin, origin));
  return touched === undefined
    ? world
    : withLedger(world, touched[0], (ledger) => ({ ...clearWaits(ledger), touches: ledger.touches + 1 }));
};
