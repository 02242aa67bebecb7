import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import { canonicalText } from '../canonical-text.js';
import { allSynced } from '../desired-state.js';
import type { PodUid } from '../pod-identity.js';
import { derivePodStatus } from '../status/derive-pod-status.js';
import type { PodState } from './pod-state.js';
import { knownPod, syncInput } from './sync-input.js';
import { withStatus } from './with-pod.js';
import { hasLooked, momentOf, type World, type WorldInput, type WorldSettings } from './world.js';

/** The world with the statuses of pods about which something has changed in this step. */
export const deriveStatuses = (settings: WorldSettings, before: World, after: World, input: WorldInput): World => {
  if (!hasLooked(after)) return after;
  let derived = after;
  for (const uid of concerned(before, after, input)) derived = withDerived(settings, derived, uid, input);
  return derived;
};

const withDerived = (settings: WorldSettings, world: World, uid: PodUid, input: WorldInput): World => {
  const state = world.pods.get(uid);
  const pod = knownPod(world, uid);
  if (state === undefined || pod === undefined || state.inputs.sight === 'none' || isUnclaimed(settings, world, state)) return world;
  const status = derivePodStatus({
    ...syncInput(settings, world, uid, input.atMs),
    pod,
    wallMs: momentOf(input).wallMs,
    nodeIps: world.node?.nodeIps ?? [],
    allocatedResources: world.node?.allocatedResources?.get(uid),
    recursiveReadOnly: world.node?.recursiveReadOnlyClasses.includes(pod.spec.runtimeClassName ?? '') ?? false,
    settled: state.inputs.sight === 'settled',
  });
  return canonicalText(status) === canonicalText(state.status) ? world : withStatus(world, uid, status, momentOf(input));
};

/** Nobody has read the pod's manifest yet: what an earlier process knew of its status is more than its containers alone can tell. */
const isUnclaimed = (settings: WorldSettings, { syncedSources }: World, { inputs, status }: PodState): boolean =>
  status !== undefined && inputs.desired === undefined && inputs.ledger.pod === undefined && !allSynced(syncedSources, settings.sources);

/** UIDs about which something may have changed with this input. */
const concerned = (before: World, after: World, input: WorldInput): Iterable<PodUid> => {
  if (input.type === 'restored' || input.type === 'node' || before.ages.generation === 0) return after.pods.keys();
  return [...changedKeys(before.pods, after.pods)].filter((uid) => {
    const state = after.pods.get(uid);
    return state !== undefined && (state.inputs !== before.pods.get(uid)?.inputs || state.status === undefined);
  });
};
