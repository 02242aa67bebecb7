import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { canonicalText } from './canonical-text.js';
import { isOfCluster } from './cluster-pod.js';
import { nameHolders } from './name-holders.js';
import { newestSandbox } from './observed-pod.js';
import type { PodUid } from './pod-identity.js';
import { comesBack } from './pod-return.js';
import type { PodView } from './pod-view.js';
import { shownStatus } from './status/shown-status.js';
import { isTerminal } from './termination.js';
import { desiredPod, knownPod } from './world/sync-input.js';
import type { World } from './world/world.js';

/** Every pod that is wanted or of which something is left, as the rest of the program sees it. Unchanged views, and an unchanged map, are handed on as they are. */
export const reducePodViews = (views: ReadonlyMap<PodUid, PodView>, world: World): ReadonlyMap<PodUid, PodView> => {
  const next = new Map<PodUid, PodView>();
  let changed = false;
  for (const uid of world.ledgers.keys()) {
    const before = views.get(uid);
    const view = viewOf(world, uid, before);
    if (view === undefined) continue;
    next.set(uid, view);
    changed ||= view !== before;
  }
  return changed || next.size !== views.size ? next : views;
};

const viewOf = (world: World, uid: PodUid, before: PodView | undefined): PodView | undefined => {
  const manifest = desiredPod(world, uid);
  const wanted = world.desired.pods.get(uid);
  if (manifest === undefined || (wanted === undefined && !world.observed.pods.has(uid) && world.ledgers.get(uid)?.removed !== true))
    return undefined;
  const status = sameOr(before?.pod.status, shownStatus(knownStatus(world, uid), world.observed.pods.get(uid)));
  const origin = wanted?.origin;
  const terminating = world.ledgers.get(uid)?.removed === true;
  const metadata = metadataOf(manifest, newestSandbox(world.observed.pods.get(uid))?.annotations, before);
  const spec = allocatedSpec(world, uid, manifest);
  const waitingForName = !terminating && nameHolders(world, uid).length > 0;
  const returns = returnsOf(world, uid, manifest);
  if (before !== undefined && before.pod.status === status && before.pod.spec === manifest.spec && before.pod.metadata === metadata) {
    if (
      before.allocated?.spec === spec &&
      before.origin === origin &&
      before.terminating === terminating &&
      before.waitingForName === waitingForName &&
      before.returns === returns
    )
      return before;
  }
  const pod = { ...manifest, metadata, status };
  return {
    podUid: uid,
    pod,
    ...(spec && { allocated: { ...pod, spec } }),
    origin,
    terminating,
    waitingForName,
    ...(returns && { returns }),
  };
};

/** Undefined while the manifest's own is what is allocated. */
const allocatedSpec = (world: World, uid: PodUid, manifest: Pod): Pod['spec'] | undefined => {
  const spec = knownPod(world, uid)?.spec;
  return spec === manifest.spec ? undefined : spec;
};

/**
 * Before anybody has looked at the runtime, what an earlier process knew of a pod that ran tells nothing of whether it still does: the machine may
 * have started anew meanwhile.
 */
const knownStatus = ({ statuses, restored, observed }: World, uid: PodUid): PodStatus => {
  const status = statuses.get(uid);
  const hasLooked = restored && observed.generation > 0;
  return status !== undefined && (hasLooked || isTerminal(status)) ? status : { phase: 'Pending' };
};

const returnsOf = (world: World, uid: PodUid, pod: Pod): PodView['returns'] => {
  const status = world.statuses.get(uid);
  if (status?.phase !== 'Failed') return undefined;
  if (world.ledgers.get(uid)?.admission.state === 'refused') return 'refused';
  return comesBack({ pod, status, ofCluster: isOfCluster(world.desired.pods.get(uid)?.origin) }) ? 'evicted' : undefined;
};

/** The earlier value where the new one says the same. */
const sameOr = <T>(before: T | undefined, value: T): T =>
  before !== undefined && before !== value && canonicalText(before) === canonicalText(value) ? before : value;

/** The manifest's metadata with what the networks add to its annotations; the earlier object when nothing changed. */
const metadataOf = (
  { metadata }: Pod,
  added: Readonly<Record<string, string>> | undefined,
  before: PodView | undefined,
): Pod['metadata'] => {
  if (added === undefined) return metadata;
  return sameOr(before?.pod.metadata, { ...metadata, annotations: { ...metadata.annotations, ...added } });
};
