import { mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import { isOfCluster } from '../cluster-pod.js';
import type { PodUid } from '../pod-identity.js';
import { podKey } from '../pod-identity.js';
import type { PodInputs } from './pod-state.js';

/** Ways to find pods without going through all of them. Follows from the records alone: withPod keeps it in step with them. */
export interface PodIndex {
  /** `namespace/name` → pods that are wanted or observed by that name. */
  readonly byName: ReadonlyMap<string, readonly PodUid[]>;
  /** Origin, as text → the pod that its manifest asks for. */
  readonly byOrigin: ReadonlyMap<string, PodUid>;
  /** Wanted pods that wait for admission, or for other amounts than they have been allocated. */
  readonly undecided: ReadonlyMap<PodUid, true>;
}

export const emptyIndex: PodIndex = { byName: new Map(), byOrigin: new Map(), undecided: new Map() };

type Origin = NonNullable<PodInputs['desired']>['origin'];

/** An origin as the text that `byOrigin` goes by. */
export const originText = ({ source, path, document }: Origin): string => `${source} ${document} ${path}`;

/** Names that the pod is wanted or observed by: two where a pinned UID was given another name. */
export const namesOf = (inputs: PodInputs | undefined): readonly string[] => {
  const wanted = inputs?.desired && podKey(inputs.desired.pod);
  const seen = inputs?.observed && `${inputs.observed.namespace}/${inputs.observed.name}`;
  return [...(wanted === undefined ? [] : [wanted]), ...(seen === undefined || seen === wanted ? [] : [seen])];
};

/** A wanted pod whose admission is open; what an API server was told is final (pkg/kubelet/kubelet.go rejectPod). */
export const waitsForAdmission = ({ desired, workerState }: PodInputs): boolean =>
  desired !== undefined &&
  !workerState.removed &&
  (workerState.admission.state === 'pending' || (workerState.admission.state === 'refused' && !isOfCluster(desired.origin)));

/** An admitted pod whose manifest is not what has been allocated, nor about to be. */
export const waitsForAllocation = ({ desired, workerState }: PodInputs): boolean =>
  desired !== undefined &&
  workerState.admission.state === 'admitted' &&
  !workerState.removed &&
  workerState.pod !== undefined &&
  workerState.pod !== desired.pod &&
  workerState.allocating?.pod !== desired.pod;

/** The index after the record of one pod changed. */
export const reindex = (index: PodIndex, uid: PodUid, before: PodInputs | undefined, after: PodInputs | undefined): PodIndex => {
  const byName = renamed(index.byName, uid, before, after);
  const byOrigin = moved(index.byOrigin, uid, before?.desired?.origin, after?.desired?.origin);
  const waits = after !== undefined && (waitsForAdmission(after) || waitsForAllocation(after));
  const undecided =
    waits === index.undecided.has(uid) ? index.undecided : waits ? mapWith(index.undecided, uid, true) : mapWithout(index.undecided, uid);
  return byName === index.byName && byOrigin === index.byOrigin && undecided === index.undecided ? index : { byName, byOrigin, undecided };
};

const renamed = (
  byName: PodIndex['byName'],
  uid: PodUid,
  before: PodInputs | undefined,
  after: PodInputs | undefined,
): PodIndex['byName'] => {
  if (before?.desired?.pod === after?.desired?.pod && before?.observed === after?.observed) return byName;
  const [old, now] = [namesOf(before), namesOf(after)];
  let result = byName;
  for (const name of old) if (!now.includes(name)) result = withoutBearer(result, name, uid);
  for (const name of now) if (!old.includes(name)) result = mapWith(result, name, [...(result.get(name) ?? []), uid]);
  return result;
};

const withoutBearer = (byName: PodIndex['byName'], name: string, uid: PodUid): PodIndex['byName'] => {
  const rest = (byName.get(name) ?? []).filter((other) => other !== uid);
  return rest.length === 0 ? mapWithout(byName, name) : mapWith(byName, name, rest);
};

const moved = (byOrigin: PodIndex['byOrigin'], uid: PodUid, from: Origin | undefined, to: Origin | undefined): PodIndex['byOrigin'] => {
  if (from === to) return byOrigin;
  const [old, now] = [from && originText(from), to && originText(to)];
  if (old === now) return byOrigin;
  const left = old !== undefined && byOrigin.get(old) === uid ? mapWithout(byOrigin, old) : byOrigin;
  return now === undefined ? left : mapWith(left, now, uid);
};
