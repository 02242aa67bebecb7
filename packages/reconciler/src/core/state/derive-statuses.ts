import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import { canonicalText } from '../canonical-text.js';
import { allSynced } from '../desired-state.js';
import type { PodUid } from '../pod-identity.js';
import { derivePodStatus } from '../status/derive-pod-status.js';
import { hasRelisted, type KubeletState, type KubeletStateInput, type KubeletStateSettings, momentOf } from './kubelet-state.js';
import type { PodState } from './pod-state.js';
import { knownPod, syncInput } from './sync-input.js';
import { withStatus } from './with-pod.js';

/** The kubelet state with the statuses of pods about which something has changed in this step. */
export const deriveStatuses = (
  settings: KubeletStateSettings,
  before: KubeletState,
  after: KubeletState,
  input: KubeletStateInput,
): KubeletState => {
  if (!hasRelisted(after)) return after;
  let derived = after;
  for (const uid of concerned(before, after, input)) derived = withDerived(settings, derived, uid, input);
  return derived;
};

const withDerived = (settings: KubeletStateSettings, kubeletState: KubeletState, uid: PodUid, input: KubeletStateInput): KubeletState => {
  const state = kubeletState.pods.get(uid);
  const pod = knownPod(kubeletState, uid);
  if (state === undefined || pod === undefined || state.inputs.sight === 'none' || isUnclaimed(settings, kubeletState, state))
    return kubeletState;
  const status = derivePodStatus({
    ...syncInput(settings, kubeletState, uid, input.atMs),
    pod,
    wallMs: momentOf(input).wallMs,
    nodeIps: kubeletState.node?.nodeIps ?? [],
    allocatedResources: kubeletState.node?.allocatedResources?.get(uid),
    recursiveReadOnly: kubeletState.node?.recursiveReadOnly?.(pod) ?? false,
    settled: state.inputs.sight === 'settled',
  });
  return canonicalText(status) === canonicalText(state.status) ? kubeletState : withStatus(kubeletState, uid, status, momentOf(input));
};

/** Nobody has read the pod's manifest yet: what an earlier process knew of its status is more than its containers alone can tell. */
const isUnclaimed = (settings: KubeletStateSettings, { syncedSources }: KubeletState, { inputs, status }: PodState): boolean =>
  status !== undefined &&
  inputs.desired === undefined &&
  inputs.workerState.pod === undefined &&
  !allSynced(syncedSources, settings.sources);

/** UIDs about which something may have changed with this input. */
const concerned = (before: KubeletState, after: KubeletState, input: KubeletStateInput): Iterable<PodUid> => {
  if (input.type === 'restored' || input.type === 'node' || before.ages.generation === 0) return after.pods.keys();
  return [...changedKeys(before.pods, after.pods)].filter((uid) => {
    const state = after.pods.get(uid);
    return state !== undefined && (state.inputs !== before.pods.get(uid)?.inputs || state.status === undefined);
  });
};
