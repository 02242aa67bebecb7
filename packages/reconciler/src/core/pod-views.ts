import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import type { Pod } from '@solo-kubelet/pod-spec';
import { canonicalText } from './canonical-text.js';
import { isOfCluster } from './cluster-pod.js';
import { contested } from './dirty-pods.js';
import { nameHolders } from './name-holders.js';
import { newestSandbox } from './observed-pod.js';
import type { PodUid } from './pod-identity.js';
import { comesBack } from './pod-return.js';
import type { PodView } from './pod-view.js';
import { shownStatus } from './status/shown-status.js';
import type { PodState } from './world/pod-state.js';
import { desiredPod, knownPod } from './world/sync-input.js';
import { emptyWorld, hasLooked, type World } from './world/world.js';

/** What the rest of the program sees, and of which state. */
export interface SeenPods {
  readonly views: ReadonlyMap<PodUid, PodView>;
  readonly world: World;
}

export const noSeenPods: SeenPods = { views: new Map(), world: emptyWorld };

/** Every pod that is wanted or of which something is left, as the rest of the program sees it. Unchanged views, and an unchanged map, are handed on as they are. */
export const reducePodViews = ({ views, world: before }: SeenPods, world: World): SeenPods => {
  let next: Map<PodUid, PodView> | undefined;
  for (const uid of concerned(before, world)) {
    const known = views.get(uid);
    const view = viewOf(world, uid, known);
    if (view === known) continue;
    next ??= new Map(views);
    if (view === undefined) next.delete(uid);
    else next.set(uid, view);
  }
  return { views: next ?? views, world };
};

/** Pods that have changed, and whoever may have their names now. */
const concerned = (before: World, after: World): ReadonlySet<PodUid> => {
  const changed = changedKeys(before.pods, after.pods);
  if (hasLooked(before) !== hasLooked(after)) return new Set([...after.pods.keys(), ...changed]);
  return new Set([...changed, ...contested(before, after, changed)]);
};

const viewOf = (world: World, uid: PodUid, before: PodView | undefined): PodView | undefined => {
  const state = world.pods.get(uid);
  const manifest = desiredPod(world, uid);
  if (state === undefined || manifest === undefined) return undefined;
  const { desired: wanted, observed, ledger } = state.inputs;
  if (wanted === undefined && observed === undefined && !ledger.removed) return undefined;
  const status = sameOr(before?.pod.status, shownStatus(state, { looked: hasLooked(world), shown: before?.pod.status }));
  const origin = wanted?.origin;
  const terminating = ledger.removed;
  const metadata = metadataOf(manifest, newestSandbox(observed)?.annotations, before);
  const spec = allocatedSpec(world, uid, manifest);
  const waitingForName = !terminating && nameHolders(world, uid).length > 0;
  const returns = returnsOf(state, manifest);
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

const returnsOf = ({ inputs: { desired, ledger }, status }: PodState, pod: Pod): PodView['returns'] => {
  if (status?.phase !== 'Failed') return undefined;
  if (ledger.admission.state === 'refused') return 'refused';
  return comesBack({ pod, status, ofCluster: isOfCluster(desired?.origin) }) ? 'evicted' : undefined;
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
