import { mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { PodStatus } from '@solo-kubelet/pod-spec';
import { welcome } from '../departed.js';
import { generationOf, type ObservationAges } from '../observation-ages.js';
import type { PodUid } from '../pod-identity.js';
import { type PodLedger, withoutKey } from '../pod-ledger.js';
import type { Moment } from '../steady-times.js';
import { reindex } from './pod-index.js';
import { newPodState, type PodInputs, type PodState, type Sight, sameInputs } from './pod-state.js';
import type { World } from './world.js';

/** The world with another record of one pod, or without it. All records are written by this. */
const withPod = (world: World, uid: PodUid, after: PodState | undefined): World => {
  const before = world.pods.get(uid);
  if (before === after) return world;
  const pods = after === undefined ? mapWithout(world.pods, uid) : mapWith(world.pods, uid, after);
  const index = before?.inputs === after?.inputs ? world.index : reindex(world.index, uid, before?.inputs, after?.inputs);
  return { ...world, pods, index };
};

export const withoutPod = (world: World, uid: PodUid): World => withPod(world, uid, undefined);

/** With other inputs of one pod, which is known from then on; the world itself where nothing is another. */
export const withInputs = (world: World, uid: PodUid, change: Partial<Omit<PodInputs, 'sight'>>): World => {
  const before = world.pods.get(uid) ?? newPodState;
  const changed = { ...before.inputs, ...change };
  const inputs: PodInputs = { ...changed, sight: sightOf(world.ages, uid, changed.ledger) };
  return sameInputs(before.inputs, inputs) && world.pods.has(uid) ? world : withPod(world, uid, { ...before, inputs });
};

/** With what is observed of one pod measured again by what its worker did. */
export const withSight = (world: World, uid: PodUid): World => {
  const inputs = world.pods.get(uid)?.inputs;
  return inputs === undefined || inputs.sight === sightOf(world.ages, uid, inputs.ledger) ? world : withInputs(world, uid, {});
};

const sightOf = (ages: ObservationAges, uid: PodUid, { inPass, minGeneration }: PodLedger): Sight => {
  const generation = generationOf(ages, uid);
  if (generation === 0) return 'none';
  return !inPass && generation >= minGeneration ? 'settled' : 'unsettled';
};

/** With another ledger of one pod that is known; the world itself where it is not, or nothing is another. */
export const withLedger = (world: World, uid: PodUid, change: (ledger: PodLedger) => PodLedger): World => {
  const ledger = world.pods.get(uid)?.inputs.ledger;
  return ledger === undefined ? world : withInputs(world, uid, { ledger: change(ledger) });
};

/** With pods that somebody has found something of. */
export const withKnown = (world: World, uids: readonly PodUid[]): World =>
  uids.reduce((known, uid) => (known.pods.has(uid) ? known : withInputs(known, uid, {})), world);

/** A pod begins its life, or begins another. */
export const withWelcome = (world: World, uid: PodUid, now: Moment): World =>
  withStatus({ ...world, departed: withoutKey(world.departed, uid) }, uid, welcome(world.departed, uid, now), now);

/** A pod whose `startTime` is new starts to count from then; the machine's clock is believed that once. */
export const withStatus = (world: World, uid: PodUid, status: PodStatus | undefined, now: Moment): World => {
  const before = world.pods.get(uid);
  if (before === undefined || before.status === status) return world;
  return withPod(world, uid, { ...before, status, activeSinceMs: activeSince(before, status?.startTime, now) });
};

const activeSince = (before: PodState, startTime: string | undefined, now: Moment): number | undefined => {
  if (startTime === undefined || (startTime === before.status?.startTime && before.activeSinceMs !== undefined))
    return startTime === undefined ? undefined : before.activeSinceMs;
  return now.steadyMs - Math.max(0, now.wallMs - Date.parse(startTime));
};
