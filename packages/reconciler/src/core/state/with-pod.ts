import { mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { PodStatus } from '@solo-kubelet/pod-spec';
import { generationOf, type ObservationAges } from '../observation-ages.js';
import type { PodUid } from '../pod-identity.js';
import type { PodWorkerState } from '../pod-worker-state.js';
import { restoreRestartCounts } from '../recently-terminated.js';
import type { Moment } from '../steady-times.js';
import type { KubeletState } from './kubelet-state.js';
import { reindex } from './pod-index.js';
import { newPodState, type PodInputs, type PodState, type Sight, sameInputs } from './pod-state.js';

/** The kubelet state with another record of one pod, or without it. All records are written by this. */
const withPod = (kubeletState: KubeletState, uid: PodUid, after: PodState | undefined): KubeletState => {
  const before = kubeletState.pods.get(uid);
  if (before === after) return kubeletState;
  const pods = after === undefined ? mapWithout(kubeletState.pods, uid) : mapWith(kubeletState.pods, uid, after);
  const index = before?.inputs === after?.inputs ? kubeletState.index : reindex(kubeletState.index, uid, before?.inputs, after?.inputs);
  return { ...kubeletState, pods, index };
};

export const withoutPod = (kubeletState: KubeletState, uid: PodUid): KubeletState => withPod(kubeletState, uid, undefined);

/** With other inputs of one pod, which is known from then on; the kubelet state itself where nothing is another. */
export const withInputs = (kubeletState: KubeletState, uid: PodUid, change: Partial<Omit<PodInputs, 'sight'>>): KubeletState => {
  const before = kubeletState.pods.get(uid) ?? newPodState;
  const changed = { ...before.inputs, ...change };
  const inputs: PodInputs = { ...changed, sight: sightOf(kubeletState.ages, uid, changed.workerState) };
  return sameInputs(before.inputs, inputs) && kubeletState.pods.has(uid) ? kubeletState : withPod(kubeletState, uid, { ...before, inputs });
};

/** With what is observed of one pod measured again by what its worker did. */
export const withSight = (kubeletState: KubeletState, uid: PodUid): KubeletState => {
  const inputs = kubeletState.pods.get(uid)?.inputs;
  return inputs === undefined || inputs.sight === sightOf(kubeletState.ages, uid, inputs.workerState)
    ? kubeletState
    : withInputs(kubeletState, uid, {});
};

const sightOf = (ages: ObservationAges, uid: PodUid, { inPass, minGeneration }: PodWorkerState): Sight => {
  const generation = generationOf(ages, uid);
  if (generation === 0) return 'none';
  return !inPass && generation >= minGeneration ? 'settled' : 'unsettled';
};

/** With another worker state of one pod that is known; the kubelet state itself where it is not, or nothing is another. */
export const withWorkerState = (
  kubeletState: KubeletState,
  uid: PodUid,
  change: (workerState: PodWorkerState) => PodWorkerState,
): KubeletState => {
  const workerState = kubeletState.pods.get(uid)?.inputs.workerState;
  return workerState === undefined ? kubeletState : withInputs(kubeletState, uid, { workerState: change(workerState) });
};

/** With pods that somebody has found something of. */
export const withKnown = (kubeletState: KubeletState, uids: readonly PodUid[]): KubeletState =>
  uids.reduce((known, uid) => (known.pods.has(uid) ? known : withInputs(known, uid, {})), kubeletState);

/** A pod begins its life, or begins another. */
export const withWelcome = (kubeletState: KubeletState, uid: PodUid, now: Moment): KubeletState =>
  withStatus(
    { ...kubeletState, recentlyTerminated: mapWithout(kubeletState.recentlyTerminated, uid) },
    uid,
    restoreRestartCounts(kubeletState.recentlyTerminated, uid, now),
    now,
  );

/** A pod whose `startTime` is new starts to count from then; the machine's clock is believed that once. */
export const withStatus = (kubeletState: KubeletState, uid: PodUid, status: PodStatus | undefined, now: Moment): KubeletState => {
  const before = kubeletState.pods.get(uid);
  if (before === undefined || before.status === status) return kubeletState;
  return withPod(kubeletState, uid, { ...before, status, activeSinceMs: activeSince(before, status?.startTime, now) });
};

const activeSince = (before: PodState, startTime: string | undefined, now: Moment): number | undefined => {
  if (startTime === undefined || (startTime === before.status?.startTime && before.activeSinceMs !== undefined))
    return startTime === undefined ? undefined : before.activeSinceMs;
  return now.steadyMs - Math.max(0, now.wallMs - Date.parse(startTime));
};
