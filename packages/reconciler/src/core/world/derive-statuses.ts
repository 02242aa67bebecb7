import type { PodStatus } from '@solo-kubelet/pod-spec';
import { canonicalText } from '../canonical-text.js';
import { allSynced } from '../desired-state.js';
import type { PodUid } from '../pod-identity.js';
import { generationOf } from '../runtime-snapshot.js';
import { derivePodStatus } from '../status/derive-pod-status.js';
import { knownPod, syncInput } from './sync-input.js';
import { momentOf, type World, type WorldInput, type WorldSettings } from './world.js';

export const deriveStatuses = (settings: WorldSettings, before: World, after: World, input: WorldInput): World => {
  if (!after.restored || after.observed.generation === 0) return after;
  const uids = concerned(before, after, input);
  let statuses: Map<PodUid, PodStatus> | undefined;
  for (const uid of uids) {
    const pod = knownPod(after, uid);
    if (pod === undefined || generationOf(after.observed, uid) === 0 || isUnclaimed(settings, after, uid)) continue;
    const sync = syncInput(settings, after, uid, input.atMs);
    const status = derivePodStatus({
      ...sync,
      pod,
      wallMs: momentOf(input).wallMs,
      nodeIps: after.node?.nodeIps ?? [],
      allocatedResources: after.node?.allocatedResources?.get(uid),
      recursiveReadOnly: after.node?.recursiveReadOnlyClasses.includes(pod.spec.runtimeClassName ?? '') ?? false,
      settled: isSettled(after, uid),
    });
    if (canonicalText(status) === canonicalText(after.statuses.get(uid))) continue;
    statuses ??= new Map(after.statuses);
    statuses.set(uid, status);
  }
  return statuses === undefined ? after : { ...after, statuses };
};

/** Nobody has read the pod's manifest yet: what an earlier process knew of its status is more than its containers alone can tell. */
const isUnclaimed = (settings: WorldSettings, { desired, ledgers, statuses }: World, uid: PodUid): boolean =>
  statuses.has(uid) && !desired.pods.has(uid) && ledgers.get(uid)?.pod === undefined && !allSynced(desired, settings.sources);

/** No pass is at work on the pod, and what is known of it is newer than the last one's effect. */
const isSettled = ({ ledgers, observed }: World, uid: PodUid): boolean => {
  const ledger = ledgers.get(uid);
  return ledger === undefined || (!ledger.inPass && generationOf(observed, uid) >= ledger.minGeneration);
};

/** UIDs about which something may have changed with this input. */
const concerned = (before: World, after: World, input: WorldInput): Iterable<PodUid> => {
  if (input.type === 'restored' || input.type === 'node' || before.observed.generation === 0) return after.ledgers.keys();
  return [...after.ledgers.keys()].filter(
    (uid) =>
      before.ledgers.get(uid) !== after.ledgers.get(uid) ||
      before.observed.pods.get(uid) !== after.observed.pods.get(uid) ||
      before.verdicts.get(uid) !== after.verdicts.get(uid) ||
      before.desired.pods.get(uid) !== after.desired.pods.get(uid) ||
      isSettled(before, uid) !== isSettled(after, uid) ||
      !after.statuses.has(uid),
  );
};
