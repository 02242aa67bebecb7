import { changedKeys, mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { Pod } from '@solo-kubelet/pod-spec';
import { canonicalText } from './canonical-text.js';
import { isOfCluster } from './cluster-pod.js';
import { contested } from './dirty-pods.js';
import { nameHolders } from './name-holders.js';
import { newestSandbox } from './observed-pod.js';
import type { PodUid } from './pod-identity.js';
import { comesBack } from './pod-return.js';
import type { PodView } from './pod-view.js';
import { emptyKubeletState, hasRelisted, type KubeletState } from './state/kubelet-state.js';
import type { PodState } from './state/pod-state.js';
import { desiredPod, knownPod } from './state/sync-input.js';
import { reportedStatus } from './status/reported-status.js';

/** What the rest of the program sees, and of which state. */
export interface SeenPods {
  readonly views: ReadonlyMap<PodUid, PodView>;
  readonly kubeletState: KubeletState;
}

export const noSeenPods: SeenPods = { views: new Map(), kubeletState: emptyKubeletState };

/** Every pod that is wanted or of which something is left, as the rest of the program sees it. Unchanged views, and an unchanged map, are handed on as they are. */
export const reducePodViews = ({ views, kubeletState: before }: SeenPods, kubeletState: KubeletState): SeenPods => {
  let next = views;
  for (const uid of concerned(before, kubeletState)) {
    const known = views.get(uid);
    const view = viewOf(kubeletState, uid, known);
    if (view === known) continue;
    next = view === undefined ? mapWithout(next, uid) : mapWith(next, uid, view);
  }
  return { views: next, kubeletState };
};

/** Pods that have changed, and whoever may have their names now. */
const concerned = (before: KubeletState, after: KubeletState): ReadonlySet<PodUid> => {
  const changed = changedKeys(before.pods, after.pods);
  if (hasRelisted(before) !== hasRelisted(after)) return new Set([...after.pods.keys(), ...changed]);
  return new Set([...changed, ...contested(before, after, changed)]);
};

const viewOf = (kubeletState: KubeletState, uid: PodUid, before: PodView | undefined): PodView | undefined => {
  const state = kubeletState.pods.get(uid);
  const manifest = desiredPod(kubeletState, uid);
  if (state === undefined || manifest === undefined) return undefined;
  const { desired: wanted, observed, workerState } = state.inputs;
  if (wanted === undefined && observed === undefined && !workerState.removed) return undefined;
  const status = sameOr(before?.pod.status, reportedStatus(state, { looked: hasRelisted(kubeletState), shown: before?.pod.status }));
  const origin = wanted?.origin;
  const terminating = workerState.removed;
  const metadata = metadataOf(manifest, newestSandbox(observed)?.annotations, before);
  const spec = allocatedSpec(kubeletState, uid, manifest);
  const waitingForName = !terminating && nameHolders(kubeletState, uid).length > 0;
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
const allocatedSpec = (kubeletState: KubeletState, uid: PodUid, manifest: Pod): Pod['spec'] | undefined => {
  const spec = knownPod(kubeletState, uid)?.spec;
  return spec === manifest.spec ? undefined : spec;
};

const returnsOf = ({ inputs: { desired, workerState }, status }: PodState, pod: Pod): PodView['returns'] => {
  if (status?.phase !== 'Failed') return undefined;
  if (workerState.admission.state === 'refused') return 'refused';
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
